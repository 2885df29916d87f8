"""scripts/setup on a machine that has everything, and the small print of the scripts."""

import os
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ["setup", "run", "test", "lint", "i18n"]


def default_run_dir(clone: Path) -> str:
    """What the scripts of a clone at some place choose."""
    (clone / "scripts").mkdir(parents=True)
    (clone / "scripts" / "lib").symlink_to(ROOT / "scripts" / "lib")
    # ROOT is found through the real path of common.sh, so it is set for the question.
    question = f'. "{ROOT}/scripts/lib/common.sh"; ROOT="{clone}"; default_run_dir'
    env = {key: value for key, value in os.environ.items() if not key.startswith("HOSTEL_")}
    return subprocess.run(
        ["bash", "-c", question, "x"], env=env, capture_output=True, text=True, check=True
    ).stdout.strip()


def stamps() -> dict[str, int]:
    """What setup has done, and when."""
    directory = Path(os.environ["HOSTEL_TOOLS_DIR"]) / "stamps"
    return {path.name: path.stat().st_mtime_ns for path in directory.iterdir()}


def test_second_setup_does_nothing_again(script):
    script("setup", "--dev")
    before = stamps()
    assert before
    done = script("setup", "--dev")
    assert done.returncode == 0
    assert done.stderr.strip().splitlines()[-1].startswith("setup: ready")
    assert len(done.stderr.strip().splitlines()) == 1
    # A step that does its work again writes its stamp again.
    assert stamps() == before


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_is_printed_without_doing_anything(script, run_dir, name):
    done = script(name, "--help", HOSTEL_TOOLS_DIR=str(run_dir))
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: scripts/{name}")
    assert not list(run_dir.iterdir())


@pytest.mark.parametrize("option", ["--env", "--stop"])
def test_nothing_can_run_where_nothing_is_installed(script, run_dir, option):
    done = script("run", option, HOSTEL_TOOLS_DIR=str(run_dir))
    assert done.returncode != 0
    assert "nothing runs here" in done.stderr


@pytest.mark.parametrize("name", ["setup", "lint", "run"])
def test_unknown_option_is_refused(script, name):
    done = script(name, "--nonsense")
    assert done.returncode != 0
    assert "--nonsense" in done.stderr


def test_run_directory_lies_in_the_clone(run_dir):
    assert default_run_dir(run_dir / "clone") == str(run_dir / "clone" / ".run")


def test_clone_with_a_long_path_runs_elsewhere(run_dir):
    clone = run_dir / ("deep" * 20)
    assert default_run_dir(clone).startswith("/var/tmp/hostel-")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts PostgreSQL as another user")
def test_clone_in_a_private_home_runs_elsewhere(run_dir):
    (run_dir / "home").mkdir(mode=0o700)
    chosen = default_run_dir(run_dir / "home" / "clone")
    assert chosen.startswith("/var/tmp/hostel-")
    other = default_run_dir(run_dir / "home" / "other")
    assert other != chosen


def test_odoo_is_the_pinned_one_and_its_links_lead_somewhere():
    venv = Path(os.environ["HOSTEL_TOOLS_DIR"]) / "venv"
    version = subprocess.run([venv / "bin" / "odoo", "--version"], capture_output=True, text=True)
    assert version.stdout.strip() == "Odoo Server 19.0"
    web = next(venv.glob("lib/python3*/site-packages/odoo/addons/web"))
    for link in ("lib/jquery/jquery.js", "fonts/google/Roboto/Roboto-Regular.ttf"):
        assert (web / "static" / link).stat().st_size > 1000


def test_only_one_script_at_a_time_starts_a_stack(script, run_dir):
    with subprocess.Popen(["flock", "-x", run_dir / "run.lock", "sleep", "30"]) as holder:
        while not (run_dir / "run.lock").exists():
            time.sleep(0.05)
        time.sleep(0.2)
        done = script("run", "--detach")
        holder.terminate()
    assert done.returncode != 0
    assert "another script" in done.stderr
