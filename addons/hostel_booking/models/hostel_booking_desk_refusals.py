import redis

from odoo import models

from odoo.addons.hostel_base.errors import HostelError

from ..tools.alternatives import next_best
from ..tools.seat_lock import SeatRefused


class HostelBookingDesk(models.AbstractModel):
    """Refusals of the seat map in the student's words."""

    _inherit = "hostel.booking.desk"

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
