"""Client of the seat map in Redis: holds, snapshots, and what PostgreSQL decided.

Redis holds, PostgreSQL judges: everything here may vanish at any moment and is
loaded again from PostgreSQL under a new epoch. Each write is one Lua script.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .delta import DOORS_MARK
from .quota_places import is_full
from .waiting_room import QueueFigures, QueuePlace, WaitingRoom

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from redis import Redis

FREE, HELD, PAYING, BOOKED, BLOCKED, RETIRED = "0", "1", "2", "3", "4", "5"

# A student may try quickly for a moment, then about once a second.
BUCKET_SIZE = 10
BUCKET_REFILL_MS = 1000
ELIGIBILITY_TTL_S = 3600
LUA_DIR = Path(__file__).parent / "lua"
# What each script is put together from, besides itself.
COMMON = ("common",)
QUEUE = ("common", "queue")
HOLDING = ("common", "queue", "holding")
SCRIPTS = {
    "bed_hold": HOLDING,
    "bed_hold_many": HOLDING,
    "bed_mine": COMMON,
    "bed_release": COMMON,
    "bed_release_many": COMMON,
    "bed_extend": QUEUE,
    "bed_mark": COMMON,
    "sweep": COMMON,
    "floor_load": COMMON,
    "floor_read": COMMON,
    "floor_sum": COMMON,
    "practice_book": COMMON,
    "practice_leave": COMMON,
    "practice_reset": COMMON,
    "queue_join": QUEUE,
    "queue_look": QUEUE,
    "queue_leave": QUEUE,
    "queue_tick": QUEUE,
}
# Of a reply about a hold; see :meth:`Hold.parse`.
HOLD_FIELDS = 7


class SeatRefused(Exception):
    """A script said no.

    :param code: such as ``BED_TAKEN``
    :param extra: what the script added, as texts
    :param student_id: whom it is about, where several asked together
    """

    def __init__(
        self, code: str, extra: tuple[str, ...] = (), student_id: int | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra
        self.student_id = student_id


@dataclass(frozen=True)
class Hold:
    """A bed that a student holds; times in milliseconds."""

    floor_id: int
    index: int
    token: str
    ttl_ms: int
    price: float
    extended: bool
    hold_ms: int

    @classmethod
    def parse(cls, reply: list[str]) -> Hold:
        floor, index, token, ttl, price, extended, hold = reply
        return cls(
            int(floor), int(index), token, int(ttl), float(price), extended == "1", int(hold)
        )


@dataclass(frozen=True)
class FloorState:
    """Snapshot of a floor: one character a bed, by map index."""

    epoch: int
    version: int
    layout_version: int
    states: str
    doors: int = 0


@dataclass(frozen=True)
class FloorSum:
    """A floor's version, and a checksum of its states and genders without the holds."""

    epoch: int
    version: int
    checksum: str


@dataclass(frozen=True)
class FloorLoad:
    """What PostgreSQL knows about a floor, to be loaded under an epoch."""

    floor_id: int
    key: str
    layout_version: int
    states: str
    genders: str
    fences: Mapping[int, int]
    prices: Mapping[int, float]
    # What a hold's answer says, as JSON; see ``quick_hold.FloorCard``.
    card: str = ""


class SeatLock:
    """The seat maps of one database.

    :param client: connection that decodes replies to ``str``
    :param namespace: name of the database, so that several can share a Redis
    """

    def __init__(self, client: Redis, namespace: str) -> None:
        self.client = client
        self.namespace = namespace
        self._scripts = {
            name: client.register_script(
                "".join((LUA_DIR / f"{part}.lua").read_text() for part in (*parts, name))
            )
            for name, parts in SCRIPTS.items()
        }

    # Keys ----------------------------------------------------------------

    @property
    def channel(self) -> str:
        """Pub/sub channel of every change of every floor."""
        return f"hostel:{self.namespace}:delta"

    def _prefix(self, round_key: str) -> str:
        return f"hostel:{self.namespace}:{{{round_key}}}:"

    def _map_name(self, key: str) -> str:
        return f"hostel:{self.namespace}:map:{key}"

    def _run(self, script: str, round_key: str, *args: object):
        prefix = self._prefix(round_key)
        return self._scripts[script](keys=[f"{prefix}ep"], args=[prefix, *args])

    def _ask(self, script: str, round_key: str, *args: object) -> list[str]:
        code, *rest = self._run(script, round_key, *args)
        if code != "OK":
            raise SeatRefused(code, tuple(rest))
        return rest

    # Holding -------------------------------------------------------------

    def hold(self, round_key: str, floor_id: int, index: int, student_id: int) -> Hold:
        """Hold a bed.

        :raises SeatRefused: ``BED_TAKEN``, ``ALREADY_HOLDING``, ``NOT_OPEN`` (ms left),
            ``NOT_YOUR_SLOT`` (ms left),
            ``WINDOW_CLOSED``, ``NOT_ELIGIBLE``, ``NO_ELIGIBILITY`` (load it and try again),
            ``GENDER_MISMATCH``, ``TOO_MANY_REQUESTS`` (ms to wait), ``MAP_REBUILDING``,
            ``QUOTA_FULL`` (a hint, see :meth:`set_full_quotas`),
            ``QUEUE`` (a :class:`QueuePlace` as texts),
            ``NOT_FOUND``, or the reason that was stored with the eligibility
        """
        token = secrets.token_urlsafe(16)
        reply = self._ask(
            "bed_hold", round_key, floor_id, index, student_id, token, BUCKET_SIZE, BUCKET_REFILL_MS
        )
        return Hold.parse(reply)

    def hold_many(self, round_key: str, places: Sequence[tuple[int, int, int]]) -> list[Hold]:
        """Hold one bed for each of several students: all of them or none.

        The holds share one token and run out together.

        :param places: ``(student id, floor id, index)`` of each
        :return: the holds, in the order of the places
        :raises SeatRefused: as :meth:`hold`, with ``student_id`` of whom it is about
        :raises ValueError: if a student or a bed comes twice, or nobody comes
        """
        students = {student_id for student_id, _floor, _index in places}
        beds = {(floor_id, index) for _student, floor_id, index in places}
        if not places or len(students) < len(places) or len(beds) < len(places):
            raise ValueError("each student needs one bed of their own")
        token = secrets.token_urlsafe(16)
        args = [value for student, floor, index in places for value in (floor, index, student)]
        code, *rest = self._run(
            "bed_hold_many", round_key, token, BUCKET_SIZE, BUCKET_REFILL_MS, *args
        )
        if code != "OK":
            raise SeatRefused(code, tuple(rest[1:]), int(rest[0]))
        return [
            Hold.parse(rest[start : start + HOLD_FIELDS])
            for start in range(0, len(rest), HOLD_FIELDS)
        ]

    def release_many(self, round_key: str, student_ids: Iterable[int], token: str) -> int:
        """Give back what these students hold under a token; returns how many beds."""
        return int(self._run("bed_release_many", round_key, token, *student_ids))

    def get_hold(self, round_key: str, student_id: int) -> Hold | None:
        """What the student holds on any device."""
        code, *rest = self._run("bed_mine", round_key, student_id)
        return Hold.parse(rest) if code == "OK" else None

    def who_holds(self, round_key: str, floor_id: int, index: int) -> tuple[int, int] | None:
        """Student who holds a bed, and for how many milliseconds yet."""
        name = f"{self._prefix(round_key)}lk:{floor_id}:{index}"
        with self.client.pipeline() as pipe:
            value, ttl = pipe.get(name).pttl(name).execute()
        return (int(value.split("|")[1]), max(0, ttl)) if value else None

    def read_floors(self, round_key: str, floor_ids: Iterable[int]) -> dict[int, str]:
        """States of many floors at one time; floors that are not loaded are left out."""
        prefix, ids = self._prefix(round_key), list(floor_ids)
        if not ids:
            return {}
        states = self.client.mget([f"{prefix}fl:{floor_id}" for floor_id in ids])
        return {floor_id: state for floor_id, state in zip(ids, states, strict=True) if state}

    def release(self, round_key: str, student_id: int, token: str) -> None:
        """Give the bed back.

        :raises SeatRefused: ``HOLD_EXPIRED``
        """
        self._ask("bed_release", round_key, student_id, token)

    def extend(self, round_key: str, student_id: int, token: str) -> Hold:
        """Start the hold's time again, once.

        :raises SeatRefused: ``HOLD_EXPIRED``, ``ALREADY_EXTENDED``
        """
        return Hold.parse(self._ask("bed_extend", round_key, student_id, token))

    def set_eligibility(
        self,
        round_key: str,
        student_id: int,
        *,
        gender: str,
        doors: Mapping[int, Iterable[tuple[int, ...]]],
        refusal: str = "",
        doors_version: int,
        kept: Mapping[int, Mapping[int, int]] | None = None,
        places: Mapping[str, str] | None = None,
    ) -> None:
        """Store what a student may hold, so that a hold runs no ORM.

        :param gender: one letter, compared with the gender of the bed's room
        :param doors: floor id → (opens, closes, hold) in ms since the epoch / ms; a fourth
            number is when the window itself opened, if the student's slot comes later
        :param refusal: code that refuses every hold, or empty
        :param doors_version: version of the round's windows that was used
        :param kept: floor id → index of a bed that is kept for others → until when, in ms since
            the epoch; 0 is for ever
        :param places: class of places → the seats of quotas that a bed there needs; see
            ``quota_places.write_choices``
        """
        name = f"{self._prefix(round_key)}el:{student_id}"
        fields = {
            str(floor_id): ";".join(",".join(map(str, door)) for door in list_)
            for floor_id, list_ in doors.items()
        }
        for floor_id, beds in (kept or {}).items():
            fields[f"k:{floor_id}"] = ";".join(f"{i},{until}" for i, until in beds.items())
        fields |= {f"q:{place}": choices for place, choices in (places or {}).items()}
        with self.client.pipeline() as pipe:
            pipe.delete(name)
            pipe.hset(name, mapping={"g": gender, "x": refusal, "v": doors_version, **fields})
            pipe.expire(name, ELIGIBILITY_TTL_S)
            pipe.execute()

    def knows_doors(self, round_key: str, student_id: int, doors_version: int) -> bool:
        """Whether a student's doors are known for a version of the windows, and open to them."""
        version, refusal = self.client.hmget(f"{self._prefix(round_key)}el:{student_id}", "v", "x")
        return version == str(doors_version) and not refusal

    def read_kept(self, round_key: str, floor_id: int, student_id: int) -> frozenset[int]:
        """Beds of a floor that the student can't have though they are free, as Redis knows it:
        those kept for others, and those whose places are full."""
        prefix = self._prefix(round_key)
        with self.client.pipeline(transaction=False) as pipe:
            pipe.hget(f"{prefix}el:{student_id}", f"k:{floor_id}").smembers(f"{prefix}qf")
            kept, full = pipe.execute()
        beds = frozenset(int(bed.partition(",")[0]) for bed in (kept or "").split(";") if bed)
        if not full:
            return beds
        return beds | self.read_full(round_key, [floor_id], student_id).get(floor_id, frozenset())

    # Quotas --------------------------------------------------------------

    def set_quota_places(
        self, round_key: str, places: Mapping[int, Mapping[int, str]], mark: str
    ) -> None:
        """Which class of places each bed lies in, and of which state of the round that is.

        :param places: floor id → index of a bed → class; a floor without any is emptied
        """
        prefix = self._prefix(round_key)
        with self.client.pipeline() as pipe:
            for floor_id, beds in places.items():
                pipe.delete(f"{prefix}qb:{floor_id}")
                if beds:
                    pipe.hset(f"{prefix}qb:{floor_id}", mapping=dict(beds))
            pipe.set(f"{prefix}qm", mark)
            pipe.execute()

    def get_quota_mark(self, round_key: str) -> str:
        """What :meth:`set_quota_places` was told last; empty if Redis knows nothing."""
        return self.client.get(f"{self._prefix(round_key)}qm") or ""

    def set_full_quotas(self, round_key: str, quota_ids: Iterable[int]) -> bool:
        """Which quotas have no seat left. One writer only: the keeper.

        A hold is refused by it, so that nobody learns at *Pay* what was known before. A quota
        that filled since then is still refused there.

        :return: whether it is news
        """
        name, ids = f"{self._prefix(round_key)}qf", {str(quota_id) for quota_id in quota_ids}
        if self.client.smembers(name) == ids:
            return False
        with self.client.pipeline() as pipe:
            pipe.delete(name)
            if ids:
                pipe.sadd(name, *ids)
            pipe.execute()
        return True

    def read_full(
        self, round_key: str, floor_ids: Iterable[int], student_id: int
    ) -> dict[int, frozenset[int]]:
        """Beds whose places are full for a student, by floor; floors without any are left out."""
        prefix = self._prefix(round_key)
        full = {int(quota_id) for quota_id in self.client.smembers(f"{prefix}qf")}
        if not full:
            return {}
        floor_ids = list(floor_ids)
        with self.client.pipeline(transaction=False) as pipe:
            pipe.time().hgetall(f"{prefix}el:{student_id}")
            for floor_id in floor_ids:
                pipe.hgetall(f"{prefix}qb:{floor_id}")
            (seconds, micros), known, *floors = pipe.execute()
        now_ms = seconds * 1000 + micros // 1000
        shut = {
            name.removeprefix("q:")
            for name, choices in known.items()
            if name.startswith("q:") and is_full(choices, full, now_ms)
        }
        beds = {
            floor_id: frozenset(int(i) for i, place in floor.items() if place in shut)
            for floor_id, floor in zip(floor_ids, floors, strict=True)
        }
        return {floor_id: found for floor_id, found in beds.items() if found}

    def drop_eligibility(self, round_key: str, student_ids: Iterable[int]) -> None:
        """Forget what these students may hold."""
        names = [f"{self._prefix(round_key)}el:{student_id}" for student_id in student_ids]
        if names:
            self.client.delete(*names)

    def set_doors_version(self, round_key: str, version: int) -> None:
        """Version of the round's windows; eligibility of another version is not used."""
        self.client.set(f"{self._prefix(round_key)}dv", version)

    def announce_doors(self, keys: Iterable[str], version: int, windows: list[dict]) -> None:
        """Tell whoever looks at these maps that the windows changed; one message for all.

        :param keys: public keys of the maps
        :param windows: state of single windows, without personal data
        """
        news = json.dumps({"k": list(keys), "v": version, "w": windows}, separators=(",", ":"))
        self.client.publish(self.channel, DOORS_MARK + news)

    # Waiting room --------------------------------------------------------

    def set_waiting_room(self, round_key: str, room: WaitingRoom) -> None:
        """What the office decided; who waits keeps the place."""
        self.client.hset(f"{self._prefix(round_key)}wr", mapping=room.as_fields())

    def join_queue(
        self, round_key: str, student_id: int, ticket: str = "", *, always: bool = False
    ) -> QueuePlace:
        """Take a place, or learn that there is no need to.

        :param ticket: of an earlier place, which is given back if Redis lost it
        :param always: enter even while there is room for everybody
        :raises SeatRefused: ``NO_ELIGIBILITY``, ``WINDOW_CLOSED``, ``MAP_REBUILDING``, or the
            reason that was stored with the eligibility
        """
        reply = self._ask("queue_join", round_key, student_id, ticket, "1" if always else "")
        return QueuePlace.parse(reply)

    def look_queue(self, round_key: str, ticket: str) -> QueuePlace:
        """Where the owner of a ticket stands; to look keeps the place and the pass.

        :raises SeatRefused: ``QUEUE_PLACE_LOST``, ``MAP_REBUILDING``
        """
        return QueuePlace.parse(self._ask("queue_look", round_key, ticket))

    def leave_queue(self, round_key: str, student_id: int) -> None:
        """Give up the place and the pass."""
        self._run("queue_leave", round_key, student_id)

    def tick_queue(self, round_key: str) -> QueueFigures:
        """Let in whom there is room for, and count."""
        return QueueFigures(*map(int, self._run("queue_tick", round_key)))

    # Practice ------------------------------------------------------------

    def practice_book(self, round_key: str, student_id: int, token: str) -> None:
        """Turn a hold into a pretended booking, which no database hears of.

        :raises SeatRefused: ``HOLD_EXPIRED``
        """
        self._ask("practice_book", round_key, student_id, token)

    def practice_leave(self, round_key: str, student_id: int) -> bool:
        """Give a pretended booking back; false if there is none."""
        return self._run("practice_leave", round_key, student_id)[0] == "OK"

    def get_practice_bed(self, round_key: str, student_id: int) -> tuple[int, int, float] | None:
        """Floor id, map index and price of a pretended booking."""
        value = self.client.hget(f"{self._prefix(round_key)}pb", str(student_id))
        if not value:
            return None
        floor_id, index, price = value.split(":")
        return int(floor_id), int(index), float(price)

    def reset_practice(self, round_key: str) -> None:
        """Forget every hold and pretended booking; the maps are loaded again after it."""
        self._run("practice_reset", round_key)

    def take_practice_turn(self, round_key: str, ttl_ms: int) -> bool:
        """Whether it is time to start again; true once in ``ttl_ms``."""
        return bool(self.client.set(f"{self._prefix(round_key)}pt", 1, nx=True, px=ttl_ms))

    def get_practice_left(self, round_key: str) -> int:
        """Milliseconds until the practice starts again; 0 if it is about to."""
        return max(0, self.client.pttl(f"{self._prefix(round_key)}pt"))

    # Maps ----------------------------------------------------------------

    def mark(
        self,
        round_key: str,
        floor_id: int,
        index: int,
        state: str,
        fence: int,
        epoch: int,
        student_id: int | None = None,
    ) -> str:
        """Paint what PostgreSQL decided.

        :return: ``OK``, ``OLD`` (a newer decision is painted) or ``EPOCH`` (load first)
        """
        reply = self._run(
            "bed_mark", round_key, floor_id, index, state, fence, epoch, student_id or ""
        )
        return reply[0]

    def sweep(self, round_key: str, limit: int = 500) -> int:
        """Free beds whose hold ran out; returns how many were due."""
        return int(self._run("sweep", round_key, limit))

    def load_floor(
        self, round_key: str, epoch: int, floor: FloorLoad, only_at: int | None = None
    ) -> bool:
        """Load a floor; locks of students who still hold a free bed are kept.

        :param only_at: version at which the floor must still be, under the epoch in force
        :return: whether it was loaded
        """
        self.client.set(self._map_name(floor.key), f"{round_key}:{floor.floor_id}")
        if floor.card:
            self.client.set(f"{self._prefix(round_key)}fc:{floor.floor_id}", floor.card)
        version = self._run(
            "floor_load",
            round_key,
            floor.floor_id,
            epoch,
            floor.key,
            self.channel,
            floor.layout_version,
            floor.states,
            floor.genders,
            json.dumps([[i, fence] for i, fence in floor.fences.items()]),
            json.dumps([[i, str(price)] for i, price in floor.prices.items()]),
            "" if only_at is None else only_at,
        )
        return bool(version)

    def read_card(self, round_key: str, floor_id: int) -> str | None:
        """The floor in words, as JSON."""
        return self.client.get(f"{self._prefix(round_key)}fc:{floor_id}")

    def sum_floor(self, round_key: str, floor_id: int) -> FloorSum:
        """What a floor shows, short enough to be compared.

        :raises SeatRefused: ``MAP_REBUILDING``
        """
        epoch, version, checksum = self._ask("floor_sum", round_key, floor_id)
        return FloorSum(int(epoch), int(version), checksum)

    def read_events(self, round_key: str, count: int) -> list[tuple[str, dict[str, str]]]:
        """The oldest holds that began or ended, as (id, facts): ``w``, ``f``, ``i``, ``s``, ``y``.

        They stay until :meth:`drop_events`; the list is bounded, so a keeper that is away for
        long finds the newest hundred thousand.
        """
        return self.client.xrange(f"{self._prefix(round_key)}ev", count=count)

    def drop_events(self, round_key: str, event_ids: Iterable[str]) -> None:
        """Forget events that PostgreSQL has taken over."""
        self.client.xdel(f"{self._prefix(round_key)}ev", *event_ids)

    def get_epoch(self, round_key: str) -> int | None:
        value = self.client.get(f"{self._prefix(round_key)}ep")
        return int(value) if value else None

    def set_epoch(self, round_key: str, epoch: int) -> None:
        """Open the round's map for holds; the last step of a rebuild."""
        self.client.set(f"{self._prefix(round_key)}ep", epoch)

    def clear_epoch(self, round_key: str) -> None:
        """Refuse holds until the round is loaded again."""
        self.client.delete(f"{self._prefix(round_key)}ep")

    def find_map(self, key: str) -> tuple[str, int] | None:
        """Round key and floor id behind a map key."""
        value = self.client.get(self._map_name(key))
        if not value:
            return None
        round_key, floor_id = value.rsplit(":", 1)
        return round_key, int(floor_id)

    def read_floor(self, round_key: str, floor_id: int) -> FloorState:
        """Snapshot of a floor.

        :raises SeatRefused: ``MAP_REBUILDING``
        """
        epoch, version, layout, states, doors = self._ask("floor_read", round_key, floor_id)
        return FloorState(int(epoch), int(version), int(layout), states, int(doors))

    def peek_floors(self, round_key: str, floor_ids: Iterable[int]) -> dict[int, str | None]:
        """States of many floors in one call, as they were painted last; None if not loaded."""
        prefix = self._prefix(round_key)
        names = {floor_id: f"{prefix}fl:{floor_id}" for floor_id in floor_ids}
        if not names:
            return {}
        epoch, *states = self.client.mget([f"{prefix}ep", *names.values()])
        if epoch is None:
            return dict.fromkeys(names)
        return dict(zip(names, states, strict=True))

    def take_mutex(self, name: str, owner: str, ttl_ms: int) -> bool:
        """Become or stay the one who does a job; false if another is."""
        full = f"hostel:{self.namespace}:mutex:{name}"
        if self.client.set(full, owner, nx=True, px=ttl_ms):
            return True
        if self.client.get(full) != owner:
            return False
        return bool(self.client.pexpire(full, ttl_ms))

    def is_mutex_taken(self, name: str) -> bool:
        """Whether anybody does a job."""
        return bool(self.client.exists(f"hostel:{self.namespace}:mutex:{name}"))

    def free_mutex(self, name: str, owner: str) -> None:
        full = f"hostel:{self.namespace}:mutex:{name}"
        if self.client.get(full) == owner:
            self.client.delete(full)
