from odoo import models


class AccountMove(models.Model):
    """Who pays an old bill may book again at once; who pays for a better bed gets it."""

    _inherit = "account.move"

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        students = self.filtered("hostel_kind").hostel_allocation_id.sudo().student_id
        if students:
            students._drop_eligibility()
        self._get_move_requests()._delay_move_when_paid()
        return result

    def _hostel_get_lasting_notes(self):
        """Override: what a cheaper bed gave back stays given."""
        moves = self.env["hostel.move.request"].sudo().search([("credit_note_id", "in", self.ids)])
        return super()._hostel_get_lasting_notes() | (self & moves.credit_note_id)

    def _get_move_requests(self):
        """Requests whose difference is on these bills."""
        Request = self.env["hostel.move.request"].sudo()
        charges = (
            self.env["hostel.charge"]
            .sudo()
            .search(
                [
                    ("move_id", "in", self.ids),
                    ("res_model", "=", Request._name),
                    ("state", "=", "billed"),
                ]
            )
        )
        requests = Request.browse(charges.mapped("res_id"))
        return requests.filtered(lambda request: request.state == "to_pay")
