"""Living together: from the invite link to the cleared group, and from a question to a chat."""

import time

import pytest
from people import PHONE, Person, find_free_beds, find_free_students


def wait_for_page(person: Person) -> None:
    person.page.wait_for_selector("[data-loaded='1']", timeout=30_000)


def wait_for_state(person: Person, state: str) -> None:
    """Wait until the open page shows a state by itself: nobody reloads it."""
    person.page.wait_for_selector(f".hb_box_status[data-state='{state}']", timeout=20_000)


@pytest.fixture
def people(stack, browser):
    """Opens browser profiles of students; all are closed at the end."""
    opened = []

    def open_for(login, viewport=PHONE):
        person = Person.sign_in(browser, stack.url, login, viewport)
        opened.append(person)
        return person

    yield open_for
    for person in opened:
        person.leave()


def test_from_the_invite_link_to_the_cleared_group(stack, people):
    asha_login, bina_login = find_free_students(stack, 2)
    asha, bina = people(asha_login), people(bina_login)
    admin = people("admin")
    asha.page.goto("/my/cohort")
    wait_for_page(asha)
    asha.page.click(".hb_size >> nth=0")
    asha.page.click("[name=create_group]")
    wait_for_state(asha, "forming")
    link = asha.page.input_value(".hb_invite_link")

    # The friend sees who asks only as far as she shares it, and joins.
    bina.page.goto(link)
    assert asha_roll(stack, asha_login) not in bina.page.content()
    bina.page.click("[name=join]")
    bina.page.wait_for_url("**/my/cohort")
    wait_for_page(bina)
    wait_for_state(asha, "complete")

    # Two wishes, and the second becomes the first by keyboard.
    for choice in (1, 0):
        asha.page.click("[name=add_wish]")
        asha.page.select_option("[name=hostel_id]", index=choice)
        asha.page.click(".hb_wish_form [type=submit]")
        asha.page.wait_for_selector(".hb_wish_form", state="detached")
    labels = asha.page.locator(".hb_wish b").all_text_contents()
    asha.page.focus(".hb_wish:nth-child(2) .hb_wish_handle")
    asha.page.keyboard.press("ArrowUp")
    asha.page.wait_for_function(
        "first => document.querySelector('.hb_wish b').textContent === first", arg=labels[1]
    )
    bina.page.wait_for_function(
        "first => document.querySelector('.hb_wish b')?.textContent === first", arg=labels[1]
    )

    asha.page.click("[name=submit]")
    wait_for_state(bina, "awaiting_financial_clearance")
    assert not bina.page.locator("[name=add_wish]").count()

    # The accounts office clears one, then the other; the pages follow by themselves.
    for login in (asha_login, bina_login):
        wait_for_state(bina, "awaiting_financial_clearance")
        clear(stack, admin, login)
    wait_for_state(bina, "cleared")
    wait_for_state(asha, "cleared")


def asha_roll(stack, login):
    [[roll]] = stack.query(
        "SELECT s.roll_number FROM hostel_student s"
        " JOIN res_users u ON u.partner_id = s.partner_id WHERE u.login = %s",
        login,
    )
    return roll


def clear(stack, admin, login):
    [[student_id, term_id]] = stack.query(
        "SELECT s.id, r.term_id FROM hostel_student s"
        " JOIN res_users u ON u.partner_id = s.partner_id"
        " JOIN hostel_booking_round r ON r.state = 'open' WHERE u.login = %s"
        " ORDER BY r.date_from LIMIT 1",
        login,
    )
    vals = {"student_id": student_id, "term_id": term_id, "reason": "The bank pays the fees."}
    admin.call("hostel.clearance", "create", [vals])


def test_from_a_question_to_a_chat(stack, people):
    """Chand has nothing to pay and takes a bed; Dev asks about the room."""
    chand_login, dev_login = find_free_students(stack, 2, gender="male")
    clear(stack, people("admin"), chand_login)
    chand, dev = people(chand_login), people(dev_login)
    hostel_id, key, [bed, *_rest] = find_free_beds(chand, 1)
    hold = chand.post("/hostel/booking/hold", {"key": key, "i": bed}).json()["hold"]
    assert chand.post("/hostel/booking/pay", {"token": hold["token"]}).json()["success"]
    room = find_room(dev, hostel_id, key, bed)
    answer = dev.post("/hostel/booking/room", {"key": key, "room": room})
    occupants = answer.json()["occupants"]
    ref = next(one["ref"] for one in occupants if one["i"] == bed)

    chand.page.goto("/my/roommates")
    wait_for_page(chand)
    sent = dev.post(
        "/hostel/pings/send",
        {"key": key, "room": room, "ref": ref, "phrase": "study", "message": "Hello there"},
    )
    assert sent.json()["success"], sent.json()
    # It comes to the open page by itself, without a name.
    ping = chand.page.locator("[data-ping]:has-text('Hello there')")
    ping.wait_for(timeout=20_000)
    dev_name, chand_name = name_of(stack, dev.login), name_of(stack, chand.login)
    assert dev_name not in chand.page.content()

    dev.page.goto("/my/roommates")
    wait_for_page(dev)
    assert chand_name not in dev.page.content()
    ping.locator("[name=accept]").click()
    ping.locator("[name=accept_yes]").click()
    dev.page.locator(f".hb_contact:has-text('{chand_name}')").wait_for(timeout=20_000)
    chand.page.locator(f".hb_contact:has-text('{dev_name}')").wait_for()

    # Both open the same chat and read each other.
    for person in (dev, chand):
        with person.page.expect_navigation():
            person.page.locator(".hb_contact [name=chat]").first.click()
        person.page.wait_for_selector(".o-mail-Composer-input", timeout=30_000)
    dev.page.fill(".o-mail-Composer-input", "Shall we meet at the mess?")
    dev.page.keyboard.press("Enter")
    chand.page.wait_for_selector("text=Shall we meet at the mess?", timeout=20_000)


def find_room(person, hostel_id, key, bed):
    boot = person.get(f"/hostel/booking/boot?hostel_id={hostel_id}")
    floor = next(floor for floor in boot["floors"] if floor["key"] == key)
    layout = person.get(f"/hostel/layout/{key}/{floor['layout_version']}")
    return next(
        room["id"] for room in layout["rooms"] if bed in [spot["i"] for spot in room["beds"]]
    )


def name_of(stack, login):
    [[name]] = stack.query(
        "SELECT p.name FROM res_users u JOIN res_partner p ON p.id = u.partner_id"
        " WHERE u.login = %s",
        login,
    )
    return name


def test_a_group_takes_a_room_on_the_map(stack, people):
    """Both see their beds, and each confirms the own."""
    leader, friend = (people(login) for login in find_free_students(stack, 2, gender="male"))
    group = leader.post("/hostel/cohort/create", {"size": 2}).json()
    assert group["success"], group
    token = group["cohort"]["invite"]["path"].rsplit("/", 1)[1]
    assert friend.post("/hostel/cohort/join", {"token": token}).ok
    friend.page.goto("/my/cohort")
    wait_for_page(friend)
    hostel_id, key, beds = find_free_beds(leader, 2)
    held = leader.post("/hostel/cohort/hold", {"key": key, "beds": beds}).json()
    assert held["success"], held
    state = leader.get_snapshot(key)["s"]
    assert [state[bed] for bed in beds] == ["1", "1"]
    friend.page.wait_for_selector("text=Held for all of you", timeout=20_000)
    leader.page.goto("/my/cohort")
    wait_for_page(leader)
    leader.page.click("[name=take]")
    wait_for_state(friend, "allocated")
    [[count]] = stack.query(
        "SELECT count(DISTINCT a.payment_ref) FROM hostel_allocation a"
        " JOIN hostel_student s ON s.id = a.student_id"
        " JOIN res_users u ON u.partner_id = s.partner_id"
        " WHERE u.login IN (%s, %s) AND a.state = 'offered'",
        leader.login,
        friend.login,
    )
    assert count == 2
    assert friend.get("/hostel/booking/me")["booking"]["state"] == "offered"
    assert hostel_id
    friend.page.goto("/hostel/booking")
    friend.page.click("[data-act=confirm]")
    friend.page.wait_for_url(f"{stack.camu_url}/pay**", timeout=20_000)
    friend.page.click("button[value=upi]")
    wait_for_booking(friend, "awaiting_approval")
    # The other one has the rest of the day.
    booking = leader.get("/hostel/booking/me")["booking"]
    assert booking["state"] == "offered"
    assert booking["hold_ms_left"] > 20 * 3_600_000


def wait_for_booking(person, state):
    until = time.monotonic() + 30
    while person.get("/hostel/booking/me")["booking"]["state"] != state:
        assert time.monotonic() < until, person.get("/hostel/booking/me")["booking"]
        time.sleep(0.5)
