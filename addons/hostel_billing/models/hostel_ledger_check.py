import logging

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

FREE = ("message_", "activity_")
MAX_NAMED = 20
# What was captured, payment by payment, with what the ledger says became of it.
PAYMENTS = """
    WITH captured AS (
        SELECT tx.reference AS name, tx.amount AS amount, tx.payment_id AS payment_id,
               tx.company_id AS company_id
          FROM payment_transaction tx
          JOIN payment_provider provider ON provider.id = tx.provider_id
     LEFT JOIN account_payment booked ON booked.id = tx.payment_id
         WHERE provider.code = 'camu' AND tx.state = 'done' AND tx.operation <> 'refund'
           AND booked.hostel_reversal_id IS NULL
         UNION ALL
        SELECT payment.name, payment.amount, payment.id, payment.company_id
          FROM account_payment payment
         WHERE payment.hostel_student_id IS NOT NULL AND payment.payment_type = 'inbound'
           AND payment.payment_transaction_id IS NULL
           AND payment.state IN ('in_process', 'paid') AND payment.hostel_reversal_id IS NULL
    ), ledger AS (
        SELECT payment.id AS payment_id,
               sum(-line.amount_residual) AS open,
               sum(COALESCE(used.applied, 0)) AS applied,
               sum(COALESCE(used.refunded, 0)) AS refunded
          FROM account_payment payment
          JOIN account_move_line line ON line.move_id = payment.move_id
               AND line.account_id = payment.destination_account_id
               AND line.parent_state = 'posted'
     LEFT JOIN LATERAL (
               SELECT sum(part.amount) FILTER (WHERE payout.id IS NULL) AS applied,
                      sum(part.amount) FILTER (WHERE payout.id IS NOT NULL) AS refunded
                 FROM account_partial_reconcile part
                 JOIN account_move_line other ON other.id = part.debit_move_id
            LEFT JOIN account_payment payout
                   ON payout.move_id = other.move_id AND payout.hostel_refund_id IS NOT NULL
                WHERE part.credit_move_id = line.id) used ON TRUE
         WHERE payment.id IN (SELECT payment_id FROM captured)
      GROUP BY payment.id
    )
"""


class HostelLedgerCheck(models.Model):
    """Does the money add up? Each night, from both ends of the books.

    A check keeps its figures. What does not add up is named, and finance gets an activity.
    """

    _name = "hostel.ledger.check"
    _description = "Check of the Ledger"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "checked_at"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    checked_at = fields.Datetime(string="Checked on", required=True, readonly=True)
    state = fields.Selection(
        [("ok", "All adds up"), ("breach", "Does not add up")],
        compute="_compute_state",
        store=True,
        index=True,
    )
    breach_count = fields.Integer(string="Breaches", compute="_compute_state", store=True)
    line_ids = fields.One2many("hostel.ledger.check.line", "check_id", string="Identities")

    @api.depends("line_ids.is_breach")
    def _compute_state(self):
        for check in self:
            check.breach_count = len(check.line_ids.filtered("is_breach"))
            check.state = "breach" if check.breach_count else "ok"

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("What the check found is not rewritten."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and any(not name.startswith(FREE) for name in vals):
            raise AccessError(self.env._("What the check found is not rewritten."))
        return super().write(vals)

    # ------------------------------------------------------------------
    # Checking
    # ------------------------------------------------------------------

    @api.model
    def _cron_check(self):
        """Cron: check the books of each company that has a hostel."""
        hostels = self.env["hostel.hostel"].sudo().with_context(active_test=False)
        for [company] in hostels._read_group([], ["company_id"]):
            self.with_user(SUPERUSER_ID)._check(company)

    def action_check(self):
        """Check now instead of waiting for the night."""
        self.browse().check_access("write")
        return self._open(self.with_user(SUPERUSER_ID)._check(self.env.company))

    @api.model
    def action_open_last(self):
        """The last check with its figures; the list while there is none."""
        self.browse().check_access("read")
        last = self.search([("company_id", "=", self.env.company.id)], limit=1)
        return self._open(last) if last else self.action_open_earlier()

    def action_open_earlier(self):
        self.browse().check_access("read")
        return self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_ledger_check_action"
        )

    @api.model
    def _open(self, check):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Does it add up"),
            "res_model": self._name,
            "res_id": check.id,
            "views": [(False, "form")],
        }

    @api.model
    def _check(self, company):
        """Look at all identities of a company.

        :return: the new ``hostel.ledger.check``
        """
        self.env.flush_all()
        lines = [
            self._check_captured(company),
            self._check_refunds(company),
            self._check_wallets(company),
            self._check_deposits(company),
            self._check_periods(company),
        ]
        check = self.create(
            {
                "company_id": company.id,
                "checked_at": self.env.cr.now(),
                "line_ids": [
                    Command.create(vals | {"sequence": number}) for number, vals in enumerate(lines)
                ],
            }
        )
        earlier = self.search([("company_id", "=", company.id), ("id", "!=", check.id)], limit=30)
        earlier.activity_ids.action_done()
        if check.breach_count:
            _logger.error("ledger check %s: %s breaches", check.id, check.breach_count)
            check._tell_finance()
        return check

    def _tell_finance(self):
        officer = self.env["res.users"]._get_finance_officer(self.company_id)
        if officer:
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("The money does not add up: %(count)s", count=self.breach_count),
                user_id=officer.id,
            )

    @api.model
    def _prepare_line(self, identity, left, right, parts, names):
        """:param parts: ``[(label, amount)]`` of the right side
        :param names: of what is wrong
        """
        named = list(names)
        more = len(named) - MAX_NAMED
        text = ", ".join(named[:MAX_NAMED])
        if more > 0:
            text += self.env._(" and %(count)s more", count=more)
        return {
            "identity": identity,
            "left_amount": float(left or 0),
            "right_amount": float(right or 0),
            "parts": [[label, float(amount or 0)] for label, amount in parts],
            "offenders": text or False,
        }

    def _check_captured(self, company):
        """captured = applied + unapplied advance + quarantined + refund due + refunded"""
        [[captured, applied, open_, refunded]] = self.env.execute_query(
            SQL(
                PAYMENTS  # pylint: disable=sql-injection
                + """
                SELECT sum(captured.amount), sum(ledger.applied), sum(ledger.open),
                       sum(ledger.refunded)
                  FROM captured LEFT JOIN ledger ON ledger.payment_id = captured.payment_id
                 WHERE captured.company_id = %s
                """,
                company.id,
            )
        )
        wrong = self.env.execute_query(
            SQL(
                PAYMENTS  # pylint: disable=sql-injection
                + """
                SELECT captured.name
                  FROM captured LEFT JOIN ledger ON ledger.payment_id = captured.payment_id
                 WHERE captured.company_id = %s
                   AND abs(captured.amount - COALESCE(
                       ledger.applied + ledger.open + ledger.refunded, 0)) > 0.005
              ORDER BY captured.name
                """,
                company.id,
            )
        )
        [[waiting]] = self.env.execute_query(
            SQL(
                "SELECT sum(amount) FROM hostel_camu_event WHERE company_id = %s"
                " AND state = 'quarantined' AND status = 'success' AND is_test IS NOT TRUE",
                company.id,
            )
        )
        due, overdrawn = self._get_due_of_payments(company)
        quarantined = waiting or 0
        advance = (open_ or 0) - due
        right = (applied or 0) + advance + quarantined + due + (refunded or 0)
        return self._prepare_line(
            "captured",
            (captured or 0) + quarantined,
            right,
            [
                (self.env._("Applied to bills and wallets"), applied),
                (self.env._("Paid ahead"), advance),
                (self.env._("In quarantine"), quarantined),
                (self.env._("Refund due"), due),
                (self.env._("Refunded"), refunded),
            ],
            [name for [name] in wrong] + overdrawn,
        )

    def _get_due_of_payments(self, company):
        """Open refunds that come out of payments, and those for which nothing is open.

        :return: ``(sum, [names])``
        """
        refunds = (
            self.env["hostel.refund"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("state", "in", ("due", "approved")),
                    ("transaction_id", "!=", False),
                ]
            )
        )
        overdrawn = refunds.filtered(
            lambda refund: refund.currency_id.compare_amounts(refund.amount, refund.available) > 0
        )
        return sum(refunds.mapped("amount")), overdrawn.mapped("name")

    def _check_refunds(self, company):
        """what refunds say was paid out = what left in the books"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT refund.name, CASE WHEN refund.state = 'paid' THEN refund.amount ELSE 0 END,
                       CASE WHEN move.state = 'posted' AND payment.hostel_reversal_id IS NULL
                            THEN payment.amount ELSE 0 END
                  FROM hostel_refund refund
             LEFT JOIN account_payment payment ON payment.hostel_refund_id = refund.id
                   AND (payment.id = refund.payment_id OR payment.hostel_reversal_id IS NULL)
             LEFT JOIN account_move move ON move.id = payment.move_id
                 WHERE refund.company_id = %s
                """,
                company.id,
            )
        )
        return self._prepare_line(
            "refunds",
            sum(said or 0 for _name, said, _left in rows),
            sum(left or 0 for _name, _said, left in rows),
            [(self.env._("Outgoing payments"), sum(left or 0 for _name, _said, left in rows))],
            sorted(name for name, said, left in rows if abs((said or 0) - (left or 0)) > 0.005),
        )

    def _check_wallets(self, company):
        """balances of the wallets = sums of their movements"""
        [[balances]] = self.env.execute_query(
            SQL("SELECT sum(balance) FROM hostel_wallet WHERE company_id = %s", company.id)
        )
        [[movements]] = self.env.execute_query(
            SQL(
                "SELECT sum(line.amount) FROM hostel_wallet_line line"
                " JOIN hostel_wallet wallet ON wallet.id = line.wallet_id"
                " WHERE wallet.company_id = %s",
                company.id,
            )
        )
        wrong = self.env["hostel.wallet"].sudo()._find_breaches()
        return self._prepare_line(
            "wallets",
            balances,
            movements,
            [(self.env._("Movements"), movements)],
            [
                wallet.student_id.roll_number or wallet.student_id.display_name
                for wallet in wrong
                if wallet.company_id == company
            ],
        )

    def _check_deposits(self, company):
        """deposits billed and not credited = the liability accounts"""
        heads = (
            self.env["hostel.fee.head"]
            .sudo()
            .with_company(company)
            .with_context(active_test=False)
            .search([("refundable", "=", True), ("code", "!=", "WALLET")])
        )
        used = (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "=", company.id),
                    ("hostel_head_id", "in", heads.ids),
                    ("parent_state", "=", "posted"),
                    ("account_id.account_type", "=like", "liability%"),
                ],
                ["account_id"],
            )
        )
        # Also those that a head had before.
        accounts = heads.account_id.union(*(account for [account] in used))
        ids = tuple(accounts.ids) or (0,)
        [[billed]] = self.env.execute_query(
            SQL(
                "SELECT -sum(balance) FROM account_move_line WHERE company_id = %s"
                " AND parent_state = 'posted' AND hostel_head_id IN %s",
                company.id,
                tuple(heads.ids) or (0,),
            )
        )
        balances = dict(
            self.env.execute_query(
                SQL(
                    "SELECT account_id, -sum(balance) FROM account_move_line WHERE company_id = %s"
                    " AND parent_state = 'posted' AND account_id IN %s GROUP BY account_id",
                    company.id,
                    ids,
                )
            )
        )
        wrong = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT line.move_name FROM account_move_line line
                 WHERE line.company_id = %s AND line.parent_state = 'posted'
                   AND (line.account_id IN %s) <> (COALESCE(line.hostel_head_id, 0) IN %s)
                   AND line.display_type IS DISTINCT FROM 'line_note'
                   AND line.display_type IS DISTINCT FROM 'line_section'
              ORDER BY line.move_name
                """,
                company.id,
                ids,
                tuple(heads.ids) or (0,),
            )
        )
        return self._prepare_line(
            "deposits",
            billed,
            sum(balances.values()),
            [(account.display_name, balances.get(account.id)) for account in accounts],
            [name for [name] in wrong],
        )

    def _check_periods(self, company):
        """posted bills of periods = those that have a period of their stay to themselves"""
        rows = self.env.execute_query(
            SQL(
                """
                WITH bills AS (
                    SELECT id, name, hostel_allocation_id AS stay, period_from, period_to
                      FROM account_move
                     WHERE company_id = %s AND hostel_kind = 'period' AND state = 'posted'
                       AND move_type = 'out_invoice' AND payment_state <> 'reversed'
                )
                SELECT bill.name,
                       bill.stay IS NOT NULL AND bill.period_from < bill.period_to
                       AND NOT EXISTS (
                           SELECT FROM bills other
                            WHERE other.stay = bill.stay AND other.id <> bill.id
                              AND other.period_from < bill.period_to
                              AND bill.period_from < other.period_to)
                  FROM bills bill ORDER BY bill.name
                """,
                company.id,
            )
        )
        own = [name for name, alone in rows if alone]
        return self._prepare_line(
            "periods",
            len(rows),
            len(own),
            [(self.env._("With a period of their own"), len(own))],
            [name for name, alone in rows if not alone],
        )
