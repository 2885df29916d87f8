from decimal import Decimal

from odoo import fields, models


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
        """The movement that this payment of the counter made; empty if there is none."""
        return (
            self.env["hostel.wallet.line"]
            .sudo()
            .search(
                [
                    ("wallet_id", "=", self.hostel_wallet_id.id),
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("kind", "in", ("topup", "payout")),
                ],
                limit=1,
            )
        )

    def _undo_wallet_line(self, line, reason):
        wallet = line.wallet_id
        day = wallet.company_id._get_college_day()
        entry = line.move_id._reverse_moves([{"date": day, "ref": reason}], cancel=True)
        wallet._move_one(
            Decimal(str(-line.amount)),
            "correction",
            f"reverse:{self.id}",
            reason,
            self,
            move_id=entry.id,
        )
