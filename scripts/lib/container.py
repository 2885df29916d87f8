"""What the image's entrypoint needs of the scripts: `container.py odoo | nginx | upgrade`.

In a container every program has fixed ports and meets the others by name; PostgreSQL and Redis are
always somebody else's. Settings come from the environment.
"""

import os
import sys

from hostel_stack import configure, postgres
from hostel_stack.database import Database
from hostel_stack.errors import StackError
from hostel_stack.programs import check_redis
from hostel_stack.settings import Settings

# The queue's process is alone in its container, so it may have the same port as the others.
PORTS = {"web": 8069, "evented": 8072, "queue": 8069, "sandbox": 8090}


def settings_of_container() -> Settings:
    settings = Settings.from_environment(
        http_interface="0.0.0.0",
        public_url=os.environ.get("HOSTEL_URL"),
        public_camu_url=os.environ.get("CAMU_URL"),
    )
    settings.ports = dict(PORTS)
    return settings


def odoo_conf(settings: Settings) -> str:
    for variable in ("PGHOST", "REDIS_URL", "HOSTEL_URL"):
        if not os.environ.get(variable):
            raise StackError(f"{variable} is missing: a container brings no services of its own")
    settings.field_key()
    return configure.odoo_conf(settings)


def nginx_conf(settings: Settings) -> str:
    (settings.run_dir / "nginx").mkdir(exist_ok=True)
    return configure.fill_nginx(
        settings,
        web=os.environ.get("WEB_HOST", "web:8069"),
        evented=os.environ.get("EVENTED_HOST", "evented:8072"),
        listen="8069",
        access_log="/dev/stdout plain",
    )


def upgrade(settings: Settings) -> None:
    postgres.check_external(settings)
    check_redis(settings)
    Database(settings).provide()


def main(what: str) -> int:
    try:
        settings = settings_of_container()
        if what == "odoo":
            print(odoo_conf(settings))
        elif what == "nginx":
            print(nginx_conf(settings))
        else:
            upgrade(settings)
    except StackError as error:
        print(f"hostel: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
