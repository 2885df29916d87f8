"""Who may do what while students move in and out; see the tables of the addon."""

from odoo.addons.hostel_base.tests.access_matrix import row

ACCESS_MOVING = {
    #                                   adm  war  sup  flo  gua  mes  fin  stu  par  int  por  pub
    "hostel.condition.item": row("rwcd r r r - - - - - - - -"),
    "hostel.room.condition": row("rw rw rw r - - - r - - - -"),
    "hostel.room.condition.line": row("rw rw rw r - - - r - - - -"),
    "hostel.room.condition.photo": row("rcd rcd rcd r - - - r - - - -"),
    "hostel.key": row("rwcd rwc r r - - - - - - - -"),
    "hostel.key.movement": row("r r r r - - - - - - - -"),
    "hostel.key.hand.over": row("rwcd rwcd rwcd - - - - - - - - -"),
    "hostel.check.in.pass.use": row("r - - - - - - - - - - -"),
    "hostel.licence.terms": row("rwcd r r - - - - - - - - -"),
    "hostel.licence.agreement": row("r r r - - - - r r - - -"),
    "hostel.no.dues.station": row("rwcd r r - - r r - - - - -"),
    "hostel.no.dues": row("r r r - - r r r - - - -"),
    "hostel.no.dues.line": row("r r r - - r r r - - - -"),
    "hostel.no.dues.hold": row("rwcd rwcd rwcd - - rwcd rwcd - - - - -"),
}  # fmt: skip

RULED_MOVING = {
    "hostel.room.condition",
    "hostel.room.condition.line",
    "hostel.room.condition.photo",
    "hostel.key",
    "hostel.key.movement",
    "hostel.check.in.pass.use",
    "hostel.licence.agreement",
    "hostel.no.dues",
    "hostel.no.dues.line",
}

PUBLIC_METHODS_MOVING = {
    "hostel.allocation": {
        "action_check_out",
        "action_start_move_out",
        "action_withdraw_notice",
    },
    "hostel.bed.vacate": {"action_vacate"},
    "hostel.check.in.desk": {"check_in", "get_card", "hand_over", "scan"},
    "hostel.key": {
        "action_found",
        "action_open_hand_over",
        "action_report_lost",
        "action_take_back",
    },
    "hostel.key.hand.over": {"action_hand_over"},
    "hostel.licence.agreement": {"action_open_pdf", "action_send_link"},
    "hostel.licence.terms": {"action_new_version", "action_open_agreements", "action_publish"},
    "hostel.no.dues": {"action_move_out", "action_open_condition", "action_refresh"},
    "hostel.no.dues.hold": {"action_hold"},
    "hostel.no.dues.line": {"action_open_hold", "action_sign"},
    "hostel.room.condition": {
        "action_close_inspection",
        "action_confirm",
        "action_reopen_inspection",
        "action_send",
        "action_start_inspection",
    },
    "hostel.room.condition.line": {"action_open_photos"},
}
