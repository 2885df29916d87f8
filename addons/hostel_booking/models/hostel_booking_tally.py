import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

COUNTED = ("bed.held", "bed.released")
# Events of an open transaction may still get a lower number; by then it is over.
SETTLED_AFTER = timedelta(minutes=2)


class HostelBookingTally(models.Model):
    """How often beds were held in each quarter of an hour; numbers only, and never changed.

    Events know who held which bed and are forgotten after some weeks. What a report needs for
    longer is only how many.
    """

    _name = "hostel.booking.tally"
    _description = "Counted Holds"
    _order = "moment desc, id desc"
    _rec_name = "moment"
    _log_access = False

    name = fields.Selection(
        [("bed.held", "Held"), ("bed.released", "Let go")],
        string="What",
        required=True,
        readonly=True,
    )
    round_id = fields.Many2one(
        "hostel.booking.round", required=True, readonly=True, ondelete="cascade", index=True
    )
    hostel_id = fields.Many2one("hostel.hostel", required=True, readonly=True, ondelete="cascade")
    room_type_id = fields.Many2one("hostel.room.type", readonly=True, ondelete="set null")
    moment = fields.Datetime(
        required=True, readonly=True, index=True, help="Begin of the quarter of an hour."
    )
    count = fields.Integer(required=True, readonly=True)
    last_event = fields.Integer(required=True, readonly=True, aggregator=None)

    _counted_once = models.UniqueIndex(
        "(name, round_id, hostel_id, COALESCE(room_type_id, 0), moment, last_event)",
        "These events were counted already.",
    )

    @api.model_create_multi
    # pylint: disable-next=method-required-super
    def create(self, vals_list):
        raise AccessError(self.env._("Holds are counted by the program."))

    @api.model
    def _cron_count(self):
        """Count the events that came since the last time; each is counted once.

        :return: how many rows were written
        """
        self.env["hostel.event"].flush_model()
        self.flush_model()
        until = self.env.cr.now() - SETTLED_AFTER
        rows = self.env.execute_query(
            SQL(
                """
                WITH fresh AS (
                    SELECT e.id, e.name, (e.payload->>'round_id')::int AS round_id,
                           (e.payload->>'bed_id')::int AS bed_id,
                           date_bin('15 minutes', e.happened_at, 'epoch'::timestamp) AS moment
                      FROM hostel_event e
                     WHERE e.name IN %(names)s AND e.happened_at < %(until)s
                       AND e.id > (SELECT COALESCE(max(last_event), 0) FROM hostel_booking_tally)
                )
                INSERT INTO hostel_booking_tally
                       (name, round_id, hostel_id, room_type_id, moment, count, last_event)
                SELECT f.name, f.round_id, b.hostel_id, b.room_type_id, f.moment, count(*),
                       (SELECT max(id) FROM fresh)
                  FROM fresh f
                  JOIN hostel_bed b ON b.id = f.bed_id
                  JOIN hostel_booking_round r ON r.id = f.round_id
              GROUP BY f.name, f.round_id, b.hostel_id, b.room_type_id, f.moment
             RETURNING id
                """,
                names=COUNTED,
                until=until,
            )
        )
        self.invalidate_model()
        return len(rows)
