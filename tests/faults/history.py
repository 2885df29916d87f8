"""What students attempted and were answered, and what a checker makes of it."""

import http.client
import json
import random
import threading
import time
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field

LIVE = ("offered", "paying", "awaiting_approval", "allocated", "checked_in", "blocked")
# The caller can't know what happened: the worker was killed, or nobody answered.
LOST = "LOST"


@dataclass
class Attempt:
    """One call and its answer; times are of one clock."""

    student: int
    what: str
    bed: int | None
    began: float
    ended: float
    code: str


@dataclass
class Student:
    """Somebody who is signed in and calls through nginx."""

    id: int
    sid: str
    port: int
    history: list = field(default_factory=list)
    _connection: http.client.HTTPConnection | None = None

    def call(self, path: str, body: dict | None = None) -> dict:
        """The JSON answer with its ``status``; code ``LOST`` when there is none of ours."""
        try:
            if not self._connection:
                self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            headers = {"Cookie": f"session_id={self.sid}", "Content-Type": "application/json"}
            data = None if body is None else json.dumps(body)
            method = "GET" if body is None else "POST"
            self._connection.request(method, f"/hostel/booking/{path}", data, headers)
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.hang_up()
            return {"success": False, "code": LOST, "status": 0}
        try:
            return {**json.loads(text), "status": answer.status}
        except ValueError:
            return {"success": False, "code": LOST, "status": answer.status}

    def hang_up(self):
        if self._connection:
            self._connection.close()
        self._connection = None

    def attempt(self, what: str, body: dict, bed: int | None = None) -> dict:
        """Call, and write down what was answered."""
        began = time.monotonic()
        answer = self.call(what, body)
        code = "OK" if answer["success"] else answer["code"]
        self.history.append(Attempt(self.id, what, bed, began, time.monotonic(), code))
        return answer

    def hold(self, floor_map: dict, index: int) -> dict:
        bed = floor_map["beds"][index]
        return self.attempt("hold", {"key": floor_map["key"], "i": index}, bed)


class Crowd:
    """Students who choose, pay and let go as fast as they can."""

    def __init__(self, campus: dict, port: int, seed: int = 1):
        self.campus = campus
        self.students = [Student(row["id"], row["sid"], port) for row in campus["students"]]
        self.seed = seed
        self._left = 0
        self.finished = threading.Event()
        self._lock = threading.Lock()

    def run(self, attempts: int, threads: int = 12) -> list[Attempt]:
        """Let them book until so many holds were attempted; returns the whole history."""
        self._left = attempts
        shares = [self.students[number::threads] for number in range(threads)]
        running = [
            threading.Thread(target=self._book, args=[share, random.Random(self.seed + number)])
            for number, share in enumerate(shares)
            if share
        ]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        self.finished.set()
        return self.history

    @property
    def history(self) -> list[Attempt]:
        found = [attempt for student in self.students for attempt in student.history]
        return sorted(found, key=lambda attempt: attempt.began)

    @property
    def left(self) -> int:
        """Holds that are still to be attempted."""
        return max(0, self._left)

    def _take(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left >= 0

    def _book(self, students, chance):
        while students and self._take():
            student = chance.choice(students)
            floor_map = chance.choice(self.campus["maps"])
            index = chance.randrange(len(floor_map["beds"]))
            answer = student.hold(floor_map, index)
            if answer["success"]:
                self._go_on(student, answer["hold"]["token"], floor_map["beds"][index], chance)
            elif answer["code"] in ("HAS_ALLOCATION", "ALREADY_HOLDING", LOST):
                self._tidy(student, chance)

    def _go_on(self, student, token, bed, chance):
        if chance.random() < 0.2:
            student.attempt("release", {"token": token}, bed)
            return
        answer = student.attempt("pay", {"token": token}, bed)
        if answer["success"] and chance.random() < 0.85:
            self._tidy(student, chance)

    def _tidy(self, student, chance):
        """Find out what one has, and let it go."""
        me = student.call("me")
        if me.get("booking"):
            student.attempt("cancel", {"id": me["booking"]["id"]})
        elif me.get("hold"):
            student.attempt("release", {"token": me["hold"]["token"]})


@dataclass
class Verdict:
    """What went wrong, each as a list of sentences."""

    double_bookings: list = field(default_factory=list)
    lost_updates: list = field(default_factory=list)
    shown_free: list = field(default_factory=list)
    shown_taken: list = field(default_factory=list)
    codes: Counter = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        return not (
            self.double_bookings or self.lost_updates or self.shown_free or self.shown_taken
        )


def judge(history, college, campus, settle: float = 20) -> Verdict:
    """Compare what was answered, what PostgreSQL has, and what the map shows."""
    verdict = Verdict(codes=Counter(f"{one.what} {one.code}" for one in history))
    beds = [bed for floor_map in campus["maps"] for bed in floor_map["beds"]]
    rows = college.query(
        "SELECT bed_id, student_id, state FROM hostel_allocation"
        " WHERE bed_id = ANY(%s) AND term_id = %s",
        beds,
        campus["term"],
    )
    _find_double_rows(rows, verdict)
    _find_double_answers(history, verdict)
    _find_lost(history, rows, verdict)
    _compare_map(college, campus, verdict, settle)
    return verdict


def _find_double_rows(rows, verdict):
    live = defaultdict(list)
    for bed, student, state in rows:
        if state in LIVE:
            live[bed].append(student)
    for bed, students in live.items():
        if len(students) > 1:
            verdict.double_bookings.append(f"bed {bed} is given to {students}")


def _find_double_answers(history, verdict):
    """Two were told that a bed is theirs, and the first had not begun to let go."""
    owner: dict[int, int] = {}
    given_up: dict[int, float] = {}
    # By student and in order: a history may have hundreds of thousands of attempts.
    cancels = defaultdict(list)
    for began, student in sorted(
        (one.began, one.student) for one in history if one.what == "cancel"
    ):
        cancels[student].append(began)
    for one in sorted(history, key=lambda attempt: attempt.ended):
        if one.what == "pay" and one.code == "OK":
            former = owner.get(one.bed)
            let_go = cancels[former]
            after = bisect_right(let_go, given_up.get(one.bed, 0))
            has_let_go = after < len(let_go) and let_go[after] < one.ended
            if former not in (None, one.student) and not has_let_go:
                verdict.double_bookings.append(
                    f"bed {one.bed} was promised to {former} and then to {one.student}"
                )
            owner[one.bed], given_up[one.bed] = one.student, one.began


def _find_lost(history, rows, verdict):
    """An answer said "paid for" and PostgreSQL does not know it."""
    known = {(bed, student) for bed, student, _state in rows}
    live = {(bed, student) for bed, student, state in rows if state in LIVE}
    last_cancel: dict[int, float] = {}
    for one in history:
        if one.what == "cancel":
            last_cancel[one.student] = max(last_cancel.get(one.student, 0), one.began)
    for one in history:
        if one.what == "pay" and one.code == "OK":
            where = (one.bed, one.student)
            kept = last_cancel.get(one.student, 0) < one.began
            if where not in known or (kept and where not in live):
                verdict.lost_updates.append(f"{one.student} lost bed {one.bed}")


def _compare_map(college, campus, verdict, settle):
    """What the map says must become what PostgreSQL says, within seconds."""
    deadline = time.monotonic() + settle
    while True:
        free, taken = differences(college, campus)
        if not (free or taken) or time.monotonic() > deadline:
            break
        time.sleep(0.25)
    verdict.shown_free, verdict.shown_taken = free, taken


def differences(college, campus) -> tuple[list, list]:
    """Beds that are shown free and are not, and beds that are shown taken and are not."""
    beds = [bed for floor_map in campus["maps"] for bed in floor_map["beds"]]
    taken = {
        bed
        for (bed,) in college.query(
            "SELECT bed_id FROM hostel_allocation WHERE bed_id = ANY(%s) AND state = ANY(%s)"
            " UNION SELECT id FROM hostel_bed WHERE id = ANY(%s) AND NOT active",
            beds,
            list(LIVE),
            beds,
        )
    }
    shown_free, shown_taken = [], []
    for floor_map in campus["maps"]:
        states = college.states(floor_map)
        if len(states) != len(floor_map["beds"]):
            return ["the map is not there"], []
        for bed, state in zip(floor_map["beds"], states, strict=True):
            if state in "01" and bed in taken:
                shown_free.append(f"bed {bed} is taken and shown as {state}")
            elif state in "2345" and bed not in taken:
                shown_taken.append(f"bed {bed} is free and shown as {state}")
    return shown_free, shown_taken
