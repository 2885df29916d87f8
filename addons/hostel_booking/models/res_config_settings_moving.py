from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    hostel_condition_days = fields.Integer(
        string="Answer to the room-condition form",
        config_parameter="hostel_booking.condition_days",
        default=3,
        help="Days after which a student who says nothing has agreed to the form.",
    )
    hostel_notice_days = fields.Integer(
        string="Notice before leaving",
        config_parameter="hostel_booking.notice_days",
        default=7,
        help="So many days before leaving students give notice on the portal.",
    )
    hostel_require_agreement = fields.Boolean(
        string="No check-in without the agreement",
        config_parameter="hostel_booking.require_agreement",
        help="Only students who signed the licence agreement in force are checked in.",
    )
    hostel_require_no_dues = fields.Boolean(
        string="No check-out without the clearance",
        config_parameter="hostel_booking.require_no_dues",
        help="Only students whom every station has cleared are checked out.",
    )
