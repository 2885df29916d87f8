"""What a drawing must be before it becomes a floor's, without the ORM.

A drawing comes from a browser, so nothing about it is taken for granted.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .floor_geometry import inside_page, overlap
from .floor_layout import MARGIN, Layout, RoomBox, place_beds, room_box

MAX_SIDE = 20_000
MAX_ROOMS = 500
MAX_SHAPES = 500
MAX_BEDS_PER_ROOM = 60
MAX_LABEL = 60
MAX_BYTES = 400_000
MIN_PAGE, MIN_ROOM, MIN_BED, MIN_SHAPE = 50, 20, 4, 2

SHAPE_TYPES = ("corridor", "stairs", "lift", "bath", "common", "mess", "wall", "label")

CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class LayoutError(ValueError):
    """A drawing that can't be used.

    :param path: where in the drawing, such as ``rooms[3].beds[0].x``; empty for all of it
    :param why: key of the reason, for the translated sentence
    """

    def __init__(self, why: str, path: str = ""):
        super().__init__(f"{path}: {why}" if path else why)
        self.why = why
        self.path = path


class Warnings(NamedTuple):
    """What may be wrong with a drawing that can be used.

    :param overlapping: pairs of room ids that share some area
    :param outside: ids of rooms that stick out of the page
    """

    overlapping: list[tuple[int, int]]
    outside: list[int]


def check_layout(layout: Any, rooms: Mapping[int, set[int]]) -> Layout:
    """A drawing with nothing in it but what belongs there.

    :param layout: what the browser sent: ``{w, h, shapes, rooms}``
    :param rooms: map indexes of the beds of each room of the floor
    :return: a fresh copy, numbers rounded to hundredths and turns within 0…359
    :raises LayoutError: if it is malformed, too large, or shows a room, or a bed, that isn't the
        floor's, or twice. Beds that are left out are for :func:`lost_beds` to find.
    """
    _members(layout, "", {"w", "h", "shapes", "rooms"})
    if len(json.dumps(layout)) > MAX_BYTES:
        raise LayoutError("too_large")
    width = _number(layout["w"], "w", MIN_PAGE, MAX_SIDE)
    height = _number(layout["h"], "h", MIN_PAGE, MAX_SIDE)
    shapes = _list(layout["shapes"], "shapes", MAX_SHAPES)
    boxes = _list(layout["rooms"], "rooms", MAX_ROOMS)
    checked: Layout = {
        "w": width,
        "h": height,
        "shapes": [_shape(shape, f"shapes[{n}]") for n, shape in enumerate(shapes)],
        "rooms": [_room(box, f"rooms[{n}]", rooms) for n, box in enumerate(boxes)],
    }
    _once([box["id"] for box in checked["rooms"]], "room_twice")
    return checked


def lost_beds(layout: Layout, rooms: Mapping[int, set[int]]) -> set[int]:
    """Map indexes of the floor's beds that a drawing leaves out."""
    drawn = {bed["i"] for box in layout["rooms"] for bed in box["beds"]}
    return {index for indexes in rooms.values() for index in indexes} - drawn


def find_warnings(layout: Layout) -> Warnings:
    """Rooms that overlap, and rooms that stick out of the page."""
    boxes = layout["rooms"]
    overlapping = [
        (box["id"], other["id"])
        for n, box in enumerate(boxes)
        for other in boxes[n + 1 :]
        if overlap(box, other)
    ]
    outside = [box["id"] for box in boxes if not inside_page(box, layout["w"], layout["h"])]
    return Warnings(overlapping, outside)


class Completed(NamedTuple):
    """A drawing brought up to the floor as it is now.

    :param layout: the drawing with exactly the floor's rooms and beds
    :param added: ids of rooms that were not drawn, or not with all their beds
    :param removed: number of rooms and beds that are no longer there
    """

    layout: Layout
    added: list[int]
    removed: int


def complete_layout(layout: Layout, rooms: Mapping[int, list[int]]) -> Completed:
    """Take out what the floor no longer has, and put in what is new.

    A new bed goes into its room, a new room below the drawing.

    :param layout: a drawing that was good for the floor at some time
    :param rooms: map indexes of the beds of each room of the floor now
    """
    kept: list[RoomBox] = []
    added: list[int] = []
    removed = 0
    for box in layout["rooms"]:
        if box["id"] not in rooms:
            removed += 1
            continue
        wanted = rooms[box["id"]]
        beds = [bed for bed in box["beds"] if bed["i"] in wanted]
        removed += len(box["beds"]) - len(beds)
        missing = [index for index in wanted if index not in {bed["i"] for bed in beds}]
        if missing:
            added.append(box["id"])
            beds = place_beds(box, wanted)
        kept.append({**box, "beds": beds})
    drawn = {box["id"] for box in kept}
    new = [(room_id, beds) for room_id, beds in rooms.items() if room_id not in drawn]
    width, height = layout["w"], layout["h"]
    x, y, line = MARGIN, height, 0
    for room_id, beds in new:
        box = room_box(room_id, beds, x, y)
        if x > MARGIN and x + box["w"] + MARGIN > width:
            x, y, line = MARGIN, y + line + MARGIN, 0
            box = room_box(room_id, beds, x, y)
        kept.append(box)
        added.append(room_id)
        x, line = x + box["w"] + MARGIN, max(line, box["h"])
        width = max(width, x)
    if new:
        height = y + line + MARGIN
    return Completed({**layout, "w": width, "h": height, "rooms": kept}, added, removed)


def _room(box: Any, path: str, rooms: Mapping[int, set[int]]) -> RoomBox:
    _members(box, path, {"id", "x", "y", "w", "h", "rot", "beds"})
    room_id = _integer(box["id"], f"{path}.id")
    if room_id not in rooms:
        raise LayoutError("room_unknown", f"{path}.id")
    beds = _list(box["beds"], f"{path}.beds", MAX_BEDS_PER_ROOM)
    checked: RoomBox = {
        "id": room_id,
        **_place(box, path, MIN_ROOM),
        "rot": round(_number(box["rot"], f"{path}.rot", -360, 360)) % 360,
        "beds": [],
    }
    for n, bed in enumerate(beds):
        here = f"{path}.beds[{n}]"
        _members(bed, here, {"i", "x", "y", "w", "h"})
        index = _integer(bed["i"], f"{here}.i")
        if index not in rooms[room_id]:
            raise LayoutError("bed_unknown", f"{here}.i")
        checked["beds"].append({"i": index, **_place(bed, here, MIN_BED)})
    _once([bed["i"] for bed in checked["beds"]], "bed_twice", path)
    return checked


def _shape(shape: Any, path: str) -> Any:
    _members(shape, path, {"type", "x", "y", "w", "h", "label"})
    if shape["type"] not in SHAPE_TYPES:
        raise LayoutError("shape_type", f"{path}.type")
    label = shape["label"]
    if not isinstance(label, str) or len(label) > MAX_LABEL or CONTROL.search(label):
        raise LayoutError("label", f"{path}.label")
    return {"type": shape["type"], **_place(shape, path, MIN_SHAPE), "label": label.strip()}


def _place(box: Mapping[str, Any], path: str, smallest: float) -> Any:
    return {
        "x": _number(box["x"], f"{path}.x", -MAX_SIDE, MAX_SIDE),
        "y": _number(box["y"], f"{path}.y", -MAX_SIDE, MAX_SIDE),
        "w": _number(box["w"], f"{path}.w", smallest, MAX_SIDE),
        "h": _number(box["h"], f"{path}.h", smallest, MAX_SIDE),
    }


def _members(value: Any, path: str, names: set[str]) -> None:
    if not isinstance(value, dict) or set(value) != names:
        raise LayoutError("members", path)


def _list(value: Any, path: str, longest: int) -> list[Any]:
    if not isinstance(value, list):
        raise LayoutError("members", path)
    if len(value) > longest:
        raise LayoutError("too_large", path)
    return value


def _number(value: Any, path: str, low: float, high: float) -> Any:
    # A bool is an int to Python, and JSON readers may let NaN through.
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise LayoutError("number", path)
    if not low <= value <= high:
        raise LayoutError("bounds", path)
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def _integer(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise LayoutError("number", path)
    return value


def _once(values: list[int], why: str, path: str = "") -> None:
    if len(values) != len(set(values)):
        raise LayoutError(why, path)
