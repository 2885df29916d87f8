from odoo import models

from ..tools.seat_lock import RETIRED
from .hostel_booking_map import strongest


class HostelBed(models.Model):
    _inherit = "hostel.bed"

    def write(self, vals):
        """A bed that is retired, or used again, changes on every open map."""
        result = super().write(vals)
        if "active" in vals:
            self._post_to_maps()
        return result

    def _post_to_maps(self):
        """Bring the beds' present state to the maps, as a decision of its own."""
        Allocation = self.env["hostel.allocation"].sudo()
        maps = (
            self.env["hostel.booking.map"]
            .sudo()
            .search([("floor_id", "in", self.floor_id.ids), ("round_id.state", "=", "open")])
        )
        rows = [
            {
                "round_id": floor_map.round_id.id,
                "floor_id": floor_map.floor_id.id,
                "map_index": bed.map_index,
                "state": bed._get_map_state(floor_map.round_id),
                "fence": Allocation._next_fence(),
            }
            for floor_map in maps
            for bed in self.filtered(lambda bed, floor=floor_map.floor_id: bed.floor_id == floor)
        ]
        if rows:
            self.env["hostel.booking.outbox"]._post(rows)

    def _get_map_state(self, booking_round):
        """How the bed looks in a round now."""
        self.ensure_one()
        if not self.active or not self.room_id.active:
            return RETIRED
        Allocation = self.env["hostel.allocation"].sudo()
        rows = Allocation.search(
            [
                ("bed_id", "=", self.id),
                *Allocation._live_between(booking_round.date_from, booking_round.date_to),
            ]
        )
        return strongest(rows.mapped("state"))
