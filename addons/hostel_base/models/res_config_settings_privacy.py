from odoo import api, fields, models

from ..tools.field_crypto import KeyMissing, get_cipher


class ResConfigSettings(models.TransientModel):
    """Retention and encryption: what can be seen and started from the settings."""

    _inherit = "res.config.settings"

    hostel_outdated_count = fields.Integer(
        string="Values under an earlier key", compute="_compute_hostel_outdated_count"
    )
    hostel_has_key = fields.Boolean(compute="_compute_hostel_outdated_count")

    @api.depends_context("uid")
    def _compute_hostel_outdated_count(self):
        try:
            get_cipher()
        except KeyMissing:
            self.hostel_has_key, self.hostel_outdated_count = False, 0
            return
        self.hostel_has_key = True
        self.hostel_outdated_count = sum(
            model.sudo()._count_outdated()
            for model in self.env["hostel.encrypted.mixin"]._get_encrypted_models()
        )

    def action_hostel_retention_preview(self):
        return self.env["hostel.retention.preview"].action_preview()

    def action_hostel_retention_run(self):
        """Let the retention job run now instead of at night."""
        self._trigger_hostel_cron("hostel_base.ir_cron_retention")
        return self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_retention_run_action"
        )

    def action_hostel_reencrypt(self):
        """Encrypt everything with the first key, in the background."""
        self._trigger_hostel_cron("hostel_base.ir_cron_reencrypt")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "The values are being encrypted with the current key. Open the settings again "
                    "to see how many are left."
                ),
            },
        }

    def _trigger_hostel_cron(self, name):
        self.check_access("write")
        self.env.ref(name).sudo()._trigger()
