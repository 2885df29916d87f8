from odoo import fields, models


class HostelStudent(models.Model):
    _inherit = "hostel.student"

    deposit_loan_ids = fields.One2many(
        "hostel.deposit.loan",
        "student_id",
        string="Deposits through lenders",
        groups="hostel_base.group_hostel_finance,hostel_base.group_hostel_admin",
    )

    def _get_personal_data(self):
        receipts = self.env["hostel.receipt"].sudo().search([("student_id", "=", self.id)])
        names = ["term_id", "receipt_number", "receipt_date", "state", "reason", "decided_at"]
        return {
            **super()._get_personal_data(),
            "receipts": [self._export_record(row, names) for row in receipts],
            "refunds": [
                self._export_record(row, ["amount", "kind", "reason", "state", "paid_on"])
                for row in self.env["hostel.refund"].sudo().search([("student_id", "=", self.id)])
            ],
            "exits": [
                self._export_record(row, ["held_amount", "kept_amount", "back_amount", "state"])
                for row in self.env["hostel.exit"].sudo().search([("student_id", "=", self.id)])
            ],
        }

    def _write_about_dues(self, subject, body):
        """A letter with the way to the page of dues; called in the student's language."""
        self._write_letter(subject, body, path="/my/dues", label=self.env._("Open my dues"))

    def _get_dues_terms(self):
        """Terms for which the student needs a clearance: running ones and those to come."""
        self.ensure_one()
        return (
            self.env["hostel.term"]
            .sudo()
            .search([("date_to", ">", "today")], order="date_from")[:6]
        )
