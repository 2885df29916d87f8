from odoo import models

from odoo.addons.hostel_billing.models.hostel_deposit_loan import LIVE


class HostelAllocation(models.Model):
    """What the approval desk says of a deposit that somebody lends."""

    # One subject a file.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.allocation"

    def _get_live_loan(self):
        """The loan for the deposit of this row's term, or none; read for all rows at once."""
        self.ensure_one()
        row = self.sudo()
        return row.student_id.deposit_loan_ids.filtered(
            lambda loan: loan.term_id == row.term_id and loan.state in LIVE
        )[:1]

    def _get_more_evidence(self):
        items = super()._get_more_evidence()
        if loan := self._get_live_loan():
            states = dict(loan._fields["state"]._description_selection(self.env))
            items.append(
                {
                    "key": "loan",
                    "state": "open" if loan.state == "requested" else "ok",
                    "label": self.env._("Deposit through a lender"),
                    "detail": " · ".join(
                        [
                            loan.lender_id.name,
                            self.env["hostel.booking.desk"]._format_money(loan.amount),
                            states[loan.state],
                        ]
                    ),
                }
            )
        return items

    def _get_no_money_evidence(self):
        """Nothing is missing where a lender leaves nothing to be paid with the booking."""
        evidence = super()._get_no_money_evidence()
        if evidence["state"] != "missing" or not self._get_live_loan():
            return evidence
        if self._get_amount_at_booking() > 0:
            return evidence
        return {
            "key": "payment",
            "state": "info",
            "label": self.env._("Nothing to pay at booking"),
            "detail": "",
        }
