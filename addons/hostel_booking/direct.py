"""Puts a frame straight into a websocket's buffer, without waking the loop that owns it.

To wake a loop costs a switch, two polls and a pipe; for a thousand sockets that is most of the time
that a change takes. In the evented process nothing else runs while this does, so a frame may be
written for a socket whose own loop is not in the middle of one. Whatever is not possible at once is
left to the loop.
"""

import functools
import socket
import struct

import odoo

from odoo.addons.bus.websocket import ConnectionState, Opcode, Websocket

TEXT = 0x80 | Opcode.TEXT


def frame_of(text):
    """A text frame of a server, in bytes."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", TEXT, size)
    elif size < 65536:
        head = struct.pack("!BBH", TEXT, 126, size)
    else:
        head = struct.pack("!BBQ", TEXT, 127, size)
    return head + payload


def is_ready(websocket):
    """Whether a frame may be written for a socket now: it is open, and its loop sleeps."""
    if not odoo.evented:
        return False
    busy = getattr(websocket, "_hostel_busy", False) or _rest_of(websocket)
    return not busy and websocket.state is ConnectionState.OPEN


def send_now(websocket, frame):
    """Write a whole frame if the socket takes it at once.

    :return: whether it was written; None if a part of it was, and the socket's loop must be woken
        to write the rest
    """
    raw = getattr(getattr(websocket, "_Websocket__socket", None), "_sock", None)
    if raw is None or not is_ready(websocket):
        return False
    try:
        sent = raw.send(frame, socket.MSG_DONTWAIT)
    except OSError:
        # Full or closing: its loop finds out.
        return False
    if sent < len(frame):
        # What has begun must be ended before anything else is written.
        websocket._hostel_rest = frame[sent:]
        return None
    return True


def _rest_of(websocket):
    return getattr(websocket, "_hostel_rest", b"")


def send_rest(websocket):
    """End a frame that was written in part; runs in the socket's own loop."""
    rest = _rest_of(websocket)
    if rest:
        websocket._hostel_busy = True
        try:
            websocket._Websocket__socket.sendall(rest)
        finally:
            websocket._hostel_rest = b""
            websocket._hostel_busy = False


def install():
    """Let a socket's own frames begin after what was left of ours."""
    send = Websocket._send_frame

    @functools.wraps(send)
    def send_frame(self, frame):
        send_rest(self)
        self._hostel_busy = True
        try:
            return send(self, frame)
        finally:
            self._hostel_busy = False

    Websocket._send_frame = send_frame
