"""Routes for people who are signed in; see the table of ``hostel_base``."""

from odoo.addons.hostel_base.tests.personal_routes import GATED

ROUTES = {"/hostel/pay/<string:payment_ref>": GATED}
