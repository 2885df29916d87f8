from decimal import Decimal
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools.fee_math import (
    Concession,
    Period,
    apply_concessions,
    money,
    split_periods,
)


class FeePart(NamedTuple):
    """What a plan asks in one period under one head; ``why`` is a list of reasons."""

    head: object  # hostel.fee.head
    amount: Decimal
    why: list
    once: bool = False


class FeeLine(NamedTuple):
    """One line of a bill before it is a bill; ``amount`` is before taxes."""

    head: object  # hostel.fee.head
    amount: Decimal
    why: str
    name: str | None = None
    concession: object = None  # hostel.concession


class HostelAllocation(models.Model):
    """What a stay costs: the price frozen with the booking, cut into periods and heads."""

    _inherit = "hostel.allocation"

    fee_structure_id = fields.Many2one(
        "hostel.fee.structure", string="Fee structure", readonly=True, ondelete="restrict"
    )

    # Large, and wanted for bills only.
    fee_plan = fields.Json(string="Frozen plan", readonly=True, copy=False, prefetch=False)

    def write(self, vals):
        if {"fee_structure_id", "fee_plan"} & vals.keys() and not self.env.su:
            raise AccessError(self.env._("A booking keeps the fees with which it was made."))
        return super().write(vals)

    def _insert_rows(self, vals_list, state):
        """Override of `hostel_base`: each stay keeps the fees of its bed, also after a move."""
        Bed = self.env["hostel.bed"].sudo()
        Term = self.env["hostel.term"].sudo()
        beds = Bed.browse([vals["bed_id"] for vals in vals_list])
        for vals, bed in zip(vals_list, beds, strict=True):
            if vals.get("student_id") and vals.get("term_id"):
                structure = bed._get_fee_structure(Term.browse(vals["term_id"]))
                vals.setdefault("fee_structure_id", structure.id)
                vals.setdefault("fee_plan", self._freeze_fee_plan(vals, bed))
        return super()._insert_rows(vals_list, state)

    @api.model
    def _freeze_fee_plan(self, vals, bed):
        """The plan of a row that is inserted: what continues at its price goes on with its plan."""
        structure = self.env["hostel.fee.structure"].sudo().browse(vals["fee_structure_id"] or ())
        price = vals.get("price") or 0.0
        if not structure or price <= 0:
            return None
        origin = self.sudo().browse(vals.get("origin_id") or ())
        if (
            origin.fee_plan
            and origin.fee_structure_id == structure
            and origin.term_id.id == vals["term_id"]
            and money(origin.price) == money(price)
        ):
            return origin.fee_plan
        term = self.env["hostel.term"].sudo().browse(vals["term_id"])
        return structure._freeze_plan(bed.hostel_id, bed.room_type_id, term, price)

    # ------------------------------------------------------------------
    # The plan of the term
    # ------------------------------------------------------------------

    def _get_billing_plan(self):
        """What is asked for the whole term, period by period; the sum is the frozen price.

        What is asked once is in the first period of which the stay has days.

        :return: list of ``(Period, [FeePart])``
        """
        self.ensure_one()
        row = self.sudo()
        price, term = money(row.price), row.term_id
        structure = row.fee_structure_id
        if not structure:
            [period] = split_periods(term.date_from, term.date_to, "one_time")
            return [(period, [FeePart(row._get_rent_head(), price, [row._get_price_reason()])])]
        plan = structure._get_plan(row.hostel_id, row.room_type_id, term.date_from, term.date_to)
        if not any(parts for _period, parts in plan):
            # It asks for a deposit alone.
            rent = FeePart(row._get_rent_head(), price, [row._get_price_reason()], once=True)
            plan = [(period, [] if number else [rent]) for number, (period, _p) in enumerate(plan)]
            return row._ask_once_on_arrival(plan)
        frozen = row._read_fee_plan()
        if frozen is None:
            amounts = iter(structure._share_price(plan, price))
            frozen = [
                (
                    period,
                    [FeePart(line.head_id, next(amounts), [], line.once) for line, *_rest in parts],
                )
                for period, parts in plan
            ]
        today = [
            (period, [FeePart(line.head_id, amount, why, line.once) for line, amount, why in parts])
            for period, parts in plan
        ]
        if [
            (period, [part._replace(why=[]) for part in parts]) for period, parts in today
        ] != frozen:
            why = [self.env._("share of: %(what)s", what=row._get_price_reason())]
            today = [
                (period, [part._replace(why=why) for part in parts]) for period, parts in frozen
            ]
        return row._ask_once_on_arrival(today)

    def _read_fee_plan(self):
        """The frozen plan, as :meth:`_get_billing_plan` has it without the reasons.

        :return: None if there is none, or the term, its price or how often is billed is another
            one than when it was frozen
        """
        kept = self.fee_plan
        if not kept or kept["frequency"] != self.fee_structure_id.frequency:
            return None
        Head = self.env["hostel.fee.head"].sudo()
        # Of plans that do not say so.
        once_heads = self.fee_structure_id.line_ids.filtered("once").head_id
        to_date = fields.Date.to_date
        plan = [
            (
                Period(to_date(first), to_date(last), cycle_days),
                [
                    FeePart(
                        Head.browse(head_id),
                        Decimal(amount),
                        [],
                        once[0] if once else head_id in once_heads.ids,
                    )
                    for head_id, amount, *once in parts
                ],
            )
            for first, last, cycle_days, parts in kept["periods"]
        ]
        days = (plan[0][0].date_from, plan[-1][0].date_to)
        asked = sum(part.amount for _period, parts in plan for part in parts)
        if days != (self.term_id.date_from, self.term_id.date_to) or asked != money(self.price):
            return None
        return plan

    @api.model
    def _get_rent_head(self):
        return self.env.ref("hostel_billing.fee_head_rent").sudo()

    def _get_price_reason(self):
        return self.env._(
            "%(amount)s for %(term)s, as booked",
            amount=self.currency_id.format(self.price),
            term=self.term_id.name,
        )

    # ------------------------------------------------------------------
    # The lines of one bill
    # ------------------------------------------------------------------

    def _get_fee_lines(self, index, period):
        """What a bill asks for a period: fees, what was billed elsewhere, concessions.

        :param int index: of the period in the plan
        :param period: the days of this stay in it
        :return: list of :class:`FeeLine`
        """
        self.ensure_one()
        row = self.sudo()
        plan = row._get_billing_plan()
        whole, parts = plan[index]
        fees = [FeeLine(part.head, *row._cut_part(part, whole, period)) for part in parts]
        fees = [line for line in fees if line.amount]
        # Of the fees alone: what the old bed's bill asked too much had its concessions already.
        conceded = row._get_concession_lines(plan, index, period, fees)
        left = sum((line.amount for line in fees + conceded), Decimal(0))
        taken_off = []
        for line in row._get_overbilled_lines(whole):
            # A bill asks for nothing less than nothing; more is credited by hand.
            off = min(-line.amount, left)
            taken_off += [line._replace(amount=-off)] if off else []
            left -= off
        return fees + taken_off + conceded

    def _get_concession_lines(self, plan, index, period, lines):
        concessions = self.env["hostel.concession"]._get_for(self.student_id, self.term_id)
        result = []
        for head, of_head in concessions.grouped("head_id").items():
            asked = sum(line.amount for line in lines if line.head == head)
            wanted = [
                Concession(
                    one.id,
                    one.method,
                    money(one.percent)
                    if one.method == "percent"
                    else self._get_share_of(one, plan, index, period),
                )
                for one in of_head
            ]
            for concession_id, off in apply_concessions(asked, wanted):
                one = concessions.browse(concession_id)
                result.append(FeeLine(head, -off, one._get_reason(asked), one._get_label(), one))
        return result

    def _get_share_of(self, concession, plan, index, period):
        """What the days of one period take of a concession that is a sum for the term.

        :param plan: of :meth:`_get_billing_plan`
        :return: ``Decimal``
        """
        parts = [
            (number, part)
            for number, (_period, of_period) in enumerate(plan)
            for part in of_period
            if part.head == concession.head_id
        ]
        shares = concession._get_shares([part.amount for _number, part in parts])
        return sum(
            (
                self._cut_amount(share, part.once, plan[index][0], period)
                for (number, part), share in zip(parts, shares, strict=True)
                if number == index
            ),
            Decimal(0),
        )

    # ------------------------------------------------------------------
    # What is paid with the booking
    # ------------------------------------------------------------------

    def _get_amount_at_booking(self):
        """What is to be paid when the bed is booked, with taxes, in the company's currency.

        The first period's bill, of it only the instalments that are due at once, and the deposit
        that the student still has to give. The whole price where no fee structure says otherwise.
        """
        self.ensure_one()
        row = self.sudo()
        fees = row._get_fees_at_booking()
        if fees is None:
            return row.price
        return row.currency_id.round(max(fees + row._get_deposit_at_booking(), 0.0))

    def _get_fees_at_booking(self):
        """Of what is paid with the booking, all but the deposit.

        :return: float, or None where the term has no period: then the price is all there is
        """
        self.ensure_one()
        row = self.sudo()
        found = row._find_own_period() if row.term_id else None
        if not found:
            return None
        company = row.company_id
        lines = row._get_fee_lines(*found)
        total = sum(line.head._get_gross(float(line.amount), company) for line in lines)
        return row._get_due_at_once(total)

    def _get_due_at_once(self, total):
        payment_term = self.fee_structure_id.payment_term_id
        if not payment_term or total <= 0:
            return total
        today = self.company_id._get_college_day()
        parts = payment_term._compute_terms(
            date_ref=today,
            currency=self.currency_id,
            company=self.company_id,
            tax_amount=0,
            tax_amount_currency=0,
            sign=1,
            untaxed_amount=total,
            untaxed_amount_currency=total,
        )["line_ids"]
        return sum(part["foreign_amount"] for part in parts if part["date"] <= today)

    # ------------------------------------------------------------------
    # The deposit
    # ------------------------------------------------------------------

    def _get_deposit_head_lines(self):
        """``(head, Decimal)`` of the deposits that the fee structure asks for."""
        lines = self.sudo().fee_structure_id.line_ids
        return [
            (line.head_id, money(line.amount))
            for line in lines
            if line.head_id.refundable and line.amount
        ]

    def _get_deposit_due(self):
        """How much deposit is still to be given for this stay: what its fee structure asks,
        without what the college holds of the student already.

        :return: ``Decimal``
        """
        self.ensure_one()
        wanted = sum((amount for _head, amount in self._get_deposit_head_lines()), Decimal(0))
        if not wanted:
            return Decimal(0)
        held = self.env["hostel.deposit.loan"]._get_deposit_billed(self.sudo().student_id)
        return max(wanted - held, Decimal(0))

    def _get_deposit_at_booking(self):
        """The part of the deposit that the student gives at once; a lender gives the rest."""
        due = self._get_deposit_due()
        if not due:
            return 0.0
        loan = self.env["hostel.deposit.loan"]._get_open(self.sudo())
        return float(max(due - money(loan.amount), Decimal(0)))
