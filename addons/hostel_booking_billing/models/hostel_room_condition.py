from odoo import models


class HostelRoomCondition(models.Model):
    """What was broken during a stay is charged."""

    _name = "hostel.room.condition"
    _inherit = ["hostel.room.condition", "hostel.charge.mixin"]

    def _get_charge_source(self):
        things = self.line_ids.filtered("damage_amount").mapped("name")
        return self.env._("Room-condition form: %(things)s", things=", ".join(things))

    def _charge_damage(self):
        """Charge what the form says, once; a form that was opened again charges anew."""
        self.ensure_one()
        return self.sudo()._charge(
            self.student_id,
            "DAMAGE",
            self.damage_total,
            day=self.company_id._get_college_day(self.inspected_at),
            allocation=self.allocation_id,
        )

    def write(self, vals):
        reopened = self.filtered(lambda form: form.state == "closed" and vals.get("state"))
        result = super().write(vals)
        if again := reopened.filtered(lambda form: form.state != "closed"):
            again.sudo()._uncharge(self.env._("The room is looked at again"))
        return result
