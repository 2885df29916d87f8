from odoo import api, fields, models

from .hostel_personal_mixin import IDENTITY_FIELDS, access_way, current_way

# What tells only who somebody is, or is technical.
HARMLESS = IDENTITY_FIELDS | {"company_type", "is_company", "type", "user_ids", "lang", "tz"}


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

    # Students are contacts, so looking at the contact is looking at the student.

    def _read_format(self, fnames, load="_classic_read"):
        if not self.env.su and self.ids and not HARMLESS.issuperset(fnames):
            self.env["hostel.access.log"]._note_partners(self.ids, current_way.get())
        return super()._read_format(fnames, load)

    @api.readonly
    def web_read(self, specification):
        with access_way("form" if len(self) == 1 else "list"):
            return super().web_read(specification)

    @api.model
    @api.readonly
    def web_search_read(self, domain, specification, *args, **kwargs):
        with access_way("list"):
            return super().web_search_read(domain, specification, *args, **kwargs)

    @api.model
    @api.readonly
    def web_read_group(self, *args, **kwargs):
        with access_way("list"):
            return super().web_read_group(*args, **kwargs)

    def export_data(self, fields_to_export):
        result = super().export_data(fields_to_export)
        self.env["hostel.access.log"]._note_partners(self.ids, "export")
        return result
