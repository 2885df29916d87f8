"""The page “Fees” of students, and of guardians for their wards: what is owed, paid, given back."""

from odoo import fields, http
from odoo.exceptions import MissingError, UserError
from odoo.http import content_disposition, request

from odoo.addons.hostel_base.controllers.json_api import (
    MAX_INT,
    as_form_date,
    as_form_text,
    json_route,
)
from odoo.addons.hostel_base.controllers.portal import HostelPortal
from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.token_buckets import TokenBuckets
from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing

OWN = {"type": "http", "auth": "user", "website": True, "sitemap": False}
# Making a PDF takes a second of a processor.
PAPER_BUCKETS = TokenBuckets(burst=12, per_second=0.1)
LANGUAGES = ("en", "hi")
MAX_DIGITS = len(str(MAX_INT))


class FeesPortal(HostelPortal):
    FEES_ROUTES = ("/my/fees", "/my/fees/<int:student_id>")
    FEES_PAY_ROUTES = ("/my/fees/pay", "/my/fees/<int:student_id>/pay")
    FEES_STATE_ROUTES = ("/my/fees/state", "/my/fees/<int:student_id>/state")
    FEES_STATEMENT_ROUTES = ("/my/fees/statement", "/my/fees/<int:student_id>/statement")
    FEES_RECEIPT_ROUTE = "/my/fees/receipt/<int:payment_id>"
    FEES_BILL_ROUTE = "/my/fees/bill/<int:bill_id>"

    # ------------------------------------------------------------------
    # Whose
    # ------------------------------------------------------------------

    def _get_fee_wards(self):
        """Wards of whom the signed-in guardian may know something."""
        return self._get_hostel_wards().filtered(lambda ward: not ward._get_consent_obstacle())

    def _get_fee_student(self, student_id=None):
        return self._get_own_student_or_ward(student_id).sudo()

    def _is_fee_reader(self, student):
        """Whether a paper about a student is the signed-in person's business."""
        own = request.env["hostel.student"]._get_current()
        return bool(student) and (student == own or student in self._get_fee_wards())

    @staticmethod
    def _get_fees_base(student_id):
        return f"/my/fees/{student_id}" if student_id else "/my/fees"

    # ------------------------------------------------------------------
    # Home
    # ------------------------------------------------------------------

    def _prepare_hostel_cards(self, student, stay):
        return {
            **super()._prepare_hostel_cards(student, stay),
            "fees": student.sudo()._get_fee_summary(),
        }

    def _prepare_hostel_ward(self, student):
        ward = super()._prepare_hostel_ward(student)
        ward["fees"] = None if ward["blocked"] else student.sudo()._get_fee_summary()
        return ward

    # ------------------------------------------------------------------
    # The page
    # ------------------------------------------------------------------

    @http.route(list(FEES_ROUTES), methods=["GET"], **OWN)
    def my_fees(self, student_id=None, **_kwargs):
        """Bills, what is to be paid next, payments, and all else about money."""
        if student_id is None and not request.env["hostel.student"]._get_current():
            wards = self._get_fee_wards()
            if wards:
                return request.redirect(self._get_fees_base(wards[0].id))
        return self._render_fees(self._get_fee_student(student_id), student_id)

    def _render_fees(self, student, student_id, problem=None, status=200, **typed):
        today = student.env.company._get_college_day()
        first = student.current_allocation_id.term_id.year_id.date_from or today.replace(day=1)
        response = request.render(
            "hostel_billing.portal_my_fees",
            {
                **self._prepare_portal_layout_values(),
                **student._get_fee_overview(),
                "student": student,
                "ward": student if student_id else None,
                "wards": self._get_fee_wards() if student_id else student.browse(),
                "base": self._get_fees_base(student_id),
                "problem": problem
                and {"text": str(problem), "code": getattr(problem, "code", "REFUSED")},
                "statement_from": typed.get("date_from") or min(first, today),
                "statement_to": typed.get("date_to") or today,
                "languages": self._get_statement_languages(),
                "today": today,
                "page_name": "my_fees",
            },
            status=status,
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    @json_route(list(FEES_STATE_ROUTES), readonly=True)
    def fees_state(self, student_id=None):
        """Whether the page still says how it is: ``{"version": text}``.

        An open page asks again and again, so a guardian's look is not noted here: it tells nothing.
        """
        if student_id is None:
            student = request.env["hostel.student"]._get_current()
        else:
            student = (
                request.env["hostel.student"]
                .sudo()
                .search(
                    [
                        ("id", "=", min(student_id, MAX_INT)),
                        ("guardian_ids.partner_id", "=", request.env.user.partner_id.id),
                    ]
                )
            )
        if not student or (student_id and student._get_consent_obstacle()):
            raise MissingError(request.env._("There is nothing here for you."))
        return {"version": student.sudo()._get_fee_version()}

    # ------------------------------------------------------------------
    # Paying
    # ------------------------------------------------------------------

    @http.route(list(FEES_PAY_ROUTES), methods=["POST"], **OWN)
    def pay_fees(self, student_id=None, **_kwargs):
        """Go to Camu with one order for the chosen bills."""
        student = self._get_fee_student(student_id)
        base = self._get_fees_base(student_id)
        try:
            with request.env.cr.savepoint():
                bills = self._find_chosen_fee_bills(student)
                order = bills._get_fees_order(request.env.user.partner_id, base)
        except UserError as refusal:
            status = getattr(refusal, "http_status", 422)
            return self._render_fees(student, student_id, refusal, status)
        PaymentPostProcessing.monitor_transaction(order)
        form = order._get_processing_values()["redirect_form_html"]
        return request.render("hostel_billing.bill_to_camu", {"order": order, "form": form})

    @staticmethod
    def _find_chosen_fee_bills(student):
        """Open bills of the student that the form names; another bill is not found."""
        texts = request.httprequest.form.getlist("bill")
        numbers = [text for text in texts if text.isascii() and text.isdecimal()]
        if any(len(number) > MAX_DIGITS for number in numbers):
            raise request.not_found()
        chosen = {int(number) for number in numbers}
        if len(chosen) != len(set(texts)):
            raise HostelError("NO_BILL", request.env._("Choose what you want to pay."), 422)
        bills = student._get_open_fee_bills().filtered(lambda bill: bill.id in chosen)
        if len(bills) == len(chosen):
            return bills
        paid = student._get_fee_bill_domain() & fields.Domain("amount_residual", "<=", 0)
        known = request.env["account.move"].sudo().search(paid) | student._find_unpaid_fee_bills()
        if chosen - set((bills | known).ids):
            raise request.not_found()
        raise HostelError(
            "BILL_ALREADY_PAID",
            request.env._("One of these bills was paid meanwhile. Look at what is left."),
        )

    # ------------------------------------------------------------------
    # Papers
    # ------------------------------------------------------------------

    @staticmethod
    def _take_fee_paper():
        """:raises HostelError: ``TOO_MANY_REQUESTS``"""
        wait = PAPER_BUCKETS.take(str(request.env.uid))
        if wait:
            raise HostelError(
                "TOO_MANY_REQUESTS",
                request.env._("Please wait a moment before you ask for another paper."),
                429,
                {"retry_after": int(wait) + 1},
            )

    @staticmethod
    def _send_fee_paper(name, content):
        return request.make_response(
            content,
            headers=[
                ("Content-Type", "application/pdf"),
                ("Content-Disposition", content_disposition(name)),
                ("Cache-Control", "no-store"),
            ],
        )

    def _refuse_fee_paper(self, student, refusal):
        own = request.env["hostel.student"]._get_current()
        student_id = None if student == own else student.id
        return self._render_fees(student, student_id, refusal, refusal.http_status)

    @http.route(FEES_RECEIPT_ROUTE, methods=["POST"], **OWN)
    def fee_receipt(self, payment_id, **_kwargs):
        """A receipt, the same file each time."""
        payment = request.env["account.payment"].sudo()
        if payment_id <= MAX_INT:
            payment = payment.browse(payment_id).exists()
        student = payment.hostel_student_id
        if payment.payment_type != "inbound" or not self._is_fee_reader(student):
            raise request.not_found()
        try:
            self._take_fee_paper()
            return self._send_fee_paper(*payment._get_receipt())
        except HostelError as refusal:
            return self._refuse_fee_paper(student, refusal)

    @http.route(FEES_BILL_ROUTE, methods=["POST"], **OWN)
    def fee_bill(self, bill_id, **_kwargs):
        """A bill with its code."""
        bill = request.env["account.move"].sudo()
        if bill_id <= MAX_INT:
            bill = bill.browse(bill_id).exists()
        student = bill.hostel_student_id
        if (
            not self._is_fee_reader(student)
            or not bill.hostel_kind
            or bill.move_type != "out_invoice"
            or bill.state != "posted"
            or bill.partner_id != student.partner_id
        ):
            raise request.not_found()
        try:
            self._take_fee_paper()
        except HostelError as refusal:
            return self._refuse_fee_paper(student, refusal)
        reports = (
            request.env["ir.actions.report"]
            .sudo()
            .with_context(
                hostel_self_contained=True,
                hostel_for_guardian=student != request.env["hostel.student"]._get_current(),
            )
        )
        content, _kind = reports._render_qweb_pdf("hostel_billing.hostel_bill_report", bill.ids)
        return self._send_fee_paper(f"Bill {bill.name.replace('/', '-')}.pdf", content)

    @staticmethod
    def _get_statement_languages():
        """Installed languages in which a statement can be had: list of ``(code, name)``."""
        return [
            (code, name.partition(" / ")[2] or name)
            for code, name in request.env["res.lang"].get_installed()
            if code.partition("_")[0] in LANGUAGES
        ]

    @http.route(list(FEES_STATEMENT_ROUTES), methods=["POST"], **OWN)
    def fee_statement(self, student_id=None, date_from="", date_to="", lang="", **_kwargs):
        """A statement of account with a code, for a bank or a scholarship office."""
        student = self._get_fee_student(student_id)
        known = [code for code, _name in self._get_statement_languages()]
        code = as_form_text(lang)
        code = code if code in known else (known or [request.env.lang or "en_US"])[0]
        days = {"date_from": as_form_date(date_from), "date_to": as_form_date(date_to)}
        try:
            self._take_fee_paper()
            statement = request.env["hostel.fee.statement"]._issue(student, *days.values(), code)
        except HostelError as refusal:
            return self._render_fees(student, student_id, refusal, refusal.http_status, **days)
        return self._send_fee_paper(*statement._get_pdf())
