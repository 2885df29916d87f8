"""What scripts/test does once everything is installed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import redis

from hostel_stack.database import Database
from hostel_stack.errors import StackError
from hostel_stack.settings import ROOT, Settings, free_port
from hostel_stack.stack import Stack, locked

# Kept between runs; each run works on a copy of it.
TEMPLATE = "hostel_test_template"
DATABASE = "hostel_test_db"


def say(text: str) -> None:
    print(f"test: {text}", file=sys.stderr, flush=True)


def everything() -> list[str]:
    """All tests, the quick ones first and those that need a whole stack last."""
    found = [path for path in sorted(ROOT.glob("addons/*/tests")) if any(path.glob("test_*.py"))]
    others = {path.parent for path in ROOT.glob("tests/*/test_*.py")} - {ROOT / "tests" / "e2e"}
    found += sorted(others)
    if any((ROOT / "tests" / "e2e").glob("test_*.py")):
        found.append(ROOT / "tests" / "e2e")
    return [str(path.relative_to(ROOT)) for path in found]


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Paths and pytest's options; a path may carry ``::test``."""
    paths = [
        word
        for word in arguments
        if not word.startswith("-") and Path(word.partition("::")[0]).exists()
    ]
    return paths or everything(), [word for word in arguments if word not in paths]


def concerns_addons(paths: list[str]) -> bool:
    addons = ROOT / "addons"
    return any(Path(path.partition("::")[0]).resolve().is_relative_to(addons) for path in paths)


def prepare_database(settings: Settings, fresh: bool) -> None:
    """A pristine copy of a database with all addons."""
    template = Database(settings, TEMPLATE, with_tests=True, say=say)
    if fresh:
        template.drop(TEMPLATE)
    template.provide()
    template.copy_to(DATABASE)


def environment(settings: Settings) -> dict[str, str]:
    env = settings.process_environment()
    env["PATH"] = f"{settings.venv_bin}:{env['PATH']}"
    # pytest brings a server of its own; it must not run the queue beside the tests.
    env["ODOO_QUEUE_JOB_CHANNELS"] = "root:0"
    return env


def run_pytest(settings: Settings, paths: list[str], options: list[str]) -> int:
    env = environment(settings)
    if concerns_addons(paths):
        env["ODOO_RC"] = str(settings.odoo_conf)
        options = ["--odoo-http", *options]
    else:
        # Spares loading the registry.
        options = ["-p", "no:odoo", *options]
    command = [sys.executable, "-m", "pytest", *paths, *options]
    return subprocess.run(command, env=env, cwd=ROOT).returncode


def main(arguments: list[str]) -> int:
    fresh = "--fresh" in arguments
    os.environ["HOSTEL_TEST_FRESH"] = "1" if fresh else ""
    # hostel_test may be installed into the tests' own stacks.
    os.environ["HOSTEL_FAILPOINTS"] = "1"
    os.chdir(ROOT)
    paths, options = split([word for word in arguments if word != "--fresh"])
    base = Path(os.environ["HOSTEL_RUN_DIR"])
    settings = Settings.from_environment(
        run_dir=base / "test", port=free_port(), disposable=True, pg_database=DATABASE
    )
    stack = Stack(settings, say)
    with locked(settings.run_dir):
        try:
            stack.start_services()
            redis.Redis.from_url(settings.redis_url).flushall()
            if concerns_addons(paths):
                prepare_database(settings, fresh)
            return run_pytest(settings, paths, options)
        finally:
            stack.stop()


def interrupt(_signal, _frame):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupt)
    try:
        sys.exit(main(sys.argv[1:]))
    except StackError as error:
        sys.exit(f"test: error: {error}")
    except KeyboardInterrupt:
        sys.exit("test: interrupted")
