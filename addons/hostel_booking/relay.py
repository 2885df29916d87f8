"""Carries map changes from Redis to the websockets of this process.

Odoo's own bus runs SQL once per socket and notification. Here one thread reads
Redis, merges what belongs together, and hands one ready frame to each socket's
own command queue; nothing touches PostgreSQL.
"""

import logging
import threading
import time
import weakref
from collections import defaultdict

import redis

from .locks import get_locks
from .tools.board import MARK as BOARD_MARK
from .tools.board import PREFIX as BOARD_PREFIX
from .tools.board import BoardNews
from .tools.delta import DOORS_MARK, RELOAD, Delta, DoorsNews
from .tools.redis_client import connect
from .tools.seat_lock import SeatRefused

_logger = logging.getLogger(__name__)

# A command of ours in a websocket's queue, after Odoo's own CLOSE and DISPATCH.
FLOOR_COMMAND = 2
MERGE_SECONDS = 0.1
PAUSE_SECONDS = 1.0
SUBSCRIBE_SECONDS = 2.0


class Relay:
    """Watchers of floors, and the thread that feeds them."""

    def __init__(self, dbname):
        self.dbname = dbname
        self._lock = threading.Lock()
        self._watchers = defaultdict(weakref.WeakSet)
        self._thread = None

    # Watching ------------------------------------------------------------

    def watch(self, websocket, keys):
        """Send a socket the changes of these floors, and of no others."""
        with self._lock:
            for key in getattr(websocket, "_hostel_keys", set()) - keys:
                self._watchers[key].discard(websocket)
                if not self._watchers[key]:
                    del self._watchers[key]
            websocket._hostel_keys = set(keys)
            if not hasattr(websocket, "_hostel_dirty"):
                websocket._hostel_dirty = {}
            for key in keys:
                self._watchers[key].add(websocket)
            if keys and not self._thread:
                self._thread = threading.Thread(
                    target=self._run, daemon=True, name="hostel.map.relay"
                )
                self._thread.start()

    # Feeding -------------------------------------------------------------

    def _run(self):
        while True:
            try:
                self._listen()
            except redis.RedisError as exc:
                _logger.warning("map relay lost Redis: %s", type(exc).__name__)
            except Exception:
                _logger.exception("map relay failed, starts again")
            time.sleep(PAUSE_SECONDS)

    def _listen(self):
        client = connect(timeout=None)
        try:
            with client.pubsub(ignore_subscribe_messages=True) as pubsub:
                pubsub.subscribe(get_locks(self.dbname).channel)
                # Its answer: from here on nothing is missed.
                pubsub.get_message(timeout=SUBSCRIBE_SECONDS)
                # What changed while nobody listened is told by version numbers.
                self._tell_versions()
                while True:
                    self._gather(pubsub)
        finally:
            client.close()

    def _gather(self, pubsub):
        """Wait for a change, then merge what follows within a moment."""
        message = pubsub.get_message(timeout=30)
        if not message:
            return
        deltas = {}
        until = time.monotonic() + MERGE_SECONDS
        while message or time.monotonic() < until:
            if message and message["data"].startswith(DOORS_MARK):
                # Rare, and nothing to wait for.
                self._hand_out_doors(DoorsNews.parse(message["data"]))
            elif message:
                delta = _parse(message["data"])
                known = deltas.get(delta.key)
                deltas[delta.key] = known.merge(delta) if known else delta
            left = until - time.monotonic()
            if left <= 0:
                break
            message = pubsub.get_message(timeout=left)
        for delta in deltas.values():
            self._hand_out(delta)

    def _hand_out(self, delta):
        with self._lock:
            for websocket in list(self._watchers.get(delta.key, ())):
                self._give(websocket, delta.key, delta)

    def _hand_out_doors(self, news):
        """Once to each socket, however many floors of the round it watches."""
        with self._lock:
            websockets = {one for key in news.keys for one in self._watchers.get(key, ())}
            for websocket in websockets:
                self._give(websocket, DOORS_MARK, news)

    def _give(self, websocket, name, news):
        dirty = websocket._hostel_dirty
        known = dirty.get(name)
        # A slow socket keeps one merged change per floor, never a backlog.
        dirty[name] = known.merge(news) if known else news
        if len(dirty) == 1 and not known:
            self._wake(websocket)

    @staticmethod
    def _wake(websocket):
        try:
            websocket._send_control_command(FLOOR_COMMAND)
        except OSError:
            # It is closing; nobody reads what waits for it any more.
            websocket._hostel_dirty.clear()

    def _tell_versions(self):
        """Tell every viewer where its floors are; who is behind fetches them."""
        locks = get_locks(self.dbname)
        with self._lock:
            keys = [key for key in self._watchers if not key.startswith(BOARD_PREFIX)]
        for key in keys:
            found = locks.find_map(key)
            if not found:
                continue
            try:
                floor = locks.read_floor(*found)
            except SeatRefused:
                # Its load will be announced.
                continue
            self._hand_out(Delta(key, floor.epoch, RELOAD, floor.version, floor.layout_version))

    def take_dirty(self, websocket):
        """Changes that wait for a socket; they are its own from here on."""
        with self._lock:
            dirty, websocket._hostel_dirty = websocket._hostel_dirty, {}
        return list(dirty.values())


def _parse(text):
    """A change of a floor, or the news of a board."""
    return BoardNews.parse(text) if text.startswith(BOARD_MARK) else Delta.parse(text)


_relays = {}


def get_relay(dbname):
    """The relay of a database in this process."""
    return _relays.setdefault(dbname, Relay(dbname))


def encode_frame(deltas, last_id):
    """One websocket frame in the bus's own shape.

    :param last_id: id of the last notification that the socket got, which the
        browser asks for again after a break
    """
    parts = (f'{{"id":{last_id},"message":{delta.encode()}}}' for delta in deltas)
    return "[" + ",".join(parts) + "]"


def send_floor_frames(websocket):
    """Send a socket what waits for it; runs in the socket's own loop."""
    deltas = get_relay(websocket._db).take_dirty(websocket)
    if not deltas:
        return
    history = websocket._notif_history
    last_id = history[-1][0] if history else websocket._last_notif_sent_id
    websocket._send(encode_frame(deltas, last_id))
