from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.hostel_base.tools.college_day import college_today

from ..tools.electricity import Slab, check_slabs, price

EXAMPLES = (50, 100, 200, 400)


class HostelTariff(models.Model):
    """What a unit of electricity costs from a day on, by how many were used in the month."""

    _name = "hostel.tariff"
    _description = "Electricity Tariff"
    _order = "date_from desc, id desc"

    name = fields.Char(required=True)
    date_from = fields.Date(string="Valid from", required=True, default=college_today)
    hostel_ids = fields.Many2many("hostel.hostel", string="Hostels", help="Empty: all of them.")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    fixed_charge = fields.Monetary(
        string="Fixed charge", help="A month and meter, however little was used."
    )
    slab_ids = fields.One2many("hostel.tariff.slab", "tariff_id", string="Slabs", copy=True)
    example = fields.Char(string="What it comes to", compute="_compute_example")
    active = fields.Boolean(default=True)

    _fixed_positive = models.Constraint(
        "CHECK (fixed_charge >= 0)", "A fixed charge can't be negative."
    )

    @api.depends("slab_ids.upto", "slab_ids.rate", "fixed_charge")
    def _compute_example(self):
        for tariff in self:
            try:
                costs = [(units, tariff._price(Decimal(units))[0]) for units in EXAMPLES]
            except ValueError:
                tariff.example = False
                continue
            tariff.example = " · ".join(
                self.env._(
                    "%(units)s units: %(money)s",
                    units=units,
                    money=tariff.currency_id.format(paise / 100),
                )
                for units, paise in costs
            )

    @api.constrains("slab_ids")
    def _check_slabs(self):
        words = {
            "NO_SLABS": self.env._("A tariff needs at least one slab."),
            "SLAB_ORDER": self.env._("Each slab has to end above the one before."),
            "LAST_SLAB": self.env._(
                "One slab has to be without end, so that every unit has a price."
            ),
            "NEGATIVE_RATE": self.env._("A unit can't cost less than nothing."),
        }
        for tariff in self:
            try:
                check_slabs(tariff._get_slabs())
            except ValueError as error:
                raise ValidationError(words[str(error)]) from None

    def _get_slabs(self):
        """The slabs as ``tools.electricity`` takes them; the one without end is the last."""
        self.ensure_one()
        slabs = [
            Slab(Decimal(str(slab.upto)) if slab.upto else None, Decimal(str(slab.rate)))
            for slab in self.slab_ids
        ]
        return sorted(slabs, key=lambda slab: (slab.upto is None, slab.upto or 0))

    def _price(self, units):
        """Cost of units of one meter and month; see :func:`tools.electricity.price`."""
        return price(units, self._get_slabs(), Decimal(str(self.fixed_charge)))

    @api.model
    def _get_for(self, hostel, day):
        """The tariff of a hostel on a day: its own before the general one, the newest first."""
        found = self.sudo().search(
            [
                ("company_id", "=", hostel.company_id.id),
                ("date_from", "<=", day),
                "|",
                ("hostel_ids", "=", False),
                ("hostel_ids", "in", hostel.ids),
            ]
        )
        return found.sorted(lambda one: (bool(one.hostel_ids), one.date_from, one.id))[-1:]
