"""A warden changes a floor plan with the mouse and the keys; an open student's map follows."""

import re

import pytest
from people import Person, find_free_students

WARDEN = "warden.girls"
HOSTEL = "Kaveri"
FLOOR = 2


@pytest.fixture
def warden(stack, browser):
    person = Person.sign_in(browser, stack.url, WARDEN)
    yield person
    person.leave()


@pytest.fixture
def student(stack, browser):
    person = Person.sign_in(browser, stack.url, find_free_students(stack, 1)[0])
    yield person
    person.leave()


def find_floor(warden, number=FLOOR):
    """(id of the floor, id of its hostel)"""
    [floor] = warden.call(
        "hostel.floor",
        "search_read",
        [["hostel_id.name", "=", HOSTEL], ["number", "=", number]],
        ["hostel_id"],
    )
    return floor["id"], floor["hostel_id"][0]


def open_editor(warden, floor_id):
    warden.page.goto(f"/odoo/hostel-floors/{floor_id}")
    warden.page.locator("button[name=action_open_editor]").click()
    warden.page.wait_for_selector(".hfe[data-status=ready]")
    warden.page.wait_for_selector(".hfe_stage .hfe_room")


def room_of(warden, number):
    return warden.page.locator(f'.hfe_stage [data-room="{number}"]')


def place_of(warden, number):
    """(x, y, turn) of a room in the editor, in the plan's units."""
    settle(warden)
    transform = room_of(warden, number).get_attribute("transform")
    x, y = re.match(r"translate\(([-\d.]+) ([-\d.]+)\)", transform).groups()
    turn = re.search(r"rotate\((\d+)", transform)
    return float(x), float(y), int(turn[1]) if turn else 0


def drag(warden, number, dx, dy):
    """Take a room with the mouse and pull it by so many pixels."""
    box = room_of(warden, number).bounding_box()
    # Below the beds' middle there is nothing but the room.
    x, y = box["x"] + box["width"] / 2, box["y"] + 12
    mouse = warden.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + dx / 2, y + dy / 2, steps=4)
    mouse.move(x + dx, y + dy, steps=4)
    mouse.up()


def settle(warden):
    """Let the screen catch up with the last step: one frame to render it, one to show it."""
    warden.page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def count(warden, act):
    settle(warden)
    return int(warden.page.locator(f"[data-act={act}] .hfe_count").inner_text())


def save(warden):
    warden.page.locator("[data-act=save]").click()
    warden.page.wait_for_selector(".hfe[data-dirty='0']")


def drawn_at(student, number):
    """Upper left corner of a room on the student's map, in the plan's units."""
    box = student.page.locator(f'.hb_room[data-room-number="{number}"] .hb_room_box')
    return float(box.get_attribute("x")), float(box.get_attribute("y"))


def show_floor(student, key):
    if not student.page.locator(f'svg [data-bed^="{key}:"]').count():
        student.page.locator(f'[data-floor="{key}"]').first.click()
    student.page.locator(f'svg [data-bed^="{key}:"]').first.wait_for()


def key_of(student, hostel_id, number=FLOOR):
    boot = student.get(f"/hostel/booking/boot?hostel_id={hostel_id}")
    return next(floor["key"] for floor in boot["floors"] if floor["number"] == number)


def test_a_dragged_room_is_taken_back_dragged_again_saved_and_seen_by_students(warden, student):
    floor_id, hostel_id = find_floor(warden)
    key = key_of(student, hostel_id)
    student.open_map(hostel_id)
    show_floor(student, key)
    open_editor(warden, floor_id)
    number = f"{FLOOR}03"
    start = place_of(warden, number)
    assert drawn_at(student, number) == start[:2]

    drag(warden, number, 60, 70)
    first = place_of(warden, number)
    assert first[0] > start[0] and first[1] > start[1]
    assert count(warden, "undo") == 1

    warden.page.locator("[data-act=undo]").click()
    assert place_of(warden, number) == start
    assert (count(warden, "undo"), count(warden, "redo")) == (0, 1)

    drag(warden, number, 30, 110)
    second = place_of(warden, number)
    assert second not in (start, first)
    # A new step: what was taken back is gone.
    assert (count(warden, "undo"), count(warden, "redo")) == (1, 0)
    save(warden)

    # The map was open all the time and follows without being loaded again.
    moved = student.page.locator(
        f'.hb_room[data-room-number="{number}"] .hb_room_box[x="{second[0]:g}"][y="{second[1]:g}"]'
    )
    moved.wait_for(timeout=15_000)
    # And so does one that is opened now, once the cached second of the state is over.
    student.open_map(hostel_id)
    show_floor(student, key)
    moved.wait_for(timeout=15_000)
    assert drawn_at(student, number) == second[:2]
    bed = student.page.locator(f'.hb_room[data-room-number="{number}"] [data-bed]').first
    room = student.page.locator(f'.hb_room[data-room-number="{number}"] .hb_room_box')
    inner, outer = bed.bounding_box(), room.bounding_box()
    assert outer["x"] <= inner["x"] <= outer["x"] + outer["width"]
    assert outer["y"] <= inner["y"] <= outer["y"] + outer["height"]


def test_keys_alone_move_turn_take_back_and_save(warden, student):
    floor_id, hostel_id = find_floor(warden)
    open_editor(warden, floor_id)
    page, number = warden.page, f"{FLOOR}05"
    before = place_of(warden, number)
    # Tab walks from room to room and selects.
    room_of(warden, f"{FLOOR}04").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.wait_for_selector(f".hfe_title:has-text('Room {number}')")
    for _n in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("r")
    page.wait_for_function("document.querySelector('[data-field=rot]')?.value === '90'")
    assert place_of(warden, number) == (before[0] + 1, before[1] + 30, 90)
    page.keyboard.press("Control+z")
    page.wait_for_function("document.querySelector('[data-field=rot]')?.value === '0'")
    page.keyboard.press("Control+y")
    page.wait_for_function("document.querySelector('[data-field=rot]')?.value === '90'")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".hfe[data-dirty='0']")

    key = key_of(student, hostel_id)
    student.open_map(hostel_id)
    show_floor(student, key)
    room = student.page.locator(f'.hb_room[data-room-number="{number}"]')
    assert room.get_attribute("transform").startswith("rotate(90 ")
    box = room.locator(".hb_room_box").bounding_box()
    assert box["height"] > box["width"]
    # The turned bed is where its picture is: a click opens it.
    room.locator("[data-bed]").first.click()
    student.page.wait_for_selector("[data-sheet=open]")


def test_two_wardens_at_one_plan_are_told_and_nothing_is_lost(stack, browser, warden):
    floor_id, _hostel_id = find_floor(warden, FLOOR + 1)
    number = f"{FLOOR + 1}03"
    admin = Person.sign_in(browser, stack.url, "admin")
    try:
        open_editor(warden, floor_id)
        open_editor(admin, floor_id)
        drag(admin, number, 40, 0)
        save(admin)
        drag(warden, number, 0, 80)
        mine = place_of(warden, number)
        warden.page.locator("[data-act=save]").click()
        warden.page.locator(".modal .hfe_mini").nth(1).wait_for()
        assert "LAYOUT_CONFLICT" in warden.page.locator(".modal").inner_text()
        warden.page.locator(".modal [data-choice=mine]").click()
        warden.page.wait_for_selector(".hfe[data-dirty='0']")
        assert place_of(warden, number) == mine
        # Both versions are in the list.
        warden.page.locator("[data-tab=history]").click()
        warden.page.locator("[data-version-row]").nth(1).wait_for()
        [current, before] = warden.page.locator("[data-version-row]").all()[:2]
        assert "current" in current.inner_text() and "current" not in before.inner_text()
    finally:
        admin.leave()


def test_leaving_with_unsaved_changes_asks_first(warden):
    floor_id, _hostel_id = find_floor(warden)
    open_editor(warden, floor_id)
    drag(warden, f"{FLOOR}07", 20, 0)
    warden.page.locator(".o_breadcrumb a, .breadcrumb a").first.click()
    warden.page.locator(".modal [data-choice=stay]").click()
    assert warden.page.locator(".hfe[data-dirty='1']").count() == 1
    warden.page.locator(".o_breadcrumb a, .breadcrumb a").first.click()
    warden.page.locator(".modal [data-choice=drop]").click()
    warden.page.wait_for_selector(".o_list_view")


def test_escape_puts_a_room_back_that_is_being_dragged(warden):
    floor_id, _hostel_id = find_floor(warden)
    open_editor(warden, floor_id)
    number = f"{FLOOR}01"
    before = place_of(warden, number)
    box = room_of(warden, number).bounding_box()
    mouse = warden.page.mouse
    mouse.move(box["x"] + 30, box["y"] + 10)
    mouse.down()
    mouse.move(box["x"] + 90, box["y"] + 60, steps=4)
    assert place_of(warden, number) != before
    warden.page.keyboard.press("Escape")
    assert place_of(warden, number) == before
    mouse.up()
    assert (place_of(warden, number), count(warden, "undo")) == (before, 0)
