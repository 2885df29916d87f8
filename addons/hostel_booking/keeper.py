"""Keeps the maps in Redis true: expired holds, the outbox, lost maps.

Runs in a thread of the evented process. Several hosts may run one each; a lock
in Redis lets one of them work. The process of the jobs has one that stands by: it
works only while no evented process does, for jobs may take all of its time.
"""

import logging
import os
import threading
import time
import uuid

import psycopg2
import redis

from odoo import api
from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import config

from .locks import get_locks
from .tools.outbox import drain

_logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
LEADER_TTL_MS = 5000
# Held by a keeper in an evented process, working or waiting for its turn.
FIRST_CHOICE = "keeper.first"
# One floor is compared with PostgreSQL each time.
CHECK_SECONDS = 2.0


class Keeper(threading.Thread):
    """Ticks once a second.

    :param stands_by: leave the work to the keepers of evented processes while there are any
    """

    def __init__(self, dbname, *, stands_by=False):
        super().__init__(daemon=True, name="hostel.map.keeper")
        self.stands_by = stands_by
        self.dbname = dbname
        self.owner = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self.checked_id = 0
        self.check_at = 0.0

    def run(self):
        while True:
            time.sleep(TICK_SECONDS)
            if config["test_enable"]:
                # A test runner says so only after the server has started, and a test has but
                # one connection to share with the threads that it knows.
                continue
            try:
                self.tick()
            except redis.RedisError as exc:
                _logger.warning("map keeper lost Redis: %s", type(exc).__name__)
            except (psycopg2.OperationalError, psycopg2.InterfaceError) as exc:
                _logger.warning("map keeper lost PostgreSQL: %s", type(exc).__name__)
            except Exception:
                _logger.exception("map keeper failed, goes on")

    def tick(self):
        locks = get_locks(self.dbname)
        if not self.may_work(locks):
            return
        registry = Registry(self.dbname)
        if "hostel.booking.round" not in registry:
            return
        try:
            with registry.cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {})
                env["hostel.booking.round"]._keep_maps()
            with registry.cursor() as cr:
                drain(cr, locks)
            with registry.cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {})
                # What waits first: a hold that can't be moved must not keep the rest.
                env["hostel.event"]._drain()
                env["hostel.event"]._take_holds()
            with registry.cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {})
                env["hostel.booking.board"]._publish_boards()
                env["hostel.booking.board"]._tell_desks()
            self._check_a_floor(registry)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # Somebody else changed the same rows: the next tick sees them.
            _logger.info("map keeper met a concurrent change")

    def may_work(self, locks):
        """Whether it is this keeper's turn, now and for the next seconds."""
        if not self.stands_by:
            locks.take_mutex(FIRST_CHOICE, self.owner, LEADER_TTL_MS)
        elif locks.is_mutex_taken(FIRST_CHOICE):
            return False
        return locks.take_mutex("keeper", self.owner, LEADER_TTL_MS)

    def _check_a_floor(self, registry):
        """Find what the outbox can't know: a map that somebody or something else changed."""
        if time.monotonic() < self.check_at:
            return
        self.check_at = time.monotonic() + CHECK_SECONDS
        with registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            self.checked_id = env["hostel.booking.map"]._check_next(self.checked_id)


def start(dbname, *, stands_by=False):
    """Start the keeper of a database in this process."""
    Keeper(dbname, stands_by=stands_by).start()
