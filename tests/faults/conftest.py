"""A throwaway database, and processes that race in it with cursors of their own."""

import os
from pathlib import Path

import pytest
from racers import LineRacers, Racers

from hostel_stack import postgres
from hostel_stack.database import Database
from hostel_stack.settings import Settings

# Kept between runs by scripts/test; brought up to date here when the addons' tests don't run.
TEMPLATE = "hostel_test_template"


class Scratch:
    """A database that nobody else uses."""

    def __init__(self, settings: Settings, name: str):
        self.settings = settings
        self.name = name

    def execute(self, query: str, *params) -> list[tuple]:
        """Run one statement in a transaction of its own."""
        return postgres.query(self.settings, query, *params, database=self.name)


@pytest.fixture(scope="module")
def scratch():
    settings = Settings.load(Path(os.environ["HOSTEL_RUN_DIR"]))
    template = Database(settings, TEMPLATE, with_tests=True, say=lambda text: None)
    template.provide()
    name = f"hostel_faults_{os.getpid()}"
    template.copy_to(name)
    yield Scratch(settings, name)
    template.drop(name)


@pytest.fixture(scope="module")
def racers(scratch):
    running = Racers(scratch)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def line_racers(scratch):
    running = LineRacers(scratch)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def college():
    """A whole stack with failpoints, on a copy of the tests' database."""
    from college import College

    settings = Settings.load(Path(os.environ["HOSTEL_RUN_DIR"]))
    template = Database(settings, TEMPLATE, with_tests=True, say=lambda text: None)
    template.provide()
    running = College(settings, TEMPLATE)
    running.start()
    yield running
    running.stop()
