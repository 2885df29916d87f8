from odoo import models


class HostelKeyMovement(models.Model):
    """A lost key is charged."""

    _name = "hostel.key.movement"
    _inherit = ["hostel.key.movement", "hostel.charge.mixin"]

    def _get_charge_source(self):
        return self.env._("Lost key %(key)s", key=self.key_id.display_name)

    def _charge_key(self):
        """Charge the amount of the movement, once."""
        self.ensure_one()
        return self.sudo()._charge(
            self.student_id,
            "DAMAGE",
            self.amount,
            day=self.company_id._get_college_day(self.at),
            allocation=self.allocation_id,
        )
