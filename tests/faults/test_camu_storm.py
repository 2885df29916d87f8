"""Money from the sandbox on a whole stack: shuffled, copied, lost, and workers that die over it."""

import os
import socket
import time
from contextlib import suppress

import pytest
from camu_storm import Storm, Weather

# Deliveries; scripts/bench billing sends 10,000.
EVENTS = int(os.environ.get("HOSTEL_CAMU_EVENTS", "160"))
COPIES, EVENTS_PER_ORDER = 2, 1.65
ORDERS = max(20, round(EVENTS / ((1 + COPIES) * EVENTS_PER_ORDER)))


@pytest.fixture(scope="module")
def storm(college):
    storm = Storm(college.settings)
    # The copied database knows another stack's sandbox.
    storm.do("build", orders=3)
    return storm


@pytest.fixture(scope="module")
def calm(storm):
    """The books after a day on which every message came once and in order."""
    return storm.run(ORDERS, Weather(), seed=0)


def _check_books(books):
    assert books["paid"] == books["payments"] == books["expected_paid"], books
    assert books["captured"] == pytest.approx(books["applied"] + books["advance"])
    assert not books["states"].get("received"), "a message is forgotten"


def test_calm_day(storm, calm):
    _check_books(calm)
    assert calm["lost"] == calm["recovered"] == 0
    assert not calm["states"].get("quarantined")


def test_shuffled_copied_and_lost_messages_end_in_the_same_books(storm, calm):
    """What got lost is found in the settlement file; nothing is booked twice."""
    for seed in (1, 2):
        weather = Weather(COPIES, lose_percent=30, lose_all_percent=30, reorder_s=3)
        books = storm.run(ORDERS, weather, seed)
        _check_books(books)
        assert books["lost"] > 0 and books["deliveries"] - books["lost"] >= ORDERS
        assert books["recovered"] > 0, "no payment was told by the file alone"
        assert books["hash"] == calm["hash"]
    assert storm.do("watch") == {}


def test_what_is_lost_is_missed_until_the_settlement_comes(storm, calm):
    """The twin: without the file the books of a storm differ from those of a calm day."""
    books = storm.run(ORDERS, Weather(lose_percent=60), seed=3, settle=False)
    assert books["paid"] < books["expected_paid"]
    assert books["hash"] != calm["hash"]


@pytest.mark.parametrize("place", ["camu.before_process", "camu.before_commit"])
def test_worker_that_dies_over_a_message_loses_and_doubles_nothing(college, storm, calm, place):
    """SIGKILL in the middle of a message, and of the whole queue while others wait."""

    def kill():
        college.arm(place)
        deadline = time.monotonic() + 60
        while college.is_armed(place):
            assert time.monotonic() < deadline, "no job came to this place"
            time.sleep(0.05)
        college.stack.kill("odoo-queue")

    books = storm.run(ORDERS, Weather(COPIES), seed=4, meanwhile=kill)
    assert college.disarm() == []
    _check_books(books)
    assert books["hash"] == calm["hash"]


def test_refused_messages_leave_nothing(college, storm):
    """Through nginx: what is forged, broken or too large gets a code, and that's all."""
    good = b'{"eventId": "door-1", "referenceNo": "X"}'
    now = int(time.time())
    deep = b"[" * 50_000
    wrong = [
        (good, storm.sign(good, secret="guess"), 401),
        (good, "", 401),
        (good, "t=1,v1=zz", 401),
        (good, storm.sign(good, at=now + 3600), 401),
        (b'{"eventId": ', storm.sign(b'{"eventId": '), 400),
        (b"\xff\xfe\x00", storm.sign(b"\xff\xfe\x00"), 400),
        ("{}".encode("utf-16"), storm.sign("{}".encode("utf-16")), 400),
        (b"", storm.sign(b""), 400),
        (deep, storm.sign(deep), 400),
        (b"x" * 10_000_000, storm.sign(b"x"), 413),
    ]
    logs = [
        college.settings.log_dir / f"{name}.log" for name in ("odoo-web", "nginx", "odoo-queue")
    ]
    before = _count(storm), [log.read_text(errors="replace").count("Traceback") for log in logs]
    for body, header, status in wrong:
        answer = _post(college.settings.port, body, header)
        assert f" {status} " in answer.splitlines()[0], (body[:20], answer[:200])
        assert "Traceback" not in answer
    after = _count(storm), [log.read_text(errors="replace").count("Traceback") for log in logs]
    assert before == after


def test_authentic_but_wrong_messages_are_kept_with_a_reason(storm):
    campus = storm.do("build", orders=3)
    order = campus["orders"][1]
    right = {
        "eventId": f"wrong-{campus['mark']}",
        "referenceNo": order["reference"],
        "studentId": order["form"]["studentId"],
        "academicTerm": order["form"]["academicTerm"],
        "feeHead": order["form"]["feeHead"],
        "amount": order["amount"],
        "currency": "INR",
        "paymentStatus": "SUCCESS",
        "paidOn": "2026-01-05T10:00:00+05:30",
        "receiptNo": f"RW-{campus['mark']}",
    }
    changes = {
        "WRONG_AMOUNT": {"amount": "1.00"},
        "WRONG_CURRENCY": {"currency": "USD"},
        "WRONG_TERM": {"academicTerm": "NEVER"},
        "UNKNOWN_STUDENT": {"studentId": "NOBODY"},
        "UNKNOWN_REFERENCE": {"referenceNo": "NOTHING"},
        "FUTURE_PAYMENT": {"paidOn": "2999-01-01T00:00:00Z"},
    }
    messages = [
        right | change | {"eventId": f"{right['eventId']}-{reason}"}
        for reason, change in changes.items()
    ]
    _seconds, answers = storm.flood(messages, connections=3)
    assert {answer.status for answer in answers} == {200}
    storm.wait_for_jobs()
    rows = dict(
        storm.query(
            "SELECT event_id, reason_code FROM hostel_camu_event WHERE event_id LIKE %s"
            " AND state = 'quarantined'",
            f"{right['eventId']}-%",
        )
    )
    assert rows == {f"{right['eventId']}-{reason}": reason for reason in changes}
    assert storm.do("ledger", ids=[order["id"]])["payments"] == 0


def _count(storm) -> int:
    return storm.query("SELECT count(*) FROM hostel_camu_event")[0][0]


def _post(port: int, body: bytes, header: str) -> str:
    """A request whose answer may come before the body was sent."""
    head = (
        f"POST /payment/camu/webhook HTTP/1.1\r\nHost: localhost:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"X-Camu-Signature: {header}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        with suppress(OSError):
            connection.sendall(head.encode() + body)
        got = b""
        with suppress(OSError):
            while data := connection.recv(65536):
                got += data
    return got.decode(errors="replace")
