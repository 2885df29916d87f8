"""Holds that began or ended in Redis, as events for PostgreSQL; without the ORM."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

# What the scripts write, and what it is called from here on.
NAMES = {"held": "bed.held", "released": "bed.released"}


@dataclass(frozen=True)
class HoldEvent:
    """One entry of a round's stream.

    :param source_key: the same for the same entry, whoever reads it
    :param moment: by Redis's clock, naive UTC
    """

    source_key: str
    name: str
    floor_id: int
    index: int
    student_id: int | None
    reason: str
    moment: datetime

    @classmethod
    def parse(cls, round_key: str, entry_id: str, facts: dict[str, str]) -> HoldEvent:
        ms = int(entry_id.split("-")[0])
        return cls(
            source_key=f"{round_key}:{entry_id}",
            name=NAMES[facts["w"]],
            floor_id=int(facts["f"]),
            index=int(facts["i"]),
            student_id=int(facts["s"]) if facts["s"] else None,
            reason=facts["y"],
            moment=datetime.fromtimestamp(ms / 1000, UTC).replace(tzinfo=None),
        )
