"""supervisord, except that the HTTP socket stays open while its program is started again.

Stock supervisord closes a socket when the last program that uses it ends, so whoever connects
while Odoo restarts is refused, and workers that outlive their master for some seconds keep the
port taken. Held here, the socket's queue keeps the callers until the new workers take them.
"""

import resource

from supervisor.socket_manager import SocketManager
from supervisor.supervisord import main

from hostel_stack.configure import most_files

if __name__ == "__main__":
    # The usual soft limit of 1024 ends at 340 browsers.
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files(), hard))
    SocketManager._close = lambda self: None
    main()
