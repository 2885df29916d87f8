from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..const import STAFF_ROLES


class HostelStaff(models.Model):
    _name = "hostel.staff"
    _description = "Hostel Staff"
    _order = "hostel_id, role, id"

    user_id = fields.Many2one("res.users", required=True, ondelete="cascade", index=True)
    hostel_id = fields.Many2one("hostel.hostel", required=True, ondelete="cascade", index=True)
    role = fields.Selection(STAFF_ROLES, required=True, default="warden")
    floor_ids = fields.Many2many(
        "hostel.floor", string="Floors", domain="[('hostel_id', '=', hostel_id)]"
    )
    date_from = fields.Date(string="From", required=True, default=fields.Date.context_today)
    date_to = fields.Date(string="Until", help="First day on which the person has left the post.")

    _dates_ordered = models.Constraint(
        "CHECK (date_to IS NULL OR date_to > date_from)", "A post must end after it begins."
    )

    @api.depends("user_id.name", "role")
    def _compute_display_name(self):
        roles = dict(self._fields["role"]._description_selection(self.env))
        for staff in self:
            staff.display_name = f"{staff.user_id.name} ({roles.get(staff.role, '')})"

    @api.constrains("role", "floor_ids", "hostel_id")
    def _check_floors(self):
        for staff in self:
            if staff.role == "floor_incharge" and not staff.floor_ids:
                raise ValidationError(self.env._("Name the floors that this person looks after."))
            if staff.floor_ids.hostel_id - staff.hostel_id:
                raise ValidationError(self.env._("A floor of another hostel can't be chosen."))
