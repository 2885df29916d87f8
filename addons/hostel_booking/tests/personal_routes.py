"""Routes for people who are signed in; see the table of ``hostel_base``."""

from odoo.addons.hostel_base.tests.personal_routes import GATED

ROUTES = {
    "/hostel": GATED,
    "/hostel/map/<int:hostel_id>": GATED,
    "/hostel/booking": GATED,
    "/hostel/booking/boot": GATED,
    "/hostel/layout/<string:key>/<int:version>": GATED,
    "/hostel/booking/room/<string:key>/<int:room>": GATED,
    "/hostel/booking/best": GATED,
    "/hostel/booking/link": GATED,
    "/hostel/booking/link/revoke": GATED,
    "/hostel/links": GATED,
    "/hostel/links/revoke": GATED,
    "/hostel/bed/<string:token>/open": GATED,
    "/hostel/booking/counter/bed": GATED,
    "/hostel/booking/counter/students": GATED,
    "/hostel/booking/counter/allocate": GATED,
    "/hostel/booking/counter/close": GATED,
    "/hostel/booking/counter/open": GATED,
    "/hostel/booking/me": GATED,
    "/hostel/booking/window": GATED,
    "/hostel/booking/hold": GATED,
    "/hostel/booking/queue": GATED,
    "/hostel/booking/queue/leave": GATED,
    "/hostel/booking/release": GATED,
    "/hostel/booking/extend": GATED,
    "/hostel/booking/pay": GATED,
    "/hostel/booking/cancel": GATED,
}
