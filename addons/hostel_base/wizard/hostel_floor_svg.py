import base64
import binascii

from odoo import fields, models

from ..errors import HostelError
from ..tools.floor_check import find_warnings
from ..tools.floor_picture import draw_picture
from ..tools.floor_svg import MAX_FILE_BYTES, Room, SvgError, read_svg


class HostelFloorSvg(models.TransientModel):
    """A drawing from outside, looked at before it becomes the floor's.

    The file itself is nobody's but the uploader's, and is dropped when it was used.
    """

    _name = "hostel.floor.svg"
    _description = "Floor Plan from an SVG File"

    floor_id = fields.Many2one("hostel.floor", required=True)
    # As an attachment: a column of its own takes SVG from administrators only. Odoo hands it out
    # as plain text, to whoever may read this record: its creator.
    file = fields.Binary(string="SVG drawing")
    filename = fields.Char()
    state = fields.Selection([("upload", "Upload"), ("check", "Check")], default="upload")
    line_ids = fields.One2many("hostel.floor.svg.line", "svg_id", string="What was found")
    layout = fields.Json(readonly=True)
    preview = fields.Html(readonly=True, sanitize=False)
    room_found_count = fields.Integer(string="Rooms found", readonly=True)
    room_count = fields.Integer(related="floor_id.room_count", string="Rooms of the floor")
    bed_found_count = fields.Integer(string="Beds with a place", readonly=True)
    bed_count = fields.Integer(related="floor_id.bed_count", string="Beds of the floor")
    unmatched_count = fields.Integer(string="Beds without a place", readonly=True)
    unknown_count = fields.Integer(string="Unknown ids", readonly=True)

    def action_check(self):
        """Read the file and show what was found in it."""
        self.ensure_one()
        self.floor_id.check_access("write")
        found = self._read()
        rooms = {room.id: room for room in self.floor_id.room_ids}
        overlapping, outside = find_warnings(found.layout)
        warned = {room_id for pair in overlapping for room_id in pair} | set(outside)
        lines = self._prepare_room_lines(found, rooms, warned)
        lines += self._prepare_bed_lines(found)
        lines += [{"kind": "unknown", "name": name, "state": "unknown"} for name in found.unknown]
        self.line_ids.unlink()
        order = {"unmatched": 0, "unknown": 1, "warning": 2, "matched": 3, "in_room": 4}
        # What needs a look comes first.
        lines.sort(key=lambda line: order[line["state"]])
        for sequence, line in enumerate(lines):
            line.update(svg_id=self.id, sequence=sequence)
        self.env["hostel.floor.svg.line"].create(lines)
        drawn = sum(len(room["beds"]) for room in found.layout["rooms"])
        self.write(
            {
                "state": "check",
                "layout": found.layout,
                "preview": draw_picture(
                    found.layout, {room.id: room.name for room in rooms.values()}, warned
                ),
                "room_found_count": len(found.layout["rooms"]),
                "bed_found_count": drawn,
                "unmatched_count": len(found.unmatched),
                "unknown_count": len(found.unknown),
            }
        )
        return self._reopen()

    def action_back(self):
        self.ensure_one()
        self.line_ids.unlink()
        self.write({"state": "upload", "layout": False, "preview": False, "file": False})
        return self._reopen()

    def action_publish(self):
        """Make the drawing the floor's.

        :raises HostelError: ``SVG_BEDS_UNMATCHED`` with the list, if a bed has no place
        """
        self.ensure_one()
        floor = self.floor_id
        floor.check_access("write")
        # Rooms may have changed since the file was looked at: it is read again.
        found = self._read()
        if found.unmatched:
            beds = floor.bed_ids.filtered(lambda bed: bed.map_index in found.unmatched)
            raise HostelError(
                "SVG_BEDS_UNMATCHED",
                self.env._(
                    "These beds have no place in the drawing: %(beds)s. Give their room the id"
                    ' "room-<number>" in the drawing, and upload it again.',
                    beds=", ".join(beds.mapped("display_name")),
                ),
                422,
                {"beds": beds.ids},
            )
        floor._publish_layout(floor._check_layout(found.layout), "svg", self.filename or "")
        self.write({"file": False})
        return floor._action_after_drawing()

    def _read(self):
        if not self.file:
            raise HostelError("FILE_MISSING", self.env._("Choose an SVG file first."), 422)
        rooms = [
            Room(room.id, room.name, {bed.label: bed.map_index for bed in room.bed_ids})
            for room in self.floor_id.room_ids
        ]
        if not rooms:
            raise HostelError(
                "FLOOR_EMPTY",
                self.env._("This floor has no rooms yet. Make its rooms first, then draw them."),
                422,
            )
        try:
            return read_svg(base64.b64decode(self.file, validate=False), rooms)
        except binascii.Error:
            raise self._error(SvgError("not_svg")) from None
        except SvgError as error:
            raise self._error(error) from None

    def _error(self, error):
        """What is wrong with a file, and the way out."""
        code, status, message = {
            "not_svg": (
                "FILE_TYPE_MISMATCH",
                415,
                self.env._(
                    "This file is not an SVG drawing. Save it as SVG (Inkscape: Plain SVG), not"
                    " as a picture and not compressed."
                ),
            ),
            "too_large": (
                "FILE_TOO_LARGE",
                413,
                self.env._(
                    "The drawing is too large: up to %(size)s MB and 20,000 elements can be read."
                    " Leave out furniture and hatching.",
                    size=MAX_FILE_BYTES // 1_000_000,
                ),
            ),
            "unsafe": (
                "FILE_UNSAFE",
                422,
                self.env._(
                    "The file holds something that has no place in a drawing: %(what)s. Save it"
                    " as Plain SVG.",
                    what=error.detail,
                ),
            ),
            "broken": (
                "FILE_BROKEN",
                422,
                self.env._(
                    "The file is damaged or not in UTF-8: %(what)s. Save it as Plain SVG again.",
                    what=error.detail,
                ),
            ),
            "empty": (
                "SVG_NOTHING_FOUND",
                422,
                self.env._(
                    "No element of the drawing is named after a room of this floor. Give the"
                    " rooms ids such as room-%(example)s.",
                    example=self.floor_id.room_ids[:1].name,
                ),
            ),
        }[error.why]
        return HostelError(code, message, status, {"why": error.why})

    def _prepare_room_lines(self, found, rooms, warned):
        return [
            {
                "kind": "room",
                "name": rooms[room_id].name,
                "svg_name": element,
                "state": "warning" if room_id in warned else "matched",
            }
            for room_id, element in found.rooms.items()
        ]

    def _prepare_bed_lines(self, found):
        lines = []
        for bed in self.floor_id.bed_ids:
            element = found.beds.get(bed.map_index)
            if bed.map_index in found.unmatched:
                state = "unmatched"
            else:
                state = "matched" if element else "in_room"
            lines.append(
                {"kind": "bed", "name": bed.display_name, "svg_name": element, "state": state}
            )
        return lines

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Floor plan from an SVG file"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": self.env.context,
        }


class HostelFloorSvgLine(models.TransientModel):
    _name = "hostel.floor.svg.line"
    _description = "Match in an SVG File"
    _order = "sequence, id"

    svg_id = fields.Many2one("hostel.floor.svg", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer()
    kind = fields.Selection(
        [("room", "Room"), ("bed", "Bed"), ("unknown", "Element")], required=True
    )
    name = fields.Char(required=True)
    svg_name = fields.Char(string="Id in the file")
    state = fields.Selection(
        [
            ("matched", "Matched"),
            ("in_room", "Laid out in its room"),
            ("warning", "Overlaps or sticks out"),
            ("unmatched", "No place"),
            ("unknown", "Not of this floor"),
        ],
        required=True,
    )
