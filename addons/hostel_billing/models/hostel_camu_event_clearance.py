from odoo import models
from odoo.tools.sql import escape_psql

PARAMETER = "hostel_billing.clearance_fee_heads"


class HostelCamuEvent(models.Model):
    """What Camu tells about fees that are no order of ours: the college's own dues.

    A message about a fee head that the college named in the settings clears its student for the
    message's term. A message about one of our orders confirms a receipt with the same number.
    """

    _inherit = "hostel.camu.event"

    def _process(self):
        if self.state == "received" and self._is_about_dues():
            return self._process_dues()
        state = super()._process()
        if state == "processed" and self.status == "success" and self.receipt_no:
            self._confirm_clearances()
        return state

    def _confirm_clearances(self):
        student = self._find_student()
        if student:
            self.env["hostel.clearance"]._confirm_by_receipt(
                self.receipt_no, student, self.env._("Camu's message %(id)s", id=self.event_id)
            )

    def _is_about_dues(self):
        """Whether it is about a fee whose payment means that nothing is owed."""
        self.ensure_one()
        names = self.env["ir.config_parameter"].sudo().get_param(PARAMETER, "")
        heads = {name.strip().casefold() for name in names.split(",")} - {""}
        return (self.fee_head or "").casefold() in heads and not self._find_transaction()

    def _find_student(self):
        number = escape_psql((self.student_ref or "").strip())
        if not number:
            return self.env["hostel.student"]
        return (
            self.env["hostel.student"]
            .sudo()
            .search(
                ["|", ("roll_number", "=ilike", number), ("application_number", "=ilike", number)],
                limit=2,
            )
        )

    def _process_dues(self):
        """Job: clear the student, or take the clearance back; repeating is harmless.

        :return: the state afterwards
        """
        self._lock_or_retry(self.env["payment.transaction"])
        student = self._find_student()
        term = self.env["hostel.term"].sudo()
        if self.term:
            term = term.search([("code", "=ilike", escape_psql(self.term))])
        reason = False
        if len(student) != 1:
            reason = "UNKNOWN_STUDENT"
        elif len(term) != 1:
            reason = "WRONG_TERM"
        vals = {"processed_at": self.env.cr.now(), "state": "processed"}
        if reason:
            vals |= {"state": "quarantined", "reason_code": reason}
        elif self.status == "success":
            self._clear_dues(student, term)
        elif self.status in ("refunded", "cancelled"):
            self._withdraw_dues(student, term)
        self.sudo().write(vals)
        return self.state

    def _clear_dues(self, student, term):
        self.env["hostel.clearance"]._clear(
            student, term, "webhook", reference=self.receipt_no or self.event_id
        )

    def _withdraw_dues(self, student, term):
        """Money that went back clears nobody; a clearance of another origin stays."""
        rows = (
            self.env["hostel.clearance"]
            .sudo()
            .search(
                [
                    ("student_id", "=", student.id),
                    ("term_id", "=", term.id),
                    ("source", "=", "webhook"),
                ]
            )
        )
        rows.write({"active": False})
