from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.college_day import college_today

from ..models.hostel_refund import METHODS


class HostelRefundBook(models.TransientModel):
    """Books that refunds which were approved have left."""

    _name = "hostel.refund.book"
    _description = "Book a Refund"
    _inherit = ["hostel.strict.wizard"]
    _strict_fields = {"refund_ids": "write"}

    refund_ids = fields.Many2many("hostel.refund", string="Refunds", required=True)
    amount = fields.Monetary(compute="_compute_amount")
    currency_id = fields.Many2one("res.currency", compute="_compute_amount")
    date = fields.Date(string="Left on", required=True, default=college_today)
    method = fields.Selection(METHODS, string="How", required=True, default="bank")
    reference = fields.Char(
        string="Number of the transfer", required=True, help="Of the bank, of the cheque, or Camu's"
    )

    @api.depends("refund_ids")
    def _compute_amount(self):
        for dialog in self:
            dialog.amount = sum(dialog.refund_ids.mapped("amount"))
            dialog.currency_id = dialog.refund_ids.currency_id[:1]

    def action_book(self):
        """Book an outgoing payment for each, set against the credit that it comes from."""
        self.ensure_one()
        self.refund_ids.check_access("write")
        if not (self.reference or "").strip():
            raise HostelError(
                "REFERENCE_MISSING",
                self.env._("Enter the number of the cheque or of the transfer."),
                422,
            )
        for refund in self.refund_ids:
            refund._pay(self.date, self.method, self.reference.strip())
        return {"type": "ir.actions.act_window_close"}
