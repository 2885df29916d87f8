"""A freshly made stack with demo data, kept so that end-to-end tests start in seconds."""

import os
import shutil
import subprocess
from pathlib import Path

from .database import addons, tree_hash
from .errors import StackError
from .settings import ROOT, Settings, free_port

# Data directories of a stopped stack that together are its state.
SEEDED = ("pg", "redis", "data", "camu")
# Of one installation with all demo data, on a machine that has other work.
MAKE_S = 1800


def run_script(run_dir: Path, *arguments: str) -> None:
    """Call ``scripts/run`` for a stack of its own, with nothing from this environment.

    :raises StackError: with what it printed
    """
    own = ("PG", "HOSTEL_", "CAMU_", "ODOO_", "REDIS_URL")
    env = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    env |= {"HOSTEL_RUN_DIR": str(run_dir), "HOSTEL_TOOLS_DIR": os.environ["HOSTEL_TOOLS_DIR"]}
    done = subprocess.run(
        [ROOT / "scripts" / "run", *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=MAKE_S,
    )
    if done.returncode:
        raise StackError(f"the end-to-end stack does not start:\n{done.stderr}")


def start_options() -> tuple[str, ...]:
    return ("--detach", "--disposable", "--workers", "2", "--port", str(free_port()))


class Seed:
    """The state of a freshly made stack."""

    def __init__(self, run_dir: Path):
        self.run_dir = run_dir
        self.place = run_dir / "seed"
        self.mark = self.place / "mark"

    @staticmethod
    def wanted_mark() -> str:
        """Changed demo data is only loaded into a new database; other changes are upgraded."""
        demo = [tree_hash(addon) for addon in addons() if addon.name == "hostel_demo"]
        names = [addon.name for addon in addons()]
        return repr((demo, names, (ROOT / "requirements.txt").read_text()))

    def is_usable(self) -> bool:
        return self.mark.exists() and self.mark.read_text() == self.wanted_mark()

    def provide(self) -> None:
        """Make it if it is missing.

        :raises StackError: when the stack does not start
        """
        if self.is_usable():
            return
        run_script(self.run_dir, "--stop")
        run_script(self.run_dir, "--fresh", *start_options())
        run_script(self.run_dir, "--stop")
        self._keep()

    def drop(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)

    def _keep(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        self._copy(self.run_dir, self.place)
        self.mark.write_text(self.wanted_mark())

    def restore(self) -> None:
        for name in SEEDED:
            shutil.rmtree(self.run_dir / name, ignore_errors=True)
        self._copy(self.place, self.run_dir)

    def lend(self, settings: Settings) -> None:
        """Begin the cluster of a stopped stack that has none with a copy of this one's.

        Its database keeps its name; the key of the encrypted fields comes along.
        """
        for name in ("pg", "data"):
            shutil.rmtree(settings.run_dir / name, ignore_errors=True)
        settings.run_dir.mkdir(parents=True, exist_ok=True)
        parts = [str(self.place / name) for name in ("pg", "data")]
        parts.append(str(self.run_dir / "secrets"))
        subprocess.run(["cp", "-a", "--reflink=auto", *parts, str(settings.run_dir)], check=True)

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        # cp keeps the owner, which is PostgreSQL's user, and shares blocks where it can.
        present = [str(source / name) for name in SEEDED if (source / name).exists()]
        subprocess.run(["cp", "-a", "--reflink=auto", *present, str(target)], check=True)
