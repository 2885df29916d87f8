from decimal import Decimal

from odoo import models


class AccountMove(models.Model):
    """What a bill of a period says about days: what it asks for them, and what it took off for days
    of a bill before it."""

    # One subject a file.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move"

    def _hostel_get_day_lines(self):
        """Fees and concessions, on a bill or a credit note, without charges and without what was
        taken off.

        :return: ``account.move.line``
        """
        return self.invoice_line_ids.filtered(
            lambda line: not line.hostel_charge_id and not line._hostel_is_taken_off()
        )

    def _hostel_get_taken_off(self):
        """What a bill after a move took off for days that a bill of the bed before had asked for.

        :return: ``Decimal``, at least 0, as the fees are asked
        """
        self.ensure_one()
        lines = self.invoice_line_ids.filtered(lambda line: line._hostel_is_taken_off())
        return -sum((line._hostel_get_asked() for line in lines), Decimal(0))
