import json
import logging
import uuid
from datetime import timedelta

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.sql_db import PoolError
from odoo.tools import SQL

from ..tools.event_types import EVENT_TYPES, check_payload

_logger = logging.getLogger(__name__)

BATCH = 50
# So many deliveries at most in the request that decided; the rest is for the keeper.
AT_ONCE = 20
GC_BATCH = 5000
KEEP_DAYS = 30


class HostelEvent(models.Model):
    """What happened, for whoever wants to know: written in the transaction that decides.

    A row that is there was committed, so nothing leaves on a rollback. Who is told is written
    beside it, one ``hostel.event.delivery`` a subscriber. Payloads are ids, codes and days.
    """

    _name = "hostel.event"
    _description = "Event"
    _order = "id desc"
    _log_access = False

    uid = fields.Char(string="Key", required=True, readonly=True, help="The same at each delivery.")
    name = fields.Char(string="Event", required=True, readonly=True, index=True)
    version = fields.Integer(required=True, readonly=True)
    aggregate = fields.Char(
        string="About", required=True, readonly=True, help="Model and id; in order for each."
    )
    payload = fields.Json(readonly=True)
    payload_text = fields.Text(string="Payload", compute="_compute_payload_text")
    happened_at = fields.Datetime(required=True, readonly=True, index=True)
    source_key = fields.Char(
        readonly=True, help="Where it came from, if not from PostgreSQL: each is taken once."
    )
    delivery_ids = fields.One2many("hostel.event.delivery", "event_id", string="Deliveries")

    _uid_uniq = models.Constraint("UNIQUE (uid)", "Keys of events are unique.")
    _source_uniq = models.UniqueIndex(
        "(source_key) WHERE source_key IS NOT NULL", "This event was taken already."
    )

    @api.depends("payload")
    def _compute_payload_text(self):
        for event in self:
            event.payload_text = json.dumps(event.payload or {}, indent=2, sort_keys=True)

    # ------------------------------------------------------------------
    # Extension points
    # ------------------------------------------------------------------

    @api.model
    def _get_event_types(self):
        """Extension point: ``{name: EventType}`` of everything that may be told."""
        return dict(EVENT_TYPES)

    @api.model
    def _get_subscribers(self):
        """Extension point: ``{code: Subscriber}`` of everybody who is told.

        The method is called as superuser in a transaction of its own deliveries; what it writes
        is committed together with the note that it was told. It may be called again for an
        event whose transaction was lost, so whatever it does outside PostgreSQL has to bear that.
        """
        return {}

    # ------------------------------------------------------------------
    # Telling
    # ------------------------------------------------------------------

    @api.model
    def _emit(self, name, record, payload):
        """Note that something happened to a record; who subscribed is told after the commit.

        :param name: name in the catalogue, such as ``allocation.created``
        :param record: one record, in whose order the events are told
        :param dict payload: ids, codes and days; see ``tools/event_types.py``
        :raises ValueError: if the catalogue does not know the name or a key
        """
        return self._emit_many([(name, f"{record._name},{record.id}", payload, None, None)])

    @api.model
    def _emit_many(self, events):
        """Write several events at once.

        :param events: list of (name, aggregate, payload, moment or None for now, source key or
            None); an event whose source key is known already is left out
        :return: ids of the events that were written
        """
        if not events:
            return []
        types = self._get_event_types()
        now = self.env.cr.now()
        values = [
            SQL(
                "(%s, %s, %s, %s, %s::jsonb, %s, %s)",
                str(uuid.uuid4()),
                name,
                check_payload(name, payload, types).version,
                aggregate,
                json.dumps(payload),
                moment or now,
                source,
            )
            for name, aggregate, payload, moment, source in events
        ]
        # Plain SQL: this runs in the transaction of each booking.
        written = self.env.execute_query(
            SQL(
                "INSERT INTO hostel_event"
                " (uid, name, version, aggregate, payload, happened_at, source_key) VALUES %s"
                " ON CONFLICT (source_key) WHERE source_key IS NOT NULL DO NOTHING"
                " RETURNING id, name, aggregate",
                SQL(", ").join(values),
            )
        )
        self._plan_deliveries(sorted(written))
        return [event_id for event_id, _name, _aggregate in written]

    def _plan_deliveries(self, written):
        """Write who is to be told of which event."""
        subscribers = self._get_subscribers()
        rows = [
            SQL("(%s, %s, %s, 'pending', 0, now() AT TIME ZONE 'UTC')", event_id, code, aggregate)
            for event_id, name, aggregate in written
            for code, subscriber in subscribers.items()
            if subscriber.wants(name)
        ]
        if not rows:
            return
        self.env.execute_query(
            SQL(
                "INSERT INTO hostel_event_delivery"
                " (event_id, subscriber, aggregate, state, attempts, next_try_at) VALUES %s"
                " RETURNING id",
                SQL(", ").join(rows),
            )
        )
        self.env["hostel.event.delivery"].invalidate_model()
        data = self.env.cr.postcommit.data
        if "hostel.event" not in data:
            data["hostel.event"] = []
            self.env.cr.postcommit.add(self._drain_after_commit)
        data["hostel.event"] += [event_id for event_id, _name, _aggregate in written]

    # ------------------------------------------------------------------
    # Bringing it to the subscribers
    # ------------------------------------------------------------------

    def _drain_after_commit(self):
        event_ids = self.env.cr.postcommit.data.pop("hostel.event", [])
        if not event_ids:
            return
        try:
            self._drain(AT_ONCE, event_ids[:AT_ONCE])
        except (psycopg2.Error, PoolError) as exc:
            # It is committed; the keeper and the cron tell it later.
            _logger.warning("events wait: %s", type(exc).__name__)

    @api.model
    def _drain(self, limit=1000, event_ids=None):
        """Tell what waits, in transactions of its own.

        :param event_ids: only these events, or None for all
        :return: how many deliveries were tried
        """
        tried = 0
        while tried < limit:
            try:
                with self.env.registry.cursor() as cr:
                    env = api.Environment(cr, SUPERUSER_ID, {})
                    count = env["hostel.event.delivery"]._deliver_heads(
                        min(BATCH, limit - tried), event_ids
                    )
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Somebody changed the same rows: the next drain sees them.
                _logger.info("event delivery met a concurrent change")
                break
            if not count:
                break
            tried += count
        return tried

    @api.model
    def _cron_drain(self):
        self._drain()

    @api.autovacuum
    def _gc_events(self):
        """Delete what everybody was told long ago; what nobody took stays twice as long."""
        days = int(
            self.env["ir.config_parameter"].sudo().get_param("hostel_base.event_days") or KEEP_DAYS
        )
        now = self.env.cr.now()
        gone = self.env.execute_query(
            SQL(
                "DELETE FROM hostel_event WHERE id IN ("
                " SELECT id FROM hostel_event e WHERE happened_at < %s AND (happened_at < %s"
                "  OR NOT EXISTS (SELECT 1 FROM hostel_event_delivery d"
                "   WHERE d.event_id = e.id AND d.state IN ('pending', 'dead')))"
                " LIMIT %s) RETURNING id",
                now - timedelta(days=days),
                now - timedelta(days=2 * days),
                GC_BATCH,
            )
        )
        return len(gone), len(gone) == GC_BATCH
