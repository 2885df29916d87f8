from odoo import http
from odoo.http import request

from odoo.addons.hostel_base.controllers.portal import HostelPortal


class HostelBookingPortal(HostelPortal):
    """The booking of the coming term on the portal's home."""

    @http.route()
    def home(self, **kw):
        response = super().home(**kw)
        student = request.env["hostel.student"]._get_current()
        if student:
            desk = request.env["hostel.booking.desk"]
            booking_round = desk._get_round()
            row = desk._get_booking(student) if booking_round else None
            response.qcontext.update(
                booking_round=booking_round,
                booking=desk._describe_booking(row) if row else None,
            )
        return response
