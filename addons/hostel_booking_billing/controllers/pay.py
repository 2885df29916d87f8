from odoo import http
from odoo.http import request

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing


class HostelPay(http.Controller):
    @http.route(
        "/hostel/pay/<string:payment_ref>",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def pay(self, payment_ref):
        """Send the student to Camu with a signed order.

        Another student's reference gets the answer of one that doesn't exist.
        """
        row = request.env["hostel.allocation"]._get_own_by_payment_ref(payment_ref)
        if not row:
            raise request.not_found()
        if not row._can_be_paid():
            return request.redirect("/hostel/booking")
        try:
            order = row._get_order()
        except HostelError:
            return request.redirect("/hostel/booking")
        PaymentPostProcessing.monitor_transaction(order)
        form = order._get_processing_values()["redirect_form_html"]
        return request.render("hostel_booking_billing.pay", {"row": row, "form": form})
