"""A benchmark that measures nothing has not passed."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from hostel_stack.settings import ROOT


@pytest.mark.parametrize("parts", ["webhook", "webhooks,nonsense"])
def test_an_unknown_part_of_the_money_bench_is_refused(tmp_path, parts):
    command = [sys.executable, ROOT / "scripts" / "lib" / "bench.py", "billing"]
    # Whoever starts a stack all the same does so here.
    env = {**os.environ, "HOSTEL_BENCH_ONLY": parts, "HOSTEL_RUN_DIR": str(tmp_path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert parts.split(",")[-1] in done.stderr
    assert "webhooks, replay, bills, wallet, ocr" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_report_without_a_metric_is_no_success():
    from bench import Report

    report = Report()
    assert not report.ok
    report.add("something", 1, "")
    assert report.ok


@pytest.mark.parametrize("each", [1, 4])
def test_the_reading_bench_takes_every_kind_of_receipt(each):
    # In a process of its own: stand-ins for Odoo's packages are no good to other tests.
    program = f"import bench_ocr, json; print(json.dumps(bench_ocr.list_jobs({each})))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT / "scripts" / "lib",
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    jobs = [tuple(job) for job in json.loads(done.stdout)]
    counts = Counter((kind, held_out) for _seed, kind, held_out in jobs)
    kinds = {kind for kind, _held_out in counts} - {"genuine"}
    assert len(kinds) > 10
    assert {counts["genuine", held_out] for held_out in (True, False)} == {10 * each}
    assert {counts[kind, True] for kind in kinds} == {each}
    assert {counts[kind, False] for kind in kinds} == {each // 2}
    assert len(set(jobs)) == len(jobs), "no receipt is read twice"
