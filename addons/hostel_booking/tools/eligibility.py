"""Who may use a booking window, without the ORM.

One answer for one student; the ORM asks the same as a domain for thousands, and a test compares
the two.
"""

from __future__ import annotations

from dataclasses import dataclass

INACTIVE = "STUDENT_INACTIVE"
GENDER = "GENDER_MISMATCH"
YEAR = "NOT_YOUR_YEAR"
PROGRAMME = "NOT_YOUR_PROGRAMME"
CATEGORY = "NOT_YOUR_CATEGORY"
DUES = "OUTSTANDING_FEES"
UNDERTAKING = "UNDERTAKING_MISSING"


@dataclass(frozen=True)
class Rules:
    """Whom a window is meant for; what is empty asks nothing.

    :param gender: key of the gender, or empty
    :param year_from: first year of study, counted from 1
    :param year_to: last year of study
    :param programmes: ids of programmes
    :param categories: keys of admission categories
    """

    gender: str = ""
    year_from: int = 1
    year_to: int = 9
    programmes: frozenset[int] = frozenset()
    categories: frozenset[str] = frozenset()
    needs_clearance: bool = False
    needs_undertaking: bool = False


@dataclass(frozen=True)
class Facts:
    """What the rules look at; never leaves the server."""

    gender: str
    year: int
    programme: int = 0
    category: str = ""
    is_active: bool = True
    is_cleared: bool = False
    has_undertaking: bool = False


def judge(rules: Rules, facts: Facts) -> list[str]:
    """Codes of everything that speaks against a student; empty if the window is for them.

    What nobody can change comes first, what the student can mend comes last.
    """
    found = {
        INACTIVE: not facts.is_active,
        GENDER: bool(rules.gender) and facts.gender != rules.gender,
        YEAR: not rules.year_from <= facts.year <= rules.year_to,
        PROGRAMME: bool(rules.programmes) and facts.programme not in rules.programmes,
        CATEGORY: bool(rules.categories) and facts.category not in rules.categories,
        UNDERTAKING: rules.needs_undertaking and not facts.has_undertaking,
        DUES: rules.needs_clearance and not facts.is_cleared,
    }
    return [code for code, is_against in found.items() if is_against]
