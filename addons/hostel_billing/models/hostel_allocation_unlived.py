from decimal import Decimal

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Command

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.exception import RetryableJobError

from ..tools.fee_math import Period, money, overlap_days, prorate, share_out
from .hostel_allocation_fee import FeeLine

FINANCE = "hostel_base.group_hostel_finance"
TASK = "hostel_billing.activity_unlived"


class HostelAllocation(models.Model):
    """Days that bills asked for and on which nobody lived in the bed: after a move the next bills
    take them off, after leaving finance credits them."""

    # One subject a file.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.allocation"

    unlived_amount = fields.Monetary(
        string="Billed and not lived",
        compute="_compute_unlived",
        groups=FINANCE,
        help="For days after the student has left; nothing of it is credited yet.",
    )
    unlived_why = fields.Text(string="Which days", compute="_compute_unlived", groups=FINANCE)

    @api.depends("state", "date_to", "bill_ids")
    def _compute_unlived(self):
        for row in self:
            found = row._get_unlived()
            row.unlived_amount = float(sum(found.values()))
            row.unlived_why = "\n".join(
                row._explain_unlived(bill, amount) for bill, amount in found.items()
            )

    # ------------------------------------------------------------------
    # How much it is
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

        Where the structure does not count days, a period that was begun costs all of it. Of fees
        that the college's own books have, nothing was paid here; a settled exit is settled.

        :return: ``{account.move: Decimal}``, as the fees are asked
        """
        self.ensure_one()
        stay = self.sudo()
        is_settled = "settled" in stay.exit_ids.mapped("state")
        if stay.state != "vacated" or is_settled or not stay.term_id:
            return {}
        if stay.student_id._is_cleared(stay.term_id) and not stay._is_paid_here():
            return {}
        return stay._get_overbilled(stay.term_id.date_to, own=True)

    def _get_overbilled(self, until, own=False):
        """What bills of the term asked for days that were not lived in their beds, less what later
        bills took off for that.

        :param date until: periods that begin before it
        :param bool own: also of this bed, not of those before alone
        :return: ``{account.move: Decimal}``, as the fees are asked
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
        bed, lived_days = bill.hostel_allocation_id, self._count_lived_days(bill)
        if bed._is_billed_once():
            return Decimal(0)
        asked = sum(self._get_asked_by_head(bill).values(), Decimal(0))
        if bed.fee_structure_id.prorate or not lived_days:
            of_days = (bill.period_to - bill.period_from).days
            too_much = asked - prorate(asked, lived_days, of_days)
        elif bed == self:
            return Decimal(0)
        else:
            too_much = asked * (1 - bed._get_share_lived(bill, lived_days))
        return max(money(too_much) - self._get_credited_by_hand(bill), Decimal(0))

    def _get_share_lived(self, bill, lived_days):
        """Which share of what a bill of this bed asked is for the days lived there, where not the
        days are counted but the month is shared by its beds.

        :return: ``Decimal`` from 0 to 1
        """
        for whole, parts in self._get_billing_plan():
            if whole.date_from <= bill.period_from < whole.date_to:
                full = sum((part.amount for part in parts if not part.once), Decimal(0))
                lines = bill._hostel_get_day_lines().filtered(
                    lambda line: not line.hostel_concession_id
                )
                lines -= lines.filtered(
                    lambda line: line.hostel_head_id in self._get_kept_heads(bill)
                )
                asked = sum((line._hostel_get_asked() for line in lines), Decimal(0))
                of_days = self._get_cut_days(whole)
                if full and asked and of_days:
                    return min(full * lived_days / of_days / asked, Decimal(1))
        return Decimal(lived_days) / (bill.period_to - bill.period_from).days

    def _get_asked_by_head(self, bill):
        """What a bill asks for its days, less concessions.

        :return: ``{hostel.fee.head: Decimal}``
        """
        lines = bill._hostel_get_day_lines()
        conceded = bill._hostel_get_standing_notes()._hostel_get_day_lines()
        conceded = conceded.filtered("hostel_concession_id")
        asked = {}
        for line in lines | conceded:
            amount = line._hostel_get_asked() if line in lines else -line._hostel_get_asked()
            asked[line.hostel_head_id] = asked.get(line.hostel_head_id, Decimal(0)) + amount
        kept = self._get_kept_heads(bill)
        return {head: amount for head, amount in asked.items() if head not in kept}

    def _get_credited_by_hand(self, bill):
        lines = bill._hostel_get_standing_notes()._hostel_get_day_lines()
        kept = self._get_kept_heads(bill)
        lines = lines.filtered(
            lambda line: not line.hostel_concession_id and line.hostel_head_id not in kept
        )
        return sum((line._hostel_get_asked() for line in lines), Decimal(0))

    def _get_kept_heads(self, bill):
        """Heads of a bill of which no days are given back: what is asked once stays with the bed
        in which the student arrived."""
        bed = bill.hostel_allocation_id
        return bed._get_once_heads() if not bed._has_moved_on() else bill.env["hostel.fee.head"]

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

    def _count_lived_days(self, bill):
        """Of the days of a bill, those on which the student lived in its bed."""
        row = bill.hostel_allocation_id
        if row._has_moved_on():
            return 0
        end = row.date_to if row == self.sudo() else min(row.date_to, self.date_from)
        return overlap_days(Period(bill.period_from, bill.period_to, 0), row.date_from, end)

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

    def _explain_unlived(self, bill, amount):
        bill = bill.sudo()
        all_days = (bill.period_to - bill.period_from).days
        return self.env._(
            "%(bill)s: %(days)s of its %(all)s days from %(first)s on, %(amount)s",
            bill=bill.name,
            days=all_days - self.sudo()._count_lived_days(bill),
            all=all_days,
            first=bill._hostel_format_day(bill.period_from),
            amount=self.currency_id.format(float(amount)),
        )

    # ------------------------------------------------------------------
    # A planned move that comes to nothing
    # ------------------------------------------------------------------

    def _cancel_move(self):
        """Override: nobody pays for a bed that was planned only."""
        move = self.sudo()._get_planned_move()
        moves = move | move._get_swap_partner() if move else move
        origins = super()._cancel_move()
        for one in moves.filtered("bill_ids"):
            one.with_user(SUPERUSER_ID).with_delay(
                description=self.env._("Books of the cancelled move %(name)s", name=one.name),
                identity_key=f"hostel_billing.void:{one.id}",
            )._void_bills()
        return origins

    def _void_bills(self):
        """Job: credit the bills of a bed that was given up before anybody lived there. Repeating is
        harmless.

        What was paid of them is a credit of the student, and pays the bed that is kept.
        """
        self.ensure_one()
        if not self.try_lock_for_update(allow_referencing=True):
            raise RetryableJobError("the stay is being billed", seconds=2, ignore_retry=True)
        bills = self._get_own_bills() & self.bill_ids
        if self.state != "cancelled" or not bills:
            return
        credit = bills._hostel_get_payments()
        bills._hostel_void(self.env._("The move %(name)s was cancelled", name=self.name))
        for bill in self.origin_id._get_own_bills().sorted("period_from"):
            for entry in credit:
                bill._hostel_reconcile_with(entry)

    # ------------------------------------------------------------------
    # Giving it back
    # ------------------------------------------------------------------

    def action_credit_unlived(self):
        """Credit the days after the student has left.

        :raises HostelError: ``STAY_NOT_OVER``, ``NOTHING_TO_CREDIT``, ``BUSY``
        """
        self.env["hostel.exit"]._check_finance()
        self.check_access("read")
        for row in self:
            row.sudo()._credit_unlived()

    def _credit_unlived(self):
        """Post a credit note for each bill that asked for days after leaving.

        :return: ``account.move``
        :raises HostelError: as :meth:`action_credit_unlived`
        """
        self.ensure_one()
        if self.state != "vacated":
            raise HostelError(
                "STAY_NOT_OVER", self.env._("%(what)s has not left yet.", what=self.display_name)
            )
        if not self.try_lock_for_update(allow_referencing=True):
            raise HostelError("BUSY", self.env._("Please try again in a moment."), 503)
        found = self._get_unlived()
        if not found:
            raise HostelError(
                "NOTHING_TO_CREDIT",
                self.env._("No bill asks for days after %(day)s.", day=self.date_to),
                422,
            )
        notes = self.env["account.move"].sudo()
        for bill, amount in found.items():
            notes |= self._credit_days(bill, amount)
        self.message_post(
            body=self.env._(
                "Days after leaving were credited: %(notes)s", notes=", ".join(notes.mapped("name"))
            )
        )
        self.activity_feedback([TASK])
        return notes

    def _credit_days(self, bill, amount):
        """A credit note over what a bill asked for days after leaving, under its heads."""
        reason = self.env._(
            "Not lived there from %(day)s on", day=bill._hostel_format_day(self.date_to)
        )
        asked = {
            head: of_head for head, of_head in self._get_asked_by_head(bill).items() if of_head > 0
        }
        shares = share_out(amount, list(asked.values()))
        why = self._explain_unlived(bill, amount)
        note = bill._hostel_post_credit_note(
            [
                Command.create(
                    bill._prepare_hostel_line_vals(head, share, bill.company_id, why=why)
                )
                for head, share in zip(asked, shares, strict=True)
                if share
            ],
            reason,
        )
        bill._hostel_reconcile_with(note)
        return note

    def _ask_about_unlived(self):
        """A task for finance where a stay is over and no settlement says so: the student has
        another bed."""
        officer = self.env["res.users"]._get_finance_officer(self.company_id)
        if not officer or self.activity_search([TASK]) or not self._get_unlived():
            return
        self.activity_schedule(TASK, note=self.unlived_why, user_id=officer.id)
