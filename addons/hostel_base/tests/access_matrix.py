"""Who may do what with each model of this addon, record rules aside.

Written by hand from the description of the roles, so that a slip in the access lines shows here.
Letters: r read, w write, c create, d delete. Each role has what its line says, nothing is implied.
"""

ROLES = (
    "admin",
    "warden",
    "supervisor",
    "floor_incharge",
    "guard",
    "mess_manager",
    "finance",
    "student",
    "guardian",
    "internal",  # an employee without a role in the hostels
    "portal",  # a portal user who is neither student nor guardian
    "public",
)


def row(text):
    """Rights of each role from words in the order of ``ROLES``; ``-`` is nothing."""
    words = text.split()
    assert len(words) == len(ROLES), text
    return {role: set(word.strip("-")) for role, word in zip(ROLES, words, strict=True)}


ACCESS = {
    #                             adm  war  sup  flo  gua  mes  fin  stu  par  int  por  pub
    "hostel.hostel": row("       rwcd r    r    r    r    r    r    r    r    -    -    -"),
    "hostel.floor": row("        rwcd rw   r    r    -    -    r    -    -    -    -    -"),
    "hostel.room": row("         rwcd rwc  r    r    -    -    r    -    -    -    -    -"),
    "hostel.bed": row("          rwcd rwc  r    r    -    -    r    -    -    -    -    -"),
    "hostel.room.type": row("    rwcd r    r    r    -    -    r    r    r    -    -    -"),
    "hostel.amenity": row("      rwcd r    r    r    -    -    r    r    r    -    -    -"),
    "hostel.academic.year": row("rwcd r    r    r    -    -    r    r    r    -    -    -"),
    "hostel.term": row("         rwcd r    r    r    -    -    r    r    r    -    -    -"),
    "hostel.student": row("      rwcd rw   r    r    -    -    r    r    r    -    -    -"),
    "hostel.guardian": row("     rwcd rwc  r    r    -    -    r    r    r    -    -    -"),
    "hostel.clearance": row("    rwcd rwc  r    -    -    -    rwc  r    -    -    -    -"),
    "hostel.programme": row("    rwcd r    r    r    -    -    r    r    r    -    -    -"),
    "hostel.undertaking": row("  rwcd rwc  r    -    -    -    -    r    r    -    -    -"),
    "hostel.identity.document": row("rwcd rwc r  -    -    -    -    r    -    -    -    -"),
    "hostel.identity.reject": row("rwcd rwcd -   -    -    -    -    -    -    -    -    -"),
    "hostel.student.bank": row(" rwcd -    -    -    -    -    rwc  rwc  -    -    -    -"),
    "hostel.access.log": row("   r    -    -    -    -    -    -    -    -    -    -    -"),
    "hostel.access.event": row(" r    -    -    -    -    -    -    -    -    -    -    -"),
    "hostel.retention.run": row("r    -    -    -    -    -    -    -    -    -    -    -"),
    "hostel.retention.preview": row("rwcd - -   -    -    -    -    -    -    -    -    -"),
    "hostel.student.roll.number": row("r r r r - - r - - - - -"),
    "hostel.import": row("       rwcd -    -    -    -    -    -    -    -    -    -    -"),
    "hostel.import.column": row("rw   -    -    -    -    -    -    -    -    -    -    -"),
    "hostel.import.line": row("  r    -    -    -    -    -    -    -    -    -    -    -"),
    "hostel.staff": row("        rwcd r    r    r    r    r    -    -    -    -    -    -"),
    "hostel.allocation": row("   rw   rw   r    r    -    -    r    r    r    -    -    -"),
    "hostel.event": row("        r    -    -    -    -    -    -    -    -    -    -    -"),
    "hostel.event.delivery": row("r   -    -    -    -    -    -    -    -    -    -    -"),
    "hostel.notice": row("       rwcd rwcd r    rwcd r    r    -    r    r    -    -    -"),
    "hostel.notice.receipt": row("r   r    r    r    r    r    -    r    r    -    -    -"),
    "hostel.notification.log": row("r r    -    -    -    -    -    -    -    -    -    -"),
    "hostel.check.in.out": row(" rw   rw   rw   r    -    -    -    r    r    -    -    -"),
    "hostel.rollover": row("     rwcd -    -    -    -    -    -    -    -    -    -    -"),
    "hostel.rollover.line": row("rwcd -    -    -    -    -    -    -    -    -    -    -"),
    "hostel.bed.vacate": row("   rwcd rwcd -    -    -    -    -    -    -    -    -    -"),
    "hostel.bed.transfer": row(" rwcd rwcd -    -    -    -    -    -    -    -    -    -"),
    "hostel.bed.assign": row("   rwcd rwcd -    -    -    -    -    -    -    -    -    -"),
    "hostel.room.close": row("   rwcd rwcd -    -    -    -    -    -    -    -    -    -"),
    "hostel.occupancy.report": row("r    r    r    r    -    -    r    -    -    -    -    -"),
    "hostel.print.list": row("   rwcd rwcd rwcd rwcd -    -    rwcd -    -    -    -    -"),
    "hostel.privacy.notice": row("  rwcd r    r    -    -    -    -    -    -    -    -    -"),
    "hostel.privacy.purpose": row(" rwcd r    r    -    -    -    -    -    -    -    -    -"),
    "hostel.consent": row("         r    r    r    -    -    -    -    r    r    -    -    -"),
    "hostel.consent.request": row(" r    r    r    -    -    -    -    -    -    -    -    -"),
    "hostel.consent.paper": row("   rwcd rwcd -    -    -    -    -    -    -    -    -    -"),
    "hostel.invitation": row("      r    r    -    -    -    -    -    -    -    -    -    -"),
    "hostel.invitation.batch": row("rwcd rwc  -    -    -    -    -    -    -    -    -    -"),
    "hostel.verification": row(" r    r    r    -    -    -    -    -    -    -    -    -"),
    "hostel.verification.revoke": row("rwcd rwcd - - - - - - - - - -"),
    "hostel.floor.layout": row(" r    r    r    r    -    -    -    -    -    -    -    -"),
    "hostel.floor.generate": row("rwcd rwcd -   -    -    -    -    -    -    -    -    -"),
    "hostel.floor.svg": row("    rwcd rwcd -    -    -    -    -    -    -    -    -    -"),
    "hostel.floor.svg.line": row("rwcd rwcd -   -    -    -    -    -    -    -    -    -"),
    # Contacts: Odoo's own lines, and guardians are entered by wardens. Record rules hide the
    # students among them, and from the public all but the published ones.
    "res.partner": row("         rwc  rwc  r    r    r    r    r    r    r    r    r    r"),
}  # fmt: skip

# Rows above about models of Odoo's, to which this addon gives rights.
OTHERS = {"res.partner"}

# About people, and on purpose without a rule.
UNAUDITED = {
    "hostel.access.event": "a view of the logs",
    "hostel.bed.assign": "a dialog",
    "hostel.consent.request": "only a link on its way; what comes of it is a consent",
    "hostel.invitation": "only a mail on its way",
    "hostel.notice.receipt": "thousands a notice, and itself a log",
    "hostel.rollover.line": "itself the record of what the year-end did",
}

# Models with people in them, or with places that only some look after. Whoever reads one of these
# needs a record rule of the own role, for an access line alone shows every record.
RULED = {
    "hostel.hostel",
    "hostel.floor",
    "hostel.room",
    "hostel.bed",
    "hostel.student",
    "hostel.student.bank",
    "hostel.student.roll.number",
    "hostel.guardian",
    "hostel.clearance",
    "hostel.undertaking",
    "hostel.identity.document",
    "hostel.consent",
    "hostel.consent.request",
    "hostel.invitation",
    "hostel.access.event",
    "hostel.staff",
    "hostel.allocation",
    "hostel.check.in.out",
    "hostel.rollover.line",
    "hostel.notice",
    "hostel.notice.receipt",
    "hostel.notification.log",
    "hostel.verification",
}

# What everybody who signs in may call over RPC, portal users too; each checks the rights itself.
PUBLIC_METHODS = {
    "hostel.academic.year": {"action_close", "action_reopen"},
    "hostel.allocation": {
        "action_approve",
        "action_cancel",
        "action_cancel_move",
        "action_check_in",
        "action_check_out",
        "action_give_other_bed",
        "action_leave_for_break",
        "action_open_check_record",
        "action_refund_due",
        "action_reject",
        "action_reopen",
        "action_transfer",
        "action_vacate",
        "action_withdraw_approval",
        "action_withdraw_notice",
    },
    "hostel.bed.assign": {"action_assign"},
    "hostel.bed.transfer": {"action_transfer"},
    "hostel.bed.vacate": {"action_vacate"},
    "hostel.consent.paper": {"action_record"},
    "hostel.dashboard": {"get_data"},
    "hostel.event.delivery": {"action_discard", "action_retry"},
    "hostel.floor": {
        "action_generate_layout",
        "action_open_editor",
        "get_editor_data",
        "get_layout_history",
        "get_layout_version",
        "save_editor_layout",
    },
    "hostel.floor.generate": {"action_generate"},
    "hostel.floor.layout": {"action_restore"},
    "hostel.floor.svg": {"action_back", "action_check", "action_publish"},
    "hostel.hostel": {
        "action_open_allocations",
        "action_open_beds",
        "action_open_rooms",
        "action_open_to_approve",
    },
    "hostel.identity.document": {"action_open_reject", "action_verify"},
    "hostel.identity.reject": {"action_reject"},
    "hostel.import": {
        "action_back",
        "action_cancel",
        "action_check",
        "action_import",
        "action_open_records",
        "action_resume",
    },
    "hostel.invitation": {"action_resend"},
    "hostel.invitation.batch": {"action_continue", "action_open_invitations", "action_send"},
    "hostel.notice": {
        "action_back_to_draft",
        "action_mark_read",
        "action_open_receipts",
        "action_open_unread",
        "action_pin",
        "action_publish",
        "action_withdraw",
    },
    "hostel.notification.log": {"action_retry"},
    "hostel.occupancy.report": {"action_open_bed"},
    "hostel.print.list": {"action_print"},
    "hostel.privacy.notice": {"action_new_version", "action_open_consents", "action_publish"},
    "hostel.programme": {"action_open_students"},
    "hostel.retention.preview": {"action_preview"},
    "hostel.rollover": {
        "action_confirm",
        "action_open_lines",
        "action_preview",
        "action_resume",
        "action_run",
        "action_undo",
    },
    "hostel.rollover.line": {"action_detain", "action_promote"},
    "hostel.room": {
        "action_add_beds",
        "action_close",
        "action_open_beds",
        "action_open_closures",
        "action_open_history",
        "action_reopen",
    },
    "hostel.room.close": {"action_close"},
    "hostel.search": {"search_campus"},
    "hostel.student": {
        "action_invite_to_portal",
        "action_open_access",
        "action_open_allocations",
        "action_open_current_stay",
        "action_open_documents",
        "action_police_failed",
        "action_police_submitted",
        "action_police_verified",
    },
    "hostel.verification": {"action_open_page", "action_open_record", "action_open_revoke"},
    "hostel.verification.revoke": {"action_revoke"},
    "res.config.settings": {
        "action_hostel_reencrypt",
        "action_hostel_retention_preview",
        "action_hostel_retention_run",
    },
}
