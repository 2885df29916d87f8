from psycopg2 import IntegrityError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Command

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.exception import RetryableJobError

from .. import const
from ..tools.fee_math import due_date, money, share_out

FINANCE = "hostel_base.group_hostel_finance,hostel_base.group_hostel_warden"
# Nobody lives there, nor will: what was paid goes back, or to another row.
GONE_STATES = ("cancelled", "expired", "unplaced", "reassigned", "refund_due", "refunded")


class HostelAllocation(models.Model):
    """A stay is paid in advance and billed once it is approved."""

    _inherit = "hostel.allocation"

    bill_ids = fields.One2many(
        "account.move", "hostel_allocation_id", string="Bills", groups=FINANCE
    )
    bill_count = fields.Integer(compute="_compute_bill_count", groups=FINANCE)
    transaction_ids = fields.One2many(
        "payment.transaction",
        "hostel_allocation_id",
        string="Payment attempts",
        groups="hostel_base.group_hostel_finance",
    )

    def _compute_bill_count(self):
        groups = self.env["account.move"]._read_group(
            [("hostel_allocation_id", "in", self.ids)], ["hostel_allocation_id"], ["__count"]
        )
        counts = {row.id: count for row, count in groups}
        for row in self:
            row.bill_count = counts.get(row.id, 0)

    def action_open_bills(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("hostel_billing.hostel_bill_action")
        action["domain"] = [("hostel_allocation_id", "=", self.id)]
        action["context"] = {}
        return action

    # ------------------------------------------------------------------
    # What was paid
    # ------------------------------------------------------------------

    def _get_origin_chain(self):
        """This row and the rows that it came from: late money, transfers."""
        chain = row = self.sudo()
        while row.origin_id and row.origin_id not in chain:
            row = row.origin_id
            chain |= row
        return chain

    def _get_paid_transactions(self):
        """Confirmed payments for this stay, also those made for a row it replaces.

        What was refunded as a whole pays for nothing any more.
        """
        return self._get_origin_chain().transaction_ids.filtered(
            lambda tx: (
                tx.state == "done" and tx.operation != "refund" and tx.hostel_refund_state != "done"
            )
        )

    def _get_standing_bills(self, kinds=None):
        """Posted bills, not reversed, of this stay and those it goes on from.

        :param kinds: keys of ``hostel_kind``; by default all
        """
        return self._get_origin_chain().bill_ids.filtered(
            lambda bill: (
                (not kinds or bill.hostel_kind in kinds)
                and bill.move_type == "out_invoice"
                and bill.state == "posted"
                and bill.payment_state != "reversed"
            )
        )

    def _get_own_bills(self, kinds=None):
        """Those of :meth:`_get_standing_bills` that are the student's, and not a lender's."""
        partner = self.sudo().student_id.partner_id
        return self._get_standing_bills(kinds).filtered(lambda bill: bill.partner_id == partner)

    def _is_paid_here(self):
        """Whether money came for this stay, with the booking or on a bill."""
        row = self.sudo()
        return bool(row._get_paid_transactions() or row._get_own_bills()._hostel_get_payments())

    # ------------------------------------------------------------------
    # Old debts
    # ------------------------------------------------------------------

    def _check_student_may_live(self, student, term):
        """No new bed while a hostel bill of an earlier term is open.

        A clearance of that term settles it: then the college's own books say otherwise.

        :raises HostelError: also ``OUTSTANDING_FEES`` with ``details.bills``
        """
        super()._check_student_may_live(student, term)
        known = self._get_known("outstanding_bills")
        if known is None:
            known = self._get_outstanding_bills(student, term)
        bills = known.get((student.id, term.id))
        if not bills:
            return
        currency = bills[0].company_currency_id
        raise HostelError(
            "OUTSTANDING_FEES",
            self.env._(
                "%(money)s of %(terms)s is not paid yet. Pay it first, or bring the clearance of"
                " the accounts office to the hostel office.",
                money=currency.format(sum(bills.mapped("amount_residual_signed"))),
                terms=", ".join(dict.fromkeys(bills.hostel_term_id.mapped("name"))),
            ),
            403,
            {"bills": bills.mapped("name")},
        )

    @api.model
    def _read_ahead(self, everybody):
        model = super()._read_ahead(everybody)
        found = {}
        for term in {wanted.term for wanted in everybody}:
            students = term.env["hostel.student"].union(
                *(wanted.student for wanted in everybody if wanted.term == term)
            )
            found |= self._get_outstanding_bills(students, term)
        return model._with_known(outstanding_bills=found)

    @api.model
    def _get_outstanding_bills(self, students, term):
        """Open hostel bills of earlier terms that no clearance settles.

        :return: ``{(student id, id of this term): account.move}``, without who owes nothing
        """
        students = students.sudo()
        bills = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("partner_id", "in", students.partner_id.ids),
                    ("hostel_kind", "!=", False),
                    ("hostel_term_id.date_from", "<", term.date_from),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                    ("amount_residual", ">", 0),
                ]
            )
        )
        owing = bills.grouped("partner_id")
        found = {}
        for student in students.filtered(lambda one: one.partner_id in owing):
            mine = owing[student.partner_id].filtered(
                lambda bill, who=student: not who._is_cleared(bill.hostel_term_id)
            )
            if mine:
                found[student.id, term.id] = mine
        return found

    # ------------------------------------------------------------------
    # The bill
    # ------------------------------------------------------------------

    def _after_transition(self, old_state):
        super()._after_transition(old_state)
        for row in self:
            if row.state == "allocated" and row._needs_period_bill():
                row._delay_period_bill()

    def _delay_period_bill(self):
        """Bill in a job: a mistake in the books must not undo a warden's approval."""
        self.ensure_one()
        self.with_user(SUPERUSER_ID).with_delay(
            description=self.env._("Bill %(name)s", name=self.name),
            identity_key=f"hostel_billing.period:{self.id}:{self.term_id.id}",
        )._create_period_bill()

    def _needs_period_bill(self):
        """Whether the rent of this stay is billed here.

        A student who was cleared without paying here has paid in the college's own
        books; billing the term again would ask for the money twice.
        """
        self.ensure_one()
        row = self.sudo()
        if not row.student_id or row.is_block or not row.term_id or row.price <= 0:
            return False
        if row.state in GONE_STATES:
            return False
        if row._has_moved_on():
            # The bed that the student took instead is billed, unless the term's one bill is there.
            return row._is_billed_once() and bool(row._get_period_bill())
        if not row._get_own_periods():
            return False
        return not row.student_id._is_cleared(row.term_id) or row._is_paid_here()

    def _has_unbilled_period(self):
        """Whether a bill of this stay is still to come."""
        self.ensure_one()
        return self._needs_period_bill() and not all(
            self._get_period_bill(period.date_from) for _index, period in self._get_own_periods()
        )

    def _get_period_bill(self, period_from=None):
        """The posted, unreversed bill of a period: of this stay, or where the whole term is one
        bill, of a stay that it continues or that continues it.

        :param date period_from: first day of the period; by default of the stay's first one
        """
        self.ensure_one()
        domain = [
            ("hostel_term_id", "=", self.term_id.id),
            ("hostel_kind", "=", "period"),
            ("move_type", "=", "out_invoice"),
            ("state", "=", "posted"),
            ("payment_state", "!=", "reversed"),
        ]
        if self._is_billed_once():
            domain.append(("hostel_allocation_id", "in", self.sudo()._get_chain().ids))
        else:
            found = self._find_own_period(period_from)
            if not found:
                return self.env["account.move"].sudo()
            domain += [
                ("hostel_allocation_id", "=", self.id),
                ("period_from", "=", found[1].date_from),
            ]
        return self.env["account.move"].sudo().search(domain, limit=1)

    def _create_period_bill(self, period_from=None):
        """Job: post the bill of a period and settle it with what was paid. Repeating is harmless.

        :param date period_from: a day of the period; by default the first one, and the deposit
            with it
        :return: the ``account.move``
        """
        self.ensure_one()
        if not self.try_lock_for_update(allow_referencing=True):
            raise RetryableJobError("the allocation is being changed", seconds=2, ignore_retry=True)
        bill = self._get_period_bill(period_from)
        if not bill and self._needs_period_bill():
            bill = self._post_period_bill(period_from)
        if bill:
            # What was paid at booking has the deposit in it, of the rent perhaps one instalment.
            if period_from is None:
                self._create_deposit_bills()
            self._settle_bill(bill)
        return bill

    def _post_period_bill(self, period_from=None):
        try:
            with self.env.cr.savepoint():
                bill = self._post_bills([self._prepare_period_bill_vals(period_from)])
        except IntegrityError as exc:
            if exc.diag.constraint_name != "account_move_hostel_period_once":
                raise
            # Posted by another job since our snapshot; a new one sees it.
            raise RetryableJobError("billed by another job", seconds=1, ignore_retry=True) from exc
        return bill

    @api.model
    def _post_bills(self, vals_list):
        """Create and post bills together, which takes a fraction of one by one.

        :return: the ``account.move``, in the order of the values
        """
        # Nobody follows a bill, and that it was created says its date.
        Move = (
            self.env["account.move"]
            .sudo()
            .with_context(
                mail_create_nolog=True, mail_create_nosubscribe=True, tracking_disable=True
            )
        )
        bills = Move.create(vals_list)
        bills.action_post()
        bills.flush_recordset()
        return bills.with_env(self.env(su=True))

    @api.model
    def _post_period_bills(self, wanted, with_charges=True):
        """Post many bills of periods together and settle them with what was paid.

        Whoever calls has looked that none of them exists; PostgreSQL refuses the whole lot
        otherwise.

        :param list wanted: ``(stay, day of the period)``
        :param bool with_charges: also what waits in ``hostel.charge`` of these students
        :return: ``{stay: account.move}``
        :raises IntegrityError: if one of them is there already
        """
        charges = self._take_charges(wanted) if with_charges else {}
        vals_list = [row._prepare_period_bill_vals(day, charges.get(row)) for row, day in wanted]
        bills = self._post_bills(vals_list)
        posted = {row: bill for (row, _day), bill in zip(wanted, bills, strict=True)}
        for row, of_row in charges.items():
            of_row.write({"state": "billed", "move_id": posted[row].id})
        for row, bill in posted.items():
            row._settle_bill(bill)
        return posted

    @api.model
    def _take_charges(self, wanted):
        """Charges that the next bills of these stays take with them.

        :param list wanted: ``(stay, day of the period)``
        :return: ``{stay: hostel.charge}``
        """
        students = self.env["hostel.student"].union(
            *(row.sudo().student_id for row, _day in wanted)
        )
        pending = self.env["hostel.charge"]._get_pending(
            students, self.env.company._get_college_day()
        )
        by_student = pending.try_lock_for_update().grouped("student_id")
        taken = {}
        for row, day in wanted:
            student = row.sudo().student_id
            if student in by_student:
                taken[row] = row._choose_charges(by_student[student], day)
                by_student[student] -= taken[row]
        return taken

    def _choose_charges(self, pending, day):
        """Those of the student's pending charges that the bill of a period takes.

        :param pending: ``hostel.charge``
        :param date day: of the period
        :return: all, or without the rebates if these are more than the bill; they wait
        """
        left = pending._get_gross()
        if left < 0:
            left += self._get_fees_gross(day)
        if self.currency_id.compare_amounts(left, 0) >= 0:
            return pending
        return pending.filtered(lambda charge: charge.amount > 0)

    def _get_fees_gross(self, day):
        """What the fees of the period in which a day lies come to with their taxes; float."""
        row = self.sudo()
        return sum(
            line.head._get_gross(float(line.amount), row.company_id, row.student_id.partner_id)
            for line in row._get_fee_lines(*row._find_own_period(day))
        )

    def _get_bill_day(self):
        """The date of bills that are posted now: the college's day, unless a run names another."""
        day = self.env.context.get("hostel_bill_day")
        return day or self.company_id._get_college_day(self.env.cr.now())

    def _prepare_period_bill_vals(self, period_from=None, charges=None):
        self.ensure_one()
        row = self.sudo()
        index, period = row._find_own_period(period_from)
        today = row._get_bill_day()
        structure = row.fee_structure_id
        vals = {
            "move_type": "out_invoice",
            "company_id": row.company_id.id,
            "partner_id": row.student_id.partner_id.id,
            "currency_id": row.currency_id.id,
            "invoice_date": today,
            "invoice_payment_term_id": structure.payment_term_id.id,
            "invoice_origin": row.name,
            "hostel_allocation_id": row.id,
            "hostel_student_id": row.student_id.id,
            "hostel_term_id": row.term_id.id,
            "hostel_kind": "period",
            "period_from": period.date_from,
            "period_to": period.date_to,
            "invoice_line_ids": [
                Command.create(line_vals)
                for line_vals in (
                    *(
                        row._prepare_fee_line_vals(line)
                        for line in row._get_fee_lines(index, period)
                    ),
                    *(charge._prepare_bill_line_vals() for charge in charges or ()),
                )
            ],
        }
        if not structure.payment_term_id:
            vals["invoice_date_due"] = due_date(period.date_from, structure.due_day, today)
        return vals

    def _prepare_fee_line_vals(self, line):
        name = line.name
        if not name:
            head = const.FEE_HEAD if line.head.code == "RENT" else line.head.name
            name = self.env._(
                "%(head)s, %(term)s: %(bed)s",
                head=head,
                term=self.term_id.name,
                bed=self._get_bed_label(),
            )
        vals = self.env["account.move"]._prepare_hostel_line_vals(
            line.head, line.amount, self.company_id, name=name, why=line.why
        )
        if line.concession:
            vals["hostel_concession_id"] = line.concession.id
        return vals

    # ------------------------------------------------------------------
    # The deposit
    # ------------------------------------------------------------------

    def _create_deposit_bills(self):
        """Bill the deposit that is still missing, each payer's part once. Repeating is harmless.

        While a lender has not decided, only what the loan leaves over is asked of the student.

        :return: the new ``account.move``
        """
        self.ensure_one()
        row = self.sudo()
        due = row._get_deposit_due()
        bills = self.env["account.move"].sudo()
        if not due or not row._needs_period_bill():
            return bills
        loan = self.env["hostel.deposit.loan"]._get_open(row)
        by_lender = min(money(loan.amount), due)
        if loan.state == "approved":
            bills |= row._post_deposit_bill(by_lender, loan)
            loan.move_id = bills
        if due > by_lender:
            bill = row._post_deposit_bill(due - by_lender, instead_of=row._get_lost_loan())
            row._settle_bill(bill)
            bills |= bill
        return bills

    def _get_lost_loan(self):
        """The loan that came to nothing after the student was billed for the rest, or none."""
        Loan = self.env["hostel.deposit.loan"].sudo()
        own = self.bill_ids.filtered(
            lambda bill: (
                bill.hostel_kind == "deposit"
                and bill.partner_id == self.student_id.partner_id
                and bill.move_type == "out_invoice"
                and bill.state == "posted"
                and bill.payment_state != "reversed"
            )
        )
        if not own:
            return Loan
        return Loan.search(
            [
                ("student_id", "=", self.student_id.id),
                ("term_id", "=", self.term_id.id),
                ("state", "in", ("refused", "cancelled")),
            ],
            order="id desc",
            limit=1,
        )

    def _post_deposit_bill(self, amount, loan=None, instead_of=None):
        heads = self._get_deposit_head_lines()
        shares = share_out(amount, [wanted for _head, wanted in heads])
        why = self.env._("Given back after the stay, less what is owed then")
        if loan:
            why = self.env._(
                "Loan %(number)s for %(student)s",
                number=loan.reference,
                student=self.student_id.display_name,
            )
        today = self.company_id._get_college_day()
        return self._post_bills(
            [
                {
                    "move_type": "out_invoice",
                    "company_id": self.company_id.id,
                    "partner_id": (loan.lender_id if loan else self.student_id.partner_id).id,
                    "currency_id": self.currency_id.id,
                    "invoice_date": today,
                    "invoice_date_due": today,
                    "invoice_payment_term_id": False,
                    "invoice_origin": loan.reference if loan else self.name,
                    "hostel_allocation_id": self.id,
                    "hostel_student_id": self.student_id.id,
                    "hostel_term_id": self.term_id.id,
                    "hostel_kind": "deposit",
                    "hostel_loan_id": (loan or instead_of or self.env["hostel.deposit.loan"]).id,
                    "invoice_line_ids": [
                        Command.create(
                            self.env["account.move"]._prepare_hostel_line_vals(
                                head, share, self.company_id, why=why
                            )
                        )
                        for (head, _wanted), share in zip(heads, shares, strict=True)
                        if share
                    ],
                }
            ]
        )

    def _settle_bill(self, bill):
        """Set the advances of this stay against a bill, and what was credited to it."""
        payments = self._get_paid_transactions().payment_id
        credit = payments.move_id | self._get_open_notes(bill.partner_id)
        if credit:
            bill._hostel_reconcile_with(credit)

    def _get_open_notes(self, partner):
        """Credit notes about this stay of which something is open that nobody asked back."""
        notes = (
            self.sudo()
            ._get_origin_chain()
            .bill_ids.filtered(
                lambda note: (
                    note.move_type == "out_refund"
                    and note.state == "posted"
                    and note.partner_id == partner
                    and note._get_hostel_open_credit() > 0
                )
            )
        )
        if not notes:
            return notes
        return notes - self.env["hostel.refund"]._find_open_on(notes).source_move_ids
