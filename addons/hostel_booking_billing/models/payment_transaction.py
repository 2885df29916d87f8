from odoo import fields, models


class PaymentTransaction(models.Model):
    """What Camu says about an order moves the booking."""

    _inherit = "payment.transaction"

    hostel_told_booking = fields.Boolean(
        readonly=True, help="The booking knows of this payment; it is told once."
    )

    def _apply_updates(self, payment_data):
        result = super()._apply_updates(payment_data)
        row = self.hostel_allocation_id
        if row.state == "paying" and self.state in ("pending", "cancel", "error"):
            # The row stays as it is, so nothing else tells the student's open pages.
            row.student_id._notify_booking(row.state, f"payment_{self.state}")
        return result

    def _apply_updates(self, payment_data):
        """Override: who looks at the held bed reads at once how the payment went."""
        result = super()._apply_updates(payment_data)
        for row in self.sudo().hostel_allocation_id.filtered(lambda one: one.state == "paying"):
            row.student_id._notify_booking(row.state)
        return result

    def _post_process(self):
        """Tell the booking once the money is in the books."""
        super()._post_process()
        for tx in self.filtered(lambda tx: tx.state == "done" and not tx.hostel_told_booking):
            if tx.hostel_allocation_id and tx.operation != "refund":
                tx.hostel_told_booking = True
                tx.hostel_allocation_id._payment_received(tx.camu_paid_at or self.env.cr.now())
