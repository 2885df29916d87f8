from odoo import api, fields, models
from odoo.fields import Command

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.college_day import college_today

from ..tools.fee_math import money

OPEN = ("pending", "partial", "overdue")


class HostelBillPay(models.TransientModel):
    """Money at the counter: whose, how much, in which way; the bills that are due first are paid
    first.
    """

    _name = "hostel.bill.pay"
    _description = "Take a Payment"
    _inherit = ["hostel.strict.wizard"]
    _strict_fields = {"move_ids": "write"}

    student_id = fields.Many2one("hostel.student", required=True)
    move_ids = fields.Many2many(
        "account.move",
        string="Bills",
        compute="_compute_move_ids",
        store=True,
        readonly=False,
        domain="[('hostel_student_id', '=', student_id), ('partner_id', '=', partner_id),"
        " ('hostel_kind', '!=', False), ('move_type', '=', 'out_invoice'),"
        " ('state', '=', 'posted'), ('payment_state', 'in', ('not_paid', 'partial'))]",
    )
    partner_id = fields.Many2one("res.partner", compute="_compute_partner_id")
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    open_amount = fields.Monetary(string="Open", compute="_compute_open_amount")
    overdue_amount = fields.Monetary(string="Of it overdue", compute="_compute_open_amount")
    method = fields.Selection(
        [("cash", "Cash"), ("cheque", "Cheque"), ("bank", "Bank transfer")],
        string="Paid by",
        required=True,
        default="cash",
    )
    journal_id = fields.Many2one(
        "account.journal",
        compute="_compute_journal_id",
        store=True,
        readonly=False,
        domain="[('type', 'in', ('cash', 'bank')), ('company_id', '=', company_id)]",
    )
    amount = fields.Monetary(compute="_compute_amount", store=True, readonly=False)
    left_amount = fields.Monetary(string="Open afterwards", compute="_compute_left_amount")
    day = fields.Date(string="Date", required=True, default=college_today)
    reference = fields.Char(string="Cheque or transfer number")
    payment_id = fields.Many2one("account.payment", readonly=True)

    @api.depends("student_id")
    def _compute_move_ids(self):
        for dialog in self:
            if dialog.move_ids.hostel_student_id != dialog.student_id:
                dialog.move_ids = dialog._find_open_bills()

    def _find_open_bills(self):
        if not self.student_id:
            return self.env["account.move"]
        return self.env["account.move"].search(
            [
                ("hostel_student_id", "=", self.student_id.id),
                ("partner_id", "=", self.student_id.sudo().partner_id.id),
                ("hostel_kind", "!=", False),
                ("move_type", "=", "out_invoice"),
                ("hostel_status", "in", OPEN),
            ],
            order="invoice_date_due, id",
        )

    @api.depends("move_ids", "student_id")
    def _compute_partner_id(self):
        for dialog in self:
            dialog.partner_id = (
                dialog.move_ids.partner_id[:1] or dialog.student_id.sudo().partner_id
            )

    @api.depends("move_ids")
    def _compute_open_amount(self):
        for dialog in self:
            dialog.open_amount = sum(dialog.move_ids.mapped("amount_residual"))
            dialog.overdue_amount = sum(dialog.move_ids.mapped("hostel_overdue_amount"))

    @api.depends("move_ids")
    def _compute_amount(self):
        for dialog in self:
            dialog.amount = dialog.open_amount

    @api.depends("amount", "open_amount")
    def _compute_left_amount(self):
        for dialog in self:
            dialog.left_amount = dialog.open_amount - dialog.amount

    @api.depends("method", "company_id")
    def _compute_journal_id(self):
        for dialog in self:
            kind = "cash" if dialog.method == "cash" else "bank"
            dialog.journal_id = self.env["account.journal"].search(
                [("type", "=", kind), ("company_id", "=", dialog.company_id.id)], limit=1
            )

    # ------------------------------------------------------------------
    # Taking the money
    # ------------------------------------------------------------------

    def action_pay(self):
        """Write the payment into the books and hand out the receipt."""
        payment = self._pay()
        payment._get_receipt()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Receipt"),
            "res_model": "account.payment",
            "res_id": payment.id,
            "views": [
                (self.env.ref("hostel_billing.hostel_payment_view_form").id, "form"),
            ],
            "target": "new",
        }

    def _pay(self):
        """A second click takes no second payment: it gets the one of the first.

        :return: the posted ``account.payment``, set against the bills
        :raises HostelError: ``BILLING_NOT_FOUND``, ``BILL_ALREADY_PAID``,
            ``INVALID_PAYMENT_AMOUNT``, ``REFERENCE_MISSING``, ``JOURNAL_MISSING``
        """
        self.ensure_one()
        self.check_access("write")
        bills = self.move_ids
        self._check_bills(bills)
        if self.payment_id:
            return self.payment_id
        amount = self._check_amount(bills)
        if self.method != "cash" and not (self.reference or "").strip():
            raise HostelError(
                "REFERENCE_MISSING",
                self.env._("Enter the number of the cheque or of the transfer."),
                422,
            )
        journal = self.journal_id or self._create_cash_journal()
        if not journal:
            raise HostelError(
                "JOURNAL_MISSING", self.env._("There is no journal for this kind of payment."), 422
            )
        payment = self.env["account.payment"].create(
            self._prepare_payment_vals(amount, bills, journal)
        )
        payment.action_post()
        self._settle(payment, bills)
        self.payment_id = payment
        return payment

    def _create_cash_journal(self):
        """The counter's cash book: a chart of accounts may come without one."""
        Journal = self.env["account.journal"]
        if self.method != "cash":
            return Journal
        return Journal.sudo().create(
            {
                "name": self.env._("Hostel counter"),
                "code": "HCASH",
                "type": "cash",
                "company_id": self.company_id.id,
            }
        )

    def _check_bills(self, bills):
        hostel_bills = bills.filtered(
            lambda bill: (
                bill.hostel_student_id == self.student_id
                and bill.hostel_kind
                and bill.move_type == "out_invoice"
                and bill.state == "posted"
            )
        )
        if not bills or bills != hostel_bills:
            raise HostelError("BILLING_NOT_FOUND", self.env._("The student has no such bill."), 404)
        # A second click, or a colleague's, waits for nothing and is told that it is paid.
        bills.sudo().lock_for_update(allow_referencing=True)
        paid = bills.filtered(lambda bill: bill.hostel_status not in OPEN)
        if paid:
            raise HostelError(
                "BILL_ALREADY_PAID",
                self.env._("%(bills)s is paid already.", bills=", ".join(paid.mapped("name"))),
                details={"bills": paid.mapped("name")},
            )
        if len(bills.partner_id) > 1:
            raise HostelError(
                "BILLING_NOT_FOUND",
                self.env._("Bills of the student and of a lender are paid one after the other."),
                422,
            )

    def _check_amount(self, bills):
        """:return: float, rounded to the currency"""
        currency = self.currency_id
        amount = currency.round(self.amount)
        open_amount = sum(bills.mapped("amount_residual"))
        if amount <= 0 or currency.compare_amounts(amount, open_amount) > 0:
            raise HostelError(
                "INVALID_PAYMENT_AMOUNT",
                self.env._(
                    "A payment is more than 0, and no more than the %(open)s that are open.",
                    open=currency.format(open_amount),
                ),
                422,
                {"open": str(money(open_amount))},
            )
        return amount

    def _prepare_payment_vals(self, amount, bills, journal):
        return {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": bills.partner_id.id,
            "amount": amount,
            "currency_id": self.currency_id.id,
            "date": self.day,
            "journal_id": journal.id,
            "memo": ", ".join(filter(None, [self.reference, *bills.mapped("name")])),
            "invoice_ids": [Command.set(bills.ids)],
            "hostel_student_id": self.student_id.id,
            "hostel_method": self.method,
            "hostel_reference": self.reference,
        }

    def _settle(self, payment, bills):
        """Set the payment against what is due first."""
        lines = (payment.move_id | bills).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )
        for account in payment.move_id.line_ids.account_id & lines.account_id:
            lines.filtered(lambda line: line.account_id == account).reconcile()  # noqa: B023
