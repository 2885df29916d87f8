"""Who may do what with each model of this addon; see the twin in ``hostel_base``."""

from odoo.addons.hostel_base.tests.access_matrix import row

ACCESS = {
    #                                  adm  war  sup  flo  gua  mes  fin  stu  par  int  por  pub
    "hostel.camu.event": row("        r    -    -    -    -    -    rw   -    -    -    -    -"),
    "hostel.camu.event.resolve": row("-    -    -    -    -    -    rwc  -    -    -    -    -"),
}  # fmt: skip

RULED: set[str] = set()

PUBLIC_METHODS = {
    "hostel.allocation": {"action_open_bills"},
    "hostel.camu.event": {"action_open_resolve", "action_retry"},
    "hostel.camu.event.resolve": {"action_resolve"},
}
