"""Who leaves inside a month that was billed gets its days back when finance says so."""

from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.tests.common import trap_jobs

from .test_arrival import ArrivalCase

BEFORE = "2040-06-20 06:00:00"


@tagged("post_install", "-at_install")
class TestDaysAfterLeaving(ArrivalCase):
    def _bill_until(self, stay, month):
        """Bills of a stay from July on to a month."""
        with freeze_time(BEFORE), trap_jobs():
            bills = stay._create_period_bill()
            for number in range(8, month + 1):
                bills += stay._create_period_bill(date(2040, number, 1))
        return bills

    def _leave(self, stay, day):
        """The student leaves on a day; no desk is asked.

        :return: the settlement, empty if there is none
        """
        with freeze_time(f"{day} 06:00:00"), trap_jobs():
            if stay.state == "allocated":
                stay._transition("checked_in")
            stay._vacate("opted_out", day, uncleared=True)
            return self.env["hostel.exit"]._open_for(stay)

    def _credit(self, one):
        one.with_user(self.finance).action_credit_unlived()
        return one.unlived_note_ids

    def _assert_refused(self, code, one):
        with self.assertRaises(HostelError) as caught, self.env.cr.savepoint():
            one.with_user(self.finance).action_credit_unlived()
        self.assertEqual(caught.exception.code, code)

    def test_paid_days_go_back_with_the_deposit(self):
        self._create_structure({"RENT": 6000, "DEPOSIT": 8000})
        stay = self._arrive(BEFORE)
        bills = self._bill_until(stay, 10)
        self._pay_bill(bills | stay.bill_ids)
        one = self._leave(stay, date(2040, 9, 21))
        # 10 of 30 days of September, and all of October.
        self.assertEqual((one.unlived_amount, one.back_amount), (8000, 8000))
        self.assertIn(bills[2].name, one.unlived_why)
        self.assertNotIn(bills[1].name, one.unlived_why)
        notes = self._credit(one)
        self.assertEqual(sorted(notes.mapped("amount_total")), [2000, 6000])
        self.assertEqual(notes.reversed_entry_id, bills[2] | bills[3])
        self.assertEqual((one.unlived_amount, one.unlived_why), (0, ""))
        self.assertEqual(one.back_amount, 16000)
        self._assert_refused("NOTHING_TO_CREDIT", one)
        one.with_user(self.finance).action_settle()
        self.assertEqual((one.refund_ids.amount, one.refund_ids.available), (16000, 16000))
        self._assert_refused("INVALID_TRANSITION", one)

    def test_a_credit_that_was_taken_back_can_be_given_again(self):
        self._create_structure({"RENT": 6000})
        stay = self._arrive(BEFORE)
        self._pay_bill(self._bill_until(stay, 9))
        one = self._leave(stay, date(2040, 9, 21))
        note = self._credit(one)
        note._reverse_moves([{"ref": "A mistake"}], cancel=True)
        one.invalidate_recordset()
        self.assertEqual(one.unlived_amount, 2000)

    def test_open_bills_become_smaller(self):
        self._create_structure({"RENT": 6000})
        stay = self._arrive(BEFORE)
        bills = self._bill_until(stay, 9)
        one = self._leave(stay, date(2040, 9, 21))
        self.assertEqual(one.owed_amount, 18000)
        self._credit(one)
        self.assertEqual((one.owed_amount, one.back_amount), (16000, 0))
        self.assertEqual(bills[2].payment_state, "partial")
        self.assertEqual(stay._get_period_bill(date(2040, 9, 1)), bills[2])

    def test_a_settlement_opens_for_days_alone(self):
        self._create_structure({"RENT": 6000})
        stay = self._arrive(BEFORE)
        self._pay_bill(self._bill_until(stay, 9))
        self.assertFalse(self._leave(stay, date(2040, 10, 1)))

    def test_nothing_held_and_nothing_owed_but_days(self):
        self._create_structure({"RENT": 6000})
        stay = self._arrive(BEFORE)
        self._pay_bill(self._bill_until(stay, 9))
        one = self._leave(stay, date(2040, 9, 30))
        self.assertEqual((one.unlived_amount, one.back_amount), (200, 0))

    def test_what_is_asked_once_and_charges_are_kept(self):
        self._create_once(6200, 1000)
        stay = self._arrive(BEFORE)
        bill = self._bill_until(stay, 7)
        self._pay_bill(bill)
        one = self._leave(stay, date(2040, 7, 11))
        self.assertEqual((bill.amount_total, one.unlived_amount), (7200, 4200))
        self.assertEqual(self._get_lines(self._credit(one)), [("RENT", 4200)])

    def test_concessions_are_taken_of_the_days(self):
        self._create_structure({"RENT": 6000})
        self._concede(50)
        stay = self._arrive(BEFORE)
        self._pay_bill(self._bill_until(stay, 9))
        one = self._leave(stay, date(2040, 9, 21))
        self.assertEqual(one.unlived_amount, 1000)

    def test_heads_keep_their_shares(self):
        self._create_structure({"RENT": 6000, "MESS": 3000})
        stay = self._arrive(BEFORE)
        self._pay_bill(self._bill_until(stay, 9))
        note = self._credit(self._leave(stay, date(2040, 9, 21)))
        self.assertEqual(self._get_lines(note), [("RENT", 2000), ("MESS", 1000)])

    def test_where_days_are_not_counted_only_whole_periods_go_back(self):
        self._create_structure({"RENT": 6000}, prorate=False)
        stay = self._arrive(BEFORE)
        self._pay_bill(self._bill_until(stay, 10))
        one = self._leave(stay, date(2040, 9, 21))
        self.assertEqual(one.unlived_amount, 6000)
        self.assertEqual(self._credit(one).reversed_entry_id.period_from, date(2040, 10, 1))

    def test_a_term_that_is_one_bill_gives_no_days_back(self):
        self._create_structure({"RENT": 36000}, frequency="one_time")
        stay = self._arrive(BEFORE)
        self._pay_bill(self._bill_until(stay, 7))
        self.assertFalse(self._leave(stay, date(2040, 9, 21)))

    def test_leaving_after_a_move_in_the_same_month(self):
        self._create_structure({"RENT": 6000})
        stay = self._arrive(BEFORE)
        bills = self._bill_until(stay, 9)
        with freeze_time("2040-09-11 06:00:00"), trap_jobs():
            stay._transition("checked_in")
            new = stay._transfer(self.bed_b, date(2040, 9, 11), price=6 * 12000)
            bills += new._create_period_bill()
        # 20 of 30 days of 12,000, less 20 of 30 of 6,000.
        self.assertEqual(bills[-1].amount_total, 4000)
        self._pay_bill(bills)
        one = self._leave(new, date(2040, 9, 21))
        self.assertEqual(one.unlived_amount, 4000, "10 days of 400")
        asked = sum(bills[2:].mapped("amount_total"))
        self.assertEqual(asked - one.unlived_amount, 2000 + 4000)

    def test_who_stays_or_reads_only_credits_nothing(self):
        self._create_structure({"RENT": 6000, "DEPOSIT": 8000})
        stay = self._arrive(BEFORE)
        self._pay_bill(self._bill_until(stay, 9) | stay.bill_ids)
        stay._transition("checked_in")
        one = self.env["hostel.exit"]._open_for(stay)
        self.assertEqual(one.unlived_amount, 0)
        self._assert_refused("STAY_NOT_OVER", one)
        one = self._leave(stay, date(2040, 9, 21))
        for user in (self.warden, self.guard, self.student_user):
            for record in (one, stay):
                with (
                    self.subTest(user=user.login, model=record._name),
                    self.assertRaises(AccessError),
                ):
                    record.with_user(user).action_credit_unlived()
        self.assertFalse(one.unlived_note_ids)

    def test_what_no_bill_could_take_off_after_a_move_goes_back_at_the_exit(self):
        self._create_structure({"RENT": 12000})
        self._create_structure({"RENT": 3000}, hostel_id=self.other_hostel.id)
        stay = self._arrive(BEFORE)
        bills = self._bill_until(stay, 9)
        with freeze_time("2040-09-11 06:00:00"), trap_jobs():
            stay._transition("checked_in")
            new = stay._transfer(self.other_hostel.bed_ids[0], date(2040, 9, 11))
            bills += new._create_period_bill()
        self._pay_bill(bills[:-1])
        one = self._leave(new, date(2040, 9, 21))
        # 8,000 too much there and 1,000 here, of which 2,000 were taken off.
        self.assertEqual(one.unlived_amount, 7000)
        paid = sum(bills[2:].mapped("amount_total"))
        self.assertEqual(paid - one.unlived_amount, 4000 + 1000)

    def test_credited_by_hand_before(self):
        self._create_structure({"RENT": 6000})
        stay = self._arrive(BEFORE)
        bills = self._bill_until(stay, 9)
        self._pay_bill(bills)
        vals = bills[2]._prepare_hostel_line_vals(self._head("RENT"), 500, self.company)
        bills[2]._hostel_post_credit_note([(0, 0, vals)], "By hand")
        one = self._leave(stay, date(2040, 9, 21))
        self.assertEqual(one.unlived_amount, 1500)

    def test_a_sum_can_be_conceded_whatever_became_of_the_days(self):
        for name, values, last, leave in (
            ("notice", {"prorate": False}, 9, None),
            ("left before a month that is billed", {"prorate": False}, 10, date(2040, 10, 1)),
            ("left inside a month", {}, 9, date(2040, 9, 21)),
        ):
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                self._create_structure({"RENT": 6000}, **values)
                stay = self._arrive(BEFORE)
                bills = self._bill_until(stay, last)
                if leave:
                    self._leave(stay, leave)
                else:
                    stay._change(date_to=date(2040, 9, 21))
                self._concede(0, method="amount", amount=1800)
                credited = sum(bills.reversal_move_ids.mapped("amount_total"))
                self.assertEqual(credited, 800 if name.endswith("inside a month") else 900)
                savepoint.rollback()

    def test_who_has_another_bed_gets_the_days_back_from_the_stay(self):
        self._create_structure({"RENT": 6000, "DEPOSIT": 8000})
        stay = self._arrive(BEFORE)
        self._pay_bill(self._bill_until(stay, 9) | stay.bill_ids)
        next_term = self.term.copy(
            {"code": "T41", "date_from": date(2041, 1, 1), "date_to": date(2041, 6, 1)}
        )
        with freeze_time(BEFORE), trap_jobs():
            self._create_stay(term=next_term)
        self.assertFalse(self._leave(stay, date(2040, 9, 21)))
        task = stay.activity_ids
        self.assertEqual(task.activity_type_id, self.env.ref("hostel_billing.activity_unlived"))
        self.env["hostel.exit"]._open_for(stay)
        self.assertEqual(stay.activity_ids, task, "asked once")
        self.assertEqual(stay.with_user(self.finance).unlived_amount, 2000)
        stay.with_user(self.finance).action_credit_unlived()
        self.assertEqual(self._get_open_credit(), 2000)
        self.assertFalse(stay.activity_ids)
        with self.assertRaises(HostelError) as caught:
            stay.with_user(self.finance).action_credit_unlived()
        self.assertEqual(caught.exception.code, "NOTHING_TO_CREDIT")

    def test_a_settled_exit_is_settled(self):
        self._create_structure({"RENT": 6000, "DEPOSIT": 8000})
        stay = self._arrive(BEFORE)
        self._pay_bill(self._bill_until(stay, 9) | stay.bill_ids)
        one = self._leave(stay, date(2040, 9, 21))
        one.with_user(self.finance).action_settle()
        self.assertEqual((one.unlived_amount, stay.unlived_amount), (0, 0))

    def test_whose_fees_are_in_the_colleges_own_books(self):
        self._create_structure({"RENT": 6000})
        stay = self._arrive(BEFORE)
        self._bill_until(stay, 9)
        self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id, "reference": "Dues 1"}
        )
        self.assertFalse(self._leave(stay, date(2040, 9, 21)))
        self.assertEqual(stay.unlived_amount, 0)

    def test_a_tax_in_the_price(self):
        for override, paid, credited in (
            ("tax_included", 6000, 2000),
            ("tax_excluded", 7080, 2360),
        ):
            with self.subTest(override), self.env.cr.savepoint() as savepoint:
                tax = self.env["account.tax"].create(
                    {"name": override, "amount": 18, "price_include_override": override}
                )
                self._head("RENT").product_id.taxes_id = tax
                self._create_structure({"RENT": 6000})
                stay = self._arrive(BEFORE)
                bills = self._bill_until(stay, 9)
                self.assertEqual(bills[2].amount_total, paid)
                self._pay_bill(bills)
                note = self._credit(self._leave(stay, date(2040, 9, 21)))
                self.assertEqual(note.amount_total, credited)
                savepoint.rollback()
