"""Which rooms fulfil a wish, and how likely it is: free rooms and prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class RoomFacts:
    """A room as wishes see it.

    :param beds: how many beds it has in all
    :param free: how many of them nobody has
    :param price: of its cheapest bed for the term
    """

    id: int
    hostel: int
    floor: int
    room_type: int
    amenities: frozenset[int]
    beds: int
    free: int
    price: float


@dataclass(frozen=True)
class WishFacts:
    """A wish; 0 and the empty set stand for "does not matter"."""

    hostel: int = 0
    floor: int = 0
    room_type: int = 0
    room: int = 0
    amenities: frozenset[int] = frozenset()

    def fits(self, room: RoomFacts) -> bool:
        """Whether a room fulfils the wish, taken or not."""
        if self.room:
            return room.id == self.room
        return (
            self.hostel in (0, room.hostel)
            and self.floor in (0, room.floor)
            and self.room_type in (0, room.room_type)
            and self.amenities <= room.amenities
        )


@dataclass(frozen=True)
class Outlook:
    """What a wish can hope for.

    :param rooms: rooms that fulfil it and have enough beds
    :param free: those of them with enough free beds right now
    """

    rooms: int
    free: int
    price_from: float
    price_to: float


def outlook(wish: WishFacts, rooms: Iterable[RoomFacts], size: int) -> Outlook:
    """Count the rooms for so many people.

    :param size: how many want to live in one room, ≥ 1
    """
    fitting = [room for room in rooms if room.beds >= size and wish.fits(room)]
    prices = [room.price for room in fitting]
    return Outlook(
        rooms=len(fitting),
        free=sum(room.free >= size for room in fitting),
        price_from=min(prices, default=0),
        price_to=max(prices, default=0),
    )
