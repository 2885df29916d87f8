from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError


class HostelBookingWindowChange(models.TransientModel):
    """Why a window is paused, goes on, is extended or closes early; students read it."""

    _name = "hostel.booking.window.change"
    _description = "Change of a Booking Window"

    window_id = fields.Many2one("hostel.booking.window", required=True)
    kind = fields.Selection(
        [
            ("pause", "Pause"),
            ("resume", "Go on"),
            ("extend", "Extend"),
            ("close", "Close now"),
        ],
        required=True,
    )
    reason = fields.Char(required=True, help="In words for the students.")
    closes_at = fields.Datetime(
        string="New end", compute="_compute_closes_at", store=True, readonly=False
    )
    shift_slots = fields.Boolean(string="Move what is left", default=True)
    shift_minutes = fields.Integer(
        string="Later slots move by", help="Slots that have not come yet start later by this."
    )

    @api.depends("window_id")
    def _compute_closes_at(self):
        for dialog in self:
            dialog.closes_at = dialog.window_id.closes_at

    def action_apply(self):
        """Do it, and tell everybody who looks at a map of the round."""
        self.ensure_one()
        window = self.window_id
        window.check_access("write")
        if self.shift_minutes < 0:
            raise HostelError(
                "INVALID_DATE_RANGE", self.env._("Slots can only move to a later time."), 422
            )
        if self.kind == "pause":
            window._pause(self.reason)
        elif self.kind == "resume":
            window._resume(self.reason, self.shift_slots)
        elif self.kind == "extend":
            window._extend(self.closes_at, self.reason, timedelta(minutes=self.shift_minutes))
        else:
            window._close_early(self.reason)
        return {"type": "ir.actions.act_window_close"}
