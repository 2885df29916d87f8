"""How well two students would share a room, from what both said about how they live.

The only input is :class:`Answers`. It has one place for each question of the questionnaire
and none for anything else, so category, religion, disability, gender, income or marks can't
reach a score even by mistake. The questionnaire asks about the room, not about the person:
what may be eaten in it, not what somebody believes.

A score is shown to people who must not learn each other's answers from it. The true one
(:func:`score`) is for the engine and for students who know each other; strangers see
:func:`shown_score` of it.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Fewer common answers say too little, and one of them would show through the score.
MIN_COMMON = 5
# What strangers see: steps of five within these bounds, so that no score means "all alike".
STEP = 5
LOWEST, HIGHEST = 20, 95
# How far a shown score may lie from the true one before it is rounded.
JITTER = 4


@dataclass(frozen=True)
class Question:
    """One question of the questionnaire.

    :param weight: how much a difference matters in a room
    :param scale: its answers from one end to the other
    :param indifferent: the answer of those who don't mind; it is half as far from all others
    """

    weight: int
    scale: tuple[str, ...]
    indifferent: str = ""

    def likeness(self, one: str, other: str) -> float:
        """1 for the same answer, 0 for opposite ends of the scale."""
        distance = abs(self.scale.index(one) - self.scale.index(other)) / (len(self.scale) - 1)
        if self.indifferent in (one, other):
            distance /= 2
        return 1 - distance


QUESTIONS = {
    "sleep": Question(3, ("1", "2", "3", "4", "5")),
    "tidiness": Question(2, ("1", "2", "3", "4", "5")),
    "noise": Question(3, ("1", "2", "3", "4", "5")),
    "guests": Question(2, ("never", "sometimes", "often")),
    "study": Question(1, ("room", "both", "library")),
    "food": Question(1, ("vegetarian", "egg", "any"), indifferent="any"),
    "smoking": Question(3, ("never", "outside", "any"), indifferent="any"),
    "alcohol": Question(2, ("never", "any"), indifferent="any"),
}

# What two people have in common, as a code that the pages put into words. Answers that hint
# at belief or health have no words: they count, and stay unsaid.
REASONS = {
    ("sleep", "1"): "early_sleepers",
    ("sleep", "2"): "early_sleepers",
    ("sleep", "4"): "late_sleepers",
    ("sleep", "5"): "late_sleepers",
    ("tidiness", "4"): "tidy",
    ("tidiness", "5"): "tidy",
    ("tidiness", "1"): "easy_going",
    ("tidiness", "2"): "easy_going",
    ("noise", "1"): "quiet",
    ("noise", "2"): "quiet",
    ("noise", "4"): "lively",
    ("noise", "5"): "lively",
    ("guests", "never"): "no_guests",
    ("guests", "often"): "many_guests",
    ("study", "room"): "study_in_room",
    ("study", "library"): "study_elsewhere",
}


@dataclass(frozen=True)
class Answers:
    """What one student said; None where nothing was said. There is no place for more."""

    sleep: str | None = None
    tidiness: str | None = None
    noise: str | None = None
    guests: str | None = None
    study: str | None = None
    food: str | None = None
    smoking: str | None = None
    alcohol: str | None = None

    def __post_init__(self) -> None:
        for name, answer in self.given().items():
            if answer not in QUESTIONS[name].scale:
                raise ValueError(f"{name} has no answer {answer!r}")

    @classmethod
    # pylint: disable-next=method-required-super
    def read(cls, values: Mapping[str, str | bool | None], prefix: str = "") -> Answers:
        """Take the questionnaire's answers out of a mapping of fields.

        :param prefix: of the fields' names, such as ``lifestyle_``
        :raises ValueError: for a field that is no question, or an unknown answer
        """
        known = {f"{prefix}{field.name}": field.name for field in fields(cls)}
        strangers = values.keys() - known.keys()
        if strangers:
            raise ValueError(f"no questions of the questionnaire: {sorted(strangers)}")
        return cls(**{known[name]: answer or None for name, answer in values.items()})

    def given(self) -> dict[str, str]:
        """The questions that were answered."""
        answers = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: answer for name, answer in answers.items() if answer is not None}


@dataclass(frozen=True)
class Match:
    """How two students fit.

    :param score: 0 to 100, or None if they have too few answers in common
    :param reasons: codes of what they share, the weightiest first; only of questions that may
        be named
    :param common: how many questions both have answered
    """

    score: int | None
    reasons: tuple[str, ...] = ()
    common: int = 0


def score(
    one: Answers, other: Answers, shared: Collection[str] = (), least: int = MIN_COMMON
) -> Match:
    """Compare two questionnaires; the order of the two does not matter.

    :param shared: questions whose answers both chose to show each other; reasons come of
        these only
    :param least: fewest common answers for a score
    """
    mine, theirs = one.given(), other.given()
    common = [name for name in QUESTIONS if name in mine and name in theirs]
    if len(common) < least or not common:
        return Match(None, common=len(common))
    total = sum(QUESTIONS[name].weight for name in common)
    fit = sum(
        QUESTIONS[name].weight * QUESTIONS[name].likeness(mine[name], theirs[name])
        for name in common
    )
    named = sorted(
        (name for name in common if name in shared), key=lambda name: -QUESTIONS[name].weight
    )
    reasons = [
        REASONS[name, mine[name]]
        for name in named
        if (name, mine[name]) in REASONS
        and REASONS[name, mine[name]] == REASONS.get((name, theirs[name]))
    ]
    return Match(round(100 * fit / total), tuple(reasons), len(common))


def shown_score(true_score: int, secret: str, one: int, other: int, scope: str = "") -> int:
    """A score for the eyes of a stranger: shifted a little, rounded, and never extreme.

    The shift is the same whenever the same two are compared within a scope, so asking again
    averages nothing out; without the secret nobody can take it off.

    :param secret: known to the server only
    :param one: number of one of the two, in any order
    :param scope: such as the round
    """
    low, high = sorted((one, other))
    digest = hmac.new(secret.encode(), f"{scope}:{low}:{high}".encode(), hashlib.sha256).digest()
    shift = digest[0] % (2 * JITTER + 1) - JITTER
    stepped = STEP * round((true_score + shift) / STEP)
    return max(LOWEST, min(HIGHEST, stepped))
