"""Who asks too often, kept in the memory of one process."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable


class TokenBuckets:
    """One bucket a key: so many calls at once, then so many a second.

    The buckets lie in a process: with several workers a key may have the burst in each of them.
    """

    def __init__(
        self,
        burst: int,
        per_second: float,
        max_keys: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.burst = burst
        self.per_second = per_second
        self.max_keys = max_keys
        self.clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Take one call.

        :return: 0 if it is allowed, else the seconds after which the next one is
        """
        now = self.clock()
        with self._lock:
            left, since = self._buckets.pop(key, (float(self.burst), now))
            left = min(self.burst, left + (now - since) * self.per_second)
            allowed = left >= 1
            self._buckets[key] = (left - 1 if allowed else left, now)
            if len(self._buckets) > self.max_keys:
                # The oldest is the fullest.
                self._buckets.popitem(last=False)
        return 0 if allowed else (1 - left) / self.per_second

    def clear(self) -> None:
        with self._lock:
            self._buckets.clear()
