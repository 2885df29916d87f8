"""Automatic allocation: who gets which bed, by ranked wishes.

Pure Python without a database: :func:`solve` a :class:`Problem`, :func:`verify` the result,
:func:`measure` how well it serves whom.
"""

from .measure import Measures, measure
from .problem import (
    ADJOINING,
    CAP,
    DEFERRED,
    MECHANISMS,
    ONE_ROOM,
    PWD,
    RESERVED,
    SERIAL,
    Applicant,
    Bed,
    Member,
    Policy,
    Pool,
    Problem,
    Quota,
    Scope,
    Wish,
)
from .result import Missed, Outcome, Result, Seat
from .solve import solve
from .verify import Violation, verify

__all__ = [
    "ADJOINING",
    "CAP",
    "DEFERRED",
    "MECHANISMS",
    "ONE_ROOM",
    "PWD",
    "RESERVED",
    "SERIAL",
    "Applicant",
    "Bed",
    "Measures",
    "Member",
    "Missed",
    "Outcome",
    "Policy",
    "Pool",
    "Problem",
    "Quota",
    "Result",
    "Scope",
    "Seat",
    "Violation",
    "Wish",
    "measure",
    "solve",
    "verify",
]
