"""Lets many browsers connect at once without running out of database connections.

Each handshake and each subscription needs a cursor for a moment. When a thousand browsers come
back after a break, Odoo tries some times to get one and then closes the socket. Here they queue
for a few places, fewer than there are connections, and all of them get in.
"""

import functools
import threading
from contextlib import contextmanager

import odoo
from odoo import http
from odoo.tools import config

from odoo.addons.bus import websocket

SOCKET_PATH = "/websocket"
# A call may need a second cursor, and the keeper of the maps works in the same process.
SHARE = 2


class Gate:
    """Places for calls that need the database; a call that is inside goes on.

    :param places: how many may be inside at once
    """

    def __init__(self, places):
        self._places = threading.BoundedSemaphore(places)
        self._caller = threading.local()

    @contextmanager
    def enter(self):
        if getattr(self._caller, "inside", False):
            yield
            return
        with self._places:
            self._caller.inside = True
            try:
                yield
            finally:
                self._caller.inside = False


def install():
    """Put the gate around handshakes, messages and notifications of the evented process."""
    if not odoo.evented:
        # Elsewhere each thread that serves has a connection of its own.
        return
    most = config["db_maxconn_gevent"] or config["db_maxconn"]
    gate = Gate(max(2, most // SHARE))
    _guard_handshakes(gate)
    serve = websocket.WebsocketRequest.serve_websocket_message

    @functools.wraps(serve)
    def serve_websocket_message(self, message):
        with gate.enter():
            return serve(self, message)

    websocket.WebsocketRequest.serve_websocket_message = serve_websocket_message
    acquire = websocket.acquire_cursor

    @contextmanager
    def acquire_cursor(db):
        with gate.enter(), acquire(db) as cr:
            yield cr

    websocket.acquire_cursor = acquire_cursor


def _guard_handshakes(gate):
    answer = http.Application.__call__

    @functools.wraps(answer)
    def application(self, environ, start_response):
        if environ.get("PATH_INFO") != SOCKET_PATH:
            return answer(self, environ, start_response)
        # The socket itself is served after this has returned.
        with gate.enter():
            return answer(self, environ, start_response)

    http.Application.__call__ = application
