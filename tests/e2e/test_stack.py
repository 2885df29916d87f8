"""The running stack: its processes, its one door, and what happens when something dies."""

import json
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from hostel_stack.errors import StackError
from hostel_stack.settings import ROOT

PROGRAMS = {
    "postgresql",
    "redis",
    "odoo-web",
    "odoo-evented",
    "odoo-queue",
    "camu-sandbox",
    "nginx",
}


def program_states(stack) -> dict[str, str]:
    infos = stack.stack.programs.rpc.getAllProcessInfo()
    return {info["name"]: info["statename"] for info in infos}


def get(url: str, **headers: str):
    """Answer and body, whatever the status."""
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer, answer.read()
    except urllib.error.HTTPError as error:
        return error, error.read()


def processes(stack, word: str) -> list[psutil.Process]:
    """Processes of this stack with a word in their command line."""
    mark = str(stack.settings.odoo_conf)
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if mark in (process.info["cmdline"] or []) and word in process.info["cmdline"]
    ]


def backlog(port: int) -> int:
    """Length of the queue of a listening socket on loopback."""
    lines = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True).stdout.splitlines()
    rows = [line.split() for line in lines]
    return next(int(row[2]) for row in rows if row[3] == f"127.0.0.1:{port}")


class Caller:
    """Asks for a page again and again in the background, and counts what goes wrong."""

    def __init__(self, url: str):
        self.url = url
        self.failures: list[str] = []
        self.successes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._call)

    def _call(self):
        while not self._stop.is_set():
            try:
                urllib.request.urlopen(self.url, timeout=30).close()
                self.successes += 1
            except OSError as error:
                self.failures.append(str(error))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self._stop.set()
        self._thread.join()


def test_every_program_runs(stack):
    # A program that was started again less than a second ago is still "STARTING".
    deadline = time.monotonic() + 30
    while (states := program_states(stack)).keys() != PROGRAMS or set(states.values()) != {
        "RUNNING"
    }:
        assert time.monotonic() < deadline, states
        time.sleep(0.2)


def test_pages_come_through_the_one_port(stack):
    answer, body = get(f"{stack.url}/web/login")
    assert answer.status == 200
    assert b"<form" in body


def test_there_are_two_http_workers_and_one_evented_worker(stack):
    master = psutil.Process(stack.pid("odoo-web"))
    workers = [child for child in master.children() if "WorkerHTTP" in " ".join(child.cmdline())]
    assert len(workers) == 2
    assert [process.pid for process in processes(stack, "gevent")] == [stack.pid("odoo-evented")]
    listening = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    owners = {c.pid for c in listening if c.laddr.port == stack.settings.ports["evented"]}
    assert owners == {stack.pid("odoo-evented")}


@pytest.mark.parametrize("name", ["web", "evented"])
def test_the_queue_of_callers_is_long(stack, name):
    longest = int(Path("/proc/sys/net/core/somaxconn").read_text())
    assert backlog(stack.settings.ports[name]) == min(4096, longest)


def test_websocket_reaches_the_evented_worker(stack):
    host, port = "127.0.0.1", stack.settings.port
    with socket.create_connection((host, port), timeout=30) as connection:
        connection.sendall(
            f"GET /websocket?version=19.0-2 HTTP/1.1\r\nHost: localhost:{port}\r\n"
            f"Origin: {stack.url}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        assert connection.recv(64).startswith(b"HTTP/1.1 101")


def test_static_files_do_not_need_odoo(stack):
    """nginx answers from the disk; Odoo's answers carry other headers."""
    stack.stop("odoo-web")
    try:
        answer, body = get(f"{stack.url}/web/static/img/logo.png")
    finally:
        stack.start("odoo-web")
    assert answer.status == 200
    assert body.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "path",
    [
        "/web/static/../__manifest__.py",
        "/web/static/%2e%2e/__manifest__.py",
        "/base/__manifest__.py",
    ],
)
def test_nothing_but_static_files_is_served_from_the_disk(stack, path):
    with socket.create_connection(("127.0.0.1", stack.settings.port), timeout=30) as connection:
        # urllib would tidy the path up.
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b" 404 " in answer.split(b"\r\n")[0]
    assert b"'depends'" not in answer


def test_map_snapshots_carry_no_cookie(stack):
    answer, _body = get(f"{stack.url}/hostel/live/nosuchkey", Cookie="session_id=abc")
    assert answer.headers.get("Set-Cookie") is None
    assert answer.headers["X-Cache-Status"]


def test_killed_http_workers_come_back_and_nobody_is_refused(stack):
    with Caller(f"{stack.url}/web/health") as caller:
        killed = stack.kill("odoo-web")
        time.sleep(1)
    assert stack.pid("odoo-web") not in (0, killed)
    assert caller.successes > 0
    assert caller.failures == []


@pytest.mark.parametrize(
    "program", ["odoo-evented", "odoo-queue", "camu-sandbox", "nginx", "redis"]
)
def test_killed_program_comes_back(stack, program):
    killed = stack.kill(program)
    assert stack.pid(program) not in (0, killed)


def test_a_program_that_does_not_run_is_not_killed(stack):
    """Its process id is 0, which means everybody in our own group to the kernel."""
    stack.stop("camu-sandbox")
    try:
        with pytest.raises(StackError, match="camu-sandbox does not run"):
            stack.stack.programs.kill("camu-sandbox", seconds=1)
    finally:
        stack.start("camu-sandbox")


def test_odoo_serves_again_after_postgresql_was_killed(stack):
    master = stack.pid("odoo-web")
    stack.kill("postgresql")
    deadline = time.monotonic() + 60
    while get(f"{stack.url}/web/login")[0].status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert stack.pid("odoo-web") == master


def test_other_programs_can_join_in(stack):
    env = stack.env | {"HOSTEL_RUN_DIR": str(stack.run_dir)}
    script = f'eval "$({ROOT}/scripts/run --env)" && echo "$PGDATABASE $HOSTEL_URL $CAMU_URL"'
    done = subprocess.run(
        ["bash", "-c", script], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [stack.settings.pg_database, stack.url, stack.camu_url]


def test_database_is_indian_and_owned_by_an_ordinary_role(stack):
    found = stack.query(
        """SELECT country.code, currency.name FROM res_company company
             JOIN res_partner partner ON partner.id = company.partner_id
             JOIN res_country country ON country.id = partner.country_id
             JOIN res_currency currency ON currency.id = company.currency_id
            WHERE company.id = 1"""
    )
    assert found == [("IN", "INR")]
    assert stack.query("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]
    extensions = {name for (name,) in stack.query("SELECT extname FROM pg_extension")}
    assert {"pg_trgm", "btree_gist", "unaccent"} <= extensions


def test_redis_forgets_nothing(stack):
    config = stack.redis().config_get("maxmemory-policy")
    assert config == {"maxmemory-policy": "noeviction"}


def test_running_it_again_changes_nothing(stack):
    before = {name: stack.pid(name) for name in stack.stack.programs.names()}
    env = stack.env | {"HOSTEL_RUN_DIR": str(stack.run_dir)}
    for variable in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "REDIS_URL"):
        env.pop(variable)
    command = [
        ROOT / "scripts" / "run",
        "--detach",
        "--disposable",
        "--port",
        str(stack.settings.port),
    ]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert "already running" in done.stderr
    assert json.dumps(before) == json.dumps({name: stack.pid(name) for name in before})


def _post(url: str, data: bytes, kind: str) -> str:
    request = urllib.request.Request(url, data=data, headers={"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.url


def test_paying_the_college_s_dues_at_camu_clears_the_student(stack):
    """From the page of dues to the clearance: nobody enters anything."""
    [[number, term]] = stack.query(
        "SELECT s.roll_number, t.code FROM hostel_student s, hostel_term t, res_users u"
        " WHERE u.login = 'student2' AND s.partner_id = u.partner_id"
        " AND t.date_from > current_date ORDER BY t.date_from LIMIT 1"
    )
    cleared = (
        "SELECT c.source, c.certainty FROM hostel_clearance c"
        " JOIN hostel_student s ON s.id = c.student_id JOIN hostel_term t ON t.id = c.term_id"
        " WHERE c.active AND s.roll_number = %s AND t.code = %s"
    )
    assert stack.query(cleared, number, term) == []
    due = {"student": number, "name": "S2", "term": term, "feeHead": "Tuition fee"}
    for amount in ("75000", "16000"):
        body = json.dumps(due | {"amount": amount}).encode()
        _post(f"{stack.camu_url}/sandbox/dues", body, "application/json")
    form = "application/x-www-form-urlencoded"
    for part in (1, 2):
        assert stack.query(cleared, number, term) == [], "a part clears nobody"
        page = _post(f"{stack.camu_url}/student/{number}/pay/{part}", b"", form)
        _post(page, b"outcome=upi", form)
        deadline = time.monotonic() + 60
        told = "SELECT state FROM hostel_camu_event WHERE reference = %s"
        while stack.query(told, f"DUE-{part}") != [("processed",)]:
            assert time.monotonic() < deadline, stack.query(told, f"DUE-{part}")
            time.sleep(0.5)
    assert stack.query(cleared, number, term) == [("webhook", "confirmed")]
