from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tools import float_compare, format_date

from odoo.addons.hostel_base.errors import HostelError

from ..tools.electricity import PAISE, Occupant, show, split_days
from ..tools.meter_reading import used
from .hostel_meter_reading import BELIEVED

# A reading of the first day of the next month still closes the month before.
GRACE = timedelta(days=1)
HEAD = "ELECTRICITY"


class HostelElectricityLine(models.Model):
    """One meter in one month: two readings, the units between them, their cost, the shares."""

    _name = "hostel.electricity.line"
    _description = "Electricity of a Meter and Month"
    _inherit = "hostel.charge.mixin"
    _order = "run_id desc, state, meter_id"

    run_id = fields.Many2one(
        "hostel.electricity.run", required=True, readonly=True, ondelete="cascade", index=True
    )
    month = fields.Date(related="run_id.month", store=True)
    hostel_id = fields.Many2one(related="run_id.hostel_id", store=True, index=True)
    company_id = fields.Many2one(related="run_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    meter_id = fields.Many2one(
        "hostel.meter", required=True, readonly=True, ondelete="restrict", index=True
    )
    room_id = fields.Many2one("hostel.room", readonly=True)
    tariff_id = fields.Many2one("hostel.tariff", readonly=True, ondelete="restrict")
    opening_reading_id = fields.Many2one("hostel.meter.reading", string="From", readonly=True)
    closing_reading_id = fields.Many2one("hostel.meter.reading", string="To", readonly=True)
    opening_value = fields.Float(related="opening_reading_id.value", string="Opening")
    closing_value = fields.Float(related="closing_reading_id.value", string="Closing")
    units = fields.Float(digits=(14, 3), readonly=True)
    amount = fields.Monetary(readonly=True)
    shared_amount = fields.Monetary(
        string="Paid by students", readonly=True, help="Nothing if nobody lived there."
    )
    explanation = fields.Char(string="How it is priced", readonly=True)
    share_ids = fields.One2many("hostel.electricity.share", "line_id", string="Students")
    state = fields.Selection(
        [
            ("missing", "Reading missing"),
            ("odd", "Odd reading"),
            ("elsewhere", "In another month"),
            ("empty", "Nobody lived there"),
            ("ready", "Ready"),
            ("posted", "Posted"),
        ],
        required=True,
        readonly=True,
        default="missing",
        index=True,
    )

    _meter_once = models.Constraint("UNIQUE (run_id, meter_id)", "A meter is billed once a month.")
    _units_positive = models.Constraint("CHECK (units >= 0)", "Units can't be negative.")

    @api.depends("meter_id", "month")
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.meter_id.serial} · {line.run_id.display_name}"

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("A run changes through its buttons."))
        return super().write(vals)

    def _get_charge_source(self):
        self.ensure_one()
        return self.env._(
            "Electricity of %(month)s, %(place)s, meter %(serial)s",
            month=self.run_id.display_name.rpartition(", ")[2],
            place=self.meter_id.place,
            serial=self.meter_id.serial,
        )

    # ------------------------------------------------------------------
    # Preparing
    # ------------------------------------------------------------------

    @api.model
    def _prepare_lines(self, run, meters, tariff):
        """Make the lines of a month; the database is asked once for all meters."""
        start, end = run._get_midnight(run.month), run._get_midnight(run.date_to)
        readings = self.env["hostel.meter.reading"].search(
            [
                ("meter_id", "in", meters.ids),
                ("state", "in", (*BELIEVED, "flagged")),
                ("taken_at", "<", end + GRACE),
            ],
            order="taken_at",
        )
        by_meter = readings.grouped("meter_id")
        billed = self._get_billed_until(meters, run.month)
        stays = run._get_occupants(meters.room_id).grouped("room_id")
        vals_list = []
        for meter in meters:
            mine = by_meter.get(meter, readings.browse())
            opening, closing, odd = self._pick(mine, billed.get(meter.id), start, end)
            vals = {
                "run_id": run.id,
                "meter_id": meter.id,
                "room_id": meter.room_id.id,
                "tariff_id": tariff.id,
                "opening_reading_id": opening.id,
                "closing_reading_id": closing.id,
            }
            if odd:
                vals["state"] = "odd"
            elif opening and closing:
                living = stays.get(meter.room_id, self.env["hostel.allocation"])
                if meter.bed_id:
                    living = living.filtered(lambda row, bed=meter.bed_id: row.bed_id == bed)
                path = self._get_path(mine, opening, closing)
                vals |= self._prepare_cost(run, tariff, path, living)
            vals_list.append(vals)
        lines = self.create(vals_list)
        lines.filtered(lambda line: line.state in ("ready", "empty"))._leave_out_billed()
        return lines

    @api.model
    def _get_billed_until(self, meters, month):
        """The reading up to which each meter was billed: ``{meter id: reading}``."""
        lines = self.search(
            [
                ("meter_id", "in", meters.ids),
                ("state", "in", ("posted", "empty")),
                ("month", "<", month),
            ],
            order="month",
        )
        return {line.meter_id.id: line.closing_reading_id for line in lines}

    @api.model
    def _pick(self, readings, billed, start, end):
        """The two readings of a month, and whether an odd one is in the way.

        The first reading of the day after the month closes it, else the last one of the month. It
        opens with what closed the month before, so that no unit is lost or billed twice.

        :param readings: of one meter, oldest first, odd ones too
        """
        none = readings.browse()
        good = readings.filtered(lambda one: one.state in BELIEVED)

        def at(moment, not_before):
            after = good.filtered(lambda one: moment <= one.taken_at < moment + GRACE)[:1]
            before = good.filtered(lambda one: not_before <= one.taken_at < moment)[-1:]
            return after or before

        opening = billed or at(start, start - timedelta(days=400))
        if not opening:
            opening = good.filtered(lambda one: start <= one.taken_at < end)[:1]
        closing = at(end, start)
        if closing and opening and closing.taken_at <= opening.taken_at:
            closing = none
        odd = readings.filtered(
            lambda one: one.state == "flagged" and start <= one.taken_at < end + GRACE
        )
        return opening, closing, bool(odd)

    @api.model
    def _get_path(self, readings, opening, closing):
        """The believed readings from the opening to the closing one, both with them.

        :param readings: of one meter, oldest first, odd ones too
        """
        between = readings.filtered(
            lambda one: one.state in BELIEVED and opening.taken_at < one.taken_at < closing.taken_at
        )
        return opening + between + closing

    @api.model
    def _prepare_cost(self, run, tariff, path, living):
        """:param path: the readings of :meth:`_get_path`"""
        units = used([one._as_reading() for one in path])
        paise, slabs = tariff._price(units)
        occupants = [Occupant(row.id, self._get_arrival_day(row), row.date_to) for row in living]
        parts, days = split_days(paise, occupants, run.month, run.date_to)
        if not parts:
            # Nobody's arrival was noted, and yet somebody used it.
            beds = [Occupant(row.id, row.date_from, row.date_to) for row in living]
            parts, days = split_days(paise, beds, run.month, run.date_to)
        lived = sum(days.values())
        return {
            "units": float(units),
            "amount": paise / PAISE,
            "shared_amount": sum(parts.values()) / PAISE,
            "explanation": self._explain(tariff, slabs),
            "state": "ready" if parts else "empty",
            "share_ids": [
                Command.create(
                    {
                        "student_id": row.student_id.id,
                        "allocation_id": row.id,
                        "days": days[row.id],
                        "all_days": lived,
                        "units": float(units * Decimal(days[row.id]) / lived),
                        "amount": parts[row.id] / PAISE,
                    }
                )
                for row in living
                if row.id in parts
            ],
        }

    @api.model
    def _get_arrival_day(self, stay):
        """The first day of a stay on which its student was there, as far as that was noted."""
        arrivals = stay.sudo().check_ids.filtered("check_in_at").mapped("check_in_at")
        # Who moved from another bed was there already.
        if not arrivals or stay.origin_id:
            return stay.date_from
        return max(stay.date_from, stay.company_id._get_college_day(min(arrivals)))

    def _is_meter_replaced(self):
        """Whether the units are not simply what lies between the two readings."""
        self.ensure_one()
        between = self.closing_value - self.opening_value
        return bool(float_compare(self.units, between, precision_digits=3))

    @api.model
    def _explain(self, tariff, slabs):
        parts = [f"{show(slab.units)} × ₹{show(slab.rate)}" for slab in slabs]
        if tariff.fixed_charge:
            parts.append(self.env._("fixed ₹%(money)s", money=f"{tariff.fixed_charge:.10g}"))
        return " + ".join(parts)

    def _leave_out_billed(self):
        """Set aside what is, wholly or in part, in a posted bill of another month.

        That happens where a reading came late, or was rejected, after the other month was posted.

        :return: the lines that may be charged
        """
        posted = self.search([("meter_id", "in", self.meter_id.ids), ("state", "=", "posted")])
        by_meter = posted.grouped("meter_id")
        aside = self.browse()
        for line in self:
            other = (
                by_meter.get(line.meter_id, posted.browse())
                .filtered(
                    lambda one, line=line: (
                        one.month != line.month
                        and one.opening_reading_id.taken_at < line.closing_reading_id.taken_at
                        and one.closing_reading_id.taken_at > line.opening_reading_id.taken_at
                    )
                )
                .sorted("month")[-1:]
            )
            if other:
                line._set_aside(other)
                aside |= line
        return self - aside

    def _set_aside(self, other):
        """:param other: the posted line that has units of this one"""
        self.ensure_one()
        month = format_date(self.env, other.month, date_format="MMMM y")
        if other.month > self.month:
            why = self.env._("In the bill of %(month)s; take that back first", month=month)
        else:
            why = self.env._("In part in the bill of %(month)s; count again", month=month)
        self.share_ids.unlink()
        self.write(
            {
                "state": "elsewhere",
                "explanation": why,
                "units": 0.0,
                "amount": 0.0,
                "shared_amount": 0.0,
            }
        )

    # ------------------------------------------------------------------
    # Posting
    # ------------------------------------------------------------------

    def _post(self):
        """Charge each student; a charge that is there already is not made again."""
        head = self.env["hostel.fee.head"]._get_by_code(HEAD)
        lines = self._leave_out_billed()
        for line in lines:
            for share in line.share_ids.filtered("amount"):
                share.charge_id = line._charge(
                    share.student_id,
                    head,
                    share.amount,
                    day=line.run_id.date_to - timedelta(days=1),
                    quantity=round(share.units, 3) or 1,
                    note=share._get_note(),
                    allocation=share.allocation_id,
                    key=f"{HEAD}:{share.allocation_id.id}",
                )
        lines.state = "posted"

    def action_take_back(self):
        """Cancel the charges of posted lines, with credit notes for what is on a bill.

        :raises HostelError: ``NOT_POSTED``
        """
        self.check_access("write")
        lines = self.sudo()
        if any(line.state != "posted" for line in lines):
            raise HostelError("NOT_POSTED", self.env._("Only what was posted is taken back."), 422)
        lines._uncharge(self.env._("Electricity is counted anew"))
        lines.share_ids.charge_id = False
        lines.state = "ready"
        lines.run_id.filtered(lambda run: run.state == "posted").state = "ready"
