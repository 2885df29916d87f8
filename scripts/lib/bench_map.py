"""The live map in Chromium with few and with many beds on one floor: frames and time to start.

The page, its code and its stylesheets come from the running stack; the floor comes from here, so
that any number of beds can be drawn without building a campus. Changes are handed to the page's
own feed, as its websocket does.
"""

import itertools
import json
import statistics
import time
from urllib.parse import urlparse

ROOM, GAP, BEDS_A_ROOM = 116, 10, 3
KEY = "benchmark-floor"
# Every so many beds another state, so that all signs and patterns are drawn.
STATES = "0003030130320034"

FRAMES = """(seconds) => new Promise((resolve) => {
    const times = [];
    const until = performance.now() + seconds * 1000;
    const frame = (t) => {
        times.push(t);
        t < until ? requestAnimationFrame(frame) : resolve(times);
    };
    requestAnimationFrame(frame);
})"""

FIND_STORE = """() => {
    const { App } = odoo.loader.modules.get("@odoo/owl");
    const walk = (node) => node.component.store?.feed
        ? node.component.store
        : Object.values(node.children).map(walk).find(Boolean);
    const roots = [...App.apps].flatMap((app) =>
        [app.root, ...app.subRoots].filter(Boolean));
    window.mapStore = roots.map(walk).find(Boolean);
    return Boolean(window.mapStore);
}"""

READY = """(beds) => {
    const drawn = document.querySelectorAll("svg [data-bed][data-state]:not([data-state=unknown])");
    return drawn.length >= beds && performance.now();
}"""


def draw_floor(beds: int) -> dict:
    """A drawing with so many beds, in rooms of three, as square as it gets."""
    rooms = -(-beds // BEDS_A_ROOM)
    columns = max(1, round(rooms**0.5))
    drawn = []
    for number in range(rooms):
        x = 18 + (number % columns) * (ROOM + GAP)
        y = 18 + (number // columns) * (ROOM + GAP)
        first = number * BEDS_A_ROOM
        drawn.append(
            {
                "id": number + 1,
                "n": str(100 + number),
                "x": x,
                "y": y,
                "w": ROOM,
                "h": ROOM,
                "rot": 0,
                "t": "AC · 3",
                "type": "Triple",
                "sharing": 3,
                "g": "",
                "a": ["AC", "Balcony"],
                "ac": ["ac", "balcony"],
                "price": 42000,
                "beds": [
                    {
                        "i": first + n,
                        "l": "ABC"[n],
                        "note": "",
                        "price": 42000,
                        "x": x + 12 + (n % 2) * 58,
                        "y": y + 36 + n // 2 * 34,
                        "w": 34,
                        "h": 22,
                    }
                    for n in range(min(BEDS_A_ROOM, beds - first))
                ],
            }
        )
    size = 36 + columns * (ROOM + GAP)
    height = 36 + -(-rooms // columns) * (ROOM + GAP)
    return {"success": True, "v": 1, "w": size, "h": height, "shapes": [], "rooms": drawn}


def put_floor(page, beds: int, boot: dict) -> None:
    """Answer the map's calls with a floor of so many beds."""
    boot = {
        **boot,
        "me": {"hold": None, "booking": None, "action": "pay", "action_label": ""},
        "floors": [
            {
                "key": KEY,
                "name": "1",
                "number": 1,
                "layout_version": 1,
                "eligible": True,
                "reason": "",
            }
        ],
    }
    states = "".join(STATES[i % len(STATES)] for i in range(beds))
    answers = {
        "/hostel/booking/boot": boot,
        f"/hostel/layout/{KEY}/1": draw_floor(beds),
        f"/hostel/live/{KEY}": {"e": 1, "n": 1, "lv": 1, "s": states},
    }

    def answer(route):
        body = answers.get(urlparse(route.request.url).path)
        if body is None:
            route.continue_()
        else:
            route.fulfill(body=json.dumps(body), content_type="application/json")

    page.route("**/hostel/**", answer)


def measure_floor(person, hostel_id: int, beds: int, boot: dict) -> dict:
    """Milliseconds: start, and the frames while panning, zooming, and while beds change."""
    page = person.context.new_page()
    put_floor(page, beds, boot)
    page.goto(f"/hostel/map/{hostel_id}")
    start = page.wait_for_function(READY, arg=beds, timeout=60_000).json_value()
    assert page.evaluate(FIND_STORE)
    page.wait_for_timeout(1500)
    box = page.locator(".hb_stage").bounding_box()
    center = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    result = {"start": start}
    for name, act in (("pan", _pan), ("zoom", _zoom), ("change", _change)):
        page.mouse.move(*center)
        # Close enough that the beds can be told apart, far enough to see hundreds.
        page.evaluate("document.querySelector('.hb_zoom button:last-child').click()")
        page.wait_for_timeout(600)
        result[name] = _frames_during(page, lambda act=act: act(page, center, beds))
    page.close()
    return result


def _frames_during(page, act) -> list[float]:
    """Lengths of the frames that the browser made while something went on."""
    page.evaluate(f"window.frames_ = ({FRAMES})(2.5)")
    act()
    times = page.evaluate("window.frames_")
    return [after - before for before, after in itertools.pairwise(times)]


def _pan(page, center, _beds):
    x, y = center
    page.mouse.down()
    until = time.monotonic() + 2.2
    step = 0
    while time.monotonic() < until:
        step += 1
        page.mouse.move(x + (step % 40) * 8 - 160, y + (step % 25) * 8 - 100)
    page.mouse.up()


def _zoom(page, _center, _beds):
    until = time.monotonic() + 2.2
    step = 0
    while time.monotonic() < until:
        step += 1
        page.mouse.wheel(0, -120 if step // 12 % 2 == 0 else 120)
        page.wait_for_timeout(16)


def _change(page, _center, beds):
    """200 changes in twenty deltas within two seconds."""
    page.evaluate(
        """([key, beds]) => {
            let n = 1;
            const timer = setInterval(() => {
                const d = [...Array(10).keys()].map((one) => [
                    (n * 97 + one * 13) % beds, String(n % 4)]);
                mapStore.feed.receive({ k: key, e: 1, f: n, t: ++n, lv: 1, d });
                n > 20 && clearInterval(timer);
            }, 100);
        }""",
        [KEY, beds],
    )
    page.wait_for_timeout(2200)


def measure_map(person, hostel_id: int, report, say, few: int = 200, many: int = 2000) -> None:
    """Compare a floor of few beds with one of many, in one browser and one run."""
    boot = person.get(f"/hostel/booking/boot?hostel_id={hostel_id}")
    # The first start fills the browser's cache of code, for both.
    measure_floor(person, hostel_id, few, boot)
    found = {}
    for beds in (few, many):
        say(f"a floor of {beds} beds")
        found[beds] = measure_floor(person, hostel_id, beds, boot)
    report.add(f"map starts, {few} beds", found[few]["start"], "ms")
    report.add(f"map starts, {many} beds", found[many]["start"], "ms", 3000)
    for name, word in (("pan", "panning"), ("zoom", "zooming"), ("change", "200 changes")):
        for beds in (few, many):
            frames = sorted(found[beds][name])
            budget = beds == many
            report.add(
                f"{word}, {beds} beds, frame, median",
                statistics.median(frames),
                "ms",
                34 if budget else None,
            )
            report.add(
                f"{word}, {beds} beds, frame, p95",
                frames[int(len(frames) * 0.95)],
                "ms",
                100 if budget else None,
            )
