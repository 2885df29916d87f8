"""Whether a meter's reading can be believed. Imports no odoo.

A reading is the counter itself, in kWh as ``Decimal``, at a moment in UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise

DAY = timedelta(days=1)
# As many intervals before a reading tell what is usual.
HISTORY = 6
# So many times the usual is a spike, unless it is little anyway.
SPIKE_FACTOR = Decimal(4)
SPIKE_AT_LEAST = Decimal(10)
MAX_READING = Decimal(10) ** 9
MAX_DIGITS = 20
PLACES = Decimal("0.001")


@dataclass(frozen=True)
class Reading:
    taken_at: datetime
    value: Decimal


def read_value(text: str) -> Decimal:
    """A counter as a person, a file or a device writes it: ``1234.5``, ``1,234.5``.

    :raises ValueError: ``NOT_A_NUMBER``, ``NEGATIVE``, ``TOO_LARGE``
    """
    cleaned = str(text).strip().replace(",", "")
    # Decimal also reads "NaN", "1e999999" and digits of other scripts.
    if not cleaned.isascii() or len(cleaned) > MAX_DIGITS or set(cleaned) - set("0123456789.-+"):
        raise ValueError("NOT_A_NUMBER")
    try:
        value = Decimal(cleaned)
    except InvalidOperation:
        raise ValueError("NOT_A_NUMBER") from None
    if value < 0:
        raise ValueError("NEGATIVE")
    if value >= MAX_READING:
        raise ValueError("TOO_LARGE")
    return value.quantize(PLACES)


def used(readings: Sequence[Reading]) -> Decimal:
    """kWh that were used from the first to the last of these believed readings.

    Where the counter goes down the meter was replaced: the new one began at 0.

    :param readings: of one meter, oldest first
    """
    steps = pairwise(reading.value for reading in readings)
    return sum((b - a if b >= a else b for a, b in steps), Decimal(0))


def per_day(before: Reading, after: Reading) -> Decimal:
    """kWh a day between two readings; less than an hour counts as one."""
    span = max(after.taken_at - before.taken_at, timedelta(hours=1))
    seconds = Decimal(int(span.total_seconds()))
    return used((before, after)) * Decimal(int(DAY.total_seconds())) / seconds


def judge(earlier: Sequence[Reading], reading: Reading, later: Reading | None = None) -> str:
    """What is odd about a reading.

    :param earlier: believed readings before it, oldest first; the last ones are looked at
    :param later: the next believed reading after it, if it arrives late
    :return: ``""``, ``backwards`` (less than before, or more than afterwards) or ``spike`` (far
        more a day than usual)
    """
    if not earlier:
        return "backwards" if later and later.value < reading.value else ""
    previous = earlier[-1]
    if reading.value < previous.value or (later and later.value < reading.value):
        return "backwards"
    known = earlier[-HISTORY - 1 :]
    usual = [per_day(a, b) for a, b in pairwise(known)]
    now = per_day(previous, reading)
    if usual and now > SPIKE_AT_LEAST and now > SPIKE_FACTOR * sum(usual) / len(usual):
        return "spike"
    return ""
