from odoo import api, fields, models

from ..tools.floor_check import complete_layout
from ..tools.floor_picture import draw_picture


class HostelFloorLayout(models.Model):
    """One version of a floor's drawing. Written when it is published, never changed."""

    _name = "hostel.floor.layout"
    _description = "Version of a Floor Plan"
    _order = "floor_id, version desc, id desc"
    _rec_name = "version"

    floor_id = fields.Many2one(
        "hostel.floor", required=True, readonly=True, ondelete="cascade", index=True
    )
    hostel_id = fields.Many2one(related="floor_id.hostel_id", store=True, index=True)
    company_id = fields.Many2one(related="floor_id.company_id", store=True, precompute=True)
    version = fields.Integer(required=True, readonly=True, aggregator=None)
    layout = fields.Json(required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Saved by", readonly=True)
    date = fields.Datetime(
        string="Saved on", required=True, readonly=True, default=fields.Datetime.now
    )
    source = fields.Selection(
        [
            ("generated", "Drawn from the rooms"),
            ("rule", "Drawn by a rule"),
            ("editor", "Edited by hand"),
            ("svg", "SVG upload"),
            ("restored", "Earlier version"),
        ],
        required=True,
        readonly=True,
    )
    note = fields.Char(readonly=True)
    room_count = fields.Integer(string="Rooms", readonly=True, aggregator=None)
    bed_count = fields.Integer(string="Beds", readonly=True, aggregator=None)
    is_current = fields.Boolean(compute="_compute_is_current")
    picture = fields.Html(compute="_compute_picture", sanitize=False)

    _version_uniq = models.Constraint(
        "UNIQUE (floor_id, version)", "A floor has one drawing a version."
    )

    @api.depends("version", "floor_id.name")
    def _compute_display_name(self):
        for row in self:
            row.display_name = self.env._(
                "%(floor)s, version %(version)s",
                floor=row.floor_id.display_name,
                version=row.version,
            )

    @api.depends("version", "floor_id.layout_version")
    def _compute_is_current(self):
        for row in self:
            row.is_current = row.version == row.floor_id.layout_version

    @api.depends("layout")
    def _compute_picture(self):
        rooms = self.env["hostel.room"].with_context(active_test=False)
        names = {
            room.id: room.name for room in rooms.search([("floor_id", "in", self.floor_id.ids)])
        }
        for row in self:
            row.picture = draw_picture(row.layout, names) if row.layout else False

    @api.model
    def _keep(self, floor, source, note="", user=None):
        """Keep the present drawing of a floor.

        :param user: who made it; the present user unless told, nobody if empty
        """
        return self.create(
            {
                "floor_id": floor.id,
                "version": floor.layout_version,
                "layout": floor.layout,
                "user_id": self.env.uid if user is None else user.id,
                "source": source,
                "note": note or False,
                "room_count": len(floor.layout["rooms"]),
                "bed_count": sum(len(room["beds"]) for room in floor.layout["rooms"]),
            }
        )

    def action_restore(self):
        """Make an old drawing the current one again, with today's rooms and beds."""
        self.ensure_one()
        floor = self.floor_id
        floor.check_access("write")
        layout = complete_layout(self.layout, floor._get_room_beds()).layout
        note = self.env._("Version %(version)s again", version=self.version)
        floor._publish_layout(layout, "restored", note)
        return floor.action_open_editor()
