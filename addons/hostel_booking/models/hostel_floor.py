from odoo import models


class HostelFloor(models.Model):
    _inherit = "hostel.floor"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"name", "number", "hostel_id", "active"}:
            self.env["hostel.booking.card"]._touch(self.hostel_id)
        return result

    def _publish_layout(self, layout, *args, **kwargs):
        """Also draw the maps of open rounds again."""
        result = super()._publish_layout(layout, *args, **kwargs)
        maps = (
            self.env["hostel.booking.map"]
            .sudo()
            .search([("floor_id", "in", self.ids), ("round_id.state", "=", "open")])
        )
        if maps:
            maps.round_id._publish_maps()
        return result
