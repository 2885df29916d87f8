from odoo import api, fields, models

from ..const import NECESSARY_PURPOSES, PURPOSES


class HostelPrivacyPurpose(models.Model):
    _name = "hostel.privacy.purpose"
    _description = "Purpose in a Privacy Notice"
    _order = "notice_id, sequence, id"

    notice_id = fields.Many2one(
        "hostel.privacy.notice", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    code = fields.Selection(PURPOSES, string="Purpose", required=True)
    is_necessary = fields.Boolean(
        string="Needed for a bed", compute="_compute_is_necessary", store=True
    )
    name = fields.Char(string="Title", required=True, translate=True)
    data = fields.Char(string="Which data", required=True, translate=True)
    description = fields.Text(string="What for", required=True, translate=True)
    stops = fields.Text(
        string="What stops on withdrawal", translate=True, help="Shown before somebody withdraws."
    )

    _code_once = models.Constraint("UNIQUE (notice_id, code)", "A notice names each purpose once.")

    @api.depends("code")
    def _compute_is_necessary(self):
        necessary = {code for code, _label in NECESSARY_PURPOSES}
        for purpose in self:
            purpose.is_necessary = purpose.code in necessary

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.context.get("install_mode"):
            notice_ids = [vals.get("notice_id") for vals in vals_list if vals.get("notice_id")]
            self.env["hostel.privacy.notice"].browse(notice_ids)._check_editable()
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.context.get("install_mode"):
            self.notice_id._check_editable()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_shown(self):
        self.notice_id._unlink_except_shown()
