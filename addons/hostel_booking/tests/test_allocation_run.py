"""Allocations of a round: previewed, applied once, resumed, explained, tried as a what-if."""

import hashlib
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError

from .common import BookingCase, CampusMixin


class RunCase(BookingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.window.mode = "both"
        cls.env = cls.env(context={**cls.env.context, "queue_job__no_delay": True})
        cls.Run = cls.env["hostel.allocation.run"]

    def _cohort(self, *students, wishes=(), state="cleared", **overrides):
        """A cohort of these students, as their desk leaves it when it is cleared."""
        cohort = self.env["hostel.cohort"].create(
            {
                "round_id": self.round.id,
                "window_id": self.window.id,
                "leader_id": students[0].id,
                "gender": students[0].gender,
                "is_solo": len(students) == 1,
                "size_min": len(students),
                "size_max": len(students),
                "state": state,
                "submitted_at": self.env.cr.now(),
                **overrides,
            }
        )
        self.env["hostel.cohort.member"].create(
            [
                {"cohort_id": cohort.id, "student_id": student.id, "seat": seat}
                for seat, student in enumerate(students, 1)
            ]
        )
        for rank, wish in enumerate(wishes, 1):
            self.env["hostel.cohort.wish"].create(
                {"cohort_id": cohort.id, "sequence": rank, **wish}
            )
        return cohort

    def _run(self, **overrides):
        run = self.Run.create(
            {"round_id": self.round.id, "seed": "test", "first_criterion": "merit", **overrides}
        )
        run.action_solve()
        return run

    def _room(self, name="101", hostel=None):
        hostel = hostel or self.girls
        return hostel.floor_ids.room_ids.filtered(lambda room: room.name == name)

    def _wish(self, name):
        return {"hostel_id": self.girls.id, "room_id": self._room(name).id}

    def _line(self, run, cohort):
        return run.line_ids.filtered(lambda line: line.cohort_id == cohort)

    def _fill(self, name, student):
        bed = self._room(name).bed_ids[0]
        return self.env["hostel.allocation"]._reserve(bed, student, self.term, "awaiting_approval")

    def refused(self, code, call, *args):
        with self.assertRaises(HostelError) as caught:
            call(*args)
        self.assertEqual(caught.exception.code, code)


@tagged("post_install", "-at_install")
class TestAllocationRun(RunCase):
    def test_a_preview_gives_nothing(self):
        cohort = self._cohort(self.asha, wishes=[self._wish("101")])
        run = self._run()
        self.assertEqual((run.state, run.placed_count), ("solved", 1))
        self.assertFalse(run.violations)
        self.assertEqual((cohort.state, cohort.bed_count), ("cleared", 0))
        self.assertTrue(run.input_hash and run.output_hash)

    def test_applying_gives_all_beds_of_a_group_to_the_wardens_queue(self):
        cohort = self._cohort(self.asha, self.bina, wishes=[self._wish("102")])
        run = self._run()
        run.action_apply()
        self.assertEqual((run.state, run.done_count, run.progress), ("done", 1, 100.0))
        rows = cohort.allocation_ids
        self.assertEqual(set(rows.mapped("state")), {"awaiting_approval"})
        self.assertEqual(rows.student_id, self.asha | self.bina)
        self.assertEqual(rows.room_id, self._room("102"))
        self.assertEqual(cohort.state, "allocated")

    def test_a_second_apply_changes_nothing(self):
        cohort = self._cohort(self.asha)
        run = self._run()
        run.action_apply()
        before = cohort.allocation_ids.ids
        self.refused("RUN_STATE", run.action_apply)
        # A job that comes twice finds nothing to do either.
        self.assertEqual(run._apply_batch(), "stopped")
        self.assertEqual(cohort.allocation_ids.ids, before)

    def test_a_killed_run_goes_on_where_it_stopped(self):
        first = self._cohort(self.asha, wishes=[self._wish("101")])
        second = self._cohort(self.bina, wishes=[self._wish("102")])
        run = self._run()
        run.sudo().state = "applying"
        # What a batch had committed before the process died:
        self._line(run, first)._apply()
        self.assertEqual(run.progress, 50.0)
        run.action_resume()
        self.assertEqual((run.state, run.done_count), ("done", 2))
        self.assertEqual([len(one.allocation_ids) for one in (first, second)], [1, 1])

    def test_who_took_the_wishes_back_meanwhile_gets_no_bed(self):
        cohort = self._cohort(self.asha, self.bina, wishes=[self._wish("101")])
        run = self._run()
        cohort.sudo().state = "complete"
        run.action_apply()
        line = self._line(run, cohort)
        self.assertEqual((line.state, line.code), ("missed", "COHORT_CHANGED"))
        self.assertFalse(cohort.allocation_ids)

    def test_what_was_taken_meanwhile_is_said_and_can_be_run_again(self):
        cohort = self._cohort(self.asha, self.bina, wishes=[self._wish("101"), self._wish("102")])
        run = self._run()
        other, _user = self._create_student("esha", "female")
        self._fill("101", other)
        run.action_apply()
        line = self._line(run, cohort)
        self.assertEqual((line.state, line.code), ("missed", "BED_TAKEN"))
        # None of them has a bed: one alone was free.
        self.assertFalse(cohort.allocation_ids)
        self.assertEqual(cohort.state, "cleared")
        rest = self.Run.browse(run.action_run_rest()["res_id"])
        self.assertEqual((rest.state, rest.seed), ("draft", "test"))
        rest.action_solve()
        rest.action_apply()
        self.assertEqual(cohort.allocation_ids.room_id, self._room("102"))

    def test_only_who_is_cleared_takes_part(self):
        waiting = self._cohort(self.asha, state="awaiting_financial_clearance")
        cleared = self._cohort(self.bina)
        run = self._run()
        self.assertEqual(run.line_ids.cohort_id, cleared)
        trial = self._run(is_simulation=True, take_uncleared=True)
        self.assertEqual(trial.line_ids.cohort_id, waiting | cleared)

    def test_live_windows_are_not_allocated(self):
        self._cohort(self.asha)
        self.window.mode = "live"
        self.assertFalse(self._run().line_ids)

    def test_who_has_a_bed_is_left_out(self):
        self._fill("103", self.asha)
        cohort = self._cohort(self.asha)
        line = self._line(self._run(), cohort)
        self.assertEqual((line.state, line.reason), ("skipped", "HAS_ALLOCATION"))

    def test_taken_and_closed_beds_are_not_given(self):
        self._room("101")._close(self.term.date_from, self.term.date_to, "Painting")
        cohort = self._cohort(self.asha, wishes=[self._wish("101")])
        line = self._line(self._run(), cohort)
        self.assertEqual((line.state, line.reason), ("unplaced", "NO_SUCH_ROOM"))

    def test_quotas_and_kept_beds_count(self):
        sc = self.env.ref("hostel_booking.hostel_booking_group_sc")
        self._room("101").bed_ids.reserved_group_id = sc
        self.env["hostel.booking.quota"].create(
            {
                "round_id": self.round.id,
                "group_id": self.env["hostel.booking.group"]
                .create({"kind": "year", "year_of_study": 2})
                .id,
                "kind": "cap",
                "seats": 1,
            }
        )
        self.bina.write({"category": "sc", "merit_score": 5})
        self.asha.merit_score = 9
        kept = self._cohort(self.asha, wishes=[self._wish("101"), self._wish("102")])
        full = self._cohort(self.bina, wishes=[self._wish("101")])
        run = self._run()
        self.assertEqual(self._line(run, kept).reason, "KEPT_FOR_OTHERS")
        self.assertEqual(self._line(run, full).reason, "QUOTA_FULL")
        stretched = self._run(is_simulation=True, quota_percent=200)
        self.assertEqual(self._line(stretched, full).wish, 1)
        open_to_all = self._run(is_simulation=True, use_reserved=False)
        self.assertEqual(self._line(open_to_all, kept).wish, 1)

    # Words ---------------------------------------------------------------

    def test_each_student_is_told_why(self):
        self.asha.merit_score, self.bina.merit_score = 9, 5
        esha, _user = self._create_student("esha", "female", merit_score=7)
        for student in (self.asha, esha):
            self._cohort(student, wishes=[self._wish("101")])
        second = self._cohort(self.bina, wishes=[self._wish("101"), self._wish("102")])
        run = self._run()
        line = self._line(run, second)
        self.assertEqual(
            line.explanation.splitlines(),
            [
                "You got wish 2 of 2. Your turn was 3 of 3.",
                "Wish 1 was filled; the last one to get in was rank 2.",
            ],
        )
        # Nobody hears of a preview.
        self.assertIsNone(self.Run._get_result(self.bina))
        run.action_apply()
        result = self.Run._get_result(self.bina)
        self.assertTrue(result["placed"])
        self.assertEqual((result["wish"], result["rank"]), (2, 3))
        self.assertIn("102", result["beds"])
        self.assertIsNone(self.Run._get_result(self.chand))

    def test_equals_can_compare_their_lots(self):
        """What two students read on their pages says who chose first, and the run did so."""
        cohorts = {
            student: self._cohort(student, wishes=[self._wish("101")])
            for student in (self.asha, self.bina)
        }
        for seed in ("spring", "autumn", "winter", "monsoon"):
            run = self._run(seed=seed, is_simulation=True)
            results = {one: self._line(run, cohort)._describe() for one, cohort in cohorts.items()}
            for student, result in results.items():
                text = f"{seed}:{cohorts[student].id}"
                self.assertEqual(result["lot_text"], text)
                self.assertEqual(result["lot"], hashlib.sha256(text.encode()).hexdigest())
            by_lot = sorted(results, key=lambda one: results[one]["lot"])
            by_rank = sorted(results, key=lambda one: results[one]["rank"])
            self.assertEqual(by_lot, by_rank)

    def test_students_get_one_mail(self):
        self.asha.email = "asha@example.com"
        self._cohort(self.asha)
        run = self._run()
        run.action_apply()
        line = run.line_ids
        self.assertTrue(line.told_at)
        mails = self.env["mail.mail"].search([("model", "=", line._name), ("res_id", "=", line.id)])
        self.assertEqual(mails.recipient_ids, self.asha.partner_id)
        run._tell_batch()
        self.assertEqual(
            self.env["mail.mail"].search_count(
                [("model", "=", line._name), ("res_id", "=", line.id)]
            ),
            1,
        )

    def _mails(self, run):
        return self.env["mail.mail"].search(
            [("model", "=", run.line_ids._name), ("res_id", "in", run.line_ids.ids)]
        )

    def _with_mail(self, *students):
        for student in students:
            student.email = f"{student.roll_number.lower()}@example.com"

    def test_who_was_left_out_is_told_and_reads_why(self):
        self._with_mail(self.asha, self.bina)
        group = self._cohort(self.asha, self.bina, wishes=[self._wish("101")])
        self.bina.status = "inactive"
        run = self._run()
        self.assertEqual(self._line(run, group).state, "skipped")
        desk = self.env["hostel.cohort.desk"].with_user(self.asha_user)
        self.assertFalse(desk._get_page()["cohort"]["was_left_out"])
        run.action_apply()
        self.assertTrue(self._line(run, group).told_at)
        self.assertIn(self.asha.partner_id, self._mails(run).recipient_ids)
        self.assertTrue(desk._get_page()["cohort"]["was_left_out"])
        result = self.Run._get_result(self.asha)
        self.assertFalse(result["placed"])
        self.assertIn("did not take part", result["text"])
        self.assertTrue(result["reasons"])
        # Not which of them it is about, nor what.
        self.assertNotIn("active", result["text"])
        self.assertNotIn("Bina", str(result))

    def test_who_was_left_out_alone_reads_the_own_reason(self):
        self._fill("103", self.asha)
        self._cohort(self.asha)
        gone = self._cohort(self.bina)
        self.bina.status = "inactive"
        run = self._run()
        run.action_apply()
        self.assertIn("a bed for this term", self.Run._get_result(self.asha)["text"])
        self.assertIn("only active students", self._line(run, gone).explanation)

    def _stopped(self):
        """A run that was stopped after its first group got its bed."""
        self._with_mail(self.asha, self.bina)
        self.asha.merit_score, self.bina.merit_score = 9, 5
        first = self._cohort(self.asha, wishes=[self._wish("101")])
        self._cohort(self.bina, wishes=[self._wish("102")])
        run = self._run()
        run.sudo().state = "applying"
        self._line(run, first)._apply()
        run.action_cancel()
        return run

    def test_who_got_a_bed_before_the_run_was_stopped_is_told(self):
        run = self._stopped()
        self.assertEqual((run.state, run.untold_count), ("cancelled", 0))
        self.assertEqual(self._mails(run).recipient_ids, self.asha.partner_id)
        result = self.Run._get_result(self.asha)
        self.assertTrue(result["placed"])
        self.assertIn("101", result["beds"])
        self.assertIsNone(self.Run._get_result(self.bina))
        # The others are placed by another run, and this one stays as the record.
        self.refused("RUN_STATE", run.action_solve)
        with self.assertRaises(UserError):
            run.unlink()
        rest = self.Run.browse(run.action_run_rest()["res_id"])
        rest.action_solve()
        rest.action_apply()
        self.assertEqual(self._mails(rest).recipient_ids, self.bina.partner_id)
        self.assertIn("101", self.Run._get_result(self.asha)["beds"])

    def test_a_preview_that_was_given_up_tells_nobody(self):
        self._with_mail(self.asha)
        self._cohort(self.asha)
        run = self._run()
        run.action_cancel()
        self.assertEqual((run.untold_count, len(self._mails(run))), (0, 0))
        self.assertIsNone(self.Run._get_result(self.asha))
        run.action_solve()
        self.assertEqual(run.state, "solved")

    def test_telling_goes_on_where_it_failed(self):
        self._with_mail(self.asha, self.bina)
        first, second = self._cohort(self.asha), self._cohort(self.bina)
        run = self._run()
        Line = self.registry["hostel.allocation.run.line"]
        tell = Line._tell_students

        def fail(line, template):
            if line.cohort_id == first:
                raise ValueError("no letter")
            return tell(line, template)

        with (
            patch.object(Line, "_tell_students", fail),
            mute_logger("odoo.addons.hostel_booking.models.hostel_allocation_run_line"),
        ):
            run.action_apply()
        self.assertEqual((run.state, run.untold_count), ("done", 1))
        self.assertEqual(self._mails(run).recipient_ids, self.bina.partner_id)
        self.assertFalse(self._line(run, first).told_at)
        run.action_resume()
        self.assertEqual(run.untold_count, 0)
        self.assertEqual(len(self._mails(run)), 2)
        self.assertTrue(self._line(run, second).told_at)
        self.refused("RUN_STATE", run.action_resume)

    def test_all_are_told_in_several_jobs(self):
        self._with_mail(self.asha, self.bina, self.chand)
        for student in (self.asha, self.bina, self.chand):
            self._cohort(student)
        run = self._run()
        with patch("odoo.addons.hostel_booking.models.hostel_allocation_run.TELL_BATCH", 1):
            run.action_apply()
        self.assertEqual((run.untold_count, len(self._mails(run))), (0, 3))

    def test_every_reason_has_a_sentence(self):
        line = self.env["hostel.allocation.run.line"].new({})
        engine = {
            "FILLED", "NO_SUCH_ROOM", "NOT_YOUR_GENDER", "ROOM_TOO_SMALL", "KEPT_FOR_OTHERS",
            "QUOTA_FULL",
        }  # fmt: skip
        for code in engine:
            self.assertIn("3", line._get_reason(3, code, 4))

    def test_a_run_may_follow_the_slots_that_the_window_published(self):
        """Asha has the better results, and Bina the better lot."""
        self.asha.merit_score, self.bina.merit_score = 9, 5
        self._room("101").bed_ids[1].active = False
        cohorts = [self._cohort(one, wishes=[self._wish("101")]) for one in (self.asha, self.bina)]
        run = self.Run.create({"round_id": self.round.id, "first_criterion": "slot"})
        self.refused("NO_SLOTS", run.action_solve)
        self.assertEqual(run.state, "draft")
        self.env["hostel.booking.slot"].create(
            [
                {"window_id": self.window.id, "student_id": one.id, "rank": rank}
                for one, rank in ((self.asha, 2), (self.bina, 1))
            ]
        )
        self.window.slot_state = "drawn"
        self.refused("NO_SLOTS", run.action_solve)
        self.window.slot_state = "published"
        run.action_solve()
        self.assertEqual([self._line(run, one).rank for one in cohorts], [2, 1])
        self.assertEqual([self._line(run, one).wish for one in cohorts], [0, 1])
        run = self._run(first_criterion="merit")
        self.assertEqual([self._line(run, one).rank for one in cohorts], [1, 2])

    # What-if -------------------------------------------------------------

    def test_a_what_if_gives_no_bed(self):
        self._cohort(self.asha)
        run = self._run(is_simulation=True)
        self.refused("SIMULATION", run.action_apply)
        real = self.Run.browse(run.action_make_real()["res_id"])
        self.assertEqual((real.is_simulation, real.seed, real.state), (False, "test", "draft"))

    def test_real_runs_use_the_quotas_as_they_are(self):
        for vals in ({"quota_percent": 200}, {"take_uncleared": True}):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.Run.create({"round_id": self.round.id, **vals}).flush_recordset()

    def test_small_groups_have_no_figures(self):
        self._cohort(self.asha)
        run = self._run()
        groups = run.group_ids.filtered(lambda group: group.kind == "gender")
        self.assertEqual((groups.name, groups.is_hidden, groups.student_count), ("Female", True, 0))

    def test_comparisons_open_for_the_chosen_runs(self):
        runs = self._run(is_simulation=True) | self._run(is_simulation=True)
        for action in (runs.action_compare(), runs.action_compare_wishes()):
            self.assertEqual(action["domain"], [("run_id", "in", runs.ids)])

    # Guards --------------------------------------------------------------

    def test_other_rules_void_a_preview(self):
        self._cohort(self.asha)
        admin = self._admin()
        run = self._run().with_user(admin)
        run.write({"first_criterion": "year"})
        self.assertEqual((run.state, len(run.line_ids)), ("draft", 0))

    def test_what_has_run_is_a_record(self):
        self._cohort(self.asha)
        run = self._run()
        run.action_apply()
        mine = run.with_user(self._admin())
        with self.assertRaises(UserError):
            mine.write({"seed": "another"})
        with self.assertRaises(UserError):
            mine.write({"state": "draft"})
        with self.assertRaises(UserError):
            mine.unlink()

    def _admin(self):
        return new_test_user(self.env, "admin.run.test", groups="hostel_base.group_hostel_admin")

    def test_only_the_administrator_runs_allocations(self):
        self._cohort(self.asha)
        run = self._run()
        for role in ("warden", "supervisor", "floor_incharge", "finance", "student"):
            user = new_test_user(
                self.env, f"{role}.run.test", groups=f"hostel_base.group_hostel_{role}"
            )
            for method in ("action_solve", "action_apply", "action_resume", "action_what_if"):
                with self.subTest(role=role, method=method), self.assertRaises(AccessError):
                    getattr(run.with_user(user), method)()

    def test_a_warden_sees_who_came_to_the_own_hostels(self):
        own = self._cohort(self.asha)
        foreign = self._cohort(self.chand)
        run = self._run()
        warden = new_test_user(
            self.env, "warden.run.test", groups="hostel_base.group_hostel_warden"
        )
        self.env["hostel.staff"].create(
            {"user_id": warden.id, "hostel_id": self.girls.id, "role": "warden"}
        )
        Line = self.env["hostel.allocation.run.line"].with_user(warden)
        # A preview is the administrator's.
        self.assertFalse(Line.search([("run_id", "=", run.id)]))
        run.action_apply()
        self.assertEqual(Line.search([("run_id", "=", run.id)]).cohort_id, own)
        with self.assertRaises(AccessError):
            self._line(run, foreign).with_user(warden).read(["rank"])

    def test_the_hostel_s_own_order_counts_with_deferred_acceptance(self):
        self.girls.allocation_priority = "distance"
        self.asha.write({"merit_score": 9, "home_distance_km": 1})
        self.bina.write({"merit_score": 5, "home_distance_km": 900})
        room = self._room("101")
        room.bed_ids[1].active = False
        near = self._cohort(self.asha, wishes=[self._wish("101")])
        far = self._cohort(self.bina, wishes=[self._wish("101")])
        run = self._run(mechanism="deferred_acceptance")
        self.assertEqual((self._line(run, near).wish, self._line(run, far).wish), (0, 1))
        run = self._run()
        self.assertEqual((self._line(run, near).wish, self._line(run, far).wish), (1, 0))


@tagged("post_install", "-at_install")
class TestResultPage(CampusMixin, HttpCase):
    def test_a_student_reads_the_result_and_the_reasons(self):
        self.setUpCampus()
        cohort = self.env["hostel.cohort"].create(
            {
                "round_id": self.round.id,
                "leader_id": self.asha.id,
                "gender": "female",
                "is_solo": True,
                "size_min": 1,
                "size_max": 1,
            }
        )
        self.env["hostel.cohort.member"].create(
            {"cohort_id": cohort.id, "student_id": self.asha.id, "seat": 1}
        )
        run = self.env["hostel.allocation.run"].create(
            {"round_id": self.round.id, "seed": "spring"}
        )
        run.sudo().state = "done"
        self.env["hostel.allocation.run.line"].create(
            {
                "run_id": run.id,
                "cohort_id": cohort.id,
                "state": "unplaced",
                "rank": 3,
                "facts": {"rank": 3, "of": 3, "missed": [[1, "FILLED", 2]]},
            }
        )
        self.authenticate("asha.test", "asha.test")
        page = self.url_open("/my/cohort").text
        self.assertIn("No bed was left for you. Your turn was 3 of 3.", page)
        self.assertIn("the last one to get in was rank 2", page)
        # What the student needs to draw the own lot again is on the page.
        drawn = f"spring:{cohort.id}"
        self.assertIn(drawn, page)
        self.assertIn(hashlib.sha256(drawn.encode()).hexdigest(), page)
        self.authenticate("bina.test", "bina.test")
        self.assertNotIn("Result of the allocation", self.url_open("/my/cohort").text)
