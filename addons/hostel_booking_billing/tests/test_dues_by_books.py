from datetime import timedelta

from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_billing.tests.fee_common import FeeMixin
from odoo.addons.queue_job.tests.common import trap_jobs


@tagged("post_install", "-at_install")
class TestDuesByBooks(FeeMixin, TransactionCase):
    """Asha got her bed at the counter: no payment of a booking, only bills."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.structure = cls._create_structure({"RENT": 42000}, frequency="one_time")
        with trap_jobs():
            cls.stay = cls._create_stay()
        cls.today = cls.stay.company_id._get_college_day()

    def _set_due(self, bill, *days):
        """Due days of the bill's instalments, counted from today."""
        lines = bill.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        for line, day in zip(lines.sorted("date_maturity"), days, strict=True):
            line.date_maturity = self.today + timedelta(day)

    def assertSettled(self, settled):
        self.assertIs(self.stay._are_dues_settled(), settled)
        step = next(step for step in self.stay._get_move_in_steps() if step["code"] == "dues")
        self.assertIs(step["is_ok"], settled)
        request = self.env["hostel.move.request"]
        if settled:
            request._check_dues(self.stay)
            return
        with self.assertRaises(HostelError) as caught:
            request._check_dues(self.stay)
        self.assertEqual(caught.exception.code, "OUTSTANDING_FEES")

    def test_cash_at_the_counter_settles_the_bill(self):
        self.assertSettled(False)
        bill = self.stay._create_period_bill()
        self.assertSettled(False)
        self._pay_bill(bill)
        self.assertFalse(self.stay.paid_at)
        self.assertSettled(True)

    def test_a_part_that_nobody_agreed_to_settles_nothing(self):
        bill = self.stay._create_period_bill()
        self._pay_bill(bill, 1000)
        self.assertSettled(False)

    def test_instalments_settle_until_the_next_is_due(self):
        half = [
            Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
            for days in (0, 60)
        ]
        self.structure.payment_term_id = self.env["account.payment.term"].create(
            {"name": "Two halves", "line_ids": half}
        )
        bill = self.stay._create_period_bill()
        self._set_due(bill, 0, 60)
        self.assertSettled(False)
        self._pay_bill(bill, 21000)
        self.assertSettled(True)
        self._set_due(bill, -60, -1)
        self.assertSettled(False)

    def test_who_owes_nothing_by_a_concession_has_nothing_to_settle(self):
        self._concede(100)
        self.assertSettled(True)
        bill = self.stay._create_period_bill()
        self.assertEqual(bill.amount_total, 0)
        self.assertSettled(True)

    def test_a_booking_that_was_paid_does_not_settle_a_late_bill(self):
        self.stay.paid_at = self.env.cr.now()
        self.assertSettled(True)
        bill = self.stay._create_period_bill()
        self._set_due(bill, 3)
        self.assertSettled(True)
        self._set_due(bill, -1)
        self.assertSettled(False)

    def test_a_clearance_settles_what_the_books_call_late(self):
        bill = self.stay._create_period_bill()
        self._set_due(bill, -1)
        self.env["hostel.clearance"].create(
            {
                "student_id": self.student.id,
                "term_id": self.term.id,
                "reason": "Paid at the college",
            }
        )
        self.assertSettled(True)

    def test_a_bill_that_was_taken_back_is_not_late(self):
        self.stay.paid_at = self.env.cr.now()
        bill = self.stay._create_period_bill()
        self._set_due(bill, -1)
        bill._reverse_moves(cancel=True)
        self.assertSettled(True)
