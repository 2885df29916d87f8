from odoo import api, models
from odoo.tools import SQL

from odoo.addons.hostel_base.tools.event_types import Subscriber, event_type

from ..locks import get_locks
from ..tools.hold_events import HoldEvent

_HOLD = ("round_id", "bed_id", "room_id", "floor_id", "hostel_id", "student_id")
BATCH = 500
BATCHES = 20


class HostelEvent(models.Model):
    """Holds are decided in Redis: the keeper writes down here what happened there."""

    _inherit = "hostel.event"

    # The keeper looks for the newest of the others each second, behind a swarm of holds.
    _desk_idx = models.Index("(id DESC) WHERE name NOT IN ('bed.held', 'bed.released')")

    @api.model
    def _get_event_types(self):
        return {
            **super()._get_event_types(),
            "bed.held": event_type(1, *_HOLD),
            "bed.released": event_type(1, *_HOLD, "reason"),
        }

    @api.model
    def _get_subscribers(self):
        return {
            **super()._get_subscribers(),
            # Whatever may have freed a bed.
            "waitlist": Subscriber(
                "hostel.waitlist",
                "_on_event",
                (
                    "allocation.cancelled",
                    "allocation.moved",
                    "allocation.vacated",
                    "allocation.dates_changed",
                    "inventory.changed",
                ),
            ),
        }

    @api.model
    def _cron_drain(self):
        super()._cron_drain()
        self._take_holds()

    @api.model
    def _take_holds(self):
        """Move the holds of open rounds from Redis into the events, each once.

        :return: how many were moved
        """
        return sum(
            self._take_holds_of(booking_round)
            for booking_round in self.env["hostel.booking.round"]._get_open()
        )

    def _take_holds_of(self, booking_round):
        locks, moved = get_locks(self.env.cr.dbname), 0
        for _batch in range(BATCHES):
            entries = locks.read_events(booking_round.key, BATCH)
            if not entries:
                break
            with self.env.registry.cursor() as cr:
                events = self.with_env(self.env(cr=cr))
                events._write_holds(booking_round, entries)
            # They are committed. Whoever dies before this line leaves entries whose keys
            # are known, and the next keeper writes none of them again.
            locks.drop_events(booking_round.key, [entry_id for entry_id, _facts in entries])
            moved += len(entries)
        return moved

    def _write_holds(self, booking_round, entries):
        holds = [HoldEvent.parse(booking_round.key, *entry) for entry in entries]
        beds = self._find_beds({(hold.floor_id, hold.index) for hold in holds})
        events = []
        for hold in holds:
            if (hold.floor_id, hold.index) not in beds:
                continue
            bed_id, room_id, hostel_id = beds[hold.floor_id, hold.index]
            payload = {
                "round_id": booking_round.id,
                "bed_id": bed_id,
                "room_id": room_id,
                "floor_id": hold.floor_id,
                "hostel_id": hostel_id,
                "student_id": hold.student_id,
            }
            if hold.name == "bed.released":
                payload["reason"] = hold.reason
            events.append(
                (hold.name, f"hostel.bed,{bed_id}", payload, hold.moment, hold.source_key)
            )
        return self._emit_many(events)

    def _find_beds(self, places):
        """Beds by their place on a map, retired ones too: only the few that are asked for.

        :param places: set of (floor id, map index)
        :return: dict of place → (bed id, room id, hostel id)
        """
        if not places:
            return {}
        self.env["hostel.bed"].flush_model(["floor_id", "map_index", "room_id", "hostel_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT floor_id, map_index, bed.id, bed.room_id, bed.hostel_id"
                " FROM unnest(%s::int[], %s::int[]) AS place (floor_id, map_index)"
                " JOIN hostel_bed bed USING (floor_id, map_index)",
                *(list(column) for column in zip(*places, strict=True)),
            )
        )
        return {(floor_id, index): facts for floor_id, index, *facts in rows}
