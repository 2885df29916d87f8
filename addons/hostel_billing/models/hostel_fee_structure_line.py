from odoo import api, fields, models


class HostelFeeStructureLine(models.Model):
    _name = "hostel.fee.structure.line"
    _description = "Amount of a Fee Structure"
    _order = "structure_id, sequence, id"

    structure_id = fields.Many2one(
        "hostel.fee.structure", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="structure_id.company_id", store=True)
    currency_id = fields.Many2one(related="structure_id.currency_id")
    sequence = fields.Integer(default=10)
    head_id = fields.Many2one("hostel.fee.head", string="For", required=True, ondelete="restrict")
    amount = fields.Monetary(required=True, help="For a full period, before taxes.")
    once = fields.Boolean(
        string="Only once", help="Asked with the first bill of a stay, such as an admission fee."
    )
    seasonal = fields.Boolean(
        string="By season",
        compute="_compute_seasonal",
        store=True,
        readonly=False,
        help="Follows the calendar of rates.",
    )
    refundable = fields.Boolean(related="head_id.refundable")

    _head_uniq = models.Constraint(
        "UNIQUE (structure_id, head_id)", "A fee structure has an amount a head."
    )
    _amount_positive = models.Constraint("CHECK (amount >= 0)", "A fee can't be negative.")

    @api.depends("head_id")
    def _compute_seasonal(self):
        for line in self:
            line.seasonal = line.head_id.code == "RENT"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["hostel.fee.structure"]._forget()
        return super().create(vals_list)

    def write(self, vals):
        self.env["hostel.fee.structure"]._forget()
        return super().write(vals)

    def unlink(self):
        self.env["hostel.fee.structure"]._forget()
        return super().unlink()
