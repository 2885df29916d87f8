from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command

from odoo.addons.hostel_base.errors import HostelError

from ..tools.exit_math import HELD, LENT, OWED, settle
from ..tools.fee_math import money

FINANCE = "hostel_base.group_hostel_finance"
OVER = ("vacated",)
FREE = ("message_", "activity_")


class HostelExit(models.Model):
    """What a student who has left gets back: deposit and money paid ahead, less what is owed.

    Until it is settled it follows from the books and shows what would happen. Settling bills what
    waits, credits the deposit, sets the credit against the open bills, and asks for a refund of
    what is left over.
    """

    _name = "hostel.exit"
    _description = "Exit Settlement"
    _inherit = ["hostel.personal.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "allocation_id"

    allocation_id = fields.Many2one(
        "hostel.allocation",
        string="Stay",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    student_id = fields.Many2one(related="allocation_id.student_id", store=True, index=True)
    roll_number = fields.Char(related="student_id.roll_number", string="Roll number")
    hostel_id = fields.Many2one(related="allocation_id.hostel_id", store=True, index=True)
    term_id = fields.Many2one(related="allocation_id.term_id", store=True)
    company_id = fields.Many2one(related="allocation_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    notice_date = fields.Date(related="allocation_id.notice_date")
    vacated_on = fields.Date(related="allocation_id.vacated_on", store=True)
    notice_days = fields.Integer(
        string="Days of notice", compute="_compute_notice_days", help="From the notice to the exit."
    )
    vacate_reason = fields.Selection(related="allocation_id.vacate_reason")
    state = fields.Selection(
        [("draft", "To settle"), ("settled", "Settled")],
        required=True,
        readonly=True,
        default="draft",
        index=True,
        tracking=True,
        copy=False,
        group_expand=True,
    )
    line_ids = fields.One2many("hostel.exit.line", "exit_id", string="Lines", readonly=True)
    held_amount = fields.Monetary(string="Held", compute="_compute_amounts", store=True)
    owed_amount = fields.Monetary(string="Owed", compute="_compute_amounts", store=True)
    kept_amount = fields.Monetary(
        string="Kept", compute="_compute_amounts", store=True, help="For what is owed."
    )
    back_amount = fields.Monetary(
        string="Goes back", compute="_compute_amounts", store=True, tracking=True
    )
    lender_amount = fields.Monetary(
        string="Goes back to the lender", compute="_compute_amounts", store=True
    )
    left_amount = fields.Monetary(
        string="Still owed",
        compute="_compute_amounts",
        store=True,
        help="The deposit does not reach so far; the bills stay open.",
    )
    wallet_balance = fields.Monetary(string="In the wallet", compute="_compute_wallet_balance")
    credit_note_ids = fields.Many2many(
        "account.move", "hostel_exit_credit_note_rel", string="Credit notes", readonly=True
    )
    refund_ids = fields.Many2many(
        "hostel.refund", "hostel_exit_refund_rel", string="Refunds", readonly=True
    )
    refund_state = fields.Char(string="Refund", compute="_compute_refund")
    refunded_on = fields.Date(string="Refund processed", compute="_compute_refund")
    settled_at = fields.Datetime(string="Settled on", readonly=True, copy=False)
    settled_by_id = fields.Many2one("res.users", string="Settled by", readonly=True, copy=False)
    verification_id = fields.Many2one("hostel.verification", readonly=True, copy=False)
    code = fields.Char(related="verification_id.printed_code", compute_sudo=True)

    _allocation_uniq = models.Constraint("UNIQUE (allocation_id)", "A stay is settled only once.")

    @api.depends("student_id", "allocation_id")
    def _compute_display_name(self):
        for one in self:
            known = one.sudo()
            one.display_name = f"{known.student_id.display_name} · {known.allocation_id.name}"

    @api.depends("notice_date", "vacated_on")
    def _compute_notice_days(self):
        for one in self:
            both = one.notice_date and one.vacated_on
            one.notice_days = (one.vacated_on - one.notice_date).days if both else 0

    @api.depends("line_ids.amount", "line_ids.kind")
    def _compute_amounts(self):
        for one in self:
            result = settle((line.kind, money(line.amount)) for line in one.line_ids)
            one.held_amount = float(result.held)
            one.owed_amount = float(result.owed)
            one.kept_amount = float(result.kept)
            one.back_amount = float(result.back)
            one.lender_amount = float(result.lender)
            one.left_amount = float(result.left)

    @api.depends("student_id")
    def _compute_wallet_balance(self):
        wallets = (
            self.env["hostel.wallet"].sudo().search([("student_id", "in", self.student_id.ids)])
        )
        balances = {wallet.student_id: wallet.balance for wallet in wallets}
        for one in self:
            one.wallet_balance = balances.get(one.student_id, 0.0)

    @api.depends("refund_ids.state", "refund_ids.paid_on", "state")
    def _compute_refund(self):
        words = dict(self.env["hostel.refund"]._fields["state"]._description_selection(self.env))
        for one in self:
            refunds = one.sudo().refund_ids
            paid = refunds.filtered(lambda refund: refund.state == "paid")
            waiting = (refunds - paid)[:1]
            one.refund_state = words.get((waiting or paid[:1]).state, False)
            one.refunded_on = max(paid.mapped("paid_on")) if paid and not waiting else False

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("A settlement begins with a student who has left."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and any(not name.startswith(FREE) for name in vals):
            raise AccessError(self.env._("A settlement changes through its buttons."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise HostelError("EXIT_IS_FINAL", self.env._("Settlements are kept."), 422)

    # ------------------------------------------------------------------
    # What there is
    # ------------------------------------------------------------------

    @api.model
    def _open_for(self, stay, even_empty=False):
        """The settlement of a stay that is over, begun if it was not.

        :param stay: one ``hostel.allocation``
        :param bool even_empty: also where nothing is held and nothing owed
        :return: one ``hostel.exit`` with all rights; empty where the student lives on in another
            bed, for the deposit stays with the student
        """
        stay = stay.sudo()
        one = self.sudo().search([("allocation_id", "=", stay.id)], limit=1)
        if not one and not stay._has_later_stay():
            values = {"allocation_id": stay.id}
            probe = self.sudo().new(values)
            # A deposit that nobody paid is nothing held, and its bill is to be closed.
            if even_empty or probe._is_to_settle():
                one = self.sudo().create(values)
                one._tell_finance()
        elif not one:
            stay._ask_about_unlived()
        one._refresh()
        return one

    def _is_to_settle(self):
        """Extension point: whether there is anything to settle."""
        return bool(self._prepare_lines() or self._get_deposit_bills())

    def _tell_finance(self):
        officer = self.env["res.users"]._get_finance_officer(self.company_id)
        if officer:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Settle the deposit"),
                user_id=officer.id,
            )

    def action_refresh(self):
        """Look into the books again."""
        self._check_finance()
        self.sudo()._refresh()

    def _refresh(self):
        for one in self:
            if one.state != "draft":
                continue
            one.line_ids.unlink()
            one.line_ids = [Command.create(vals) for vals in one._prepare_lines()]

    def _prepare_lines(self):
        """What is held and owed now, as values of lines."""
        self.ensure_one()
        found = [
            *self._prepare_deposit_lines(),
            *self._prepare_advance_lines(),
            *self._prepare_bill_lines(),
            *self._prepare_charge_lines(),
        ]
        return [vals | {"sequence": number} for number, vals in enumerate(found)]

    def _get_deposit_bills(self):
        """Posted deposit bills of the student of which something is not given back yet."""
        bills = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("hostel_student_id", "=", self.student_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("hostel_kind", "=", "deposit"),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                    ("payment_state", "!=", "reversed"),
                ],
                order="invoice_date, id",
            )
        )
        return bills.filtered(lambda bill: self._get_uncredited(bill))

    def _get_uncredited(self, bill):
        """``{head: amount}`` of a deposit bill that no credit note took back."""
        lines = (
            bill.invoice_line_ids
            | bill.reversal_move_ids.filtered(lambda note: note.state == "posted").invoice_line_ids
        )
        amounts = {}
        for line in lines.filtered(lambda line: line.hostel_head_id.refundable):
            sign = 1 if line.move_id == bill else -1
            head = line.hostel_head_id
            amounts[head] = amounts.get(head, money(0)) + sign * money(line.price_total)
        return {head: amount for head, amount in amounts.items() if amount > 0}

    def _prepare_deposit_lines(self):
        own = self.student_id.partner_id
        for bill in self._get_deposit_bills():
            # What was never paid is held by nobody.
            held = sum(self._get_uncredited(bill).values()) - money(bill.amount_residual)
            if held <= 0:
                continue
            yield {
                "kind": "deposit" if bill.partner_id == own else "lender",
                "name": self.env._(
                    "Deposit, %(bill)s of %(day)s",
                    bill=bill.name,
                    day=bill._hostel_format_day(bill.invoice_date),
                ),
                "amount": float(held),
                "partner_id": bill.partner_id.id,
                "move_id": bill.id,
            }

    def _get_advance_lines(self):
        """Open credit of the student that no refund is due from."""
        due = (
            self.env["hostel.refund"]
            .sudo()
            .search(
                [
                    ("partner_id", "=", self.student_id.partner_id.id),
                    ("state", "in", ("due", "approved")),
                ]
            )
        )
        spoken_for = due.source_move_ids | due.transaction_id.payment_id.move_id
        lines = due._find_credit_lines(self.student_id.partner_id, self.company_id)
        return lines.filtered(lambda line: line.move_id not in spoken_for)

    def _prepare_advance_lines(self):
        for line in self._get_advance_lines():
            yield {
                "kind": "advance",
                "name": line.move_id.payment_ids[:1].name
                or ": ".join(filter(None, [line.move_id.name, line.move_id.ref])),
                "amount": -line.amount_residual,
                "partner_id": line.partner_id.id,
                "move_id": line.move_id.id,
            }

    def _get_open_bills(self):
        """Bills of which something is owed: fees that a clearance settles are not."""
        bills = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("hostel_student_id", "=", self.student_id.id),
                    ("partner_id", "=", self.student_id.partner_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("hostel_kind", "in", ("period", "charge")),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                    ("amount_residual", ">", 0),
                ],
                order="invoice_date_due, id",
            )
        )
        owed = bills._hostel_get_owed()
        return bills.filtered(lambda bill: owed[bill] > 0)

    def _prepare_bill_lines(self):
        for bill, owed in self._get_open_bills()._hostel_get_owed().items():
            lines = bill.invoice_line_ids
            if owed < bill.amount_residual:
                lines = lines.filtered("hostel_charge_id") or lines
            heads = ", ".join(dict.fromkeys(lines.mapped("name")))
            yield {
                "kind": "bill",
                "name": f"{bill.name}: {heads}",
                "amount": -owed,
                "partner_id": bill.partner_id.id,
                "move_id": bill.id,
            }

    def _get_pending_charges(self):
        return (
            self.env["hostel.charge"]
            .sudo()
            .search(
                [
                    ("student_id", "=", self.student_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("state", "=", "pending"),
                ],
                order="day, id",
            )
        )

    def _prepare_charge_lines(self):
        pending = self._get_pending_charges()
        billable = pending._get_billable()
        for charge in billable:
            yield {
                "kind": "charge",
                "name": charge.name,
                "amount": -charge._get_gross(),
                "partner_id": self.student_id.partner_id.id,
                "charge_id": charge.id,
            }
        rebates = pending - billable
        if rebates._get_gross() < 0:
            yield {
                "kind": "advance",
                "name": ", ".join(rebates.mapped("name")),
                "amount": -rebates._get_gross(),
                "partner_id": self.student_id.partner_id.id,
            }

    # ------------------------------------------------------------------
    # Settling
    # ------------------------------------------------------------------

    def action_settle(self):
        """Bill, credit, set against each other, and ask for the refund. Once a stay.

        :raises HostelError: ``INVALID_TRANSITION``, ``STAY_NOT_OVER``
        """
        self._check_finance()
        for one in self:
            one._check_may_settle()
            one.sudo()._settle()

    def _check_finance(self):
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group(FINANCE)):
            raise AccessError(self.env._("Finance settles the deposits."))

    def _check_may_settle(self):
        """Extension point: refuse what is not ready."""
        self.ensure_one()
        if self.state != "draft":
            raise HostelError(
                "INVALID_TRANSITION",
                self.env._("%(what)s is settled already.", what=self.display_name),
            )
        if self.sudo().allocation_id.state not in OVER or self.allocation_id._has_later_stay():
            raise HostelError(
                "STAY_NOT_OVER",
                self.env._("%(what)s has not left yet.", what=self.display_name),
            )

    def _settle(self):
        self.ensure_one()
        if not self.try_lock_for_update():
            raise HostelError("BUSY", self.env._("Please try again in a moment."), 503)
        self._get_pending_charges()._bill()
        self._get_pending_charges()._give_back()
        self._refresh()
        advances = self._get_advance_lines().move_id
        notes = (
            self.env["account.move"]
            .sudo()
            .union(*(self._credit_deposit(bill) for bill in self._get_deposit_bills()))
        )
        own_partner = self.student_id.partner_id
        own = advances | notes.filtered(lambda note: note.partner_id == own_partner)
        self._pay_open_bills(own)
        refunds = self._ask_refund(self.back_amount, own_partner, own)
        for partner, lent in (notes - own).grouped("partner_id").items():
            refunds |= self._ask_refund(lent._get_hostel_open_credit(), partner, lent)
        self.activity_ids.action_done()
        self.write(
            {
                "state": "settled",
                "settled_at": self.env.cr.now(),
                "settled_by_id": self.env.uid,
                "credit_note_ids": [Command.set(notes.ids)],
                "refund_ids": [Command.set(refunds.ids)],
            }
        )
        self._issue_statement()

    def _credit_deposit(self, bill):
        """A credit note over what is left of a deposit bill; its unpaid part is closed with it."""
        commands = [
            Command.create(
                bill._prepare_hostel_line_vals(
                    head,
                    amount,
                    bill.company_id,
                    why=self.env._(
                        "Given back after the stay %(name)s", name=self.allocation_id.name
                    ),
                )
                | {"tax_ids": [Command.clear()]}
            )
            for head, amount in self._get_uncredited(bill).items()
        ]
        return bill._hostel_post_credit_note(
            commands, self.env._("Exit of %(name)s", name=self.student_id.display_name)
        )

    def _pay_open_bills(self, credit):
        """Set the student's credit against the open bills, the oldest first.

        A bill that nothing but a credit note stands against is a reversed one to Odoo. These were
        paid: so what a credit note gives goes through an entry of its own.
        """
        notes = credit.filtered(lambda move: move.move_type == "out_refund")
        owed = self._get_open_bills()._hostel_get_owed()
        whole = self.env["account.move"].union(
            *(bill for bill, amount in owed.items() if amount == bill.amount_residual)
        )
        for bill in whole:
            bill._hostel_reconcile_with(credit - notes)
        self._pay_through_entry(notes, whole, sum(whole.mapped("amount_residual")))
        # Of these a clearance settles the fees, and no more than the rest is taken for them.
        for bill, amount in owed.items():
            if bill not in whole:
                self._pay_through_entry(credit, bill, amount)

    def _pay_through_entry(self, credit, bills, owed):
        """:param float owed: no more than this is taken"""
        amount = min(credit._get_hostel_open_credit(), owed)
        if self.currency_id.compare_amounts(amount, 0) <= 0:
            return
        account = bills.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).account_id[:1]
        name = self.env._("Exit settlement %(name)s", name=self.allocation_id.name)
        entry = (
            self.env["account.move"]
            .sudo()
            .with_company(self.company_id)
            .create(
                {
                    "move_type": "entry",
                    "date": self.company_id._get_college_day(),
                    "ref": name,
                    "line_ids": [
                        Command.create(
                            {
                                "account_id": account.id,
                                "partner_id": self.student_id.partner_id.id,
                                "name": name,
                                "debit": max(sign * amount, 0),
                                "credit": max(-sign * amount, 0),
                            }
                        )
                        for sign in (1, -1)
                    ],
                }
            )
        )
        entry.action_post()
        taken, given = entry.line_ids.sorted("credit")
        (taken | self._get_open_lines(credit)).reconcile()
        # Line by line, so that the oldest is paid first.
        for line in self._get_open_lines(bills).sorted(lambda line: (line.date_maturity, line.id)):
            if not given.reconciled:
                (given | line).reconcile()

    @api.model
    def _get_open_lines(self, moves):
        return moves.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )

    def _ask_refund(self, amount, partner, sources):
        if self.currency_id.compare_amounts(amount, 0) <= 0:
            return self.env["hostel.refund"].sudo()
        return self.env["hostel.refund"]._open(
            amount,
            "deposit",
            self.env._("Settlement of %(name)s", name=self.allocation_id.name),
            student_id=self.student_id.id,
            partner_id=partner.id,
            allocation_id=self.allocation_id.id,
            company_id=self.company_id.id,
            source_move_ids=[Command.set(sources.ids)],
        )

    # ------------------------------------------------------------------
    # The statement
    # ------------------------------------------------------------------

    def _issue_statement(self):
        Verification = self.env["hostel.verification"].sudo()
        self.verification_id = Verification._issue(
            self,
            "exit",
            {
                **Verification._prepare_stay_facts(self.allocation_id),
                "signed_on": self.company_id._get_college_day(self.settled_at),
                "amount": self.currency_id.format(self.back_amount),
            },
        )

    def _get_sections(self):
        """The statement in its order: list of ``(title, [(name, amount)])``; what is kept is
        above 0."""
        self.ensure_one()
        sections = [
            (self.env._("What was held"), HELD, 1),
            (self.env._("What is kept, and why"), OWED, -1),
            (self.env._("Held for a lender"), LENT, 1),
        ]
        found = [
            (
                title,
                [(line.name, sign * line.amount) for line in self.line_ids if line.kind in kinds],
            )
            for title, kinds, sign in sections
        ]
        return [(title, rows) for title, rows in found if rows]

    def action_print_statement(self):
        self.check_access("read")
        return self.env.ref("hostel_billing.hostel_exit_report").report_action(self)

    def action_open_refunds(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_refund_action"
        )
        return action | {"domain": [("id", "in", self.sudo().refund_ids.ids)], "context": {}}
