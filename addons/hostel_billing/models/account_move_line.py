from odoo import fields, models


class AccountMoveLine(models.Model):
    """A line of a hostel bill says which head it is of and why it is so much."""

    _inherit = "account.move.line"

    hostel_head_id = fields.Many2one(
        "hostel.fee.head", string="Fee head", readonly=True, index="btree_not_null"
    )
    hostel_why = fields.Text(string="Why this amount", readonly=True)
    hostel_charge_id = fields.Many2one(
        "hostel.charge", string="Charge", readonly=True, copy=False, index="btree_not_null"
    )
    hostel_concession_id = fields.Many2one(
        "hostel.concession", string="Concession", readonly=True, index="btree_not_null"
    )
