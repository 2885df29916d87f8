from odoo import models


class HostelMoveDesk(models.AbstractModel):
    """A move that waits for its payment has a button that pays."""

    _inherit = "hostel.move.desk"

    def _describe(self, request):
        return {**super()._describe(request), "bill": self._describe_bill(request)}

    def _describe_bill(self, request):
        """What is to be paid for a move: dict of ``id``, ``amount``, ``pending``; else None."""
        bill = request._find_difference().move_id if request.state == "to_pay" else None
        if not bill or not bill.amount_residual:
            return None
        order = request.student_id._prepare_fee_order(bill)
        return {
            "id": bill.id,
            "amount": bill.amount_residual,
            "pending": bool(order) and order["state"] == "pending",
        }
