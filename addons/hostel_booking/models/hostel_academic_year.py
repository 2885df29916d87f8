from odoo import models


class HostelAcademicYear(models.Model):
    _inherit = "hostel.academic.year"

    def write(self, vals):
        """Its name stands in the words of windows that are for others."""
        result = super().write(vals)
        if "name" in vals:
            self.env["hostel.booking.card"]._touch()
        return result
