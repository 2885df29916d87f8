from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """The map's texts are translated on the website too."""
        return [*super()._get_translation_frontend_modules_name(), "hostel_booking"]
