"""Booking day on a campus of 5,000 beds: how much the stack bears, and against what it is measured.

Runs inside a stack that scripts/bench started, with hostel_test in it for the peers that are slower
on purpose. Callers and servers share the machine, so ratios within one run say more than times.
"""

import asyncio
import itertools
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

from bench_load import Socket, call_all, request

from hostel_stack.settings import ROOT
from hostel_stack.stack import Stack

HOSTELS, FLOORS, ROOMS, SHARING = 5, 10, 25, 4
CONTENDERS = 1000
SOCKETS = 1000
PEER_SOCKETS = 300
ROUNDS = 5
LATE_SECONDS = 10
SOCKET_VERSION = "19.0-2"
# Of the map's page: KiB over the wire without any cache, and until a bed can be tapped.
PAGE_KIB = 1500
PAGE_MS = 3000


def measure_booking(settings, report, say) -> None:
    _allow_many_files()
    campus = build_campus(settings, say)
    bench = BookingBench(settings, campus, report, say)
    bench.open_maps()
    bench.selects()
    bench.contention()
    bench.snapshots()
    asyncio.run(bench.sockets())
    measure_solver(report, say)
    measure_page(settings, campus, report, say)
    # Last, so that nothing else is measured while the stack gets over it.
    bench.snapshots_without_database()


def _allow_many_files() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def build_campus(settings, say) -> dict:
    began = time.monotonic()
    order = {
        "hostels": HOSTELS,
        "floors": FLOORS,
        "rooms": ROOMS,
        "sharing": SHARING,
        "students": CONTENDERS,
    }
    command = [
        sys.executable,
        ROOT / "scripts" / "lib" / "booking_campus.py",
        settings.odoo_conf,
        settings.pg_database,
        json.dumps(order),
    ]
    done = subprocess.run(
        command, env=settings.process_environment(), capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"the campus can't be built:\n{done.stderr[-3000:]}")
    campus = json.loads(done.stdout.splitlines()[-1])
    beds = sum(len(floor_map["beds"]) for floor_map in campus["maps"])
    people = len(campus["students"])
    say(f"{beds} beds and {people} students after {time.monotonic() - began:.0f} s")
    return campus


def percentile(values, share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class BookingBench:
    def __init__(self, settings, campus, report, say):
        self.settings, self.campus, self.report, self.say = settings, campus, report, say
        self.port = settings.port
        self.students = campus["students"]
        # Where each bed is: (key of the map, floor, index)
        self.places = [
            (floor_map["key"], floor_map["floor"], index)
            for floor_map in campus["maps"]
            for index in range(len(floor_map["beds"]))
        ]
        self.locks = self._connect()

    def _connect(self):
        sys.path.insert(0, str(ROOT / "addons" / "hostel_booking"))
        from tools.redis_client import connect
        from tools.seat_lock import SeatLock

        return SeatLock(connect(self.settings.redis_url), self.settings.pg_database)

    def _hold(self, student: dict, place: tuple) -> bytes:
        body = {"key": place[0], "i": place[2]}
        return request(self.port, "POST", "/hostel/booking/hold", student["sid"], body)

    def _let_go(self, answers) -> None:
        """Free what was held, and let everybody call again."""
        for student, answer in zip(self.students, answers, strict=False):
            if answer.status == 200:
                token = json.loads(answer.body)["hold"]["token"]
                self.locks.release(self.campus["key"], student["id"], token)
        names = self.locks.client.keys(f"*{{{self.campus['key']}}}:rl:*")
        if names:
            self.locks.client.delete(*names)

    # -- HTTP --------------------------------------------------------------------------------------
    def open_maps(self) -> None:
        """Everybody opens the map, as they do before they choose."""
        hostel = self.campus["hostels"][0]
        calls = [
            request(self.port, "GET", f"/hostel/booking/boot?hostel_id={hostel}", student["sid"])
            for student in self.students
        ]
        began = time.monotonic()
        answers = call_all(self.port, calls, 8, timeout=600)
        seconds = time.monotonic() - began
        good = sum(answer.status == 200 for answer in answers)
        if good < len(answers):
            bad = next(answer for answer in answers if answer.status != 200)
            raise SystemExit(f"maps don't open: {bad.status} {bad.body[:300]}")
        self.report.add("maps opened", good / seconds, "/s")

    def selects(self) -> None:
        """Each student holds a bed of their own, over 32 connections."""
        rates, latencies, own = [], [], 0.0
        chance = random.Random(1)
        for _round in range(ROUNDS):
            places = chance.sample(self.places, len(self.students))
            calls = [
                self._hold(student, place)
                for student, place in zip(self.students, places, strict=True)
            ]
            began, spent = time.monotonic(), time.process_time()
            answers = call_all(self.port, calls, 32)
            seconds = time.monotonic() - began
            own += time.process_time() - spent
            good = [answer for answer in answers if answer.status == 200]
            if len(good) < len(answers):
                self._explain(answers)
            rates.append(len(good) / seconds)
            latencies += [1000 * answer.seconds for answer in good]
            self._let_go(answers)
        self.say("selects a second: " + ", ".join(f"{rate:.0f}" for rate in rates))
        self.report.add("selects", statistics.median(rates), "/s", at_least=600)
        # The callers share the cores with what they measure.
        calls_made = ROUNDS * len(self.students)
        self.report.add("select, CPU of the callers", 1e6 * own / calls_made, "us")
        self.report.add("select, median", statistics.median(latencies), "ms")
        self.report.add("select, p99", percentile(latencies, 0.99), "ms")

    def _explain(self, answers) -> None:
        bad = next(answer for answer in answers if answer.status != 200)
        self.say(f"a call was refused: {bad.status} {bad.body[:200]}")

    def contention(self) -> None:
        """All of them want one bed, each over a connection of their own, at once."""
        winners, late, latencies = [], 0, []
        for number in range(ROUNDS):
            place = self.places[number]
            calls = [self._hold(student, place) for student in self.students]
            answers = call_all(self.port, calls, len(calls))
            winners.append(sum(answer.status == 200 for answer in answers))
            late += sum(
                answer.status not in (200, 409) or answer.seconds > LATE_SECONDS
                for answer in answers
            )
            latencies.append(percentile([1000 * answer.seconds for answer in answers], 0.99))
            self._let_go(answers)
        self.report.add(
            f"{CONTENDERS} for one bed, winners", max(winners), "", 1, at_least=min(winners)
        )
        self.report.add(f"{CONTENDERS} for one bed, unanswered", late, "", 0)
        self.report.add(f"{CONTENDERS} for one bed, p99", statistics.median(latencies), "ms", 1500)
        if min(winners) != 1:
            raise SystemExit(f"winners of each round: {winners}")

    def snapshots(self) -> None:
        """The state of a floor, past nginx's cache, against the same JSON by one ORM search."""
        floor_map = self.campus["maps"][0]
        rates, versions = {}, itertools.count(1)
        for name, path in (
            ("map snapshots", "/hostel/live/{key}?v={n}"),
            ("the same by the ORM", "/hostel_test/live/{key}?v={n}"),
        ):
            found = []
            for _round in range(3):
                # Nobody asked for these versions before, so nginx has none of the answers.
                calls = [
                    request(self.port, "GET", path.format(key=floor_map["key"], n=next(versions)))
                    for _n in range(1000)
                ]
                began = time.monotonic()
                answers = call_all(self.port, calls, 16)
                good = sum(answer.status == 200 for answer in answers)
                if good < len(calls):
                    bad = next(answer for answer in answers if answer.status != 200)
                    raise SystemExit(f"{path}: {bad.status} {bad.body[:300]}")
                found.append(good / (time.monotonic() - began))
            rates[name] = statistics.median(found)
        ours, peer = rates.values()
        self.report.add(
            "map snapshots", ours, "/s", peer="by one ORM search", peer_value=peer, ratio=5
        )

    def snapshots_without_database(self) -> None:
        """A round of snapshots while PostgreSQL is away: whatever asked it anything is refused."""
        key = self.campus["maps"][0]["key"]
        stack = Stack(self.settings, self.say)
        stack.programs.stop("postgresql")
        try:
            # nginx has none of these versions, so an answer is from Odoo.
            fresh = [
                request(self.port, "GET", f"/hostel/live/{key}?v=away{n}") for n in range(1000)
            ]
            answers = call_all(self.port, fresh, 16)
            by_orm = [request(self.port, "GET", f"/hostel_test/live/{key}?v={n}") for n in range(8)]
            peers = call_all(self.port, by_orm, 4)
        finally:
            stack.programs.start("postgresql")
            stack.wait_until_healthy("postgresql")
        refused = sum(answer.status != 200 for answer in answers)
        if refused:
            self._explain(answers)
        self.report.add("snapshots refused without PostgreSQL", refused, "", 0)
        # By the ORM none is answered, so PostgreSQL was away.
        self.report.add(
            "the same by the ORM, answered", sum(answer.status == 200 for answer in peers), "", 0
        )

    # -- websockets --------------------------------------------------------------------------------
    async def sockets(self) -> None:
        floor_map = self.campus["maps"][0]
        channel = f"hostel.floor:{floor_map['key']}"
        sockets = [
            Socket(self.port, student["sid"], SOCKET_VERSION) for student in self.students[:SOCKETS]
        ]
        began = time.monotonic()
        results = await asyncio.gather(
            *(socket.connect() for socket in sockets), return_exceptions=True
        )
        refused = [result for result in results if result is not None]
        sockets = [
            socket for socket, result in zip(sockets, results, strict=True) if result is None
        ]
        for socket in sockets:
            socket.subscribe([channel, "hostel.bench"])
        # The first delta reaches whoever is subscribed.
        ready = await self._until_subscribed(sockets, floor_map)
        self.say(f"{len(sockets)} sockets, {ready} subscribed; {refused[:1]}")
        self.report.add(f"{SOCKETS} sockets at once, refused", SOCKETS - ready, "", 0)
        self.report.add(f"{SOCKETS} sockets, all in after", time.monotonic() - began, "s")
        spread = [await self._fan_out(sockets, floor_map, number) for number in range(ROUNDS)]
        every = [delay for delays in spread for delay in delays]
        self.report.add(f"change to {SOCKETS} sockets, p99", percentile(every, 0.99), "ms", 250)
        # Ours first: what the stock bus sends keeps the workers busy for a while.
        peer = await self._stock_bus(sockets)
        self._add_fan_out(SOCKETS, [max(delays) for delays in spread], peer, 5)
        for socket in sockets[PEER_SOCKETS:]:
            socket.close()
        sockets = sockets[:PEER_SOCKETS]
        await asyncio.sleep(2)
        ours = [max(await self._fan_out(sockets, floor_map, n)) for n in range(10, 10 + ROUNDS)]
        peer = await self._stock_bus(sockets)
        self._add_fan_out(PEER_SOCKETS, ours, peer, 10)
        for socket in sockets:
            socket.close()

    def _add_fan_out(self, count: int, ours, peer, ratio: float) -> None:
        self.report.add(
            f"change to {count} sockets, last",
            statistics.median(ours),
            "ms",
            peer="stock bus",
            peer_value=statistics.median(peer),
            ratio=ratio,
            lower_is_better=True,
        )

    def _hold_now(self, floor_map, number: int) -> str:
        """Somebody holds a bed; returns what is in the frame that tells it."""
        student = self.students[number]["id"]
        self.locks.client.delete(f"{self.locks._prefix(self.campus['key'])}rl:{student}")
        self.locks.hold(self.campus["key"], floor_map["floor"], number, student)
        return f'"d":[[{number},"1"]]'

    def _free_again(self, floor_map, number: int) -> None:
        student = self.students[number]["id"]
        hold = self.locks.get_hold(self.campus["key"], student)
        self.locks.release(self.campus["key"], student, hold.token)

    async def _until_subscribed(self, sockets, floor_map) -> int:
        """How many sockets get changes, asked until all do or a minute has passed."""
        waiting, deadline = list(sockets), time.monotonic() + 60
        while waiting and time.monotonic() < deadline:
            mark = self._hold_now(floor_map, 0).encode()
            got = await asyncio.gather(*(socket.wait_for(mark, 1.5) for socket in waiting))
            self._free_again(floor_map, 0)
            await asyncio.sleep(0.3)
            waiting = [socket for socket, moment in zip(waiting, got, strict=True) if not moment]
        return len(sockets) - len(waiting)

    async def _fan_out(self, sockets, floor_map, number) -> list[float]:
        """Milliseconds from a change to each socket's frame."""
        await asyncio.sleep(0.5)
        began = time.monotonic()
        mark = self._hold_now(floor_map, number).encode()
        moments = await asyncio.gather(*(socket.wait_for(mark, 20) for socket in sockets))
        self._free_again(floor_map, number)
        return [1000 * ((moment or began + 20) - began) for moment in moments]

    async def _stock_bus(self, sockets) -> list[float]:
        """The same frame through Odoo's own bus: one notification to a channel of all sockets."""
        times = []
        with StockBus(self.settings) as bus:
            for number in range(3):
                await asyncio.sleep(0.5)
                mark = f"bench {number}"
                began = time.monotonic()
                bus.send(mark)
                moments = await asyncio.gather(
                    *(socket.wait_for(mark.encode(), 30) for socket in sockets)
                )
                times.append(1000 * (max(m or began + 30 for m in moments) - began))
        return times


class StockBus:
    """Writes into bus_bus and notifies, as Odoo does after a commit."""

    def __init__(self, settings):
        self.settings = settings

    def __enter__(self):
        import psycopg2

        self.connection = psycopg2.connect(**self.settings.dsn())
        self.server = psycopg2.connect(**self.settings.dsn("postgres"))
        self.server.autocommit = True
        return self

    def __exit__(self, *_exc):
        self.connection.close()
        self.server.close()

    def send(self, mark: str) -> None:
        channel = json.dumps([self.settings.pg_database, "hostel.bench"], separators=(",", ":"))
        message = json.dumps({"type": "bench", "payload": mark})
        with self.connection, self.connection.cursor() as cr:
            cr.execute(
                "INSERT INTO bus_bus (channel, message, create_date, write_date)"
                " VALUES (%s, %s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')",
                [channel, message],
            )
        with self.server.cursor() as cr:
            payload = json.dumps([[self.settings.pg_database, "hostel.bench"]])
            cr.execute("SELECT pg_notify('imbus', %s)", [payload])


# ----------------------------------------------------------------------
# The engine
# ----------------------------------------------------------------------


def measure_solver(report, say, students: int = 10_000) -> None:
    from tools.allocation import solve, verify

    problem = make_problem(students)
    times = []
    for _round in range(3):
        began = time.monotonic()
        result = solve(problem)
        times.append(time.monotonic() - began)
    wrong = verify(problem, result)
    say(f"the engine seats {students} students; {len(wrong)} violations")
    report.add(f"allocate {students} students", statistics.median(times), "s", 2)
    report.add("violations of the allocation", len(wrong), "", 0)


def make_problem(students: int, seed: int = 3):
    """As many beds as students, in 20 hostels; one in six comes with others."""
    from tools.allocation import Applicant, Bed, Member, Problem, Wish

    chance = random.Random(seed)
    beds = []
    while len(beds) < students:
        room = len(beds) // 2
        hostel, floor = room % 20 + 1, room // 20 % 5
        beds += [
            Bed(
                id=len(beds) + n + 1,
                room=room + 1,
                floor=10 * hostel + floor,
                hostel=hostel,
                room_type=room % 3 + 1,
                gender="female" if hostel % 2 else "male",
                order=room // 100,
                amenities=frozenset({room % 5}),
            )
            for n in range(2)
        ]
    applicants, number = [], 1
    while number <= students:
        size = min(chance.choice([1, 1, 1, 1, 1, 2]), students - number + 1)
        gender = chance.choice(["female", "male"])
        members = tuple(
            Member(number + n, gender, chance.randint(1, 4), chance.uniform(5, 10), chance.random())
            for n in range(size)
        )
        own = [hostel for hostel in range(1, 21) if (hostel % 2 == 1) == (gender == "female")]
        wishes = [
            Wish(hostel=chance.choice(own), room_type=chance.choice([None, 1, 2, 3]))
            for _n in range(5)
        ]
        applicants.append(Applicant(number, members, (*wishes, Wish())))
        number += size
    return Problem(beds=tuple(beds), applicants=tuple(applicants))


# ----------------------------------------------------------------------
# The page
# ----------------------------------------------------------------------


def measure_page(settings, campus, report, say) -> None:
    """Weight of the map's page without any cache, and when a bed can be tapped."""
    sys.path.insert(0, str(ROOT / "tests" / "e2e"))
    from people import CHROMIUM, CHROMIUM_FLAGS, PHONE
    from playwright.sync_api import sync_playwright

    address = f"{settings.url}/hostel/map/{campus['hostels'][0]}"
    weights, times, warm = [], [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        for student in campus["students"][:3]:
            context = browser.new_context(viewport=PHONE)
            cookie = {"name": "session_id", "value": student["sid"]}
            context.add_cookies([{**cookie, "url": settings.url}])
            page = context.new_page()
            sizes = _weigh(context, page)
            times.append(_open_page(page, address))
            weights.append(sum(sizes))
            warm.append(_open_page(page, address))
            context.close()
        browser.close()
    say(f"pages of {[round(weight / 1024) for weight in weights]} KiB")
    report.add("map page, over the wire", statistics.median(weights) / 1024, "KiB", PAGE_KIB)
    report.add("map page, bed can be tapped", statistics.median(times), "ms", PAGE_MS)
    report.add("map page again, bed can be tapped", statistics.median(warm), "ms", PAGE_MS)


def _weigh(context, page) -> list[int]:
    """Bytes over the wire of everything that the page loads from now on."""
    sizes: list[int] = []
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    return sizes


def _open_page(page, address: str) -> float:
    began = time.monotonic()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("svg [data-bed][data-state=free]", timeout=60_000)
    return 1000 * (time.monotonic() - began)


# ----------------------------------------------------------------------
# A hundred thousand attempts
# ----------------------------------------------------------------------


@contextmanager
def _progress(crowd, attempts: int, say, seconds: float = 60):
    """Say each minute how far a crowd is, and how long it will take."""
    began = time.monotonic()

    def tell():
        while not crowd.finished.wait(seconds):
            done, spent = attempts - crowd.left, time.monotonic() - began
            to_go = crowd.left * spent / max(1, done) / 60
            say(
                f"{done} of {attempts} attempts, {done / spent:.0f} a second, {to_go:.0f} min to go"
            )

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        crowd.finished.set()
        thread.join()


def measure_double_bookings(report, say) -> None:
    """Contended selects over HTTP while workers are killed and Redis forgets."""
    sys.path.insert(0, str(ROOT / "tests" / "faults"))
    from college import College
    from history import Crowd, judge
    from test_rush import Trouble, without_the_constraint

    attempts = int(os.environ.get("HOSTEL_FAULT_ATTEMPTS", "100000"))
    college = College(None, "")
    college.start()
    try:
        # Sixty students want each bed.
        campus = college.build(hostels=1, floors=1, rooms=5, sharing=2, students=600)
        crowd = Crowd(campus, college.settings.port)
        began = time.monotonic()
        with Trouble(college, crowd, every=6) as trouble, _progress(crowd, attempts, say):
            history = crowd.run(attempts, threads=16)
        say(f"{len(history)} calls in {time.monotonic() - began:.0f} s")
        say(f"killed {trouble.kills} workers and {trouble.restarts} times Redis")
        say(f"Redis was flushed {trouble.flushes} times")
        college.wait_for_map(campus)
        verdict = judge(history, college, campus)
        say(str(dict(verdict.codes)))
        report.add("attempts to hold", attempts, "")
        report.add("double bookings", len(verdict.double_bookings), "", 0)
        report.add("lost bookings", len(verdict.lost_updates), "", 0)
        report.add("beds shown free that are not", len(verdict.shown_free), "", 0)
        report.add("beds shown taken that are not", len(verdict.shown_taken), "", 0)
        campus = college.build(hostels=1, floors=1, rooms=10, sharing=2, students=40)
        college.arm("guard.redis_off", "on")
        with without_the_constraint(college, campus):
            history = Crowd(campus, college.settings.port).run(1000)
            verdict = judge(history, college, campus, settle=0)
            college.disarm()
        report.add(
            "double bookings without the guards", len(verdict.double_bookings), "", at_least=1
        )
    finally:
        college.stop()
