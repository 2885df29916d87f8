"""A warden's notice on the screens of those who are online, and the portal as an app."""

import time

import pytest
from people import PHONE, Person

# The campus' own logins of students by the hostel where they live today.
RESIDENTS = """
    SELECT h.code, u.login
      FROM hostel_allocation a
      JOIN hostel_student s ON s.id = a.student_id
      JOIN res_users u ON u.partner_id = s.partner_id AND u.active AND u.login LIKE 'student%'
      JOIN hostel_hostel h ON h.id = a.hostel_id
     WHERE a.state = 'checked_in' AND a.date_from <= current_date AND a.date_to > current_date
       AND EXISTS (
           SELECT 1 FROM hostel_consent c WHERE c.student_id = s.id AND c.withdrawn_at IS NULL)
     ORDER BY u.login
"""
GIRLS_WARDEN = """
    SELECT h.id, h.code FROM hostel_staff p JOIN res_users u ON u.id = p.user_id
      JOIN hostel_hostel h ON h.id = p.hostel_id
     WHERE u.login = 'warden.girls' AND p.role = 'warden'
"""
BANNER = ".o_hostel_banner"


@pytest.fixture
def hostel(stack):
    """A hostel of the girls' warden in which somebody who can sign in lives."""
    occupied = {code for code, _login in stack.query(RESIDENTS)}
    hostels = [row for row in stack.query(GIRLS_WARDEN) if row[1] in occupied]
    assert hostels, "nobody who signs in lives in a hostel of the girls' warden"
    return hostels[0]


@pytest.fixture
def resident(stack, browser, hostel):
    login = next(login for code, login in stack.query(RESIDENTS) if code == hostel[1])
    person = Person.sign_in(browser, stack.url, login, PHONE)
    yield person
    person.leave()


@pytest.fixture
def outsider(stack, browser, hostel):
    login = next(login for code, login in stack.query(RESIDENTS) if code != hostel[1])
    person = Person.sign_in(browser, stack.url, login)
    yield person
    person.leave()


@pytest.fixture
def warden(stack, browser):
    person = Person.sign_in(browser, stack.url, "warden.girls")
    yield person
    person.leave()


def go_online(person, path):
    """Open a page and wait until its websocket is subscribed."""
    person.page.goto(path)
    person.page.wait_for_selector(".o_hostel_banners", state="attached")
    # The socket lives in a shared worker, which Playwright does not show.
    time.sleep(2)


def watch_banners(person):
    """Note the browser's time when the first banner is on the page."""
    person.page.evaluate(
        """() => {
            window.bannerAt = 0;
            new MutationObserver(() => {
                if (!window.bannerAt && document.querySelector(".o_hostel_banner")) {
                    window.bannerAt = Date.now();
                }
            }).observe(document.body, { childList: true, subtree: true });
        }"""
    )


def test_an_emergency_comes_to_the_residents_screens_by_itself(hostel, warden, resident, outsider):
    go_online(resident, "/my/hostel")
    go_online(outsider, "/my/hostel")
    watch_banners(resident)

    notice = warden.call(
        "hostel.notice",
        "create",
        [
            {
                "name": "Gas smell in the kitchen: leave the building",
                "body": "<p>Use the north stairs. Meet at the court.</p>",
                "notice_type": "emergency",
                "audience": "hostel",
                "hostel_ids": [[6, 0, [hostel[0]]]],
            }
        ],
    )
    started = time.time()
    warden.call("hostel.notice", "action_publish", notice)
    resident.page.wait_for_selector(BANNER, timeout=10_000)
    latency = resident.page.evaluate("window.bannerAt") - started * 1000
    print(f"from publishing to the resident's screen: {latency:.0f} ms")

    alert = resident.page.locator("[role=alert]").filter(has=resident.page.locator(BANNER))
    assert alert.get_attribute("aria-live") == "assertive"
    assert "Gas smell" in alert.inner_text()
    assert outsider.page.locator(BANNER).count() == 0

    # It stays on the next page, and is gone for good once it is closed.
    resident.page.goto("/my")
    resident.page.wait_for_selector(BANNER)
    with resident.page.expect_response(f"**/my/notices/{notice[0]}/read") as answer:
        resident.page.click(".o_hostel_banner_close")
    assert answer.value.ok
    resident.page.reload()
    resident.page.wait_for_selector(".o_hostel_banners", state="attached")
    time.sleep(1)
    assert resident.page.locator(BANNER).count() == 0
    [counts] = warden.call(
        "hostel.notice", "read", notice, fields=["read_count", "recipient_count"]
    )
    assert counts["read_count"] == 1 < counts["recipient_count"]

    # The other hostel sees it neither live nor on its board.
    outsider.page.goto("/my/notices")
    assert "Gas smell" not in outsider.page.content()
    answer = outsider.context.request.get(f"/my/notices/{notice[0]}")
    assert answer.status == 404

    # Withdrawn, it leaves the screens by itself.
    second = warden.call("hostel.notice", "copy", notice)
    second = second if isinstance(second, list) else [second]
    warden.call("hostel.notice", "action_publish", second)
    resident.page.wait_for_selector(BANNER, timeout=5_000)
    warden.call("hostel.notice", "action_withdraw", second)
    resident.page.wait_for_selector(BANNER, state="detached", timeout=5_000)


def test_the_portal_can_be_installed_and_says_when_it_is_offline(stack, resident):
    page = resident.page
    page.goto("/my")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    scope = page.evaluate("navigator.serviceWorker.ready.then((worker) => worker.scope)")
    assert scope == f"{stack.url}/"

    session = resident.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["url"].endswith("/hostel/manifest.webmanifest")
    assert not manifest["errors"]
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A browser context of Playwright is a private window, where nothing can be installed.
    assert [e["errorId"] for e in errors if e["errorId"] != "in-incognito"] == []

    # Nothing of the person is kept on the device.
    kept = page.evaluate(
        """async () => {
            const urls = [];
            for (const name of await caches.keys()) {
                const cache = await caches.open(name);
                urls.push(...(await cache.keys()).map((request) => new URL(request.url).pathname));
            }
            return urls.filter((url) => !url.startsWith("/web/"));
        }"""
    )
    assert sorted(kept) == ["/hostel/offline", "/hostel_base/static/img/pwa/icon-192.png"]

    resident.context.set_offline(True)
    page.goto("/my/notices")
    assert "You are offline" in page.inner_text("body")
    assert page.evaluate("document.querySelector('img').naturalWidth") == 192
    resident.context.set_offline(False)
    page.click("a.retry")
    page.wait_for_selector(".o_portal_my_home")
