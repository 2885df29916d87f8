"""Money in numbers: how much the stack takes in, and whether the books are right afterwards.

Each subject is a function ``measure(storm, report, say)`` in ``SUBJECTS``; a further one is added
there. ``HOSTEL_BENCH_ONLY=webhooks,replay`` runs some of them.
"""

import os
import statistics
import time
from datetime import UTC, datetime

from bench_bills import measure_bills
from bench_ocr import measure_ocr
from bench_wallet import measure_wallet
from camu_storm import Storm, Weather

WEBHOOKS = int(os.environ.get("HOSTEL_BENCH_WEBHOOKS", "3000"))
CONNECTIONS = 12
WARM_UP = 200
# Deliveries of one replay; each order has about two events, each event some copies.
EVENTS = int(os.environ.get("HOSTEL_CAMU_EVENTS", "10000"))
REPLAYS = 3
COPIES = 3
EVENTS_PER_ORDER = 1.65
# Of each kind, beside the running stack; `scripts/bench ocr` reads more of them.
RECEIPTS = 1


def choose_subjects() -> list[str]:
    """Names of what is to be measured; a name that nothing has ends the program."""
    wanted = [name for name in os.environ.get("HOSTEL_BENCH_ONLY", "").split(",") if name]
    unknown = [name for name in wanted if name not in SUBJECTS]
    if unknown:
        raise SystemExit(
            f"bench: HOSTEL_BENCH_ONLY knows {', '.join(SUBJECTS)}, not {', '.join(unknown)}"
        )
    return [name for name in SUBJECTS if not wanted or name in wanted]


def measure_billing(settings, report, say) -> None:
    storm = Storm(settings, say)
    for name in choose_subjects():
        SUBJECTS[name](storm, report, say)


def measure_webhooks(storm, report, say) -> None:
    """Messages that are stored, committed and answered; jobs work on them meanwhile."""
    storm.do("build", orders=3)
    storm.flood(_prepare_messages(WARM_UP, "warm"), CONNECTIONS)
    storm.wait_for_jobs()
    say(f"sending {WEBHOOKS} webhooks over {CONNECTIONS} connections")
    seconds, answers = storm.flood(_prepare_messages(WEBHOOKS, "bench"), CONNECTIONS)
    good = [answer for answer in answers if answer.status == 200]
    times = sorted(answer.seconds * 1000 for answer in good)
    report.add("webhooks taken", len(good) / seconds, "1/s", at_least=150)
    report.add("webhook, median", statistics.median(times), "ms")
    report.add("webhook, p99", times[min(len(times) - 1, int(len(times) * 0.99))], "ms", 300)
    report.add("webhooks not taken", WEBHOOKS - len(good), "", 0)
    [(stored,)] = storm.query(
        "SELECT count(*) FROM hostel_camu_event WHERE event_id LIKE %s", f"bench-{_MARK}-%"
    )
    report.add("webhooks stored, missing", WEBHOOKS - stored, "", 0)
    began = time.monotonic()
    storm.wait_for_jobs()
    say(f"jobs were done {time.monotonic() - began:.0f} s after the last message")


_MARK = str(int(time.time()))


def _prepare_messages(count: int, kind: str) -> list[dict]:
    paid_on = datetime.now(UTC).isoformat(timespec="seconds")
    return [
        {
            "eventId": f"{kind}-{_MARK}-{number}",
            "referenceNo": f"NOBODY-{_MARK}-{number}",
            "studentId": f"N{number}",
            "academicTerm": "2026-ODD",
            "feeHead": "Hostel fee",
            "amount": "42000.00",
            "currency": "INR",
            "paymentStatus": "SUCCESS",
            "paidOn": paid_on,
            "receiptNo": f"RB{number:06}",
        }
        for number in range(count)
    ]


def measure_replay(storm, report, say) -> None:
    """Shuffled, copied, partly lost messages end in the ledger of a calm day."""
    orders = max(20, round(EVENTS / ((1 + COPIES) * EVENTS_PER_ORDER)))
    calm = storm.run(orders, Weather(), seed=0)
    say(f"calm: {calm}")
    weather = Weather(COPIES, lose_percent=25, lose_all_percent=5, reorder_s=20)
    hashes, storms, wrong = {calm["hash"]}, [], 0
    for seed in range(1, REPLAYS + 1):
        began = time.monotonic()
        books = storm.run(orders, weather, seed)
        say(f"storm {seed} in {time.monotonic() - began:.0f} s: {books}")
        hashes.add(books["hash"])
        storms.append(books)
        wrong += abs(books["expected_paid"] - books["payments"])
    sent = min(books["deliveries"] for books in storms)
    report.add("messages in a storm", sent, "", at_least=0.9 * EVENTS)
    report.add("of these lost on the way", min(books["lost"] for books in storms), "", at_least=1)
    told = min(books["recovered"] for books in storms)
    report.add("payments that only the settlement told", told, "", at_least=1)
    report.add("different ledgers", len(hashes), "", 1)
    report.add("payments too many or too few", wrong, "", 0)
    report.add("on the money watch", sum(storm.do("watch").values()), "", 0)


SUBJECTS = {
    "webhooks": measure_webhooks,
    "replay": measure_replay,
    "bills": lambda storm, report, say: measure_bills(storm.settings, report, say),
    "wallet": lambda storm, report, say: measure_wallet(storm.settings, report, say),
    # Last: what of Odoo isn't loaded by then has stand-ins in this process afterwards.
    "ocr": lambda storm, report, say: measure_ocr(report, say, each=RECEIPTS),
}
