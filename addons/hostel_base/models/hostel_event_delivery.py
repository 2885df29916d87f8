import logging
import traceback
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ..tools.event_types import MAX_ATTEMPTS, wait_after

_logger = logging.getLogger(__name__)


class HostelEventDelivery(models.Model):
    """One event on its way to one subscriber."""

    _name = "hostel.event.delivery"
    _description = "Event Delivery"
    _order = "id desc"
    _log_access = False
    _rec_name = "subscriber"

    event_id = fields.Many2one(
        "hostel.event", required=True, readonly=True, ondelete="cascade", index=True
    )
    event_name = fields.Char(related="event_id.name", string="What")
    happened_at = fields.Datetime(related="event_id.happened_at")
    subscriber = fields.Char(required=True, readonly=True)
    aggregate = fields.Char(string="About", required=True, readonly=True)
    state = fields.Selection(
        [
            ("pending", "Waiting"),
            ("done", "Told"),
            ("dead", "Given up"),
            ("discarded", "Discarded"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    attempts = fields.Integer(readonly=True, aggregator="max")
    next_try_at = fields.Datetime(readonly=True)
    done_at = fields.Datetime(readonly=True)
    error = fields.Text(readonly=True, help="Kind and place of the last failure; no data.")

    _head_idx = models.Index("(subscriber, aggregate, id) WHERE state = 'pending'")
    _due_idx = models.Index("(id) WHERE state = 'pending'")

    @api.model
    def _deliver_heads(self, limit, event_ids=None):
        """Tell the oldest waiting event of each subscriber and aggregate.

        An event that failed holds back the later ones of its aggregate until it is told or
        given up. Rows that another drain works on are skipped.

        :return: how many were tried
        """
        only = SQL("AND d.event_id IN %s", tuple(event_ids)) if event_ids else SQL()
        rows = self.env.execute_query(
            SQL(
                "SELECT d.id FROM hostel_event_delivery d"
                " WHERE d.state = 'pending' AND d.next_try_at <= now() AT TIME ZONE 'UTC' %s"
                " AND NOT EXISTS (SELECT 1 FROM hostel_event_delivery e WHERE e.state = 'pending'"
                "  AND e.subscriber = d.subscriber AND e.aggregate = d.aggregate AND e.id < d.id)"
                " ORDER BY d.id LIMIT %s FOR UPDATE SKIP LOCKED",
                only,
                limit,
            )
        )
        deliveries = self.browse([delivery_id for [delivery_id] in rows])
        subscribers = self.env["hostel.event"]._get_subscribers()
        for delivery in deliveries:
            delivery._deliver(subscribers.get(delivery.subscriber))
        return len(deliveries)

    def _deliver(self, subscriber):
        """Tell one subscriber; what it does and the note that it did share a transaction."""
        self.ensure_one()
        if not subscriber or subscriber.model not in self.env:
            # The addon was removed meanwhile.
            self.write({"state": "discarded", "error": "no such subscriber"})
            return
        try:
            with self.env.cr.savepoint():
                getattr(self.env[subscriber.model], subscriber.method)(self.event_id)
                self.env.flush_all()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as exc:
            self._failed(exc)
        else:
            self.write({"state": "done", "done_at": self.env.cr.now(), "error": False})

    def _failed(self, exc):
        # The message may name a student: kind, code and place are enough to find it.
        place = traceback.extract_tb(exc.__traceback__)[-1]
        code = getattr(exc, "code", "")
        error = f"{type(exc).__name__} {code} at {place.name}:{place.lineno}"
        attempts = self.attempts + 1
        wait = timedelta(seconds=wait_after(attempts))
        self.write(
            {
                "attempts": attempts,
                "state": "dead" if attempts >= MAX_ATTEMPTS else "pending",
                "next_try_at": self.env.cr.now() + wait,
                "error": error,
            }
        )
        _logger.warning("event %s for %s failed: %s", self.event_id.id, self.subscriber, error)

    # ------------------------------------------------------------------
    # What the administrator can do about it
    # ------------------------------------------------------------------

    def _check_admin(self):
        self.check_access("read")
        if not self.env.user.has_group("hostel_base.group_hostel_admin"):
            raise AccessError(self.env._("Only an administrator decides about deliveries."))

    def action_retry(self):
        """Tell again what was given up or discarded, or at once what waits."""
        self._check_admin()
        rows = self.sudo().filtered(lambda row: row.state != "done")
        rows.write({"state": "pending", "attempts": 0, "next_try_at": self.env.cr.now()})

    def action_discard(self):
        """Never tell these: somebody saw to it by hand."""
        self._check_admin()
        self.sudo().filtered(lambda row: row.state in ("pending", "dead")).state = "discarded"
