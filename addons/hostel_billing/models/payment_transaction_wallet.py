from odoo import fields, models

from odoo.addons.hostel_base.errors import HostelError

from .. import const


class PaymentTransaction(models.Model):
    """An order at Camu that fills a wallet."""

    _inherit = "payment.transaction"

    hostel_wallet_id = fields.Many2one(
        "hostel.wallet", string="Wallet", readonly=True, index="btree_not_null"
    )
    hostel_wallet_payer_id = fields.Many2one("res.partner", string="Paid by", readonly=True)

    def _get_hostel_student(self):
        return self.hostel_wallet_id.student_id or super()._get_hostel_student()

    def _get_camu_order(self):
        order = super()._get_camu_order()
        if self.hostel_wallet_id:
            # A wallet belongs to no term.
            order |= {"fee_head": const.WALLET_HEAD, "term": ""}
        return order

    def _create_payment(self, **extra_create_values):
        if self.hostel_wallet_id:
            extra_create_values.setdefault("hostel_wallet_id", self.hostel_wallet_id.id)
        return super()._create_payment(**extra_create_values)

    def _post_process(self):
        """Fill the wallet in the transaction that puts the money into the books."""
        super()._post_process()
        for tx in self.filtered(
            lambda tx: tx.hostel_wallet_id and tx.state == "done" and tx.operation != "refund"
        ):
            tx._fill_wallet()

    def _fill_wallet(self):
        self.ensure_one()
        wallet = self.hostel_wallet_id
        key = f"topup:{self.reference}"
        if self.env["hostel.wallet"]._find_known([{"wallet_id": wallet.id, "key": key}]):
            return
        entry = self.payment_id._move_between_wallet(1) if self.payment_id else None
        payer = self.hostel_wallet_payer_id
        reason = self.env._("Top-up, receipt %(number)s", number=self.provider_reference or "–")
        wallet._credit(
            self._get_exact_amount(),
            "topup",
            key,
            reason,
            self,
            payer_id=payer.id or None,
            move_id=entry.id if entry else None,
        )

    def _take_back_top_up(self):
        """What Camu sent back of a top-up leaves the wallet; other payments have none.

        :raises HostelError: ``INSUFFICIENT_BALANCE`` if it was spent meanwhile
        """
        self.ensure_one()
        payment = self.sudo().payment_id
        line = payment and payment._find_wallet_line()
        if not line:
            return
        wallet = line.wallet_id
        if not wallet._is_enough(line.amount):
            raise HostelError(
                "INSUFFICIENT_BALANCE",
                self.env._(
                    "%(amount)s were sent back, but the wallet has only %(balance)s left. Ask the"
                    " student to top it up, then do this again.",
                    amount=wallet.currency_id.format(line.amount),
                    balance=wallet.currency_id.format(wallet.balance),
                ),
                402,
            )
        reason = self.env._("Top-up %(number)s was sent back by Camu", number=self.reference)
        payment._undo_wallet_line(line, reason)
