"""What the engine answers: who sleeps where, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .problem import digest

PLACED, UNPLACED = "PLACED", "UNPLACED"
# Why a wish could not be met.
NO_SUCH_ROOM = "NO_SUCH_ROOM"  # no free bed matched it before anybody chose
NOT_YOUR_GENDER = "NOT_YOUR_GENDER"
ROOM_TOO_SMALL = "ROOM_TOO_SMALL"  # no room has so many beds for a cohort
KEPT_FOR_OTHERS = "KEPT_FOR_OTHERS"  # only reserved beds were left
QUOTA_FULL = "QUOTA_FULL"
FILLED = "FILLED"  # by others, the last of them had rank ``by``


@dataclass(frozen=True, slots=True)
class Seat:
    """Where one student sleeps.

    :param seats: ids of the quotas of which a seat is taken
    :param pools: keys of the scopes of which an open seat is taken
    """

    member: int
    bed: int
    quotas: tuple[int, ...] = ()
    pools: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Missed:
    """A wish before the one that was met, and what stood in the way.

    :param wish: its number, from 1
    :param by: rank of the last who took a bed of it, 0 if nobody did
    """

    wish: int
    reason: str
    by: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one applicant.

    :param rank: place in the order, from 1
    :param wish: number of the wish that was met, 0 if none was
    """

    applicant: int
    rank: int
    wish: int = 0
    seats: tuple[Seat, ...] = ()
    missed: tuple[Missed, ...] = ()

    @property
    def code(self) -> str:
        return PLACED if self.seats else UNPLACED

    def facts(self) -> dict[str, Any]:
        """The explanation as plain data."""
        return {
            "code": self.code,
            "rank": self.rank,
            "wish": self.wish,
            "missed": [[one.wish, one.reason, one.by] for one in self.missed],
        }


@dataclass(frozen=True, slots=True)
class Result:
    outcomes: tuple[Outcome, ...]
    input_hash: str
    output_hash: str

    @property
    def by_applicant(self) -> dict[int, Outcome]:
        return {outcome.applicant: outcome for outcome in self.outcomes}


def digest_outcomes(outcomes: tuple[Outcome, ...]) -> str:
    """SHA-256 of who got which bed and of every explanation."""
    return digest(
        [
            [one.applicant, [[seat.member, seat.bed] for seat in one.seats], one.facts()]
            for one in outcomes
        ]
    )
