"""Arguments of the availability, checked without the ORM."""

from __future__ import annotations

from datetime import date, timedelta

# More than an academic year with its preparation; longer ranges are a slip.
LONGEST_DAYS = 400
GROUPS = ("hostel", "room_type")


class Unfit(ValueError):
    """An argument that can't be used.

    :param code: such as ``INVALID_DATE_RANGE``
    """

    def __init__(self, code: str, name: str) -> None:
        super().__init__(code)
        self.code = code
        self.name = name


def as_day(value: object, name: str) -> date:
    """A day from ``YYYY-MM-DD`` or a date.

    :raises Unfit: ``INVALID_DATE``
    """
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else _no_day()
    except ValueError:
        raise Unfit("INVALID_DATE", name) from None


def _no_day() -> date:
    raise ValueError


def as_range(date_from: object, date_to: object) -> tuple[date, date]:
    """A half-open range of days: the second is the leaving day.

    :raises Unfit: ``INVALID_DATE``, ``INVALID_DATE_RANGE``
    """
    first, last = as_day(date_from, "date_from"), as_day(date_to, "date_to")
    if not first < last <= first + timedelta(days=LONGEST_DAYS):
        raise Unfit("INVALID_DATE_RANGE", "date_to")
    return first, last


def as_ids(value: object, name: str) -> list[int]:
    """A list of ids from None, one id or several.

    :raises Unfit: ``BAD_REQUEST``
    """
    if value in (None, False, ()):
        return []
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    if len(items) > 1000 or not all(type(item) is int and item > 0 for item in items):
        raise Unfit("BAD_REQUEST", name)
    return items


def as_codes(value: object, name: str) -> list[str]:
    """A list of codes, such as amenities.

    :raises Unfit: ``BAD_REQUEST``
    """
    if not value:
        return []
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    if len(items) > 50 or not all(isinstance(item, str) and len(item) <= 64 for item in items):
        raise Unfit("BAD_REQUEST", name)
    return items
