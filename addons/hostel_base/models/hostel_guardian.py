from odoo import api, fields, models


class HostelGuardian(models.Model):
    _name = "hostel.guardian"
    _description = "Guardian of a Student"
    _inherit = "hostel.personal.mixin"
    _order = "is_primary desc, id"
    _rec_name = "partner_id"

    student_id = fields.Many2one("hostel.student", required=True, ondelete="cascade", index=True)
    partner_id = fields.Many2one(
        "res.partner", string="Guardian", required=True, ondelete="restrict", index=True
    )
    relation = fields.Selection(
        [
            ("father", "Father"),
            ("mother", "Mother"),
            ("guardian", "Guardian"),
            ("sibling", "Brother or sister"),
            ("other", "Other"),
        ],
        required=True,
        default="father",
    )
    is_primary = fields.Boolean(string="First to call", default=False)
    email = fields.Char(related="partner_id.email")
    phone = fields.Char(related="partner_id.phone")

    _student_partner_uniq = models.Constraint(
        "UNIQUE (student_id, partner_id)", "This person is a guardian of the student already."
    )

    @api.model_create_multi
    def create(self, vals_list):
        self.env["res.partner"]._check_may_link([vals.get("partner_id") for vals in vals_list])
        return super().create(vals_list)

    def write(self, vals):
        self.env["res.partner"]._check_may_link([vals.get("partner_id")])
        return super().write(vals)

    @api.depends("partner_id.name")
    def _compute_display_name(self):
        for guardian in self:
            # Students see their guardians here, not among the contacts.
            guardian.display_name = guardian.sudo().partner_id.name
