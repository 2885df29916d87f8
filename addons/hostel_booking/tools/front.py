"""What the answers in front of Odoo's application have in common."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any


def expect_no_more(environ: dict[str, Any]) -> None:
    """Tell the server that the whole request was read.

    After each answer werkzeug waits up to a hundredth of a second for what the caller may still
    send, and a worker serves nobody else meanwhile. The caller notices nothing: this end of the
    connection stops reading, and the answer is still to be written.

    :param environ: of a request whose body was read to its end
    """
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        # Whoever hung up is noticed when the answer is written.
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RD)
