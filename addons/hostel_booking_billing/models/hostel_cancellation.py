from odoo import SUPERUSER_ID, models
from odoo.fields import Command

from odoo.addons.queue_job.exception import RetryableJobError


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
        # Who moved before moving in was billed for the bed of then.
        bills = row._get_origin_chain().bill_ids.filtered(
            lambda bill: (
                bill.hostel_kind in ("period", "deposit")
                and bill.move_type == "out_invoice"
                and bill.state == "posted"
                and bill.payment_state != "reversed"
            )
        )
        if bills:
            reason = self.env._("Booking %(name)s was cancelled", name=row.name)
            bills._reverse_moves([{"ref": reason} for _bill in bills], cancel=True)
        moves = row._get_origin_chain().move_request_id
        credit = moves._undo_differences(row._get_paid_transactions().payment_id.move_id)
        bill = self._bill_kept(credit)
        self._ask_rest(credit)
        return bill

    def _bill_kept(self, credit):
        """Bill what is kept, and set it against what was paid.

        :param credit: credit notes that no refund is due from yet; they are used first
        """
        row = self.allocation_id
        kept = self.currency_id.round(self.paid_amount - self.refund_amount)
        if kept <= 0:
            return credit.browse()
        charge = self._charge(
            row.student_id,
            "CANCELLATION",
            kept,
            day=row.company_id._get_college_day(self.cancelled_at),
            allocation=row,
        )
        bill = charge._bill() or charge.move_id
        bill._hostel_reconcile_with(credit)
        row._settle_bill(bill)
        return bill

    def _ask_rest(self, credit):
        """Ask for what the payments of the booking itself do not give back: it was paid for a
        move."""
        row = self.allocation_id
        kind = row._get_refund_kind()
        asked = row.refund_ids.filtered(
            lambda refund: refund.kind == kind and refund.state != "refused"
        )
        rest = self.refund_amount - sum(asked.mapped("amount"))
        amount = self.currency_id.round(min(rest, credit._get_hostel_open_credit()))
        if self.currency_id.compare_amounts(amount, 0) <= 0:
            return
        self.env["hostel.refund"]._open(
            amount,
            kind,
            row._get_refund_reason(),
            student_id=row.student_id.id,
            partner_id=row.student_id.partner_id.id,
            allocation_id=row.id,
            company_id=row.company_id.id,
            source_move_ids=[Command.set(credit.ids)],
        )
