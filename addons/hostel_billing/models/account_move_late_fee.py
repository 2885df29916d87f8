from odoo import api, fields, models

from ..tools.fee_math import money


class AccountMove(models.Model):
    """Each late instalment of a bill makes a charge that grows by the day, up to the bill's cap."""

    _inherit = "account.move"

    hostel_late_policy_id = fields.Many2one(
        related="hostel_allocation_id.fee_structure_id.late_policy_id", string="Late fee policy"
    )

    def _get_charge_source(self):
        """Override of `hostel.charge.mixin`: what a late fee is for."""
        if not self.hostel_kind:
            return super()._get_charge_source()
        return self.env._("Bill %(name)s", name=self.name)

    def _hostel_release(self):
        """Override: a bill that was taken back was never late."""
        super()._hostel_release()
        charges = self._get_late_charges() if self else {}
        for bill in self:
            charges[bill.id].filtered(lambda charge: charge.state != "cancelled")._cancel(
                self.env._("%(bill)s was taken back", bill=bill.name)
            )

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
        bills -= bills._hostel_get_cleared()
        charges = bills._get_late_charges()
        bills = bills.filtered(lambda bill: bill._get_missing_late_fees(charges[bill.id]))
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

    def _get_missing_late_fees(self, charges):
        """What the late fee of each late instalment has grown to, less what was charged of it.

        All of a bill, also those of instalments that are paid, come to the policy's cap at most.
        Nothing where somebody cancelled a late fee of the bill: it is waived.

        :param charges: the bill's own, of :meth:`_get_late_charges`
        :return: ``{due day: Decimal}``, without what is charged already
        """
        self.ensure_one()
        policy = self.sudo().hostel_late_policy_id
        if not policy or any(charge.state == "cancelled" for charge in charges):
            return {}
        charged = self._group_late_charges(charges)
        left = policy._get_left(sum(charges.mapped("amount")))
        missing = {}
        for due in self._get_late_days():
            of_due = charged.get(due, charges.browse())
            fee = policy._get_fee(self._get_days_late(due)) - money(sum(of_due.mapped("amount")))
            fee = fee if left is None else min(fee, left)
            if fee > 0:
                missing[due] = fee
                left = None if left is None else left - fee
        return missing

    def _get_late_days(self):
        """Due days of the instalments that are late and open, in order."""
        late = self._get_hostel_late_lines(self.company_id._get_college_day())
        return sorted(set(late.mapped("date_maturity")))

    def _group_late_charges(self, charges):
        """These late fees by the instalment that they are for: ``{due day: hostel.charge}``

        One that names no instalment of this bill is for the first that is late.
        """
        days = self.line_ids.filtered(lambda line: line.account_type == "asset_receivable").mapped(
            "date_maturity"
        )
        known = {f"late-{day}": day for day in days}
        first = self.hostel_overdue_since
        return charges.grouped(
            lambda charge: known.get((charge.key or "").rpartition("-")[0], first)
        )

    def _get_days_late(self, due=None):
        """:param date due: of an instalment; by default of the first that is late"""
        self.ensure_one()
        due = due or self.hostel_overdue_since
        return (self.company_id._get_college_day() - due).days if due else 0

    def _charge_late_fee(self, charges):
        """Charge what is missing of the late fees; what waits for a bill grows instead.

        :param charges: the bill's own, of :meth:`_get_late_charges`
        :return: the pending ``hostel.charge``
        """
        self.ensure_one()
        charged = self._group_late_charges(charges)
        for due, missing in self._get_missing_late_fees(charges).items():
            waiting = charged.get(due, charges.browse()).filtered(
                lambda charge: charge.state == "pending"
            )
            charges |= self._charge_late_instalment(due, missing, waiting[:1], len(charges) + 1)
        return charges.filtered(lambda charge: charge.state == "pending")

    def _charge_late_instalment(self, due, missing, waiting, number):
        """:param waiting: the late fee of the instalment that waits for a bill, if one does
        :param int number: of a new one
        """
        policy = self.sudo().hostel_late_policy_id
        note = self.env._(
            "%(days)s days late, %(grace)s of grace, %(rate)s a day",
            days=self._get_days_late(due),
            grace=policy.grace_days,
            rate=policy.currency_id.format(policy.daily_amount),
        )
        today = self.company_id._get_college_day()
        if waiting:
            amount = float(money(waiting.amount) + missing)
            waiting.write({"amount": amount, "day": today, "note": note})
            return waiting
        return self._charge(
            self.hostel_student_id,
            "LATE",
            float(missing),
            day=today,
            note=note,
            allocation=self.hostel_allocation_id,
            key=f"late-{due}-{number}",
        )
