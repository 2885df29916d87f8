"""Where QR codes are in a picture, found by their corner marks and without reading them.

A mark is dark, light, dark, light, dark in the proportion 1:1:3:1:1 along any line through its
middle, whichever way the code is turned (ISO/IEC 18004, finder pattern).
"""

import re
from collections.abc import Iterator
from itertools import combinations

from PIL import Image, ImageOps

# Longest side at which marks are looked for; one module must keep about two pixels.
SEARCH_SIZE = 1400
_RUNS = re.compile(rb"\x00+|\xff+")
Box = tuple[int, int, int, int]
Point = tuple[float, float]
Mark = tuple[float, float, float]


def find_qr_codes(image: Image.Image) -> list[Box]:
    """Boxes that cover each QR code, in the picture's own pixels, generously.

    :param image: an upright or turned picture in any mode
    """
    scale = min(1.0, SEARCH_SIZE / max(image.size))
    grey = ImageOps.autocontrast(image.convert("L"))
    grey = grey.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    marks: list[Mark] = []
    for threshold in (96, 128, 160):
        table = [0 if level < threshold else 255 for level in range(256)]
        marks += _find_marks(grey.point(table))
    groups = _group(_merge(marks))
    boxes = [_cover(group, grey.size) for group in groups if _is_code(group, grey)]
    return [
        (int(left / scale), int(top / scale), int(right / scale) + 1, int(bottom / scale) + 1)
        for left, top, right, bottom in boxes
    ]


def _find_marks(black_white: Image.Image) -> list[Mark]:
    """Middles and module sizes of what looks like a mark along a row and a column."""
    width, height = black_white.size
    rows = black_white.tobytes()
    columns = black_white.transpose(Image.Transpose.TRANSPOSE).tobytes()
    found = []
    for y in range(0, height, 2):
        for x, module in _patterns(rows[y * width : (y + 1) * width]):
            column = columns[int(x) * height : (int(x) + 1) * height]
            for y_middle, across in _patterns(column):
                if abs(y_middle - y) <= 2 * module and 0.6 < across / module < 1.67:
                    found.append((x, y_middle, (module + across) / 2))
    return found


def _patterns(line: bytes) -> Iterator[tuple[float, float]]:
    """Middle and module size of each 1:1:3:1:1 in a line of black and white."""
    runs = [(match.start(), len(match.group()), match.group()[0]) for match in _RUNS.finditer(line)]
    for place in range(len(runs) - 4):
        if runs[place][2]:
            continue
        lengths = [length for _start, length, _colour in runs[place : place + 5]]
        module = sum(lengths) / 7
        if module < 1.2:
            continue
        slack = max(module * 0.6, 1)
        wanted = (1, 1, 3, 1, 1)
        if all(abs(got - want * module) < slack for got, want in zip(lengths, wanted, strict=True)):
            yield runs[place][0] + sum(lengths) / 2, module


def _is_code(group: list[Mark], grey: Image.Image) -> bool:
    """Whether marks are three corners of a square, or two with something about half dark between.

    Lines of text have look-alikes of marks, but neither of these.
    """
    if len(group) > 2 and _missing_corners([(x, y) for x, y, _module in group[:12]]):
        return True
    histogram = grey.crop(_cover(group, grey.size)).histogram()
    return 0.2 < sum(histogram[:128]) / max(1, sum(histogram)) < 0.8


def _merge(marks: list[Mark]) -> list[Mark]:
    """One mark for each place, where at least two scan lines saw it."""
    merged: list[list[float]] = []
    for x, y, module in marks:
        for spot in merged:
            if abs(spot[0] - x) < 3 * module and abs(spot[1] - y) < 3 * module:
                spot[3] += 1
                break
        else:
            merged.append([x, y, module, 1])
    return [(x, y, module) for x, y, module, seen in merged if seen >= 2]


def _group(marks: list[Mark]) -> list[list[Mark]]:
    """Marks of one code: of equal size, and no farther apart than the largest code is wide."""
    groups: list[list[Mark]] = []
    for mark in marks:
        near = [
            group
            for group in groups
            if any(
                0.6 < mark[2] / other[2] < 1.67
                and 12 * mark[2]
                < max(abs(mark[0] - other[0]), abs(mark[1] - other[1]))
                < 180 * mark[2]
                for other in group
            )
        ]
        groups = [group for group in groups if group not in near]
        groups.append([mark, *(other for group in near for other in group)])
    return [group for group in groups if len(group) >= 2]


def _cover(group: list[Mark], size: tuple[int, int]) -> Box:
    """A box around a code of which two or three corners are known, whichever way it is turned."""
    points = [(x, y) for x, y, _module in group]
    points += _missing_corners(points[:12]) if len(points) > 2 else _possible_corners(*points)
    margin = 6 * max(module for _x, _y, module in group)
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    return (
        max(0, int(min(xs) - margin)),
        max(0, int(min(ys) - margin)),
        min(size[0], int(max(xs) + margin)),
        min(size[1], int(max(ys) + margin)),
    )


def _missing_corners(points: list[Point]) -> list[Point]:
    """Fourth corners of the squares that have three corners among the points."""
    corners = []
    for middle in points:
        for one, other in combinations([point for point in points if point != middle], 2):
            ax, ay = one[0] - middle[0], one[1] - middle[1]
            bx, by = other[0] - middle[0], other[1] - middle[1]
            a, b = (ax * ax + ay * ay) ** 0.5, (bx * bx + by * by) ** 0.5
            if abs(ax * bx + ay * by) < 0.25 * a * b and 0.7 < a / b < 1.43:
                corners.append((middle[0] + ax + bx, middle[1] + ay + by))
    return corners


def _possible_corners(one: Point, other: Point) -> list[Point]:
    """Corners of the squares of which two points are a side; those with the diagonal lie inside."""
    dx, dy = other[0] - one[0], other[1] - one[1]
    return [(x + sign * dy, y - sign * dx) for x, y in (one, other) for sign in (1, -1)]
