from odoo import api, models


class HostelFeeStructure(models.Model):
    """What a held bed costs at once is kept for everybody until the fees change."""

    _inherit = "hostel.fee.structure"

    @api.model
    def _forget(self):
        super()._forget()
        self.env.registry.clear_cache()
