from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.tests.common import trap_jobs

from .bill_run_common import BillRunMixin


@tagged("post_install", "-at_install")
@freeze_time("2040-07-02 06:00:00")
class TestBillRun(BillRunMixin, TransactionCase):
    def test_a_month_is_counted_looked_at_and_posted(self):
        run = self._create_run()
        self.assertEqual(run.month, date(2040, 7, 1))
        self._work_off(run, "action_count")
        self.assertEqual((run.state, run.todo_count, run.amount_total), ("ready", 2, 20000))
        self.assertFalse(run.line_ids.move_id, "nothing is posted yet")
        self.assertIn("Kaveri, double", run.line_ids[0].why)
        self._work_off(run, "action_post")
        self.assertEqual((run.state, run.posted_count, run.progress), ("done", 2, 100))
        bill = self.stay.bill_ids
        self.assertEqual((bill.state, bill.amount_total), ("posted", 10000))
        self.assertEqual((bill.period_from, bill.period_to), (date(2040, 7, 1), date(2040, 8, 1)))
        self.assertEqual(bill.invoice_date_due, date(2040, 7, 10))
        self.assertEqual(bill.hostel_status, "pending")
        self.assertEqual(bill.invoice_line_ids.hostel_head_id.mapped("code"), ["RENT", "MESS"])
        self.assertTrue(all(bill.invoice_line_ids.mapped("hostel_why")))

    def test_a_second_run_leaves_out_what_is_billed(self):
        bill = self.stay._create_period_bill()
        run = self._create_run()
        self._work_off(run, "action_count")
        skipped = run.line_ids.filtered(lambda line: line.state == "skipped")
        self.assertEqual((skipped.code, skipped.move_id), ("DUPLICATE_BILL", bill))
        self._work_off(run, "action_post")
        self.assertEqual(len(self.stay.bill_ids), 1)
        again = self._create_run()
        self._work_off(again, "action_count")
        with self.assertRaises(HostelError) as caught:
            again.action_post()
        self.assertEqual(caught.exception.code, "NOTHING_TO_BILL")

    def test_billed_in_between_is_left_out_too(self):
        run = self._create_run()
        self._work_off(run, "action_count")
        self.stay._create_period_bill()
        self._work_off(run, "action_post")
        self.assertEqual(sorted(run.line_ids.mapped("state")), ["posted", "skipped"])
        self.assertEqual(len(self.stay.bill_ids), 1)

    def _post_after(self, change, **overrides):
        """Count, let something happen, post: the run and the line of the first stay."""
        run = self._create_run(**overrides)
        self._work_off(run, "action_count")
        with trap_jobs():
            change()
        self._work_off(run, "action_post")
        return run, run.line_ids.filtered(lambda line: line.allocation_id == self.stay)

    def _check_left_out(self, change, **overrides):
        run, line = self._post_after(change, **overrides)
        self.assertEqual((run.state, line[-1:].state), ("done", "skipped"))
        self.assertEqual(line[-1:].code, "STAY_CHANGED")
        self.assertTrue(self.other.bill_ids, "the others are billed")

    def test_cancelled_after_counting_is_left_out(self):
        self._check_left_out(lambda: self.stay._transition("cancelled"))
        self.assertFalse(self.stay.bill_ids)

    @freeze_time("2040-08-02 06:00:00")
    def test_left_before_the_counted_month_is_left_out(self):
        self.stay._transition("checked_in")
        self._check_left_out(
            lambda: self.stay._vacate("opted_out", date(2040, 7, 20), uncleared=True),
            month=date(2040, 8, 1),
        )
        self.assertFalse(self.stay.bill_ids)

    @freeze_time("2040-07-31 06:00:00")
    def test_moved_before_the_counted_month_is_left_out(self):
        self.stay._transition("checked_in")
        self.other._transition("cancelled")
        self._create_structure({"RENT": 7000}, hostel_id=self.other_hostel.id)
        self.other = self._create_stay(bed=self.other_hostel.bed_ids[0], student=self.other_student)
        self._check_left_out(
            lambda: self.stay._transfer(self.bed_b, date(2040, 8, 1)),
            month=date(2040, 8, 1),
            hostel_ids=(self.hostel | self.other_hostel).ids,
        )

    def test_moved_before_it_began_asks_once(self):
        self.other._transition("cancelled")
        with trap_jobs():
            new = self.stay._transfer(self.bed_b, date(2040, 7, 2))
        run = self._create_run()
        self._work_off(run, "action_count")
        self._work_off(run, "action_post")
        bills = (self.stay | new).bill_ids
        self.assertEqual(sum(bills.mapped("amount_total")), 10000)

    def _move_to_a_cheaper_bed(self):
        """The first student's, before moving in, in another hostel."""
        self.other._transition("cancelled")
        self._create_structure({"RENT": 6000}, hostel_id=self.other_hostel.id)
        bed = self.other_hostel.bed_ids[0]
        with trap_jobs():
            return self.stay._transfer(bed, date(2040, 7, 2), price=bed._get_price(self.term))

    def test_moved_before_moving_in_pays_the_new_bed_only(self):
        new = self._move_to_a_cheaper_bed()
        self.assertEqual(self.stay.state, "transferred")
        hostels = [self.other_hostel, self.hostel, self.hostel | self.other_hostel]
        for month, of_run in zip((7, 8, 9), hostels, strict=True):
            run = self._create_run(month=date(2040, month, 1), hostel_ids=of_run.ids)
            with freeze_time(f"2040-{month:02}-02 06:00:00"):
                self._work_off(run, "action_count")
                if of_run != self.hostel:
                    self._work_off(run, "action_post")
        self.assertFalse(self.stay.bill_ids)
        self.assertEqual(new.bill_ids.mapped("amount_total"), [6000, 6000])
        with self.assertRaises(HostelError) as caught:
            run._find_billable(self.stay.id, 10, 2040)
        self.assertEqual(caught.exception.code, "NOTHING_TO_BILL")
        self.assertIn("another bed", str(caught.exception))
        self.assertFalse(self.stay._create_period_bill())

    def test_the_bill_of_a_term_is_found_from_each_bed_of_the_stay(self):
        """A withdrawn clearance: the money watch bills the new bed, a run looks at all."""
        self.structure.frequency = "one_time"
        clearance = self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id, "reference": "Dues 1"}
        )
        self.other._transition("cancelled")
        self.stay._transition("checked_in")
        with trap_jobs():
            new = self.stay._transfer(self.bed_b, date(2040, 7, 20), price=self.stay.price)
        clearance.action_archive()
        bill = new._create_period_bill()
        self.assertEqual(bill.amount_total, 60000)
        self.assertEqual(self.stay._get_period_bill(), bill)
        run = self._create_run(catch_up=True)
        self._work_off(run, "action_count")
        self.assertEqual(set(run.line_ids.mapped("code")), {"DUPLICATE_BILL"})
        self.assertEqual(run.line_ids.allocation_id, self.stay | new)

    def test_one_that_the_books_refuse_does_not_stop_the_others(self):
        run = self._create_run()
        self._work_off(run, "action_count")
        Move = self.env.registry["account.move"]
        post = Move.action_post
        victim = self.student.partner_id

        def refuse(moves):
            if victim in moves.partner_id:
                raise UserError(self.env._("The period is locked"))
            return post(moves)

        with patch.object(Move, "action_post", refuse):
            self._work_off(run, "action_post")
        failed = run.line_ids.filtered(lambda line: line.state == "failed")
        self.assertEqual((failed.allocation_id, failed.code), (self.stay, "FINANCE_SYNC_FAILED"))
        self.assertIn("locked", failed.message)
        self.assertEqual((run.state, run.posted_count), ("done", 1))
        self._work_off(run, "action_retry_failed")
        self.assertEqual((run.failed_count, run.posted_count), (0, 2))

    def test_trying_the_failed_again_after_a_stop_posts_nothing_else(self):
        run = self._create_run()
        self._work_off(run, "action_count")
        failed = run.line_ids.filtered(lambda line: line.allocation_id == self.stay).sudo()
        with trap_jobs():
            run.action_post()
        failed._mark_failed("FINANCE_SYNC_FAILED", "The period is locked")
        run.action_cancel()
        self._work_off(run, "action_retry_failed")
        self.assertEqual((run.state, failed.state), ("done", "posted"))
        self.assertTrue(self.stay.bill_ids)
        self.assertFalse(self.other.bill_ids)
        self.assertEqual((run.posted_count, run.skipped_count, run.todo_count), (1, 1, 0))
        self.assertEqual((run.line_ids - failed).code, "RUN_STOPPED")

    def test_a_step_that_died_is_done_again(self):
        run = self._create_run()
        self._work_off(run, "action_count")
        with trap_jobs():
            run.action_post()
        # Its job is lost. Somebody presses Go on, twice.
        with trap_jobs() as trap:
            run.action_resume()
            run.action_resume()
        self.assertEqual(len({job.identity_key for job in trap.enqueued_jobs}), 1)
        self._work_off(run, "action_resume")
        self.assertEqual((run.state, run.posted_count), ("done", 2))

    def test_left_out_by_hand_and_stopped(self):
        run = self._create_run()
        self._work_off(run, "action_count")
        line = run.line_ids.filtered(lambda line: line.allocation_id == self.stay)
        line.action_leave_out()
        self.assertEqual((run.todo_count, line.code), (1, "LEFT_OUT"))
        line.action_take_in()
        self.assertEqual((run.todo_count, line.code, line.message), (2, False, False))
        line.action_leave_out()
        self._work_off(run, "action_post")
        self.assertFalse(self.stay.bill_ids)
        stopped = self._create_run()
        self._work_off(stopped, "action_count")
        stopped.action_cancel()
        self.assertEqual(stopped.sudo()._step(), "stopped")
        self.assertFalse(self.stay.bill_ids)

    def test_many_are_left_out_at_once(self):
        bill = self.stay._create_period_bill()
        third = self._create_stay(bed=self.other_hostel.bed_ids[0], student=self._create_third())
        run = self._create_run(hostel_ids=(self.hostel | self.other_hostel).ids)
        self._work_off(run, "action_count")
        action = run.action_open_lines()
        lines = self.env[action["res_model"]].with_user(self.finance).search(action["domain"])
        self.assertEqual(lines.allocation_id.sudo(), self.stay | self.other | third)
        lines.action_leave_out()
        self.assertEqual(set(lines.mapped("state")), {"skipped"})
        by_code = lines.grouped("code")
        self.assertEqual(by_code["DUPLICATE_BILL"].move_id.sudo(), bill, "its reason stays")
        self.assertEqual(len(by_code["LEFT_OUT"]), 2)
        lines.action_take_in()
        self.assertEqual(sorted(lines.mapped("state")), ["skipped", "todo", "todo"])
        for user in (self.warden, self.student_user):
            for method in ("action_leave_out", "action_take_in"):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    getattr(lines.with_user(user), method)()
        self._work_off(run, "action_post")
        for method in ("action_leave_out", "action_take_in"):
            self._assert_code("RUN_STARTED", getattr(lines, method))

    def _create_third(self):
        user = self._create_portal_user("mohan", "hostel_base.group_hostel_student")
        return self._create_student("TS003", user.partner_id)

    def test_the_list_of_lines_has_its_buttons_and_groups(self):
        Line = self.env["hostel.bill.run.line"].with_user(self.finance)
        arch = Line.get_view(view_type="list")["arch"]
        for name in ("action_leave_out", "action_take_in"):
            self.assertIn(f'name="{name}"', arch)
        arch = Line.get_view(view_type="search")["arch"]
        for name in ("student_id", "hostel_id", "group_by_hostel", "group_by_reason"):
            self.assertIn(f'name="{name}"', arch)

    def test_months_that_cannot_be_billed(self):
        for month in (date(2030, 1, 1), date(2040, 9, 1)):
            run = self._create_run(month=month)
            with self.assertRaises(HostelError) as caught:
                run.action_count()
            self.assertEqual(caught.exception.code, "INVALID_BILLING_MONTH")

    def test_cleared_students_and_expired_rows_are_not_listed(self):
        self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id, "reference": "Dues 1"}
        )
        self.other._transition("cancelled")
        run = self._create_run()
        self._work_off(run, "action_count")
        self.assertFalse(run.line_ids)

    def test_one_stay_for_a_program(self):
        Run = self.env["hostel.bill.run"]
        bill = Run._bill_one(self.stay.id, 9, 2040)
        self.assertEqual((bill.period_from, bill.amount_total), (date(2040, 9, 1), 10000))
        for args, code in (
            ((self.stay.id, 9, 2040), "DUPLICATE_BILL"),
            ((self.stay.id, 13, 2040), "INVALID_BILLING_MONTH"),
            ((self.stay.id, "x", None), "INVALID_BILLING_MONTH"),
            ((self.stay.id, 5, 2040), "INVALID_BILLING_MONTH"),
            ((0, 9, 2040), "ALLOCATION_NOT_FOUND"),
        ):
            with self.subTest(args=args), self.assertRaises(HostelError) as caught:
                Run._bill_one(*args)
            self.assertEqual(caught.exception.code, code)
        with self.assertRaises(HostelError) as caught:
            Run.with_user(self.other_warden)._bill_one(self.stay.id, 10, 2040)
        self.assertEqual(caught.exception.code, "ALLOCATION_NOT_FOUND")

    def test_the_months_own_run_is_made_once(self):
        Run = self.env["hostel.bill.run"]
        set_param = self.env["ir.config_parameter"].set_param
        month = [("month", "=", date(2040, 7, 1)), ("is_auto", "=", True)]
        Run._cron_run_month()
        self.assertFalse(Run.search(month), "switched off")
        set_param("hostel_billing.auto_bill_day", "3")
        Run._cron_run_month()
        self.assertFalse(Run.search(month), "too early")
        set_param("hostel_billing.auto_bill_day", "2")
        with trap_jobs() as trap:
            Run._cron_run_month()
            Run._cron_run_month()
        run = Run.search(month)
        self.assertEqual((len(run), len(trap.enqueued_jobs)), (1, 1))
        with trap_jobs():
            run._step()
            self.assertEqual(run.state, "posting", "nobody has to look")
            run._step()
        self.assertIn(self.stay, run.line_ids.allocation_id)
        self.assertEqual(len(self.stay.bill_ids), 1)

    def _count_auto_runs(self, month, bill_day):
        """Play the daily job; how many runs of the month there are then."""
        self.env["ir.config_parameter"].set_param("hostel_billing.auto_bill_day", bill_day)
        Run = self.env["hostel.bill.run"]
        with trap_jobs():
            Run._cron_run_month()
        domain = [("is_auto", "=", True), ("month", "=", month)]
        return Run.search_count([*domain, ("company_id", "=", self.company.id)])

    def test_a_shorter_month_is_billed_on_its_last_day(self):
        september = date(2040, 9, 1)
        for now, day, runs in (
            ("2040-09-29 06:00:00", "31", 0),
            ("2040-09-30 06:00:00", "31", 1),
        ):
            with self.subTest(now=now, day=day), freeze_time(now):
                self.assertEqual(self._count_auto_runs(september, day), runs)
        with freeze_time("2040-12-30 06:00:00"):
            self.assertEqual(self._count_auto_runs(date(2040, 12, 1), "31"), 0)

    def test_a_month_without_a_term_is_tried_again(self):
        month = date(2043, 5, 1)
        with freeze_time("2043-05-03 06:00:00"):
            self.assertEqual(self._count_auto_runs(month, "2"), 0, "there is nothing to keep")
            year = self.env["hostel.academic.year"].create(
                {"name": "Y43", "date_from": date(2042, 7, 1), "date_to": date(2043, 7, 1)}
            )
            self.env["hostel.term"].create(
                {
                    "name": "Even",
                    "code": "T43-EVEN",
                    "year_id": year.id,
                    "date_from": date(2043, 1, 1),
                    "date_to": date(2043, 6, 1),
                }
            )
        with freeze_time("2043-05-04 06:00:00"):
            self.assertEqual(self._count_auto_runs(month, "2"), 1)

    def test_the_billing_day_is_a_day_of_a_month(self):
        for day in (-1, 32, 310):
            with self.subTest(day=day), self.assertRaises(ValidationError):
                self.env["res.config.settings"].create({"hostel_auto_bill_day": day})
        self.env["res.config.settings"].create({"hostel_auto_bill_day": 31}).execute()
        self.assertEqual(self.env["hostel.bill.run"]._get_auto_day(), 31)
        for odd in ("first", "-3"):
            with mute_logger("odoo.addons.hostel_billing.models.hostel_bill_run"):
                self.assertEqual(self._count_auto_runs(date(2040, 7, 1), odd), 0)

    @freeze_time("2040-07-31 19:00:00")
    def test_the_month_begins_at_the_colleges_midnight(self):
        self.env.user.tz = self.company.partner_id.tz = False
        self.env["ir.config_parameter"].set_param("hostel_billing.auto_bill_day", "1")
        with trap_jobs():
            self.env["hostel.bill.run"]._cron_run_month()
        run = self.env["hostel.bill.run"].search(
            [("is_auto", "=", True), ("company_id", "=", self.company.id)]
        )
        self.assertEqual(run.month, date(2040, 8, 1))

    def test_finance_alone_runs_and_nobody_fakes_a_state(self):
        run = self._create_run()
        with self.assertRaises(AccessError) as caught:
            run.state = "done"
        self.assertEqual(caught.exception.args[0], "A run changes through its buttons.")
        self._assert_nobody_else_may(run, "action_count", "action_cancel")
        with trap_jobs():
            run.action_count()
        self._assert_nobody_else_may(run, "action_resume", "action_cancel")
        with trap_jobs():
            run.sudo()._step()
        self.assertEqual((run.state, run.todo_count), ("ready", 2))
        self._assert_nobody_else_may(run, "action_post", "action_cancel")
        self._assert_code("RUN_STARTED", run.write, {"month": date(2040, 8, 1)})
        self._work_off(run, "action_post")
        self._assert_code("RUN_STARTED", run.unlink)

    def _assert_nobody_else_may(self, run, *methods):
        """Finance may at this step; these may not."""
        for user in (self.warden, self.student_user):
            for method in methods:
                with self.subTest(user=user.login, method=method):
                    with trap_jobs() as trap, self.assertRaises(AccessError):
                        getattr(run.with_user(user), method)()
                    trap.assert_jobs_count(0)

    def test_many_bills_take_fewer_queries_than_one_by_one(self):
        def together(day):
            self.env["hostel.allocation"]._post_period_bills([(row, day) for row in rows])

        def one_by_one(day):
            for row in rows:
                row._create_period_bill(day)

        def count(way, month):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            way(date(2040, month, 1))
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        rows = self.stay | self.other
        # The first of each also fills what the process remembers.
        count(together, 8)
        count(one_by_one, 9)
        self.assertLess(count(together, 10), count(one_by_one, 11))
