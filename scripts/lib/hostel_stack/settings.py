"""Where a stack lives and what it is made of."""

import dataclasses
import json
import os
import secrets
import shlex
import socket
from pathlib import Path

from cryptography.fernet import Fernet

from .errors import StackError

ROOT = Path(__file__).resolve().parents[3]
DEFAULT_PORT = 8069
MODES = ("development", "production")
INNER_PORTS = ("web", "evented", "queue", "sandbox")
# The role that owns the embedded database; Odoo refuses to run as `postgres`.
ROLE = "hostel"
POSTGRES_VARIABLES = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE")


@dataclasses.dataclass
class Settings:
    """One stack: a run directory and everything that follows from it."""

    run_dir: Path
    tools_dir: Path
    port: int = DEFAULT_PORT
    listen: str = "127.0.0.1"
    workers: int = 2
    mode: str = "development"
    # Data nobody will miss: PostgreSQL and Redis need not wait for the disk.
    disposable: bool = False
    ports: dict[str, int] = dataclasses.field(default_factory=dict)
    # Of external services; None stands for the embedded ones.
    pg_host: str | None = None
    pg_port: str = "5432"
    pg_user: str = ROLE
    pg_database: str = "hostel"
    external_redis: str | None = None
    # In a container: where Odoo listens, and the addresses that browsers know.
    http_interface: str = "127.0.0.1"
    public_url: str | None = None
    public_camu_url: str | None = None

    @classmethod
    def from_environment(cls, **options) -> "Settings":
        """Settings of the stack that this environment asks for.

        :param options: fields to set, what is None counts as not given
        """
        env = os.environ
        run_dir = Path(env["HOSTEL_RUN_DIR"])
        values = {
            "run_dir": run_dir,
            "tools_dir": Path(env.get("HOSTEL_TOOLS_DIR") or run_dir),
            "listen": env.get("HOSTEL_LISTEN") or "127.0.0.1",
            "mode": env.get("HOSTEL_ENV") or "development",
            "pg_host": env.get("PGHOST") or None,
            "pg_port": env.get("PGPORT") or "5432",
            "external_redis": env.get("REDIS_URL") or None,
        }
        if values["pg_host"]:
            values["pg_user"] = env.get("PGUSER") or ROLE
            values["pg_database"] = env.get("PGDATABASE") or "hostel"
        values.update({name: value for name, value in options.items() if value is not None})
        settings = cls(**values)
        if settings.mode not in MODES:
            raise StackError(f"HOSTEL_ENV={settings.mode} is unknown: use {' or '.join(MODES)}")
        settings.ports = settings._read_ports()
        return settings

    # -- places ----------------------------------------------------------------------------------
    @property
    def conf_dir(self) -> Path:
        return self.run_dir / "conf"

    @property
    def log_dir(self) -> Path:
        return self.run_dir / "log"

    @property
    def data_dir(self) -> Path:
        return self.run_dir / "data"

    @property
    def sockets(self) -> Path:
        return self.run_dir / "sockets"

    @property
    def pg_data(self) -> Path:
        return self.run_dir / "pg"

    @property
    def pg_socket_dir(self) -> Path:
        return self.sockets / "pg"

    @property
    def venv_bin(self) -> Path:
        return self.tools_dir / "venv" / "bin"

    @property
    def site_packages(self) -> Path:
        return next((self.tools_dir / "venv" / "lib").glob("python3*")) / "site-packages"

    @property
    def odoo_conf(self) -> Path:
        return self.conf_dir / "odoo.conf"

    @property
    def state_file(self) -> Path:
        return self.conf_dir / "stack.json"

    # -- addresses -------------------------------------------------------------------------------
    @property
    def url(self) -> str:
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def camu_url(self) -> str:
        return self.public_camu_url or f"http://localhost:{self.ports['sandbox']}"

    @property
    def in_production(self) -> bool:
        return self.mode == "production"

    @property
    def redis_url(self) -> str:
        return self.external_redis or f"unix://{self.sockets}/redis.sock?db=0"

    def dsn(self, database: str | None = None, user: str | None = None) -> dict:
        """Arguments for ``psycopg2.connect``."""
        return {
            "host": self.pg_host or str(self.pg_socket_dir),
            "port": self.pg_port,
            "user": user or self.pg_user,
            "password": os.environ.get("PGPASSWORD") if self.pg_host else None,
            "dbname": database or self.pg_database,
            "connect_timeout": 5,
        }

    def addons_paths(self) -> list[Path]:
        """Directories with addons: ours, OCA's beside Odoo's own, those of an Odoo checkout."""
        candidates = [ROOT / "addons", self.site_packages / "odoo" / "addons"]
        checkout = self.site_packages / "odoo-checkout.pth"
        if checkout.exists():
            source = Path(checkout.read_text().strip())
            candidates += [source / "addons", source / "odoo" / "addons"]
        return [path for path in candidates if any(path.glob("*/__manifest__.py"))]

    # -- environments ----------------------------------------------------------------------------
    def join_environment(self) -> dict[str, str]:
        """What another program needs to join this stack (``run --env``)."""
        return {
            "PGHOST": self.pg_host or str(self.pg_socket_dir),
            "PGPORT": self.pg_port,
            "PGUSER": self.pg_user,
            "PGDATABASE": self.pg_database,
            "REDIS_URL": self.redis_url,
            "HOSTEL_URL": self.url,
            "CAMU_URL": self.camu_url,
        }

    def shell_environment(self) -> str:
        pairs = self.join_environment().items()
        return "\n".join(f"{name}={shlex.quote(value)}" for name, value in pairs)

    def process_environment(self) -> dict[str, str]:
        """Environment of every program of the stack."""
        env = {key: value for key, value in os.environ.items() if not key.startswith("ODOO_")}
        env.update(self.join_environment())
        env.update(
            PATH=f"{self.venv_bin}:{os.environ.get('PATH', '/usr/bin:/bin')}",
            LANG="C.UTF-8",
            HOSTEL_RUN_DIR=str(self.run_dir),
            HOSTEL_ENV=self.mode,
            HOSTEL_FIELD_KEY=self.field_key(),
            CAMU_WEBHOOK_SECRET=os.environ.get("CAMU_WEBHOOK_SECRET")
            or self.secret("camu-webhook"),
            CAMU_PORT=str(self.ports["sandbox"]),
            CAMU_WEBHOOK_URL=f"http://127.0.0.1:{self.port}/payment/camu/webhook",
            CAMU_STATE_DIR=str(self.run_dir / "camu"),
        )
        return env

    def supervised_environment(self) -> dict[str, str]:
        """The same with the mark by which a process is known as this stack's."""
        # Odoo's workers write a title, which must not go over their environment.
        return self.process_environment() | {
            "HOSTEL_SUPERVISED": str(self.run_dir),
            "SPT_NOENV": "1",
        }

    # -- secrets ---------------------------------------------------------------------------------
    def field_key(self) -> str:
        """Keys of the encrypted fields: the environment's, or one made for development."""
        given = os.environ.get("HOSTEL_FIELD_KEY")
        if given:
            try:
                # Several while they are changed, the current one first.
                for key in given.split(","):
                    Fernet(key.strip())
            except ValueError:
                raise StackError(
                    "HOSTEL_FIELD_KEY is no Fernet key: each must be 32 bytes in URL-safe base64, "
                    "several are separated by commas"
                ) from None
            return given
        if self.in_production:
            raise StackError(
                "HOSTEL_ENV=production needs HOSTEL_FIELD_KEY: "
                "set it to the key that your data is encrypted with"
            )
        return self.secret("field", lambda: Fernet.generate_key().decode())

    def secret(self, name: str, make=lambda: secrets.token_urlsafe(32)) -> str:
        """A secret that is made once and kept, readable by the owner alone."""
        directory = self.run_dir / "secrets"
        directory.mkdir(mode=0o700, exist_ok=True)
        path = directory / f"{name}.key"
        if not path.exists():
            draft = path.with_suffix(".new")
            draft.touch(mode=0o600)
            draft.write_text(make())
            draft.rename(path)
        return path.read_text().strip()

    # -- ports -----------------------------------------------------------------------------------
    def _read_ports(self) -> dict[str, int]:
        try:
            return json.loads((self.conf_dir / "ports.json").read_text())
        except FileNotFoundError:
            return {}

    def choose_ports(self) -> None:
        """Give each inner port a number once; one that was taken meanwhile gets another."""
        for name in INNER_PORTS:
            # The outer one may be another than last time, and nobody listens there yet.
            taken = self.ports.get(name) in (None, self.port)
            if taken or not port_is_free(self.ports[name]):
                self.ports[name] = free_port(avoid=[self.port, *self.ports.values()])
        (self.conf_dir / "ports.json").write_text(json.dumps(self.ports))

    # -- state -----------------------------------------------------------------------------------
    def save(self) -> None:
        values = dataclasses.asdict(self) | {
            "run_dir": str(self.run_dir),
            "tools_dir": str(self.tools_dir),
        }
        self.state_file.write_text(json.dumps(values, indent=1))

    @classmethod
    def load(cls, run_dir: Path) -> "Settings | None":
        """The settings with which the stack of a run directory was last started."""
        try:
            values = json.loads((run_dir / "conf" / "stack.json").read_text())
        except FileNotFoundError:
            return None
        values["run_dir"] = Path(values["run_dir"])
        values["tools_dir"] = Path(values["tools_dir"])
        return cls(**values)


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(avoid=()) -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in avoid:
            return port
