"""Charges and taxes on the bills of a run: what is looked at is what is posted."""

from datetime import date
from unittest.mock import patch

from odoo.tests import TransactionCase, freeze_time, tagged

from odoo.addons.hostel_billing.models import hostel_bill_run as bill_run
from odoo.addons.queue_job.tests.common import trap_jobs

from .bill_run_common import BillRunMixin


@tagged("post_install", "-at_install")
@freeze_time("2040-07-02 06:00:00")
class TestBillRunCharges(BillRunMixin, TransactionCase):
    def _tax(self, *codes):
        """18 % of GST on these heads."""
        tax = self.env["account.tax"].create({"name": "GST 18 test", "amount": 18})
        for code in codes:
            self._head(code).product_id.taxes_id = tax

    def test_what_was_looked_at_is_what_is_posted(self):
        self._tax("MESS", "DAMAGE")
        charge = self._create_charge(1250)
        later = self._create_charge(400, day=date(2040, 7, 20))
        run = self._create_run()
        self._work_off(run, "action_count")
        line = run.line_ids.filtered(lambda line: line.allocation_id == self.stay)
        # 7000 + 3000 and 1250 with 18 % on top
        self.assertEqual((line.charge_ids, line.amount), (charge, 12015))
        self.assertEqual(run.amount_total, 12015 + 10540)
        self.assertIn("Damage · Window", line.why)
        self.assertIn("before taxes", line.why)
        self._work_off(run, "action_post")
        self.assertEqual((line.state, line.amount), ("posted", 12015))
        self.assertEqual(line.move_id.amount_total, 12015)
        self.assertEqual((charge.move_id, later.state), (line.move_id, "pending"))

    def test_of_two_months_the_first_has_the_charges(self):
        charge = self._create_charge()
        with freeze_time("2040-08-02 06:00:00"):
            run = self._create_run(month=date(2040, 8, 1), catch_up=True)
            with patch.object(bill_run, "COUNT_STEP", 1):
                self._work_off(run, "action_count")
            lines = run.line_ids.filtered(lambda line: line.allocation_id == self.stay)
            self.assertEqual(lines.mapped("amount"), [10250, 10000])
            self._work_off(run, "action_post")
            self.assertEqual(lines.mapped("amount"), [10250, 10000])
            self.assertEqual(charge.move_id, lines[0].move_id)

    def test_a_run_without_charges_shows_none(self):
        self._create_charge()
        run = self._create_run(with_charges=False)
        self._work_off(run, "action_count")
        self.assertEqual(run.amount_total, 20000)
        self.assertFalse(run.line_ids.charge_ids)

    def test_charges_alone_are_shown_with_their_taxes(self):
        self._tax("DAMAGE")
        self._create_once_a_term()
        self._create_charge(1000)
        run = self._create_run()
        self._work_off(run, "action_count")
        line = run.line_ids.filtered(lambda line: line.kind == "charge")
        self.assertEqual(line.amount, 1180)
        self._work_off(run, "action_post")
        self.assertEqual((line.move_id.amount_total, line.amount), (1180, 1180))

    def test_a_rebate_is_taken_as_far_as_the_fees_reach(self):
        rebate = self._create_charge(-10100, note="On leave")
        fine = self._create_charge(100)
        run = self._create_run()
        self._work_off(run, "action_count")
        line = run.line_ids.filtered(lambda line: line.allocation_id == self.stay)
        self.assertEqual((line.charge_ids, line.amount), (rebate | fine, 0))
        rebate.amount = -10101
        self._work_off(run, "action_count")
        line = run.line_ids.filtered(lambda line: line.allocation_id == self.stay)
        self.assertEqual((line.charge_ids, line.amount), (fine, 10100))

    def test_looking_asks_for_all_charges_at_once(self):
        def count():
            run = self._create_run().sudo()
            run.state = "counting"
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            run._get_waiting_charges(self.stay | self.other)
            return self.env.cr.sql_log_count - before

        self._create_charge()
        count()
        one = count()
        self._create_charge(student=self.other_student)
        self._create_charge(student=self.other_student)
        self.assertEqual(count(), one)

    def test_charges_go_on_the_same_bill(self):
        source = self.env["account.move"].create({"move_type": "entry"})
        charge = source._charge(self.student, "ELECTRICITY", 420, day=date(2040, 7, 1))
        later = source._charge(self.student, "FINE", 100, day=date(2040, 7, 20))
        run = self._create_run()
        self._work_off(run, "action_count")
        self._work_off(run, "action_post")
        self.assertEqual(self.stay.bill_ids.amount_total, 10420)
        self.assertEqual((charge.state, charge.move_id), ("billed", self.stay.bill_ids))
        self.assertEqual(later.state, "pending", "it has not happened yet")

    def _bill_with_charges(self, *amounts):
        charges = [self._create_charge(amount, note=f"No. {amount}") for amount in amounts]
        run = self._create_run()
        self._work_off(run, "action_count")
        self._work_off(run, "action_post")
        return self.stay.bill_ids, [charge.state for charge in charges]

    def test_a_rebate_alone_is_off_the_fees(self):
        bill, states = self._bill_with_charges(-600)
        self.assertEqual((bill.amount_total, states), (9400, ["billed"]))

    def test_a_rebate_may_be_all_of_the_fees(self):
        bill, states = self._bill_with_charges(-10250, 250)
        self.assertEqual((bill.amount_total, states), (0, ["billed", "billed"]))

    def test_a_rebate_of_more_than_the_fees_waits(self):
        bill, states = self._bill_with_charges(-10600, 250)
        self.assertEqual((bill.amount_total, states), (10250, ["pending", "billed"]))

    def test_a_rebate_is_measured_with_its_taxes(self):
        tax = self.env["account.tax"].create({"name": "GST 18 test", "amount": 18})
        self._head("DAMAGE").product_id.taxes_id = tax
        bill, states = self._bill_with_charges(-9000)
        self.assertEqual((bill.amount_total, states), (10000, ["pending"]))

    def _create_charge(self, amount=250, student=None, **extra):
        source = self.env["account.move"].create({"move_type": "entry"})
        values = {"day": date(2040, 7, 1), "note": "Window", **extra}
        return source._charge(student or self.student, "DAMAGE", amount, **values)

    def _create_once_a_term(self):
        """The first stay has its one bill, the other one is gone."""
        self.structure.frequency = "one_time"
        self.other._transition("cancelled")
        return self.stay._create_period_bill()

    @freeze_time("2040-09-02 06:00:00")
    def test_charges_of_who_pays_once_a_term_get_a_bill_of_their_own(self):
        rent = self._create_once_a_term()
        charge = self._create_charge()
        fine = self._create_charge(100)
        later = self._create_charge(700, day=date(2040, 9, 20))
        run = self._create_run(month=date(2040, 9, 1))
        self._work_off(run, "action_count")
        line = run.line_ids
        self.assertEqual((line.kind, line.student_id, line.state), ("charge", self.student, "todo"))
        self.assertEqual((line.charge_ids, line.amount), (charge | fine, 350))
        self.assertIn("Damage · Window", line.why)
        self.assertEqual((run.todo_count, run.amount_total), (1, 350))
        self._work_off(run, "action_post")
        self.assertEqual((run.state, line.state), ("done", "posted"))
        bill = line.move_id
        self.assertEqual((bill.hostel_kind, bill.amount_total), ("charge", 350))
        self.assertEqual(bill.invoice_date, date(2040, 9, 2))
        self.assertEqual(self.stay.bill_ids, rent | bill)
        self.assertEqual((charge | fine).mapped("move_id"), bill)
        self.assertEqual(later.state, "pending", "it has not happened yet")
        again = self._create_run(month=date(2040, 9, 1))
        self._work_off(again, "action_count")
        self.assertFalse(again.line_ids, "no charge is billed twice")

    def test_charges_beside_the_terms_bill_that_is_there(self):
        rent = self._create_once_a_term()
        charge = self._create_charge()
        run = self._create_run()
        self._work_off(run, "action_count")
        self.assertEqual(
            [(line.kind, line.state) for line in run.line_ids.sorted("kind")],
            [("charge", "todo"), ("period", "skipped")],
        )
        self._work_off(run, "action_post")
        self.assertEqual(charge.state, "billed")
        self.assertNotEqual(charge.move_id, rent)

    def test_charges_of_a_cleared_student_are_billed(self):
        self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id, "reference": "Dues 1"}
        )
        self.other._transition("cancelled")
        charge = self._create_charge()
        run = self._create_run()
        self._work_off(run, "action_count")
        self._work_off(run, "action_post")
        self.assertEqual(run.line_ids.mapped("kind"), ["charge"])
        self.assertEqual(self.stay.bill_ids.amount_total, 250)
        self.assertEqual(charge.move_id, self.stay.bill_ids)

    def test_the_months_own_run_bills_charges_too(self):
        self._create_once_a_term()
        charge = self._create_charge()
        self.env["ir.config_parameter"].set_param("hostel_billing.auto_bill_day", "2")
        run = self.env["hostel.bill.run"]
        self._work_off(run, "_cron_run_month")
        self.assertEqual(charge.state, "billed")

    def test_a_run_takes_the_charges_of_its_hostels_only(self):
        self._create_once_a_term()
        here = self._create_charge()
        without_stay = self._create_charge(
            80, allocation=self.env["hostel.allocation"], note="At the gate"
        )
        stranger = self._create_charge(90, student=self.other_student)
        other = self._create_run(hostel_ids=self.other_hostel.ids)
        self._work_off(other, "action_count")
        self.assertFalse(other.line_ids)
        run = self._create_run()
        self._work_off(run, "action_count")
        lines = run.line_ids.filtered(lambda line: line.kind == "charge")
        self.assertEqual(lines.charge_ids, here | without_stay)
        self.assertEqual(len(lines), 2, "what has no stay has a bill of its own")
        everywhere = self._create_run(hostel_ids=False)
        self._work_off(everywhere, "action_count")
        self.assertIn(stranger, everywhere.line_ids.charge_ids)

    def test_without_charges_none_are_listed(self):
        self._create_once_a_term()
        charge = self._create_charge()
        run = self._create_run(with_charges=False)
        self._work_off(run, "action_count")
        self.assertNotIn("charge", run.line_ids.mapped("kind"))
        self._assert_code("RUN_STARTED", run.write, {"with_charges": True})
        self.assertEqual(charge.state, "pending")

    def test_charges_of_who_gets_a_bill_are_listed_once(self):
        charge = self._create_charge()
        run = self._create_run()
        self._work_off(run, "action_count")
        self.assertEqual(set(run.line_ids.mapped("kind")), {"period"})
        self._work_off(run, "action_post")
        self.assertEqual(charge.move_id, self.stay.bill_ids)

    def test_charges_billed_or_cancelled_in_between_are_left_out(self):
        self._create_once_a_term()
        billed, cancelled, rebate = (
            self._create_charge(),
            self._create_charge(100),
            self._create_charge(-60, note="On leave"),
        )
        run = self._create_run()
        self._work_off(run, "action_count")
        line = run.line_ids.filtered(lambda line: line.kind == "charge")
        self.assertEqual(line.amount, 290)
        bill = billed._bill()
        cancelled._cancel("The window was old")
        self._work_off(run, "action_post")
        self.assertEqual((line.state, line.code), ("skipped", "CHARGES_GONE"))
        self.assertEqual(rebate.state, "pending", "it waits for a larger bill")
        self.assertEqual(billed.move_id, bill)

    def test_many_charges_are_listed_step_by_step(self):
        self._create_once_a_term()
        ravi = self._create_charge(student=self.other_student, allocation=self.stay)
        asha = self._create_charge()
        run = self._create_run()
        with patch.object(bill_run, "COUNT_STEP", 1), trap_jobs():
            run.action_count()
            run = run.sudo()
            self.assertEqual(run.stay_total, 3, "a stay and two students")
            steps = 0
            while run.state == "counting":
                run._step()
                steps += 1
        self.assertEqual((steps, run.stay_count), (4, 3))
        self.assertEqual(run.line_ids.charge_ids, ravi | asha)
