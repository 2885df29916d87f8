from odoo import api, fields, models


class AccountMove(models.Model):
    """One entry for each day on which wallets were used."""

    _inherit = "account.move"

    hostel_wallet_day = fields.Date(string="Wallets of the day", readonly=True, copy=False)

    _hostel_wallet_day_once = models.UniqueIndex(
        "(company_id, hostel_wallet_day) WHERE hostel_wallet_day IS NOT NULL",
        "The wallets of this day are in the books already.",
    )

    @api.model
    def _find_hostel_wallet_entry(self, company, day):
        return self.sudo().search(
            [("company_id", "=", company.id), ("hostel_wallet_day", "=", day)], limit=1
        )
