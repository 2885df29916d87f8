"""Rooms along a corridor, from a few numbers, without the ORM."""

import re
from typing import NamedTuple

from .floor_layout import (
    CORRIDOR_H,
    MARGIN,
    ROOM_GAP,
    ROOM_W,
    Layout,
    RoomBox,
    Shape,
    place_beds,
    room_height,
)

MAX_ROOMS = 200
STAIRS_L = 72
WASHROOM_L = 96

Rooms = list[tuple[int, list[int]]]


class Rule(NamedTuple):
    """How rooms lie along a corridor, seen by someone who walks in from the stairs.

    :param shape: ``straight``, ``l`` or ``u``; ``l`` and ``u`` turn to the right
    :param stairs: draw stairs where the corridor begins
    :param washroom: draw washrooms where it ends
    """

    shape: str = "straight"
    stairs: bool = True
    washroom: bool = False


def number_rooms(
    first: str, left: int, right: int, pattern: str, prefix: str = ""
) -> tuple[list[str], list[str]]:
    """Numbers of the rooms on the left and on the right.

    :param first: the first number; zeros in front are kept, so "01" gives 01, 02 … 10
    :param pattern: ``odd_even``: left has every other number from the first on, right those in
        between; ``left_then_right``: left is numbered through, then right; ``around``: right comes
        back, so that the last number faces the first
    :param prefix: goes before each number, such as "G"
    :raises ValueError: if ``first`` is no number
    """
    if not re.fullmatch(r"[0-9]{1,6}", first):
        raise ValueError(first)
    start, width = int(first), len(first)

    def name(number: int) -> str:
        return f"{prefix}{number:0{width}d}"

    if pattern == "odd_even" and left and right:
        return (
            [name(start + 2 * n) for n in range(left)],
            [name(start + 1 + 2 * n) for n in range(right)],
        )
    names = [name(start + n) for n in range(left + right)]
    there, back = names[:left], names[left:]
    return there, back[::-1] if pattern == "around" else back


def split_rooms(rooms: list[tuple[str, int, list[int]]]) -> tuple[Rooms, Rooms]:
    """Put rooms that exist on the two sides of a corridor: odd numbers left, even ones right.

    If one side would have more than two thirds, the first half goes left and the rest right.

    :param rooms: (number, room id, map indexes of its beds) in their order
    """
    left: Rooms = []
    right: Rooms = []
    for name, room_id, indexes in rooms:
        digits = re.findall(r"[0-9]+", name)
        odd = bool(digits) and int(digits[-1]) % 2 == 1
        (left if odd else right).append((room_id, indexes))
    if rooms and 3 * max(len(left), len(right)) > 2 * len(rooms):
        half = -(-len(rooms) // 2)
        plain = [(room_id, indexes) for _name, room_id, indexes in rooms]
        return plain[:half], plain[half:]
    return left, right


def draw_by_rule(rule: Rule, left: Rooms, right: Rooms) -> Layout:
    """Draw rooms on both sides of a corridor.

    :param left: (room id, map indexes of its beds), in walking order
    :param right: the same for the other side; may be empty
    :return: a drawing in which no two rooms overlap
    """
    builder = _Builder(max((len(beds) for _id, beds in [*left, *right]), default=1))
    legs = {"straight": 1, "l": 2, "u": 3}[rule.shape]
    lefts, rights = _deal(left, legs), _deal(right, legs)
    if rule.shape == "u":
        _draw_u(builder, rule, lefts, rights)
    else:
        _draw_straight_or_l(builder, rule, lefts, rights)
    return builder.finish()


def _deal(rooms: Rooms, legs: int) -> list[Rooms]:
    """Cut a row into parts of nearly equal length."""
    base, more = divmod(len(rooms), legs)
    parts, start = [], 0
    for leg in range(legs):
        end = start + base + (leg < more)
        parts.append(rooms[start:end])
        start = end
    return parts


class _Builder:
    """Collects boxes at any place; :meth:`finish` moves them onto the page."""

    def __init__(self, beds: int):
        self.depth = room_height(beds)
        self.pitch = ROOM_W + ROOM_GAP
        # From the corridor's edge to the far wall of a room.
        self.side = ROOM_GAP + self.depth
        self.rooms: list[RoomBox] = []
        self.shapes: list[Shape] = []

    def length(self, *rows: Rooms) -> int:
        count = max(len(row) for row in rows)
        return max(1, count) * self.pitch - ROOM_GAP

    def shape(self, kind: str, x: float, y: float, w: float, h: float) -> None:
        self.shapes.append({"type": kind, "x": x, "y": y, "w": w, "h": h, "label": ""})

    def row(self, rooms: Rooms, x: float, y: float) -> None:
        """Rooms side by side from the left, upright."""
        for n, (room_id, beds) in enumerate(rooms):
            self._room(room_id, beds, x + n * self.pitch, y, 0)

    def column(self, rooms: Rooms, x: float, y: float, rot: int, up: bool = False) -> None:
        """Rooms one below the other from (x, y), turned so that their beds lie along the wall.

        :param up: the first room is the lowest one
        """
        ordered = rooms[::-1] if up else rooms
        shift = (ROOM_W - self.depth) / 2
        for n, (room_id, beds) in enumerate(ordered):
            # The box before the turn has the same middle as the place it takes after it.
            self._room(room_id, beds, x - shift, y + n * self.pitch + shift, rot)

    def _room(self, room_id: int, beds: list[int], x: float, y: float, rot: int) -> None:
        box: RoomBox = {
            "id": room_id,
            "x": x,
            "y": y,
            "w": ROOM_W,
            "h": self.depth,
            "rot": rot,
            "beds": [],
        }  # type: ignore[typeddict-item]
        self.rooms.append({**box, "beds": place_beds(box, beds)})

    def finish(self) -> Layout:
        upright = [
            (box["x"], box["y"], box["w"], box["h"])
            if not box["rot"]
            else (
                box["x"] + (box["w"] - box["h"]) / 2,
                box["y"] - (box["w"] - box["h"]) / 2,
                box["h"],
                box["w"],
            )
            for box in self.rooms
        ]
        upright += [(shape["x"], shape["y"], shape["w"], shape["h"]) for shape in self.shapes]
        dx = MARGIN - min(x for x, _y, _w, _h in upright)
        dy = MARGIN - min(y for _x, y, _w, _h in upright)
        return {
            "w": MARGIN + dx + max(x + w for x, _y, w, _h in upright),
            "h": MARGIN + dy + max(y + h for _x, y, _w, h in upright),
            "shapes": [
                {**shape, "x": shape["x"] + dx, "y": shape["y"] + dy} for shape in self.shapes
            ],
            "rooms": [
                {
                    **box,
                    "x": box["x"] + dx,
                    "y": box["y"] + dy,
                    "beds": [
                        {**bed, "x": bed["x"] + dx, "y": bed["y"] + dy} for bed in box["beds"]
                    ],
                }
                for box in self.rooms
            ],
        }


def _draw_straight_or_l(
    builder: _Builder, rule: Rule, lefts: list[Rooms], rights: list[Rooms]
) -> None:
    """From the left to the right; the second leg goes down."""
    length = builder.length(lefts[0], rights[0])
    builder.row(lefts[0], 0, -builder.side)
    builder.row(rights[0], 0, CORRIDOR_H + ROOM_GAP)
    if rule.stairs:
        builder.shape("stairs", -STAIRS_L, 0, STAIRS_L, CORRIDOR_H)
    if len(lefts) == 1:
        builder.shape("corridor", 0, 0, length, CORRIDOR_H)
        if rule.washroom:
            builder.shape("bath", length, 0, WASHROOM_L, CORRIDOR_H)
        return
    turn_x = length + ROOM_GAP
    builder.shape("corridor", 0, 0, turn_x + CORRIDOR_H, CORRIDOR_H)
    _draw_down(builder, rule, lefts[1], rights[1], turn_x, bool(rights[0]))


def _draw_u(builder: _Builder, rule: Rule, lefts: list[Rooms], rights: list[Rooms]) -> None:
    """Up, to the right and down again; left is the outer side."""
    inner = CORRIDOR_H + ROOM_GAP + (builder.side if rights[1] else 0)
    length = builder.length(lefts[0], rights[0])
    builder.column(lefts[0], -builder.side, ROOM_GAP, 270, up=True)
    builder.column(rights[0], CORRIDOR_H + ROOM_GAP, inner, 90, up=True)
    bottom = inner + length if rights[0] else ROOM_GAP + length
    builder.shape("corridor", 0, CORRIDOR_H, CORRIDOR_H, bottom - CORRIDOR_H)
    if rule.stairs:
        builder.shape("stairs", 0, bottom, CORRIDOR_H, STAIRS_L)
    across = builder.length(lefts[1], rights[1])
    # The wings' inner rooms face each other with some air between them.
    across = max(across, 2 * builder.side + 2 * ROOM_GAP if rights[0] or rights[2] else 0)
    builder.row(lefts[1], CORRIDOR_H + ROOM_GAP, -builder.side)
    builder.row(rights[1], CORRIDOR_H + ROOM_GAP, CORRIDOR_H + ROOM_GAP)
    turn_x = CORRIDOR_H + 2 * ROOM_GAP + across
    builder.shape("corridor", 0, 0, turn_x + CORRIDOR_H, CORRIDOR_H)
    _draw_down(builder, rule, lefts[2], rights[2], turn_x, bool(rights[1]))


def _draw_down(
    builder: _Builder, rule: Rule, left: Rooms, right: Rooms, x: float, below_rooms: bool
) -> None:
    """The last leg, from a corner at the top down; ``right`` is the inner side."""
    inner = CORRIDOR_H + ROOM_GAP + (builder.side if below_rooms else 0)
    builder.column(left, x + CORRIDOR_H + ROOM_GAP, ROOM_GAP, 90)
    builder.column(right, x - builder.side, inner, 270)
    length = builder.length(left, right)
    bottom = inner + length if right else ROOM_GAP + length
    builder.shape("corridor", x, CORRIDOR_H, CORRIDOR_H, bottom - CORRIDOR_H)
    if rule.washroom:
        builder.shape("bath", x, bottom, CORRIDOR_H, WASHROOM_L)
