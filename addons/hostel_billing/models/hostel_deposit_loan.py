from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError

from ..tools.fee_math import money

# A loan that was not refused or given up.
LIVE = ("requested", "approved", "paid")
DESK = "hostel_base.group_hostel_finance"
FROZEN = {"student_id", "term_id", "lender_id", "amount"}


class HostelDepositLoan(models.Model):
    """A lender gives the deposit instead of the student: nothing is asked of the student, the
    lender gets the bill once the loan is approved.
    """

    _name = "hostel.deposit.loan"
    _description = "Deposit through a Lender"
    _inherit = ["hostel.personal.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    student_id = fields.Many2one("hostel.student", required=True, ondelete="restrict", index=True)
    term_id = fields.Many2one("hostel.term", required=True, ondelete="restrict", index=True)
    lender_id = fields.Many2one(
        "res.partner",
        required=True,
        ondelete="restrict",
        domain="[('is_company', '=', True)]",
        tracking=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(required=True, tracking=True)
    reference = fields.Char(string="Loan number", tracking=True, help="As the lender calls it.")
    state = fields.Selection(
        [
            ("requested", "Waits for approval"),
            ("approved", "Approved"),
            ("paid", "Paid by the lender"),
            ("refused", "Refused"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="requested",
        tracking=True,
        index=True,
    )
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True, copy=False)
    decided_at = fields.Datetime(string="Decided on", readonly=True, copy=False)
    move_id = fields.Many2one("account.move", string="Bill", readonly=True, copy=False)

    _amount_positive = models.Constraint("CHECK (amount > 0)", "A loan is more than 0.")
    _one_open = models.UniqueIndex(
        "(student_id, term_id) WHERE state IN ('requested', 'approved', 'paid')",
        "The student has a loan for this term already.",
    )
    _approved_has_number = models.Constraint(
        "CHECK (state NOT IN ('approved', 'paid') OR reference <> '')",
        "The lender's number of the loan is missing.",
    )

    def _compute_display_name(self):
        for loan in self:
            loan.display_name = f"{loan.student_id.display_name} · {loan.lender_id.name}"

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(
            vals.get("state", "requested") != "requested" for vals in vals_list
        ):
            raise AccessError(self.env._("A loan begins as a request."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and {"state", "move_id", "decided_by_id"} & vals.keys():
            raise AccessError(self.env._("A loan changes through its buttons."))
        if FROZEN & vals.keys() and any(loan.state != "requested" for loan in self):
            raise HostelError("LOAN_IS_FINAL", self.env._("What was decided does not change."), 422)
        return super().write(vals)

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def action_approve(self):
        """The lender has agreed: it gets the bill of the deposit, instead of the student.

        :raises HostelError: ``INVALID_TRANSITION``, ``LOAN_WITHOUT_NUMBER``, ``PAYMENT_PENDING``,
            ``DEPOSIT_ALREADY_PAID``
        """
        self.check_access("write")
        for loan in self:
            loan._check_state("requested")
            if not loan.reference:
                raise HostelError(
                    "LOAN_WITHOUT_NUMBER",
                    self.env._("Enter the lender's number of the loan first."),
                    422,
                )
        for loan in self:
            for stay in loan._get_billed_stays():
                stay._free_deposit_for(loan)
        self._decide("approved")

    def action_refuse(self):
        """The lender said no: the student is billed for the deposit.

        :raises HostelError: ``INVALID_TRANSITION``
        """
        self.check_access("write")
        for loan in self:
            loan._check_state("requested")
        self._decide("refused")

    def action_cancel(self):
        """The student gives the deposit after all; possible until the lender is billed.

        :raises HostelError: ``INVALID_TRANSITION``
        """
        self.check_access("write")
        for loan in self:
            if loan.state not in ("requested", "approved") or loan.move_id:
                loan._check_state("requested")
        self._decide("cancelled")

    def _decide(self, state):
        self.sudo().write(
            {"state": state, "decided_by_id": self.env.uid, "decided_at": self.env.cr.now()}
        )
        for loan in self.sudo():
            for stay in loan._get_billed_stays():
                stay._create_deposit_bills()

    def _check_state(self, state):
        self.ensure_one()
        if self.state != state or self.move_id:
            states = dict(self._fields["state"]._description_selection(self.env))
            raise HostelError(
                "INVALID_TRANSITION",
                self.env._(
                    "The loan of %(student)s is “%(state)s” already.",
                    student=self.student_id.display_name,
                    state=states[self.state],
                ),
            )

    def _get_billed_stays(self):
        """Stays whose deposit waits for this decision."""
        return (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("student_id", "=", self.student_id.id),
                    ("term_id", "=", self.term_id.id),
                    ("state", "in", ("allocated", "checked_in")),
                ]
            )
        )

    @api.model
    def _get_open(self, stay):
        """The loan that is asked for or approved for a stay's term and not billed yet."""
        return self.sudo().search(
            [
                ("student_id", "=", stay.student_id.id),
                ("term_id", "=", stay.term_id.id),
                ("state", "in", ("requested", "approved")),
                ("move_id", "=", False),
            ],
            limit=1,
        )

    @api.model
    def _get_deposit_billed(self, student):
        """What was billed as a deposit for a student, whoever pays it, less what was credited.

        :return: ``Decimal``
        """
        groups = (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                [
                    ("move_id.hostel_student_id", "=", student.id),
                    ("parent_state", "=", "posted"),
                    ("hostel_head_id.refundable", "=", True),
                    ("hostel_head_id.code", "!=", "WALLET"),
                ],
                aggregates=["balance:sum"],
            )
        )
        return -money(groups[0][0] or 0)
