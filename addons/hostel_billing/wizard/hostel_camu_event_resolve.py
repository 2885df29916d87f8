from odoo import api, fields, models
from odoo.tools import format_amount

from odoo.addons.hostel_base.errors import HostelError

IGNORE_REASONS = [
    ("no_money", "Camu took no money for it"),
    ("twice", "Says the same as a message that is booked"),
    ("other_system", "Paid for something that is no business of the hostel"),
    ("by_hand", "Booked by hand in Invoicing"),
    ("other", "Another reason"),
]


class HostelCamuEventResolve(models.TransientModel):
    """Asks what is to be done with quarantined messages, and shows what that will do."""

    _name = "hostel.camu.event.resolve"
    _description = "Resolve Camu Messages"

    entry_ids = fields.Many2many("hostel.camu.event", string="Messages", required=True)
    entry_id = fields.Many2one("hostel.camu.event", compute="_compute_entry_id")
    count = fields.Integer(compute="_compute_entry_id")
    amount = fields.Monetary(compute="_compute_entry_id")
    currency_id = fields.Many2one("res.currency", compute="_compute_entry_id")
    status = fields.Selection(related="entry_id.status")
    reason_code = fields.Selection(related="entry_id.reason_code")
    action = fields.Selection(
        [
            ("order", "It pays an order of a student"),
            ("student", "It goes on a student's account"),
            ("refund", "It goes back to whoever paid"),
            ("returned", "Camu has sent it back already"),
            ("ignore", "There is nothing to book"),
        ],
        string="What is to be done?",
        compute="_compute_action",
        store=True,
        readonly=False,
    )
    student_id = fields.Many2one(
        "hostel.student", compute="_compute_student_id", store=True, readonly=False
    )
    candidate_ids = fields.Many2many("payment.transaction", compute="_compute_candidate_ids")
    order_id = fields.Many2one(
        "payment.transaction",
        compute="_compute_order_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', candidate_ids)]",
    )
    preview = fields.Char(string="What happens", compute="_compute_preview")
    ignore_reason = fields.Selection(IGNORE_REASONS, string="Because")
    note = fields.Text(
        string="For the auditor",
        help="Kept for the auditor: what was found, and where the money went.",
    )

    @api.depends("entry_ids")
    def _compute_entry_id(self):
        for dialog in self:
            entries = dialog.entry_ids
            dialog.entry_id = entries if len(entries) == 1 else False
            dialog.count = len(entries)
            dialog.amount = sum(entries.mapped("amount"))
            dialog.currency_id = entries.company_id[:1].currency_id

    @api.depends("entry_ids")
    def _compute_action(self):
        for dialog in self:
            entry = dialog.entry_ids[:1]
            if len(dialog.entry_ids) != 1 or not entry._guess_student():
                dialog.action = "ignore" if entry.status != "success" else "refund"
            elif entry.status == "refunded":
                dialog.action = "returned"
            elif entry.status != "success":
                dialog.action = "ignore"
            else:
                dialog.action = "order" if dialog._find_fitting_order() else "student"

    def _find_fitting_order(self):
        """An order that the money pays in full."""
        entry = self.entry_ids[:1]
        orders = entry._get_candidate_orders(entry._guess_student())
        return orders.filtered(lambda order: order.amount <= entry.amount)[:1]

    @api.depends("entry_ids")
    def _compute_student_id(self):
        for dialog in self:
            entry = dialog.entry_ids
            dialog.student_id = len(entry) == 1 and entry._guess_student()

    @api.depends("entry_ids", "student_id")
    def _compute_candidate_ids(self):
        for dialog in self:
            entry = dialog.entry_ids
            found = len(entry) == 1 and entry._get_candidate_orders(dialog.student_id)
            dialog.candidate_ids = found or False

    @api.depends("student_id", "candidate_ids")
    def _compute_order_id(self):
        for dialog in self:
            entry = dialog.entry_ids[:1]
            fitting = dialog.candidate_ids.filtered(lambda one, e=entry: one.amount <= e.amount)
            dialog.order_id = fitting[:1]

    @api.depends("action", "student_id", "order_id", "entry_ids")
    def _compute_preview(self):
        for dialog in self:
            say = getattr(dialog, f"_say_{dialog.action}", None)
            dialog.preview = say() if say else ""

    def _say_order(self):
        order = self.order_id.sudo()
        if not order:
            return self.env._("This student has no open order that the money would pay.")
        row = order.hostel_allocation_id
        if not row:
            return self.env._("The bills of order %(order)s are paid.", order=order.reference)
        states = dict(row._fields["state"]._description_selection(self.env))
        words = {"bed": row._get_bed_label(), "state": states[row.state]}
        if row.state in ("offered", "paying"):
            return self.env._("Bed %(bed)s is paid and waits for the warden's approval.", **words)
        if row.state in ("expired", "cancelled"):
            return self.env._(
                "Bed %(bed)s was given up (%(state)s). The student gets it again if it is free,"
                " else an equal one; if there is none, a refund is due.",
                **words,
            )
        return self.env._(
            "The stay in bed %(bed)s (%(state)s) is paid; its bill takes the money.", **words
        )

    def _say_student(self):
        entry, student = self.entry_ids[:1], self.student_id
        if not student:
            return self.env._("Say whose account it goes on.")
        left, names = entry.amount, []
        for bill in entry._get_open_bills(student):
            if left <= 0:
                break
            names.append(bill.name)
            left -= bill.amount_residual
        paid = ", ".join(names)
        if left <= 0:
            return self.env._("It pays %(bills)s.", bills=paid)
        rest = format_amount(self.env, left, self.currency_id)
        if not names:
            return self.env._("No bill is open: %(rest)s stay as an advance.", rest=rest)
        return self.env._("It pays %(bills)s; %(rest)s stay as an advance.", bills=paid, rest=rest)

    def _say_refund(self):
        money = format_amount(self.env, self.amount, self.currency_id)
        return self.env._(
            "%(money)s are booked as received and stand under “Refunds” until they are approved"
            " and paid out.",
            money=money,
        )

    def _say_returned(self):
        return self.env._("The payment and what Camu sent back are set against each other.")

    def _say_ignore(self):
        if any(entry.status == "success" for entry in self.entry_ids):
            return self.env._(
                "Nothing is booked, although Camu says that it was paid. Be sure before you do"
                " this."
            )
        return self.env._("Nothing is booked.")

    def action_resolve(self):
        """Do what was chosen, message by message."""
        self.ensure_one()
        note = self._get_full_note()
        if self.action in ("order", "student", "returned") and len(self.entry_ids) != 1:
            raise HostelError("ONE_AT_A_TIME", self.env._("Match one message at a time."), 422)
        if self.action == "order":
            self._require(self.order_id, self.env._("Choose the order that was paid."))
            self.entry_ids.match_to_order(self.order_id, note)
        elif self.action == "student":
            self._require(self.student_id, self.env._("Say whose account it goes on."))
            self.entry_ids.match_to_student(self.student_id, note)
        elif self.action == "refund":
            for entry in self.entry_ids:
                known = self.student_id if entry == self.entry_id else entry._guess_student()
                entry.take_for_refund(note, known)
        elif self.action == "returned":
            self.entry_ids.book_returned(note)
        else:
            self.entry_ids.resolve(note)
        return {"type": "ir.actions.act_window_close"}

    def _require(self, value, sentence):
        if not value:
            raise HostelError("INCOMPLETE", sentence, 422)

    def _get_full_note(self):
        reason = ""
        if self.action == "ignore":
            self._require(self.ignore_reason, self.env._("Choose why nothing is to be booked."))
            reasons = dict(self._fields["ignore_reason"]._description_selection(self.env))
            reason = reasons[self.ignore_reason]
            if self.ignore_reason != "other" and not (self.note or "").strip():
                return reason
        note = (self.note or "").strip()
        self._require(note, self.env._("Write a sentence for the auditor."))
        return f"{reason}: {note}" if reason else note
