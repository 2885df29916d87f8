from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError


class PaymentTransaction(models.Model):
    """Money that is to go back to whoever paid it."""

    _inherit = "payment.transaction"

    hostel_student_id = fields.Many2one(
        "hostel.student",
        string="Booked for",
        readonly=True,
        index="btree_not_null",
        help="Whose account a person put it on; orders know their student by what they pay for.",
    )
    hostel_refund_state = fields.Selection(
        [("due", "Refund due"), ("done", "Refunded")], string="Refund", readonly=True, copy=False
    )
    hostel_refund_note = fields.Char(string="Why it goes back", readonly=True, copy=False)
    hostel_refund_payment_id = fields.Many2one(
        "account.payment", string="Refunded by", readonly=True, copy=False
    )

    _hostel_refund_idx = models.Index("(hostel_refund_state) WHERE hostel_refund_state IS NOT NULL")

    def _hostel_owe_refund(self, note):
        """Say that a booked payment is to go back; nothing is paid out by that."""
        self.ensure_one()
        self.sudo().write({"hostel_refund_state": "due", "hostel_refund_note": note})

    def _hostel_book_refund(self, day=None, reference=""):
        """Book that the whole payment went back, and set both against each other.

        :param date day: when it left, by default today at the college
        :param str reference: number of the transfer, or Camu's
        :return: the outgoing ``account.payment``
        :raises HostelError: ``REFUND_DONE``; ``MONEY_APPLIED`` while a bill is paid with it
        """
        self.ensure_one()
        if self.hostel_refund_state == "done":
            raise HostelError(
                "REFUND_DONE",
                self.env._("%(payment)s was returned already.", payment=self.reference),
            )
        paid = self.payment_id
        line = paid.move_id.line_ids.filtered(
            lambda line: line.account_id == paid.destination_account_id
        )
        if (
            not line
            or self.currency_id.compare_amounts(-line.amount_residual_currency, self.amount) != 0
        ):
            raise HostelError(
                "MONEY_APPLIED",
                self.env._(
                    "Bills were paid with %(payment)s. Take the bill back first, with a credit"
                    " note or by removing the payment from it.",
                    payment=self.reference,
                ),
            )
        back = (
            self.env["account.payment"]
            .sudo()
            .with_company(self.company_id)
            .create(
                {
                    "payment_type": "outbound",
                    "partner_type": "customer",
                    "partner_id": paid.partner_id.id,
                    "amount": self.amount,
                    "currency_id": self.currency_id.id,
                    "journal_id": paid.journal_id.id,
                    "date": day or self.company_id._get_college_day(self.env.cr.now()),
                    "memo": " - ".join(filter(None, [self.reference, reference])),
                }
            )
        )
        back.action_post()
        (line | back.move_id.line_ids).filtered(
            lambda one: one.account_id == line.account_id and not one.reconciled
        ).reconcile()
        self.sudo().write({"hostel_refund_state": "done", "hostel_refund_payment_id": back.id})
        row = self.hostel_allocation_id.sudo()
        if row.state == "refund_due":
            row._transition("refunded")
        return back

    def action_open_hostel_refund(self):
        """Open the dialog that books money which went back."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_refund_book_action"
        )
        return action | {"context": {"default_transaction_ids": self.ids}}

    @api.model
    def _get_refunds_due_domain(self):
        return [("hostel_refund_state", "=", "due")]
