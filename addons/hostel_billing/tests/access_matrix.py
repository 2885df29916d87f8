"""Who may do what with each model of this addon; see the twin in ``hostel_base``."""

from odoo.addons.hostel_base.tests.access_matrix import row

ACCESS = {
    #                                  adm  war  sup  flo  gua  mes  fin  stu  par  int  por  pub
    "hostel.camu.event": row("        r    -    -    -    -    -    rw   -    -    -    -    -"),
    "hostel.camu.event.resolve": row("-    -    -    -    -    -    rwc  -    -    -    -    -"),
    # Fees and bills
    "hostel.fee.head": row("          rwcd r    -    -    -    -    rwc  -    -    -    -    -"),
    "hostel.charge": row("            r    r    -    -    -    -    rwc  -    -    -    -    -"),
    "hostel.fee.structure": row("     rwcd r    -    -    -    -    rwc  -    -    -    -    -"),
    "hostel.fee.structure.line": row("rwcd r    -    -    -    -    rwcd -    -    -    -    -"),
    "hostel.rate.season": row("       rwcd r    -    -    -    -    rwc  -    -    -    -    -"),
    "hostel.late.fee.policy": row("   rwcd r    -    -    -    -    rwc  -    -    -    -    -"),
    "hostel.concession": row("        rwcd -    -    -    -    -    rwcd -    -    -    -    -"),
    "hostel.deposit.loan": row("      r    -    -    -    -    -    rwc  -    -    -    -    -"),
    "hostel.bill.run": row("          r    -    -    -    -    -    rwcd -    -    -    -    -"),
    "hostel.bill.run.line": row("     r    -    -    -    -    -    r    -    -    -    -    -"),
    "hostel.bill.reminder": row("     r    r    -    -    -    -    r    -    -    -    -    -"),
    "hostel.bill.pay": row("          -    -    -    -    -    -    rwcd -    -    -    -    -"),
    "hostel.payment.reverse": row("   -    -    -    -    -    -    rwcd -    -    -    -    -"),
    "hostel.rate.check": row("        rwcd -    -    -    -    -    rwcd -    -    -    -    -"),
}  # fmt: skip

RULED: set[str] = set()

PUBLIC_METHODS = {
    "account.move": {"action_open_hostel_pay", "action_print_hostel_bill"},
    "account.payment": {"action_open_reverse", "action_print_receipt"},
    "hostel.allocation": {"action_open_bills"},
    "hostel.bill.pay": {"action_pay"},
    "hostel.bill.run": {
        "action_cancel",
        "action_count",
        "action_open_bills",
        "action_post",
        "action_refresh",
        "action_resume",
        "action_retry_failed",
    },
    "hostel.bill.run.line": {"action_skip"},
    "hostel.camu.event": {"action_open_resolve", "action_retry"},
    "hostel.camu.event.resolve": {"action_resolve"},
    "hostel.concession": {
        "action_approve",
        "action_refuse",
        "action_request",
        "action_withdraw",
    },
    "hostel.deposit.loan": {"action_approve", "action_cancel", "action_refuse"},
    "hostel.payment.reverse": {"action_reverse"},
    "hostel.charge": {"action_bill", "action_cancel", "action_open_source"},
}
