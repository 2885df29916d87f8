from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Command

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_billing.tools.fee_math import Concession, apply_concessions, money
from odoo.addons.queue_job.exception import RetryableJobError

HEAD = "RENT"
# The bill of the difference, and the bill that takes a credit back with a cancelled booking.
DIFFERENCE, TAKEN_BACK = "DIFFERENCE", "TAKEN_BACK"
BUSY = ("REQUEST_BUSY", "BED_BUSY")


class HostelMoveRequest(models.Model):
    """What a move costs more is paid before it, what it costs less goes back after it.

    That is for beds of which the whole term is one bill. Where a stay is billed by the month, the
    bills of the new bed ask for its own price from the day of the move on.

    Who has a concession in percent has it of the difference too: it is rent of the same term.
    """

    _name = "hostel.move.request"
    _inherit = ["hostel.move.request", "hostel.charge.mixin"]

    difference_after_concessions = fields.Monetary(
        compute="_compute_difference_after_concessions",
        help="To pay; below zero: to be credited.",
        groups="hostel_base.group_hostel_finance,hostel_base.group_hostel_warden",
    )
    difference_bill_id = fields.Many2one(
        "account.move",
        string="Bill of the difference",
        compute="_compute_difference_bill_id",
        groups="hostel_base.group_hostel_finance,hostel_base.group_hostel_warden",
    )
    credit_note_id = fields.Many2one(
        "account.move",
        string="Credit note",
        readonly=True,
        copy=False,
        groups="hostel_base.group_hostel_finance,hostel_base.group_hostel_warden",
    )

    def _compute_difference_after_concessions(self):
        for request in self:
            request.difference_after_concessions = request._get_difference()

    def _compute_difference_bill_id(self):
        for request in self:
            request.difference_bill_id = request._find_difference().move_id.sudo(self.env.su)

    def _get_charge_source(self):
        return self.env._(
            "%(request)s: from %(old)s to %(new)s",
            request=self.name,
            old=self.allocation_id._get_bed_label(),
            new=self.target_bed_id._get_full_label(),
        )

    def _find_difference(self):
        """The charge of the difference, unless it was taken back."""
        self.ensure_one()
        return self._find_charge(self.student_id, DIFFERENCE)

    def _get_difference(self):
        """Override: what was billed or credited stays, whatever is approved or withdrawn since."""
        request = self.sudo()
        if charge := request._find_difference():
            return charge.amount
        if request.credit_note_id:
            return -sum(request.credit_note_id.invoice_line_ids.mapped("price_unit"))
        return super()._get_difference()

    @api.model
    def _get_difference_rule(self, row):
        rule, left = super()._get_difference_rule(row), self._get_rent_left(row)
        of_more, of_less = self._get_percents(row), self._get_percents(row, credit=True)

        def reduce(difference):
            difference = rule(difference)
            of_this = of_more if difference > 0 else of_less
            off = float(sum(part for _one, part in self._share(of_this, difference)))
            if difference > 0:
                return difference - off
            back = -difference - off
            # Never more than was asked for the bed: a sum may have taken nearly all of it.
            return -(back if left is None else min(back, left)) or 0.0

        return reduce

    @api.model
    def _get_percents(self, row, credit=False):
        """Concessions of the rent in percent, in the order in which they are taken.

        A sum for the term is of the term's bill alone. Of what goes back, the bill says what was
        conceded.

        :param credit: of what goes back, not of what is to be paid
        :return: ``hostel.concession``
        """
        row = row.sudo()
        bill = row._get_period_bill() if credit else row.bill_ids.browse()
        if bill:
            concessions = self._get_rent_lines(bill).hostel_concession_id.sorted("id")
        else:
            concessions = self.env["hostel.concession"]._get_for(row.student_id, row.term_id)
        return concessions.filtered(
            lambda one: one.head_id.code == HEAD and one.method == "percent"
        )

    @api.model
    def _share(self, concessions, difference):
        """What each concession takes of a difference: list of (``hostel.concession``, Decimal)."""
        taken = apply_concessions(
            money(abs(difference)),
            [Concession(one.id, one.method, money(one.percent)) for one in concessions],
        )
        return [(concessions.browse(key), part) for key, part in taken]

    def _take_concessions(self):
        """What concessions take of this request's difference, as :meth:`_share` says it."""
        self.ensure_one()
        concessions = self._get_percents(self.allocation_id, credit=self.price_difference < 0)
        return self._share(concessions, self.price_difference)

    @api.model
    def _get_rent_lines(self, bill):
        """Lines about the rent itself, of a bill and of the credit notes about it."""
        return (bill | bill._hostel_get_notes()).invoice_line_ids.filtered(
            lambda line: line.hostel_head_id.code == HEAD and not line.hostel_charge_id
        )

    @api.model
    def _get_rent_left(self, row):
        """What is asked of a stay for its beds, over the term's bill and the moves so far.

        :return: float; None before there is a bill
        """
        row = row.sudo()
        bill = row._get_period_bill()
        if not bill:
            return None
        lines = self._get_rent_lines(bill)
        credited = lines.filtered(lambda line: line.move_id != bill)
        moves = row._get_origin_chain().move_request_id
        return max(
            sum((lines - credited).mapped("price_subtotal"))
            - sum(credited.mapped("price_subtotal"))
            + sum(move._find_difference().amount for move in moves),
            0.0,
        )

    def _explain_difference(self):
        """Why the difference on the bill is not that of the prices; nothing if it is."""
        reasons = [
            f"{one._get_label()}: {one._get_reason(abs(self.price_difference))}"
            for one, _part in self._take_concessions()
        ]
        return "; ".join(reasons)

    def _is_difference_billed(self):
        """Whether the difference is a matter of one bill: of a term that is billed here, once."""
        self.ensure_one()
        request = self.sudo()
        row = request.allocation_id
        if request.kind == "swap" or not request._get_difference():
            return False
        structure = request.target_bed_id._get_fee_structure(row.term_id)
        return (
            row._is_billed_once()
            and structure.frequency in (False, "one_time")
            and row._needs_period_bill()
        )

    # ------------------------------------------------------------------
    # Dearer: paid before the move
    # ------------------------------------------------------------------

    def _is_difference_settled(self):
        settled = super()._is_difference_settled()
        if self.price_difference <= 0 or not self._is_difference_billed():
            return settled
        charge = self._find_difference()
        bill = charge.move_id
        return settled and (
            charge.state == "billed"
            and bill.state == "posted"
            and bill.payment_state in ("paid", "in_payment")
        )

    def _ask_difference(self):
        super()._ask_difference()
        request = self.sudo()
        row = request.allocation_id
        request._provide_period_bill()
        charge = request._charge(
            request.student_id,
            HEAD,
            request._get_difference(),
            day=row.company_id._get_college_day(),
            note=request._explain_difference(),
            allocation=row,
            key=DIFFERENCE,
        )
        bill = charge._bill(due=row.company_id._get_college_day(request.expires_at))
        request._tell_price(row._in_student_language(), bill)

    def _tell_price(self, row, bill):
        """Write what the new bed costs more, and until when it waits.

        :param row: the student's bed, in the student's language
        """
        label = self.target_bed_id._get_full_label()
        row._tell_student(
            row.env._("Pay for your new bed %(bed)s", bed=label),
            row.env._(
                "The warden agreed that you move to bed %(bed)s. It costs %(money)s more.",
                bed=label,
                money=row.env["hostel.booking.desk"]._format_money(bill.amount_residual),
            ),
            row.env._(
                "Until %(time)s the bed is kept for you. Pay on the page “Another bed”; then it is"
                " yours at once.",
                time=row._format_moment(self.expires_at, "d MMM, HH:mm"),
            ),
            path="/my/moves",
            label=row.env._("Pay"),
        )

    def _provide_period_bill(self):
        """The bill of the term comes first, or the new bed would be billed as a whole."""
        row = self.allocation_id
        if row._get_period_bill():
            return
        try:
            row._create_period_bill()
        except RetryableJobError:
            raise HostelError(
                "REQUEST_BUSY",
                self.env._("The stay is being billed just now; try again in a second."),
                details={"retry_after": 1},
            ) from None

    def _delay_move_when_paid(self):
        """In a job: a bed that can't be had any more must not undo a payment."""
        for request in self:
            request.with_user(SUPERUSER_ID).with_delay(
                description=self.env._("Move of %(request)s, which is paid", request=request.name),
                identity_key=f"hostel_booking_billing.move:{request.id}",
            )._move_when_paid()

    def _move_when_paid(self):
        """Job: the student has paid, so the bed is theirs. Repeating is harmless.

        What can't be done any more is refused, and the money goes back.

        :return: whether the student moved
        """
        self.ensure_one()
        if self.state != "to_pay" or not self._is_difference_settled():
            return False
        request = self.with_context(lang=self.student_id.partner_id.lang)
        try:
            with self.env.cr.savepoint():
                request._execute()
            return True
        except HostelError as exc:
            if exc.code in BUSY:
                raise RetryableJobError(exc.code, seconds=2, ignore_retry=True) from exc
            refusal = str(exc)
        request.with_context(hostel_paid_move=True)._refuse(refusal)
        return False

    def _tell_news(self, row):
        """Override: who had paid for the bed reads why it can't be had, and of the money."""
        if not (self.state == "refused" and self.env.context.get("hostel_paid_move")):
            return super()._tell_news(row)
        row._tell_student(
            row.env._("You can't move to bed %(bed)s", bed=self.target_bed_id._get_full_label()),
            self.refusal,
            row.env._("You keep your bed. What you paid for the other goes back to you."),
        )

    def _may_run_out(self):
        orders = self._find_difference().move_id.transaction_ids
        decides = orders.filtered(
            lambda tx: tx.state == "pending" or (tx.state == "done" and not tx.is_post_processed)
        )
        settled = (
            self.state == "to_pay" and self._find_difference() and self._is_difference_settled()
        )
        return super()._may_run_out() and not decides and not settled

    def _give_up_difference(self):
        super()._give_up_difference()
        for request in self.sudo():
            reason = self.env._("%(request)s came to nothing", request=request.name)
            notes = request._find_difference()._cancel(reason)
            request._ask_refund(notes, request.allocation_id, reason)

    # ------------------------------------------------------------------
    # Cheaper: goes back
    # ------------------------------------------------------------------

    def _execute(self, automatic=False):
        """Override: what goes back is credited of the term's bill, and that is posted before the
        move. A bed that was left before moving in has no bill of its own afterwards."""
        request = self.sudo()
        if request.price_difference < 0 and request._is_difference_billed():
            request._provide_period_bill()
        return super()._execute(automatic)

    def _settle_difference(self, new):
        super()._settle_difference(new)
        request = self.sudo()
        if request.price_difference >= 0 or not request._is_difference_billed():
            return
        bill = request.allocation_id._get_period_bill()
        source = request._get_charge_source()
        lines = request._prepare_credit_lines(bill, source)
        note = bill._hostel_post_credit_note([Command.create(vals) for vals in lines], source)
        bill._hostel_reconcile_with(note)
        request.credit_note_id = note
        request._ask_refund(note, new, source)

    def _prepare_credit_lines(self, bill, source):
        """What the cheaper bed costs less, and what was conceded of that already."""
        head, taken = self.env["hostel.fee.head"]._get_by_code(HEAD), self._take_concessions()
        less = -self._get_difference() + float(sum(part for _one, part in taken))
        lines = [bill._prepare_hostel_line_vals(head, less, bill.company_id, why=source)]
        for one, part in taken:
            vals = bill._prepare_hostel_line_vals(
                head,
                -part,
                bill.company_id,
                name=one._get_label(),
                why=one._get_reason(-self.price_difference),
            )
            lines.append(vals | {"hostel_concession_id": one.id})
        return lines

    def _ask_refund(self, notes, row, reason):
        """Ask that what no bill takes of these credit notes goes back to the student."""
        self.ensure_one()
        left = notes._get_hostel_open_credit()
        refunds = self.env["hostel.refund"]
        if self.currency_id.compare_amounts(left, 0) <= 0:
            return refunds
        return refunds._open(
            left,
            "other",
            reason,
            student_id=self.student_id.id,
            partner_id=self.student_id.partner_id.id,
            allocation_id=row.id,
            company_id=row.company_id.id,
            source_move_ids=[Command.set(notes.ids)],
        )

    # ------------------------------------------------------------------
    # The booking is cancelled afterwards
    # ------------------------------------------------------------------

    def _get_refunds_of_credit(self):
        return self.env["hostel.refund"].search(
            [
                ("source_move_ids", "in", self.credit_note_id.ids),
                ("state", "!=", "refused"),
            ]
        )

    def _get_paid_difference(self):
        """What these moves added to the payment of a booking, less what went back already."""
        requests = self.sudo()
        bills = requests.env["account.move"].union(
            *(request._find_difference().move_id for request in requests)
        )
        paid = sum(bill.amount_total - bill.amount_residual for bill in bills)
        return paid - sum(requests._get_refunds_of_credit().mapped("amount"))

    def _undo_differences(self, payments):
        """Take back what these moves billed and credited, as the booking's own bills are.

        :param payments: entries of what was paid for the booking; the first are used first
        :return: credit notes of which something may be open
        """
        notes = self.env["account.move"].sudo()
        for request in self.sudo():
            reason = self.env._("Cancelled after %(request)s", request=request.name)
            notes |= request._find_difference()._cancel(reason)
            note = request.credit_note_id
            if not note:
                continue
            # The bill was credited as a whole, so that part was credited twice.
            charge = request._charge(
                request.student_id,
                HEAD,
                -request._get_difference(),
                day=note.company_id._get_college_day(),
                note=reason,
                allocation=request.result_ids[:1],
                key=TAKEN_BACK,
            )
            bill = charge._bill() or charge.move_id
            if not request._get_refunds_of_credit():
                bill._hostel_reconcile_with(note)
            for payment in payments:
                bill._hostel_reconcile_with(payment)
        return notes
