from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import email_normalize

from ..errors import HostelError
from .hostel_personal_mixin import IDENTITY_FIELDS, access_way, current_way, group_names

# What tells only who somebody is, or is technical.
HARMLESS = IDENTITY_FIELDS | {"company_type", "is_company", "type", "user_ids", "lang", "tz"}
# Grouping by these lists what they hold.
TELLING_GROUPS = {"phone", "phone_sanitized", "email", "email_normalized", "street", "vat"}


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

    # ------------------------------------------------------------------
    # A mail address opens an account
    # ------------------------------------------------------------------

    @api.model
    def _check_may_link(self, partner_ids):
        """Refuse to make a student or guardian of a contact that the user may not see.

        Judged before the link, because the link itself would make the contact visible.
        """
        if not self.env.su:
            self.browse(filter(None, partner_ids)).check_access("read")

    def write(self, vals):
        if "email" in vals:
            self._check_mail_of_account(vals["email"])
        result = super().write(vals)
        if "tz" in vals and self.sudo().ref_company_ids:
            # See `_get_college_tz`.
            self.env.registry.clear_cache()
        return result

    def _check_mail_of_account(self, mail):
        """Refuse a change by which one person would get into another's account.

        A mail address resets a password: a warden who could set it could sign in as the student,
        and a guardian who takes somebody's address would keep that person out.

        :raises AccessError: if a warden changes the address of somebody who has an account
        :raises HostelError: ``MAIL_TAKEN``
        """
        user, mail = self.env.user, email_normalize(mail or "")
        changed = self.filtered(lambda partner: partner.sudo().email_normalized != mail)
        if not changed:
            return
        if user.share and mail:
            taken = self.sudo().search_count(
                [
                    ("email_normalized", "=", mail),
                    ("id", "not in", changed.ids),
                    "|",
                    ("hostel_student_ids", "!=", False),
                    ("user_ids", "!=", False),
                ],
                limit=1,
            )
            if taken and not user._is_public():
                raise HostelError("MAIL_TAKEN", self.env._("Somebody else uses this address."), 409)
        if self.env.su or not user.has_group("hostel_base.group_hostel_supervisor"):
            return
        allowed = "hostel_base.group_hostel_admin,base.group_partner_manager"
        others = changed.sudo().with_context(active_test=False).user_ids - user
        if others and not user.has_groups(allowed):
            raise AccessError(
                self.env._(
                    "This person signs in with the address. An administrator of the hostels"
                    " changes it."
                )
            )

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

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        # Called for the contacts behind other records too, such as the students of stays.
        if not self.env.su and self.ids:
            self.env["hostel.access.log"]._note_partners(self.ids, "export")
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

    @api.model
    def _read_group(self, domain, groupby=(), aggregates=(), *args, **kwargs):
        if not self.env.su and TELLING_GROUPS & group_names(groupby, aggregates):
            self.env["hostel.access.log"]._note_partners(self.search(domain).ids, "rpc")
        return super()._read_group(domain, groupby, aggregates, *args, **kwargs)

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), *args, **kwargs):
        names = {name for groupby in grouping_sets for name in groupby}
        if not self.env.su and TELLING_GROUPS & group_names(names, aggregates):
            self.env["hostel.access.log"]._note_partners(self.search(domain).ids, "rpc")
        return super()._read_grouping_sets(domain, grouping_sets, aggregates, *args, **kwargs)
