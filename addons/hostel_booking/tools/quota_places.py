"""Whether the places that a student may take somewhere are full, as far as the map knows.

A hint that saves a student the way to *Pay*: who really gets a seat is decided there, by rows that
PostgreSQL keeps unique. The seat map asks the same in Lua, and a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

PART, OR, FROM = "/", ".", "@"


@dataclass(frozen=True)
class Source:
    """A quota of which a student may take a seat.

    :param from_ms: from when on, in ms since the epoch; 0 is always
    """

    quota_id: int
    from_ms: int = 0


def write_choices(choices: Iterable[Iterable[Source]]) -> str:
    """One seat is taken of each part, from any of its sources: ``14.15@1790000000000/12``."""
    return PART.join(
        OR.join(
            f"{one.quota_id}{FROM}{one.from_ms}" if one.from_ms else str(one.quota_id)
            for one in sources
        )
        for sources in choices
    )


def is_full(choices: str, full: Collection[int], now_ms: int) -> bool:
    """Whether one of the seats that are needed can't be had.

    :param choices: of :func:`write_choices`; empty needs no seat
    :param full: ids of quotas that have no seat left
    """

    def is_open(source: str) -> bool:
        quota_id, _at, from_ms = source.partition(FROM)
        return int(from_ms or 0) <= now_ms and int(quota_id) not in full

    return any(
        not any(is_open(source) for source in part.split(OR))
        for part in choices.split(PART)
        if part
    )
