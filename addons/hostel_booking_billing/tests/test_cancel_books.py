from odoo.tests import TransactionCase, tagged

from odoo.addons.hostel_billing.tests.fee_common import FeeMixin
from odoo.addons.queue_job.tests.common import trap_jobs


@tagged("post_install", "-at_install")
class TestCancelBooks(FeeMixin, TransactionCase):
    """What a cancellation means for bills and payments."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_structure({"RENT": 42000, "DEPOSIT": 8000}, frequency="one_time")
        cls.row = cls._create_allocation(price=None)
        cls.order = cls.row._get_order()

    def _pay_and_approve(self):
        self._deliver(self.order)
        with trap_jobs():
            self.row._transition("allocated")
        return self.row._create_period_bill()

    def _cancel(self, percent):
        with trap_jobs() as trap:
            cancellation = self.row._cancel_booking("office", "office", "x", percent)
        [job] = [one for one in trap.enqueued_jobs if one.method_name == "_settle_books"]
        job.perform()
        return cancellation

    def _get_open_credit(self):
        lines = self.order.payment_id.move_id.line_ids
        return -sum(
            lines.filtered(lambda line: line.account_type == "asset_receivable").mapped(
                "amount_residual"
            )
        )

    def test_the_order_asks_for_fees_and_deposit(self):
        self.assertEqual(self.order.amount, 50000)
        self.assertTrue(self.row._needs_payment())

    def test_the_deposit_goes_back_whole(self):
        bill = self._pay_and_approve()
        deposit = self.row.bill_ids - bill
        self.assertEqual((bill.payment_state, deposit.payment_state), ("paid", "paid"))
        cancellation = self._cancel(75)
        self.assertEqual(cancellation.refund_amount, 8000 + 31500)
        self.assertEqual({one.hostel_status for one in bill | deposit}, {"reversed"})
        kept = self.row.bill_ids.filtered(lambda one: one.hostel_kind == "charge")
        self.assertEqual((kept.amount_total, kept.payment_state), (10500, "paid"))
        self.assertEqual(kept.invoice_line_ids.hostel_head_id.code, "CANCELLATION")
        self.assertEqual(self._get_open_credit(), 39500, "the refund that is due")
        self.assertEqual(self.row.state, "refund_due")
        self.assertEqual(cancellation._settle_books(), kept, "repeating changes nothing")
        self.assertEqual(self._get_open_credit(), 39500)
        refund = self.row.refund_ids
        self.assertEqual((refund.amount, refund.kind, refund.state), (39500, "cancellation", "due"))
        refund.action_approve()
        refund._pay(reference="UTR 4")
        self.assertEqual(self._get_open_credit(), 0)
        self.assertEqual(self.row.state, "refunded")
        # What is kept was captured and stays: the payment went back in part.
        self.assertEqual(self.order.hostel_refund_state, "part")
        self.assertEqual(self.order._hostel_get_kept(), 10500)

    def test_the_bills_of_the_bed_of_before_the_move_are_credited(self):
        bill = self._pay_and_approve()
        first = self.row
        deposit = first.bill_ids - bill
        self.row = first._transfer(self.bed_b, first.date_from).sudo()
        self.assertEqual((first.state, self.row.bill_ids.ids), ("transferred", []))
        cancellation = self._cancel(75)
        self.assertEqual(cancellation.refund_amount, 8000 + 31500)
        self.assertEqual({one.hostel_status for one in bill | deposit}, {"reversed"})
        self.assertEqual(self._get_open_credit(), 39500, "the refund that is due")

    def test_before_the_bill_the_payment_is_credit(self):
        self._deliver(self.order)
        cancellation = self._cancel(0)
        self.assertEqual((cancellation.paid_amount, cancellation.refund_amount), (50000, 8000))
        self.assertEqual(self._get_open_credit(), 8000)

    def test_all_goes_back_and_nothing_is_billed(self):
        self._pay_and_approve()
        self._cancel(100)
        self.assertEqual(self._get_open_credit(), 50000)
        kinds = self.row.bill_ids.filtered(lambda one: one.hostel_status != "reversed")
        self.assertFalse(kinds.filtered(lambda one: one.move_type == "out_invoice"))

    def test_a_bill_job_after_the_cancellation_posts_nothing(self):
        self._deliver(self.order)
        with trap_jobs():
            self.row._transition("allocated")
        cancellation = self._cancel(75)
        self.assertFalse(self.row._create_period_bill())
        self.assertFalse(self.row._create_deposit_bills())
        self.assertEqual(self._get_open_credit(), cancellation.refund_amount)
