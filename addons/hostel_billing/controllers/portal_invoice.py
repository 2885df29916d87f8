from math import nan

from odoo import http
from odoo.exceptions import AccessError, MissingError, ValidationError
from odoo.http import request

from odoo.addons.account_payment.controllers.payment import PaymentPortal
from odoo.addons.account_payment.controllers.portal import PortalAccount
from odoo.addons.hostel_base.controllers.json_api import MAX_INT
from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing


class HostelBillPay(PaymentPortal):
    @http.route()
    def overdue_invoices_transaction(self, payment_reference, **kwargs):
        """Override of `account_payment`, which fails where nothing is overdue."""
        domain = self._get_overdue_invoices_domain()
        if not request.env["account.move"].search_count(domain, limit=1):
            raise ValidationError(request.env._("There is nothing to pay here."))
        return super().overdue_invoices_transaction(payment_reference, **kwargs)

    @http.route()
    def invoice_transaction(self, invoice_id, access_token, **kwargs):
        """Override of `account_payment` to refuse amounts that a hostel bill does not take.

        The amount comes from the browser, and Odoo takes any. Whoever may not see the bill is
        refused as by Odoo, and hears nothing of what is owed.
        """
        try:
            bill = self._document_check_access("account.move", invoice_id, access_token)
        except (AccessError, MissingError):
            bill = None
        if bill and bill.hostel_kind:
            bill._check_camu_payment(self._cast_as_float(kwargs.get("amount")) or 0.0)
        return super().invoice_transaction(invoice_id, access_token, **kwargs)

    def _document_check_access(self, model_name, document_id, access_token=None):
        """Override of `portal`: what can be no token is a wrong one, and guardians open the bills
        of their wards, of which they may read no record.

        The comparison in constant time fails on anything but ASCII text.
        """
        if not isinstance(access_token, str) or not access_token.isascii():
            access_token = None
        try:
            return super()._document_check_access(model_name, document_id, access_token)
        except AccessError:
            bill = model_name == "account.move" and self._find_bill_of_ward(document_id)
            if not bill:
                raise
            return bill

    @staticmethod
    def _find_bill_of_ward(bill_id):
        """A posted bill of a ward of whom the signed-in guardian may know, with all rights; or
        none."""
        bill = request.env["account.move"].sudo().browse(bill_id).exists()
        student = bill.hostel_student_id
        if (
            bill.hostel_kind
            and bill.state == "posted"
            and bill.partner_id == student.partner_id
            and request.env.user.partner_id in student.guardian_ids.partner_id
            and not student._get_consent_obstacle()
        ):
            return bill
        return bill.browse()

    @http.route(
        "/hostel/bill/<int:bill_id>/pay",
        type="http",
        auth="user",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
    )
    def pay_bill(self, bill_id, access_token=None, amount=None, **_form):
        """Show what is open on a bill, and send the payer to Camu with a signed order.

        Somebody else's bill gets the answer of one that doesn't exist.
        """
        try:
            bill = self._document_check_access("account.move", bill_id, access_token)
        except (AccessError, MissingError):
            raise request.not_found() from None
        if not bill.hostel_kind or bill.move_type != "out_invoice":
            raise request.not_found()
        problem = None
        if request.httprequest.method == "POST":
            try:
                return self._go_to_camu(bill, amount)
            except HostelError as exc:
                problem = exc
        return self._show_bill(bill, amount, problem)

    def _go_to_camu(self, bill, amount):
        wanted = self._cast_as_float(amount)
        if wanted is None:
            # What is no number is refused like any other odd amount.
            wanted = nan if (amount or "").strip() else bill.amount_residual
        bill._check_camu_payment(wanted)
        wanted = bill.currency_id.round(wanted)
        order = bill._get_camu_order(wanted, request.env.user.partner_id)
        PaymentPostProcessing.monitor_transaction(order)
        form = order._get_processing_values()["redirect_form_html"]
        return request.render("hostel_billing.bill_to_camu", {"order": order, "form": form})

    @staticmethod
    def _show_bill(bill, amount, problem):
        own = request.env.user.partner_id == bill.sudo().hostel_student_id.partner_id
        values = {
            "bill": bill,
            "problem": problem,
            "amount": amount,
            "for_guardian": not own,
            "page_name": "hostel_bill",
            "fees_url": "/my/fees" if own else f"/my/fees/{bill.sudo().hostel_student_id.id}",
        }
        try:
            values["least"], values["most"] = bill._get_payable_range()
        except HostelError:
            values["paid"] = True
        status = problem.http_status if problem else 200
        return request.render("hostel_billing.bill_pay", values, status=status)


class BillPage(PortalAccount):
    def _get_overdue_invoices_domain(self, partner_id=None):
        """Override of `account`: hostel bills are paid on the page of fees, where the amount is
        not the browser's to say."""
        domain = super()._get_overdue_invoices_domain(partner_id)
        return [*domain, ("hostel_kind", "=", False)]

    @http.route()
    def portal_my_invoice_detail(self, invoice_id, **kwargs):
        """Override of `account`: guardians find their wards' bills on the page of fees, which
        keeps to itself what a fine is for."""
        if invoice_id <= MAX_INT:
            bill = request.env["account.move"].sudo().browse(invoice_id).exists()
            student = bill.hostel_student_id
            me = request.env.user.partner_id
            if bill.hostel_kind and me in student.guardian_ids.partner_id:
                return request.redirect(f"/my/fees/{student.id}#bill-{bill.id}")
        return super().portal_my_invoice_detail(invoice_id, **kwargs)
