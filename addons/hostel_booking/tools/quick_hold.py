"""Holds a bed for a student who is known, without session database, ORM or SQL.

On booking day most calls are holds, and most holds come too late. An ordinary route costs several
milliseconds before its method begins. What a hold has to know was worked out when the map was
opened: who the student is (a *quick pass*), the words of the answers, and the drawing of the floor.
Everything else is left to the ordinary route, which gets the outcome.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from .alternatives import next_best
from .seat_lock import Hold, SeatLock, SeatRefused

if TYPE_CHECKING:
    from redis import Redis

PASS_TTL_S = 600
# A drawing may have been published anew.
CARD_TTL_S = 10
# Refusals that need no more than words; the others go on to the ordinary route.
QUICK_REFUSALS = {"BED_TAKEN": 409, "TOO_MANY_REQUESTS": 429}

Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class QuickPass:
    """What was worked out for a student when the map was opened.

    :param proof: of the session that it was worked out in
    :param language: the page's language then
    :param round_key: of the round that the map is of; another round's holds need other words
    :param actions: price → what the main button does and says
    :param texts: code of a refusal → its words
    """

    student_id: int
    gender: str
    proof: str
    language: str
    actions: dict[str, dict[str, str]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    round_key: str = ""


class QuickPasses:
    """The quick passes of one database, by user and session."""

    def __init__(self, client: Redis, namespace: str) -> None:
        self.client = client
        self.namespace = namespace

    def _name(self, user_id: int) -> str:
        return f"hostel:{self.namespace}:quick:{user_id}"

    @staticmethod
    def _field(sid: str) -> str:
        # Whoever reads Redis must not be able to use a session.
        return hashlib.sha256(sid.encode()).hexdigest()[:32]

    def keep(self, user_id: int, sid: str, quick_pass: QuickPass) -> None:
        name = self._name(user_id)
        with self.client.pipeline() as pipe:
            pipe.hset(name, self._field(sid), json.dumps(asdict(quick_pass)))
            pipe.expire(name, PASS_TTL_S)
            pipe.execute()

    def find(self, user_id: int, sid: str, proof: str) -> QuickPass | None:
        """The pass of a session, if the session is still what it was."""
        text = self.client.hget(self._name(user_id), self._field(sid))
        if not text:
            return None
        found = QuickPass(**json.loads(text))
        return found if found.proof == proof else None

    def drop(self, user_ids: list[int]) -> None:
        """These people's rights may have changed: ask PostgreSQL again."""
        if user_ids:
            self.client.delete(*map(self._name, user_ids))


def proof_of(session_token: str) -> str:
    """What ties a pass to a session without telling the session's secret."""
    return hashlib.sha256(session_token.encode()).hexdigest()


@dataclass(frozen=True)
class FloorCard:
    """A floor in words, as the answer to a hold needs it."""

    round_key: str
    floor_id: int
    floor: str
    hostel: str
    hostel_id: int
    layout: dict[str, Any]
    beds: dict[int, tuple[str, str]]

    @classmethod
    def parse(cls, round_key: str, floor_id: int, text: str) -> FloorCard:
        facts = json.loads(text)
        beds = {
            bed["i"]: (room["n"], bed["l"])
            for room in facts["layout"]["rooms"]
            for bed in room["beds"]
        }
        return cls(round_key, floor_id, **facts, beds=beds)


class FloorCards:
    """Floors that this process has read lately."""

    def __init__(self) -> None:
        self._cards: dict[str, tuple[float, FloorCard]] = {}

    def find(self, locks: SeatLock, key: str) -> FloorCard | None:
        now = time.monotonic()
        until, card = self._cards.get(key, (0.0, None))
        if now < until:
            return card
        found = locks.find_map(key)
        text = found and locks.read_card(*found)
        if not found or not text:
            return None
        card = FloorCard.parse(*found, text)
        self._cards[key] = (now + CARD_TTL_S, card)
        return card


@dataclass(frozen=True)
class Outcome:
    """What Redis said to a hold; an ordinary route puts it into words."""

    student_id: int
    hold: Hold | None = None
    refused: SeatRefused | None = None


def quick_hold(
    locks: SeatLock, card: FloorCard, known: QuickPass, key: str, index: int
) -> tuple[Answer | None, Outcome]:
    """Hold a bed.

    :return: the answer, or None if the ordinary route must give it; and the outcome
    :raises redis.RedisError: if Redis is away
    """
    try:
        hold = locks.hold(card.round_key, card.floor_id, index, known.student_id)
    except SeatRefused as exc:
        return _refuse(locks, card, known, key, index, exc), Outcome(known.student_id, refused=exc)
    outcome = Outcome(known.student_id, hold=hold)
    same_round = known.round_key in ("", card.round_key)
    action = known.actions.get(price_name(hold.price)) if same_round else None
    if not action or index not in card.beds:
        return None, outcome
    room, label = card.beds[index]
    described = {
        "key": key,
        "i": index,
        "token": hold.token,
        "expires_in_ms": hold.ttl_ms,
        "hold_ms": hold.hold_ms,
        "price": hold.price,
        "bed": f"{room} · {label}",
        "room": room,
        "label": label,
        "hostel": card.hostel,
        "hostel_id": card.hostel_id,
        "extended": hold.extended,
    }
    return (200, {"success": True, "hold": described, **action}), outcome


def _refuse(locks, card, known, key, index, exc: SeatRefused) -> Answer | None:
    status, text = QUICK_REFUSALS.get(exc.code), known.texts.get(exc.code)
    if not status or not text:
        return None
    if exc.code == "TOO_MANY_REQUESTS":
        wait_ms = int(float(exc.extra[0]))
        details = {"wait_ms": wait_ms, "retry_after": max(1, -(-wait_ms // 1000))}
    else:
        details = {"next": _find_next(locks, card, known, key, index)}
    return status, {"success": False, "error": text, "code": exc.code, "details": details}


def _find_next(locks, card, known, key, index) -> list[dict[str, Any]]:
    try:
        states = locks.read_floor(card.round_key, card.floor_id).states
    except SeatRefused:
        return []
    kept = locks.read_kept(card.round_key, card.floor_id, known.student_id)
    beds = next_best(card.layout, states, index, known.gender, kept=kept)
    return [{"key": key, "floor": card.floor, **bed} for bed in beds]


def price_name(price: float) -> str:
    """A price as a key of JSON."""
    return f"{price:.2f}"
