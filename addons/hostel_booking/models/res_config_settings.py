from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    hostel_mail_letters = fields.Boolean(
        string="Mail allotment letters",
        config_parameter="hostel_booking.mail_letters",
        help="As soon as a bed is approved, its letter goes to the student.",
    )
