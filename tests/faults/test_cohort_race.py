"""Groups race for rooms: one has all the beds, and nobody has half a room."""

from collections import Counter

from race_size import PROCESSES, THREADS

CONTENDERS = PROCESSES * THREADS
ROOMS, SHARING = 8, 2
LOST = {"BED_TAKEN", "BED_BUSY"}


def lanes(ground) -> list:
    """Each lane has one group for each room; every second one takes the beds from behind."""
    return [
        [
            [cohorts[lane], beds[::-1] if lane % 2 else beds]
            for beds, cohorts in zip(ground["beds"], ground["cohorts"], strict=True)
        ]
        for lane in range(CONTENDERS)
    ]


def beds_per_cohort(scratch, ground) -> Counter:
    rows = scratch.execute(
        "SELECT cohort_id, count(*) FROM hostel_allocation"
        " WHERE bed_id = ANY(%s) AND state = 'offered' GROUP BY 1",
        [bed for beds in ground["beds"] for bed in beds],
    )
    return Counter(dict(rows))


def test_a_room_goes_to_one_group_as_a_whole(scratch, racers):
    ground = racers.run("prepare_cohorts", rooms=ROOMS, sharing=SHARING, contenders=CONTENDERS)
    attempts = racers.race("race_cohorts", plan=lanes(ground))
    winners = {attempt["cohort"] for attempt in attempts if attempt["code"] == "WON"}
    assert len(winners) == ROOMS
    assert beds_per_cohort(scratch, ground) == dict.fromkeys(winners, SHARING)
    codes = Counter(attempt["code"] for attempt in attempts)
    assert set(codes) - {"WON"} <= LOST, codes
    states = dict(
        scratch.execute(
            "SELECT state, count(*) FROM hostel_cohort WHERE id = ANY(%s) GROUP BY 1",
            [cohort for cohorts in ground["cohorts"] for cohort in cohorts],
        )
    )
    assert states == {"allocated": ROOMS, "complete": ROOMS * (CONTENDERS - 1)}


def test_bed_by_bed_groups_are_torn_apart(scratch, racers):
    """The twin: without one transaction some group has half of what it came for."""
    ground = racers.run("prepare_cohorts", rooms=ROOMS, sharing=SHARING, contenders=CONTENDERS)
    racers.race("race_cohorts", plan=lanes(ground), together=False)
    torn = [cohort for cohort, beds in beds_per_cohort(scratch, ground).items() if beds < SHARING]
    print(f"{len(torn)} groups have half a room")
    assert torn, "the race does not happen: the test above proves nothing"
