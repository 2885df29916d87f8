import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.hostel_base.errors import HostelError

from ..tools.receipt_parser import squeeze

_logger = logging.getLogger(__name__)

CONFIRM_DAYS = 3
BATCH = 500
FINANCE = "hostel_base.group_hostel_finance"
ADMIN = "hostel_base.group_hostel_admin"
FROM_PEOPLE = ("manual", "csv")
# What only a machine can know.
CLAIMS = {
    "certainty", "receipt_id", "receipt_number", "confirmed_at", "confirmed_by", "reminded_at",
    "withdraw_reason",
}  # fmt: skip
# Whoever changes one of these gives or takes a clearance.
DECIDED = {"active", "expiry_date", "student_id", "term_id", "source"}
# What decides which bills a clearance settles.
SETTLES = {"active", "student_id", "term_id"}


class HostelClearance(models.Model):
    """Where a clearance comes from, how certain it is, and until when it counts.

    What a machine read from a receipt is provisional until the college's own books say the same.
    """

    _name = "hostel.clearance"
    _inherit = ["hostel.clearance", "mail.activity.mixin"]

    source = fields.Selection(
        selection_add=[("webhook", "Told by Camu"), ("ocr", "From a receipt")],
        ondelete={"webhook": "set default", "ocr": "set default"},
    )
    certainty = fields.Selection(
        [("provisional", "Provisional"), ("confirmed", "Confirmed")],
        default="confirmed",
        tracking=True,
        readonly=True,
        index=True,
    )
    reason = fields.Char(tracking=True, help="Why the student is cleared by hand.")
    expiry_date = fields.Date(
        string="Counts until", tracking=True, help="The last day. Empty: it doesn't end."
    )
    receipt_id = fields.Many2one(
        "hostel.receipt", readonly=True, ondelete="set null", index="btree_not_null", copy=False
    )
    receipt_number = fields.Char(readonly=True, copy=False, index="btree_not_null")
    confirmed_at = fields.Datetime(readonly=True, copy=False)
    confirmed_by = fields.Char(string="Confirmed through", readonly=True, copy=False)
    reminded_at = fields.Datetime(readonly=True, copy=False)
    withdraw_reason = fields.Char(
        string="Why it was withdrawn", readonly=True, copy=False, tracking=True,
        help="The student reads it.",
    )  # fmt: skip
    is_overdue = fields.Boolean(
        string="Not confirmed in time", compute="_compute_is_overdue", search="_search_is_overdue"
    )

    _provisional_idx = models.Index("(create_date) WHERE certainty = 'provisional'")
    _expiry_idx = models.Index("(expiry_date) WHERE active IS TRUE AND expiry_date IS NOT NULL")

    @api.depends("certainty", "active")
    def _compute_is_overdue(self):
        limit = self._get_confirm_limit()
        for row in self:
            row.is_overdue = (
                row.active
                and row.certainty == "provisional"
                and bool(row.create_date)
                and row.create_date <= limit
            )

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [
            ("active", "=", True),
            ("certainty", "=", "provisional"),
            ("create_date", "<=", self._get_confirm_limit()),
        ]

    @api.model
    def _get_confirm_limit(self):
        """Provisional clearances from before this moment should have been confirmed."""
        return self.env.cr.now() - timedelta(days=CONFIRM_DAYS)

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_given(vals)
        rows = super().create(vals_list)
        rows._get_settled_bills()._delay_credit_refresh()
        rows._close_receipts()
        return rows

    def write(self, vals):
        if not self.env.su:
            if DECIDED & vals.keys() and not self.env.user.has_group(ADMIN):
                self._check_is_finance()
            if CLAIMS & vals.keys() or "source" in vals:
                self._check_given(vals)
        if not SETTLES & vals.keys():
            return super().write(vals)
        bills = self._get_settled_bills()
        result = super().write(vals)
        (bills | self._get_settled_bills())._delay_credit_refresh()
        self._close_receipts()
        return result

    def unlink(self):
        bills = self._get_settled_bills()
        result = super().unlink()
        bills._delay_credit_refresh()
        return result

    def _get_settled_bills(self):
        """The hostel's bills for the fees of these terms, also where a clearance is withdrawn."""
        rows = self.sudo()
        return (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("hostel_student_id", "in", rows.student_id.ids),
                    ("hostel_term_id", "in", rows.term_id.ids),
                    ("hostel_kind", "=", "period"),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                ]
            )
        )

    def _close_receipts(self):
        """Nobody has to look at receipts of students who are cleared for certain."""
        rows = self.sudo().filtered(lambda row: row.active and row.certainty == "confirmed")
        if not rows:
            return
        cleared = {(row.student_id, row.term_id): row.receipt_id for row in rows}
        receipts = self.env["hostel.receipt"].sudo()._find_open(rows.student_id, rows.term_id)
        for receipt in receipts:
            proof = cleared.get((receipt.student_id, receipt.term_id))
            if proof is not None and proof != receipt:
                told = receipt.with_context(lang=receipt.student_id.partner_id.lang)
                receipt._withdraw(told.env._("You are cleared already, so nobody needs it."))

    def _check_given(self, vals):
        """People clear by hand or from a file; where it came from is not theirs to claim.

        :raises HostelError: ``REASON_REQUIRED`` or ``SOURCE_NOT_YOURS``
        """
        if self.env.su:
            return
        source = vals.get("source", "manual")
        is_laundered = "source" in vals and any(row.source not in FROM_PEOPLE for row in self)
        if source not in FROM_PEOPLE or is_laundered or CLAIMS & vals.keys():
            raise HostelError(
                "SOURCE_NOT_YOURS",
                self.env._("Only receipts and Camu bring such a clearance. Clear it by hand."),
                422,
            )
        if source == "manual" and not self and not (vals.get("reason") or vals.get("reference")):
            raise HostelError(
                "REASON_REQUIRED",
                self.env._("Say why the student is cleared, or name the letter that proves it."),
                422,
            )

    # ------------------------------------------------------------------
    # From elsewhere
    # ------------------------------------------------------------------

    @api.model
    def _clear(self, student, term, source, **vals):
        """Clear a student for a term; a repeated call changes nothing.

        What is confirmed takes the place of a clearance that is provisional or would run out,
        with its own origin and without the other's end.

        :param str source: ``webhook``, ``ocr``, ``manual`` or ``csv``
        :param vals: further values, such as ``reference`` and ``certainty``
        :return: the clearance that counts now
        """
        known = self.sudo().search(
            [("student_id", "=", student.id), ("term_id", "=", term.id)], limit=1
        )
        if known:
            if vals.pop("certainty", "confirmed") == "confirmed":
                known._make_certain(source, **vals)
            return known
        return self.sudo().create(
            {"student_id": student.id, "term_id": term.id, "source": source, **vals}
        )

    def _make_certain(self, source, **vals):
        """Let what is confirmed take the place of this one, if it is provisional or would run out.

        :param str source: see :meth:`_clear`
        :param vals: further values; without an ``expiry_date`` it doesn't end any more
        """
        self.ensure_one()
        row = self.sudo()
        if row.certainty == "provisional" or row.expiry_date:
            row.write({"source": source, "expiry_date": False, **vals})
            row._confirm(dict(self._fields["source"]._description_selection(self.env))[source])

    def _confirm(self, through):
        """The college's books say the same.

        :param str through: what confirmed it, shown to finance
        """
        for row in self.sudo().filtered(lambda one: one.certainty == "provisional"):
            row.write(
                {
                    "certainty": "confirmed",
                    "confirmed_at": fields.Datetime.now(),
                    "confirmed_by": through,
                }
            )
            row.activity_ids.filtered(
                lambda one: one.activity_type_id == self.env.ref("hostel_billing.activity_confirm")
            ).unlink()
            row._close_receipts()

    @api.model
    def _confirm_by_receipt(self, number, student=None, through=""):
        """Confirm what rests on a receipt that the college's books know.

        Settlement files and Camu's messages call this; unknown numbers do nothing.

        :param str number: number of the receipt, as the books write it
        :param student: whose it is by the books, if they say so; another student's clearance is
            not confirmed then
        :return: the clearances that were confirmed
        """
        rows = self._find_provisional(number)
        if student:
            rows = rows.filtered(lambda row: row.student_id == student)
        rows._confirm(through or self.env._("Settlement"))
        return rows

    @api.model
    def _find_provisional(self, number):
        """What rests on a receipt and is not confirmed, by the number as the books write it."""
        number = squeeze(number or "")
        if not number:
            return self.browse()
        return self.sudo().search(
            [("receipt_number", "=", number), ("certainty", "=", "provisional")]
        )

    @api.model
    def _filter_unconfirmed(self, numbers):
        """Those of many receipt numbers on which something provisional rests, in one query.

        :param numbers: as the books write them
        :return: set of them
        """
        squeezed = {number: squeeze(number) for number in numbers}
        rows = self.sudo().search_fetch(
            [
                ("receipt_number", "in", list(filter(None, squeezed.values()))),
                ("certainty", "=", "provisional"),
            ],
            ["receipt_number"],
        )
        found = set(rows.mapped("receipt_number"))
        return {number for number, plain in squeezed.items() if plain in found}

    def action_confirm(self):
        """Finance has found the payment in the college's books."""
        self.check_access("write")
        self._check_is_finance()
        self._confirm(self.env.user.name)

    def action_open_withdraw(self):
        """Ask why."""
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_clearance_withdraw_action"
        )
        return action | {"context": {"default_clearance_ids": self.ids}}

    def action_withdraw(self, reason):
        """The receipt does not hold what it says, or the student owes something again.

        :param str reason: shown to the students, who are told
        :raises HostelError: ``REASON_REQUIRED``
        """
        self.check_access("write")
        self._check_is_finance()
        if not isinstance(reason, str) or not reason.strip():
            raise HostelError(
                "REASON_REQUIRED", self.env._("Write why the student is not cleared."), 422
            )
        rows = self.filtered("active")
        rows._withdraw(reason.strip()[:300])
        for row in rows.sudo():
            row._tell_withdrawn()

    def _withdraw(self, reason):
        rows = self.sudo()
        rows.write({"active": False, "withdraw_reason": reason})
        rows.activity_ids.unlink()

    def _tell_withdrawn(self):
        partner = self.student_id.partner_id
        told = self.with_context(lang=partner.lang)
        told.student_id._write_about_dues(
            told.env._("You are no longer cleared"),
            told.env._(
                "Your clearance for %(term)s was taken back: %(reason)s",
                term=told.term_id.name,
                reason=self.withdraw_reason,
            ),
        )

    def _check_is_finance(self):
        if not self.env.user.has_group(FINANCE):
            raise HostelError(
                "NOT_FINANCE", self.env._("Finance confirms and withdraws clearances."), 403
            )

    # ------------------------------------------------------------------
    # Time
    # ------------------------------------------------------------------

    @api.model
    def _cron_expire(self):
        """Cron: what has run out counts no more; groups and doors follow."""
        domain = [("expiry_date", "<", self.env.company._get_college_day())]
        rows = self.search(domain, limit=BATCH)
        for row in rows:
            row.message_post(body=self.env._("It counted until %(day)s.", day=row.expiry_date))
        rows.write({"active": False})
        self.env["ir.cron"]._commit_progress(len(rows), remaining=self.search_count(domain))

    @api.model
    def _cron_remind(self):
        """Cron: tell finance, once each, what nothing has confirmed in time."""
        domain = [("is_overdue", "=", True), ("reminded_at", "=", False)]
        rows = self.search(domain, limit=BATCH)
        done = False
        for row in rows:
            done |= row._confirm_from_inbox() or row._tell_finance(
                self.env._(
                    "Camu has not confirmed receipt %(number)s in %(days)s days.",
                    number=row.receipt_number or row.reference or "?",
                    days=CONFIRM_DAYS,
                )
            )
        # Where nobody can be told, the next run tries again.
        remaining = self.search_count(domain) if done else 0
        self.env["ir.cron"]._commit_progress(len(rows), remaining=remaining)

    def _tell_finance(self, note):
        """Give finance one task about this clearance, once.

        :return: whether somebody has it
        """
        self.ensure_one()
        if self.reminded_at:
            return True
        company = self.student_id.sudo().current_hostel_id.company_id or self.env.company
        officer = self.env["res.users"]._get_finance_officer(company)
        if not officer:
            return False
        row = self.sudo()
        row.activity_schedule("hostel_billing.activity_confirm", user_id=officer.id, note=note)
        row.reminded_at = fields.Datetime.now()
        return True

    def _confirm_from_inbox(self):
        """Let Camu's messages about these receipts confirm them, as far as there are any.

        Only messages that were acted on: what waits in quarantine proves nothing. One that says
        that something is still owed contradicts the receipt, and finance is told at once.

        :return: whether all of them are confirmed
        """
        for row in self.filtered("receipt_number"):
            # The newest says what is true now.
            event = row._find_messages()[:1]
            if event and event.owes != "something":
                row._confirm(self.env._("Camu's message %(id)s", id=event.event_id))
            elif event:
                row._tell_finance(
                    self.env._(
                        "Camu's message %(id)s says that something is still owed, but receipt"
                        " %(number)s says that nothing is.",
                        id=event.event_id,
                        number=row.receipt_number,
                    )
                )
        return all(row.certainty == "confirmed" for row in self)

    def _find_messages(self):
        """Camu's messages about this receipt and term whose money has stayed, the newest first."""
        self.ensure_one()
        Event = self.env["hostel.camu.event"].sudo()
        Event.flush_model()
        found = self.env.execute_query(
            SQL(
                "SELECT id FROM hostel_camu_event AS told"
                " WHERE state = 'processed' AND status = 'success'"
                " AND upper(regexp_replace(receipt_no, '[^0-9A-Za-z]', '', 'g')) = %s"
                " AND upper(student_ref) = ANY(%s)"
                " AND coalesce(upper(term), '') IN ('', %s)"
                " AND NOT EXISTS (SELECT FROM hostel_camu_event AS back"
                " WHERE back.provider_id = told.provider_id AND back.reference = told.reference"
                " AND back.status = 'refunded' AND back.owes IS DISTINCT FROM 'nothing')"
                " ORDER BY paid_at DESC NULLS LAST, id DESC",
                self.receipt_number,
                self.student_id._get_numbers(),
                (self.term_id.code or "").upper(),
            )
        )
        return Event.browse(event_id for [event_id] in found)
