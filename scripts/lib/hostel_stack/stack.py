"""The whole stack in the right order."""

import fcntl
import hashlib
import shutil
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import redis

from . import configure, postgres
from .database import Database, addons, tree_hash
from .errors import StackError
from .programs import Programs, answers_http, check_redis, redis_answers
from .settings import ROOT, Settings, port_is_free

SERVICES = ("postgresql", "redis")


class Stack:
    """A stack that is started, asked and stopped.

    :param say: called with one line for each thing that takes a while
    """

    def __init__(self, settings: Settings, say=print):
        self.settings = settings
        self.programs = Programs(settings)
        self.say = say

    @classmethod
    def of(cls, run_dir: Path, say=print) -> "Stack | None":
        """The stack that was last started in a run directory."""
        settings = Settings.load(Path(run_dir))
        return cls(settings, say) if settings else None

    # -- starting --------------------------------------------------------------------------------
    def start(self, with_tests: bool = False) -> None:
        """Bring everything up; on failure nothing stays behind."""
        try:
            self.start_services()
            Database(self.settings, with_tests=with_tests, say=self.say).provide()
            self.say("starting Odoo")
            self._start_programs()
        except BaseException:
            self.stop()
            raise
        self._code_file.write_text(code_hash())

    def start_services(self) -> None:
        """PostgreSQL and Redis, or the checks of those that are given; supervisord stays up."""
        settings = self.settings
        former = Settings.load(settings.run_dir)
        if not former or former.port != settings.port:
            # Before the running stack is stopped for nothing.
            self._check_port()
        self.stop()
        self._check_port()
        for directory in (settings.conf_dir, settings.log_dir, settings.sockets):
            directory.mkdir(parents=True, exist_ok=True)
        settings.field_key()
        if settings.external_redis:
            check_redis(settings)
        if settings.pg_host:
            postgres.check_external(settings)
        else:
            postgres.prepare(settings)
        settings.choose_ports()
        configure.write_all(settings)
        settings.save()
        self.programs.start_supervisor()
        if not settings.pg_host:
            self.programs.start("postgresql")
            postgres.wait_until_ready(settings)
            postgres.provide_role_and_template(settings)
        if not settings.external_redis:
            self.programs.start("redis")
            self.programs.wait_for("redis", lambda: redis_answers(settings), 60)

    def _check_port(self) -> None:
        if not port_is_free(self.settings.port, self.settings.listen):
            raise StackError(
                f"port {self.settings.port} is taken: "
                "stop what listens there, or choose another with --port"
            )

    def _start_programs(self) -> None:
        names = [name for name in self.programs.names() if name not in SERVICES]
        for name in names:
            self.programs.start(name)
        checks = self.health_checks()
        for name in names:
            if name in checks:
                self.programs.wait_for(name, lambda url=checks[name]: answers_http(url), 180)

    def health_checks(self) -> dict[str, str]:
        ports = self.settings.ports
        return {
            "odoo-web": f"http://127.0.0.1:{ports['web']}/web/health",
            "odoo-evented": f"http://127.0.0.1:{ports['evented']}/websocket/health",
            "odoo-queue": f"http://127.0.0.1:{ports['queue']}/web/health",
            "camu-sandbox": f"http://127.0.0.1:{ports['sandbox']}/",
            "nginx": f"http://127.0.0.1:{self.settings.port}/web/health",
        }

    # -- asking ----------------------------------------------------------------------------------
    def is_running(self) -> bool:
        return self.programs.supervisor_process() is not None

    def is_current(self, wanted: Settings) -> bool:
        """Whether it runs with these settings and with the code as it is now."""
        if not self.is_running() or self.settings != wanted:
            return False
        with suppress(FileNotFoundError):
            return self._code_file.read_text() == code_hash()
        return False

    @property
    def _code_file(self) -> Path:
        return self.settings.conf_dir / "code.hash"

    # -- acting on programs ----------------------------------------------------------------------
    def restart(self, name: str) -> None:
        """Stop and start one program, and wait until it answers."""
        self.programs.stop(name)
        self.programs.start(name)
        self.wait_until_healthy(name)

    def kill(self, name: str, wait: bool = True) -> int:
        """Kill one program the hard way.

        :param wait: until its successor answers
        :return: the process id that was killed
        """
        killed = self.programs.kill(name)
        if wait:
            deadline = time.monotonic() + 60
            while self.programs.pid(name) in (0, killed) and time.monotonic() < deadline:
                time.sleep(0.05)
            self.wait_until_healthy(name)
        return killed

    def wait_until_healthy(self, name: str, seconds: float = 120) -> None:
        if name == "postgresql":
            postgres.wait_until_ready(self.settings, seconds)
        elif name == "redis":
            self.programs.wait_for(name, lambda: redis_answers(self.settings), seconds)
        else:
            url = self.health_checks()[name]
            self.programs.wait_for(
                name, lambda: self._is_itself(name) and answers_http(url), seconds
            )

    def _is_itself(self, name: str) -> bool:
        """nginx's workers outlive a killed master for a moment and answer in its place."""
        if name != "nginx":
            return True
        with suppress(FileNotFoundError):
            pid_file = self.settings.run_dir / "nginx" / "nginx.pid"
            return pid_file.read_text().strip() == str(self.programs.pid(name))
        return False

    # -- stopping --------------------------------------------------------------------------------
    def stop(self) -> bool:
        return self.programs.stop_all()

    def erase(self) -> None:
        """Drop the data of a stopped stack: database, Redis, files. Secrets and programs stay."""
        settings = self.settings
        if settings.pg_host:
            postgres.check_external(settings)
            Database(settings).drop(settings.pg_database)
        if settings.external_redis:
            check_redis(settings)
            redis.Redis.from_url(settings.external_redis).flushdb()
        for name in ("pg", "pg.new", "redis", "data", "nginx", "camu"):
            shutil.rmtree(settings.run_dir / name, ignore_errors=True)


def code_hash() -> str:
    """Hash of everything that the running programs were loaded from."""
    digest = hashlib.sha256()
    for addon in addons(with_tests=True):
        digest.update(tree_hash(addon, skip=frozenset({"tests", "__pycache__"})).encode())
    for part in ("config", "scripts/lib"):
        if (ROOT / part).exists():
            digest.update(tree_hash(ROOT / part, skip=frozenset({"__pycache__"})).encode())
    digest.update((ROOT / "requirements.txt").read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def locked(run_dir: Path):
    """One script at a time starts or stops the stack of a run directory."""
    run_dir.mkdir(parents=True, exist_ok=True)
    with (run_dir / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(
                f"another script is starting or stopping the stack in {run_dir}: wait for it"
            ) from None
        yield


def nginx_accepts(conf: Path) -> tuple[bool, str]:
    """What ``nginx -t`` says of a file."""
    done = subprocess.run(
        ["/usr/sbin/nginx", "-t", "-c", str(conf), "-e", "stderr"], capture_output=True, text=True
    )
    return done.returncode == 0, done.stderr
