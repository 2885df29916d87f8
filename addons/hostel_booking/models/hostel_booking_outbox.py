import logging

import psycopg2
import redis

from odoo import api, fields, models
from odoo.sql_db import PoolError

from ..locks import get_locks
from ..tools.outbox import drain

_logger = logging.getLogger(__name__)


class HostelBookingOutbox(models.Model):
    """Decisions about beds that the map in Redis has to learn.

    A row is written in the transaction that decides, so none can be lost; it is
    deleted when Redis took it.
    """

    _name = "hostel.booking.outbox"
    _description = "Map Outbox"
    _order = "id"
    _log_access = False

    round_id = fields.Many2one("hostel.booking.round", required=True, ondelete="cascade")
    floor_id = fields.Many2one("hostel.floor", required=True, ondelete="cascade")
    map_index = fields.Integer(required=True)
    state = fields.Char(required=True, size=1)
    fence = fields.Integer(required=True)
    student_id = fields.Integer(help="Whose eligibility changed with it.")

    @api.model
    def _post(self, vals_list):
        """Write decisions, and bring them to the map once they are committed."""
        self.sudo().create(vals_list)
        data = self.env.cr.postcommit.data
        if not data.get("hostel.booking.outbox"):
            data["hostel.booking.outbox"] = True
            self.env.cr.postcommit.add(self._drain_after_commit)

    def _drain_after_commit(self):
        self.env.cr.postcommit.data.pop("hostel.booking.outbox", None)
        try:
            self._drain()
        except (redis.RedisError, psycopg2.Error, PoolError) as exc:
            # The decision is committed; the keeper and the cron bring it to the map.
            _logger.warning("outbox waits: %s", type(exc).__name__)

    @api.model
    def _drain(self):
        """Bring all decisions to the map; returns how many."""
        with self.env.registry.cursor() as cr:
            return drain(cr, get_locks(self.env.cr.dbname))

    @api.model
    def _cron_drain(self):
        self.env["hostel.booking.round"]._keep_maps()
        self._drain()
