"""Pages on which students give their identity documents and the account for refunds."""

from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

from ..errors import HostelError
from ..fields.encrypted import masked
from ..tools.identity_masking import MAX_BYTES
from .json_api import as_form_date, as_form_text
from .portal import get_own_student

# Pictures of people's papers stay in no browser's memory, and nothing in them may run.
PRIVATE_HEADERS = [
    ("Content-Type", "image/jpeg"),
    ("Cache-Control", "no-store, private"),
    ("Content-Disposition", "inline; filename=document.jpg"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'"),
]
# Form fields around the picture.
OVERHEAD = 64 * 1024


class HostelPortalDocuments(CustomerPortal):
    MY_DOCUMENTS_ROUTE = "/my/documents"
    UPLOAD_ROUTE = "/my/documents/upload"
    WITHDRAW_ROUTE = "/my/documents/<int:document_id>/withdraw"
    BANK_ROUTE = "/my/documents/bank"
    PICTURE_ROUTE = "/hostel/document/<int:document_id>"

    # ------------------------------------------------------------------
    # The student's own page
    # ------------------------------------------------------------------

    def _prepare_documents_values(self, student, **values):
        """Values of the page.

        :param values: what the last step left: ``done`` (id of a new document), ``error`` with
            ``error_at``, or what was typed
        """
        kinds = request.env["hostel.identity.document"]._fields["kind"]
        bank = student.bank_ids
        with masked():
            holder = bank.holder
        return {
            **self._prepare_portal_layout_values(),
            "student": student,
            "documents": student.document_ids.sorted("id", reverse=True),
            "kinds": kinds._description_selection(request.env),
            "bank": bank,
            "bank_holder": holder,
            "page_name": "my_documents",
            "max_bytes": MAX_BYTES,
            "error": None,
            "error_at": None,
            "done": None,
            "typed": {},
            **values,
        }

    def _render_documents(self, student, status=200, **values):
        response = request.render(
            "hostel_base.portal_my_documents", self._prepare_documents_values(student, **values)
        )
        response.status_code = status
        response.headers["Cache-Control"] = "no-store"
        return response

    @http.route(MY_DOCUMENTS_ROUTE, type="http", auth="user", website=True, sitemap=False)
    def my_documents(self, done=None, **_kwargs):
        """The signed-in student's documents, and what became of them."""
        student = get_own_student()
        done = as_form_text(done)
        done = int(done) if done.isascii() and done.isdigit() else None
        return self._render_documents(
            student, done=student.document_ids.filtered(lambda one: one.id == done)
        )

    @http.route(
        UPLOAD_ROUTE,
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
        max_content_length=MAX_BYTES + OVERHEAD,
    )
    def upload_document(self, kind="", expiry_date="", file=None, **_kwargs):
        """Mask a photo and keep the result; the photo itself is never written."""
        student = get_own_student()
        Document = request.env["hostel.identity.document"]
        try:
            data = file.read() if hasattr(file, "read") else b""
            expiry = self._read_date(expiry_date)
            document = Document._submit(student, data, kind, expiry)
        except HostelError as exc:
            return self._render_documents(
                student,
                exc.http_status,
                error={"code": exc.code, "text": str(exc)},
                error_at="document",
                typed={"kind": kind, "expiry_date": as_form_text(expiry_date)},
            )
        return request.redirect(f"{self.MY_DOCUMENTS_ROUTE}?done={document.id}")

    def _read_date(self, text):
        day = as_form_date(text)
        if text and not day:
            raise HostelError("BAD_DATE", request.env._("This is no date."), 422)
        return day

    @http.route(
        WITHDRAW_ROUTE, type="http", auth="user", methods=["POST"], website=True, sitemap=False
    )
    def withdraw_document(self, document_id, **_kwargs):
        """Delete a document that nobody has verified yet."""
        student = get_own_student()
        document = student.document_ids.filtered(
            lambda one: one.id == document_id and one.state != "verified"
        )
        if not document:
            raise request.not_found()
        document.unlink()
        return request.redirect(self.MY_DOCUMENTS_ROUTE)

    @http.route(BANK_ROUTE, type="http", auth="user", methods=["POST"], website=True, sitemap=False)
    def save_bank(self, holder="", number="", ifsc="", **_kwargs):
        """Keep the account to which the student's refunds go."""
        student = get_own_student()
        vals = {
            "holder": as_form_text(holder, 100),
            "number": as_form_text(number, 40),
            "ifsc": as_form_text(ifsc, 20),
        }
        try:
            if not vals["holder"]:
                raise HostelError(
                    "NO_HOLDER", request.env._("Write the name as the bank knows it."), 422
                )
            with request.env.cr.savepoint():
                if student.bank_ids:
                    student.bank_ids.write(vals)
                else:
                    student.bank_ids.create({**vals, "student_id": student.id})
        except HostelError as exc:
            return self._render_documents(
                student,
                exc.http_status,
                error={"code": exc.code, "text": str(exc)},
                error_at="bank",
                # The number is not sent back: it would stay in the browser's memory.
                typed={"holder": vals["holder"], "ifsc": vals["ifsc"]},
            )
        return request.redirect(f"{self.MY_DOCUMENTS_ROUTE}#bank")

    # ------------------------------------------------------------------
    # The picture
    # ------------------------------------------------------------------

    @http.route(PICTURE_ROUTE, type="http", auth="user", sitemap=False)
    def document_picture(self, document_id, **_kwargs):
        """The masked picture, for whoever may see the document; others find nothing."""
        document = request.env["hostel.identity.document"].browse(document_id)
        try:
            if not document.exists():
                raise request.not_found()
            data = document._get_image()
        except (AccessError, MissingError):
            raise request.not_found() from None
        return request.make_response(data, headers=PRIVATE_HEADERS)
