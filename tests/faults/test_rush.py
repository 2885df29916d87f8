"""Booking day on a whole stack while things break; each promise with the race it guards against."""

import os
import random
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress

import pytest
import redis
from guards import BED, without_constraints
from history import LIVE, LOST, Crowd, Student, differences, judge

ATTEMPTS = int(os.environ.get("HOSTEL_FAULT_ATTEMPTS", "2000"))


@pytest.fixture
def campus(college):
    """A small hostel, and more students than beds."""
    built = college.build(hostels=1, floors=1, rooms=10, sharing=2, students=40)
    yield built
    assert college.disarm() == [], "a failpoint was never reached"


def students_of(college, campus) -> list[Student]:
    return [Student(row["id"], row["sid"], college.settings.port) for row in campus["students"]]


def live_rows(college, bed: int) -> list[int]:
    return [
        student
        for (student,) in college.query(
            "SELECT student_id FROM hostel_allocation WHERE bed_id = %s AND state IN"
            " ('offered', 'paying', 'awaiting_approval', 'allocated', 'checked_in')",
            bed,
        )
    ]


def wait_until(check, seconds: float = 15, what: str = "") -> float:
    """Seconds until a check holds."""
    began = time.monotonic()
    while not check():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - began


def without_the_constraint(college, campus):
    """PostgreSQL's guard of a bed taken away, and put back over what is left."""
    tidy = f"DELETE FROM hostel_allocation WHERE term_id = {int(campus['term'])}"
    return without_constraints(college.query, (BED,), tidy)


@contextmanager
def while_stopped(college, *names):
    """Programs that are not there for a while."""
    for name in names:
        college.stack.programs.stop(name)
    try:
        yield
    finally:
        for name in names:
            college.stack.programs.start(name)
            college.stack.wait_until_healthy(name)


def book(college, crowd, attempts: int) -> list:
    """Let a crowd book without slowing anybody down; returns the history."""

    def forget():
        while not crowd.finished.wait(0.3):
            college.forget_calls()

    forgetting = threading.Thread(target=forget)
    forgetting.start()
    history = crowd.run(attempts)
    forgetting.join()
    return history


class Trouble:
    """Kills workers and makes Redis forget, until the crowd is done.

    :param every: troubles in the time of this many; a worker that starts anew costs the crowd more
        than a hundred attempts
    """

    def __init__(self, college, crowd, seed: int = 7, every: int = 1):
        self.college, self.crowd, self.chance = college, crowd, random.Random(seed)
        self.every = every
        self.kills = self.flushes = self.restarts = 0
        self.failure = None
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_exc):
        self.thread.join()
        assert not self.failure, f"the trouble stopped: {self.failure!r}"

    def _run(self):
        try:
            self._make_trouble()
        except Exception as failure:
            self.failure = failure

    def _make_trouble(self):
        turn = pause = 0
        while not self.crowd.finished.is_set():
            time.sleep(self.chance.uniform(0.5, 1.2))
            with suppress(redis.RedisError):
                self.college.forget_calls()
            pause += 1
            if pause % self.every:
                continue
            turn += 1
            if turn % 2 == 0:
                self.kills += bool(self.college.kill_a_worker(self.chance))
            if turn % 5 == 0:
                self.college.redis().flushall()
                self.flushes += 1
            if turn % 12 == 0:
                self.college.stack.kill("redis")
                self.restarts += 1


def test_contended_selects_while_workers_die_and_redis_forgets(college, campus):
    crowd = Crowd(campus, college.settings.port)
    with Trouble(college, crowd) as trouble:
        history = crowd.run(ATTEMPTS)
    college.wait_for_map(campus)
    verdict = judge(history, college, campus)
    print(f"\n{len(history)} calls, {trouble.kills} kills, {trouble.flushes} flushes,"
          f" {trouble.restarts} restarts of Redis: {dict(verdict.codes)}")  # fmt: skip
    assert trouble.kills and trouble.flushes and trouble.restarts
    # Somebody did book, and the contention was real.
    assert verdict.codes["pay OK"] > ATTEMPTS / 100
    assert verdict.codes["hold BED_TAKEN"] > ATTEMPTS / 100
    assert verdict.is_clean, verdict


def test_without_the_guards_the_checker_finds_double_bookings(college, campus):
    """The same crowd in the same trouble, without Redis's lock and PostgreSQL's constraint."""
    college.arm("guard.redis_off", "on")
    crowd = Crowd(campus, college.settings.port)
    with without_the_constraint(college, campus):
        with Trouble(college, crowd) as trouble:
            history = crowd.run(ATTEMPTS // 4)
        verdict = judge(history, college, campus, settle=0)
        college.disarm()
    college.wait_for_map(campus)
    assert trouble.kills and trouble.flushes
    assert verdict.double_bookings, verdict.codes


def test_without_redis_lock_postgresql_still_gives_each_bed_once(college, campus):
    college.arm("guard.redis_off", "on")
    history = book(college, Crowd(campus, college.settings.port), 300)
    college.disarm()
    verdict = judge(history, college, campus)
    refused = verdict.codes["pay BED_TAKEN"] + verdict.codes["pay BED_BUSY"]
    assert refused, "nobody tried to take a bed twice"
    assert not verdict.double_bookings and not verdict.lost_updates, verdict


def test_killed_between_lock_and_insert_nothing_is_booked_and_the_hold_lives(college, campus):
    asha, bina = students_of(college, campus)[:2]
    [floor_map] = campus["maps"]
    token = asha.hold(floor_map, 0)["hold"]["token"]
    college.arm("reserve.before_insert")
    assert asha.attempt("pay", {"token": token})["code"] == LOST
    assert not college.is_armed("reserve.before_insert")
    assert live_rows(college, floor_map["beds"][0]) == []
    assert bina.hold(floor_map, 0)["code"] == "BED_TAKEN"
    assert asha.attempt("pay", {"token": token})["success"]
    assert live_rows(college, floor_map["beds"][0]) == [asha.id]


def test_a_hold_that_is_given_back_before_the_insert_is_lost_with_the_worker(college, campus):
    """The twin: without the hold that outlives the worker, another one has the bed."""
    asha, bina = students_of(college, campus)[:2]
    [floor_map] = campus["maps"]
    token = asha.hold(floor_map, 0)["hold"]["token"]
    college.arm("guard.hold_kept_off", "on")
    college.arm("reserve.before_insert")
    assert asha.attempt("pay", {"token": token})["code"] == LOST
    college.disarm()
    assert not asha.call("me").get("hold")
    assert bina.hold(floor_map, 0)["success"]
    assert asha.attempt("pay", {"token": token})["code"] == "HOLD_EXPIRED"


def events_of(college, student: Student) -> int:
    [(count,)] = college.query(
        "SELECT count(*) FROM hostel_event e JOIN hostel_allocation a"
        " ON e.aggregate = 'hostel.allocation,' || a.id WHERE a.student_id = %s",
        student.id,
    )
    return count


def test_without_one_commit_a_killed_worker_leaves_half_a_booking(college, campus):
    """The twin: the row is there, the student was told nothing, and nobody else ever is."""
    asha = students_of(college, campus)[0]
    [floor_map] = campus["maps"]
    token = asha.hold(floor_map, 0)["hold"]["token"]
    college.arm("guard.one_commit_off", "on")
    college.arm("reserve.before_commit")
    assert asha.attempt("pay", {"token": token})["code"] == LOST
    college.disarm()
    assert live_rows(college, floor_map["beds"][0]) == [asha.id]
    assert events_of(college, asha) == 0


def test_killed_before_the_commit_nothing_is_booked(college, campus):
    asha = students_of(college, campus)[0]
    [floor_map] = campus["maps"]
    token = asha.hold(floor_map, 0)["hold"]["token"]
    college.arm("reserve.before_commit")
    assert asha.attempt("pay", {"token": token})["code"] == LOST
    assert live_rows(college, floor_map["beds"][0]) == []
    assert asha.call("me")["hold"]["token"] == token
    # Once more, and alive: the row and what it tells are there together.
    assert asha.attempt("pay", {"token": token})["success"]
    assert live_rows(college, floor_map["beds"][0]) == [asha.id]
    assert events_of(college, asha)


def pay_and_die(college, campus) -> tuple[Student, str, int]:
    """Asha pays, and the worker dies when all is written and nothing is committed.

    :return: Asha, what she was told, and the bed
    """
    asha = students_of(college, campus)[0]
    [floor_map] = campus["maps"]
    token = asha.hold(floor_map, 0)["hold"]["token"]
    college.arm("pay.before_commit")
    answer = asha.attempt("pay", {"token": token}, floor_map["beds"][0])
    wait_until(lambda: not college.is_armed("pay.before_commit"), 10, "nobody died")
    return asha, answer.get("code", "OK"), floor_map["beds"][0]


def test_killed_before_the_answer_nobody_was_promised_anything(college, campus):
    asha, told, bed = pay_and_die(college, campus)
    assert told == LOST
    assert live_rows(college, bed) == []
    verdict = judge(asha.history, college, campus)
    assert verdict.is_clean, verdict


def test_an_answer_before_the_commit_is_a_lost_booking(college, campus):
    """The twin: the same death, after the student was told that the bed is theirs."""
    college.arm("guard.answer_last_off", "on")
    asha, told, bed = pay_and_die(college, campus)
    college.disarm()
    assert told == "OK"
    assert live_rows(college, bed) == []
    verdict = judge(asha.history, college, campus)
    assert verdict.lost_updates == [f"{asha.id} lost bed {bed}"]


def test_the_checker_finds_a_booking_that_is_gone(college, campus):
    asha = students_of(college, campus)[0]
    [floor_map] = campus["maps"]
    bed = floor_map["beds"][0]
    token = asha.hold(floor_map, 0)["hold"]["token"]
    assert asha.attempt("pay", {"token": token}, bed)["success"]
    verdict = judge(asha.history, college, campus)
    assert verdict.is_clean, verdict
    college.query("DELETE FROM hostel_allocation WHERE bed_id = %s", bed)
    verdict = judge(asha.history, college, campus, settle=0)
    assert verdict.lost_updates == [f"{asha.id} lost bed {bed}"]


def test_killed_after_the_lock_the_student_finds_the_hold_again(college, campus):
    asha = students_of(college, campus)[0]
    [floor_map] = campus["maps"]
    college.arm("hold.locked")
    assert asha.hold(floor_map, 3)["code"] == LOST
    assert asha.call("me")["hold"]["i"] == 3


def test_a_lock_in_two_steps_leaves_a_bed_that_is_nobodys(college, campus):
    """The twin: killed between the bed and whose it is, nobody can have it or let it go."""
    asha, bina = students_of(college, campus)[:2]
    [floor_map] = campus["maps"]
    college.arm("guard.one_step_off", "on")
    college.arm("hold.locked")
    assert asha.hold(floor_map, 3)["code"] == LOST
    college.disarm()
    assert not asha.call("me").get("hold")
    assert bina.hold(floor_map, 3)["code"] == "BED_TAKEN"


def test_killed_between_commit_and_publish_the_map_becomes_right(college, campus):
    asha = students_of(college, campus)[0]
    [floor_map] = campus["maps"]
    token = asha.hold(floor_map, 0)["hold"]["token"]
    college.arm("outbox.before_drain")
    assert asha.attempt("pay", {"token": token})["code"] == LOST
    assert live_rows(college, floor_map["beds"][0]) == [asha.id]
    seconds = wait_until(lambda: college.states(floor_map)[0] == "2", 20, "the bed is not orange")
    print(f"\nright after {seconds:.1f} s")
    assert differences(college, campus) == ([], [])


def test_without_the_keeper_the_map_stays_wrong(college, campus):
    """The same kill while nobody empties the outbox: that is what the keeper is for."""
    asha = students_of(college, campus)[0]
    [floor_map] = campus["maps"]
    token = asha.hold(floor_map, 0)["hold"]["token"]
    with while_stopped(college, "odoo-evented", "odoo-queue"):
        college.arm("outbox.before_drain")
        assert asha.attempt("pay", {"token": token})["code"] == LOST
        time.sleep(4)
        shown_free, _taken = differences(college, campus)
        assert len(shown_free) == 1
    wait_until(lambda: differences(college, campus) == ([], []), 15, "the map is not right")


def expire_hold(college, campus, index: int) -> None:
    """Let a hold's time run out now, and everybody see the bed free."""
    client = college.redis()
    [floor_map] = campus["maps"]
    place = f"{floor_map['floor']}:{index}"
    [lock] = client.keys(f"*{{{campus['key']}}}:lk:{place}")
    client.pexpire(lock, 1)
    queue = lock.rpartition(":lk:")[0] + ":exp"
    for member in client.zrange(queue, 0, -1):
        if member.startswith(f"{place}:"):
            client.zadd(queue, {member: 1})
    wait_until(lambda: college.states(floor_map)[index] == "0", 10, "the hold does not end")


def pay_while_the_hold_ends(college, campus):
    """Asha's call stops before the insert; meanwhile her hold ends and Bina takes the bed.

    :return: what Asha was answered, and the codes that Bina got
    """
    asha, bina = students_of(college, campus)[:2]
    [floor_map] = campus["maps"]
    token = asha.hold(floor_map, 0)["hold"]["token"]
    # Longer than the hold takes to end, or Asha is through before Bina comes.
    college.arm("reserve.before_insert", "sleep", 8)
    answers = []
    paying = threading.Thread(
        target=lambda: answers.append(asha.attempt("pay", {"token": token})["success"])
    )
    paying.start()
    wait_until(lambda: not college.is_armed("reserve.before_insert"), 10, "nobody pays")
    expire_hold(college, campus, 0)
    other = bina.hold(floor_map, 0)["hold"]["token"]
    codes = [bina.attempt("pay", {"token": other}).get("code", "OK")]
    paying.join()
    codes.append(bina.attempt("pay", {"token": other}).get("code", "OK"))
    return answers[0], codes, floor_map["beds"][0], asha, bina


def test_a_hold_that_ends_while_paying_is_paid_for_by_one(college, campus):
    paid, codes, bed, asha, _bina = pay_while_the_hold_ends(college, campus)
    assert paid
    assert codes[0] == "BED_BUSY"
    assert codes[1] in ("BED_TAKEN", "HOLD_EXPIRED")
    assert live_rows(college, bed) == [asha.id]
    wait_until(lambda: differences(college, campus) == ([], []), 10, "the map is not right")


def test_without_the_constraint_a_hold_that_ends_while_paying_is_paid_for_by_two(college, campus):
    """The twin: the same two in the same order, while the map takes nobody's hold away at Pay."""
    with without_the_constraint(college, campus):
        college.arm("guard.redis_off", "on")
        paid, codes, bed, asha, bina = pay_while_the_hold_ends(college, campus)
        college.disarm()
        assert paid
        # The bed's row was locked while Asha's call was under way; nothing stops Bina afterwards.
        assert codes == ["BED_BUSY", "OK"]
        assert sorted(live_rows(college, bed)) == sorted([asha.id, bina.id])


def pay_at_once(college, payers, floor_map) -> dict[int, str]:
    """Let students who were all told that they hold the first bed pay for it at once.

    :return: what each of them was answered; who finds the bed busy tries again
    """
    college.arm("guard.redis_off", "on")
    tokens = [student.hold(floor_map, 0)["hold"]["token"] for student in payers]
    start = threading.Barrier(2)
    codes = {}

    def pay(student, token):
        start.wait()
        for _time in range(20):
            codes[student.id] = student.attempt("pay", {"token": token}).get("code", "OK")
            if codes[student.id] != "BED_BUSY":
                break
            time.sleep(0.1)

    threads = [threading.Thread(target=pay, args=pair) for pair in zip(payers, tokens, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    college.disarm()
    return codes


def test_of_two_payers_for_one_bed_one_pays(college, campus):
    payers = students_of(college, campus)[:2]
    [floor_map] = campus["maps"]
    codes = pay_at_once(college, payers, floor_map)
    winners = [student for student, code in codes.items() if code == "OK"]
    assert len(winners) == 1, codes
    assert live_rows(college, floor_map["beds"][0]) == winners
    assert set(codes.values()) - {"OK"} <= {"BED_TAKEN", "BED_BUSY"}


def test_without_the_constraint_two_payers_have_one_bed(college, campus):
    payers = students_of(college, campus)[:2]
    [floor_map] = campus["maps"]
    with while_stopped(college, "odoo-evented"), without_the_constraint(college, campus):
        codes = pay_at_once(college, payers, floor_map)
        assert list(codes.values()) == ["OK", "OK"]
        assert sorted(live_rows(college, floor_map["beds"][0])) == sorted(codes)


def test_while_postgresql_is_away_the_map_is_served_and_pay_says_so(college, campus):
    asha = students_of(college, campus)[0]
    [floor_map] = campus["maps"]
    token = asha.hold(floor_map, 0)["hold"]["token"]
    with while_stopped(college, "postgresql"):
        time.sleep(1.5)
        assert college.read_json(f"/hostel/live/{floor_map['key']}")["s"][0] == "1"
        refused = asha.attempt("pay", {"token": token})
        assert (refused["code"], refused["status"]) == ("DATABASE_AWAY", 503)
        assert "try again" in refused["error"]
        for path in ("/my", "/verify", "/hostel"):
            status, page = college.open_page(path, asha.sid, "hi_IN")
            assert status == 503 and "आपके बेड और भुगतान सुरक्षित हैं" in page, path
    wait_until(lambda: asha.attempt("pay", {"token": token})["success"], 30, "nothing works again")
    assert live_rows(college, floor_map["beds"][0]) == [asha.id]
    wait_until(lambda: differences(college, campus) == ([], []), 20, "the map is not right")


def test_without_our_own_answer_an_outage_shows_no_map_and_says_nothing(college, campus):
    """The twin: the map by the ORM, and Odoo's own answer to a call."""
    asha, bina = students_of(college, campus)[:2]
    [floor_map] = campus["maps"]
    token = asha.hold(floor_map, 0)["hold"]["token"]
    by_orm = f"/hostel_test/live/{floor_map['key']}"
    assert college.read_json(by_orm)["s"]
    college.arm("guard.outage_off", "on")
    with while_stopped(college, "postgresql"):
        time.sleep(1.5)
        refused = asha.attempt("pay", {"token": token})
        # No JSON of ours, so no page can say what happened.
        assert (refused["code"], refused.get("error")) == (LOST, None)
        with pytest.raises((OSError, ValueError)):
            college.read_json(by_orm)
    college.disarm()
    wait_until(lambda: bina.hold(floor_map, 1)["success"], 30, "nothing works again")


def shift_python_clock(college, seconds: float) -> None:
    """Start the web workers again with a wrong clock; 0 puts it right."""
    college.disarm()
    if seconds:
        college.arm("clock.shift", "on", seconds)
    college.stack.restart("odoo-web")


def move_window(college, campus, opens: str, closes: str) -> None:
    """Give the round's window other times, by PostgreSQL's clock, and let everybody know."""
    college.query(
        "UPDATE hostel_booking_window SET"
        f" opens_at = date_trunc('second', now() AT TIME ZONE 'UTC' + interval '{opens}'),"
        f" closes_at = date_trunc('second', now() AT TIME ZONE 'UTC' + interval '{closes}')"
        " WHERE round_id = %s",
        campus["round"],
    )
    college.query(
        "UPDATE hostel_booking_round SET doors_version = doors_version + 1,"
        " stamp = md5(random()::text) WHERE id = %s",
        campus["round"],
    )


def hold_when(college, student, floor_map, code: str) -> dict:
    """The answer to a hold, once everybody knows of the window's other times."""
    answers = []

    def try_it():
        college.forget_calls()
        answers.append(student.hold(floor_map, 0))
        return answers[-1].get("code", "OK") == code

    wait_until(try_it, 15, code)
    return answers[-1]


@pytest.mark.parametrize("hours", [3, -3])
def test_a_wrong_clock_of_a_worker_opens_and_closes_nothing(college, campus, hours):
    asha, bina = students_of(college, campus)[:2]
    [floor_map] = campus["maps"]
    shift_python_clock(college, 3600 * hours)
    try:
        wrong = college.read_json("/hostel_test/clock")["time"] - time.time()
        assert abs(wrong - 3600 * hours) < 60, "the clock is right"
        move_window(college, campus, "1 hour", "2 hours")
        hold_when(college, asha, floor_map, "NOT_OPEN")
        move_window(college, campus, "-2 hours", "-1 hour")
        hold_when(college, asha, floor_map, "WINDOW_CLOSED")
        move_window(college, campus, "-1 hour", "1 hour")
        hold = hold_when(college, asha, floor_map, "OK")["hold"]
        assert 590_000 < hold["expires_in_ms"] <= 600_000
        assert bina.hold(floor_map, 0)["code"] == "BED_TAKEN"
        assert asha.attempt("pay", {"token": hold["token"]})["success"]
        [(left,)] = college.query(
            "SELECT extract(epoch FROM hold_until - now() AT TIME ZONE 'UTC')"
            " FROM hostel_allocation WHERE student_id = %s",
            asha.id,
        )
        assert 800 < left <= 900
        wait_until(lambda: college.states(floor_map)[0] == "2", 15, "the bed is not orange")
    finally:
        shift_python_clock(college, 0)


def test_by_pythons_clock_a_wrong_worker_opens_early(college, campus):
    """The twin: the same wrong clock, while the scripts go by it."""
    asha = students_of(college, campus)[0]
    [floor_map] = campus["maps"]
    move_window(college, campus, "1 hour", "2 hours")
    hold_when(college, asha, floor_map, "NOT_OPEN")
    shift_python_clock(college, 5400)
    try:
        hold_when(college, asha, floor_map, "NOT_OPEN")
        college.arm("guard.clock_off", "on")
        assert asha.hold(floor_map, 0)["success"]
    finally:
        shift_python_clock(college, 0)


def met_while_retired(history, retired) -> Counter:
    """Answers to those who wanted a bed in the time in which it surely was out of use.

    :param retired: ``(bed, since, until)`` by the clock of the history
    """
    return Counter(
        f"{attempt.what} {attempt.code}"
        for bed, since, until in retired
        for attempt in history
        if attempt.bed == bed and since < attempt.began and attempt.ended < until
    )


def test_nobody_books_a_bed_that_a_warden_has_retired(college, campus):
    [floor_map] = campus["maps"]
    warden = Warden(college, floor_map["beds"])
    with warden:
        history = book(college, Crowd(campus, college.settings.port), 300)
    met = met_while_retired(history, warden.retired)
    print(f"\n{warden.codes} {met}")
    assert warden.codes["retired"] and warden.codes["used again"]
    # They met: students wanted beds that were retired, and the warden beds that students had.
    assert met
    assert warden.codes["not retired"]
    assert not met["pay OK"], met
    verdict = judge(history, college, campus)
    assert not verdict.double_bookings and not verdict.lost_updates, verdict
    assert not verdict.shown_free, verdict


def stranded(college, campus) -> list[int]:
    """Students whose bed is retired."""
    beds = [bed for floor_map in campus["maps"] for bed in floor_map["beds"]]
    return [
        student
        for (student,) in college.query(
            "SELECT a.student_id FROM hostel_allocation a JOIN hostel_bed b ON b.id = a.bed_id"
            " WHERE b.id = ANY(%s) AND NOT b.active AND a.state = ANY(%s)"
            " AND a.student_id IS NOT NULL",
            beds,
            list(LIVE),
        )
    ]


def move_in(college, campus) -> None:
    """One student has a bed, whatever the crowd left behind."""
    [floor_map] = campus["maps"]
    college.forget_calls()
    for student in students_of(college, campus):
        me = student.call("me")
        if me.get("booking"):
            return
        if me.get("hold"):
            student.attempt("release", {"token": me["hold"]["token"]})
        for index in range(len(floor_map["beds"])):
            college.forget_calls()
            answer = student.hold(floor_map, index)
            if answer["success"]:
                paid = student.attempt("pay", {"token": answer["hold"]["token"]})
                assert paid["success"], paid
                return
    raise AssertionError("nobody got a bed")


def test_a_warden_who_retires_beds_during_booking_strands_nobody(college, campus):
    warden = Warden(college, campus["maps"][0]["beds"])
    with warden:
        book(college, Crowd(campus, college.settings.port), 300)
    warden.use_all()
    move_in(college, campus)
    warden.retire_all()
    print(f"\n{warden.codes}")
    # The warden got some beds, and was refused those that somebody had.
    assert warden.codes["retired"] and warden.codes["not retired"]
    assert stranded(college, campus) == []


def test_without_the_guard_a_warden_who_retires_beds_strands_students(college, campus):
    """The same warden and crowd, while nobody asks who has a bed that is retired."""
    college.arm("guard.retire_off", "on")
    warden = Warden(college, campus["maps"][0]["beds"])
    with warden:
        book(college, Crowd(campus, college.settings.port), 300)
    warden.use_all()
    move_in(college, campus)
    warden.retire_all()
    college.disarm()
    assert warden.codes["retired"]
    assert stranded(college, campus)


class Warden:
    """Retires beds and takes them into use again through the web client's calls."""

    def __init__(self, college, beds):
        self.college, self.beds = college, beds
        self.codes = Counter()
        # (bed, retired since, until) by the clock of the history
        self.retired: list[tuple[int, float, float]] = []
        self.sid = college.sign_in("admin", "admin")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self._stop.set()
        self._thread.join()

    def _work(self):
        chance, since = random.Random(5), {}
        while not self._stop.is_set():
            if since and chance.random() < 0.5:
                bed = chance.choice(sorted(since))
                self.retired.append((bed, since.pop(bed), time.monotonic()))
                self._write(bed, True)
            else:
                bed = chance.choice(self.beds)
                if bed not in since and self._write(bed, False):
                    since[bed] = time.monotonic()
            time.sleep(0.05)
        self.retired += [(bed, moment, time.monotonic()) for bed, moment in since.items()]

    def use_all(self):
        """Take every bed into use again."""
        for bed in self.beds:
            self._write(bed, True)

    def retire_all(self):
        """Try each bed once more, so that it does not hang on chance whether one is booked."""
        for bed in self.beds:
            self._write(bed, False)

    def _write(self, bed, active) -> bool:
        done = self.college.call_kw(self.sid, "hostel.bed", "write", [[bed], {"active": active}])
        word = "used again" if active else "retired"
        self.codes[word if done else f"not {word}"] += 1
        return done


class Planner:
    """A warden who saves a floor's drawing, closes rooms and opens them, as the web client does.

    :param kept_room: a room that is never closed
    """

    def __init__(self, college, campus, kept_room: int):
        self.college = college
        [floor_map] = campus["maps"]
        self.floor = floor_map["floor"]
        self.rooms: dict[int, list[int]] = {}
        for bed, room in college.query(
            "SELECT id, room_id FROM hostel_bed WHERE floor_id = %s AND room_id != %s",
            *(self.floor, kept_room),
        ):
            self.rooms.setdefault(room, []).append(bed)
        [days] = college.query(
            "SELECT date_from::text, date_to::text FROM hostel_term WHERE id = %s", campus["term"]
        )
        self.days = days
        self.codes = Counter()
        # (bed, closed since, until) by the clock of the history
        self.closed: list[tuple[int, float, float]] = []
        self.failure = None
        self.sid = college.sign_in("admin", "admin")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self._stop.set()
        self._thread.join()
        assert not self.failure, f"the warden stopped: {self.failure!r}"

    def _run(self):
        try:
            self._work()
        except Exception as failure:
            self.failure = failure

    def _work(self):
        chance, since = random.Random(11), {}
        while not self._stop.is_set():
            self.save()
            room = chance.choice(sorted(self.rooms))
            if room in since:
                moments = (since[room], time.monotonic())
                if self._count(self._call("hostel.room", "action_reopen", [[room]]), "opened"):
                    self.closed += [(bed, *moments) for bed in self.rooms[room]]
                    del since[room]
            elif self._count(self._close(room), "closed"):
                since[room] = time.monotonic()
            time.sleep(0.05)
        for room, moment in since.items():
            self.closed += [(bed, moment, time.monotonic()) for bed in self.rooms[room]]

    def save(self) -> None:
        """Move a room a little, and save."""
        drawn = self._call("hostel.floor", "get_editor_data", [[self.floor]])["result"]
        layout = drawn["layout"]
        layout["rooms"][0]["x"] += 1
        args = [[self.floor], layout, drawn["version"]]
        self._count(self._call("hostel.floor", "save_editor_layout", args), "saved")

    def _close(self, room: int) -> dict:
        first, last = self.days
        vals = {
            "room_ids": [[6, 0, [room]]],
            "date_from": first,
            "date_to": last,
            "reason": "Paint",
        }
        dialog = self._call("hostel.room.close", "create", [vals])["result"]
        return self._call("hostel.room.close", "action_close", [[dialog]])

    def _call(self, model: str, method: str, args: list) -> dict:
        return self.college.ask_kw(self.sid, model, method, args)

    def _count(self, answer: dict, word: str) -> bool:
        done = "error" not in answer  # a method without a result answers neither
        self.codes[word if done else f"not {word}"] += 1
        return done


def book_while_rooms_change(college, campus, attempts: int, until: tuple[str, ...]):
    """A crowd books while a warden is at work on the floor; Asha holds the first bed all the time.

    :param until: what the warden must have met, however quick the crowd was
    :return: the crowd's history, the warden, Asha's token and the one that she has at the end
    """
    asha, *others = campus["students"]
    [floor_map] = campus["maps"]
    asha = Student(asha["id"], asha["sid"], college.settings.port)
    hold = asha.hold(floor_map, 0)["hold"]
    [(room,)] = college.query("SELECT room_id FROM hostel_bed WHERE id = %s", floor_map["beds"][0])
    with Planner(college, campus, room) as warden:
        history = book(
            college, Crowd({**campus, "students": others}, college.settings.port), attempts
        )
        for word in until:
            wait_until(lambda word=word: warden.codes[word], 60, f"no room is {word}")
    college.wait_for_map(campus)
    mine = asha.call("me").get("hold") or {}
    return history, warden, hold["token"], mine.get("token")


def test_a_warden_who_changes_rooms_during_booking_takes_nothing_from_anybody(college, campus):
    history, warden, held, left = book_while_rooms_change(
        college, campus, 300, ("opened", "not closed")
    )
    met = met_while_retired(history, warden.closed)
    verdict = judge(history, college, campus)
    print(f"\n{warden.codes} {met} {dict(verdict.codes)}")
    assert warden.codes["saved"]
    # Students wanted beds of closed rooms, as the warden wanted to close rooms that they had.
    assert met
    assert not met["pay OK"], met
    assert verdict.codes["pay OK"]
    assert verdict.is_clean, verdict
    assert left == held


def test_a_map_that_is_loaded_without_its_holds_takes_them_away(college, campus):
    """The twin: the same warden, while a changed floor is loaded as if nobody held a bed there."""
    college.arm("guard.load_holds_off", "on")
    _history, warden, _held, left = book_while_rooms_change(college, campus, 30, ("opened",))
    college.disarm()
    assert warden.codes["saved"]
    assert left is None
