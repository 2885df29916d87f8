from odoo import fields, models

from .hostel_cohort_desk_beds import OFFER_HOURS
from .hostel_roommate_ping import PING_HOURS, PINGS_A_DAY, SUSPEND_DAYS


class ResConfigSettings(models.TransientModel):
    # One subject a file: letters, roommates.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.config.settings"

    hostel_cohort_offer_hours = fields.Integer(
        string="Beds of a group are kept for",
        config_parameter="hostel_booking.cohort_offer_hours",
        default=OFFER_HOURS,
        help="Hours in which each member confirms the own bed.",
    )
    hostel_ping_hours = fields.Integer(
        string="A message waits for",
        config_parameter="hostel_booking.ping_hours",
        default=PING_HOURS,
        help="Hours in which the one who lives in a room may answer.",
    )
    hostel_pings_a_day = fields.Integer(
        string="Messages a day",
        config_parameter="hostel_booking.pings_a_day",
        default=PINGS_A_DAY,
        help="So many a student may write in a day.",
    )
    hostel_ping_suspend_days = fields.Integer(
        string="After a report, silent for",
        config_parameter="hostel_booking.ping_suspend_days",
        default=SUSPEND_DAYS,
        help="Days for which a warden stops a student's messages.",
    )
