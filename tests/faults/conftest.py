"""A throwaway database, and processes that race in it with cursors of their own."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import psycopg2
import pytest
from race_size import PROCESSES

from hostel_stack.database import Database
from hostel_stack.settings import Settings

# Kept between runs by scripts/test; brought up to date here when the addons' tests don't run.
TEMPLATE = "hostel_test_template"
RACER = Path(__file__).with_name("racer.py")


class Scratch:
    """A database that nobody else uses."""

    def __init__(self, settings: Settings, name: str):
        self.settings = settings
        self.name = name

    def execute(self, query: str, *params) -> list[tuple]:
        """Run one statement in a transaction of its own."""
        with (
            closing(psycopg2.connect(**self.settings.dsn(self.name))) as connection,
            connection,
            connection.cursor() as cr,
        ):
            cr.execute(query, params)
            return cr.fetchall() if cr.description else []


class Racers:
    """Processes that wait for a line each, and answer with one."""

    def __init__(self, scratch: Scratch):
        env = scratch.settings.process_environment() | {"PGDATABASE": scratch.name}
        command = [sys.executable, RACER, scratch.settings.odoo_conf, scratch.name]
        self.processes = [
            subprocess.Popen(
                command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            for _number in range(PROCESSES)
        ]
        for process in self.processes:
            assert process.stdout.readline() == "ready\n", "a racer does not start"

    def ask(self, process: subprocess.Popen, order: dict):
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    def prepare(self, **order) -> dict:
        return self.ask(self.processes[0], {"do": "prepare", **order})

    def prepare_cohorts(self, **order) -> dict:
        return self.ask(self.processes[0], {"do": "prepare_cohorts", **order})

    def race(self, do: str = "race", **order) -> list[dict]:
        """Let all of them do the same at once; returns every attempt of every thread."""
        with ThreadPoolExecutor(len(self.processes)) as pool:
            answers = pool.map(
                lambda numbered: self.ask(numbered[1], {"do": do, "process": numbered[0], **order}),
                enumerate(self.processes),
            )
            return [attempt for answer in answers for attempt in answer]

    def stop(self) -> None:
        for process in self.processes:
            with suppress(OSError):
                process.stdin.close()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


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
