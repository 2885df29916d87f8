import redis

from odoo import api, models
from odoo.tools.misc import hmac

from odoo.addons.hostel_base.errors import HostelError

from ..const import MAP_STATE
from ..locks import get_rates
from ..tools.masking import coarsen, references
from ..tools.matching import MIN_COMMON
from ..tools.rate_limit import Rate
from ..tools.seat_lock import BOOKED

BOOKED_STATES = [state for state, shown in MAP_STATE.items() if shown == BOOKED]
# Whoever looks for a room opens many; whoever copies the campus opens all.
LOOKS = Rate(60, 1000)
BESTS = Rate(10, 3000)


class HostelBookingOccupants(models.AbstractModel):
    """Who lives in a room, as far as a student who might move in may know."""

    _name = "hostel.booking.occupants"
    _description = "Masked Occupants of a Room"

    @api.model
    def _check_rate(self, what, who, rate):
        """Refuse who asks too often.

        :raises HostelError: ``TOO_MANY_REQUESTS``, ``MAP_OFFLINE``
        """
        try:
            wait_ms = get_rates(self.env.cr.dbname).take(what, who, rate)
        except redis.RedisError as exc:
            raise self.env["hostel.booking.desk"]._map_offline(exc) from None
        if wait_ms:
            raise HostelError(
                "TOO_MANY_REQUESTS",
                self.env._("That was very fast. Wait a moment and try again."),
                429,
                {"wait_ms": wait_ms, "retry_after": max(1, -(-wait_ms // 1000))},
            )

    @api.model
    def _get_room(self, key, room_id):
        """Who has the other beds of a room, for the signed-in student.

        :return: see ``docs/subsystems/live-map.md``
        :raises HostelError: ``NOT_A_STUDENT``, ``NOT_FOUND``, ``NOT_ELIGIBLE``,
            ``TOO_MANY_REQUESTS``, ``MAP_OFFLINE``
        """
        student = self.env["hostel.booking.desk"]._get_student()
        self._check_rate("room", student.id, LOOKS)
        booking_round, room = self._open_room(student, key, room_id)
        rows = self._get_rows(booking_round, room) - self._own(student)
        others = rows.student_id
        agreed = student._has_agreed("lifestyle")
        if agreed:
            student._freeze_match_answers(booking_round)
        matches = student._match_with(others, booking_round)
        refs = references(self._get_secret(), student.id, rows.ids)
        sizes = self._get_group_sizes(student.gender)
        return {
            "room": room.id,
            "matching": self._get_matching_state(student, booking_round, agreed),
            "occupants": [
                {
                    "i": row.bed_id.map_index,
                    "label": row.bed_id.label,
                    "ref": refs[row.id],
                    **self._describe_person(row.student_id, sizes),
                    **self._describe_match(matches.get(row.student_id.id)),
                }
                for row in rows
            ],
        }

    @api.model
    def _find_occupant(self, key, room_id, ref):
        """The stay behind a reference, as the signed-in student sees it.

        :return: one ``hostel.allocation`` with all rights
        :raises HostelError: as :meth:`_get_room`; ``NOT_FOUND`` also for a wrong reference
        """
        student = self.env["hostel.booking.desk"]._get_student()
        self._check_rate("room", student.id, LOOKS)
        booking_round, room = self._open_room(student, key, room_id)
        rows = self._get_rows(booking_round, room) - self._own(student)
        refs = references(self._get_secret(), student.id, rows.ids)
        row = rows.filtered(lambda row: refs[row.id] == ref)
        if not row:
            raise self.env["hostel.booking.desk"]._not_found()
        return row

    def _open_room(self, student, key, room_id):
        """Round and room, if the student could live there.

        :raises HostelError: ``NOT_FOUND``, ``NOT_ELIGIBLE``
        """
        desk = self.env["hostel.booking.desk"]
        round_id, _key, floor_id, _map_id = desk._resolve_key(key)
        booking_round = self.env["hostel.booking.round"].sudo().browse(round_id)
        room = self.env["hostel.room"].sudo().browse(room_id).exists()
        if room.floor_id.id != floor_id or booking_round.state != "open":
            raise desk._not_found()
        reason = desk._why_not(room.hostel_id, booking_round, student)
        wanted = room.gender or room.hostel_id._get_required_gender()
        if reason or (wanted and wanted != student.gender):
            raise HostelError(
                "NOT_ELIGIBLE",
                self.env._("You see who lives in a room where you could live yourself."),
                403,
            )
        return booking_round, room

    def _get_rows(self, booking_round, rooms):
        """Booked beds of rooms in a round."""
        Allocation = self.env["hostel.allocation"].sudo()
        if booking_round.is_practice:
            # Who lives there for real is not shown beside pretended bookings.
            return Allocation
        return Allocation.search(
            [
                ("room_id", "in", rooms.ids),
                ("is_block", "=", False),
                *Allocation._live_between(booking_round.date_from, booking_round.date_to),
                ("state", "in", BOOKED_STATES),
            ],
            order="bed_id, date_from",
        )

    def _own(self, student):
        return self.env["hostel.allocation"].sudo().search([("student_id", "=", student.id)])

    def _get_secret(self):
        """Nobody outside the server can compute a reference."""
        return hmac(self.env(su=True), "hostel-booking-occupant", "reference")

    def _get_group_sizes(self, gender):
        """How many active students there are of each department and year."""
        groups = (
            self.env["hostel.student"]
            .sudo()
            ._read_group(
                [("gender", "=", gender), ("status", "=", "active")],
                ["department", "year_of_study"],
                ["__count"],
            )
        )
        return {(department or "", year): count for department, year, count in groups}

    def _describe_person(self, student, sizes):
        department, year = coarsen(student.department, student.year_of_study, sizes)
        parts = [department, year and self._name_year(year)]
        return {
            "department": department,
            "year": year,
            "who": ", ".join(filter(None, parts)) or self.env._("A student"),
        }

    def _name_year(self, year):
        names = {
            1: self.env._("1st year"),
            2: self.env._("2nd year"),
            3: self.env._("3rd year"),
        }
        return names.get(year) or self.env._("%(year)sth year", year=year)

    def _describe_match(self, match):
        if not match:
            return {"score": None, "reasons": []}
        words = self.env["hostel.student"]._get_reason_words()
        return {"score": match.score, "reasons": [words[code] for code in match.reasons]}

    def _get_matching_state(self, student, booking_round, agreed):
        """Why there are scores or not: ``on``, ``agree``, ``answer``, ``later``."""
        if not agreed:
            return "agree"
        if len(student._get_match_answers(booking_round).given()) >= MIN_COMMON:
            return "on"
        frozen = student.match_round_id == booking_round
        return "later" if frozen else "answer"
