"""How well a result serves whom: fill rate, wishes met, fairness between groups."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .problem import Member, Problem
    from .result import Result

# A group with fewer students is not shown: its figures would be those of persons.
SMALLEST_GROUP = 5
TOP_WISHES = 3


@dataclass(frozen=True, slots=True)
class GroupMeasure:
    """Shares of one group, between 0 and 1; None if the group is too small to show."""

    kind: str
    group: str
    students: int | None
    placed: float | None
    first_wish: float | None
    top_wishes: float | None


@dataclass(frozen=True, slots=True)
class Measures:
    """
    :param wishes: number of the wish → students who got it
    :param unplaced: reason → students; of a list the reason of the first wish
    """

    beds: int
    students: int
    placed: int
    wishes: Mapping[int, int]
    unplaced: Mapping[str, int]
    groups: tuple[GroupMeasure, ...]

    @property
    def fill_rate(self) -> float:
        return self.placed / self.beds if self.beds else 0.0

    @property
    def placed_rate(self) -> float:
        return self.placed / self.students if self.students else 0.0

    def top(self, count: int = TOP_WISHES) -> float:
        """Share of all students who got one of their first wishes."""
        got = sum(number for wish, number in self.wishes.items() if wish <= count)
        return got / self.students if self.students else 0.0

    @property
    def mean_wish(self) -> float:
        """Number of the wish that those who got one got on average."""
        total = sum(wish * number for wish, number in self.wishes.items())
        return total / self.placed if self.placed else 0.0


def measure(problem: Problem, result: Result) -> Measures:
    outcomes = result.by_applicant
    wishes: Counter[int] = Counter()
    unplaced: Counter[str] = Counter()
    got: dict[int, int] = {}
    for one in problem.applicants:
        outcome = outcomes[one.id]
        for member in one.members:
            got[member.id] = outcome.wish if outcome.seats else 0
        if outcome.seats:
            wishes[outcome.wish] += len(one.members)
        else:
            unplaced[outcome.missed[0].reason if outcome.missed else ""] += len(one.members)
    members = [member for one in problem.applicants for member in one.members]
    return Measures(
        beds=len(problem.beds),
        students=len(members),
        placed=sum(wishes.values()),
        wishes=dict(sorted(wishes.items())),
        unplaced=dict(sorted(unplaced.items())),
        groups=tuple(_measure_groups(members, got)),
    )


def _measure_groups(members: list[Member], got: Mapping[int, int]):
    facets = {
        "gender": lambda m: m.gender,
        "category": lambda m: m.category,
        "year": lambda m: str(m.year),
        "programme": lambda m: str(m.programme or ""),
        "pwd": lambda m: "yes" if m.pwd else "no",
    }
    for kind, facet in facets.items():
        groups: dict[str, list[int]] = {}
        for member in members:
            groups.setdefault(facet(member), []).append(got[member.id])
        hidden = _find_hidden(groups)
        for group, wishes in sorted(groups.items()):
            if group in hidden:
                yield GroupMeasure(kind, group, None, None, None, None)
            else:
                yield _measure_group(kind, group, wishes)


def _find_hidden(groups: Mapping[str, list[int]]) -> set[str]:
    """Groups that are not shown: small ones, and one more where a single one is small.

    Else its figures could be had by taking all the others from the total.
    """
    by_size = sorted(groups, key=lambda group: (len(groups[group]), group))
    hidden = [group for group in by_size if len(groups[group]) < SMALLEST_GROUP]
    if len(hidden) == 1:
        hidden = by_size[:2]
    return set(hidden)


def _measure_group(kind: str, group: str, wishes: list[int]) -> GroupMeasure:
    count = len(wishes)
    return GroupMeasure(
        kind,
        group,
        count,
        sum(1 for wish in wishes if wish) / count,
        sum(1 for wish in wishes if wish == 1) / count,
        sum(1 for wish in wishes if 1 <= wish <= TOP_WISHES) / count,
    )
