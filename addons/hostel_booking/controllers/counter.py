from datetime import date

from odoo import http
from odoo.http import request

from odoo.addons.hostel_base.controllers.json_api import as_int, as_text, json_route
from odoo.addons.hostel_base.errors import HostelError


class HostelBookingCounter(http.Controller):
    """JSON calls of wardens at the map; students get 404 as for what isn't there."""

    @property
    def counter(self):
        return request.env["hostel.booking.counter"]

    @json_route("/hostel/booking/counter/bed", readonly=False)
    def bed(self, key, i):
        return self.counter._get_bed(as_text(key, "key", 64), as_int(i, "i"))

    @json_route("/hostel/booking/counter/students")
    def students(self, key, i, q):
        students = self.counter._find_students(
            as_text(key, "key", 64), as_int(i, "i"), as_text(q, "q", 100)
        )
        return {"students": students}

    @json_route("/hostel/booking/counter/allocate", methods=["POST"], writes=True)
    def allocate(self, key, i, number, reason):
        return self.counter._allocate(
            as_text(key, "key", 64),
            as_int(i, "i"),
            as_text(number, "number", 64),
            as_text(reason, "reason"),
        )

    @json_route("/hostel/booking/counter/close", methods=["POST"], writes=True)
    def close(self, key, i, date_from, date_to, kind, reason):
        self.counter._close(
            as_text(key, "key", 64),
            as_int(i, "i"),
            as_day(date_from, "date_from"),
            as_day(date_to, "date_to"),
            as_text(kind, "kind", 32),
            as_text(reason, "reason"),
        )

    @json_route("/hostel/booking/counter/open", methods=["POST"], writes=True)
    def open(self, key, i):
        self.counter._reopen(as_text(key, "key", 64), as_int(i, "i"))


def as_day(value, name):
    """Read a date such as ``2027-01-05``.

    :raises HostelError: ``BAD_REQUEST`` if it is not one
    """
    try:
        return date.fromisoformat(as_text(value, name, 10))
    except ValueError:
        raise HostelError(
            "BAD_REQUEST", request.env._("%(name)s must be a date.", name=name), 400
        ) from None
