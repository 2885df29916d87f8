"""Debits of wallets: from a thousand at random, from a single one, and a whole mess at once.

The processes of the race test spend; each debit is a transaction of its own with its commit.
"""

import random
import sys
import time
from types import SimpleNamespace

from hostel_stack.settings import ROOT

WALLETS, RUPEES = 1000, 100_000
DEBITS = 6000
ONE_WALLET = 1500
MEALS = 20


def measure_wallet(settings, report, say) -> None:
    """Needs a running stack's database; leaves its students and wallets there."""
    sys.path.insert(0, str(ROOT / "tests" / "faults"))
    from racers import WalletRacers

    racers = WalletRacers(SimpleNamespace(settings=settings, name=settings.pg_database))
    try:
        _measure(racers, report, say)
    finally:
        racers.stop()


def _measure(racers, report, say) -> None:
    mark = str(int(time.time()))
    say(f"{WALLETS} wallets")
    wallets = racers.run("prepare_wallets", mark=mark, wallets=WALLETS, rupees=RUPEES)
    rng = random.Random(7)
    plan = _share([[rng.choice(wallets), f"d{n}", 1] for n in range(DEBITS)])
    report.add("wallet debits, 1,000 wallets", _spend(racers, plan), "1/s")
    plan = _share([[wallets[0], f"one{n}", 1] for n in range(ONE_WALLET)])
    report.add("wallet debits, one wallet", _spend(racers, plan), "1/s")
    answer = racers.run("feed", wallets=wallets, times=MEALS)
    report.add("wallet debits, a mess at once", WALLETS * MEALS / answer["seconds"], "1/s")
    report.add("wallets that do not add up", answer["breaches"], "", 0)


def _share(debits: list) -> list:
    """Lanes of equal length for each thread of each process."""
    from race_size import PROCESSES, THREADS

    count = PROCESSES * THREADS
    return [debits[lane::count] for lane in range(count)]


def _spend(racers, plan) -> float:
    """Debits a second; every one is carried out, those that always came too late once more."""
    debits = {debit[1]: debit for lane in plan for debit in lane}
    began = time.monotonic()
    left = set(debits)
    while left:
        done = racers.race("spend", plan=_share([debits[key] for key in sorted(left)]))
        wrong = {code for _key, code in done} - {"DONE", "GAVE_UP"}
        if wrong:
            raise RuntimeError(f"debits failed: {wrong}")
        left -= {key for key, code in done if code == "DONE"}
    return len(debits) / (time.monotonic() - began)
