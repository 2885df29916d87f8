from collections import defaultdict

from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError

from ..tools.fee_math import PAISA, money

OPEN_STATES = ("not_paid", "partial")


class AccountMove(models.Model):
    """Hostel bills are customer invoices; they know what they are for."""

    _name = "account.move"
    _inherit = ["account.move", "hostel.charge.mixin"]

    hostel_allocation_id = fields.Many2one(
        "hostel.allocation", string="Allocation", readonly=True, copy=False, index="btree_not_null"
    )
    hostel_student_id = fields.Many2one(
        "hostel.student",
        string="Student",
        compute="_compute_hostel_student_id",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        index="btree_not_null",
    )
    hostel_id = fields.Many2one(
        related="hostel_allocation_id.hostel_id",
        string="Hostel",
        store=True,
        precompute=True,
        index="btree_not_null",
    )
    hostel_term_id = fields.Many2one("hostel.term", string="Term", readonly=True, copy=False)
    hostel_kind = fields.Selection(
        [("period", "Fee of a period"), ("charge", "Other charge"), ("deposit", "Deposit")],
        string="Hostel bill",
        readonly=True,
        copy=False,
        help="A stay has one bill per period, and any number of other charges.",
    )
    period_from = fields.Date(string="Period from", readonly=True, copy=False)
    period_to = fields.Date(
        string="Period until", readonly=True, copy=False, help="The leaving day of the period."
    )
    hostel_status = fields.Selection(
        [
            ("draft", "Draft"),
            ("pending", "Pending"),
            ("partial", "Partly paid"),
            ("paid", "Paid"),
            ("overdue", "Overdue"),
            ("credit", "Credit"),
            ("reversed", "Reversed"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        compute="_compute_hostel_status",
        search="_search_hostel_status",
    )
    hostel_overdue_since = fields.Date(
        string="Overdue since",
        compute="_compute_hostel_status",
        help="The earliest due day of what is not paid.",
    )
    hostel_overdue_amount = fields.Monetary(
        string="Overdue amount", compute="_compute_hostel_status", currency_field="currency_id"
    )

    hostel_loan_id = fields.Many2one(
        "hostel.deposit.loan",
        string="Loan",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The lender's bill of a deposit, or the student's where the loan came to nothing.",
    )

    # Drafts and cancelled bills may repeat; a reversed bill makes room for its successor.
    _hostel_period_once = models.UniqueIndex(
        "(hostel_allocation_id, period_from) WHERE hostel_kind = 'period'"
        " AND move_type = 'out_invoice' AND state = 'posted' AND payment_state <> 'reversed'",
        "This stay has a posted bill for this period already.",
    )
    _hostel_deposit_once = models.UniqueIndex(
        "(hostel_allocation_id, partner_id, (COALESCE(hostel_loan_id, 0)))"
        " WHERE hostel_kind = 'deposit'"
        " AND move_type = 'out_invoice' AND state = 'posted' AND payment_state <> 'reversed'",
        "The deposit of this stay is billed already.",
    )
    _hostel_period_complete = models.Constraint(
        "CHECK (hostel_kind IS DISTINCT FROM 'period' OR hostel_allocation_id IS NOT NULL"
        " AND hostel_term_id IS NOT NULL AND period_from IS NOT NULL AND period_to > period_from)",
        "A bill of a period needs a stay, a term, and the period's days.",
    )

    @api.depends("hostel_allocation_id")
    def _compute_hostel_student_id(self):
        for move in self:
            # A charge without a stay names its student itself.
            move.hostel_student_id = (
                move.hostel_allocation_id.sudo().student_id or move.hostel_student_id
            )

    @api.depends(
        "state",
        "payment_state",
        "move_type",
        "line_ids.date_maturity",
        "line_ids.amount_residual",
    )
    def _compute_hostel_status(self):
        today = self.env.company._get_college_day()
        for move in self:
            late = move._get_hostel_late_lines(today)
            move.hostel_overdue_since = min(late.mapped("date_maturity"), default=False)
            move.hostel_overdue_amount = sum(late.mapped("amount_residual_currency"))
            move.hostel_status = move._get_hostel_status(late)

    def _get_hostel_late_lines(self, day):
        """Instalments that were due before a day and are open."""
        self.ensure_one()
        if self.state != "posted" or self.move_type != "out_invoice":
            return self.line_ids.browse()
        return self.line_ids.filtered(
            lambda line: (
                line.account_type == "asset_receivable"
                and not line.reconciled
                and line.amount_residual > 0
                and line.date_maturity
                and line.date_maturity < day
            )
        )

    def _get_hostel_status(self, late):
        if self.state != "posted":
            return "draft" if self.state == "draft" else "cancelled"
        if self.payment_state == "reversed":
            return "reversed"
        if self.payment_state not in OPEN_STATES:
            return "paid"
        if self.move_type == "out_refund":
            return "credit"
        if late:
            return "overdue"
        return "partial" if self.payment_state == "partial" else "pending"

    def _search_hostel_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = fields.Domain.FALSE
        for status in value:
            if status:
                domain |= fields.Domain(self._get_hostel_status_domain(status))
        return domain

    @api.model
    def _get_hostel_status_domain(self, status):
        late = [
            (
                "line_ids",
                "any",
                [
                    ("account_type", "=", "asset_receivable"),
                    ("reconciled", "=", False),
                    ("amount_residual", ">", 0),
                    ("date_maturity", "<", self.env.company._get_college_day()),
                ],
            )
        ]
        posted = fields.Domain("state", "=", "posted")
        invoice = posted & fields.Domain("move_type", "=", "out_invoice")
        owed = posted & fields.Domain("move_type", "!=", "out_refund")
        open_ = posted & fields.Domain("payment_state", "in", OPEN_STATES)
        domains = {
            "draft": fields.Domain("state", "=", "draft"),
            "cancelled": fields.Domain("state", "=", "cancel"),
            "reversed": posted & fields.Domain("payment_state", "=", "reversed"),
            "paid": posted & fields.Domain("payment_state", "not in", (*OPEN_STATES, "reversed")),
            "credit": open_ & fields.Domain("move_type", "=", "out_refund"),
            "overdue": open_ & invoice & fields.Domain(late),
            "partial": fields.Domain("payment_state", "=", "partial")
            & owed
            & ~(invoice & fields.Domain(late)),
            "pending": fields.Domain("payment_state", "=", "not_paid")
            & owed
            & ~(invoice & fields.Domain(late)),
        }
        return domains[status]

    def _compute_payment_state(self):
        """Override of `account`: a bill that notes about other bills pay is paid; reversed is what
        notes about itself take back as a whole."""
        super()._compute_payment_state()
        for bill in self:
            if bill.payment_state != "reversed" or bill.move_type != "out_invoice":
                continue
            if bill.hostel_kind:
                credited = sum(bill._hostel_get_notes().mapped("amount_total"))
                if bill.currency_id.compare_amounts(credited, bill.amount_total) < 0:
                    bill.payment_state = "paid"

    # ------------------------------------------------------------------
    # Corrections
    # ------------------------------------------------------------------

    def button_draft(self):
        """Override of `account`: what students were told is corrected, never rubbed out."""
        for move in self:
            move.origin_payment_id._check_not_final()
            if move.hostel_kind and move.state == "posted":
                raise HostelError(
                    "BILL_IS_FINAL",
                    self.env._(
                        "%(bill)s does not change any more. Correct it with a credit note.",
                        bill=move.name,
                    ),
                    422,
                )
        return super().button_draft()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """Override of `account`: a credit note knows the stay, and charges wait again."""
        defaults = default_values_list or [{} for _move in self]
        for move, values in zip(self, defaults, strict=True):
            if move.hostel_kind:
                values.update(
                    hostel_kind=move.hostel_kind,
                    hostel_allocation_id=move.hostel_allocation_id.id,
                    hostel_student_id=move.hostel_student_id.id,
                    hostel_term_id=move.hostel_term_id.id,
                    period_from=move.period_from,
                    period_to=move.period_to,
                )
        reversals = super()._reverse_moves(defaults, cancel)
        if cancel:
            self.filtered("hostel_kind")._hostel_release()
        return reversals

    def _post(self, soft=True):
        """Override of `account`: a reversal may be posted by hand, after somebody looked at it."""
        posted = super()._post(soft)
        if not self.env.context.get("hostel_part_of_bill"):
            whole = posted.filtered(
                lambda note: (
                    note.reversed_entry_id.hostel_kind
                    and note.reversed_entry_id.payment_state == "reversed"
                    and note.amount_total == note.reversed_entry_id.amount_total
                )
            )
            whole.reversed_entry_id._hostel_release()
            # Whoever cancels bills by a program decides on their notes too.
            if not self.env.context.get("move_reverse_cancel"):
                whole._hostel_undo_notes_before()
        return posted

    def _hostel_release(self):
        """Let what these reversed bills asked for wait for other bills."""
        if not self:
            return
        charges = (
            self.env["hostel.charge"]
            .sudo()
            .search([("move_id", "in", self.ids), ("state", "=", "billed")])
        )
        charges.write({"state": "pending", "move_id": False})
        self.env["hostel.deposit.loan"].sudo().search([("move_id", "in", self.ids)]).write(
            {"move_id": False, "state": "approved"}
        )

    def _invoice_paid_hook(self):
        """Override of `account`: a deposit that the lender paid."""
        result = super()._invoice_paid_hook()
        deposits = self.filtered(lambda move: move.hostel_kind == "deposit")
        if deposits:
            self.env["hostel.deposit.loan"].sudo().search(
                [("move_id", "in", deposits.ids), ("state", "=", "approved")]
            ).state = "paid"
        return result

    # ------------------------------------------------------------------
    # Small helpers of all hostel bills
    # ------------------------------------------------------------------

    @api.model
    def _hostel_format_day(self, day):
        return self.env["ir.qweb.field.date"].value_to_html(day, {"format": "d MMM y"})

    @api.model
    def _prepare_hostel_line_vals(self, head, amount, company, *, name=None, why=""):
        """Values of a bill's line: account and taxes come from the head.

        :param head: one ``hostel.fee.head``
        :param amount: before taxes, ``Decimal`` or float; below 0 takes something off
        :param str why: why it is so much, for the person who pays
        """
        vals = {
            "product_id": head.sudo().product_id.id,
            "name": name or head.name,
            "quantity": 1,
            "price_unit": float(money(amount, PAISA)),
            "tax_ids": [fields.Command.set(head._get_taxes(company).ids)],
            "hostel_head_id": head.id,
            "hostel_why": why,
        }
        account = head._get_account(company)
        if account:
            vals["account_id"] = account.id
        return vals

    def _hostel_post_credit_note(self, line_commands, reason):
        """A posted credit note about a part of this bill; it is not set against it yet.

        :param list line_commands: for ``invoice_line_ids``
        :return: one ``account.move``
        """
        self.ensure_one()
        note = (
            self.env["account.move"]
            .sudo()
            .with_company(self.company_id)
            .create(
                {
                    "move_type": "out_refund",
                    "partner_id": self.partner_id.id,
                    "currency_id": self.currency_id.id,
                    "invoice_date": self.company_id._get_college_day(),
                    "invoice_origin": self.name,
                    "reversed_entry_id": self.id,
                    "ref": reason,
                    "hostel_kind": "charge",
                    "hostel_student_id": self.hostel_student_id.id,
                    "hostel_allocation_id": self.hostel_allocation_id.id,
                    "hostel_term_id": self.hostel_term_id.id,
                    "invoice_line_ids": line_commands,
                }
            )
        )
        note.with_context(hostel_part_of_bill=True).action_post()
        return note

    def _hostel_get_payments(self):
        """The entries that these bills are paid with, credit notes left out.

        :return: ``{account.move: float}``, the latest first: how much of each, in their currency
        """
        paid = defaultdict(float)
        for part in self.line_ids.matched_credit_ids.sorted("id", reverse=True):
            entry = part.credit_move_id.move_id
            if entry.move_type != "out_refund":
                paid[entry] += part.debit_amount_currency
        return dict(paid)

    def _hostel_get_notes(self):
        """Posted credit notes about these bills."""
        return self.reversal_move_ids.filtered(
            lambda note: note.move_type == "out_refund" and note.state == "posted"
        )

    def _hostel_get_standing_notes(self):
        """Those of :meth:`_hostel_get_notes` that nobody took back."""
        return self._hostel_get_notes().filtered(
            lambda note: "posted" not in note.reversal_move_ids.mapped("state")
        )

    def _hostel_get_lasting_notes(self):
        """Extension point: those of these credit notes that stay when their bill is credited as a
        whole."""
        return self.browse()

    def _hostel_undo_notes_before(self):
        """Take back what was credited of bills before these notes credited all of them.

        Credit notes of which money was paid out stay.
        """
        for whole in self:
            bill = whole.reversed_entry_id
            notes = bill._hostel_get_standing_notes() - self
            notes -= notes._hostel_get_lasting_notes()
            notes = notes.filtered(lambda note: not note._hostel_get_paid_out())
            if notes:
                reason = self.env._("%(bill)s was credited as a whole", bill=bill.name)
                notes._reverse_moves([{"ref": reason} for _note in notes], cancel=True)
                bill._hostel_reconcile_with(whole)

    def _hostel_get_paid_out(self):
        """How much of these credit notes was paid out; float."""
        parts = self.line_ids.matched_debit_ids.filtered(
            lambda part: part.debit_move_id.move_id.origin_payment_id.payment_type == "outbound"
        )
        return sum(parts.mapped("credit_amount_currency"))

    def _hostel_void(self, reason, keep=None):
        """Take bills back as a whole: what was credited of them before is not given twice.

        :param str reason: for the entries
        :param keep: credit notes that stay as they are
        :return: those credit notes that can't be taken back: some of their money was paid out
        """
        notes = self._hostel_get_standing_notes()
        if keep:
            notes -= keep
        spent = notes.filtered(lambda note: note._hostel_get_paid_out())
        for moves in (self, notes - spent):
            if moves:
                moves._reverse_moves([{"ref": reason} for _move in moves], cancel=True)
        return spent

    def _hostel_reconcile_with(self, others):
        """Set other entries of the same student against this bill, as far as they reach."""
        self.ensure_one()
        lines = (self.line_ids | others.line_ids).filtered(
            lambda line: (
                line.account_type == "asset_receivable"
                and line.parent_state == "posted"
                and not line.reconciled
            )
        )
        for account in lines.account_id:
            of_account = lines.filtered(lambda line: line.account_id == account)  # noqa: B023
            if of_account & self.line_ids and of_account - self.line_ids:
                of_account.reconcile()
