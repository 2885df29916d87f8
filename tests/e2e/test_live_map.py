"""The map as its users have it: second device, offline, reload, the counter, a public link."""

import time

import pytest
from people import PHONE, Person, find_free_beds, find_free_students
from test_booking_day import REPAINT_MS, show_floor


@pytest.fixture
def chand(stack, browser):
    person = Person.sign_in(browser, stack.url, find_free_students(stack, 1, gender="male")[0])
    yield person
    person.leave()


@pytest.fixture
def warden(stack, browser):
    person = Person.sign_in(browser, stack.url, "admin")
    yield person
    person.leave()


def test_a_second_device_shows_extends_and_releases_the_same_hold(stack, browser, chand):
    phone = Person.sign_in(browser, stack.url, chand.login, PHONE)
    hostel_id, key, [bed, *_rest] = find_free_beds(chand, 2)
    for person in (chand, phone):
        person.open_map(hostel_id)
        show_floor(person, key)
    chand.look_at(key, bed)
    chand.act("hold")
    chand.wait_for_bed(key, bed, "mine")
    # The map names nobody; whoever looks at the bed on the other device learns whose it is.
    phone.wait_for_bed(key, bed, "held", REPAINT_MS)
    phone.look_at(key, bed)
    phone.wait_for_bed(key, bed, "mine", REPAINT_MS)
    phone.act("extend")
    phone.page.wait_for_selector("[data-act=extend]", state="detached", timeout=REPAINT_MS)
    # A reload neither resets the countdown nor loses the bed.
    chand.page.reload()
    chand.wait_for_bed(key, bed, "mine", REPAINT_MS)
    assert chand.get("/hostel/booking/me")["hold"]["extended"]
    phone.act("release")
    chand.wait_for_bed(key, bed, "free", REPAINT_MS)
    phone.leave()


def test_a_map_without_network_says_so_and_catches_up(stack, chand, browser):
    hostel_id, key, [bed, *_rest] = find_free_beds(chand, 2)
    chand.open_map(hostel_id)
    show_floor(chand, key)
    chand.context.set_offline(True)
    chand.page.wait_for_selector("[data-live=offline]", timeout=REPAINT_MS)
    assert "offline" in chand.page.locator("[data-banner]").inner_text().lower()
    other = Person.sign_in(browser, stack.url, find_free_students(stack, 1, gender="male")[0])
    assert other.post("/hostel/booking/hold", {"key": key, "i": bed}).ok
    chand.context.set_offline(False)
    chand.wait_for_bed(key, bed, "held", 20_000)
    chand.page.wait_for_selector("[data-live=live]", timeout=20_000)
    token = other.get("/hostel/booking/me")["hold"]["token"]
    assert other.post("/hostel/booking/release", {"token": token}).ok
    other.leave()


def test_a_map_that_lost_the_thread_says_so_until_it_has_it_again(stack, browser, chand):
    """Redis starts from nothing while somebody looks, and the new state is slow to come."""
    hostel_id, key, [bed, *_rest] = find_free_beds(chand, 2)
    chand.open_map(hostel_id)
    show_floor(chand, key)
    other = Person.sign_in(browser, stack.url, find_free_students(stack, 1, gender="male")[0])
    waiting, is_slow = [], True
    chand.page.route(
        "**/hostel/live/**",
        lambda route: waiting.append(route) if is_slow else route.continue_(),
    )
    stack.redis().flushall()
    until = time.monotonic() + 30
    while not other.post("/hostel/booking/hold", {"key": key, "i": bed}).ok:
        assert time.monotonic() < until, "the beds are not back"
        chand.page.wait_for_timeout(300)
    chand.page.wait_for_selector("[data-live][data-behind='1']", timeout=20_000)
    chand.page.wait_for_selector("[data-banner]:has-text('behind')", timeout=REPAINT_MS)
    is_slow = False
    for route in waiting:
        route.continue_()
    chand.wait_for_bed(key, bed, "held", 20_000)
    chand.page.wait_for_selector("[data-live][data-behind='0']")
    assert "behind" not in " ".join(chand.page.locator("[data-banner]").all_inner_texts())
    token = other.get("/hostel/booking/me")["hold"]["token"]
    assert other.post("/hostel/booking/release", {"token": token}).ok
    other.leave()


def test_without_a_websocket_the_map_polls(stack, browser, chand):
    """The page's socket is refused; changes still arrive within a few seconds."""
    hostel_id, key, [bed, *_rest] = find_free_beds(chand, 2)
    deaf = Person.sign_in(browser, stack.url, find_free_students(stack, 1, gender="male")[0])
    stack.stop("odoo-evented")
    try:
        deaf.page.goto(f"/hostel/map/{hostel_id}")
        deaf.page.wait_for_selector("[data-live=polling]", timeout=30_000)
        show_floor(deaf, key)
        assert chand.post("/hostel/booking/hold", {"key": key, "i": bed}).ok
        deaf.wait_for_bed(key, bed, "held", REPAINT_MS)
    finally:
        stack.start("odoo-evented")
    token = chand.get("/hostel/booking/me")["hold"]["token"]
    assert chand.post("/hostel/booking/release", {"token": token}).ok
    deaf.leave()


def test_a_reload_keeps_filters_view_and_bed(stack, chand):
    hostel_id, key, [bed, *_rest] = find_free_beds(chand, 2)
    chand.open_map(hostel_id)
    show_floor(chand, key)
    chand.look_at(key, bed)
    chand.page.locator("[data-filter^=sharing]").first.click()
    chand.page.locator("header [data-act=open-list]").click()
    chand.page.reload()
    chand.page.wait_for_selector(".hb_list")
    chand.page.wait_for_selector("[data-filter^=sharing][aria-pressed=true]")
    chand.page.wait_for_selector("[data-sheet=open]")


def test_a_public_link_is_for_everybody_until_it_is_withdrawn(stack, browser, chand):
    _hostel_id, key, [bed, *_rest] = find_free_beds(chand, 1)
    link = chand.post("/hostel/booking/link", {"key": key, "i": bed}).json()
    context = browser.new_context()
    stranger = context.new_page()
    path = link["url"].split("/hostel/bed/")[1]
    answer = stranger.goto(f"{stack.url}/hostel/bed/{path}")
    assert answer.status == 200
    assert "noindex" in answer.headers["x-robots-tag"]
    assert stranger.locator("[data-state=free]").count() == 1
    assert key not in stranger.content()
    chand.page.goto(f"/hostel/bed/{path}/open")
    chand.page.wait_for_selector("[data-sheet=open]", timeout=30_000)
    assert chand.post("/hostel/booking/link/revoke", {"id": link["id"]}).ok
    assert stranger.goto(f"{stack.url}/hostel/bed/{path}").status == 404
    context.close()


def test_a_warden_gives_a_bed_from_the_map(stack, chand, warden):
    hostel_id, key, [bed, *_rest] = find_free_beds(chand, 2)
    [[number]] = stack.query(
        "SELECT s.roll_number FROM hostel_student s JOIN res_users u"
        " ON u.partner_id = s.partner_id WHERE u.login = %s",
        chand.login,
    )
    warden.open_map(hostel_id)
    show_floor(warden, key)
    warden.look_at(key, bed)
    warden.act("counter-give")
    warden.page.fill("#hb_counter_q", number)
    warden.page.locator(f"[data-student='{number}']").click()
    warden.page.fill("#hb_counter_reason", "Walk-in")
    warden.act("counter-allocate")
    warden.wait_for_bed(key, bed, "booked", REPAINT_MS)
    booking = chand.get("/hostel/booking/me")["booking"]
    # The counter's word takes effect after a moment, by which it may be over already.
    assert booking["state"] in ("awaiting_approval", "allocated")
    assert booking["i"] == bed
