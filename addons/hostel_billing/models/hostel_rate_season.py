from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.hostel_base.const import LIVE_STATES

from ..tools.fee_math import Season, money, rate_on
from .hostel_fee_structure import CACHE_KEY

NO_BLOCKS = tuple(state for state in LIVE_STATES if state != "blocked")


class HostelRateSeason(models.Model):
    """Days on which beds cost more or less, or a house that is nearly full or nearly empty."""

    _name = "hostel.rate.season"
    _description = "Season of Rates"
    _inherit = ["mail.thread"]
    _order = "sequence, date_from, id"

    name = fields.Char(required=True, translate=True, help="Told on the bill as the reason.")
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    trigger = fields.Selection(
        [("calendar", "On these days"), ("occupancy", "When the hostel is so full")],
        string="Counts",
        required=True,
        default="calendar",
        tracking=True,
    )
    date_from = fields.Date(string="From", tracking=True)
    date_to = fields.Date(string="Until", tracking=True, help="The day after the last one.")
    occupancy_from = fields.Float(string="From, %", help="Of the hostel's beds are taken today.")
    occupancy_to = fields.Float(string="Below, %", default=100.01)
    kind = fields.Selection(
        [
            ("percent", "Percent more or less"),
            ("amount", "Amount more or less"),
            ("fixed", "Another rate"),
        ],
        string="How",
        required=True,
        default="percent",
        tracking=True,
    )
    percent = fields.Float(tracking=True, help="Less than 0 makes it cheaper.")
    amount = fields.Monetary(tracking=True)
    hostel_ids = fields.Many2many("hostel.hostel", string="Hostels", help="Empty: all.")
    room_type_ids = fields.Many2many("hostel.room.type", string="Room types", help="Empty: all.")
    value_text = fields.Char(string="Rate", compute="_compute_value_text")
    active = fields.Boolean(default=True, tracking=True)

    _dates_ordered = models.Constraint(
        "CHECK (date_to > date_from)", "A season must end after it starts."
    )
    _calendar_has_days = models.Constraint(
        "CHECK (trigger <> 'calendar' OR date_from IS NOT NULL AND date_to IS NOT NULL)",
        "A season of the calendar needs its days.",
    )

    @api.depends("kind", "percent", "amount")
    def _compute_value_text(self):
        for season in self:
            if season.kind == "percent":
                season.value_text = f"{season.percent:+g} %"
            elif season.kind == "amount":
                sign = "+" if season.amount >= 0 else ""
                season.value_text = sign + season.currency_id.format(season.amount)
            else:
                season.value_text = season.currency_id.format(season.amount)

    @api.constrains("kind", "percent", "amount")
    def _check_value(self):
        for season in self:
            if season.kind == "percent" and season.percent < -100:
                raise ValidationError(self.env._("A rate can't fall by more than 100 percent."))
            if season.kind == "fixed" and season.amount < 0:
                raise ValidationError(self.env._("A rate can't be negative."))

    @api.model_create_multi
    def create(self, vals_list):
        self.env.cr.cache.pop(CACHE_KEY, None)
        return super().create(vals_list)

    def write(self, vals):
        self.env.cr.cache.pop(CACHE_KEY, None)
        return super().write(vals)

    def unlink(self):
        self.env.cr.cache.pop(CACHE_KEY, None)
        return super().unlink()

    # ------------------------------------------------------------------
    # What counts
    # ------------------------------------------------------------------

    @api.model
    def _get_for(self, hostel, room_type):
        """The seasons that a kind of bed has, as plain data; those by occupancy as it is now.

        :return: list of :class:`Season`, in their order
        """
        cache = self.env.cr.cache.setdefault(CACHE_KEY, {})
        key = ("seasons", hostel.id, room_type.id)
        if key not in cache:
            found = self.sudo().search(
                [
                    ("company_id", "=", hostel.sudo().company_id.id),
                    ("hostel_ids", "in", (hostel.id, False)),
                    ("room_type_ids", "in", (room_type.id, False)),
                ]
            )
            cache[key] = [season._as_season() for season in found if season._counts_now(hostel)]
        return cache[key]

    def _as_season(self):
        self.ensure_one()
        value = self.percent if self.kind == "percent" else self.amount
        dated = self.trigger == "calendar"
        return Season(
            self.name,
            self.kind,
            money(value),
            self.date_from if dated else None,
            self.date_to if dated else None,
        )

    def _counts_now(self, hostel):
        if self.trigger == "calendar":
            return True
        share = self._get_occupancy(hostel)
        return self.occupancy_from <= share < self.occupancy_to

    @api.model
    def _get_occupancy(self, hostel):
        """How many percent of a hostel's beds are taken or promised today or later."""
        cache = self.env.cr.cache.setdefault(CACHE_KEY, {})
        key = ("occupancy", hostel.id)
        if key not in cache:
            beds = hostel.sudo().bed_ids
            [[taken]] = (
                self.env["hostel.allocation"]
                .sudo()
                ._read_group(
                    [
                        ("bed_id", "in", beds.ids),
                        ("state", "in", NO_BLOCKS),
                        ("date_to", ">", self.env.company._get_college_day()),
                    ],
                    aggregates=["bed_id:count_distinct"],
                )
            )
            cache[key] = 100.0 * taken / len(beds) if beds else 0.0
        return cache[key]

    @api.model
    def _explain(self, hostel, room_type, base, day):
        """Base rate, the rate on a day, and why.

        :return: :class:`Rate`
        """
        return rate_on(money(base), self._get_for(hostel, room_type), day)
