"""One floor as a warden would draw it: an L with turned rooms, stairs, a lift and a common room."""

from typing import NamedTuple


class Spot(NamedTuple):
    """Where a room stands: upper left corner before it is turned, and the turn."""

    x: int
    y: int
    rot: int = 0


# Tungabhadra, first floor: six rooms along the lake, a wing of three, and a corner that is askew.
SPOTS = [
    Spot(110, 30),
    Spot(240, 30),
    Spot(370, 30),
    Spot(500, 30),
    Spot(630, 30),
    Spot(776, 46, 30),
    Spot(812, 200, 90),
    Spot(812, 330, 90),
    Spot(812, 460, 90),
]
SHAPES = [
    ("corridor", 20, 150, 690, 60, "Lake side"),
    ("corridor", 710, 150, 70, 460, ""),
    ("stairs", 20, 30, 76, 110, ""),
    ("lift", 20, 220, 60, 60, ""),
    ("bath", 90, 220, 150, 90, ""),
    ("common", 250, 220, 230, 150, "Reading room"),
    ("mess", 490, 220, 210, 90, "Pantry"),
    ("wall", 20, 12, 850, 6, ""),
    ("label", 720, 620, 60, 20, "Fire exit"),
]


def draw_by_hand(env, hostels):
    """Save a drawing of the first floor of Tungabhadra through the editor's own method."""
    floor = hostels.tungabhadra.floor_ids.filtered(lambda floor: floor.number == 1)
    warden = hostels.tungabhadra.warden_ids[:1]
    floor = floor.with_user(warden) if warden else floor
    data = floor.get_editor_data()
    rooms = [_place(box, spot) for box, spot in zip(data["layout"]["rooms"], SPOTS, strict=True)]
    shapes = [
        {"type": kind, "x": x, "y": y, "w": w, "h": h, "label": label}
        for kind, x, y, w, h, label in SHAPES
    ]
    layout = {"w": 960, "h": 660, "shapes": shapes, "rooms": rooms}
    floor.save_editor_layout(layout, data["version"], "As it is, with the new lift")


def _place(box, spot):
    """The room and its beds, moved to a spot."""
    dx, dy = spot.x - box["x"], spot.y - box["y"]
    beds = [{**bed, "x": bed["x"] + dx, "y": bed["y"] + dy} for bed in box["beds"]]
    return {**box, "x": spot.x, "y": spot.y, "rot": spot.rot, "beds": beds}
