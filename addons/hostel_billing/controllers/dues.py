"""What a student still owes a proof for, the upload of a receipt, and its picture for finance."""

from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from odoo.addons.hostel_base.controllers.json_api import MAX_INT, json_route
from odoo.addons.hostel_base.controllers.portal import HostelPortal, get_own_student
from odoo.addons.hostel_base.controllers.portal_documents import OVERHEAD, PRIVATE_HEADERS
from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.identity_masking import MAX_BYTES


class HostelDues(HostelPortal):
    DUES_ROUTE = "/my/dues"
    RECEIPT_UPLOAD_ROUTE = "/my/dues/receipt"
    RECEIPT_STATE_ROUTE = "/my/dues/receipt/<int:receipt_id>"
    RECEIPT_WITHDRAW_ROUTE = "/my/dues/receipt/<int:receipt_id>/withdraw"
    RECEIPT_PICTURE_ROUTE = "/hostel/receipt/<int:receipt_id>/picture"

    # ------------------------------------------------------------------
    # The page
    # ------------------------------------------------------------------

    def _find_own_receipt(self, receipt_id):
        """A receipt of the signed-in student; empty for a foreign one and one that isn't there."""
        Receipt = request.env["hostel.receipt"].sudo()
        student = request.env["hostel.student"]._get_current()
        if not student or receipt_id > MAX_INT:
            return Receipt
        return Receipt.search([("id", "=", receipt_id), ("student_id", "=", student.id)])

    def _prepare_dues_term(self, student, term):
        """What a card says about a term.

        :return: dict with ``term``, ``clearance``, ``ended`` (the last that counts no more),
            ``receipts`` (the newest first) and ``state``: ``cleared``, ``provisional``,
            ``waiting`` (a receipt is on its way) or ``due``
        """
        every = student.with_context(active_test=False).clearance_ids.filtered(
            lambda one: one.term_id == term
        )
        clearance = every.filtered("active")[:1]
        receipts = (
            request.env["hostel.receipt"]
            .sudo()
            .search([("student_id", "=", student.id), ("term_id", "=", term.id)], limit=6)
        )
        state = "due"
        if clearance:
            state = "provisional" if clearance.certainty == "provisional" else "cleared"
        elif any(receipt.state in ("waiting", "review") for receipt in receipts):
            state = "waiting"
        return {
            "term": term,
            "clearance": clearance,
            "ended": every.sorted("write_date")[-1:] if not clearance else every.browse(),
            "receipts": receipts,
            "state": state,
        }

    def _prepare_dues_values(self, student, **values):
        """Values of the page.

        :param values: what the last step left: ``error`` (dict of ``code`` and ``text``), ``typed``
        """
        terms = [self._prepare_dues_term(student, term) for term in student._get_dues_terms()]
        return {
            **self._prepare_portal_layout_values(),
            "student": student,
            "terms": terms,
            "open_terms": [one["term"] for one in terms if not one["clearance"]],
            "bills": student._get_open_fee_bills(),
            "page_name": "my_dues",
            "max_bytes": MAX_BYTES,
            "error": None,
            "typed": {},
            **values,
        }

    def _render_dues(self, student, status=200, **values):
        response = request.render(
            "hostel_billing.portal_my_dues", self._prepare_dues_values(student, **values)
        )
        response.status_code = status
        response.headers["Cache-Control"] = "no-store"
        return response

    @http.route(DUES_ROUTE, type="http", auth="user", website=True, sitemap=False)
    def my_dues(self, **_kwargs):
        """For which terms the signed-in student is cleared, what is missing, and how to mend it."""
        return self._render_dues(get_own_student())

    # ------------------------------------------------------------------
    # A receipt
    # ------------------------------------------------------------------

    @http.route(
        RECEIPT_UPLOAD_ROUTE,
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
        max_content_length=MAX_BYTES + OVERHEAD,
    )
    def upload_receipt(self, term_id="", file=None, **_kwargs):
        """Take a photo or PDF of a receipt; a job reads it."""
        student = get_own_student()
        Receipt = request.env["hostel.receipt"]
        try:
            terms = student._get_dues_terms()
            term = terms.filtered(lambda one: str(one.id) == term_id)
            if not term:
                raise Receipt._refuse("NO_TERM")
            data = file.read() if hasattr(file, "read") else b""
            Receipt._submit(student, term, data)
        except HostelError as exc:
            return self._render_dues(
                student,
                exc.http_status,
                error={"code": exc.code, "text": str(exc)},
                typed={"term_id": term_id},
            )
        return request.redirect(f"{self.DUES_ROUTE}#receipts")

    @json_route(RECEIPT_STATE_ROUTE)
    def receipt_state(self, receipt_id):
        """How far the reading of an own receipt is: ``{"receipt": {"id", "state", "step",
        "ahead"}}``."""
        receipt = self._find_own_receipt(receipt_id)
        if not receipt:
            raise MissingError(request.env._("There is nothing here for you."))
        return {"receipt": receipt._get_progress()}

    @http.route(
        RECEIPT_WITHDRAW_ROUTE,
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def withdraw_receipt(self, receipt_id, **_kwargs):
        """Take a receipt back before anybody has decided on it; its picture is deleted."""
        receipt = self._find_own_receipt(receipt_id)
        if not receipt:
            raise request.not_found()
        receipt._withdraw()
        return request.redirect(self.DUES_ROUTE)

    @http.route(RECEIPT_PICTURE_ROUTE, type="http", auth="user", sitemap=False)
    def receipt_picture(self, receipt_id, **_kwargs):
        """The page without identity numbers, for finance; others find nothing."""
        receipt = request.env["hostel.receipt"].browse(receipt_id)
        try:
            if receipt_id > MAX_INT or not receipt.exists():
                raise request.not_found()
            data = receipt._get_image()
        except (AccessError, MissingError):
            raise request.not_found() from None
        if not data:
            raise request.not_found()
        return request.make_response(data, headers=PRIVATE_HEADERS)
