from odoo import models


class AccountMove(models.Model):
    """Who pays a bill has another score at once."""

    _inherit = "account.move"

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        self.filtered("hostel_kind")._delay_credit_refresh()
        return result

    def _delay_credit_refresh(self):
        """Count the scores of those who owe these bills anew, in a job."""
        partners = self.sudo().partner_id
        if partners:
            students = (
                self.env["hostel.student"].sudo().search([("partner_id", "in", partners.ids)])
            )
            self.env["hostel.credit.score"]._delay_refresh(students)
