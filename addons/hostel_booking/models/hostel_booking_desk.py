import logging

import redis

from odoo import api, models, tools
from odoo.exceptions import MissingError

from odoo.addons.hostel_base.errors import HostelError

from ..locks import get_locks
from ..tools.live_wsgi import KEY
from ..tools.seat_lock import SeatRefused

_logger = logging.getLogger(__name__)


class HostelBookingDesk(models.AbstractModel):
    """What a student can do on the live map, from hold to payment.

    Everything is about the signed-in student; nothing here takes the id of one. The files beside
    this one say what the pages show, and why not.
    """

    _name = "hostel.booking.desk"
    _description = "Booking Desk"

    # ------------------------------------------------------------------
    # Who and where
    # ------------------------------------------------------------------

    @api.model
    def _get_student(self):
        """The signed-in student.

        :raises HostelError: ``NOT_A_STUDENT``
        """
        student = self.env["hostel.student"]._get_current()
        if not student:
            raise HostelError("NOT_A_STUDENT", self.env._("Only students can book a bed."), 403)
        return student

    @api.model
    @tools.ormcache("key")
    def _resolve_key(self, key):
        """Round id, round key and floor id behind a map key; keys never change."""
        if not KEY.fullmatch(key):
            raise self._not_found()
        floor_map = self.env["hostel.booking.map"].sudo().search([("key", "=", key)], limit=1)
        if not floor_map:
            raise self._not_found()
        booking_round = floor_map.round_id
        return booking_round.id, booking_round.key, floor_map.floor_id.id, floor_map.id

    def _no_round(self):
        return HostelError("NO_ROUND", self.env._("No booking is going on at the moment."), 404)

    def _not_found(self):
        return HostelError("NOT_FOUND", self.env._("There is nothing here for you."), 404)

    @api.model
    def _locks(self):
        return get_locks(self.env.cr.dbname)

    @api.model
    def _get_round(self):
        """The open round that a call is about: the chosen one, else the real one that starts first.

        Of several open rounds the page, the key of a map or the token of a hold choose one.
        """
        chosen = self.env.context.get("hostel_round_id")
        return (chosen and self._find_open_round(chosen)) or self._get_rounds()[:1]

    def _find_open_round(self, round_id):
        """A round if it is open, else an empty recordset; no query if it was looked at before."""
        booking_round = self.env["hostel.booking.round"].sudo().browse(round_id)
        try:
            return booking_round if booking_round.state == "open" else booking_round.browse()
        except MissingError:
            return booking_round.browse()

    @api.model
    def _get_rounds(self):
        """The open rounds, those for practice last."""
        rounds = self.env["hostel.booking.round"]._get_open()
        return rounds.sorted(lambda one: (one.is_practice, one.date_from, one.id))

    @api.model
    def _in_round(self, round_id):
        """The desk of one round, which the calls on it are about."""
        return self.with_context(hostel_round_id=round_id)

    @api.model
    def _of_token(self, token):
        """The desk of the round in which the signed-in student holds with a token."""
        student = self._get_student()
        for booking_round in self._get_rounds():
            hold = self._guard(lambda locks, key=booking_round.key: locks.get_hold(key, student.id))
            if hold and hold.token == token:
                return self._in_round(booking_round.id)
        return self

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @api.model
    def _hold(self, key, index):
        """Hold the bed at a place of a map.

        :raises HostelError: see :meth:`_refusal`
        """
        round_id, round_key, floor_id, _map_id = self._resolve_key(key)
        self = self._in_round(round_id)
        student_id = self.env["hostel.student"]._get_id_of_user(self.env.uid)
        if not student_id:
            self._get_student()
        try:
            hold = self._try_hold(round_id, round_key, floor_id, index, student_id)
        except SeatRefused as exc:
            raise self._refusal(exc, key, index) from None
        except redis.RedisError as exc:
            raise self._map_offline(exc) from None
        return self._describe_hold(hold, key)

    def _try_hold(self, round_id, round_key, floor_id, index, student_id):
        locks = self._locks()
        try:
            return locks.hold(round_key, floor_id, index, student_id)
        except SeatRefused as exc:
            if exc.code not in ("NO_ELIGIBILITY", "MAP_REBUILDING"):
                raise
            booking_round = self.env["hostel.booking.round"].sudo().browse(round_id)
            if booking_round.state != "open":
                raise SeatRefused("WINDOW_CLOSED") from None
            if exc.code == "MAP_REBUILDING":
                raise
        self.env["hostel.student"].sudo().browse(student_id)._load_eligibility(booking_round)
        return locks.hold(round_key, floor_id, index, student_id)

    @api.model
    def _release(self, token):
        self = self._of_token(token)
        booking_round, student = self._get_round(), self._get_student()
        self._guard(lambda locks: locks.release(booking_round.key, student.id, token))

    @api.model
    def _extend(self, token):
        self = self._of_token(token)
        booking_round, student = self._get_round(), self._get_student()
        hold = self._guard(lambda locks: locks.extend(booking_round.key, student.id, token))
        return self._describe_hold(hold)

    @api.model
    def _pay(self, token):
        """Turn a hold into a row of PostgreSQL and go to the checkout.

        A second call, or one after the hold became a row, goes on with that row.

        :return: ``{"state", "redirect"}``
        """
        self = self._of_token(token)
        booking_round, student = self._get_round(), self._get_student()
        hold = self._guard(lambda locks: locks.get_hold(booking_round.key, student.id))
        if hold and hold.token == token:
            self._check_held_alone(booking_round, student, token)
            bed = self._get_bed(hold.floor_id, hold.index)
            row = (
                self.env["hostel.allocation"]
                .with_context(**self._get_booking_context(student, booking_round, bed))
                ._reserve(
                    bed,
                    student,
                    booking_round.term_id,
                    "paying",
                    price=hold.price,
                    hold_seconds=60
                    * self.env["hostel.allocation"]._get_minutes("hostel_base.payment_minutes", 15),
                )
            )
        else:
            row = self._get_unpaid_row(student, booking_round)
        if not row:
            raise HostelError(
                "HOLD_EXPIRED",
                self.env._("Your time for this bed ran out. If it is still free, hold it again."),
                410,
            )
        result = row.sudo()._checkout()
        return {"state": row.sudo().state, **result}

    def _check_held_alone(self, booking_round, student, token):
        """A bed that is held for a group is taken by its leader, with all the others.

        :raises HostelError: ``HELD_TOGETHER``
        """
        if self._is_held_together(booking_round, student, token):
            raise HostelError(
                "HELD_TOGETHER",
                self.env._(
                    "This bed is held for your group. Its leader takes all of them on the page of"
                    " the group."
                ),
            )

    def _is_held_together(self, booking_round, student, token):
        """Whether others of the student's group hold with the same token."""
        cohort = self.env["hostel.cohort.desk"]._find_cohort(student, booking_round)
        holds = (
            self._guard(lambda locks, one=one: locks.get_hold(booking_round.key, one.id))
            for one in cohort._get_students() - student
        )
        return any(hold and hold.token == token for hold in holds)

    @api.model
    def _confirm(self, allocation_id):
        """Take the bed that was offered, by the group's leader, the warden or the waitlist; with
        something to pay, go on to the payment.

        :return: ``{"state", "redirect"}``
        :raises HostelError: ``HOLD_EXPIRED``, ``NOT_FOUND``
        """
        row = self._get_own_row(allocation_id)
        if row.state in ("expired", "cancelled"):
            raise HostelError(
                "HOLD_EXPIRED",
                self.env._("Your time for this bed ran out. If it is still free, hold it again."),
                410,
            )
        result = row._checkout() if row.state in ("offered", "paying") else {"redirect": None}
        return {"state": row.state, **result}

    def _get_own_row(self, allocation_id):
        """A booking of the signed-in student.

        :raises HostelError: ``NOT_FOUND``
        """
        student = self._get_student()
        row = (
            self.env["hostel.allocation"]
            .sudo()
            .search([("id", "=", allocation_id), ("student_id", "=", student.id)])
        )
        if not row:
            raise self._not_found()
        return row

    @api.model
    def _get_booking_context(self, student, booking_round, bed):
        """What a row that is booked on the map remembers: the map, and through which door."""
        now = self.env.cr.now()
        windows = student.sudo()._get_windows(booking_round)
        windows = windows.filtered(lambda window: bed.hostel_id in window.hostel_ids)
        is_open = windows.filtered(lambda window: window.opens_at <= now < window.closes_at)
        return {"booking_source": "map", "booking_window_id": (is_open or windows)[:1].id}

    @api.model
    def _cancel(self, allocation_id):
        """Let go of an unpaid booking."""
        row = self._get_own_row(allocation_id)
        if row.state not in ("offered", "paying"):
            raise HostelError(
                "ALREADY_PAID" if row.paid_at else "INVALID_TRANSITION",
                self.env._("This booking can't be let go here any more; ask the hostel office."),
            )
        if not row._let_go():
            # The payment is real: keep what was just recorded and say so.
            return {"state": row.state, "code": "ALREADY_PAID"}
        return {"state": row.state}

    def _guard(self, call):
        """Run a call on the seat locks, with refusals translated."""
        try:
            return call(self._locks())
        except SeatRefused as exc:
            raise self._refusal(exc) from None
        except redis.RedisError as exc:
            raise self._map_offline(exc) from None

    def _map_offline(self, exc):
        _logger.warning("booking without Redis: %s", type(exc).__name__)
        return HostelError(
            "MAP_OFFLINE",
            self.env._("The map is away for a moment. Nothing is lost; try again."),
            503,
            {"retry_after": 2},
        )

    def _get_bed(self, floor_id, index):
        bed = (
            self.env["hostel.bed"]
            .sudo()
            # A bed that was retired under a hold is still shown, and refused at Pay.
            .with_context(active_test=False)
            .search([("floor_id", "=", floor_id), ("map_index", "=", index)], limit=1)
        )
        if not bed:
            raise self._not_found()
        return bed

    def _get_unpaid_row(self, student, booking_round):
        return (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("student_id", "=", student.id),
                    ("state", "in", ("offered", "paying")),
                    ("term_id", "=", booking_round.term_id.id),
                ],
                limit=1,
            )
        )
