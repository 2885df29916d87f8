from odoo import fields, models

from odoo.addons.hostel_base.errors import HostelError


class HostelPaymentReverse(models.TransientModel):
    """Why a payment is taken back."""

    _name = "hostel.payment.reverse"
    _description = "Reverse a Payment"
    _inherit = ["hostel.strict.wizard"]
    _strict_fields = {"payment_id": "write"}

    payment_id = fields.Many2one("account.payment", required=True, readonly=True)
    currency_id = fields.Many2one(related="payment_id.currency_id")
    amount = fields.Monetary(related="payment_id.amount")
    method = fields.Selection(related="payment_id.hostel_method")
    bounced = fields.Boolean(
        string="The cheque bounced", help="It takes points off the student's credit score."
    )
    reason = fields.Char(required=True)

    def action_reverse(self):
        self.ensure_one()
        self.check_access("write")
        self.payment_id.check_access("write")
        if not (self.reason or "").strip():
            raise HostelError("REASON_MISSING", self.env._("Say why."), 422)
        bounced = self.bounced and self.method == "cheque"
        self.payment_id._hostel_reverse(self.reason.strip(), bounced)
        return {"type": "ir.actions.act_window_close"}
