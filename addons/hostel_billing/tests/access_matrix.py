"""Who may do what with each model of this addon; see the twin in ``hostel_base``."""

from odoo.addons.hostel_base.tests.access_matrix import row

ACCESS = {
    #                                 admin warden superv floor guard mess fin stud guard int port pub
    "hostel.camu.event": row("         r     -      -      -     -     -    rw  -    -     -   -    -"),
    "hostel.camu.event.resolve": row(" -     -      -      -     -     -    rwc -    -     -   -    -"),
}  # fmt: skip
