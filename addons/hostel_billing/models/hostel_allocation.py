from psycopg2 import IntegrityError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Command

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.exception import RetryableJobError

from .. import const

FINANCE = "hostel_base.group_hostel_finance,hostel_base.group_hostel_warden"


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
        """Confirmed payments for this stay, also those made for a row it replaces."""
        return self._get_origin_chain().transaction_ids.filtered(
            lambda tx: tx.state == "done" and tx.operation != "refund"
        )

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
        return bool(row._get_paid_transactions()) or not row.student_id._is_cleared(row.term_id)

    def _get_period_bill(self):
        """The posted, unreversed rent bill of this stay or of one that it continues."""
        self.ensure_one()
        return (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("hostel_allocation_id", "in", self._get_origin_chain().ids),
                    ("hostel_term_id", "=", self.term_id.id),
                    ("hostel_kind", "=", "period"),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                    ("payment_state", "!=", "reversed"),
                ],
                limit=1,
            )
        )

    def _create_period_bill(self):
        """Job: post the rent bill and settle it with what was paid. Repeating is harmless.

        :return: the ``account.move``
        """
        self.ensure_one()
        if not self.try_lock_for_update(allow_referencing=True):
            raise RetryableJobError("the allocation is being changed", seconds=2, ignore_retry=True)
        bill = self._get_period_bill()
        if not bill and self._needs_period_bill():
            bill = self._post_period_bill()
        if bill:
            self._settle_bill(bill)
        return bill

    def _post_period_bill(self):
        company = self.company_id
        Move = self.env["account.move"].sudo().with_company(company)
        try:
            with self.env.cr.savepoint():
                bill = Move.create(self._prepare_period_bill_vals())
                bill.action_post()
                bill.flush_recordset()
        except IntegrityError as exc:
            if exc.diag.constraint_name != "account_move_hostel_period_once":
                raise
            # Posted by another job since our snapshot; a new one sees it.
            raise RetryableJobError("billed by another job", seconds=1, ignore_retry=True) from exc
        return bill

    def _prepare_period_bill_vals(self):
        today = self.env["payment.transaction"]._get_college_day(self.company_id, self.env.cr.now())
        return {
            "move_type": "out_invoice",
            "partner_id": self.student_id.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": today,
            "invoice_date_due": today,
            "invoice_origin": self.name,
            "hostel_allocation_id": self.id,
            "hostel_term_id": self.term_id.id,
            "hostel_kind": "period",
            "invoice_line_ids": [Command.create(self._prepare_period_bill_line_vals())],
        }

    def _prepare_period_bill_line_vals(self):
        return {
            "product_id": self.env.ref("hostel_billing.product_hostel_rent").id,
            "name": self.env._(
                "%(head)s, %(term)s: %(bed)s",
                head=const.FEE_HEAD,
                term=self.term_id.name,
                bed=self._get_bed_label(),
            ),
            "quantity": 1,
            "price_unit": self.price,
        }

    def _settle_bill(self, bill):
        """Set the advances of this stay against a bill."""
        payments = self._get_paid_transactions().payment_id
        lines = (payments.move_id.line_ids | bill.line_ids).filtered(
            lambda line: (
                line.account_type == "asset_receivable"
                and line.parent_state == "posted"
                and not line.reconciled
            )
        )
        for account in lines.account_id:
            of_account = lines.filtered(lambda line: line.account_id == account)  # noqa: B023
            if of_account & bill.line_ids and of_account - bill.line_ids:
                of_account.reconcile()
