from odoo import SUPERUSER_ID, models

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
        kept = self.currency_id.round(self.paid_amount - self.refund_amount)
        if kept <= 0:
            return bills.browse()
        charge = self._charge(
            row.student_id,
            "CANCELLATION",
            kept,
            day=row.company_id._get_college_day(self.cancelled_at),
            allocation=row,
        )
        bill = charge._bill() or charge.move_id
        row._settle_bill(bill)
        return bill
