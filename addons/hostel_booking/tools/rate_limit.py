"""How often somebody may ask: a bucket of calls in Redis that fills again with time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis import Redis

SCRIPT = Path(__file__).parent / "lua" / "rate.lua"


@dataclass(frozen=True)
class Rate:
    """So many calls at once, then one each so many milliseconds."""

    size: int
    refill_ms: int


class RateLimit:
    """The buckets of one database.

    :param namespace: name of the database, so that several can share a Redis
    """

    def __init__(self, client: Redis, namespace: str) -> None:
        self.namespace = namespace
        self._take = client.register_script(SCRIPT.read_text())

    def take(self, what: str, who: object, rate: Rate) -> int:
        """Count a call.

        :param what: what is asked for, such as ``room``
        :param who: number or hash of whoever asks; never an address or a name
        :return: 0, or how many milliseconds to wait before the next try
        """
        name = f"hostel:{self.namespace}:rate:{what}:{who}"
        return int(self._take(keys=[name], args=[rate.size, rate.refill_ms]))
