from odoo import http
from odoo.http import request

from odoo.addons.hostel_base.errors import HostelError

# As many as an id has.
MAX_DIGITS = 10


class HostelBookingPages(http.Controller):
    """Pages of the booking: campus, live map, my booking."""

    @http.route("/hostel", type="http", auth="user", website=True, sitemap=False)
    def campus(self, round_id=None, **_kw):
        self._check_may_look()
        self._choose_round(round_id)
        desk = request.env["hostel.booking.desk"]
        booking_round = desk._get_round()
        student = request.env["hostel.student"]._get_current()
        return request.render(
            "hostel_booking.campus",
            {
                "booking_round": booking_round,
                "round_info": desk._describe_round(booking_round) if booking_round else None,
                "rounds": desk._get_rounds(),
                "slots": desk._get_slots(booking_round, student),
                "hostels": desk._get_campus(booking_round, student) if booking_round else [],
                "student": student,
                "currency": request.env.company.currency_id,
            },
        )

    @http.route(
        "/hostel/map/<int:hostel_id>", type="http", auth="user", website=True, sitemap=False
    )
    def live_map(self, hostel_id, round_id=None, **_kw):
        self._check_may_look()
        self._choose_round(round_id)
        booking_round = request.env["hostel.booking.desk"]._get_round()
        hostel = booking_round.map_ids.hostel_id.filtered(lambda h: h.id == hostel_id)
        if not hostel:
            raise request.not_found()
        return request.render(
            "hostel_booking.map_page", {"hostel": hostel, "booking_round": booking_round}
        )

    @http.route("/hostel/booking", type="http", auth="user", website=True, sitemap=False)
    def my_booking(self):
        try:
            request.env["hostel.booking.desk"]._get_student()
        except HostelError:
            raise request.not_found() from None
        return request.render("hostel_booking.my_booking", {})

    def _choose_round(self, round_id):
        """Let the page be about one of several open rounds; nonsense shows the first."""
        if round_id and round_id.isdecimal() and len(round_id) < MAX_DIGITS:
            request.update_context(hostel_round_id=int(round_id))

    def _check_may_look(self):
        """A stranger to the hostels gets the answer of a page that isn't there."""
        if not request.env["hostel.booking.map"]._may_look():
            raise request.not_found()
