"""What a round says to everybody alike, without the ORM.

Whoever opens the map is told the same hostels, floors, prices and windows; only who the viewer is
differs. A card is worked out once for a version of its round and then read by each viewer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .eligibility import Facts, Rules, judge

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_EPOCH = datetime(1970, 1, 1)
# Of several windows the one in the first of these states matters most.
WINDOW_ORDER = ("open", "ranked", "paused", "pending", "soon", "closed")

Door = tuple[int, ...]


def to_ms(moment: datetime) -> int:
    """Milliseconds since the epoch of a naive UTC moment."""
    return int((moment - _EPOCH).total_seconds() * 1000)


@dataclass(frozen=True)
class KeptBed:
    """A bed that only a group may take.

    :param group: key of the group
    :param until: naive UTC; from then on the bed is open to all; None is never
    """

    index: int
    group: str
    until: datetime | None = None


@dataclass(frozen=True)
class MapCard:
    """One floor in the round; ``kept`` is for the server only."""

    map_id: int
    floor_id: int
    key: str
    name: str
    number: int
    layout_version: int
    kept: tuple[KeptBed, ...] = ()

    def find_kept(self, groups: Collection[str], now: datetime) -> dict[int, int]:
        """Beds that are kept for others: index → until when in ms since the epoch, 0 for ever.

        :param groups: keys of the groups that the viewer belongs to
        """
        return {
            bed.index: to_ms(bed.until) if bed.until else 0
            for bed in self.kept
            if bed.group not in groups and (bed.until is None or bed.until > now)
        }


@dataclass(frozen=True)
class HostelCard:
    """A hostel of the round.

    :param gender: key of the gender that it takes, or empty when rooms decide
    :param prices: every price of its beds, each once
    """

    id: int
    name: str
    gender_type: str
    gender_label: str
    gender: str
    currency: Mapping[str, Any]
    maps: tuple[MapCard, ...] = ()
    prices: tuple[float, ...] = ()

    def takes(self, gender: str) -> bool:
        return not self.gender or self.gender == gender


@dataclass(frozen=True)
class WindowCard:
    """A door into the round, in one language.

    :param hostels: ids
    :param slots: empty, ``pending``, or ``published``
    :param last_slot_at: the slot of those who came late
    :param reasons: code of :func:`~.eligibility.judge` → words with the way out
    """

    id: int
    name: str
    hostels: frozenset[int]
    rules: Rules
    opens_at: datetime
    closes_at: datetime
    hold_minutes: int
    is_paused: bool = False
    takes_holds: bool = True
    wishes_url: str | None = None
    message: str = ""
    slots: str = ""
    last_slot_at: datetime | None = None
    reasons: Mapping[str, str] | None = None

    def judge(self, facts: Facts) -> list[str]:
        """Codes of what speaks against a student, whatever the hour."""
        return judge(self.rules, facts)

    def find_opening(self, slot_at: datetime | None) -> datetime | None:
        """When it opens for a student with this slot, or without one; None before slots are out."""
        if not self.slots:
            return self.opens_at
        return (slot_at or self.last_slot_at) if self.slots == "published" else None

    def find_state(self, opening: datetime | None, now: datetime) -> str:
        """See :func:`find_window_state`."""
        return find_window_state(
            now, opening, self.closes_at, is_paused=self.is_paused, takes_holds=self.takes_holds
        )

    def find_door(self, opening: datetime | None) -> Door | None:
        """See :func:`find_window_door`."""
        if not self.takes_holds:
            return None
        return find_window_door(opening, self.opens_at, self.closes_at, self.hold_minutes)


@dataclass(frozen=True)
class RoundCard:
    """A round; hostels and windows in the order in which the pages look at them.

    :param needs_clearance: whether any window asks for it, archived ones too
    """

    id: int
    key: str
    doors: int
    term: Mapping[str, Any]
    hostels: Mapping[int, HostelCard]
    windows: tuple[WindowCard, ...]
    needs_clearance: bool = False
    needs_undertaking: bool = False

    @property
    def has_slots(self) -> bool:
        return any(window.slots for window in self.windows)

    @property
    def floor_ids(self) -> list[int]:
        return [one.floor_id for hostel in self.hostels.values() for one in hostel.maps]

    @property
    def first_key(self) -> str | None:
        """Key of any map: what is asked with it is the same for the whole round."""
        return next((one.key for hostel in self.hostels.values() for one in hostel.maps), None)

    def find_key(self, floor_id: int) -> str | None:
        """Key of the map of a floor."""
        for hostel in self.hostels.values():
            for one in hostel.maps:
                if one.floor_id == floor_id:
                    return one.key
        return None

    def find_windows(self, hostel_id: int) -> list[WindowCard]:
        return [window for window in self.windows if hostel_id in window.hostels]


def find_window_state(
    now: datetime,
    opening: datetime | None,
    closes_at: datetime,
    *,
    is_paused: bool,
    takes_holds: bool,
) -> str:
    """How a window stands for somebody to whom it opens at a moment.

    :param opening: None while that is not known
    :return: ``open``, ``soon``, ``closed``, ``paused``, ``ranked``, or ``pending``
    """
    if closes_at <= now:
        return "closed"
    if is_paused:
        return "paused"
    if not opening:
        return "pending"
    if opening > now:
        return "soon"
    return "open" if takes_holds else "ranked"


def find_window_door(
    opening: datetime | None, opens_at: datetime, closes_at: datetime, hold_minutes: int
) -> Door | None:
    """A door in milliseconds: (opens, closes, length of a hold[, first]).

    ``first`` says when the window itself opens, where the student's own slot comes later.

    :return: None while the opening is not known
    """
    if not opening:
        return None
    door = (to_ms(opening), to_ms(closes_at), hold_minutes * 60_000)
    return door if opening == opens_at else (*door, to_ms(opens_at))
