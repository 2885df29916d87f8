from odoo import api, fields, models

from ..const import BLOCK_KINDS
from ..errors import HostelError
from ..tools.college_day import college_today


class HostelRoomClose(models.TransientModel):
    """Take rooms, or some of their beds, out of use for some days."""

    _name = "hostel.room.close"
    _description = "Close Rooms"
    _inherit = ["hostel.strict.wizard"]
    _strict_fields = {"room_ids": "write", "bed_ids": "write"}

    room_ids = fields.Many2many("hostel.room", string="Rooms", required=True)
    all_beds = fields.Boolean(string="All beds", default=True)
    bed_ids = fields.Many2many(
        "hostel.bed", string="Only these beds", domain="[('room_id', 'in', room_ids)]"
    )
    date_from = fields.Date(
        string="Closed from",
        required=True,
        default=college_today,
    )
    date_to = fields.Date(string="Open again on", required=True)
    kind = fields.Selection(BLOCK_KINDS, required=True, default="repair")
    reason = fields.Char(required=True)
    conflict_ids = fields.Many2many(
        "hostel.allocation", compute="_compute_conflict_ids", string="In the way"
    )
    conflict_count = fields.Integer(compute="_compute_conflict_ids")

    @api.depends("room_ids", "all_beds", "bed_ids", "date_from", "date_to")
    def _compute_conflict_ids(self):
        """Who lives in these beds, has booked them, or closed them, and when."""
        Allocation = self.env["hostel.allocation"]
        for wizard in self:
            rows = Allocation
            beds = wizard._get_beds()
            if beds and wizard.date_from and wizard.date_to and wizard.date_to > wizard.date_from:
                rows = Allocation.search(
                    [
                        ("bed_id", "in", beds.ids),
                        *Allocation._live_between(wizard.date_from, wizard.date_to),
                    ],
                    order="date_from",
                )
            wizard.conflict_ids = rows
            wizard.conflict_count = len(rows)

    def _get_beds(self):
        # In the browser the records of an unsaved dialog are copies; their origin is real.
        rooms = self.room_ids._origin if not self._origin else self.room_ids
        return rooms.bed_ids if self.all_beds else self.bed_ids._origin & rooms.bed_ids

    def action_close(self):
        """Close every bed that was chosen, or none.

        :raises HostelError: ``NOTHING_TO_CLOSE``, ``INVALID_DATE_RANGE``, ``BED_TAKEN``
        """
        self.ensure_one()
        rooms = self.sudo().room_ids.sudo(self.env.su)
        rooms.check_access("write")
        beds = rooms.bed_ids if self.all_beds else self.sudo().bed_ids.sudo(self.env.su)
        if not beds & rooms.bed_ids:
            raise HostelError(
                "NOTHING_TO_CLOSE", self.env._("Choose the beds that are closed."), 422
            )
        rooms._close(self.date_from, self.date_to, self.reason, self.kind, beds)
        return {"type": "ir.actions.act_window_close"}
