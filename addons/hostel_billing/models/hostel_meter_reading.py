import logging
from datetime import timedelta
from decimal import Decimal

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError

from ..tools import meter_reading

_logger = logging.getLogger(__name__)

BELIEVED = ("ok", "accepted")
# Clocks of devices are never quite right.
FUTURE = timedelta(minutes=10)
OLDEST = timedelta(days=400)


class HostelMeterReading(models.Model):
    """The counter of a meter at a moment. A wrong one is rejected, never changed."""

    _name = "hostel.meter.reading"
    _description = "Meter Reading"
    _inherit = "mail.thread"
    _order = "taken_at desc, id desc"

    meter_id = fields.Many2one(
        "hostel.meter", required=True, readonly=True, ondelete="restrict", index=True
    )
    room_id = fields.Many2one(related="meter_id.room_id", store=True)
    hostel_id = fields.Many2one(related="meter_id.hostel_id", store=True, index=True)
    company_id = fields.Many2one(related="meter_id.company_id", store=True)
    taken_at = fields.Datetime(
        string="Read on", required=True, readonly=True, default=fields.Datetime.now
    )
    value = fields.Float(
        string="Reading", digits=(14, 3), required=True, readonly=True, aggregator="max"
    )
    used = fields.Float(
        string="Units since the last", digits=(14, 3), compute="_compute_used", store=True
    )
    per_day = fields.Float(
        string="Units a day",
        digits=(14, 3),
        compute="_compute_used",
        store=True,
        aggregator="avg",
    )
    source = fields.Selection(
        [("manual", "By hand"), ("file", "From a file"), ("device", "Sent by the meter")],
        required=True,
        readonly=True,
        default="manual",
    )
    message = fields.Char(string="Message of the device", readonly=True, copy=False)
    anomaly = fields.Selection(
        [("backwards", "Runs backwards"), ("spike", "Far more than usual")],
        string="Odd",
        readonly=True,
    )
    state = fields.Selection(
        [
            ("ok", "Fine"),
            ("flagged", "To be looked at"),
            ("accepted", "Accepted"),
            ("rejected", "Rejected"),
        ],
        required=True,
        readonly=True,
        default="ok",
        index=True,
        tracking=True,
    )
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True)
    # What the units since the last reading hang on; the computation looks it up.
    previous_id = fields.Many2one(
        "hostel.meter.reading", string="Reading before", readonly=True, index="btree_not_null"
    )

    _once = models.Constraint(
        "UNIQUE (meter_id, taken_at)", "This meter has a reading of this moment already."
    )
    _message_once = models.UniqueIndex(
        "(meter_id, message) WHERE message IS NOT NULL", "This message was stored already."
    )
    _value_positive = models.Constraint(
        "CHECK (value >= 0 AND value < 1000000000)", "A counter shows between 0 and 999,999,999."
    )
    _believed_idx = models.Index("(meter_id, taken_at) WHERE state IN ('ok', 'accepted')")

    @api.depends("value", "taken_at", "previous_id", "state")
    def _compute_used(self):
        for reading in self:
            before = reading.previous_id
            if not before or reading.state not in BELIEVED:
                reading.used = reading.per_day = 0.0
                continue
            step = (before._as_reading(), reading._as_reading())
            reading.used = float(meter_reading.used(step))
            reading.per_day = float(meter_reading.per_day(*step))

    @api.depends("meter_id", "taken_at", "value")
    def _compute_display_name(self):
        for reading in self:
            reading.display_name = f"{reading.meter_id.serial}: {reading.value:.10g}"

    def _as_reading(self):
        self.ensure_one()
        return meter_reading.Reading(self.taken_at, Decimal(f"{self.value:.3f}"))

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Readings are entered through a round or a file."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and any(not name.startswith(("message_", "activity_")) for name in vals):
            raise AccessError(self.env._("A reading is not changed; reject it and enter another."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise HostelError("READING_KEPT", self.env._("Readings are kept. Reject it instead."), 422)

    # ------------------------------------------------------------------
    # In
    # ------------------------------------------------------------------

    @api.model
    def _record(self, meter, value, taken_at, source, message=None):
        """Keep a reading and judge it. The same reading again changes nothing.

        Whoever calls has checked that the user may; it is written with all rights.

        :param Decimal value: the counter in kWh; see ``tools.meter_reading.read_value``
        :param datetime taken_at: naive UTC
        :param str message: id that the device gave to its message
        :return: (``hostel.meter.reading``, whether it is new)
        :raises HostelError: ``READING_IN_FUTURE``, ``READING_TOO_OLD``, ``READING_CONFLICT``
        """
        meter.ensure_one()
        readings = self.sudo()
        taken_at = taken_at.replace(microsecond=0)
        readings._check_moment(taken_at)
        known = readings._find_known(meter, taken_at, message)
        if known:
            known._check_same(value, taken_at)
            return known, False
        earlier, later = readings._get_neighbours(meter, taken_at)
        anomaly = meter_reading.judge(
            [one._as_reading() for one in earlier],
            meter_reading.Reading(taken_at, value),
            later._as_reading() if later else None,
        )
        try:
            with self.env.cr.savepoint():
                reading = readings.create(
                    {
                        "meter_id": meter.id,
                        "taken_at": taken_at,
                        "value": float(value),
                        "source": source,
                        "message": message,
                        "anomaly": anomaly or False,
                        "state": "flagged" if anomaly else "ok",
                        "previous_id": earlier[-1:].id,
                    }
                )
                reading.flush_recordset()
        except UniqueViolation:
            # Stored by another request since our snapshot; a new one sees it.
            raise HostelError("BUSY", self.env._("Please try again in a moment."), 503) from None
        if later and not anomaly:
            later.previous_id = reading
        if anomaly:
            reading._ask_office()
        return reading, True

    @api.model
    def _check_moment(self, taken_at):
        now = self.env.cr.now()
        if taken_at > now + FUTURE:
            raise HostelError(
                "READING_IN_FUTURE", self.env._("A meter can't be read in the future."), 422
            )
        if taken_at < now - OLDEST:
            raise HostelError(
                "READING_TOO_OLD", self.env._("This reading is more than a year old."), 422
            )

    @api.model
    def _find_known(self, meter, taken_at, message):
        domain = [("meter_id", "=", meter.id)]
        by_message = self.search([*domain, ("message", "=", message)]) if message else self.browse()
        return by_message or self.search([*domain, ("taken_at", "=", taken_at)])

    def _check_same(self, value, taken_at):
        self.ensure_one()
        if self._as_reading() != meter_reading.Reading(taken_at, value):
            raise HostelError(
                "READING_CONFLICT",
                self.env._("Another reading of this meter is known for it."),
                409,
                {"known": f"{self.value:.3f}"},
            )

    @api.model
    def _get_neighbours(self, meter, taken_at):
        """Believed readings around a moment: (some before it, oldest first; the next after it)."""
        believed = [("meter_id", "=", meter.id), ("state", "in", BELIEVED)]
        earlier = self.search(
            [*believed, ("taken_at", "<", taken_at)],
            order="taken_at desc",
            limit=meter_reading.HISTORY + 1,
        )
        later = self.search([*believed, ("taken_at", ">", taken_at)], order="taken_at", limit=1)
        return earlier[::-1], later

    def _ask_office(self):
        """Leave a task on the meter, one for all its odd readings."""
        for meter in self.meter_id:
            kind = self.env.ref("mail.mail_activity_data_warning")
            if meter.activity_ids.filtered(lambda one: one.activity_type_id == kind):  # noqa: B023
                continue
            officer = self.env["res.users"]._get_finance_officer(meter.company_id)
            meter.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("Look at an odd reading"),
                user_id=(officer or self.env.user).id,
            )

    # ------------------------------------------------------------------
    # A person's decisions
    # ------------------------------------------------------------------

    def action_accept(self):
        """Believe odd readings: the meter was replaced, or somebody ran a heater."""
        self._decide("accepted", ("flagged", "rejected"))

    def action_reject(self):
        """Leave these readings out of every bill."""
        self._decide("rejected", ("flagged", "ok", "accepted"))

    def _decide(self, state, from_states):
        self.check_access("write")
        rows = self.sudo()
        if any(reading.state not in from_states for reading in rows):
            raise HostelError("DECIDED", self.env._("This was decided already."), 422)
        used = (
            self.env["hostel.electricity.line"]
            .sudo()
            .search_count(
                [
                    ("state", "=", "posted"),
                    "|",
                    ("opening_reading_id", "in", self.ids),
                    ("closing_reading_id", "in", self.ids),
                ],
                limit=1,
            )
        )
        if used:
            raise HostelError(
                "READING_BILLED",
                self.env._("This reading is on a posted bill; take that back first."),
                422,
            )
        rows.write({"state": state, "decided_by_id": self.env.uid})
        rows._link_neighbours()
        settled = rows.meter_id.filtered(lambda meter: not meter.flagged_count)
        settled.activity_unlink(["mail.mail_activity_data_warning"])

    def _link_neighbours(self):
        """Count the units around these readings anew."""
        for reading in self:
            earlier, later = self._get_neighbours(reading.meter_id, reading.taken_at)
            reading.previous_id = earlier[-1:]
            if later:
                later.previous_id = reading if reading.state in BELIEVED else earlier[-1:]
