"""The board of a booking day: counts of beds and the pace of the bookings, without the ORM."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MARK = "board|"
# Channels and watchers of boards, beside those of floors.
PREFIX = "board:"
WHOLE = 0
MINUTES = 60
COUNTED = {"0": "free", "1": "held", "2": "paying", "3": "booked", "4": "closed"}


def count_states(states: str) -> dict[str, int]:
    """How many beds of a floor are in each state; retired ones are not counted."""
    return {name: states.count(state) for state, name in COUNTED.items()}


def add_up(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The counts of several floors together."""
    total = dict.fromkeys(COUNTED.values(), 0)
    for part in parts:
        for name in total:
            total[name] += part[name]
    return total


def pace(rows: Iterable[tuple[int, int]], now_minute: int, minutes: int = MINUTES) -> list[int]:
    """Bookings in each of the last minutes, the present one last.

    :param rows: (minute since the epoch, count), in any order
    """
    line = [0] * minutes
    for minute, count in rows:
        place = minutes - 1 - (now_minute - minute)
        if 0 <= place < minutes:
            line[place] += count
    return line


@dataclass
class BoardNews:
    """What a board shows now; the newest replaces what waits.

    :param hostel_id: whose board, 0 for what all hostels share
    :param content: JSON-serialisable
    """

    hostel_id: int
    content: dict[str, Any]

    @property
    def key(self) -> str:
        return f"{PREFIX}{self.hostel_id}"

    @classmethod
    def parse(cls, text: str) -> BoardNews:
        hostel_id, content = text.removeprefix(MARK).split("|", 1)
        return cls(int(hostel_id), json.loads(content))

    def publish(self) -> str:
        """The text that goes through Redis."""
        return f"{MARK}{self.hostel_id}|{json.dumps(self.content, separators=(',', ':'))}"

    def merge(self, newer: BoardNews) -> BoardNews:
        return newer

    def encode(self) -> str:
        """JSON of the bus message."""
        message = {"type": "hostel.board/news", "payload": self.content}
        return json.dumps(message, separators=(",", ":"))
