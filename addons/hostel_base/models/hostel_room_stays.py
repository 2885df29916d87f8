from odoo import fields, models


class HostelRoom(models.Model):
    """Who lived in a room, and when its beds are closed."""

    _inherit = "hostel.room"

    closed_count = fields.Integer(
        string="Closed beds",
        compute="_compute_closed_count",
        help="Beds that are closed now or will be.",
    )

    def _compute_closed_count(self):
        counts = dict(
            self.env["hostel.allocation"]._read_group(
                [
                    ("room_id", "in", self.ids),
                    ("state", "=", "blocked"),
                    ("date_to", ">", self.env.company._get_college_day()),
                ],
                ["room_id"],
                ["bed_id:count_distinct"],
            )
        )
        for room in self:
            room.closed_count = counts.get(room, 0)

    def action_open_history(self):
        """Every stay in the room, the latest first."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_allocation_action"
        )
        action["name"] = self.env._("Stays in %(room)s", room=self.display_name)
        action["domain"] = [
            ("room_id", "=", self.id),
            ("is_block", "=", False),
            ("state", "in", ("allocated", "checked_in", "vacated", "transferred")),
        ]
        action["context"] = {}
        return action

    def action_open_closures(self):
        """Closures of the room's beds, with their end."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_allocation_action_closed"
        )
        action["domain"] = [("room_id", "=", self.id), ("is_block", "=", True)]
        return action
