from odoo import api, fields, models

from odoo.addons.hostel_base.const import CATEGORIES, GENDERS

from ..tools.allocation import PWD


class HostelBookingGroup(models.Model):
    """Students for whom beds or seats are kept, or of whom only so many come."""

    _name = "hostel.booking.group"
    _description = "Group of Students"
    _order = "kind, sequence, name, id"

    name = fields.Char(
        compute="_compute_name",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        translate=False,
    )
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [
            ("category", "Category"),
            ("pwd", "Persons with disabilities"),
            ("year", "Year of study"),
            ("gender", "Gender"),
            ("programme", "Programme"),
        ],
        required=True,
        default="category",
    )
    category = fields.Selection(CATEGORIES)
    year_of_study = fields.Integer(string="Year", default=1)
    gender = fields.Selection(GENDERS)
    programme_id = fields.Many2one("hostel.programme", ondelete="restrict")
    key = fields.Char(
        compute="_compute_key",
        store=True,
        precompute=True,
        help="Name of the group for the allocation, such as category:sc.",
    )
    active = fields.Boolean(default=True)

    _key_uniq = models.Constraint("UNIQUE (key)", "This group exists already.")
    _is_somebody = models.Constraint(
        "CHECK (key IS NOT NULL)", "Say which category, year, gender or programme it is."
    )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"kind", "category", "year_of_study", "gender", "programme_id"}:
            # Beds may be kept for others now.
            self.env["hostel.booking.card"]._touch()
        return result

    @api.depends("kind", "category", "year_of_study", "gender", "programme_id")
    def _compute_key(self):
        for group in self:
            group.key = group._get_key()

    def _get_key(self):
        self.ensure_one()
        if self.kind == "pwd":
            return PWD
        value = {
            "category": self.category,
            "year": self.year_of_study if self.year_of_study > 0 else False,
            "gender": self.gender,
            "programme": self.programme_id.id,
        }[self.kind]
        return f"{self.kind}:{value}" if value else False

    @api.depends("kind", "category", "year_of_study", "gender", "programme_id.name")
    def _compute_name(self):
        for group in self:
            names = {
                "category": dict(CATEGORIES).get(group.category),
                "gender": dict(GENDERS).get(group.gender),
                "programme": group.programme_id.name,
                "pwd": self.env._("Persons with disabilities"),
                "year": self.env._("Year %(year)s", year=group.year_of_study),
            }
            group.name = names[group.kind] or group.name or "–"

    @api.model
    def _get_keys(self, student):
        """Keys of the groups that a student belongs to; category and disability are private."""
        student = student.sudo()
        keys = {f"gender:{student.gender}", f"year:{student.year_of_study}"}
        if student.category:
            keys.add(f"category:{student.category}")
        if student.programme_id:
            keys.add(f"programme:{student.programme_id.id}")
        if student.is_pwd:
            keys.add(PWD)
        return keys

    def _has(self, student):
        """Whether a student belongs to the group."""
        self.ensure_one()
        return self.sudo().key in self._get_keys(student)
