from odoo import fields, models
from odoo.tools import SQL

STEPS = [
    ("1_held", "Holds of a bed"),
    ("2_booked", "Went to pay"),
    ("3_paid", "Paid or cleared"),
    ("4_approved", "Approved"),
    ("5_moved_in", "Moved in"),
]


class HostelBookingFunnelReport(models.Model):
    """Where bookings are lost: from the first hold to the key in the hand.

    Holds are counted without anybody's name; the steps after it are one student each.
    """

    _name = "hostel.booking.funnel.report"
    _description = "Drop-out"
    _auto = False
    _order = "step, id"
    _rec_name = "step"
    _depends = {
        "hostel.booking.tally": ["name", "count", "moment", "round_id", "hostel_id"],
        "hostel.allocation": ["state", "paid_at", "approved_by_id", "approval_due"],
    }

    step = fields.Selection(STEPS, readonly=True)
    round_id = fields.Many2one("hostel.booking.round", readonly=True)
    window_id = fields.Many2one(
        "hostel.booking.window", readonly=True, help="Holds know no window."
    )
    hostel_id = fields.Many2one("hostel.hostel", readonly=True)
    room_type_id = fields.Many2one("hostel.room.type", readonly=True)
    moment = fields.Datetime(string="When it began", readonly=True)
    count = fields.Integer(readonly=True)

    @property
    def _table_query(self):
        bookings = self.env["hostel.booking.report"]._table_query
        parts = [
            SQL(
                "SELECT %s AS step, %s AS offset_id, b.* FROM bookings b WHERE %s",
                step,
                place,
                SQL(condition),
            )
            for place, (step, condition) in enumerate(
                [
                    ("2_booked", "TRUE"),
                    ("3_paid", self._get_paid_sql()),
                    ("4_approved", "b.approved_count = 1"),
                    ("5_moved_in", "b.checked_in_count = 1"),
                ],
                1,
            )
        ]
        return SQL(
            """
            WITH bookings AS (%s), steps AS (%s)
            SELECT s.id * 8 + s.offset_id AS id, s.step, s.round_id, s.window_id, s.hostel_id,
                   s.room_type_id, s.booked_at AS moment, 1 AS count
              FROM steps s
             UNION ALL
            SELECT t.id * 8, '1_held', t.round_id, NULL::int, t.hostel_id, t.room_type_id,
                   t.moment, t.count
              FROM hostel_booking_tally t WHERE t.name = 'bed.held'
            """,
            bookings,
            SQL(" UNION ALL ").join(parts),
        )

    @staticmethod
    def _get_paid_sql():
        """Who got as far as the warden has paid, or had nothing to pay."""
        return (
            "(b.paid_count = 1 OR b.approved_count = 1 OR b.state IN"
            " ('awaiting_approval', 'allocated', 'checked_in', 'vacated', 'transferred'))"
        )
