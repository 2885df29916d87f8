"""The Odoo database: made once, completed when it was interrupted, upgraded when addons change."""

import ast
import hashlib
import json
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg2

from . import postgres
from .errors import StackError
from .programs import last_line
from .settings import ROOT, Settings

# Failpoints and models for tests only, and the demonstration campus.
TEST_ONLY = {"hostel_test"}
DEMO = {"hostel_demo"}
# What a running system reads afresh, so that a change needs no upgrade.
NOT_INSTALLED = {"tests", "static", "readme", "__pycache__"}
HASHES = "hostel.platform.addon_hashes"


def addons(with_tests: bool = False, with_demo: bool = True) -> list[Path]:
    """Our installable addons."""
    left_out = (set() if with_tests else TEST_ONLY) | (set() if with_demo else DEMO)
    found = []
    for manifest in sorted((ROOT / "addons").glob("*/__manifest__.py")):
        values = ast.literal_eval(manifest.read_text())
        if values.get("installable", True) and manifest.parent.name not in left_out:
            found.append(manifest.parent)
    return found


def tree_hash(addon: Path, skip=frozenset(NOT_INSTALLED)) -> str:
    """Hash of an addon's files, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(addon.rglob("*")):
        if path.is_file() and not skip.intersection(path.relative_to(addon).parts[:-1]):
            digest.update(str(path.relative_to(addon)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


class Database:
    """One Odoo database of a stack."""

    def __init__(
        self, settings: Settings, name: str | None = None, with_tests: bool = False, say=print
    ):
        self.settings = settings
        self.name = name or settings.pg_database
        self.with_tests = with_tests
        self.say = say

    # -- making ----------------------------------------------------------------------------------
    def provide(self) -> None:
        """Create the database if it is missing, then install and upgrade what differs."""
        if not self.exists(self.name):
            self._create()
        self._update()
        self._set_address()

    def _create(self) -> None:
        """Make it under another name until it is whole.

        A database whose first installation was interrupted is no use: Odoo loads the chart of
        accounts at the end of it, and would not come back to that.
        """
        self.say(f"creating the database {self.name} (India, INR)")
        draft = Database(self.settings, f"{self.name}_new", self.with_tests, self.say)
        draft.drop(draft.name)
        draft._init()
        draft._update()
        self._take_over(draft)

    def _init(self) -> None:
        password = "admin"
        if self.settings.in_production:
            password = self.settings.secret("admin-password")
            self.say(f"admin's first password is in {self.settings.run_dir}/secrets")
        options = ("--country", "IN", "--password", password)
        self._odoo("db", "-c", self.settings.odoo_conf, "init", self.name, *options)
        self._add_extensions(self.name)

    def _take_over(self, draft: "Database") -> None:
        filestore = self.settings.data_dir / "filestore"
        shutil.rmtree(filestore / self.name, ignore_errors=True)
        if (filestore / draft.name).exists():
            (filestore / draft.name).rename(filestore / self.name)
        with self._server() as cr:
            cr.execute(f'ALTER DATABASE "{draft.name}" RENAME TO "{self.name}"')

    def _add_extensions(self, name: str) -> None:
        """Where there is no template of ours, the owner may add those that he is trusted with."""
        with (
            closing(postgres.connect(self.settings, name)) as connection,
            connection.cursor() as cr,
        ):
            for extension in ("pg_trgm", "btree_gist"):
                try:
                    cr.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
                except psycopg2.Error as error:
                    reason = str(error).strip().splitlines()[0]
                    raise StackError(
                        f"PostgreSQL lacks the extension {extension} ({reason}): "
                        "let its administrator add it"
                    ) from None

    def _addons(self) -> list[Path]:
        return addons(self.with_tests, with_demo=not self.settings.in_production)

    def _update(self) -> None:
        wanted = {addon.name: tree_hash(addon) for addon in self._addons()}
        installed, hashes = self._installed()
        new = sorted(set(wanted) - installed)
        changed = sorted(
            name for name in installed & set(wanted) if hashes.get(name) != wanted[name]
        )
        if not new and not changed:
            return
        if new:
            self.say(f"installing {', '.join(new)}")
        if changed:
            self.say(f"upgrading {', '.join(changed)}")
        options = [f"--init={','.join(new)}"] if new else []
        options += [f"--update={','.join(changed)}"] if changed else []
        self._odoo(
            "server",
            "-c",
            self.settings.odoo_conf,
            "-d",
            self.name,
            *options,
            "--stop-after-init",
            "--no-http",
        )
        installed, _hashes = self._installed()
        missing = sorted(set(wanted) - installed)
        if missing:
            raise StackError(f"{', '.join(missing)} did not install (see {self._log})")
        self._store_parameter(HASHES, json.dumps(wanted))

    def _set_address(self) -> None:
        self._store_parameter("web.base.url", self.settings.url)
        self._store_parameter("web.base.url.freeze", "True")

    # -- asking ----------------------------------------------------------------------------------
    def exists(self, name: str) -> bool:
        with self._server() as cr:
            cr.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return bool(cr.fetchone())

    def _installed(self) -> tuple[set[str], dict[str, str]]:
        with (
            closing(postgres.connect(self.settings, self.name)) as connection,
            connection.cursor() as cr,
        ):
            cr.execute("SELECT name FROM ir_module_module WHERE state = 'installed'")
            names = {name for (name,) in cr.fetchall()}
            cr.execute("SELECT value FROM ir_config_parameter WHERE key = %s", [HASHES])
            row = cr.fetchone()
        return names, json.loads(row[0]) if row else {}

    # -- copies ----------------------------------------------------------------------------------
    def copy_to(self, name: str) -> None:
        """A fresh copy under another name, with its files; nobody may be connected to this one."""
        self.drop(name)
        with self._server() as cr:
            cr.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self.name}"')
        filestore = self.settings.data_dir / "filestore"
        if (filestore / self.name).exists():
            shutil.copytree(filestore / self.name, filestore / name)

    def take_over(self, name: str) -> None:
        """Rename a whole database, with its files, to this one."""
        self._take_over(Database(self.settings, name, self.with_tests, self.say))

    def drop(self, name: str) -> None:
        with self._server() as cr:
            cr.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        shutil.rmtree(self.settings.data_dir / "filestore" / name, ignore_errors=True)

    # -- tools -----------------------------------------------------------------------------------
    def _server(self):
        return _Cursor(self.settings)

    @property
    def _log(self) -> Path:
        return self.settings.log_dir / "database.log"

    def _odoo(self, *arguments) -> None:
        env = self.settings.supervised_environment() | {"PGDATABASE": self.name}
        # No job runner beside an installation.
        env["ODOO_QUEUE_JOB_CHANNELS"] = "root:0"
        command = [str(self.settings.venv_bin / "odoo"), *map(str, arguments)]
        with self._log.open("wb") as log:
            done = subprocess.run(
                command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        if done.returncode:
            raise StackError(f"Odoo refused: {last_line(self._log)} (see {self._log})")
        errors = [
            line for line in self._log.read_text(errors="replace").splitlines() if " ERROR " in line
        ]
        if errors:
            self.say(f"warning: {len(errors)} errors in {self._log}, the first: {errors[0][:200]}")

    def _store_parameter(self, key: str, value: str) -> None:
        """Straight into the table: Odoo does not run yet, so no cache is wrong afterwards."""
        with (
            closing(postgres.connect(self.settings, self.name)) as connection,
            connection.cursor() as cr,
        ):
            cr.execute(
                """INSERT INTO ir_config_parameter
                          (key, value, create_uid, write_uid, create_date, write_date)
                   VALUES (%s, %s, 1, 1, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value""",
                [key, value],
            )


class _Cursor:
    """A cursor on the maintenance database, closed with its connection."""

    def __init__(self, settings: Settings):
        self.connection = postgres.connect(settings, "postgres")

    def __enter__(self):
        return self.connection.cursor()

    def __exit__(self, *_exc):
        self.connection.close()
