from odoo import api, models


class HostelUndertaking(models.Model):
    """An undertaking that comes or goes opens or shuts doors."""

    _inherit = "hostel.undertaking"

    @api.model_create_multi
    def create(self, vals_list):
        undertakings = super().create(vals_list)
        undertakings.student_id._drop_eligibility()
        return undertakings

    def write(self, vals):
        if not vals.keys() & {"student_id", "year_id", "student_date", "guardian_date"}:
            return super().write(vals)
        students = self.student_id
        result = super().write(vals)
        (students | self.student_id)._drop_eligibility()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_drop_eligibility(self):
        self.student_id._drop_eligibility()
