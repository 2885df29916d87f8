from odoo import fields, models

from ..tools.fee_math import late_fee, money


class HostelLateFeePolicy(models.Model):
    """What it costs to pay late: so much a day after some days of grace, never more than a cap."""

    _name = "hostel.late.fee.policy"
    _description = "Late Fee Policy"
    _inherit = ["mail.thread"]
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    daily_amount = fields.Monetary(string="A day", required=True, tracking=True)
    grace_days = fields.Integer(
        string="Days of grace", tracking=True, help="So many days after the due day cost nothing."
    )
    cap_amount = fields.Monetary(
        string="Never more than", tracking=True, help="For one bill. 0: without a cap."
    )
    active = fields.Boolean(default=True)

    _not_negative = models.Constraint(
        "CHECK (daily_amount >= 0 AND grace_days >= 0 AND cap_amount >= 0)",
        "A late fee, its grace and its cap are not negative.",
    )

    def _get_fee(self, days_late):
        """Late fee of one instalment of a bill.

        :param int days_late: whole days after the due day
        :return: ``Decimal``, in the company's currency
        """
        self.ensure_one()
        return late_fee(days_late, money(self.daily_amount), self.grace_days, self._get_cap())

    def _get_cap(self):
        """:return: ``Decimal``, or None without a cap"""
        return money(self.cap_amount) if self.cap_amount else None

    def _get_left(self, charged):
        """What may still be charged for a bill.

        :param float charged: its late fees so far
        :return: ``Decimal``, or None without a cap
        """
        cap = self._get_cap()
        return None if cap is None else max(cap - money(charged), money(0))
