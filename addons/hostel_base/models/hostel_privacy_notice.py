from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import OPTIONAL_PURPOSES


class HostelPrivacyNotice(models.Model):
    """What a college tells its students before it uses their data.

    Source: Digital Personal Data Protection Act, 2023, sections 5 to 14, and the Digital Personal
    Data Protection Rules, 2025, rules 3, 10 and 14: an itemised notice in plain language, consent
    that is free and as easy to withdraw as to give, and a parent's consent for a child.
    """

    _name = "hostel.privacy.notice"
    _description = "Privacy Notice"
    _inherit = ["mail.thread"]
    _order = "version desc"
    _rec_name = "title"

    title = fields.Char(required=True, translate=True)
    version = fields.Integer(
        required=True, readonly=True, copy=False, default=lambda self: self._default_version()
    )
    introduction = fields.Html(translate=True, help="Who asks, and why. Two or three sentences.")
    sharing = fields.Html(
        string="Who gets it", translate=True, help="Everyone outside the hostel who is told."
    )
    retention = fields.Html(string="How long it is kept", translate=True)
    rights = fields.Html(
        translate=True,
        help="Access, correction, erasure, withdrawal, nomination, and where to complain.",
    )
    purpose_ids = fields.One2many(
        "hostel.privacy.purpose", "notice_id", string="Purposes", copy=True
    )
    state = fields.Selection(
        [("draft", "Draft"), ("published", "In force"), ("replaced", "Replaced")],
        required=True,
        default="draft",
        readonly=True,
        tracking=True,
    )
    published_at = fields.Datetime(readonly=True, copy=False)
    consent_count = fields.Integer(compute="_compute_consent_count", string="Consents")

    _version_uniq = models.Constraint("UNIQUE (version)", "This version exists already.")
    _one_in_force = models.UniqueIndex(
        "(state) WHERE state = 'published'", "Only one notice can be in force."
    )

    @api.model
    def _default_version(self):
        return (self.sudo().search([], order="version desc", limit=1).version or 0) + 1

    @api.depends("title", "version")
    def _compute_display_name(self):
        for notice in self:
            notice.display_name = self.env._(
                "%(title)s, version %(version)s", title=notice.title, version=notice.version
            )

    def _compute_consent_count(self):
        counts = dict(
            self.env["hostel.consent"]._read_group(
                [("notice_id", "in", self.ids)], ["notice_id"], ["__count"]
            )
        )
        for notice in self:
            notice.consent_count = counts.get(notice, 0)

    def write(self, vals):
        # A word that was agreed to must stay; other languages may still be added to it.
        frozen = {"title", "introduction", "sharing", "retention", "rights", "purpose_ids"}
        if vals.keys() & frozen and not self.env.context.get("install_mode"):
            self._check_editable()
        return super().write(vals)

    def _check_editable(self):
        lang = self.env.lang or "en_US"
        if lang == "en_US" and any(notice.state != "draft" for notice in self):
            raise UserError(
                self.env._(
                    "Students have been shown this text. Make a new version and change that one."
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_shown(self):
        if any(notice.state != "draft" for notice in self):
            raise UserError(self.env._("A notice that was shown to students is kept."))

    def action_publish(self):
        """Put a draft in force; everybody is asked again."""
        self.ensure_one()
        self.check_access("write")
        if self.state != "draft":
            raise UserError(self.env._("Only a draft can be put in force."))
        if not self.purpose_ids.filtered("is_necessary"):
            raise UserError(self.env._("Say at least one purpose without which nobody gets a bed."))
        current = self._get_current()
        current.state = "replaced"
        current.flush_recordset()
        self.write({"state": "published", "published_at": self.env.cr.now()})

    def action_new_version(self):
        """Copy the text into a draft that can be changed."""
        self.ensure_one()
        self.check_access("write")
        draft = self.copy({"state": "draft"})
        return draft.get_formview_action()

    def action_open_consents(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("hostel_base.hostel_consent_action")
        action["domain"] = [("notice_id", "=", self.id)]
        action["context"] = {}
        return action

    @api.model
    def _get_current(self):
        """The notice in force, with all rights, or an empty recordset."""
        return self.sudo().search([("state", "=", "published")], limit=1)

    def _split_purposes(self, optional):
        """Which purposes are given and which withheld.

        :param optional: codes of the optional purposes that are agreed to; others are ignored
        :return: two recordsets of ``hostel.privacy.purpose``
        """
        self.ensure_one()
        known = {code for code, _label in OPTIONAL_PURPOSES}
        given = self.purpose_ids.filtered(
            lambda purpose: purpose.is_necessary or purpose.code in known.intersection(optional)
        )
        return given, self.purpose_ids - given

    @api.model
    def _get_grievance_officer(self):
        """Whom to turn to: dict of ``name``, ``email`` and ``phone``, from the settings."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        company = self.env.company.sudo()
        return {
            "name": get_param("hostel_base.grievance_name") or company.name,
            "email": get_param("hostel_base.grievance_email") or company.email or "",
            "phone": get_param("hostel_base.grievance_phone") or company.phone or "",
        }
