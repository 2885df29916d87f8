import logging
from datetime import UTC, datetime, timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.fields import EncryptedText
from odoo.addons.queue_job.exception import RetryableJobError

from .. import const

_logger = logging.getLogger(__name__)

READERS = "hostel_base.group_hostel_finance,hostel_base.group_hostel_admin"
# An entry that still waits after this time has lost its job.
FORGOTTEN_AFTER_MINUTES = 5
FUTURE_TOLERANCE_MINUTES = 10


class HostelCamuEvent(models.Model):
    """Inbox of authentic messages from Camu.

    An entry is stored and committed before anything is done with it. It moves from
    ``received`` to ``processed``, or to ``quarantined`` where a person decides. Only
    methods of this model write it.
    """

    _name = "hostel.camu.event"
    _description = "Camu Message"
    _inherit = ["mail.thread", "mail.activity.mixin", "hostel.encrypted.mixin"]
    _order = "id desc"
    _rec_name = "event_id"

    provider_id = fields.Many2one(
        "payment.provider", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        related="provider_id.company_id", store=True, precompute=True, index=True
    )
    event_id = fields.Char(string="Message", required=True, readonly=True)
    source = fields.Selection(
        [
            ("webhook", "Sent by Camu"),
            ("status", "Asked of Camu"),
            ("settlement", "Read in a settlement file"),
        ],
        required=True,
        readonly=True,
    )
    is_test = fields.Boolean(
        string="Test message",
        readonly=True,
        help="Sent by the button of the settings; no money is in it and nothing was booked.",
    )
    state = fields.Selection(
        [
            ("received", "Received"),
            ("processed", "Processed"),
            ("quarantined", "Needs a person"),
            ("resolved", "Resolved"),
        ],
        required=True,
        readonly=True,
        default="received",
        index=True,
        tracking=True,
    )
    reason_code = fields.Selection(
        [
            ("UNKNOWN_REFERENCE", "No payment has this reference"),
            ("UNKNOWN_STUDENT", "Nobody has this student number"),
            ("WRONG_STUDENT", "Another student's payment"),
            ("WRONG_TERM", "Another term"),
            ("WRONG_FEE_HEAD", "Another kind of fee"),
            ("WRONG_AMOUNT", "Another amount"),
            ("WRONG_CURRENCY", "Another currency"),
            ("SECOND_PAYMENT", "Paid a second time"),
            ("EVENT_CONFLICT", "Says other things than an earlier copy"),
            ("STALE_SIGNATURE", "Sent too long ago"),
            ("FUTURE_PAYMENT", "Paid in the future"),
            ("REFUND_NOTICE", "Camu refunded it"),
            ("NO_BALANCE", "Doesn't say what is left to pay"),
        ],
        string="Reason",
        readonly=True,
        tracking=True,
    )
    resolution = fields.Selection(
        [
            ("matched", "Booked by hand"),
            ("refund", "Refund"),
            ("ignored", "Nothing to book"),
        ],
        string="What was done",
        readonly=True,
        tracking=True,
    )
    note = fields.Text(string="How it was resolved", readonly=True, tracking=True)
    resolved_by_id = fields.Many2one("res.users", string="Resolved by", readonly=True)
    transaction_id = fields.Many2one(
        "payment.transaction", string="Payment", readonly=True, index="btree_not_null"
    )
    allocation_id = fields.Many2one(related="transaction_id.hostel_allocation_id")

    reference = fields.Char(readonly=True, index=True)
    status = fields.Selection(
        [
            ("success", "Paid"),
            ("failed", "Failed"),
            ("pending", "Pending"),
            ("cancelled", "Cancelled"),
            ("refunded", "Refunded"),
        ],
        string="Says",
        required=True,
        readonly=True,
    )
    # Empty text: should have been sent; nothing at all: this college's Camu never sends it.
    student_ref = fields.Char(string="Student number", readonly=True)
    term = fields.Char(readonly=True)
    fee_head = fields.Char(readonly=True)
    amount = fields.Monetary(readonly=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    currency_code = fields.Char(string="Currency code", readonly=True)
    paid_at = fields.Datetime(readonly=True)
    receipt_no = fields.Char(string="Receipt", readonly=True)
    # An amount alone can't say that nobody told it.
    owes = fields.Selection(
        [("nothing", "Nothing"), ("something", "Something"), ("unsaid", "Not told")],
        string="Still owed",
        readonly=True,
        help="Whether the student owes something for the term afterwards; empty where this "
        "college's Camu never tells.",
    )
    balance = fields.Monetary(
        readonly=True, help="What the student still owes for the term, as Camu tells."
    )
    fingerprint = fields.Char(readonly=True, groups=READERS)
    raw_payload = EncryptedText(string="As received", readonly=True, groups=READERS)
    signed_at = fields.Datetime(string="Sent at", readonly=True)
    by_old_secret = fields.Boolean(
        string="Signed with the previous secret",
        readonly=True,
        help="As long as such messages come, Camu does not use the new one everywhere.",
    )
    processed_at = fields.Datetime(readonly=True)

    _event_once = models.Constraint(
        "UNIQUE (provider_id, event_id)", "This message was stored already."
    )
    _resolved_with_note = models.Constraint(
        "CHECK (state <> 'resolved' OR note <> '')", "Say how it was resolved."
    )
    _received_idx = models.Index("(create_date) WHERE state = 'received'")
    _waiting_idx = models.Index("(company_id, id) WHERE state = 'quarantined'")
    _old_secret_idx = models.Index("(provider_id, create_date) WHERE by_old_secret IS TRUE")

    @api.depends("currency_code")
    def _compute_currency_id(self):
        Currency = self.env["res.currency"].with_context(active_test=False)
        known = {currency.name: currency for currency in Currency.search([])}
        for entry in self:
            entry.currency_id = known.get(entry.currency_code, False)

    def write(self, vals):
        if not self.env.su:
            own = {name for name in vals if not name.startswith(("message_", "activity_"))}
            if own:
                raise AccessError(self.env._("A message from Camu is never edited."))
        return super().write(vals)

    # ------------------------------------------------------------------
    # In
    # ------------------------------------------------------------------

    @api.model
    def _receive(self, provider, event, source, *, raw="", signed=None):
        """Store an authentic message once, and let a job process it.

        A copy changes nothing, except that a fresh copy of a stale message confirms it.
        A message that carries a used id but says something else is kept for a person:
        it may be the only trace of money.

        :param event: :class:`camu_payload.CamuEvent`
        :param signed: :class:`camu_signature.Signed` of a webhook
        :return: (entry, whether it is new)
        """
        inbox = self.with_user(SUPERUSER_ID)
        stale = bool(signed and signed.stale)
        vals = inbox._prepare_vals(provider, event, source, raw, signed)
        if event.reference.startswith(const.TEST_REFERENCE_PREFIX):
            return inbox._insert_once(vals | {"state": "processed", "is_test": True})
        if stale:
            vals |= {"state": "quarantined", "reason_code": "STALE_SIGNATURE"}
        entry, new = inbox._insert_once(vals)
        if not new and entry.fingerprint != vals["fingerprint"]:
            vals["event_id"] = f"{event.event_id[:180]}#{vals['fingerprint'][:12]}"
            vals |= {"state": "quarantined", "reason_code": "EVENT_CONFLICT"}
            entry, new = inbox._insert_once(vals)
            if new:
                entry._delay_warning()
            return entry, new
        if new and stale:
            entry._delay_confirmation()
        elif new:
            inbox.env["queue.job"]._enqueue_new(
                entry._process,
                company_id=vals["company_id"],
                **entry._describe_job(vals["event_id"]),
            )
        elif not stale and entry.reason_code == "STALE_SIGNATURE":
            entry._confirm()
        return entry, new

    @api.model
    def _prepare_vals(self, provider, event, source, raw, signed):
        return {
            "provider_id": provider.id,
            "company_id": provider._get_camu_door().company_id,
            "event_id": event.event_id,
            "source": source,
            "reference": event.reference,
            "status": event.status,
            "student_ref": event.student_ref,
            "term": event.term,
            "fee_head": event.fee_head,
            "amount": float(event.amount),
            "currency_code": event.currency,
            "paid_at": event.paid_at and event.paid_at.replace(tzinfo=None),
            "receipt_no": event.receipt_no,
            "owes": self._get_owes(provider, event),
            "balance": float(event.balance or 0),
            "fingerprint": event.fingerprint(),
            "raw_payload": raw,
            "by_old_secret": bool(signed and signed.secret_no),
            "signed_at": signed
            and datetime.fromtimestamp(signed.signed_at, UTC).replace(tzinfo=None),
        }

    @api.model
    def _get_owes(self, provider, event):
        if event.balance is not None:
            return "something" if event.balance else "nothing"
        return "unsaid" if provider._get_camu_door().field_map["balance"] else False

    def _insert_once(self, vals):
        """Insert unless the id is there; PostgreSQL judges. Returns (entry, new).

        Plain SQL, because a copy is no error: the ORM's INSERT would write the whole
        message to the log. A copy that is being stored right now ends in a conflict
        that Odoo resolves by calling again.
        """
        key = [("provider_id", "=", vals["provider_id"]), ("event_id", "=", vals["event_id"])]
        columns = self._prepare_columns(vals)
        self.env.cr.execute(
            SQL(
                "INSERT INTO hostel_camu_event (%s) VALUES (%s)"
                " ON CONFLICT (provider_id, event_id) DO NOTHING RETURNING id",
                SQL(", ").join(map(SQL.identifier, columns)),
                SQL(", ").join(columns.values()),
            ),
            log_exceptions=False,
        )
        [entry_id] = self.env.cr.fetchone() or [None]
        return (self.browse(entry_id), True) if entry_id else (self.search(key), False)

    def _prepare_columns(self, vals):
        vals = {"state": "received", "create_uid": self.env.uid, "write_uid": self.env.uid, **vals}
        columns = {
            name: self._fields[name].convert_to_column_insert(value, self)
            for name, value in vals.items()
        }
        # The transaction's time, as the ORM takes it; nobody has to ask for it.
        now = SQL("now() AT TIME ZONE 'UTC'")
        return {**columns, "create_date": now, "write_date": now}

    # ------------------------------------------------------------------
    # Through
    # ------------------------------------------------------------------

    def _delay_processing(self):
        for entry in self.with_user(SUPERUSER_ID):
            entry.with_delay(**entry._describe_job(entry.event_id))._process()

    def _describe_job(self, event_id):
        self.ensure_one()
        return {
            "description": self.env._("Process Camu message %(id)s", id=event_id),
            "identity_key": f"hostel_billing.camu_event:{self.id}",
        }

    def _delay_confirmation(self):
        for entry in self.with_user(SUPERUSER_ID):
            entry.with_delay(
                description=self.env._("Ask Camu about message %(id)s", id=entry.event_id),
                identity_key=f"hostel_billing.camu_confirm:{entry.id}",
            )._ask_about_stale()

    def _ask_about_stale(self):
        """Job: a message that came too late counts only if Camu still says so."""
        self.ensure_one()
        if self.reason_code == "STALE_SIGNATURE" and self.state == "quarantined":
            self.provider_id.sudo()._camu_ask_status(self.reference)
            if self.state == "quarantined":
                self._delay_warning()
        return self.state

    def _confirm(self):
        """A fresh copy or Camu itself has confirmed a stale message."""
        if self.state == "quarantined":
            self.sudo().write({"state": "received", "reason_code": False})
            self._delay_processing()

    def _process(self):
        """Job: act on the message once. Repeating is harmless.

        :return: the state afterwards
        """
        self.ensure_one()
        if self.state != "received":
            return self.state
        tx = self._find_transaction()
        self._lock_or_retry(tx)
        reason = self._get_quarantine_reason(tx)
        vals = {"transaction_id": tx.id, "processed_at": self.env.cr.now()}
        if reason:
            _logger.info("camu message %s quarantined: %s", self.id, reason)
            self.sudo().write({**vals, "state": "quarantined", "reason_code": reason})
            self._delay_warning()
            return self.state
        self.sudo().write({**vals, "state": "processed"})
        try:
            tx._process("camu", self._prepare_payment_data())
            tx._camu_post_process()
        except HostelError as exc:
            if exc.code != "BED_BUSY":
                raise
            raise RetryableJobError(str(exc), seconds=2, ignore_retry=True) from exc
        return self.state

    def _lock_or_retry(self, others):
        """Work on one message of an order at a time.

        :param others: the order, or messages that belong together
        """
        for records in (self, others):
            if records.try_lock_for_update(allow_referencing=True) != records:
                raise RetryableJobError("in other hands", seconds=2, ignore_retry=True)

    def _find_transaction(self):
        self.ensure_one()
        return (
            self.env["payment.transaction"]
            .sudo()
            .search(
                [("reference", "=", self.reference), ("provider_id", "=", self.provider_id.id)],
                limit=1,
            )
        )

    def _prepare_payment_data(self):
        """The message as the hooks of ``payment.transaction`` take it."""
        return {
            "reference": self.reference,
            "status": self.status,
            "amount": self.amount,
            "currency": self.currency_code,
            "paid_at": self.paid_at,
            "receipt_no": self.receipt_no or "",
        }

    def _get_quarantine_reason(self, tx):
        """Why a person must look at it, or False."""
        if not tx:
            return "UNKNOWN_REFERENCE"
        if self.status == "refunded":
            return "REFUND_NOTICE"
        if self._is_paid_in_future():
            return "FUTURE_PAYMENT"
        return self._get_mismatch(tx) or self._get_second_payment(tx)

    def _is_paid_in_future(self):
        horizon = self.env.cr.now() + timedelta(minutes=FUTURE_TOLERANCE_MINUTES)
        return bool(self.paid_at and self.paid_at > horizon)

    def _get_mismatch(self, tx):
        """Compare with the order that was sent to Camu."""
        order = tx._get_camu_order()
        checks = [
            ("student_ref", "WRONG_STUDENT"),
            ("term", "WRONG_TERM"),
            ("fee_head", "WRONG_FEE_HEAD"),
        ]
        for name, reason in checks:
            said = self[name]
            if said is not False and said.casefold() != order[name].casefold():
                unknown = name == "student_ref" and not self._is_student_known(said)
                return "UNKNOWN_STUDENT" if unknown else reason
        if self.currency_code != order["currency"]:
            return "WRONG_CURRENCY"
        return tx.currency_id.compare_amounts(self.amount, tx.amount) != 0 and "WRONG_AMOUNT"

    def _is_student_known(self, number):
        students = self.env["hostel.student"].sudo().with_context(active_test=False)
        return bool(students._find_by_number(number))

    def _get_second_payment(self, tx):
        """Money that came twice for one order: another receipt than the one booked.

        Where Camu sends no receipts, another time of payment tells the two apart.
        """
        if self.status != "success" or tx.state != "done":
            return False
        if self.receipt_no and tx.provider_reference:
            paid_again = self.receipt_no != tx.provider_reference
        else:
            paid_again = self.paid_at != tx.camu_paid_at
        return "SECOND_PAYMENT" if paid_again else False

    @api.model
    def _cron_process_forgotten(self, limit=500):
        """Give a new job to entries whose job was lost."""
        before = self.env.cr.now() - timedelta(minutes=FORGOTTEN_AFTER_MINUTES)
        entries = self.search(
            [("state", "=", "received"), ("create_date", "<", before)], limit=limit, order="id"
        )
        entries._delay_processing()
