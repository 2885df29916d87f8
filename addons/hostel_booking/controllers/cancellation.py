"""Pages on which a student cancels a booking or says that it begins later."""

from odoo import http
from odoo.http import request

from odoo.addons.hostel_base.controllers.json_api import as_form_date, as_form_text
from odoo.addons.hostel_base.controllers.portal import HostelPortal
from odoo.addons.hostel_base.errors import HostelError

from ..const import CANCEL_REASONS, OFFICE_CANCEL_REASONS
from ..models.hostel_allocation_cancellation import CANCELLABLE, UNPAID

MAX_NOTE = 300


class HostelBookingChanges(HostelPortal):
    CANCEL_ROUTE = "/my/hostel/<int:allocation_id>/cancel"
    LATE_ROUTE = "/my/hostel/<int:allocation_id>/late"
    LATE_WITHDRAW_ROUTE = "/my/hostel/<int:allocation_id>/late/withdraw"
    MAKE_LETTER_ROUTE = "/my/hostel/<int:allocation_id>/letter"
    LETTER_ROUTE = "/my/hostel/<int:allocation_id>/letter.pdf"

    def _get_own_booking(self, allocation_id):
        """A booking of the signed-in student, with all rights; a foreign one is not found."""
        student = request.env["hostel.student"]._get_current()
        rows = self._get_hostel_stays(student) if student else student.allocation_ids
        row = rows.filtered(lambda row: row.id == allocation_id)
        if not row:
            raise request.not_found()
        return row.sudo()

    # ------------------------------------------------------------------
    # Cancelling
    # ------------------------------------------------------------------

    @http.route(
        CANCEL_ROUTE, type="http", auth="user", website=True, sitemap=False, methods=["GET"]
    )
    def cancel_page(self, allocation_id, **_kwargs):
        """What goes back today, and the way to cancel."""
        return self._render_cancel(self._get_own_booking(allocation_id))

    @http.route(
        CANCEL_ROUTE, type="http", auth="user", website=True, sitemap=False, methods=["POST"]
    )
    def cancel(self, allocation_id, reason=None, note=None, **_kwargs):
        row = self._get_own_booking(allocation_id)
        chosen = {key for key, _label in CANCEL_REASONS} - OFFICE_CANCEL_REASONS
        try:
            row._check_student_can_cancel()
            if reason not in chosen:
                raise HostelError(
                    "REASON_MISSING", request.env._("Choose one of the reasons."), 422
                )
            # The page is nobody's in particular: what it does, it does as the student.
            self._cancel_as_student(row, reason, as_form_text(note, MAX_NOTE) or False)
        except HostelError as exc:
            return self._render_cancel(row, exc)
        return request.redirect(f"/my/hostel/{row.id}/cancel")

    def _cancel_as_student(self, row, reason, note):
        with request.env.cr.savepoint():
            if row.state in UNPAID:
                if not row._let_go():
                    raise HostelError(
                        "ALREADY_PAID",
                        request.env._(
                            "Your payment has just arrived. Look at what goes back before you"
                            " cancel."
                        ),
                    )
                return
            row._cancel_booking("student", reason, note)

    def _render_cancel(self, row, error=None):
        terms = row._get_cancellation_terms()
        steps = terms["policy"]._get_steps(row.date_from) if terms["policy"] else []
        today = row._get_college_today()
        labels = dict(row.cancellation_ids._fields["reason"]._description_selection(request.env))
        refusal = error
        if not refusal and row.state in CANCELLABLE:
            try:
                row._check_student_can_cancel()
            except HostelError as exc:
                refusal = exc
        response = request.render(
            "hostel_booking.portal_cancel",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "my_cancel",
                "stay": row,
                "cancellation": row.cancellation_ids[:1],
                "can_cancel": row.state in CANCELLABLE
                and (not refusal or refusal.code == "REASON_MISSING"),
                "is_unpaid": row.state in UNPAID,
                "paid": row._get_paid_amount(),
                "is_cleared": row.student_id._is_cleared(row.term_id),
                "refund": row._get_refund_amount(),
                "percent": terms["percent"],
                "steps": self._prepare_steps(steps, today),
                "policy": terms["policy"],
                "last_day": terms["last_day"],
                "reasons": [
                    (key, labels[key])
                    for key, _label in CANCEL_REASONS
                    if key not in OFFICE_CANCEL_REASONS
                ],
                "refusal": refusal,
            },
        )
        if error:
            response.status_code = error.http_status
        return response

    def _prepare_steps(self, steps, today):
        """Steps of the refund with the one that holds today, each with its first day."""
        rows, current = [], True
        for step in steps:
            holds = current and (step.last is None or today <= step.last)
            current = current and not holds
            is_past = step.last is not None and today > step.last
            rows.append({"step": step, "holds": holds, "is_past": is_past})
        return rows

    # ------------------------------------------------------------------
    # Coming later
    # ------------------------------------------------------------------

    @http.route(LATE_ROUTE, type="http", auth="user", website=True, sitemap=False, methods=["GET"])
    def late_page(self, allocation_id, **_kwargs):
        return self._render_late(self._get_own_booking(allocation_id))

    @http.route(LATE_ROUTE, type="http", auth="user", website=True, sitemap=False, methods=["POST"])
    def late(self, allocation_id, arrives_on=None, reason=None, **_kwargs):
        row = self._get_own_booking(allocation_id)
        try:
            day = self._read_day(arrives_on)
            with request.env.cr.savepoint():
                row._ask_late_arrival(day, as_form_text(reason, MAX_NOTE))
        except HostelError as exc:
            return self._render_late(row, exc)
        return request.redirect(f"/my/hostel/{row.id}/late")

    @http.route(
        LATE_WITHDRAW_ROUTE,
        type="http",
        auth="user",
        website=True,
        sitemap=False,
        methods=["POST"],
    )
    def late_withdraw(self, allocation_id, **_kwargs):
        row = self._get_own_booking(allocation_id)
        try:
            row._withdraw_late_arrival()
        except HostelError as exc:
            return self._render_late(row, exc)
        return request.redirect(f"/my/hostel/{row.id}/late")

    def _read_day(self, text):
        day = as_form_date(text)
        if not day:
            raise HostelError(
                "BAD_REQUEST", request.env._("Choose the day on which you come."), 400
            )
        return day

    def _render_late(self, row, error=None):
        response = request.render(
            "hostel_booking.portal_late",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "my_late",
                "stay": row,
                "arrivals": row.late_arrival_ids,
                "open_arrival": row.late_arrival_ids.filtered(lambda one: one.state == "requested"),
                "can_ask": row.state == "allocated",
                "first": row.date_from,
                "last": row.date_to,
                "refusal": error,
            },
        )
        if error:
            response.status_code = error.http_status
        return response

    # ------------------------------------------------------------------
    # The letter
    # ------------------------------------------------------------------

    @http.route(
        MAKE_LETTER_ROUTE, type="http", auth="user", website=True, sitemap=False, methods=["POST"]
    )
    def make_letter(self, allocation_id, **_kwargs):
        """Issue the own allotment letter, if what it says is new; before the approval there is
        none."""
        row = self._get_own_booking(allocation_id)
        try:
            row._get_letter()
        except HostelError:
            raise request.not_found() from None
        return request.redirect(f"/my/hostel/{row.id}/letter.pdf", 303)

    @http.route(
        LETTER_ROUTE, type="http", auth="user", website=True, sitemap=False, methods=["GET"]
    )
    def letter(self, allocation_id, **_kwargs):
        """The letter as it was issued last; to look issues none."""
        row = self._get_own_booking(allocation_id)
        if not row._has_issued_letter():
            raise request.not_found()
        name, pdf = row._get_letter()
        headers = [
            ("Content-Type", "application/pdf"),
            ("Content-Length", len(pdf)),
            ("Content-Disposition", http.content_disposition(name)),
            ("Cache-Control", "private, no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return request.make_response(pdf, headers=headers)
