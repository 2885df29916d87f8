"""Geometry of SVG elements: transforms, paths and what encloses them. Without the ORM.

After SVG 1.1 (Second Edition), W3C 2011: §7.6 the transform attribute, §8.3 path data,
§9 basic shapes, F.6 elliptical arcs. Lengths are read as user units; percentages count as 0.
"""

import math
import re
from collections.abc import Iterator

from .floor_geometry import Point

Matrix = tuple[float, float, float, float, float, float]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
# Points into which a curve is cut to find what encloses it.
CURVE_STEPS = 24
MAX_PATH_TOKENS = 50_000

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
LENGTH = re.compile(rf"^\s*({NUMBER.pattern})\s*(px|pt|pc|mm|cm|in)?\s*$")
UNIT_PX = {"px": 1, "pt": 96 / 72, "pc": 16, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96}
TRANSFORM = re.compile(r"(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^)]*)\)")
COMMAND = re.compile(r"([MmZzLlHhVvCcSsQqTtAa])")


def length(text: str | None) -> float:
    """A length in px; 0 for none and for what is no plain length."""
    match = LENGTH.match(text or "")
    if not match:
        return 0.0
    value = float(match[1]) * UNIT_PX[match[2] or "px"]
    return value if math.isfinite(value) else 0.0


def numbers(text: str | None) -> list[float]:
    found = [float(number) for number in NUMBER.findall(text or "")]
    return [value if math.isfinite(value) else 0.0 for value in found]


def multiply(one: Matrix, other: Matrix) -> Matrix:
    """The matrix that applies ``other`` first, then ``one``."""
    a, b, c, d, e, f = one
    a2, b2, c2, d2, e2, f2 = other
    return (
        a * a2 + c * b2,
        b * a2 + d * b2,
        a * c2 + c * d2,
        b * c2 + d * d2,
        a * e2 + c * f2 + e,
        b * e2 + d * f2 + f,
    )


def apply(matrix: Matrix, point: Point) -> Point:
    a, b, c, d, e, f = matrix
    x, y = point
    return (a * x + c * y + e, b * x + d * y + f)


def parse_transform(text: str | None) -> Matrix:
    """Matrix of a ``transform`` attribute; what can't be read counts as nothing."""
    result = IDENTITY
    for name, arguments in TRANSFORM.findall(text or ""):
        result = multiply(result, _transform(name, numbers(arguments)))
    return result


def _transform(name: str, values: list[float]) -> Matrix:
    if name == "matrix" and len(values) == 6:
        return (values[0], values[1], values[2], values[3], values[4], values[5])
    if not values:
        return IDENTITY
    first, second = values[0], values[1] if len(values) > 1 else None
    if name == "translate":
        return (1, 0, 0, 1, first, second or 0)
    if name == "scale":
        return (first, 0, 0, first if second is None else second, 0, 0)
    if name == "rotate":
        cos, sin = math.cos(math.radians(first)), math.sin(math.radians(first))
        turned = (cos, sin, -sin, cos, 0.0, 0.0)
        if len(values) == 3:
            there = (1.0, 0.0, 0.0, 1.0, values[1], values[2])
            back = (1.0, 0.0, 0.0, 1.0, -values[1], -values[2])
            return multiply(multiply(there, turned), back)
        return turned
    tangent = math.tan(math.radians(first))
    return (1, 0, tangent, 1, 0, 0) if name == "skewX" else (1, tangent, 0, 1, 0, 0)


def path_points(data: str | None) -> list[Point]:
    """Points of a path that enclose it: corners, and curves cut into short lines.

    Reading stops at what is no path data, as browsers do.
    """
    return _Path(data or "").points()


class _Path:
    def __init__(self, data: str):
        self.tokens = self._tokens(data)
        self.at: Point = (0.0, 0.0)
        self.start: Point = (0.0, 0.0)
        # Control point that a following S or T mirrors.
        self.mirror: Point | None = None
        self.found: list[Point] = []

    @staticmethod
    def _tokens(data: str) -> Iterator[tuple[str, list[float]]]:
        """Commands with as many numbers as one of them takes."""
        counts = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7}
        parts = COMMAND.split(data)
        seen = 0
        for command, arguments in zip(parts[1::2], parts[2::2], strict=True):
            kind = command.upper()
            if kind == "Z":
                yield command, []
                continue
            values = _arc_numbers(arguments) if kind == "A" else numbers(arguments)
            size = counts[kind]
            for n in range(0, len(values) - size + 1, size):
                seen += 1
                if seen > MAX_PATH_TOKENS:
                    return
                # More pairs after a move are lines.
                follow = {"M": "L", "m": "l"}.get(command, command) if n else command
                yield follow, values[n : n + size]

    def points(self) -> list[Point]:
        for command, values in self.tokens:
            mirror, self.mirror = self.mirror, None
            self._step(command.upper(), command.islower(), values, mirror)
        return self.found

    def _step(self, kind: str, relative: bool, values: list[float], mirror: Point | None) -> None:
        x, y = self.at if relative else (0.0, 0.0)
        if kind == "Z":
            self.at = self.start
        elif kind in "HV":
            self._line((x + values[0], self.at[1]) if kind == "H" else (self.at[0], y + values[0]))
        elif kind == "A":
            self._arc(values, (x + values[5], y + values[6]))
        else:
            pairs = [(x + px, y + py) for px, py in zip(values[::2], values[1::2], strict=True)]
            self._drawn(kind, pairs, mirror)

    def _drawn(self, kind: str, pairs: list[Point], mirror: Point | None) -> None:
        if kind in "ML":
            self._line(pairs[0])
            if kind == "M":
                self.start = pairs[0]
            return
        if kind in "ST":
            # The mirrored point of the curve before, or where we are.
            mx, my = mirror or self.at
            pairs = [(2 * self.at[0] - mx, 2 * self.at[1] - my), *pairs]
        if kind in "QT":
            control, end = pairs
            self.mirror = control
            pairs = [_between(self.at, control, 2 / 3), _between(end, control, 2 / 3), end]
        else:
            self.mirror = pairs[1]
        self._curve(*pairs)

    def _line(self, end: Point) -> None:
        self.at = end
        self.found.append(end)

    def _curve(self, one: Point, two: Point, end: Point) -> None:
        start = self.at
        for n in range(1, CURVE_STEPS + 1):
            t = n / CURVE_STEPS
            u = 1 - t
            weights = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
            points = (start, one, two, end)
            self.found.append(
                (
                    sum(w * p[0] for w, p in zip(weights, points, strict=True)),
                    sum(w * p[1] for w, p in zip(weights, points, strict=True)),
                )
            )
        self.at = end

    def _arc(self, values: list[float], end: Point) -> None:
        """F.6.5: from end points to the middle, then cut into lines."""
        rx, ry, turn, large, sweep = abs(values[0]), abs(values[1]), *values[2:5]
        start = self.at
        if not rx or not ry or start == end:
            self._line(end)
            return
        phi = math.radians(turn)
        cos, sin = math.cos(phi), math.sin(phi)
        dx, dy = (start[0] - end[0]) / 2, (start[1] - end[1]) / 2
        x1, y1 = cos * dx + sin * dy, -sin * dx + cos * dy
        grow = math.sqrt(max(1.0, (x1 / rx) ** 2 + (y1 / ry) ** 2))
        rx, ry = rx * grow, ry * grow
        square = (rx * ry) ** 2 - (rx * y1) ** 2 - (ry * x1) ** 2
        factor = math.sqrt(max(0.0, square / ((rx * y1) ** 2 + (ry * x1) ** 2)))
        factor = factor if bool(large) != bool(sweep) else -factor
        cx1, cy1 = factor * rx * y1 / ry, -factor * ry * x1 / rx
        cx = cos * cx1 - sin * cy1 + (start[0] + end[0]) / 2
        cy = sin * cx1 + cos * cy1 + (start[1] + end[1]) / 2
        first = math.atan2((y1 - cy1) / ry, (x1 - cx1) / rx)
        last = math.atan2((-y1 - cy1) / ry, (-x1 - cx1) / rx)
        span = (last - first) % (2 * math.pi) if sweep else -((first - last) % (2 * math.pi))
        for n in range(1, CURVE_STEPS + 1):
            angle = first + span * n / CURVE_STEPS
            x, y = rx * math.cos(angle), ry * math.sin(angle)
            self.found.append((cx + cos * x - sin * y, cy + sin * x + cos * y))
        self.at = end


def _between(one: Point, other: Point, share: float) -> Point:
    return (one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share)


ARC = re.compile(
    r"\s*,?\s*".join(
        [*(rf"({NUMBER.pattern})" for _n in range(3)), "([01])", "([01])"]
        + [rf"({NUMBER.pattern})" for _n in range(2)]
    )
)


def _arc_numbers(text: str) -> list[float]:
    """Numbers of arcs, whose flags may stand without anything between them."""
    return [float(value) for match in ARC.finditer(text) for value in match.groups()]
