"""Processes that do the same at once, each with cursors of its own."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from race_size import PROCESSES

RACER = Path(__file__).with_name("racer.py")


class Racers:
    """Processes that wait for a line each, and answer with one."""

    def __init__(self, scratch):
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
