"""What a student is told of somebody who has a bed in the room: enough to choose, nobody named."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Fewer students than this in a group would single somebody out.
SMALLEST_GROUP = 5
REFERENCES = 10_000


def references(secret: str, viewer: int, stays: Iterable[int]) -> dict[int, str]:
    """Four digits for each stay of a room, for the eyes of one viewer.

    They stay the same for the viewer and are different for everybody else and for every other
    stay, also of the same person, so nobody can be followed from room to room, and two viewers
    can't compare notes. They name, they do not protect: who may ask is checked elsewhere.

    :param secret: known to the server only
    :param stays: numbers of the stays in one room
    """
    result: dict[int, str] = {}
    taken: set[int] = set()
    for stay in sorted(stays):
        message = f"{viewer}:{stay}".encode()
        digest = hmac.new(secret.encode(), message, hashlib.sha256).digest()
        number = int.from_bytes(digest[:8]) % REFERENCES
        while number in taken:
            number = (number + 1) % REFERENCES
        taken.add(number)
        result[stay] = f"{number:04d}"
    return result


def coarsen(
    department: str, year: int, sizes: Mapping[tuple[str, int], int]
) -> tuple[str | None, int | None]:
    """Department and year of somebody, as far as enough others share them.

    :param sizes: how many students there are of each department and year
    :return: both, one of them, or neither
    """
    department = department or ""
    if department and sizes.get((department, year), 0) >= SMALLEST_GROUP:
        return department, year
    by_year = sum(size for (_name, of), size in sizes.items() if of == year)
    by_department = sum(size for (name, _of), size in sizes.items() if name == department)
    if department and by_department >= SMALLEST_GROUP:
        return department, None
    if by_year >= SMALLEST_GROUP:
        return None, year
    return None, None
