from odoo import http
from odoo.http import request

from odoo.addons.hostel_base.tools.storable import storable

from ..models.hostel_booking_lottery import PUBLIC_PATH


class HostelBookingLotteryPages(http.Controller):
    """The public record of a lottery: no sign-in, no person, everything to recompute."""

    @http.route(
        f"{PUBLIC_PATH}<string:token>", type="http", auth="public", website=True, sitemap=False
    )
    def lottery(self, token):
        lottery = self._find(token)
        response = request.render(
            "hostel_booking.lottery_page", {"lottery": lottery, "facts": lottery._describe()}
        )
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    @http.route(f"{PUBLIC_PATH}<string:token>/list.txt", type="http", auth="public", sitemap=False)
    def list_file(self, token):
        """The list byte for byte as it was hashed."""
        return request.make_response(
            self._find(token).list_text,
            headers=[
                ("Content-Type", "text/plain; charset=utf-8"),
                ("X-Robots-Tag", "noindex"),
                ("Cache-Control", "public, max-age=300"),
            ],
        )

    def _find(self, token):
        token = storable(token)
        lottery = request.env["hostel.booking.lottery"].sudo().search([("token", "=", token)])
        if not lottery:
            raise request.not_found()
        return lottery
