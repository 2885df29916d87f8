from odoo import fields, models


class AccountPayment(models.Model):
    """What was paid out for a refund is final; what the bank sent back is paid out anew."""

    _inherit = "account.payment"

    hostel_refund_id = fields.Many2one(
        "hostel.refund", string="Refund", readonly=True, copy=False, index="btree_not_null"
    )

    def _is_hostel_money(self):
        # Also where nobody knows whose money it was.
        return super()._is_hostel_money() or bool(self.hostel_refund_id)

    def _hostel_reverse(self, reason, bounced=False):
        reversal = super()._hostel_reverse(reason, bounced)
        self.sudo().hostel_refund_id._reopen(reason)
        return reversal
