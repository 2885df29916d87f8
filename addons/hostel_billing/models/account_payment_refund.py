from odoo import fields, models

from odoo.addons.hostel_base.errors import HostelError


class AccountPayment(models.Model):
    """What was paid out for a refund is final; what the bank sent back is paid out anew."""

    _inherit = "account.payment"

    hostel_refund_id = fields.Many2one(
        "hostel.refund", string="Refund", readonly=True, copy=False, index="btree_not_null"
    )

    def _check_not_final(self):
        super()._check_not_final()
        for payment in self:
            # Also where nobody knows whose money it was.
            if payment.hostel_refund_id and payment.state not in ("draft", "canceled"):
                raise HostelError(
                    "PAYMENT_IS_FINAL",
                    self.env._(
                        "Payment %(name)s does not change any more. Reverse it and enter the right"
                        " one.",
                        name=payment.name,
                    ),
                    422,
                )

    def _hostel_reverse(self, reason, bounced=False):
        reversal = super()._hostel_reverse(reason, bounced)
        self.sudo().hostel_refund_id._reopen(reason)
        return reversal
