"""What scripts/bench does: each benchmark brings its own stack, measures, and reports."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from hostel_stack.settings import ROOT, Settings, free_port
from hostel_stack.stack import Stack


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def percentile(values: list[float], share: float) -> float:
    """The smallest value that is not exceeded by this share of the values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 100) * len(ordered) // 100) - 1))]


class Report:
    """Metrics of one run, as a table and as JSON lines."""

    def __init__(self) -> None:
        self.rows: list[dict] = []

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        budget: float | None = None,
        *,
        at_least: float | None = None,
        peer: str = "",
        peer_value: float | None = None,
        ratio: float | None = None,
        lower_is_better: bool = False,
    ) -> None:
        """One metric.

        :param budget: the most it may be
        :param at_least: the least it may be
        :param peer: what does the same in the same run, with its value
        :param ratio: how many times better than the peer it must be
        """
        ok = (budget is None or value <= budget) and (at_least is None or value >= at_least)
        row = {"name": name, "value": round(value, 2), "unit": unit, "budget": budget, "ok": ok}
        if at_least is not None and budget is None:
            row["at_least"] = at_least
        if peer_value is not None:
            better = peer_value / value if lower_is_better else value / peer_value
            row |= {"peer": peer, "peer_value": round(peer_value, 2), "ratio": round(better, 1)}
            row["ratio_budget"] = ratio
            row["ok"] = ok and (ratio is None or better >= ratio)
        self.rows.append(row)

    @property
    def ok(self) -> bool:
        """Whether something was measured, and nothing missed its budget."""
        return bool(self.rows) and all(row["ok"] for row in self.rows)

    def print(self) -> None:
        print(f"{'metric':<36}{'value':>10} {'unit':<6}{'budget':>10}  ok   against")
        for row in self.rows:
            mark = "yes" if row["ok"] else "NO"
            print(
                f"{row['name']:<36}{row['value']:>10} {row['unit']:<6}{_budget(row):>10}"
                f"  {mark:<4} {_peer(row)}".rstrip()
            )

    def write(self, path: Path) -> None:
        path.write_text("".join(json.dumps(row) + "\n" for row in self.rows))


def _budget(row: dict) -> str:
    if row.get("ratio_budget"):
        return f"x {row['ratio_budget']}"
    if "at_least" in row:
        return f">= {row['at_least']}"
    return "" if row["budget"] is None else f"<= {row['budget']}"


def _peer(row: dict) -> str:
    return f"{row['peer']}: {row['peer_value']}, x {row['ratio']}" if "peer" in row else ""


@contextmanager
def running_stack(workers: int = 2):
    """A stack of its own, from fresh demo data; stopped at the end."""
    run_dir = Path(os.environ["HOSTEL_RUN_DIR"]) / "bench"
    run_dir.mkdir(parents=True, exist_ok=True)
    env = {key: value for key, value in os.environ.items() if not key.startswith("ODOO_")}
    env |= {"HOSTEL_RUN_DIR": str(run_dir)}
    command = [ROOT / "scripts" / "run"]
    start = ["--detach", "--fresh", "--workers", str(workers), "--port", str(free_port())]
    subprocess.run([*command, *start], env=env, check=True, stdout=subprocess.DEVNULL)
    try:
        yield Stack.of(run_dir).settings
    finally:
        subprocess.run([*command, "--stop"], env=env, check=True, stdout=subprocess.DEVNULL)


def click_to_repaint(report: Report, times: int = 100) -> None:
    """One student clicks Hold, another's screen turns yellow: how long in between?

    Both browsers run on this machine, so their clocks are one.
    """
    sys.path.insert(0, str(ROOT / "tests" / "e2e"))
    from people import CHROMIUM, CHROMIUM_FLAGS, Person, find_free_beds
    from playwright.sync_api import sync_playwright

    with running_stack() as settings, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        logins = _free_students(settings)
        asha, bina = (Person.sign_in(browser, settings.url, login) for login in logins)
        hostel_id, key, [bed] = find_free_beds(asha, 1)
        for person in (asha, bina):
            person.open_map(hostel_id)
            person.page.locator(f'[data-floor="{key}"]').first.click()
        bina.page.evaluate(
            """([key, i]) => {
                window.repaints = [];
                document.addEventListener("hostel-bed-repaint", (ev) => {
                    if (ev.detail.key === key && ev.detail.i === i && ev.detail.state === "held")
                        window.repaints.push(ev.detail.t);
                }, true);
            }""",
            [key, bed],
        )
        say(f"measuring {times} clicks")
        latencies = [_measure_click(asha, bina, key, bed) for _time in range(times)]
        browser.close()
    report.add("click to repaint, median", statistics.median(latencies), "ms")
    report.add("click to repaint, p99", percentile(latencies, 0.99), "ms")
    report.add("click to repaint, slowest", max(latencies), "ms")


def _free_students(settings) -> list[str]:
    from people import find_free_students

    class Database:
        url = settings.url

        def connect(self):
            import psycopg2

            return psycopg2.connect(**settings.dsn())

    return find_free_students(Database(), 2)


def _measure_click(asha, bina, key: str, bed: int) -> float:
    """Milliseconds from A's click to B's repaint; the bed is free again afterwards."""
    asha.look_at(key, bed)
    seen = bina.page.evaluate("window.repaints.length")
    clicked = asha.page.evaluate(
        """() => {
            const button = [...document.querySelectorAll("[data-act=hold]")]
                .find((node) => node.offsetParent !== null);
            const t = performance.timeOrigin + performance.now();
            button.click();
            return t;
        }"""
    )
    bina.page.wait_for_function(f"window.repaints.length > {seen}", timeout=20_000)
    painted = bina.page.evaluate("window.repaints.at(-1)")
    asha.wait_for_bed(key, bed, "mine")
    asha.act("release")
    bina.wait_for_bed(key, bed, "free")
    asha.wait_for_bed(key, bed, "free")
    # A student may hold about once a second.
    time.sleep(1)
    return painted - clicked


def desk(report: Report) -> None:
    """The office's screens with 10,000 students in 10,000 beds: queries and time of each."""
    from bench_desk import measure_desk

    with running_stack() as settings:
        os.environ.update(settings.process_environment())
        measure_desk(settings, report, say)


def live_map(report: Report) -> None:
    """The map with 2,000 beds on one floor beside one with 200: start, pan, zoom, changes."""
    sys.path.insert(0, str(ROOT / "tests" / "e2e"))
    from bench_map import measure_map
    from people import CHROMIUM, CHROMIUM_FLAGS, Person, list_hostels
    from playwright.sync_api import sync_playwright

    with running_stack() as settings, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        student = Person.sign_in(browser, settings.url, _free_students(settings)[0])
        measure_map(student, list_hostels(student)[0], report, say)
        browser.close()


def availability(report: Report) -> None:
    """Free beds for 180 days among 10,000: one query each, against a loop over the beds."""
    from bench_availability import measure_availability

    with running_stack() as settings:
        os.environ.update(settings.process_environment())
        measure_availability(settings, report, say)


@contextmanager
def stack_with_failpoints(workers: int = 2):
    """A stack with hostel_test in it, whose database is kept for the next time."""
    run_dir = Path(os.environ["HOSTEL_RUN_DIR"]) / "bench-booking"
    run_dir.mkdir(parents=True, exist_ok=True)
    os.environ["HOSTEL_FAILPOINTS"] = "1"
    settings = Settings.from_environment(
        run_dir=run_dir, port=free_port(), workers=workers, disposable=True
    )
    stack = Stack(settings, say)
    try:
        stack.start(with_tests=True)
        yield settings
    finally:
        stack.stop()


def billing(report: Report) -> None:
    """Webhooks a second, lost and shuffled messages, a month's bills, debits from wallets."""
    from bench_billing import choose_subjects, measure_billing

    # Said before a stack is started.
    choose_subjects()
    with running_stack() as settings:
        os.environ.update(settings.process_environment())
        measure_billing(settings, report, say)


def booking(report: Report) -> None:
    """Booking day on 5,000 beds: holds, contention, snapshots, sockets, the engine, the page."""
    from bench_booking import measure_booking

    with stack_with_failpoints() as settings:
        measure_booking(settings, report, say)


def double_booking(report: Report) -> None:
    """A hundred thousand contended attempts while workers die and Redis forgets."""
    from bench_booking import measure_double_bookings

    os.environ["HOSTEL_FAILPOINTS"] = "1"
    # The stack of the faults lies beside the given directory.
    os.environ["HOSTEL_RUN_DIR"] += "/bench"
    measure_double_bookings(report, say)


def allocation(report: Report) -> None:
    """Giving 10,000 students the beds of a solved allocation, written with audit."""
    from bench_allocation import measure_allocation

    with running_stack() as settings:
        os.environ.update(settings.process_environment())
        measure_allocation(settings, report, say)


def ocr(report: Report) -> None:
    """Receipts of unseen layouts: speed, accuracy, and forged ones that get through."""
    from bench_ocr import measure_ocr

    measure_ocr(report, say)


BENCHES = {
    "allocation": allocation,
    "availability": availability,
    "billing": billing,
    "booking": booking,
    "click-to-repaint": click_to_repaint,
    "desk": desk,
    "double-booking": double_booking,
    "map": live_map,
    "ocr": ocr,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("name", choices=sorted(BENCHES))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report = Report()
    say(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    try:
        BENCHES[options.name](report)
    finally:
        # What was measured before something broke is worth reading too.
        report.print()
        if options.json:
            report.write(options.json)
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
