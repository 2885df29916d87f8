"""Messages from the sandbox in a storm: copied, shuffled, lost; the books must not care.

Works on a running stack with its own sandbox; used by the fault tests and by scripts/bench.
"""

import hashlib
import hmac
import json
import random
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

import billing_campus
from bench_load import call_all, request

from hostel_stack import postgres
from hostel_stack.settings import ROOT

# What happens to an order on the pay page, and how often of twenty.
STORIES = (
    (("upi",), 6),
    (("pending", "upi"), 4),
    (("fail", "card"), 3),
    (("cancel", "pending", "upi"), 2),
    (("pending", "fail"), 2),
    (("cancel",), 2),
    ((), 1),
)
PAYING = {"upi", "card"}
QUIET_SECONDS = 1.0


@dataclass
class Weather:
    """How badly the messages travel.

    :param duplicate: copies beside the first
    :param lose_percent: of the copies
    :param lose_all_percent: of the messages, with all their copies
    """

    duplicate: int = 0
    lose_percent: int = 0
    lose_all_percent: int = 0
    reorder_s: float = 0


class Storm:
    """Orders of one campus and what becomes of them.

    :param settings: of the stack
    :param say: called with one line for each thing that takes a while
    """

    def __init__(self, settings, say: Callable[[str], None] = lambda text: None):
        self.settings = settings
        self.say = say
        self.secret = settings.process_environment()["CAMU_WEBHOOK_SECRET"]

    # -- the hostel's side -----------------------------------------------------------------------
    def do(self, name: str, **arguments) -> dict:
        """Call a function of ``billing_campus`` in a process of its own."""
        command = [
            sys.executable,
            ROOT / "scripts" / "lib" / "billing_campus.py",
            self.settings.odoo_conf,
            self.settings.pg_database,
        ]
        done = subprocess.run(
            command,
            env=self.settings.process_environment(),
            # Settlement files are longer than an argument may be.
            input=json.dumps({"do": name, **arguments}),
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        return json.loads(done.stdout.splitlines()[-1])

    def query(self, text: str, *params) -> list[tuple]:
        return postgres.query(self.settings, text, *params)

    def wait_for_jobs(self, seconds: float = 1800) -> None:
        """Until no message waits for a job."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            [(waiting,)] = self.query(
                "SELECT count(*) FROM queue_job WHERE channel = 'root.hostel_billing'"
                " AND state NOT IN ('done', 'cancelled', 'failed')"
            )
            if not waiting:
                return
            time.sleep(0.5)
        raise TimeoutError(f"{waiting} jobs still wait")

    def count_failed_jobs(self) -> int:
        [(failed,)] = self.query(
            "SELECT count(*) FROM queue_job WHERE channel = 'root.hostel_billing'"
            " AND state = 'failed'"
        )
        return failed

    # -- Camu's side -----------------------------------------------------------------------------
    def ask(self, path: str, data=None, form=None):
        """Call the sandbox; returns the body."""
        body = headers = None
        if data is not None:
            body, headers = json.dumps(data).encode(), {"Content-Type": "application/json"}
        elif form is not None:
            body = urlencode(form).encode()
        call = urllib.request.Request(self.settings.camu_url + path, body, headers or {})
        with urllib.request.urlopen(call, timeout=60) as answer:
            return answer.read().decode()

    def wait_for_deliveries(self, seconds: float = 1800) -> dict:
        """Until the sandbox has nothing more to send; returns its counts."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            counts = json.loads(self.ask("/sandbox/deliveries"))
            if not counts.get("queued"):
                return counts
            time.sleep(0.3)
        raise TimeoutError(f"the sandbox still sends: {counts}")

    # -- a storm ---------------------------------------------------------------------------------
    def run(
        self,
        orders: int,
        weather: Weather,
        seed: int,
        *,
        meanwhile: Callable[[], None] | None = None,
        settle: bool = True,
    ) -> dict:
        """Let students pay new orders in some weather, and read the books when it is over.

        The stories are the same for every seed; the weather is not. What got lost is found in the
        settlement files, as a finance officer does it.

        :param meanwhile: called once while messages are under way
        :param settle: whether the settlement files are taken in the end
        :return: the ledger, see ``billing_campus.ledger``, with ``expected_paid``, ``events``,
            ``deliveries``, ``recovered``
        """
        self.say(f"making {orders} orders")
        campus = self.do("build", orders=orders)
        chance = random.Random(seed)
        self.ask("/sandbox/behaviour", asdict(weather))
        before = json.loads(self.ask("/sandbox/deliveries"))
        stories = self._get_stories(len(campus["orders"]))
        for order in campus["orders"]:
            self._open(order["form"])
        self.say("students pay")
        # Students don't take turns, but each goes through the own story in order.
        steps = self._shuffle_steps(campus["orders"], stories, chance)
        for number, (reference, outcome) in enumerate(steps):
            self.ask("/sandbox/settle", {"reference": reference, "outcome": outcome})
            if meanwhile and number == len(steps) // 2:
                meanwhile()
        after = self.wait_for_deliveries()
        self.ask("/sandbox/behaviour", asdict(Weather()))
        self.wait_for_jobs()
        recovered = self._take_settlements() if settle else 0
        books = self.do("ledger", ids=[order["id"] for order in campus["orders"]])
        return books | {
            "expected_paid": sum(1 for story in stories if PAYING & set(story)),
            "events": len(steps),
            "deliveries": sum(after.values()) - sum(before.values()),
            "lost": after.get("dropped", 0) - before.get("dropped", 0),
            "recovered": recovered,
        }

    def _take_settlements(self) -> int:
        self.say("taking the settlement files")
        days = billing_campus.college_days()
        files = {day: self.ask(f"/settlement/{day}.csv") for day in days}
        settled = self.do("settle", files=files)
        self.wait_for_jobs()
        return settled["recovered"]

    def _open(self, form: dict) -> None:
        # The page itself is not needed; it follows a redirect to it.
        with suppress(urllib.error.HTTPError):
            self.ask("/pay", form=form)

    @staticmethod
    def _get_stories(count: int) -> list[tuple[str, ...]]:
        deck = [story for story, times in STORIES for _time in range(times)]
        # Kinds of orders follow each other; a prime step lets each kind have each story.
        return [deck[(7 * number + number // len(deck)) % len(deck)] for number in range(count)]

    @staticmethod
    def _shuffle_steps(orders, stories, chance) -> list[tuple[str, str]]:
        turns = [number for number, story in enumerate(stories) for _outcome in story]
        chance.shuffle(turns)
        left = [list(story) for story in stories]
        return [(orders[number]["reference"], left[number].pop(0)) for number in turns]

    # -- the front door --------------------------------------------------------------------------
    def sign(self, body: bytes, at: int | None = None, secret: str | None = None) -> str:
        """The documented signature, written down on its own."""
        moment = int(time.time()) if at is None else at
        message = str(moment).encode() + b"." + body
        key = (self.secret if secret is None else secret).encode()
        return f"t={moment},v1={hmac.new(key, message, hashlib.sha256).hexdigest()}"

    def prepare(self, message: dict) -> bytes:
        """A webhook as bytes for the wire, signed now."""
        body = json.dumps(message).encode()
        return request(
            self.settings.port,
            "POST",
            "/payment/camu/webhook",
            body=message,
            X_Camu_Signature=self.sign(body),
        )

    def flood(self, messages: list[dict], connections: int) -> tuple[float, list]:
        """Send webhooks as fast as they are taken; returns (seconds, answers)."""
        calls = [self.prepare(message) for message in messages]
        began = time.monotonic()
        answers = call_all(self.settings.port, calls, connections, timeout=600)
        return time.monotonic() - began, answers
