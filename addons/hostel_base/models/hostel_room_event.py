from odoo import models

# What of a room decides who may have its beds.
WATCHED = {"active", "room_type_id", "gender"}


class HostelRoom(models.Model):
    """Tells when the kind of a room changed, see ``docs/subsystems/events.md``."""

    _inherit = "hostel.room"

    def write(self, vals):
        result = super().write(vals)
        if WATCHED & vals.keys():
            beds = self.env["hostel.bed"].sudo().with_context(active_test=False)
            beds.search([("room_id", "in", self.ids)])._emit_inventory("bed_changed")
        return result
