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
