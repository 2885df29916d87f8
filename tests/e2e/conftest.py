"""A whole second stack for the end-to-end tests, and a browser to use it with.

The stack is the real one: `scripts/run` with nginx, two HTTP workers, the evented worker, the
queue, Redis and the Camu sandbox, in a run directory of its own (`.run/e2e`). Its database is kept
as a seed between sessions, and each session starts from a copy.
"""

import os
import shutil
import subprocess
from pathlib import Path

import psycopg2
import pytest
import redis
from people import CHROMIUM, CHROMIUM_FLAGS
from playwright.sync_api import sync_playwright

from hostel_stack.database import addons, tree_hash
from hostel_stack.settings import ROOT, free_port
from hostel_stack.stack import Stack

# Data directories of a stopped stack that together are its state.
SEEDED = ("pg", "redis", "data", "camu")


class RunningStack:
    """What a test may know of the stack, and do to it."""

    def __init__(self, run_dir: Path):
        self.run_dir = run_dir
        self.stack = Stack.of(run_dir)
        self.settings = self.stack.settings
        self.url = self.settings.url
        self.camu_url = self.settings.camu_url
        self.redis_url = self.settings.redis_url
        # Keyword arguments for psycopg2.connect
        self.dsn = self.settings.dsn()
        # For subprocesses that join in, e.g. scripts
        self.env = self.settings.process_environment()

    def connect(self):
        """A connection to the stack's database, in autocommit mode."""
        connection = psycopg2.connect(**self.dsn)
        connection.autocommit = True
        return connection

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.redis_url)

    def pid(self, program: str) -> int:
        return self.stack.programs.pid(program)

    def stop(self, program: str) -> None:
        self.stack.programs.stop(program)

    def start(self, program: str) -> None:
        self.stack.programs.start(program)
        self.stack.wait_until_healthy(program)

    def restart(self, program: str) -> None:
        self.stack.restart(program)

    def kill(self, program: str, wait: bool = True) -> int:
        """SIGKILL; supervisord starts it again.

        :return: the process id that was killed
        """
        return self.stack.kill(program, wait=wait)

    def log(self, program: str) -> str:
        return (self.settings.log_dir / f"{program}.log").read_text(errors="replace")


def run_script(run_dir: Path, *arguments: str) -> None:
    own = ("PG", "HOSTEL_", "CAMU_", "ODOO_", "REDIS_URL")
    env = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    env |= {"HOSTEL_RUN_DIR": str(run_dir), "HOSTEL_TOOLS_DIR": os.environ["HOSTEL_TOOLS_DIR"]}
    done = subprocess.run(
        [ROOT / "scripts" / "run", *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=1800,
    )
    if done.returncode:
        pytest.exit(f"the end-to-end stack does not start:\n{done.stderr}", returncode=3)


class Seed:
    """The database of a freshly made stack, kept for the next session."""

    def __init__(self, run_dir: Path):
        self.run_dir = run_dir
        self.place = run_dir / "seed"
        self.mark = self.place / "mark"

    @staticmethod
    def wanted_mark() -> str:
        """Changed demo data is only loaded into a new database; other changes are upgraded."""
        demo = [tree_hash(addon) for addon in addons() if addon.name == "hostel_demo"]
        names = [addon.name for addon in addons()]
        return repr((demo, names, (ROOT / "requirements.txt").read_text()))

    def is_usable(self) -> bool:
        if os.environ.get("HOSTEL_TEST_FRESH"):
            return False
        return self.mark.exists() and self.mark.read_text() == self.wanted_mark()

    def keep(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        self._copy(self.run_dir, self.place)
        self.mark.write_text(self.wanted_mark())

    def restore(self) -> None:
        for name in SEEDED:
            shutil.rmtree(self.run_dir / name, ignore_errors=True)
        self._copy(self.place, self.run_dir)

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        # cp keeps the owner, which is PostgreSQL's user, and shares blocks where it can.
        present = [str(source / name) for name in SEEDED if (source / name).exists()]
        subprocess.run(["cp", "-a", "--reflink=auto", *present, str(target)], check=True)


@pytest.fixture(scope="session")
def stack():
    """The running stack, from pristine data; stopped at the end."""
    run_dir = Path(os.environ["HOSTEL_RUN_DIR"]).parent / "e2e"
    run_dir.mkdir(exist_ok=True)
    options = ("--detach", "--disposable", "--workers", "2", "--port", str(free_port()))
    run_script(run_dir, "--stop")
    seed = Seed(run_dir)
    if not seed.is_usable():
        run_script(run_dir, "--fresh", *options)
        run_script(run_dir, "--stop")
        seed.keep()
    seed.restore()
    run_script(run_dir, *options)
    yield RunningStack(run_dir)
    run_script(run_dir, "--stop")


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium; each test takes `browser.new_context()` for each person."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=CHROMIUM_FLAGS
        )
        yield chromium
        chromium.close()
