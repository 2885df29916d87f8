from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError

ADMIN = "hostel_base.group_hostel_admin"
OPEN_STATES = ("due", "approved")
# What a person may still write on a refund that was asked for.
FREE = ("message_", "activity_")
METHODS = [("bank", "Bank transfer"), ("cheque", "Cheque"), ("camu", "Camu")]


class HostelRefund(models.Model):
    """Money that goes back: asked for, approved by somebody else, paid out, and never rewritten.

    The books stay Odoo's: what is paid out is an outgoing ``account.payment`` that is set against
    the open credit it comes from, which is a payment or a credit note.
    """

    _name = "hostel.refund"
    _description = "Refund"
    _inherit = ["hostel.personal.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_names_search = ["name", "student_id.name", "student_id.roll_number"]

    name = fields.Char(string="Number", readonly=True, copy=False, default="/")
    student_id = fields.Many2one(
        "hostel.student",
        ondelete="restrict",
        index=True,
        tracking=True,
        help="Empty for money of which nobody knows whose it is.",
    )
    partner_id = fields.Many2one(
        "res.partner", string="Goes to", required=True, ondelete="restrict", readonly=True
    )
    allocation_id = fields.Many2one(
        "hostel.allocation",
        string="Stay",
        ondelete="restrict",
        index="btree_not_null",
        domain="[('student_id', '=', student_id)]",
    )
    hostel_id = fields.Many2one(related="allocation_id.hostel_id", store=True, index=True)
    term_id = fields.Many2one(related="allocation_id.term_id", store=True)
    transaction_id = fields.Many2one(
        "payment.transaction", string="Payment", readonly=True, index="btree_not_null"
    )
    bill_id = fields.Many2one(
        "account.move",
        string="Bill to credit",
        help="A bill that should not have been: the approval credits it, and what was paid for it"
        " goes back.",
        domain="[('hostel_student_id', '=', student_id), ('hostel_kind', '!=', False),"
        " ('move_type', '=', 'out_invoice'), ('state', '=', 'posted'),"
        " ('payment_state', '!=', 'reversed')]",
    )
    source_move_ids = fields.Many2many(
        "account.move",
        "hostel_refund_source_rel",
        string="Comes from",
        readonly=True,
        help="Entries whose open credit is paid out; empty: whatever the student has paid ahead.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(required=True, tracking=True)
    kind = fields.Selection(
        [
            ("late", "Paid, but no bed"),
            ("cancellation", "Cancelled booking"),
            ("unasked", "Payment that no order asked for"),
            ("deposit", "Deposit at the exit"),
            ("other", "Other"),
        ],
        string="What for",
        required=True,
        readonly=True,
        default="other",
    )
    reason = fields.Char(required=True)
    state = fields.Selection(
        [
            ("due", "To approve"),
            ("approved", "To pay out"),
            ("paid", "Paid out"),
            ("refused", "Refused"),
        ],
        required=True,
        readonly=True,
        default="due",
        tracking=True,
        index=True,
        group_expand=True,
        copy=False,
    )
    requested_by_id = fields.Many2one("res.users", string="Asked by", readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", string="Decided by", readonly=True, copy=False)
    approved_at = fields.Datetime(string="Decided on", readonly=True, copy=False)
    refuse_reason = fields.Char(string="Why it was refused", readonly=True, copy=False)
    paid_on = fields.Date(string="Paid out on", readonly=True, copy=False, tracking=True)
    method = fields.Selection(METHODS, string="How", readonly=True, copy=False)
    reference = fields.Char(string="Number of the transfer", readonly=True, copy=False)
    payment_id = fields.Many2one(
        "account.payment", string="Entry of the payout", readonly=True, copy=False
    )
    bank_label = fields.Char(string="Account", compute="_compute_bank_label")
    available = fields.Monetary(
        string="Open credit",
        compute="_compute_available",
        help="What can be paid out now of what was paid and not used.",
    )

    _amount_positive = models.Constraint("CHECK (amount > 0)", "A refund is more than 0.")
    _one_open_a_payment = models.UniqueIndex(
        "(transaction_id) WHERE state IN ('due', 'approved') AND transaction_id IS NOT NULL",
        "This payment is due to go back already.",
    )
    _payment_once = models.UniqueIndex(
        "(payment_id) WHERE payment_id IS NOT NULL", "One payout is one refund."
    )
    _refused_with_reason = models.Constraint(
        "CHECK (state <> 'refused' OR refuse_reason <> '')", "Say why the refund is refused."
    )
    _paid_has_payment = models.Constraint(
        "CHECK (state <> 'paid' OR (payment_id IS NOT NULL AND paid_on IS NOT NULL))",
        "What was paid out has its entry in the books.",
    )
    _state_idx = models.Index("(state, company_id) WHERE state IN ('due', 'approved')")

    @api.depends("name", "student_id", "partner_id")
    def _compute_display_name(self):
        for refund in self:
            known = refund.sudo()
            who = known.student_id.display_name or known.partner_id.display_name or ""
            refund.display_name = f"{refund.name} · {who}" if who else refund.name

    @api.depends("student_id")
    def _compute_bank_label(self):
        accounts = (
            self.env["hostel.student.bank"]
            .sudo()
            .search([("student_id", "in", self.student_id.ids)])
            .grouped("student_id")
        )
        for refund in self:
            refund.bank_label = (
                accounts[refund.student_id].label if refund.student_id in accounts else False
            )

    @api.depends("source_move_ids", "transaction_id", "student_id", "state")
    def _compute_available(self):
        for refund in self:
            refund.available = refund.sudo()._get_available() if refund.partner_id else 0.0

    @api.onchange("student_id")
    def _onchange_student_id(self):
        self.partner_id = self.student_id.sudo().partner_id
        self.allocation_id = self.student_id.current_allocation_id
        self.bill_id = False

    @api.onchange("bill_id")
    def _onchange_bill_id(self):
        if self.bill_id:
            self.amount = self._get_paid_of_bill()

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [dict(vals) for vals in vals_list]
        for vals in vals_list:
            if not self.env.su:
                self._check_asked_vals(vals)
            vals.setdefault("requested_by_id", self.env.uid)
            if not vals.get("partner_id"):
                student = self.env["hostel.student"].browse(vals.get("student_id"))
                vals["partner_id"] = student.sudo().partner_id.id
            if vals.get("name", "/") == "/":
                vals["name"] = self.env["ir.sequence"].sudo().next_by_code("hostel.refund") or "/"
        refunds = super().create(vals_list)
        for refund in refunds.sudo():
            refund._check_amount()
        refunds._tell_who_decides()
        return refunds

    @api.model
    def _check_asked_vals(self, vals):
        """What a person asks for is a plain refund of a student's own credit."""
        asked = {"student_id", "allocation_id", "bill_id", "amount", "reason", "company_id"}
        # Defaults of the form come along.
        defaults = {"state": "due", "kind": "other"}
        unusual = {
            name
            for name, value in vals.items()
            if name not in asked
            and not name.startswith(FREE)
            and value
            and defaults.get(name) != value
        }
        if unusual - {"partner_id", "name"}:
            raise AccessError(self.env._("A refund begins as a request."))
        if not vals.get("student_id"):
            raise HostelError(
                "STUDENT_MISSING", self.env._("Say to which student the money goes."), 422
            )
        vals.pop("partner_id", None)
        vals.pop("name", None)

    def write(self, vals):
        if not self.env.su and any(not name.startswith(FREE) for name in vals):
            raise AccessError(
                self.env._("A refund changes through its buttons. Refuse it and ask anew.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise HostelError("REFUND_IS_FINAL", self.env._("Refunds are kept. Refuse it."), 422)

    # ------------------------------------------------------------------
    # How much
    # ------------------------------------------------------------------

    def _check_amount(self):
        """Never more than was captured, whoever asks.

        :raises HostelError: ``REFUND_TOO_LARGE``, ``BED_STILL_HELD``
        """
        self.ensure_one()
        tx = self.transaction_id
        if tx:
            tx._hostel_check_not_lived_on()
            others = tx.hostel_refund_ids.filtered(
                lambda one: one != self and one.state != "refused"
            )
            left = tx.amount - sum(others.mapped("amount"))
        elif self.bill_id:
            left = self._get_paid_of_bill()
            others = (
                self.search([("bill_id", "=", self.bill_id.id), ("state", "!=", "refused")]) - self
            )
            left -= sum(others.mapped("amount"))
        else:
            left = self._get_available()
        if self.currency_id.compare_amounts(self.amount, left) > 0:
            raise HostelError(
                "REFUND_TOO_LARGE",
                self.env._(
                    "%(left)s of it can go back.", left=self.currency_id.format(max(left, 0))
                ),
                422,
                {"left": f"{max(left, 0):.2f}"},
            )

    def _get_paid_of_bill(self):
        """The money that the bill was paid with; credit notes are none."""
        return sum(self.bill_id.sudo()._hostel_get_payments().values())

    def _get_available(self):
        """Open credit that this refund may draw on, less what other open refunds draw on."""
        self.ensure_one()
        return -sum(self._get_credit_lines().mapped("amount_residual")) - sum(
            self._get_rivals().mapped("amount")
        )

    def _get_credit_lines(self):
        """Open credit lines to pay out, oldest first: of the named entries, else the student's."""
        self.ensure_one()
        moves = self.transaction_id.payment_id.move_id | self.source_move_ids
        if not moves:
            return self._find_credit_lines(self.partner_id, self.company_id)
        return self._search_credit([("move_id", "in", moves.ids)], self.company_id)

    @api.model
    def _find_credit_lines(self, partner, company):
        """What a student paid ahead or was credited, and no bill has used: open lines."""
        hostel = [
            ("partner_id", "=", partner.id),
            "|",
            ("payment_id.hostel_student_id", "!=", False),
            ("move_id.hostel_kind", "!=", False),
        ]
        return self._search_credit(hostel, company)

    @api.model
    def _search_credit(self, domain, company):
        return (
            self.env["account.move.line"]
            .sudo()
            .search(
                [
                    ("account_type", "=", "asset_receivable"),
                    ("parent_state", "=", "posted"),
                    ("reconciled", "=", False),
                    ("amount_residual", "<", 0),
                    ("company_id", "=", company.id),
                    *domain,
                ],
                order="date, id",
            )
        )

    @api.model
    def _find_open_on(self, moves):
        """Open refunds that draw on one of these entries, named or by their payment."""
        return self.sudo().search(
            [
                ("state", "in", OPEN_STATES),
                "|",
                ("source_move_ids", "in", moves.ids),
                ("transaction_id.payment_id.move_id", "in", moves.ids),
            ]
        )

    def _get_rivals(self):
        """Other open refunds that draw on the same credit."""
        if self.transaction_id or self.source_move_ids:
            return self.browse()
        return (
            self.sudo().search(
                [
                    ("partner_id", "=", self.partner_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("state", "in", OPEN_STATES),
                    ("bill_id", "=", False),
                ]
            )
            - self
        )

    # ------------------------------------------------------------------
    # Born
    # ------------------------------------------------------------------

    @api.model
    def _open(self, amount, kind, reason, **values):
        """Ask for a refund with all rights; one that is open for the payment is returned again.

        :param float amount: in the company's currency
        :param str kind: key of ``kind``
        :param str reason: a sentence for finance and the letter
        :param values: ``transaction_id``, ``student_id``, ``allocation_id``, ``partner_id``,
            ``source_move_ids``, ``company_id``
        :return: one ``hostel.refund``, with all rights
        """
        Refund = self.sudo()
        if tx_id := values.get("transaction_id"):
            known = Refund.search(
                [("transaction_id", "=", tx_id), ("state", "in", OPEN_STATES)], limit=1
            )
            if known:
                return known
        return Refund.create({"amount": amount, "kind": kind, "reason": reason, **values})

    def _tell_who_decides(self):
        """One activity on each, for an administrator who did not ask for it."""
        for refund in self.sudo():
            administrator = self.env["res.users"]._get_administrator(
                refund.company_id, refund.requested_by_id
            )
            refund._plan(self.env._("Refund to approve"), administrator)

    def _tell_finance(self, summary):
        """One activity on each, for finance of its company."""
        for refund in self.sudo():
            refund._plan(summary, self.env["res.users"]._get_finance_officer(refund.company_id))

    def _plan(self, summary, user):
        if user:
            self.activity_schedule("mail.mail_activity_data_todo", summary=summary, user_id=user.id)

    # ------------------------------------------------------------------
    # Deciding: four eyes
    # ------------------------------------------------------------------

    def action_approve(self):
        """Approve what somebody else asked for; a bill that is affected gets its credit note.

        :raises HostelError: ``INVALID_TRANSITION``, ``OWN_REQUEST``
        """
        self._check_may_decide()
        for refund in self.sudo():
            refund._credit_bill()
            refund._decide("approved")
            refund._tell_finance(self.env._("Pay the refund out"))

    def action_open_refuse(self):
        """Ask why."""
        self._check_is_admin()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_refund_refuse_action"
        )
        return action | {"context": {"default_refund_ids": self.ids}}

    def _refuse(self, reason):
        """Refuse what is not paid out; the money stays the student's credit.

        :raises HostelError: ``INVALID_TRANSITION``, ``REASON_MISSING``
        """
        self._check_is_admin()
        reason = (reason or "").strip()
        if not reason:
            raise HostelError("REASON_MISSING", self.env._("Say why."), 422)
        for refund in self:
            refund._check_state(*OPEN_STATES)
        for refund in self.sudo():
            refund._decide("refused", refuse_reason=reason)

    @api.model
    def _refuse_of(self, moves, reason):
        """Refuse open refunds that draw on these entries, which are no credit any more."""
        refunds = self._find_open_on(moves)
        if refunds:
            refunds._refuse(reason)

    def action_ask_again(self):
        """Ask anew for what was refused.

        :raises HostelError: ``INVALID_TRANSITION``, ``REFUND_TOO_LARGE``
        """
        self.check_access("write")
        for refund in self:
            refund._check_state("refused")
        for refund in self.sudo():
            refund.write(
                {
                    "state": "due",
                    "requested_by_id": self.env.uid,
                    "approved_by_id": False,
                    "approved_at": False,
                    "refuse_reason": False,
                }
            )
            refund._check_amount()
            refund._tell_who_decides()

    def _decide(self, state, **more):
        self.activity_ids.action_done()
        self.write(
            {
                "state": state,
                "approved_by_id": self.env.uid,
                "approved_at": self.env.cr.now(),
                **more,
            }
        )

    def _check_is_admin(self):
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group(ADMIN)):
            raise AccessError(self.env._("Administrators decide on refunds."))

    def _check_may_decide(self):
        self._check_is_admin()
        for refund in self:
            refund._check_state("due")
            if refund.requested_by_id == self.env.user and not self.env.su:
                raise HostelError(
                    "OWN_REQUEST",
                    self.env._("Somebody else has to decide on what you asked for."),
                    403,
                )

    def _check_state(self, *states):
        self.ensure_one()
        if self.state not in states:
            words = dict(self._fields["state"]._description_selection(self.env))
            raise HostelError(
                "INVALID_TRANSITION",
                self.env._(
                    "%(what)s is “%(state)s” already.",
                    what=self.display_name,
                    state=words[self.state],
                ),
            )

    def _credit_bill(self):
        """The bill that should not have been: reversed, so that its payments are open again."""
        self.ensure_one()
        bill = self.bill_id
        if not bill or bill.payment_state == "reversed":
            return
        bill._hostel_void(self.reason)

    # ------------------------------------------------------------------
    # Paying out
    # ------------------------------------------------------------------

    def action_open_book(self):
        """Open the dialog that books money which has left."""
        self.check_access("write")
        for refund in self:
            refund._check_state("approved")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_refund_book_action"
        )
        return action | {"context": {"default_refund_ids": self.ids}}

    def _pay(self, day=None, method="bank", reference=""):
        """Book that the money left, and set it against the credit that it comes from.

        :param date day: when it left, by default today at the college
        :param str method: key of ``METHODS``
        :param str reference: number of the transfer or cheque, or Camu's
        :return: the outgoing ``account.payment``
        :raises HostelError: ``REFUND_DONE``, ``INVALID_TRANSITION``, ``BED_STILL_HELD``,
            ``MONEY_APPLIED`` while bills are paid with it
        """
        self.ensure_one()
        refund = self.sudo()
        if refund.state == "paid":
            raise HostelError(
                "REFUND_DONE",
                self.env._("%(refund)s was paid out already.", refund=refund.display_name),
            )
        refund._check_state("approved")
        refund.transaction_id._hostel_check_not_lived_on()
        payment = refund._create_payment(day, method, reference)
        refund.activity_ids.action_done()
        refund.write(
            {
                "state": "paid",
                "paid_on": payment.date,
                "method": method,
                "reference": reference or False,
                "payment_id": payment.id,
            }
        )
        refund._finish_stay()
        refund._tell_payee()
        return payment

    def _create_payment(self, day, method, reference):
        lines = self._get_credit_lines()
        account = lines[:1].account_id
        lines = lines.filtered(lambda line: line.account_id == account)
        if self.currency_id.compare_amounts(-sum(lines.mapped("amount_residual")), self.amount) < 0:
            raise HostelError(
                "MONEY_APPLIED",
                self.env._(
                    "Bills were paid with the money of %(refund)s. Take the bill back first, with"
                    " a credit note or by removing the payment from it.",
                    refund=self.display_name,
                ),
            )
        payment = (
            self.env["account.payment"]
            .sudo()
            .with_company(self.company_id)
            .create(
                {
                    "payment_type": "outbound",
                    "partner_type": "customer",
                    "partner_id": self.partner_id.id,
                    "amount": self.amount,
                    "currency_id": self.currency_id.id,
                    "journal_id": self._get_journal(method).id,
                    "date": day or self.company_id._get_college_day(),
                    "memo": " - ".join(
                        filter(None, [self.name, self.transaction_id.reference, reference])
                    ),
                    "hostel_student_id": self.student_id.id,
                    "hostel_method": method,
                    "hostel_reference": reference or False,
                    "hostel_refund_id": self.id,
                }
            )
        )
        payment.action_post()
        (lines | payment.move_id.line_ids).filtered(
            lambda line: line.account_id == account and not line.reconciled
        ).reconcile()
        return payment

    def _get_journal(self, method):
        """Camu's money goes back where it came from; other money leaves the bank.

        :raises HostelError: ``JOURNAL_MISSING``
        """
        own = self.transaction_id.payment_id.journal_id
        if method == "camu" and own:
            return own
        journal = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.company_id.id)], limit=1
        )
        if not journal:
            raise HostelError(
                "JOURNAL_MISSING", self.env._("There is no journal for this kind of payment."), 422
            )
        return journal

    def _finish_stay(self):
        """The stay is refunded once nothing more of it is due."""
        row = self.allocation_id
        open_ones = row.refund_ids.filtered(lambda one: one.state in OPEN_STATES)
        if row.state == "refund_due" and not open_ones:
            row._transition("refunded")

    def _reopen(self, reason):
        """The bank sent the payout back: it is to be paid out anew."""
        for refund in self.sudo():
            refund.write(
                {
                    "state": "approved",
                    "payment_id": False,
                    "paid_on": False,
                    "method": False,
                    "reference": False,
                }
            )
            refund.message_post(body=self.env._("The payout came back: %(why)s", why=reason))
            refund._tell_finance(self.env._("Pay the refund out"))
