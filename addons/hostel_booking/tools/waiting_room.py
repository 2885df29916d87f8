"""The waiting room of a round: what the office sets, and where a student stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# Whoever was not seen for so long has gone home; a place survives a reload and a short absence.
GRACE_MS = 120_000
SOONEST_POLL_MS = 2_000
LATEST_POLL_MS = 15_000
# Before the opening nothing moves; to be seen within the grace is enough.
EARLY_POLL_MS = 30_000


@dataclass(frozen=True)
class WaitingRoom:
    """How many may choose beds at a time.

    :param mode: ``off``; ``auto``, which begins when there is no more room; or ``on``
    :param rate: how many are let in a minute; 0 lets in nobody
    :param max_active: how many may have a pass at a time
    :param pass_ms: how long a pass lasts without its owner being seen
    :param secret: signs the tickets and draws the places; it never leaves the servers
    """

    mode: str
    rate: int
    max_active: int
    pass_ms: int
    secret: str
    grace_ms: int = GRACE_MS

    def as_fields(self) -> dict[str, str | int]:
        return {
            "mode": self.mode,
            "rate": self.rate,
            "max": self.max_active,
            "pass": self.pass_ms,
            "grace": self.grace_ms,
            "secret": self.secret,
        }


@dataclass(frozen=True)
class QueuePlace:
    """Where a student stands.

    :param state: ``none`` (no need to wait), ``early`` (places are drawn at the opening),
        ``waiting``, or ``in`` (may hold)
    :param position: 1 for who is next, 0 if not waiting
    :param waiting: how many wait in all
    :param wait_ms: estimate, or time to the opening; None while nobody is let in
    :param pass_ms: for how long the pass lasts if its owner is not seen again
    :param ticket: what proves the place without a session
    """

    state: str
    position: int
    waiting: int
    wait_ms: int | None
    pass_ms: int
    ticket: str

    @classmethod
    def parse(cls, reply: list[str]) -> QueuePlace:
        state, position, waiting, wait, pass_ms, ticket = reply
        wait_ms = int(float(wait))
        return cls(
            state,
            int(position),
            int(waiting),
            None if wait_ms < 0 else wait_ms,
            int(float(pass_ms)),
            ticket,
        )

    @property
    def poll_ms(self) -> int:
        """When to ask again: often near the front, seldom at the end."""
        if self.state == "early":
            return min(EARLY_POLL_MS, max(SOONEST_POLL_MS, self.wait_ms or 0))
        if self.state == "in":
            return min(EARLY_POLL_MS, max(SOONEST_POLL_MS, self.pass_ms // 3))
        wait = LATEST_POLL_MS if self.wait_ms is None else self.wait_ms // 4
        return min(LATEST_POLL_MS, max(SOONEST_POLL_MS, wait))

    def as_dict(self) -> dict[str, Any]:
        """What a browser is told."""
        return {
            "state": self.state,
            "position": self.position,
            "waiting": self.waiting,
            "wait_ms": self.wait_ms,
            "pass_ms": self.pass_ms,
            "ticket": self.ticket,
            "poll_ms": self.poll_ms,
        }


@dataclass(frozen=True)
class QueueFigures:
    """What the office sees.

    :param waiting: students in the queue
    :param active: students with a pass
    :param admitted: students let in within the last minute
    """

    waiting: int
    active: int
    admitted: int
