{
    "name": "Hostel Booking: Payment",
    "summary": "A held bed is paid through Camu before the warden approves it",
    "version": "19.0.1.0.0",
    "category": "Services/Hostel",
    "author": "Hostel on Odoo contributors",
    "website": "https://github.com/hostel-on-odoo/hostel",
    "license": "AGPL-3",
    "depends": ["hostel_booking", "hostel_billing"],
    "data": ["views/hostel_pay_templates.xml"],
    "assets": {
        "web.assets_frontend": ["hostel_booking_billing/static/src/**/*"],
        "web.assets_unit_tests_setup": ["hostel_booking_billing/static/src/**/*"],
    },
    "auto_install": True,
    "installable": True,
}
