"""Solve a problem: serial dictatorship over priority classes, or deferred acceptance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .deferred import SingleProposals
from .priority import choosing_order
from .problem import DEFERRED, digest_problem
from .result import Missed, Outcome, Result, digest_outcomes
from .rooms import Rooms

if TYPE_CHECKING:
    from .problem import Applicant, Problem

Outcomes = dict[int, Outcome]


def solve(problem: Problem) -> Result:
    """Give every applicant beds together, or none, and say why.

    The same problem gives the same result, whatever the order of its parts.

    :raises ValueError: see :meth:`.Problem.check`
    """
    problem.check()
    problem = problem.canonical()
    order = choosing_order(problem.applicants, problem.policy)
    if problem.policy.mechanism == DEFERRED:
        outcomes = _accept_deferred(problem, order)
    else:
        outcomes = _choose_in_turn(Rooms(problem), order)
    if problem.policy.open_unclaimed:
        outcomes = _choose_rest(problem, order, outcomes, ignore_kept=True)
    done = tuple(outcomes[one.id] for one in problem.applicants)
    return Result(done, digest_problem(problem), digest_outcomes(done))


def _choose_in_turn(rooms: Rooms, order: list[Applicant]) -> Outcomes:
    """Each applicant takes the best that is left."""
    return {one.id: _choose(rooms, one, rank) for rank, one in enumerate(order, 1)}


def _choose(rooms: Rooms, applicant: Applicant, rank: int) -> Outcome:
    missed = []
    for number, wish in enumerate(applicant.ranked, 1):
        found = rooms.find(applicant, wish)
        if found:
            return Outcome(applicant.id, rank, number, rooms.take(found, rank), tuple(missed))
        missed.append(Missed(number, *rooms.why(applicant, wish)))
    return Outcome(applicant.id, rank, missed=tuple(missed))


def _choose_rest(
    problem: Problem, order: list[Applicant], outcomes: Outcomes, *, ignore_kept: bool = False
) -> Outcomes:
    """Those who have nothing choose in turn from what is left."""
    rooms = Rooms(problem, ignore_kept=ignore_kept)
    for outcome in outcomes.values():
        rooms.take_again(outcome)
    outcomes = dict(outcomes)
    for rank, applicant in enumerate(order, 1):
        known = outcomes.get(applicant.id)
        if not known or not known.seats:
            outcomes[applicant.id] = _choose(rooms, applicant, rank)
    return outcomes


def _accept_deferred(problem: Problem, order: list[Applicant]) -> Outcomes:
    """Singles propose and rooms keep those with the best standing; cohorts are seated before.

    With cohorts a stable outcome need not exist at all (as with couples), so they get what
    they would have in a serial dictatorship. Among singles nobody prefers a bed whose holder
    has less right to it.
    """
    ranks = {one.id: rank for rank, one in enumerate(order, 1)}
    cohorts = [one for one in order if len(one.members) > 1]
    outcomes: Outcomes = {}
    if cohorts:
        # What singles with a disability may still want is not given away before they propose.
        in_turn = _choose_in_turn(Rooms(problem, keep_accessible=True), order)
        outcomes = {one.id: in_turn[one.id] for one in cohorts if in_turn[one.id].seats}
    rooms = Rooms(problem)
    for outcome in outcomes.values():
        rooms.take_again(outcome)
    outcomes |= SingleProposals(problem, rooms, ranks).run()
    return _explain(problem, order, _choose_rest(problem, order, outcomes))


def _explain(problem: Problem, order: list[Applicant], outcomes: Outcomes) -> Outcomes:
    """Say of each wish before the one that was met what stands in its way at the end."""
    rooms = Rooms(problem)
    for outcome in outcomes.values():
        rooms.take_again(outcome)
    return {
        one.id: replace(
            outcomes[one.id],
            missed=tuple(
                Missed(number, *rooms.why(one, wish))
                for number, wish in enumerate(one.ranked, 1)
                if not outcomes[one.id].seats or number < outcomes[one.id].wish
            ),
        )
        for one in order
    }
