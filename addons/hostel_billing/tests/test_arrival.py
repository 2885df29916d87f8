"""Who arrives in the middle of a term pays from then on; who moves pays each bed for its days."""

from datetime import date

from freezegun import freeze_time

from odoo.tests import TransactionCase, tagged

from odoo.addons.queue_job.tests.common import trap_jobs

from .fee_common import FeeMixin

ARRIVAL = "2040-10-20 06:00:00"


class ArrivalCase(FeeMixin, TransactionCase):
    def _arrive(self, day=ARRIVAL, **overrides):
        with freeze_time(day), trap_jobs():
            return self._create_stay(**overrides)

    def _create_once(self, rent, once, **overrides):
        """A structure that asks rent each month and a fee once."""
        structure = self._create_structure({"RENT": rent, "AMENITY": once}, **overrides)
        structure.line_ids.filtered(lambda line: line.head_id.code == "AMENITY").once = True
        return structure

    def _bill_all(self, stay):
        """Bills of all months of a stay, in order."""
        bills = [
            stay._create_period_bill(period.date_from) for _i, period in stay._get_own_periods()
        ]
        return stay.env["account.move"].union(*bills)

    def _get_lines(self, bill):
        return [
            (line.hostel_head_id.code, line.price_subtotal)
            for line in bill.invoice_line_ids.sorted("id")
        ]


@tagged("post_install", "-at_install")
class TestArrival(ArrivalCase):
    def test_months_before_are_not_asked(self):
        self._create_structure({"RENT": 6200})
        stay = self._arrive()
        self.assertEqual(stay.price, 6 * 6200, "the price is that of the term")
        self.assertEqual(stay._get_asked_price(), 14800)
        bills = self._bill_all(stay)
        self.assertEqual(bills.mapped("amount_total"), [2400, 6200, 6200])
        self.assertEqual(bills.mapped("period_from"), [date(2040, m, d) for m, d in DAYS])
        self.assertIn("12 of 31 days here", bills[0].invoice_line_ids.hostel_why)

    def test_what_is_asked_once_is_asked_whole_with_the_first_bill(self):
        self._create_once(6200, 1000)
        stay = self._arrive()
        bills = self._bill_all(stay)
        self.assertEqual(bills.mapped("amount_total"), [3400, 6200, 6200])
        self.assertEqual(self._get_lines(bills[0]), [("RENT", 2400), ("AMENITY", 1000)])
        self.assertEqual(stay._get_amount_at_booking(), 3400)

    def test_who_arrives_on_the_first_day_of_a_month(self):
        self._create_once(6200, 1000)
        stay = self._arrive("2040-11-01 06:00:00")
        self.assertEqual(self._bill_all(stay).mapped("amount_total"), [7200, 6200])

    def test_who_arrives_on_the_last_day(self):
        self._create_once(6200, 1000)
        stay = self._arrive("2040-12-31 06:00:00")
        self.assertEqual(self._bill_all(stay).mapped("amount_total"), [1200])

    def test_a_term_that_is_one_bill_is_asked_whole(self):
        self._create_once(30000, 1000, frequency="one_time")
        stay = self._arrive()
        bill = stay._create_period_bill()
        self.assertEqual((bill.amount_total, stay._get_asked_price()), (31000, 31000))
        self.assertEqual((bill.period_from, bill.period_to), (date(2040, 7, 1), date(2041, 1, 1)))

    def test_where_days_are_not_counted_the_month_costs_all_of_it(self):
        self._create_structure({"RENT": 6200}, prorate=False)
        stay = self._arrive()
        self.assertEqual(self._bill_all(stay).mapped("amount_total"), [6200, 6200, 6200])
        stay._transition("checked_in")

    def test_where_days_are_not_counted_the_beds_of_a_month_share_it(self):
        self._create_structure({"RENT": 6200}, prorate=False)
        stay = self._arrive()
        stay._transition("checked_in")
        new = stay._transfer(self.bed_b, date(2040, 10, 23), price=6 * 12400)
        # 3 of 12 days of 6,200, and 9 of 12 of 12,400.
        bills = stay._create_period_bill() + new._create_period_bill()
        self.assertEqual(bills.mapped("amount_total"), [1550, 9300])

    def test_who_leaves_where_days_are_not_counted_pays_the_month(self):
        self._create_structure({"RENT": 6200}, prorate=False)
        stay = self._arrive("2040-06-20 06:00:00")
        stay._change(date_to=date(2040, 8, 5))
        self.assertEqual(self._bill_all(stay).mapped("amount_total"), [6200, 6200])

    def test_a_plan_of_before_the_mark_of_what_is_asked_once(self):
        self._create_once(6200, 1000)
        stay = self._arrive()
        plan = stay.fee_plan
        for period in plan["periods"]:
            period[3] = [part[:2] for part in period[3]]
        stay.sudo().fee_plan = plan
        self.assertEqual(self._bill_all(stay).mapped("amount_total"), [3400, 6200, 6200])

    def test_a_run_that_catches_up_asks_no_month_before(self):
        self._create_structure({"RENT": 6200})
        stay = self._arrive()
        run = self.env["hostel.bill.run"].create(
            {"month": date(2040, 11, 1), "catch_up": True, "hostel_ids": self.hostel.ids}
        )
        self.assertEqual(run._get_periods_of(stay), [date(2040, 10, 20), date(2040, 11, 1)])

    def test_a_sum_for_the_term_takes_its_share_of_the_days(self):
        self._create_structure({"RENT": 6200})
        self._concede(0, method="amount", amount=1860)
        stay = self._arrive()
        bills = self._bill_all(stay)
        # 310 a month: 12 of 31 days are 120.
        self.assertEqual(bills.mapped("amount_total"), [2280, 5890, 5890])

    def test_a_sum_off_what_is_asked_once_is_given_on_arrival(self):
        self._create_once(6200, 1000)
        self._concede(0, method="amount", amount=400, head_id=self._head("AMENITY").id)
        bills = self._bill_all(self._arrive())
        self.assertEqual(bills.mapped("amount_total"), [3000, 6200, 6200])

    def test_a_sum_conceded_after_the_bill_comes_to_the_same(self):
        self._create_structure({"RENT": 6200})
        bill = self._arrive()._create_period_bill()
        self._concede(0, method="amount", amount=1860)
        self.assertEqual(sum(bill.reversal_move_ids.mapped("amount_total")), 120)

    def test_late_money_finds_the_days_that_it_paid_for(self):
        self._create_structure({"RENT": 6200})
        with freeze_time(ARRIVAL):
            row = self._create_allocation(price=None)
        amount = row._get_amount_at_booking()
        row._transition("expired")
        with freeze_time("2040-10-25 06:00:00"):
            new = row._find_replacement()
            self.assertEqual(new._get_amount_at_booking(), amount)
        self.assertEqual(amount, 2400)

    def _come_early(self, **structure):
        """The bed is given from 25 October on and billed; the student comes on the 22nd."""
        self.env["ir.config_parameter"].set_param("hostel_base.early_arrival_days", "7")
        self._create_once(6200, 1000, **structure)
        with freeze_time(ARRIVAL), trap_jobs():
            stay = self.env["hostel.allocation"]._reserve(
                self.bed,
                self.student,
                self.term,
                "awaiting_approval",
                date_from=date(2040, 10, 25),
            )
            stay._transition("allocated")
            first = stay._create_period_bill()
        with freeze_time("2040-10-22 06:00:00"), trap_jobs():
            stay.action_check_in()
        self.assertEqual(stay.date_from, date(2040, 10, 22))
        return stay, first

    def test_who_comes_earlier_than_billed_pays_the_days_before(self):
        stay, first = self._come_early()
        self.assertEqual(first.amount_total, 1400 + 1000)
        self.assertEqual(stay._create_period_bill(), first, "repeating is harmless")
        self.assertEqual(self._bill_all(stay).mapped("amount_total"), [600, 2400, 6200, 6200])
        self.assertFalse(stay._has_unbilled_period())
        self.assertEqual(stay._get_asked_price(), 15400)

    def test_who_comes_earlier_where_days_are_not_counted(self):
        stay, first = self._come_early(prorate=False)
        self.assertEqual(self._bill_all(stay).mapped("amount_total"), [7200, 6200, 6200])
        self.assertEqual(self._bill_all(stay)[0], first)

    def test_who_withdraws_the_notice_pays_the_rest_of_the_month(self):
        self._create_structure({"RENT": 6000})
        stay = self._arrive("2040-06-20 06:00:00")
        stay._change(date_to=date(2040, 9, 21))
        self.assertEqual(stay._create_period_bill(date(2040, 9, 1)).amount_total, 4000)
        stay._change(date_to=self.term.date_to)
        self.assertEqual(stay._find_month_period(9, 2040)[1].date_from, date(2040, 9, 21))
        self.assertEqual(stay._create_period_bill(date(2040, 9, 21)).amount_total, 2000)
        self.assertEqual(stay._find_month_period(9, 2040)[1].date_from, date(2040, 9, 1))

    def test_a_structure_of_a_deposit_alone_and_an_agreed_price(self):
        self._create_structure({"DEPOSIT": 8000})
        with freeze_time(ARRIVAL), trap_jobs():
            stay = self._create_allocation("awaiting_approval", price=5000)
            stay._transition("allocated")
            bill = stay._create_period_bill()
        self.assertEqual(self._get_lines(bill), [("RENT", 5000)])

    def test_a_bill_is_not_due_before_the_stay(self):
        self._create_structure({"RENT": 6200}, due_day=10)
        stay = self._arrive()
        with freeze_time("2040-10-01 06:00:00"):
            bill = stay._create_period_bill()
        self.assertEqual(bill.invoice_date_due, date(2040, 10, 20))


DAYS = ((10, 20), (11, 1), (12, 1))


@tagged("post_install", "-at_install")
class TestMoveInTheMonth(ArrivalCase):
    """However many moves: each bed is paid for its days, what is asked once is asked once."""

    def test_what_is_asked_once_stays_with_the_first_bed(self):
        self._create_once(3100, 1000)
        stay = self._arrive()
        first = stay._create_period_bill()
        self.assertEqual(first.amount_total, 2200)
        stay._transition("checked_in")
        self._create_once(6200, 500, hostel_id=self.other_hostel.id)
        new = stay._transfer(self.other_hostel.bed_ids[0], date(2040, 10, 23))
        bill = new._create_period_bill()
        # 3 of 31 days at 100 and 9 at 200.
        self.assertEqual(new._get_asked_price(), 1800 + 2 * 6200)
        self.assertEqual(first.amount_total + bill.amount_total, 1000 + 300 + 1800)
        self.assertEqual(new._create_period_bill(date(2040, 11, 1)).amount_total, 6200)

    def test_what_is_asked_once_is_asked_where_the_term_began(self):
        self._create_once(3100, 1000)
        stay = self._arrive("2040-06-20 06:00:00")
        first = stay._create_period_bill()
        stay._transition("checked_in")
        new = stay._transfer(self.bed_b, date(2040, 7, 21), price=stay.price)
        self.assertEqual(first.amount_total + new._create_period_bill().amount_total, 4100)

    def test_moved_before_moving_in_asks_it_once_in_the_new_bed(self):
        self._create_once(3100, 1000)
        stay = self._arrive()
        first = stay._create_period_bill()
        with freeze_time(ARRIVAL), trap_jobs():
            new = stay._transfer(self.bed_b, date(2040, 10, 20), price=stay.price)
        bill = new._create_period_bill()
        self.assertEqual(
            self._get_lines(bill), [("RENT", 1200), ("AMENITY", 1000), ("RENT", -2200)]
        )
        self.assertEqual(first.amount_total + bill.amount_total, 2200)

    def _move_twice(self, *prices):
        """Beds of such prices a month, on 10, 10 and 10 days of a month of 30; each billed."""
        self._create_structure({"RENT": prices[0]})
        stay = self._arrive("2040-10-31 20:00:00")
        self.assertEqual(stay.date_from, date(2040, 11, 1))
        bills = stay._create_period_bill()
        for day, price, bed in zip((11, 21), prices[1:], (self.bed_b, self.bed), strict=True):
            stay._transition("checked_in") if stay.state == "allocated" else None
            with freeze_time(f"2040-11-{day} 06:00:00"), trap_jobs():
                stay = stay._transfer(bed, date(2040, 11, day), price=6 * price)
            bills += stay._create_period_bill()
        return bills.mapped("amount_total")

    def test_two_moves_at_one_price(self):
        self.assertEqual(self._move_twice(3000, 3000, 3000), [3000, 0, 0])

    def test_two_moves_and_the_last_is_dearer(self):
        self.assertEqual(self._move_twice(3000, 3000, 9000), [3000, 0, 2000])

    def test_two_moves_each_dearer(self):
        self.assertEqual(self._move_twice(3000, 6000, 9000), [3000, 2000, 1000])

    def _move_to_a_cheaper_bed(self):
        """From 12,000 a month to 3,000 after 10 of 30 days that were billed.

        :return: the first bill, the stay in the new bed
        """
        self._create_structure({"RENT": 12000})
        self._create_structure({"RENT": 3000}, hostel_id=self.other_hostel.id)
        stay = self._arrive("2040-10-31 20:00:00")
        first = stay._create_period_bill()
        stay._transition("checked_in")
        with freeze_time("2040-11-11 06:00:00"), trap_jobs():
            return first, stay._transfer(self.other_hostel.bed_ids[0], date(2040, 11, 11))

    def test_what_a_bill_can_not_take_off_the_next_one_does(self):
        _first, stay = self._move_to_a_cheaper_bed()
        bills = self._bill_all(stay)
        # 8,000 too much: 2,000 off the 20 days, 3,000 off December; 3,000 are left.
        self.assertEqual(bills.mapped("amount_total"), [0, 0])
        self.assertEqual(sum(bill._hostel_get_taken_off() for bill in bills), 5000)

    def test_what_was_credited_by_hand_is_not_taken_off_again(self):
        first, stay = self._move_to_a_cheaper_bed()
        bill = stay._create_period_bill()
        vals = first._prepare_hostel_line_vals(self._head("RENT"), 5500, first.company_id)
        note = first._hostel_post_credit_note([(0, 0, vals)], "By hand")
        self.assertEqual(bill.amount_total, 0)
        later = stay._create_period_bill(date(2040, 12, 1))
        self.assertEqual(later.amount_total, 3000 - 500)
        note._reverse_moves([{"ref": "Back"}], cancel=True)
        self.assertEqual(stay._get_overbilled(date(2041, 1, 1)), {first: 5500})

    def test_a_credit_note_typed_by_hand_counts(self):
        first, stay = self._move_to_a_cheaper_bed()
        note = first._hostel_post_credit_note(
            [(0, 0, {"name": "Goodwill", "quantity": 2, "price_unit": 4000})], "By hand"
        )
        self.assertFalse(note.invoice_line_ids.hostel_head_id)
        self.assertFalse(stay._get_overbilled(date(2041, 1, 1)))

    def test_rent_asked_once_and_a_mess_that_is_not(self):
        structure = self._create_structure({"RENT": 5000, "MESS": 3000})
        structure.line_ids.filtered(lambda line: line.head_id.code == "RENT").once = True
        stay = self._arrive("2040-10-31 20:00:00")
        first = stay._create_period_bill()
        stay._transition("checked_in")
        with freeze_time("2040-11-11 06:00:00"), trap_jobs():
            stay = stay._transfer(self.bed_b, date(2040, 11, 11), price=stay.price)
        bill = stay._create_period_bill()
        self.assertEqual((first.amount_total, bill.amount_total), (8000, 0))
        self.assertEqual(stay._get_overbilled(date(2041, 1, 1)), {})

    def test_a_tax_in_the_price_is_not_taken_out_twice(self):
        tax = self.env["account.tax"].create(
            {"name": "GST 18 in it", "amount": 18, "price_include_override": "tax_included"}
        )
        self._head("RENT").product_id.taxes_id = tax
        self.assertEqual(self._move_twice(3000, 3000, 3000), [3000, 0, 0])

    def test_a_sum_conceded_after_both_bills_is_given_once(self):
        self._create_structure({"RENT": 6000})
        stay = self._arrive("2040-10-31 20:00:00")
        bills = stay._create_period_bill()
        stay._transition("checked_in")
        with freeze_time("2040-11-11 06:00:00"), trap_jobs():
            new = stay._transfer(self.bed_b, date(2040, 11, 11), price=stay.price)
        bills += new._create_period_bill()
        self._concede(0, method="amount", amount=1800)
        credited = bills.reversal_move_ids.mapped("amount_total")
        self.assertEqual(sorted(credited), [100, 200])

    def test_a_notice_that_was_withdrawn_where_days_are_not_counted(self):
        self._create_structure({"RENT": 6200}, prorate=False)
        stay = self._arrive("2040-06-20 06:00:00")
        stay._transition("checked_in")
        stay._change(date_to=date(2040, 10, 21))
        bills = stay._create_period_bill(date(2040, 10, 1))
        stay._change(date_to=self.term.date_to)
        with freeze_time("2040-10-11 06:00:00"), trap_jobs():
            new = stay._transfer(self.bed_b, date(2040, 10, 11), price=stay.price)
        bills += new._create_period_bill()
        self.assertEqual(bills.mapped("amount_total"), [6200, 0])

    def test_from_a_bed_that_is_billed_by_the_quarter(self):
        self._create_structure({"RENT": 18000}, frequency="quarterly")
        self._create_structure({"RENT": 6000}, hostel_id=self.other_hostel.id)
        stay = self._arrive("2040-06-20 06:00:00")
        first = stay._create_period_bill()
        stay._transition("checked_in")
        with freeze_time("2040-08-11 06:00:00"), trap_jobs():
            new = stay._transfer(self.other_hostel.bed_ids[0], date(2040, 8, 11))
        bills = self._bill_all(new)
        # 51 of 92 days of 18,000 too much; 21 days of August, September and later months take it.
        too_much = round(18000 * 51 / 92, 2)
        self.assertEqual(first.amount_total, 18000)
        asked = round(6000 * 21 / 31, 2) + 4 * 6000
        self.assertAlmostEqual(sum(bills.mapped("amount_total")), asked - too_much)

    def test_from_a_bed_that_is_billed_once_nothing_is_taken_off(self):
        self._create_structure({"RENT": 36000}, frequency="one_time")
        self._create_structure({"RENT": 6000}, hostel_id=self.other_hostel.id)
        stay = self._arrive("2040-06-20 06:00:00")
        stay._create_period_bill()
        stay._transition("checked_in")
        with freeze_time("2040-07-11 06:00:00"), trap_jobs():
            new = stay._transfer(self.other_hostel.bed_ids[0], date(2040, 7, 11))
        self.assertEqual(new._get_overbilled(date(2041, 1, 1), own=True), {})

    def _plan_a_move(self, pay):
        """Who lives in a bed of 3,000 a month is to move on 21 November; both beds are billed.

        :return: the stay, its bill, the bill of the other bed
        """
        self._create_structure({"RENT": 3000})
        stay = self._arrive("2040-10-31 20:00:00")
        first = stay._create_period_bill()
        stay._transition("checked_in")
        with freeze_time("2040-11-05 06:00:00"), trap_jobs():
            planned = stay._transfer(self.bed_b, date(2040, 11, 21), price=6 * 9000)
            bill = planned._create_period_bill()
        if pay:
            self._pay_bill(first | bill)
        return stay, first, bill

    def _cancel_the_move(self, stay):
        with freeze_time("2040-11-06 06:00:00"), trap_jobs() as trap:
            stay.action_cancel_move()
            for job in trap.enqueued_jobs:
                if job.method_name == "_void_bills":
                    job.perform()
                    job.perform()

    def test_a_move_that_was_cancelled_is_not_paid(self):
        stay, first, bill = self._plan_a_move(pay=False)
        self.assertEqual(bill.amount_total, 2000)
        self._cancel_the_move(stay)
        self.assertEqual((bill.payment_state, bill.amount_residual), ("reversed", 0))
        self.assertEqual(first.amount_residual, 3000)

    def test_what_was_paid_for_a_move_that_was_cancelled_stays_the_students(self):
        stay, _first, bill = self._plan_a_move(pay=True)
        self._cancel_the_move(stay)
        self.assertEqual(bill.payment_state, "reversed")
        self.assertEqual(self._get_open_credit(), 2000)

    def test_what_was_paid_for_it_pays_the_bed_that_is_kept(self):
        stay, first, bill = self._plan_a_move(pay=False)
        self._pay_bill(bill)
        self._cancel_the_move(stay)
        self.assertEqual((first.amount_residual, self._get_open_credit()), (1000, -1000))
