from odoo import SUPERUSER_ID, models
from odoo.fields import Command

from odoo.addons.queue_job.exception import RetryableJobError

from .hostel_allocation import BOOKING_KINDS


class HostelCancellation(models.Model):
    """A cancelled booking in the books: its bills are credited, what is kept is billed."""

    _name = "hostel.cancellation"
    _inherit = ["hostel.cancellation", "hostel.charge.mixin"]

    def _get_charge_source(self):
        return self.env._(
            "Cancelled booking %(name)s: %(percent)s %% of the fees go back",
            name=self.allocation_id.name,
            percent=f"{self.percent:g}",
        )

    def _delay_settle_books(self):
        """In a job: a mistake in the books must not keep a bed from being free."""
        self.ensure_one()
        self.with_user(SUPERUSER_ID).with_delay(
            description=self.env._("Books of a cancelled booking"),
            identity_key=f"hostel_booking_billing.cancelled:{self.id}",
        )._settle_books()

    def _settle_books(self):
        """Job: credit the booking's bills and bill what is kept. Repeating is harmless.

        What is left of the payment is then an open credit of the student: the refund that is due.

        :return: the bill of what is kept, or an empty ``account.move``
        """
        self.ensure_one()
        row = self.allocation_id
        # The lock of the bill's job: it is done, and seen here, or comes after and posts nothing.
        if not row.try_lock_for_update(allow_referencing=True):
            raise RetryableJobError("the booking is being billed", seconds=2, ignore_retry=True)
        otherwise = row._get_paid_otherwise()
        # Who moved before moving in was billed for the bed of then.
        bills = row._get_standing_bills(BOOKING_KINDS)
        lent = [
            (bill.partner_id, bill._hostel_get_payments()) for bill in bills - row._get_own_bills()
        ]
        moves = row._get_origin_chain().move_request_id
        reason = self.env._("Booking %(name)s was cancelled", name=row.name)
        spent = bills._hostel_void(reason, keep=moves.credit_note_id)
        # Of the booking's own payment a refund may be asked already.
        payments = [*otherwise, *row._get_paid_transactions().payment_id.move_id]
        for note in spent:
            self._take_back(note, payments)
        credit = moves._undo_differences(payments)
        bill = self._bill_kept([credit, *otherwise])
        self._ask_rest(credit, otherwise)
        for lender, paid in lent:
            for payment, amount in paid.items():
                self._ask_from(payment, amount, "deposit", lender)
        return bill

    def _take_back(self, note, payments):
        """Bill what a credit note gave of a bill that is credited as a whole now.

        :param note: a credit note of which money was paid out
        :param payments: entries that the bill is set against
        """
        charge = self._charge(
            self.allocation_id.student_id,
            "RENT",
            note.amount_total,
            day=self.allocation_id.company_id._get_college_day(self.cancelled_at),
            allocation=self.allocation_id,
            key=f"TAKEN_BACK:{note.id}",
        )
        bill = charge._bill() or charge.move_id
        for entry in (note, *payments):
            bill._hostel_reconcile_with(entry)

    def _bill_kept(self, sources):
        """Bill what is kept, and set it against what was paid.

        :param sources: entries that no refund is due from yet; they are used first, one by one
        """
        row = self.allocation_id
        kept = self.currency_id.round(self.paid_amount - self.refund_amount)
        if kept <= 0:
            return self.env["account.move"]
        charge = self._charge(
            row.student_id,
            "CANCELLATION",
            kept,
            day=row.company_id._get_college_day(self.cancelled_at),
            allocation=row,
        )
        bill = charge._bill() or charge.move_id
        for source in sources:
            bill._hostel_reconcile_with(source)
        row._settle_bill(bill)
        return bill

    def _ask_rest(self, credit, otherwise):
        """Ask for what the payments of the booking itself do not give back: it was paid for a
        move, at the counter or on the page of fees.

        :param credit: credit notes of moves
        :param dict otherwise: as :meth:`hostel.allocation._get_paid_otherwise`
        """
        row = self.allocation_id
        kind = row._get_refund_kind()
        asked = row.refund_ids.filtered(
            lambda refund: refund.kind == kind and refund.state != "refused"
        )
        rest = self.refund_amount - sum(asked.mapped("amount"))
        limits = {credit: credit._get_hostel_open_credit(), **otherwise}
        for source, limit in limits.items():
            open_credit = source._get_hostel_open_credit()
            amount = self.currency_id.round(min(rest, limit, open_credit))
            if self.currency_id.compare_amounts(amount, 0) > 0:
                self._ask_from(source, amount, kind)
                rest -= amount

    def _ask_from(self, source, amount, kind, partner=None):
        """Ask that a part of these entries goes back to the student, or to who lent it."""
        row, order = self.allocation_id, source.origin_payment_id.payment_transaction_id
        if order.hostel_refund_state == "due":
            # One payment for two bookings: its open refund is about the other one.
            order = order.browse()
        self.env["hostel.refund"]._open(
            amount,
            kind,
            row._get_refund_reason(),
            # A payment through Camu says itself how much of it went back.
            transaction_id=order.id,
            student_id=row.student_id.id,
            partner_id=(partner or row.student_id.partner_id).id,
            allocation_id=row.id,
            company_id=row.company_id.id,
            source_move_ids=[Command.set([] if order else source.ids)],
        )
