from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    hostel_clearance_fee_heads = fields.Char(
        string="Fee heads that clear",
        config_parameter="hostel_billing.clearance_fee_heads",
        help="Camu's names of fees, by comma. Where Camu sends the balance, whoever has none left "
        "after paying one of them is cleared for its term; where it doesn't, whoever paid one.",
    )
    hostel_keep_receipts = fields.Integer(
        string="Pictures of receipts",
        config_parameter="hostel_billing.keep_receipts",
        default=6,
    )
