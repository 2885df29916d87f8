from markupsafe import Markup

from odoo import api, models

from ..tools.rupees import is_whole, join_symbol
from .res_currency import writes_plain_rupees


class IrQwebFieldMonetary(models.AbstractModel):
    """On the pages of students and guardians money is written as on the live map: ₹42,000."""

    _inherit = "ir.qweb.field.monetary"

    @api.model
    def value_to_html(self, value, options):
        currency = options["display_currency"]
        if not writes_plain_rupees(self.env, currency):
            return super().value_to_html(value, options)
        if is_whole(value) and not options.get("from_currency"):
            options = {**options, "decimal_places": 0}
        return Markup(join_symbol(super().value_to_html(value, options), currency.symbol))
