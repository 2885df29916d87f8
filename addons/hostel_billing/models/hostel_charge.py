from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.college_day import college_today

# Unless the settings say otherwise.
DAYS_TO_PAY = 7
# What a bill says about a charge stays as it was billed.
FROZEN = {
    "student_id",
    "allocation_id",
    "head_id",
    "amount",
    "quantity",
    "day",
    "res_model",
    "res_id",
    "key",
}
# What only the program that makes, bills or cancels a charge writes.
OWN = ("res_model", "res_id", "key", "source", "state", "move_id", "wallet_line_id")


class HostelCharge(models.Model):
    """An amount that a student owes for something that happened; it waits for a bill.

    Other records make charges through ``hostel.charge.mixin``; finance adds one by hand.
    """

    _name = "hostel.charge"
    _description = "Charge"
    _inherit = ["hostel.personal.mixin"]
    _order = "day desc, id desc"

    name = fields.Char(compute="_compute_name", string="Charge")
    student_id = fields.Many2one("hostel.student", required=True, ondelete="restrict", index=True)
    allocation_id = fields.Many2one(
        "hostel.allocation",
        string="Stay",
        ondelete="restrict",
        index="btree_not_null",
        domain="[('student_id', '=', student_id)]",
    )
    hostel_id = fields.Many2one(related="allocation_id.hostel_id", store=True, index=True)
    term_id = fields.Many2one(related="allocation_id.term_id", store=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    head_id = fields.Many2one("hostel.fee.head", string="For", required=True, ondelete="restrict")
    amount = fields.Monetary(
        required=True, help="The whole amount before taxes. Less than 0 is a rebate."
    )
    quantity = fields.Float(default=1.0, help="Told on the bill, such as 42 units; not multiplied.")
    day = fields.Date(
        required=True,
        default=college_today,
        help="The day it happened.",
    )
    note = fields.Char()
    res_model = fields.Char(string="Source model", readonly=True)
    res_id = fields.Many2oneReference(
        string="Source", model_field="res_model", readonly=True, index=True
    )
    key = fields.Char(readonly=True, help="With the same key a source charges only once.")
    source = fields.Char(string="Where it comes from", readonly=True)
    state = fields.Selection(
        [
            ("pending", "Waits for a bill"),
            ("billed", "Billed"),
            ("settled", "Taken from the wallet"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="pending",
        index=True,
    )
    line_ids = fields.One2many(
        "account.move.line", "hostel_charge_id", string="Lines of bills", readonly=True
    )
    move_id = fields.Many2one(
        "account.move", string="Bill", readonly=True, copy=False, index="btree_not_null"
    )

    _once_a_source = models.UniqueIndex(
        "(res_model, res_id, student_id, key) WHERE state <> 'cancelled' AND res_model IS NOT NULL",
        "This was charged already.",
    )
    _pending_idx = models.Index("(student_id, day) WHERE state = 'pending'")
    _amount_is_something = models.Constraint(
        "CHECK (amount <> 0)", "A charge needs an amount other than 0."
    )
    _quantity_positive = models.Constraint("CHECK (quantity > 0)", "A quantity is more than 0.")
    _billed_has_bill = models.Constraint(
        "CHECK (state <> 'billed' OR move_id IS NOT NULL)", "A billed charge is on a bill."
    )

    @api.depends("head_id", "note", "source")
    def _compute_name(self):
        for charge in self:
            said = charge.note or charge.source
            charge.name = f"{charge.head_id.name} · {said}" if said else charge.head_id.name or ""

    @api.depends("name", "student_id")
    def _compute_display_name(self):
        for charge in self:
            charge.display_name = f"{charge.student_id.display_name} · {charge.name}"

    @api.onchange("student_id")
    def _onchange_student_id(self):
        self.allocation_id = self.student_id.current_allocation_id

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        charges = super().create(vals_list)
        # Looked at afterwards: the context may bring defaults.
        if not self.env.su:
            if any(one.res_model or one.res_id or one.key or one.source for one in charges):
                raise AccessError(self.env._("Only programs name the source of a charge."))
            if any(one.state != "pending" or one.move_id or one.wallet_line_id for one in charges):
                raise AccessError(self.env._("A charge changes through its buttons."))
        return charges

    def write(self, vals):
        if not self.env.su and not vals.keys().isdisjoint(OWN):
            raise AccessError(self.env._("A charge changes through its buttons."))
        if FROZEN & vals.keys() and any(charge.state != "pending" for charge in self):
            raise HostelError(
                "CHARGE_IS_FINAL",
                self.env._("What was billed or cancelled does not change. Cancel the charge."),
                422,
            )
        if not self.env.su and any(self.mapped("res_model")) and FROZEN & vals.keys():
            raise AccessError(
                self.env._("This charge belongs to another record; correct it there.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise HostelError(
            "CHARGE_IS_FINAL", self.env._("Charges are kept. Cancel it instead."), 422
        )

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_cancel(self):
        """Cancel by hand; what was billed gets a credit note, a wallet its money back."""
        self.check_access("write")
        self._cancel(self.env._("Cancelled by hand"))

    def action_bill(self):
        """Bill the chosen charges now, one bill for each student.

        :raises HostelError: ``NOTHING_TO_BILL``
        """
        self.check_access("write")
        bills = self.filtered(lambda charge: charge.state == "pending")._bill()
        if not bills:
            raise HostelError(
                "NOTHING_TO_BILL", self.env._("None of these charges waits for a bill."), 422
            )
        action = self.env["ir.actions.act_window"]._for_xml_id("hostel_billing.hostel_bill_action")
        return action | {"domain": [("id", "in", bills.ids)], "context": {}}

    def action_open_source(self):
        """The record that made the charge, for whoever may see it."""
        self.ensure_one()
        self.check_access("read")
        if not self.res_model:
            return False
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------------
    # Cancelling
    # ------------------------------------------------------------------

    def _cancel(self, reason):
        """Take charges back: pending ones vanish from the next bill, billed ones are credited.

        :param str reason: said on the credit note
        :return: the posted credit notes
        """
        charges = self.sudo()
        charges.filtered(lambda charge: charge.state == "pending").state = "cancelled"
        notes = self.env["account.move"].sudo()
        for bill, billed in (
            charges.filtered(lambda charge: charge.state == "billed").grouped("move_id").items()
        ):
            notes |= billed._credit(bill, reason)
            billed.state = "cancelled"
        return notes

    def _credit(self, bill, reason):
        """A posted credit note over these charges of one bill, set against it."""
        note = bill._hostel_post_credit_note(
            [Command.create(charge._prepare_bill_line_vals()) for charge in self], reason
        )
        bill._hostel_reconcile_with(note)
        return note

    # ------------------------------------------------------------------
    # On the bill
    # ------------------------------------------------------------------

    def _bill(self, day=None, due=None):
        """Post one bill of kind ``charge`` for each student, company and stay.

        Rebates that are more than a student's charges wait for a larger bill.

        :param date day: of the bills, today by default
        :param date due: by when they are to be paid, by default on their day
        :return: the posted ``account.move``
        """
        pending = self.sudo().filtered(lambda charge: charge.state == "pending")
        # Two clerks who bill the same charge: the second finds it taken.
        pending = pending.try_lock_for_update()
        groups = pending._get_bill_groups()
        if not groups:
            return self.env["account.move"].sudo()
        bills = self.env["hostel.allocation"]._post_bills(
            [charges._prepare_bill_vals(day, due) for charges in groups]
        )
        for bill, charges in zip(bills, groups, strict=True):
            charges.write({"state": "billed", "move_id": bill.id})
        return bills

    def _get_bill_groups(self):
        """These charges bill by bill: list of recordsets."""
        groups = self._get_groups()
        return [charges for charges in groups.values() if charges._get_gross() > 0]

    def _get_groups(self):
        return self.grouped(
            lambda charge: (charge.student_id, charge.company_id, charge.allocation_id)
        )

    def _get_gross(self):
        """What these come to with their taxes; float, below 0 for rebates."""
        return sum(
            charge.head_id._get_gross(
                charge.amount, charge.company_id, charge.student_id.partner_id
            )
            for charge in self
        )

    def _give_back(self):
        """Post a credit note where rebates are more than the charges: no bill comes any more.

        :return: the posted ``account.move``
        """
        pending = self.sudo().filtered(lambda charge: charge.state == "pending")
        pending = pending.try_lock_for_update()
        notes = self.env["account.move"].sudo()
        for charges in (pending - pending._get_billable())._get_groups().values():
            note = self.env["hostel.allocation"]._post_bills([charges._prepare_note_vals()])
            charges.write({"state": "billed", "move_id": note.id})
            notes |= note
        return notes

    def _get_billable(self):
        """Those that a bill would take now."""
        return self.browse().union(*self._get_bill_groups())

    def _prepare_bill_vals(self, day=None, due=None):
        day = day or self.company_id._get_college_day()
        stay = self.allocation_id
        return {
            "move_type": "out_invoice",
            "company_id": self.company_id.id,
            "partner_id": self.student_id.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": day,
            "invoice_date_due": due or day + self._get_days_to_pay(),
            "invoice_origin": stay.name or self[:1].source,
            "hostel_student_id": self.student_id.id,
            "hostel_allocation_id": stay.id,
            "hostel_term_id": stay.term_id.id,
            "hostel_kind": "charge",
            "invoice_line_ids": [
                Command.create(charge._prepare_bill_line_vals())
                for charge in self.sorted(lambda charge: (charge.day, charge.id))
            ],
        }

    @api.model
    def _get_days_to_pay(self):
        """How long a bill of charges may wait; ``timedelta``."""
        text = self.env["ir.config_parameter"].sudo().get_param("hostel_billing.charge_due_days")
        days = int(text) if (text or "").isdecimal() else DAYS_TO_PAY
        return timedelta(days=min(days, 365))

    def _prepare_note_vals(self):
        """Values of a credit note about these charges: what they ask for is taken off."""
        vals = self._prepare_bill_vals()
        lines = [
            Command.create(line | {"price_unit": -line["price_unit"]})
            for _command, _id, line in vals["invoice_line_ids"]
        ]
        return vals | {"move_type": "out_refund", "invoice_line_ids": lines}

    def _prepare_bill_line_vals(self):
        """Values of the ``account.move.line`` that asks for this charge."""
        self.ensure_one()
        head = self.head_id
        why = [self.source] if self.source else []
        if self.quantity != 1:
            why.append(self.env._("Quantity %(quantity)s", quantity=f"{self.quantity:g}"))
        if self.note:
            why.append(self.note)
        why.append(
            self.env._("on %(day)s", day=self.env["account.move"]._hostel_format_day(self.day))
        )
        return self.env["account.move"]._prepare_hostel_line_vals(
            head,
            self.amount,
            self.company_id,
            name=f"{head.name}: {self.note or self.source}" if self.note or self.source else None,
            why=" · ".join(why),
        ) | {"hostel_charge_id": self.id}

    @api.model
    def _get_pending(self, students, until):
        """Charges that wait for a bill, oldest first.

        :param date until: those that happened on this day or before
        """
        return self.sudo().search(
            [("student_id", "in", students.ids), ("state", "=", "pending"), ("day", "<=", until)],
            order="student_id, day, id",
        )
