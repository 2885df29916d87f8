from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.hostel_billing.tools.fee_math import (
    Concession,
    Period,
    Season,
    add_months,
    apply_concessions,
    due_date,
    late_fee,
    money,
    overlap_days,
    period_rate,
    prorate,
    rate_on,
    refund_split,
    share_out,
    split_periods,
)

D = Decimal


class TestFeeMath(BaseCase):
    def test_months_of_a_term(self):
        periods = split_periods(date(2040, 7, 10), date(2040, 10, 1), "monthly")
        self.assertEqual(
            [(p.date_from, p.date_to, p.days, p.cycle_days) for p in periods],
            [
                (date(2040, 7, 10), date(2040, 8, 1), 22, 31),
                (date(2040, 8, 1), date(2040, 9, 1), 31, 31),
                (date(2040, 9, 1), date(2040, 10, 1), 30, 30),
            ],
        )
        self.assertEqual([p.is_partial for p in periods], [True, False, False])

    def test_quarters_years_and_once(self):
        term = (date(2040, 7, 1), date(2041, 1, 1))
        self.assertEqual([p.days for p in split_periods(*term, "quarterly")], [92, 92])
        self.assertEqual(split_periods(*term, "one_time"), [Period(*term, 184)])
        [year] = split_periods(date(2040, 7, 15), date(2041, 6, 1), "yearly")
        self.assertEqual((year.days, year.cycle_days), (321, 365))
        for bad in ((term[1], term[0], "monthly"), (*term, "weekly")):
            with self.assertRaises(ValueError):
                split_periods(*bad)

    def test_months_are_added_across_years_and_short_months(self):
        self.assertEqual(add_months(date(2040, 1, 31), 1), date(2040, 2, 29))
        self.assertEqual(add_months(date(2041, 1, 31), 1), date(2041, 2, 28))
        self.assertEqual(add_months(date(2040, 11, 5), 3), date(2041, 2, 5))

    def test_part_of_a_month_to_the_paisa(self):
        self.assertEqual(prorate(D(7000), 22, 31), D("4967.74"))
        self.assertEqual(prorate(D(7000), 0, 31), D(0))
        self.assertEqual(prorate(D(7000), 31, 31), D(7000))
        self.assertEqual(prorate(D("0.01"), 1, 2), D("0.01"), "half a paisa is rounded up")
        for days in (-1, 32):
            with self.assertRaises(ValueError):
                prorate(D(1), days, 31)

    def test_shares_add_up_exactly(self):
        self.assertEqual(share_out(D(100), [1, 1, 1]), [D("33.34"), D("33.33"), D("33.33")])
        self.assertEqual(share_out(D("0.02"), [1, 1, 1]), [D("0.01"), D("0.01"), D(0)])
        # Parts of 21 that no decimal number writes down: equal all the same.
        shares = share_out(D("46.71"), [8, 1, 8, 4])
        self.assertEqual(shares, [D("17.80"), D("2.22"), D("17.79"), D("8.90")])
        for total in ("0.01", "99999.99", "42000", "123.45"):
            for weights in ([7, 31, 30], [0, 5], [D("0.1")] * 7):
                self.assertEqual(sum(share_out(D(total), weights)), D(total))
        for bad in ([], [0, 0], [1, -1]):
            with self.assertRaises(ValueError):
                share_out(D(1), bad)

    def test_seasons_add_up_on_the_base_and_a_fixed_rate_replaces_it(self):
        exams = Season("Exams", "percent", D(10), date(2040, 9, 1), date(2040, 9, 11))
        full = Season("Full house", "amount", D(500))
        fixed = Season("Summer", "fixed", D(3000), date(2040, 9, 5), date(2040, 10, 1))
        day = date(2040, 9, 3)
        self.assertEqual(rate_on(D(6000), [exams, full], day).current, D(7100))
        self.assertEqual(rate_on(D(6000), [exams, full], day).why, ("Exams", "Full house"))
        both = rate_on(D(6000), [exams, full, fixed], date(2040, 9, 6))
        self.assertEqual((both.base, both.current), (D(6000), D(3800)))
        self.assertEqual(rate_on(D(6000), [exams], date(2040, 9, 11)).why, ())
        free = Season("Free", "percent", D(-100))
        self.assertEqual(rate_on(D(100), [free, free], day).current, D(0))

    def test_a_period_half_in_a_season_costs_the_mean_of_its_days(self):
        [september] = split_periods(date(2040, 9, 1), date(2040, 10, 1), "monthly")
        exams = Season("Exams", "percent", D(10), date(2040, 9, 1), date(2040, 9, 11))
        rate = period_rate(D(6000), [exams], september)
        self.assertEqual((rate.current, rate.why), (D(6200), ("Exams (10/30)",)))
        self.assertEqual(period_rate(D(6000), [], september).current, D(6000))

    def test_concessions_never_take_more_than_all(self):
        half = Concession(1, "percent", D(50))
        sum_ = Concession(2, "amount", D(700))
        self.assertEqual(apply_concessions(D(1000), [half, sum_]), [(1, D(500)), (2, D(500))])
        self.assertEqual(apply_concessions(D(0), [half]), [])
        third = Concession(3, "percent", D("33.333"))
        self.assertEqual(apply_concessions(D(1000), [third]), [(3, D("333.33"))])

    def test_late_fee_has_grace_and_a_cap(self):
        self.assertEqual([late_fee(days, D(50), 5) for days in (0, 5, 6, 10)], [0, 0, 50, 250])
        self.assertEqual(late_fee(400, D(50), 5, D(1000)), D(1000))
        self.assertEqual(late_fee(-3, D(50)), D(0))
        for bad in ((1, D(-1)), (1, D(1), -1), (1, D(1), 0, D(-1))):
            with self.assertRaises(ValueError):
                late_fee(*bad)

    def test_the_due_day_of_a_short_month(self):
        bill = date(2041, 2, 1)
        self.assertEqual(due_date(date(2041, 2, 1), 31, bill), date(2041, 2, 28))
        self.assertEqual(due_date(date(2041, 2, 1), 10, date(2041, 2, 20)), date(2041, 2, 20))
        self.assertEqual(due_date(date(2041, 2, 1), 0, bill), bill)
        with self.assertRaises(ValueError):
            due_date(bill, 32, bill)

    def test_the_deposit_goes_back_whole_and_the_fees_by_the_slab(self):
        self.assertEqual(refund_split(D(50000), D(10000), D(75)), (D(40000), D(10000)))
        self.assertEqual(refund_split(D(5000), D(10000), D(0)), (D(5000), D(0)))
        self.assertEqual(refund_split(D("0.01"), D(0), D(50)), (D("0.01"), D(0)))

    def test_days_that_two_ranges_share(self):
        [july] = split_periods(date(2040, 7, 1), date(2040, 8, 1), "monthly")
        self.assertEqual(overlap_days(july, date(2040, 7, 20), date(2041, 1, 1)), 12)
        self.assertEqual(overlap_days(july, date(2040, 8, 1), date(2041, 1, 1)), 0)

    def test_money_rounds_half_away_from_zero(self):
        self.assertEqual(
            [money(x) for x in (0.005, -0.005, 2.675)], [D("0.01"), D("-0.01"), D("2.68")]
        )
