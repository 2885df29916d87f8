from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    # The rules on contacts look through these; they carry nothing private.
    hostel_student_ids = fields.One2many(
        "hostel.student", "partner_id", string="Student", groups="base.group_system"
    )
    hostel_ward_ids = fields.One2many(
        "hostel.guardian", "partner_id", string="Wards", groups="base.group_system"
    )
