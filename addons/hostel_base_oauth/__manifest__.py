{
    "name": "Hostel: Single Sign-On",
    "summary": "The college's accounts sign in people whom the hostels know, in their role",
    "version": "19.0.1.0.0",
    "category": "Services/Hostel",
    "author": "Hostel on Odoo contributors",
    "website": "https://github.com/hostel-on-odoo/hostel",
    "license": "AGPL-3",
    "depends": ["hostel_base", "auth_oauth"],
    "data": ["views/auth_oauth_provider_views.xml"],
    "auto_install": True,
    "installable": True,
}
