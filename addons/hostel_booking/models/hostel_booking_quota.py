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
    seats = fields.Integer(tracking=True)
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
        """How many seats there are."""
        self.ensure_one()
        return (
            (self | self._get_siblings())._count_seats()[self] if self.kind == OPEN else self.seats
        )

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
        if "active" in vals and not self.env.su:
            self._check_not_open()
        result = super().write(vals)
        if vals.keys() & {"round_id", "group_id", "kind", "seats", "active", *SCOPE_FIELDS}:
            self._quotas_changed()
        elif "released_at" in vals:
            self.round_id._doors_changed()
        return result

    def unlink(self):
        rounds = self.round_id
        reserved = self.filtered(lambda one: one.kind == "reserved").round_id
        result = super().unlink()
        # Whoever sat on a deleted seat needs another, or the open ones are given twice.
        for booking_round in reserved:
            self._seat_all(booking_round)
        rounds.exists()._doors_changed()
        return result

    def _check_not_open(self):
        if any(quota.kind == OPEN for quota in self):
            raise ValidationError(self.env._("Seats that are open to all are made by themselves."))

    @api.ondelete(at_uninstall=False)
    def _unlink_close_open_seats(self):
        if not self.env.su:
            self._check_not_open()
        for quota in self.filtered(lambda one: one.kind == "reserved"):
            if not (quota._get_siblings() - self):
                quota._get_open().sudo().unlink()

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
        # What a bed needs is worked out again at every student's next hold.
        self.round_id._doors_changed()

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
        if self._get_of_term(term):
            self._seat_as_many(rows)

    @api.model
    def _seat_as_many(self, rows):
        """Seat stays together, and by halves where there are seats for some only."""
        try:
            self._take_seats(rows)
        except HostelError as exc:
            if exc.code != "QUOTA_FULL":
                raise
            middle = len(rows) // 2
            if middle:
                self._seat_as_many(rows[:middle])
                self._seat_as_many(rows[middle:])

    # ------------------------------------------------------------------
    # Seats
    # ------------------------------------------------------------------

    @api.model
    def _get_of_term(self, term):
        return self.sudo().search(
            [("round_id.term_id", "in", term.ids), ("round_id.is_practice", "=", False)]
        )

    @api.model
    def _take_seats(self, rows):
        """Take the seats that stays need, or none of them; who comes first is seated first.

        :param rows: live ``hostel.allocation`` of students
        :raises HostelError: ``QUOTA_FULL``; ``BED_BUSY`` if the last seats are being decided
        """
        quotas = self._get_of_term(rows.term_id) if rows else self.browse()
        needs = quotas._get_needs(rows) if quotas else []
        if needs:
            with self.env.cr.savepoint():
                quotas._seat(needs)

    def _get_needs(self, rows):
        """What stays need that has no seat yet.

        :return: list of ``(row, quotas of which it takes one seat, best first)``
        """
        Group, Seat = self.env["hostel.booking.group"], self.env["hostel.booking.quota.seat"]
        sat = {(seat.allocation_id, seat.quota_id) for seat in Seat.sudo()._get_live(rows)}
        places, choices, needs = {}, {}, []
        for row in rows:
            place = (row.term_id, *(row.bed_id[name] for name in SCOPE_FIELDS))
            if place not in places:
                places[place] = self.filtered(
                    lambda one, row=row: (
                        one.round_id.term_id == row.term_id and one._covers(row.bed_id)
                    )
                )
            keys = frozenset(Group._get_keys(row.student_id)) if places[place] else frozenset()
            if (place, keys) not in choices:
                choices[place, keys] = places[place]._get_choices(keys)
            needs += [
                (row, choice)
                for choice in choices[place, keys]
                if not any((row, quota) in sat for quota in choice)
            ]
        return needs

    def _seat(self, needs):
        """Take one seat for each need, trying others for those that somebody else has got."""
        free = self._get_free_numbers({quota for _row, choice in needs for quota in choice})
        busy, locked = set(), set()
        while needs:
            picks = self._pick_seats(needs, {key: list(left) for key, left in free.items()}, busy)
            wanted = {(quota.id, number) for _row, quota, number in picks}
            gone = self._refused_seats(wanted - locked)
            locked |= wanted - gone
            busy |= {quota_id for quota_id, _number in gone}
            if not gone:
                lost = self._insert_seats(picks)
                needs = [
                    need
                    for need, (_row, quota, number) in zip(needs, picks, strict=True)
                    if (quota.id, number) in lost
                ]
                gone = wanted
            free = {
                key: [number for number in left if (key, number) not in gone]
                for key, left in free.items()
            }

    def _get_free_numbers(self, quotas):
        """Numbers that nobody has in our picture, in no order: ``{quota id: numbers}``."""
        Seat = self.env["hostel.booking.quota.seat"].sudo()
        taken = {}
        for quota, numbers in Seat._read_group(
            [("quota_id", "in", [quota.id for quota in quotas]), ("is_live", "=", True)],
            ["quota_id"],
            ["number:array_agg"],
        ):
            taken[quota.id] = set(numbers)
        free = {}
        for quota in quotas:
            mine = taken.get(quota.id, ())
            free[quota.id] = [n for n in range(1, quota._get_seats() + 1) if n not in mine]
            random.shuffle(free[quota.id])
        return free

    def _pick_seats(self, needs, free, busy):
        """Choose a free seat for each need.

        :param dict free: ``{quota id: numbers}``; what is chosen is taken out
        :param set busy: ids of quotas of which another transaction holds a seat that was free
        :return: list of ``(row, quota, number)``
        """
        picks = []
        for row, choice in needs:
            quota = next((one for one in choice if free[one.id]), None)
            if quota is None:
                raise self._refusal(any(one.id in busy for one in choice))
            picks.append((row, quota, free[quota.id].pop()))
        return picks

    def _refusal(self, is_busy):
        if is_busy:
            return HostelError(
                "BED_BUSY",
                self.env._("The last places here are being decided right now. Try again."),
                details={"retry_after": 1},
            )
        return self._full_error()

    @api.model
    def _refused_seats(self, seats):
        """Of these seats, those on which another open transaction works; ours are the others.

        :param seats: set of (quota id, number)
        """
        if not seats:
            return set()
        quota_ids, numbers = zip(*sorted(seats), strict=True)
        rows = self.env.execute_query(
            SQL(
                "SELECT quota, number, pg_try_advisory_xact_lock(quota, number)"
                " FROM unnest(%s::int[], %s::int[]) AS seat (quota, number)",
                list(quota_ids),
                list(numbers),
            )
        )
        return {(quota_id, number) for quota_id, number, is_ours in rows if not is_ours}

    def _insert_seats(self, picks):
        """Write who has which seat.

        :return: set of (quota id, number) that somebody took after our snapshot: the index
            knows them, our picture doesn't
        """
        Seat = self.env["hostel.booking.quota.seat"].sudo()
        vals_list = [
            {"quota_id": quota.id, "number": number, "allocation_id": row.id}
            for row, quota, number in picks
        ]
        try:
            with self.env.cr.savepoint():
                Seat.create(vals_list).flush_recordset()
        except errors.UniqueViolation:
            if len(picks) == 1:
                return {(picks[0][1].id, picks[0][2])}
            middle = len(picks) // 2
            return self._insert_seats(picks[:middle]) | self._insert_seats(picks[middle:])
        return set()

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

    def action_open_seats(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_booking.hostel_booking_quota_seat_action"
        )
        return {**action, "domain": [("quota_id", "=", self.id)], "context": {}}
