from odoo import models


class HostelRollover(models.Model):
    """Once the year-end can't be undone, who left cleared gets the certificate."""

    _inherit = "hostel.rollover"

    def _set_state(self, state, **vals):
        result = super()._set_state(state, **vals)
        if state == "confirmed":
            self.sudo().line_ids.allocation_id.no_dues_ids._refresh()
        return result
