"""What scripts/test does once everything is installed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import redis

from hostel_stack import parallel
from hostel_stack.database import Database
from hostel_stack.errors import StackError
from hostel_stack.seed import Seed
from hostel_stack.settings import ROOT, Settings, free_port
from hostel_stack.stack import Stack, locked

# Kept between runs; each run works on a copy of it.
TEMPLATE = "hostel_test_template"
DATABASE = "hostel_test_db"
# Each has an Odoo of its own; what is tested end to end needs a core beside.
MOST_JOBS = 4


E2E = ROOT / "tests" / "e2e"


def say(text: str) -> None:
    print(f"test: {text}", file=sys.stderr, flush=True)


def everything() -> list[str]:
    """All tests; last those that need a whole stack, each of which goes to one process."""
    found = [path for path in sorted(ROOT.glob("addons/*/tests")) if any(path.glob("test_*.py"))]
    found += sorted({path.parent for path in ROOT.glob("tests/*/test_*.py")})
    names = [str(path.relative_to(ROOT)) for path in found]
    return sorted(names, key=lambda name: name in parallel.TOGETHER)


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Paths and pytest's options; a path may carry ``::test``."""
    paths = [
        word
        for word in arguments
        if not word.startswith("-") and Path(word.partition("::")[0]).exists()
    ]
    return paths or everything(), [word for word in arguments if word not in paths]


def take_jobs(arguments: list[str]) -> tuple[int | None, list[str]]:
    """The number after ``--jobs``, and the other arguments.

    :raises StackError: when it isn't a number above 0
    """
    if "--jobs" not in arguments:
        return None, arguments
    place = arguments.index("--jobs")
    number = "".join(arguments[place + 1 : place + 2])
    if not number.isdecimal() or int(number) < 1:
        raise StackError("--jobs needs a number above 0")
    return int(number), arguments[:place] + arguments[place + 2 :]


def concerns_addons(paths: list[str]) -> bool:
    addons = ROOT / "addons"
    return any(Path(path.partition("::")[0]).resolve().is_relative_to(addons) for path in paths)


def concerns_stack(paths: list[str]) -> bool:
    return any(Path(path.partition("::")[0]).resolve().is_relative_to(E2E) for path in paths)


def provide_seed(settings: Settings, fresh: bool) -> None:
    """The end-to-end stack's data; what `scripts/run` made there needn't be made again here."""
    seed = Seed(Path(os.environ["HOSTEL_RUN_DIR"]) / "e2e")
    if fresh:
        seed.drop()
    if not seed.is_usable():
        say("making the end-to-end stack's data")
        seed.provide()
    if fresh or not (settings.pg_data / "PG_VERSION").exists():
        seed.lend(settings)


def prepare_databases(settings: Settings, fresh: bool, jobs: int) -> None:
    """Pristine copies of a database with all addons, one for each process."""
    template = Database(settings, TEMPLATE, with_tests=True, say=say)
    lent = Settings.pg_database
    if template.exists(lent):
        template.drop(TEMPLATE)
        template.take_over(lent)
    elif fresh:
        template.drop(TEMPLATE)
    template.provide()
    names = [parallel.database_of(DATABASE, job) for job in range(jobs)] if jobs > 1 else [DATABASE]
    for name in names:
        template.copy_to(name)


def environment(settings: Settings) -> dict[str, str]:
    env = settings.process_environment()
    env["PATH"] = f"{settings.venv_bin}:{env['PATH']}"
    # pytest brings a server of its own; it must not run the queue beside the tests.
    env["ODOO_QUEUE_JOB_CHANNELS"] = "root:0"
    return env


def run_pytest(settings: Settings, paths: list[str], options: list[str], jobs: int) -> int:
    env = environment(settings)
    env["PYTHONPATH"] = str(ROOT / "scripts" / "lib")
    if concerns_addons(paths):
        env["ODOO_RC"] = str(settings.odoo_conf)
        options = ["--odoo-http", *options]
    else:
        # Spares loading the registry.
        options = ["-p", "no:odoo", *options]
    if jobs > 1:
        options = ["-p", "hostel_stack.parallel", "-n", str(jobs), *options]
    command = [sys.executable, "-m", "pytest", *paths, *options]
    return subprocess.run(command, env=env, cwd=ROOT).returncode


def run(settings: Settings, paths: list[str], options: list[str], fresh: bool, jobs: int) -> int:
    stack = Stack(settings, say)
    stack.stop()
    if concerns_stack(paths):
        provide_seed(settings, fresh)
    try:
        stack.start_services()
        redis.Redis.from_url(settings.redis_url).flushall()
        if concerns_addons(paths):
            prepare_databases(settings, fresh, jobs)
        return run_pytest(settings, paths, options, jobs)
    finally:
        stack.stop()


def main(arguments: list[str]) -> int:
    jobs, arguments = take_jobs(arguments)
    fresh = "--fresh" in arguments
    # hostel_test may be installed into the tests' own stacks.
    os.environ["HOSTEL_FAILPOINTS"] = "1"
    os.chdir(ROOT)
    paths, options = split([word for word in arguments if word != "--fresh"])
    if not jobs:
        jobs = min(os.cpu_count() or 1, MOST_JOBS) if paths == everything() else 1
    base = Path(os.environ["HOSTEL_RUN_DIR"])
    settings = Settings.from_environment(
        run_dir=base / "test", port=free_port(), disposable=True, pg_database=DATABASE
    )
    with locked(settings.run_dir):
        return run(settings, paths, options, fresh, jobs)


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
