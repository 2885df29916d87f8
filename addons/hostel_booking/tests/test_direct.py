import socket
import threading
from types import SimpleNamespace
from unittest.mock import patch

import odoo
from odoo.tests import BaseCase, tagged

from odoo.addons.bus.websocket import ConnectionState

from ..direct import frame_of, send_now, send_rest


@tagged("post_install", "-at_install")
class TestDirect(BaseCase):
    """Frames that are written for a socket whose loop sleeps; on real sockets."""

    def setUp(self):
        super().setUp()
        ours, self.theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(self.theirs.close)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        # As gevent's sockets are, with the real one inside.
        wrapped = SimpleNamespace(_sock=ours, sendall=ours.sendall)
        self.websocket = SimpleNamespace(
            _Websocket__socket=wrapped, state=ConnectionState.OPEN, _hostel_busy=False
        )
        self.enterContext(patch.object(odoo, "evented", True))

    def test_a_frame_says_its_length(self):
        self.assertEqual(frame_of("[1]"), b"\x81\x03[1]")
        self.assertEqual(frame_of("x" * 300)[:4], b"\x81\x7e\x01\x2c")
        self.assertEqual(frame_of("x" * 70_000)[:2], b"\x81\x7f")

    def test_an_idle_socket_gets_the_frame_at_once(self):
        self.assertTrue(send_now(self.websocket, b"frame"))
        self.assertEqual(self.theirs.recv(100), b"frame")

    def test_a_busy_or_closing_socket_is_left_to_its_loop(self):
        self.websocket._hostel_busy = True
        self.assertIs(send_now(self.websocket, b"frame"), False)
        self.websocket._hostel_busy = False
        self.websocket.state = ConnectionState.CLOSING
        self.assertIs(send_now(self.websocket, b"frame"), False)

    def test_outside_of_the_evented_process_the_loop_writes(self):
        with patch.object(odoo, "evented", False):
            self.assertIs(send_now(self.websocket, b"frame"), False)

    def test_what_was_begun_is_ended_before_anything_else(self):
        frame = bytes(range(256)) * 4096
        self.assertIsNone(send_now(self.websocket, frame))
        self.assertIs(send_now(self.websocket, b"other"), False)
        got = bytearray()
        self.theirs.settimeout(0.2)
        while len(got) < len(frame):
            try:
                got += self.theirs.recv(65536)
            except TimeoutError:
                # The reader was slow; now the socket's own loop comes.
                self._send_rest_while_reading(got)
        self.assertEqual(bytes(got), frame)
        self.assertTrue(send_now(self.websocket, b"other"))
        self.assertEqual(self.theirs.recv(100), b"other")

    def _send_rest_while_reading(self, got):
        loop = threading.Thread(target=send_rest, args=[self.websocket])
        loop.start()
        while loop.is_alive() or self.websocket._hostel_rest:
            try:
                got += self.theirs.recv(65536)
            except TimeoutError:
                break
        loop.join()

    def test_a_full_socket_is_left_to_its_loop(self):
        while send_now(self.websocket, b"x" * 1024):
            pass
        self.websocket._hostel_rest = b""
        self.assertIs(send_now(self.websocket, b"frame"), False)
