"""Numbered seats of quotas while a solution grows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .problem import CAP

if TYPE_CHECKING:
    from .problem import Bed, Member, Pool, Problem, Quota

PoolKey = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Claim:
    """Seats that a student takes with a bed."""

    quotas: tuple[int, ...] = ()
    pools: tuple[PoolKey, ...] = ()


NO_CLAIM = Claim()


class Ledger:
    """Which seats are taken.

    A student takes one seat in each scope with reserved seats: one of the own group if it
    has any left, else an open one, else one of a quota that was released. A member of a
    capped group takes one of the cap's seats too.
    """

    def __init__(self, problem: Problem) -> None:
        self.caps = [quota for quota in problem.quotas if quota.kind == CAP]
        self.pools = {pool.scope.key: pool for pool in problem.pools}
        self.reserved: dict[PoolKey, list[Quota]] = {key: [] for key in self.pools}
        for quota in problem.quotas:
            if quota.kind != CAP and quota.scope.key in self.reserved:
                self.reserved[quota.scope.key].append(quota)
        self.quota_free = {quota.id: quota.seats - quota.taken for quota in problem.quotas}
        self.pool_free = {key: pool.seats - pool.taken for key, pool in self.pools.items()}
        self.is_empty = not self.caps and not self.pools
        self._places: dict[tuple[int, int, int], tuple[list[Quota], list[Pool]]] = {}
        self._groups: dict[int, frozenset[str]] = {}

    def _place(self, bed: Bed) -> tuple[list[Quota], list[Pool]]:
        """Caps and pools that count a bed; the same for all of a floor and type."""
        key = (bed.hostel, bed.floor, bed.room_type)
        if key not in self._places:
            self._places[key] = (
                [quota for quota in self.caps if quota.scope.covers(bed)],
                [pool for pool in self.pools.values() if pool.scope.covers(bed)],
            )
        return self._places[key]

    def _groups_of(self, member: Member) -> frozenset[str]:
        if member.id not in self._groups:
            self._groups[member.id] = member.groups
        return self._groups[member.id]

    def claim(self, taken: list[tuple[Member, Bed]]) -> list[Claim] | None:
        """Seats for students who would take these beds together; None if there aren't enough.

        Nothing is taken yet.
        """
        if self.is_empty:
            return [NO_CLAIM] * len(taken)
        used: Counter[object] = Counter()
        claims = []
        for member, bed in taken:
            one = self._claim_one(self._groups_of(member), bed, used)
            if one is None:
                return None
            claims.append(one)
        return claims

    def _claim_one(self, groups: frozenset[str], bed: Bed, used: Counter[object]) -> Claim | None:
        caps, pools = self._place(bed)
        quota_ids: list[int] = []
        pool_keys: list[PoolKey] = []
        for quota in caps:
            if quota.group in groups:
                if self.quota_free[quota.id] <= used[quota.id]:
                    return None
                quota_ids.append(quota.id)
        for pool in pools:
            seat = self._seat_of(pool.scope.key, groups, used)
            if seat is None:
                return None
            if isinstance(seat, int):
                quota_ids.append(seat)
            else:
                pool_keys.append(seat)
        used.update(quota_ids)
        used.update(pool_keys)
        return Claim(tuple(quota_ids), tuple(pool_keys))

    def _seat_of(
        self, key: PoolKey, groups: frozenset[str], used: Counter[object]
    ) -> int | PoolKey | None:
        free = [quota for quota in self.reserved[key] if self.quota_free[quota.id] > used[quota.id]]
        for quota in free:
            if quota.group in groups:
                return quota.id
        if self.pool_free[key] > used[key]:
            return key
        for quota in free:
            if quota.released:
                return quota.id
        return None

    def take(self, claims: list[Claim], sign: int = 1) -> None:
        """Take the seats of a claim, or give them back with ``sign=-1``."""
        for claim in claims:
            for quota_id in claim.quotas:
                self.quota_free[quota_id] -= sign
            for key in claim.pools:
                self.pool_free[key] -= sign
