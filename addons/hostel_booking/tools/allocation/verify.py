"""State every promise of the engine about a result, without using the solver.

Only :mod:`.problem` and :mod:`.result` are read here; how a result came about is not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import TYPE_CHECKING

from .priority import choosing_order, lottery_number, priority_class
from .problem import ADJOINING, CAP, DEFERRED, digest_problem
from .result import digest_outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .problem import Applicant, Bed, Member, Problem
    from .result import Outcome, Result


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that a result breaks.

    :param code: such as ``BED_GIVEN_TWICE``
    :param facts: ids of what is concerned
    """

    code: str
    facts: tuple[object, ...] = ()


def verify(problem: Problem, result: Result) -> list[Violation]:
    """All promises that a result breaks; empty if it is sound."""
    check = _Check(problem, result)
    found = [
        *check.complete(),
        *check.hashes(),
        *check.seats(),
        *check.together(),
        *check.wishes(),
        *check.quotas(),
    ]
    # What follows reads the result as if it were whole.
    return found or [*check.waste(), *check.envy()]


class _Check:
    def __init__(self, problem: Problem, result: Result) -> None:
        self.problem = problem
        self.result = result
        self.policy = problem.policy
        self.beds = {bed.id: bed for bed in problem.beds}
        self.applicants = {one.id: one for one in problem.applicants}
        self.members = {m.id: m for one in problem.applicants for m in one.members}
        self.outcomes = {outcome.applicant: outcome for outcome in result.outcomes}
        self.holder: dict[int, Outcome] = {
            seat.bed: outcome for outcome in result.outcomes for seat in outcome.seats
        }
        self.rights: dict[object, tuple] = {}
        self.free_by_room: dict[int, list[Bed]] = defaultdict(list)
        for bed in problem.beds:
            if bed.id not in self.holder:
                self.free_by_room[bed.room].append(bed)

    # The shape ----------------------------------------------------------------

    def complete(self) -> Iterator[Violation]:
        if sorted(self.applicants) != sorted(o.applicant for o in self.result.outcomes):
            yield Violation("NOT_EVERYBODY")
            return
        order = choosing_order(self.problem.applicants, self.policy)
        for rank, one in enumerate(order, 1):
            if self.outcomes[one.id].rank != rank:
                yield Violation("WRONG_RANK", (one.id, rank))

    def hashes(self) -> Iterator[Violation]:
        if self.result.input_hash != digest_problem(self.problem):
            yield Violation("INPUT_HASH")
        if self.result.output_hash != digest_outcomes(self.result.outcomes):
            yield Violation("OUTPUT_HASH")

    def seats(self) -> Iterator[Violation]:
        """Each bed once, to somebody who may live there."""
        given = Counter(seat.bed for o in self.result.outcomes for seat in o.seats)
        for bed_id, times in given.items():
            if bed_id not in self.beds:
                yield Violation("NO_SUCH_BED", (bed_id,))
            elif times > 1:
                yield Violation("BED_GIVEN_TWICE", (bed_id,))
        for outcome in self.result.outcomes:
            for seat in outcome.seats:
                bed, member = self.beds.get(seat.bed), self.members.get(seat.member)
                if bed is None or member is None:
                    yield Violation("NO_SUCH_BED", (seat.bed, seat.member))
                elif bed.gender != member.gender:
                    yield Violation("WRONG_GENDER", (seat.bed, seat.member))
                elif not self._has_right(member, bed) and not self.policy.open_unclaimed:
                    yield Violation("KEPT_FOR_OTHERS", (seat.bed, seat.member))

    def together(self) -> Iterator[Violation]:
        """All members or none, in one room or, where the policy says so, side by side."""
        for outcome in self.result.outcomes:
            if not outcome.seats:
                continue
            one = self.applicants[outcome.applicant]
            if sorted(seat.member for seat in outcome.seats) != sorted(m.id for m in one.members):
                yield Violation("NOT_ALL_MEMBERS", (one.id,))
            beds = [self.beds[seat.bed] for seat in outcome.seats if seat.bed in self.beds]
            if not self._is_together(beds):
                yield Violation("NOT_TOGETHER", (one.id,))

    def _is_together(self, beds: list[Bed]) -> bool:
        if len({bed.room for bed in beds}) <= 1:
            return True
        orders = [bed.order for bed in beds]
        return (
            self.policy.cohort_rooms == ADJOINING
            and len({bed.floor for bed in beds}) == 1
            and max(orders) - min(orders) < len(beds)
        )

    def wishes(self) -> Iterator[Violation]:
        for outcome in self.result.outcomes:
            one = self.applicants[outcome.applicant]
            if not outcome.seats:
                continue
            if not 1 <= outcome.wish <= len(one.ranked):
                yield Violation("NO_SUCH_WISH", (one.id, outcome.wish))
                continue
            wish = one.ranked[outcome.wish - 1]
            for seat in outcome.seats:
                bed = self.beds.get(seat.bed)
                if bed and not (wish.matches(bed) and _may_live(one, bed)):
                    yield Violation("NOT_WISHED", (one.id, bed.id))

    def _has_right(self, member: Member, bed: Bed) -> bool:
        return not bed.reserved or bed.reserved in member.groups

    # Quotas -------------------------------------------------------------------

    def quotas(self) -> Iterator[Violation]:
        """Each student sits on seats that exist, in each scope that counts the bed."""
        used: Counter[object] = Counter()
        for outcome in self.result.outcomes:
            for seat in outcome.seats:
                if seat.bed in self.beds and seat.member in self.members:
                    if not self._sits_right(self.members[seat.member], self.beds[seat.bed], seat):
                        yield Violation("WRONG_SEAT", (seat.member, seat.bed))
                    used.update([*seat.quotas, *seat.pools])
        for quota in self.problem.quotas:
            if used[quota.id] > max(0, quota.seats - quota.taken):
                yield Violation("QUOTA_EXCEEDED", (quota.id,))
        for pool in self.problem.pools:
            if used[pool.scope.key] > max(0, pool.seats - pool.taken):
                yield Violation("POOL_EXCEEDED", (pool.scope.key,))

    def _sits_right(self, member: Member, bed: Bed, seat) -> bool:
        caps = {
            quota.id
            for quota in self.problem.quotas
            if quota.kind == CAP and quota.scope.covers(bed) and quota.group in member.groups
        }
        pools = {pool.scope.key for pool in self.problem.pools if pool.scope.covers(bed)}
        reserved = {q.id: q for q in self.problem.quotas if q.kind != CAP}
        sat = [reserved[quota_id] for quota_id in seat.quotas if quota_id in reserved]
        keys = [*seat.pools, *(quota.scope.key for quota in sat)]
        return (
            set(seat.quotas) - reserved.keys() == caps
            and sorted(keys) == sorted(pools)
            and all(quota.released or quota.group in member.groups for quota in sat)
        )

    # Waste ---------------------------------------------------------------------

    def waste(self) -> Iterator[Violation]:
        """No bed stays empty, and none for a disability goes elsewhere, while somebody waits."""
        waiting = [one for one in self.problem.applicants if not self.outcomes[one.id].seats]
        seen = set()
        for one in waiting:
            # Who asks for the same and is of the same groups gets the same answer.
            kind = (one.ranked, one.hostels, tuple(sorted(_face(m) for m in one.members)))
            if kind in seen:
                continue
            seen.add(kind)
            for beds in self._bundles(one, self.free_by_room):
                if self._fits(one, beds):
                    yield Violation("BED_LEFT_EMPTY", (one.id, *(bed.id for bed in beds)))
                    break
            if one.has_pwd:
                yield from self._passed_over(one)

    def _passed_over(self, one: Applicant) -> Iterator[Violation]:
        """Accessible beds that others got while this applicant would have taken them."""
        lost = defaultdict(list, {room: list(beds) for room, beds in self.free_by_room.items()})
        for bed_id, outcome in self.holder.items():
            bed, holder = self.beds[bed_id], self.applicants[outcome.applicant]
            if bed.accessible and not holder.has_pwd:
                lost[bed.room].append(bed)
        for beds in self._bundles(one, lost):
            if any(bed.accessible for bed in beds) and self._fits(one, beds):
                yield Violation("PWD_PASSED_OVER", (one.id, *(bed.id for bed in beds)))
                return

    def _bundles(self, one: Applicant, by_room: dict[int, list[Bed]]) -> Iterator[tuple[Bed, ...]]:
        """Sets of beds of one room that meet a wish, as many as there are members."""
        genders = {member.gender for member in one.members}
        for beds in by_room.values():
            good = [
                bed
                for bed in beds
                if bed.gender in genders
                and _may_live(one, bed)
                and any(wish.matches(bed) for wish in one.ranked)
            ]
            if len(good) >= len(one.members):
                yield from combinations(good, len(one.members))

    def _fits(self, one: Applicant, beds: tuple[Bed, ...]) -> bool:
        """Whether the members can sit on these beds in some order."""
        return any(
            all(
                bed.gender == member.gender and (self._has_right(member, bed) or self._is_open(bed))
                for member, bed in zip(members, beds, strict=True)
            )
            and self._seats_left(list(zip(members, beds, strict=True)))
            for members in permutations(one.members)
        )

    def _is_open(self, bed: Bed) -> bool:
        """A kept bed that was opened, since nobody of its group who would accept waits."""
        return self.policy.open_unclaimed

    def _seats_left(self, pairs: list[tuple[Member, Bed]]) -> bool:
        """Whether seats of the quotas are left for all of them together."""
        left = self._left()
        for member, bed in pairs:
            for key in self._needs(member, bed, left):
                if key is None:
                    return False
                left[key] -= 1
        return True

    def _left(self) -> Counter[object]:
        if not hasattr(self, "_left_now"):
            left: Counter[object] = Counter()
            left.update({q.id: q.seats - q.taken for q in self.problem.quotas})
            left.update({p.scope.key: p.seats - p.taken for p in self.problem.pools})
            for outcome in self.result.outcomes:
                for seat in outcome.seats:
                    left.subtract([*seat.quotas, *seat.pools])
            self._left_now = left
        return self._left_now.copy()

    def _needs(self, member: Member, bed: Bed, left: Counter[object]) -> Iterator[object]:
        for quota in self.problem.quotas:
            if quota.kind == CAP and quota.scope.covers(bed) and quota.group in member.groups:
                yield quota.id if left[quota.id] > 0 else None
        for pool in self.problem.pools:
            if not pool.scope.covers(bed):
                continue
            kept = [
                quota
                for quota in self.problem.quotas
                if quota.kind != CAP and quota.scope.key == pool.scope.key and left[quota.id] > 0
            ]
            own = [quota.id for quota in kept if quota.group in member.groups]
            key = [pool.scope.key] if left[pool.scope.key] > 0 else []
            free = [quota.id for quota in kept if quota.released]
            yield next(iter([*own, *key, *free]), None)

    # Envy ----------------------------------------------------------------------

    def envy(self) -> Iterator[Violation]:
        """No single prefers a bed whose holder, a single too, has less right to it.

        Deferred acceptance promises it without quotas only.
        """
        if self.policy.mechanism == DEFERRED and self.problem.quotas:
            return
        held = [
            (self.beds[seat.bed], self.applicants[o.applicant], seat)
            for o in self.result.outcomes
            if len(o.seats) == 1
            for seat in o.seats
        ]
        worst: dict[object, list[tuple[Bed, Applicant, object]]] = {}
        for one in self.problem.applicants:
            if len(one.members) != 1:
                continue
            outcome = self.outcomes[one.id]
            better = one.ranked[: outcome.wish - 1] if outcome.seats else one.ranked
            for wish in better:
                key = (wish, one.hostels, one.members[0].gender)
                if key not in worst:
                    worst[key] = self._weakest(
                        [
                            row
                            for row in held
                            if wish.matches(row[0])
                            and _may_live(one, row[0])
                            and row[0].gender == one.members[0].gender
                        ]
                    )
                for bed, holder, seat in worst[key]:
                    if self._envies(one, bed, holder, seat):
                        yield Violation("ENVY", (one.id, bed.id, holder.id))
                        break

    def _weakest(self, rows: list) -> list:
        """Of beds that are alike, the one whose holder has the least right."""
        found: dict[object, tuple] = {}
        for bed, holder, seat in rows:
            alike = (bed.hostel, bed.floor, bed.room_type, bed.reserved, bed.accessible)
            alike = (*alike, tuple(sorted(holder.members[0].groups)))
            if alike not in found or self._right(holder, bed) > self._right(*found[alike][1::-1]):
                found[alike] = (bed, holder, seat)
        return list(found.values())

    def _envies(self, one: Applicant, bed: Bed, holder: Applicant, seat) -> bool:
        [member] = one.members
        if not self._has_right(member, bed) or self._right(one, bed) >= self._right(holder, bed):
            return False
        left = self._left()
        left.update([*seat.quotas, *seat.pools])
        return all(key is not None for key in self._needs(member, bed, left))

    def _right(self, one: Applicant, bed: Bed) -> tuple:
        """Sort key of an applicant's right to a bed, the greatest right first."""
        criteria = self.policy.criteria
        if self.policy.mechanism == DEFERRED:
            criteria = dict(self.policy.hostel_criteria).get(bed.hostel, criteria)
        key = (one.id, criteria)
        if key not in self.rights:
            values = priority_class(one, criteria, self.policy)
            self.rights[key] = (values, lottery_number(self.policy.seed, one.id))
        return self.rights[key]


def _face(member: Member) -> tuple:
    return (member.gender, member.pwd, tuple(sorted(member.groups)))


def _may_live(one: Applicant, bed: Bed) -> bool:
    return one.hostels is None or bed.hostel in one.hostels
