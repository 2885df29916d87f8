from odoo import api, fields, models

from odoo.addons.hostel_base.const import PRIVATE_GROUPS

from ..tools.seat_lock import RETIRED
from .hostel_booking_map import strongest


class HostelBed(models.Model):
    _inherit = "hostel.bed"

    is_accessible = fields.Boolean(
        string="Accessible",
        help="Fit for a wheelchair. The allocation offers it to students with a disability first.",
    )
    reserved_group_id = fields.Many2one(
        "hostel.booking.group",
        string="Kept for",
        ondelete="restrict",
        index="btree_not_null",
        groups=PRIVATE_GROUPS,
        help="Only students of this group may take the bed.",
    )
    reserved_until = fields.Datetime(
        string="Kept until", help="From then on the bed is open to all. Empty: always kept."
    )

    def _is_kept(self):
        """Whether only a group may take the bed now."""
        self.ensure_one()
        until = self.reserved_until
        kept_for = self.sudo().reserved_group_id
        return bool(kept_for) and (not until or until > self.env.cr.now())

    def _is_kept_from(self, student):
        """Whether the bed is kept for others than a student."""
        self.ensure_one()
        return self._is_kept() and not self.sudo().reserved_group_id._has(student)

    def write(self, vals):
        """A bed that is retired, or used again, changes on every open map."""
        result = super().write(vals)
        if "active" in vals:
            self._post_to_maps()
        if vals.keys() & {"reserved_group_id", "reserved_until"}:
            self._kept_changed()
        elif "active" in vals:
            self.filtered(lambda bed: bed.sudo().reserved_group_id)._kept_changed()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        beds = super().create(vals_list)
        beds.filtered(lambda bed: bed.sudo().reserved_group_id)._kept_changed()
        return beds

    @api.ondelete(at_uninstall=False)
    def _unlink_tell_kept(self):
        self.filtered(lambda bed: bed.sudo().reserved_group_id)._kept_changed()

    def _kept_changed(self):
        """For whom beds are kept is worked out again, at every student's next hold."""
        if not self:
            return
        maps = (
            self.env["hostel.booking.map"]
            .sudo()
            .search([("floor_id", "in", self.floor_id.ids), ("round_id.state", "=", "open")])
        )
        maps.round_id._doors_changed()

    def _post_to_maps(self):
        """Bring the beds' present state to the maps, as a decision of its own."""
        Allocation = self.env["hostel.allocation"].sudo()
        maps = (
            self.env["hostel.booking.map"]
            .sudo()
            .search(
                [
                    ("floor_id", "in", self.floor_id.ids),
                    ("round_id.state", "=", "open"),
                    ("round_id.is_practice", "=", False),
                ]
            )
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
        return self._get_map_states(booking_round)[self.id]

    def _get_map_states(self, booking_round):
        """How the beds look in a round now: ``{bed id: state}``."""
        Allocation = self.env["hostel.allocation"].sudo()
        used = self.filtered(lambda bed: not bed._is_retired())
        rows = Allocation.search(
            [
                ("bed_id", "in", used.ids),
                *Allocation._live_between(booking_round.date_from, booking_round.date_to),
            ]
        )
        by_bed = rows.grouped("bed_id")
        return {
            bed.id: strongest(by_bed.get(bed, Allocation).mapped("state"))
            if bed in used
            else RETIRED
            for bed in self
        }
