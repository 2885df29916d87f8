from datetime import datetime
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_billing.tests.common import BillingCase
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.tests.common import trap_jobs


@tagged("post_install", "-at_install")
class TestCheckout(BillingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.row = cls._create_allocation()

    def _get_orders(self):
        return self.env["payment.transaction"].search([("reference", "=", self.row.payment_ref)])

    def test_order_exists_before_the_student_leaves(self):
        result = self.row._checkout()
        self.assertEqual(result, {"redirect": f"/hostel/pay/{self.row.payment_ref}"})
        order = self._get_orders()
        self.assertEqual((order.amount, order.currency_id.name), (42000, "INR"))
        self.assertEqual(order.partner_id, self.student.partner_id)
        self.assertEqual(order.hostel_allocation_id, self.row)
        self.assertEqual(self.row.state, "paying")

    def test_pressing_pay_twice_makes_one_order(self):
        self.assertEqual(self.row._checkout(), self.row._checkout())
        self.assertEqual(len(self._get_orders()), 1)

    def test_price_is_the_frozen_one(self):
        self.room_type.base_fee = 99000
        self.row._checkout()
        self.assertEqual(self._get_orders().amount, 42000)

    def test_cleared_student_pays_nothing(self):
        self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id}
        )
        self.assertEqual(self.row._checkout(), {"redirect": None})
        self.assertEqual(self.row.state, "awaiting_approval")
        self.assertFalse(self._get_orders())
        self.assertIsNone(self.row._get_pay_url())

    def test_free_bed_is_confirmed_at_once(self):
        row = self._create_allocation(bed=self.bed_b, student=self.other_student, price=0)
        self.assertEqual(row._checkout(), {"redirect": None})
        self.assertEqual(row.state, "awaiting_approval")

    def test_offer_becomes_paying(self):
        row = self._create_allocation("offered", bed=self.bed_b, student=self.other_student)
        row._checkout()
        self.assertEqual(row.state, "paying")
        self.assertTrue(row._can_be_paid())

    def test_without_camu_nobody_is_sent_away(self):
        for vals in ({"is_published": False}, {"state": "disabled"}):
            self.provider.write(vals)
            with self.assertRaises(HostelError) as caught:
                self.row._checkout()
            self.assertEqual(caught.exception.code, "PAYMENT_UNAVAILABLE")
            self.assertEqual(caught.exception.http_status, 503)

    def test_main_button_names_the_sum(self):
        desk = self.env["hostel.booking.desk"]
        action = desk._get_checkout_action(self.student, None, self.row)
        self.assertEqual(action["action"], "pay")
        self.assertIn("42,000", action["action_label"])
        self.assertIn("Camu", action["action_label"])
        self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id}
        )
        action = desk._get_checkout_action(self.student, None, self.row)
        self.assertEqual(action["action"], "confirm")

    def test_payment_moves_the_booking_on(self):
        self.row._checkout()
        order = self._get_orders()
        self._deliver(order, paidOn="2026-06-30T23:40:00+05:30")
        self.assertEqual(self.row.state, "awaiting_approval")
        self.assertEqual(self.row.paid_at, datetime(2026, 6, 30, 18, 10))
        self.assertTrue(order.payment_id)
        self.assertFalse(self.row.hold_until)

    def test_messages_that_repeat_move_it_once(self):
        self.row._checkout()
        order = self._get_orders()
        self._deliver(order)
        fence = self.row.fence
        self._deliver(order)
        self._deliver(order, "PENDING")
        order._post_process()
        self.assertEqual(self.row.fence, fence)
        self.assertEqual(len(self._get_ledger(order)["payments"]), 1)

    def test_post_processing_later_does_not_revive_a_refund(self):
        self.row._checkout()
        order = self._get_orders()
        self._deliver(order)
        self.row._transition("cancelled")
        order._post_process()
        self.assertEqual(self.row.state, "cancelled")

    def test_failed_payment_keeps_the_bed_for_another_try(self):
        self.row._checkout()
        order = self._get_orders()
        for status in ("FAILED", "CANCELLED"):
            self._deliver(order, status)
            self.assertEqual(self.row.state, "paying")
            self.assertTrue(self.row._can_be_paid())
        self.assertEqual(self.row._get_order(), order)
        self._deliver(order)
        self.assertEqual(self.row.state, "awaiting_approval")

    def test_wrong_amount_does_not_move_it(self):
        self.row._checkout()
        entry = self._deliver(self._get_orders(), amount="4200.00")
        self.assertEqual(entry.reason_code, "WRONG_AMOUNT")
        self.assertEqual(self.row.state, "paying")

    def test_busy_bed_is_tried_again_and_nothing_is_half_booked(self):
        self.row._checkout()
        order = self._get_orders()
        entry = self._receive(self._message(order))
        busy = HostelError("BED_BUSY", "busy")
        with (
            patch.object(type(self.row), "_lock_bed", side_effect=busy),
            self.assertRaises(RetryableJobError),
            self.env.cr.savepoint(),
        ):
            entry._process()
        self.assertEqual((entry.state, order.state), ("received", "draft"))
        self.assertFalse(
            self.env["account.payment"].search_count([("payment_transaction_id", "=", order.id)])
        )
        entry._process()
        self.assertEqual(self.row.state, "awaiting_approval")

    def test_approval_posts_the_bill_and_settles_it(self):
        self.row._checkout()
        self._deliver(self._get_orders())
        with trap_jobs() as trap:
            self.row.with_user(self.warden).action_approve()
            [approval] = trap.enqueued_jobs
            approval.perform()
            [bill_job] = trap.enqueued_jobs[1:]
        self.assertEqual(self.row.state, "allocated")
        bill_job.perform()
        bill = self.row.bill_ids
        self.assertEqual((len(bill), bill.state, bill.payment_state), (1, "posted", "paid"))
