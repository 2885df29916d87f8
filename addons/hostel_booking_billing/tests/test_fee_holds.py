from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.hostel_billing.tests.common import BillingCase


@tagged("post_install", "-at_install")
class TestFeeHolds(BillingCase):
    """A bed that waits for its payment stands on the page of fees while its hold lives."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.row = cls._create_allocation()
        cls.row._checkout()
        cls.order = cls.row._get_order()

    def _get_holds(self, student=None):
        return (student or self.student)._get_fee_holds()

    def test_the_bed_its_amount_and_the_way_to_pay_are_told(self):
        [hold] = self._get_holds()
        self.assertEqual(hold["url"], f"/hostel/pay/{self.row.payment_ref}")
        self.assertEqual((hold["amount"], hold["until"]), (42000, self.row.hold_until))
        self.assertFalse(hold["failed"])
        self.assertIn("214", hold["bed"])
        self.assertEqual(self._get_holds(self.other_student), [])

    def test_the_booking_says_that_a_payment_failed_until_it_is_tried_again(self):
        desk = self.env["hostel.booking.desk"]
        self.assertFalse(desk._describe_booking(self.row)["payment_failed"])
        order = self.row._get_order()
        self.assertFalse(desk._describe_booking(self.row)["payment_failed"])
        order._apply_updates({"status": "failed"})
        self.assertTrue(desk._describe_booking(self.row)["payment_failed"])
        order.camu_tried_at = self.env.cr.now()
        self.assertFalse(desk._describe_booking(self.row)["payment_failed"])
        self.row._transition("expired")
        order._apply_updates({"status": "failed"})
        self.assertFalse(desk._describe_booking(self.row)["payment_failed"])

    def test_after_a_failed_payment_the_same_order_is_tried_again(self):
        self._deliver(self.order, "FAILED")
        [hold] = self._get_holds()
        self.assertTrue(hold["failed"])
        self.assertTrue(hold["url"])
        self.assertEqual(self.row._get_order(), self.order)

    def test_while_the_bank_decides_there_is_no_second_try(self):
        self._deliver(self.order, "PENDING")
        [hold] = self._get_holds()
        self.assertIsNone(hold["url"])

    def test_a_hold_that_ran_out_is_gone(self):
        self.row.hold_until = self.env.cr.now() - timedelta(seconds=1)
        self.assertEqual(self._get_holds(), [])
