"""The board of a booking day: counts of beds and the pace of the bookings, without the ORM."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MARK = "board|"
DESK_MARK = "desk|"
# Channels and watchers of boards, beside those of floors.
PREFIX = "board:"
WHOLE = 0
# Of a hostel's channel for its desks, which hears that something happened, whatever the season.
DESK = "desk"
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


@dataclass
class DeskNews:
    """Something happened in a hostel: whoever looks at its numbers asks again.

    :param hostel_id: where
    """

    hostel_id: int

    @property
    def key(self) -> str:
        return f"{PREFIX}{DESK}{self.hostel_id}"

    @classmethod
    def parse(cls, text: str) -> DeskNews:
        return cls(int(text.removeprefix(DESK_MARK)))

    def publish(self) -> str:
        """The text that goes through Redis."""
        return f"{DESK_MARK}{self.hostel_id}"

    def merge(self, newer: DeskNews) -> DeskNews:
        return newer

    def encode(self) -> str:
        """JSON of the bus message."""
        message = {"type": "hostel.desk/changed", "payload": {"h": self.hostel_id}}
        return json.dumps(message, separators=(",", ":"))


class DeskPulse:
    """Which hostels' desks are to be told: each at most once in some seconds, none forgotten.

    Events are numbered when they are written and seen when they are committed, so a lower number
    may come after a higher one: what was seen is remembered, not how far.
    """

    def __init__(self, pause_s: float = 2.0) -> None:
        self.pause_s = pause_s
        self._seen: set[int] | None = None
        self._waiting: set[int] = set()
        self._told_at: dict[int, float] = {}

    def take(self, events: Iterable[tuple[int, int]], now: float) -> list[int]:
        """Hostels to be told now.

        :param events: (id, hostel id) of the newest events, those of the last look among them
        :param now: seconds of a clock that only goes on
        """
        events = list(events)
        # What happened before this process looked for the first time is on the desks already.
        seen = {event_id for event_id, _hostel in events} if self._seen is None else self._seen
        self._waiting |= {hostel for event_id, hostel in events if event_id not in seen}
        self._seen = {event_id for event_id, _hostel in events}
        due = sorted(
            hostel
            for hostel in self._waiting
            if now - self._told_at.get(hostel, -self.pause_s) >= self.pause_s
        )
        self._waiting -= set(due)
        self._told_at |= dict.fromkeys(due, now)
        return due
