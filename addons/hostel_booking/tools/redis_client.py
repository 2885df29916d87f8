"""One Redis connection pool per process, from the environment."""

from __future__ import annotations

import os
from functools import cache

import redis

DEFAULT_URL = "redis://127.0.0.1:6379/0"
SOCKET_TIMEOUT_S = 2.0


def get_url() -> str:
    """Address of Redis: ``REDIS_URL``, such as ``unix:///run/redis.sock``."""
    return os.environ.get("REDIS_URL") or DEFAULT_URL


def connect(url: str | None = None, timeout: float | None = SOCKET_TIMEOUT_S) -> redis.Redis:
    """A client whose replies are ``str``; a timeout of None waits for ever."""
    return redis.Redis.from_url(
        url or get_url(),
        decode_responses=True,
        socket_timeout=timeout,
        socket_connect_timeout=SOCKET_TIMEOUT_S,
    )


@cache
def _client_of(pid: int, url: str) -> redis.Redis:
    return connect(url)


def get_client() -> redis.Redis:
    """The client of this process; a forked worker gets its own."""
    return _client_of(os.getpid(), get_url())
