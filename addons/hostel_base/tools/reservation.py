"""What somebody wants to reserve, before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, eq=False)
class Wanted:
    """One bed for one student for one term.

    ``date_from`` is the first day, by default the day on which a term that runs is entered.
    ``values`` are further fields of the row, such as where the booking came from.
    """

    bed: Any
    student: Any
    term: Any
    price: float | None = None
    origin: Any = None
    date_from: date | None = None
    values: dict[str, Any] = field(default_factory=dict)
