from odoo import models

from odoo.addons.hostel_base.errors import HostelError


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    def reverse_moves(self, is_modify=False):
        """Override of `account`: the copy would be nobody's bill; what is wrong is billed anew.

        :raises HostelError: ``BILL_IS_FINAL``
        """
        bills = self.move_ids.filtered("hostel_kind")
        if is_modify and bills:
            raise HostelError(
                "BILL_IS_FINAL",
                self.env._(
                    "%(bill)s does not change any more. Correct it with a credit note.",
                    bill=", ".join(bills.mapped("name")),
                ),
                422,
            )
        return super().reverse_moves(is_modify=is_modify)
