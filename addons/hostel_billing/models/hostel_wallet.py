import json
import logging
import secrets
from decimal import Decimal
from urllib.parse import urljoin

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, float_compare

from odoo.addons.hostel_base.const import DEFAULT_TIMEZONE
from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.letters import LAYOUT, letter_body

from .. import const

_logger = logging.getLogger(__name__)

# What a top-up may be; see the settings.
TOP_UP_MIN, TOP_UP_MAX = 100, 10_000
LOW_BALANCE = 200
MAX_KEY, MAX_REASON = 120, 200
# Balances are in whole paise.
PAISA = Decimal("0.01")


class HostelWallet(models.Model):
    """Money that a student keeps with the hostel for small things: meals, guests, fines.

    Every movement is a row of ``hostel.wallet.line`` that nobody changes, and one UPDATE of the
    balance in the same statement that refuses to go below zero. PostgreSQL judges: of two debits
    that race for the last rupees one is refused.
    """

    _name = "hostel.wallet"
    _description = "Wallet of a Student"
    _inherit = ["hostel.personal.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_names_search = ["student_id.roll_number", "student_id.name"]

    student_id = fields.Many2one(
        "hostel.student", required=True, readonly=True, ondelete="restrict", index=True
    )
    partner_id = fields.Many2one(related="student_id.partner_id", string="Contact")
    roll_number = fields.Char(related="student_id.roll_number")
    hostel_id = fields.Many2one(related="student_id.current_hostel_id")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    balance = fields.Monetary(readonly=True, required=True, default=0.0, copy=False)
    low_balance = fields.Monetary(
        string="Tell me below",
        default=LOW_BALANCE,
        help="Student and guardians are told when the balance falls below it; 0 for never.",
    )
    is_low = fields.Boolean(string="Low", compute="_compute_is_low", search="_search_is_low")
    line_ids = fields.One2many("hostel.wallet.line", "wallet_id", string="Movements")
    last_move_at = fields.Datetime(string="Last movement", readonly=True, copy=False)

    _student_once = models.Constraint("UNIQUE (student_id)", "This student has a wallet already.")
    _never_below_zero = models.Constraint("CHECK (balance >= 0)", "A wallet never goes below zero.")
    _low_balance_positive = models.Constraint(
        "CHECK (low_balance >= 0)", "The limit for the notice can't be negative."
    )

    @api.depends("student_id.display_name")
    def _compute_display_name(self):
        for wallet in self:
            wallet.display_name = wallet.sudo().student_id.display_name

    @api.depends("balance", "low_balance")
    def _compute_is_low(self):
        for wallet in self:
            wallet.is_low = wallet.balance < wallet.low_balance

    def _search_is_low(self, operator, value):
        if operator != "in":
            return NotImplemented
        self.flush_model(["balance", "low_balance"])
        self.env.cr.execute("SELECT id FROM hostel_wallet WHERE balance < low_balance")
        return [("id", "in", [wallet_id for [wallet_id] in self.env.cr.fetchall()])]

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    def write(self, vals):
        if {"balance", "student_id", "company_id", "last_move_at"} & vals.keys():
            # Not even the program: the balance changes together with a movement only.
            raise AccessError(self.env._("A balance changes through movements only."))
        return super().write(vals)

    @api.model
    def _get_company_of(self, student):
        return student.sudo().current_hostel_id.company_id or self.env.company

    @api.model
    def _find(self, student):
        """The wallet of a student, with all rights, for showing it; nothing is written.

        :param student: one ``hostel.student``
        :return: who has none yet is shown an empty one, which is not stored
        """
        student.ensure_one()
        wallets = self.sudo()
        return wallets.search([("student_id", "=", student.id)]) or wallets.new(
            {
                "student_id": student.id,
                "company_id": self._get_company_of(student).id,
                "balance": 0.0,
                "low_balance": LOW_BALANCE,
            }
        )

    @api.model
    def _get(self, student):
        """The wallet of a student, with all rights; made when first needed.

        :param student: one ``hostel.student``
        """
        student.ensure_one()
        wallets = self.sudo()
        wallet = wallets.search([("student_id", "=", student.id)])
        if wallet:
            return wallet
        company = self._get_company_of(student)
        self.env.cr.execute(
            SQL(
                "INSERT INTO hostel_wallet (student_id, company_id, balance, low_balance,"
                " create_uid, create_date, write_uid, write_date)"
                " VALUES (%s, %s, 0, %s, %s, now() AT TIME ZONE 'UTC', %s,"
                " now() AT TIME ZONE 'UTC') ON CONFLICT (student_id) DO NOTHING",
                student.id,
                company.id,
                LOW_BALANCE,
                self.env.uid,
                self.env.uid,
            )
        )
        wallet = wallets.search([("student_id", "=", student.id)])
        if not wallet:
            # Made by another request since our snapshot; a new one sees it.
            raise HostelError("BUSY", self.env._("Please try again in a moment."), 503)
        return wallet

    # ------------------------------------------------------------------
    # Movements
    # ------------------------------------------------------------------

    def _debit(self, amount, key, reason, source=None, *, head=None):
        """Take money out. Repeating a key changes nothing and returns the first movement.

        :param amount: rupees, positive
        :param str key: names this movement for ever, such as ``mess:1234``
        :param str reason: a sentence for the statement
        :param source: the record that wants the money, or None
        :param head: the ``hostel.fee.head`` that earns it
        :return: the ``hostel.wallet.line``
        :raises HostelError: ``INSUFFICIENT_BALANCE``, ``INVALID_PAYMENT_AMOUNT``,
            ``DUPLICATE_ENTRY`` if the key was used for something else
        """
        self.ensure_one()
        return self._move_one(-self._read_amount(amount), "debit", key, reason, source, head=head)

    def _credit(self, amount, kind, key, reason, source=None, **more):
        """Put money in; the twin of :meth:`_debit`.

        :param str kind: ``topup``, ``refund`` or ``correction``
        """
        self.ensure_one()
        return self._move_one(self._read_amount(amount), kind, key, reason, source, **more)

    def _move_one(self, amount, kind, key, reason, source=None, *, head=None, **more):
        [(outcome, line)] = self._apply(
            [self._prepare_move(amount, kind, key, reason, source, head=head, **more)]
        )
        if outcome == "short":
            raise self._prepare_shortage(-amount)
        if outcome == "repeated" and line._differs(amount, kind):
            raise HostelError(
                "DUPLICATE_ENTRY",
                self.env._("This movement was booked already, with another amount."),
                409,
            )
        return line

    def _prepare_shortage(self, wanted):
        """The refusal of a debit that is more than the wallet has."""
        self.ensure_one()
        return HostelError(
            "INSUFFICIENT_BALANCE",
            self.env._(
                "%(wanted)s is needed, the wallet has %(balance)s.",
                wanted=self.currency_id.format(float(wanted)),
                balance=self.currency_id.format(self.balance),
            ),
            402,
            {"balance": f"{self.balance:.2f}", "wanted": f"{wanted:.2f}"},
        )

    def _prepare_move(self, amount, kind, key, reason, source=None, *, head=None, **more):
        """One movement as :meth:`_apply` takes it."""
        self.ensure_one()
        return {
            "wallet_id": self.id,
            "amount": amount,
            "kind": kind,
            "key": key[:MAX_KEY],
            "reason": (reason or "")[:MAX_REASON],
            "head_id": head.id if head else None,
            "res_model": source._name if source else None,
            "res_id": source.id if source else None,
            **more,
        }

    def _read_amount(self, amount):
        """A positive sum in whole paise, as ``Decimal``.

        :raises HostelError: ``INVALID_PAYMENT_AMOUNT``
        """
        value = Decimal(str(amount))
        if not value.is_finite() or value <= 0 or value != value.quantize(PAISA):
            raise HostelError(
                "INVALID_PAYMENT_AMOUNT", self.env._("An amount must be more than zero."), 422
            )
        return value

    @api.model
    def _apply(self, moves):
        """Make many movements, each wholly or not at all: a meal for a whole mess at once.

        One statement changes the balances and writes the rows. Wallets are locked in the order of
        their ids, so that two lists never wait for each other in a circle.

        :param list moves: dicts of :meth:`_prepare_move`; ``amount`` is signed
        :return: list in the same order of ``("done" | "repeated" | "short", hostel.wallet.line)``;
            the line of ``short`` is empty
        """
        outcomes, waiting = [None] * len(moves), list(enumerate(moves))
        Line = self.env["hostel.wallet.line"].sudo()
        done = Line
        while waiting:
            turn, later, seen = [], [], set()
            for number, move in waiting:
                (later if move["wallet_id"] in seen else turn).append((number, move))
                seen.add(move["wallet_id"])
            waiting = later
            known = self._find_known(move for _number, move in turn)
            fresh = [one for one in turn if (one[1]["wallet_id"], one[1]["key"]) not in known]
            made = self._insert_moves([move for _number, move in fresh])
            for number, move in turn:
                line_id = known.get((move["wallet_id"], move["key"]))
                if line_id:
                    outcomes[number] = ("repeated", Line.browse(line_id))
                    continue
                line = Line.browse(made.get(move["wallet_id"], []))
                outcomes[number] = ("done" if line else "short", line)
                done |= line
        done._after_insert()
        return outcomes

    @api.model
    def _find_known(self, moves):
        pairs = tuple((move["wallet_id"], move["key"]) for move in moves)
        self.env.cr.execute(
            SQL(
                "SELECT wallet_id, key, id FROM hostel_wallet_line WHERE (wallet_id, key) IN %s",
                pairs,
            )
        )
        return {(wallet_id, key): line_id for wallet_id, key, line_id in self.env.cr.fetchall()}

    @api.model
    def _insert_moves(self, moves):
        """The guarded UPDATE and the rows that go with it.

        :param list moves: at most one of each wallet
        :return: ``{wallet id: line id}`` of those that had enough
        """
        if not moves:
            return {}
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH wanted AS (
                    SELECT * FROM jsonb_to_recordset(%(moves)s::jsonb) AS move (
                        wallet_id integer, amount numeric, kind varchar, key varchar,
                        reason varchar, head_id integer, res_model varchar, res_id integer,
                        origin_id integer, payer_id integer, move_id integer)
                ), locked AS (
                    SELECT id FROM hostel_wallet WHERE id IN (SELECT wallet_id FROM wanted)
                     ORDER BY id FOR NO KEY UPDATE
                ), moved AS (
                    UPDATE hostel_wallet w
                       SET balance = w.balance + wanted.amount,
                           last_move_at = now() AT TIME ZONE 'UTC'
                      FROM wanted JOIN locked ON locked.id = wanted.wallet_id
                     WHERE w.id = wanted.wallet_id AND w.balance + wanted.amount >= 0
                    RETURNING w.id, w.student_id, w.company_id, w.balance
                )
                INSERT INTO hostel_wallet_line (
                    wallet_id, student_id, company_id, day, amount, balance_after, kind, key,
                    reason, head_id, res_model, res_id, origin_id, payer_id, move_id,
                    create_uid, create_date)
                SELECT moved.id, moved.student_id, moved.company_id,
                       (now() AT TIME ZONE COALESCE(home.tz, %(tz)s))::date,
                       wanted.amount, moved.balance, wanted.kind, wanted.key, wanted.reason,
                       wanted.head_id, wanted.res_model, wanted.res_id, wanted.origin_id,
                       wanted.payer_id, wanted.move_id, %(uid)s, now() AT TIME ZONE 'UTC'
                  FROM moved
                  JOIN wanted ON wanted.wallet_id = moved.id
                  JOIN res_company company ON company.id = moved.company_id
                  JOIN res_partner home ON home.id = company.partner_id
                RETURNING wallet_id, id
                """,
                moves=json.dumps(moves, default=str),
                tz=DEFAULT_TIMEZONE,
                uid=self.env.uid,
            )
        )
        made = dict(self.env.cr.fetchall())
        self.browse(made).invalidate_recordset(["balance", "last_move_at", "line_ids", "is_low"])
        origins = [move["origin_id"] for move in moves if move.get("origin_id")]
        # What was given back already is looked up before anything more is.
        self.env["hostel.wallet.line"].browse(origins).invalidate_recordset(["refund_ids"])
        return made

    # ------------------------------------------------------------------
    # Notices
    # ------------------------------------------------------------------

    def _delay_low_notice(self):
        for wallet in self.with_user(SUPERUSER_ID):
            wallet.with_delay(
                description=self.env._("Low wallet of student %(id)s", id=wallet.student_id.id),
                identity_key=f"hostel_billing.low_wallet:{wallet.id}",
            )._tell_low_balance()

    def _tell_low_balance(self):
        """Job: tell the student and the guardians, unless it was topped up meanwhile."""
        self.ensure_one()
        wallet = self.sudo()
        if not wallet.is_low:
            return False
        student = wallet.student_id
        for partner in student.partner_id | student._get_informed_guardians():
            told = wallet.with_context(lang=partner.lang, mail_notify_force_send=False)
            own = partner == student.partner_id
            path = "/my/wallet" if own else f"/my/wallet/{student.id}"
            told.message_notify(
                partner_ids=partner.ids,
                subject=told.env._("The hostel wallet is running low"),
                body=letter_body(
                    told.env._(
                        "%(balance)s is left in the wallet of %(name)s. Top it up on the portal,"
                        " under “Wallet”.",
                        balance=wallet.currency_id.format(wallet.balance),
                        name=student.name,
                    ),
                    url=urljoin(wallet.get_base_url(), path),
                    label=told.env._("Open the wallet"),
                ),
                email_layout_xmlid=LAYOUT,
            )
        return True

    # ------------------------------------------------------------------
    # Top-up
    # ------------------------------------------------------------------

    @api.model
    def _get_top_up_limits(self):
        """The least and the most that one top-up may be, in rupees."""
        get = self.env["ir.config_parameter"].sudo().get_param
        return (
            int(get("hostel_billing.wallet_top_up_min") or TOP_UP_MIN),
            int(get("hostel_billing.wallet_top_up_max") or TOP_UP_MAX),
        )

    def _create_top_up(self, amount, payer):
        """An order at Camu that fills this wallet.

        :param amount: rupees
        :param payer: ``res.partner`` who is signed in
        :return: the ``payment.transaction``
        :raises HostelError: ``INVALID_PAYMENT_AMOUNT``, ``PAYMENT_UNAVAILABLE``
        """
        self.ensure_one()
        amount = self._read_amount(amount)
        least, most = self._get_top_up_limits()
        if not least <= amount <= most:
            raise HostelError(
                "INVALID_PAYMENT_AMOUNT",
                self.env._(
                    "A top-up is between %(least)s and %(most)s.",
                    least=self.currency_id.format(least),
                    most=self.currency_id.format(most),
                ),
                422,
            )
        provider = self.env["payment.provider"]._get_payable_camu(self.company_id)
        Transaction = self.env["payment.transaction"].with_user(SUPERUSER_ID)
        own = payer == self.student_id.partner_id
        return Transaction.create(
            {
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id,
                "reference": f"HW-{secrets.token_hex(6).upper()}",
                "amount": float(amount),
                "currency_id": self.currency_id.id,
                # The books know the student, whoever pays.
                "partner_id": self.student_id.partner_id.id,
                "operation": "online_redirect",
                "hostel_wallet_id": self.id,
                "hostel_wallet_payer_id": payer.id,
                "camu_fee_head": const.WALLET_HEAD,
                "landing_route": "/my/wallet" if own else f"/my/wallet/{self.student_id.id}",
            }
        )

    # ------------------------------------------------------------------
    # The check of the night
    # ------------------------------------------------------------------

    @api.model
    def _find_breaches(self):
        """Wallets whose balance is not the sum of their movements.

        :return: recordset; empty if all is well
        """
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT w.id FROM hostel_wallet w
              LEFT JOIN (SELECT wallet_id, SUM(amount) AS total FROM hostel_wallet_line
                          GROUP BY wallet_id) l ON l.wallet_id = w.id
             WHERE w.balance <> COALESCE(l.total, 0) ORDER BY w.id
            """
        )
        return self.browse([wallet_id for [wallet_id] in self.env.cr.fetchall()])

    @api.model
    def _cron_check_balances(self):
        """Tell finance about each wallet that does not add up, once."""
        breaches = self.sudo()._find_breaches()
        kind = self.env.ref("mail.mail_activity_data_warning")
        for wallet in breaches:
            _logger.error("wallet %s does not add up", wallet.id)
            if wallet.activity_ids.filtered(lambda one: one.activity_type_id == kind):
                continue
            officer = self.env["res.users"]._get_finance_officer(wallet.company_id)
            wallet.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("The balance is not the sum of the movements"),
                user_id=(officer or self.env.user).id,
            )
        return breaches

    def action_open_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_wallet_line_action"
        )
        return action | {"domain": [("wallet_id", "=", self.id)], "context": {}}

    def action_open_adjust(self):
        """Open the dialog for what finance does by hand: cash, corrections, paying out."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_wallet_adjust_action"
        )
        return action | {"context": {"default_wallet_id": self.id}}

    def action_open_top_up(self):
        """Open the same dialog for a student to pick, who may have no wallet yet."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_wallet_adjust_action"
        )
        return action | {"name": self.env._("Top up a student"), "context": {}}

    # ------------------------------------------------------------------
    # Statement
    # ------------------------------------------------------------------

    def _get_statement(self, day_from, day_to):
        """Movements of a range of days; ``day_to`` is in it, as people expect of a statement.

        :return: dict ``opening``, ``closing`` (floats) and ``lines``, oldest first
        """
        self.ensure_one()
        Line, mine = self.env["hostel.wallet.line"], [("wallet_id", "=", self.id)]
        lines = Line.search([*mine, ("day", ">=", day_from), ("day", "<=", day_to)], order="id")
        before = Line.search([*mine, ("day", "<", day_from)], order="id desc", limit=1)
        opening = before.balance_after
        return {
            "opening": opening,
            "lines": lines,
            "closing": lines[-1:].balance_after if lines else opening,
        }

    def _is_enough(self, amount):
        """Whether a debit of so much would be accepted now; the debit itself decides."""
        self.ensure_one()
        return float_compare(self.balance, amount, precision_digits=2) >= 0
