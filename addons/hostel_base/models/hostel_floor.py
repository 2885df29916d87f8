from odoo import api, fields, models

from ..errors import HostelError
from ..tools.floor_layout import generate_layout


class HostelFloor(models.Model):
    _name = "hostel.floor"
    _description = "Hostel Floor"
    _order = "hostel_id, number, id"

    name = fields.Char(required=True, help="As people say it: Ground, 1, 2.")
    number = fields.Integer(help="Storeys above the ground floor; orders the floors.")
    hostel_id = fields.Many2one("hostel.hostel", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="hostel_id.company_id", store=True, precompute=True)
    room_ids = fields.One2many("hostel.room", "floor_id", string="Rooms")
    bed_ids = fields.One2many("hostel.bed", "floor_id", string="Beds")
    staff_ids = fields.Many2many("hostel.staff", string="In charge")
    layout = fields.Json(
        help="Drawing of the floor: {w, h, shapes, rooms: [{id, x, y, w, h, rot, beds}]}."
    )
    layout_version = fields.Integer(default=0, copy=False, readonly=True)
    active = fields.Boolean(default=True)

    room_count = fields.Integer(string="Number of rooms", compute="_compute_counts")
    bed_count = fields.Integer(string="Number of beds", compute="_compute_counts")

    _name_uniq = models.Constraint("UNIQUE (hostel_id, name)", "The hostel has this floor already.")

    @api.depends("name", "hostel_id.name")
    def _compute_display_name(self):
        for floor in self:
            floor.display_name = f"{floor.hostel_id.name} · {floor.name}"

    def _compute_counts(self):
        domain = [("floor_id", "in", self.ids)]
        rooms = dict(self.env["hostel.room"]._read_group(domain, ["floor_id"], ["__count"]))
        beds = dict(self.env["hostel.bed"]._read_group(domain, ["floor_id"], ["__count"]))
        for floor in self:
            floor.room_count = rooms.get(floor, 0)
            floor.bed_count = beds.get(floor, 0)

    def _next_map_index(self):
        """Index for the next bed of this floor; an index is never given twice."""
        self.ensure_one()
        beds = self.env["hostel.bed"].sudo().with_context(active_test=False)
        last = beds.search([("floor_id", "=", self.id)], order="map_index desc", limit=1)
        return last.map_index + 1 if last else 0

    def action_generate_layout(self):
        """Draw every floor as a corridor with rooms on both sides."""
        self.check_access("write")
        for floor in self:
            rooms = [(room.id, [bed.map_index for bed in room.bed_ids]) for room in floor.room_ids]
            floor._publish_layout(generate_layout(rooms))

    def _publish_layout(self, layout):
        """Make a drawing the current one.

        :param dict layout: a drawing as :func:`generate_layout` returns it
        :raises HostelError: ``LAYOUT_LOSES_BEDS`` if a bed of the floor is not in it
        """
        self.ensure_one()
        drawn = {bed["i"] for room in layout["rooms"] for bed in room["beds"]}
        lost = self.bed_ids.filtered(lambda bed: bed.map_index not in drawn)
        if lost:
            raise self._error_layout_loses_beds(lost)
        if layout != self.layout:
            self.write({"layout": layout, "layout_version": self.layout_version + 1})

    def _error_layout_loses_beds(self, beds):
        return HostelError(
            "LAYOUT_LOSES_BEDS",
            self.env._(
                "The drawing leaves out %(beds)s.", beds=", ".join(beds.mapped("display_name"))
            ),
            422,
        )
