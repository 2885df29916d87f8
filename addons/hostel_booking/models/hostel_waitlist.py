import logging

import redis

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from odoo.addons.hostel_base.const import LIVE_STATES
from odoo.addons.hostel_base.errors import HostelError

from ..locks import get_locks
from ..tools.seat_lock import HELD

_logger = logging.getLogger(__name__)

# So many people are asked about one bed before it is left to the map.
CANDIDATES = 50
GONE = ("BED_BUSY", "BED_TAKEN", "ROOM_NOT_AVAILABLE", "BED_RETIRED")
# Beds that one round of the cron looks at, and days over which an estimate looks back.
BEDS_AT_ONCE = 200
ESTIMATE_DAYS = 14


class HostelWaitlist(models.Model):
    """People who wait for one kind of bed: of a window, in a hostel, of a room type.

    An empty hostel or room type means any. Lists are made when the first one joins.
    """

    _name = "hostel.waitlist"
    _description = "Waitlist"
    _order = "window_id desc, hostel_id, room_type_id, id"

    window_id = fields.Many2one(
        "hostel.booking.window", required=True, readonly=True, ondelete="cascade", index=True
    )
    round_id = fields.Many2one(
        related="window_id.round_id", store=True, index=True, precompute=True
    )
    term_id = fields.Many2one(related="round_id.term_id", store=True, precompute=True)
    hostel_id = fields.Many2one("hostel.hostel", readonly=True, ondelete="cascade", index=True)
    room_type_id = fields.Many2one("hostel.room.type", readonly=True, ondelete="cascade")
    entry_ids = fields.One2many("hostel.waitlist.entry", "waitlist_id", string="Entries")
    waiting_count = fields.Integer(string="Waiting", compute="_compute_counts")
    offered_count = fields.Integer(string="Offered", compute="_compute_counts")
    placed_count = fields.Integer(string="Got a bed", compute="_compute_counts")

    _class_uniq = models.UniqueIndex(
        "(window_id, COALESCE(hostel_id, 0), COALESCE(room_type_id, 0))",
        "This waitlist exists already.",
    )

    @api.depends("hostel_id", "room_type_id")
    def _compute_display_name(self):
        for waitlist in self:
            waitlist.display_name = waitlist._get_class_label()

    @api.depends("entry_ids.state")
    def _compute_counts(self):
        counts = {
            (waitlist.id, state): count
            for waitlist, state, count in self.env["hostel.waitlist.entry"]._read_group(
                [("waitlist_id", "in", self.ids)], ["waitlist_id", "state"], ["__count"]
            )
        }
        for waitlist in self:
            waitlist.waiting_count = counts.get((waitlist.id, "waiting"), 0)
            waitlist.offered_count = counts.get((waitlist.id, "offered"), 0)
            waitlist.placed_count = counts.get((waitlist.id, "accepted"), 0)

    @api.constrains("window_id", "hostel_id")
    def _check_hostel_takes_part(self):
        for waitlist in self:
            if waitlist.hostel_id and waitlist.hostel_id not in waitlist.window_id.hostel_ids:
                raise ValidationError(self.env._("This hostel does not take part in the window."))

    def _get_class_label(self):
        """The kind of bed in words: ``AC twin in Kaveri``."""
        self.ensure_one()
        waitlist = self.sudo()
        kind = waitlist.room_type_id.name or self.env._("Any room")
        if not waitlist.hostel_id:
            return kind
        return self.env._("%(kind)s in %(hostel)s", kind=kind, hostel=waitlist.hostel_id.name)

    @api.model
    def _get_or_create(self, window, hostel, room_type):
        """The list of a kind of bed; two who join first at once make one."""
        domain = [
            ("window_id", "=", window.id),
            ("hostel_id", "=", hostel.id),
            ("room_type_id", "=", room_type.id),
        ]
        waitlist = self.sudo().search(domain, limit=1)
        if waitlist:
            return waitlist
        # Who loses the race to create it gets a conflict, which Odoo plays again.
        return self.sudo().create(
            {
                "window_id": window.id,
                "hostel_id": hostel.id,
                "room_type_id": room_type.id,
            }
        )

    # ------------------------------------------------------------------
    # Beds that become free
    # ------------------------------------------------------------------

    @api.model
    def _on_event(self, event):
        """A bed may be free: offer it to who waits longest for one like it."""
        payload = event.payload
        bed_ids = payload.get("bed_ids") or [
            payload[name] for name in ("from_bed_id", "bed_id") if payload.get(name)
        ]
        beds = self.env["hostel.bed"].sudo().browse(bed_ids).exists()
        for booking_round in self._get_rounds():
            self._serve(booking_round, beds)

    def _get_rounds(self):
        """The open rounds in which a bed can be offered: nobody gets one by practising."""
        rounds = self.env["hostel.booking.round"]._get_open()
        return rounds.filtered(lambda one: not one.is_practice)

    @api.model
    def _serve(self, booking_round, beds):
        """Offer beds of a round, each to the first in line who may and can have it.

        :param beds: ``hostel.bed`` that may be free; those that are not are left out
        :return: the entries that were offered something
        """
        served = self.env["hostel.waitlist.entry"].sudo()
        if not beds or not served.search_count(
            [("state", "=", "waiting"), ("round_id", "=", booking_round.id)], limit=1
        ):
            return served
        for bed in self._get_free(booking_round, beds):
            try:
                with self.env.cr.savepoint():
                    served |= self._offer_bed(booking_round, bed)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception:
                # One bed that nobody can be offered must not keep the others closed.
                _logger.exception("waitlist: bed %s is not offered", bed.id)
        return served

    @api.model
    def _get_free(self, booking_round, beds):
        """Those of some beds that nobody has for the term and nobody holds just now."""
        term = booking_round.term_id
        taken = (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("bed_id", "in", beds.ids),
                    ("state", "in", LIVE_STATES),
                    ("date_from", "<", term.date_to),
                    ("date_to", ">", term.date_from),
                ]
            )
            .bed_id
        )
        free = (beds - taken).filtered(lambda bed: not bed._is_retired())
        hostels = booking_round.sudo().window_ids.hostel_ids
        held = self._get_held(booking_round, free)
        return free.filtered(lambda bed: bed.hostel_id in hostels) - held

    def _get_held(self, booking_round, beds):
        """Beds that somebody on the map holds; without Redis nobody can."""
        try:
            states = get_locks(self.env.cr.dbname).peek_floors(booking_round.key, beds.floor_id.ids)
        except redis.RedisError as exc:
            _logger.warning("waitlist without Redis: %s", type(exc).__name__)
            return beds.browse()

        def is_held(bed):
            painted = states.get(bed.floor_id.id) or ""
            # Only a hold counts: what PostgreSQL says was asked above.
            return painted[bed.map_index : bed.map_index + 1] == HELD

        return beds.filtered(is_held)

    @api.model
    def _offer_bed(self, booking_round, bed):
        """Offer one bed to the first in line who may have it.

        :return: the entry, or an empty recordset
        """
        line = self._get_line(booking_round, bed)
        if not line:
            return line
        try:
            # First the bed: of several who want to offer it one goes on, so that nobody in
            # line is passed over because somebody else is just trying them in vain.
            self.env["hostel.allocation"]._lock_bed(bed)
        except HostelError:
            return self.env["hostel.waitlist.entry"].sudo()
        for entry in line:
            beds = entry._choose_beds(bed)
            if not beds:
                if entry._gather(bed):
                    break
                entry._pass_over_group(bed)
                continue
            try:
                with self.env.cr.savepoint():
                    if entry._offer(beds):
                        return entry
            except HostelError as exc:
                _logger.info("waitlist entry %s: bed %s: %s", entry.id, bed.id, exc.code)
                if exc.code in GONE:
                    # Nobody else can have it either.
                    break
                entry._note_passed_over(str(exc))
        return self.env["hostel.waitlist.entry"].sudo()

    def _get_line(self, booking_round, bed):
        """Who waits for a bed like this, in the order in which they are asked."""
        gender = bed.room_id.gender or bed.hostel_id._get_required_gender()
        return (
            self.env["hostel.waitlist.entry"]
            .sudo()
            .search(
                Domain("round_id", "=", booking_round.id)
                & Domain("state", "=", "waiting")
                & Domain("waitlist_id.hostel_id", "in", (False, bed.hostel_id.id))
                & Domain("waitlist_id.room_type_id", "in", (False, bed.room_type_id.id))
                & Domain("student_id.gender", "=", gender),
                order="priority, joined_at, id",
                limit=CANDIDATES,
            )
        )

    @api.model
    def _cron_advance(self):
        """Let offers run out, and find beds that no event told of."""
        Entry = self.env["hostel.waitlist.entry"].sudo()
        Entry._expire_due()
        for booking_round in self._get_rounds():
            lists = self.sudo().search(
                [("round_id", "=", booking_round.id), ("entry_ids.state", "=", "waiting")]
            )
            if not lists:
                continue
            term = booking_round.term_id
            hostels = lists.hostel_id
            if lists.filtered(lambda one: not one.hostel_id):
                hostels = booking_round.window_ids.hostel_ids
            kinds = lists.room_type_id
            if lists.filtered(lambda one: not one.room_type_id):
                kinds = kinds.browse()
            beds = (
                self.env["hostel.availability"]
                .sudo()
                ._check(term.date_from, term.date_to, hostel=hostels, room_type=kinds)
            )
            self._serve(booking_round, self._get_wanted(booking_round, beds)[:BEDS_AT_ONCE])

    def _get_wanted(self, booking_round, beds):
        """Those of some beds for which somebody is in line."""
        waiting = (
            self.env["hostel.waitlist.entry"]
            .sudo()
            .search([("round_id", "=", booking_round.id), ("state", "=", "waiting")])
        )
        wanted = {
            (entry.hostel_id.id, entry.room_type_id.id, entry.student_id.gender)
            for entry in waiting
        }

        def is_wanted(bed):
            gender = bed.room_id.gender or bed.hostel_id._get_required_gender()
            return any(
                (hostel, kind, gender) in wanted
                for hostel in (False, bed.hostel_id.id)
                for kind in (False, bed.room_type_id.id)
            )

        return beds.filtered(is_wanted)

    # ------------------------------------------------------------------
    # What a person in line is told
    # ------------------------------------------------------------------

    def _count_freed(self):
        """Beds of this kind that became free in the last two weeks, from the events."""
        self.ensure_one()
        waitlist = self.sudo()
        conditions = [
            SQL("name IN ('allocation.cancelled', 'allocation.vacated', 'allocation.moved')"),
            SQL("happened_at > (now() AT TIME ZONE 'UTC') - %s * interval '1 day'", ESTIMATE_DAYS),
            SQL("(payload->>'term_id')::int = %s", waitlist.term_id.id),
        ]
        if waitlist.hostel_id:
            conditions.append(SQL("(payload->>'hostel_id')::int = %s", waitlist.hostel_id.id))
        if waitlist.room_type_id:
            conditions.append(SQL("(payload->>'room_type_id')::int = %s", waitlist.room_type_id.id))
        [[count]] = self.env.execute_query(
            SQL("SELECT count(*) FROM hostel_event WHERE %s", SQL(" AND ").join(conditions))
        )
        return count

    def _get_estimate(self, position):
        """When a place in line may have its turn, in honest words."""
        self.ensure_one()
        freed = self._count_freed()
        if not freed:
            return self.env._("No such bed became free in the last two weeks: nobody can say when.")
        days = -(-position * ESTIMATE_DAYS // freed)
        if days <= 1:
            return self.env._(
                "Such beds that became free in the last two weeks: %(freed)s. It may be a day.",
                freed=freed,
            )
        return self.env._(
            "Such beds that became free in the last two weeks: %(freed)s. At that pace it takes"
            " about %(days)s days; nobody can promise it.",
            freed=freed,
            days=days,
        )

    @api.model
    def _find_free(self, window, hostel, room_type, student):
        """Free beds of a kind for a student, as the map would show them."""
        booking_round = window.round_id
        term = booking_round.term_id
        beds = (
            self.env["hostel.availability"]
            .sudo()
            ._check(
                term.date_from,
                term.date_to,
                hostel=hostel or window.hostel_ids,
                room_type=room_type,
                gender=student.gender,
            )
        )
        beds = beds.filtered(lambda bed: not bed._is_kept_from(student))
        return beds - self._get_held(booking_round, beds)

    def action_open_entries(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_booking.hostel_waitlist_entry_action"
        )
        return {**action, "domain": [("waitlist_id", "=", self.id)], "context": {}}
