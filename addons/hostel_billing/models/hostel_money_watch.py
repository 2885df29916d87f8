from datetime import timedelta

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.queue_job.exception import RetryableJobError

GRACE_SECONDS = 60
# A message may wait for the jobs before it.
MESSAGE_GRACE_MINUTES = 5
# States in which a bed is given; money, a clearance or a bill must stand behind it.
PAID_STATES = ("awaiting_approval", "allocated", "checked_in")
# States in which money has not arrived at the booking that it paid for.
UNTOLD_STATES = ("offered", "paying", "expired", "unplaced")


class HostelMoneyWatch(models.Model):
    """Money that is nowhere, and beds that nobody paid for. The list of open ones must be empty.

    A job looks every few minutes; whatever is older than a minute and has no home is written
    down, told to finance once, and closed by itself when it is mended.
    """

    _name = "hostel.money.watch"
    _description = "Money Watch"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "gone_at desc, id desc"
    _rec_name = "kind"

    kind = fields.Selection(
        [
            ("unbooked", "Paid, but not in the books"),
            ("no_bed", "Paid, but the booking does not know"),
            ("waiting", "A message that nobody has read"),
            ("no_money", "A bed without payment, clearance or bill"),
        ],
        string="What is wrong",
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [("open", "Open"), ("gone", "Mended")], compute="_compute_state", store=True, index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(readonly=True)
    transaction_id = fields.Many2one("payment.transaction", string="Payment", readonly=True)
    allocation_id = fields.Many2one("hostel.allocation", string="Stay", readonly=True)
    event_id = fields.Many2one(
        "hostel.camu.event", string="Message", readonly=True, ondelete="cascade"
    )
    student_id = fields.Many2one("hostel.student", readonly=True)
    since = fields.Datetime(readonly=True)
    found_at = fields.Datetime(readonly=True)
    gone_at = fields.Datetime(string="Mended at", readonly=True)

    _payment_once = models.UniqueIndex(
        "(kind, transaction_id) WHERE gone_at IS NULL AND transaction_id IS NOT NULL",
        "This payment is on the list already.",
    )
    _message_once = models.UniqueIndex(
        "(event_id) WHERE gone_at IS NULL AND event_id IS NOT NULL",
        "This message is on the list already.",
    )
    _bed_once = models.UniqueIndex(
        "(allocation_id) WHERE gone_at IS NULL AND kind = 'no_money'",
        "This stay is on the list already.",
    )

    @api.depends("gone_at")
    def _compute_state(self):
        for breach in self:
            breach.state = "gone" if breach.gone_at else "open"

    def write(self, vals):
        if not self.env.su and any(not name.startswith(("message_", "activity_")) for name in vals):
            raise AccessError(self.env._("What the watch found is not rewritten."))
        return super().write(vals)

    # ------------------------------------------------------------------
    # Looking
    # ------------------------------------------------------------------

    @api.model
    def _cron_watch(self):
        """Cron: write down what is wrong now, and close what is mended."""
        self.with_user(SUPERUSER_ID)._look()

    @api.model
    def _look(self):
        """Bring the list up to date.

        :return: the new breaches
        """
        found = {self._get_key(vals): vals for vals in self._find_breaches()}
        known = {breach._get_own_key(): breach for breach in self.search([("gone_at", "=", False)])}
        gone = self.union(*(breach for key, breach in known.items() if key not in found))
        if gone:
            gone.write({"gone_at": self.env.cr.now()})
            gone.activity_ids.action_done()
        now = self.env.cr.now()
        new = self.create(
            [vals | {"found_at": now} for key, vals in found.items() if key not in known]
        )
        new._warn_finance()
        return new

    @api.model
    def _get_key(self, vals):
        return vals["kind"], vals.get("transaction_id") or vals.get("event_id") or vals.get(
            "allocation_id"
        )

    def _get_own_key(self):
        self.ensure_one()
        return self.kind, (self.transaction_id or self.event_id or self.allocation_id).id

    @api.model
    def _find_breaches(self):
        """Everything that is wrong now, as values of new records."""
        self.env.flush_all()
        before = self.env.cr.now() - timedelta(seconds=GRACE_SECONDS)
        yield from self._find_unbooked(before)
        yield from self._find_untold(before)
        yield from self._find_waiting()
        yield from self._find_unpaid_beds(before)

    def _find_unbooked(self, before):
        """Payments that Camu confirmed and that have no entry in the books."""
        orders = self.env["payment.transaction"].search(
            [
                *self._get_payment_domain(before),
                "|",
                ("payment_id", "=", False),
                ("payment_id.move_id.state", "!=", "posted"),
            ]
        )
        return [self._prepare_payment("unbooked", tx) for tx in orders]

    def _find_untold(self, before):
        """Payments of a bed whose booking went on as if nobody had paid."""
        orders = self.env["payment.transaction"].search(
            [
                *self._get_payment_domain(before),
                ("hostel_refund_state", "=", False),
                ("payment_id", "!=", False),
                "|",
                ("hostel_allocation_id.state", "in", UNTOLD_STATES),
                "&",
                ("hostel_allocation_id.state", "=", "cancelled"),
                ("hostel_allocation_id.paid_at", "=", False),
            ]
        )
        return [self._prepare_payment("no_bed", tx) for tx in orders]

    def _get_payment_domain(self, before):
        return [
            ("provider_code", "=", "camu"),
            ("state", "=", "done"),
            ("operation", "!=", "refund"),
            ("last_state_change", "<", before),
        ]

    def _prepare_payment(self, kind, tx):
        return {
            "kind": kind,
            "company_id": tx.company_id.id,
            "transaction_id": tx.id,
            "allocation_id": tx.hostel_allocation_id.id,
            "student_id": tx._get_hostel_student().id,
            "amount": tx.amount,
            "since": tx.last_state_change,
        }

    def _find_waiting(self):
        """Messages about money that no job has looked at."""
        before = self.env.cr.now() - timedelta(minutes=MESSAGE_GRACE_MINUTES)
        entries = self.env["hostel.camu.event"].search(
            [("state", "=", "received"), ("status", "=", "success"), ("create_date", "<", before)]
        )
        return [
            {
                "kind": "waiting",
                "company_id": entry.company_id.id,
                "event_id": entry.id,
                "amount": entry.amount,
                "since": entry.create_date,
            }
            for entry in entries
        ]

    def _find_unpaid_beds(self, before):
        """Beds that are given, cost something, and have nothing behind them.

        A stay that goes on in another bed is paid by what was paid for the first one.
        """
        rows = self.env["hostel.allocation"].browse(
            row_id for [row_id] in self.env.execute_query(self._get_unpaid_beds_query(before))
        )
        cleared = self._find_cleared(rows)
        return [
            {
                "kind": "no_money",
                "company_id": row.company_id.id,
                "allocation_id": row.id,
                "student_id": row.student_id.id,
                "amount": row.price,
                "since": row.write_date,
            }
            for row in rows - cleared
        ]

    def _find_cleared(self, rows):
        """Extension point: rows whose student does not have to pay here."""
        return rows.filtered(lambda row: row.student_id._is_cleared(row.term_id))

    @api.model
    def _get_unpaid_beds_query(self, before):
        return SQL(
            """
            WITH RECURSIVE chain AS (
                SELECT id AS row_id, id, origin_id
                  FROM hostel_allocation
                 WHERE state IN %(states)s AND price > 0 AND student_id IS NOT NULL
                   AND term_id IS NOT NULL AND date_to > %(today)s AND write_date < %(before)s
                 UNION
                SELECT chain.row_id, origin.id, origin.origin_id
                  FROM chain JOIN hostel_allocation origin ON origin.id = chain.origin_id
            )
            SELECT row_id FROM chain
             GROUP BY row_id
            HAVING NOT bool_or(
                EXISTS (SELECT FROM payment_transaction tx
                         WHERE tx.hostel_allocation_id = chain.id AND tx.state = 'done'
                           AND tx.operation <> 'refund'
                           AND tx.hostel_refund_state IS DISTINCT FROM 'done')
                OR EXISTS (SELECT FROM account_move bill
                            WHERE bill.hostel_allocation_id = chain.id AND bill.state = 'posted'
                              AND bill.move_type = 'out_invoice'
                              AND bill.hostel_kind = 'period'
                              AND bill.payment_state <> 'reversed'))
             ORDER BY row_id
            """,
            states=PAID_STATES,
            today=self.env.company._get_college_day(),
            before=before,
        )

    # ------------------------------------------------------------------
    # Telling, mending
    # ------------------------------------------------------------------

    def _warn_finance(self):
        """One activity for what was found at once."""
        for company, breaches in self.grouped("company_id").items():
            officer = self.env["res.users"]._get_finance_officer(company)
            if officer:
                breaches[:1].activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=self.env._("Money watch: %(count)s new", count=len(breaches)),
                    user_id=officer.id,
                )

    def action_look(self):
        """Look now instead of waiting for the job."""
        self.browse().check_access("read")
        self.with_user(SUPERUSER_ID)._look()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_mend(self):
        """Do again what should have happened, and look whether it helped."""
        self.check_access("write")
        for breach in self.filtered(lambda breach: breach.state == "open"):
            breach.with_user(SUPERUSER_ID)._mend()
        return self.action_look()

    def _mend(self):
        try:
            with self.env.cr.savepoint():
                if self.kind == "unbooked":
                    self.transaction_id._post_process()
                elif self.kind == "no_bed":
                    tx = self.transaction_id
                    self.allocation_id._payment_received(tx.camu_paid_at or tx.last_state_change)
                elif self.kind == "waiting":
                    self.event_id._process()
                elif self.allocation_id.state in ("allocated", "checked_in"):
                    self.allocation_id._create_period_bill()
        except (RetryableJobError, OperationalError, UserError) as exc:
            self.message_post(body=self.env._("It did not work: %(problem)s", problem=exc))
