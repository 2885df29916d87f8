"""Odoo's launcher for the programs of a stack: `odoo`, with three things settled.

- The HTTP workers take the listening socket that supervisord opened (as descriptor 0) or open
  one themselves at HOSTEL_HTTP_LISTEN. Either way its queue holds 4096 callers: Odoo's own holds
  eight per worker and lets most of a rush time out.
- The evented worker is a program of its own, watched like the others, so the HTTP workers' master
  starts none. One of them serves any number of HTTP hosts.
- The evented worker's queue is as long, for the moment when everybody reconnects.
"""

import os
import socket
import stat

import odoo.cli

BACKLOG = 4096


def inherited_socket() -> int | None:
    """Descriptor of the socket given as standard input, moved away from there."""
    if not stat.S_ISSOCK(os.fstat(0).st_mode):
        return None
    descriptor = os.dup(0)
    # Programs that a worker starts must not inherit the door.
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return descriptor


def own_socket(address: str) -> int:
    host, _, port = address.rpartition(":")
    listener = socket.create_server((host, int(port)), backlog=BACKLOG)
    return listener.detach()


def hand_over_socket() -> None:
    if "ODOO_HTTP_SOCKET_FD" in os.environ:
        # Odoo started itself again and kept it.
        return
    descriptor = inherited_socket()
    if descriptor is None and os.environ.get("HOSTEL_HTTP_LISTEN"):
        descriptor = own_socket(os.environ["HOSTEL_HTTP_LISTEN"])
    if descriptor is not None:
        # Workers wait in select(); whoever comes second to a connection must not block in accept().
        os.set_blocking(descriptor, False)
        os.environ["ODOO_HTTP_SOCKET_FD"] = str(descriptor)


def pretend_evented_worker(server) -> None:
    """Leave the master with a number that no process can have, so that it does not ask again.

    Before each attempt the master looks into PostgreSQL, and ends if that is down.
    """
    server.long_polling_pid = 2**31 - 1


def main() -> None:
    if odoo.evented:
        from gevent.server import StreamServer

        StreamServer.backlog = BACKLOG
    else:
        from odoo.service.server import PreforkServer

        hand_over_socket()
        PreforkServer.long_polling_spawn = pretend_evented_worker
    odoo.cli.main()


if __name__ == "__main__":
    main()
