import hashlib
import logging

import redis

from odoo import api, models

from ..locks import get_locks
from ..tools.seat_lock import SeatRefused

_logger = logging.getLogger(__name__)


class HostelBookingMap(models.Model):
    """Compare what Redis shows with what PostgreSQL knows, one floor at a time."""

    _inherit = "hostel.booking.map"

    @api.model
    def _check_next(self, after_id):
        """Compare the floor after the one that was compared last, and load it if it differs.

        :param after_id: id of that map, 0 to begin with
        :return: id of the map that was compared now, 0 if there is none
        """
        Map = self.sudo()
        # What is pretended in a practice is nothing that PostgreSQL knows.
        wanted = [("round_id.state", "=", "open"), ("round_id.is_practice", "=", False)]
        floor_map = Map.search([*wanted, ("id", ">", after_id)], order="id", limit=1)
        floor_map = floor_map or Map.search(wanted, order="id", limit=1)
        if floor_map:
            floor_map._check_floor()
        return floor_map.id

    def _check_floor(self):
        """Load the floor again if it is not what PostgreSQL knows.

        The map is read first, then PostgreSQL. If decisions wait in the outbox, or the map
        changed meanwhile, there is nothing to say yet.

        :return: whether it was loaded
        """
        self.ensure_one()
        booking_round, floor = self.round_id, self.floor_id
        locks = get_locks(self.env.cr.dbname)
        try:
            seen = locks.sum_floor(booking_round.key, floor.id)
        except (SeatRefused, redis.RedisError):
            return False
        # A snapshot that is younger than what was read.
        with self.env.registry.cursor() as cr:
            fresh = self.with_env(api.Environment(cr, api.SUPERUSER_ID, {}))
            if fresh.round_id.epoch != seen.epoch or fresh._has_news():
                return False
            load = fresh._prepare_load()
            if seen.checksum == checksum(load):
                return False
            if not locks.load_floor(booking_round.key, seen.epoch, load, only_at=seen.version):
                return False
        _logger.warning("floor %s of round %s differed and was loaded", floor.id, booking_round.id)
        return True

    def _has_news(self):
        """Whether decisions about this floor have not reached the map yet."""
        return bool(
            self.env["hostel.booking.outbox"].search_count(
                [("round_id", "=", self.round_id.id), ("floor_id", "=", self.floor_id.id)], limit=1
            )
        )


def checksum(load):
    """Checksum of a floor as the script makes it, of states and genders."""
    return hashlib.sha1(f"{load.states}|{load.genders}".encode()).hexdigest()
