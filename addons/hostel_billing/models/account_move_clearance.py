from odoo import models

from ..tools.fee_math import money


class AccountMove(models.Model):
    """A clearance settles the fees of its term, also where their bill was posted before it.

    The college's own books have them then. Charges of the hostel stay owed; a clearance that is
    withdrawn lets the fees count again.
    """

    _inherit = "account.move"

    def _hostel_get_cleared(self):
        """Those of these bills that ask for the fees of a term the student is cleared for."""
        periods = self.filtered(lambda bill: bill.hostel_kind == "period")
        if not periods:
            return periods
        clearances = (
            self.env["hostel.clearance"]
            .sudo()
            .search(
                [
                    ("student_id", "in", periods.hostel_student_id.ids),
                    ("term_id", "in", periods.hostel_term_id.ids),
                ]
            )
        )
        known = {(one.student_id, one.term_id) for one in clearances}
        return periods.filtered(lambda bill: (bill.hostel_student_id, bill.hostel_term_id) in known)

    def _hostel_get_owed(self):
        """What is open of these bills and settled by no clearance: ``{bill: float}``"""
        owed = {bill: bill.amount_residual for bill in self}
        for bill in self._hostel_get_cleared():
            left = max(money(bill.amount_residual) - max(bill._hostel_get_fees(), 0), 0)
            owed[bill] = float(left)
        return owed

    def _hostel_get_fees(self):
        """What a bill asks for its period, less what was credited of that; charges are left out.

        :return: ``Decimal``, with taxes
        """
        self.ensure_one()
        asked, credited = (
            moves.invoice_line_ids.filtered(lambda line: not line.hostel_charge_id)
            for moves in (self, self._hostel_get_standing_notes())
        )
        return money(sum(asked.mapped("price_total")) - sum(credited.mapped("price_total")))
