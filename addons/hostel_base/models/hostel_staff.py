from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..const import STAFF_GROUPS, STAFF_ROLES
from ..tools.college_day import college_today


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
    designation = fields.Char(help="As it stands on the door: Assistant Warden, Matron.")
    phone = fields.Char(related="user_id.phone")
    email = fields.Char(related="user_id.email")
    date_from = fields.Date(string="From", required=True, default=college_today)
    date_to = fields.Date(string="Until", help="First day on which the person has left the post.")

    is_current = fields.Boolean(
        string="In the post now", compute="_compute_is_current", search="_search_is_current"
    )

    _dates_ordered = models.Constraint(
        "CHECK (date_to IS NULL OR date_to > date_from)", "A post must end after it begins."
    )

    @api.depends("user_id.name", "role")
    def _compute_display_name(self):
        roles = dict(self._fields["role"]._description_selection(self.env))
        for staff in self:
            staff.display_name = f"{staff.user_id.name} ({roles.get(staff.role, '')})"

    @api.depends("date_from", "date_to")
    def _compute_is_current(self):
        today = self.env.company._get_college_day()
        for staff in self:
            begun = staff.date_from and staff.date_from <= today
            staff.is_current = begun and (not staff.date_to or staff.date_to > today)

    def _search_is_current(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._get_college_day()
        return Domain("date_from", "<=", today) & (
            Domain("date_to", "=", False) | Domain("date_to", ">", today)
        )

    @api.model_create_multi
    def create(self, vals_list):
        posts = super().create(vals_list)
        posts._grant_groups()
        return posts

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"role", "user_id"}:
            self._grant_groups()
        return result

    def _grant_groups(self):
        """Give the people the group of their role; what they see still follows from the posts."""
        for staff in self:
            group_id = STAFF_GROUPS.get(staff.role)
            # A portal user can't become staff by a post.
            if group_id and staff.user_id._is_internal() and not staff.user_id.has_group(group_id):
                staff.sudo().user_id.group_ids = [Command.link(self.env.ref(group_id).id)]

    @api.constrains("role", "floor_ids", "hostel_id")
    def _check_floors(self):
        for staff in self:
            if staff.role == "floor_incharge" and not staff.floor_ids:
                raise ValidationError(self.env._("Name the floors that this person looks after."))
            if staff.floor_ids.hostel_id - staff.hostel_id:
                raise ValidationError(self.env._("A floor of another hostel can't be chosen."))
