"""What share of a payment goes back, by how early a booking is cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


class Slab(NamedTuple):
    """From so many days before the first day on, this share goes back.

    :param days_before: days before the first day of the stay; negative are days after it
    :param percent: of what was paid, 0 to 100
    """

    days_before: int
    percent: float


class Step(NamedTuple):
    """A slab in days of the calendar; ``last`` is the last day, or None without an end."""

    last: date | None
    percent: float


def refund_percent(slabs: Iterable[Slab], days_before: int) -> float:
    """Share that goes back when a booking is cancelled so many days before it begins.

    The slab with the largest number of days that is still reached counts; later than all of
    them, nothing goes back.

    :param days_before: whole days; 0 on the first day, negative afterwards
    :return: percent, 0 to 100
    """
    reached = [slab for slab in slabs if slab.days_before <= days_before]
    return max(reached, key=lambda slab: slab.days_before).percent if reached else 0.0


def calendar_steps(slabs: Iterable[Slab], first_day: date) -> list[Step]:
    """The slabs as a student reads them: until which day how much goes back.

    :param first_day: first day of the stay
    :return: steps in the order of the calendar; the last one has no end and gives 0
    """
    ordered = sorted(slabs, key=lambda slab: slab.days_before, reverse=True)
    steps: list[Step] = []
    for slab in ordered:
        # Day ordinals, so that days before and after the first day are one sum.
        last = first_day.fromordinal(first_day.toordinal() - slab.days_before)
        if steps and steps[-1].percent == slab.percent:
            steps[-1] = Step(last, slab.percent)
        else:
            steps.append(Step(last, slab.percent))
    if steps and steps[-1].percent == 0:
        steps.pop()
    return [*steps, Step(None, 0.0)]
