"""Rooms and beds of a floor found in an uploaded SVG drawing, without the ORM.

Only boxes are taken from the file: nothing of it is kept, shown or executed.
An element is a room if its id is the room's number or ``room-<number>``; a bed if its id is
``bed-<room>-<label>``, or its ``data-bed`` says ``<room>-<label>``, or just ``<label>`` within a
room's group. Inkscape's layer names count like ids. Capitals don't matter.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lxml import etree

from .floor_check import MAX_LABEL, MAX_SHAPES, MAX_SIDE, lost_beds
from .floor_geometry import Point, bounds, overlap, turn_point
from .floor_layout import BED_W, MARGIN, ROOM_W, BedBox, Layout, RoomBox, Shape, place_beds
from .svg_shapes import IDENTITY, Matrix, apply, length, multiply, numbers, parse_transform
from .svg_shapes import path_points as _path_points

MAX_FILE_BYTES = 2_000_000
MAX_ELEMENTS = 20_000
MAX_DEPTH = 100
DOCTYPE = "<!doctype"
DECLARATIONS = ("<!entity", "<!element", "<!attlist", "<!notation")
# The public ones name a standard and its address, in some 100 characters.
MAX_DOCTYPE = 1_000
# A plain rectangle that covers more of the page is the paper.
PAPER_SHARE = 0.85

SVG = "{http://www.w3.org/2000/svg}"
INKSCAPE_LABEL = "{http://www.inkscape.org/namespaces/inkscape}label"
FORBIDDEN = {"script", "foreignobject", "iframe", "object", "embed", "handler", "listener"}
# Drawn elsewhere, or not at all.
SKIPPED = {"defs", "symbol", "clippath", "mask", "pattern", "metadata", "title", "desc", "style"}
# Names that drawing programs give by themselves.
DEFAULT_NAME = re.compile(
    r"^(svg|layer|g|group|rect|path|line|polygon|polyline|circle|ellipse|text|tspan|use|image|"
    r"namedview|base|grid|background|shape|vector|frame|ebene|calque)[-_ ]*(\d+([-_.]\d+)*)?$",
    re.IGNORECASE,
)
KINDS = (
    ("corridor", "corridor|passage|hall ?way|verandah?"),
    ("stairs", "stair"),
    ("lift", "lift|elevator"),
    ("bath", "toilet|wash|bath|wc"),
    ("common", "common|lounge|study|reading"),
    ("mess", "mess|dining|pantry|kitchen"),
)

Box = tuple[float, float, float, float]


class SvgError(ValueError):
    """A file that can't be used.

    :param why: ``not_svg``, ``too_large``, ``unsafe``, ``broken`` or ``empty``
    """

    def __init__(self, why: str, detail: str = ""):
        super().__init__(f"{why}: {detail}" if detail else why)
        self.why = why
        self.detail = detail


class Room(NamedTuple):
    """A room of the floor, as the file may name it.

    :param beds: map index by label
    """

    id: int
    name: str
    beds: dict[str, int]


class Found(NamedTuple):
    """What was found in a file.

    :param layout: drawing with the rooms that were found, and their beds
    :param rooms: id of the element by room id; empty if only the room's beds were there
    :param beds: id of the element by map index; beds that lie in their room's box are not here
    :param unmatched: map indexes of beds that have no place
    :param unknown: ids of elements that say they are a room or a bed and are none of this floor's
    """

    layout: Layout
    rooms: dict[int, str]
    beds: dict[int, str]
    unmatched: set[int]
    unknown: list[str]


def read_svg(data: bytes, rooms: list[Room]) -> Found:
    """Match the elements of an SVG file with the rooms and beds of a floor.

    :param data: the file as it was uploaded
    :raises SvgError: if it is no SVG, too large, broken, or holds what a drawing doesn't need:
        a document type with declarations, scripts, event handlers, foreign content
    """
    root = parse_svg(data)
    return _Reader(root, rooms).read()


def parse_svg(data: bytes) -> Any:
    """Root element of a file that is safe to walk through."""
    if len(data) > MAX_FILE_BYTES:
        raise SvgError("too_large")
    text = _decode(data)
    # Before any parser sees it: entities can blow up or reach for other files.
    if _has_declarations(text):
        raise SvgError("unsafe", "<!DOCTYPE")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise SvgError("broken" if "<svg" in text.lower() else "not_svg", error.msg or "") from None
    if root.tag not in ("svg", f"{SVG}svg"):
        raise SvgError("not_svg")
    _refuse_unsafe(root)
    return root


def _has_declarations(text: str) -> bool:
    """Whether the document type is more than one short name; each step reads the text once."""
    text = text.lower()
    if any(word in text for word in DECLARATIONS):
        return True
    start = text.find(DOCTYPE)
    if start < 0:
        return False
    if text.find(DOCTYPE, start + len(DOCTYPE)) >= 0:
        return True
    end = text.find(">", start, start + MAX_DOCTYPE)
    return end < 0 or "[" in text[start:end]


def _decode(data: bytes) -> str:
    """Text of the file; other encodings than UTF-8 could hide what is looked for."""
    if b"\x00" in data[:1024] or data[:2] == b"\x1f\x8b":
        raise SvgError("not_svg")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SvgError("not_svg") from None
    declaration = re.match(r"\s*<\?xml[^>]*\?>", text)
    if not declaration:
        return text
    encoding = re.search(r"encoding\s*=\s*[\"']([^\"']+)", declaration[0])
    if encoding and encoding[1].lower() not in ("utf-8", "utf8", "us-ascii", "ascii"):
        raise SvgError("broken", encoding[1])
    return text[declaration.end() :]


def _refuse_unsafe(root: Any) -> None:
    for count, element in enumerate(root.iter(etree.Element)):
        if count > MAX_ELEMENTS:
            raise SvgError("too_large")
        if not isinstance(element.tag, str):
            continue
        if _local(element) in FORBIDDEN:
            raise SvgError("unsafe", f"<{_local(element)}>")
        for name, value in element.attrib.items():
            if etree.QName(name).localname.lower().startswith("on"):
                raise SvgError("unsafe", name)
            if re.match(r"\s*javascript:", value, re.IGNORECASE):
                raise SvgError("unsafe", "javascript:")


def _local(element: Any) -> str:
    return etree.QName(element).localname.lower()


class _Placed(NamedTuple):
    """An element's box in its own frame, and where that frame lies on the page."""

    box: Box
    matrix: Matrix

    def corners(self) -> list[Point]:
        left, top, right, bottom = self.box
        points = ((left, top), (right, top), (right, bottom), (left, bottom))
        return [apply(self.matrix, point) for point in points]

    def turned(self) -> tuple[Box, int]:
        """Upright box and turn in degrees; what is skewed gets the box around it."""
        a, b, c, d, _e, _f = self.matrix
        width, height = math.hypot(a, b), math.hypot(c, d)
        if not width or not height or abs(a * c + b * d) > 0.01 * width * height:
            return bounds(self.corners()), 0
        rot = round(math.degrees(math.atan2(b, a))) % 360
        points = self.corners()
        x, y = (points[0][0] + points[2][0]) / 2, (points[0][1] + points[2][1]) / 2
        half_w = width * (self.box[2] - self.box[0]) / 2
        half_h = height * (self.box[3] - self.box[1]) / 2
        if rot % 180 == 0:
            # Upside down is upright to a rectangle.
            rot = 0
        return (x - half_w, y - half_h, x + half_w, y + half_h), rot


class _Reader:
    def __init__(self, root: Any, rooms: list[Room]):
        self.root = root
        self.rooms = {room.id: room for room in rooms}
        self.by_name = {_plain(room.name): room for room in rooms}
        self.placed_rooms: dict[int, tuple[str, _Placed]] = {}
        self.placed_beds: dict[int, tuple[str, _Placed]] = {}
        self.unknown: list[str] = []
        self.rest: list[tuple[Any, Matrix]] = []
        self.texts: list[tuple[str, Point, float]] = []

    # A reader of a file, not a method of a model.
    # pylint: disable-next=method-required-super
    def read(self) -> Found:
        page_matrix, page = self._page()
        self._walk(self.root, page_matrix, None, 0)
        layout = self._layout(page)
        wanted = {room.id: set(room.beds.values()) for room in self.rooms.values()}
        return Found(
            layout=layout,
            rooms={
                box["id"]: self.placed_rooms[box["id"]][0] if box["id"] in self.placed_rooms else ""
                for box in layout["rooms"]
            },
            beds={index: name for index, (name, _placed) in self.placed_beds.items()},
            unmatched=lost_beds(layout, wanted),
            unknown=self.unknown[:200],
        )

    def _page(self) -> tuple[Matrix, Box | None]:
        """What ``viewBox`` and the size of the root do to the drawing."""
        box = numbers(self.root.get("viewBox"))
        width, height = length(self.root.get("width")), length(self.root.get("height"))
        if len(box) == 4 and box[2] > 0 and box[3] > 0:
            x, y, w, h = box
            return (1, 0, 0, 1, -x, -y), (0, 0, w, h)
        return IDENTITY, (0, 0, width, height) if width and height else None

    # --- looking for rooms and beds

    def _walk(self, element: Any, matrix: Matrix, room: Room | None, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise SvgError("too_large")
        for child in element:
            if not isinstance(child.tag, str) or _local(child) in SKIPPED or _hidden(child):
                continue
            here = multiply(matrix, parse_transform(child.get("transform")))
            if _local(child) == "svg":
                x, y = length(child.get("x")), length(child.get("y"))
                here = multiply(here, (1, 0, 0, 1, x, y))
            inside = self._match(child, here, room)
            if _local(child) in ("g", "svg", "a", "switch"):
                self._walk(child, here, inside or room, depth + 1)

    def _match(self, element: Any, matrix: Matrix, room: Room | None) -> Room | None:
        """Take an element as a room or a bed, or put it aside; returns the room it is."""
        names = _names(element)
        for name in names:
            says_bed = name.said_bed or name.text.startswith("bed")
            bed = self._bed_of(name.text, room) if says_bed else None
            if bed is not None:
                self._keep(self.placed_beds, bed, name.raw, element, matrix)
                return None
        for name in names:
            found = None if name.said_bed else self._room_of(name.text)
            if found:
                self._keep(self.placed_rooms, found.id, name.raw, element, matrix)
                return found
        if any(name.said_bed or self._claims(name.text) for name in names):
            self.unknown.append(names[0].raw[:MAX_LABEL])
        elif room is None:
            self.rest.append((element, matrix))
        if _local(element) == "text":
            self._note_text(element, matrix)
        return None

    @staticmethod
    def _claims(name: str) -> bool:
        if DEFAULT_NAME.match(name):
            return False
        return bool(re.match(r"(room|bed)[-_ .:]|[a-z]?[-_]?\d+[a-z]?$", name))

    def _room_of(self, name: str) -> Room | None:
        short = re.sub(r"^room[-_ .:]*", "", name)
        return self.by_name.get(_plain(short)) or self.by_name.get(_plain(name))

    def _bed_of(self, name: str, room: Room | None) -> int | None:
        short = re.sub(r"^bed[-_ .:]*", "", name)
        if room:
            index = _label(room, short)
            if index is not None:
                return index
        for match in re.finditer(r"[-_ .:/]+", short):
            owner = self.by_name.get(_plain(short[: match.start()]))
            index = _label(owner, short[match.end() :]) if owner else None
            if index is not None:
                return index
        return None

    def _keep(
        self, found: dict[int, tuple[str, _Placed]], key: int, name: str, element: Any, at: Matrix
    ) -> None:
        box = _box(element)
        if box is None or key in found:
            # Nothing to see, or a second one that says it is the same.
            self.unknown.append(name[:MAX_LABEL])
        else:
            found[key] = (name[:MAX_LABEL], _Placed(box, at))

    def _note_text(self, element: Any, matrix: Matrix) -> None:
        text = " ".join("".join(element.itertext()).split())[:MAX_LABEL]
        first = next(iter(element.iterfind(f"{SVG}tspan")), element)
        x = numbers(element.get("x") or first.get("x"))
        y = numbers(element.get("y") or first.get("y"))
        size = length(element.get("font-size")) or _style_size(element) or 12
        if text:
            at = apply(matrix, (x[0] if x else 0, y[0] if y else 0))
            self.texts.append((text, at, size * math.hypot(matrix[0], matrix[1])))

    # --- the drawing

    def _layout(self, page: Box | None) -> Layout:
        placed = [self._room_box(room) for room in self.rooms.values()]
        boxes = [box for box in placed if box]
        if not boxes:
            raise SvgError("empty")
        scale = self._scale(boxes)
        if page is None:
            page = bounds(
                [
                    point
                    for box in boxes
                    for point in ((box["x"], box["y"]), (box["x"] + box["w"], box["y"] + box["h"]))
                ]
            )
            page = (page[0] - MARGIN, page[1] - MARGIN, page[2] + MARGIN, page[3] + MARGIN)
        shift = (-page[0], -page[1])
        rooms = [self._finish(box, scale, shift) for box in boxes]
        shapes = [_resize(shape, scale, shift) for shape in self._shapes(page, boxes)]
        return {
            "w": _short((page[2] - page[0]) * scale),
            "h": _short((page[3] - page[1]) * scale),
            "shapes": shapes[:MAX_SHAPES],
            "rooms": rooms,
        }  # type: ignore[typeddict-item]

    def _room_box(self, room: Room) -> RoomBox | None:
        """The room in the file's units, with the beds that have elements of their own."""
        beds = {i: self.placed_beds[i][1] for i in room.beds.values() if i in self.placed_beds}
        if room.id in self.placed_rooms:
            (left, top, right, bottom), rot = self.placed_rooms[room.id][1].turned()
        elif beds:
            left, top, right, bottom = bounds(
                [point for placed in beds.values() for point in placed.corners()]
            )
            pad = max(right - left, bottom - top) * 0.2
            left, top, right, bottom, rot = left - pad, top - pad * 2, right + pad, bottom + pad, 0
        else:
            return None
        if right <= left or bottom <= top:
            return None
        center = ((left + right) / 2, (top + bottom) / 2)
        box: RoomBox = {
            "id": room.id,
            "x": left,
            "y": top,
            "w": right - left,
            "h": bottom - top,
            "rot": rot,
            "beds": [],
        }  # type: ignore[typeddict-item]
        for index, placed in sorted(beds.items()):
            corners = [turn_point(point, center, -rot) for point in placed.corners()]
            x, y, x2, y2 = bounds(corners)
            box["beds"].append({"i": index, "x": x, "y": y, "w": x2 - x, "h": y2 - y})
        return box

    @staticmethod
    def _scale(boxes: list[RoomBox]) -> float:
        """So that beds, or rooms where there are none, get the size that the map is made for."""
        beds = sorted(max(bed["w"], bed["h"]) for box in boxes for bed in box["beds"])
        sides = sorted(min(box["w"], box["h"]) for box in boxes)
        scale = BED_W / beds[len(beds) // 2] if beds else 0
        # Never rooms too small for their number and a line of beds.
        return max(scale, 0.95 * ROOM_W / sides[len(sides) // 2])

    def _finish(self, box: RoomBox, scale: float, shift: Point) -> RoomBox:
        done: RoomBox = {
            **box,
            **_scaled(box, scale, shift),
            "beds": [{"i": bed["i"], **_scaled(bed, scale, shift)} for bed in box["beds"]],
        }  # type: ignore[typeddict-item]
        missing = [
            index
            for index in self.rooms[box["id"]].beds.values()
            if index not in {bed["i"] for bed in box["beds"]}
        ]
        spots = _free_spots(done, len(missing))
        if spots:
            done["beds"] += [
                {**spot, "i": index} for spot, index in zip(spots, missing, strict=True)
            ]
        elif missing:
            done["beds"] = place_beds(done, list(self.rooms[box["id"]].beds.values()))
        return done

    def _shapes(self, page: Box, boxes: list[RoomBox]) -> Iterator[dict[str, Any]]:
        area = (page[2] - page[0]) * (page[3] - page[1])
        for element, matrix in self.rest:
            box = _box(element) if _local(element) in ("rect", "line") else None
            if box is None:
                continue
            left, top, right, bottom = bounds(_Placed(box, matrix).corners())
            if (right - left) * (bottom - top) > PAPER_SHARE * area:
                continue
            kind = _kind(" ".join(name.text for name in _names(element)))
            if not kind and _local(element) == "line":
                # A wall is as thick as its stroke, not nothing.
                left, top, right, bottom = left - 1, top - 1, right + 1, bottom + 1
                if min(right - left, bottom - top) > 4:
                    continue
            elif not kind and _inside_any((left, top, right, bottom), boxes):
                continue
            yield _shape(kind or "wall", (left, top, right, bottom))
        known = {_plain(room.name) for room in self.rooms.values()}
        for text, (x, y), size in self.texts:
            if _plain(text) in known or _inside_any((x, y, x, y), boxes):
                continue
            width = size * 0.6 * len(text)
            yield _shape("label", (x, y - size, x + width, y + size * 0.2), text)


class _Name(NamedTuple):
    raw: str
    text: str
    said_bed: bool = False


def _names(element: Any) -> list[_Name]:
    """What an element is called, the most telling first."""
    found = []
    for attribute, said_bed in (
        ("data-bed", True),
        ("data-room", False),
        ("id", False),
        (INKSCAPE_LABEL, False),
    ):
        raw = (element.get(attribute) or "").strip()
        if raw:
            # Illustrator writes what XML doesn't allow in an id as its code.
            text = re.sub(r"_x([0-9a-fA-F]{2})_", lambda code: chr(int(code[1], 16)), raw)
            found.append(_Name(raw, text.lower().strip(), said_bed))
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_ .:/]+", "", name).lower()


def _label(room: Room, text: str) -> int | None:
    return {label.lower(): index for label, index in room.beds.items()}.get(text.strip().lower())


def _hidden(element: Any) -> bool:
    style = (element.get("style") or "").replace(" ", "")
    return element.get("display") == "none" or "display:none" in style


def _style_size(element: Any) -> float:
    match = re.search(r"font-size:\s*([^;]+)", element.get("style") or "")
    return length(match[1]) if match else 0.0


def _box(element: Any) -> Box | None:
    """What encloses an element in its own frame; its transform is not applied."""
    points = list(_points(element, IDENTITY, 0))
    return bounds(points) if points else None


def _points(element: Any, matrix: Matrix, depth: int) -> Iterator[Point]:
    if depth > MAX_DEPTH:
        raise SvgError("too_large")
    kind = _local(element)
    if kind in ("g", "svg", "a", "switch"):
        for child in element:
            if isinstance(child.tag, str) and _local(child) not in SKIPPED and not _hidden(child):
                inner = multiply(matrix, parse_transform(child.get("transform")))
                yield from _points(child, inner, depth + 1)
        return
    for point in _own_points(element, kind):
        yield apply(matrix, point)


def _own_points(element: Any, kind: str) -> list[Point]:
    def get(*names: str) -> list[float]:
        return [length(element.get(name)) for name in names]

    if kind == "rect":
        x, y, w, h = get("x", "y", "width", "height")
        return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)] if w > 0 and h > 0 else []
    if kind in ("circle", "ellipse"):
        x, y = get("cx", "cy")
        rx, ry = get("r", "r") if kind == "circle" else get("rx", "ry")
        return [(x - rx, y - ry), (x + rx, y + ry)] if rx > 0 and ry > 0 else []
    if kind == "line":
        x, y, x2, y2 = get("x1", "y1", "x2", "y2")
        return [(x, y), (x2, y2)]
    if kind in ("polygon", "polyline"):
        values = numbers(element.get("points"))
        return list(zip(values[::2], values[1::2], strict=False))
    return _path_points(element.get("d")) if kind == "path" else []


def _kind(text: str) -> str:
    return next((kind for kind, words in KINDS if re.search(words, text)), "")


def _inside_any(inner: Box, boxes: list[RoomBox]) -> bool:
    return any(
        box["x"] - 1 <= inner[0]
        and box["y"] - 1 <= inner[1]
        and inner[2] <= box["x"] + box["w"] + 1
        and inner[3] <= box["y"] + box["h"] + 1
        for box in boxes
    )


def _free_spots(room: RoomBox, count: int) -> list[BedBox]:
    """Places beside the beds that are drawn already; none if they don't all fit."""
    for size in range(count + len(room["beds"]), count + len(room["beds"]) + 5):
        spots = place_beds(room, list(range(size)))
        free = [spot for spot in spots if not any(overlap(spot, bed) for bed in room["beds"])]
        if len(free) >= count:
            return free[:count]
    return []


def _shape(kind: str, box: Box, label: str = "") -> dict[str, Any]:
    left, top, right, bottom = box
    return {
        "type": kind,
        "x": left,
        "y": top,
        "w": right - left,
        "h": bottom - top,
        "label": label,
    }


def _resize(shape: dict[str, Any], scale: float, shift: Point) -> Shape:
    return {**shape, **_scaled(shape, scale, shift)}  # type: ignore[typeddict-item]


def _scaled(box: Mapping[str, Any], scale: float, shift: Point) -> dict[str, float]:
    return {
        "x": _short((box["x"] + shift[0]) * scale),
        "y": _short((box["y"] + shift[1]) * scale),
        "w": max(2.0, _short(box["w"] * scale)),
        "h": max(2.0, _short(box["h"] * scale)),
    }


def _short(value: float) -> float:
    # A drawing with absurd numbers fails the check of the finished drawing, not here.
    limited = max(-10.0 * MAX_SIDE, min(10.0 * MAX_SIDE, value))
    rounded = round(limited, 1)
    return int(rounded) if rounded == int(rounded) else rounded
