"""Routes for people who are signed in; see the table of ``hostel_base``."""

from odoo.addons.hostel_base.tests.personal_routes import GATED

ROUTES = {
    "/hostel/bill/<int:bill_id>/pay": GATED,
    "/my/wallet": GATED,
    "/my/wallet/<int:student_id>": GATED,
    "/my/wallet/top-up": GATED,
    "/my/wallet/<int:student_id>/top-up": GATED,
    "/my/wallet/notice": GATED,
    "/my/wallet/<int:student_id>/notice": GATED,
    "/my/wallet/statement.<string:extension>": GATED,
    "/my/wallet/<int:student_id>/statement.<string:extension>": GATED,
    "/my/wallet/pay/<string:reference>": GATED,
    "/my/credit-score": GATED,
    "/my/credit-score/<int:event_id>/object": GATED,
    "/my/hostel/exit/<int:exit_id>/statement": GATED,
    "/my/fees": GATED,
    "/my/fees/<int:student_id>": GATED,
    "/my/fees/pay": GATED,
    "/my/fees/<int:student_id>/pay": GATED,
    "/my/fees/state": GATED,
    "/my/fees/<int:student_id>/state": GATED,
    "/my/fees/statement": GATED,
    "/my/fees/<int:student_id>/statement": GATED,
    "/my/fees/receipt/<int:payment_id>": GATED,
    "/my/fees/bill/<int:bill_id>": GATED,
    "/my/dues": GATED,
    "/my/dues/receipt": GATED,
    "/my/dues/receipt/<int:receipt_id>": GATED,
    "/my/dues/receipt/<int:receipt_id>/withdraw": GATED,
    "/hostel/receipt/<int:receipt_id>/picture": GATED,
}
