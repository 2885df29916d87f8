from odoo import models


class HostelStudent(models.Model):
    _inherit = "hostel.student"

    def _get_personal_data(self):
        receipts = self.env["hostel.receipt"].sudo().search([("student_id", "=", self.id)])
        names = ["term_id", "receipt_number", "receipt_date", "state", "reason", "decided_at"]
        return {
            **super()._get_personal_data(),
            "receipts": [self._export_record(row, names) for row in receipts],
        }

    def _get_dues_terms(self):
        """Terms for which the student needs a clearance: running ones and those to come."""
        self.ensure_one()
        return (
            self.env["hostel.term"]
            .sudo()
            .search([("date_to", ">", "today")], order="date_from")[:6]
        )
