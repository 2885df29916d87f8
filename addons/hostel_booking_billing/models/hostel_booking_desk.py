from odoo import api, models


class HostelBookingDesk(models.AbstractModel):
    _inherit = "hostel.booking.desk"

    @api.model
    def _get_checkout_action(self, student, hold, row):
        """The main button says what is paid and where, unless nothing is."""
        amount = row._get_amount_at_booking() if row else (hold or {}).get("price")
        term = row.term_id if row else self._get_round().term_id
        if amount == 0 or (term and student._is_cleared(term)):
            return super()._get_checkout_action(student, hold, row)
        if not amount:
            return {"action": "pay", "action_label": self.env._("Pay with Camu")}
        money = self._format_money(amount)
        return {
            "action": "pay",
            "action_label": self.env._("Pay %(money)s with Camu", money=money),
        }
