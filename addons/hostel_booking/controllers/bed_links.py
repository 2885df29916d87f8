from odoo import http
from odoo.http import request
from odoo.tools.misc import hmac

from odoo.addons.hostel_base.controllers.json_api import as_int, as_text, json_route
from odoo.addons.hostel_base.errors import HostelError

from ..tools.rate_limit import Rate

# A whole college may sit behind one address; whoever guesses is stopped much earlier.
LOOKS = Rate(120, 500)
MISSES = Rate(20, 10_000)
HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


class HostelBedLinks(http.Controller):
    """Public addresses of single beds, and the calls that make and withdraw them."""

    PAGE_ROUTE = "/hostel/bed/<string:token>"

    @http.route(PAGE_ROUTE, type="http", auth="public", website=True, sitemap=False)
    def bed_page(self, token, **_kwargs):
        Link = request.env["hostel.bed.link"]
        try:
            self._check_rate("bedlink", LOOKS)
            link = Link._find_open(token)
            if not link:
                self._check_rate("bedlink-miss", MISSES)
                return self._answer("hostel_booking.bed_link_gone", {}, 404)
            values = {
                "bed": link._describe_bed(),
                "open_url": f"/hostel/bed/{link.token}/open",
                "signed_in": not request.env.user._is_public(),
            }
        except HostelError as exc:
            headers = {"Retry-After": str(exc.details.get("retry_after", 2))}
            return self._answer(
                "hostel_booking.bed_link_wait", {"text": str(exc)}, exc.http_status, headers
            )
        return self._answer("hostel_booking.bed_link_page", values, 200)

    @http.route(f"{PAGE_ROUTE}/open", type="http", auth="user", website=True, sitemap=False)
    def bed_on_map(self, token, **_kwargs):
        """The bed on the map, for those who may look at maps."""
        link = request.env["hostel.bed.link"]._find_open(token)
        if not link or not request.env["hostel.booking.map"]._may_look():
            raise request.not_found()
        return request.redirect(link._get_map_url())

    def _answer(self, template, values, status, headers=None):
        values = {**values, "lang": (request.env.lang or "en").replace("_", "-")}
        html = request.env["ir.ui.view"].sudo()._render_template(template, values)
        response = request.make_response(
            f"<!DOCTYPE html>\n{html}",
            headers=[("Content-Type", "text/html; charset=utf-8"), *HEADERS.items()],
            status=status,
        )
        response.headers.update(headers or {})
        return response

    def _check_rate(self, what, rate):
        """Count a look; addresses of visitors are hashed before they are kept."""
        address = request.httprequest.remote_addr or ""
        who = hmac(request.env(su=True), "hostel-booking-visitor", address)[:24]
        request.env["hostel.booking.occupants"]._check_rate(what, who, rate)

    # ------------------------------------------------------------------
    # From the map
    # ------------------------------------------------------------------

    @json_route("/hostel/booking/link", methods=["POST"], writes=True)
    def share(self, key, i):
        link = request.env["hostel.bed.link"]._share(as_text(key, "key", 64), as_int(i, "i"))
        return {"id": link.id, "url": link.url}

    @json_route("/hostel/booking/link/revoke", methods=["POST"], writes=True)
    def revoke(self, id):  # noqa: A002 - the name in the JSON
        request.env["hostel.bed.link"]._revoke_own(as_int(id, "id"))

    @http.route("/hostel/links", type="http", auth="user", website=True, sitemap=False)
    def own_links(self):
        """The signed-in person's open links, each with a button that withdraws it."""
        if not request.env["hostel.booking.map"]._may_look():
            raise request.not_found()
        return request.render(
            "hostel_booking.own_links", {"links": request.env["hostel.bed.link"]._get_own()}
        )

    @http.route(
        "/hostel/links/revoke",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def revoke_from_page(self, link_id=None, **_kwargs):
        try:
            request.env["hostel.bed.link"]._revoke_own(as_int(link_id, "link_id"))
        except HostelError:
            raise request.not_found() from None
        return request.redirect("/hostel/links", 303)
