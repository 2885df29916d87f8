"""A whole second stack for the end-to-end tests, and a browser to use it with.

The stack is the real one: `scripts/run` with nginx, two HTTP workers, the evented worker, the
queue, Redis and the Camu sandbox, in a run directory of its own (`.run/e2e`). Its database is kept
as a seed between sessions, and each session starts from a copy.
"""

import os
from pathlib import Path

import pytest
import redis
from people import CHROMIUM, CHROMIUM_FLAGS
from playwright.sync_api import sync_playwright

from hostel_stack import postgres
from hostel_stack.seed import Seed, run_script, start_options
from hostel_stack.stack import Stack


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
        return postgres.connect(self.settings)

    def query(self, text: str, *params) -> list[tuple]:
        """Run one statement; returns its rows."""
        return postgres.query(self.settings, text, *params)

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


@pytest.fixture(scope="session")
def stack():
    """The running stack, from pristine data; stopped at the end."""
    run_dir = Path(os.environ["HOSTEL_RUN_DIR"]).parent / "e2e"
    seed = Seed(run_dir)
    seed.provide()
    run_script(run_dir, "--stop")
    seed.restore()
    run_script(run_dir, *start_options())
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
