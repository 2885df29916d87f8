from odoo import models


class HostelRollover(models.Model):
    """Once the year-end can't be undone, who left cleared gets the certificate."""

    _inherit = "hostel.rollover"

    def action_confirm(self):
        result = super().action_confirm()
        self.sudo().line_ids.allocation_id.no_dues_ids._refresh()
        return result
