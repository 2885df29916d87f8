from odoo import http
from odoo.http import request

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_billing.controllers.fees import FeesPortal
from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing


class HostelPay(FeesPortal):
    BED_PAY_ROUTE = "/hostel/pay/<string:payment_ref>"

    @http.route(
        BED_PAY_ROUTE, type="http", auth="user", methods=["GET"], website=True, sitemap=False
    )
    def pay(self, payment_ref):
        """Send the student, or a guardian, to Camu with a signed order.

        Another student's reference gets the answer of one that doesn't exist.
        """
        row = request.env["hostel.allocation"].sudo().search([("payment_ref", "=", payment_ref)])
        if not self._is_fee_reader(row.student_id):
            raise request.not_found()
        own = row.student_id.partner_id == request.env.user.partner_id
        home = "/hostel/booking" if own else self._get_fees_base(row.student_id.id)
        if not row._can_be_paid():
            return request.redirect(home)
        try:
            order = row._get_order()
        except HostelError:
            return request.redirect(home)
        order._note_try()
        PaymentPostProcessing.monitor_transaction(order)
        return request.render(
            "hostel_booking_billing.pay",
            {
                "row": row,
                "order": order,
                "form": order._get_processing_values()["redirect_form_html"],
                "home": home,
                "ward": None if own else row.student_id,
            },
        )
