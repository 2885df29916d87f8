import logging
import secrets
import uuid

import psycopg2
import redis

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.sql_db import PoolError

from ..locks import get_locks
from ..tools.waiting_room import WaitingRoom

_logger = logging.getLogger(__name__)
REBUILD_TTL_MS = 60_000
# What the pages of booking day look at, read in one query.
OPEN_FIELDS = [
    *("name", "term_id", "date_from", "date_to", "state", "is_practice", "key"),
    *("epoch", "doors_version", "stamp", "practice_minutes"),
]


class HostelBookingRound(models.Model):
    """The beds of one term, open for booking through any number of windows."""

    _name = "hostel.booking.round"
    _description = "Booking Round"
    _inherit = ["mail.thread"]
    _order = "date_from desc, id desc"

    name = fields.Char(
        compute="_compute_name", store=True, readonly=False, required=True, precompute=True
    )
    term_id = fields.Many2one("hostel.term", required=True, ondelete="restrict", index=True)
    date_from = fields.Date(related="term_id.date_from", store=True)
    date_to = fields.Date(related="term_id.date_to", store=True)
    state = fields.Selection(
        [("draft", "Preparing"), ("open", "Open"), ("closed", "Closed")],
        required=True,
        default="draft",
        tracking=True,
    )
    is_practice = fields.Boolean(
        string="Practice",
        tracking=True,
        help="Students try the map: nothing is booked or paid, and it starts again by itself.",
    )
    key = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: secrets.token_hex(6)
    )
    epoch = fields.Integer(readonly=True, copy=False, default=0)
    doors_version = fields.Integer(readonly=True, copy=False, default=1)
    stamp = fields.Char(
        readonly=True,
        copy=False,
        default=lambda self: secrets.token_hex(8),
        help="Another one after each change of what the round says to everybody.",
    )
    window_ids = fields.One2many("hostel.booking.window", "round_id", string="Windows")
    map_ids = fields.One2many("hostel.booking.map", "round_id", string="Maps")
    queue_mode = fields.Selection(
        [("off", "Off"), ("auto", "When it is needed"), ("on", "Always")],
        string="Waiting room",
        required=True,
        default="auto",
        tracking=True,
        help="It gates who may hold a bed, never who may look.",
    )
    queue_rate = fields.Integer(
        string="Let in a minute",
        required=True,
        default=3000,
        tracking=True,
        help="0 lets in nobody for now.",
    )
    queue_max = fields.Integer(
        string="Choosing at a time",
        required=True,
        default=1500,
        tracking=True,
        help="How many students may hold beds at the same time.",
    )
    queue_pass_minutes = fields.Integer(
        string="Minutes of a turn",
        required=True,
        default=5,
        help="Without a sign of the student; a hold always fits in.",
    )
    queue_secret = fields.Char(
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
        default=lambda self: secrets.token_urlsafe(24),
    )
    bed_count = fields.Integer(string="Beds", compute="_compute_counts")
    booked_count = fields.Integer(string="Booked", compute="_compute_counts")
    awaiting_count = fields.Integer(string="To approve", compute="_compute_counts")

    _term_once = models.UniqueIndex(
        "(term_id) WHERE is_practice IS NOT TRUE", "This term has a booking round already."
    )
    _key_uniq = models.Constraint("UNIQUE (key)", "Keys of rounds are unique.")
    _queue_possible = models.Constraint(
        "CHECK (queue_rate >= 0 AND queue_max > 0 AND queue_pass_minutes BETWEEN 1 AND 60)",
        "The waiting room lets in 0 or more a minute, at least one at a time, for 1 to 60 minutes.",
    )

    @api.depends("term_id", "is_practice")
    def _compute_name(self):
        for booking_round in self:
            term = booking_round.term_id.name or ""
            booking_round.name = (
                self.env._("Practice for %(term)s", term=term)
                if booking_round.is_practice
                else term
            )

    @api.depends("map_ids", "state")
    def _compute_counts(self):
        Allocation = self.env["hostel.allocation"]
        for booking_round in self:
            # Maps are the machine's; the numbers are of the user's own hostels.
            floors = booking_round.sudo().map_ids.floor_id
            booking_round.bed_count = self.env["hostel.bed"].search_count(
                [("floor_id", "in", floors.ids)]
            )
            counts = dict(
                Allocation._read_group(
                    [
                        ("floor_id", "in", floors.ids),
                        *Allocation._live_between(booking_round.date_from, booking_round.date_to),
                    ],
                    ["state"],
                    ["__count"],
                )
            )
            booking_round.awaiting_count = counts.get("awaiting_approval", 0)
            booking_round.booked_count = sum(
                counts.get(state, 0) for state in ("awaiting_approval", "allocated", "checked_in")
            )

    # ------------------------------------------------------------------
    # Opening and closing
    # ------------------------------------------------------------------

    def action_open(self):
        """Publish the maps of every hostel of the windows and load them."""
        self.check_access("write")
        for booking_round in self:
            if not booking_round.window_ids.hostel_ids:
                raise ValidationError(
                    self.env._("Add a booking window with the hostels that take part first.")
                )
            booking_round.state = "open"
            booking_round._publish_maps()

    def action_close(self):
        self.check_access("write")
        self.state = "closed"
        for booking_round in self:
            self._after_commit(lambda locks, key=booking_round.key: locks.clear_epoch(key))

    def action_publish_maps(self):
        """Draw the maps again after rooms, prices or drawings changed."""
        self.check_access("write")
        self._publish_maps()

    def _publish_maps(self):
        Map = self.env["hostel.booking.map"].sudo()
        for booking_round in self:
            floors = booking_round.window_ids.hostel_ids.floor_ids
            known = booking_round.map_ids.floor_id
            added = Map.create(
                [
                    {"round_id": booking_round.id, "floor_id": floor.id}
                    for floor in floors.filtered("bed_ids") - known
                ]
            )
            if added and booking_round.epoch:
                # Who may hold beds there is not in Redis yet.
                booking_round._doors_changed()
            booking_round.map_ids._publish()
            # Written last: whoever reads this epoch reads what came with it.
            booking_round.sudo().epoch += 1
            booking_round._load_after_commit()

    def _load_after_commit(self):
        registry, round_id = self.env.registry, self.id

        def load(locks):
            with registry.cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {})
                env["hostel.booking.round"].browse(round_id)._load(locks)

        self._after_commit(load)

    # ------------------------------------------------------------------
    # Waiting room
    # ------------------------------------------------------------------

    def write(self, vals):
        # Never the same again, not even after a change that was rolled back.
        result = super().write({**vals, "stamp": secrets.token_hex(8)})
        if vals.keys() & {"queue_mode", "queue_rate", "queue_max", "queue_pass_minutes"}:
            self._waiting_room_changed()
        return result

    def action_queue_start(self):
        """Let everybody wait for their turn from now on."""
        self.check_access("write")
        self.queue_mode = "on"

    def action_queue_stop(self):
        """Open the gate; it closes again by itself when more come than there is room for."""
        self.check_access("write")
        self.queue_mode = "auto"

    def get_queue_figures(self):
        """Live figures of the waiting room, for the round's form.

        :return: ``{"waiting", "active", "admitted", "mode", "rate", "max"}``, or an empty dict
            while the map is away
        """
        self.ensure_one()
        self.check_access("read")
        try:
            figures = get_locks(self.env.cr.dbname).tick_queue(self.sudo().key)
        except redis.RedisError:
            return {}
        return {
            "waiting": figures.waiting,
            "active": figures.active,
            "admitted": figures.admitted,
            "mode": self.queue_mode,
            "rate": self.queue_rate,
            "max": self.queue_max,
        }

    def _get_waiting_room(self):
        self.ensure_one()
        return WaitingRoom(
            mode=self.queue_mode,
            rate=self.queue_rate,
            max_active=self.queue_max,
            pass_ms=self.queue_pass_minutes * 60_000,
            secret=self.sudo().queue_secret,
        )

    def _waiting_room_changed(self):
        for booking_round in self:
            key, room = booking_round.key, booking_round._get_waiting_room()
            self._after_commit(lambda locks, key=key, room=room: locks.set_waiting_room(key, room))

    # ------------------------------------------------------------------
    # Redis
    # ------------------------------------------------------------------

    @api.model
    def _get_open(self):
        return self.sudo().search_fetch([("state", "=", "open")], OPEN_FIELDS)

    @api.model
    def _keep_maps(self):
        """Free what ran out and rebuild what Redis lost; called every second."""
        locks = get_locks(self.env.cr.dbname)
        for booking_round in self.sudo().search([("state", "!=", "open")]):
            # Redis may have been away when it closed.
            if locks.get_epoch(booking_round.key) is not None:
                locks.clear_epoch(booking_round.key)
        for booking_round in self._get_open():
            if locks.get_epoch(booking_round.key) == booking_round.epoch:
                locks.set_doors_version(booking_round.key, booking_round.doors_version)
                locks.set_waiting_room(booking_round.key, booking_round._get_waiting_room())
                locks.sweep(booking_round.key)
                locks.tick_queue(booking_round.key)
                booking_round._start_practice_again(locks)
                self.env["hostel.booking.quota"]._tell_map(booking_round, locks)
            else:
                booking_round._rebuild()

    def _rebuild(self):
        """Load a round under a new epoch, which stops writers of the old one.

        Only one process does it; the others find a loaded map a moment later.
        """
        self.ensure_one()
        locks = get_locks(self.env.cr.dbname)
        owner = uuid.uuid4().hex
        if not locks.take_mutex(f"rebuild:{self.key}", owner, REBUILD_TTL_MS):
            return
        try:
            locks.clear_epoch(self.key)
            with self.env.registry.cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {})
                env["hostel.booking.round"].browse(self.id).epoch += 1
            # A new cursor, so that the snapshot is younger than the new epoch.
            with self.env.registry.cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {})
                booking_round = env["hostel.booking.round"].browse(self.id)
                # It may have been closed since this process looked.
                if booking_round.state == "open":
                    booking_round._load(locks)
        finally:
            locks.free_mutex(f"rebuild:{self.key}", owner)

    def _load(self, locks):
        """Bring every floor of the round to Redis, then open it for holds."""
        self.ensure_one()
        if self.is_practice:
            locks.reset_practice(self.key)
        for floor_map in self.map_ids:
            locks.load_floor(self.key, self.epoch, floor_map._prepare_load())
        locks.set_doors_version(self.key, self.doors_version)
        locks.set_waiting_room(self.key, self._get_waiting_room())
        locks.set_epoch(self.key, self.epoch)
        _logger.info("round %s loaded: %s floors, epoch %s", self.id, len(self.map_ids), self.epoch)

    def _hold_many(self, pairs):
        """Hold one bed for each of several students: all of them or none.

        :param pairs: list of (one ``hostel.student``, one ``hostel.bed``)
        :return: list of :class:`~..tools.seat_lock.Hold`, in the same order, with one token
        :raises SeatRefused: with ``student_id`` of whom it is about
        :raises redis.RedisError: if Redis is away
        """
        self.ensure_one()
        for student, _bed in pairs:
            student.sudo()._load_eligibility(self)
        return get_locks(self.env.cr.dbname).hold_many(
            self.key,
            [(student.id, bed.sudo().floor_id.id, bed.sudo().map_index) for student, bed in pairs],
        )

    def _doors_changed(self, windows=None):
        """Make every student's eligibility be worked out again, and open maps look again.

        If Redis is away now, the keeper brings the new version later.

        :param windows: those whose new state is told at once
        """
        for booking_round in self.sudo():
            booking_round.doors_version += 1
            booking_round._announce(windows or self.env["hostel.booking.window"])

    def _announce(self, windows):
        """Tell every open map of the round that its doors changed, and how.

        The frame is one for all: it says nothing about anybody, and whoever needs to know
        their own slot asks for it a little later.

        :param windows: those whose state is told at once
        """
        self.ensure_one()
        booking_round, version = self.sudo(), self.sudo().doors_version
        keys = booking_round.map_ids.mapped("key")
        news = [window._prepare_news() for window in windows]

        def tell(locks):
            locks.set_doors_version(booking_round.key, version)
            locks.announce_doors(keys, version, news)

        self._after_commit(tell)

    @api.model
    def _after_commit(self, call):
        """Tell Redis something once it is true; it may be away.

        :param call: function of the seat locks
        """
        dbname = self.env.cr.dbname

        def tell():
            try:
                call(get_locks(dbname))
            except (redis.RedisError, psycopg2.Error, PoolError) as exc:
                # It is committed; the keeper repairs the map.
                _logger.warning("map not told: %s", type(exc).__name__)

        self.env.cr.postcommit.add(tell)
