"""The seat maps of the database that this process serves."""

import os
from functools import cache

from odoo.tools import config

from .tools.rate_limit import RateLimit
from .tools.redis_client import get_client, get_url
from .tools.seat_lock import SeatLock


@cache
def _locks_of(pid, url, dbname):
    return SeatLock(get_client(), dbname)


@cache
def _rates_of(pid, url, dbname):
    return RateLimit(get_client(), dbname)


def get_rates(dbname):
    """How often people may ask, in one database."""
    return _rates_of(os.getpid(), get_url(), dbname)


def get_locks(dbname=None):
    """The seat maps of a database, by default of the one in the configuration."""
    if not dbname:
        names = config["db_name"]
        dbname = names[0] if names else "odoo"
    return _locks_of(os.getpid(), get_url(), dbname)
