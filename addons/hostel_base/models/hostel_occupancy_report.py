from odoo import fields, models
from odoo.tools import SQL

from ..const import GENDERS, LIVE_STATES


class HostelOccupancyReport(models.Model):
    """Every bed with today's state, to be grouped and counted.

    States of beds are never stored (a stored one makes bookings collide), so group-by needs
    this view. It has no table: the query is made when it is asked for, with the reader's today.
    """

    _name = "hostel.occupancy.report"
    _description = "Occupancy"
    _auto = False
    _order = "hostel_id, floor_id, room_id, bed_id"
    _rec_name = "bed_id"
    _depends = {
        "hostel.bed": ["room_id", "active"],
        "hostel.room": ["gender", "is_accessible", "condition"],
        "hostel.allocation": ["bed_id", "student_id", "state", "date_from", "date_to", "term_id"],
        "hostel.student": ["programme_id", "year_of_study"],
    }

    bed_id = fields.Many2one("hostel.bed", readonly=True)
    room_id = fields.Many2one("hostel.room", readonly=True)
    floor_id = fields.Many2one("hostel.floor", readonly=True)
    hostel_id = fields.Many2one("hostel.hostel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    room_type_id = fields.Many2one("hostel.room.type", readonly=True)
    gender = fields.Selection(
        [choice for choice in GENDERS if choice[0] != "other"], string="For", readonly=True
    )
    is_accessible = fields.Boolean(string="Accessible", readonly=True)
    state = fields.Selection(
        [
            ("vacant", "Vacant"),
            ("reserved", "Reserved"),
            ("occupied", "Occupied"),
            ("blocked", "Closed"),
        ],
        readonly=True,
    )
    programme_id = fields.Many2one("hostel.programme", readonly=True)
    year_of_study = fields.Integer(string="Year of study", readonly=True, aggregator=None)
    term_id = fields.Many2one("hostel.term", readonly=True)
    date_to = fields.Date(string="Until", readonly=True)
    bed_count = fields.Integer(string="Beds", readonly=True)
    occupied_count = fields.Integer(string="Living there", readonly=True)
    reserved_count = fields.Integer(string="Reserved", readonly=True)
    blocked_count = fields.Integer(string="Closed beds", readonly=True)
    vacant_count = fields.Integer(string="Free", readonly=True)
    taken_share = fields.Float(
        string="Taken",
        readonly=True,
        aggregator="avg",
        help="Share of the usable beds that students have; closed beds do not count.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT b.id, b.id AS bed_id, b.room_id, b.floor_id, b.hostel_id, b.company_id,
                   b.room_type_id, r.gender, r.is_accessible, s.programme_id, s.year_of_study,
                   a.term_id, a.date_to, 1 AS bed_count,
                   CASE WHEN a.id IS NULL THEN 'vacant'
                        WHEN a.state = 'blocked' THEN 'blocked'
                        WHEN a.state = 'checked_in' THEN 'occupied'
                        ELSE 'reserved' END AS state,
                   (a.state IS NOT DISTINCT FROM 'checked_in')::int AS occupied_count,
                   (a.state IS NOT NULL
                    AND a.state NOT IN ('checked_in', 'blocked'))::int AS reserved_count,
                   (a.state IS NOT DISTINCT FROM 'blocked')::int AS blocked_count,
                   (a.id IS NULL)::int AS vacant_count,
                   CASE WHEN a.state = 'blocked' THEN NULL
                        ELSE (a.id IS NOT NULL)::int::float END AS taken_share
              FROM hostel_bed b
              JOIN hostel_room r ON r.id = b.room_id
         LEFT JOIN hostel_allocation a ON a.bed_id = b.id AND a.state IN %(states)s
               AND a.date_from <= %(today)s AND a.date_to > %(today)s
         LEFT JOIN hostel_student s ON s.id = a.student_id
             WHERE b.active
            """,
            states=LIVE_STATES,
            today=self.env.company._get_college_day(),
        )

    def action_open_bed(self):
        self.ensure_one()
        return self.bed_id.get_formview_action()
