import itertools
from string import ascii_uppercase

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..const import HOSTEL_GENDER, LIVE_STATES
from ..errors import HostelError


def bed_labels():
    """Names for the beds of a room, without end: A … Z, A2 … Z2, …"""
    for turn in itertools.count(1):
        for letter in ascii_uppercase:
            yield letter if turn == 1 else f"{letter}{turn}"


class HostelRoom(models.Model):
    _name = "hostel.room"
    _description = "Hostel Room"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "hostel_id, floor_id, name, id"

    name = fields.Char(string="Number", required=True, tracking=True)
    floor_id = fields.Many2one("hostel.floor", required=True, ondelete="cascade", index=True)
    hostel_id = fields.Many2one(related="floor_id.hostel_id", store=True, index=True)
    company_id = fields.Many2one(related="floor_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    room_type_id = fields.Many2one("hostel.room.type", required=True, index=True, tracking=True)
    amenity_ids = fields.Many2many(
        "hostel.amenity", string="Extra amenities", help="Beyond those of the room type."
    )
    gender = fields.Selection(
        [("male", "Male"), ("female", "Female")],
        compute="_compute_gender",
        store=True,
        readonly=False,
        tracking=True,
        help="Follows the hostel; set it by hand in a mixed hostel.",
    )
    fee = fields.Monetary(
        string="Own fee per term", help="Leave 0 to use the fee of the room type.", tracking=True
    )
    condition = fields.Selection(
        [
            ("good", "Good"),
            ("fair", "Fair"),
            ("poor", "Poor"),
            ("needs_repair", "Needs repair"),
        ],
        default="good",
        tracking=True,
    )
    is_accessible = fields.Boolean(
        string="Accessible",
        tracking=True,
        help="Can be reached and used with a wheelchair: for students with a disability first.",
    )
    note = fields.Text()
    bed_ids = fields.One2many("hostel.bed", "room_id", string="Beds")
    allocation_ids = fields.One2many("hostel.allocation", "room_id", string="Who lived here")
    active = fields.Boolean(default=True)

    missing_bed_count = fields.Integer(
        string="Beds missing",
        compute="_compute_missing_bed_count",
        help="How many beds the room type asks for beyond those that the room has.",
    )
    bed_summary = fields.Json(
        string="Who has which bed",
        compute="_compute_bed_summary",
        help="Per bed: {id, label, state, state_name, who}; names only of whom the reader sees.",
    )
    bed_count = fields.Integer(string="Number of beds", compute="_compute_state")
    free_count = fields.Integer(string="Free beds", compute="_compute_state")
    state = fields.Selection(
        [
            ("vacant", "Vacant"),
            ("partial", "Partly occupied"),
            ("full", "Full"),
            ("closed", "Closed"),
        ],
        compute="_compute_state",
        search="_search_state",
    )

    _name_uniq = models.Constraint("UNIQUE (hostel_id, name)", "The hostel has this room already.")
    _fee_not_negative = models.Constraint("CHECK (fee >= 0)", "A fee can't be negative.")

    @api.depends("hostel_id.gender_type")
    def _compute_gender(self):
        for room in self:
            room.gender = HOSTEL_GENDER.get(room.hostel_id.gender_type) or room.gender

    @api.depends_context("uid")
    def _compute_state(self):
        beds = {}
        for room, count in (
            self.env["hostel.bed"]
            .sudo()
            ._read_group([("room_id", "in", self.ids)], ["room_id"], ["__count"])
        ):
            beds[room.id] = count
        Allocation = self.env["hostel.allocation"].sudo()
        taken = {}
        for room, state, count in Allocation._read_group(
            [
                ("room_id", "in", self.ids),
                *Allocation._live_on(self.env.company._get_college_day()),
            ],
            ["room_id", "state"],
            ["__count"],
        ):
            taken.setdefault(room.id, {})[state] = count
        for room in self:
            states = taken.get(room.id, {})
            room.bed_count = beds.get(room.id, 0)
            room.free_count = room.bed_count - sum(states.values())
            room.state = self._state_of(room.bed_count, states)

    @api.depends("bed_ids", "room_type_id.sharing")
    def _compute_missing_bed_count(self):
        for room in self:
            room.missing_bed_count = max(0, room.room_type_id.sharing - len(room.bed_ids))

    @api.depends_context("uid", "lang")
    def _compute_bed_summary(self):
        beds = self.env["hostel.bed"].search([("room_id", "in", self.ids)])
        states = dict(beds._fields["state"]._description_selection(self.env))
        per_room = {}
        for bed in beds:
            per_room.setdefault(bed.room_id.id, []).append(
                {
                    "id": bed.id,
                    "label": bed.label,
                    "state": bed.state,
                    "state_name": states[bed.state],
                    "who": bed.occupant_id.name or "",
                }
            )
        for room in self:
            room.bed_summary = per_room.get(room.id, [])

    @staticmethod
    def _state_of(bed_count, states):
        """State of a room from its number of beds and its live rows per state."""
        blocked = states.get("blocked", 0)
        used = sum(states.values()) - blocked
        if bed_count and blocked >= bed_count:
            return "closed"
        if not used:
            return "vacant" if blocked < bed_count or not bed_count else "closed"
        return "full" if used + blocked >= bed_count else "partial"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._get_college_day()
        query = """
            SELECT r.id, count(DISTINCT b.id),
                   count(a.id) FILTER (WHERE a.state = 'blocked'),
                   count(a.id) FILTER (WHERE a.state <> 'blocked')
              FROM hostel_room r
         LEFT JOIN hostel_bed b ON b.room_id = r.id AND b.active
         LEFT JOIN hostel_allocation a ON a.bed_id = b.id AND a.state IN %s
               AND a.date_from <= %s AND a.date_to > %s
          GROUP BY r.id
        """
        self.env["hostel.allocation"].flush_model()
        self.env.cr.execute(query, [LIVE_STATES, today, today])
        ids = [
            room_id
            for room_id, beds, blocked, used in self.env.cr.fetchall()
            if self._state_of(beds, {"blocked": blocked, "used": used}) in value
        ]
        return Domain("id", "in", ids)

    def _get_free_beds(self, date_from, date_to):
        """Beds of the rooms that nobody has on any day of ``[date_from, date_to)``."""
        beds = self.sudo().bed_ids
        Allocation = self.env["hostel.allocation"].sudo()
        taken = Allocation.search(
            [("bed_id", "in", beds.ids), *Allocation._live_between(date_from, date_to)]
        )
        return (beds - taken.bed_id).sudo(self.env.su)

    def _check_not_full(self, date_from, date_to, places=1):
        """Refuse a room that has not so many free beds.

        :param int places: how many people ask for a bed together
        :raises HostelError: ``ROOM_FULL`` with ``details.free``
        """
        self.ensure_one()
        free = len(self._get_free_beds(date_from, date_to))
        if free >= places:
            return
        name = self.sudo().name
        if free:
            text = self.env._(
                "Room %(room)s has %(free)s free beds, not %(places)s. Choose a larger room, or go"
                " into two.",
                room=name,
                free=free,
                places=places,
            )
        else:
            text = self.env._(
                "Room %(room)s is full for these dates. Choose another room.", room=name
            )
        raise HostelError("ROOM_FULL", text, details={"free": free})

    def write(self, vals):
        if "floor_id" in vals:
            beds = self.with_context(active_test=False).bed_ids
            if beds.floor_id - self.env["hostel.floor"].browse(vals["floor_id"]):
                # Each bed has its place on the map of its floor.
                raise ValidationError(
                    self.env._("A room with beds can't move to another floor; make a new one.")
                )
        if not vals.get("active", True):
            beds = self.env["hostel.bed"]._get_beds_of(self)
            self.env["hostel.allocation"]._check_may_retire(beds)
        return super().write(vals)

    def _get_amenities(self):
        """Amenities of the room: its type's and its own."""
        self.ensure_one()
        return (self.room_type_id.amenity_ids | self.amenity_ids).sorted()

    def action_add_beds(self):
        """Give the rooms the beds that their type asks for, with the next free letters."""
        self.check_access("write")
        # A retired bed keeps its label, which belongs to its history.
        taken = {}
        for bed in (
            self.env["hostel.bed"]
            .with_context(active_test=False)
            .search([("room_id", "in", self.ids)])
        ):
            taken.setdefault(bed.room_id.id, set()).add(bed.label.upper())
        vals_list = [
            {"room_id": room.id, "label": label}
            for room in self
            for label in itertools.islice(
                (name for name in bed_labels() if name not in taken.get(room.id, ())),
                room.missing_bed_count,
            )
        ]
        if not vals_list:
            raise HostelError(
                "NO_BED_MISSING",
                self.env._("These rooms have all the beds that their type asks for."),
                422,
            )
        self.env["hostel.bed"].create(vals_list)
        return self.env["hostel.allocation"]._notify(
            self.env._("%(count)s beds added", count=len(vals_list)),
            self.env._("Draw the floor again to show them on the map."),
        )

    def action_open_history(self):
        """Everyone who had, has or will have a bed of this room."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_allocation_action"
        )
        action["domain"] = [("room_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_open_beds(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("hostel_base.hostel_bed_action")
        action["domain"] = [("room_id", "=", self.id)]
        action["context"] = {"default_room_id": self.id}
        return action

    def action_close(self):
        """Open the dialog that takes rooms out of use for some days."""
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Close rooms"),
            "res_model": "hostel.room.close",
            "view_mode": "form",
            "target": "new",
            "context": {"default_room_ids": self.ids},
        }

    def _close(self, date_from, date_to, reason, kind=False, beds=None):
        """Block beds of the rooms from one day to another, every one or some of them.

        :param beds: ``hostel.bed`` of these rooms; all of them if not given
        :return: the blocks, rows of ``hostel.allocation``
        :raises HostelError: ``BED_TAKEN`` if a bed is in use in that time
        """
        Allocation = self.env["hostel.allocation"]
        blocks = Allocation
        for bed in self.bed_ids if beds is None else beds & self.bed_ids:
            blocks |= Allocation._block(bed, date_from, date_to, reason, kind)
        return blocks

    def _get_blocks(self):
        """Closures of beds in the rooms that are not over."""
        return self.env["hostel.allocation"].search(
            [
                ("room_id", "in", self.ids),
                ("state", "=", "blocked"),
                ("date_to", ">", self.env.company._get_college_day()),
            ]
        )

    def action_reopen(self):
        """End every closure of beds in the rooms, also where only some beds are closed."""
        self.check_access("write")
        self._get_blocks()._reopen()
