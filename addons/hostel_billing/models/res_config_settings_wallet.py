from odoo import fields, models

from .hostel_wallet import TOP_UP_MAX, TOP_UP_MIN


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    hostel_wallet_top_up_min = fields.Integer(
        string="Least top-up",
        config_parameter="hostel_billing.wallet_top_up_min",
        default=TOP_UP_MIN,
    )
    hostel_wallet_top_up_max = fields.Integer(
        string="Largest top-up",
        config_parameter="hostel_billing.wallet_top_up_max",
        default=TOP_UP_MAX,
    )
