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

    # The desk asks for a number that somebody wrote down in some way.
    _hostel_phone_idx = models.Index(
        "(right(regexp_replace(phone, '[^0-9]', '', 'g'), 10)) WHERE phone IS NOT NULL"
    )
    # Students and guardians sign in with their mail address.
    _email_normalized_idx = models.Index("(email_normalized)")
