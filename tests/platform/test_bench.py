"""A benchmark that measures nothing has not passed."""

import os
import subprocess
import sys

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
    assert "webhooks, replay, bills, wallet" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_report_without_a_metric_is_no_success():
    from bench import Report

    report = Report()
    assert not report.ok
    report.add("something", 1, "")
    assert report.ok
