import random

from psycopg2 import errors

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from odoo.addons.hostel_base.const import LIVE_STATES
from odoo.addons.hostel_base.errors import HostelError

OPEN = "open"
SCOPE_FIELDS = ("hostel_id", "floor_id", "room_type_id")


class HostelBookingQuota(models.Model):
    """So many numbered seats of a hostel, a floor or a room type, for a group.

    A **cap** has as many seats as members of the group may come. **Reserved** seats are the
    group's; who is not in it takes one of the **open** seats of the same place, a quota of its
    own that is made and counted here: its beds less the reserved seats. Each stay takes its
    seats in the transaction that reserves, as rows that PostgreSQL keeps unique: nobody counts.
    """

    _name = "hostel.booking.quota"
    _description = "Quota"
    _inherit = ["mail.thread"]
    _order = "round_id desc, hostel_id, floor_id, room_type_id, kind desc, id"

    name = fields.Char(compute="_compute_name", store=True)
    round_id = fields.Many2one(
        "hostel.booking.round", required=True, ondelete="cascade", index=True
    )
    hostel_id = fields.Many2one(
        "hostel.hostel", ondelete="cascade", index=True, help="Empty: all hostels."
    )
    floor_id = fields.Many2one(
        "hostel.floor",
        domain="[('hostel_id', '=', hostel_id)]",
        ondelete="cascade",
        help="Empty: all floors.",
    )
    room_type_id = fields.Many2one(
        "hostel.room.type", ondelete="cascade", help="Empty: all types of rooms."
    )
    group_id = fields.Many2one("hostel.booking.group", ondelete="restrict", index=True)
    kind = fields.Selection(
        [
            ("reserved", "Kept for the group"),
            ("cap", "At most"),
            (OPEN, "Open to all"),
        ],
        required=True,
        default="reserved",
        tracking=True,
    )
    seats = fields.Integer(string="Seats", tracking=True)
    released_at = fields.Datetime(
        string="Open to all from",
        tracking=True,
        help="From then on anybody may take a seat that the group left empty.",
    )
    active = fields.Boolean(default=True)
    seat_ids = fields.One2many("hostel.booking.quota.seat", "quota_id", string="Taken seats")

    bed_count = fields.Integer(string="Beds", compute="_compute_usage", compute_sudo=True)
    seat_count = fields.Integer(string="Seats in all", compute="_compute_usage", compute_sudo=True)
    taken_count = fields.Integer(string="Taken", compute="_compute_usage", compute_sudo=True)
    free_count = fields.Integer(string="Left", compute="_compute_usage", compute_sudo=True)
    usage = fields.Float(string="Taken, in percent", compute="_compute_usage", compute_sudo=True)
    warning = fields.Char(compute="_compute_warning", compute_sudo=True)

    _seats_not_negative = models.Constraint("CHECK (seats >= 0)", "A quota can't be negative.")
    _group_unless_open = models.Constraint(
        "CHECK ((kind = 'open') = (group_id IS NULL))", "A quota needs a group."
    )
    _once = models.UniqueIndex(
        "(round_id, kind, COALESCE(group_id, 0), COALESCE(hostel_id, 0),"
        " COALESCE(floor_id, 0), COALESCE(room_type_id, 0)) WHERE active IS TRUE",
        "There is such a quota for this group and place already.",
    )

    # ------------------------------------------------------------------
    # Computes and checks
    # ------------------------------------------------------------------

    @api.depends("kind", "group_id.name", "hostel_id.name", "floor_id.name", "room_type_id.name")
    def _compute_name(self):
        for quota in self:
            who = quota.group_id.name or self.env._("Open to all")
            quota.name = f"{quota._get_place_label()} · {who}"

    def _get_place_label(self):
        self.ensure_one()
        parts = [self.hostel_id.name or self.env._("All hostels")]
        if self.floor_id:
            parts.append(self.env._("floor %(floor)s", floor=self.floor_id.name))
        if self.room_type_id:
            parts.append(self.room_type_id.name)
        return ", ".join(parts)

    @api.depends("seats", "kind", "seat_ids.is_live", *SCOPE_FIELDS)
    def _compute_usage(self):
        taken = dict(
            self.env["hostel.booking.quota.seat"]._read_group(
                [("quota_id", "in", self.ids), ("is_live", "=", True)], ["quota_id"], ["__count"]
            )
        )
        for quota in self:
            quota.bed_count = quota._count_beds()
            quota.seat_count = quota._get_seats()
            quota.taken_count = taken.get(quota._origin, 0)
            quota.free_count = max(0, quota.seat_count - quota.taken_count)
            quota.usage = (
                100.0 * quota.taken_count / quota.seat_count if quota.seat_count else 100.0
            )

    @api.depends("seats", "kind", "group_id", "round_id", *SCOPE_FIELDS)
    def _compute_warning(self):
        for quota in self:
            quota.warning = quota._get_warning()

    def _get_warning(self):
        self.ensure_one()
        beds = quota_beds = self._count_beds()
        if self.kind == "reserved":
            kept = sum((self._get_siblings() | self).mapped("seats"))
            if kept > beds:
                return self.env._(
                    "%(kept)s seats are kept here, but there are %(beds)s beds only.",
                    kept=kept,
                    beds=beds,
                )
        elif self.seats > quota_beds and self.kind == "cap":
            return self.env._(
                "There are %(beds)s beds only: this limit is never reached.", beds=quota_beds
            )
        if self.taken_count > self.seat_count:
            return self.env._(
                "%(count)s more than there are seats: they came before the quota.",
                count=self.taken_count - self.seat_count,
            )
        return False

    @api.constrains("hostel_id", "floor_id")
    def _check_floor(self):
        for quota in self:
            if quota.floor_id and quota.floor_id.hostel_id != quota.hostel_id:
                raise ValidationError(self.env._("The floor belongs to another hostel."))

    @api.constrains("kind", "released_at")
    def _check_released(self):
        if any(quota.released_at and quota.kind != "reserved" for quota in self):
            raise ValidationError(self.env._("Only seats that are kept can be opened to all."))

    # ------------------------------------------------------------------
    # Places
    # ------------------------------------------------------------------

    def _get_scope_domain(self):
        self.ensure_one()
        return [("round_id", "=", self.round_id.id)] + [
            (name, "=", self[name].id) for name in SCOPE_FIELDS
        ]

    def _get_siblings(self):
        """Other reserved seats of the same place."""
        self.ensure_one()
        return self.search(
            [*self._get_scope_domain(), ("kind", "=", "reserved"), ("id", "!=", self._origin.id)]
        )

    def _get_bed_domain(self):
        self.ensure_one()
        domain = [(name, "=", self[name].id) for name in SCOPE_FIELDS if self[name]]
        if not self.hostel_id:
            domain.append(("hostel_id", "in", self.round_id.window_ids.hostel_ids.ids))
        return domain

    def _count_beds(self):
        self.ensure_one()
        return self.env["hostel.bed"].sudo().search_count(self._get_bed_domain())

    def _covers(self, bed):
        """Whether a bed counts."""
        self.ensure_one()
        return all(not self[name] or self[name] == bed[name] for name in SCOPE_FIELDS)

    def _get_seats(self):
        """How many seats there are; those open to all follow the beds and what is kept."""
        self.ensure_one()
        if self.kind != OPEN:
            return self.seats
        return max(0, self._count_beds() - sum(self._get_siblings().mapped("seats")))

    def _is_released(self):
        self.ensure_one()
        return bool(self.released_at) and self.released_at <= self.env.cr.now()

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(vals.get("kind") == OPEN for vals in vals_list):
            raise ValidationError(self.env._("Seats that are open to all are made by themselves."))
        quotas = super().create(vals_list)
        quotas._quotas_changed()
        return quotas

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"round_id", "group_id", "kind", "seats", "active", *SCOPE_FIELDS}:
            self._quotas_changed()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_close_open_seats(self):
        for quota in self.filtered(lambda one: one.kind == "reserved"):
            if not (quota._get_siblings() - self):
                quota._get_open().unlink()

    def _get_open(self):
        self.ensure_one()
        return self.search([*self._get_scope_domain(), ("kind", "=", OPEN)])

    def _quotas_changed(self):
        """Keep the open seats of each place, and seat the stays that are there already."""
        for quota in self.filtered(lambda one: one.kind == "reserved" and one.active):
            if not quota._get_open():
                self.sudo().create(
                    {
                        "round_id": quota.round_id.id,
                        "kind": OPEN,
                        **{name: quota[name].id for name in SCOPE_FIELDS},
                    }
                )
        for booking_round in self.round_id:
            self._seat_all(booking_round)

    @api.model
    def _seat_all(self, booking_round):
        """Give a seat to every stay of the round that has none, as long as there are any."""
        term = booking_round.term_id
        rows = (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("term_id", "=", term.id),
                    ("state", "in", LIVE_STATES),
                    ("student_id", "!=", False),
                ],
                order="id",
            )
        )
        for row in rows if self._get_of_term(term) else []:
            try:
                self._take_seats(row)
            except HostelError as exc:
                if exc.code != "QUOTA_FULL":
                    raise

    # ------------------------------------------------------------------
    # Seats
    # ------------------------------------------------------------------

    @api.model
    def _get_of_term(self, term):
        return self.sudo().search(
            [("round_id.term_id", "=", term.id), ("round_id.is_practice", "=", False)]
        )

    @api.model
    def _take_seats(self, row):
        """Take the seats that a stay needs, or none.

        :param row: live ``hostel.allocation`` of a student
        :raises HostelError: ``QUOTA_FULL``; ``BED_BUSY`` if the last seats are being decided
        """
        quotas = self._get_of_term(row.term_id)
        if not quotas:
            return
        bed = row.bed_id
        quotas = quotas.filtered(lambda quota: quota._covers(bed))
        keys = self.env["hostel.booking.group"]._get_keys(row.student_id) if quotas else ()
        sat = self.env["hostel.booking.quota.seat"].sudo()._get_live(row).quota_id
        with self.env.cr.savepoint():
            for choice in quotas._get_choices(keys):
                if not any(quota in sat for quota in choice):
                    self._take_one(choice, row)

    def _get_choices(self, keys):
        """Quotas of which a stay takes one seat each: a list of lists, best first in each.

        :param keys: groups of the student
        """
        caps = self.filtered(lambda one: one.kind == "cap" and one.group_id.key in keys)
        choices = [list(cap) for cap in caps.sorted("id")]
        for open_seats in self.filtered(lambda one: one.kind == OPEN).sorted("id"):
            kept = self.filtered(
                lambda one, place=open_seats: (
                    one.kind == "reserved"
                    and all(one[name] == place[name] for name in SCOPE_FIELDS)
                )
            ).sorted("id")
            own = kept.filtered(lambda one: one.group_id.key in keys)
            choices.append([*own, open_seats, *(kept - own).filtered(lambda q: q._is_released())])
        return choices

    def _take_one(self, choice, row):
        """Take a seat of the first quota that has one.

        :param choice: list of quotas, best first
        """
        busy = False
        for quota in choice:
            taken, was_busy = quota._take_seat(row)
            if taken:
                return
            busy = busy or was_busy
        if busy:
            raise HostelError(
                "BED_BUSY",
                self.env._("The last places here are being decided right now. Try again."),
                details={"retry_after": 1},
            )
        raise self._full_error()

    @api.model
    def _full_error(self):
        # Which group a seat belongs to is nobody's business.
        return HostelError(
            "QUOTA_FULL",
            self.env._(
                "The places that are open to you here are taken. Look at another floor or hostel,"
                " or ask the hostel office."
            ),
        )

    def _take_seat(self, row):
        """Take one free seat; nobody waits for anybody.

        :return: ``(taken, busy)``: whether a seat was taken, whether another transaction
            holds one that was free
        """
        self.ensure_one()
        Seat = self.env["hostel.booking.quota.seat"].sudo()
        taken = set(
            Seat.search([("quota_id", "=", self.id), ("is_live", "=", True)]).mapped("number")
        )
        free = [number for number in range(1, self._get_seats() + 1) if number not in taken]
        # Not all at the same one.
        random.shuffle(free)
        busy = False
        for number in free:
            if not self._may_decide(number):
                busy = True
                continue
            try:
                with self.env.cr.savepoint():
                    Seat.create({"quota_id": self.id, "number": number, "allocation_id": row.id})
                return True, busy
            except errors.UniqueViolation:
                # Taken after our snapshot was: the index knows, our picture doesn't.
                continue
        return False, busy

    def _may_decide(self, number):
        """Whether no other open transaction works on this seat; until our own ends."""
        [[free]] = self.env.execute_query(
            SQL("SELECT pg_try_advisory_xact_lock(%s, %s)", self.id, number)
        )
        return free

    def action_open_seats(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_booking.hostel_booking_quota_seat_action"
        )
        return {**action, "domain": [("quota_id", "=", self.id)], "context": {}}
