"""Dormitories from JSON: what is read, and what is refused in one line."""

import copy
import json

import pytest

from hostel_inventory.drawing import mark_suites
from hostel_inventory.reader import (
    MAX_CAPACITY,
    InventoryError,
    bed_labels,
    natural,
    parse_dormitory,
    read_folder,
    suite_name,
)


def room(number, capacity=2, **more):
    return {"room_number": number, "capacity": capacity, **more}


# A made-up house: two floors, suites with and without a common number, one room by itself.
HOUSE = {
    "floors": [
        {
            "suites": [
                {"rooms": [room("11B"), room("11A", 1)], "can_lock": True},
                {"rooms": [room("12", 3), room("9", 1), room("10", 1)]},
                {"rooms": [room("Attic", 1)]},
            ]
        },
        {"suites": [{"rooms": [room(21, 4, note="a number, not a text")]}]},
    ]
}


def house(**changes):
    """The made-up house, with another first room."""
    data = copy.deepcopy(HOUSE)
    data["floors"][0]["suites"][0]["rooms"][0].update(changes)
    return data


def test_floors_rooms_and_suites_are_read_in_the_order_to_draw_them():
    dormitory = parse_dormitory("teak house", HOUSE)
    assert (dormitory.key, dormitory.name) == ("teak_house", "Teak House")
    first, second = dormitory.floors
    assert first.number == 1
    assert [(r.number, r.capacity, r.suite) for r in first.rooms] == [
        ("11A", 1, "Suite 11"),
        ("11B", 2, "Suite 11"),
        ("9", 1, "Suite 2"),
        ("10", 1, "Suite 2"),
        ("12", 3, "Suite 2"),
        ("Attic", 1, ""),
    ]
    assert second == (2, [("21", 4, "")])
    assert sum(r.capacity for r in dormitory.rooms) == 13
    assert not dormitory.repeated


def test_a_number_that_comes_again_gets_a_suffix_and_no_bed_is_lost():
    data = copy.deepcopy(HOUSE)
    data["floors"][1]["suites"] += [{"rooms": [room("12"), room("12"), room("12-2", 1)]}]
    dormitory = parse_dormitory("teak", data)
    numbers = [r.number for r in dormitory.rooms]
    assert len(numbers) == len(set(numbers))
    assert {"12", "12-2", "12-3", "12-4"} <= set(numbers)
    assert dormitory.repeated == ["12", "12"]
    assert parse_dormitory("teak", data) == dormitory


def test_odd_numbers_are_names_like_any_other():
    for number in ("Q1D", "120A", " 7 b ", "0", "१२"):
        dormitory = parse_dormitory("teak", house(room_number=number))
        assert " ".join(number.split()) in {r.number for r in dormitory.rooms}


@pytest.mark.parametrize("number", ["", "  ", None, True, 1.5, [], "x" * 21])
def test_a_room_needs_a_number(number):
    with pytest.raises(InventoryError, match=r"floors\[0\]\.suites\[0\]\.rooms\[0\]\.room_number"):
        parse_dormitory("teak", house(room_number=number))


@pytest.mark.parametrize("capacity", [0, -1, MAX_CAPACITY + 1, None, True, 2.0, "2", "x" * 500])
def test_a_room_needs_a_capacity(capacity):
    with pytest.raises(InventoryError, match=r"rooms\[0\]\.capacity must be") as refusal:
        parse_dormitory("teak", house(capacity=capacity))
    assert len(str(refusal.value)) < 250


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ([], "the file must be an object"),
        ({}, "floors must be a list"),
        ({"floors": []}, "floors must be a list"),
        ({"floors": {}}, "floors must be a list"),
        ({"floors": [7]}, r"floors\[0\] must be an object"),
        ({"floors": [{"suites": []}]}, r"floors\[0\]\.suites must be a list"),
        ({"floors": [{"suites": [{"rooms": []}]}]}, r"floors\[0\]\.suites\[0\]\.rooms must be"),
        ({"floors": [{"suites": [{"rooms": [7]}]}]}, r"rooms\[0\] must be an object"),
    ],
)
def test_another_shape_is_refused_with_its_place(data, place):
    with pytest.raises(InventoryError, match=place):
        parse_dormitory("teak", data)


def test_a_folder_is_read_and_bad_files_are_left_out(tmp_path):
    (tmp_path / "teak.json").write_text(json.dumps(HOUSE))
    (tmp_path / "broken.json").write_text('{"floors": [\n')
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "huge.json").write_text(json.dumps(house(capacity="many")))
    (tmp_path / "___.json").write_text(json.dumps(HOUSE))
    (tmp_path / "TEAK_.json").write_text(json.dumps(HOUSE))
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "notes.txt").write_text("no dormitory")
    dormitories, problems = read_folder(tmp_path)
    assert [d.key for d in dormitories] == ["teak"]
    lines = [str(problem) for problem in problems]
    assert len(lines) == 7
    assert all("\n" not in line and ".json: " in line for line in lines)


def test_nothing_to_read_is_said(tmp_path):
    with pytest.raises(InventoryError, match=r"holds no \.json file"):
        read_folder(tmp_path)
    with pytest.raises(InventoryError, match="is no folder"):
        read_folder(tmp_path / "missing")


def test_labels_and_orders():
    assert bed_labels(3) == ["A", "B", "C"]
    assert len(set(bed_labels(MAX_CAPACITY))) == MAX_CAPACITY
    assert sorted(["10", "9", "9B", "9A", "Q1D", "100"], key=natural) == [
        "9",
        "9A",
        "9B",
        "10",
        "100",
        "Q1D",
    ]


def test_a_suite_is_called_by_its_common_number():
    assert suite_name(["301A", "301B"], 4) == "Suite 301"
    assert suite_name(["301", "303"], 4) == "Suite 4"
    assert suite_name(["A", "B"], 4) == "Suite 4"
    assert suite_name(["301A"], 4) == ""


def test_suites_are_named_on_the_corridor_in_front_of_them():
    def box(room_id, x, y):
        return {"id": room_id, "x": x, "y": y, "w": 100, "h": 90, "beds": []}

    corridor = {"type": "corridor", "x": 0, "y": 120, "w": 320, "h": 56, "label": ""}
    rooms = [box(1, 10, 20), box(2, 120, 20), box(3, 230, 20), box(4, 10, 186), box(5, 120, 186)]
    layout = {"w": 320, "h": 300, "shapes": [corridor], "rooms": rooms}
    marked = mark_suites(layout, {1: "Suite 1", 2: "Suite 1", 3: "", 4: "Suite 2", 5: "Suite 2"})
    assert marked["rooms"] == rooms
    labels = marked["shapes"][1:]
    assert [(s["label"], s["x"], s["w"]) for s in labels] == [
        ("Suite 1", 10, 210),
        ("Suite 2", 10, 210),
    ]
    upper, lower = labels
    assert corridor["y"] < upper["y"] < upper["y"] + upper["h"] < lower["y"]
    assert lower["y"] + lower["h"] < corridor["y"] + corridor["h"]
    assert mark_suites(layout, {}) == layout
