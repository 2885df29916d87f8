"""Whole batches race for the same beds: no bed twice, and of each group all or none."""

from collections import Counter

import pytest
from guards import BED, STUDENT, without_constraints
from race_size import PROCESSES, THREADS

CONTENDERS = PROCESSES * THREADS
ROOMS, SHARING = 12, 2
LOST = {"BED_TAKEN", "BED_BUSY", "INVALID_TRANSITION", "DUPLICATE_ENTRY", "INVALID_ALLOCATION"}


def lanes(ground) -> list:
    """Each lane has one batch with a group for each room; every second one from behind.

    Two lanes share their groups: a job that is at work twice.
    """
    plan = []
    for lane in range(CONTENDERS):
        batch = [
            [cohorts[lane // 2], beds]
            for beds, cohorts in zip(ground["beds"], ground["cohorts"], strict=True)
        ]
        plan.append([batch[::-1] if lane % 2 else batch])
    return plan


def rows_of(scratch, ground) -> list[tuple]:
    return scratch.execute(
        "SELECT cohort_id, bed_id, student_id FROM hostel_allocation"
        " WHERE bed_id = ANY(%s) AND state = 'awaiting_approval'",
        [bed for beds in ground["beds"] for bed in beds],
    )


def test_overlapping_batches_give_no_bed_twice(scratch, racers):
    ground = racers.run("prepare_cohorts", rooms=ROOMS, sharing=SHARING, contenders=CONTENDERS // 2)
    attempts = racers.race("race_batches", plan=lanes(ground))
    assert len(attempts) == CONTENDERS * ROOMS
    codes = Counter(attempt["code"] for attempt in attempts)
    assert set(codes) - {"WON"} <= LOST, codes
    rows = rows_of(scratch, ground)
    assert len({bed for _cohort, bed, _student in rows}) == len(rows) == ROOMS * SHARING
    assert len({student for _cohort, _bed, student in rows}) == len(rows)
    winners = {attempt["cohort"] for attempt in attempts if attempt["code"] == "WON"}
    assert codes["WON"] == len(winners) == ROOMS
    # All or none: nobody has half a room.
    assert Counter(cohort for cohort, _bed, _student in rows) == dict.fromkeys(winners, SHARING)


@pytest.fixture
def without_guards(scratch):
    tidy = "DELETE FROM hostel_allocation WHERE state = 'awaiting_approval'"
    with without_constraints(scratch.execute, (BED, STUDENT), tidy):
        yield


def test_without_guards_batches_give_beds_twice(scratch, racers, without_guards):
    """The twin: batches that look first and then write give the same beds again."""
    ground = racers.run("prepare_cohorts", rooms=ROOMS, sharing=SHARING, contenders=CONTENDERS // 2)
    racers.race("race_batches", plan=lanes(ground), guarded=False)
    per_bed = Counter(bed for _cohort, bed, _student in rows_of(scratch, ground))
    doubles = [bed for bed, count in per_bed.items() if count > 1]
    print(f"{len(doubles)} beds were given more than once")
    assert doubles, "the race does not happen: the test above proves nothing"
