"""Pages of the portal on which students and guardians find the bed."""

from odoo import http
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

from ..const import LIVE_STATES


def get_own_student():
    """The student who is signed in; for everybody else the page is not there."""
    student = request.env["hostel.student"]._get_current()
    if not student:
        raise request.not_found()
    return student


class HostelPortal(CustomerPortal):
    MY_HOSTEL_ROUTE = "/my/hostel"
    MY_STAY_ROUTE = "/my/hostel/<int:allocation_id>"
    MY_HOUSE_ROUTE = "/my/hostel/house"
    MY_ROOM_ROUTE = "/my/hostel/room"
    MY_WARD_ROUTE = "/my/hostel/ward/<int:student_id>"

    # ------------------------------------------------------------------
    # Who is signed in
    # ------------------------------------------------------------------

    def _get_hostel_stays(self, student):
        """Allocations of a student: the live ones first, then today's, then the newest.

        :param student: the signed-in student, or a ward of the signed-in guardian
        """
        rows = student.env["hostel.allocation"].search([("student_id", "=", student.id)])
        today = rows.env.company._get_college_day()
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

    def _get_hostel_ward(self, student_id):
        """One ward of the signed-in guardian; a foreign student is not found."""
        ward = self._get_hostel_wards().filtered(lambda student: student.id == student_id)
        if not ward:
            raise request.not_found()
        return ward

    def _get_own_student_or_ward(self, student_id=None):
        """The signed-in student, or a ward of whom a guardian may know; anybody else is not found.

        :param student_id: of the ward; None for the signed-in student
        """
        if student_id is None:
            return get_own_student()
        student = self._get_hostel_ward(student_id)
        if student._get_consent_obstacle():
            raise request.not_found()
        return student

    def _prepare_hostel_ward(self, student):
        """What a guardian may know of a ward: name, room, state and dates.

        :return: dict with ``id``, ``name``, ``blocked`` and a dict ``stay`` (None without a live
            stay) of ``hostel``, ``bed``, ``state``, ``state_label``, ``date_from``, ``date_to``.
            ``blocked`` says whose consent is missing, ``guardian`` or ``student``; nothing is
            shown before it is there
        """
        blocked = student._get_consent_obstacle()
        stay = self._get_hostel_stays(student).filtered(lambda row: row.state in LIVE_STATES)[:1]
        return {
            "id": student.id,
            "name": student.name,
            "blocked": blocked,
            "is_minor": student.is_minor,
            "stay": None if blocked else self._prepare_hostel_ward_stay(stay),
        }

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
            **(self._prepare_hostel_cards(student, stay) if student else {}),
        }

    def _prepare_hostel_cards(self, student, stay):
        """What the cards of a student's home say, each its own state.

        :return: dict with ``hostel``, ``contacts``, ``roommates``, ``missing_details`` (labels),
            ``lifestyle`` (None unless agreed to) and ``consent``
        """
        agreed = student._get_agreed()[student.id]
        questions = student._get_lifestyle_questions()
        answered = sum(bool(student[name]) for name, _answers in questions)
        hostel = stay.hostel_id if stay.state in LIVE_STATES else stay.hostel_id.browse()
        return {
            "hostel": hostel,
            "contacts": self._prepare_hostel_contacts(hostel, stay.floor_id),
            "roommates": student._get_roommates(stay) if hostel else [],
            "missing_details": self._get_missing_details(student),
            "lifestyle": (
                {"answered": answered, "total": len(questions)} if "lifestyle" in agreed else None
            ),
            "consent": student.consent_ids.filtered(lambda row: row.state == "given")[:1],
        }

    def _get_missing_details(self, student):
        """Names of the details that help in an emergency and that nobody has given yet."""
        wanted = {
            "emergency_contact_phone": request.env._("emergency contact"),
            "blood_group": request.env._("blood group"),
            "phone": request.env._("your phone"),
        }
        return [label for name, label in wanted.items() if not student[name]]

    def _prepare_hostel_contacts(self, hostel, floor=None):
        """Whom to reach in a hostel: wardens first, then the in-charge of the own floor.

        :return: list of dicts ``name``, ``role``, ``phone``, ``email``
        """
        posts = hostel.sudo().staff_ids.filtered("is_current")
        order = {"warden": 0, "floor_incharge": 1, "supervisor": 2}
        posts = posts.filtered(
            lambda post: (
                post.role in ("warden", "supervisor")
                or (post.role == "floor_incharge" and floor and floor in post.floor_ids)
            )
        ).sorted(lambda post: (order[post.role], post.id))
        roles = dict(posts._fields["role"]._description_selection(request.env))
        return [
            {
                "name": post.user_id.name,
                "role": post.designation or roles[post.role],
                "phone": post.phone,
                "email": post.email,
            }
            for post in posts
        ]

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

    def _get_own_stay(self):
        """The signed-in student with the live stay; without one the page isn't there."""
        student = request.env["hostel.student"]._get_current()
        stays = self._get_hostel_stays(student) if student else student.allocation_ids
        stay = stays.filtered(lambda row: row.state in LIVE_STATES)[:1]
        if not stay:
            raise request.not_found()
        return student, stay

    @http.route(MY_HOUSE_ROUTE, type="http", auth="user", website=True, sitemap=False)
    def my_house(self, **_kwargs):
        """Hours, rules and people of the own hostel."""
        _student, stay = self._get_own_stay()
        return request.render(
            "hostel_base.portal_my_house",
            {
                **self._prepare_portal_layout_values(),
                "hostel": stay.hostel_id,
                "contacts": self._prepare_hostel_contacts(stay.hostel_id, stay.floor_id),
                "page_name": "my_house",
            },
        )

    @http.route(MY_ROOM_ROUTE, type="http", auth="user", website=True, sitemap=False)
    def my_room(self, **_kwargs):
        """The own room, and of those who share it what they agreed to show."""
        student, stay = self._get_own_stay()
        return request.render(
            "hostel_base.portal_my_room",
            {
                **self._prepare_portal_layout_values(),
                "student": student,
                "stay": stay,
                "room": stay.room_id,
                "amenities": stay.room_id.amenity_ids | stay.room_type_id.amenity_ids,
                "roommates": student._get_roommates(stay),
                "is_shared": student.share_with_roommates,
                "page_name": "my_room",
            },
        )

    @http.route(MY_WARD_ROUTE, type="http", auth="user", website=True, sitemap=False)
    def my_ward(self, student_id, **_kwargs):
        """Where a ward lives, whom to call there, and the rules of the house."""
        student = self._get_hostel_ward(student_id)
        ward = self._prepare_hostel_ward(student)
        stays = self._get_hostel_stays(student).filtered(lambda row: row.state in LIVE_STATES)
        hostel = stays[:1].hostel_id if ward["stay"] else stays.hostel_id.browse()
        return request.render(
            "hostel_base.portal_my_ward",
            {
                **self._prepare_portal_layout_values(),
                "ward": ward,
                "hostel": hostel,
                "contacts": self._prepare_hostel_contacts(hostel, stays[:1].floor_id),
                "page_name": "my_ward",
            },
        )
