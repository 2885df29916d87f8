"""Processes that do the same at once, each with cursors of its own."""

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from race_size import PROCESSES

HERE = Path(__file__).parent


class Racers:
    """Processes of one script that wait for a line each, and answer with one."""

    script = "racer.py"

    def __init__(self, scratch):
        self.scratch = scratch
        self.processes = [self.start() for _number in range(PROCESSES)]

    def start(self) -> subprocess.Popen:
        settings, name = self.scratch.settings, self.scratch.name
        process = subprocess.Popen(
            [sys.executable, HERE / self.script, settings.odoo_conf, name],
            env=settings.process_environment() | {"PGDATABASE": name},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout.readline() == "ready\n", "a racer does not start"
        return process

    @staticmethod
    def ask(process: subprocess.Popen, do: str, /, **order):
        process.stdin.write(json.dumps({"do": do, **order}) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    def run(self, do: str, **order):
        """Let one of them do something."""
        return self.ask(self.processes[0], do, **order)

    def race(self, do: str = "race", **order) -> list:
        """Let all of them do the same at once; returns every attempt of every thread."""
        with ThreadPoolExecutor(len(self.processes)) as pool:
            answers = pool.map(
                lambda numbered: self.ask(numbered[1], do, process=numbered[0], **order),
                enumerate(self.processes),
            )
            return [attempt for answer in answers for attempt in answer]

    def kill_at(self, do: str, **order) -> None:
        """Give an order to a further process, which kills itself by SIGKILL while it obeys."""
        process = self.start()
        with suppress(ValueError):
            # The answer of a dead one is an empty line, which is no JSON.
            answer = self.ask(process, do, **order)
            raise AssertionError(f"it is alive and says {answer}")
        assert process.wait(20) == -signal.SIGKILL

    def stop(self) -> None:
        for process in self.processes:
            with suppress(OSError):
                process.stdin.close()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


class LineRacers(Racers):
    """They serve waitlists, approve moves and hand out keys."""

    script = "line_racer.py"


class BillRacers(Racers):
    """They bill stays, by the job of an approval and by bill runs."""

    script = "bill_racer.py"


class WalletRacers(Racers):
    """They spend from wallets."""

    script = "wallet_racer.py"


class RefundRacers(Racers):
    """They pay refunds out."""

    script = "refund_racer.py"
