from odoo.tests import TransactionCase, tagged

from odoo.addons.hostel_billing.tests.fee_common import FeeMixin


@tagged("post_install", "-at_install")
class TestDeskLoan(FeeMixin, TransactionCase):
    """A warden sees beside the money that a lender gives the deposit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.structure = cls._create_structure({"RENT": 7000, "DEPOSIT": 10000})
        cls.lender = cls.env["res.partner"].create({"name": "Sahayata", "is_company": True})
        cls.row = cls._create_allocation("awaiting_approval", price=None)

    def _ask_loan(self, student=None, **overrides):
        return self.env["hostel.deposit.loan"].create(
            {
                "student_id": (student or self.student).id,
                "term_id": self.term.id,
                "lender_id": self.lender.id,
                "amount": 10000,
                "reference": "LN-1",
                **overrides,
            }
        )

    def _get_proof(self):
        """What stands on the card: ``{key: item}``."""
        desk = self.env["hostel.approval.desk"].with_user(self.warden)
        [card] = desk.get_cards(self.row.ids)
        return {item["key"]: item for item in card["evidence"]}

    def test_the_lender_the_sum_and_how_far_it_is(self):
        self.assertNotIn("loan", self._get_proof())
        loan = self._ask_loan()
        said = self._get_proof()["loan"]
        self.assertEqual(said["state"], "open", "worth a look, for nobody has decided")
        self.assertEqual(said["detail"], "Sahayata · ₹10,000 · Waits for approval")
        loan.action_approve()
        said = self._get_proof()["loan"]
        self.assertEqual(said["state"], "ok")
        self.assertIn("Approved", said["detail"])

    def test_a_loan_that_came_to_nothing_or_is_of_another_term_is_not_there(self):
        self._ask_loan().action_refuse()
        self.assertNotIn("loan", self._get_proof())
        other = self.term.copy({"name": "Even semester", "code": "T41-EVEN"})
        self._ask_loan(term_id=other.id)
        self.assertNotIn("loan", self._get_proof())
        self._ask_loan(self.other_student)
        self.assertNotIn("loan", self._get_proof())

    def test_a_loan_is_no_payment(self):
        """The rent of the first month is to be paid all the same."""
        self._ask_loan()
        self.assertEqual(self._get_proof()["payment"]["state"], "missing")

    def test_nothing_is_missing_where_the_lender_leaves_nothing_to_pay(self):
        self._ask_loan()
        self.env["hostel.concession"].create(
            {
                "student_id": self.student.id,
                "term_id": self.term.id,
                "head_id": self._head("RENT").id,
                "percent": 100,
                "reason": "Letter 7",
                "state": "approved",
            }
        )
        self.assertFalse(self.row._get_amount_at_booking())
        payment = self._get_proof()["payment"]
        self.assertEqual(payment["state"], "info")
        self.assertEqual(payment["label"], "Nothing to pay at booking")
        self.assertFalse(self.row._get_missing_evidence())

    def test_loans_of_many_are_read_at_once(self):
        bed = self.other_hostel.bed_ids
        rows, counts = self.row, []
        self._ask_loan()
        for number, place in enumerate((self.bed_b, *bed), 3):
            partner = self.env["res.partner"].create({"name": f"Student {number}"})
            student = self._create_student(f"TS00{number}", partner)
            self._ask_loan(student)
            rows |= self._create_allocation(
                "awaiting_approval", student=student, bed=place, price=None
            )
        for several in (rows[:2], rows):
            several.paid_at = self.env.cr.now()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            found = several._get_evidence()
            counts.append(self.cr.sql_log_count - before)
            self.assertTrue(all("loan" in {i["key"] for i in items} for items in found.values()))
        few, many = counts
        # The first look also fills caches that the second one finds.
        self.assertLessEqual(many, few)
