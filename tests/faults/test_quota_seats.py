"""Several processes race for the last seats of a quota: the unique index decides, nobody counts."""

from collections import Counter

from race_size import PROCESSES, THREADS

CONTENDERS = PROCESSES * THREADS
ROUNDS = 4
LOST = {"QUOTA_FULL", "BED_BUSY"}


def race_for_seats(racers, seats: int):
    """Every contender tries a bed of its own, again and again; only seats are scarce."""
    ground = racers.run("prepare", rooms=CONTENDERS * ROUNDS, sharing=1, contenders=1)
    beds = [room[0] for room in ground["beds"]]
    limit = racers.run("limit", term=ground["term"], beds=beds, seats=seats)
    students = ground["students"]["female"]
    plan = [
        [
            (beds[lane + CONTENDERS * n], students[lane + CONTENDERS * n], None)
            for n in range(ROUNDS)
        ]
        for lane in range(CONTENDERS)
    ]
    return limit["quota"], racers.race(term=ground["term"], plan=plan)


def live_numbers(scratch, quota: int) -> list[int]:
    rows = scratch.execute(
        "SELECT number FROM hostel_booking_quota_seat WHERE quota_id = %s AND is_live", quota
    )
    return [number for [number] in rows]


def test_no_more_get_in_than_there_are_seats(scratch, racers):
    seats = 5
    quota, attempts = race_for_seats(racers, seats)
    codes = Counter(attempt["code"] for attempt in attempts)
    assert sum(codes.values()) == CONTENDERS * ROUNDS
    assert codes["WON"] == seats, codes
    assert set(codes) - {"WON"} <= LOST, codes
    assert sorted(live_numbers(scratch, quota)) == list(range(1, seats + 1))


def test_without_the_index_a_seat_is_given_twice(scratch, racers):
    """The twin: with the guard off the same race goes wrong, so the race is real."""
    scratch.execute("DROP INDEX hostel_booking_quota_seat_number_once")
    quota, _attempts = race_for_seats(racers, CONTENDERS * ROUNDS // 2)
    numbers = live_numbers(scratch, quota)
    assert len(numbers) > len(set(numbers)), "nobody met anybody"
