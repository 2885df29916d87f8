"""Boxes on the drawing of a floor, some of them turned, without the ORM.

A box has ``x``, ``y``, ``w``, ``h`` in the drawing's units; y grows downwards. A turned box also
has ``rot``: degrees clockwise around its own middle. The beds of a room have the room's frame:
they turn with it, around the middle of the room.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Point = tuple[float, float]
Box = Mapping[str, Any]

# What rounding may leave between boxes that touch.
TOUCH = 0.5


def turn_point(point: Point, center: Point, degrees: float) -> Point:
    """A point turned clockwise around another one."""
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    dx, dy = point[0] - center[0], point[1] - center[1]
    return (center[0] + dx * cos - dy * sin, center[1] + dx * sin + dy * cos)


def middle(box: Box) -> Point:
    return (box["x"] + box["w"] / 2, box["y"] + box["h"] / 2)


def corners(box: Box) -> list[Point]:
    """The four corners as they are drawn, clockwise from the one that was upper left."""
    x, y, w, h = box["x"], box["y"], box["w"], box["h"]
    points: list[Point] = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
    if box.get("rot"):
        return [turn_point(point, middle(box), box["rot"]) for point in points]
    return points


def bounds(points: Iterable[Point]) -> tuple[float, float, float, float]:
    """Smallest upright rectangle around points: (left, top, right, bottom)."""
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes share more than an edge, turned or not.

    Two convex shapes are apart if their shadows on some edge's normal are (separating axis).
    """
    first, second = corners(one), corners(other)
    if _apart(bounds(first), bounds(second)):
        return False
    axes = [axis for box in (one, other) for axis in _axes(box.get("rot") or 0)]
    return not any(_shadows_apart(first, second, axis) for axis in axes)


def _apart(one: Sequence[float], other: Sequence[float]) -> bool:
    return (
        one[2] <= other[0] + TOUCH
        or other[2] <= one[0] + TOUCH
        or one[3] <= other[1] + TOUCH
        or other[3] <= one[1] + TOUCH
    )


def _axes(degrees: float) -> list[Point]:
    angle = math.radians(degrees)
    return [(math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))]


def _shadows_apart(first: list[Point], second: list[Point], axis: Point) -> bool:
    one = [point[0] * axis[0] + point[1] * axis[1] for point in first]
    other = [point[0] * axis[0] + point[1] * axis[1] for point in second]
    return max(one) <= min(other) + TOUCH or max(other) <= min(one) + TOUCH


def inside_page(box: Box, width: float, height: float) -> bool:
    """Whether a box lies on the page with all of its corners."""
    left, top, right, bottom = bounds(corners(box))
    return left >= -TOUCH and top >= -TOUCH and right <= width + TOUCH and bottom <= height + TOUCH
