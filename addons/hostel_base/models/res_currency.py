from odoo import models
from odoo.http import request

from ..tools.rupees import drop_paise, is_whole, join_symbol


def writes_plain_rupees(env, currency):
    """Whether an amount is written for a page of the website or the portal.

    Lists of the office and papers keep both decimals, which stand under each other there.
    """
    return bool(
        currency.name == "INR"
        and request
        and not env.context.get("hostel_self_contained")
        and (getattr(request, "is_frontend", False) or env.user.share)
    )


class ResCurrency(models.Model):
    _inherit = "res.currency"

    def format(self, amount):
        """Override of `base`: sentences on a page write money like the page."""
        text = super().format(amount)
        if not writes_plain_rupees(self.env, self):
            return text
        if is_whole(amount):
            text = drop_paise(text)
        return join_symbol(text, self.symbol)
