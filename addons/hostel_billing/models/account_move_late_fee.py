from odoo import api, fields, models

from ..tools.fee_math import money


class AccountMove(models.Model):
    """A bill that is paid late makes a charge that grows by the day, up to its cap."""

    _inherit = "account.move"

    hostel_late_policy_id = fields.Many2one(
        related="hostel_allocation_id.fee_structure_id.late_policy_id", string="Late fee policy"
    )

    def _get_charge_source(self):
        """Override of `hostel.charge.mixin`: what a late fee is for."""
        if not self.hostel_kind:
            return super()._get_charge_source()
        return self.env._("Bill %(name)s", name=self.name)

    @api.model
    def _cron_charge_late_fees(self, limit=1000):
        """Bring the late fees of all overdue bills up to today."""
        bills = self.sudo().search(
            [
                ("hostel_kind", "=", "period"),
                ("hostel_status", "=", "overdue"),
                ("hostel_allocation_id.fee_structure_id.late_policy_id", "!=", False),
            ],
            order="id",
        )
        charges = bills._get_late_charges()
        bills = bills.filtered(lambda bill: bill._get_missing_late_fee(charges[bill.id]) > 0)
        for done, bill in enumerate(bills[:limit], 1):
            bill._charge_late_fee(charges[bill.id])
            if not done % 100 or done == len(bills[:limit]):
                self.env["ir.cron"]._commit_progress(
                    100 if not done % 100 else done % 100, remaining=len(bills) - done
                )

    def _get_late_charges(self):
        """The late fees of these bills, looked up together: ``{bill id: hostel.charge}``."""
        head = self.env["hostel.fee.head"]._get_by_code("LATE")
        charges = (
            self.env["hostel.charge"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("head_id", "=", head.id),
                ]
            )
        )
        found = charges.grouped("res_id")
        return {bill_id: found.get(bill_id, charges.browse()) for bill_id in self.ids}

    def _get_missing_late_fee(self, charges):
        """What the late fee of this bill has grown to, less what was charged of it.

        Nothing where somebody cancelled a late fee of the bill: it is waived.

        :param charges: the bill's own, of :meth:`_get_late_charges`
        """
        self.ensure_one()
        policy = self.sudo().hostel_late_policy_id
        if not policy or not self.hostel_overdue_since:
            return money(0)
        if any(charge.state == "cancelled" for charge in charges):
            return money(0)
        return policy._get_fee(self._get_days_late()) - money(sum(charges.mapped("amount")))

    def _get_days_late(self):
        self.ensure_one()
        if not self.hostel_overdue_since:
            return 0
        return (self.company_id._get_college_day() - self.hostel_overdue_since).days

    def _charge_late_fee(self, charges):
        """Charge what is missing of the late fee; what waits for a bill grows instead.

        :param charges: the bill's own, of :meth:`_get_late_charges`
        :return: the pending ``hostel.charge``
        """
        self.ensure_one()
        missing = self._get_missing_late_fee(charges)
        pending = charges.filtered(lambda charge: charge.state == "pending")[:1]
        if missing <= 0:
            return pending
        policy = self.sudo().hostel_late_policy_id
        note = self.env._(
            "%(days)s days late, %(grace)s of grace, %(rate)s a day",
            days=self._get_days_late(),
            grace=policy.grace_days,
            rate=policy.currency_id.format(policy.daily_amount),
        )
        today = self.company_id._get_college_day()
        if pending:
            pending.write(
                {"amount": float(money(pending.amount) + missing), "day": today, "note": note}
            )
            return pending
        return self._charge(
            self.hostel_student_id,
            "LATE",
            float(missing),
            day=today,
            note=note,
            allocation=self.hostel_allocation_id,
            key=f"late-{len(charges) + 1}",
        )
