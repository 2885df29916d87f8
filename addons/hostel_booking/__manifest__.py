{
    "name": "Hostel Booking",
    "summary": "Students pick their bed on a live map",
    "version": "19.0.1.0.0",
    "category": "Services/Hostel",
    "author": "Hostel on Odoo contributors",
    "website": "https://github.com/hostel-on-odoo/hostel",
    "license": "AGPL-3",
    "depends": ["hostel_base", "website", "portal", "bus"],
    "external_dependencies": {"python": ["redis"]},
    "data": [
        "security/ir.model.access.csv",
        "security/hostel_cohort_security.xml",
        "security/hostel_booking_dialog_security.xml",
        "data/hostel_booking_data.xml",
        "wizard/hostel_booking_check_views.xml",
        "wizard/hostel_booking_window_change_views.xml",
        "views/hostel_booking_window_views.xml",
        "views/hostel_booking_round_views.xml",
        "views/hostel_cohort_views.xml",
        "views/hostel_student_views.xml",
        "views/hostel_booking_menus.xml",
        "views/hostel_campus_templates.xml",
        "views/hostel_map_templates.xml",
        "views/hostel_my_booking_templates.xml",
        "views/hostel_portal_templates.xml",
        "data/website_menu.xml",
    ],
    "assets": {
        "web.assets_frontend": [
            "hostel_booking/static/src/core/**/*",
            "hostel_booking/static/src/components/**/*",
        ],
        "web.assets_tests": [
            "hostel_booking/static/tests/tours/**/*",
        ],
        # The public pages' sources are not in the backend bundle that HOOT loads.
        "web.assets_unit_tests_setup": [
            "hostel_booking/static/src/core/**/*",
            "hostel_booking/static/src/components/**/*",
        ],
        "web.assets_unit_tests": [
            "hostel_booking/static/tests/**/*",
            ("remove", "hostel_booking/static/tests/tours/**/*"),
        ],
    },
    "post_load": "post_load",
    "installable": True,
}
