from datetime import date
from decimal import Decimal

from odoo import models

from ..tools.fee_math import Period, add_months, overlap_days, prorate
from .hostel_allocation import GONE_STATES


class HostelAllocation(models.Model):
    """Which days a stay pays for: from arrival to leaving, and in which of its beds."""

    # One subject a file.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.allocation"

    def _is_billed_once(self):
        """Whether the whole term is one bill, whatever happens to the bed in between."""
        self.ensure_one()
        return self.sudo().fee_structure_id.frequency in (False, "one_time")

    def _get_own_periods(self):
        """The periods of this stay, cut to its days.

        Where a bill is for some days of a period only, because the stay grew afterwards, its other
        days are a period of their own.

        :return: list of ``(index in the plan, Period)``
        """
        self.ensure_one()
        row = self.sudo()
        plan = row._get_billing_plan()
        if row._is_billed_once():
            return [(0, plan[0][0])]
        return [
            (index, own)
            for index, (whole, _parts) in enumerate(plan)
            if overlap_days(whole, row.date_from, row.date_to)
            for own in row._split_by_bills(whole)
        ]

    def _split_by_bills(self, whole):
        """This stay's days of a period: those of each bill, and those between the bills."""
        own = Period(
            max(whole.date_from, self.date_from),
            min(whole.date_to, self.date_to),
            whole.cycle_days,
        )
        billed = [
            Period(bill.period_from, min(bill.period_to, own.date_to), whole.cycle_days)
            for bill in self._get_bills_of(whole)
            if bill.period_from < own.date_to and bill.period_to > own.date_from
        ]
        if not billed:
            return [own]
        days, found = own.date_from, list(billed)
        for period in [*billed, own._replace(date_from=own.date_to)]:
            # A month that costs all of it is paid with its first bill.
            if days < period.date_from and self.fee_structure_id.prorate:
                found.append(Period(days, period.date_from, whole.cycle_days))
            days = max(days, period.date_to)
        return sorted(found)

    def _get_bills_of(self, whole):
        """Posted bills of this stay for days of a period, in the order of the days."""
        return self.bill_ids.filtered(
            lambda bill: (
                bill.hostel_kind == "period"
                and bill.move_type == "out_invoice"
                and bill.state == "posted"
                and bill.payment_state != "reversed"
                and whole.date_from <= bill.period_from < whole.date_to
            )
        ).sorted("period_from")

    def _find_own_period(self, day=None):
        """The period of this stay in which a day lies, by default its first one.

        :return: ``(index in the plan, Period)`` or None
        """
        self.ensure_one()
        own = self._get_own_periods()
        if day is None:
            first = [found for found in own if found[0] == own[0][0]]
            if len(first) > 1:
                # Days by which the stay grew before its first bill come with another one.
                days = first[0][1]._replace(date_to=first[-1][1].date_to)
                starts = self.sudo()._get_bills_of(days).mapped("period_from")
                first = [found for found in first if found[1].date_from in starts]
            return first[0] if first else None
        return next((found for found in own if found[1].date_from <= day < found[1].date_to), None)

    def _find_month_period(self, month, year):
        """The first period of this stay that has days in a month, of several one without a bill.

        :param int month: 1 to 12
        :return: ``(index in the plan, Period)`` or None, also for what is no month
        """
        self.ensure_one()
        try:
            first = date(int(year), int(month), 1)
        except (TypeError, ValueError):
            return None
        if not self.sudo().term_id:
            return None
        end = add_months(first, 1)
        found = [
            own
            for own in self._get_own_periods()
            if own[1].date_from < end and own[1].date_to > first
        ]
        if len(found) > 1:
            unbilled = (own for own in found if not self._get_period_bill(own[1].date_from))
            return next(unbilled, found[0])
        return found[0] if found else None

    # ------------------------------------------------------------------
    # Where the stay began
    # ------------------------------------------------------------------

    def _get_arrival(self):
        """The row with which this stay began in its term: the first in which somebody lives or
        will live, not one that was given up for another.
        """
        self.ensure_one()
        arrival = row = self.sudo()
        seen = row
        while row.origin_id and row.origin_id not in seen and row.origin_id.term_id == self.term_id:
            row = row.origin_id
            seen |= row
            if row.state not in GONE_STATES and not row._has_moved_on():
                arrival = row
        return arrival

    def _get_stay_end(self):
        """The leaving day of the last bed in which this stay goes on in its term."""
        self.ensure_one()
        chain = self.sudo()._get_chain()
        later = chain.filtered(
            lambda row: (
                row.term_id == self.term_id
                and row.state not in GONE_STATES
                and not row._has_moved_on()
            )
        )
        return max([self.date_to, *later.mapped("date_to")])

    def _ask_once_on_arrival(self, plan):
        """Who arrives in the middle of a term is asked once then, not in a period before.

        :param plan: as of :meth:`_get_billing_plan`, what is asked once where the term begins
        :return: the same plan, these parts moved
        """
        day = self._get_arrival().date_from
        first = next((i for i, (period, _parts) in enumerate(plan) if period.date_to > day), None)
        if not first:
            return plan
        once = [part for _period, parts in plan[:first] for part in parts if part.once]
        moved = [
            (period, [part for part in parts if number >= first or not part.once])
            for number, (period, parts) in enumerate(plan)
        ]
        period, parts = moved[first]
        moved[first] = (period, [*parts, *once])
        return moved

    # ------------------------------------------------------------------
    # A part of a period
    # ------------------------------------------------------------------

    def _cut_part(self, part, whole, period):
        """What the days of this stay cost of what a plan asks for a whole period.

        :return: ``(Decimal, why)``
        """
        amount = self._cut_amount(part.amount, part.once, whole, period)
        why, of_days = part.why, self._get_cut_days(whole)
        if amount != part.amount and not part.once:
            days = self.env._("%(days)s of %(all)s days here", days=period.days, all=of_days)
            why = [*why, days]
        return amount, " · ".join(why)

    def _cut_amount(self, amount, once, whole, period):
        if self._is_billed_once():
            return amount
        if once:
            # Whoever moves has paid it in the bed before.
            is_asked = self._get_arrival() == self.sudo() and not self._is_rest(whole, period)
            return amount if is_asked else Decimal(0)
        of_days = self._get_cut_days(whole)
        # A bill of before the stay became shorter has more days.
        return prorate(amount, min(period.days, of_days), of_days) if of_days else Decimal(0)

    def _is_rest(self, whole, period):
        """Whether an earlier bill of this stay is for other days of the same period."""
        bills = self.sudo()._get_bills_of(whole)
        mine = bills.filtered(lambda bill: bill.period_from == period.date_from)
        return bool(bills) and mine.id != min(bills.ids)

    def _get_cut_days(self, whole):
        """By how many days a period's amount is divided.

        Where the structure does not count days, a period in which the stay begins or ends costs all
        of it, and its beds share that.
        """
        if self.sudo().fee_structure_id.prorate:
            return whole.days
        return overlap_days(whole, self._get_arrival().date_from, self._get_stay_end())

    def _get_asked_price(self):
        """Override: what the bills of the stay's own days ask together."""
        self.ensure_one()
        row = self.sudo()
        if not row.term_id or row._is_billed_once():
            return super()._get_asked_price()
        plan = row._get_billing_plan()
        return float(
            sum(
                (
                    row._cut_amount(part.amount, part.once, plan[index][0], period)
                    for index, period in row._get_own_periods()
                    for part in plan[index][1]
                ),
                Decimal(0),
            )
        )
