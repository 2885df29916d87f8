from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def write(self, vals):
        """Maps and buttons name amounts in the company's currency."""
        result = super().write(vals)
        if "currency_id" in vals:
            self.env.registry.clear_cache()
        return result
