from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.fee_math import money, period_rate, prorate, share_out, split_periods

CACHE_KEY = "hostel_fee_structures"
# What makes a structure count for fewer beds; the first ones weigh more.
PLACES = ("hostel_id", "room_type_id", "term_id")


class HostelFeeStructure(models.Model):
    """What a bed costs in a hostel, for a room type, in a term; the most specific one counts.

    A booking keeps the price and the structure with which it was made.
    """

    _name = "hostel.fee.structure"
    _description = "Fee Structure"
    _inherit = ["mail.thread"]
    _order = "term_id, hostel_id, room_type_id, id"

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    hostel_id = fields.Many2one("hostel.hostel", ondelete="cascade", index=True, tracking=True)
    room_type_id = fields.Many2one("hostel.room.type", ondelete="cascade", tracking=True)
    term_id = fields.Many2one("hostel.term", ondelete="cascade", index=True, tracking=True)
    frequency = fields.Selection(
        [
            ("one_time", "Once a term"),
            ("monthly", "Monthly"),
            ("quarterly", "Quarterly"),
            ("yearly", "Yearly"),
        ],
        required=True,
        default="one_time",
        tracking=True,
        help="How often a bill is made. The amounts are for this time.",
    )
    due_day = fields.Integer(
        string="Due on day",
        tracking=True,
        help="Of the month in which the period begins, 1 to 31. 0: on the day of the bill. Not"
        " used with instalments.",
    )
    prorate = fields.Boolean(
        string="Part of a period by days",
        default=True,
        tracking=True,
        help="A month, quarter or year in which the term or a stay begins or ends costs only its"
        " days; otherwise all of it.",
    )
    payment_term_id = fields.Many2one(
        "account.payment.term",
        string="Instalments",
        tracking=True,
        help="In which parts a bill is paid. The parts due at once are paid with the booking.",
    )
    late_policy_id = fields.Many2one(
        "hostel.late.fee.policy", string="Late fee", ondelete="restrict", tracking=True
    )
    line_ids = fields.One2many(
        "hostel.fee.structure.line", "structure_id", string="Amounts", copy=True
    )
    period_amount = fields.Monetary(
        string="A full period", compute="_compute_amounts", help="Without what is asked once."
    )
    once_amount = fields.Monetary(string="Asked once", compute="_compute_amounts")
    deposit_amount = fields.Monetary(string="Deposit", compute="_compute_amounts")
    active = fields.Boolean(default=True, tracking=True)

    _one_a_place = models.UniqueIndex(
        "(company_id, COALESCE(hostel_id, 0), COALESCE(room_type_id, 0), COALESCE(term_id, 0))"
        " WHERE active IS TRUE",
        "There is a fee structure for this hostel, room type and term already.",
    )
    _due_day_range = models.Constraint(
        "CHECK (due_day BETWEEN 0 AND 31)", "A due day lies between 1 and 31, or is 0."
    )

    @api.depends("line_ids.amount", "line_ids.once", "line_ids.head_id.refundable")
    def _compute_amounts(self):
        for structure in self:
            lines = structure.line_ids
            deposits = lines.filtered("head_id.refundable")
            once = (lines - deposits).filtered("once")
            structure.deposit_amount = sum(deposits.mapped("amount"))
            structure.once_amount = sum(once.mapped("amount"))
            structure.period_amount = sum((lines - deposits - once).mapped("amount"))

    @api.constrains("hostel_id", "company_id")
    def _check_company(self):
        for structure in self:
            if structure.hostel_id and structure.hostel_id.company_id != structure.company_id:
                raise ValidationError(self.env._("The hostel belongs to another company."))

    # ------------------------------------------------------------------
    # CRUD: what was found for a bed may be another one now
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self._forget()
        return super().create(vals_list)

    def write(self, vals):
        self._forget()
        return super().write(vals)

    def unlink(self):
        self._forget()
        return super().unlink()

    @api.model
    def _forget(self):
        self.env.cr.cache.pop(CACHE_KEY, None)

    # ------------------------------------------------------------------
    # Which one counts
    # ------------------------------------------------------------------

    @api.model
    def _get_for(self, hostel, room_type, term):
        """The most specific structure for a kind of bed, or an empty recordset.

        One that names more of hostel, room type and term wins; of equals the one that names the
        hostel, then the room type.

        :param term: may be empty: then only structures without a term are meant
        """
        cache = self.env.cr.cache.setdefault(CACHE_KEY, {})
        key = ("for", hostel.id, room_type.id, term.id)
        if key not in cache:
            cache[key] = self._find_for(hostel, room_type, term).id
        return self.sudo().browse(cache[key] or ())

    def _find_for(self, hostel, room_type, term):
        found = self.sudo().search(
            [
                ("company_id", "=", hostel.sudo().company_id.id),
                ("hostel_id", "in", (hostel.id, False)),
                ("room_type_id", "in", (room_type.id, False)),
                ("term_id", "in", (term.id, False)),
                ("line_ids", "!=", False),
            ]
        )
        return found.sorted(self._get_specificity, reverse=True)[:1]

    @staticmethod
    def _get_specificity(structure):
        named = [bool(structure[name]) for name in PLACES]
        return (sum(named), *named)

    # ------------------------------------------------------------------
    # What it costs
    # ------------------------------------------------------------------

    def _get_term_price(self, hostel, room_type, term):
        """What a bed costs for a whole term, before taxes and without the deposit.

        :return: float
        """
        self.ensure_one()
        cache = self.env.cr.cache.setdefault(CACHE_KEY, {})
        key = ("price", self.id, hostel.id, room_type.id, term.id)
        if key not in cache:
            plan = self._get_plan(hostel, room_type, term.date_from, term.date_to)
            cache[key] = float(sum(amount for _p, parts in plan for _l, amount, _why in parts))
        return cache[key]

    def _get_plan(self, hostel, room_type, date_from, date_to):
        """What is asked in each period of a term, before a price was frozen.

        :return: list of ``(Period, [(line, Decimal, [reasons])])``, without deposits
        """
        self.ensure_one()
        seasons = self.env["hostel.rate.season"]._get_for(hostel, room_type)
        lines = self.line_ids.filtered(lambda line: not line.head_id.refundable)
        periods = split_periods(date_from, date_to, self.frequency)
        return [
            (
                period,
                [
                    (line, *self._get_part(line, period, seasons))
                    for line in lines
                    if not line.once or not number
                ],
            )
            for number, period in enumerate(periods)
        ]

    @staticmethod
    def _share_price(plan, price):
        """What each part of a plan asks for a price, which may have been agreed otherwise.

        :param plan: of :meth:`_get_plan`
        :param price: ``Decimal``
        :return: list of ``Decimal``, one for each part of each period; their sum is the price
        """
        amounts = [amount for _period, parts in plan for _line, amount, _why in parts]
        if sum(amounts) == price:
            return amounts
        if not sum(amounts):
            amounts = [Decimal(period.days) for period, parts in plan for _part in parts]
        return share_out(price, amounts)

    def _freeze_plan(self, hostel, room_type, term, price):
        """The amounts of a term's periods for a price, as a stay keeps them.

        Seasons, amounts and the number of students change later on; what a term's bills sum to
        does not.

        :param float price: of the stay
        :return: dict ``frequency`` and ``periods``, a list of ``[first day, leaving day, days of
            the cycle, [[id of the head, amount, whether asked once]]]``; None if the price has no
            parts
        """
        self.ensure_one()
        cache = self.env.cr.cache.setdefault(CACHE_KEY, {})
        key = ("plan", self.id, hostel.id, room_type.id, term.id, price)
        if key not in cache:
            plan = self._get_plan(hostel, room_type, term.date_from, term.date_to)
            has_parts = any(parts for _period, parts in plan)
            amounts = iter(self._share_price(plan, money(price)) if has_parts else ())
            cache[key] = has_parts and {
                "frequency": self.frequency,
                "periods": [
                    [
                        period.date_from.isoformat(),
                        period.date_to.isoformat(),
                        period.cycle_days,
                        [
                            [line.head_id.id, str(next(amounts)), line.once]
                            for line, _amount, _why in parts
                        ],
                    ]
                    for period, parts in plan
                ],
            }
        return cache[key] or None

    def _get_part(self, line, period, seasons):
        """Amount of one line for one period, and why.

        :return: ``(Decimal, [reasons])``
        """
        base = money(line.amount)
        why = [self.env._("%(structure)s: %(amount)s", structure=self.name, amount=self._say(base))]
        if line.once:
            return base, [*why, self.env._("asked once")]
        amount = base
        if line.seasonal and seasons:
            rate = period_rate(base, seasons, period)
            amount = rate.current
            if rate.why:
                why.append(
                    self.env._(
                        "%(rate)s with %(seasons)s",
                        rate=self._say(amount),
                        seasons=", ".join(rate.why),
                    )
                )
        if period.is_partial and self.prorate and self.frequency != "one_time":
            amount = prorate(amount, period.days, period.cycle_days)
            why.append(
                self.env._("%(days)s of %(all)s days", days=period.days, all=period.cycle_days)
            )
        return amount, why

    def _say(self, amount):
        return self.currency_id.format(float(amount))
