"""Arithmetic of fees: periods, shares, seasons, concessions, late fees.

Money is ``Decimal``. Periods are half-open: the last day is the leaving day.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PAISA = Decimal("0.01")
HUNDRED = Decimal(100)
MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}


class Period(NamedTuple):
    """What one bill is for: ``[date_from, date_to)`` of a cycle of ``cycle_days`` days.

    A stay that begins inside a month has a period that is shorter than its cycle.
    """

    date_from: date
    date_to: date
    cycle_days: int

    @property
    def days(self) -> int:
        return (self.date_to - self.date_from).days

    @property
    def is_partial(self) -> bool:
        return self.days < self.cycle_days


class Season(NamedTuple):
    """Days on which another rate counts: ``[date_from, date_to)``; None has no end.

    :param kind: ``percent`` (of the base), ``amount`` (added to it) or ``fixed`` (instead of it)
    """

    name: str
    kind: str
    value: Decimal
    date_from: date | None = None
    date_to: date | None = None

    def covers(self, day: date) -> bool:
        begun = self.date_from is None or self.date_from <= day
        return begun and (self.date_to is None or day < self.date_to)


class Rate(NamedTuple):
    """A rate on a day: what it is without seasons, what it is, and why."""

    base: Decimal
    current: Decimal
    why: tuple[str, ...]


class Concession(NamedTuple):
    """:param kind: ``percent`` or ``amount``; ``key`` comes back with the result"""

    key: int
    kind: str
    value: Decimal


def money(value, unit: Decimal = PAISA) -> Decimal:
    """A number as money, half a paisa rounded up (away from zero)."""
    return Decimal(str(value)).quantize(unit, ROUND_HALF_UP)


def add_months(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def split_periods(date_from: date, date_to: date, frequency: str) -> list[Period]:
    """The bills of a stay, in order.

    Monthly and quarterly bills follow the calendar's months (quarters begin with the month of
    ``date_from``), a yearly one the day of ``date_from``; ``one_time`` is a single period.

    :param frequency: ``monthly``, ``quarterly``, ``yearly`` or ``one_time``
    :raises ValueError: if the dates are not in order or the frequency is unknown
    """
    if date_to <= date_from:
        raise ValueError("the last day comes before the first")
    if frequency == "one_time":
        return [Period(date_from, date_to, (date_to - date_from).days)]
    if frequency not in MONTHS:
        raise ValueError(f"unknown frequency: {frequency}")
    start = date_from if frequency == "yearly" else date_from.replace(day=1)
    periods = []
    while start < date_to:
        end = add_months(start, MONTHS[frequency])
        first, last = max(start, date_from), min(end, date_to)
        periods.append(Period(first, last, (end - start).days))
        start = end
    return periods


def overlap_days(period: Period, date_from: date, date_to: date) -> int:
    """How many days of a period lie in ``[date_from, date_to)``."""
    days = (min(period.date_to, date_to) - max(period.date_from, date_from)).days
    return max(days, 0)


def prorate(amount: Decimal, days: int, cycle_days: int) -> Decimal:
    """The part of an amount for so many days of a cycle, to the paisa.

    :raises ValueError: if there are more days than the cycle has, or fewer than none
    """
    if not 0 <= days <= cycle_days or not cycle_days:
        raise ValueError("so many days are not in the cycle")
    return money(Decimal(amount) * days / cycle_days)


def share_out(
    total: Decimal, weights: Sequence[Decimal | int], unit: Decimal = PAISA
) -> list[Decimal]:
    """Shares of a total in proportion to weights; their sum is the total, to the paisa.

    What rounding leaves goes to the largest remainders (Hamilton's method), the first of equals
    first; equal means exactly so.

    :raises ValueError: without weights, or if one is negative, or all are 0
    """
    whole = sum(Fraction(weight) for weight in weights)
    if not weights or whole <= 0 or min(weights) < 0:
        raise ValueError("shares need weights")
    units = (Decimal(total) / unit).to_integral_value(ROUND_HALF_UP)
    exact = [Fraction(units) * Fraction(weight) / whole for weight in weights]
    floors = [floor(share) for share in exact]
    left = int(units) - sum(floors)
    by_remainder = sorted(
        range(len(exact)), key=lambda index: (floors[index] - exact[index], index)
    )
    for index in by_remainder[:left]:
        floors[index] += 1
    return [share * unit for share in floors]


def rate_on(base: Decimal, seasons: Iterable[Season], day: date) -> Rate:
    """The rate on a day: every season that covers it is applied to the base.

    A ``fixed`` season replaces the base first; percents and amounts of all others are of that and
    add up. A rate is never below 0.
    """
    found = [season for season in seasons if season.covers(day)]
    fixed = [season for season in found if season.kind == "fixed"]
    start = fixed[-1].value if fixed else base
    current, why = start, [fixed[-1].name] if fixed else []
    for season in found:
        if season.kind == "percent":
            current += start * season.value / HUNDRED
        elif season.kind == "amount":
            current += season.value
        else:
            continue
        why.append(season.name)
    return Rate(base, money(max(current, Decimal(0))), tuple(why))


def period_rate(base: Decimal, seasons: Sequence[Season], period: Period) -> Rate:
    """The rate of a whole cycle whose days may lie in several seasons: the mean of its days.

    :param base: for the whole cycle
    :return: the rate of the whole cycle, not yet prorated
    """
    if not seasons:
        return Rate(base, money(base), ())
    total, why = Decimal(0), {}
    for number in range(period.days):
        rate = rate_on(base, seasons, period.date_from + timedelta(days=number))
        total += rate.current
        for reason in rate.why:
            why[reason] = why.get(reason, 0) + 1
    reasons = tuple(
        name if days == period.days else f"{name} ({days}/{period.days})"
        for name, days in why.items()
    )
    return Rate(base, money(total / period.days), reasons)


def daily_rate(amount: Decimal, cycle_days: int) -> Decimal:
    """What one day of a cycle costs."""
    return prorate(amount, 1, cycle_days)


def apply_concessions(
    amount: Decimal, concessions: Iterable[Concession]
) -> list[tuple[int, Decimal]]:
    """What each concession takes off an amount; together never more than all of it.

    Each percent is of the whole amount, not of what the ones before it left.

    :return: ``(key, what is taken off)``, without those that take off nothing
    """
    left, taken = max(Decimal(amount), Decimal(0)), []
    for concession in concessions:
        wanted = (
            money(amount * concession.value / HUNDRED)
            if concession.kind == "percent"
            else concession.value
        )
        part = min(max(wanted, Decimal(0)), left)
        if part:
            taken.append((concession.key, part))
            left -= part
    return taken


def late_fee(
    days_late: int, daily: Decimal, grace_days: int = 0, cap: Decimal | None = None
) -> Decimal:
    """Late fee of one bill, in the bill's currency.

    The days of grace cost nothing, also once they are over.

    :param days_late: whole days after the due date; less than 1 costs nothing
    :param cap: never more than this; None has no cap
    :raises ValueError: if a rate, the grace or the cap is negative
    """
    if daily < 0 or grace_days < 0 or (cap is not None and cap < 0):
        raise ValueError("a late fee is not negative")
    fee = money(daily * max(days_late - grace_days, 0))
    return fee if cap is None else min(fee, money(cap))


def due_date(period_from: date, due_day: int, billed_on: date) -> date:
    """The day by which a bill is paid: the due day in the month in which its period begins.

    :param due_day: 1 to 31, the last of a shorter month; 0 is the day of the bill
    :return: never before the bill's own day, nor before the period
    :raises ValueError: for another due day
    """
    if not 0 <= due_day <= 31:
        raise ValueError("a due day lies between 1 and 31")
    if not due_day:
        return billed_on
    last = calendar.monthrange(period_from.year, period_from.month)[1]
    return max(period_from.replace(day=min(due_day, last)), period_from, billed_on)


def refund_split(paid: Decimal, deposit_paid: Decimal, percent: Decimal) -> tuple[Decimal, Decimal]:
    """What goes back of a payment when a booking is cancelled: a share of the fees by the slab,
    and all of the deposit.

    :param paid: everything that was paid, the deposit with it
    :param percent: of the fees, 0 to 100
    :return: ``(goes back, is kept)``; together what was paid
    """
    deposit = min(max(deposit_paid, Decimal(0)), paid)
    back = deposit + money((paid - deposit) * percent / HUNDRED)
    return back, paid - back
