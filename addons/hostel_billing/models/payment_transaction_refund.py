from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError


class PaymentTransaction(models.Model):
    """Money that is to go back to whoever paid it; the refunds say how far that is."""

    _inherit = "payment.transaction"

    hostel_student_id = fields.Many2one(
        "hostel.student",
        string="Booked for",
        readonly=True,
        index="btree_not_null",
        help="Whose account a person put it on; orders know their student by what they pay for.",
    )
    hostel_refund_ids = fields.One2many("hostel.refund", "transaction_id", string="Refunds")
    hostel_refund_state = fields.Selection(
        [("due", "Refund due"), ("part", "Partly refunded"), ("done", "Refunded")],
        string="Refund",
        compute="_compute_hostel_refund",
        store=True,
        help="What was refunded as a whole pays for nothing.",
    )
    hostel_refund_note = fields.Char(
        string="Why it goes back", compute="_compute_hostel_refund", store=True
    )
    hostel_refund_payment_id = fields.Many2one(
        "account.payment", string="Refunded by", compute="_compute_hostel_refund", store=True
    )

    _hostel_refund_idx = models.Index("(hostel_refund_state) WHERE hostel_refund_state IS NOT NULL")

    def _post_process(self):
        """Money for a bill that was taken back before it came goes back."""
        super()._post_process()
        for tx in self.sudo():
            gone = tx.invoice_ids.filtered(
                lambda bill: bill.hostel_kind and bill.payment_state == "reversed"
            )
            if tx.state != "done" or tx.operation == "refund" or not gone or tx.hostel_refund_ids:
                continue
            left = tx.payment_id.move_id._get_hostel_open_credit()
            if tx.currency_id.compare_amounts(left, 0) > 0:
                names = ", ".join(gone.mapped("name"))
                tx._hostel_owe_refund(
                    self.env._("%(bills)s was taken back before the payment came", bills=names),
                    left,
                )

    def _hostel_owe_refund(self, note, amount=None):
        """Ask for a refund of a booked payment; nothing is paid out by that.

        :param float amount: a part of it; without, all that is left
        :return: the ``hostel.refund``
        """
        self.ensure_one()
        tx = self.sudo()
        student = tx._get_hostel_student()
        row = tx.hostel_allocation_id
        return self.env["hostel.refund"]._open(
            tx._hostel_get_kept() if amount is None else amount,
            "unasked",
            note,
            transaction_id=tx.id,
            student_id=student.id,
            partner_id=(tx.payment_id.partner_id or tx.partner_id).id,
            allocation_id=row.id if row.state == "refund_due" else False,
            company_id=tx.company_id.id,
        )

    def _hostel_get_kept(self):
        """What of a payment did not go back yet; 0.0 for one that failed."""
        self.ensure_one()
        if self.state != "done":
            return 0.0
        paid = self.hostel_refund_ids.filtered(lambda refund: refund.state == "paid")
        return self.currency_id.round(self.amount - sum(paid.mapped("amount")))

    @api.depends(
        "state",
        "hostel_refund_ids.state",
        "hostel_refund_ids.amount",
        "hostel_refund_ids.reason",
        "hostel_refund_ids.payment_id",
    )
    def _compute_hostel_refund(self):
        for tx in self:
            refunds = tx.hostel_refund_ids
            paid = refunds.filtered(lambda refund: refund.state == "paid")
            open_ones = refunds.filtered(lambda refund: refund.state in ("due", "approved"))
            if open_ones:
                state = "due"
            elif not paid:
                state = False
            else:
                state = "part" if tx._hostel_get_kept() > 0 else "done"
            tx.hostel_refund_state = state
            tx.hostel_refund_note = (open_ones or paid)[:1].reason
            tx.hostel_refund_payment_id = paid[:1].payment_id

    def _hostel_check_not_lived_on(self):
        """Refuse to give money back while the bed that it paid for is the student's.

        :raises HostelError: ``BED_STILL_HELD``
        """
        for tx in self.sudo():
            if tx.hostel_allocation_id._is_lived_on():
                raise HostelError(
                    "BED_STILL_HELD",
                    self.env._(
                        "%(student)s still has the bed that %(payment)s paid for. Cancel or refuse"
                        " the booking first.",
                        student=tx._get_hostel_student().display_name,
                        payment=tx.reference,
                    ),
                )

    def _hostel_check_open(self):
        """:raises HostelError: ``MONEY_APPLIED`` while a bill is paid with it"""
        lines = self.sudo().payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        left = -sum(lines.mapped("amount_residual"))
        if self.currency_id.compare_amounts(left, self._hostel_get_kept()) < 0:
            raise HostelError(
                "MONEY_APPLIED",
                self.env._(
                    "Bills were paid with %(payment)s. Take the bill back first, with a credit"
                    " note or by removing the payment from it.",
                    payment=self.reference,
                ),
            )

    def _hostel_book_refund(self, day=None, reference=""):
        """Book what Camu sent back by itself: there is nothing left to decide.

        :param date day: when it left, by default today at the college
        :param str reference: Camu's number
        :return: the outgoing ``account.payment``
        :raises HostelError: ``REFUND_DONE``, ``BED_STILL_HELD``; ``MONEY_APPLIED`` while a bill
            is paid with it; ``INSUFFICIENT_BALANCE`` if it filled a wallet and was spent
        """
        self.ensure_one()
        if self.hostel_refund_state == "done":
            raise HostelError(
                "REFUND_DONE",
                self.env._("%(payment)s was returned already.", payment=self.reference),
            )
        self._take_back_top_up()
        self._hostel_check_open()
        self._hostel_check_not_lived_on()
        refund = self._hostel_owe_refund(self.env._("Camu sent the payment back"))
        if refund.state == "due":
            refund._decide("approved")
        return refund._pay(day, "camu", reference)

    def action_open_hostel_refund(self):
        """The refunds of a payment."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_refund_action"
        )
        return action | {"domain": [("transaction_id", "in", self.ids)], "context": {}}
