"""A small still picture of a floor's drawing, as SVG text, without the ORM.

For dialogs and lists. The live map and the editor draw for themselves.
"""

from collections.abc import Mapping
from html import escape

from .floor_geometry import middle
from .floor_layout import Layout, RoomBox

SHAPE_FILL = {
    "corridor": "#eef0f4",
    "stairs": "#dfe3ea",
    "lift": "#dfe3ea",
    "bath": "#dcebf5",
    "common": "#f3ecdc",
    "mess": "#f3ecdc",
    "wall": "#9aa3b2",
}


def draw_picture(layout: Layout, names: Mapping[int, str], marked: set[int] | None = None) -> str:
    """SVG of a drawing: rooms with their numbers, and beds as small boxes.

    :param names: number of each room id; escaped here
    :param marked: ids of rooms to draw in the colour of a warning
    """
    marked = marked or set()
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout["w"]:g} {layout["h"]:g}"'
        ' class="o_hostel_floor_picture" role="img"'
        ' style="width:100%;max-height:340px;background:#fff;border-radius:8px">'
    )
    parts = [root]
    for shape in layout["shapes"]:
        fill = SHAPE_FILL.get(shape["type"])
        if fill:
            parts.append(
                f'<rect x="{shape["x"]:g}" y="{shape["y"]:g}" width="{shape["w"]:g}"'
                f' height="{shape["h"]:g}" fill="{fill}"/>'
            )
        if shape["label"]:
            x, y = middle(shape)
            parts.append(
                f'<text x="{x:g}" y="{y:g}" font-size="13" fill="#5d6778" text-anchor="middle"'
                f' dominant-baseline="central">{escape(shape["label"])}</text>'
            )
    for box in layout["rooms"]:
        parts.extend(_draw_room(box, names.get(box["id"], ""), box["id"] in marked))
    parts.append("</svg>")
    return "".join(parts)


def _draw_room(box: RoomBox, name: str, marked: bool) -> list[str]:
    x, y = middle(box)
    stroke = "#c0362c" if marked else "#8b94a5"
    beds = [
        f'<rect x="{bed["x"]:g}" y="{bed["y"]:g}" width="{bed["w"]:g}" height="{bed["h"]:g}"'
        ' rx="5" fill="#e7f7f1" stroke="#0b8a69"/>'
        for bed in box["beds"]
    ]
    head = min(18.0, box["h"] / 4)
    frame = (
        f'<g transform="rotate({box["rot"]:g} {x:g} {y:g})">'
        f'<rect x="{box["x"]:g}" y="{box["y"]:g}" width="{box["w"]:g}" height="{box["h"]:g}"'
        f' rx="8" fill="#fcfcfd" stroke="{stroke}" stroke-width="2"/>'
    )
    number = (
        f'<text x="{box["x"] + 10:g}" y="{box["y"] + head + 6:g}" font-size="16" font-weight="700"'
        f' fill="#1d2433">{escape(name)}</text></g>'
    )
    return [frame, *beds, number]
