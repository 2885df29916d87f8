"""What somebody wants to reserve, before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False)
class Wanted:
    """One bed for one student for one term.

    ``values`` are further fields of the row, such as where the booking came from.
    """

    bed: Any
    student: Any
    term: Any
    price: float | None = None
    origin: Any = None
    values: dict[str, Any] = field(default_factory=dict)
