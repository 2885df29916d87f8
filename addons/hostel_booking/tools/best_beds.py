"""A short list of beds for one student, with the reasons, without the ORM.

What counts are the room, its price beside the last one, where it lies on the floor, and how
well the student would get on with those who are there. Nothing else about anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

LIMIT = 5
# So far from stairs, washrooms and common rooms, in units of the drawing, it is quiet.
QUIET_DISTANCE = 220
LOUD_SHAPES = ("stairs", "lift", "common", "mess", "bath")
GOOD_MATCH = 70
SAME_PRICE = 0.03
# Five beds in a row of equal rooms are no choice.
MORE_OF_A_FLOOR = 5


@dataclass(frozen=True)
class Wish:
    """What the student asks for, and what is known of the last room.

    :param sharing: numbers of beds in a room; empty: any
    :param amenities: codes that the room must have
    :param floors: keys of the floors; empty: any
    :param likes_quiet: whether the own answers ask for silence
    """

    sharing: frozenset[int] = frozenset()
    amenities: frozenset[str] = frozenset()
    floors: frozenset[str] = frozenset()
    max_price: float | None = None
    last_price: float | None = None
    last_sharing: int | None = None
    last_hostel: int | None = None
    likes_quiet: bool = False

    def admits(self, floor: Floor, room: Mapping[str, Any], bed: Mapping[str, Any]) -> bool:
        """Whether a bed passes the filters."""
        return (
            (not self.floors or floor.key in self.floors)
            and (not self.sharing or room["sharing"] in self.sharing)
            and self.amenities <= set(room["ac"])
            and (self.max_price is None or bed["price"] <= self.max_price)
        )


@dataclass(frozen=True)
class Floor:
    """A floor that the student may book on.

    :param layout: its drawing
    :param states: one character a bed; "0" is free
    :param matches: shown scores of those who have a bed, by room id
    :param kept: map indexes of beds that are kept for others
    """

    key: str
    hostel_id: int
    layout: Mapping[str, Any]
    states: str
    matches: Mapping[int, list[int]] = field(default_factory=dict)
    kept: Collection[int] = ()

    def is_free(self, index: int) -> bool:
        """Whether the student can take a bed now."""
        free = index < len(self.states) and self.states[index] == "0"
        return free and index not in self.kept


@dataclass(frozen=True)
class Choice:
    """One bed of the list.

    :param reasons: codes with what belongs to them, the strongest first
    """

    key: str
    hostel_id: int
    room: Mapping[str, Any]
    bed: Mapping[str, Any]
    points: float
    reasons: tuple[tuple[str, float], ...]


def best_beds(floors: Iterable[Floor], wish: Wish, gender: str, limit: int = LIMIT) -> list[Choice]:
    """The best free beds, one a room, the best first; the same for the same input."""
    best: dict[tuple[str, int], Choice] = {}
    for floor in floors:
        for room in floor.layout["rooms"]:
            if room["g"] not in ("", gender):
                continue
            for bed in room["beds"]:
                if not floor.is_free(bed["i"]) or not wish.admits(floor, room, bed):
                    continue
                choice = weigh(floor, room, bed, wish)
                known = best.get((floor.key, room["id"]))
                if known is None or choice.points > known.points:
                    best[floor.key, room["id"]] = choice
    return _pick_different(list(best.values()), limit)


def _pick_different(choices, limit):
    """Pick the best, then the best of the rest, each time less gladly on the same floor."""
    picked, seen = [], {}
    while choices and len(picked) < limit:
        best = min(
            choices,
            key=lambda one: (
                MORE_OF_A_FLOOR * seen.get(one.key, 0) - one.points,
                one.key,
                one.bed["i"],
            ),
        )
        choices.remove(best)
        picked.append(best)
        seen[best.key] = seen.get(best.key, 0) + 1
    return picked


def weigh(floor: Floor, room: Mapping[str, Any], bed: Mapping[str, Any], wish: Wish) -> Choice:
    """How much speaks for one bed, and what."""
    found = [
        *_weigh_people(floor, room),
        *_weigh_price(bed["price"], wish.last_price),
        *_weigh_place(floor, room, bed, wish),
    ]
    reasons = sorted((one for one in found if one[1]), key=lambda one: -one[0])
    return Choice(
        floor.key,
        floor.hostel_id,
        room,
        bed,
        sum(points for points, _code, _value in found),
        tuple((code, value) for points, code, value in reasons if points > 0),
    )


def _weigh_people(floor, room):
    """Points, code and value of what speaks for or against those who are there."""
    scores = floor.matches.get(room["id"], [])
    if scores:
        # It is the least likely friend with whom one has to live.
        lowest = min(scores)
        code = "match" if len(scores) == 1 else "match_all"
        return [((lowest - 50) * 0.6, code if lowest >= GOOD_MATCH else "", lowest)]
    taken = [
        bed for bed in room["beds"] if floor.states[bed["i"] : bed["i"] + 1] in ("1", "2", "3")
    ]
    if room["sharing"] > 1 and not taken:
        return [(6, "empty_room", 0)]
    return []


def _weigh_price(price, last):
    if not last:
        return []
    change = (price - last) / last
    if abs(change) <= SAME_PRICE:
        return [(14, "same_price", 0)]
    if change < 0:
        return [(min(14, 8 - change * 10), "cheaper", last - price)]
    return [(-min(25, change * 40), "", 0)]


def _weigh_place(floor, room, bed, wish):
    found = []
    if wish.last_hostel == floor.hostel_id:
        found.append((4, "same_hostel", 0))
    if wish.last_sharing == room["sharing"]:
        found.append((7, "same_sharing", room["sharing"]))
    if is_quiet(floor.layout, room):
        found.append((9 if wish.likes_quiet else 3, "quiet_corner", 0))
    if bed["note"]:
        found.append((2, "position", 0))
    return found


def is_quiet(layout: Mapping[str, Any], room: Mapping[str, Any]) -> bool:
    """Whether a room lies far from where people pass and meet; false if nothing is drawn."""
    loud = [shape for shape in layout["shapes"] if shape["type"] in LOUD_SHAPES]
    x, y = room["x"] + room["w"] / 2, room["y"] + room["h"] / 2
    return bool(loud) and all(
        (
            max(shape["x"] - x, 0, x - shape["x"] - shape["w"]) ** 2
            + max(shape["y"] - y, 0, y - shape["y"] - shape["h"]) ** 2
        )
        ** 0.5
        >= QUIET_DISTANCE
        for shape in loud
    )
