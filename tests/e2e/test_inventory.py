"""scripts/load-inventory against the running stack, with a made-up house."""

import json
import os
import subprocess
import time

import pytest
from people import find_free_students, sign_in

from hostel_stack.settings import ROOT

COUNTS = """
    SELECT (SELECT count(*) FROM hostel_hostel), (SELECT count(*) FROM hostel_room),
           (SELECT count(*) FROM hostel_bed), (SELECT count(*) FROM hostel_booking_map),
           (SELECT max(epoch) FROM hostel_booking_round)
"""
BEDS = """
    SELECT b.map_index, b.active
      FROM hostel_bed b
      JOIN hostel_room r ON r.id = b.room_id
      JOIN hostel_hostel h ON h.id = r.hostel_id
     WHERE h.code = 'TEAK_HOUSE' AND r.name = %s ORDER BY b.label
"""


def house(**capacities):
    """Two floors, a suite; capacities by room number, such as ``r11=2``."""
    rooms = {"r1": 1, "r2": 2, "r3": 3, "r11": 2} | capacities
    lists = {
        number: {"room_number": number[1:], "capacity": capacity}
        for number, capacity in rooms.items()
    }
    floors = [["r1", "r2"], ["r3"]], [["r11"]]
    return {
        "floors": [
            {"suites": [{"rooms": [lists[number] for number in suite]} for suite in floor]}
            for floor in floors
        ]
    }


@pytest.fixture
def load(stack, tmp_path):
    """Load files given by name; returns the finished process."""

    def call(*options, **files):
        for path in tmp_path.iterdir():
            path.unlink()
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (tmp_path / f"{name}.json").write_text(text)
        command = [ROOT / "scripts" / "load-inventory", tmp_path, "--hostel-type", "boys", *options]
        env = stack.env | {"HOSTEL_TOOLS_DIR": os.environ["HOSTEL_TOOLS_DIR"]}
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)

    return call


def look(stack, session):
    """What a student sees of the house: ``{floor name: (key, drawing, state)}``."""
    [[hostel_id]] = stack.query("SELECT id FROM hostel_hostel WHERE code = 'TEAK_HOUSE'")
    boot = session.get(f"{stack.url}/hostel/booking/boot?hostel_id={hostel_id}").json()
    seen = {}
    for floor in boot["floors"]:
        key = floor["key"]
        drawing = session.get(f"{stack.url}/hostel/layout/{key}/{floor['layout_version']}").json()
        # Nothing else changes here, so any number that was not asked for yet passes the cache.
        live = session.get(f"{stack.url}/hostel/live/{key}?v={time.time_ns() % 10**9}").json()
        seen[floor["name"]] = key, drawing, live
    return seen


def test_a_house_is_loaded_seen_and_booked(stack, load):
    done = load(teak_house=house())
    assert done.returncode == 0, done.stderr
    assert "Teak House: 1 hostel created, 2 floors created, 4 rooms created, 8 beds" in done.stdout
    session = sign_in(stack.url, find_free_students(stack, 1, gender="male")[0])
    seen = look(stack, session)
    assert set(seen) == {"1", "2"}
    for key, drawing, live in seen.values():
        drawn = [bed["i"] for room in drawing["rooms"] for bed in room["beds"]]
        assert sorted(drawn) == list(range(len(live["s"]))), key
        assert set(live["s"]) == {"0"}
    assert "Suite 1" in {shape["label"] for shape in seen["1"][1]["shapes"]}
    key = seen["2"][0]
    url = f"{stack.url}/hostel/booking"
    answer = session.post(f"{url}/hold", json={"key": key, "i": 0}).json()
    assert answer["hold"]["bed"] == "11 · A"
    assert session.post(f"{url}/release", json={"token": answer["hold"]["token"]}).ok


def test_a_second_run_changes_nothing(stack, load):
    load(teak_house=house())
    before = stack.query(COUNTS)
    done = load(teak_house=house())
    assert done.returncode == 0, done.stderr
    assert "Teak House: nothing to change" in done.stdout
    assert stack.query(COUNTS) == before


def test_only_what_changed_is_changed(stack, load):
    load(teak_house=house(r2=2, r3=3))
    done = load(teak_house=house(r2=4, r3=1))
    assert "2 rooms resized" in done.stdout
    assert "2 beds created" in done.stdout and "2 beds retired" in done.stdout
    assert [active for _index, active in stack.query(BEDS, "2")] == [True] * 4
    assert [active for _index, active in stack.query(BEDS, "3")] == [True, False, False]
    session = sign_in(stack.url, find_free_students(stack, 1, gender="male")[0])
    _key, drawing, live = look(stack, session)["1"]
    retired = [index for index, active in stack.query(BEDS, "3") if not active]
    assert [live["s"][index] for index in retired] == ["5", "5"]
    drawn = {bed["i"] for room in drawing["rooms"] for bed in room["beds"]}
    assert len(drawn) == 6 and not drawn & set(retired)
    # The beds come back to the places that were always theirs.
    before = stack.query(BEDS, "3")
    done = load(teak_house=house(r2=4, r3=3))
    assert "2 beds taken back" in done.stdout
    assert stack.query(BEDS, "3") == [(index, True) for index, _active in before]


def test_a_bad_file_leaves_nothing_and_stops_no_other(stack, load):
    load(teak_house=house())
    before = stack.query(COUNTS)
    bad = house(r11="two")
    done = load(teak_house=house(), oak_house=bad, ash_house='{"floors"')
    assert done.returncode == 1
    assert stack.query(COUNTS)[0][:4] == before[0][:4]
    assert "Teak House: nothing to change" in done.stdout
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert "oak_house.json: floors[1].suites[0].rooms[0].capacity" in lines[1]
    assert "Traceback" not in done.stderr


def test_a_refused_dormitory_is_rolled_back_whole(stack, load):
    load(teak_house=house())
    before = stack.query(COUNTS)
    moved = house()
    # A new room first, then one that stands on another floor.
    moved["floors"][0]["suites"][0]["rooms"].append({"room_number": "4", "capacity": 2})
    moved["floors"].reverse()
    done = load(teak_house=moved)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "Teak House: room 11 stands on floor 2 here, on floor 1 in the file" in line
    assert stack.query(COUNTS) == before


def test_without_a_round_nothing_is_made(stack, load):
    before = stack.query(COUNTS)
    done = load("--term", "NEVER", elm_house=house())
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "no booking round is open for the term NEVER" in line
    assert stack.query(COUNTS) == before
