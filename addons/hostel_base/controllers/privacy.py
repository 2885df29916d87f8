"""The privacy notice, and everything that people may do about their data.

None of these pages waits for a consent: whoever has not agreed must be able to read, refuse, see
the own data and ask for its erasure.
"""

import json
import re

from odoo import http
from odoo.http import content_disposition, request

from ..const import OPTIONAL_PURPOSES
from ..errors import HostelError
from .json_api import as_form_text
from .portal import HostelPortal, get_own_student

LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\r\n]*")
MAX_NAME = 128
MAX_NOTE = 1000
TOKEN = re.compile(r"[A-Za-z0-9_-]{20,80}")
OPEN = {"type": "http", "auth": "user", "website": True, "sitemap": False, "hostel_consent": False}


def local_path(path, default="/my"):
    """A path on this server; anything else becomes the default."""
    return path if isinstance(path, str) and LOCAL_PATH.fullmatch(path) else default


class HostelPrivacy(HostelPortal):
    PRIVACY_ROUTE = "/my/privacy"
    WARD_ROUTE = "/my/privacy/ward/<int:student_id>"
    LINK_ROUTE = "/hostel/consent/<string:token>"

    # ------------------------------------------------------------------
    # What the pages say
    # ------------------------------------------------------------------

    def _prepare_notice_values(self):
        Notice = request.env["hostel.privacy.notice"]
        notice = Notice._get_current()
        return {"notice": notice, "officer": Notice._get_grievance_officer()}

    def _prepare_privacy_values(self, student):
        """Values of the page about one student's data."""
        consents = student.sudo().consent_ids
        standing = student._get_standing_consents().get(student.id)
        consent = consents.browse(standing or [])
        link = request.env["hostel.consent.request"]._get_open(student)
        guardian = student._get_consent_guardian()
        return {
            **self._prepare_portal_layout_values(),
            **self._prepare_notice_values(),
            "student": student,
            "is_minor": student.sudo().is_minor,
            "consent": consent,
            "agreed": set(consent.purpose_ids.mapped("code")),
            "history": consents,
            "link": link,
            "guardian": guardian,
            "guardian_mail": self._mask(guardian.sudo().email),
            "erasure": student._get_requests("hostel_base.activity_erasure")[:1],
            "page_name": "my_privacy",
        }

    def _mask(self, mail):
        """``su…@example.com``: enough to recognise a mail address, not enough to learn it."""
        name, _at, domain = (mail or "").partition("@")
        return f"{name[:2]}…@{domain}" if domain else ""

    def _get_options(self, post):
        return [code for code, _label in OPTIONAL_PURPOSES if post.get(f"purpose_{code}")]

    def _render_privacy(self, student, **values):
        return request.render(
            "hostel_base.portal_privacy", {**self._prepare_privacy_values(student), **values}
        )

    # ------------------------------------------------------------------
    # The student
    # ------------------------------------------------------------------

    @http.route(PRIVACY_ROUTE, **OPEN)
    def my_privacy(self, next=None, done=None, **_kwargs):  # noqa: A002 - the name in the address
        student = request.env["hostel.student"]._get_current()
        if student:
            return self._render_privacy(student, next_path=local_path(next), done=done)
        wards = self._get_hostel_wards()
        if not wards:
            raise request.not_found()
        return request.render(
            "hostel_base.portal_privacy_wards",
            {
                **self._prepare_portal_layout_values(),
                "wards": [self._prepare_hostel_ward(ward) for ward in wards],
                "page_name": "my_privacy",
            },
        )

    @http.route(f"{PRIVACY_ROUTE}/agree", methods=["POST"], **OPEN)
    def my_agreement(self, next=None, **post):  # noqa: A002
        """Agree, or change what is optional; a minor can do neither alone."""
        student = get_own_student()
        try:
            student._give_consent(
                student.sudo().partner_id, "portal", optional=self._get_options(post)
            )
        except HostelError as exc:
            return self._render_privacy(student, refusal=exc, next_path=local_path(next))
        return request.redirect(local_path(next, f"{self.PRIVACY_ROUTE}?done=saved"), 303)

    @http.route(f"{PRIVACY_ROUTE}/withdraw", methods=["POST"], **OPEN)
    def my_withdrawal(self, **_post):
        student = get_own_student()
        student._withdraw_consent(student.sudo().partner_id)
        return request.redirect(f"{self.PRIVACY_ROUTE}?done=withdrawn", 303)

    @http.route(f"{PRIVACY_ROUTE}/ask-guardian", methods=["POST"], **OPEN)
    def ask_guardian(self, **_post):
        student = get_own_student()
        try:
            request.env["hostel.consent.request"]._issue(student)
        except HostelError as exc:
            return self._render_privacy(student, refusal=exc)
        return request.redirect(f"{self.PRIVACY_ROUTE}?done=sent", 303)

    @http.route(f"{PRIVACY_ROUTE}/data.json", **OPEN)
    def my_data(self, **_kwargs):
        """Everything that is kept about the signed-in student."""
        student = get_own_student()
        text = json.dumps(student._get_personal_data(), indent=2, ensure_ascii=False, default=str)
        return request.make_response(
            text,
            headers=[
                ("Content-Type", "application/json; charset=utf-8"),
                ("Content-Disposition", content_disposition("my-hostel-data.json")),
                ("Cache-Control", "no-store"),
            ],
        )

    @http.route(f"{PRIVACY_ROUTE}/erasure", methods=["POST"], **OPEN)
    def my_erasure(self, note=None, **_post):
        get_own_student()._request_erasure(as_form_text(note, MAX_NOTE))
        return request.redirect(f"{self.PRIVACY_ROUTE}?done=erasure", 303)

    # ------------------------------------------------------------------
    # The guardian of a minor, signed in
    # ------------------------------------------------------------------

    def _get_minor_ward(self, student_id):
        ward = self._get_hostel_ward(student_id)
        if not ward.is_minor:
            # Who is of age decides alone.
            raise request.not_found()
        return ward

    def _render_ward(self, ward, **values):
        return request.render(
            "hostel_base.portal_privacy_ward", {**self._prepare_privacy_values(ward), **values}
        )

    @http.route(WARD_ROUTE, **OPEN)
    def ward_privacy(self, student_id, done=None, **_kwargs):
        return self._render_ward(self._get_minor_ward(student_id), done=done)

    @http.route(f"{WARD_ROUTE}/agree", methods=["POST"], **OPEN)
    def ward_agreement(self, student_id, declared_name=None, **post):
        ward = self._get_minor_ward(student_id)
        name = as_form_text(declared_name, MAX_NAME)
        if not name or not post.get("declaration"):
            return self._render_ward(ward, refusal=self._ask_for_declaration())
        ward._give_consent(
            request.env.user.partner_id,
            "guardian_portal",
            optional=self._get_options(post),
            declared_name=name,
        )
        return request.redirect(f"{self.PRIVACY_ROUTE}/ward/{ward.id}?done=saved", 303)

    @http.route(f"{WARD_ROUTE}/withdraw", methods=["POST"], **OPEN)
    def ward_withdrawal(self, student_id, **_post):
        ward = self._get_minor_ward(student_id)
        ward._withdraw_consent(request.env.user.partner_id)
        return request.redirect(f"{self.PRIVACY_ROUTE}/ward/{ward.id}?done=withdrawn", 303)

    def _ask_for_declaration(self):
        return HostelError(
            "DECLARATION_NEEDED",
            request.env._("Tick that you are the guardian and of age, and write your name."),
            422,
        )

    # ------------------------------------------------------------------
    # The guardian of a minor, by the link
    # ------------------------------------------------------------------

    @http.route(
        LINK_ROUTE,
        type="http",
        auth="public",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
    )
    def guardian_link(self, token, declared_name=None, **post):
        """Agree for a minor. A link that is unknown, used, expired or no longer needed all look
        the same; looking at the page does not spend the link, since mail filters look too."""
        request_record = request.env["hostel.consent.request"]
        if TOKEN.fullmatch(token):
            request_record = request_record._find(token)
        if not request_record:
            return self._render_link("hostel_base.consent_link_over", {}, status=404)
        values = {
            **self._prepare_notice_values(),
            "student": request_record.student_id,
            "guardian": request_record.guardian_id,
        }
        if request.httprequest.method == "POST":
            name = as_form_text(declared_name, MAX_NAME)
            if name and post.get("declaration"):
                request_record._use(name, self._get_options(post))
                return self._render_link("hostel_base.consent_link_done", values)
            values["refusal"] = self._ask_for_declaration()
        return self._render_link("hostel_base.consent_link", values)

    def _render_link(self, template, values, status=200):
        response = request.render(template, values, status=status)
        # The address is the key: no cache, no index, no Referer.
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
