from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import float_is_zero, formatLang


class HostelLedgerCheckLine(models.Model):
    """One identity, as it was when it was checked."""

    _name = "hostel.ledger.check.line"
    _description = "Identity of the Ledger"
    _order = "check_id desc, sequence, id"
    _rec_name = "identity"

    check_id = fields.Many2one(
        "hostel.ledger.check", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="check_id.company_id", store=True)
    sequence = fields.Integer(readonly=True)
    identity = fields.Selection(
        [
            (
                "captured",
                "Captured = applied + paid ahead + in quarantine + refund due + refunded",
            ),
            ("refunds", "Refunds paid out = outgoing payments in the books"),
            ("wallets", "Balances of the wallets = their movements"),
            ("deposits", "Deposits billed and not credited = the liability accounts"),
            ("periods", "Bills of periods = bills with a period of their own"),
        ],
        required=True,
        readonly=True,
    )
    left_amount = fields.Float(string="Left", digits=(16, 2), readonly=True)
    right_amount = fields.Float(string="Right", digits=(16, 2), readonly=True)
    difference = fields.Float(digits=(16, 2), compute="_compute_difference", store=True)
    parts = fields.Json(readonly=True, help="What the right side is made of.")
    left_text = fields.Char(compute="_compute_texts")
    right_text = fields.Char(compute="_compute_texts")
    parts_text = fields.Char(string="Made of", compute="_compute_texts")
    offenders = fields.Char(string="What is wrong", readonly=True)
    is_breach = fields.Boolean(string="Breach", compute="_compute_difference", store=True)

    @api.depends("left_amount", "right_amount", "offenders")
    def _compute_difference(self):
        for line in self:
            line.difference = line.left_amount - line.right_amount
            # Two mistakes that cancel each other out are two mistakes.
            line.is_breach = bool(line.offenders) or not float_is_zero(
                line.difference, precision_digits=2
            )

    @api.depends("left_amount", "right_amount", "parts")
    def _compute_texts(self):
        for line in self:
            line.left_text = line._format(line.left_amount)
            line.right_text = line._format(line.right_amount)
            line.parts_text = " + ".join(
                f"{label} {line._format(amount)}" for label, amount in line.parts or ()
            )

    def _format(self, amount):
        """Money with its decimals, bills as a count."""
        return formatLang(self.env, amount, digits=0 if self.identity == "periods" else 2)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("What the check found is not rewritten."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("What the check found is not rewritten."))
        return super().write(vals)
