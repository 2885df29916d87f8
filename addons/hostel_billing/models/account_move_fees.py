from odoo import SUPERUSER_ID, models
from odoo.fields import Command

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
        :raises HostelError: ``NO_BILL``, ``BILL_ALREADY_PAID``, ``PAYMENT_UNAVAILABLE``,
            ``PAYMENT_PENDING``
        """
        bills = self.sudo()
        if not bills:
            raise HostelError("NO_BILL", self.env._("Choose what you want to pay."), 422)
        for bill in bills:
            # Refuses what is paid.
            bill._get_payable_range()
        if len(bills) == 1:
            amount = bills._get_next_part()
            bills._check_camu_payment(amount)
            order = bills._get_camu_order(amount, payer)
        else:
            order = bills._get_common_camu_order(payer)
        order.sudo().landing_route = landing_route
        return order

    def _get_common_camu_order(self, payer):
        """An order for several bills; one that nobody has paid is used again."""
        student, company, currency = self.hostel_student_id, self.company_id, self.currency_id
        if len(student) != 1 or len(company) != 1 or len(currency) != 1:
            raise HostelError(
                "NOT_TOGETHER", self.env._("These bills can't be paid together."), 422
            )
        provider = self.env["payment.provider"]._get_payable_camu(company)
        orders = self.transaction_ids.filtered(lambda tx: tx.provider_id == provider)
        if "pending" in orders.mapped("state"):
            raise HostelError(
                "PAYMENT_PENDING",
                self.env._(
                    "The bank has not decided on your last payment of these bills. Wait for it, so"
                    " that you do not pay twice."
                ),
            )
        amount = currency.round(sum(bill._get_next_part() for bill in self))
        again = orders.filtered(
            lambda tx: (
                tx.state in ("draft", "cancel", "error")
                and tx.invoice_ids == self
                and tx.partner_id == payer
                and not currency.compare_amounts(tx.amount, amount)
            )
        )
        if again:
            return again[-1]
        Transaction = self.env["payment.transaction"].with_user(SUPERUSER_ID)
        first = min(self, key=lambda bill: (bill.invoice_date_due, bill.id))
        return Transaction.create(
            {
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id,
                "reference": Transaction._compute_reference("camu", prefix=first.name),
                "amount": amount,
                "currency_id": currency.id,
                "partner_id": payer.id,
                "operation": "online_redirect",
                "invoice_ids": [Command.set(self.ids)],
            }
        )
