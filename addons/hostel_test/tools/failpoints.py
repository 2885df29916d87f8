"""Named places in the code where a test lets something happen to the process.

A test arms one with a file in ``$HOSTEL_RUN_DIR/failpoints``: files need neither of the services
that the tests take away. The first process that reaches the place takes the file and does what it
says; the file of a switch stays until the test removes it.
"""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

# What a twin takes away: a bed is held once; a bed in use is not retired;
# a hold is one step; it lives until its row is there; a decision is one commit; deadlines follow
# Redis's clock; pages answer while PostgreSQL is away; an answer comes after its commit; a map that
# is loaded again keeps the holds on it.
GUARDS = (
    *("redis", "retire", "one_step", "hold_kept", "one_commit", "clock", "outage"),
    *("answer_last", "load_holds"),
)
SWITCHES = (*(f"guard.{name}_off" for name in GUARDS), "clock.shift")


def directory() -> Path:
    return Path(os.environ["HOSTEL_RUN_DIR"]) / "failpoints"


def arm(name: str, action: str = "kill", seconds: float = 0, run_dir: Path | None = None) -> None:
    """Arm a failpoint, or turn a switch on.

    :param action: ``kill`` (SIGKILL of the own process), ``sleep`` or ``on``
    """
    place = (run_dir / "failpoints") if run_dir else directory()
    place.mkdir(exist_ok=True)
    draft = place / f".{name}"
    draft.write_text(json.dumps({"do": action, "seconds": seconds}))
    draft.rename(place / name)


def disarm_all(run_dir: Path) -> list[str]:
    """Remove all; returns those that nobody reached."""
    left = [path for path in (run_dir / "failpoints").glob("*") if not path.name.startswith(".")]
    for path in left:
        path.unlink(missing_ok=True)
    return [path.name for path in left]


def read_switch(name: str) -> float:
    """The number of a switch, 0 if it is off."""
    try:
        return float(json.loads((directory() / name).read_text())["seconds"])
    except (OSError, KeyError):
        return 0


def reach(name: str) -> bool:
    """Do what a test wants to happen here; true if something was armed."""
    path = directory() / name
    if name in SWITCHES:
        return path.exists()
    taken = path.with_name(f".{name}.{os.getpid()}")
    try:
        path.rename(taken)
    except OSError:
        # Not armed, or another process was first.
        return False
    order = json.loads(taken.read_text())
    taken.unlink()
    if order["do"] == "kill":
        # Nothing is tidied up: no rollback, no postcommit, no goodbye to Redis.
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(order["seconds"])
    return True
