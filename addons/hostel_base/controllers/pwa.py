"""The portal as an app on the phone: manifest, service worker, offline page."""

from odoo import http
from odoo.http import request
from odoo.tools import file_open

from ..const import PWA_ICONS, PWA_THEME_COLOUR

ICON_PATH = "/hostel_base/static/img/pwa/"
WORKER_FILE = "hostel_base/static/src/pwa/service_worker.js"


class HostelPwa(http.Controller):
    MANIFEST_ROUTE = "/hostel/manifest.webmanifest"
    WORKER_ROUTE = "/hostel/service-worker.js"
    OFFLINE_ROUTE = "/hostel/offline"

    def _get_app_name(self):
        website = request.env["website"].get_current_website()
        return website.name or request.env.company.name

    def _get_theme_colour(self):
        return request.env.company.sudo().primary_color or PWA_THEME_COLOUR

    def _prepare_manifest(self):
        name = self._get_app_name()
        return {
            "id": "/my",
            "name": name,
            "short_name": name if len(name) <= 12 else request.env._("Hostel"),
            "description": request.env._("Your stay, notices and everything of the hostel."),
            "lang": (request.env.context.get("lang") or "en_US").replace("_", "-"),
            "start_url": "/my?source=app",
            # Booking and payment lie beside /my. The backend is an app of its own below /odoo.
            "scope": "/",
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": self._get_theme_colour(),
            "categories": ["education"],
            "prefer_related_applications": False,
            "icons": [
                {
                    "src": f"{ICON_PATH}{file}",
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                    "purpose": purpose,
                }
                for file, size, purpose in PWA_ICONS
            ],
            "shortcuts": [
                {"name": request.env._("Notices"), "url": "/my/notices"},
                {"name": request.env._("My stay"), "url": "/my/hostel"},
            ],
        }

    @http.route(
        MANIFEST_ROUTE, type="http", auth="public", methods=["GET"], website=True, sitemap=False
    )
    def manifest(self):
        return request.make_json_response(
            self._prepare_manifest(),
            headers={
                "Content-Type": "application/manifest+json",
                "Cache-Control": "public, max-age=3600",
            },
        )

    @http.route(WORKER_ROUTE, type="http", auth="public", methods=["GET"], sitemap=False)
    def service_worker(self):
        with file_open(WORKER_FILE) as worker:
            body = worker.read()
        return request.make_response(
            body,
            headers=[
                ("Content-Type", "text/javascript; charset=utf-8"),
                ("Service-Worker-Allowed", "/"),
                # A browser asks again at each visit, so a new worker is there at once.
                ("Cache-Control", "no-cache"),
            ],
        )

    @http.route(
        OFFLINE_ROUTE, type="http", auth="public", methods=["GET"], website=True, sitemap=False
    )
    def offline(self):
        """The page without a network: the same for everyone, so it may stay on the phone."""
        return request.render(
            "hostel_base.offline_page",
            {
                "app_name": self._get_app_name(),
                "colour": self._get_theme_colour(),
                "phone": request.env.company.sudo().phone,
            },
        )
