from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.hostel_base.const import LIVE_STATES

DAYS_BACK = 120


class HostelBookingFillReport(models.Model):
    """How full each kind of room was on each day of a round's booking.

    A row is a day, a hostel and a room type: its beds, and how many were booked by the end of
    the day. The days end with today; those of a round whose windows are all closed end when the
    last one closed or the term began, whatever came later.
    """

    _name = "hostel.booking.fill.report"
    _description = "Fill Rate"
    _auto = False
    _order = "day desc, hostel_id, room_type_id"
    _rec_name = "day"
    _depends = {
        "hostel.allocation": ["bed_id", "term_id", "state", "is_block"],
        "hostel.bed": ["room_id", "active"],
        "hostel.booking.round": ["term_id", "is_practice"],
        "hostel.booking.window": ["opens_at", "closes_at", "hostel_ids", "round_id"],
    }

    round_id = fields.Many2one("hostel.booking.round", readonly=True)
    term_id = fields.Many2one("hostel.term", readonly=True)
    hostel_id = fields.Many2one("hostel.hostel", readonly=True)
    room_type_id = fields.Many2one("hostel.room.type", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    day = fields.Date(readonly=True)
    bed_count = fields.Integer(string="Beds", readonly=True)
    taken_count = fields.Integer(string="Booked", readonly=True)
    new_count = fields.Integer(string="Booked on the day", readonly=True)
    share = fields.Float(string="Fill rate", readonly=True, aggregator="avg")

    @property
    def _table_query(self):
        zone = self.env.user.tz or "Asia/Kolkata"
        return SQL(
            """
            WITH rounds AS (
                SELECT r.id, r.term_id,
                       (min(w.opens_at) AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date - 1
                           AS first_day,
                       least((now() AT TIME ZONE %(zone)s)::date, r.date_to,
                             CASE WHEN max(w.closes_at) < (now() AT TIME ZONE 'UTC')
                                  THEN greatest((max(w.closes_at) AT TIME ZONE 'UTC'
                                                 AT TIME ZONE %(zone)s)::date, r.date_from)
                                  END) AS last_day
                  FROM hostel_booking_round r
                  JOIN hostel_booking_window w ON w.round_id = r.id
                 WHERE r.is_practice IS NOT TRUE
              GROUP BY r.id
            ), days AS (
                SELECT r.id AS round_id, r.term_id, day::date AS day
                  FROM rounds r,
                       LATERAL generate_series(
                           greatest(r.first_day, r.last_day - %(back)s),
                           r.last_day, '1 day') AS day
            ), beds AS (
                SELECT rel.round_id, b.hostel_id, b.room_type_id, b.company_id,
                       count(DISTINCT b.id) AS bed_count
                  FROM (SELECT DISTINCT w.round_id, h.hostel_hostel_id AS hostel_id
                          FROM hostel_booking_window w
                          JOIN hostel_booking_window_hostel_hostel_rel h
                            ON h.hostel_booking_window_id = w.id) rel
                  JOIN hostel_bed b ON b.hostel_id = rel.hostel_id AND b.active
              GROUP BY rel.round_id, b.hostel_id, b.room_type_id, b.company_id
            ), stays AS (
                SELECT a.term_id, a.hostel_id, a.room_type_id,
                       (a.create_date AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS since,
                       CASE WHEN a.state IN %(live)s THEN NULL
                            ELSE (a.write_date AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
                            END AS until
                  FROM hostel_allocation a
                 WHERE a.student_id IS NOT NULL
            )
            SELECT row_number() OVER (ORDER BY d.round_id, b.hostel_id, b.room_type_id, d.day)
                       AS id,
                   d.round_id, d.term_id, b.hostel_id, b.room_type_id, b.company_id, d.day,
                   b.bed_count::int AS bed_count,
                   count(s.since)::int AS taken_count,
                   count(s.since) FILTER (WHERE s.since = d.day)::int AS new_count,
                   count(s.since)::float / b.bed_count AS share
              FROM days d
              JOIN beds b ON b.round_id = d.round_id
         LEFT JOIN stays s ON s.term_id = d.term_id AND s.hostel_id = b.hostel_id
               AND s.room_type_id = b.room_type_id AND s.since <= d.day
               AND (s.until IS NULL OR s.until > d.day)
          GROUP BY d.round_id, d.term_id, b.hostel_id, b.room_type_id, b.company_id, d.day,
                   b.bed_count
            """,
            back=DAYS_BACK,
            zone=zone,
            live=LIVE_STATES,
        )
