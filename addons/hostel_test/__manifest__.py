{
    "name": "Hostel Test",
    "summary": "Failpoints for the fault tests; never installed on a running college",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Hostel on Odoo contributors",
    "website": "https://github.com/hostel-on-odoo/hostel",
    "license": "AGPL-3",
    "depends": ["hostel_booking_billing"],
    "pre_init_hook": "pre_init_hook",
    "post_load": "post_load",
}
