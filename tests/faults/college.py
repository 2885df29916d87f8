"""A stack of its own for the fault tests, with failpoints in it, and the ways to hurt it."""

import http.cookies
import json
import os
import random
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg2
import redis

from hostel_stack import postgres
from hostel_stack.database import Database
from hostel_stack.settings import ROOT, Settings, free_port
from hostel_stack.stack import Stack

sys.path.insert(0, str(ROOT / "addons" / "hostel_test" / "tools"))
import failpoints

WORKERS = 2


class College:
    """The whole stack behind nginx, which a test may hurt as it likes."""

    def __init__(self, template: Settings | None, template_name: str):
        run_dir = Path(os.environ["HOSTEL_RUN_DIR"]).parent / "faults"
        run_dir.mkdir(exist_ok=True)
        # Not from the environment: that names the services of the tests themselves.
        self.settings = Settings(
            run_dir=run_dir,
            tools_dir=Path(os.environ.get("HOSTEL_TOOLS_DIR") or run_dir.parent),
            port=free_port(),
            workers=WORKERS,
            disposable=True,
        )
        self.settings.ports = self.settings._read_ports()
        self.stack = Stack(self.settings, say=lambda text: None)
        self.template, self.template_name = template, template_name

    # -- life ------------------------------------------------------------------------------------
    def start(self) -> None:
        failpoints.disarm_all(self.settings.run_dir)
        self.stack.stop()
        self.stack.start_services()
        if self.template:
            self._copy_database()
        self.stack.stop()
        self.stack.start(with_tests=True)

    def _copy_database(self) -> None:
        """Take over the tests' database, which has everything installed already."""
        target = Database(self.settings, with_tests=True, say=lambda text: None)
        target.drop(target.name)
        with target._server() as cr:
            cr.execute(f'CREATE DATABASE "{target.name}" TEMPLATE {postgres.TEMPLATE}')
        tools = postgres.bin_dir()
        dump = [tools / "pg_dump", "-Fc", "-Z0", *self._options(self.template, self.template_name)]
        load = [tools / "pg_restore", "--no-owner", *self._options(self.settings, target.name)]
        with subprocess.Popen(list(map(str, dump)), stdout=subprocess.PIPE) as dumping:
            done = subprocess.run(
                list(map(str, load)), stdin=dumping.stdout, capture_output=True, text=True
            )
        assert target.exists(target.name), done.stderr
        files = self.template.data_dir / "filestore" / self.template_name
        if files.exists():
            shutil.copytree(
                files, self.settings.data_dir / "filestore" / target.name, dirs_exist_ok=True
            )
        redis.Redis.from_url(self.settings.redis_url).flushall()

    @staticmethod
    def _options(settings: Settings, name: str) -> list[str]:
        dsn = settings.dsn(name)
        return ["-h", dsn["host"], "-p", dsn["port"], "-U", dsn["user"], "-d", name]

    def stop(self) -> None:
        failpoints.disarm_all(self.settings.run_dir)
        self.stack.stop()

    # -- asking ----------------------------------------------------------------------------------
    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.settings.redis_url, decode_responses=True)

    def query(self, text: str, *params) -> list[tuple]:
        return postgres.query(self.settings, text, *params)

    def build(self, **order) -> dict:
        """A round of its own with students who are signed in; see `booking_campus.build`."""
        command = [
            sys.executable,
            ROOT / "scripts" / "lib" / "booking_campus.py",
            self.settings.odoo_conf,
            self.settings.pg_database,
            json.dumps(order),
        ]
        done = subprocess.run(
            command, env=self.settings.process_environment(), capture_output=True, text=True
        )
        assert not done.returncode, done.stderr[-3000:]
        campus = json.loads(done.stdout.splitlines()[-1])
        self.wait_for_map(campus)
        return campus

    def wait_for_map(self, campus: dict, seconds: float = 30) -> None:
        """Until Redis has the round's map under PostgreSQL's epoch."""
        name = f"hostel:{self.settings.pg_database}:{{{campus['key']}}}:ep"
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                [(epoch,)] = self.query(
                    "SELECT epoch FROM hostel_booking_round WHERE id = %s", campus["round"]
                )
                if self.redis().get(name) == str(epoch):
                    return
            except (redis.RedisError, psycopg2.Error):
                pass
            time.sleep(0.1)
        raise AssertionError("the map is not loaded again")

    def states(self, floor_map: dict) -> str:
        [key] = self.redis().keys(f"*:fl:{floor_map['floor']}") or [None]
        return self.redis().get(key) if key else ""

    def read_json(self, path: str) -> dict:
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            return json.loads(answer.read())

    def open_page(self, path: str, sid: str, language: str) -> tuple[int, str]:
        """Status and text of a page, as the browser of somebody who is signed in opens it."""
        cookie = f"session_id={sid}; frontend_lang={language}"
        headers = {"Accept": "text/html", "Cookie": cookie}
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def sign_in(self, login: str, password: str) -> str:
        """Session of somebody who signs in as a program does."""
        params = {"db": self.settings.pg_database, "login": login, "password": password}
        answer, headers = self._post("/web/session/authenticate", params, "")
        assert "result" in answer, answer
        cookie = http.cookies.SimpleCookie(headers["Set-Cookie"])
        return cookie["session_id"].value

    def call_kw(self, sid: str, model: str, method: str, args: list) -> bool:
        """Call a model as the web client does; whether it was done."""
        return "error" not in self.ask_kw(sid, model, method, args)

    def ask_kw(self, sid: str, model: str, method: str, args: list) -> dict:
        """Call a model as the web client does; ``error`` in what it answers if it was refused."""
        params = {"model": model, "method": method, "args": args, "kwargs": {}}
        answer, _headers = self._post(f"/web/dataset/call_kw/{model}/{method}", params, sid)
        return answer

    def _post(self, path: str, params: dict, sid: str):
        request = urllib.request.Request(
            self.url + path,
            json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode(),
            {"Content-Type": "application/json", "Cookie": f"session_id={sid}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read()), answer.headers

    # -- hurting ---------------------------------------------------------------------------------
    def arm(self, name: str, action: str = "kill", seconds: float = 0) -> None:
        failpoints.arm(name, action, seconds, run_dir=self.settings.run_dir)

    def disarm(self) -> list[str]:
        return failpoints.disarm_all(self.settings.run_dir)

    def is_armed(self, name: str) -> bool:
        return (self.settings.run_dir / "failpoints" / name).exists()

    def web_workers(self) -> list[psutil.Process]:
        master = psutil.Process(self.stack.programs.pid("odoo-web"))
        return master.children()

    def kill_a_worker(self, chance: random.Random) -> int:
        """SIGKILL one of the web workers; the master starts another."""
        workers = sorted(self.web_workers(), key=lambda process: process.pid)
        if not workers:
            return 0
        victim = chance.choice(workers)
        with suppress(psutil.NoSuchProcess):
            victim.kill()
        return victim.pid

    def forget_calls(self) -> None:
        """Nobody is slowed down: a race needs more calls than a person makes."""
        client = self.redis()
        names = client.keys("*:rl:*")
        if names:
            client.delete(*names)
