from datetime import date
from decimal import Decimal

from odoo import models

from ..tools.fee_math import Period, add_months, money, overlap_days, prorate
from .hostel_allocation import GONE_STATES
from .hostel_allocation_fee import FeeLine


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

        :return: list of ``(index in the plan, Period)``
        """
        self.ensure_one()
        row = self.sudo()
        plan = row._get_billing_plan()
        if row._is_billed_once():
            return [(0, plan[0][0])]
        return [
            (
                index,
                Period(
                    max(period.date_from, row.date_from),
                    min(period.date_to, row.date_to),
                    period.cycle_days,
                ),
            )
            for index, (period, _parts) in enumerate(plan)
            if overlap_days(period, row.date_from, row.date_to)
        ]

    def _find_own_period(self, day=None):
        """The period of this stay in which a day lies, by default its first one.

        :return: ``(index in the plan, Period)`` or None
        """
        self.ensure_one()
        own = self._get_own_periods()
        if day is None:
            return own[0] if own else None
        return next((found for found in own if found[1].date_from <= day < found[1].date_to), None)

    def _find_month_period(self, month, year):
        """The first period of this stay that has days in a month.

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
        return next(
            (
                found
                for found in self._get_own_periods()
                if found[1].date_from < end and found[1].date_to > first
            ),
            None,
        )

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
            return amount if self._get_arrival() == self.sudo() else Decimal(0)
        return prorate(amount, period.days, self._get_cut_days(whole))

    def _get_cut_days(self, whole):
        """By how many days a period's amount is divided.

        Where the structure does not count days, a month in which the stay begins or ends costs all
        of it, and the beds of such a month share that.
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

    # ------------------------------------------------------------------
    # Days that were billed and not lived
    # ------------------------------------------------------------------

    def _get_overbilled_lines(self, whole):
        """After a move inside a billed period: what bills of the beds before asked for days that
        were not lived there, and no later bill took off yet.

        :param whole: the period in the plan
        :return: list of ``FeeLine`` with amounts below zero
        """
        return [
            self._prepare_overbilled_line(bill, amount)
            for bill, amount in self._get_overbilled(whole.date_to).items()
        ]

    def _get_unlived(self):
        """After the student has left: what bills asked for days that were not lived in their beds.

        Where the structure does not count days, a period that was begun costs all of it.

        :return: ``{account.move: Decimal}``, before taxes
        """
        self.ensure_one()
        stay = self.sudo()
        return stay._get_overbilled(stay.term_id.date_to, own=True) if stay.term_id else {}

    def _get_overbilled(self, until, own=False):
        """What bills of the term asked for days that were not lived in their beds, less what later
        bills took off for that.

        :param date until: periods that begin before it
        :param bool own: also of this bed, not of those before alone
        :return: ``{account.move: Decimal}``, before taxes
        """
        beds = self._get_origin_chain().filtered(lambda row: row.term_id == self.term_id)
        if self._is_billed_once() or not (own or beds - self):
            return {}
        bills = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("hostel_allocation_id", "in", beds.ids),
                    ("hostel_kind", "=", "period"),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                    ("payment_state", "!=", "reversed"),
                    ("period_from", "<", until),
                ],
                order="id",
            )
        )
        given = sum((bill._hostel_get_taken_off() for bill in bills), Decimal(0))
        found = {}
        for bill in bills:
            if bill.hostel_allocation_id == self and not own:
                continue
            too_much = self._get_too_much(bill)
            off = min(given, too_much)
            given -= off
            if too_much > off:
                found[bill] = too_much - off
        return found

    def _get_too_much(self, bill):
        """What a bill asked for days on which this stay did not live in its bed. What finance
        credited by hand counts as given back for that.

        :return: ``Decimal``, at least 0
        """
        lived_days = self._count_lived_days(bill)
        counts_days = self.sudo().fee_structure_id.prorate
        if bill.hostel_allocation_id == self.sudo() and lived_days and not counts_days:
            return Decimal(0)
        asked = sum(self._get_asked_by_head(bill).values(), Decimal(0))
        billed_days = (bill.period_to - bill.period_from).days
        too_much = asked - prorate(asked, lived_days, billed_days)
        return max(too_much - self._get_credited_by_hand(bill), Decimal(0))

    def _get_asked_by_head(self, bill):
        """What a bill asks for its days, less concessions.

        :return: ``{hostel.fee.head: Decimal}``, before taxes
        """
        lines = bill._hostel_get_day_lines()
        conceded = bill._hostel_get_standing_notes()._hostel_get_day_lines()
        conceded = conceded.filtered("hostel_concession_id")
        asked = {}
        for line in lines | conceded:
            sign = 1 if line in lines else -1
            amount = sign * money(line.price_subtotal)
            asked[line.hostel_head_id] = asked.get(line.hostel_head_id, Decimal(0)) + amount
        kept = self._get_kept_heads(bill)
        return {head: amount for head, amount in asked.items() if head not in kept}

    def _get_credited_by_hand(self, bill):
        lines = bill._hostel_get_standing_notes()._hostel_get_day_lines()
        kept = self._get_kept_heads(bill)
        lines = lines.filtered(
            lambda line: not line.hostel_concession_id and line.hostel_head_id not in kept
        )
        return money(sum(lines.mapped("price_subtotal")))

    def _get_kept_heads(self, bill):
        """Heads of a bill of which no days are given back: what is asked once stays with the bed
        in which the student arrived."""
        bed = bill.hostel_allocation_id
        return bed._get_once_heads() if not bed._has_moved_on() else bill.env["hostel.fee.head"]

    def _count_lived_days(self, bill):
        """Of the days of a bill, those on which the student lived in its bed."""
        row = bill.hostel_allocation_id
        if row._has_moved_on():
            return 0
        end = row.date_to if row == self.sudo() else min(row.date_to, self.date_from)
        return overlap_days(Period(bill.period_from, bill.period_to, 0), row.date_from, end)

    def _get_once_heads(self):
        """Heads under which this stay's plan asks only once.

        :return: ``hostel.fee.head``
        """
        heads = self.env["hostel.fee.head"].sudo()
        once = often = heads
        for _period, parts in self._get_billing_plan():
            once |= heads.union(*(part.head for part in parts if part.once))
            often |= heads.union(*(part.head for part in parts if not part.once))
        return once - often

    def _prepare_overbilled_line(self, bill, amount):
        return FeeLine(
            self._get_rent_head(),
            -amount,
            self.env._(
                "%(bill)s was for %(billed)s days, of which %(lived)s were lived there",
                bill=bill.name,
                billed=(bill.period_to - bill.period_from).days,
                lived=self._count_lived_days(bill),
            ),
            self.env._("Bed before: %(bed)s", bed=bill.hostel_allocation_id._get_bed_label()),
        )
