"""Run directories and environments for trying the scripts."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OWN = ("PG", "HOSTEL_", "CAMU_", "ODOO_", "REDIS_URL")


@pytest.fixture
def run_dir():
    """An empty run directory with a short path that PostgreSQL's user can enter."""
    path = Path(tempfile.mkdtemp(prefix="hostel-", dir="/var/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def script(run_dir):
    """Call a script of ours in that run directory, with the installed programs and ``env`` on top.

    :return: the finished process, with its output as text
    """

    def call(name: str, *arguments: str, **env: str) -> subprocess.CompletedProcess:
        base = {key: value for key, value in os.environ.items() if not key.startswith(OWN)}
        base |= {"HOSTEL_RUN_DIR": str(run_dir), "HOSTEL_TOOLS_DIR": os.environ["HOSTEL_TOOLS_DIR"]}
        return subprocess.run(
            [ROOT / "scripts" / name, *arguments],
            env=base | env,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )

    return call
