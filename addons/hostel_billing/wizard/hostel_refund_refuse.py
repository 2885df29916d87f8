from odoo import fields, models


class HostelRefundRefuse(models.TransientModel):
    """Why refunds are refused."""

    _name = "hostel.refund.refuse"
    _description = "Refuse a Refund"
    _inherit = ["hostel.strict.wizard"]
    _strict_fields = {"refund_ids": "read"}

    refund_ids = fields.Many2many("hostel.refund", string="Refunds", required=True)
    reason = fields.Char(required=True)

    def action_refuse(self):
        self.ensure_one()
        self.refund_ids._refuse(self.reason)
        return {"type": "ir.actions.act_window_close"}
