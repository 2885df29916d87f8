"""What comes back to a student: on the page of a stay, and as a PDF."""

from odoo import http
from odoo.http import content_disposition, request

from odoo.addons.hostel_base.controllers.portal import HostelPortal, get_own_student


class ExitPortal(HostelPortal):
    STATEMENT_ROUTE = "/my/hostel/exit/<int:exit_id>/statement"

    @http.route()
    def my_stay(self, allocation_id, **kwargs):
        """Override of `hostel_base` to show the settlement and the refunds of a stay."""
        response = super().my_stay(allocation_id, **kwargs)
        stay = response.qcontext["stay"]
        own = stay.student_id.partner_id
        response.qcontext |= {
            "exit": stay.exit_ids,
            # A lender's deposit is the lender's affair.
            "refunds": stay.refund_ids.filtered(lambda refund: refund.partner_id == own),
        }
        return response

    @http.route(STATEMENT_ROUTE, type="http", auth="user", website=True, sitemap=False)
    def exit_statement(self, exit_id, **_kwargs):
        """The own statement; somebody else's is not found."""
        student = get_own_student()
        found = (
            request.env["hostel.exit"]
            .sudo()
            .search(
                [
                    ("id", "=", exit_id),
                    ("student_id", "=", student.id),
                    ("state", "=", "settled"),
                ]
            )
        )
        if not found:
            raise request.not_found()
        pdf, _kind = (
            request.env["ir.actions.report"]
            .sudo()
            .with_context(hostel_self_contained=True)
            ._render_qweb_pdf("hostel_billing.hostel_exit_report", found.ids)
        )
        return request.make_response(
            pdf,
            headers=[
                ("Content-Type", "application/pdf"),
                ("Content-Disposition", content_disposition("exit-settlement.pdf", "inline")),
                ("Cache-Control", "no-store, private"),
            ],
        )
