from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    hostel_waitlist_hours = fields.Integer(
        string="An offer lasts",
        config_parameter="hostel_booking.waitlist_hours",
        default=24,
        help="Hours for which a bed is kept for the first in line.",
    )
    hostel_waitlist_offers = fields.Integer(
        string="Offers for each",
        config_parameter="hostel_booking.waitlist_offers",
        default=2,
        help="Whoever lets so many go by leaves the list.",
    )
    hostel_waitlist_lists = fields.Integer(
        string="Lists for each",
        config_parameter="hostel_booking.waitlist_lists",
        default=3,
        help="On so many lists a student may wait at the same time.",
    )
    hostel_waitlist_gather_hours = fields.Integer(
        string="Beds kept together",
        config_parameter="hostel_booking.waitlist_gather_hours",
        default=24,
        help="Hours, once for each group in line, for which beds are kept until there are enough "
        "for it. 0: a group is served only when enough beds are free at the same time.",
    )
    hostel_move_hours = fields.Integer(
        string="A move request lasts",
        config_parameter="hostel_booking.move_hours",
        default=72,
        help="Hours until a request that nobody answered runs out.",
    )
    hostel_moves_per_term = fields.Integer(
        string="Moves in a term",
        config_parameter="hostel_booking.moves_per_term",
        default=2,
        help="So often a student may change the bed on request.",
    )
    hostel_asks_per_term = fields.Integer(
        string="Requests in a term",
        config_parameter="hostel_booking.asks_per_term",
        default=6,
        help="So often a student may ask for another bed, whatever comes of it: whoever tries "
        "roll numbers is stopped soon.",
    )
    hostel_swap_automatic = fields.Boolean(
        string="Equal swaps without the warden",
        config_parameter="hostel_booking.swap_automatic",
        help="Two students of one hostel with rooms of the same type and price change places as "
        "soon as both agree.",
    )
