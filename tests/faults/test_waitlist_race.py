"""Several processes serve one line and approve swaps; some die. One bed, one offer, one move."""

from collections import Counter

import pytest
from guards import BED, STUDENT, without_constraints
from race_size import PROCESSES, THREADS

CONTENDERS = PROCESSES * THREADS
LIVE = "state IN ('offered', 'paying', 'awaiting_approval', 'allocated', 'checked_in', 'blocked')"


def offers_per_entry(scratch, entries) -> Counter:
    rows = scratch.execute(
        "SELECT waitlist_entry_id, count(*) FROM hostel_allocation"
        f" WHERE waitlist_entry_id = ANY(%s) AND {LIVE} GROUP BY 1",
        list(entries),
    )
    return Counter(dict(rows))


def states_of(scratch, entries) -> list[str]:
    rows = scratch.execute(
        "SELECT id, state FROM hostel_waitlist_entry WHERE id = ANY(%s)", list(entries)
    )
    states = dict(rows)
    return [states[entry] for entry in entries]


def test_many_beds_freed_at_once_make_one_offer_each(scratch, line_racers):
    ground = line_racers.run("prepare_line", beds=CONTENDERS, entries=CONTENDERS)
    line_racers.run("free", rows=ground["rows"])
    plan = [[bed] for bed in ground["beds"]]
    attempts = line_racers.race("serve", round_id=ground["round"], plan=plan)
    offers = offers_per_entry(scratch, ground["entries"])
    assert len(attempts) == CONTENDERS
    assert set(offers.values()) == {1}, attempts
    # Who served another's entry went on to the next in line: nobody was passed over.
    offered = states_of(scratch, ground["entries"]).count("offered")
    assert offered == len(offers) == CONTENDERS, attempts


def test_one_bed_makes_one_offer_whoever_serves_it(scratch, line_racers):
    ground = line_racers.run("prepare_line", beds=4, entries=CONTENDERS)
    line_racers.run("free", rows=ground["rows"])
    plan = [ground["beds"] for _lane in range(CONTENDERS)]
    line_racers.race("serve", round_id=ground["round"], plan=plan)
    offers = offers_per_entry(scratch, ground["entries"])
    assert sum(offers.values()) == 4
    # The first four in line, in their order.
    assert states_of(scratch, ground["entries"])[:4] == ["offered"] * 4
    assert set(states_of(scratch, ground["entries"])[4:]) == {"waiting"}


def test_without_the_locks_one_entry_is_offered_several_beds(scratch, line_racers):
    """The twin: no row lock, and no snapshot that would notice the other's write."""
    ground = line_racers.run("prepare_line", beds=CONTENDERS, entries=CONTENDERS)
    line_racers.run("free", rows=ground["rows"])
    plan = [[bed] for bed in ground["beds"]]
    line_racers.race("serve", round_id=ground["round"], plan=plan, guard=False)
    offers = offers_per_entry(scratch, ground["entries"])
    doubles = [entry for entry, count in offers.items() if count > 1]
    print(f"{len(doubles)} of {len(offers)} entries were offered more than one bed")
    assert doubles, "the race does not happen: the tests above prove nothing"


def test_who_dies_before_anybody_is_told_leaves_an_offer_to_be_made_once(scratch, line_racers):
    ground = line_racers.run("prepare_line", beds=1, entries=2)
    line_racers.run("tell")
    line_racers.kill_at("cancel_and_die", row=ground["rows"][0])
    # The commit stands and nobody was told: that is what the outbox is for.
    [(state,)] = scratch.execute(
        "SELECT state FROM hostel_allocation WHERE id = %s", ground["rows"][0]
    )
    assert state == "cancelled"
    assert states_of(scratch, ground["entries"]) == ["waiting", "waiting"]
    line_racers.kill_at("tell_and_die")
    # The subscriber had done its work, and it went with the process.
    assert states_of(scratch, ground["entries"]) == ["waiting", "waiting"]
    assert not offers_per_entry(scratch, ground["entries"])
    for _again in range(3):
        line_racers.run("tell")
    assert states_of(scratch, ground["entries"]) == ["offered", "waiting"]
    assert offers_per_entry(scratch, ground["entries"]) == {ground["entries"][0]: 1}


def beds_per_student(scratch, requests) -> Counter:
    rows = scratch.execute(
        "SELECT a.student_id, count(*) FROM hostel_allocation a WHERE a.student_id IN ("
        " SELECT student_id FROM hostel_move_request WHERE id = ANY(%s) UNION"
        " SELECT partner_student_id FROM hostel_move_request WHERE id = ANY(%s))"
        f" AND a.{LIVE} GROUP BY 1",
        requests,
        requests,
    )
    return Counter(dict(rows))


def test_of_two_swaps_with_one_student_one_is_done_and_all_have_one_bed(scratch, line_racers):
    pairs = line_racers.run("prepare_swaps", groups=CONTENDERS)
    # Each pair is approved by two lanes at once, in different processes.
    plan = [[] for _lane in range(CONTENDERS)]
    for number, (one, two) in enumerate(pairs):
        plan[number % CONTENDERS].append(one)
        plan[(number + THREADS) % CONTENDERS].append(two)
    attempts = line_racers.race("approve", plan=plan)
    codes = dict(map(tuple, attempts))
    for pair in pairs:
        assert [codes[request] for request in pair].count("DONE") == 1, codes
    requests = [request for pair in pairs for request in pair]
    assert set(beds_per_student(scratch, requests).values()) == {1}


@pytest.fixture
def without_guards(scratch):
    tidy = (
        "UPDATE hostel_allocation SET state = 'cancelled' WHERE term_id IN"
        " (SELECT id FROM hostel_term WHERE code = 'RACE')"
    )
    with without_constraints(scratch.execute, (BED, STUDENT), tidy):
        yield


def test_without_guards_a_student_who_swaps_twice_has_two_beds(
    scratch, line_racers, without_guards
):
    """The twin of the swaps: no lock, no constraint, no snapshot."""
    pairs = line_racers.run("prepare_swaps", groups=2 * CONTENDERS)
    plan = [[] for _lane in range(CONTENDERS)]
    for number, (one, two) in enumerate(pairs):
        plan[number % CONTENDERS].append(one)
        plan[(number + THREADS) % CONTENDERS].append(two)
    line_racers.race("approve", plan=plan, guard=False)
    requests = [request for pair in pairs for request in pair]
    doubles = [n for n in beds_per_student(scratch, requests).values() if n > 1]
    print(f"{len(doubles)} students had more than one bed")
    assert doubles, "the race does not happen: the test above proves nothing"
