{
    "name": "Hostel Booking: Payment",
    "summary": "A held bed is paid through Camu before the warden approves it",
    "version": "19.0.1.0.0",
    "category": "Services/Hostel",
    "author": "Hostel on Odoo contributors",
    "website": "https://github.com/hostel-on-odoo/hostel",
    "license": "AGPL-3",
    "depends": ["hostel_booking", "hostel_billing"],
    "data": [
        "views/hostel_move_request_views.xml",
        "views/hostel_moves_portal_templates.xml",
        "views/hostel_pay_templates.xml",
    ],
    "auto_install": True,
    "installable": True,
}
