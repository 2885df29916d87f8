from odoo import fields, models

from odoo.addons.hostel_base.errors import HostelError


class HostelCharge(models.Model):
    """Small things, fines above all, come out of the student's wallet instead of a bill."""

    _inherit = "hostel.charge"

    wallet_line_id = fields.Many2one(
        "hostel.wallet.line",
        string="Movement of the wallet",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
    )

    _settled_has_movement = models.Constraint(
        "CHECK (state <> 'settled' OR wallet_line_id IS NOT NULL)",
        "What was taken from a wallet names its movement.",
    )

    def action_take_from_wallet(self):
        """Take the chosen charges out of the wallets, each wholly or not at all.

        :raises HostelError: why nothing could be taken: ``NOTHING_TO_TAKE``,
            ``INSUFFICIENT_BALANCE``, ``NEEDS_A_BILL``, ``BUSY``
        """
        self.check_access("write")
        pending = self.filtered(lambda charge: charge.state == "pending")
        if not pending:
            raise HostelError(
                "NOTHING_TO_TAKE", self.env._("None of these charges waits for a bill."), 422
            )
        refused = pending._take_from_wallet()
        if len(refused) == len(pending):
            raise next(iter(refused.values()))
        return pending._say_taken(refused)

    def _say_taken(self, refused):
        message = self.env._("Taken from wallets: %(count)s.", count=len(self) - len(refused))
        if refused:
            charge, refusal = next(iter(refused.items()))
            message = self.env._(
                "%(taken)s Still waiting: %(count)s. %(student)s: %(reason)s",
                taken=message,
                count=len(refused),
                student=charge.student_id.display_name,
                reason=refusal,
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if refused else "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _take_from_wallet(self):
        """Take these pending charges out of their students' wallets.

        Repeating is harmless: a charge has one key in the wallet for ever.

        :return: ``{charge: HostelError}`` of those that were not taken
        """
        # Somebody may be billing them at this moment.
        charges = self.sudo().filtered(lambda charge: charge.state == "pending")
        charges = charges.try_lock_for_update()
        busy = HostelError("BUSY", self.env._("Please try again in a moment."), 503)
        refused = dict.fromkeys(self.sudo() - charges, busy)
        wanted, moves = [], []
        Wallet = self.env["hostel.wallet"].sudo()
        wallets = {student: Wallet._get(student) for student in charges.student_id}
        for charge in charges:
            wallet = wallets[charge.student_id]
            if refusal := charge._get_wallet_refusal(wallet):
                refused[charge] = HostelError("NEEDS_A_BILL", refusal, 422)
                continue
            wanted.append((charge, wallet))
            moves.append(charge._prepare_wallet_move(wallet))
        outcomes = Wallet._apply(moves) if moves else []
        for (charge, wallet), (outcome, line) in zip(wanted, outcomes, strict=True):
            if outcome == "short":
                refused[charge] = wallet._prepare_shortage(charge.amount)
            else:
                charge.write({"state": "settled", "wallet_line_id": line.id})
        return refused

    def _get_wallet_refusal(self, wallet):
        """Why this charge has to be on a bill; None if a wallet can pay it."""
        self.ensure_one()
        if self.amount < 0:
            return self.env._("A rebate goes on the next bill.")
        if self.head_id._get_taxes(self.company_id):
            return self.env._("%(head)s carries taxes, so it needs a bill.", head=self.head_id.name)
        if self.company_id != wallet.company_id:
            return self.env._("The wallet is kept by %(company)s.", company=wallet.company_id.name)
        return None

    def _prepare_wallet_move(self, wallet):
        return wallet._prepare_move(
            -wallet._read_amount(self.currency_id.round(self.amount)),
            "debit",
            f"charge:{self.id}",
            self.name,
            self,
            head=self.head_id,
        )

    def _cancel(self, reason):
        """Override: what was taken from a wallet goes back into it."""
        settled = self.sudo().filtered(lambda charge: charge.state == "settled")
        notes = super()._cancel(reason)
        for charge in settled:
            if not charge.currency_id.is_zero(charge.wallet_line_id._get_left()):
                charge.wallet_line_id._refund(reason)
        settled.state = "cancelled"
        return notes
