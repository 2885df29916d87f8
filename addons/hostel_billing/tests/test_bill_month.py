from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import Form, TransactionCase, freeze_time, tagged

from .bill_run_common import BillRunMixin


@tagged("post_install", "-at_install")
@freeze_time("2040-07-02 06:00:00")
class TestBillMonth(BillRunMixin, TransactionCase):
    """Finance bills one stay from its form."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other._transition("cancelled")

    def _open(self, stay=None, **values):
        """What the button of the stay's form opens."""
        stay = stay or self.stay
        Dialog = self.env["hostel.bill.month"].with_user(self.finance)
        return Dialog.with_context(default_allocation_id=stay.id).create(values)

    def test_a_month_is_looked_at_and_posted(self):
        Dialog = self.env["hostel.bill.month"].with_user(self.finance)
        form = Form(Dialog.with_context(default_allocation_id=self.stay.id))
        self.assertEqual((form.month, form.amount), (date(2040, 7, 1), 10000))
        form.month = date(2040, 9, 20)
        self.assertEqual((form.period_from, form.period_to), (date(2040, 9, 1), date(2040, 10, 1)))
        self.assertIn("Kaveri, double", form.why)
        self.assertFalse(form.problem)
        action = form.save().action_bill()
        bill = self.env["account.move"].browse(action["res_id"])
        self.assertEqual((bill.state, bill.amount_total), ("posted", 10000))
        self.assertEqual(
            (bill.hostel_allocation_id, bill.period_from), (self.stay, date(2040, 9, 1))
        )

    def test_taxes_are_in_the_amount(self):
        tax = self.env["account.tax"].create({"name": "GST 18 test", "amount": 18})
        self._head("MESS").product_id.taxes_id = tax
        dialog = self._open()
        self.assertEqual(dialog.amount, 10540)
        self.assertIn("before taxes", dialog.why)
        bill = self.env["account.move"].browse(dialog.action_bill()["res_id"])
        self.assertEqual(bill.amount_total, 10540)

    def test_it_proposes_the_first_month_without_a_bill(self):
        self.stay._create_period_bill()
        self.assertEqual(self._open().month, date(2040, 8, 1))

    def test_a_month_that_is_billed_shows_its_bill(self):
        bill = self.stay._create_period_bill()
        dialog = self._open(month=date(2040, 7, 31))
        self.assertIn(bill.name, dialog.problem)
        self.assertEqual(dialog.move_id, bill)
        self.assertEqual(dialog.action_open_bill()["res_id"], bill.id)
        self._assert_code("DUPLICATE_BILL", dialog.action_bill)
        self.assertEqual(self.stay.bill_ids, bill)

    def test_days_that_the_stay_has_not(self):
        dialog = self._open(month=date(2040, 5, 1))
        self.assertTrue(dialog.problem)
        self.assertFalse(dialog.period_from)
        self._assert_code("INVALID_BILLING_MONTH", dialog.action_bill)
        dialog.month = False
        self._assert_code("INVALID_BILLING_MONTH", dialog.action_bill)

    def test_who_pays_once_a_term_has_one_bill_for_any_month(self):
        self.structure.frequency = "one_time"
        dialog = self._open(month=date(2040, 10, 1))
        self.assertEqual(
            (dialog.period_from, dialog.period_to), (date(2040, 7, 1), self.term.date_to)
        )
        dialog.action_bill()
        self._assert_code("DUPLICATE_BILL", self._open(month=date(2040, 11, 1)).action_bill)

    def test_what_is_paid_elsewhere_or_not_approved_is_not_billed(self):
        waiting = self._create_allocation(
            "awaiting_approval", price=None, bed=self.bed_b, student=self.other_student
        )
        self._assert_code("NOTHING_TO_BILL", self._open(waiting).action_bill)
        self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id, "reference": "Dues 1"}
        )
        dialog = self._open()
        self.assertIn("own books", dialog.problem)
        self._assert_code("NOTHING_TO_BILL", dialog.action_bill)

    def test_a_stay_that_somebody_changes_now(self):
        dialog = self._open()
        Allocation = self.env.registry["hostel.allocation"]
        with patch.object(Allocation, "try_lock_for_update", lambda rows, **_kw: rows.browse()):
            self._assert_code("BUSY", dialog.action_bill)
        dialog.action_bill()
        self.assertEqual(len(self.stay.bill_ids), 1)

    def test_a_stay_that_is_not_there(self):
        block = self.env["hostel.allocation"]._block(
            self.bed_b, date(2040, 7, 3), date(2040, 7, 6), "Leak"
        )
        self._assert_code("ALLOCATION_NOT_FOUND", self._open(block).action_bill)
        unknown = self.env["hostel.allocation"].browse(self.stay.id + 10**6)
        self._assert_code("ALLOCATION_NOT_FOUND", self._open, unknown)

    def test_finance_alone_bills(self):
        for user in (self.warden, self.guard, self.student_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["hostel.bill.month"].with_user(user).create(
                    {"allocation_id": self.stay.id}
                )
        dialog = self._open()
        with self.assertRaises(AccessError):
            dialog.with_user(self.warden).action_bill()
        self.assertFalse(self.stay.bill_ids)

    def test_the_button_is_finances(self):
        name = str(self.env.ref("hostel_billing.hostel_bill_month_action").id)
        for user, there in ((self.finance, True), (self.warden, False)):
            arch = self.env["hostel.allocation"].with_user(user).get_view(view_type="form")["arch"]
            with self.subTest(user=user.login):
                self.assertEqual(f'name="{name}"' in arch, there)
