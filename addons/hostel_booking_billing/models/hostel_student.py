from odoo import models


class HostelStudent(models.Model):
    _inherit = "hostel.student"

    def _get_fee_holds(self):
        """Override of `hostel_billing`: beds that wait for a payment, or for another try."""
        rows = self.env["hostel.allocation"].sudo()
        rows = rows.search([("student_id", "=", self.id), ("state", "=", "paying")])
        return [
            *super()._get_fee_holds(),
            *(row._prepare_fee_hold() for row in rows if row._can_be_paid()),
        ]
