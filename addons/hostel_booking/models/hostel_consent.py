from odoo import api, models


class HostelConsent(models.Model):
    _inherit = "hostel.consent"

    @api.model_create_multi
    def create(self, vals_list):
        consents = super().create(vals_list)
        consents._drop_quick_passes()
        return consents

    def write(self, vals):
        result = super().write(vals)
        self._drop_quick_passes()
        return result

    def _drop_quick_passes(self):
        """A withdrawn consent closes the personal pages at once."""
        self.sudo().student_id.partner_id.with_context(
            active_test=False
        ).user_ids._drop_quick_passes()
