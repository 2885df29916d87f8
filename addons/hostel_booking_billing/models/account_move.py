from odoo import models


class AccountMove(models.Model):
    """Who pays an old bill may book again, at once."""

    _inherit = "account.move"

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        students = self.filtered("hostel_kind").hostel_allocation_id.sudo().student_id
        if students:
            students._drop_eligibility()
        return result
