from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    hostel_approval_delay = fields.Integer(
        string="Time to withdraw an approval",
        config_parameter="hostel_base.approval_delay",
        default=60,
        help="Seconds between a warden's approval and the moment when it takes effect.",
    )
    hostel_payment_minutes = fields.Integer(
        string="Time to pay",
        config_parameter="hostel_base.payment_minutes",
        default=15,
        help="Minutes for which a bed stays reserved once the student went to pay.",
    )
