from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command

from odoo.addons.hostel_base.errors import HostelError

from ..tools.meter_reading import read_value

READERS = (
    "hostel_base.group_hostel_supervisor",
    "hostel_base.group_hostel_finance",
    "hostel_base.group_hostel_admin",
)


class HostelMeterRound(models.TransientModel):
    """Somebody walks along a floor and types what the meters show, one below the other."""

    _name = "hostel.meter.round"
    _inherit = "hostel.strict.wizard"
    _description = "Round of the Meters"
    _strict_fields = {"hostel_id": "read", "floor_id": "read"}

    hostel_id = fields.Many2one("hostel.hostel", required=True)
    floor_id = fields.Many2one("hostel.floor", domain="[('hostel_id', '=', hostel_id)]")
    taken_at = fields.Datetime(string="Read on", required=True, default=fields.Datetime.now)
    line_ids = fields.One2many(
        "hostel.meter.round.line",
        "round_id",
        string="Meters",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )

    @api.depends("hostel_id", "floor_id")
    def _compute_line_ids(self):
        for walk in self:
            meters = self.env["hostel.meter"]
            if walk.hostel_id:
                domain = [("hostel_id", "=", walk.hostel_id.id)]
                if walk.floor_id:
                    domain.append(("floor_id", "=", walk.floor_id.id))
                meters = meters.search(domain)
            walk.line_ids = [
                Command.clear(),
                *(Command.create({"meter_id": meter.id}) for meter in meters),
            ]

    def action_save(self):
        """Keep what was typed; rows without a reading are left out.

        :raises HostelError: ``NOTHING_ENTERED``, ``READING_INVALID``, and what a reading raises
        """
        self.ensure_one()
        self.check_access("write")
        if not any(self.env.user.has_group(group) for group in READERS):
            raise AccessError(self.env._("Your role does not read meters."))
        typed = self.line_ids.filtered("value")
        if not typed:
            raise HostelError("NOTHING_ENTERED", self.env._("No reading was typed."), 422)
        Reading = self.env["hostel.meter.reading"]
        readings = Reading
        for line in typed:
            reading, _new = Reading._record(
                line.meter_id, line._read_value(), self.taken_at, "manual"
            )
            readings |= reading.sudo(False)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_meter_reading_action"
        )
        return action | {"domain": [("id", "in", readings.ids)], "context": {}}


class HostelMeterRoundLine(models.TransientModel):
    _name = "hostel.meter.round.line"
    _inherit = "hostel.strict.wizard"
    _description = "Meter of a Round"
    _strict_fields = {"meter_id": "read"}
    _order = "id"

    round_id = fields.Many2one("hostel.meter.round", required=True, ondelete="cascade")
    meter_id = fields.Many2one("hostel.meter", required=True)
    place = fields.Char(related="meter_id.place")
    last_value = fields.Float(related="meter_id.last_value")
    last_read_at = fields.Datetime(related="meter_id.last_read_at")
    value = fields.Char(string="Reading")
    used = fields.Float(string="Units", digits=(14, 3), compute="_compute_used")
    note = fields.Char(compute="_compute_used")

    @api.depends("value", "last_value")
    def _compute_used(self):
        for line in self:
            line.used, line.note = 0.0, False
            if not line.value:
                continue
            try:
                line.used = float(read_value(line.value)) - line.last_value
            except ValueError:
                line.note = self.env._("This is no number.")
                continue
            if line.used < 0:
                line.note = self.env._("Less than the last time: look again.")

    def _read_value(self):
        self.ensure_one()
        try:
            return read_value(self.value)
        except ValueError:
            raise HostelError(
                "READING_INVALID",
                self.env._(
                    "“%(value)s” is no reading of %(meter)s.",
                    value=self.value,
                    meter=self.meter_id.display_name,
                ),
                422,
            ) from None
