"""The main job, in two browsers through nginx: look, hold, pay, approve."""

import time

import pytest
from people import PHONE, Person, find_free_beds, find_free_students

REPAINT_MS = 10_000


@pytest.fixture
def asha(stack, browser):
    login = find_free_students(stack, 1)[0]
    person = Person.sign_in(browser, stack.url, login)
    yield person
    person.leave()


@pytest.fixture
def bina(stack, browser):
    login = find_free_students(stack, 1)[0]
    person = Person.sign_in(browser, stack.url, login, PHONE)
    yield person
    person.leave()


@pytest.fixture
def admin(stack, browser):
    person = Person.sign_in(browser, stack.url, "admin")
    yield person
    person.leave()


def allocation_of(stack, login):
    """(state, price, bed's map index) of the login's newest allocation."""
    query = """
        SELECT a.state, a.price, b.map_index, a.id
          FROM hostel_allocation a
          JOIN hostel_bed b ON b.id = a.bed_id
          JOIN hostel_student s ON s.id = a.student_id
          JOIN res_users u ON u.partner_id = s.partner_id
         WHERE u.login = %s ORDER BY a.id DESC LIMIT 1
    """
    return next(iter(stack.query(query, login)), None)


def wait_for_state(stack, login, state, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        row = allocation_of(stack, login)
        if row and row[0] == state:
            return row
        time.sleep(0.2)
    raise AssertionError(f"{login} is {allocation_of(stack, login)}, not {state}")


def test_two_students_one_bed_from_look_to_approval(stack, asha, bina, admin):
    admin.call("ir.config_parameter", "set_param", "hostel_base.approval_delay", "1")
    hostel_id, key, [bed, *_rest] = find_free_beds(asha, 4)
    asha.open_map(hostel_id)
    bina.open_map(hostel_id)
    show_floor(asha, key)
    show_floor(bina, key)

    # A tap looks and does nothing else.
    asha.look_at(key, bed)
    assert asha.get_snapshot(key)["s"][bed] == "0"

    # A's Hold turns the bed yellow on B's screen.
    asha.act("hold")
    asha.wait_for_bed(key, bed, "mine")
    bina.wait_for_bed(key, bed, "held", REPAINT_MS)

    # B is refused, with the next best beds at hand.
    refused = bina.post("/hostel/booking/hold", {"key": key, "i": bed})
    assert refused.status == 409
    assert refused.json()["code"] == "BED_TAKEN"
    assert refused.json()["details"]["next"]

    # A pays at Camu; the signed webhook comes back.
    asha.act("pay")
    asha.page.wait_for_url(f"{stack.camu_url}/pay**", timeout=20_000)
    asha.page.click("button[value=upi]")
    _state, price, index, allocation_id = wait_for_state(stack, asha.login, "awaiting_approval")
    assert (index, price > 0) == (bed, True)

    # Both see it booked.
    asha.open_map(hostel_id)
    show_floor(asha, key)
    asha.wait_for_bed(key, bed, "mine")
    bina.wait_for_bed(key, bed, "booked", REPAINT_MS)

    # The warden approves from the list; after the time to withdraw it stands.
    admin.page.goto("/odoo/hostel-approvals")
    admin.page.fill(".o_searchview_input", roll_number(stack, asha.login))
    admin.page.keyboard.press("Enter")
    row = admin.page.locator(f"tr.o_data_row:has-text('{roll_number(stack, asha.login)}')")
    row.locator("input[type=checkbox]").check()
    admin.page.locator(".o_control_panel").get_by_role("button", name="Approve").click()
    wait_for_state(stack, asha.login, "allocated")
    assert paid_bill(stack, allocation_id)


def show_floor(person, key):
    """Switch to the floor of a map, if another one is shown."""
    person.show_floor(key)


def roll_number(stack, login):
    query = """
        SELECT s.roll_number FROM hostel_student s
          JOIN res_users u ON u.partner_id = s.partner_id WHERE u.login = %s
    """
    [[number]] = stack.query(query, login)
    return number


def paid_bill(stack, allocation_id, seconds=20):
    """Whether the bill of the stay was posted and is paid by the advance."""
    query = """
        SELECT payment_state FROM account_move
         WHERE hostel_allocation_id = %s AND state = 'posted' AND move_type = 'out_invoice'
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        rows = stack.query(query, allocation_id)
        if rows == [("paid",)]:
            return True
        time.sleep(0.3)
    raise AssertionError(f"bills of allocation {allocation_id}: {rows}")


def test_a_refused_hold_on_screen_offers_the_next_best_beds(stack, asha, bina):
    hostel_id, key, [bed, *_rest] = find_free_beds(asha, 4)
    bina.open_map(hostel_id)
    show_floor(bina, key)
    bina.look_at(key, bed)
    # Someone is quicker while B looks at the bed.
    assert asha.post("/hostel/booking/hold", {"key": key, "i": bed}).ok
    bina.page.wait_for_selector("[data-next]", timeout=REPAINT_MS)
    bina.page.locator("[data-next]").first.click()
    bina.act("hold")
    bina.page.wait_for_selector('svg [data-state="mine"]')
    for person in (asha, bina):
        token = person.get("/hostel/booking/me")["hold"]["token"]
        assert person.post("/hostel/booking/release", {"token": token}).ok


def test_a_hold_that_runs_out_turns_green_on_both(stack, asha, bina, admin):
    windows = admin.call("hostel.booking.window", "search", [("opens_at", "<", "now")])
    minutes = admin.call("hostel.booking.window", "read", windows, ["hold_minutes"])
    admin.call("hostel.booking.window", "write", windows, {"hold_minutes": 1})
    try:
        hostel_id, key, [bed] = find_free_beds(asha, 1)
        for person in (asha, bina):
            person.open_map(hostel_id)
            show_floor(person, key)
        asha.look_at(key, bed)
        asha.act("hold")
        asha.wait_for_bed(key, bed, "mine")
        bina.wait_for_bed(key, bed, "held", REPAINT_MS)
        # A does nothing; a minute later the sweeper frees the bed.
        bina.wait_for_bed(key, bed, "free", 75_000)
        asha.wait_for_bed(key, bed, "free", REPAINT_MS)
        assert (
            allocation_of(stack, asha.login) is None or allocation_of(stack, asha.login)[2] != bed
        )
    finally:
        for row in minutes:
            admin.call(
                "hostel.booking.window",
                "write",
                [row["id"]],
                {"hold_minutes": row["hold_minutes"]},
            )


def test_the_map_answers_while_odoo_and_postgresql_are_away(stack, asha):
    """Snapshots come from Redis alone."""
    _hostel_id, key, _beds = find_free_beds(asha, 1)
    before = asha.get_snapshot(key)
    stack.stop("postgresql")
    try:
        time.sleep(1.2)
        during = asha.context.request.get(f"/hostel/live/{key}?v={before['n']}")
        assert during.status == 200
        assert during.json()["s"] == before["s"]
        refused = asha.context.request.get("/hostel/booking/me")
        assert (refused.status, refused.json()["code"]) == (503, "DATABASE_AWAY")
        assert int(refused.headers["retry-after"]) > 0
    finally:
        stack.start("postgresql")
    # Nobody was signed out by it.
    assert asha.get("/hostel/booking/me")["success"]


def test_maps_survive_a_flushed_redis_and_its_restart(stack, asha, bina):
    """Redis may lose everything: the maps come back, and the viewers follow."""
    hostel_id, key, [bed, *_rest] = find_free_beds(asha, 2)
    bina.open_map(hostel_id)
    show_floor(bina, key)
    before = asha.get_snapshot(key)
    stack.redis().flushall()
    stack.restart("redis")
    after = wait_for_snapshot(asha, key, before["e"])
    # Holds live in Redis alone: what somebody held before is free.
    assert after["s"] == before["s"].replace("1", "0")
    assert asha.post("/hostel/booking/hold", {"key": key, "i": bed}).ok
    bina.wait_for_bed(key, bed, "held", 20_000)
    token = asha.get("/hostel/booking/me")["hold"]["token"]
    assert asha.post("/hostel/booking/release", {"token": token}).ok
    bina.wait_for_bed(key, bed, "free", REPAINT_MS)


def wait_for_snapshot(person, key, epoch, seconds=30):
    """State of a floor under a later epoch than the given one."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = person.context.request.get(f"/hostel/live/{key}?v={time.monotonic_ns()}")
        if answer.status == 200 and answer.json()["e"] > epoch:
            return answer.json()
        time.sleep(0.3)
    raise AssertionError(f"the map did not come back: {answer.status} {answer.text()}")
