from decimal import Decimal

from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError

from ..tools.fee_math import money

FINANCE = "hostel_base.group_hostel_finance"
DEPOSIT_ONCE = "account_move_hostel_deposit_once"


class HostelAllocation(models.Model):
    """A deposit that is billed later, again, or to a lender instead."""

    # One subject a file.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.allocation"

    has_deposit_to_bill = fields.Boolean(compute="_compute_has_deposit_to_bill", groups=FINANCE)

    @api.depends("state", "fee_structure_id")
    def _compute_has_deposit_to_bill(self):
        for row in self:
            row.has_deposit_to_bill = bool(row._get_deposit_to_bill())

    def _get_deposit_to_bill(self):
        """What of the deposit nobody is billed for and no undecided loan may give.

        :return: ``Decimal``
        """
        self.ensure_one()
        row = self.sudo()
        if row.state not in ("allocated", "checked_in"):
            return Decimal(0)
        due = row._get_deposit_due()
        if not due or not row._needs_period_bill():
            return Decimal(0)
        loan = self.env["hostel.deposit.loan"]._get_open(row)
        asked = money(loan.amount) if loan.state == "requested" else Decimal(0)
        return max(due - asked, Decimal(0))

    def action_bill_deposit(self):
        """Bill what is missing of the deposit, such as after its bill was credited.

        :return: the action that shows the new bills
        :raises HostelError: ``NOTHING_TO_BILL``, ``BUSY``, ``DEPOSIT_PARTLY_CREDITED``
        """
        self.ensure_one()
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group(FINANCE)):
            raise AccessError(self.env._("Finance bills deposits."))
        row = self.sudo()
        if not row.try_lock_for_update(allow_referencing=True):
            raise HostelError("BUSY", self.env._("Please try again in a moment."), 503)
        bills = row._bill_missing_deposit()
        if not bills:
            raise HostelError(
                "NOTHING_TO_BILL",
                self.env._("The deposit of this stay is billed already, or a lender decides."),
                422,
            )
        action = self.env["ir.actions.act_window"]._for_xml_id("hostel_billing.hostel_bill_action")
        return action | {"domain": [("id", "in", bills.ids)], "context": {}}

    def _bill_missing_deposit(self):
        bills = self.env["account.move"].sudo()
        if not self._get_deposit_to_bill():
            return bills
        try:
            with self.env.cr.savepoint():
                return self._create_deposit_bills()
        except IntegrityError as exc:
            if exc.diag.constraint_name != DEPOSIT_ONCE:
                raise
            raise HostelError(
                "DEPOSIT_PARTLY_CREDITED",
                self.env._(
                    "A bill of this deposit was credited only in part. Credit the rest of it too,"
                    " then bill the deposit anew."
                ),
                422,
            ) from exc

    def _free_deposit_for(self, loan):
        """Credit the student's unpaid bills of the deposit that a lender gives instead.

        :raises HostelError: ``PAYMENT_PENDING``, ``DEPOSIT_ALREADY_PAID``
        """
        self.ensure_one()
        row = self.sudo()
        if not row._get_deposit_head_lines() or money(loan.amount) <= row._get_deposit_due():
            return
        bills = row._get_own_bills(("deposit",))
        unpaid = bills.filtered(
            lambda bill: bill.payment_state == "not_paid" and not bill._hostel_get_payments()
        )
        if "pending" in unpaid.transaction_ids.mapped("state"):
            raise HostelError(
                "PAYMENT_PENDING",
                self.env._(
                    "The bank has not decided on the student's payment of the deposit. Wait for"
                    " it, then decide on the loan."
                ),
            )
        unpaid._hostel_void(self.env._("The lender gives the deposit"))
        if not row._get_deposit_due():
            raise HostelError(
                "DEPOSIT_ALREADY_PAID",
                self.env._(
                    "%(student)s has given the deposit already, or a part of it. Refuse the loan;"
                    " or first give that money back with “Reverse…” on its payment, then approve.",
                    student=row.student_id.display_name,
                ),
                details={"bills": (bills - unpaid).mapped("name")},
            )
