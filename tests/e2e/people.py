"""Persons who use the running stack in browsers of their own."""

import json
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = "/usr/bin/chromium"
# Without these, Chromium talks to its maker's hosts at every start.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}

# Students who can sign in, agreed to the privacy notice, have no bed in the open round, and whose
# window is open.
FREE_STUDENTS = """
    SELECT u.login
      FROM hostel_student s
      JOIN res_users u ON u.partner_id = s.partner_id AND u.active
     WHERE s.status = 'active' AND s.gender = %(gender)s
       AND EXISTS (
           SELECT 1 FROM hostel_consent c
            WHERE c.student_id = s.id AND c.withdrawn_at IS NULL)
       AND NOT EXISTS (
           SELECT 1 FROM hostel_allocation a
             JOIN hostel_booking_round r ON r.state = 'open'
            WHERE a.student_id = s.id AND a.date_from < r.date_to AND a.date_to > r.date_from
              AND a.state IN ('offered', 'paying', 'awaiting_approval', 'allocated', 'checked_in'))
       AND EXISTS (
           SELECT 1 FROM hostel_booking_window w
             JOIN hostel_booking_round r ON r.id = w.round_id AND r.state = 'open'
              AND r.is_practice IS NOT TRUE
            WHERE w.active AND w.opens_at <= now() AT TIME ZONE 'UTC'
              AND w.closes_at > now() AT TIME ZONE 'UTC'
              AND coalesce(w.gender, s.gender) = s.gender
              AND s.year_of_study BETWEEN w.year_from AND w.year_to)
     ORDER BY u.login LIMIT %(count)s
"""


def find_free_students(stack, count: int, gender: str = "female") -> list[str]:
    """Logins of students who can book; in the demo a password equals its login."""
    with stack.connect() as connection, connection.cursor() as cursor:
        cursor.execute(FREE_STUDENTS, {"gender": gender, "count": count})
        logins = [row[0] for row in cursor.fetchall()]
    assert len(logins) == count, f"the campus has {len(logins)} such students, {count} are needed"
    return logins


@dataclass
class Person:
    """Someone signed in, with a browser profile of their own."""

    login: str
    url: str
    context: BrowserContext
    page: Page

    @classmethod
    def sign_in(cls, browser: Browser, url: str, login: str, viewport: dict = DESK) -> "Person":
        context = browser.new_context(viewport=viewport, base_url=url)
        page = context.new_page()
        page.goto("/web/login")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", login)
        with page.expect_navigation():
            page.click("form.oe_login_form button[type=submit]")
        assert "/web/login" not in page.url, f"{login} can't sign in"
        return cls(login, url, context, page)

    def get(self, path: str) -> dict:
        """JSON of one of the booking's routes."""
        return self.context.request.get(path).json()

    def post(self, path: str, body: dict):
        return self.context.request.post(
            path, data=json.dumps(body), headers={"Content-Type": "application/json"}
        )

    def call(self, model: str, method: str, *args, **kwargs):
        """Call a model's method as the web client does."""
        answer = self.context.request.post(
            f"/web/dataset/call_kw/{model}/{method}",
            data=json.dumps(
                {
                    "jsonrpc": "2.0",
                    "method": "call",
                    "params": {"model": model, "method": method, "args": args, "kwargs": kwargs},
                }
            ),
            headers={"Content-Type": "application/json"},
        ).json()
        assert "error" not in answer, answer["error"]["data"]["message"]
        # A method that returns nothing has no result.
        return answer.get("result")

    def open_map(self, hostel_id: int) -> None:
        """Open the live map and wait until it is live."""
        self.page.goto(f"/hostel/map/{hostel_id}")
        self.page.wait_for_selector("[data-live=live]", timeout=30_000)

    def bed(self, key: str, index: int):
        return self.page.locator(f'svg [data-bed="{key}:{index}"]')

    def show_floor(self, key: str) -> None:
        """Switch to the floor of a map, if another one is shown."""
        beds = self.page.locator(f'svg [data-bed^="{key}:"]')
        if not beds.count():
            self.page.locator(f'[data-floor="{key}"]').first.click()
        beds.first.wait_for()

    def wait_for_bed(self, key: str, index: int, state: str, timeout: float = 10_000) -> None:
        self.page.wait_for_selector(
            f'svg [data-bed="{key}:{index}"][data-state="{state}"]', timeout=timeout
        )

    def look_at(self, key: str, index: int) -> None:
        self.show_floor(key)
        self.bed(key, index).click()
        self.page.wait_for_selector("[data-sheet=open]")

    def act(self, name: str) -> None:
        self.page.locator(f"[data-act={name}]:visible").first.click()

    def leave(self) -> None:
        self.context.close()


def find_free_beds(person: Person, count: int = 1) -> tuple[int, str, list[int]]:
    """A floor that is open to the person, and free beds on it.

    :return: (hostel id, key of the floor's map, map indexes)
    """
    campus = person.get("/hostel/booking/me")
    assert campus["success"]
    for hostel_id in list_hostels(person):
        boot = person.get(f"/hostel/booking/boot?hostel_id={hostel_id}")
        # The map opens on the lowest floor that is open to the person; use that one.
        for floor in sorted(boot["floors"], key=lambda floor: floor["number"]):
            state = person.get(f"/hostel/live/{floor['key']}")["s"]
            free = [i for i, char in enumerate(state) if char == "0"]
            if floor["eligible"] and len(free) >= count:
                return hostel_id, floor["key"], free[:count]
    raise AssertionError("no free beds on any floor")


def list_hostels(person: Person) -> list[int]:
    """Hostels that are open to the person, from the campus page."""
    person.page.goto("/hostel")
    links = person.page.locator('a[href*="/hostel/map/"]').evaluate_all(
        "nodes => nodes.map(node => node.getAttribute('href'))"
    )
    ids = {int(link.split("/hostel/map/")[1].split("?")[0]) for link in links}
    assert ids, "the campus page shows no hostel"
    first = person.get(f"/hostel/booking/boot?hostel_id={min(ids)}")
    return [hostel["id"] for hostel in first["hostels"] if hostel["eligible"]]
