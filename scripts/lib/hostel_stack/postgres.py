"""The embedded PostgreSQL cluster, and what an external server must be able to do."""

import os
import pwd
import shutil
import subprocess
import time
from contextlib import closing
from pathlib import Path

import psycopg2

from .errors import StackError
from .settings import ROLE, Settings

OLDEST = 13
# Who runs the server when we are root: PostgreSQL refuses to.
OS_USER = "postgres"
# New databases are copies of it: the extensions are in, made by the superuser. `unaccent` must be
# immutable for Odoo to build indexes with it, and only its owner may say so.
TEMPLATE = "hostel_template"


def bin_dir(data: Path | None = None) -> Path:
    """Debian's binaries, of the version of an existing cluster if there is one.

    Never the `postgres` that comes first in PATH: it may be anything.
    """
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4])
    )
    if data and (data / "PG_VERSION").exists():
        version = (data / "PG_VERSION").read_text().strip()
        versions = [path for path in versions if path.parts[4] == version]
        if not versions:
            raise StackError(
                f"{data} was made by PostgreSQL {version}: install postgresql-{version}"
            )
    if not versions:
        raise StackError("PostgreSQL is not installed: run scripts/setup")
    if int(versions[-1].parts[4]) < OLDEST:
        raise StackError(
            f"PostgreSQL {versions[-1].parts[4]} is too old: install {OLDEST} or newer"
        )
    return versions[-1].parent


def server_command(settings: Settings) -> list[str]:
    return [
        str(bin_dir(settings.pg_data) / "postgres"),
        "-D",
        str(settings.pg_data),
        "-c",
        f"config_file={settings.conf_dir}/postgresql.conf",
    ]


def configuration(settings: Settings) -> str:
    lines = f"""\
# The embedded cluster: a unix socket in a directory that only its owner enters, no network.
hba_file = '{settings.conf_dir}/pg_hba.conf'
listen_addresses = ''
port = {settings.pg_port}
unix_socket_directories = '{settings.pg_socket_dir}'
max_connections = 300
shared_buffers = 256MB
effective_cache_size = 2GB
random_page_cost = 1.1
# Compiling costs more than the short queries of an Odoo gain.
jit = off
max_wal_size = 2GB
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %d '
"""
    if settings.disposable:
        lines += "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
    return lines


def prepare(settings: Settings) -> None:
    """Make the cluster and the socket's directory, owned by whoever will run the server."""
    settings.pg_socket_dir.mkdir(mode=0o700, exist_ok=True)
    own(settings.pg_socket_dir)
    if (settings.pg_data / "PG_VERSION").exists():
        return
    draft = settings.run_dir / "pg.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    own(draft)
    command = [str(bin_dir() / "initdb"), "-D", str(draft), "-U", "postgres", "--auth=trust"]
    command += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
    done = subprocess.run(as_server_user(command), capture_output=True, text=True, cwd="/")
    if done.returncode:
        reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise StackError(f"PostgreSQL's cluster cannot be made in {settings.run_dir}: {reason}")
    draft.rename(settings.pg_data)


def own(path: Path) -> None:
    if os.geteuid() == 0:
        user = pwd.getpwnam(OS_USER)
        os.chown(path, user.pw_uid, user.pw_gid)


def as_server_user(command: list[str]) -> list[str]:
    if os.geteuid() != 0:
        return command
    return ["setpriv", f"--reuid={OS_USER}", f"--regid={OS_USER}", "--init-groups", *command]


def connect(settings: Settings, database: str | None = None, user: str | None = None):
    """An autocommit connection; DDL on databases cannot run in a transaction."""
    connection = psycopg2.connect(**settings.dsn(database, user))
    connection.autocommit = True
    return connection


def query(settings: Settings, text: str, *params, database: str | None = None) -> list[tuple]:
    """Run one statement, which is committed; returns its rows, none where it has none."""
    with closing(connect(settings, database)) as connection, connection.cursor() as cursor:
        cursor.execute(text, params or None)
        return cursor.fetchall() if cursor.description else []


def wait_until_ready(settings: Settings, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            connect(settings, "postgres", "postgres").close()
            return
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline:
                reason = str(error).strip().splitlines()[-1]
                raise StackError(
                    f"PostgreSQL does not start: {reason} (see {settings.log_dir}/postgresql.log)"
                ) from None
        time.sleep(0.1)


def provide_role_and_template(settings: Settings) -> None:
    """The owner of our databases, who is no superuser, and the template they are made from."""
    with closing(connect(settings, "postgres", "postgres")) as server, server.cursor() as cr:
        cr.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
        if not cr.fetchone():
            cr.execute(f'CREATE ROLE "{ROLE}" LOGIN CREATEDB')
        cr.execute("SELECT datistemplate FROM pg_database WHERE datname = %s", [TEMPLATE])
        if cr.fetchone() == (True,):
            return
        # Without the template mark it was interrupted.
        cr.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}")
        cr.execute(
            f"CREATE DATABASE {TEMPLATE} ENCODING 'unicode' LC_COLLATE 'C' TEMPLATE template0"
        )
        with (
            closing(connect(settings, TEMPLATE, "postgres")) as template,
            template.cursor() as inner,
        ):
            for extension in ("pg_trgm", "btree_gist", "unaccent"):
                inner.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
            inner.execute("ALTER FUNCTION unaccent(text) IMMUTABLE")
        cr.execute(f"ALTER DATABASE {TEMPLATE} IS_TEMPLATE true")


def check_external(settings: Settings) -> None:
    """Refuse a server that cannot work, before anything is made on it."""
    where = f"{settings.pg_host}:{settings.pg_port}"
    if settings.pg_user == "postgres":
        raise StackError(
            "Odoo refuses the role postgres: set PGUSER to a role of its own with CREATEDB"
        )
    try:
        connection = connect(settings, "postgres")
    except psycopg2.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise StackError(
            f"PostgreSQL at {where} is unreachable: {reason}; check PGHOST and friends"
        ) from None
    with closing(connection):
        version = connection.server_version // 10000
    if version < OLDEST:
        raise StackError(
            f"PostgreSQL {version} at {where} is too old: Odoo 19 needs {OLDEST} or newer"
        )
