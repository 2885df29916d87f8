"""Rows of a file of meter readings. Imports no odoo."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from .meter_reading import read_value

# What colleges and meter makers call the columns.
NAMES = {
    "serial": {"serial", "serial number", "serial no", "meter", "meter no", "meter number"},
    "taken_at": {"date", "read on", "reading date", "date time", "datetime", "time", "timestamp"},
    "value": {"reading", "kwh", "value", "meter reading", "counter", "units"},
}
_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
)
_DAYS = ("%Y-%m-%d", "%d-%m-%Y")
# A day without a time: the reader comes in the morning.
MORNING = time(9)


@dataclass(frozen=True)
class Row:
    """One line of the file; ``problem`` is a code, empty if it can be used."""

    number: int
    serial: str = ""
    taken_at: datetime | None = None
    value: Decimal | None = None
    problem: str = ""


def find_columns(header: Sequence[str]) -> dict[str, int]:
    """Where the columns are: ``{"serial", "taken_at", "value": index}``, without missing ones."""
    found: dict[str, int] = {}
    for index, label in enumerate(header):
        word = " ".join(re.findall(r"[a-z]+", label.lower()))
        for target, names in NAMES.items():
            if word in names:
                found.setdefault(target, index)
    return found


def score(cells: Sequence[str]) -> int:
    return len(find_columns(cells))


def read_moment(text: str) -> datetime:
    """Local time of a cell; the day comes first unless the year does.

    :raises ValueError: ``NO_DATE``
    """
    cleaned = " ".join(text.replace("/", "-").replace(".", "-").split())
    for pattern in _FORMATS:
        try:
            return datetime.strptime(cleaned, pattern)
        except ValueError:
            continue
    for pattern in _DAYS:
        try:
            return datetime.combine(_read_day(cleaned, pattern), MORNING)
        except ValueError:
            continue
    raise ValueError("NO_DATE")


def _read_day(text: str, pattern: str) -> date:
    return datetime.strptime(text, pattern).date()


def read_row(number: int, cells: Sequence[str], columns: dict[str, int]) -> Row:
    """One row; what is wrong with it is its ``problem``: ``NO_SERIAL``, ``NO_DATE``,
    ``NOT_A_NUMBER``, ``NEGATIVE`` or ``TOO_LARGE``."""
    serial = cells[columns["serial"]].strip()
    if not serial:
        return Row(number, problem="NO_SERIAL")
    try:
        taken_at = read_moment(cells[columns["taken_at"]])
        value = read_value(cells[columns["value"]])
    except ValueError as error:
        return Row(number, serial, problem=str(error))
    return Row(number, serial, taken_at, value)
