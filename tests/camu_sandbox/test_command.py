"""Starting it wrongly gives one line and an exit code."""

import os
import socket
import subprocess
import sys

from .conftest import ROOT


def _start(*args, **env):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CAMU_")}
    return subprocess.run(
        [sys.executable, "-m", "camu_sandbox", *args],
        env={**clean, "PYTHONPATH": str(ROOT / "scripts" / "lib"), **env},
        capture_output=True,
        text=True,
        timeout=20,
    )


def test_without_a_secret_it_does_not_start(tmp_path):
    done = _start("--state-dir", str(tmp_path))
    assert done.returncode == 2
    assert "CAMU_WEBHOOK_SECRET" in done.stderr


def test_taken_port_is_told_in_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = _start("--port", port, "--state-dir", str(tmp_path), CAMU_WEBHOOK_SECRET="x")
    assert done.returncode == 1
    assert "can't listen on 127.0.0.1:" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_webhook_address_is_told(tmp_path):
    done = _start("--webhook-url", "nowhere", "--state-dir", str(tmp_path), CAMU_WEBHOOK_SECRET="x")
    assert done.returncode == 1
    assert "--webhook-url" in done.stderr


def test_help_names_every_setting():
    done = _start("--help")
    assert done.returncode == 0
    for word in (
        "--port",
        "--state-dir",
        "--webhook-url",
        "--secret",
        "CAMU_PORT",
        "CAMU_STATE_DIR",
    ):
        assert word in done.stdout
