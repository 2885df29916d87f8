from odoo import models


class AccountMove(models.Model):
    """Who pays a bill has another score at once."""

    _inherit = "account.move"

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        bills = self.filtered("hostel_kind").sudo()
        if bills:
            students = (
                self.env["hostel.student"]
                .sudo()
                .search([("partner_id", "in", bills.partner_id.ids)])
            )
            self.env["hostel.credit.score"]._delay_refresh(students)
        return result
