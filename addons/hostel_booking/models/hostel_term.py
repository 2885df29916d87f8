from odoo import models


class HostelTerm(models.Model):
    _inherit = "hostel.term"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"name", "date_from", "date_to", "year_id"}:
            self.env["hostel.booking.card"]._touch()
        return result

    def _update_field_translations(self, *args, **kwargs):
        result = super()._update_field_translations(*args, **kwargs)
        self.env["hostel.booking.card"]._touch()
        return result
