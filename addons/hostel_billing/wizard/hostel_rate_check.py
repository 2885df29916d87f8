from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models

from odoo.addons.hostel_base.tools.college_day import college_today

from ..tools.fee_math import daily_rate


class HostelRateCheck(models.TransientModel):
    """What a kind of bed costs on a day, what it would cost without seasons, and why."""

    _name = "hostel.rate.check"
    _description = "Rate of a Bed"

    hostel_id = fields.Many2one("hostel.hostel", required=True)
    room_type_id = fields.Many2one("hostel.room.type", required=True)
    term_id = fields.Many2one("hostel.term", required=True)
    day = fields.Date(required=True, default=college_today)
    currency_id = fields.Many2one(related="hostel_id.currency_id")
    structure_id = fields.Many2one(
        "hostel.fee.structure", string="Fee structure", compute="_compute_rates"
    )
    base_amount = fields.Monetary(string="Base rent", compute="_compute_rates")
    current_amount = fields.Monetary(string="Rent on this day", compute="_compute_rates")
    day_amount = fields.Monetary(string="A single day", compute="_compute_rates")
    term_amount = fields.Monetary(string="The whole term", compute="_compute_rates")
    why = fields.Text(compute="_compute_rates")
    calendar = fields.Html(compute="_compute_rates", sanitize=False)

    @api.depends("hostel_id", "room_type_id", "term_id", "day")
    def _compute_rates(self):
        for check in self:
            check.update(check._get_rates())

    def _get_rates(self):
        hostel, kind, term = self.hostel_id, self.room_type_id, self.term_id
        empty = {"calendar": False, "structure_id": False, "why": False} | dict.fromkeys(
            ("base_amount", "current_amount", "day_amount", "term_amount"), 0.0
        )
        if not (hostel and kind and term and self.day):
            return empty
        structure = self.env["hostel.fee.structure"]._get_for(hostel, kind, term)
        if not structure:
            return empty | {
                "base_amount": kind.base_fee,
                "current_amount": kind.base_fee,
                "term_amount": kind.base_fee,
                "why": self.env._("No fee structure: the base fee of the room type for a term."),
            }
        rent = structure.line_ids.filtered(lambda line: line.head_id.code == "RENT")[:1]
        Season = self.env["hostel.rate.season"]
        rate = Season._explain(hostel, kind, rent.amount, self.day)
        cycle = next(
            (
                period.cycle_days
                for period, _parts in structure._get_plan(
                    hostel, kind, term.date_from, term.date_to
                )
                if period.date_from <= self.day < period.date_to
            ),
            30,
        )
        return {
            "structure_id": structure.id,
            "base_amount": rent.amount,
            "current_amount": float(rate.current),
            "day_amount": float(daily_rate(rate.current, cycle)),
            "term_amount": structure._get_term_price(hostel, kind, term),
            "why": ", ".join(rate.why) or self.env._("No season on this day."),
            "calendar": self._get_calendar(structure, rent),
        }

    def _get_calendar(self, structure, rent):
        """The days of the term from which on the rate is another, as a table."""
        Season = self.env["hostel.rate.season"]
        steps, last = [], None
        day = self.term_id.date_from
        while day < self.term_id.date_to:
            rate = Season._explain(self.hostel_id, self.room_type_id, rent.amount, day)
            if (rate.current, rate.why) != last:
                last = (rate.current, rate.why)
                steps.append((day, rate))
            day += timedelta(days=1)
        row = Markup("<tr><td>%s</td><td class='text-end'>%s</td><td>%s</td></tr>")
        rows = Markup("").join(
            row
            % (
                self.env["account.move"]._hostel_format_day(first),
                structure.currency_id.format(float(rate.current)),
                ", ".join(rate.why) or "–",
            )
            for first, rate in steps
        )
        head = Markup("<tr><th>%s</th><th class='text-end'>%s</th><th>%s</th></tr>") % (
            self.env._("From"),
            self.env._("Rent"),
            self.env._("Why"),
        )
        return Markup(
            "<table class='table table-sm'><thead>%s</thead><tbody>%s</tbody></table>"
        ) % (
            head,
            rows,
        )
