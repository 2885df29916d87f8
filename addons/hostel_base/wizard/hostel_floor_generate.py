from odoo import api, fields, models

from ..errors import HostelError
from ..tools.floor_layout import MARGIN
from ..tools.floor_picture import draw_picture
from ..tools.floor_rule import MAX_ROOMS, Rule, draw_by_rule, number_rooms, split_rooms

LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class HostelFloorGenerate(models.TransientModel):
    _name = "hostel.floor.generate"
    _description = "Draw a Floor by a Rule"

    floor_id = fields.Many2one("hostel.floor", required=True)
    mode = fields.Selection(
        [("create", "Make new rooms"), ("redraw", "Draw the rooms there are")],
        string="What to do",
        required=True,
        default="create",
    )
    shape = fields.Selection(
        [("straight", "Straight"), ("l", "L: turns once"), ("u", "U: turns twice")],
        string="Corridor",
        required=True,
        default="straight",
    )
    with_stairs = fields.Boolean(string="Stairs where it begins", default=True)
    with_washroom = fields.Boolean(string="Washrooms where it ends")
    left_count = fields.Integer(string="Rooms on the left", default=6)
    right_count = fields.Integer(string="Rooms on the right", default=6)
    prefix = fields.Char(help="Goes before each number, such as G or A-.")
    first_number = fields.Char(
        string="First number", default="101", help="Zeros in front are kept: 01, 02 … 10."
    )
    pattern = fields.Selection(
        [
            ("odd_even", "Zigzag: 101 left, 102 right"),
            ("left_then_right", "Left side first, then the right side"),
            ("around", "Up the left side, back on the right"),
        ],
        string="Numbering",
        required=True,
        default="odd_even",
    )
    room_type_id = fields.Many2one("hostel.room.type", string="Room type")
    is_mixed = fields.Boolean(compute="_compute_is_mixed")
    gender = fields.Selection([("male", "Men"), ("female", "Women")], string="For")
    room_count = fields.Integer(related="floor_id.room_count", string="Rooms so far")
    summary = fields.Char(compute="_compute_preview")
    problem = fields.Char(compute="_compute_preview")
    preview = fields.Html(compute="_compute_preview", sanitize=False)

    @api.depends("floor_id")
    def _compute_is_mixed(self):
        for dialog in self:
            dialog.is_mixed = dialog.floor_id.hostel_id.gender_type == "mixed"

    @api.depends(
        "floor_id",
        "mode",
        "shape",
        "with_stairs",
        "with_washroom",
        "left_count",
        "right_count",
        "prefix",
        "first_number",
        "pattern",
        "room_type_id",
    )
    def _compute_preview(self):
        """What the rule would do; nothing is created for it."""
        for dialog in self:
            dialog.summary = dialog.problem = dialog.preview = False
            try:
                layout, names, dialog.summary = dialog._plan()
                dialog.preview = draw_picture(layout, names)
            except HostelError as error:
                dialog.problem = str(error)

    def _plan(self):
        """(drawing, room number by id, summary) with made-up ids for rooms to come."""
        if self.mode == "redraw":
            rooms = self._get_rooms_in_order()
            layout = self._draw(*split_rooms(rooms))
            names = {room_id: name for name, room_id, _beds in rooms}
            beds = sum(len(indexes) for _name, _id, indexes in rooms)
            return layout, names, self._summarise(len(rooms), beds)
        left, right = self._number()
        self._refuse_existing(left + right)
        per_room = self.room_type_id.sharing or 1
        planned = [
            [(n, list(range(n * per_room, (n + 1) * per_room))) for n in ids]
            for ids in (range(len(left)), range(len(left), len(left) + len(right)))
        ]
        layout = self._draw(*planned)
        names = dict(enumerate(left + right))
        return layout, names, self._summarise(len(names), len(names) * per_room)

    def _summarise(self, rooms, beds):
        return self.env._("%(rooms)s rooms, %(beds)s beds", rooms=rooms, beds=beds)

    def action_generate(self):
        """Make the rooms and beds if there are to be new ones, draw, and open the editor."""
        self.ensure_one()
        floor = self.floor_id
        floor.check_access("write")
        if self.mode == "redraw":
            layout = self._draw(*split_rooms(self._get_rooms_in_order()))
        else:
            layout = self._create_rooms()
        floor._publish_layout(layout, "rule")
        return floor._action_after_drawing()

    def _create_rooms(self):
        """Create the rooms with their beds; returns the floor's drawing with them."""
        floor = self.floor_id
        if not self.room_type_id:
            raise self._error("RULE_INCOMPLETE", self.env._("Choose a room type."))
        if self.is_mixed and not self.gender:
            raise self._error(
                "RULE_INCOMPLETE",
                self.env._("Say whom the rooms are for: this hostel takes men and women."),
            )
        before, room_beds = floor.layout, floor._get_room_beds()
        left, right = self._number()
        self._refuse_existing(left + right)
        vals = {"floor_id": floor.id, "room_type_id": self.room_type_id.id}
        if self.is_mixed:
            vals["gender"] = self.gender
        rooms = self.env["hostel.room"].create([{**vals, "name": name} for name in left + right])
        beds = self.env["hostel.bed"].create(
            [
                {"room_id": room.id, "label": label}
                for room in rooms
                for label in self._bed_labels(self.room_type_id.sharing)
            ]
        )
        # The new rooms are seen through the floor only after this.
        floor.invalidate_recordset(["room_ids", "bed_ids"])
        indexes = {}
        for bed in beds:
            indexes.setdefault(bed.room_id.id, []).append(bed.map_index)
        new = [(room.id, indexes.get(room.id, [])) for room in rooms]
        layout = self._draw(new[: len(left)], new[len(left) :])
        if room_beds:
            layout = self._put_below(before, room_beds, layout)
        return layout

    def _put_below(self, before, room_beds, layout):
        """The drawing so far, completed, with the new one under it."""
        current = self.floor_id._get_current_layout(room_beds)[0]
        shift = current["h"] + MARGIN

        def moved(box):
            return {**box, "y": box["y"] + shift}

        return {
            "w": max(current["w"], layout["w"]),
            "h": shift + layout["h"],
            "shapes": current["shapes"] + [moved(shape) for shape in layout["shapes"]],
            "rooms": current["rooms"]
            + [
                {**moved(room), "beds": [moved(bed) for bed in room["beds"]]}
                for room in layout["rooms"]
            ],
        }

    @staticmethod
    def _bed_labels(count):
        if count <= len(LABELS):
            return list(LABELS[:count])
        return [str(n) for n in range(1, count + 1)]

    def _get_rooms_in_order(self):
        room_beds = self.floor_id._get_room_beds()
        rooms = [(room.name, room.id, room_beds[room.id]) for room in self.floor_id.room_ids]
        if not rooms:
            raise self._error(
                "FLOOR_EMPTY", self.env._("This floor has no rooms yet. Make new ones instead.")
            )
        return rooms

    def _number(self):
        """Numbers of the new rooms: (left, right)."""
        left, right = self.left_count, self.right_count
        if left < 0 or right < 0 or not left + right:
            raise self._error(
                "RULE_NO_ROOMS", self.env._("Say how many rooms there are, at least one.")
            )
        if left + right > MAX_ROOMS:
            raise self._error(
                "RULE_TOO_MANY_ROOMS",
                self.env._(
                    "%(rooms)s rooms are too many at once; up to %(most)s can be made.",
                    rooms=left + right,
                    most=MAX_ROOMS,
                ),
            )
        prefix = (self.prefix or "").strip()
        first = (self.first_number or "").strip()
        try:
            return number_rooms(first, left, right, self.pattern, prefix)
        except ValueError:
            raise self._error(
                "RULE_FIRST_NUMBER",
                self.env._(
                    "The first number must be digits only, such as 101 or 01. Letters go into the"
                    " prefix."
                ),
            ) from None

    def _refuse_existing(self, names):
        rooms = self.env["hostel.room"].sudo().with_context(active_test=False)
        taken = rooms.search(
            [("hostel_id", "=", self.floor_id.hostel_id.id), ("name", "in", names)], order="name"
        )
        if taken:
            shown = ", ".join(taken[:10].mapped("name")) + (" …" if len(taken) > 10 else "")
            raise self._error(
                "ROOM_EXISTS",
                self.env._(
                    "The hostel has these rooms already: %(rooms)s. Take another first number or"
                    " a prefix.",
                    rooms=shown,
                ),
                {"rooms": taken.mapped("name")},
            )

    def _draw(self, left, right):
        rule = Rule(self.shape, self.with_stairs, self.with_washroom)
        return draw_by_rule(rule, left, right)

    def _error(self, code, message, details=None):
        return HostelError(code, message, 422, details)
