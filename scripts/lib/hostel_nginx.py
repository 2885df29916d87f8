"""nginx's launcher: `hostel_nginx.py CONF`, in the directory of its stack.

When nginx's master is killed the hard way its workers live on and keep the port, so that no new
master could ever start. They are ended first; whoever works in this directory is ours.
"""

import os
import sys
from pathlib import Path

import psutil

NGINX = "/usr/sbin/nginx"


def abandoned_workers(directory: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == "nginx" and process.cwd() == directory:
                found.append(process)
        except psutil.Error:
            continue
    return found


def main(conf: str) -> None:
    workers = abandoned_workers(str(Path.cwd()))
    for worker in workers:
        worker.kill()
    psutil.wait_procs(workers, timeout=10)
    os.execv(NGINX, [NGINX, "-c", conf, "-e", "stderr"])


if __name__ == "__main__":
    main(sys.argv[1])
