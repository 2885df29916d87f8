"""Several processes spend from the same wallets: none goes below zero, nothing is spent twice."""

from collections import Counter

import pytest
from guards import without_constraints
from race_size import PROCESSES, THREADS
from racers import WalletRacers

RUPEES, PRICE = 1000, 60
TIMES = RUPEES // PRICE
FINES = 4


@pytest.fixture(scope="module")
def spenders(scratch):
    running = WalletRacers(scratch)
    yield running
    running.stop()


def prepare(spenders, mark: str, wallets: int) -> list[int]:
    return spenders.run("prepare_wallets", mark=mark, wallets=wallets, rupees=RUPEES)


def make_plan(wallets: list[int], each: int, *, same_keys: bool = False) -> list:
    """A lane for each thread of each process, in which every wallet is asked ``each`` times."""
    return [
        [
            [wallet, f"{n}" if same_keys else f"{lane}:{n}", PRICE]
            for n in range(each)
            for wallet in wallets
        ]
        for lane in range(PROCESSES * THREADS)
    ]


def sums(scratch, wallets: list[int]) -> dict[int, tuple]:
    """Of each wallet its balance, the sum of its movements, and how often it was debited."""
    rows = scratch.execute(
        "SELECT w.id, w.balance, SUM(l.amount), COUNT(*) FILTER (WHERE l.kind = 'debit')"
        " FROM hostel_wallet w JOIN hostel_wallet_line l ON l.wallet_id = w.id"
        " WHERE w.id = ANY(%s) GROUP BY w.id",
        wallets,
    )
    return {wallet: tuple(rest) for wallet, *rest in rows}


def test_the_last_rupees_are_spent_once(scratch, spenders):
    wallets = prepare(spenders, "guarded", 3)
    attempts = spenders.race("spend", plan=make_plan(wallets, 3))
    codes = Counter(code for _key, code in attempts)
    assert set(codes) <= {"DONE", "INSUFFICIENT_BALANCE"}, codes
    assert codes["DONE"] == TIMES * len(wallets), codes
    for balance, total, count in sums(scratch, wallets).values():
        assert balance == total == RUPEES - TIMES * PRICE
        assert count == TIMES


def test_one_key_is_one_debit_whoever_sends_it(scratch, spenders):
    wallets = prepare(spenders, "keys", 2)
    attempts = spenders.race("spend", plan=make_plan(wallets, 4, same_keys=True))
    assert {code for _key, code in attempts} == {"DONE"}
    for balance, total, count in sums(scratch, wallets).values():
        assert count == 4
        assert balance == total == RUPEES - 4 * PRICE


@pytest.fixture
def without_the_key(scratch):
    table = "hostel_wallet_line"
    # Movements are never deleted, but for the doubles of this race.
    tidy = f"""
        ALTER TABLE {table} DISABLE TRIGGER USER;
        DELETE FROM {table} a USING {table} b
         WHERE a.wallet_id = b.wallet_id AND a.key = b.key AND a.id > b.id;
        ALTER TABLE {table} ENABLE TRIGGER USER
    """
    with without_constraints(scratch.execute, [f"{table}_key_once"], tidy, table=table):
        yield


def test_without_the_unique_key_one_movement_is_booked_twice(scratch, spenders, without_the_key):
    """The twin: whoever only looks whether the key is known misses who looks at that moment."""
    wallets = prepare(spenders, "keyless", 2)
    plan = make_plan(wallets, 4, same_keys=True)
    spenders.race("spend", plan=plan, snapshot=False)
    counts = [count for _balance, _total, count in sums(scratch, wallets).values()]
    assert max(counts) > 4, "nobody met anybody"


def test_without_the_guarded_balance_more_is_spent_than_there_is(scratch, spenders):
    """The twin: whoever only looks at the sum of the rows spends the same money twice."""
    wallets = prepare(spenders, "bare", 2)
    spenders.race("spend", plan=make_plan(wallets, 3), guarded=False)
    below = [total for _balance, total, _count in sums(scratch, wallets).values() if total < 0]
    assert below, "nobody met anybody"


def settle_all(spenders, mark: str, **order):
    """Every other lane bills the fines, the rest take them from the wallets.

    :return: ids of the charges, and the code of every attempt
    """
    fines = spenders.run("prepare_fines", wallets=prepare(spenders, mark, FINES), rupees=PRICE)
    plan = [[[fine, lane % 2 == 0] for fine in fines] for lane in range(PROCESSES * THREADS)]
    attempts = spenders.race("settle", plan=plan, **order)
    return fines, Counter(code for _target, code in attempts)


def times_asked(scratch, fines: list[int]) -> list[int]:
    """Of each charge how often it was asked for: lines of posted bills and debits of the wallet."""
    rows = scratch.execute(
        "SELECT (SELECT count(*) FROM account_move_line l WHERE l.hostel_charge_id = c.id"
        " AND l.parent_state = 'posted')"
        " + (SELECT count(*) FROM hostel_wallet_line w WHERE w.key = 'charge:' || c.id)"
        " FROM hostel_charge c WHERE c.id = ANY(%s)",
        fines,
    )
    return [count for [count] in rows]


def test_a_charge_is_billed_or_taken_but_not_both(scratch, spenders):
    fines, codes = settle_all(spenders, "fined")
    print(f"\n{dict(codes)}")
    assert times_asked(scratch, fines) == [1] * FINES
    assert codes["BILLED"] + codes["TAKEN"] == FINES
    assert set(codes) <= {"BILLED", "TAKEN", "LATE"}, codes


def test_without_its_lock_a_charge_is_billed_and_taken(scratch, spenders):
    """The twin: nobody keeps the charge for himself or notices the other."""
    fines, _codes = settle_all(spenders, "unlocked", guard=False)
    assert max(times_asked(scratch, fines)) > 1, "nobody met anybody"
