"""What the hostel's server can ask."""

import csv
import io
import time
from datetime import UTC, datetime, timedelta

import pytest

from .conftest import order


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("upi", "paid"),
        ("card", "paid"),
        ("fail", "unpaid"),
        ("cancel", "unpaid"),
        ("pending", "pending"),
    ],
)
def test_status_follows_the_outcome(sandbox, outcome, status):
    sandbox.call("/pay", form=order())
    sandbox.settle("HB-000001-abc123", outcome)
    code, answer = sandbox.ask("HB-000001-abc123")
    assert (code, answer["status"]) == (200, status)
    assert answer["event"]["referenceNo"] == "HB-000001-abc123"


def test_untouched_order_is_unpaid_and_has_no_event(sandbox):
    sandbox.call("/pay", form=order())
    assert sandbox.ask("HB-000001-abc123") == (200, {"status": "unpaid", "event": None})


def test_status_is_for_holders_of_the_secret(sandbox):
    sandbox.call("/pay", form=order())
    assert sandbox.ask("HB-000001-abc123", secret="other")[0] == 401
    assert sandbox.ask("HB-000001-abc123", at=int(time.time()) - 900)[0] == 401
    assert sandbox.call("/status?reference=HB-000001-abc123")[0] == 401


def test_reference_that_nobody_brought(sandbox):
    code, answer = sandbox.ask("HB-999999-000000")
    assert (code, answer["code"]) == (404, "UNKNOWN_REFERENCE")


def test_settlement_lists_what_was_paid_that_indian_day(sandbox):
    for number, outcome in enumerate(["upi", "fail", "card"]):
        sandbox.call("/pay", form=order(f"A-{number}", amount=f"{number + 1}000.50"))
        sandbox.settle(f"A-{number}", outcome)
    today = (datetime.now(UTC) + timedelta(hours=5.5)).date()
    status, text, _url = sandbox.call(f"/settlement/{today}.csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert status == 200
    assert [(row["referenceNo"], row["amount"]) for row in rows] == [
        ("A-0", "1000.50"),
        ("A-2", "3000.50"),
    ]
    other = sandbox.call(f"/settlement/{today - timedelta(days=1)}.csv")[1]
    assert len(other.splitlines()) == 1
    assert sandbox.call("/settlement/yesterday.csv")[0] == 400


def test_playing_dead(sandbox):
    sandbox.call("/sandbox/behaviour", {"down": True})
    assert sandbox.call("/pay", form=order())[0] == 503
    assert sandbox.ask("HB-000001-abc123")[0] == 503
    assert sandbox.call("/health")[0] == 200
    sandbox.call("/sandbox/behaviour", {"down": False})
    assert sandbox.call("/pay", form=order())[0] == 200
