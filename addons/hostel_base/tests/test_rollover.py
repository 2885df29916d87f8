"""The end of an academic year: preview, run, kill, resume, undo, confirm."""

from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.tests.common import trap_jobs

from ..errors import HostelError
from ..models import hostel_rollover
from .common import TERM_FROM, TERM_TO, HostelCase

AFTER = TERM_TO + timedelta(days=1)
YEARS = 4
WORLD = ["hostel.student", "hostel.allocation", "hostel.check.in.out", "hostel.term"]


class RolloverCase(HostelCase):
    """Thirty students in four years of study; the beds of ``home`` are full."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.env["hostel.student"].search([("status", "=", "active")]).status = "inactive"
        cls.programme = cls.env["hostel.programme"].create(
            {"name": "Test B.Tech", "code": "TBT", "duration": YEARS}
        )
        cls.students = cls.env["hostel.student"].browse()
        for number in range(30):
            cls.students |= cls._create_student(
                programme_id=cls.programme.id, year_of_study=number % YEARS + 1
            )
        cls.stays = cls.env["hostel.allocation"].browse()
        for student, bed in zip(cls.students, cls.home.bed_ids, strict=False):
            row = cls._create_allocation("checked_in", bed=bed, student=student)
            row._open_check_record(check_in_at="2026-01-04 05:00:00", key_given=True)
            cls.stays |= row
        cls.env.flush_all()

    def _create_rollover(self, **overrides):
        return (
            self.env["hostel.rollover"]
            .with_user(self.users["admin"])
            .create({"year_id": self.year.id, "leaving_day": TERM_TO, **overrides})
        )

    def _run_jobs(self, call, method):
        """Press a button and let the jobs run that follow one another."""
        with trap_jobs() as trap:
            call()
            trap.assert_jobs_count(1)
        rollover = call.__self__
        results = []
        while not results or results[-1] == "more":
            with trap_jobs():
                results.append(getattr(rollover, method)())
        return results

    def _run(self, rollover):
        return self._run_jobs(rollover.action_run, "_run_batch")

    def _undo(self, rollover):
        return self._run_jobs(rollover.action_undo, "_undo_batch")

    def _picture(self):
        """Everything of students and stays that a rollover could change, fences apart."""
        self.env.flush_all()
        self.env.invalidate_all()
        return {
            "students": self.students.read(["status", "year_of_study"]),
            "stays": self.stays.read(
                [
                    "state", "date_from", "date_to", "vacate_reason", "vacate_note",
                    "vacated_on", "notice_date", "planned_date_to",
                ]
            ),
            "records": self.stays.check_ids.read(
                ["check_in_at", "check_out_at", "checked_out_by_id", "key_returned"]
            ),
            "terms": self.env["hostel.term"].search_count([]),
            "years": self.env["hostel.academic.year"].search([]).mapped("state"),
        }  # fmt: skip

    def _line(self, rollover, student):
        return rollover.line_ids.filtered(lambda line: line.student_id == student)


@tagged("post_install", "-at_install")
@freeze_time(AFTER)
class TestRolloverPreview(RolloverCase):
    def test_a_preview_writes_nothing_but_itself(self):
        before = self._picture()
        rollover = self._create_rollover()
        rollover.action_preview()
        self.assertEqual(self._picture(), before)
        self.assertEqual(rollover.state, "preview")

    def test_everybody_has_a_line_that_says_the_right_thing(self):
        rollover = self._create_rollover()
        rollover.action_preview()
        self.assertEqual(rollover.line_ids.student_id, self.students)
        for line in rollover.line_ids:
            last = line.student_id.year_of_study == YEARS
            self.assertEqual(line.decision, "graduate" if last else "promote")
            self.assertEqual(line.year_from, line.student_id.year_of_study)
            self.assertEqual(line.year_to, line.year_from + (not last))
            self.assertEqual(
                line.stay_action, "vacate" if line.student_id in self.stays.student_id else "none"
            )
            self.assertEqual(line.state, "ready")
        self.assertEqual(
            (rollover.line_count, rollover.graduate_count, rollover.vacate_count), (30, 7, 8)
        )

    def test_detained_students_stay_in_their_year(self):
        by_list, by_hand = self.students[0], self.students[1]
        last = self.students[3]
        rollover = self._create_rollover(
            detained_numbers=f" {by_list.roll_number}\n{last.roll_number}\n\nNOBODY-1\n"
        )
        rollover.action_preview()
        self.assertEqual(rollover.unknown_numbers, "NOBODY-1")
        self._line(rollover, by_hand).is_detained = True
        for student in (by_list, by_hand, last):
            line = self._line(rollover, student)
            self.assertEqual((line.decision, line.year_to), ("detain", line.year_from))
        # Computing again keeps what was marked.
        rollover.action_preview()
        self.assertEqual(rollover.detained_count, 3)
        line = self._line(rollover, by_hand)
        line.action_promote()
        self.assertEqual((line.decision, line.year_to), ("promote", line.year_from + 1))

    def test_what_a_person_must_settle_first(self):
        cases = {
            "refund_due": ("a refund is due", {}),
            "unplaced": ("paid, without a bed", {}),
            "paying": ("a bed is not paid yet", {}),
            "awaiting_approval": ("a bed waits for approval", {}),
            "allocated": ("has a bed and never moved in", {}),
        }
        beds = iter(self.foreign.bed_ids)
        students = iter(self.students[8:])
        expected = {}
        for state, (text, vals) in cases.items():
            student = next(students)
            self._create_allocation(state, bed=next(beds), student=student, **vals)
            expected[student] = text
        nameless = next(students)
        nameless.programme_id = False
        expected[nameless] = "no programme, so nobody knows the last year"
        leaver = self.students[11 + YEARS]
        self.assertEqual(leaver.year_of_study, YEARS)
        later = {"date_from": date(2031, 7, 1), "date_to": date(2031, 12, 1)}
        self._create_allocation("allocated", bed=self.foreign.bed_ids[-1], student=leaver, **later)
        expected[leaver] = "becomes an alumnus, but has a bed for later"
        stayer = self.students[12 + YEARS]
        self._create_allocation("allocated", bed=self.foreign.bed_ids[-2], student=stayer, **later)
        rollover = self._create_rollover()
        rollover.action_preview()
        blocked = rollover.line_ids.filtered(lambda line: line.state == "blocked")
        self.assertEqual({line.student_id: line.blocker for line in blocked}, expected)
        self._run(rollover)
        self.assertEqual(set(blocked.mapped("state")), {"blocked"})
        self.assertEqual(leaver.status, "active")
        self.assertEqual(stayer.year_of_study, self._line(rollover, stayer).year_from + 1)

    def test_the_cost_does_not_grow_with_the_students(self):
        rollover = self._create_rollover()
        with self.assertQueryCount(60):
            rollover._prepare_lines(set())

    def test_a_closed_year_has_no_rollover(self):
        rollover = self._create_rollover()
        self.year.action_close()
        self.assertRefused("YEAR_CLOSED", rollover.action_preview)

    def test_the_next_term_needs_names_and_days(self):
        rollover = self._create_rollover(create_next=True)
        self.assertEqual(rollover.next_year_name, "2031–32")
        self.assertRefused("NEXT_TERM_INCOMPLETE", rollover.action_preview)
        rollover.write(
            {"next_term_name": "Odd", "next_term_code": "ODD", "next_term_to": "2030-01-01"}
        )
        self.assertRefused("INVALID_DATE_RANGE", rollover.action_preview)

    def test_only_the_administrator(self):
        Rollover = self.env["hostel.rollover"]
        rollover = self._create_rollover()
        rollover.action_preview()
        for role in ("warden", "supervisor", "finance", "student"):
            user = self.users[role]
            with self.subTest(role=role):
                with self.assertRaises(AccessError):
                    Rollover.with_user(user).create({"year_id": self.year.id})
                for method in ("preview", "run", "resume", "undo", "confirm"):
                    with self.assertRaises(AccessError):
                        getattr(rollover.with_user(user), f"action_{method}")()
                with self.assertRaises(AccessError):
                    rollover.line_ids[0].with_user(user).action_detain()


@tagged("post_install", "-at_install")
@freeze_time(AFTER)
class TestRolloverRun(RolloverCase):
    NEXT = {
        "create_next": True,
        "next_term_name": "Test odd",
        "next_term_code": "TESTODD",
        "next_term_from": "2031-07-01",
        "next_term_to": "2031-12-01",
    }

    def _previewed(self, **overrides):
        rollover = self._create_rollover(**overrides)
        rollover.action_preview()
        return rollover

    def test_everybody_goes_a_year_up_and_the_beds_are_free(self):
        before = {student: student.year_of_study for student in self.students}
        rollover = self._previewed(**self.NEXT)
        self.assertEqual(self._run(rollover), ["done"])
        for student, year in before.items():
            expected = (year, "alumni") if year == YEARS else (year + 1, "active")
            self.assertEqual((student.year_of_study, student.status), expected)
        self.assertEqual(set(self.stays.mapped("state")), {"vacated"})
        self.assertEqual(set(self.stays.mapped("vacate_reason")), {"year_end"})
        self.assertEqual(set(self.stays.mapped("vacated_on")), {TERM_TO})
        self.assertTrue(all(self.stays.check_ids.mapped("check_out_at")))
        self.assertEqual((rollover.state, rollover.progress), ("done", 100.0))
        term = rollover.created_term_id
        self.assertEqual((term.code, term.year_id.name), ("TESTODD", "2031–32"))
        self.assertEqual(self.year.state, "open")
        self.assertTrue(self.Allocation._reserve(self.bed, self.students[0], term, "paying"))

    def test_a_leaving_day_to_come_is_announced(self):
        with freeze_time(TERM_TO - timedelta(days=20)):
            before = self._picture()
            rollover = self._previewed(leaving_day=TERM_TO - timedelta(days=10))
            self.assertEqual(set(rollover.line_ids.mapped("stay_action")), {"schedule", "none"})
            self._run(rollover)
            self.assertEqual(set(self.stays.mapped("state")), {"checked_in"})
            self.assertEqual(set(self.stays.mapped("date_to")), {TERM_TO - timedelta(days=10)})
            self._undo(rollover)
        self.assertEqual(self._picture(), before)

    def test_killed_in_the_middle_it_is_resumed_and_does_nothing_twice(self):
        before = {student: student.year_of_study for student in self.students}
        with patch.object(hostel_rollover, "BATCH", 7):
            rollover = self._previewed()
            with trap_jobs():
                rollover.action_run()
                self.assertEqual(rollover._run_batch(), "more")
            self.assertEqual(rollover.done_count, 7)
            # The next batch dies after some of its work: its transaction is rolled back.
            apply, seen = type(rollover.line_ids)._apply, []

            def die(line):
                apply(line)
                seen.append(line)
                if len(seen) == 4:
                    raise MemoryError("killed")

            with (
                patch.object(self.registry["hostel.rollover.line"], "_apply", die),
                self.assertRaises(MemoryError),
                self.env.cr.savepoint(),
            ):
                rollover._run_batch()
            self.assertEqual(rollover.done_count, 7)
            self.assertEqual(rollover.state, "running")
            results = self._run_jobs(rollover.action_resume, "_run_batch")
        self.assertEqual(results, ["more", "more", "more", "done"])
        for student, year in before.items():
            self.assertEqual(student.year_of_study, min(year + 1, YEARS))
        self.assertEqual(rollover.done_count, 30)

    def test_resume_pressed_twice_waits_once(self):
        rollover = self._previewed()
        rollover._set_state("running")
        before = self.env["queue.job"].search([])
        rollover.action_resume()
        rollover.action_resume()
        jobs = self.env["queue.job"].search([]) - before
        self.assertEqual(jobs.mapped("method_name"), ["_run_batch"])

    def test_two_batches_take_turns(self):
        rollover = self._previewed()
        rollover._set_state("running")
        with (
            patch.object(
                self.registry["hostel.rollover"],
                "try_lock_for_update",
                lambda records, **_kw: records.browse(),
            ),
            self.assertRaises(RetryableJobError),
        ):
            rollover._run_batch()

    def test_a_job_that_comes_late_stops(self):
        rollover = self._previewed()
        self.assertEqual(rollover._run_batch(), "stopped")
        self.assertEqual(rollover._undo_batch(), "stopped")
        self.assertEqual(rollover.done_count, 0)

    def test_what_changed_after_the_preview_is_refused_by_line(self):
        rollover = self._previewed()
        gone, moved = self.students[0], self.students[1]
        gone.status = "inactive"
        self.stays[1]._vacate("opted_out", AFTER - timedelta(days=5))
        self._run(rollover)
        for student in (gone, moved):
            line = self._line(rollover, student)
            self.assertEqual(line.state, "failed")
            self.assertIn("was changed after the preview", line.message)
        self.assertEqual(rollover.failed_count, 2)
        self.assertEqual(moved.year_of_study, self._line(rollover, moved).year_from)
        self.assertEqual(self.stays[1].vacate_reason, "opted_out")

    def test_a_busy_bed_is_tried_again(self):
        rollover = self._previewed()
        vacate, busy = self.registry["hostel.allocation"]._vacate, [self.stays[2]]

        def once(row, *args, **kwargs):
            if row in busy:
                busy.remove(row)
                raise HostelError("BED_BUSY", "busy")
            return vacate(row, *args, **kwargs)

        with patch.object(self.registry["hostel.allocation"], "_vacate", once):
            self.assertEqual(self._run(rollover), ["more", "done"])
        self.assertEqual(self.stays[2].state, "vacated")

    def test_undo_puts_everything_back_exactly(self):
        before = self._picture()
        fences = {row: row.fence for row in self.stays}
        rollover = self._previewed(**self.NEXT)
        self._run(rollover)
        self.assertNotEqual(self._picture(), before)
        self.assertEqual(self._undo(rollover), ["undone"])
        self.assertEqual(self._picture(), before)
        self.assertEqual(set(rollover.line_ids.mapped("state")), {"undone"})
        self.assertFalse(rollover.created_term_id or rollover.created_year_id)
        # Each change took a new fence: the map believes the last one.
        self.assertTrue(all(row.fence > fence for row, fence in fences.items()))

    def test_undo_stops_a_run_half_way(self):
        before = self._picture()
        with patch.object(hostel_rollover, "BATCH", 7):
            rollover = self._previewed()
            with trap_jobs():
                rollover.action_run()
                rollover._run_batch()
            self._undo(rollover)
        self.assertEqual(self._picture(), before)
        self.assertEqual(rollover.state, "undone")
        rollover.action_preview()
        self.assertEqual(rollover.state, "preview")

    def test_undo_killed_in_the_middle_is_resumed(self):
        before = self._picture()
        with patch.object(hostel_rollover, "BATCH", 7):
            rollover = self._previewed()
            self._run(rollover)
            with trap_jobs():
                rollover.action_undo()
                self.assertEqual(rollover._undo_batch(), "more")
            self._run_jobs(rollover.action_resume, "_undo_batch")
        self.assertEqual(self._picture(), before)

    def test_what_was_taken_meanwhile_is_kept_and_said(self):
        rollover = self._previewed()
        self._run(rollover)
        overlap = {"date_from": TERM_TO - timedelta(days=3), "date_to": AFTER + timedelta(days=9)}
        newcomer = self._create_student()
        self._create_allocation("allocated", bed=self.stays[0].bed_id, student=newcomer, **overlap)
        self._create_allocation(
            "allocated", bed=self.foreign.bed_ids[0], student=self.students[1], **overlap
        )
        self.stays[2]._change(vacate_note="Corrected by hand")
        self.students[4].year_of_study = 3
        with mute_logger("odoo.sql_db"):
            self._undo(rollover)
        kept = {
            line.student_id: line.message
            for line in rollover.line_ids.filtered(lambda line: line.state == "kept")
        }
        self.assertEqual(set(kept), {*self.students[:3], self.students[4]})
        self.assertIn("Someone took bed", kept[self.students[0]])
        self.assertIn("another bed", kept[self.students[1]])
        self.assertIn("was changed since", kept[self.students[2]])
        # A line is taken back as a whole or not at all.
        self.assertEqual(self.stays[0].state, "vacated")
        line = self._line(rollover, self.students[0])
        self.assertEqual(self.students[0].year_of_study, line.year_to)
        self.assertEqual(self.stays[3].state, "checked_in")

    def test_a_new_term_that_is_in_use_stays(self):
        rollover = self._previewed(**self.NEXT)
        self._run(rollover)
        term = rollover.created_term_id
        self.Allocation._reserve(self.bed, self.students[0], term, "paying")
        with mute_logger("odoo.sql_db"):
            self._undo(rollover)
        self.assertTrue(term.exists())
        self.assertIn("in use", rollover.message_ids[0].body)

    def test_the_same_year_is_not_rolled_over_twice(self):
        ready = self._previewed()
        first = self._previewed()
        self._run(first)
        years = self.students.mapped("year_of_study")
        for state in ("running", "done", "undoing", "confirmed"):
            first._set_state(state)
            with self.subTest(state=state):
                self.assertRefused("ROLLOVER_TWICE", ready.action_run)
                self.assertRefused("ROLLOVER_TWICE", self._create_rollover().action_preview)
                part = self._create_rollover(term_id=self.term.id, promote=False)
                self.assertRefused("ROLLOVER_TWICE", part.action_preview)
        self.assertEqual(self.students.mapped("year_of_study"), years)
        first._set_state("done")
        self._undo(first)
        ready.action_preview()
        self.assertEqual(self._run(ready), ["done"])

    def test_each_term_once_and_one_promotion_a_year(self):
        self._run(self._previewed(term_id=self.term.id))
        other = self._create_term(code="TESTOTHER")
        for vals in (
            {"term_id": self.term.id, "promote": False},
            {"promote": False},
            {"term_id": other.id},
        ):
            with self.subTest(vals=vals):
                self.assertRefused("ROLLOVER_TWICE", self._create_rollover(**vals).action_preview)
        self.assertEqual(self._run(self._previewed(term_id=other.id, promote=False)), ["done"])

    def test_two_who_press_run_at_once_are_judged_by_the_database(self):
        other = self._create_term(code="TESTOTHER")
        first = self._previewed(term_id=self.term.id)
        same = self._previewed(term_id=self.term.id)
        whole = self._previewed()
        beside = self._previewed(term_id=other.id, promote=False)
        first._set_state("running")
        beside._set_state("running")
        self.env.flush_all()
        for second in (same, whole):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                second._set_state("running")
                second.flush_recordset()

    def test_confirmed_is_final(self):
        rollover = self._previewed()
        self.assertRefused("ROLLOVER_STATE", rollover.action_confirm)
        self._run(rollover)
        rollover.action_confirm()
        self.assertEqual((rollover.state, self.year.state), ("confirmed", "closed"))
        self.assertEqual(rollover.confirmed_by_id, self.users["admin"])
        for method in ("preview", "run", "resume", "undo", "confirm"):
            with self.subTest(method=method):
                self.assertRefused("ROLLOVER_STATE", getattr(rollover, f"action_{method}"))

    def test_the_year_stays_open_where_nobody_wants_it_closed(self):
        rollover = self._previewed(close_year=False)
        self._run(rollover)
        rollover.action_confirm()
        self.assertEqual(self.year.state, "open")

    def test_what_has_run_is_the_record_of_it(self):
        rollover = self._previewed()
        with self.assertRaises(UserError):
            rollover.state = "done"
        with self.assertRaises(UserError):
            rollover.line_ids[0].decision = "detain"
        self._run(rollover)
        with self.assertRaises(UserError):
            rollover.leaving_day = TERM_FROM
        with self.assertRaises(UserError):
            rollover.line_ids[0].is_detained = True
        with self.assertRaises(UserError):
            rollover.unlink()
        self._create_rollover().unlink()
