from odoo import fields, models


class HostelBookingRound(models.Model):
    """Until when a bed waits for a student who does not come."""

    _inherit = "hostel.booking.round"

    no_show_days = fields.Integer(
        string="A bed waits",
        default=7,
        help="Days after the first day of the stay; then it can be given to somebody else."
        " 0: for ever.",
    )
    no_show_warning_days = fields.Integer(
        string="Reminder",
        default=3,
        help="So many days before that the student is reminded, and once more the day before.",
    )
    no_show_auto = fields.Boolean(
        string="Give beds back by itself",
        help="Otherwise a warden decides with the list of those who did not come.",
    )

    _no_show_positive = models.Constraint(
        "CHECK (no_show_days >= 0 AND no_show_warning_days >= 0)", "Days can't be negative."
    )
