from datetime import date, datetime, timedelta
from decimal import Decimal as D

from odoo.tests import BaseCase

from odoo.addons.hostel_billing.tools.electricity import (
    Occupant,
    Slab,
    check_slabs,
    count_days,
    price,
    show,
    split,
    split_days,
)
from odoo.addons.hostel_billing.tools.meter_reading import Reading, judge, read_value, used

SLABS = [Slab(D(50), D(0)), Slab(D(150), D("4.15")), Slab(None, D("7.85"))]
JULY, AUGUST = date(2040, 7, 1), date(2040, 8, 1)


class TestTariff(BaseCase):
    def test_each_unit_costs_what_its_slab_says(self):
        for units, paise in [
            ("0", 0),
            ("50", 0),
            ("50.001", 0),
            ("51", 415),
            ("150", 41500),
            ("151", 42285),
            ("200.5", 41500 + 39643),
        ]:
            with self.subTest(units=units):
                self.assertEqual(price(D(units), SLABS)[0], paise)

    def test_rounding_happens_once_and_half_a_paisa_goes_up(self):
        slabs = [Slab(D(1), D("0.004")), Slab(None, D("0.001"))]
        # 0.4 and 0.1 paise: rounded one by one they would be nothing.
        self.assertEqual(price(D(2), slabs)[0], 1)

    def test_a_fixed_charge_is_due_without_any_unit(self):
        self.assertEqual(price(D(0), SLABS, D("35.50"))[0], 3550)

    def test_the_reached_slabs_explain_the_sum(self):
        _paise, parts = price(D(160), SLABS)
        self.assertEqual(
            [(p.units, p.rate) for p in parts], [(50, 0), (100, D("4.15")), (10, D("7.85"))]
        )

    def test_numbers_are_shown_without_needless_zeros(self):
        for value, text in [("50.000", "50"), ("7.3500", "7.35"), ("0.0", "0"), ("1200", "1200")]:
            self.assertEqual(show(D(value)), text)

    def test_a_tariff_with_a_hole_is_refused(self):
        for slabs, code in [
            ([], "NO_SLABS"),
            ([Slab(D(50), D(1))], "LAST_SLAB"),
            ([Slab(None, D(1)), Slab(None, D(2))], "LAST_SLAB"),
            ([Slab(D(50), D(1)), Slab(D(50), D(2)), Slab(None, D(3))], "SLAB_ORDER"),
            ([Slab(None, D(-1))], "NEGATIVE_RATE"),
        ]:
            with self.subTest(code=code), self.assertRaises(ValueError) as caught:
                check_slabs(slabs)
            self.assertEqual(str(caught.exception), code)
        with self.assertRaises(ValueError):
            price(D(-1), SLABS)


class TestSplit(BaseCase):
    def test_parts_add_up_to_the_paisa(self):
        for paise in range(200):
            for days in ([31, 31, 31], [1, 30, 17], [31], [7, 7, 7, 7, 7, 7, 3]):
                parts = split(paise, dict(enumerate(days)))
                self.assertEqual(sum(parts.values()), paise)
                for key, weight in enumerate(days):
                    self.assertLess(abs(parts[key] - D(paise) * weight / sum(days)), 1)

    def test_equal_days_get_the_odd_paisa_in_their_order(self):
        self.assertEqual(split(100, {"a": 1, "b": 1, "c": 1}), {"a": 34, "b": 33, "c": 33})

    def test_the_leaving_day_is_not_lived(self):
        rows = [
            Occupant("left", date(2040, 6, 1), date(2040, 7, 11)),
            Occupant("came", date(2040, 7, 11), date(2040, 12, 1)),
            Occupant("before", date(2040, 5, 1), JULY),
            Occupant("after", AUGUST, date(2040, 9, 1)),
        ]
        self.assertEqual(count_days(rows, JULY, AUGUST), {"left": 10, "came": 21})

    def test_who_comes_back_has_one_sum(self):
        rows = [
            Occupant("a", JULY, date(2040, 7, 3)),
            Occupant("a", date(2040, 7, 20), date(2040, 7, 25)),
            Occupant("b", JULY, date(2040, 7, 8)),
        ]
        parts, days = split_days(1400, rows, JULY, AUGUST)
        self.assertEqual(days, {"a": 7, "b": 7})
        self.assertEqual(parts, {"a": 700, "b": 700})

    def test_an_empty_room_owes_nothing_to_anybody(self):
        self.assertEqual(split_days(1400, [], JULY, AUGUST), ({}, {}))
        with self.assertRaises(ValueError):
            split(1, {})
        with self.assertRaises(ValueError):
            split(-1, {"a": 1})
        with self.assertRaises(ValueError):
            split(1, {"a": 0})


class TestMeterReading(BaseCase):
    @staticmethod
    def _series(*values):
        start = datetime(2040, 7, 1)
        return [Reading(start + timedelta(days=day), D(value)) for day, value in enumerate(values)]

    def test_a_counter_is_read_as_it_is_written(self):
        for text, value in [("1234.5", "1234.500"), (" 1,234 ", "1234.000"), ("0", "0.000")]:
            self.assertEqual(read_value(text), D(value))

    def test_what_is_no_counter_is_refused(self):
        for text, code in [
            ("", "NOT_A_NUMBER"),
            ("NaN", "NOT_A_NUMBER"),
            ("1e9", "NOT_A_NUMBER"),
            ("1.2.3", "NOT_A_NUMBER"),
            ("१२३", "NOT_A_NUMBER"),
            ("-1", "NEGATIVE"),
            ("1000000000", "TOO_LARGE"),
        ]:
            with self.subTest(text=text), self.assertRaises(ValueError) as caught:
                read_value(text)
            self.assertEqual(str(caught.exception), code)

    def test_a_counter_does_not_run_backwards(self):
        *earlier, reading = self._series(100, 104, 103.9)
        self.assertEqual(judge(earlier, reading), "backwards")
        *earlier, reading, later = self._series(100, 104, 109, 108)
        self.assertEqual(judge(earlier, reading, later), "backwards")
        *earlier, reading, later = self._series(100, 104, 107, 108)
        self.assertEqual(judge(earlier, reading, later), "")

    def test_far_more_than_usual_is_a_spike(self):
        *earlier, reading = self._series(100, 104, 108, 148)
        self.assertEqual(judge(earlier, reading), "spike")
        # Four times of little is little.
        *earlier, reading = self._series(100, 101, 102, 110)
        self.assertEqual(judge(earlier, reading), "")

    def test_a_longer_gap_is_no_spike(self):
        earlier = self._series(100, 104, 108)
        later = Reading(earlier[-1].taken_at + timedelta(days=10), D(150))
        self.assertEqual(judge(earlier, later), "")

    def test_the_first_reading_is_believed(self):
        self.assertEqual(judge([], self._series(5000)[0]), "")

    def test_units_are_added_up_step_by_step(self):
        for values, units in [
            ((), 0),
            ((100,), 0),
            ((100, 104, 110), 10),
            ((12000, 12180, 0, 130), 310),
            ((50, 350, 0, 90), 390),
            ((50, 350, 20, 90), 390),
            ((50, 350, 0, 90, 0, 7), 397),
        ]:
            with self.subTest(values=values):
                self.assertEqual(used(self._series(*values)), units)

    def test_a_replaced_meter_does_not_change_what_is_usual(self):
        *earlier, reading = self._series(900, 911, 922, 0, 15)
        self.assertEqual(judge(earlier, reading), "")
