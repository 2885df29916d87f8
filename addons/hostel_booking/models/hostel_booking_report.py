from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.hostel_base.const import GENDERS

from ..const import BOOKING_SOURCES


class HostelBookingReport(models.Model):
    """Who booked what: one line a student and term, with how far it went.

    Whoever moved, was given another bed or tried several times is one line; it shows the last
    bed, and the best step that any of them reached.
    """

    _name = "hostel.booking.report"
    _description = "Bookings"
    _auto = False
    _order = "booked_at desc, id desc"
    _rec_name = "allocation_id"
    _depends = {
        "hostel.allocation": [
            "student_id",
            "bed_id",
            "term_id",
            "state",
            "paid_at",
            "approved_by_id",
            "approval_due",
            "booking_source",
            "window_id",
            "cohort_id",
            "price",
            "is_block",
        ],
        "hostel.student": ["programme_id", "year_of_study", "gender"],
        "hostel.booking.round": ["term_id", "is_practice"],
        "hostel.allocation.run.line": ["wish", "cohort_id", "state"],
    }

    allocation_id = fields.Many2one("hostel.allocation", string="Stay", readonly=True)
    student_id = fields.Many2one("hostel.student", readonly=True)
    programme_id = fields.Many2one("hostel.programme", readonly=True)
    year_of_study = fields.Integer(string="Year of study", readonly=True, aggregator=None)
    gender = fields.Selection(GENDERS, readonly=True)
    hostel_id = fields.Many2one("hostel.hostel", readonly=True)
    floor_id = fields.Many2one("hostel.floor", readonly=True)
    room_id = fields.Many2one("hostel.room", readonly=True)
    bed_id = fields.Many2one("hostel.bed", readonly=True)
    room_type_id = fields.Many2one("hostel.room.type", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    term_id = fields.Many2one("hostel.term", readonly=True)
    round_id = fields.Many2one("hostel.booking.round", readonly=True)
    window_id = fields.Many2one("hostel.booking.window", readonly=True)
    booking_source = fields.Selection(BOOKING_SOURCES, string="Came from", readonly=True)
    state = fields.Selection("_get_states", readonly=True)
    booked_at = fields.Datetime(string="Booked on", readonly=True)
    hour = fields.Integer(string="Hour of the day", readonly=True, aggregator=None)
    price = fields.Monetary(readonly=True)
    minutes_to_pay = fields.Float(string="Minutes to pay", readonly=True, aggregator="avg")
    hours_to_approve = fields.Float(
        string="Hours to approve",
        readonly=True,
        aggregator="avg",
        help="From the payment, else from the booking, to now for who still waits.",
    )
    wish = fields.Integer(
        string="Wish met", readonly=True, aggregator="avg", help="1 is the first wish."
    )
    wish_label = fields.Selection(
        [
            ("1", "First wish"),
            ("2", "Second wish"),
            ("3", "Third wish"),
            ("4", "A later wish"),
        ],
        string="Which wish",
        readonly=True,
    )
    booking_count = fields.Integer(string="Bookings", readonly=True)
    attempt_count = fields.Integer(string="Attempts", readonly=True)
    paid_count = fields.Integer(string="Paid", readonly=True)
    approved_count = fields.Integer(string="Approved", readonly=True)
    checked_in_count = fields.Integer(string="Moved in", readonly=True)
    lost_count = fields.Integer(string="Lost", readonly=True, help="Cancelled, expired or refused.")

    @api.model
    def _get_states(self):
        """Those of the allocation; a closed bed is nobody's booking."""
        field = self.env["hostel.allocation"]._fields["state"]
        return [
            (state, label)
            for state, label in field._description_selection(self.env)
            if state != "blocked"
        ]

    @property
    def _table_query(self):
        zone = self.env.user.tz or "Asia/Kolkata"
        return SQL(
            """
            WITH stays AS (
                SELECT a.term_id, a.student_id, max(a.id) AS last_id, min(a.id) AS first_id,
                       min(a.create_date) AS booked_at, min(a.paid_at) AS paid_at,
                       count(*) FILTER (WHERE a.origin_id IS NULL) AS attempts,
                       bool_or(a.state IN ('allocated', 'checked_in', 'vacated', 'transferred')
                               OR (a.approved_by_id IS NOT NULL AND a.approval_due IS NULL))
                           AS approved,
                       bool_or(a.state IN ('checked_in', 'vacated')) AS moved_in
                  FROM hostel_allocation a
                 WHERE a.student_id IS NOT NULL AND a.term_id IS NOT NULL
              GROUP BY a.term_id, a.student_id
            )
            SELECT l.id, l.id AS allocation_id, l.student_id, s.programme_id, s.year_of_study,
                   s.gender, l.hostel_id, l.floor_id, l.room_id, l.bed_id, l.room_type_id,
                   l.company_id, c.currency_id, l.term_id, r.id AS round_id,
                   COALESCE(l.window_id, f.window_id) AS window_id, f.booking_source, l.state,
                   t.booked_at, l.price,
                   extract(hour FROM t.booked_at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::int
                       AS hour,
                   greatest(extract(epoch FROM t.paid_at - t.booked_at) / 60, 0)
                       AS minutes_to_pay,
                   CASE WHEN l.state = 'awaiting_approval'
                        THEN extract(epoch FROM (now() AT TIME ZONE 'UTC')
                                     - COALESCE(t.paid_at, t.booked_at)) / 3600
                        END AS hours_to_approve,
                   NULLIF(w.wish, 0) AS wish,
                   CASE WHEN w.wish > 0 THEN least(w.wish, 4)::text END AS wish_label,
                   1 AS booking_count, t.attempts AS attempt_count,
                   (t.paid_at IS NOT NULL)::int AS paid_count,
                   t.approved::int AS approved_count,
                   t.moved_in::int AS checked_in_count,
                   (l.state IN ('expired', 'cancelled', 'unplaced', 'refund_due', 'refunded'))::int
                       AS lost_count
              FROM stays t
              JOIN hostel_allocation l ON l.id = t.last_id
              JOIN hostel_allocation f ON f.id = t.first_id
              JOIN hostel_student s ON s.id = l.student_id
              JOIN res_company c ON c.id = l.company_id
         LEFT JOIN hostel_booking_round r ON r.term_id = l.term_id AND r.is_practice IS NOT TRUE
         LEFT JOIN LATERAL (
                   SELECT n.wish FROM hostel_allocation_run_line n
                    WHERE n.cohort_id = COALESCE(l.cohort_id, f.cohort_id) AND n.state = 'done'
                 ORDER BY n.id DESC LIMIT 1) w ON TRUE
            """,
            zone=zone,
        )

    def action_open_stay(self):
        self.ensure_one()
        return self.allocation_id.get_formview_action()
