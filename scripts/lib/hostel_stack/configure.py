"""Writes a stack's configuration files from the templates in config/."""

import os
import re
import resource
import shlex
from pathlib import Path

from . import postgres
from .settings import ROOT, Settings

LIB = ROOT / "scripts" / "lib"
BACKLOG = 4096
MOST_FILES = 65536
JOBS_NICE = "10"


def fill(template: str, values: dict[str, str]) -> str:
    """Replace each ``@NAME@``; a name without a value is an error."""
    return re.sub(r"@([A-Z_]+)@", lambda match: values[match[1]], template)


def write_all(settings: Settings) -> None:
    """(Re)write every file under ``conf`` and make the directories the programs expect."""
    for directory in (settings.data_dir, settings.run_dir / "camu", settings.run_dir / "nginx"):
        directory.mkdir(exist_ok=True)
    write(settings.odoo_conf, odoo_conf(settings), mode=0o600)
    write(settings.conf_dir / "nginx.conf", nginx_conf(settings))
    if not settings.pg_host:
        write(settings.conf_dir / "postgresql.conf", postgres.configuration(settings))
        write(settings.conf_dir / "pg_hba.conf", "local all all trust\n")
    if not settings.external_redis:
        write(settings.conf_dir / "redis.conf", redis_conf(settings))
    write(settings.conf_dir / "supervisord.conf", supervisord_conf(settings))


def write(path: Path, text: str, mode: int = 0o644) -> None:
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=mode)
    draft.write_text(text)
    draft.rename(path)


# -- Odoo ----------------------------------------------------------------------------------------


def server_wide_modules() -> str:
    modules = ["base", "rpc", "web", "queue_job"]
    # It answers the map's snapshot before Odoo opens a session or a cursor.
    if (ROOT / "addons" / "hostel_booking" / "__manifest__.py").exists():
        modules.append("hostel_booking")
    return ",".join(modules)


def odoo_conf(settings: Settings) -> str:
    template = (ROOT / "config" / f"odoo.{settings.mode}.conf").read_text()
    return fill(
        template,
        {
            "ADDONS_PATH": ",".join(map(str, settings.addons_paths())),
            "DATA_DIR": str(settings.data_dir),
            "SERVER_WIDE_MODULES": server_wide_modules(),
            "DB_NAME": settings.pg_database,
            "DB_HOST": settings.pg_host or str(settings.pg_socket_dir),
            "DB_PORT": settings.pg_port,
            "DB_USER": settings.pg_user,
            "DB_TEMPLATE": "template0" if settings.pg_host else postgres.TEMPLATE,
            "ADMIN_PASSWORD": settings.secret("odoo-master"),
            "HTTP_INTERFACE": settings.http_interface,
            "WEB_PORT": str(settings.ports["web"]),
            "EVENTED_PORT": str(settings.ports["evented"]),
            "QUEUE_PORT": str(settings.ports["queue"]),
        },
    )


# -- nginx ---------------------------------------------------------------------------------------


def nginx_conf(settings: Settings) -> str:
    log = quoted(settings.log_dir / "nginx-access.log")
    return fill_nginx(
        settings,
        web=f"127.0.0.1:{settings.ports['web']}",
        evented=f"127.0.0.1:{settings.ports['evented']}",
        listen=f"{settings.listen}:{settings.port}",
        access_log=f"{log} plain" if settings.in_production else "off",
    )


def fill_nginx(settings: Settings, web: str, evented: str, listen: str, access_log: str) -> str:
    """nginx's configuration for these addresses; a name may stand for several hosts."""
    files = most_files()
    return fill(
        (ROOT / "config" / "nginx.conf").read_text(),
        {
            "USER": "user www-data;" if os.geteuid() == 0 else "",
            "STATE_DIR": quoted(settings.run_dir / "nginx"),
            "ERROR_LOG": "stderr",
            "ACCESS_LOG": access_log,
            "WORKER_PROCESSES": str(min(settings.workers, 8)),
            "MAX_FILES": str(files),
            "MAX_CONNECTIONS": str(files // 2),
            "MIME_TYPES": "/etc/nginx/mime.types",
            "WEB_SERVERS": f"        server {web} max_fails=0;",
            "EVENTED_SERVERS": f"        server {evented} max_fails=0;",
            "LISTEN": f"        listen {listen} backlog={BACKLOG};",
            "STATIC_FILES": " ".join(quoted(f"{path}$uri") for path in settings.addons_paths()),
            # While developing, a changed file must show at the next reload.
            "STATIC_EXPIRES": "7d" if settings.in_production else "-1",
        },
    )


def most_files() -> int:
    """How many descriptors a program of ours may open; three go to each websocket."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)


def quoted(path: Path | str) -> str:
    return f'"{path}"' if " " in str(path) else str(path)


# -- Redis ---------------------------------------------------------------------------------------


def redis_conf(settings: Settings) -> str:
    directory = settings.run_dir / "redis"
    directory.mkdir(exist_ok=True)
    return f"""\
# Locks and map state: never evicted, at most one second lost.
port 0
unixsocket "{settings.sockets}/redis.sock"
unixsocketperm 700
dir "{directory}"
save ""
appendonly {"no" if settings.disposable else "yes"}
appendfsync everysec
maxmemory-policy noeviction
maxclients 4096
daemonize no
"""


# -- supervisord ---------------------------------------------------------------------------------


def supervisord_conf(settings: Settings) -> str:
    return fill(
        (ROOT / "config" / "supervisord.conf").read_text(),
        {
            "SUPERVISOR_USER": "user = root" if os.geteuid() == 0 else "",
            "LOG_DIR": ini(settings.log_dir),
            "CONF_DIR": ini(settings.conf_dir),
            "SOCKETS": ini(settings.sockets),
            "PROGRAMS": "\n".join(program_sections(settings)),
        },
    )


def program_sections(settings: Settings) -> list[str]:
    """The programs of this stack, from the one that starts first."""
    sections = []
    if not settings.pg_host:
        user = {"user": postgres.OS_USER} if os.geteuid() == 0 else {}
        # SIGINT ends sessions at once; SIGTERM would wait for them.
        command = postgres.server_command(settings)
        sections.append(program(settings, "postgresql", command, stopsignal="INT", **user))
    if not settings.external_redis:
        command = ["/usr/bin/redis-server", settings.conf_dir / "redis.conf"]
        sections.append(program(settings, "redis", command))
    return sections + odoo_sections(settings) + front_sections(settings)


def odoo_sections(settings: Settings) -> list[str]:
    launcher = [settings.venv_bin / "python", LIB / "hostel_odoo.py"]
    conf = ["-c", settings.odoo_conf]
    no_jobs = {"environment": 'ODOO_QUEUE_JOB_CHANNELS="root:0"'}
    web = [*launcher, "server", *conf, f"--workers={settings.workers}"]
    # Whoever waits for an answer comes first.
    queue = [
        "/usr/bin/nice",
        "-n",
        JOBS_NICE,
        *launcher,
        "server",
        *conf,
        f"--http-port={settings.ports['queue']}",
        "--max-cron-threads=2",
    ]
    return [
        program(
            settings,
            "odoo-web",
            web,
            section="fcgi-program",
            socket=f"tcp://127.0.0.1:{settings.ports['web']}",
            socket_backlog=str(BACKLOG),
            **no_jobs,
        ),
        program(settings, "odoo-evented", [*launcher, "gevent", *conf], **no_jobs),
        program(settings, "odoo-queue", queue),
    ]


def front_sections(settings: Settings) -> list[str]:
    sections = []
    sandbox = ROOT / "scripts" / "camu-sandbox"
    if sandbox.exists() and not settings.in_production:
        command = [sandbox, "--port", settings.ports["sandbox"]]
        sections.append(program(settings, "camu-sandbox", command))
    nginx = [
        settings.venv_bin / "python",
        LIB / "hostel_nginx.py",
        settings.conf_dir / "nginx.conf",
    ]
    sections.append(program(settings, "nginx", nginx, stopsignal="QUIT"))
    return sections


def program(
    settings: Settings, name: str, command: list, section: str = "program", **options: str
) -> str:
    order = [
        "postgresql",
        "redis",
        "odoo-web",
        "odoo-evented",
        "odoo-queue",
        "camu-sandbox",
        "nginx",
    ]
    lines = {
        "command": ini(shlex.join(map(str, command))),
        "directory": ini(settings.run_dir),
        # The lowest starts first and stops last.
        "priority": str(10 * (1 + order.index(name))),
        "autostart": "false",
        "autorestart": "true",
        "startsecs": "1",
        "startretries": "1000000",
        "stopwaitsecs": "20",
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": ini(settings.log_dir / f"{name}.log"),
        "stdout_logfile_maxbytes": "20MB",
        "stdout_logfile_backups": "2",
        **options,
    }
    return f"[{section}:{name}]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())


def ini(value) -> str:
    """supervisord reads ``%`` as the start of a placeholder."""
    return str(value).replace("%", "%%")
