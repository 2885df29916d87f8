import logging

import redis

from odoo import api, models, tools
from odoo.tools.misc import format_datetime, formatLang

from odoo.addons.hostel_base.errors import HostelError

from ..const import HOLD_MINUTES
from ..locks import get_locks
from ..tools.alternatives import next_best
from ..tools.live_wsgi import KEY
from ..tools.seat_lock import SeatRefused

_logger = logging.getLogger(__name__)

LIVE_BOOKING_STATES = ("offered", "paying", "awaiting_approval", "allocated", "checked_in")
OPEN_MONEY_STATES = ("unplaced", "refund_due")
# Of several windows the one in the first of these states matters most.
WINDOW_ORDER = ("open", "ranked", "paused", "pending", "soon", "closed")


class HostelBookingDesk(models.AbstractModel):
    """What a student can do on the live map, from hold to payment.

    Everything is about the signed-in student; nothing here takes the id of one.
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
        rounds = self._get_rounds()
        chosen = self.env.context.get("hostel_round_id")
        return rounds.filtered(lambda one: one.id == chosen) or rounds[:1]

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
        cohort = self.env["hostel.cohort.desk"]._find_cohort(student, booking_round)
        for other in cohort._get_students() - student:
            hold = self._guard(
                lambda locks, other=other: locks.get_hold(booking_round.key, other.id)
            )
            if hold and hold.token == token:
                raise HostelError(
                    "HELD_TOGETHER",
                    self.env._("This bed is held for your group. Its leader takes all of them."),
                )

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
        student = self._get_student()
        row = (
            self.env["hostel.allocation"]
            .sudo()
            .search([("id", "=", allocation_id), ("student_id", "=", student.id)])
        )
        if not row:
            raise self._not_found()
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

    # ------------------------------------------------------------------
    # Refusals in the student's words
    # ------------------------------------------------------------------

    def _refusal(self, exc, key=None, index=None):
        """Translate a refusal of the seat map.

        :return: ``HostelError`` with the same code and what helps to go on
        """
        status, message = self._refusal_text(exc.code)
        details = {}
        if exc.code in ("TOO_MANY_REQUESTS", "NOT_OPEN", "NOT_YOUR_SLOT"):
            wait_ms = int(float(exc.extra[0]))
            name = "wait_ms" if exc.code == "TOO_MANY_REQUESTS" else "opens_in_ms"
            details = {name: wait_ms, "retry_after": max(1, -(-wait_ms // 1000))}
        elif exc.code == "MAP_REBUILDING":
            details = {"retry_after": 1}
        elif exc.code == "ALREADY_HOLDING":
            details = {"hold": self._get_current_hold()}
        elif exc.code == "NOT_ELIGIBLE" and key:
            return self._explain_refusal(key) or HostelError(exc.code, message, status, details)
        elif exc.code in ("BED_TAKEN", "ROOM_NOT_AVAILABLE") and key:
            details = {"next": self._get_next_best(key, index)}
        return HostelError(exc.code, message, status, details)

    def _refusal_text(self, code):
        texts = {
            "BED_TAKEN": (409, self.env._("Someone took this bed a second ago.")),
            "ROOM_NOT_AVAILABLE": (409, self.env._("This bed is closed for now.")),
            "ALREADY_HOLDING": (409, self.env._("You hold another bed. Let it go first.")),
            "HAS_ALLOCATION": (409, self.env._("You have a bed for this term already.")),
            "NOT_OPEN": (403, self.env._("Booking has not opened yet.")),
            "NOT_YOUR_SLOT": (403, self.env._("Your slot has not come yet.")),
            "WINDOW_CLOSED": (403, self.env._("Booking is closed.")),
            "NOT_ELIGIBLE": (403, self.env._("Booking on this floor is not open to you.")),
            "NO_ELIGIBILITY": (403, self.env._("Booking on this floor is not open to you.")),
            "GENDER_MISMATCH": (403, self.env._("This room is for others.")),
            "BED_RESERVED": (403, self.env._("This bed is kept for others. Choose another one.")),
            "OUTSTANDING_FEES": (
                403,
                self.env._("A bill of an earlier term is not paid yet. Pay it, then book."),
            ),
            "VIOLATION_UNRESOLVED": (
                403,
                self.env._("A report about you is not settled yet; talk to your warden first."),
            ),
            "STUDENT_INACTIVE": (
                403,
                self.env._("Only active students can book; ask the hostel office."),
            ),
            "TOO_MANY_REQUESTS": (
                429,
                self.env._("That was very fast. Wait a moment and try again."),
            ),
            "MAP_REBUILDING": (
                503,
                self.env._("The map is being drawn again. Try again in a second."),
            ),
            "HOLD_EXPIRED": (410, self.env._("Your time for this bed ran out.")),
            "ALREADY_EXTENDED": (409, self.env._("You can add time only once.")),
            "NOT_FOUND": (404, self.env._("There is nothing here for you.")),
        }
        return texts[code]

    def _get_next_best(self, key, index):
        floor_map = self.env["hostel.booking.map"].sudo().search([("key", "=", key)], limit=1)
        student = self.env["hostel.student"]._get_current()
        locks, place = self._locks(), (floor_map.round_id.key, floor_map.floor_id.id)
        try:
            floor, kept = locks.read_floor(*place), locks.read_kept(*place, student.id)
        except (SeatRefused, redis.RedisError):
            return []
        beds = next_best(floor_map.layout, floor.states, index, student.gender, kept=kept)
        return [{"key": key, "floor": floor_map.floor_id.name, **bed} for bed in beds]

    # ------------------------------------------------------------------
    # What the pages show
    # ------------------------------------------------------------------

    def _describe_hold(self, hold, key=None):
        """A hold as the pages show it; times are what is left, in ms."""
        bed = self._get_bed(hold.floor_id, hold.index)
        if not key:
            key = self._get_key_of_floor(hold.floor_id)
        return {
            "key": key,
            "i": hold.index,
            "token": hold.token,
            "expires_in_ms": hold.ttl_ms,
            "hold_ms": hold.hold_ms,
            "price": hold.price,
            "bed": f"{bed.room_id.name} · {bed.label}",
            "room": bed.room_id.name,
            "label": bed.label,
            "hostel": bed.hostel_id.name,
            "hostel_id": bed.hostel_id.id,
            "extended": hold.extended,
        }

    def _get_key_of_floor(self, floor_id):
        booking_round = self._get_round()
        return booking_round.map_ids.filtered(lambda m: m.floor_id.id == floor_id).key or None

    def _get_current_hold(self):
        """What the student holds: in the chosen round, or in any if none is chosen."""
        student = self.env["hostel.student"]._get_current()
        if not student:
            return None
        rounds = self._get_round() if self.env.context.get("hostel_round_id") else None
        for booking_round in self._get_rounds() if rounds is None else rounds:
            hold = self._guard(lambda locks, key=booking_round.key: locks.get_hold(key, student.id))
            if hold:
                return self._in_round(booking_round.id)._describe_hold(hold)
        return None

    @api.model
    def _get_action(self, hold):
        """What the main button says and does about a hold."""
        student = self._get_student()
        return self._get_checkout_action(student, hold, self.env["hostel.allocation"])

    @api.model
    def _get_me(self):
        """The student's hold and booking, and what the main button does."""
        student = self.env["hostel.student"]._get_current()
        if not student:
            return {"hold": None, "booking": None, "action": "none", "action_label": ""}
        try:
            hold = self._get_current_hold()
        except HostelError:
            # The booking is in PostgreSQL: it is shown even while the map is away.
            hold = None
        row = self._get_booking(student)
        return {
            "hold": hold,
            "booking": self._describe_booking(row) if row else None,
            **self._get_checkout_action(student, hold, row),
        }

    def _get_booking(self, student):
        rows = (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("student_id", "=", student.id),
                    ("state", "in", LIVE_BOOKING_STATES + OPEN_MONEY_STATES),
                    ("date_to", ">", self.env.cr.now().date()),
                ],
                order="date_from, id desc",
            )
        )
        booking_round = self._get_round()
        if booking_round:
            # Where the student lives this term must not hide what is held for the next.
            rows = rows.filtered(
                lambda row: (
                    row.date_from < booking_round.date_to and row.date_to > booking_round.date_from
                )
            )
        live = rows.filtered(lambda row: row.state in LIVE_BOOKING_STATES)
        return (live or rows)[:1]

    def _describe_booking(self, row):
        left_ms = None
        if row.hold_until:
            left_ms = max(0, int((row.hold_until - self.env.cr.now()).total_seconds() * 1000))
        unpaid = row.state in ("offered", "paying")
        states = dict(row._fields["state"]._description_selection(self.env))
        return {
            "id": row.id,
            "state": row.state,
            "state_label": states[row.state],
            "bed": f"{row.room_id.name} · {row.bed_id.label}",
            "room": row.room_id.name,
            "label": row.bed_id.label,
            "hostel": row.hostel_id.name,
            "hostel_id": row.hostel_id.id,
            "term": row.term_id.name or "",
            "key": self._get_key_of_floor(row.floor_id.id),
            "i": row.bed_id.map_index,
            "price": row.price,
            "hold_ms_left": left_ms,
            "pay_url": row._get_pay_url() if unpaid else None,
            "can_cancel": unpaid,
            "approval_label": self._get_approval_label(row),
        }

    def _get_approval_label(self, row):
        if row.state == "awaiting_approval":
            return self.env._("The warden checks it; you will hear from us.")
        if row.state == "allocated":
            return self.env._("The bed is yours.")
        if row.state == "refund_due":
            return self.env._("Your payment will be refunded.")
        return ""

    def _get_checkout_action(self, student, hold, row):
        """Extension point: what the main button says and does."""
        return {"action": "confirm", "action_label": self.env._("Confirm")}

    def _format_money(self, amount):
        """An amount as people write it: whole rupees without paise."""
        currency = self.env.company.currency_id
        digits = 0 if amount == int(amount) else currency.decimal_places
        number = formatLang(self.env, amount, digits=digits)
        if currency.position == "before":
            return f"{currency.symbol}{number}"
        return f"{number} {currency.symbol}"

    # ------------------------------------------------------------------
    # Boot of the map
    # ------------------------------------------------------------------

    @api.model
    def _boot(self, hostel_id):
        """Everything that the map of a hostel needs to start.

        :raises HostelError: ``NOT_FOUND`` for a hostel that is not in the round,
            ``NO_ROUND`` when nothing can be booked
        """
        if not self.env["hostel.booking.map"]._may_look():
            raise self._not_found()
        booking_round = self._get_round()
        if not booking_round:
            raise self._no_round()
        maps = booking_round.map_ids.filtered(lambda m: m.hostel_id.id == hostel_id)
        if not maps:
            raise self._not_found()
        student = self.env["hostel.student"]._get_current()
        if student:
            self._guard(lambda _locks: student._load_eligibility(booking_round))
        hostel = maps.hostel_id
        return {
            "term": {
                "id": booking_round.term_id.id,
                "name": booking_round.term_id.name,
                "months": booking_round.term_id.month_count,
            },
            "hostel": self._describe_hostel(hostel),
            "hostels": self._get_campus(booking_round, student),
            "currency": self._describe_currency(hostel),
            **self._describe_doors(booking_round, maps, student),
            "me": self._in_round(booking_round.id)._get_me(),
            "round": self._describe_round(booking_round),
            "student": {"gender": student.gender, "name": student.name} if student else None,
            "preview": not student,
            # What the signed-in warden may do with these beds; None for everybody else.
            "counter": None
            if booking_round.is_practice
            else self.env["hostel.booking.counter"]._get_rights(hostel),
        }

    @api.model
    def _describe_round(self, booking_round):
        return {"id": booking_round.id, "name": booking_round.name, "practice": None}

    @api.model
    def _get_doors(self, hostel_id):
        """What may have changed for the viewer of a map: the window, and which floors are theirs.

        :raises HostelError: as :meth:`_boot`
        """
        if not self.env["hostel.booking.map"]._may_look():
            raise self._not_found()
        booking_round = self._get_round()
        maps = booking_round.map_ids.filtered(lambda m: m.hostel_id.id == hostel_id)
        if not maps:
            raise self._not_found()
        student = self.env["hostel.student"]._get_current()
        return self._describe_doors(booking_round, maps, student)

    def _describe_doors(self, booking_round, maps, student):
        hostel = maps.hostel_id
        facts = student._get_booking_facts(booking_round) if student else None
        refusal = self._get_refusal(hostel, booking_round, student, facts)
        return {
            "doors": booking_round.doors_version,
            "window": self._describe_window(booking_round, hostel, student, facts),
            "floors": self._describe_floors(maps, refusal, student),
        }

    def _describe_currency(self, hostel):
        currency = hostel.currency_id
        return {
            "symbol": currency.symbol,
            "position": currency.position,
            "digits": currency.decimal_places,
            "code": currency.name,
        }

    def _describe_hostel(self, hostel):
        types = dict(hostel._fields["gender_type"]._description_selection(self.env))
        return {
            "id": hostel.id,
            "name": hostel.name,
            "gender_type": hostel.gender_type,
            "gender_label": types[hostel.gender_type],
        }

    def _describe_floors(self, maps, refusal, student):
        # For whom a bed is kept is told to nobody: it would say something of who lives there.
        kept = student._get_kept_places(maps.floor_id) if student else {}
        return [
            {
                **self._describe_floor(floor_map, refusal),
                "kept": sorted(kept.get(floor_map.floor_id.id, ())),
            }
            for floor_map in maps
        ]

    def _describe_floor(self, floor_map, refusal):
        return {
            "key": floor_map.key,
            "name": floor_map.floor_id.name,
            "number": floor_map.number,
            "layout_version": floor_map.layout_version,
            "eligible": not refusal,
            "reason": refusal["text"] if refusal else "",
            "code": refusal["code"] if refusal else "",
        }

    def _why_not(self, hostel, booking_round, student):
        """Why a student can't book in a hostel at all, in words; empty if they can."""
        refusal = self._get_refusal(hostel, booking_round, student)
        return refusal["text"] if refusal else ""

    def _get_refusal(self, hostel, booking_round, student, facts=None):
        """Why a student can't book in a hostel, whatever the hour.

        Pauses and hours are no reasons here: the map shows them as the state of the window.

        :param facts: of the student, where they were worked out before
        :return: ``{"code", "text", "reasons"}``, or None if nothing speaks against it
        """
        if not student:
            return self._prepare_refusal("NOT_A_STUDENT", self.env._("Students only"))
        if not student._may_live_in(hostel):
            label = self._describe_hostel(hostel)["gender_label"]
            return self._prepare_refusal("NOT_ELIGIBLE", self.env._("%(type)s only", type=label))
        facts = facts or student._get_booking_facts(booking_round)
        windows = booking_round.window_ids.filtered(lambda w: hostel in w.hostel_ids)
        verdicts = [(window, window._judge(facts)) for window in windows]
        if not verdicts:
            return self._prepare_refusal("NOT_ELIGIBLE", self.env._("Not open to you"))
        # The window that is nearest to being the student's own tells what is missing.
        window, codes = min(verdicts, key=lambda verdict: len(verdict[1]))
        if not codes:
            return None
        return self._prepare_refusal(
            codes[0], *(window._get_reason_text(code) for code in codes), codes=codes
        )

    @api.model
    def _prepare_refusal(self, code, *texts, codes=()):
        return {"code": code, "text": " ".join(texts), "reasons": list(codes) or [code]}

    def _explain_refusal(self, key):
        """What speaks against a hold on a floor without an open door, as an error."""
        floor_map = self.env["hostel.booking.map"].sudo().search([("key", "=", key)], limit=1)
        student = self._get_student()
        booking_round, hostel = floor_map.round_id, floor_map.hostel_id
        refusal = self._get_refusal(hostel, booking_round, student)
        if refusal:
            details = {"reasons": refusal["reasons"]}
            return HostelError(refusal["code"], refusal["text"], 403, details)
        window = self._get_window(booking_round, hostel, student)
        state = window._get_state(student) if window else "closed"
        texts = {
            "paused": (
                "WINDOW_PAUSED",
                self.env._("Booking is paused. Beds can be looked at, not held."),
            ),
            "ranked": (
                "WINDOW_RANKED",
                self.env._("Beds of this booking are given by wishes: state yours."),
            ),
            "pending": (
                "SLOTS_PENDING",
                self.env._("The time slots are being prepared. You will hear from us."),
            ),
        }
        if state not in texts:
            return None
        code, text = texts[state]
        url = window._get_wishes_url()
        return HostelError(code, text, 403, {"url": url} if url else {})

    def _get_window(self, booking_round, hostel, student, facts=None):
        """The door that matters most to the viewer: one that is open, or the next to open."""
        windows = booking_round.window_ids.filtered(lambda w: hostel in w.hostel_ids)
        if student:
            facts = facts or student._get_booking_facts(booking_round)
            windows = windows.filtered(lambda w: not w._judge(facts)) or windows
        return windows.sorted(
            lambda w: (WINDOW_ORDER.index(w._get_state(student)), w.opens_at, w.id)
        )[:1]

    def _describe_window(self, booking_round, hostel, student, facts=None):
        """A window as the pages show it; times are what is left, in ms."""
        window = self._get_window(booking_round, hostel, student, facts)
        now = self.env.cr.now()
        opens_at = (window._get_opening(student) or window.opens_at) if window else now
        closes_at = window.closes_at or now
        return {
            "id": window.id or 0,
            "name": window.name or "",
            "state": window._get_state(student) if window else "closed",
            "opens_in_ms": max(0, int((opens_at - now).total_seconds() * 1000)),
            "opens_label": self._format_moment(opens_at),
            "closes_in_ms": max(0, int((closes_at - now).total_seconds() * 1000)),
            "closes_label": self._format_moment(closes_at),
            "hold_minutes": window.hold_minutes or HOLD_MINUTES,
            "message": window.change_reason or "",
            "wishes_url": window._get_wishes_url() if window else None,
            "slot": self._describe_slot(window, student) if window else None,
        }

    @api.model
    def _describe_lot(self, window, student):
        """The student's place in a lottery whose list is frozen and not published, or None."""
        slot = window._get_slot(student)
        lottery = window.sudo().lottery_ids[:1]
        if not slot or not lottery or window.slot_state == "published":
            return None
        return {
            "rank": 0,
            "total": lottery.list_count,
            "is_late": False,
            "reference": slot.reference,
            "lottery_url": lottery._get_url(),
            "opens_in_ms": None,
            "opens_label": "",
        }

    @api.model
    def _describe_slot(self, window, student):
        """The student's slot in a window whose slots are out, or None."""
        if not student or window.slot_by == "none" or window.slot_state != "published":
            return None
        slot = window._get_slot(student)
        if slot:
            return slot._describe()
        # It stands in the list after the next round of the cron; the time is known already.
        left = (window.last_slot_at - self.env.cr.now()).total_seconds() * 1000
        return {
            "rank": 0,
            "total": window.slot_count,
            "is_late": True,
            "reference": "",
            "lottery_url": None,
            "opens_in_ms": max(0, int(left)),
            "opens_label": self._format_moment(window.last_slot_at),
        }

    @api.model
    def _get_slots(self, booking_round, student):
        """The student's slots of a round that have not closed, as the pages show them."""
        if not booking_round or not student:
            return []
        now = self.env.cr.now()
        windows = student._get_windows(booking_round).filtered(lambda w: w.closes_at > now)
        described = [
            (window, self._describe_slot(window, student) or self._describe_lot(window, student))
            for window in windows
        ]
        return [
            {**slot, "window": window.name, "hostels": window.hostel_ids.mapped("name")}
            for window, slot in described
            if slot
        ]

    def _format_moment(self, moment):
        return format_datetime(self.env, moment, dt_format="EEEE d MMM, HH:mm")

    @api.model
    def _get_campus(self, booking_round, student):
        """Hostels of a round with how many beds are free, from Redis."""
        result = []
        facts = student._get_booking_facts(booking_round) if student else None
        states_of = self._read_states(booking_round)
        for hostel, maps in booking_round.map_ids.grouped("hostel_id").items():
            states = "".join(states_of.get(floor.id) or "" for floor in maps.floor_id)
            prices = maps._get_prices()
            refusal = self._get_refusal(hostel, booking_round, student, facts)
            result.append(
                {
                    **self._describe_hostel(hostel),
                    "free": states.count("0"),
                    "total": len(states) - states.count("5"),
                    "price_from": min(prices, default=0),
                    "eligible": not refusal,
                    "reason": refusal["text"] if refusal else "",
                    "code": refusal["code"] if refusal else "",
                    "window": self._describe_window(booking_round, hostel, student, facts),
                }
            )
        return sorted(result, key=lambda hostel: (not hostel["eligible"], hostel["name"]))

    def _read_states(self, booking_round):
        """States of the round's floors by floor id, in one call; empty while Redis is away."""
        floor_ids = booking_round.map_ids.floor_id.ids
        try:
            return self._locks().peek_floors(booking_round.key, floor_ids)
        except redis.RedisError:
            return {}

    @api.model
    def _get_layout(self, key, version):
        """Drawing of a floor, which never changes for a version."""
        if not self.env["hostel.booking.map"]._may_look():
            raise self._not_found()
        *_ids, map_id = self._resolve_key(key)
        floor_map = self.env["hostel.booking.map"].sudo().browse(map_id)
        if floor_map.layout_version != version:
            raise self._not_found()
        return {"v": floor_map.layout_version, **floor_map.layout}
