import uuid

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class HostelBed(models.Model):
    _name = "hostel.bed"
    _description = "Hostel Bed"
    _inherit = ["mail.thread"]
    _order = "hostel_id, floor_id, room_id, label, id"
    _rec_names_search = ["display_name", "label", "room_id.name"]

    label = fields.Char(required=True, help="Name of the bed inside its room, such as A.")
    room_id = fields.Many2one("hostel.room", required=True, ondelete="cascade", index=True)
    floor_id = fields.Many2one(related="room_id.floor_id", store=True, index=True)
    hostel_id = fields.Many2one(related="room_id.hostel_id", store=True, index=True)
    company_id = fields.Many2one(related="room_id.company_id", store=True, precompute=True)
    room_type_id = fields.Many2one(related="room_id.room_type_id", store=True, precompute=True)
    map_index = fields.Integer(
        required=True,
        readonly=True,
        copy=False,
        help="Place of the bed in its floor's state; given once and never used again.",
    )
    uid = fields.Char(
        string="Public code",
        default=lambda self: str(uuid.uuid4()),
        required=True,
        readonly=True,
        copy=False,
    )
    meter_number = fields.Char(string="Electricity meter")
    position_note = fields.Char(string="Position", translate=True, help="Such as: window side.")
    allocation_ids = fields.One2many("hostel.allocation", "bed_id", string="Allocations")
    active = fields.Boolean(default=True, help="A retired bed stays in the history.")

    state = fields.Selection(
        [
            ("vacant", "Vacant"),
            ("reserved", "Reserved"),
            ("occupied", "Occupied"),
            ("blocked", "Closed"),
        ],
        compute="_compute_state",
        search="_search_state",
        help="Today's state.",
    )
    occupant_id = fields.Many2one(
        "hostel.student", compute="_compute_state", string="Student", compute_sudo=False
    )

    _label_uniq = models.Constraint("UNIQUE (room_id, label)", "The room has this bed already.")
    _map_index_uniq = models.Constraint(
        "UNIQUE (floor_id, map_index)", "Two beds of a floor can't share a place on its map."
    )
    _uid_uniq = models.Constraint("UNIQUE (uid)", "A public code belongs to one bed.")

    @api.depends("label", "room_id.name")
    def _compute_display_name(self):
        for bed in self:
            bed.display_name = f"{bed.room_id.name} {bed.label}"

    @api.depends_context("uid")
    def _compute_state(self):
        Allocation = self.env["hostel.allocation"]
        today = self.env.company._get_college_day()
        rows = Allocation.sudo().search([("bed_id", "in", self.ids), *Allocation._live_on(today)])
        per_bed = {row.bed_id.id: row for row in rows}
        visible = set(rows.sudo(False)._filtered_access("read").ids)
        for bed in self:
            row = per_bed.get(bed.id, Allocation)
            bed.state = self._state_of(row.state)
            shown = row.student_id.id if row.id in visible else False
            bed.occupant_id = shown

    @staticmethod
    def _state_of(allocation_state):
        if not allocation_state:
            return "vacant"
        if allocation_state == "blocked":
            return "blocked"
        return "occupied" if allocation_state == "checked_in" else "reserved"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._get_college_day()
        Allocation = self.env["hostel.allocation"].sudo()
        per_state = {
            "occupied": ["checked_in"],
            "blocked": ["blocked"],
            "reserved": ["offered", "paying", "awaiting_approval", "allocated"],
        }
        wanted = [state for key in value for state in per_state.get(key, [])]
        live = Domain(Allocation._live_on(today))
        domain = Domain("allocation_ids", "any!", live & Domain("state", "in", wanted))
        if "vacant" in value:
            domain |= ~Domain("allocation_ids", "any!", live)
        return domain

    @api.model_create_multi
    def create(self, vals_list):
        next_index = {}
        for vals in vals_list:
            floor = self.env["hostel.room"].browse(vals.get("room_id")).floor_id
            index = next_index.get(floor.id)
            if index is None:
                index = floor._next_map_index() if floor else 0
            vals["map_index"] = index
            next_index[floor.id] = index + 1
        return super().create(vals_list)

    def write(self, vals):
        if "room_id" in vals:
            floor = self.env["hostel.room"].browse(vals["room_id"]).floor_id
            if self.floor_id - floor:
                # Its place on the old floor's map can't be given to another bed.
                raise ValidationError(
                    self.env._("A bed can't move to another floor; retire it and make a new one.")
                )
        if self._would_retire(vals):
            self.env["hostel.allocation"]._check_may_retire(self)
        return super().write(vals)

    def _would_retire(self, vals):
        """Whether nobody could have the beds any more; a room that is not used takes them along."""
        room = self.env["hostel.room"].sudo().browse(vals.get("room_id") or ())
        return not vals.get("active", True) or not all(room.mapped("active"))

    def _is_retired(self):
        """Whether the bed is no longer used, or the room, floor or hostel that it is in."""
        self.ensure_one()
        bed = self.sudo()
        return not all(place.active for place in (bed, bed.room_id, bed.floor_id, bed.hostel_id))

    def _get_beds_of(self, places):
        """Every bed of rooms, floors or hostels, retired ones too, whoever asks.

        :param places: records of ``hostel.room``, ``hostel.floor`` or ``hostel.hostel``
        """
        field = f"{places._name.removeprefix('hostel.')}_id"
        beds = self.sudo().with_context(active_test=False)
        return beds.search([(field, "in", places.ids)])

    def _get_price(self, term):
        """Fee of the bed for a term, in the company's currency."""
        self.ensure_one()
        return self.room_id.fee or self.room_id.room_type_id.base_fee

    def _get_full_label(self):
        """Name of the bed for a person who is not in the hostel: hostel, room, bed."""
        self.ensure_one()
        return f"{self.hostel_id.name} · {self.room_id.name} · {self.label}"
