from decimal import Decimal

from odoo import fields, models
from odoo.fields import Domain


class AccountPayment(models.Model):
    """Money that goes into a wallet or comes out of it."""

    _inherit = "account.payment"

    hostel_wallet_id = fields.Many2one(
        "hostel.wallet", string="Wallet", readonly=True, copy=False, index="btree_not_null"
    )

    def _move_between_wallet(self, sign):
        """Take a posted payment out of the receivables at once, so that nobody spends it twice.

        :param int sign: 1 for money that came in, -1 for what was paid out
        :return: the posted ``account.move``, reconciled with the payment
        """
        self.ensure_one()
        wallet = self.hostel_wallet_id
        account, journal = wallet.company_id._get_hostel_wallet_books()
        counterpart = self.move_id.line_ids.filtered(
            lambda line: line.account_type in ("asset_receivable", "liability_payable")
        )
        Line = self.env["hostel.wallet.line"]
        name = self.memo or self.name
        amount = sign * self.amount
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": journal.id,
                "date": self.date,
                "ref": name,
                "line_ids": [
                    Line._prepare_entry_line(
                        counterpart.account_id, amount, name, wallet.partner_id
                    ),
                    Line._prepare_entry_line(account, -amount, name, wallet.partner_id),
                ],
            }
        )
        entry.action_post()
        (
            counterpart
            | entry.line_ids.filtered(lambda line: line.account_id == counterpart.account_id)
        ).reconcile()
        return entry

    def _hostel_reverse(self, reason, bounced=False):
        """Override: what the payment did to a wallet goes back with it.

        :raises HostelError: ``INSUFFICIENT_BALANCE`` if a top-up was spent meanwhile
        """
        if not self.hostel_reversal_id and (line := self._find_wallet_line()):
            self._undo_wallet_line(line, reason)
        return super()._hostel_reverse(reason, bounced)

    def _find_wallet_line(self):
        """The movement of this payment, of the counter or through Camu, that still stands."""
        Line = self.env["hostel.wallet.line"].sudo()
        wallet = self.hostel_wallet_id
        known = self.env["hostel.wallet"]._find_known
        if not wallet or known([{"wallet_id": wallet.id, "key": self._get_undo_key()}]):
            return Line
        source = Domain.OR(
            Domain("res_model", "=", record._name) & Domain("res_id", "=", record.id)
            for record in (self, self.payment_transaction_id)
            if record
        )
        made = Domain("wallet_id", "=", wallet.id) & Domain("kind", "in", ("topup", "payout"))
        return Line.search(made & source, limit=1)

    def _get_undo_key(self):
        return f"reverse:{self.id}"

    def _undo_wallet_line(self, line, reason):
        wallet = line.wallet_id
        day = wallet.company_id._get_college_day()
        entry = line.move_id._reverse_moves([{"date": day, "ref": reason}], cancel=True)
        wallet._move_one(
            Decimal(str(-line.amount)),
            "correction",
            self._get_undo_key(),
            reason,
            self,
            move_id=entry.id,
        )
