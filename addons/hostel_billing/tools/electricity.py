"""What electricity costs, and who pays which part of it. Imports no odoo.

Units are kWh as ``Decimal``; money is whole paise, so that parts add up to the whole. Ranges
of days are half-open, as everywhere: the last day is not in it.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from .fee_math import Period, overlap_days, share_out

PAISE = 100


@dataclass(frozen=True)
class Slab:
    """Units above the slab before and up to ``upto`` cost ``rate`` rupees each.

    ``upto`` is None for the last slab, which has no end.
    """

    upto: Decimal | None
    rate: Decimal


@dataclass(frozen=True)
class SlabCost:
    """Units of one slab with what they cost, not rounded yet."""

    units: Decimal
    rate: Decimal
    cost: Decimal


@dataclass(frozen=True)
class Occupant:
    """Somebody who lived there for a range of days."""

    key: Hashable
    day_from: date
    day_to: date


def check_slabs(slabs: Sequence[Slab]) -> None:
    """Refuse a tariff that leaves units without a price or prices them twice.

    :raises ValueError: ``NO_SLABS``, ``SLAB_ORDER``, ``LAST_SLAB``, ``NEGATIVE_RATE``
    """
    if not slabs:
        raise ValueError("NO_SLABS")
    if any(slab.rate < 0 for slab in slabs):
        raise ValueError("NEGATIVE_RATE")
    if slabs[-1].upto is not None or any(slab.upto is None for slab in slabs[:-1]):
        raise ValueError("LAST_SLAB")
    below = Decimal(0)
    for slab in slabs[:-1]:
        if slab.upto <= below:
            raise ValueError("SLAB_ORDER")
        below = slab.upto


def to_paise(amount: Decimal) -> int:
    """Rupees to whole paise; half a paisa goes up."""
    return int((amount * PAISE).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def show(value: Decimal) -> str:
    """A number without needless zeros: ``7.35``, ``50``."""
    return f"{value.normalize():f}"


def price(
    units: Decimal, slabs: Sequence[Slab], fixed: Decimal = Decimal(0)
) -> tuple[int, list[SlabCost]]:
    """Cost of a number of units, rounded once, at the end.

    :param units: kWh, ≥ 0
    :param fixed: rupees that are due however little was used
    :return: (paise, the slabs that were reached)
    :raises ValueError: ``NEGATIVE_UNITS``, or what :func:`check_slabs` says
    """
    check_slabs(slabs)
    if units < 0:
        raise ValueError("NEGATIVE_UNITS")
    below, costs = Decimal(0), []
    for slab in slabs:
        top = units if slab.upto is None else min(units, slab.upto)
        if top <= below:
            break
        costs.append(SlabCost(top - below, slab.rate, (top - below) * slab.rate))
        below = top
    total = sum((part.cost for part in costs), fixed)
    return to_paise(total), costs


def count_days(occupants: Iterable[Occupant], day_from: date, day_to: date) -> dict[Hashable, int]:
    """Days by key; who lived there twice has one sum, who did not at all is left out."""
    whole = Period(day_from, day_to, (day_to - day_from).days)
    found: dict[Hashable, int] = {}
    for occupant in occupants:
        days = overlap_days(whole, occupant.day_from, occupant.day_to)
        if days:
            found[occupant.key] = found.get(occupant.key, 0) + days
    return found


def split(paise: int, weights: dict[Hashable, int]) -> dict[Hashable, int]:
    """Split a sum by weights into whole paise that add up to it.

    Nobody is off by a whole paisa from the exact part.

    :param weights: positive numbers, such as days
    :raises ValueError: ``NOBODY`` without weights, ``NEGATIVE_SUM``, ``WEIGHT``
    """
    if not weights:
        raise ValueError("NOBODY")
    if paise < 0:
        raise ValueError("NEGATIVE_SUM")
    if min(weights.values()) <= 0:
        raise ValueError("WEIGHT")
    parts = share_out(Decimal(paise), list(weights.values()), unit=Decimal(1))
    return {key: int(part) for key, part in zip(weights, parts, strict=True)}


def split_days(
    paise: int, occupants: Iterable[Occupant], day_from: date, day_to: date
) -> tuple[dict[Hashable, int], dict[Hashable, int]]:
    """Split a sum among those who lived there, by their days.

    Days on which nobody was there cost nobody anything more: those who lived there used the units.

    :return: (paise by key, days by key); both empty if nobody lived there
    """
    days = count_days(occupants, day_from, day_to)
    return (split(paise, days) if days else {}), days
