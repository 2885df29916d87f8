from odoo import fields, models


class HostelVerificationRevoke(models.TransientModel):
    _name = "hostel.verification.revoke"
    _description = "Revoke an Issued Document"

    document_ids = fields.Many2many("hostel.verification", required=True)
    reason = fields.Char(required=True, help="For the office; the public page does not show it.")

    def action_revoke(self):
        self.check_access("write")
        self.ensure_one()
        self.document_ids._check_may_revoke()
        self.document_ids._revoke(self.reason)
        return {"type": "ir.actions.act_window_close"}
