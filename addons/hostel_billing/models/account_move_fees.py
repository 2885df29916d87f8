from odoo import models

from odoo.addons.hostel_base.errors import HostelError


class AccountMove(models.Model):
    """Hostel bills on the page where students and guardians pay them."""

    _inherit = "account.move"

    def _get_next_part(self):
        """What is to be paid of this bill next: the late instalments or the next one, in a bill
        without instalments all that is open."""
        self.ensure_one()
        bill = self.sudo()
        values = bill._get_invoice_next_payment_values()
        if values.get("installment_state") in ("next", "overdue"):
            return bill.currency_id.round(values["next_amount_to_pay"])
        return bill.amount_residual

    def _get_fees_order(self, payer, landing_route):
        """One order at Camu for these bills of one student, of each what is to be paid next.

        The books set the money against what is due first.

        :param payer: ``res.partner`` who is signed in
        :param str landing_route: where the payer comes back to
        :return: ``payment.transaction``
        :raises HostelError: ``NO_BILL``, ``BILL_ALREADY_PAID``, and those of
            :meth:`_get_camu_order`
        """
        bills = self.sudo()
        if not bills:
            raise HostelError("NO_BILL", self.env._("Choose what you want to pay."), 422)
        for bill in bills:
            # Refuses what is paid.
            bill._get_payable_range()
        amount = bills.currency_id[:1].round(sum(bill._get_next_part() for bill in bills))
        if len(bills) == 1:
            bills._check_camu_payment(amount)
        return bills._get_camu_order(amount, payer, landing_route)

    def _get_hostel_open_credit(self):
        """What of these entries stands to the student's credit and is set against nothing."""
        lines = self.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        return -sum(lines.mapped("amount_residual"))
