from odoo import api, fields, models


class HostelRefundBook(models.TransientModel):
    """Books that payments which were due to go back have left."""

    _name = "hostel.refund.book"
    _description = "Book a Refund"

    transaction_ids = fields.Many2many("payment.transaction", string="Payments", required=True)
    amount = fields.Monetary(compute="_compute_amount")
    currency_id = fields.Many2one("res.currency", compute="_compute_amount")
    date = fields.Date(string="Left on", required=True, default=fields.Date.context_today)
    reference = fields.Char(
        string="Number of the transfer", required=True, help="Of the bank, or of Camu."
    )

    @api.depends("transaction_ids")
    def _compute_amount(self):
        for dialog in self:
            dialog.amount = sum(dialog.transaction_ids.mapped("amount"))
            dialog.currency_id = dialog.transaction_ids.currency_id[:1]

    def action_book(self):
        """Book an outgoing payment for each, set against the payment that goes back."""
        self.ensure_one()
        for tx in self.transaction_ids.filtered(lambda tx: tx.hostel_refund_state == "due"):
            tx._hostel_book_refund(self.date, self.reference)
        return {"type": "ir.actions.act_window_close"}
