from odoo import fields, models


class HostelNoDuesHold(models.TransientModel):
    _name = "hostel.no.dues.hold"
    _description = "Something Is Owed"

    line_ids = fields.Many2many("hostel.no.dues.line", required=True)
    note = fields.Char(string="What is owed", required=True, help="The student reads this.")

    def action_hold(self):
        self.check_access("write")
        self.ensure_one()
        self.line_ids._check_may_sign()
        self.line_ids._answer("held", self.note)
        return {"type": "ir.actions.act_window_close"}
