"""Routes for people who are signed in; see the table of ``hostel_base``."""

from odoo.addons.hostel_base.tests.personal_routes import GATED

ROUTES = {
    "/hostel": GATED,
    "/hostel/map/<int:hostel_id>": GATED,
    "/hostel/booking": GATED,
    "/hostel/booking/boot": GATED,
    "/hostel/layout/<string:key>/<int:version>": GATED,
    "/hostel/booking/me": GATED,
    "/hostel/booking/window": GATED,
    "/hostel/booking/hold": GATED,
    "/hostel/booking/release": GATED,
    "/hostel/booking/extend": GATED,
    "/hostel/booking/pay": GATED,
    "/hostel/booking/cancel": GATED,
}
