"""Academic years and terms around today."""

from datetime import date
from typing import NamedTuple

# Month and day on which a term starts and on which its students leave.
ODD_STARTS, ODD_ENDS = (7, 1), (12, 20)
EVEN_STARTS, EVEN_ENDS = (1, 4), (6, 1)
YEAR_STARTS = (7, 1)


class TermPlan(NamedTuple):
    name: str
    code: str
    year: int  # in which its academic year begins
    date_from: date
    date_to: date  # leaving day


class Plan(NamedTuple):
    current: TermPlan
    next: TermPlan


class Terms(NamedTuple):
    plan: Plan
    current: object  # hostel.term
    next: object


def odd_term(year: int) -> TermPlan:
    """July to December."""
    return TermPlan(
        f"Jul–Dec {year}", f"{year}M", year, date(year, *ODD_STARTS), date(year, *ODD_ENDS)
    )


def even_term(year: int) -> TermPlan:
    """January to May."""
    return TermPlan(
        f"Jan–May {year}", f"{year}S", year - 1, date(year, *EVEN_STARTS), date(year, *EVEN_ENDS)
    )


def plan_terms(today: date) -> Plan:
    """The term in progress and the one after it; in a vacation the old term goes on.

    :return: a plan with ``current.date_from <= today < current.date_to`` and
        ``current.date_to <= next.date_from``
    """
    terms = [
        odd_term(today.year - 1),
        even_term(today.year),
        odd_term(today.year),
        even_term(today.year + 1),
    ]
    current = max(
        (term for term in terms if term.date_from <= today), key=lambda term: term.date_from
    )
    following = terms[terms.index(current) + 1]
    if current.date_to <= today:
        current = current._replace(date_to=following.date_from)
    return Plan(current, following)


def create_terms(env) -> Terms:
    """Create the two terms of today's plan and their academic years."""
    plan = plan_terms(env.cr.now().date())
    years = {}
    for start in sorted({plan.current.year, plan.next.year}):
        years[start] = env["hostel.academic.year"].create(
            {
                "name": f"{start}–{(start + 1) % 100:02d}",
                "date_from": date(start, *YEAR_STARTS),
                "date_to": date(start + 1, *YEAR_STARTS),
            }
        )
    current, following = env["hostel.term"].create(
        [
            {
                "name": term.name,
                "code": term.code,
                "year_id": years[term.year].id,
                "date_from": term.date_from,
                "date_to": term.date_to,
            }
            for term in plan
        ]
    )
    return Terms(plan, current, following)
