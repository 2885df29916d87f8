"""Drawing of a floor from a list of its rooms, without the ORM.

Coordinates are in the drawing's own units; the map scales them to the screen. ``rot`` of a room
turns it with its beds, clockwise in degrees, around the middle of its box.
"""

import math
from typing import TypedDict

BED_W, BED_H = 34, 22
BED_GAP_X, BED_GAP_Y = 24, 12
LEAST_GAP = 5
ROOM_PAD = 12
ROOM_HEAD = 36
ROOM_GAP = 10
CORRIDOR_H = 56
MARGIN = 18
BEDS_PER_LINE = 2
MAX_ROOMS_PER_SIDE = 8


class BedBox(TypedDict):
    i: int
    x: float
    y: float
    w: float
    h: float


class RoomBox(TypedDict):
    id: int
    x: float
    y: float
    w: float
    h: float
    rot: int
    beds: list[BedBox]


class Shape(TypedDict):
    type: str
    x: float
    y: float
    w: float
    h: float
    label: str


class Layout(TypedDict):
    w: float
    h: float
    shapes: list[Shape]
    rooms: list[RoomBox]


ROOM_W = 2 * ROOM_PAD + BEDS_PER_LINE * BED_W + (BEDS_PER_LINE - 1) * BED_GAP_X


def room_height(bed_count: int) -> int:
    """Depth of a room of usual width, so that its beds have place in it."""
    lines = max(1, -(-bed_count // BEDS_PER_LINE))
    return ROOM_HEAD + lines * (BED_H + BED_GAP_Y) + ROOM_PAD - BED_GAP_Y


def room_box(
    room_id: int, indexes: list[int], x: float, y: float, height: float = 0, rot: int = 0
) -> RoomBox:
    """A room of usual width with its upper left corner, before it is turned, at (x, y)."""
    height = height or room_height(len(indexes))
    box: RoomBox = {"id": room_id, "x": x, "y": y, "w": ROOM_W, "h": height, "rot": rot, "beds": []}
    return {**box, "beds": place_beds(box, indexes)}


def place_beds(box: RoomBox, indexes: list[int]) -> list[BedBox]:
    """Lay beds out in lines inside a room of any size.

    They have their usual size and gaps if those fit, else as much as there is.

    :param box: the room; its own beds don't matter
    :param indexes: map indexes of the beds, in the order to lay them out
    """
    count = len(indexes)
    if not count:
        return []
    head = min(ROOM_HEAD, box["h"] * 0.55)
    pad, foot = min(ROOM_PAD, box["w"] * 0.15), min(ROOM_PAD, box["h"] * 0.15)
    room_w, room_h = box["w"] - 2 * pad, box["h"] - head - foot
    per_line = _beds_per_line(count, room_w, room_h)
    lines = -(-count // per_line)
    gap_x, bed_w = _fit(per_line, BED_W, BED_GAP_X, room_w)
    gap_y, bed_h = _fit(lines, BED_H, BED_GAP_Y, room_h)
    return [
        {
            "i": index,
            "x": _short(box["x"] + pad + (n % per_line) * (bed_w + gap_x)),
            "y": _short(box["y"] + head + (n // per_line) * (bed_h + gap_y)),
            "w": bed_w,
            "h": bed_h,
        }
        for n, index in enumerate(indexes)
    ]


def _beds_per_line(count: int, width: float, height: float) -> int:
    """Two, unless the room is too low for so many lines or too narrow for two beds."""
    if width < 2 * BED_W:
        return 1 if height >= count * BED_H else 2
    fits = max(2, int((width + BED_GAP_Y) // (BED_W + BED_GAP_Y)))
    for per_line in range(min(BEDS_PER_LINE, count), min(fits, count) + 1):
        lines = -(-count // per_line)
        if lines * BED_H + (lines - 1) * BED_GAP_Y / 2 <= height:
            return per_line
    return min(fits, count)


def _fit(count: int, size: int, gap: int, room: float) -> tuple[float, float]:
    """(gap, size) of so many things in a row, the usual ones if there is room."""
    if count * size + (count - 1) * gap <= room:
        return gap, size
    if count * size + (count - 1) * LEAST_GAP <= room:
        return _short((room - count * size) / max(1, count - 1)), size
    step = room / count
    return _short(step * 0.1), _short(step * 0.9)


def _short(value: float) -> float:
    rounded = math.floor(value * 100) / 100
    return int(rounded) if rounded == int(rounded) else rounded


def generate_layout(rooms: list[tuple[int, list[int]]]) -> Layout:
    """Draw corridors with rooms on both sides.

    Rooms fill the upper side of a corridor from the left, then its lower side;
    a long floor gets several corridors of equal length, one below the other.

    :param rooms: (room id, map indexes of its beds) in the order to draw them
    :return: a drawing that holds each room and each bed exactly once
    """
    side = min(MAX_ROOMS_PER_SIDE, max(1, -(-len(rooms) // 2)))
    if len(rooms) > 2 * MAX_ROOMS_PER_SIDE:
        wings = -(-len(rooms) // (2 * MAX_ROOMS_PER_SIDE))
        side = -(-len(rooms) // (2 * wings))
    height = max((room_height(len(beds)) for _id, beds in rooms), default=room_height(1))
    width = 2 * MARGIN + side * ROOM_W + (side - 1) * ROOM_GAP
    layout: Layout = {"w": width, "h": 0, "shapes": [], "rooms": []}
    y = MARGIN
    for start in range(0, len(rooms), 2 * side):
        wing = rooms[start : start + 2 * side]
        corridor_y = y + height + ROOM_GAP
        lower_y = corridor_y + CORRIDOR_H + ROOM_GAP
        for n, (room_id, indexes) in enumerate(wing):
            x = MARGIN + (n % side) * (ROOM_W + ROOM_GAP)
            room_y = y if n < side else lower_y
            layout["rooms"].append(room_box(room_id, indexes, x, room_y, height))
        layout["shapes"].append(
            {"type": "corridor", "x": 0, "y": corridor_y, "w": width, "h": CORRIDOR_H, "label": ""}
        )
        y = lower_y + height + MARGIN
    layout["h"] = max(y, 2 * MARGIN + height)
    return layout
