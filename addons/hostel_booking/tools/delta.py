"""Changes of a floor on their way to the browsers, without Odoo."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

RELOAD = -1
DOORS_MARK = "doors|"


@dataclass
class DoorsNews:
    """What became of the windows of a round: one message for all who look at its maps.

    :param keys: public keys of the round's maps; they are not passed on
    :param version: of the round's windows
    :param windows: the news of single windows, in order
    """

    keys: list[str]
    version: int
    windows: list[dict]
    _payload: str | None = None

    @classmethod
    def parse(cls, text: str) -> DoorsNews:
        """Read what :meth:`SeatLock.announce_doors` publishes."""
        news = json.loads(text.removeprefix(DOORS_MARK))
        return cls(news["k"], news["v"], news["w"])

    def merge(self, newer: DoorsNews) -> DoorsNews:
        """Both as one: the newer word about each window counts."""
        told = {window["id"]: window for window in (*self.windows, *newer.windows)}
        return DoorsNews(newer.keys, max(self.version, newer.version), list(told.values()))

    def encode(self) -> str:
        """JSON of the bus message, made once for all sockets."""
        if self._payload is None:
            payload = {"v": self.version, "w": self.windows}
            self._payload = json.dumps(
                {"type": "hostel.booking/doors", "payload": payload}, separators=(",", ":")
            )
        return self._payload


@dataclass
class Delta:
    """What changed on one floor between two versions.

    :param key: public key of the floor's map
    :param start: version that a viewer must have to apply it, or ``RELOAD``
    :param end: version after it
    :param changes: map index → state character
    """

    key: str
    epoch: int
    start: int
    end: int
    layout_version: int
    changes: dict[int, str] = field(default_factory=dict)
    _payload: str | None = None

    @classmethod
    def parse(cls, text: str) -> Delta:
        """Read what the Lua scripts publish: ``key|epoch|n|layout|index|state``."""
        key, epoch, version, layout, index, state = text.split("|")
        n = int(version)
        if int(index) < 0:
            return cls(key, int(epoch), RELOAD, n, int(layout))
        return cls(key, int(epoch), n - 1, n, int(layout), {int(index): state})

    def merge(self, newer: Delta) -> Delta:
        """Both changes as one; a gap between them asks the viewer to reload."""
        if newer.epoch == self.epoch and newer.end <= self.end:
            return self
        fits = newer.epoch == self.epoch and RELOAD not in (self.start, newer.start)
        if not fits or newer.start != self.end:
            return Delta(newer.key, newer.epoch, RELOAD, newer.end, newer.layout_version)
        return Delta(
            self.key,
            self.epoch,
            self.start,
            newer.end,
            newer.layout_version,
            {**self.changes, **newer.changes},
        )

    def encode(self) -> str:
        """JSON of the bus message, made once for all sockets."""
        if self._payload is None:
            payload = {
                "k": self.key,
                "e": self.epoch,
                "f": self.start,
                "t": self.end,
                "lv": self.layout_version,
                "d": [[index, state] for index, state in self.changes.items()],
            }
            self._payload = json.dumps(
                {"type": "hostel.floor/delta", "payload": payload}, separators=(",", ":")
            )
        return self._payload
