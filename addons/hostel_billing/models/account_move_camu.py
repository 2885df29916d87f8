from odoo import SUPERUSER_ID, api, models
from odoo.fields import Command
from odoo.tools import str2bool

from odoo.addons.hostel_base.errors import HostelError

from .. import const
from ..tools.camu_payload import MAX_TEXT

LEAST_PAYMENT = 500
TOO_MUCH = 10**12


class AccountMove(models.Model):
    """How an open hostel bill is paid at Camu."""

    _inherit = "account.move"

    def _get_camu_fee_head(self):
        """What a payment of these bills is called at Camu.

        The name of what is billed if it is one thing, and the general name otherwise.
        """
        bills = self.sudo().with_context(lang="en_US")
        rows = bills.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        names = set(rows.product_id.mapped("name"))
        if not names or "period" in bills.mapped("hostel_kind") or len(names) > 1:
            return const.FEE_HEAD
        return names.pop()[:MAX_TEXT]

    # ------------------------------------------------------------------
    # Paying at Camu
    # ------------------------------------------------------------------

    def _check_camu_payment(self, amount):
        """Whether an amount may be paid on this hostel bill online.

        :param float amount: as somebody typed it, so maybe infinite or no number
        :raises HostelError: ``BILL_ALREADY_PAID``, ``INVALID_PAYMENT_AMOUNT`` with ``details``
            ``least`` and ``most``
        """
        self.ensure_one()
        least, most = self._get_payable_range()
        compare = self.sudo().currency_id.compare_amounts
        # What can't be rounded compares with nothing.
        amount = amount if abs(amount) < TOO_MUCH else 0.0
        if self._is_next_instalment(amount) or (
            amount > 0 and compare(least, amount) <= 0 <= compare(most, amount)
        ):
            return
        raise HostelError(
            "INVALID_PAYMENT_AMOUNT",
            self.env._("Pay %(amount)s.", amount=self._format_money(most))
            if compare(least, most) == 0
            else self.env._(
                "Pay between %(least)s and %(most)s.",
                least=self._format_money(least),
                most=self._format_money(most),
            ),
            422,
            {"least": least, "most": most},
        )

    def _get_payable_range(self):
        """The least and the most that may be paid on this bill now, in its currency.

        :raises HostelError: ``BILL_ALREADY_PAID``
        """
        self.ensure_one()
        bill = self.sudo()
        most = bill.amount_residual
        if bill.state != "posted" or bill.currency_id.compare_amounts(most, 0) <= 0:
            raise HostelError("BILL_ALREADY_PAID", self.env._("This bill is paid already."))
        if not self._has_part_payments():
            return most, most
        parameters = self.env["ir.config_parameter"].sudo()
        least = float(parameters.get_param("hostel_billing.least_payment", LEAST_PAYMENT))
        return min(most, max(least, bill.currency_id.rounding)), most

    @api.model
    def _has_part_payments(self):
        """Whether the college takes a part of a bill."""
        parameters = self.env["ir.config_parameter"].sudo()
        return str2bool(parameters.get_param("hostel_billing.partial_payments", "False"), False)

    def _is_next_instalment(self, amount):
        bill = self.sudo()
        due = bill._get_invoice_next_payment_values()
        return due.get("installment_state") in ("next", "overdue") and not (
            bill.currency_id.compare_amounts(amount, due["next_amount_to_pay"])
        )

    def _get_camu_order(self, amount, payer, landing_route=None):
        """The order with which bills are paid at Camu; one that nobody has paid is used again.

        :param float amount: checked, see :meth:`_check_camu_payment`
        :param payer: ``res.partner`` of the student or the guardian
        :param str landing_route: where the payer comes back to, by default the page of the bill
        :return: ``payment.transaction``
        :raises HostelError: ``NOT_TOGETHER``, ``PAYMENT_UNAVAILABLE``, ``PAYMENT_PENDING``
        """
        bills = self.sudo()
        company, currency = bills.company_id, bills.currency_id
        if len(company) != 1 or len(currency) != 1 or len(bills.hostel_student_id) > 1:
            raise HostelError(
                "NOT_TOGETHER", self.env._("These bills can't be paid together."), 422
            )
        provider = self.env["payment.provider"]._get_payable_camu(company)
        orders = bills.transaction_ids.filtered(lambda tx: tx.provider_id == provider)
        if "pending" in orders.mapped("state"):
            raise HostelError("PAYMENT_PENDING", bills._get_pending_words())
        again = orders.filtered(
            lambda tx: (
                tx.state in ("draft", "cancel", "error")
                and tx.invoice_ids == bills
                and not currency.compare_amounts(tx.amount, amount)
            )
        )[-1:]
        if again:
            again._note_try()
            if landing_route:
                again.landing_route = landing_route
            return again
        first = min(bills, key=lambda bill: (bill.invoice_date_due, bill.id))
        Transaction = self.env["payment.transaction"].with_user(SUPERUSER_ID)
        return Transaction.create(
            {
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id,
                "reference": Transaction._compute_reference("camu", prefix=first.name),
                "amount": amount,
                "currency_id": currency.id,
                "partner_id": payer.id,
                "operation": "online_redirect",
                "invoice_ids": [Command.set(bills.ids)],
                "landing_route": landing_route or first.get_portal_url(),
            }
        )

    def _get_pending_words(self):
        if len(self) == 1:
            return self.env._(
                "The bank has not decided on your last payment of this bill. Wait for it, so"
                " that you do not pay twice."
            )
        return self.env._(
            "The bank has not decided on your last payment of these bills. Wait for it, so"
            " that you do not pay twice."
        )

    def _format_money(self, amount):
        return self.currency_id.format(amount)
