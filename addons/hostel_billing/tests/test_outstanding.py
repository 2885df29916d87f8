"""No new bed while a bill of an earlier term is open."""

from datetime import date
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.reservation import Wanted

from .common import BillingCase


@tagged("post_install", "-at_install")
class TestOutstanding(BillingCase):
    def setUp(self):
        super().setUp()
        self.next_term = self.env["hostel.term"].create(
            {
                "name": "Even semester",
                "code": "T40-EVEN",
                "year_id": self.term.year_id.id,
                "date_from": date(2041, 1, 1),
                "date_to": date(2041, 6, 1),
            }
        )
        stay = self._create_allocation("awaiting_approval")
        stay._transition("allocated")
        self.bill = stay._create_period_bill()

    def _reserve_next(self):
        return self.env["hostel.allocation"]._reserve(
            self.bed_b, self.student, self.next_term, "paying"
        )

    def test_an_open_bill_of_an_earlier_term_is_in_the_way(self):
        with self.assertRaises(HostelError) as caught:
            self._reserve_next()
        self.assertEqual(caught.exception.code, "OUTSTANDING_FEES")
        self.assertEqual(caught.exception.details, {"bills": [self.bill.name]})
        self.assertIn("42,000", str(caught.exception))
        self.assertIn("Odd semester", str(caught.exception))

    def test_many_beds_ask_for_all_bills_at_once(self):
        other = self.env["hostel.student"].create(
            {
                "name": "Owes nothing",
                "roll_number": "OWES-0",
                "gender": self.student.gender,
            }
        )
        bed = self.bed_b.copy({"label": "Z"})
        groups = [
            [Wanted(self.bed_b, self.student, self.next_term)],
            [Wanted(bed, other, self.next_term)],
        ]
        model = self.registry["hostel.allocation"]
        ask = model._get_outstanding_bills
        asked = []

        def count(rows, students, term):
            asked.append(students)
            return ask(rows, students, term)

        with patch.object(model, "_get_outstanding_bills", count):
            refusal, given = self.env["hostel.allocation"]._reserve_many(groups, "paying")
        self.assertEqual((refusal.code, given.student_id), ("OUTSTANDING_FEES", other))
        self.assertEqual(refusal.details, {"bills": [self.bill.name]})
        self.assertEqual(asked, [self.student | other])

    def test_a_paid_bill_is_not(self):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.bill.ids
        ).create({})._create_payments()
        self.assertIn(self.bill.payment_state, ("paid", "in_payment"))
        self.assertTrue(self._reserve_next())

    def test_the_colleges_own_books_settle_it(self):
        self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id, "source": "manual"}
        )
        self.assertTrue(self._reserve_next())

    def test_the_present_terms_bill_is_another_matter(self):
        # Half-way through the term somebody without a bed asks for one again.
        self.bill.hostel_allocation_id._transition("cancelled")
        row = self.env["hostel.allocation"]._reserve(self.bed_b, self.student, self.term, "paying")
        self.assertTrue(row)
