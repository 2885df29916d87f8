from odoo import models


class HostelProgramme(models.Model):
    _inherit = "hostel.programme"

    def write(self, vals):
        """Its name stands in the words of windows that are for others."""
        result = super().write(vals)
        if "name" in vals:
            self.env["hostel.booking.card"]._touch()
        return result
