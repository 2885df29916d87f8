from datetime import date

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, TransactionCase, new_test_user, tagged

from odoo.addons.hostel_base.errors import HostelError

from .fee_common import FeeMixin


@tagged("post_install", "-at_install")
class TestConcession(FeeMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = new_test_user(cls.env, "t_fee_admin", groups="hostel_base.group_hostel_admin")
        cls._create_structure({"RENT": 7000, "MESS": 3000})
        cls.stay = cls._create_stay()

    def _create_concession(self, **overrides):
        return (
            self.env["hostel.concession"]
            .with_user(self.finance)
            .create(
                {
                    "student_id": self.student.id,
                    "term_id": self.term.id,
                    "percent": 25,
                    "reason": "Letter 7",
                    **overrides,
                }
            )
        )

    def _approve(self, **overrides):
        concession = self._create_concession(**overrides)
        concession.action_request()
        concession.with_user(self.admin).action_approve()
        return concession

    def test_good_credit_is_worth_what_the_score_earns(self):
        band = self.env["hostel.credit.band"].search([], limit=1)
        band.discount_percent = 4
        self.env["hostel.credit.score"].create({"student_id": self.student.id, "band_id": band.id})
        with Form(self.env["hostel.concession"].with_user(self.finance)) as form:
            form.student_id = self.student
            form.term_id = self.term
            form.kind = "good_credit"
            self.assertEqual((form.method, form.percent), ("percent", 4))
            form.student_id = self.other_student
            form.percent = 7
        self.assertEqual(form.record.percent, 7)

    def test_a_share_of_the_rent_comes_off_the_bill(self):
        concession = self._approve()
        self.assertEqual(self.stay._get_amount_at_booking(), 8250)
        bill = self.stay._create_period_bill()
        self.assertEqual(bill.amount_total, 8250)
        line = bill.invoice_line_ids.filtered("hostel_concession_id")
        self.assertEqual((line.price_subtotal, line.hostel_concession_id), (-1750, concession))
        self.assertEqual(line.name, "Scholarship")
        self.assertIn("25 %", line.hostel_why)

    def test_a_sum_for_the_term_is_spread_over_its_months(self):
        self._approve(method="amount", amount=1000)
        offs = []
        for month in range(7, 13):
            bill = self.stay._create_period_bill(date(2040, month, 1))
            offs.append(10000 - bill.amount_total)
        self.assertAlmostEqual(sum(offs), 1000, 2)
        self.assertAlmostEqual(offs[0], 166.67, 2)

    def test_together_they_never_take_more_than_the_fee(self):
        self._approve(percent=80)
        self._approve(kind="hardship", percent=60)
        bill = self.stay._create_period_bill()
        self.assertEqual(bill.amount_total, 3000, "the mess is paid all the same")

    def test_nothing_is_off_before_the_approval_or_after_the_end(self):
        concession = self._create_concession()
        self.assertEqual(self.stay._get_amount_at_booking(), 10000)
        concession.action_request()
        self.assertEqual(self.stay._get_amount_at_booking(), 10000)
        concession.with_user(self.admin).action_approve()
        concession.with_user(self.admin).action_withdraw()
        self.assertEqual(self.stay._get_amount_at_booking(), 10000)

    def test_posted_bills_get_a_credit_note(self):
        bill = self.stay._create_period_bill()
        concession = self._approve()
        self.assertEqual((bill.amount_total, bill.amount_residual), (10000, 8250))
        note = self.env["account.move"].search([("reversed_entry_id", "=", bill.id)])
        self.assertEqual((note.move_type, note.state), ("out_refund", "posted"))
        self.assertEqual(note.invoice_line_ids.hostel_concession_id, concession)
        self.assertEqual(note.hostel_student_id, self.student)

    def _credit_whole(self, bill):
        """As finance does it in the list of bills."""
        dialog = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=bill.ids
        )
        action = dialog.create({"journal_id": bill.journal_id.id}).refund_moves()
        note = self.env["account.move"].browse(action["res_id"])
        note.action_post()
        return note

    def test_a_bill_credited_by_hand_gives_its_concession_once(self):
        bill = self.stay._create_period_bill()
        self._approve()
        note = self._credit_whole(bill)
        self.assertEqual((bill.payment_state, note.amount_residual), ("reversed", 0))
        self.assertEqual(self._get_open_credit(), 0)
        again = self.stay._create_period_bill()
        self.assertNotEqual(again, bill)
        self.assertEqual((again.amount_total, again.amount_residual), (8250, 8250))

    def test_a_note_that_was_paid_out_is_left_when_the_bill_is_credited(self):
        periods = self.stay._get_own_periods()
        for _index, period in periods:
            bill = self.stay._create_period_bill(period.date_from)
            payment = self._pay_bill(bill)
        self._approve()
        notes = bill.reversal_move_ids
        refund = self.env["hostel.refund"].search([("source_move_ids", "in", notes.ids)])
        refund.with_user(self.env.ref("base.user_admin")).action_approve()
        refund._pay(reference="UTR 8")
        (bill | payment.move_id).line_ids.remove_move_reconcile()
        self._credit_whole(bill)
        self.assertEqual(bill.payment_state, "reversed")
        self.assertFalse(notes.reversal_move_ids, "its money has left")

    def _replace(self, concession, percent, **overrides):
        """Withdraw it and ask anew, as the refusal to change it says."""
        concession.with_user(self.admin).action_withdraw()
        return self._approve(percent=percent, **overrides)

    def _get_notes(self, bill):
        return bill.reversal_move_ids.sorted("id")

    def test_a_corrected_concession_credits_the_difference(self):
        bill = self.stay._create_period_bill()
        concession = self._approve(percent=30)
        self.assertEqual(bill.amount_residual, 7900)
        second = self._replace(concession, 50)
        self.assertEqual(bill.amount_residual, 6500)
        self.assertEqual(self._get_notes(bill).mapped("amount_total"), [2100, 1400])
        self.assertFalse(second.activity_ids)
        self._replace(second, 60)
        self.assertEqual(bill.amount_residual, 5800)

    def test_a_corrected_concession_that_the_bill_had_already(self):
        concession = self._approve(percent=30)
        bill = self.stay._create_period_bill()
        self.assertEqual(bill.amount_total, 7900)
        self._replace(concession, 50)
        self.assertEqual(bill.amount_residual, 6500)

    def test_a_smaller_concession_credits_nothing_and_finance_is_told(self):
        bill = self.stay._create_period_bill()
        concession = self._approve(percent=50)
        smaller = self._replace(concession, 30)
        self.assertEqual(bill.amount_residual, 6500)
        self.assertEqual(len(self._get_notes(bill)), 1)
        [task] = smaller.activity_ids
        self.assertIn(bill.name, task.note)
        self.assertIn("1,400", task.note)
        self._replace(smaller, 60)
        self.assertEqual(bill.amount_residual, 5800)

    def test_a_concession_of_another_kind_is_added(self):
        bill = self.stay._create_period_bill()
        self._replace(self._approve(percent=30), 20, kind="hardship")
        self.assertEqual(bill.amount_residual, 10000 - 2100 - 1400)

    def test_with_other_concessions_it_still_takes_no_more_than_the_fee(self):
        bill = self.stay._create_period_bill()
        self._approve(kind="hardship", percent=60)
        self._replace(self._approve(percent=30), 50)
        self.assertEqual(bill.amount_residual, 3000, "the mess is paid all the same")

    def test_what_a_note_gave_that_was_taken_back_is_given_anew(self):
        bill = self.stay._create_period_bill()
        concession = self._approve(percent=30)
        self._get_notes(bill)._reverse_moves(cancel=True)
        self.assertEqual(bill.amount_residual, 10000)
        self._replace(concession, 50)
        self.assertEqual(bill.amount_residual, 6500)

    def test_what_is_conceded_of_a_paid_month_is_off_the_next(self):
        first, second = [period.date_from for _index, period in self.stay._get_own_periods()][:2]
        self._pay_bill(self.stay._create_period_bill(first))
        self._approve()
        self.assertFalse(self.env["hostel.refund"].search([("student_id", "=", self.student.id)]))
        bill = self.stay._create_period_bill(second)
        self.assertEqual((bill.amount_total, bill.amount_residual), (8250, 8250 - 1750))

    def test_in_a_run_too(self):
        first, second = [period.date_from for _index, period in self.stay._get_own_periods()][:2]
        self._pay_bill(self.stay._create_period_bill(first))
        self._approve()
        bill = self.stay._post_period_bills([(self.stay, second)])[self.stay]
        self.assertEqual(bill.amount_residual, 8250 - 1750)

    def test_what_is_conceded_after_the_last_bill_was_paid_goes_back(self):
        for _index, period in self.stay._get_own_periods():
            self._pay_bill(self.stay._create_period_bill(period.date_from))
        periods = len(self.stay._get_own_periods())
        self._approve()
        refunds = self.env["hostel.refund"].search([("student_id", "=", self.student.id)])
        self.assertEqual((len(refunds), set(refunds.mapped("amount"))), (periods, {1750}))
        self.assertEqual(len(refunds.source_move_ids), periods)

    def test_who_paid_a_month_here_is_billed_the_next_though_cleared(self):
        first, second = [period.date_from for _index, period in self.stay._get_own_periods()][:2]
        self._pay_bill(self.stay._create_period_bill(first))
        self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id, "reason": "List of August"}
        )
        self.assertTrue(self.stay._create_period_bill(second))

    def test_credit_notes_together_give_back_no_more_than_the_fee(self):
        bill = self.stay._create_period_bill()
        self._approve(percent=100)
        self._approve(kind="hardship", percent=100)
        notes = self.env["account.move"].search([("reversed_entry_id", "=", bill.id)])
        self.assertEqual(notes.mapped("amount_total"), [7000])
        self.assertEqual(bill.amount_residual, 3000, "the mess is paid all the same")

    def test_a_later_percent_is_of_the_same_fee(self):
        self._approve(percent=50)
        bill = self.stay._create_period_bill()
        self.assertEqual(bill.amount_total, 6500)
        self._approve(kind="hardship", percent=20)
        self.assertEqual(bill.amount_residual, 6500 - 1400)
        self._approve(kind="other", percent=40)
        self.assertEqual(bill.amount_residual, 3000)

    def test_who_asks_does_not_decide(self):
        concession = self._create_concession().with_user(self.admin)
        with self.assertRaises(HostelError) as caught:
            concession.action_approve()
        self.assertEqual(caught.exception.code, "INVALID_TRANSITION")
        concession.action_request()
        for method in ("action_approve", "action_refuse"):
            with self.assertRaises(HostelError) as caught:
                getattr(concession, method)()
            self.assertEqual(caught.exception.code, "OWN_REQUEST")
            with self.assertRaises(AccessError):
                getattr(concession.with_user(self.finance), method)()
        with self.assertRaises(AccessError):
            concession.with_user(self.finance).state = "approved"

    def test_what_was_decided_does_not_change(self):
        concession = self._approve()
        with self.assertRaises(HostelError) as caught:
            concession.percent = 90
        self.assertEqual(caught.exception.code, "CONCESSION_IS_FINAL")
        with self.assertRaises(HostelError) as caught:
            concession.unlink()
        self.assertEqual(caught.exception.code, "CONCESSION_IS_FINAL")
        draft = self._create_concession(kind="hardship")
        draft.unlink()
        self.assertFalse(draft.exists(), "only what was decided is kept")

    def test_a_sibling_must_live_here(self):
        concession = self._create_concession(kind="sibling", percent=10)
        with self.assertRaises(HostelError) as caught:
            concession.action_request()
        self.assertEqual(caught.exception.code, "NO_SIBLING")
        self.env["hostel.guardian"].create(
            {
                "student_id": self.other_student.id,
                "partner_id": self.guardian_user.partner_id.id,
                "relation": "mother",
            }
        )
        self._create_allocation(bed=self.bed_b, student=self.other_student)
        concession.action_request()
        self.assertEqual(concession.state, "requested")

    def test_only_finance_and_administrators_see_them(self):
        concession = self._approve()
        for user, may in (
            (self.finance, True),
            (self.admin, True),
            (self.warden, False),
            (self.student_user, False),
            (self.guardian_user, False),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(concession.with_user(user).has_access("read"), may)


@tagged("post_install", "-at_install")
class TestMovedInAMonth(FeeMixin, TransactionCase):
    def test_each_bed_is_paid_for_its_days(self):
        self._create_structure({"RENT": 3100})
        stay = self._create_stay()
        first = stay._create_period_bill()
        self.assertEqual(first.amount_total, 3100)
        stay._transition("checked_in")
        new = stay._transfer(self.bed_b, date(2040, 7, 21), price=stay.price)
        bill = new._create_period_bill()
        # 11 days here are 1,100; the old bed was billed 11 days too many.
        self.assertEqual((bill.period_from, bill.period_to), (date(2040, 7, 21), date(2040, 8, 1)))
        self.assertEqual(bill.amount_total, 0)
        self.assertEqual(new._create_period_bill(date(2040, 8, 1)).amount_total, 3100)

    def _move_conceded(self, percent=50, price=None, late=False):
        """Who lives in a bed of 3,100 a month and moves on 21 July, which was billed.

        :param bool late: the concession comes after the bill
        :return: the first bill, the bill of the new bed
        """
        admin = new_test_user(self.env, "t_admin", groups="hostel_base.group_hostel_admin")
        self._create_structure({"RENT": 3100})

        def concede():
            concession = self.env["hostel.concession"].create(
                {
                    "student_id": self.student.id,
                    "term_id": self.term.id,
                    "kind": "scholarship",
                    "method": "percent",
                    "percent": percent,
                    "head_id": self._head("RENT").id,
                    "reason": "Merit",
                }
            )
            concession.with_user(self.finance).action_request()
            concession.with_user(admin).action_approve()

        stay = self._create_stay()
        if not late:
            concede()
        first = stay._create_period_bill()
        if late:
            concede()
        stay._transition("checked_in")
        new = stay._transfer(self.bed_b, date(2040, 7, 21), price=price or stay.price)
        return first, new._create_period_bill()

    def test_a_concession_is_taken_of_the_fees_and_not_of_what_was_taken_off(self):
        first, bill = self._move_conceded()
        self.assertEqual(first.amount_total, 1550)
        self.assertEqual(bill.amount_total, 0)
        self.assertEqual(
            bill.invoice_line_ids.sorted("price_subtotal").mapped("price_subtotal"),
            [-550, -550, 1100],
        )

    def test_a_conceded_dearer_bed_costs_its_days(self):
        first, bill = self._move_conceded(price=6 * 6200)
        # 20 of 31 days at 50 a day, 11 at 100.
        self.assertEqual(first.amount_total + bill.amount_total, 2100)

    def test_a_concession_after_the_bill_comes_to_the_same(self):
        first, bill = self._move_conceded(price=6 * 6200, late=True)
        credited = sum(first.reversal_move_ids.mapped("amount_total"))
        self.assertEqual((first.amount_total, credited), (3100, 1550))
        self.assertEqual(first.amount_total - credited + bill.amount_total, 2100)

    def test_instalments_are_due_one_after_the_other(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Three parts",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 40, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 30, "nb_days": 30}),
                    Command.create({"value": "percent", "value_amount": 30, "nb_days": 60}),
                ],
            }
        )
        self._create_structure({"RENT": 42000}, frequency="one_time", payment_term_id=term.id)
        bill = self._create_stay()._create_period_bill()
        parts = bill._get_open_instalments()
        self.assertEqual([parts[day] for day in sorted(parts)], [16800, 12600, 12600])


@tagged("post_install", "-at_install")
class TestConcededAfterPaying(FeeMixin, TransactionCase):
    """Four months were billed, three are paid; then a scholarship is approved."""

    def setUp(self):
        super().setUp()
        self._create_structure({"RENT": 3000})
        self.stay = self._create_stay()
        self.bills = self.stay._create_period_bill()
        for month in (8, 9, 10):
            self.bills += self.stay._create_period_bill(date(2040, month, 1))
        self._pay_bill(self.bills[:3])

    def test_what_was_paid_too_much_pays_what_is_open(self):
        self._concede(20)
        # 600 off each; the three that were paid go to the fourth.
        self.assertEqual(self.bills[3].amount_residual, 3000 - 600 - 1800)
        self.assertEqual(self.bills[3].hostel_status, "partial")
        self.assertEqual(self._get_open_credit(), -600)

    def test_a_bill_that_notes_of_others_pay_is_paid_and_not_billed_again(self):
        self._concede(50)
        fourth = self.bills[3]
        self.assertEqual((fourth.amount_residual, fourth.payment_state), (0, "paid"))
        self.assertEqual(self.stay._get_period_bill(date(2040, 10, 1)), fourth)
        # 3,000 are left: they pay November and December.
        fifth = self.stay._create_period_bill(date(2040, 11, 1))
        self.assertEqual((fifth.amount_total, fifth.payment_state), (1500, "paid"))
        self.assertEqual(self.stay._create_period_bill(date(2040, 11, 1)), fifth)
        sixth = self.stay._create_period_bill(date(2040, 12, 1))
        self.assertEqual((sixth.payment_state, self._get_open_credit()), ("paid", 0))

    def test_open_credit_is_no_open_bill(self):
        self._pay_bill(self.bills[3])
        self._concede(20)
        notes = self.bills.reversal_move_ids
        self.assertEqual(set(notes.mapped("hostel_status")), {"credit"})
        Move = self.env["account.move"]
        mine = [("hostel_student_id", "=", self.student.id)]
        self.assertEqual(Move.search([*mine, ("hostel_status", "=", "credit")]), notes.sorted())
        for status in ("pending", "partial", "overdue"):
            self.assertFalse(Move.search([*mine, ("hostel_status", "=", status)]) & notes)

    def test_a_bill_that_is_credited_as_a_whole_is_reversed(self):
        fourth = self.bills[3]
        fourth._reverse_moves(cancel=True)
        self.assertEqual(fourth.payment_state, "reversed")
        self.assertFalse(self.stay._get_period_bill(date(2040, 10, 1)))
