from odoo import fields, models

from odoo.addons.hostel_base.const import LIVE_STATES


class HostelAllocation(models.Model):
    """Money whose bed is gone goes back."""

    _inherit = "hostel.allocation"

    refund_ids = fields.One2many(
        "hostel.refund",
        "allocation_id",
        string="Refunds",
        groups="hostel_base.group_hostel_finance,hostel_base.group_hostel_admin",
    )

    def _after_transition(self, old_state):
        super()._after_transition(old_state)
        for row in self:
            if row.state == "refund_due" and old_state != "refund_due":
                row._ask_refund()

    def _ask_refund(self):
        """Ask for what is due, payment by payment, the latest first. Repeating is harmless.

        :return: the ``hostel.refund``
        """
        self.ensure_one()
        row = self.sudo()
        refunds = row.env["hostel.refund"]
        left = row._get_refund_due()
        for tx in row._get_paid_transactions().sorted("id", reverse=True):
            amount = row.currency_id.round(min(left, tx._hostel_get_kept()))
            if row.currency_id.compare_amounts(amount, 0) <= 0:
                continue
            if tx.hostel_allocation_id._is_lived_on():
                # A planned move that was given up: the payment still pays for the bed before it.
                continue
            left -= amount
            refunds |= refunds._open(
                amount,
                row._get_refund_kind(),
                row._get_refund_reason(),
                transaction_id=tx.id,
                student_id=row.student_id.id,
                partner_id=(tx.payment_id.partner_id or row.student_id.partner_id).id,
                allocation_id=row.id,
                company_id=row.company_id.id,
            )
        return refunds

    def _get_refund_due(self):
        """Extension point: what goes back of a stay in ``refund_due``; float."""
        return sum(tx._hostel_get_kept() for tx in self._get_paid_transactions())

    def _get_refund_kind(self):
        """Extension point: key of ``hostel.refund.kind``."""
        return "late"

    def _get_refund_reason(self):
        """Extension point: a sentence for finance and the letter."""
        return self.env._("Booking %(name)s was paid, but there is no bed for it", name=self.name)

    def _get_stays_of_payment(self):
        """This row and all in which it goes on."""
        rows = new = self.sudo()
        while new:
            new = new.continued_ids - rows
            rows |= new
        return rows

    def _is_lived_on(self):
        """Whether the bed that was paid for, or one exchanged for it, is still the student's."""
        return any(row.state in LIVE_STATES for row in self._get_stays_of_payment())
