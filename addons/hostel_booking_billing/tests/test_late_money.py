from odoo.tests import tagged

from odoo.addons.hostel_billing.tests.common import BillingCase


@tagged("post_install", "-at_install")
class TestLateMoney(BillingCase):
    """Money that comes after its bed was given up is placed, or waits for a refund."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.row = cls._create_allocation()
        cls.row._checkout()
        cls.order = cls.row._get_order()
        cls.row._transition("expired", hold_until=False)

    def _get_replacement(self):
        return self.env["hostel.allocation"].search([("origin_id", "=", self.row.id)])

    def test_same_bed_if_it_is_free(self):
        self._deliver(self.order)
        new = self._get_replacement()
        self.assertEqual(self.row.state, "reassigned")
        self.assertEqual((new.bed_id, new.state), (self.bed, "awaiting_approval"))

    def test_equal_bed_if_someone_has_it(self):
        self._create_allocation(student=self.other_student)
        self._deliver(self.order)
        new = self._get_replacement()
        self.assertEqual((new.bed_id, new.price), (self.bed_b, 42000))
        new._transition("allocated")
        self.assertEqual(new._create_period_bill().payment_state, "paid")

    def test_refund_if_there_is_none(self):
        third = self._create_student(
            "TS003", self.env["res.partner"].create({"name": "Third student"})
        )
        self._create_allocation(student=self.other_student)
        self._create_allocation(student=third, bed=self.bed_b)
        self._deliver(self.order)
        self.assertEqual(self.row.state, "refund_due")
        self.assertEqual(self.row._get_paid_transactions(), self.order)
        self.assertEqual(self.order.payment_id.amount, 42000)

    def test_refund_if_the_student_has_another_bed(self):
        self._create_allocation(bed=self.bed_b)
        self._deliver(self.order)
        self.assertEqual(self.row.state, "refund_due")

    def test_copies_place_it_once(self):
        for _again in range(3):
            self._deliver(self.order)
        self._deliver(self.order, "FAILED")
        self.assertEqual(len(self._get_replacement()), 1)
        self.assertEqual(len(self._get_ledger(self.order)["payments"]), 1)
