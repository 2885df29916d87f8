from odoo import models


class HostelAllocation(models.Model):
    """What a stay costs at its end: damage, lost keys; and the deposit that comes back."""

    _inherit = "hostel.allocation"

    def _damage_due(self, form):
        super()._damage_due(form)
        form._charge_damage()

    def _key_lost_due(self, movement):
        super()._key_lost_due(movement)
        movement._charge_key()

    def _deposit_refund_due(self):
        super()._deposit_refund_due()
        for row in self:
            self.env["hostel.exit"]._open_for(row)
