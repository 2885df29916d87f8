"""Student-proposing deferred acceptance (Gale and Shapley 1962), and its use on rooms.

No other stable outcome is better for any proposer, and no proposer gains by a false list.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from typing import TYPE_CHECKING, Protocol, TypeVar

from .priority import lottery_number, priority_class
from .result import Outcome, Seat

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from .ledger import Claim
    from .problem import Applicant, Bed, Member, Problem, Wish
    from .rooms import Room, Rooms

Place = TypeVar("Place")
# A room's beds that differ in nothing: room, accessible, kept for.
Cell = tuple[int, bool, str]


class Seats(Protocol):
    """Limits beyond a place's capacity."""

    def take(self, proposer: int, place: Hashable) -> bool: ...

    def give_back(self, proposer: int) -> None: ...


class NoLimits:
    def take(self, proposer: int, place: Hashable) -> bool:
        return True

    def give_back(self, proposer: int) -> None:
        pass


def deferred_acceptance(
    proposers: Sequence[int],
    preferences: Callable[[int], Iterable[Place]],
    standing: Callable[[Place, int], object | None],
    capacity: Mapping[Place, int],
    seats: Seats | None = None,
) -> dict[int, Place]:
    """Match proposers with places.

    :param proposers: the order in which they begin; it doesn't change the outcome
    :param preferences: places of a proposer, best first
    :param standing: sort key of a proposer at a place, smallest is best; None: not acceptable
    :param capacity: how many a place takes
    :param seats: what else must be free; stability is promised without it only
    :return: proposer → place; who is missing got none
    """
    limits = seats or NoLimits()
    held: dict[Place, list[tuple[object, int]]] = {}
    at: dict[int, Place] = {}
    lists: dict[int, Iterator[Place]] = {}
    pending = list(reversed(proposers))
    while pending:
        who = pending.pop()
        if who not in lists:
            lists[who] = iter(preferences(who))
        for place in lists[who]:
            mine = standing(place, who)
            room = capacity.get(place, 0)
            if mine is None or not room:
                continue
            holders = held.setdefault(place, [])
            worst = None
            if len(holders) >= room:
                if not (mine, who) < holders[-1]:
                    continue
                worst = holders.pop()
                limits.give_back(worst[1])
            if not limits.take(who, place):
                if worst:
                    limits.take(worst[1], place)
                    holders.append(worst)
                continue
            insort(holders, (mine, who))
            at[who] = place
            if worst:
                del at[worst[1]]
                pending.append(worst[1])
            break
    return at


class SingleProposals:
    """Singles propose to the rooms that are left.

    :param rooms: free beds; nothing is taken from them here
    :param ranks: applicant → place in the common order
    """

    def __init__(self, problem: Problem, rooms: Rooms, ranks: Mapping[int, int]) -> None:
        self.policy = problem.policy
        self.rooms = rooms
        self.ranks = ranks
        self.singles = {one.id: one for one in problem.applicants if len(one.members) == 1}
        self.criteria = dict(problem.policy.hostel_criteria)
        self.cells: dict[Cell, list[Bed]] = {}
        self.cells_of: dict[int, list[Cell]] = {}
        for room in rooms.rooms.values():
            for bed in room.free:
                cell = (room.id, bed.accessible, bed.reserved)
                if cell not in self.cells:
                    self.cells[cell] = []
                    self.cells_of.setdefault(room.id, []).append(cell)
                self.cells[cell].append(bed)
        self.wish_of: dict[int, int] = {}
        self.claims: dict[int, tuple[Cell, list[Claim]]] = {}
        self.holders: Counter[Cell] = Counter()
        self._front = 0
        self._starts: dict[object, int] = {}
        self._standings: dict[tuple[int, object], tuple[object, ...]] = {}

    def run(self) -> dict[int, Outcome]:
        order = sorted(self.singles, key=self.ranks.__getitem__)
        capacity = {cell: len(beds) for cell, beds in self.cells.items()}
        at = deferred_acceptance(order, self._preferences, self._standing, capacity, self)
        return self._outcomes(at)

    # The proposers ---------------------------------------------------------------

    def _preferences(self, who: int) -> Iterator[Cell]:
        applicant = self.singles[who]
        member = applicant.members[0]
        for number, wish in enumerate(applicant.ranked, 1):
            self.wish_of[who] = number
            rooms = self.rooms.candidates(applicant, wish)
            for place in range(self._start(applicant, wish, rooms), len(rooms)):
                yield from self._cells_for(member, rooms[place])

    def _start(self, applicant: Applicant, wish: Wish, rooms: list[Room]) -> int:
        """Where it makes sense to begin: rooms full of people who all come first are skipped.

        That is sure for whoever comes later in the order than all who have proposed so far,
        where all hostels share the order.
        """
        rank = self.ranks[applicant.id]
        self._front = max(self._front, rank)
        if self.criteria or rank < self._front:
            return 0
        kind = self.rooms.kind(applicant, wish)
        start = self._starts.get(kind, 0)
        while start < len(rooms) and self._is_full(applicant.members[0], rooms[start]):
            start += 1
        self._starts[kind] = start
        return start

    def _is_full(self, member: Member, room: Room) -> bool:
        return all(
            self.holders[cell] >= len(self.cells[cell]) for cell in self._cells_for(member, room)
        )

    def _cells_for(self, member: Member, room: Room) -> list[Cell]:
        cells = [
            cell
            for cell in self.cells_of.get(room.id, ())
            if self.rooms.may_use(member, self.cells[cell][0])
        ]
        if len(cells) > 1:
            cells.sort(key=lambda cell: (cell[1] != member.pwd, not cell[2]))
        return cells

    # The rooms -------------------------------------------------------------------

    def _standing(self, cell: Cell, who: int) -> tuple[object, ...]:
        """Sort key at a room: a hostel may have criteria of its own."""
        criteria = self.criteria.get(self.cells[cell][0].hostel, self.policy.criteria)
        key = (who, criteria)
        if key not in self._standings:
            values = priority_class(self.singles[who], criteria, self.policy)
            self._standings[key] = (values, lottery_number(self.policy.seed, who))
        return self._standings[key]

    # Seats of the quotas -----------------------------------------------------------

    def take(self, proposer: int, place: Cell) -> bool:
        member = self.singles[proposer].members[0]
        claims = self.rooms.ledger.claim([(member, self.cells[place][0])])
        if claims is None:
            return False
        self.rooms.ledger.take(claims)
        self.claims[proposer] = (place, claims)
        self.holders[place] += 1
        return True

    def give_back(self, proposer: int) -> None:
        place, claims = self.claims.pop(proposer)
        self.rooms.ledger.take(claims, sign=-1)
        self.holders[place] -= 1

    def _outcomes(self, at: Mapping[int, Cell]) -> dict[int, Outcome]:
        outcomes = {}
        beds = {cell: iter(list_) for cell, list_ in self.cells.items()}
        for who in sorted(at, key=self.ranks.__getitem__):
            member = self.singles[who].members[0]
            [claim] = self.claims[who][1]
            seat = Seat(member.id, next(beds[at[who]]).id, claim.quotas, claim.pools)
            outcomes[who] = Outcome(who, self.ranks[who], self.wish_of[who], (seat,))
        return outcomes
