"""How much goes back, day by day; the figures are counted by hand."""

import unittest
from datetime import date

from ..tools.refund_slabs import Slab, Step, calendar_steps, refund_percent

# The scale of the University Grants Commission for admission fees (notification of October
# 2018), with the first day in the place of the last day of admission.
SCALE = [Slab(15, 100), Slab(1, 90), Slab(-15, 80), Slab(-30, 50)]
FIRST = date(2031, 1, 4)


class TestRefundPercent(unittest.TestCase):
    def test_each_edge_belongs_to_the_better_slab(self):
        for days, percent in (
            (60, 100),
            (15, 100),
            (14, 90),
            (1, 90),
            (0, 80),
            (-15, 80),
            (-16, 50),
            (-30, 50),
            (-31, 0),
        ):
            with self.subTest(days=days):
                self.assertEqual(refund_percent(SCALE, days), percent)

    def test_the_order_of_the_slabs_does_not_matter(self):
        for days in range(-40, 40):
            self.assertEqual(refund_percent(SCALE, days), refund_percent(SCALE[::-1], days))

    def test_without_slabs_nothing_goes_back(self):
        self.assertEqual(refund_percent([], 100), 0)

    def test_the_calendar_says_the_same_as_the_rule(self):
        steps = calendar_steps(SCALE, FIRST)
        self.assertEqual(
            steps,
            [
                Step(date(2030, 12, 20), 100),
                Step(date(2031, 1, 3), 90),
                Step(date(2031, 1, 19), 80),
                Step(date(2031, 2, 3), 50),
                Step(None, 0),
            ],
        )
        for ordinal in range(FIRST.toordinal() - 40, FIRST.toordinal() + 40):
            day = date.fromordinal(ordinal)
            step = next(step for step in steps if step.last is None or day <= step.last)
            self.assertEqual(step.percent, refund_percent(SCALE, (FIRST - day).days))

    def test_equal_neighbours_are_one_step(self):
        steps = calendar_steps([Slab(10, 50), Slab(5, 50), Slab(2, 0)], FIRST)
        self.assertEqual(steps, [Step(date(2030, 12, 30), 50), Step(None, 0)])
