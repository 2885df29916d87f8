"""Pages on which students move in and out: agreement, pass, room-condition form, notice."""

import base64

from odoo import http
from odoo.exceptions import MissingError
from odoo.http import content_disposition, request

from odoo.addons.hostel_base.const import LIVE_STATES
from odoo.addons.hostel_base.controllers.json_api import as_form_date, as_form_text, json_route
from odoo.addons.hostel_base.controllers.portal import HostelPortal, get_own_student
from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.photo import MAX_BYTES
from odoo.addons.hostel_base.tools.qr_picture import qr_data_uri

from ..models.hostel_room_condition_line import CONDITIONS

OPEN = {"type": "http", "auth": "user", "website": True, "sitemap": False}
OVERHEAD = 64 * 1024
MAX_LINE_NOTE = 200
MAX_TEXT = 1000
PICTURE_HEADERS = [
    ("Content-Type", "image/jpeg"),
    ("Cache-Control", "no-store, private"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'"),
]


class HostelMoving(HostelPortal):
    AGREEMENT_ROUTE = "/my/hostel/agreement"
    PASS_ROUTE = "/my/hostel/pass"
    CONDITION_ROUTE = "/my/hostel/condition"
    LEAVING_ROUTE = "/my/hostel/notice"
    COUNTERSIGN_ROUTE = "/hostel/agreement/<string:token>"

    # ------------------------------------------------------------------
    # Cards of the home
    # ------------------------------------------------------------------

    def _prepare_hostel_cards(self, student, stay):
        return {
            **super()._prepare_hostel_cards(student, stay),
            "moving": self._prepare_moving_cards(student, stay),
        }

    def _prepare_moving_cards(self, student, stay):
        """What waits for the student: dict of ``agreement``, ``condition``, ``clearance``,
        ``has_pass`` and ``may_give_notice``."""
        live = stay if stay.state in LIVE_STATES else stay.browse()
        return {
            "agreement": self._get_agreements(student)[:1],
            "condition": live.condition_ids[:1],
            "clearance": self._get_clearance(student),
            "has_pass": live.state == "allocated",
            "may_give_notice": live.state == "checked_in",
        }

    def _get_agreements(self, student):
        """The student's agreements: what is to be signed first, then the newest."""
        agreements = (
            request.env["hostel.licence.agreement"]
            .sudo()
            .search([("student_id", "=", student.id), ("state", "!=", "void")])
        )
        return agreements.sorted(lambda one: (one.state == "signed", -one.id))

    def _get_clearance(self, student):
        """The clearance that goes on, or the last certificate."""
        return (
            request.env["hostel.no.dues"]
            .sudo()
            .search(
                [("student_id", "=", student.id), ("state", "!=", "withdrawn")],
                order="id desc",
                limit=1,
            )
        )

    def _render_moving(self, template, values, status=200):
        response = request.render(
            f"hostel_booking.{template}",
            {**self._prepare_portal_layout_values(), "refusal": None, **values},
            status=status,
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    def _send_pdf(self, data, name):
        return request.make_response(
            data,
            headers=[
                ("Content-Type", "application/pdf"),
                ("Content-Disposition", content_disposition(name, "inline")),
                ("Cache-Control", "no-store, private"),
            ],
        )

    # ------------------------------------------------------------------
    # Agreement
    # ------------------------------------------------------------------

    def _get_own_agreement(self, agreement_id):
        agreements = self._get_agreements(get_own_student())
        agreement = agreements.filtered(lambda one: one.id == agreement_id)
        if not agreement:
            raise request.not_found()
        return agreement

    @http.route(AGREEMENT_ROUTE, **OPEN)
    def my_licence_agreement(self, **_kwargs):
        """What is to be signed, or what was."""
        student = get_own_student()
        agreements = self._get_agreements(student)
        if not agreements:
            raise request.not_found()
        return self._render_moving(
            "portal_my_agreement",
            {
                "student": student,
                "agreement": agreements[0],
                "others": agreements[1:],
                "page_name": "my_agreement",
            },
        )

    @json_route(f"{AGREEMENT_ROUTE}/<int:agreement_id>/sign", methods=["POST"], writes=True)
    def sign_agreement(self, agreement_id, name, signature):
        student = request.env["hostel.student"]._get_current()
        agreement = self._get_agreements(student).filtered(lambda one: one.id == agreement_id)
        if not student or not agreement:
            raise MissingError(request.env._("There is nothing here for you."))
        agreement._sign(name, signature, request.httprequest.remote_addr)
        return {"url": self.AGREEMENT_ROUTE}

    @http.route(f"{AGREEMENT_ROUTE}/<int:agreement_id>/print", methods=["POST"], **OPEN)
    def print_agreement(self, agreement_id, **_kwargs):
        """Make the PDF of a signed agreement that has none yet."""
        agreement = self._get_own_agreement(agreement_id)
        if not agreement._make_pdf():
            raise request.not_found()
        return request.redirect(f"{self.AGREEMENT_ROUTE}/{agreement.id}/pdf", 303)

    @http.route(f"{AGREEMENT_ROUTE}/<int:agreement_id>/pdf", methods=["GET"], **OPEN)
    def agreement_pdf(self, agreement_id, **_kwargs):
        """The PDF as it was made; to look makes none."""
        agreement = self._get_own_agreement(agreement_id)
        pdf = agreement._get_pdf()
        if not pdf:
            raise request.not_found()
        return self._send_pdf(pdf, agreement.pdf_name)

    # ------------------------------------------------------------------
    # The guardian of a minor, by the link
    # ------------------------------------------------------------------

    def _render_countersign(self, values, status=200):
        response = request.render("hostel_booking.agreement_link", values, status=status)
        # The address is the key: no cache, no index, no Referer.
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @http.route(COUNTERSIGN_ROUTE, type="http", auth="public", website=True, sitemap=False)
    def guardian_agreement(self, token, done=None, **_kwargs):
        """Read and sign for a minor; looking does not spend the link, mail filters look too."""
        if done:
            return self._render_countersign({"agreement": None, "done": True})
        agreement = request.env["hostel.licence.agreement"]._find_by_link(token)
        return self._render_countersign(
            {"agreement": agreement, "token": token, "done": False},
            status=200 if agreement else 404,
        )

    @json_route(f"{COUNTERSIGN_ROUTE}/sign", methods=["POST"], auth="public", writes=True)
    def guardian_sign(self, token, name, signature):
        agreement = request.env["hostel.licence.agreement"]._find_by_link(token)
        if not agreement:
            raise MissingError(request.env._("There is nothing here for you."))
        agreement._countersign(name, signature, request.httprequest.remote_addr)
        return {"url": f"/hostel/agreement/{token}?done=1"}

    # ------------------------------------------------------------------
    # Pass
    # ------------------------------------------------------------------

    @http.route(PASS_ROUTE, **OPEN)
    def my_pass(self, **_kwargs):
        """The code for the check-in desk; the page fetches a new one before the old is too old."""
        student, stay = self._get_own_stay()
        if stay.state not in ("allocated", "checked_in"):
            raise request.not_found()
        return self._render_moving(
            "portal_my_pass",
            {
                "student": student,
                "stay": stay,
                "steps": stay._get_move_in_steps(),
                "page_name": "my_pass",
            },
        )

    @json_route(f"{PASS_ROUTE}/code", readonly=True)
    def pass_code(self):
        """A fresh code as a picture, and whether the desk has let the student in meanwhile."""
        student = request.env["hostel.student"]._get_current()
        stays = self._get_hostel_stays(student) if student else student.allocation_ids
        stay = stays.filtered(lambda row: row.state in ("allocated", "checked_in"))[:1]
        if not stay:
            raise MissingError(request.env._("There is nothing here for you."))
        text, seconds = request.env["hostel.check.in.pass.use"]._make(stay)
        return {
            "state": stay.state,
            "qr": qr_data_uri(text, border=4),
            "code": text,
            "expires_in_ms": seconds * 1000,
        }

    # ------------------------------------------------------------------
    # Room-condition form
    # ------------------------------------------------------------------

    def _get_own_condition(self):
        _student, stay = self._get_own_stay()
        form = stay.condition_ids[:1]
        if not form:
            raise request.not_found()
        return form

    def _render_condition(self, form, refusal=None, **values):
        return self._render_moving(
            "portal_my_condition",
            {
                "form": form,
                "stay": form.allocation_id,
                "conditions": form.line_ids._fields["condition_in"]._description_selection(
                    request.env
                ),
                "refusal": refusal,
                "page_name": "my_condition",
                "max_bytes": MAX_BYTES,
                **values,
            },
            status=refusal.http_status if refusal else 200,
        )

    @http.route(CONDITION_ROUTE, **OPEN)
    def my_condition(self, **_kwargs):
        return self._render_condition(self._get_own_condition())

    @http.route(f"{CONDITION_ROUTE}/answer", methods=["POST"], **OPEN)
    def answer_condition(self, answer="", name="", note="", **post):
        """Agree, disagree, or fill and send the form."""
        form = self._get_own_condition()
        try:
            with request.env.cr.savepoint():
                if answer == "accept":
                    form._accept(as_form_text(name))
                elif answer == "dispute":
                    form._dispute(as_form_text(note, MAX_TEXT))
                elif answer == "submit":
                    self._fill_condition(form, post)
                    form._submit_by_student(as_form_text(name))
                else:
                    raise HostelError("INVALID", request.env._("Choose an answer."), 422)
        except HostelError as exc:
            return self._render_condition(form, exc)
        return request.redirect(self.CONDITION_ROUTE, 303)

    def _fill_condition(self, form, post):
        form._expect("draft")
        known = {key for key, _label in CONDITIONS}
        for line in form.line_ids:
            condition = post.get(f"condition_{line.id}")
            if condition not in known:
                raise HostelError(
                    "INVALID",
                    request.env._("Say how this is: %(thing)s.", thing=line.name),
                    422,
                )
            note = as_form_text(post.get(f"note_{line.id}"), MAX_LINE_NOTE)
            line.write({"condition_in": condition, "note_in": note or False})

    @http.route(
        f"{CONDITION_ROUTE}/photo",
        methods=["POST"],
        max_content_length=MAX_BYTES + OVERHEAD,
        **OPEN,
    )
    def add_condition_photo(self, line_id="", photo=None, **_post):
        form = self._get_own_condition()
        line = form.line_ids.filtered(lambda one: str(one.id) == line_id)
        if not line:
            raise request.not_found()
        data = photo.read(MAX_BYTES + 1) if hasattr(photo, "read") else b""
        try:
            if form.state == "leaving":
                raise HostelError(
                    "FORM_LOCKED", request.env._("Photos of the departure come from the office.")
                )
            request.env["hostel.room.condition.photo"].sudo().create(
                {"line_id": line.id, "stage": "in", "image": base64.b64encode(data)}
            )
        except HostelError as exc:
            return self._render_condition(form, exc)
        return request.redirect(f"{self.CONDITION_ROUTE}#thing-{line.id}", 303)

    @http.route(f"{CONDITION_ROUTE}/photo/<int:photo_id>", type="http", auth="user", sitemap=False)
    def condition_photo(self, photo_id, **_kwargs):
        student = get_own_student()
        photo = (
            request.env["hostel.room.condition.photo"]
            .sudo()
            .search([("id", "=", photo_id), ("condition_id.student_id", "=", student.id)])
        )
        if not photo:
            raise request.not_found()
        return request.make_response(base64.b64decode(photo.image), headers=PICTURE_HEADERS)

    @http.route(f"{CONDITION_ROUTE}/pdf", **OPEN)
    def condition_pdf(self, **_kwargs):
        form = self._get_own_condition()
        pdf, _kind = (
            request.env["ir.actions.report"]
            .sudo()
            .with_context(hostel_self_contained=True)
            ._render_qweb_pdf("hostel_booking.hostel_room_condition_report", form.ids)
        )
        return self._send_pdf(pdf, "room-condition.pdf")

    # ------------------------------------------------------------------
    # Notice and clearance
    # ------------------------------------------------------------------

    def _prepare_notice_page(self, refusal=None, typed=None):
        student = get_own_student()
        stays = self._get_hostel_stays(student)
        stay = stays.filtered(lambda row: row.state == "checked_in")[:1]
        clearance = self._get_clearance(student)
        if not stay and not clearance:
            raise request.not_found()
        return {
            "student": student,
            "stay": stay,
            "clearance": clearance,
            "reasons": stay._get_student_reasons() if stay else [],
            "first_day": min(stay._get_first_leaving_day(), stay.date_to) if stay else None,
            "notice_days": stay._get_notice_days() if stay else 0,
            "refusal": refusal,
            "typed": typed or {},
            "page_name": "my_leaving",
        }

    @http.route(LEAVING_ROUTE, methods=["GET"], **OPEN)
    def my_leaving(self, **_kwargs):
        return self._render_moving("portal_my_notice", self._prepare_notice_page())

    def _get_lived_stay(self):
        stays = self._get_hostel_stays(get_own_student())
        stay = stays.filtered(lambda row: row.state == "checked_in")[:1]
        if not stay:
            raise request.not_found()
        return stay

    @http.route(f"{LEAVING_ROUTE}/give", methods=["POST"], **OPEN)
    def give_notice(self, leaving_day="", reason="", note="", **_post):
        stay = self._get_lived_stay()
        typed = {
            "leaving_day": as_form_text(leaving_day),
            "reason": as_form_text(reason),
            "note": as_form_text(note, MAX_TEXT),
        }
        try:
            with request.env.cr.savepoint():
                stay._give_notice(
                    self._read_leaving_day(leaving_day), reason, as_form_text(note, MAX_TEXT)
                )
        except HostelError as exc:
            return self._render_moving(
                "portal_my_notice", self._prepare_notice_page(exc, typed), exc.http_status
            )
        return request.redirect(self.LEAVING_ROUTE, 303)

    def _read_leaving_day(self, text):
        day = as_form_date(text)
        if not day:
            raise HostelError("BAD_DATE", request.env._("This is no date."), 422)
        return day

    @http.route(f"{LEAVING_ROUTE}/withdraw", methods=["POST"], **OPEN)
    def withdraw_notice(self, **_post):
        stay = self._get_lived_stay()
        try:
            with request.env.cr.savepoint():
                stay._withdraw_own_notice()
        except HostelError as exc:
            return self._render_moving(
                "portal_my_notice", self._prepare_notice_page(exc), exc.http_status
            )
        return request.redirect(self.LEAVING_ROUTE, 303)

    @http.route(f"{LEAVING_ROUTE}/certificate", **OPEN)
    def no_dues_certificate(self, **_kwargs):
        clearance = self._get_clearance(get_own_student())
        if not clearance.pdf:
            raise request.not_found()
        return self._send_pdf(base64.b64decode(clearance.pdf), clearance.pdf_name)
