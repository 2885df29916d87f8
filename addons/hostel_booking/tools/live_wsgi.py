"""Answers ``GET /hostel/live/<key>`` and ``GET /hostel/queue/<key>`` from Redis alone.

It sits in front of Odoo's WSGI application, because an ordinary route opens a
database cursor: here there is no session, no cursor and no SQL, so the map keeps
answering while PostgreSQL is away.
"""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING

import redis

from .front import expect_no_more
from .seat_lock import SeatLock, SeatRefused

if TYPE_CHECKING:
    from collections.abc import Callable

_logger = logging.getLogger(__name__)

LIVE_PATH = "/hostel/live/"
QUEUE_PATH = "/hostel/queue/"
OUR_PATHS = (LIVE_PATH, QUEUE_PATH)
TICKET_HEADER = "HTTP_X_HOSTEL_TICKET"
LONGEST_TICKET = 160
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")

Answer = tuple[str, list[tuple[str, str]], bytes]


def _error(status: str, code: str, message: str, retry_after: int | None = None) -> Answer:
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    if retry_after:
        headers.append(("Retry-After", str(retry_after)))
    body = {"success": False, "error": message, "code": code, "details": {}}
    return status, headers, json.dumps(body).encode()


def _not_found() -> Answer:
    return _error("404 Not Found", "NOT_FOUND", "There is nothing here for you.")


def _from_redis(read: Callable[[SeatLock, str, int], Answer], locks: SeatLock, key: str) -> Answer:
    """Find the map behind a key and read, with the answers of everything that may go wrong."""
    if not KEY.fullmatch(key):
        return _not_found()
    try:
        found = locks.find_map(key)
        return read(locks, *found) if found else _not_found()
    except SeatRefused as exc:
        if exc.code == "QUEUE_PLACE_LOST":
            return _error("410 Gone", exc.code, "Your place is gone; queue again.")
        return _error("503 Service Unavailable", exc.code, "The map is being drawn again.", 1)
    except redis.RedisError as exc:
        _logger.warning("no map state: %s", type(exc).__name__)
        return _error("503 Service Unavailable", "MAP_OFFLINE", "The map is away for a moment.", 2)


def read_state(locks: SeatLock, key: str, known_etag: str = "") -> Answer:
    """Answer with a floor's state.

    :param key: public key of the floor's map
    :param known_etag: the caller's ``If-None-Match``
    """

    def read(locks: SeatLock, round_key: str, floor_id: int) -> Answer:
        floor = locks.read_floor(round_key, floor_id)
        etag = f'"{floor.epoch}-{floor.version}-{floor.layout_version}-{floor.doors}"'
        headers = [("ETag", etag), ("Cache-Control", "public, max-age=1")]
        if known_etag == etag:
            return "304 Not Modified", headers, b""
        body = {
            "e": floor.epoch,
            "n": floor.version,
            "lv": floor.layout_version,
            "d": floor.doors,
            "s": floor.states,
        }
        headers.append(("Content-Type", "application/json"))
        return "200 OK", headers, json.dumps(body, separators=(",", ":")).encode()

    return _from_redis(read, locks, key)


def read_place(locks: SeatLock, key: str, ticket: str) -> Answer:
    """Answer with the place in the queue that a ticket proves.

    :param key: public key of any map of the round
    :param ticket: what the join or the last look gave
    """

    def read(locks: SeatLock, round_key: str, _floor_id: int) -> Answer:
        place = locks.look_queue(round_key, ticket[:LONGEST_TICKET])
        headers = [("Cache-Control", "no-store"), ("Content-Type", "application/json")]
        return "200 OK", headers, json.dumps({"success": True, "queue": place.as_dict()}).encode()

    return _from_redis(read, locks, key)


def wrap(app: Callable, get_locks: Callable[[], SeatLock]) -> Callable:
    """Put the map's answers in front of a WSGI application method.

    :param app: ``Application.__call__``, unbound
    :param get_locks: gives the seat maps of this process's database
    """

    def application(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        if not path.startswith(OUR_PATHS) or environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            return app(self, environ, start_response)
        if path.startswith(LIVE_PATH):
            known = environ.get("HTTP_IF_NONE_MATCH", "")
            answer = read_state(get_locks(), path[len(LIVE_PATH) :], known)
        else:
            ticket = environ.get(TICKET_HEADER, "")
            answer = read_place(get_locks(), path[len(QUEUE_PATH) :], ticket)
        if environ.get("CONTENT_LENGTH", "") in ("", "0"):
            expect_no_more(environ)
        status, headers, body = answer
        headers.append(("Content-Length", str(len(body))))
        start_response(status, headers)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]

    return application
