"""Routes of this addon for people who are signed in, and whether they wait for a consent.

Written by hand: a new route without a line here fails ``test_personal_routes``. ``GATED`` routes
lead a student without consent to the privacy notice; any other value says why a route does not.
"""

GATED = "gated"

ROUTES = {
    # Odoo's own portal, in the form that this addon gives it.
    "/my": GATED,
    "/my/home": GATED,
    "/my/account": GATED,
    "/my/addresses": GATED,
    "/my/address": GATED,
    "/my/address/submit": GATED,
    "/my/hostel": GATED,
    "/my/hostel/<int:allocation_id>": GATED,
    "/my/hostel/house": GATED,
    "/my/hostel/room": GATED,
    "/my/hostel/ward/<int:student_id>": GATED,
    "/my/details": GATED,
    "/my/details/photo": GATED,
    "/my/details/correction": GATED,
    "/my/details/lifestyle": GATED,
    "/my/notices": GATED,
    "/my/notices/page/<int:page>": GATED,
    "/my/notices/<int:notice_id>": GATED,
    "/my/notices/<int:notice_id>/read": GATED,
    "/my/notices/<int:notice_id>/file/<int:attachment_id>": GATED,
    "/my/push/key": GATED,
    "/my/push/subscribe": GATED,
    "/my/push/unsubscribe": GATED,
    "/my/documents": GATED,
    "/my/documents/upload": GATED,
    "/my/documents/bank": GATED,
    "/my/documents/<int:document_id>/withdraw": GATED,
    "/hostel/document/<int:document_id>": GATED,
    "/hostel/import/<int:import_id>/file": GATED,
    "/hostel/import/<int:import_id>/refused.xlsx": GATED,
    "/hostel/import/template/<string:kind>.<string:extension>": GATED,
    "/my/privacy": "here the notice is read and agreed to",
    "/my/privacy/agree": "here it is agreed to",
    "/my/privacy/withdraw": "a withdrawal is never in anybody's way",
    "/my/privacy/ask-guardian": "sends the minor's guardian the link",
    "/my/privacy/data.json": "the right of access does not depend on a consent",
    "/my/privacy/erasure": "the right of erasure does not depend on a consent",
    "/my/privacy/ward/<int:student_id>": "here a guardian reads the notice and agrees",
    "/my/privacy/ward/<int:student_id>/agree": "here a guardian agrees",
    "/my/privacy/ward/<int:student_id>/withdraw": "a withdrawal is never in anybody's way",
}
