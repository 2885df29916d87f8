from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    hostel_keep_camu_raw = fields.Integer(
        string="Camu's messages as received",
        config_parameter="hostel_billing.keep_camu_raw",
        default=12,
        help="Months after a message was dealt with; 0 keeps its text for ever.",
    )
    hostel_keep_camu = fields.Integer(
        string="Messages from Camu",
        config_parameter="hostel_billing.keep_camu",
        default=36,
        help="Months after a message was dealt with; 0 keeps it for ever. The payment and its"
        " entries in the books stay in any case.",
    )
    hostel_partial_payments = fields.Boolean(
        string="Pay bills in parts",
        config_parameter="hostel_billing.partial_payments",
        help="Students and guardians may pay a part of an open bill through Camu.",
    )
    hostel_least_payment = fields.Integer(
        string="Least part",
        config_parameter="hostel_billing.least_payment",
        default=500,
        help="In the company's currency; the last part may be smaller.",
    )

    def action_open_camu(self):
        """Open the settings of Camu."""
        provider = self.env["payment.provider"].search(
            [("code", "=", "camu"), ("company_id", "=", self.env.company.id)], limit=1
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "payment.provider",
            "view_mode": "form",
            "res_id": provider.id,
        }
