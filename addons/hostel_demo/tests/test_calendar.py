from datetime import date, timedelta

from odoo.tests import BaseCase

from ..campus.calendar import YEAR_STARTS, plan_terms


class TestCalendar(BaseCase):
    """The demonstration works on any day of any year."""

    def test_every_day_lies_in_the_current_term(self):
        day = date(2026, 1, 1)
        while day < date(2029, 1, 1):
            plan = plan_terms(day)
            self.assertLessEqual(plan.current.date_from, day)
            self.assertGreater(plan.current.date_to, day)
            self.assertLessEqual(plan.current.date_to, plan.next.date_from)
            day += timedelta(days=1)

    def test_terms_lie_inside_their_academic_year(self):
        for month in range(1, 13):
            for term in plan_terms(date(2026, month, 25)):
                self.assertGreaterEqual(term.date_from, date(term.year, *YEAR_STARTS))
                self.assertLessEqual(term.date_to, date(term.year + 1, *YEAR_STARTS))

    def test_in_november_the_next_term_is_january_to_may(self):
        plan = plan_terms(date(2026, 11, 20))
        self.assertEqual((plan.current.code, plan.next.code), ("2026M", "2027S"))
        self.assertEqual(plan.next.name, "Jan–May 2027")

    def test_in_a_vacation_the_old_term_goes_on(self):
        plan = plan_terms(date(2026, 12, 25))
        self.assertEqual(plan.current.date_to, plan.next.date_from)
        plan = plan_terms(date(2027, 6, 15))
        self.assertEqual((plan.current.code, plan.next.code), ("2027S", "2027M"))
