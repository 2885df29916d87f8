{
    "name": "Hostel Demonstration Campus",
    "summary": "A small made-up college with students, stays and an open booking round",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Hostel on Odoo contributors",
    "website": "https://github.com/hostel-on-odoo/hostel",
    "license": "AGPL-3",
    "depends": ["hostel_base", "hostel_booking", "hostel_billing", "hostel_booking_billing"],
    "data": [],
    "post_init_hook": "post_init_hook",
    "installable": True,
}
