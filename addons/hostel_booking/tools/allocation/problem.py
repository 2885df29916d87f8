"""What the engine is asked: beds, applicants with ranked wishes, quotas and a policy.

Everything is immutable and knows no database. Ids are the caller's. The order in which beds,
applicants and quotas are given never matters: :meth:`Problem.canonical` sorts them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace

SERIAL, DEFERRED = "serial_dictatorship", "deferred_acceptance"
MECHANISMS = (SERIAL, DEFERRED)
CAP, RESERVED = "cap", "reserved"
ONE_ROOM, ADJOINING = "room", "adjoining"
# What may order the applicants, each with the value that goes first.
CRITERIA = ("year", "year_junior", "merit", "distance", "slot")
PWD = "pwd"


@dataclass(frozen=True, slots=True)
class Bed:
    """A free bed.

    :param order: place of the bed on its floor; rooms that follow each other adjoin
    :param gender: who may live in the room; empty means nobody yet
    :param reserved: group key for which the bed is kept, such as ``category:sc``; empty: all
    """

    id: int
    room: int
    floor: int
    hostel: int
    room_type: int
    gender: str
    order: int = 0
    amenities: frozenset[int] = frozenset()
    accessible: bool = False
    reserved: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """One student. ``merit``: higher first; ``distance`` of home in km: farther first; ``slot``:
    rank in the published slots of the window, smaller first, and 0 (none) last."""

    id: int
    gender: str
    year: int = 1
    merit: float = 0.0
    distance: float = 0.0
    category: str = ""
    pwd: bool = False
    programme: int = 0
    slot: int = 0

    @property
    def groups(self) -> frozenset[str]:
        """Keys of the groups for which beds and seats may be kept."""
        keys = {f"gender:{self.gender}", f"year:{self.year}"}
        if self.category:
            keys.add(f"category:{self.category}")
        if self.programme:
            keys.add(f"programme:{self.programme}")
        if self.pwd:
            keys.add(PWD)
        return frozenset(keys)


@dataclass(frozen=True, slots=True)
class Wish:
    """A class of rooms that are equally welcome; what is None is welcome in any form."""

    hostel: int | None = None
    room_type: int | None = None
    floor: int | None = None
    room: int | None = None
    amenities: frozenset[int] = frozenset()

    def matches(self, bed: Bed) -> bool:
        return (
            (self.hostel is None or self.hostel == bed.hostel)
            and (self.room_type is None or self.room_type == bed.room_type)
            and (self.floor is None or self.floor == bed.floor)
            and (self.room is None or self.room == bed.room)
            and self.amenities <= bed.amenities
        )


ANYTHING = Wish()


@dataclass(frozen=True, slots=True)
class Applicant:
    """A student alone, or a cohort that takes beds together or not at all.

    :param wishes: best first; no wish at all means that any bed is welcome
    :param hostels: ids where the applicant may live at all, None: in all
    """

    id: int
    members: tuple[Member, ...]
    wishes: tuple[Wish, ...] = ()
    hostels: frozenset[int] | None = None

    @property
    def ranked(self) -> tuple[Wish, ...]:
        return self.wishes or (ANYTHING,)

    @property
    def has_pwd(self) -> bool:
        return any(member.pwd for member in self.members)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a quota counts; what is None is not looked at."""

    hostel: int | None = None
    floor: int | None = None
    room_type: int | None = None

    def covers(self, bed: Bed) -> bool:
        return (
            (self.hostel is None or self.hostel == bed.hostel)
            and (self.floor is None or self.floor == bed.floor)
            and (self.room_type is None or self.room_type == bed.room_type)
        )

    @property
    def key(self) -> tuple[int, int, int]:
        return (self.hostel or 0, self.floor or 0, self.room_type or 0)


@dataclass(frozen=True, slots=True)
class Quota:
    """Numbered seats of a group.

    ``cap``: at most so many of the group live in the scope. ``reserved``: so many of the
    scope's beds are the group's; all others share the open seats of :class:`Pool`.

    :param taken: seats that were taken before
    :param released: a reserved quota whose empty seats anybody may take
    """

    id: int
    group: str
    kind: str
    seats: int
    scope: Scope = field(default_factory=Scope)
    taken: int = 0
    released: bool = False


@dataclass(frozen=True, slots=True)
class Pool:
    """The open seats of a scope that has reserved ones: its beds less those seats."""

    scope: Scope
    seats: int
    taken: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """How the applicants are ordered and what a cohort may take.

    :param criteria: of :data:`CRITERIA`, most important first; equals are drawn by lot
    :param steps: criterion → width of a class, such as half a grade point
    :param seed: of the lottery inside a class
    :param cohort_rooms: ``room``: one room only; ``adjoining``: else rooms in a row
    :param open_unclaimed: beds kept for a group go to those left over once nobody of the
        group who would accept waits; whoever counts on it may gain by hiding a wish
    :param hostel_criteria: hostel → criteria of its own; deferred acceptance only
    """

    mechanism: str = SERIAL
    criteria: tuple[str, ...] = ("year", "merit", "distance")
    steps: tuple[tuple[str, float], ...] = ()
    seed: str = "0"
    cohort_rooms: str = ONE_ROOM
    open_unclaimed: bool = False
    hostel_criteria: tuple[tuple[int, tuple[str, ...]], ...] = ()

    def check(self) -> None:
        """
        :raises ValueError: if something is named that the engine doesn't know
        """
        if self.mechanism not in MECHANISMS or self.cohort_rooms not in (ONE_ROOM, ADJOINING):
            raise ValueError(f"unknown policy: {self.mechanism}, {self.cohort_rooms}")
        every = [self.criteria, *(criteria for _hostel, criteria in self.hostel_criteria)]
        unknown = {name for criteria in every for name in criteria} - set(CRITERIA)
        if unknown:
            raise ValueError(f"unknown criteria: {sorted(unknown)}")


@dataclass(frozen=True, slots=True)
class Problem:
    beds: tuple[Bed, ...]
    applicants: tuple[Applicant, ...]
    quotas: tuple[Quota, ...] = ()
    pools: tuple[Pool, ...] = ()
    policy: Policy = field(default_factory=Policy)

    def check(self) -> None:
        """
        :raises ValueError: if a bed, an applicant or a student is named twice, or somebody is
            in no applicant
        """
        self.policy.check()
        for name, ids in (
            ("bed", [bed.id for bed in self.beds]),
            ("applicant", [one.id for one in self.applicants]),
            ("student", [m.id for one in self.applicants for m in one.members]),
            ("quota", [quota.id for quota in self.quotas]),
        ):
            if len(ids) != len(set(ids)):
                raise ValueError(f"a {name} is named twice")
        if any(not one.members for one in self.applicants):
            raise ValueError("an applicant without members")

    def canonical(self) -> Problem:
        """The same problem in the one order that is solved and hashed."""
        return replace(
            self,
            beds=tuple(sorted(self.beds, key=bed_order)),
            applicants=tuple(
                replace(one, members=tuple(sorted(one.members, key=lambda m: m.id)))
                for one in sorted(self.applicants, key=lambda one: one.id)
            ),
            quotas=tuple(sorted(self.quotas, key=lambda quota: quota.id)),
            pools=tuple(sorted(self.pools, key=lambda pool: pool.scope.key)),
        )


def bed_order(bed: Bed) -> tuple[int, int, int, int]:
    return (bed.hostel, bed.floor, bed.order, bed.id)


def digest(value: object) -> str:
    """SHA-256 of a value as JSON: anybody can compute it again."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_problem(problem: Problem) -> str:
    """SHA-256 of a problem, whatever the order in which its parts were given."""
    return digest(problem.canonical())


def _plain(value: object) -> list[object]:
    """Sets in order; records as the list of their fields' values."""
    if isinstance(value, frozenset):
        return sorted(value)
    return [getattr(value, name) for name in value.__slots__]
