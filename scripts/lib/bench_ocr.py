"""Reading receipts: how fast, how right, and whether a forged one ever gets through.

The corpus of ``hostel_billing/tests/receipt_corpus.py`` through the same tools as in production, on
layouts and fonts that the parser's tests never use. Needs no stack: the tools import no odoo.
"""

import os
import random
import statistics
import sys
import time
import types
from concurrent.futures import ProcessPoolExecutor

from hostel_stack.settings import ROOT

SECONDS_BUDGET = 5.0
# Receipts of each kind; the genuine ones are ten times as many.
EACH = 8
FIRST_SEED = 1000
PACKAGES = ("odoo", "odoo.addons", *(
    f"odoo.addons.{addon}{part}"
    for addon in ("hostel_base", "hostel_billing") for part in ("", ".tools", ".tests")
))  # fmt: skip


def import_without_odoo() -> None:
    """Let ``odoo.addons.…tools`` be found without Odoo and without running the addons."""
    for name in PACKAGES:
        package = types.ModuleType(name)
        package.__path__ = [str(ROOT.joinpath("addons", *name.split(".")[2:]))]
        sys.modules.setdefault(name, package)


def read_one(job: tuple[int, str, bool]) -> dict:
    """Make one receipt, read it and judge it; in a process of its own."""
    import_without_odoo()
    from odoo.addons.hostel_billing.tests import receipt_corpus, receipt_trial
    from odoo.addons.hostel_billing.tools.receipt_image import ReceiptError
    from odoo.addons.hostel_billing.tools.receipt_reader import read_receipt

    seed, kind, held_out = job
    sample = receipt_corpus.make_sample(seed, kind, held_out)
    began, busy = time.monotonic(), os.times()
    result = {"kind": kind, "held_out": held_out, "look": sample.look, "layout": sample.layout}
    try:
        reading = read_receipt(sample.data, receipt_trial.TEMPLATE)
    except ReceiptError:
        return {**result, "seconds": time.monotonic() - began, "accepted": False, "fields": {}}
    used = os.times()
    verdicts = receipt_trial.judge(reading, sample)
    return {
        **result,
        "seconds": time.monotonic() - began,
        "cpu": sum(used[:4]) - sum(busy[:4]),
        "accepted": receipt_trial.is_accepted(verdicts),
        "fields": receipt_trial.read_fields(reading, sample.facts),
    }


def list_jobs(each: int) -> list[tuple[int, str, bool]]:
    """What is read: ``(seed, kind, held out)``, every kind ``each`` times, shuffled.

    Genuine ones are ten times as many; of the forged ones on known layouts, half will do.
    """
    import_without_odoo()
    from odoo.addons.hostel_billing.tests import receipt_corpus

    jobs = [
        (FIRST_SEED + number, kind, held_out)
        for kind in receipt_corpus.FORGERIES
        for held_out in (True, False)
        for number in range(each * (10 if kind == "genuine" else 1))
        if held_out or kind == "genuine" or number < each // 2
    ]
    random.Random(1).shuffle(jobs)
    return jobs


def measure_ocr(report, say, each: int = EACH) -> None:
    """Read the corpus and report; a forged receipt that gets through fails the benchmark.

    :param each: receipts of each kind, unless ``HOSTEL_BENCH_RECEIPTS`` says another number
    """
    import_without_odoo()
    from odoo.addons.hostel_billing.tests import receipt_corpus

    jobs = list_jobs(int(os.environ.get("HOSTEL_BENCH_RECEIPTS", each)))
    say(f"{len(jobs)} receipts")
    # As many at once as the server reads, which is one; the other core serves pages meanwhile.
    with ProcessPoolExecutor(max(1, (os.cpu_count() or 2) - 1)) as pool:
        results = list(pool.map(read_one, jobs, chunksize=4))
    _report_speed(report, results)
    for held_out in (True, False):
        genuine = [
            one for one in results if one["kind"] == "genuine" and one["held_out"] is held_out
        ]
        _report_genuine(report, genuine, "unseen" if held_out else "known")
    _report_forged(report, results, receipt_corpus.UNSEEN)


def _report_speed(report, results) -> None:
    seconds = sorted(one["seconds"] for one in results)
    report.add("a receipt read, median", statistics.median(seconds), "s", SECONDS_BUDGET)
    report.add("a receipt read, p95", seconds[int(0.95 * len(seconds))], "s")
    cpu = [one["cpu"] for one in results if "cpu" in one]
    report.add("a receipt read, processor time", statistics.median(cpu), "s", SECONDS_BUDGET)


def _report_genuine(report, genuine, label) -> None:
    looks = sorted({one["look"] for one in genuine})
    names = sorted({name for one in genuine for name in one["fields"]})
    for name in names:
        right = [one["fields"].get(name, False) for one in genuine]
        report.add(f"{label}: {name} read right", 100 * statistics.mean(right), "%")
    for look in (*looks, None):
        rows = [one["accepted"] for one in genuine if look in (None, one["look"])]
        name = look.replace("_", " ") if look else "all"
        report.add(f"{label}: accepted at once, {name}", 100 * statistics.mean(rows), "%")


def _report_forged(report, results, unseen) -> None:
    kinds = sorted({one["kind"] for one in results} - {"genuine"})
    for kind in kinds:
        rows = [one["accepted"] for one in results if one["kind"] == kind]
        budget = None if kind in unseen else 0
        name = kind.replace("_", " ")
        report.add(f"forged, {name} (of {len(rows)})", sum(rows), "passed", budget)
