"""Marks the suites in the drawing of a floor. Imports no odoo."""

LABEL_H = 14
# From the corridor's wall.
LABEL_GAP = 3


def mark_suites(layout: dict, suites: dict[int, str]) -> dict:
    """Write a suite's name on the corridor in front of its rooms.

    :param layout: a drawing as ``generate_layout`` of the hostel addon returns it: rows of rooms on
        both sides of corridors
    :param suites: suite of each room id, empty or missing for none
    :return: the same drawing with label shapes
    """
    corridors = [shape for shape in layout["shapes"] if shape["type"] == "corridor"]
    labels = []
    for run in _runs(layout["rooms"], suites):
        first, last = run[0], run[-1]
        corridor = min(corridors, key=lambda shape: _distance(shape, first))
        above = first["y"] < corridor["y"]
        inset = LABEL_GAP if above else corridor["h"] - LABEL_H - LABEL_GAP
        labels.append(
            {
                "type": "label",
                "x": first["x"],
                "y": corridor["y"] + inset,
                "w": last["x"] + last["w"] - first["x"],
                "h": LABEL_H,
                "label": suites[first["id"]],
            }
        )
    return {**layout, "shapes": [*layout["shapes"], *labels]}


def _distance(shape: dict, room: dict) -> float:
    """How far the middles are apart from top to bottom."""
    return abs(shape["y"] + shape["h"] / 2 - room["y"] - room["h"] / 2)


def _runs(rooms: list[dict], suites: dict[int, str]) -> list[list[dict]]:
    """Neighbours of one row and one suite."""
    runs: list[list[dict]] = []
    for room in rooms:
        suite = suites.get(room["id"], "")
        if not suite:
            continue
        last = runs[-1][-1] if runs else None
        if last and suites[last["id"]] == suite and last["y"] == room["y"]:
            runs[-1].append(room)
        else:
            runs.append([room])
    return runs
