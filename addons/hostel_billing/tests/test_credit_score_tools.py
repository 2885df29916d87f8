from datetime import date

from odoo.tests import BaseCase

from odoo.addons.hostel_billing.tools.credit_score import (
    HIGHEST,
    LOWEST,
    START,
    Due,
    add_up,
    judge,
    judge_bill,
)

TODAY = date(2041, 1, 10)


class TestCreditScoreTools(BaseCase):
    def _judge(self, due, paid=None, **kwargs):
        return [(r.kind, r.days, r.points) for r in judge(Due(1, due, paid, **kwargs), TODAY)]

    def test_each_way_of_paying_has_its_points(self):
        due = date(2040, 12, 10)
        for paid, expected in [
            (date(2040, 12, 1), ("early", 9, 15)),
            (date(2040, 12, 7), ("early", 3, 15)),
            (date(2040, 12, 8), ("on_time", 2, 10)),
            (date(2040, 12, 10), ("on_time", 0, 10)),
            (date(2040, 12, 11), ("late", 1, -12)),
            (date(2040, 12, 30), ("late", 20, -50)),
            (date(2041, 1, 10), ("late", 31, -72)),
            (None, ("open", 31, -82)),
        ]:
            with self.subTest(paid=paid):
                self.assertEqual(self._judge(due, paid), [expected])

    def test_being_late_is_bounded(self):
        self.assertEqual(self._judge(date(2039, 7, 1), date(2040, 7, 1))[0][2], -80)
        self.assertEqual(self._judge(date(2039, 7, 1))[0][2], -120)

    def test_what_is_not_due_yet_says_nothing(self):
        self.assertEqual(self._judge(TODAY), [])
        self.assertEqual(self._judge(date(2041, 2, 1)), [])

    def test_old_sins_are_forgotten(self):
        self.assertEqual(self._judge(date(2039, 1, 10)), [])
        self.assertEqual(len(self._judge(date(2039, 1, 11))), 1)

    def test_a_bounced_cheque_counts_beside_the_payment(self):
        due, days = date(2040, 12, 10), (date(2040, 12, 8), date(2040, 12, 4))
        found = self._judge(due, due, bounced=days)
        self.assertEqual(found, [("bounced", 2, -100), ("on_time", 0, 10)])
        self.assertEqual(judge(Due(1, due, due, days), TODAY)[0].day, date(2040, 12, 8))

    def test_a_cheque_can_bounce_before_the_bill_is_due(self):
        found = self._judge(date(2041, 2, 1), bounced=(date(2041, 1, 9),))
        self.assertEqual(found, [("bounced", 1, -50)])

    def _judge_bill(self, *parts, **kwargs):
        dues = [Due(1, due, paid) for due, paid in parts[:-1]]
        dues.append(Due(1, *parts[-1], **kwargs))
        return sorted((r.kind, r.due, r.days, r.points) for r in judge_bill(dues, TODAY))

    def test_of_instalments_the_worst_counts(self):
        first, second, third = date(2040, 10, 1), date(2040, 11, 1), date(2040, 12, 1)
        for paid, expected in [
            ((first, second, third), [("on_time", first, 0, 10)]),
            ((first, second, date(2040, 11, 20)), [("on_time", first, 0, 10)]),
            ((date(2040, 9, 20), date(2040, 10, 27), second), [("early", second, 5, 15)]),
            ((date(2040, 10, 2), date(2040, 11, 5), third), [("late", second, 4, -18)]),
            ((date(2040, 11, 25),) * 3, [("late", first, 55, -80)]),
        ]:
            with self.subTest(paid=paid):
                parts = zip((first, second, third), paid, strict=True)
                self.assertEqual(self._judge_bill(*parts), expected)

    def test_open_instalments_begin_with_the_first_that_is_late(self):
        first, second, later = date(2040, 12, 1), date(2040, 12, 31), date(2041, 2, 1)
        self.assertEqual(
            self._judge_bill((first, None), (second, None)), [("open", first, 40, -100)]
        )
        self.assertEqual(
            self._judge_bill((first, date(2040, 12, 3)), (second, None), (later, None)),
            [("late", first, 2, -14), ("open", second, 10, -40)],
        )
        # No praise before all of it is paid.
        self.assertEqual(self._judge_bill((first, first), (later, None)), [])

    def test_a_bounced_cheque_counts_once_for_all_instalments(self):
        due = date(2040, 12, 10)
        found = self._judge_bill((due, due), (due, due), bounced=(date(2040, 12, 4),))
        self.assertEqual([kind for kind, *_rest in found], ["bounced", "on_time"])

    def test_the_score_stays_within_its_bounds_at_each_step(self):
        self.assertEqual(add_up([]), START)
        self.assertEqual(add_up([10, -30]), START - 20)
        self.assertEqual(add_up([-120] * 20), LOWEST)
        self.assertEqual(add_up([15] * 100), HIGHEST)
        self.assertEqual(add_up([15] * 100 + [-50]), HIGHEST - 50)
