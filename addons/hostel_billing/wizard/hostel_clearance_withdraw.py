from odoo import fields, models


class HostelClearanceWithdraw(models.TransientModel):
    """Why clearances are taken back."""

    _name = "hostel.clearance.withdraw"
    _description = "Withdraw a Clearance"
    _inherit = ["hostel.strict.wizard"]
    _strict_fields = {"clearance_ids": "read"}

    clearance_ids = fields.Many2many("hostel.clearance", string="Clearances", required=True)
    reason = fields.Char(required=True)

    def action_withdraw(self):
        self.ensure_one()
        self.clearance_ids.action_withdraw(self.reason)
        return {"type": "ir.actions.act_window_close"}
