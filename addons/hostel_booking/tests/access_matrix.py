"""Who may do what with each model of this addon; see the twin in ``hostel_base``."""

from odoo.addons.hostel_base.tests.access_matrix import row

from .access_matrix_moving import ACCESS_MOVING, PUBLIC_METHODS_MOVING

ACCESS = {
    #                              adm  war  sup  flo  gua  mes  fin  stu  par  int  por  pub
    "hostel.booking.round": row(" rwcd r    r    -    -    -    r    -    -    -    -    -"),
    "hostel.booking.window": row("rwcd r    r    -    -    -    -    -    -    -    -    -"),
    "hostel.booking.report": row("r    r    r    -    -    -    r    -    -    -    -    -"),
    "hostel.booking.fill.report": row("r r   r    -    -    -    r    -    -    -    -    -"),
    "hostel.booking.funnel.report": row("r r r    -    -    -    r    -    -    -    -    -"),
    "hostel.booking.tally": row(" r    r    r    -    -    -    r    -    -    -    -    -"),
    "hostel.cancellation": row("      r    r    r    -    -    -    r    -    -    -    -    -"),
    "hostel.cancellation.policy": row("rwcd r r    -    -    -    r    -    -    -    -    -"),
    "hostel.cancellation.policy.line": row("rwcd r r - - - r - - - - -"),
    "hostel.late.arrival": row("      rw   rw   r    -    -    -    -    -    -    -    -    -"),
    "hostel.no.show.notice": row("    r    r    r    -    -    -    -    -    -    -    -    -"),
    "hostel.booking.cancel": row("    rwcd rwcd -    -    -    -    -    -    -    -    -    -"),
    "hostel.no.show.release": row("   rwcd rwcd -    -    -    -    -    -    -    -    -    -"),
    "hostel.approval.batch": row("r    r    -    -    -    -    -    -    -    -    -    -"),
    "hostel.booking.reject": row("rwcd rwcd -    -    -    -    -    -    -    -    -    -"),
    # Whoever books sees maps through the desk, never through the models.
    "hostel.booking.map": row("   r    -    -    -    -    -    -    -    -    -    -    -"),
    "hostel.bed.link": row("      rw   rw   r    -    -    -    -    -    -    -    -    -"),
    "hostel.booking.outbox": row("r    -    -    -    -    -    -    -    -    -    -    -"),
    # Students meet cohorts through their desk.
    "hostel.cohort": row("       rw   r    r    -    -    -    -    -    -    -    -    -"),
    "hostel.cohort.member": row("r    r    r    -    -    -    -    -    -    -    -    -"),
    # Wardens see what was reported in their hostels, nothing else that students write.
    "hostel.roommate.ping": row("rw   rw   -    -    -    -    -    -    -    -    -    -"),
    "hostel.roommate.block": row("-    -    -    -    -    -    -    -    -    -    -    -"),
    "hostel.cohort.wish": row("  r    r    r    -    -    -    -    -    -    -    -    -"),
    "hostel.booking.check": row(" rwcd rwcd rwcd -    -    -    -    -    -    -    -    -"),
    "hostel.booking.window.change": row("rwcd - - - - - - - - - - -"),
    "hostel.booking.group": row("rwcd r   r    -    -    -    -    -    -    -    -    -"),
    "hostel.booking.quota": row("rwcd r   r    -    -    -    -    -    -    -    -    -"),
    "hostel.booking.quota.seat": row("r r r    -    -    -    -    -    -    -    -    -"),
    "hostel.allocation.run": row("rwcd -  -    -    -    -    -    -    -    -    -    -"),
    "hostel.allocation.run.group": row("r - -  -    -    -    -    -    -    -    -    -"),
    "hostel.allocation.run.line": row("r r r   -    -    -    -    -    -    -    -    -"),
    "hostel.waitlist": row("      r    r    r    -    -    -    -    -    -    -    -    -"),
    "hostel.waitlist.entry": row("rw   rw   r    -    -    -    -    -    -    -    -    -"),
    "hostel.waitlist.offer": row("rwcd rwcd -    -    -    -    -    -    -    -    -    -"),
    "hostel.move.request": row("  rw   rw   r    -    -    -    -    -    -    -    -    -"),
    "hostel.move.refuse": row("   rwcd rwcd -    -    -    -    -    -    -    -    -    -"),
}  # fmt: skip

PUBLIC_METHODS = {
    "hostel.allocation.run": {
        "action_apply",
        "action_cancel",
        "action_compare",
        "action_compare_wishes",
        "action_make_real",
        "action_open_lines",
        "action_resume",
        "action_run_rest",
        "action_solve",
        "action_what_if",
    },
    "hostel.booking.quota": {"action_open_seats"},
    "hostel.allocation": {
        "action_approve",
        "action_open_cancel",
        "action_open_reject",
        "action_open_release",
        "action_print_letter",
        "action_withdraw_approval",
    },
    "hostel.booking.cancel": {"action_cancel"},
    "hostel.booking.figures": {"get_figures"},
    "hostel.booking.report": {"action_open_stay"},
    "hostel.late.arrival": {"action_approve", "action_refuse"},
    "hostel.no.show.release": {"action_release"},
    "hostel.approval.batch": {"action_open_rows", "action_resume", "action_withdraw"},
    "hostel.approval.desk": {"approve", "check_evidence", "get_cards", "get_data", "withdraw"},
    "hostel.booking.reject": {"action_reject"},
    "hostel.bed.link": {"action_revoke"},
    "hostel.booking.round": {
        "action_close",
        "action_open",
        "action_publish_maps",
        "action_queue_start",
        "action_queue_stop",
        "get_queue_figures",
    },
    "hostel.availability": {
        "check_availability",
        "count_per_day",
        "get_choices",
        "open_free_beds",
    },
    "hostel.booking.board": {"get_board"},
    "hostel.cohort": {"action_cancel", "action_open_beds", "action_reopen"},
    "hostel.roommate.ping": {"action_dismiss", "action_suspend"},
    "hostel.booking.window": {
        "action_close_early",
        "action_extend",
        "action_offer_keeping",
        "action_open_offers",
        "action_pause",
        "action_resume",
    },
    "hostel.booking.window.change": {"action_apply"},
    "hostel.waitlist": {"action_open_entries"},
    "hostel.waitlist.entry": {
        "action_offer",
        "action_open_beds",
        "action_remove",
        "action_withdraw_offer",
    },
    "hostel.waitlist.offer": {"action_offer"},
    "hostel.move.request": {"action_approve", "action_refuse"},
    "hostel.move.refuse": {"action_refuse"},
}

ACCESS |= ACCESS_MOVING
for _model, _methods in PUBLIC_METHODS_MOVING.items():
    PUBLIC_METHODS[_model] = PUBLIC_METHODS.get(_model, set()) | _methods
