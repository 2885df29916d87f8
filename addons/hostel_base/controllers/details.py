"""What a student keeps up to date: contact data, photo, way of living."""

import base64
import re

from odoo import http
from odoo.http import request

from ..const import BLOOD_GROUPS
from ..errors import HostelError
from ..tools.photo import MAX_BYTES, clean_photo
from .json_api import as_form_text
from .portal import HostelPortal, get_own_student

PHONE = re.compile(r"\+?[0-9][0-9 ()-]{6,18}")
MAX_TEXT = 128
MAX_NOTE = 1000
# What students write themselves; everything else goes through the office.
OWN_FIELDS = (
    "phone",
    "emergency_contact_name",
    "emergency_contact_phone",
    "blood_group",
    "street",
    "street2",
    "city",
    "zip",
)
OFFICE_FIELDS = (
    "name",
    "email",
    "roll_number",
    "application_number",
    "gender",
    "birthdate",
    "programme_id",
    "year_of_study",
    "guardian_ids",
)


class HostelDetails(HostelPortal):
    DETAILS_ROUTE = "/my/details"
    PHOTO_ROUTE = "/my/details/photo"
    CORRECTION_ROUTE = "/my/details/correction"
    LIFESTYLE_ROUTE = "/my/details/lifestyle"

    # ------------------------------------------------------------------
    # Details
    # ------------------------------------------------------------------

    def _render_details(self, student, values=None, errors=None, done=False):
        labels = student.fields_get([*OWN_FIELDS, *OFFICE_FIELDS], ["string"])
        return request.render(
            "hostel_base.portal_my_details",
            {
                **self._prepare_portal_layout_values(),
                "student": student,
                "values": values or {name: student[name] or "" for name in OWN_FIELDS},
                "errors": errors or {},
                "done": done,
                "blood_groups": BLOOD_GROUPS,
                "office_labels": {name: labels[name]["string"] for name in OFFICE_FIELDS},
                "requests": student._get_requests("hostel_base.activity_correction"),
                "has_lifestyle": student._has_agreed("lifestyle"),
                "page_name": "my_own_details",
            },
        )

    def _check_details(self, post):
        """Read what the form sends.

        :return: ``(values, errors)``, both by field name
        """
        sent = {name: post.get(name) or "" for name in OWN_FIELDS}
        values = {
            name: value.strip() if isinstance(value, str) else "" for name, value in sent.items()
        }
        # A file is no text, and must not empty what is there.
        errors = {
            name: request.env._("This is too long.")
            for name, value in sent.items()
            if not isinstance(value, str) or len(values[name]) > MAX_TEXT or "\x00" in value
        }
        for name in ("phone", "emergency_contact_phone"):
            if values[name] and not PHONE.fullmatch(values[name]):
                errors[name] = request.env._("Write digits only, such as 98450 12345.")
        if bool(values["emergency_contact_name"]) != bool(values["emergency_contact_phone"]):
            errors.setdefault(
                "emergency_contact_phone", request.env._("Give both a name and a phone.")
            )
        if values["blood_group"] and values["blood_group"] not in dict(BLOOD_GROUPS):
            errors["blood_group"] = request.env._("Choose one of the groups.")
        return values, errors

    @http.route(DETAILS_ROUTE, type="http", auth="user", website=True, sitemap=False)
    def my_own_details(self, done=None, **post):
        """The student's own data; a POST changes what is the student's to change."""
        student = get_own_student()
        if request.httprequest.method != "POST":
            return self._render_details(student, done=done)
        values, errors = self._check_details(post)
        if errors:
            return self._render_details(student, values, errors)
        student.sudo().write({name: value or False for name, value in values.items()})
        return request.redirect(f"{self.DETAILS_ROUTE}?done=saved", 303)

    @http.route(
        PHOTO_ROUTE,
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
        max_content_length=MAX_BYTES + 64 * 1024,
    )
    def my_photo(self, photo=None, **_post):
        student = get_own_student()
        data = photo.read(MAX_BYTES + 1) if hasattr(photo, "read") else b""
        try:
            image = clean_photo(data)
        except ValueError as exc:
            message = (
                request.env._("The photo is too large. Send one of at most 6 MB.")
                if exc.args == ("too_large",)
                else request.env._("This is not a photo. Send a JPEG or PNG picture.")
            )
            return self._render_details(student, errors={"photo": message})
        student.sudo().image_1920 = base64.b64encode(image)
        return request.redirect(f"{self.DETAILS_ROUTE}?done=photo", 303)

    @http.route(
        CORRECTION_ROUTE, type="http", auth="user", methods=["POST"], website=True, sitemap=False
    )
    def my_correction(self, field=None, wanted=None, note=None, **_post):
        """Ask the office to correct what the student can't change."""
        student = get_own_student()
        wanted = as_form_text(wanted, MAX_TEXT + 1)
        if field not in OFFICE_FIELDS or not wanted or len(wanted) > MAX_TEXT:
            errors = {"correction": request.env._("Choose what is wrong and write what is right.")}
            return self._render_details(student, errors=errors)
        label = student.fields_get([field], ["string"])[field]["string"]
        try:
            student._request_correction(label, wanted, as_form_text(note, MAX_NOTE))
        except HostelError as exc:
            return self._render_details(student, errors={"correction": str(exc)})
        return request.redirect(f"{self.DETAILS_ROUTE}?done=asked#correction", 303)

    # ------------------------------------------------------------------
    # Lifestyle: one question a card
    # ------------------------------------------------------------------

    def _get_lifestyle_words(self):
        """What each question asks."""
        return {
            "lifestyle_sleep": request.env._("When do you usually go to bed?"),
            "lifestyle_tidiness": request.env._("How tidy should the room be?"),
            "lifestyle_noise": request.env._("How much noise is right for you?"),
            "lifestyle_guests": request.env._("How do you feel about guests in the room?"),
            "lifestyle_study": request.env._("Where do you study?"),
            "lifestyle_food": request.env._("What may be eaten in the room?"),
            "lifestyle_smoking": request.env._("What about smoking?"),
            "lifestyle_alcohol": request.env._("What about alcohol?"),
        }

    @http.route(LIFESTYLE_ROUTE, type="http", auth="user", website=True, sitemap=False)
    def my_lifestyle(self, question=None, answer=None, **_kwargs):
        """One question of the questionnaire; a POST keeps its answer and goes on."""
        student = get_own_student()
        questions = student._get_lifestyle_questions()
        names = [name for name, _answers in questions]
        if not student._has_agreed("lifestyle"):
            return request.render(
                "hostel_base.portal_lifestyle_closed",
                {**self._prepare_portal_layout_values(), "page_name": "my_lifestyle"},
            )
        if request.httprequest.method == "POST":
            try:
                student._answer_lifestyle({question: answer or False})
            except HostelError as exc:
                return request.render(
                    "hostel_base.portal_lifestyle_closed",
                    {
                        **self._prepare_portal_layout_values(),
                        "refusal": str(exc),
                        "page_name": "my_lifestyle",
                    },
                )
            number = names.index(question) + 1
            following = names[number] if number < len(names) else "end"
            return request.redirect(f"{self.LIFESTYLE_ROUTE}?question={following}", 303)
        if question not in (*names, "end"):
            unanswered = [name for name in names if not student[name]]
            question = unanswered[0] if unanswered else "end"
        number = names.index(question) if question in names else len(names)
        return request.render(
            "hostel_base.portal_lifestyle",
            {
                **self._prepare_portal_layout_values(),
                "student": student,
                "questions": questions,
                "words": self._get_lifestyle_words(),
                "number": number,
                "page_name": "my_lifestyle",
            },
        )

    # ------------------------------------------------------------------
    # Odoo's own forms, which would let a student change name and mail
    # ------------------------------------------------------------------

    def _is_student(self):
        return bool(request.env["hostel.student"]._get_current())

    @http.route()
    def account(self, **kwargs):
        if self._is_student():
            return request.redirect(self.DETAILS_ROUTE, 303)
        return super().account(**kwargs)

    @http.route()
    def my_addresses(self, **query_params):
        if self._is_student():
            return request.redirect(self.DETAILS_ROUTE, 303)
        return super().my_addresses(**query_params)

    @http.route()
    def portal_address(self, *args, **kwargs):
        if self._is_student():
            return request.redirect(self.DETAILS_ROUTE, 303)
        return super().portal_address(*args, **kwargs)

    @http.route()
    def portal_address_submit(self, partner_id=None, **form_data):
        if self._is_student():
            raise request.not_found()
        return super().portal_address_submit(partner_id=partner_id, **form_data)
