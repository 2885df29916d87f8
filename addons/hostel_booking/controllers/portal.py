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
                booking_slots=desk._get_slots(booking_round, student),
                my_cohort=self._get_my_cohort(student, booking_round),
                my_invitations=request.env["hostel.cohort.desk"]._count_invitations(student),
                my_pings=request.env["hostel.ping.desk"]._count_waiting(student),
            )
        return response

    def _get_my_cohort(self, student, booking_round):
        """The group of the coming term in a few words, or None."""
        if not booking_round:
            return None
        cohort = request.env["hostel.cohort.desk"]._find_cohort(student, booking_round)
        states = dict(cohort._fields["state"]._description_selection(request.env))
        return (
            {"label": request.env._("Live together · %(state)s", state=states[cohort.state])}
            if cohort
            else None
        )

    @http.route(
        "/my/details/lifestyle/reasons",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def share_match_reasons(self, share="", **_kwargs):
        """Whether others see in words what they have in common with the signed-in student."""
        student = request.env["hostel.student"]._get_current()
        if not student or not student._has_agreed("lifestyle"):
            raise request.not_found()
        student.share_match_reasons = bool(share)
        return request.redirect("/my/details/lifestyle?question=end", 303)
