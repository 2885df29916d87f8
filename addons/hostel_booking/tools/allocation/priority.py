"""The order in which applicants choose: classes by policy, a public lottery inside a class."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .problem import Applicant, Member, Policy


# What a smaller value of goes first; of the others a larger one.
SMALLER_FIRST = ("year_junior", "slot")
NO_SLOT = 10**9


def lottery_text(seed: str, applicant_id: int) -> str:
    """What the lot of an applicant is computed of."""
    return f"{seed}:{applicant_id}"


def lottery_number(seed: str, applicant_id: int) -> int:
    """The lot of an applicant: SHA-256 of ``seed:id`` as a number; the smallest goes first.

    It depends on nothing else, so anybody can compute it again and nobody's lot changes when
    others come or go.
    """
    return int.from_bytes(hashlib.sha256(lottery_text(seed, applicant_id).encode()).digest(), "big")


def priority_class(
    applicant: Applicant, criteria: tuple[str, ...], policy: Policy
) -> tuple[float, ...]:
    """Sort key of the class of an applicant, smallest first; a cohort counts with its average.

    A student with a disability, or a cohort with one, comes before all others: only then is
    an accessible bed never taken by somebody else while such a student waits for it.
    """
    steps = dict(policy.steps)
    values: list[float] = [0.0 if applicant.has_pwd else 1.0]
    for name in criteria:
        average = sum(_fact(member, name) for member in applicant.members) / len(applicant.members)
        step = steps.get(name, 0)
        # Rounded, so that equal averages of different cohorts are equal.
        value = round(average // step if step else average, 6)
        values.append(value if name in SMALLER_FIRST else -value)
    return tuple(values)


def _fact(member: Member, criterion: str) -> float:
    if criterion == "slot":
        return member.slot or NO_SLOT
    return getattr(member, "year" if criterion == "year_junior" else criterion)


def choosing_order(applicants: Iterable[Applicant], policy: Policy) -> list[Applicant]:
    """All applicants, the first to choose first."""
    return sorted(
        applicants,
        key=lambda one: (
            priority_class(one, policy.criteria, policy),
            lottery_number(policy.seed, one.id),
            one.id,
        ),
    )
