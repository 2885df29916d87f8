"""supervisord and its programs: start, ask, wait, stop. Only what this run directory started."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import xmlrpc.client
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import redis
from supervisor.xmlrpc import SupervisorTransport

from .configure import LIB
from .errors import StackError
from .settings import Settings

SUPERVISOR = LIB / "hostel_supervisord.py"
FRONT = ("nginx", "camu-sandbox", "odoo-queue", "odoo-evented", "odoo-web")
# They write their title over their environment, so they are known by where they work.
TITLE_WRITERS = ("nginx", "postgres", "redis-server")


class Programs:
    """The supervised programs of one stack."""

    def __init__(self, settings: Settings):
        self.settings = settings

    # -- supervisord -----------------------------------------------------------------------------
    @property
    def pid_file(self) -> Path:
        return self.settings.conf_dir / "supervisord.pid"

    def supervisor_process(self) -> psutil.Process | None:
        """supervisord of this run directory, if it runs; a number reused by another is not it."""
        try:
            process = psutil.Process(int(self.pid_file.read_text()))
            ours = str(self.settings.conf_dir / "supervisord.conf") in process.cmdline()
        except (FileNotFoundError, ValueError, psutil.Error):
            return None
        return process if ours and process.status() != psutil.STATUS_ZOMBIE else None

    def start_supervisor(self) -> None:
        conf = self.settings.conf_dir / "supervisord.conf"
        output = self.settings.log_dir / "supervisord.out"
        with output.open("ab") as out:
            child = subprocess.Popen(
                [sys.executable, str(SUPERVISOR), "-c", str(conf)],
                env=self.settings.supervised_environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.settings.run_dir,
                start_new_session=True,
            )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if child.poll() is not None:
                break
            if self.supervisor_process() and self._answers():
                return
            time.sleep(0.05)
        raise StackError(
            f"supervisord does not start: {last_line(output)} (see {self.settings.log_dir})"
        )

    def _answers(self) -> bool:
        try:
            self.rpc.getState()
        except (OSError, xmlrpc.client.Error):
            return False
        return True

    @property
    def rpc(self):
        url = f"unix://{self.settings.sockets}/supervisor.sock"
        transport = SupervisorTransport(None, None, url)
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor

    # -- one program -----------------------------------------------------------------------------
    def names(self) -> list[str]:
        return [info["name"] for info in self.rpc.getAllProcessInfo()]

    def info(self, name: str) -> dict:
        return self.rpc.getProcessInfo(name)

    def pid(self, name: str) -> int:
        """Process id of a running program, 0 if it does not run just now."""
        return self.info(name)["pid"]

    def start(self, name: str) -> None:
        self.rpc.startProcess(name, False)

    def stop(self, name: str) -> None:
        if self.info(name)["statename"] not in ("STOPPED", "EXITED", "FATAL"):
            self.rpc.stopProcess(name)

    def kill(self, name: str, sig: int = signal.SIGKILL, seconds: float = 60) -> int:
        """Send a signal, by default the hard one; supervisord starts the program again.

        :param seconds: to wait for a program that died just now and is about to be started
        :return: the process id that was hit
        :raises StackError: if it does not run
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            # 0 would be our own process group, with whoever runs the tests in it.
            if pid := self.pid(name):
                with suppress(ProcessLookupError):
                    os.kill(pid, sig)
                    return pid
            time.sleep(0.05)
        raise StackError(f"{name} does not run")

    def wait_for(self, name: str, ready: Callable[[], bool], seconds: float = 120) -> None:
        """Wait until a program is ready.

        :raises StackError: with the last line of its log, if it keeps dying or takes too long
        """
        deadline = time.monotonic() + seconds
        crashes = 0
        pid = 0
        while time.monotonic() < deadline and crashes < 4:
            if ready():
                return
            now = self.pid(name)
            crashes += pid != 0 and now != pid
            pid = now
            time.sleep(0.1)
        log = self.settings.log_dir / f"{name}.log"
        raise StackError(f"{name} does not start: {last_line(log)} (see {log})")

    # -- the end ---------------------------------------------------------------------------------
    def stop_all(self) -> bool:
        """Stop supervisord, which stops its programs in reverse order, and whatever outlived one.

        :return: whether anything ran
        """
        process = self.supervisor_process()
        if process:
            self._stop_front()
            process.terminate()
            try:
                process.wait(timeout=120)
            except psutil.TimeoutExpired:
                process.kill()
        left = self.orphans()
        for orphan in left:
            signal_quietly(orphan, signal.SIGINT if orphan.name() == "postgres" else signal.SIGTERM)
        _gone, alive = psutil.wait_procs(left, timeout=20)
        for orphan in alive:
            signal_quietly(orphan, signal.SIGKILL)
        return bool(process or left)

    def _stop_front(self) -> None:
        """Ask everything but the services to end, all at once: supervisord would take turns."""
        for name in FRONT:
            try:
                self.rpc.stopProcess(name, False)
            except (OSError, xmlrpc.client.Error):
                continue

    def orphans(self) -> list[psutil.Process]:
        """Processes of this stack that lost their supervisord."""
        own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
        return [
            process
            for process in psutil.process_iter()
            if self._is_ours(process) and process.pid not in own
        ]

    def _is_ours(self, process: psutil.Process) -> bool:
        run_dir = str(self.settings.run_dir)
        try:
            if process.name() in TITLE_WRITERS:
                return process.cwd() in (run_dir, f"{run_dir}/pg", f"{run_dir}/redis")
            return process.environ().get("HOSTEL_SUPERVISED") == run_dir
        except (psutil.Error, OSError):
            return False


def signal_quietly(process: psutil.Process, sig: int) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(sig)


def last_line(log: Path) -> str:
    """The line of a log that tells most: the last error, or else the last line."""
    try:
        lines = [
            line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()
        ]
    except FileNotFoundError:
        return "it wrote no log"
    errors = [
        line
        for line in lines[-200:]
        if " ERROR " in line or " CRITICAL " in line or "[emerg]" in line
    ]
    return (errors or lines or ["its log is empty"])[-1][:300]


def answers_http(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def check_redis(settings: Settings) -> None:
    """Refuse a Redis that does not answer."""
    try:
        redis.Redis.from_url(settings.redis_url, socket_connect_timeout=5).ping()
    except (redis.RedisError, ValueError) as error:
        raise StackError(
            f"Redis at {settings.redis_url} is unreachable ({error}): start it or correct REDIS_URL"
        ) from None


def redis_answers(settings: Settings) -> bool:
    try:
        return bool(redis.Redis.from_url(settings.redis_url).ping())
    except redis.RedisError:
        return False
