from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.tests.common import trap_jobs

from .common import BillingCase


@tagged("post_install", "-at_install")
class TestPeriodBill(BillingCase):
    def _create_allocated(self, **overrides):
        allocation = self._create_allocation("awaiting_approval", **overrides)
        with trap_jobs() as trap:
            allocation._transition("allocated")
        self.jobs = trap.enqueued_jobs
        return allocation

    def test_approval_queues_one_bill(self):
        allocation = self._create_allocated()
        [job] = self.jobs
        self.assertEqual(job.method_name, "_create_period_bill")
        self.assertEqual(job.identity_key, f"hostel_billing.period:{allocation.id}:{self.term.id}")

    def test_paid_stay_gets_a_paid_bill(self):
        allocation = self._create_allocation()
        self._deliver(self._create_tx(allocation))
        bill = allocation._create_period_bill()
        self.assertEqual((bill.state, bill.payment_state), ("posted", "paid"))
        self.assertEqual((bill.amount_total, bill.amount_residual), (42000, 0))
        self.assertEqual(bill.partner_id, self.student.partner_id)
        self.assertEqual(bill.hostel_term_id, self.term)
        self.assertIn("Kaveri · 214 · A", bill.invoice_line_ids.name)

    def test_unpaid_stay_gets_an_open_bill(self):
        bill = self._create_allocated()._create_period_bill()
        self.assertEqual((bill.payment_state, bill.amount_residual), ("not_paid", 42000))

    def test_billing_again_returns_the_same_bill(self):
        allocation = self._create_allocated()
        bill = allocation._create_period_bill()
        self.assertEqual(allocation._create_period_bill(), bill)
        self.assertEqual(allocation.bill_ids, bill)

    def test_payment_after_the_bill_settles_it(self):
        allocation = self._create_allocation()
        bill = allocation._create_period_bill()
        self._deliver(self._create_tx(allocation))
        allocation._create_period_bill()
        self.assertEqual(bill.payment_state, "paid")

    def test_guardian_pays_an_open_bill_through_camu(self):
        bill = self._create_allocated()._create_period_bill()
        tx = self._create_tx(
            reference="INV-1-1",
            partner_id=self.guardian_user.partner_id.id,
            invoice_ids=[Command.set(bill.ids)],
        )
        order = tx._get_camu_order()
        self.assertEqual((order["student_ref"], order["term"]), ("TS001", "T40-ODD"))
        entry = self._deliver(tx, academicTerm="T40-ODD")
        self.assertEqual(entry.state, "processed")
        self.assertEqual((bill.payment_state, bill.amount_residual), ("paid", 0))

    def test_money_of_another_student_does_not_settle_it(self):
        other = self._create_allocation(bed=self.bed_b, student=self.other_student)
        self._deliver(self._create_tx(other, partner_id=self.other_student.partner_id.id))
        bill = self._create_allocated()._create_period_bill()
        self.assertEqual(bill.payment_state, "not_paid")

    def test_room_of_the_bill_is_reused_after_a_reversal(self):
        allocation = self._create_allocated()
        bill = allocation._create_period_bill()
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=bill.ids)
            .create({"journal_id": bill.journal_id.id})
        )
        with self.assertRaises(HostelError) as caught:
            wizard.modify_moves()
        self.assertEqual(caught.exception.code, "BILL_IS_FINAL")
        wizard.refund_moves()
        wizard.new_move_ids.action_post()
        self.assertEqual(bill.payment_state, "reversed")
        again = allocation._create_period_bill()
        self.assertNotEqual(again, bill)
        self.assertEqual(again.state, "posted")

    @mute_logger("odoo.sql_db")
    def test_postgresql_refuses_a_second_bill(self):
        allocation = self._create_allocated()
        allocation._create_period_bill()
        with patch.object(
            type(allocation),
            "_get_period_bill",
            lambda self, period_from=None: self.bill_ids.browse(),
        ):
            with self.assertRaises(RetryableJobError):
                allocation._create_period_bill()
            with self.assertRaises(IntegrityError):
                bill = self.env["account.move"].create(allocation._prepare_period_bill_vals())
                bill.action_post()
                bill.flush_recordset()

    def test_cleared_student_is_not_billed_again(self):
        self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id, "reference": "Dues 1"}
        )
        allocation = self._create_allocated()
        self.assertFalse(self.jobs)
        self.assertFalse(allocation._create_period_bill())

    def test_free_bed_and_closed_bed_have_no_bill(self):
        self.assertFalse(self._create_allocated(price=0)._create_period_bill())
        block = self.env["hostel.allocation"]._block(
            self.bed_b, self.term.date_from, self.term.date_to, "Painting"
        )
        self.assertFalse(block._create_period_bill())

    def test_rent_carries_no_tax(self):
        bill = self._create_allocated()._create_period_bill()
        self.assertFalse(bill.invoice_line_ids.tax_ids)

    def test_index_is_really_there(self):
        self.env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'account_move_hostel_period_once'"
        )
        [definition] = self.env.cr.fetchone()
        self.assertIn("UNIQUE", definition)
        self.assertIn("reversed", definition)
