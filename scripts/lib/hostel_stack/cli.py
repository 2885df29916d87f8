"""What scripts/run does once everything is installed."""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

from .errors import StackError
from .settings import ROOT, Settings
from .stack import Stack, locked


def say(text: str) -> None:
    print(f"run: {text}", file=sys.stderr, flush=True)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/run")
    parser.add_argument("--detach", action="store_true")
    parser.add_argument("--stop", action="store_true")
    parser.add_argument("--env", action="store_true")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--port", type=int)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--disposable", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.port is not None and not 0 < options.port < 65536:
        raise StackError(f"{options.port} is no port: choose one from 1 to 65535")
    if options.workers is not None and options.workers < 1:
        raise StackError("at least one worker is needed: --workers 1")
    return options


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _dispatch(parse(arguments))
    except StackError as error:
        print(f"run: error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("run: interrupted", file=sys.stderr)
    return 1


def _interrupt(_signal, _frame):
    raise KeyboardInterrupt


def _dispatch(options: argparse.Namespace) -> int:
    run_dir = Path(os.environ["HOSTEL_RUN_DIR"])
    if options.env:
        return print_environment(run_dir)
    if options.stop:
        return stop(run_dir)
    settings = Settings.from_environment(
        port=options.port, workers=options.workers, disposable=options.disposable or None
    )
    stack = Stack(settings, say)
    with locked(run_dir):
        start(stack, options.fresh)
    print(summary(settings), flush=True)
    if not options.detach:
        wait_for_the_end(stack)
    return 0


def start(stack: Stack, fresh: bool) -> None:
    former = Stack.of(stack.settings.run_dir, say)
    if former and not fresh and former.is_current(stack.settings):
        say("already running")
        return
    if fresh:
        stack.stop()
        say("dropping the database, Redis and the files")
        stack.erase()
    stack.start()


def wait_for_the_end(stack: Stack) -> None:
    print("Ctrl-C stops it.", flush=True)
    try:
        while stack.is_running():
            time.sleep(0.5)
    except KeyboardInterrupt:
        say("stopping")
        stack.stop()


def print_environment(run_dir: Path) -> int:
    stack = Stack.of(run_dir)
    if not stack or not stack.is_running():
        raise StackError("nothing runs here: start it with scripts/run --detach")
    print(stack.settings.shell_environment())
    return 0


def stop(run_dir: Path) -> int:
    stack = Stack.of(run_dir)
    if not stack:
        say("nothing runs here")
        return 0
    with locked(run_dir):
        say("stopped" if stack.stop() else "nothing runs here")
    return 0


def summary(settings: Settings) -> str:
    """The address, one user of each role, and what to try first."""
    lines = ["", f"  Hostel is ready at {settings.url}", ""]
    logins = read_logins()
    width = max(len(row["role"]) for row in logins)
    for row in logins:
        url = settings.url + (row.get("url") or "/web/login")
        lines.append(f"  {row['role']:<{width}}  {row['login']} / {row['password']}  {url}")
    lines += ["", f"  Camu sandbox       {settings.camu_url}"]
    lines += [f"  Logs               {settings.log_dir}"]
    lines += [
        '  Join in            eval "$(scripts/run --env)"',
        "  Stop               scripts/run --stop",
        "",
    ]
    if any(row["role"].lower() == "student" for row in logins):
        lines += [
            "  Try first: sign in as the student, open the live map, tap a green bed, hold it",
            "  and pay; then sign in as the warden and approve it.",
            "",
        ]
    return "\n".join(lines)


def read_logins() -> list[dict]:
    path = ROOT / "addons" / "hostel_demo" / "logins.json"
    if path.exists():
        return json.loads(path.read_text())
    return [{"role": "admin", "login": "admin", "password": "admin", "url": "/web/login"}]
