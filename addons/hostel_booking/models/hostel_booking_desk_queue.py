from odoo import api, models

from odoo.addons.hostel_base.errors import HostelError

from ..tools.seat_lock import SeatRefused
from ..tools.waiting_room import QueuePlace


class HostelBookingDesk(models.AbstractModel):
    """The waiting room: who has to wait before a bed can be held."""

    _inherit = "hostel.booking.desk"

    @api.model
    def _prepare_boot(self, booking_round, hostel, student):
        return {
            **super()._prepare_boot(booking_round, hostel, student),
            "queue": self._get_queue(),
        }

    @api.model
    def _get_queue(self):
        """Where the student stands; takes a place where one is needed. None for who can't book."""
        booking_round = self._get_round()
        student = self.env["hostel.student"]._get_current()
        if not booking_round or not student:
            return None
        try:
            return self._describe_place(self._take_place(booking_round, student), booking_round)
        except HostelError:
            # Whoever may not hold at the moment is told so when they try.
            return None

    @api.model
    def _join_queue(self, ticket):
        """Take a place in the queue, once however often it is asked for.

        :raises HostelError: ``NOT_A_STUDENT``, ``NO_ROUND``, or why the student can't hold a bed
        """
        student, booking_round = self._get_student(), self._get_round()
        if not booking_round:
            raise HostelError("NO_ROUND", self.env._("No booking is going on at the moment."), 404)
        place = self._take_place(booking_round, student, ticket, always=True)
        return self._describe_place(place, booking_round)

    @api.model
    def _leave_queue(self):
        student, booking_round = self._get_student(), self._get_round()
        if booking_round:
            self._guard(lambda locks: locks.leave_queue(booking_round.key, student.id))

    def _take_place(self, booking_round, student, ticket="", *, always=False):
        def join(locks):
            try:
                return locks.join_queue(booking_round.key, student.id, ticket, always=always)
            except SeatRefused as exc:
                if exc.code != "NO_ELIGIBILITY":
                    raise
            student.sudo()._load_eligibility(booking_round)
            return locks.join_queue(booking_round.key, student.id, ticket, always=always)

        return self._guard(join)

    def _describe_place(self, place, booking_round):
        """A place as the pages show it; ``key`` is where to ask for it."""
        return {"key": self._get_card(booking_round).first_key, **place.as_dict()}

    def _refusal(self, exc, key=None, index=None):
        if exc.code != "QUEUE":
            return super()._refusal(exc, key, index)
        place = QueuePlace.parse(list(exc.extra))
        if place.state == "early":
            text = self.env._("You are in the waiting room. It opens soon.")
        else:
            text = self.env._(
                "Many are choosing at the moment. You are number %(position)s in the queue;"
                " stay on this page and keep your place.",
                position=place.position,
            )
        details = {
            "position": place.position,
            "queue": self._describe_place(place, self._get_round()),
            "retry_after": max(1, -(-place.poll_ms // 1000)),
        }
        return HostelError("QUEUE", text, 429, details)
