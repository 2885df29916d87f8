"""The catalogue of domain events: what each is called and what its payload may say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class EventType:
    """What an event of one name looks like.

    :param version: grows when a key changes its meaning or goes; a new key needs no new version
    :param keys: the keys that a payload may have; ids, codes, days and numbers, never a person
    """

    version: int
    keys: frozenset[str]


@dataclass(frozen=True)
class Subscriber:
    """Who is told of which events.

    :param model: name of the model that is told
    :param method: its method, which takes one ``hostel.event``
    :param names: names of events, or their first part with ``.*``
    """

    model: str
    method: str
    names: tuple[str, ...]

    def wants(self, name: str) -> bool:
        return any(
            name == wanted or (wanted.endswith(".*") and name.startswith(wanted[:-1]))
            for wanted in self.names
        )


def event_type(version: int, *keys: str) -> EventType:
    return EventType(version, frozenset(keys))


_ALLOCATION = (
    "allocation_id",
    "bed_id",
    "room_id",
    "floor_id",
    "hostel_id",
    "room_type_id",
    "student_id",
    "term_id",
    "date_from",
    "date_to",
    "state",
    "old_state",
    "origin_id",
    "fence",
)

EVENT_TYPES: Mapping[str, EventType] = {
    "allocation.created": event_type(1, *_ALLOCATION),
    "allocation.submitted": event_type(1, *_ALLOCATION),
    "allocation.approved": event_type(1, *_ALLOCATION),
    "allocation.cancelled": event_type(1, *_ALLOCATION),
    "allocation.moved": event_type(1, *_ALLOCATION, "from_bed_id", "from_hostel_id"),
    "allocation.checked_in": event_type(1, *_ALLOCATION),
    "allocation.vacated": event_type(1, *_ALLOCATION),
    "allocation.dates_changed": event_type(1, *_ALLOCATION, "old_from", "old_to"),
    "allocation.changed": event_type(1, *_ALLOCATION),
    "inventory.changed": event_type(
        1, "kind", "hostel_id", "bed_ids", "count", "date_from", "date_to"
    ),
}

# Longest list that a payload carries; the number beside it says how many there are.
LIST_LIMIT = 500
# A failed delivery waits twice as long each time, up to an hour, and is given up after this.
MAX_ATTEMPTS = 12
MAX_WAIT_S = 3600


def wait_after(attempts: int) -> int:
    """Seconds until the next try after so many failed ones.

    :param attempts: ≥ 1
    """
    return min(2**attempts, MAX_WAIT_S)


# pylint: disable-next=dangerous-default-value
def check_payload(
    name: str, payload: Mapping[str, Any], types: Mapping[str, EventType] = EVENT_TYPES
) -> EventType:
    """The type of an event, if the payload says nothing else than that allows.

    :raises ValueError: for an unknown event, an unknown key, or a value that is neither an id,
        a code nor a list of such
    """
    if name not in types:
        raise ValueError(f"event {name} is not in the catalogue")
    unknown = payload.keys() - types[name].keys
    if unknown:
        raise ValueError(f"event {name} does not say {', '.join(sorted(unknown))}")
    for key, value in payload.items():
        items = value if isinstance(value, (list, tuple)) else [value]
        if not all(_is_plain(item) for item in items):
            raise ValueError(f"event {name}: {key} is neither an id nor a code")
    return types[name]


def _is_plain(value: Any) -> bool:
    if value is None or isinstance(value, (bool, int, float)):
        return True
    # A code, a day, a key: words of people have spaces and an address has an @.
    return isinstance(value, str) and len(value) <= 64 and not set(value) & set(" @\n")
