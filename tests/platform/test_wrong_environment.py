"""A wrong environment: one line that says what and how to mend it, and nothing half-made."""

import os
import shutil
import socket
import struct
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

TOOLS = Path(os.environ["HOSTEL_TOOLS_DIR"])


def errors(done) -> list[str]:
    """The lines in which a script gave up."""
    return [line for line in done.stderr.splitlines() if "error: " in line]


def refused(done, *words: str) -> None:
    """Assert that a script ended with one line, which has these words, and no traceback."""
    assert done.returncode != 0
    assert "Traceback" not in done.stderr + done.stdout
    found = errors(done)
    assert len(found) == 1, done.stderr
    for word in words:
        assert word in found[0]


@contextmanager
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def postgres_of_version(version: str):
    """A server that says it is PostgreSQL of some version; old ones are in no registry."""

    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!I", len(body) + 4) + body

    settings = {
        "server_version": version,
        "client_encoding": "UTF8",
        "DateStyle": "ISO, MDY",
        "standard_conforming_strings": "on",
        "integer_datetimes": "on",
    }
    hello = message(b"R", struct.pack("!I", 0))
    for name, value in settings.items():
        hello += message(b"S", f"{name}\0{value}\0".encode())
    hello += message(b"Z", b"I")

    def serve(server):
        while True:
            try:
                client, _address = server.accept()
            except OSError:
                return
            with client:
                # The client asks for TLS or GSS first; the answer is no, until it says hello.
                while client.recv(4096)[4:8] in (b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"):
                    client.sendall(b"N")
                client.sendall(hello)
                client.recv(4096)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=[server], daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_port_is_taken(script, run_dir):
    with listener() as port:
        refused(script("run", "--detach", "--port", str(port)), f"port {port} is taken", "--port")
    assert not (run_dir / "pg").exists()


def test_redis_is_unreachable(script, run_dir):
    url = f"redis://127.0.0.1:{closed_port()}/0"
    done = script("run", "--detach", "--port", str(closed_port()), REDIS_URL=url)
    refused(done, url, "unreachable", "REDIS_URL")
    assert not (run_dir / "pg").exists()


def test_postgresql_is_unreachable(script):
    port = closed_port()
    address = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "hostel"}
    done = script("run", "--detach", "--port", str(closed_port()), **address)
    refused(done, f"127.0.0.1:{port}", "unreachable", "PGHOST")


def test_postgresql_is_too_old(script):
    with postgres_of_version("12.22") as port:
        address = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "hostel"}
        done = script("run", "--detach", "--port", str(closed_port()), **address)
    refused(done, "PostgreSQL 12", "too old", "13")


def test_the_superuser_is_refused(script):
    done = script("run", "--port", str(closed_port()), PGHOST="127.0.0.1", PGUSER="postgres")
    refused(done, "PGUSER")


def test_production_without_a_key(script, run_dir):
    done = script("run", "--detach", "--port", str(closed_port()), HOSTEL_ENV="production")
    refused(done, "HOSTEL_FIELD_KEY")
    assert not (run_dir / "secrets" / "field.key").exists()


def test_a_key_that_is_none(script):
    done = script("run", "--detach", "--port", str(closed_port()), HOSTEL_FIELD_KEY="secret")
    refused(done, "HOSTEL_FIELD_KEY", "32 bytes")
    assert "secret" not in done.stderr


def test_unknown_mode(script):
    refused(script("run", "--port", str(closed_port()), HOSTEL_ENV="prod"), "HOSTEL_ENV=prod")


def test_nothing_runs(script):
    refused(script("run", "--env"), "nothing runs", "--detach")


def test_stopping_what_does_not_run_is_no_error(script):
    done = script("run", "--stop")
    assert done.returncode == 0
    assert "nothing runs" in done.stderr


@pytest.mark.parametrize("arguments", [["--port", "0"], ["--port", "70000"], ["--workers", "0"]])
def test_numbers_that_make_no_sense(script, arguments):
    refused(script("run", *arguments))


def test_run_directory_with_a_path_too_long_for_sockets(script, run_dir):
    refused(script("setup", HOSTEL_RUN_DIR=str(run_dir / ("long" * 20))), "HOSTEL_RUN_DIR")


def test_run_directory_that_postgresql_cannot_enter(script, run_dir):
    (run_dir / "private").mkdir(mode=0o700)
    refused(script("setup", HOSTEL_RUN_DIR=str(run_dir / "private" / "run")), "HOSTEL_RUN_DIR")


def test_source_that_is_no_odoo(script, run_dir):
    (run_dir / "tools").mkdir()
    tools = {"HOSTEL_TOOLS_DIR": str(run_dir / "tools"), "HOSTEL_ODOO_SOURCE": str(run_dir)}
    refused(script("setup", **tools), "HOSTEL_ODOO_SOURCE")


def test_first_setup_without_network_goes_on_when_there_is_one(script, run_dir):
    """Every download is cut off; the second run has the package, and gets one step further."""
    nowhere = f"http://127.0.0.1:{closed_port()}"
    offline = {
        "http_proxy": nowhere,
        "https_proxy": nowhere,
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "PIP_RETRIES": "1",
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_FIND_LINKS": "",
        "HOSTEL_TOOLS_DIR": str(run_dir),
    }
    refused(script("setup", **offline), "no network", "run again")
    stamps = run_dir / "stamps"
    assert not list(stamps.iterdir())

    package = next((TOOLS / "cache").glob("odoo-19_*.deb"))
    shutil.copy(package, run_dir / "cache")
    refused(script("setup", **offline), "no network", "Python libraries")
    assert [path.name for path in stamps.iterdir()] == ["odoo"]
