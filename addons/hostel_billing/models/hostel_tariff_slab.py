from odoo import api, fields, models


class HostelTariffSlab(models.Model):
    _name = "hostel.tariff.slab"
    _description = "Slab of a Tariff"
    _order = "tariff_id, is_last, upto, id"

    tariff_id = fields.Many2one("hostel.tariff", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="tariff_id.company_id", store=True)
    upto = fields.Float(
        string="Up to units", digits=(12, 3), help="0 for the last slab, which has no end."
    )
    is_last = fields.Boolean(compute="_compute_is_last", store=True)
    rate = fields.Float(string="Rupees a unit", digits=(12, 4), required=True)

    _upto_positive = models.Constraint("CHECK (upto >= 0)", "Units can't be negative.")

    @api.depends("upto")
    def _compute_is_last(self):
        for slab in self:
            slab.is_last = not slab.upto
