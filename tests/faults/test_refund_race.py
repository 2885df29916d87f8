"""Several processes pay the same refunds out: each leaves once."""

from collections import Counter

import pytest
from race_size import PROCESSES, THREADS
from racers import RefundRacers

RUPEES = 900


@pytest.fixture(scope="module")
def cashiers(scratch):
    running = RefundRacers(scratch)
    yield running
    running.stop()


def make_plan(refunds: list[int]) -> list:
    """Every thread of every process pays all of them."""
    return [refunds for _lane in range(PROCESSES * THREADS)]


def payouts(scratch, refunds: list[int]) -> dict[int, int]:
    rows = scratch.execute(
        "SELECT p.hostel_refund_id, COUNT(*) FROM account_payment p"
        " JOIN account_move m ON m.id = p.move_id AND m.state = 'posted'"
        " WHERE p.hostel_refund_id = ANY(%s) GROUP BY p.hostel_refund_id",
        refunds,
    )
    return dict(rows)


def test_a_refund_leaves_once_whoever_books_it(scratch, cashiers):
    refunds = cashiers.run("prepare_refunds", mark="guarded", refunds=2, rupees=RUPEES)
    attempts = cashiers.race("pay", plan=make_plan(refunds))
    codes = Counter(code for _refund, code in attempts)
    assert set(codes) <= {"DONE", "REFUND_DONE", "MONEY_APPLIED"}, codes
    assert codes["DONE"] == len(refunds), codes
    assert payouts(scratch, refunds) == dict.fromkeys(refunds, 1)


def test_without_the_mark_and_the_used_up_credit_it_leaves_twice(scratch, cashiers):
    """The twin: whoever only looks pays the same refund out again."""
    refunds = cashiers.run("prepare_refunds", mark="bare", refunds=2, rupees=RUPEES)
    cashiers.race("pay", plan=make_plan(refunds), guarded=False)
    assert max(payouts(scratch, refunds).values()) > 1, "nobody met anybody"
