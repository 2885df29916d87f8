from odoo import api, fields, models

from ..tools.event_types import LIST_LIMIT


class HostelBed(models.Model):
    """Tells which beds there are, see ``docs/subsystems/events.md``."""

    _inherit = "hostel.bed"

    @api.model_create_multi
    def create(self, vals_list):
        beds = super().create(vals_list)
        beds._emit_inventory("bed_added")
        return beds

    def write(self, vals):
        result = super().write(vals)
        if "active" in vals:
            self._emit_inventory("bed_restored" if vals["active"] else "bed_retired")
        return result

    def _emit_inventory(self, kind, date_from=None, date_to=None):
        """Tell that the beds of a hostel changed, once a hostel.

        :param kind: ``bed_added``, ``bed_retired``, ``bed_restored``, ``bed_closed``,
            ``bed_opened`` or ``bed_changed``
        """
        for hostel, beds in self.sudo().grouped("hostel_id").items():
            payload = {
                "kind": kind,
                "hostel_id": hostel.id,
                "bed_ids": beds.ids[:LIST_LIMIT],
                "count": len(beds),
            }
            if date_from:
                payload |= {
                    "date_from": fields.Date.to_string(date_from),
                    "date_to": fields.Date.to_string(date_to),
                }
            self.env["hostel.event"]._emit("inventory.changed", hostel, payload)
