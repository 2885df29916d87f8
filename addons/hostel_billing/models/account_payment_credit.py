from odoo import models


class AccountPayment(models.Model):
    """Whose payment is taken back has another score at once: its bills are open again."""

    _inherit = "account.payment"

    def _hostel_reverse(self, reason, bounced=False):
        reversal = super()._hostel_reverse(reason, bounced)
        self.sudo().hostel_reversed_bill_ids._delay_credit_refresh()
        return reversal
