from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError

FINANCE = "hostel_base.group_hostel_finance"


class HostelWalletAdjust(models.TransientModel):
    """What finance does to a wallet by hand: cash, paying out, giving back, correcting."""

    _name = "hostel.wallet.adjust"
    _inherit = "hostel.strict.wizard"
    _description = "Wallet by Hand"
    _strict_fields = {"wallet_id": "read", "line_id": "read", "student_id": "read"}

    wallet_id = fields.Many2one("hostel.wallet")
    student_id = fields.Many2one("hostel.student", help="Who has no wallet yet gets one.")
    balance = fields.Monetary(compute="_compute_balance")
    currency_id = fields.Many2one("res.currency", compute="_compute_balance")
    company_id = fields.Many2one("res.company", compute="_compute_balance")
    kind = fields.Selection(
        [
            ("topup", "Top-up over the counter"),
            ("payout", "Pay out"),
            ("spend", "Spend on something"),
            ("refund", "Give back a debit"),
            ("add", "Correction: put in"),
            ("take", "Correction: take out"),
        ],
        string="What",
        required=True,
        default="topup",
    )
    amount = fields.Monetary(compute="_compute_amount", store=True, readonly=False)
    journal_id = fields.Many2one(
        "account.journal",
        string="Received in, or paid from",
        domain="[('type', 'in', ('cash', 'bank')), ('company_id', '=', company_id)]",
        compute="_compute_journal_id",
        store=True,
        readonly=False,
    )
    line_id = fields.Many2one(
        "hostel.wallet.line",
        string="Which debit",
        domain="[('wallet_id', '=', wallet_id), ('kind', '=', 'debit')]",
    )
    head_id = fields.Many2one(
        "hostel.fee.head",
        string="On what",
        domain="[('refundable', '=', False)]",
        help="Where the money is earned: mess, guest, fine.",
    )
    reason = fields.Char(help="It stands on the student's statement.")

    @api.depends("wallet_id", "student_id")
    def _compute_balance(self):
        for dialog in self:
            wallet = dialog.wallet_id.sudo()
            if not wallet and dialog.student_id:
                wallet = self.env["hostel.wallet"]._find(dialog.student_id)
            dialog.company_id = wallet.company_id or self.env.company
            dialog.currency_id = dialog.company_id.currency_id
            dialog.balance = wallet.balance

    @api.onchange("student_id")
    def _onchange_student_id(self):
        if self.student_id != self.wallet_id.student_id:
            self.wallet_id = self._find_wallet()
            self.line_id = False

    def _find_wallet(self):
        return self.env["hostel.wallet"].search([("student_id", "=", self.student_id.id)])

    @api.depends("kind", "line_id", "wallet_id")
    def _compute_amount(self):
        for dialog in self:
            if dialog.kind == "payout":
                dialog.amount = dialog.wallet_id.balance
            elif dialog.kind == "refund" and dialog.line_id:
                line = dialog.line_id
                dialog.amount = line._get_left()
            else:
                dialog.amount = dialog.amount or 0.0

    @api.depends("kind", "company_id")
    def _compute_journal_id(self):
        for dialog in self:
            wanted = "cash" if dialog.kind == "topup" else "bank"
            journals = (
                self.env["account.journal"]
                .sudo()
                .search(
                    [
                        ("type", "in", ("cash", "bank")),
                        ("company_id", "=", dialog.company_id.id),
                    ]
                )
            )
            # A college without a cash box books over the bank.
            dialog.journal_id = journals.sorted(lambda one: one.type != wanted)[:1]  # noqa: B023

    def action_apply(self):
        """Do it.

        :raises HostelError: what the wallet says, and ``REASON_MISSING``
        """
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group(FINANCE):
            raise AccessError(self.env._("Wallets are the business of the accounts office."))
        if self.kind in ("add", "take", "refund", "spend") and not (self.reason or "").strip():
            raise HostelError("REASON_MISSING", self.env._("Say why."), 422)
        self._make_wallet()
        known = {"wallet_id": self.wallet_id.id, "key": self._get_key()}
        if not self.env["hostel.wallet"]._find_known([known]):
            getattr(self, f"_apply_{self.kind}")()
        return {"type": "ir.actions.act_window_close"}

    def _make_wallet(self):
        """Have the wallet, of the student who was picked or as it was opened.

        :raises HostelError: ``NOT_FOUND``
        """
        if not self.wallet_id and self.student_id:
            self.wallet_id = self.env["hostel.wallet"]._get(self.student_id)
        if not self.wallet_id or self.student_id - self.wallet_id.student_id:
            raise HostelError("NOT_FOUND", self.env._("Choose the student."), 404)

    def _get_key(self):
        # The dialog's own number: a second click changes nothing.
        return f"desk:{self.id}"

    def _apply_topup(self):
        wallet = self.wallet_id.sudo()
        amount = wallet._read_amount(self.amount)
        payment = self._create_payment("inbound")
        entry = payment._move_between_wallet(1)
        reason = self.reason or self.env._("Paid at the counter, %(name)s", name=payment.name)
        wallet._credit(amount, "topup", self._get_key(), reason, payment, move_id=entry.id)

    def _apply_payout(self):
        wallet = self.wallet_id.sudo()
        amount = wallet._read_amount(self.amount)
        reason = self.reason or self.env._("Paid out")
        payment = self._create_payment("outbound")
        entry = payment._move_between_wallet(-1)
        wallet._move_one(-amount, "payout", self._get_key(), reason, payment, move_id=entry.id)

    def _create_payment(self, direction):
        if not self.journal_id:
            raise HostelError(
                "JOURNAL_MISSING", self.env._("Choose the cash box or the bank."), 422
            )
        wallet = self.wallet_id.sudo()
        payment = (
            self.env["account.payment"]
            .sudo()
            .create(
                {
                    "payment_type": direction,
                    "partner_type": "customer",
                    "partner_id": wallet.partner_id.id,
                    "amount": self.amount,
                    "journal_id": self.journal_id.id,
                    "date": self.env["hostel.wallet.line"]._get_today(wallet.company_id),
                    "memo": self.reason or self.env._("Wallet"),
                    "hostel_wallet_id": wallet.id,
                    "hostel_student_id": wallet.student_id.id,
                    "hostel_method": "cash" if self.journal_id.type == "cash" else "bank",
                }
            )
        )
        payment.action_post()
        return payment

    def _apply_spend(self):
        wallet, head = self.wallet_id.sudo(), self.head_id
        if not head or head.refundable:
            raise HostelError("UNKNOWN_FEE_HEAD", self.env._("Say what it is spent on."), 422)
        if head._get_taxes(wallet.company_id):
            raise HostelError(
                "NEEDS_A_BILL",
                self.env._("%(head)s carries taxes, so it needs a bill.", head=head.name),
                422,
            )
        wallet._debit(self.amount, self._get_key(), self.reason, head=head)

    def _apply_refund(self):
        if not self.line_id or self.line_id.wallet_id != self.wallet_id:
            raise HostelError("NOT_FOUND", self.env._("Choose the debit to give back."), 404)
        self.line_id._refund(self.reason, self.amount, self._get_key())

    def _apply_add(self):
        wallet = self.wallet_id.sudo()
        wallet._credit(self.amount, "correction", self._get_key(), self.reason)

    def _apply_take(self):
        wallet = self.wallet_id.sudo()
        amount = wallet._read_amount(self.amount)
        wallet._move_one(-amount, "correction", self._get_key(), self.reason)
