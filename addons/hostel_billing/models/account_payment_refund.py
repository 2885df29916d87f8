from odoo import fields, models
from odoo.fields import Command

HEAD = "REFUND_BACK"


class AccountPayment(models.Model):
    """What was paid out for a refund is final; what the bank sent back is paid out anew."""

    _inherit = "account.payment"

    hostel_refund_id = fields.Many2one(
        "hostel.refund", string="Refund", readonly=True, copy=False, index="btree_not_null"
    )

    def _is_hostel_money(self):
        # Also where nobody knows whose money it was.
        return super()._is_hostel_money() or bool(self.hostel_refund_id)

    def _hostel_reverse(self, reason, bounced=False):
        """Override: what was refunded of money that did not come is asked back.

        A payout that the bank sent back is to be paid out anew, unless it was asked back.
        """
        payment = self.sudo()
        payouts = payment._hostel_get_payouts()
        asked_back = payment._hostel_find_back_entries()
        reversal = super()._hostel_reverse(reason, bounced)
        self.env["hostel.refund"]._refuse_of(
            payment.move_id,
            self.env._(
                "Payment %(payment)s, which it comes from, was reversed: %(reason)s",
                payment=payment.name,
                reason=reason,
            ),
        )
        for payout, amount in payouts.items():
            payout._hostel_ask_back(payment, amount)
        payment.hostel_refund_id._reopen(reason)
        if asked_back:
            payment._hostel_forget_back(asked_back, reason)
        return reversal

    def _hostel_get_payouts(self):
        """What was paid out of this payment: ``{outgoing payment: amount}``"""
        found = {}
        for part in self.move_id.line_ids.matched_debit_ids:
            payout = part.debit_move_id.payment_id
            if payout.hostel_refund_id:
                found[payout] = found.get(payout, 0.0) + part.amount
        return found

    # ------------------------------------------------------------------
    # What was paid out of money that did not come
    # ------------------------------------------------------------------

    def _hostel_ask_back(self, source, amount):
        """Bill the student for what this payout gave of a payment that came to nothing.

        The bill takes the place of the payout's own entry, which stands on no page and report.

        :param source: the reversed ``account.payment``
        :return: the posted bill, or none where nobody knows whose money it was
        """
        refund = self.hostel_refund_id
        if not refund.student_id:
            refund._tell_finance(self.env._("Ask the payout back: its payment was reversed"))
            return self.env["account.move"]
        charge = self.move_id._charge(
            refund.student_id,
            HEAD,
            amount,
            day=self.company_id._get_college_day(),
            note=self.env._(
                "%(refund)s was paid out of %(payment)s, which was taken back",
                refund=refund.name,
                payment=source.hostel_reference or source.name,
            ),
            allocation=refund.allocation_id or None,
            key=f"{HEAD}:{source.id}",
        )
        bill = charge._bill()
        self._hostel_close_by(bill, amount)
        return bill

    def _hostel_close_by(self, bill, amount):
        """Set the payout's debit against an entry that moves it to what the bill is booked on."""
        debit = self.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )
        name = self.env._("Asked back with %(bill)s", bill=bill.name)
        line_vals = [
            {"account_id": bill.invoice_line_ids.account_id[:1].id, "debit": amount},
            {"account_id": debit.account_id.id, "credit": amount},
        ]
        Move = self.env["account.move"].with_company(self.company_id)
        entry = Move.create(
            {
                "move_type": "entry",
                "company_id": self.company_id.id,
                "date": self.company_id._get_college_day(),
                "ref": name,
                "line_ids": [
                    Command.create(vals | {"name": name, "partner_id": self.partner_id.id})
                    for vals in line_vals
                ],
            }
        )
        entry.action_post()
        (debit | entry.line_ids.filtered("credit")).reconcile()

    def _hostel_find_back_entries(self):
        """Entries with which this payout was asked back."""
        if not self.hostel_refund_id:
            return self.env["account.move"]
        others = self.move_id.line_ids.matched_credit_ids.credit_move_id.move_id
        return others.filtered(
            lambda move: move.move_type == "entry" and not move.origin_payment_id
        )

    def _hostel_forget_back(self, entries, reason):
        """The bank sent the payout back: nothing is to be given back, and nothing to be paid."""
        entries._reverse_moves([{"ref": reason} for _entry in entries], cancel=True)
        self.move_id._uncharge(reason)
        self.hostel_refund_id._refuse(
            self.env._("The payment that it came from was reversed: %(why)s", why=reason)
        )
