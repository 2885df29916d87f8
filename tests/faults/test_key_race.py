"""Two clerks hand out one key at the same moment: one of them does, the other is told."""

from collections import Counter

import pytest
from guards import without_constraints
from race_size import PROCESSES, THREADS

CONTENDERS = PROCESSES * THREADS
KEYS = 20
# What a loser may be told.
LOST = {"KEY_STATE", "KEY_BUSY"}


def hand_out(line_racers, **order):
    """Every lane has a student of its own, and gives her every key.

    :return: ids of the keys, and ``[[key, stay], code]`` of every attempt
    """
    ground = line_racers.run("prepare_keys", keys=KEYS, stays=CONTENDERS)
    plan = [[[key, stay] for key in ground["keys"]] for stay in ground["stays"]]
    return ground["keys"], line_racers.race("hand_over", plan=plan, **order)


def hands_per_key(scratch, keys) -> Counter:
    rows = scratch.execute(
        "SELECT key_id, count(*) FROM hostel_key_movement"
        " WHERE key_id = ANY(%s) AND kind = 'handed_over' GROUP BY 1",
        keys,
    )
    return Counter(dict(rows))


def test_a_key_goes_into_one_hand(scratch, line_racers):
    keys, attempts = hand_out(line_racers)
    codes = Counter(code for _task, code in attempts)
    print(f"\n{dict(codes)}")
    assert sum(codes.values()) == KEYS * CONTENDERS
    assert codes["DONE"] == KEYS
    assert set(codes) - {"DONE"} <= LOST, codes
    assert hands_per_key(scratch, keys) == dict.fromkeys(keys, 1)
    # The register says what the winner was told.
    winners = {key: stay for (key, stay), code in attempts if code == "DONE"}
    holders = scratch.execute(
        "SELECT id, allocation_id FROM hostel_key WHERE id = ANY(%s) AND state = 'handed_over'",
        keys,
    )
    assert dict(holders) == winners


@pytest.fixture
def without_the_number(scratch):
    tidy = (
        "DELETE FROM hostel_key_movement WHERE key_id IN"
        " (SELECT id FROM hostel_key WHERE name LIKE 'RACE-%%')"
    )
    names = ["hostel_key_movement_number_uniq"]
    with without_constraints(scratch.execute, names, tidy, table="hostel_key_movement"):
        yield


def test_without_the_number_of_a_movement_two_have_one_key(
    scratch, line_racers, without_the_number
):
    """The twin: no constraint, and no snapshot that would notice the other's write."""
    keys, _attempts = hand_out(line_racers, guard=False)
    doubles = [key for key, hands in hands_per_key(scratch, keys).items() if hands > 1]
    print(f"\n{len(doubles)} keys went into more than one hand")
    assert doubles, "the race does not happen: the test above proves nothing"
