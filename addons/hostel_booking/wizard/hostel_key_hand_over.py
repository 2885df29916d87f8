from odoo import fields, models


class HostelKeyHandOver(models.TransientModel):
    _name = "hostel.key.hand.over"
    _description = "Hand a Key Over"

    key_id = fields.Many2one("hostel.key", required=True)
    hostel_id = fields.Many2one(related="key_id.hostel_id")
    allocation_id = fields.Many2one(
        "hostel.allocation",
        string="To",
        required=True,
        domain="[('hostel_id', '=', hostel_id), ('state', 'in', ('allocated', 'checked_in'))]",
    )
    note = fields.Char()

    def action_hand_over(self):
        self.check_access("write")
        self.ensure_one()
        self.key_id._check_desk()
        self.allocation_id.check_access("read")
        self.key_id._hand_over(self.allocation_id, self.note)
        return {"type": "ir.actions.act_window_close"}
