from odoo import api, fields, models
from odoo.fields import Command

from odoo.addons.hostel_base.errors import HostelError

METHODS = [("cash", "Cash"), ("cheque", "Cheque"), ("bank", "Bank transfer"), ("camu", "Camu")]
# What a receipt says.
FROZEN = {"amount", "date", "partner_id", "journal_id", "currency_id", "payment_type"}


class AccountPayment(models.Model):
    """Money of a student is written down once; a mistake is reversed, never rubbed out."""

    _inherit = "account.payment"

    hostel_student_id = fields.Many2one(
        "hostel.student", string="Student", readonly=True, copy=False, index="btree_not_null"
    )
    hostel_method = fields.Selection(METHODS, string="Paid by", readonly=True, copy=False)
    hostel_reference = fields.Char(string="Cheque or transfer number", readonly=True, copy=False)
    hostel_reversal_id = fields.Many2one(
        "account.move", string="Reversed by", readonly=True, copy=False
    )
    hostel_reverse_reason = fields.Char(string="Why it was reversed", readonly=True, copy=False)
    # A reversal takes the payment off its bills, so that nothing else knows them.
    hostel_reversed_bill_ids = fields.Many2many(
        "account.move",
        "account_payment_hostel_reversed_bill_rel",
        "payment_id",
        "move_id",
        string="Bills it had paid",
        readonly=True,
        copy=False,
    )
    hostel_receipt_id = fields.Many2one(
        "ir.attachment", string="Receipt", readonly=True, copy=False, ondelete="restrict"
    )

    @api.model_create_multi
    def create(self, vals_list):
        payments = super().create(vals_list)
        unknown = payments.filtered(
            lambda payment: not payment.hostel_student_id and payment.payment_type == "inbound"
        )
        students = (
            self.env["hostel.student"]
            .sudo()
            .with_context(active_test=False)
            .search([("partner_id", "in", unknown.partner_id.ids)])
            .grouped("partner_id")
        )
        for payment in unknown:
            order = payment.payment_transaction_id.sudo()
            student = order._get_hostel_student() if order else students.get(payment.partner_id)
            if student:
                payment.hostel_student_id = student[:1]
            if order.provider_code == "camu":
                payment.hostel_method = "camu"
        return payments

    def write(self, vals):
        if FROZEN & vals.keys() and any(
            payment._is_hostel_money() and payment.state not in ("draft", False) for payment in self
        ):
            changed = self.filtered(
                lambda payment: any(
                    payment._would_change(name, vals[name]) for name in FROZEN & vals.keys()
                )
            )
            changed._check_not_final()
        return super().write(vals)

    def _would_change(self, name, value):
        field = self._fields[name]
        new = field.convert_to_cache(value, self, validate=False)
        return new != field.convert_to_cache(self[name], self, validate=False)

    def action_draft(self):
        self._check_not_final()
        return super().action_draft()

    def action_cancel(self):
        self._check_not_final()
        return super().action_cancel()

    @api.ondelete(at_uninstall=False)
    def _unlink_never_a_students(self):
        self._check_not_final()

    def _is_hostel_money(self):
        """Extension point: whether the payment is kept as it was booked."""
        # What came through Camu also where nobody knows whose it is.
        return bool(
            self.hostel_student_id or self.payment_transaction_id.sudo().provider_code == "camu"
        )

    def _check_not_final(self):
        """:raises HostelError: ``PAYMENT_IS_FINAL``"""
        for payment in self:
            if payment._is_hostel_money() and payment.state not in ("draft", "canceled"):
                raise HostelError(
                    "PAYMENT_IS_FINAL",
                    self.env._(
                        "Payment %(name)s does not change any more. Reverse it and enter the right"
                        " one.",
                        name=payment.name,
                    ),
                    422,
                )

    # ------------------------------------------------------------------
    # Reversal
    # ------------------------------------------------------------------

    def action_open_reverse(self):
        """Ask why."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reverse the payment"),
            "res_model": "hostel.payment.reverse",
            "view_mode": "form",
            "target": "new",
            "context": {"default_payment_id": self.id},
        }

    def _hostel_reverse(self, reason, bounced=False):
        """Take a payment back in the books: its bills are open again, its receipt is revoked.

        :param str reason: for the reversal and the receipt
        :param bool bounced: the bank did not honour it
        :return: the reversing ``account.move``
        :raises HostelError: ``PAYMENT_REVERSED``, ``PAYMENT_NOT_POSTED``
        """
        self.ensure_one()
        payment = self.sudo()
        if payment.hostel_reversal_id:
            raise HostelError(
                "PAYMENT_REVERSED",
                self.env._("Reversed already with %(move)s.", move=payment.hostel_reversal_id.name),
            )
        if payment.state not in ("in_process", "paid") or not payment.move_id:
            raise HostelError(
                "PAYMENT_NOT_POSTED", self.env._("This payment is not in the books."), 422
            )
        entry = payment.move_id
        bills = entry.line_ids.matched_debit_ids.debit_move_id.move_id.filtered("hostel_kind")
        entry.line_ids.remove_move_reconcile()
        reversal = entry._reverse_moves(
            [{"date": self.company_id._get_college_day(), "ref": reason}], cancel=True
        )
        payment.write(
            {
                "hostel_reversal_id": reversal.id,
                "hostel_reverse_reason": reason,
                "hostel_reversed_bill_ids": [Command.set(bills.ids)],
                "state": "rejected" if bounced else payment.state,
            }
        )
        receipt = self.env["hostel.verification"]._get_valid(payment, "receipt")
        if receipt:
            receipt._revoke(reason)
        payment.message_post(body=self.env._("Reversed: %(reason)s", reason=reason))
        return reversal
