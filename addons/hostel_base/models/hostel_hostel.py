from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..const import HOSTEL_GENDER

# Occupancy bands of the requirement documents: share of beds taken, upper bounds.
BANDS = [
    (0.5, "under_utilized"),
    (0.8, "healthy"),
    (0.95, "full"),
    (float("inf"), "over_capacity"),
]
HOURS_OF_A_DAY = 24


class HostelHostel(models.Model):
    _name = "hostel.hostel"
    _description = "Hostel"
    _inherit = ["mail.thread", "mail.activity.mixin", "image.mixin"]
    _order = "sequence, name"

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    gender_type = fields.Selection(
        [("boys", "Boys"), ("girls", "Girls"), ("mixed", "Mixed")],
        string="Takes",
        required=True,
        default="boys",
        tracking=True,
        help="A mixed hostel sets the gender room by room.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    address_id = fields.Many2one("res.partner")
    phone = fields.Char(string="Office phone")
    email = fields.Char(string="Office mail")
    description = fields.Html(translate=True)
    rules = fields.Html(
        string="House rules", translate=True, help="Students and guardians read them on the portal."
    )
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        help="Language of notices to people who have not chosen their own.",
    )
    check_in_hour = fields.Float(
        string="Check-in from", default=9.0, help="Hour of the day from which a student moves in."
    )
    check_out_hour = fields.Float(
        string="Check-out until", default=12.0, help="Hour by which the room is empty."
    )
    visitor_hour_from = fields.Float(string="Visitors from", default=10.0)
    visitor_hour_to = fields.Float(string="Visitors until", default=18.0)
    curfew_hour = fields.Float(string="Curfew", default=21.5, help="Everyone is inside by then.")
    damage_threshold = fields.Monetary(
        help="Damage up to this amount is repaired without a charge to the student."
    )
    floor_ids = fields.One2many("hostel.floor", "hostel_id", string="Floors")
    room_ids = fields.One2many("hostel.room", "hostel_id", string="Rooms")
    bed_ids = fields.One2many("hostel.bed", "hostel_id", string="Beds")
    staff_ids = fields.One2many("hostel.staff", "hostel_id", string="Posts")
    warden_ids = fields.Many2many(
        "res.users", string="Wardens", compute="_compute_staff", compute_sudo=True
    )
    supervisor_ids = fields.Many2many(
        "res.users", string="Supervisors", compute="_compute_staff", compute_sudo=True
    )
    active = fields.Boolean(default=True)

    room_count = fields.Integer(string="Number of rooms", compute="_compute_counts")
    capacity = fields.Integer(compute="_compute_counts")
    occupied_count = fields.Integer(string="Occupied", compute="_compute_counts")
    booked_count = fields.Integer(
        string="Booked",
        compute="_compute_counts",
        help="Reserved, paid or allocated but not moved in, today.",
    )
    blocked_count = fields.Integer(string="Closed", compute="_compute_counts")
    free_count = fields.Integer(string="Free", compute="_compute_counts")
    awaiting_count = fields.Integer(string="To approve", compute="_compute_awaiting_count")
    occupancy = fields.Float(compute="_compute_counts")
    occupancy_band = fields.Selection(
        [
            ("under_utilized", "Under-utilised"),
            ("healthy", "Healthy"),
            ("full", "Nearly full"),
            ("over_capacity", "At capacity"),
        ],
        compute="_compute_counts",
    )

    _code_uniq = models.Constraint("UNIQUE (company_id, code)", "Another hostel has this code.")
    _damage_threshold_not_negative = models.Constraint(
        "CHECK (damage_threshold >= 0)", "The threshold can't be negative."
    )

    @api.depends("staff_ids.user_id", "staff_ids.role", "staff_ids.date_from", "staff_ids.date_to")
    def _compute_staff(self):
        for hostel in self:
            posts = hostel.staff_ids.filtered("is_current")
            hostel.warden_ids = posts.filtered(lambda post: post.role == "warden").user_id
            hostel.supervisor_ids = posts.filtered(lambda post: post.role == "supervisor").user_id

    @api.constrains(
        "check_in_hour", "check_out_hour", "visitor_hour_from", "visitor_hour_to", "curfew_hour"
    )
    def _check_hours(self):
        for hostel in self:
            hours = (
                hostel.check_in_hour,
                hostel.check_out_hour,
                hostel.visitor_hour_from,
                hostel.visitor_hour_to,
                hostel.curfew_hour,
            )
            if not all(0 <= hour < HOURS_OF_A_DAY for hour in hours):
                raise ValidationError(self.env._("An hour lies between 0:00 and 23:59."))
            if hostel.visitor_hour_from >= hostel.visitor_hour_to:
                raise ValidationError(self.env._("Visiting hours must end after they begin."))

    @api.depends_context("uid")
    def _compute_counts(self):
        Bed = self.env["hostel.bed"].sudo()
        per_hostel = {
            hostel.id: (count, rooms)
            for hostel, count, rooms in Bed._read_group(
                [("hostel_id", "in", self.ids)],
                ["hostel_id"],
                ["__count", "room_id:count_distinct"],
            )
        }
        taken = {}
        today = self.env.company._get_college_day()
        groups = (
            self.env["hostel.allocation"]
            .sudo()
            ._read_group(
                [("hostel_id", "in", self.ids), *self.env["hostel.allocation"]._live_on(today)],
                ["hostel_id", "state"],
                ["__count"],
            )
        )
        for hostel, state, count in groups:
            taken.setdefault(hostel.id, {})[state] = count
        for hostel in self:
            capacity, rooms = per_hostel.get(hostel.id, (0, 0))
            states = taken.get(hostel.id, {})
            hostel.room_count = rooms
            hostel.capacity = capacity
            hostel.occupied_count = states.get("checked_in", 0)
            hostel.blocked_count = states.get("blocked", 0)
            hostel.booked_count = (
                sum(states.values()) - hostel.occupied_count - hostel.blocked_count
            )
            hostel.free_count = capacity - sum(states.values())
            usable = capacity - hostel.blocked_count
            used = hostel.occupied_count + hostel.booked_count
            hostel.occupancy = used / usable if usable > 0 else 0.0
            hostel.occupancy_band = next(band for limit, band in BANDS if hostel.occupancy < limit)

    @api.depends_context("uid")
    def _compute_awaiting_count(self):
        Allocation = self.env["hostel.allocation"]
        counts = {}
        # Guards and mess managers see the hostel, but not who lives in it.
        if Allocation.has_access("read"):
            domain = [("hostel_id", "in", self.ids), ("state", "=", "awaiting_approval")]
            counts = dict(Allocation._read_group(domain, ["hostel_id"], ["__count"]))
        for hostel in self:
            hostel.awaiting_count = counts.get(hostel, 0)

    def write(self, vals):
        if not vals.get("active", True):
            beds = self.env["hostel.bed"]._get_beds_of(self)
            self.env["hostel.allocation"]._check_may_retire(beds)
        return super().write(vals)

    def _get_required_gender(self):
        """Gender of the students this hostel takes, or False when rooms decide."""
        self.ensure_one()
        return HOSTEL_GENDER[self.gender_type]

    def action_open_rooms(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("hostel_base.hostel_room_action")
        action["domain"] = [("hostel_id", "=", self.id)]
        action["context"] = {"default_hostel_id": self.id}
        return action

    def action_open_beds(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("hostel_base.hostel_bed_action")
        action["domain"] = [("hostel_id", "=", self.id)]
        return action

    def action_open_allocations(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_allocation_action"
        )
        action["domain"] = [("hostel_id", "=", self.id)]
        return action

    def action_open_to_approve(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_allocation_action_to_approve"
        )
        action["domain"] = [("hostel_id", "=", self.id), ("state", "=", "awaiting_approval")]
        return action
