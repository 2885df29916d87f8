import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command, Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from odoo.addons.hostel_base.errors import HostelError

from .account_move_line import PRIVATE_HEADS

_logger = logging.getLogger(__name__)

# These wait for the entry of their day; money that comes in or goes out has its own entry at once.
DAILY = ("debit", "refund", "correction")


class HostelWalletLine(models.Model):
    """One movement of a wallet, for ever.

    Rows are written by ``hostel.wallet._apply`` together with the balance. PostgreSQL refuses to
    change or delete them; only the entry in the books is noted, once.
    """

    _name = "hostel.wallet.line"
    _description = "Movement of a Wallet"
    _inherit = "hostel.personal.mixin"
    _hostel_audit = False
    _order = "id desc"
    _rec_name = "reason"
    _log_access = False

    wallet_id = fields.Many2one(
        "hostel.wallet", required=True, readonly=True, ondelete="restrict", index=True
    )
    student_id = fields.Many2one(
        "hostel.student", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    create_date = fields.Datetime(string="Time", readonly=True)
    create_uid = fields.Many2one("res.users", string="By", readonly=True)
    day = fields.Date(required=True, readonly=True, index=True)
    kind = fields.Selection(
        [
            ("topup", "Top-up"),
            ("debit", "Spent"),
            ("refund", "Refund"),
            ("payout", "Paid out"),
            ("correction", "Correction"),
        ],
        required=True,
        readonly=True,
    )
    head_id = fields.Many2one("hostel.fee.head", string="For", readonly=True)
    amount = fields.Monetary(required=True, readonly=True, help="Negative where money went out.")
    balance_after = fields.Monetary(string="Balance", required=True, readonly=True, aggregator=None)
    reason = fields.Char(required=True, readonly=True)
    key = fields.Char(required=True, readonly=True, help="Names this movement for ever.")
    res_model = fields.Char(string="Source model", readonly=True)
    res_id = fields.Many2oneReference(string="Source", model_field="res_model", readonly=True)
    origin_id = fields.Many2one("hostel.wallet.line", string="Refund of", readonly=True)
    refund_ids = fields.One2many("hostel.wallet.line", "origin_id", string="Refunds")
    payer_id = fields.Many2one("res.partner", string="Paid by", readonly=True)
    move_id = fields.Many2one(
        "account.move", string="Entry", readonly=True, ondelete="restrict", index="btree_not_null"
    )

    _key_once = models.Constraint("UNIQUE (wallet_id, key)", "This movement was booked already.")
    _not_nothing = models.Constraint("CHECK (amount <> 0)", "A movement moves something.")
    _sign_of_kind = models.Constraint(
        "CHECK (kind = 'correction' OR (amount > 0) = (kind IN ('topup', 'refund')))",
        "Top-ups and refunds come in, the others go out.",
    )
    _never_below_zero = models.Constraint(
        "CHECK (balance_after >= 0)", "A wallet never goes below zero."
    )
    _refund_has_origin = models.Constraint(
        "CHECK ((kind = 'refund') = (origin_id IS NOT NULL))",
        "A refund is the refund of something.",
    )
    _unposted_idx = models.Index("(company_id, day) WHERE move_id IS NULL")

    def init(self):
        """Let PostgreSQL refuse what nobody may do."""
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION hostel_wallet_line_guard() RETURNS trigger AS $$
            BEGIN
                IF TG_OP = 'UPDATE' AND OLD.move_id IS NULL AND NEW.move_id IS NOT NULL
                   AND to_jsonb(NEW) - 'move_id' = to_jsonb(OLD) - 'move_id' THEN
                    RETURN NEW;
                END IF;
                RAISE EXCEPTION 'hostel_wallet_line is append-only';
            END
            $$ LANGUAGE plpgsql;
            CREATE OR REPLACE TRIGGER hostel_wallet_line_append_only
                BEFORE UPDATE OR DELETE ON hostel_wallet_line
                FOR EACH ROW EXECUTE FUNCTION hostel_wallet_line_guard();
            CREATE OR REPLACE TRIGGER hostel_wallet_line_no_truncate
                BEFORE TRUNCATE ON hostel_wallet_line
                FOR EACH STATEMENT EXECUTE FUNCTION hostel_wallet_line_guard();
            """
        )

    # ------------------------------------------------------------------
    # Nothing else
    # ------------------------------------------------------------------

    # pylint: disable=method-required-super
    @api.model_create_multi
    def create(self, vals_list):
        raise AccessError(self.env._("Movements are made through the wallet."))

    def write(self, vals):
        raise AccessError(self.env._("Nobody changes a movement; a correction is a new one."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("Nobody deletes a movement; a correction is a new one."))

    # pylint: enable=method-required-super

    def _differs(self, amount, kind):
        """Whether a repeated key came with something else."""
        self.ensure_one()
        other = self.currency_id.compare_amounts(self.amount, float(amount)) != 0
        return self.kind != kind or other

    def _after_insert(self):
        """Tell whose wallet fell below the limit with one of these movements."""
        crossed = self.env["hostel.wallet"]
        for line in self:
            limit = line.wallet_id.low_balance
            if line.balance_after < limit <= line.balance_after - line.amount:
                crossed |= line.wallet_id
        crossed._delay_low_notice()

    def _get_text(self):
        """What the statement says; a guardian isn't told what a fine is for.

        The key ``hostel_for_guardian`` of the context says who reads it.
        """
        self.ensure_one()
        if self.env.context.get("hostel_for_guardian") and self.head_id.code in PRIVATE_HEADS:
            return self.head_id.name
        return self.reason

    # ------------------------------------------------------------------
    # Refunds
    # ------------------------------------------------------------------

    def _refund(self, reason, amount=None, key=None):
        """Give back a debit or a part of it, as a new row.

        :param amount: rupees; what is left of it by default
        :param str key: names the refund; ``refund:<id>`` by default, for the whole
        :return: the new ``hostel.wallet.line``
        :raises HostelError: ``NOT_REFUNDABLE``, ``REFUND_TOO_LARGE``
        """
        self.ensure_one()
        line = self.sudo()
        if line.kind != "debit":
            raise HostelError(
                "NOT_REFUNDABLE", self.env._("Only what was spent can be given back."), 422
            )
        key = key or f"refund:{line.id}"
        known = line.refund_ids.filtered(lambda refund: refund.key == key)
        left = line._get_left()
        wanted = left if amount is None else amount
        if known:
            return known
        if line.currency_id.compare_amounts(wanted, left) > 0 or line.currency_id.is_zero(left):
            raise HostelError(
                "REFUND_TOO_LARGE",
                self.env._("%(left)s of it can be given back.", left=line.currency_id.format(left)),
                422,
            )
        # A refund that runs beside this one changed the wallet: PostgreSQL then lets us try again.
        return line.wallet_id._credit(
            line.currency_id.round(wanted),
            "refund",
            key,
            reason,
            head=line.head_id,
            origin_id=line.id,
        )

    def _get_left(self):
        """What of a debit was not given back yet."""
        self.ensure_one()
        return -self.amount - sum(self.refund_ids.mapped("amount"))

    def action_open_refund(self):
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_wallet_adjust_action"
        )
        return action | {
            "context": {
                "default_wallet_id": self.wallet_id.id,
                "default_kind": "refund",
                "default_line_id": self.id,
            }
        }

    # ------------------------------------------------------------------
    # Books
    # ------------------------------------------------------------------

    @api.model
    def _cron_post_days(self):
        """Post one entry for each day that is over. Repeating is harmless.

        A day that the books refuse waits for the next night and holds up no other.
        """
        wallets = self.env["hostel.wallet"].sudo()._read_group([], ["company_id"])
        for [company] in wallets:
            today, refused = self._get_today(company), []
            while day := self._get_next_day(company, today, refused):
                if not self._try_post_day(company, day, refused):
                    refused.append(day)
                left = self.sudo().search_count(self._get_unposted_domain(company, today, refused))
                self.env["ir.cron"]._commit_progress(1, remaining=left)

    @api.model
    def _try_post_day(self, company, day, refused):
        """:return: whether the books took the entry of a day; why not is in the log"""
        try:
            with self.env.cr.savepoint():
                self._post_day(company, day, refused)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.exception("wallets of company %s: no entry for %s", company.id, day)
            return False
        return True

    @api.model
    def _get_today(self, company):
        return company._get_college_day(self.env.cr.now())

    @api.model
    def _get_unposted_domain(self, company, before, refused=()):
        return Domain(
            [
                ("company_id", "=", company.id),
                ("move_id", "=", False),
                ("day", "<", before),
                ("day", "not in", list(refused)),
                ("kind", "in", DAILY),
            ]
        )

    @api.model
    def _get_next_day(self, company, today, refused=()):
        """The day whose entry is posted next, or False.

        A movement that was committed after the entry of its day goes into the next one.

        :param refused: days that the books refused; they and their movements are left alone
        """
        line = self.sudo().search(
            self._get_unposted_domain(company, today, refused), order="day, id", limit=1
        )
        day = line.day
        while day and day < today:
            found = self.env["account.move"]._find_hostel_wallet_entry(company, day)
            if day not in refused and not found:
                return day
            day += timedelta(days=1)
        return False

    @api.model
    def _post_day(self, company, day, refused=()):
        """The entry of a day over all wallets of a company; again it is the same.

        :param refused: earlier days whose movements wait for an entry of their own
        :return: the posted ``account.move``, empty if nothing moved
        """
        Move = self.env["account.move"].sudo().with_company(company)
        entry = Move._find_hostel_wallet_entry(company, day)
        if entry:
            return entry
        lines = self.sudo().search(
            self._get_unposted_domain(company, day + timedelta(days=1), refused), order="id"
        )
        if not lines:
            return Move
        entry = Move.create(lines._prepare_day_vals(company, day))
        entry.action_post()
        lines._note_entry(entry)
        return entry

    def _prepare_day_vals(self, company, day):
        account, journal = company._get_hostel_wallet_books()
        sums = defaultdict(lambda: [0.0, 0])
        for line in self:
            # What was put in and what was taken out stand apart: a day on which both are the same
            # would have nothing to post.
            part = sums[line.kind, line.head_id, line.amount > 0]
            part[0] += line.amount
            part[1] += 1
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        commands = [
            self._prepare_entry_line(
                self._get_earning_account(company, head),
                company.currency_id.round(total),
                self.env._(
                    "%(kind)s, %(head)s: %(count)s movements",
                    kind=kinds[kind],
                    head=head.name or self.env._("other"),
                    count=count,
                ),
            )
            for (kind, head, _is_in), (total, count) in sums.items()
        ]
        label = self.env._("Wallets of students, %(day)s", day=day)
        total = company.currency_id.round(sum(self.mapped("amount")))
        commands.append(self._prepare_entry_line(account, -total, label))
        return {
            "move_type": "entry",
            "journal_id": journal.id,
            "company_id": company.id,
            "date": day,
            "ref": label,
            "hostel_wallet_day": day,
            "line_ids": [command for command in commands if command],
        }

    @staticmethod
    def _prepare_entry_line(account, balance, name, partner=None):
        """A command for one line, or None for nothing. ``balance`` is debit minus credit."""
        if not balance:
            return None
        return Command.create(
            {
                "account_id": account.id,
                "name": name,
                "partner_id": partner.id if partner else False,
                "debit": max(balance, 0.0),
                "credit": max(-balance, 0.0),
            }
        )

    @api.model
    def _get_earning_account(self, company, head):
        """Where what was spent for a head is earned."""
        product = head.sudo().product_id or self.env.ref("hostel_billing.product_hostel_rent")
        account = head._get_account(company) if head else None
        return account or product.with_company(company)._get_product_accounts()["income"]

    def _note_entry(self, entry):
        """Note the entry on the rows; PostgreSQL lets that happen once."""
        self.flush_recordset()
        self.env.cr.execute(
            "UPDATE hostel_wallet_line SET move_id = %s WHERE id = ANY(%s) AND move_id IS NULL",
            (entry.id, self.ids),
        )
        self.invalidate_recordset(["move_id"])
