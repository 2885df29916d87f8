from odoo import fields, models


class HostelRoomClose(models.TransientModel):
    _name = "hostel.room.close"
    _description = "Close Rooms"

    room_ids = fields.Many2many("hostel.room", string="Rooms", required=True)
    date_from = fields.Date(string="Closed from", required=True, default=fields.Date.context_today)
    date_to = fields.Date(string="Open again on", required=True)
    reason = fields.Char(required=True)

    def action_close(self):
        self.ensure_one()
        self.room_ids.check_access("write")
        self.room_ids._close(self.date_from, self.date_to, self.reason)
        return {"type": "ir.actions.act_window_close"}
