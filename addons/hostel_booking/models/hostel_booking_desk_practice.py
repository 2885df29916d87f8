import redis

from odoo import api, models


class HostelBookingDesk(models.AbstractModel):
    """Practice: holds are real, bookings are pretended and stay in Redis."""

    _inherit = "hostel.booking.desk"

    @api.model
    def _get_real_round(self):
        """The open round whose bookings are real, or an empty recordset."""
        booking_round = self._get_round()
        if not booking_round.is_practice:
            return booking_round
        return self._get_rounds().filtered(lambda one: not one.is_practice)[:1]

    @api.model
    def _describe_round(self, booking_round):
        described = super()._describe_round(booking_round)
        try:
            described["practice"] = booking_round._describe_practice()
        except redis.RedisError:
            described["practice"] = {"minutes": booking_round.practice_minutes, "resets_in_ms": 0}
        return described

    @api.model
    def _pay(self, token):
        desk = self._of_token(token)
        booking_round = desk._get_round()
        if not booking_round.is_practice:
            return super()._pay(token)
        student = self._get_student()
        self._guard(lambda locks: locks.practice_book(booking_round.key, student.id, token))
        student._notify_booking("allocated")
        return {"state": "allocated", "redirect": None}

    @api.model
    def _cancel(self, allocation_id):
        if allocation_id:
            return super()._cancel(allocation_id)
        # A pretended booking has no row, and so no id.
        student = self._get_student()
        for booking_round in self._get_rounds().filtered("is_practice"):
            if self._guard(
                lambda locks, key=booking_round.key: locks.practice_leave(key, student.id)
            ):
                return {"state": "cancelled"}
        raise self._not_found()

    @api.model
    def _get_action(self, hold):
        round_id = self._resolve_key(hold["key"])[0]
        if self.env["hostel.booking.round"].sudo().browse(round_id).is_practice:
            return self._get_practice_action()
        return super()._get_action(hold)

    @api.model
    def _get_practice_action(self):
        return {"action": "confirm", "action_label": self.env._("Practise: pretend to pay")}

    @api.model
    def _get_me(self):
        booking_round = self._get_round()
        student = self.env["hostel.student"]._get_current()
        if not booking_round.is_practice or not student:
            return super()._get_me()
        pretended = self._guard(lambda locks: locks.get_practice_bed(booking_round.key, student.id))
        return {
            "hold": self._in_round(booking_round.id)._get_current_hold(),
            "booking": self._describe_pretended(booking_round, *pretended) if pretended else None,
            **self._get_practice_action(),
        }

    @api.model
    def _describe_pretended(self, booking_round, floor_id, index, price):
        """A pretended booking as the pages show real ones."""
        bed = self._get_bed(floor_id, index)
        return {
            "id": 0,
            "state": "allocated",
            "state_label": self.env._("Practised"),
            "bed": f"{bed.room_id.name} · {bed.label}",
            "room": bed.room_id.name,
            "label": bed.label,
            "hostel": bed.hostel_id.name,
            "hostel_id": bed.hostel_id.id,
            "term": booking_round.name,
            "key": self._get_card(booking_round).find_key(floor_id),
            "i": index,
            "price": price,
            "hold_ms_left": None,
            "pay_url": None,
            "can_cancel": True,
            "approval_label": self.env._("This was practice: no bed is booked, nothing is paid."),
        }
