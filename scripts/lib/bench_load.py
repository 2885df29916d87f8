"""Callers for the benchmarks that cost little themselves: they share the cores with the server."""

import asyncio
import base64
import json
import os
import selectors
import socket
import struct
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

RECEIVE = 65536


@dataclass
class Answer:
    """One call: seconds from sending to the last byte; status 0 when there was none in time."""

    seconds: float
    status: int
    body: bytes


def request(
    port: int, method: str, path: str, sid: str = "", body: dict | None = None, **headers: str
) -> bytes:
    """A request in bytes, made before the clock runs."""
    data = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{port}"]
    if sid:
        lines.append(f"Cookie: session_id={sid}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + data


class _Caller:
    """One connection that asks one thing after the other."""

    def __init__(self, port: int):
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.connect_ex(("127.0.0.1", port))
        self.number, self.unsent, self.got, self.began = -1, b"", b"", 0.0

    def ask(self, number: int, data: bytes) -> None:
        self.number, self.unsent, self.got, self.began = number, data, b"", time.monotonic()

    def answer(self) -> Answer | None:
        head, found, body = self.got.partition(b"\r\n\r\n")
        if not found:
            return None
        length = _length(head)
        if length is None:
            complete = body.endswith(b"0\r\n\r\n")
        else:
            complete = len(body) >= length
        if not complete:
            return None
        return Answer(time.monotonic() - self.began, int(head[9:12]), body)


def _length(head: bytes) -> int | None:
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0 if head[9:12] == b"304" else None


def call_all(port: int, calls: list[bytes], connections: int, timeout: float = 60) -> list[Answer]:
    """Make all calls over so many connections; the answers are in the calls' order."""
    waiting = deque(enumerate(calls))
    answers: list[Answer | None] = [None] * len(calls)
    deadline = time.monotonic() + timeout
    with selectors.DefaultSelector() as selector:
        open_callers = 0
        for _number in range(min(connections, len(calls))):
            caller = _Caller(port)
            caller.ask(*waiting.popleft())
            selector.register(caller.sock, selectors.EVENT_WRITE, caller)
            open_callers += 1
        while open_callers and time.monotonic() < deadline:
            for key, _events in selector.select(0.5):
                caller = key.data
                if _step(selector, caller, answers):
                    continue
                if not waiting:
                    selector.unregister(caller.sock)
                    caller.sock.close()
                    open_callers -= 1
                    continue
                if answers[caller.number].status == 0:
                    # That connection is lost.
                    selector.unregister(caller.sock)
                    caller.sock.close()
                    caller = _Caller(port)
                    selector.register(caller.sock, selectors.EVENT_WRITE, caller)
                    caller.ask(*waiting.popleft())
                else:
                    caller.ask(*waiting.popleft())
                    # A connection that is lost is noticed at its next event.
                    with suppress(OSError):
                        _send(selector, caller)
        for key in list(selector.get_map().values()):
            key.data.sock.close()
    return [answer or Answer(timeout, 0, b"") for answer in answers]


def _step(selector, caller, answers) -> bool:
    """Send or read a bit; false when the call is over and the caller is free."""
    try:
        if caller.unsent:
            _send(selector, caller)
            return True
        data = caller.sock.recv(RECEIVE)
    except OSError:
        data = b""
    caller.got += data
    answer = caller.answer()
    if answer is None and data:
        return True
    if answer is None:
        answer = Answer(time.monotonic() - caller.began, 0, b"")
    answers[caller.number] = answer
    return False


def _send(selector, caller) -> None:
    """Send what goes out at once, and wait for the answer or for room.

    The selector is told of a change only: most calls fit, and then there is none.
    """
    try:
        sent = caller.sock.send(caller.unsent)
    except BlockingIOError:
        sent = 0
    caller.unsent = caller.unsent[sent:]
    wanted = selectors.EVENT_WRITE if caller.unsent else selectors.EVENT_READ
    if selector.get_key(caller.sock).events != wanted:
        selector.modify(caller.sock, wanted, caller)


# ----------------------------------------------------------------------
# Websockets
# ----------------------------------------------------------------------


class Socket:
    """A websocket that notes when frames arrive."""

    def __init__(self, port: int, sid: str, version: str):
        self.port, self.sid, self.version = port, sid, version
        self.frames: asyncio.Queue = asyncio.Queue()
        self.reader = self.writer = None
        self.task = None

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET /websocket?version={self.version} HTTP/1.1",
            f"Host: localhost:{self.port}",
            f"Origin: http://localhost:{self.port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            "User-Agent: bench",
            f"Cookie: session_id={self.sid}",
        ]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        status = await self.reader.readline()
        if b" 101 " not in status:
            raise ConnectionError(status.decode().strip())
        while (await self.reader.readline()).strip():
            pass
        self.task = asyncio.create_task(self._read())

    def subscribe(self, channels: list[str]) -> None:
        text = json.dumps(
            {"event_name": "subscribe", "data": {"channels": channels, "last": 0}}
        ).encode()
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(text))
        size = len(text)
        head = bytes([0x81, 0x80 | size]) if size < 126 else struct.pack("!BBH", 0x81, 0xFE, size)
        self.writer.write(head + mask + masked)

    async def _read(self) -> None:
        try:
            while True:
                first, second = await self.reader.readexactly(2)
                size = second & 0x7F
                if size == 126:
                    [size] = struct.unpack("!H", await self.reader.readexactly(2))
                elif size == 127:
                    [size] = struct.unpack("!Q", await self.reader.readexactly(8))
                data = await self.reader.readexactly(size)
                if first & 0x0F == 8:
                    code = struct.unpack("!H", data[:2])[0] if len(data) >= 2 else 0
                    self.frames.put_nowait((time.monotonic(), f"closed {code}".encode()))
                    return
                if first & 0x0F == 1:
                    self.frames.put_nowait((time.monotonic(), data))
        except (asyncio.IncompleteReadError, ConnectionError):
            self.frames.put_nowait((time.monotonic(), b"closed"))

    async def wait_for(self, mark: bytes, timeout: float) -> float | None:
        """When a frame with these bytes arrived, or None."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                moment, data = await asyncio.wait_for(
                    self.frames.get(), deadline - time.monotonic()
                )
            except (TimeoutError, ValueError):
                return None
            if data.startswith(b"closed"):
                return None
            if mark in data:
                return moment

    def close(self) -> None:
        if self.task:
            self.task.cancel()
        if self.writer:
            self.writer.close()
