"""Carries map changes from Redis to the websockets of this process.

Odoo's own bus runs SQL once per socket and notification. Here one thread reads
Redis, merges what belongs together, and writes one ready frame to each socket, or
leaves it to the socket's own loop where that is busy; nothing touches PostgreSQL.
"""

import logging
import threading
import time
import weakref
from collections import defaultdict

import redis

from .direct import frame_of, is_ready, send_now, send_rest
from .locks import get_locks
from .tools.board import DESK_MARK, BoardNews, DeskNews
from .tools.board import MARK as BOARD_MARK
from .tools.board import PREFIX as BOARD_PREFIX
from .tools.delta import DOORS_MARK, RELOAD, Delta, DoorsNews
from .tools.redis_client import connect
from .tools.seat_lock import SeatRefused

_logger = logging.getLogger(__name__)

# A command of ours in a websocket's queue, after Odoo's own CLOSE and DISPATCH.
FLOOR_COMMAND = 2
# Frames of one floor come at most this often; the first after a pause comes almost at once.
MERGE_SECONDS = 0.1
FIRST_SECONDS = 0.003
PAUSE_SECONDS = 1.0
SUBSCRIBE_SECONDS = 2.0


class Relay:
    """Watchers of floors, and the thread that feeds them."""

    def __init__(self, dbname):
        self.dbname = dbname
        self._lock = threading.Lock()
        self._watchers = defaultdict(weakref.WeakSet)
        self._thread = None
        self._handed_at = 0.0

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
        until = time.monotonic() + self._get_patience()
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
        self._handed_at = time.monotonic()
        for delta in deltas.values():
            self._hand_out(delta)

    def _get_patience(self):
        """Seconds to wait for more: hardly any after a quiet moment."""
        quiet = time.monotonic() - self._handed_at
        return FIRST_SECONDS if quiet >= MERGE_SECONDS else MERGE_SECONDS - quiet

    def _hand_out(self, delta):
        frames = {}
        with self._lock:
            for websocket in list(self._watchers.get(delta.key, ())):
                self._give(websocket, delta.key, delta, frames)

    def _hand_out_doors(self, news):
        """Once to each socket, however many floors of the round it watches."""
        with self._lock:
            websockets = {one for key in news.keys for one in self._watchers.get(key, ())}
            frames = {}
            for websocket in websockets:
                self._give(websocket, DOORS_MARK, news, frames)

    def _give(self, websocket, name, news, frames):
        """Write the news to a socket, or leave them for its loop.

        :param frames: frames of these news by the id that they carry, made once each
        """
        dirty = websocket._hostel_dirty
        if not dirty and is_ready(websocket):
            last_id = _last_id_of(websocket)
            if last_id not in frames:
                frames[last_id] = frame_of(encode_frame([news], last_id))
            written = send_now(websocket, frames[last_id])
            if written is None:
                self._wake(websocket)
            if written is not False:
                return
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
    """A change of a floor, or the news of a board or of a hostel's desks."""
    if text.startswith(DESK_MARK):
        return DeskNews.parse(text)
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
    send_rest(websocket)
    deltas = get_relay(websocket._db).take_dirty(websocket)
    if deltas:
        websocket._send(encode_frame(deltas, _last_id_of(websocket)))


def _last_id_of(websocket):
    """Id of the last notification that the socket got from Odoo's own bus."""
    history = websocket._notif_history
    return history[-1][0] if history else websocket._last_notif_sent_id
