"""Persons who use the running stack in browsers of their own."""

import json
import re
import time
from dataclasses import dataclass

import requests
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

# Students of whom no story, and no part of the campus, has made anything yet: of age, agreed to the
# privacy notice, owing nothing, without a bed, a group or a place in a line of the open round, and
# without a login. A window that asks for nothing but gender and year is open to them on the map.
UNTOUCHED = """
    SELECT s.id, s.partner_id
      FROM hostel_student s
      JOIN hostel_booking_round r ON r.state = 'open' AND r.is_practice IS NOT TRUE
     WHERE s.status = 'active' AND s.gender = %(gender)s
       AND NOT EXISTS (SELECT 1 FROM res_users u WHERE u.partner_id = s.partner_id)
       AND EXISTS (
           SELECT 1 FROM hostel_consent c
             JOIN hostel_privacy_notice n ON n.id = c.notice_id AND n.state = 'published'
            WHERE c.student_id = s.id AND c.withdrawn_at IS NULL AND c.given_as = 'self'
              AND s.birthdate <= c.given_at - interval '18 years')
       AND NOT EXISTS (
           SELECT 1 FROM hostel_allocation a
            WHERE a.student_id = s.id AND a.date_from < r.date_to AND a.date_to > r.date_from
              AND a.state IN ('offered', 'paying', 'awaiting_approval', 'allocated', 'checked_in',
                              'unplaced'))
       AND NOT EXISTS (
           SELECT 1 FROM hostel_cohort_member m
            WHERE m.student_id = s.id AND m.round_id = r.id AND m.state IN ('invited', 'joined'))
       AND NOT EXISTS (
           SELECT 1 FROM hostel_waitlist_entry e
            WHERE e.student_id = s.id AND e.state IN ('waiting', 'offered'))
       AND NOT EXISTS (
           SELECT 1 FROM account_move m
            WHERE m.partner_id = s.partner_id AND m.state = 'posted' AND m.amount_residual > 0)
       AND EXISTS (
           SELECT 1 FROM hostel_booking_window w
            WHERE w.round_id = r.id AND w.active AND w.is_paused IS NOT TRUE AND w.mode <> 'ranked'
              AND w.opens_at <= now() AT TIME ZONE 'UTC'
              AND w.closes_at > now() AT TIME ZONE 'UTC'
              AND w.slot_by = 'none'
              AND coalesce(w.gender, s.gender) = s.gender
              AND s.year_of_study BETWEEN w.year_from AND w.year_to
              AND NOT (coalesce(w.needs_clearance, false) OR coalesce(w.needs_undertaking, false)
                       OR coalesce(w.for_general, false) OR coalesce(w.for_ews, false)
                       OR coalesce(w.for_obc, false) OR coalesce(w.for_sc, false)
                       OR coalesce(w.for_st, false))
              AND NOT EXISTS (
                  SELECT 1 FROM hostel_booking_window_hostel_programme_rel p
                   WHERE p.hostel_booking_window_id = w.id))
     ORDER BY s.id LIMIT %(count)s
"""
STUDENT_GROUP = """
    SELECT res_id FROM ir_model_data
     WHERE module = 'hostel_base' AND name = 'group_hostel_student'
"""


def find_free_students(stack, count: int, gender: str = "female") -> list[str]:
    """Logins of students who can book; a password equals its login.

    Nobody gets the same ones again: what a story leaves behind is in no other story's way.
    """
    with stack.connect() as connection, connection.cursor() as cursor:
        cursor.execute(UNTOUCHED, {"gender": gender, "count": count})
        students = cursor.fetchall()
        cursor.execute(STUDENT_GROUP)
        [group_id] = cursor.fetchone()
    assert len(students) == count, f"the campus has {len(students)} of {count} students left"
    users = [
        {
            "login": f"free{student_id}",
            "password": f"free{student_id}",
            "partner_id": partner_id,
            "group_ids": [[6, 0, [group_id]]],
            "tz": "Asia/Kolkata",
        }
        for student_id, partner_id in students
    ]
    office = sign_in(stack.url, "admin")
    context = {"no_reset_password": True}
    read_answer(
        office.post(
            f"{stack.url}/web/dataset/call_kw/res.users/create",
            json=prepare_call("res.users", "create", [users], {"context": context}),
        ).json()
    )
    return [user["login"] for user in users]


def sign_in(url: str, login: str) -> requests.Session:
    """Someone signed in without a browser."""
    session = requests.Session()
    page = session.get(f"{url}/web/login").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
    form = {"csrf_token": token, "login": login, "password": login}
    answer = session.post(f"{url}/web/login", data=form)
    assert answer.ok and "/web/login" not in answer.url, f"{login} can't sign in"
    return session


def prepare_call(model: str, method: str, args: list, kwargs: dict) -> dict:
    """Body of a request that calls a model's method as the web client does."""
    params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
    return {"jsonrpc": "2.0", "method": "call", "params": params}


def read_answer(answer: dict):
    assert "error" not in answer, answer["error"]["data"]["message"]
    # A method that returns nothing has no result.
    return answer.get("result")


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
        answer = self.post(
            f"/web/dataset/call_kw/{model}/{method}",
            prepare_call(model, method, list(args), kwargs),
        )
        return read_answer(answer.json())

    def get_snapshot(self, key: str) -> dict:
        """A floor's beds as they are now: ``s`` has one character a bed."""
        # An answer is cached for a second; a number that was not asked for yet passes the cache.
        return self.get(f"/hostel/live/{key}?v={time.time_ns() % 10**9}")

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
    """A floor that is open to the person, and beds on it that the person can hold.

    :return: (hostel id, key of the floor's map, map indexes)
    """
    campus = person.get("/hostel/booking/me")
    assert campus["success"]
    for hostel_id in list_hostels(person):
        boot = person.get(f"/hostel/booking/boot?hostel_id={hostel_id}")
        for floor in sorted(boot["floors"], key=lambda floor: floor["number"]):
            free = list_open_beds(person, floor, boot["student"]["gender"])
            if floor["eligible"] and len(free) >= count:
                return hostel_id, floor["key"], free[:count]
    raise AssertionError("no free beds on any floor")


def list_open_beds(person: Person, floor: dict, gender: str) -> list[int]:
    """Free beds of a floor in rooms of the gender, those kept for others left out."""
    states = person.get_snapshot(floor["key"])["s"]
    drawing = person.get(f"/hostel/layout/{floor['key']}/{floor['layout_version']}")
    places = sorted(
        bed["i"] for room in drawing["rooms"] for bed in room["beds"] if room["g"] in ("", gender)
    )
    return [i for i in places if states[i] == "0" and i not in floor["kept"]]


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
