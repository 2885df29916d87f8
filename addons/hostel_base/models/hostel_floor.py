from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..errors import HostelError
from ..tools.floor_check import LayoutError, check_layout, complete_layout, lost_beds
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
        copy=False,
        help="Drawing of the floor: {w, h, shapes, rooms: [{id, x, y, w, h, rot, beds}]}.",
    )
    layout_version = fields.Integer(default=0, copy=False, readonly=True)
    layout_ids = fields.One2many("hostel.floor.layout", "floor_id", string="Drawings")
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

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_drawing(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_drawing(vals)
        if not vals.get("active", True):
            beds = self.env["hostel.bed"]._get_beds_of(self)
            self.env["hostel.allocation"]._check_may_retire(beds)
        return super().write(vals)

    def _refuse_drawing(self, vals):
        if {"layout", "layout_version"} & vals.keys() and not self.env.su:
            raise AccessError(self.env._("A drawing is published by the floor plan editor."))

    def _next_map_index(self):
        """Index for the next bed of this floor; an index is never given twice."""
        self.ensure_one()
        beds = self.env["hostel.bed"].sudo().with_context(active_test=False)
        last = beds.search([("floor_id", "=", self.id)], order="map_index desc", limit=1)
        return last.map_index + 1 if last else 0

    # ------------------------------------------------------------------
    # Drawing
    # ------------------------------------------------------------------

    def action_generate_layout(self):
        """Draw every floor as a corridor with rooms on both sides."""
        self.check_access("write")
        for floor in self:
            floor._publish_layout(generate_layout(list(floor._get_room_beds().items())))

    def action_open_editor(self):
        """Open the floor plan in the editor."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.client"]._for_xml_id("hostel_base.hostel_floor_editor_action")
        action["context"] = {"active_id": self.id}
        action["display_name"] = self.display_name
        return action

    def _action_after_drawing(self):
        """Where a dialog that drew the floor goes on: in the editor, which may be open already."""
        if self.env.context.get("hostel_floor_editor"):
            return {"type": "ir.actions.act_window_close"}
        return self.action_open_editor()

    def _get_room_beds(self):
        """Map indexes of the beds of each room: ``{room id: [index, …]}``, in their order."""
        self.ensure_one()
        found = {room.id: [] for room in self.room_ids}
        for bed in self.env["hostel.bed"].search([("floor_id", "=", self.id)]):
            if bed.room_id.id in found:
                found[bed.room_id.id].append(bed.map_index)
        return found

    def _publish_layout(self, layout, source="generated", note=""):
        """Make a drawing the current one, and keep it in the history.

        :param dict layout: a drawing as :func:`generate_layout` returns it
        :param source: how it came about, see ``hostel.floor.layout``
        :param note: what the person who saved it says about it
        :raises HostelError: ``LAYOUT_LOSES_BEDS`` if a bed of the floor is not in it
        """
        self.ensure_one()
        drawn = {bed["i"] for room in layout["rooms"] for bed in room["beds"]}
        lost = self.bed_ids.filtered(lambda bed: bed.map_index not in drawn)
        if lost:
            raise self._error_layout_loses_beds(lost)
        if layout != self.layout:
            History = self.env["hostel.floor.layout"].sudo()
            if self.layout and not History.search_count(
                [("floor_id", "=", self.id), ("version", "=", self.layout_version)], limit=1
            ):
                # Drawn before there was a history: the way back to it must not be lost.
                History._keep(self, "generated", user=self.env["res.users"])
            self.check_access("write")
            self.sudo().write({"layout": layout, "layout_version": self.layout_version + 1})
            History._keep(self, source, note)

    def _error_layout_loses_beds(self, beds):
        return HostelError(
            "LAYOUT_LOSES_BEDS",
            self.env._(
                "The drawing leaves out %(beds)s.", beds=", ".join(beds.mapped("display_name"))
            ),
            422,
            {"beds": beds.ids},
        )

    # ------------------------------------------------------------------
    # The editor: what the browser calls
    # ------------------------------------------------------------------

    def get_editor_data(self):
        """What the floor plan editor needs to start.

        :return: ``{floor, can_write, version, layout, rooms, placed, removed, floors}``; ``layout``
            shows each room and bed of the floor, those that were not drawn yet are in ``placed``;
            it is empty if the floor has no rooms
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("read")
        room_beds = self._get_room_beds()
        layout, placed, removed = self._get_current_layout(room_beds)
        return {
            "floor": {
                "id": self.id,
                "name": self.name,
                "hostel": self.hostel_id.name,
                "hostel_id": self.hostel_id.id,
                "display_name": self.display_name,
            },
            "can_write": self.has_access("write"),
            "version": self.layout_version,
            "layout": layout,
            "placed": placed,
            "removed": removed,
            "rooms": self._get_editor_rooms(),
            "floors": [
                {"id": floor.id, "name": floor.name} for floor in self.hostel_id.floor_ids.sorted()
            ],
        }

    def _get_current_layout(self, room_beds):
        """(drawing with all rooms and beds, ids of rooms that were not on it, number taken out)."""
        if not room_beds:
            return None, [], 0
        if not self.layout:
            return generate_layout(list(room_beds.items())), list(room_beds), 0
        return complete_layout(self.layout, room_beds)

    def _get_editor_rooms(self):
        beds = {}
        for bed in self.env["hostel.bed"].search([("floor_id", "=", self.id)]):
            beds.setdefault(bed.room_id.id, []).append({"i": bed.map_index, "label": bed.label})
        return [
            {
                "id": room.id,
                "name": room.name,
                "type": room.room_type_id.name,
                "sharing": room.room_type_id.sharing,
                "gender": room.gender or "",
                "beds": beds.get(room.id, []),
            }
            for room in self.room_ids
        ]

    def save_editor_layout(self, layout, version, note="", source="editor"):
        """Publish what was drawn in the editor as a new version.

        :param dict layout: the drawing
        :param int version: the version that was drawn upon
        :param str note: what the person says about it
        :param str source: ``editor``, or ``restored`` for an old version taken up again
        :return: ``{version}``
        :raises HostelError: ``LAYOUT_CONFLICT`` if someone saved another version meanwhile,
            ``LAYOUT_INVALID``, ``LAYOUT_LOSES_BEDS``
        """
        self.ensure_one()
        self.check_access("write")
        checked = self._check_layout(layout)
        if version != self.layout_version:
            raise self._error_layout_conflict()
        source = source if source in ("editor", "restored") else "editor"
        self._publish_layout(checked, source, str(note or "")[:200])
        return {"version": self.layout_version}

    def get_layout_history(self):
        """Versions of the drawing, the newest first.

        :return: ``[{id, version, date, user, note, source, current}]``
        """
        self.ensure_one()
        self.check_access("read")
        rows = self.env["hostel.floor.layout"].search([("floor_id", "=", self.id)], limit=100)
        sources = dict(rows._fields["source"]._description_selection(self.env))
        return [
            {
                "id": row.id,
                "version": row.version,
                "date": fields.Datetime.to_string(row.date),
                "user": row.user_id.name or "",
                "note": row.note or "",
                "source": sources[row.source],
                "current": row.version == self.layout_version,
            }
            for row in rows
        ]

    def get_layout_version(self, layout_id):
        """An old drawing, brought up to the rooms and beds of today.

        :param int layout_id: id of a ``hostel.floor.layout`` of this floor
        :return: ``{version, layout, placed, removed}`` as in :meth:`get_editor_data`
        """
        self.ensure_one()
        self.check_access("read")
        row = self.env["hostel.floor.layout"].search(
            [("id", "=", layout_id), ("floor_id", "=", self.id)]
        )
        if not row:
            raise HostelError(
                "NOT_FOUND", self.env._("This version of the drawing is no longer there."), 404
            )
        layout, placed, removed = complete_layout(row.layout, self._get_room_beds())
        return {"version": row.version, "layout": layout, "placed": placed, "removed": removed}

    def _check_layout(self, layout):
        """A drawing that is fit to be published.

        :raises HostelError: ``LAYOUT_INVALID``, ``LAYOUT_LOSES_BEDS``
        """
        room_beds = {room_id: set(beds) for room_id, beds in self._get_room_beds().items()}
        try:
            checked = check_layout(layout, room_beds)
        except LayoutError as error:
            raise self._error_layout_invalid(error) from None
        lost = lost_beds(checked, room_beds)
        if lost:
            beds = self.bed_ids.filtered(lambda bed: bed.map_index in lost)
            raise self._error_layout_loses_beds(beds)
        return checked

    def _error_layout_invalid(self, error):
        reasons = {
            "members": self.env._("a part of it is missing or too much"),
            "too_large": self.env._("it is too large"),
            "number": self.env._("a number is none"),
            "bounds": self.env._("something is too small, too large or too far away"),
            "shape_type": self.env._("a shape is of a kind that is not known"),
            "label": self.env._("a label is too long or has characters that can't be drawn"),
            "room_unknown": self.env._("it shows a room that is not on this floor any more"),
            "bed_unknown": self.env._("it shows a bed that is not in its room any more"),
            "room_twice": self.env._("it shows a room twice"),
            "bed_twice": self.env._("it shows a bed twice"),
        }
        return HostelError(
            "LAYOUT_INVALID",
            self.env._(
                "The drawing can't be saved: %(reason)s. Load the page anew and draw it again.",
                reason=reasons[error.why],
            ),
            422,
            {"path": error.path, "why": error.why},
        )

    def _error_layout_conflict(self):
        row = self.env["hostel.floor.layout"].search(
            [("floor_id", "=", self.id), ("version", "=", self.layout_version)], limit=1
        )
        return HostelError(
            "LAYOUT_CONFLICT",
            self.env._(
                "%(person)s saved version %(version)s of this drawing while you were at work."
                " Look at it, then take it over or save yours on top.",
                person=row.user_id.name or self.env._("Someone"),
                version=self.layout_version,
            ),
            409,
            {"version": self.layout_version},
        )
