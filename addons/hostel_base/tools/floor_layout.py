"""Drawing of a floor from a list of its rooms, without the ORM.

Coordinates are in the drawing's own units; the map scales them to the screen.
"""

from typing import TypedDict

BED_W, BED_H = 34, 22
BED_GAP_X, BED_GAP_Y = 24, 12
ROOM_PAD = 12
ROOM_HEAD = 36
ROOM_GAP = 10
CORRIDOR_H = 56
MARGIN = 18
BEDS_PER_LINE = 2
MAX_ROOMS_PER_SIDE = 8


class BedBox(TypedDict):
    i: int
    x: int
    y: int
    w: int
    h: int


class RoomBox(TypedDict):
    id: int
    x: int
    y: int
    w: int
    h: int
    rot: int
    beds: list[BedBox]


class Shape(TypedDict):
    type: str
    x: int
    y: int
    w: int
    h: int
    label: str


class Layout(TypedDict):
    w: int
    h: int
    shapes: list[Shape]
    rooms: list[RoomBox]


ROOM_W = 2 * ROOM_PAD + BEDS_PER_LINE * BED_W + (BEDS_PER_LINE - 1) * BED_GAP_X


def _room_height(bed_count: int) -> int:
    lines = max(1, -(-bed_count // BEDS_PER_LINE))
    return ROOM_HEAD + lines * (BED_H + BED_GAP_Y) + ROOM_PAD - BED_GAP_Y


def _room_box(room_id: int, indexes: list[int], x: int, y: int, height: int) -> RoomBox:
    beds: list[BedBox] = [
        {
            "i": index,
            "x": x + ROOM_PAD + (n % BEDS_PER_LINE) * (BED_W + BED_GAP_X),
            "y": y + ROOM_HEAD + (n // BEDS_PER_LINE) * (BED_H + BED_GAP_Y),
            "w": BED_W,
            "h": BED_H,
        }
        for n, index in enumerate(indexes)
    ]
    return {"id": room_id, "x": x, "y": y, "w": ROOM_W, "h": height, "rot": 0, "beds": beds}


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
    height = max((_room_height(len(beds)) for _id, beds in rooms), default=_room_height(1))
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
            layout["rooms"].append(_room_box(room_id, indexes, x, room_y, height))
        layout["shapes"].append(
            {"type": "corridor", "x": 0, "y": corridor_y, "w": width, "h": CORRIDOR_H, "label": ""}
        )
        y = lower_y + height + MARGIN
    layout["h"] = max(y, 2 * MARGIN + height)
    return layout
