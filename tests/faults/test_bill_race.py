"""Jobs and bill runs bill one period of one stay, or one charge, at once: one bill is posted."""

from collections import Counter

import pytest
from race_size import PROCESSES, THREADS
from racers import BillRacers

CONTENDERS = PROCESSES * THREADS
STAYS = 4
INDEX = "account_move_hostel_period_once"


@pytest.fixture(scope="module")
def billers(scratch):
    running = BillRacers(scratch)
    yield running
    running.stop()


def race_runs(billers, call, ground, rows, **order):
    """Let all lanes bill all rows, every other one as a run.

    :return: the rows, and ``[row, code]`` of every attempt
    """
    runs = [None if lane % 2 else ground["runs"][lane // 2] for lane in range(CONTENDERS)]
    plan = [[[row, run] for row in rows] for run in runs]
    return rows, billers.race(call, plan=plan, **order)


def bill_all(billers, **order):
    """Every other lane is the job of an approval, the rest are bill runs; all bill all stays."""
    ground = billers.run("prepare_bills", stays=STAYS, runs=CONTENDERS // 2)
    return race_runs(billers, "bill", ground, ground["stays"], **order)


def posted_bills(scratch, stays) -> Counter:
    rows = scratch.execute(
        "SELECT hostel_allocation_id, count(*) FROM account_move"
        " WHERE hostel_allocation_id = ANY(%s) AND hostel_kind = 'period'"
        " AND move_type = 'out_invoice' AND state = 'posted' GROUP BY 1",
        stays,
    )
    return Counter(dict(rows))


def test_a_period_of_a_stay_has_one_bill(scratch, billers):
    stays, attempts = bill_all(billers)
    codes = Counter(code for _stay, code in attempts)
    print(f"\n{dict(codes)}")
    assert posted_bills(scratch, stays) == dict.fromkeys(stays, 1)
    assert sum(codes.values()) == STAYS * CONTENDERS
    # Nobody fails: a job finds the bill, a run leaves the stay out.
    assert set(codes) <= {"JOB", "RUN posted", "RUN DUPLICATE_BILL"}, codes
    assert codes["JOB"] and codes["RUN DUPLICATE_BILL"]
    # The lines of the runs say who of them it was, if it was one of them.
    lines = scratch.execute(
        "SELECT allocation_id, count(*) FROM hostel_bill_run_line"
        " WHERE allocation_id = ANY(%s) AND state = 'posted' GROUP BY 1",
        stays,
    )
    assert sum(count for _stay, count in lines) == codes["RUN posted"]
    assert all(count == 1 for _stay, count in lines)


@pytest.fixture
def without_the_index(scratch):
    [[definition]] = scratch.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", INDEX)
    scratch.execute(f"DROP INDEX {INDEX}")
    yield
    # Of doubles the oldest stays posted.
    scratch.execute(
        "UPDATE account_move SET hostel_kind = NULL WHERE hostel_kind = 'period' AND id NOT IN"
        " (SELECT min(id) FROM account_move WHERE hostel_kind = 'period'"
        " GROUP BY hostel_allocation_id, period_from)"
    )
    scratch.execute(definition)


def test_without_the_index_a_period_is_billed_twice(scratch, billers, without_the_index):
    """The twin: no index, and nobody who keeps the stay for himself or notices the other."""
    stays, _attempts = bill_all(billers, guard=False)
    doubles = [stay for stay, count in posted_bills(scratch, stays).items() if count > 1]
    print(f"\n{len(doubles)} of {len(stays)} stays were billed more than once")
    assert doubles, "the race does not happen: the test above proves nothing"


def bill_charges(billers, **order):
    """Every other lane presses *Bill now*, the rest are bill runs; all bill all charges."""
    ground = billers.run("prepare_charges", charges=STAYS, runs=CONTENDERS // 2)
    return race_runs(billers, "bill_charges", ground, ground["charges"], **order)


def lines_of_charges(scratch, charges) -> Counter:
    rows = scratch.execute(
        "SELECT hostel_charge_id, count(*) FROM account_move_line line"
        " JOIN account_move bill ON bill.id = line.move_id WHERE hostel_charge_id = ANY(%s)"
        " AND bill.move_type = 'out_invoice' AND bill.state = 'posted' GROUP BY 1",
        charges,
    )
    return Counter(dict(rows))


def test_a_charge_is_on_one_bill(scratch, billers):
    charges, attempts = bill_charges(billers)
    codes = Counter(code for _charge, code in attempts)
    print(f"\n{dict(codes)}")
    assert lines_of_charges(scratch, charges) == dict.fromkeys(charges, 1)
    assert codes["NOW"] + codes["RUN posted"] == STAYS
    assert set(codes) <= {"NOW", "TAKEN", "RUN posted", "RUN CHARGES_GONE"}, codes


def test_without_the_lock_a_charge_is_billed_twice(scratch, billers):
    """The twin: nobody keeps the charge for himself or notices the other."""
    charges, _attempts = bill_charges(billers, guard=False)
    doubles = [one for one, count in lines_of_charges(scratch, charges).items() if count > 1]
    print(f"\n{len(doubles)} of {len(charges)} charges were billed more than once")
    assert doubles, "the race does not happen: the test above proves nothing"
