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
    # Wallet
    "hostel.wallet": row("             r    r    -    -    -    -    rw   -    -    -    -    -"),
    "hostel.wallet.line": row("        r    r    -    -    -    -    r    -    -    -    -    -"),
    "hostel.wallet.adjust": row("      -    -    -    -    -    -    rwc  -    -    -    -    -"),
    # Electricity
    "hostel.tariff": row("             rwcd r    -    -    -    -    rwc  -    -    -    -    -"),
    "hostel.tariff.slab": row("        rwcd r    -    -    -    -    rwcd -    -    -    -    -"),
    "hostel.meter": row("              rwcd r    r    -    -    -    rwc  -    -    -    -    -"),
    "hostel.meter.reading": row("      rw   r    r    -    -    -    rw   -    -    -    -    -"),
    "hostel.meter.key": row("          rwc  -    -    -    -    -    rwc  -    -    -    -    -"),
    "hostel.meter.round": row("        rwc  rwc  rwc  -    -    -    rwc  -    -    -    -    -"),
    "hostel.meter.round.line": row("   rwcd rwcd rwcd -    -    -    rwcd -    -    -    -    -"),
    "hostel.meter.import": row("       rwc  -    -    -    -    -    rwc  -    -    -    -    -"),
    "hostel.electricity.run": row("    r    r    -    -    -    -    rwcd -    -    -    -    -"),
    "hostel.electricity.line": row("   r    r    -    -    -    -    rw   -    -    -    -    -"),
    "hostel.electricity.share": row("  r    r    -    -    -    -    r    -    -    -    -    -"),
    # Credit score
    "hostel.credit.band": row("        rwcd -    -    -    -    -    rwcd -    -    -    -    -"),
    "hostel.credit.score": row("       r    -    -    -    -    -    rw   -    -    -    -    -"),
    "hostel.credit.event": row("       r    -    -    -    -    -    rw   -    -    -    -    -"),
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
    "hostel.wallet": {"action_open_adjust", "action_open_lines"},
    "hostel.wallet.line": {"action_open_refund"},
    "hostel.wallet.adjust": {"action_apply"},
    "hostel.meter": {"action_drop_key", "action_new_key", "action_open_readings"},
    "hostel.meter.reading": {"action_accept", "action_reject"},
    "hostel.meter.round": {"action_save"},
    "hostel.meter.import": {"action_check", "action_import"},
    "hostel.electricity.run": {"action_open_shares", "action_post", "action_prepare"},
    "hostel.electricity.line": {"action_take_back"},
    "hostel.credit.score": {"action_refresh"},
    "hostel.credit.event": {"action_grant", "action_refuse"},
}
