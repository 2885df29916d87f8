"""Rooms with their free beds, and the search for beds that meet a wish."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from . import result as r
from .ledger import Claim, Ledger
from .problem import ADJOINING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .problem import Applicant, Bed, Member, Problem, Wish

Taken = list[tuple["Member", "Bed"]]
# Applicants of one kind are served alike: what is not left for one is not left for the next.
Kind = tuple[object, ...]
LONGEST_ROW = 4


@dataclass(slots=True)
class Room:
    """A room in which beds are free; ``last`` is the rank of the last who took one."""

    id: int
    sample: Bed
    size: int
    free: list[Bed] = field(default_factory=list)
    last: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    taken: Taken
    claims: list[Claim]


class Rooms:
    """What is free, and for whom.

    A bed, a seat or a room that an applicant can't have is not free for any later applicant
    of the same kind either, as long as beds and seats are only taken. So each kind keeps a
    cursor into the rooms of a wish, and no room is looked at twice.

    :param problem: in canonical order
    :param ignore_kept: let anybody use beds that are kept for a group
    :param keep_accessible: let nobody use an accessible bed but students with a disability
        and their roommates
    """

    def __init__(
        self, problem: Problem, *, ignore_kept: bool = False, keep_accessible: bool = False
    ) -> None:
        self.problem = problem
        self.ignore_kept = ignore_kept
        self.keep_accessible = keep_accessible
        self.ledger = Ledger(problem)
        self.beds = {bed.id: bed for bed in problem.beds}
        self.rooms: dict[int, Room] = {}
        self.groups_that_matter = {quota.group for quota in problem.quotas}
        for bed in problem.beds:
            room = self.rooms.get(bed.room)
            if room is None:
                room = self.rooms[bed.room] = Room(bed.room, bed, 0)
            room.free.append(bed)
            room.size += 1
            if bed.reserved:
                self.groups_that_matter.add(bed.reserved)
        self._by_hostel: dict[int, list[Room]] = {}
        for room in self.rooms.values():
            self._by_hostel.setdefault(room.sample.hostel, []).append(room)
        self._of_wish: dict[object, list[Room]] = {}
        self._lists: dict[object, list[Room]] = {}
        self._cursors: dict[Kind, int] = {}
        self._row_cursors: dict[Kind, int] = {}
        self._why: dict[Kind, tuple[str, int]] = {}
        self._groups: dict[int, frozenset[str]] = {}

    # Kinds -----------------------------------------------------------------

    def groups(self, member: Member) -> frozenset[str]:
        """Groups of a student, those that no bed and no quota asks for left out."""
        if member.id not in self._groups:
            self._groups[member.id] = member.groups & self.groups_that_matter
        return self._groups[member.id]

    def kind(self, applicant: Applicant, wish: Wish) -> Kind:
        members = applicant.members
        if len(members) == 1:
            one = members[0]
            return (wish, applicant.hostels, one.gender, one.pwd, self.groups(one))
        return (
            wish,
            applicant.hostels,
            tuple(sorted((m.gender, m.pwd, *sorted(self.groups(m))) for m in members)),
        )

    # Candidates --------------------------------------------------------------

    def matching(self, applicant: Applicant, wish: Wish) -> list[Room]:
        """Rooms of the wish where the applicant may live, whoever the rooms are for."""
        key = (wish, applicant.hostels)
        if key not in self._of_wish:
            self._of_wish[key] = [
                room
                for room in self._start(wish)
                if wish.matches(room.sample)
                and (applicant.hostels is None or room.sample.hostel in applicant.hostels)
            ]
        return self._of_wish[key]

    def _start(self, wish: Wish) -> Sequence[Room]:
        if wish.room is not None:
            return [self.rooms[wish.room]] if wish.room in self.rooms else []
        if wish.hostel is not None:
            return self._by_hostel.get(wish.hostel, [])
        return list(self.rooms.values())

    def candidates(self, applicant: Applicant, wish: Wish) -> list[Room]:
        """Rooms of the wish for the applicant's gender, in the order in which they are filled.

        Who needs an accessible bed looks at rooms with one first, all others at them last.
        """
        genders = {member.gender for member in applicant.members}
        gender = genders.pop() if len(genders) == 1 else ""
        key = (wish, applicant.hostels, gender, applicant.has_pwd)
        if key not in self._lists:
            rooms = [
                room
                for room in self.matching(applicant, wish)
                if gender and room.sample.gender == gender
            ]
            wants = applicant.has_pwd
            rooms.sort(key=lambda room: any(bed.accessible for bed in room.free) != wants)
            self._lists[key] = rooms
        return self._lists[key]

    # Search ------------------------------------------------------------------

    def find(self, applicant: Applicant, wish: Wish) -> Found | None:
        """Beds for all members that meet a wish, or None; nothing is taken yet."""
        kind = self.kind(applicant, wish)
        rooms = self.candidates(applicant, wish)
        cursor = self._cursors.get(kind, 0)
        found = None
        while cursor < len(rooms):
            found = self.fit(applicant.members, self._offered(applicant, rooms[cursor].free))
            if found:
                break
            cursor += 1
        self._cursors[kind] = cursor
        if found is None and self._may_spread(applicant):
            found = self._find_row(applicant, rooms, kind)
        return found

    def _may_spread(self, applicant: Applicant) -> bool:
        return self.problem.policy.cohort_rooms == ADJOINING and len(applicant.members) > 1

    def _find_row(self, applicant: Applicant, rooms: list[Room], kind: Kind) -> Found | None:
        """Beds in rooms side by side, for a cohort that no single room takes."""
        rows = list(adjoining_rows(rooms, len(applicant.members)))
        cursor = self._row_cursors.get(kind, 0)
        found = None
        while cursor < len(rows):
            free = [bed for room in rows[cursor] for bed in room.free]
            found = self.fit(applicant.members, self._offered(applicant, free))
            if found:
                break
            cursor += 1
        self._row_cursors[kind] = cursor
        return found

    def _offered(self, applicant: Applicant, free: list[Bed]) -> list[Bed]:
        if self.keep_accessible and not applicant.has_pwd:
            return [bed for bed in free if not bed.accessible]
        return free

    def fit(self, members: tuple[Member, ...], free: list[Bed]) -> Found | None:
        """One bed for each member out of these, with seats of the quotas."""
        if len(free) < len(members):
            return None
        if len(members) == 1:
            taken = self._fit_one(members[0], free)
        else:
            taken = self._fit_all(members, free)
        if taken is None:
            return None
        claims = self.ledger.claim(taken)
        return None if claims is None else Found(taken, claims)

    def may_use(self, member: Member, bed: Bed) -> bool:
        return bed.gender == member.gender and (
            not bed.reserved or self.ignore_kept or bed.reserved in self.groups(member)
        )

    def _fit_one(self, member: Member, free: list[Bed]) -> Taken | None:
        usable = [bed for bed in free if self.may_use(member, bed)]
        if not usable:
            return None
        return [(member, min(usable, key=lambda bed: _liking(member, bed)))]

    def _fit_all(self, members: tuple[Member, ...], free: list[Bed]) -> Taken | None:
        """A bed for each: who has the fewest to choose from comes first, others make room."""
        options = {
            member.id: sorted(
                (bed for bed in free if self.may_use(member, bed)),
                key=lambda bed, member=member: _liking(member, bed),
            )
            for member in members
        }
        holder: dict[int, Member] = {}

        def seat(member: Member, seen: set[int]) -> bool:
            for bed in options[member.id]:
                if bed.id in seen:
                    continue
                seen.add(bed.id)
                if bed.id not in holder or seat(holder[bed.id], seen):
                    holder[bed.id] = member
                    return True
            return False

        for member in sorted(members, key=lambda m: (not m.pwd, len(options[m.id]), m.id)):
            if not seat(member, set()):
                return None
        beds = {bed.id: bed for bed in free}
        return sorted(
            ((member, beds[bed_id]) for bed_id, member in holder.items()),
            key=lambda pair: pair[0].id,
        )

    # Taking ------------------------------------------------------------------

    def take(self, found: Found, rank: int) -> tuple[r.Seat, ...]:
        for _member, bed in found.taken:
            room = self.rooms[bed.room]
            room.free.remove(bed)
            room.last = max(room.last, rank)
        self.ledger.take(found.claims)
        return tuple(
            r.Seat(member.id, bed.id, claim.quotas, claim.pools)
            for (member, bed), claim in zip(found.taken, found.claims, strict=True)
        )

    def take_again(self, outcome: r.Outcome) -> None:
        """Take what an applicant has already."""
        for seat in outcome.seats:
            bed = self.beds[seat.bed]
            room = self.rooms[bed.room]
            room.free.remove(bed)
            room.last = max(room.last, outcome.rank)
        self.ledger.take([Claim(seat.quotas, seat.pools) for seat in outcome.seats])

    # Reasons -----------------------------------------------------------------

    def why(self, applicant: Applicant, wish: Wish) -> tuple[str, int]:
        """Why a wish can't be met now, and the rank of the last who took of it."""
        kind = self.kind(applicant, wish)
        if kind not in self._why:
            self._why[kind] = self._find_reason(applicant, wish)
        return self._why[kind]

    def _find_reason(self, applicant: Applicant, wish: Wish) -> tuple[str, int]:
        size = len(applicant.members)
        if not self.matching(applicant, wish):
            return r.NO_SUCH_ROOM, 0
        rooms = self.candidates(applicant, wish)
        if not rooms:
            return r.NOT_YOUR_GENDER, 0
        if not self._may_spread(applicant) and all(room.size < size for room in rooms):
            return r.ROOM_TOO_SMALL, 0
        roomy = [room for room in rooms if len(room.free) >= size]
        if any(self._fit_all(applicant.members, room.free) for room in roomy):
            return r.QUOTA_FULL, 0
        last = max(room.last for room in rooms)
        if last:
            return r.FILLED, last
        return (r.KEPT_FOR_OTHERS if roomy else r.ROOM_TOO_SMALL), 0


def _liking(member: Member, bed: Bed) -> tuple[bool, bool, int, int]:
    """Which bed of a room a student takes: what others need stays for them."""
    return (bed.accessible != member.pwd, not bed.reserved, bed.order, bed.id)


def adjoining_rows(rooms: list[Room], size: int) -> Iterator[list[Room]]:
    """Rooms of one floor that follow each other, short rows first."""
    ordered = sorted(
        rooms, key=lambda room: (room.sample.hostel, room.sample.floor, room.sample.order, room.id)
    )
    for length in range(2, min(size, LONGEST_ROW) + 1):
        for start in range(len(ordered) - length + 1):
            row = ordered[start : start + length]
            if all(_adjoin(left, right) for left, right in pairwise(row)):
                yield row


def _adjoin(left: Room, right: Room) -> bool:
    return left.sample.floor == right.sample.floor and right.sample.order - left.sample.order == 1
