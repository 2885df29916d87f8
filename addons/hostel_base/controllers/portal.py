"""Pages of the portal on which students and guardians find the bed."""

from odoo import fields, http
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

from ..const import LIVE_STATES


class HostelPortal(CustomerPortal):
    MY_HOSTEL_ROUTE = "/my/hostel"
    MY_STAY_ROUTE = "/my/hostel/<int:allocation_id>"

    # ------------------------------------------------------------------
    # Who is signed in
    # ------------------------------------------------------------------

    def _get_hostel_stays(self, student):
        """Allocations of a student: the live ones first, then today's, then the newest.

        :param student: the signed-in student, or a ward of the signed-in guardian
        """
        rows = student.env["hostel.allocation"].search([("student_id", "=", student.id)])
        today = fields.Date.context_today(rows)
        return rows.sorted(
            lambda row: (
                row.state not in LIVE_STATES,
                # Where the student lives now comes before what is booked for later.
                not row.date_from <= today < row.date_to,
                -row.date_from.toordinal(),
            )
        )

    def _get_hostel_wards(self):
        """Students whose guardian is signed in; what the page shows of them is in
        :meth:`_prepare_hostel_ward`."""
        return (
            request.env["hostel.student"]
            .sudo()
            .search([("guardian_ids.partner_id", "=", request.env.user.partner_id.id)])
        )

    def _prepare_hostel_ward(self, student):
        """What a guardian may know of a ward: name, room, state and dates.

        :return: dict with ``name`` and a dict ``stay`` (None without a live stay) of
            ``hostel``, ``bed``, ``state``, ``state_label``, ``date_from``, ``date_to``
        """
        stay = self._get_hostel_stays(student).filtered(lambda row: row.state in LIVE_STATES)[:1]
        return {"name": student.name, "stay": self._prepare_hostel_ward_stay(stay)}

    def _prepare_hostel_ward_stay(self, stay):
        if not stay:
            return None
        states = dict(stay._fields["state"]._description_selection(request.env))
        return {
            "hostel": stay.hostel_id.name,
            "bed": stay.bed_id.display_name,
            "state": stay.state,
            "state_label": states[stay.state],
            "date_from": stay.date_from,
            "date_to": stay.date_to,
        }

    def _prepare_hostel_portal_values(self):
        """Values of the home card and of the page: who is signed in, with which stays.

        :return: dict with ``student``, ``stay``, ``past_stays`` (records with all
            rights) and ``wards`` (list of dicts)
        """
        student = request.env["hostel.student"]._get_current()
        stays = self._get_hostel_stays(student) if student else student.allocation_ids
        stay = stays.filtered(lambda row: row.state in (*LIVE_STATES, "unplaced", "refund_due"))[:1]
        return {
            "student": student,
            "stay": stay,
            "past_stays": stays - stay,
            "wards": [self._prepare_hostel_ward(ward) for ward in self._get_hostel_wards()],
        }

    # ------------------------------------------------------------------
    # Pages
    # ------------------------------------------------------------------

    @http.route()
    def home(self, **kw):
        response = super().home(**kw)
        response.qcontext["my_hostel"] = self._prepare_hostel_portal_values()
        return response

    @http.route(MY_HOSTEL_ROUTE, type="http", auth="user", website=True, sitemap=False)
    def my_hostel(self, **_kwargs):
        """The stays of the student, or the wards of the guardian, who is signed in."""
        values = self._prepare_hostel_portal_values()
        if not values["student"] and not values["wards"]:
            raise request.not_found()
        return request.render(
            "hostel_base.portal_my_hostel",
            {
                **self._prepare_portal_layout_values(),
                **values,
                "page_name": "my_hostel",
            },
        )

    @http.route(MY_STAY_ROUTE, type="http", auth="user", website=True, sitemap=False)
    def my_stay(self, allocation_id, **_kwargs):
        """One stay of the signed-in student; one of somebody else is not found."""
        student = request.env["hostel.student"]._get_current()
        stay = self._get_hostel_stays(student) if student else student.allocation_ids
        stay = stay.filtered(lambda row: row.id == allocation_id)
        if not stay:
            raise request.not_found()
        return request.render(
            "hostel_base.portal_my_stay",
            {
                **self._prepare_portal_layout_values(),
                "student": student,
                "stay": stay,
                "page_name": "my_stay",
            },
        )
