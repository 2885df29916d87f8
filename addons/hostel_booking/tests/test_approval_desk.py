"""The approval desk: what waits, what proves it, many decisions at once."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tests.common import HostelCase
from odoo.addons.queue_job.tests.common import trap_jobs

from ..models.hostel_approval_batch import LEAST, STEP


class DeskCase(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.warden = cls.users["warden"]

    def setUp(self):
        super().setUp()
        self.desk = self.env["hostel.approval.desk"].with_user(self.warden)

    def _wait(self, bed=None, *, paid=True, **student):
        """A row that waits for the warden."""
        person = self._create_student(**student)
        row = self._reserve(bed or self.bed, person, "awaiting_approval")
        if paid:
            row.sudo().paid_at = self.env.cr.now()
        return row

    def _ids(self, key, **options):
        data = self.desk.get_data({"filter": key, **options})
        return {row_id for group in data["groups"] for row_id in group["ids"]}

    def _count(self, key, **options):
        data = self.desk.get_data(options)
        return next(item["count"] for item in data["filters"] if item["key"] == key)

    def _many(self, count):
        hostel = self._create_hostel(name="Long house", floors=1, rooms=(count + 1) // 2)
        self._create_post(self.warden, hostel, "warden")
        rows = self.Allocation.browse()
        for bed in hostel.bed_ids[:count]:
            rows |= self._wait(bed)
        return rows


@tagged("post_install", "-at_install")
class TestDesk(DeskCase):
    def test_each_filter_counts_what_it_shows(self):
        paid, unpaid = self._wait(), self._wait(self.other_bed, paid=False)
        beds = self.home.bed_ids
        approved = self._wait(beds[2])
        with trap_jobs():
            approved.with_user(self.warden).action_approve()
        unplaced = self._wait(beds[3])
        unplaced.action_reject()
        foreign = self._wait(self.foreign.bed_ids[0])
        expected = {
            "awaiting": paid | unpaid,
            "approved": approved,
            "unplaced": unplaced,
            "ready": paid,
            "unproven": unpaid,
            "from_office": paid | unpaid,
            "from_map": self.Allocation,
        }
        for key, rows in expected.items():
            with self.subTest(filter=key):
                self.assertEqual(self._ids(key), set(rows.ids))
                self.assertEqual(self._count(key), len(rows))
                self.assertNotIn(foreign.id, self._ids(key))

    def test_a_search_finds_by_roll_number_and_room(self):
        row, other = self._wait(), self._wait(self.home.bed_ids[2])
        roll = row.student_id.roll_number
        self.assertEqual(self._ids("awaiting", search=roll), {row.id})
        self.assertEqual(self._ids("awaiting", search=other.room_id.name), {other.id})

    def test_the_reject_dialog_names_its_view(self):
        # The desk opens it without the button's call, which would add the views.
        row = self._wait()
        action = row.with_user(self.warden).action_open_reject()
        self.assertEqual(action["views"], [(False, "form")])
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.warden)
            .with_context(**action["context"])
            .create({})
        )
        self.assertEqual(wizard.allocation_ids, row)

    def test_rows_stand_together_as_they_live(self):
        row, mate = self._wait(), self._wait(self.other_bed)
        other = self._wait(self.home.bed_ids[2])
        groups = self.desk.get_data({"group": "room"})["groups"]
        self.assertEqual([group["ids"] for group in groups], [[row.id, mate.id], [other.id]])
        [group] = self.desk.get_data({"group": "hostel"})["groups"]
        self.assertEqual(group["name"], "Home")
        self.assertRefused("BAD_REQUEST", self.desk.get_data, {"group": "password"})

    def test_the_proof_stands_beside_the_name(self):
        row = self._wait(paid=False)
        student = row.student_id
        self.env["hostel.clearance"].create(
            {
                "student_id": student.id,
                "term_id": self.term.id,
                "source": "manual",
                "reference": "Letter 17",
            }
        )
        self.env["hostel.undertaking"].create(
            {
                "student_id": student.id,
                "year_id": self.year.id,
                "reference": "AR-1",
                "student_date": "2030-07-01",
                "guardian_date": "2030-07-02",
            }
        )
        [card] = self.desk.get_data()["cards"]
        proof = {item["key"]: item for item in card["evidence"]}
        self.assertEqual(proof["clearance"]["state"], "ok")
        self.assertIn("Letter 17", proof["clearance"]["detail"])
        self.assertEqual(
            (proof["undertaking"]["state"], proof["identity"]["state"]), ("ok", "open")
        )
        self.assertNotIn("payment", proof)

    def test_an_undertaking_is_missing_only_where_the_college_asks_for_it(self):
        row = self._wait()
        self.assertFalse(row._get_missing_evidence())
        self.env["ir.config_parameter"].set_param("hostel_base.require_undertaking", "True")
        self.assertEqual(row._get_missing_evidence(), {row: ["No undertaking"]})

    def test_the_room_shows_who_else_is_there(self):
        mate = self._wait(self.other_bed, name="Mate Test", year_of_study=3)
        mate._transition("allocated")
        self._wait()
        [card] = self.desk.get_data()["cards"]
        first, second = card["room_picture"]
        self.assertTrue(first["mine"] and not second["mine"])
        self.assertEqual(second["who"], "Mate Test, year 3")

    def test_the_same_person_under_two_numbers(self):
        row = self._wait(name="Asha Rao", email="asha@example.com")
        self.assertFalse(self._ids("twice"))
        self._wait(self.foreign.bed_ids[0], name="Asha R", email="ASHA@example.com")
        self.assertEqual(self._ids("twice"), {row.id})
        [card] = self.desk.get_data()["cards"]
        self.assertTrue(card["twice"])

    def test_looking_again_reads_no_names(self):
        self._wait()
        self.env["hostel.access.log"]._flush_pending()
        log = self.env["hostel.access.log"].sudo()
        before = log.search_count([])
        self.assertFalse(self.desk.get_data({"with_cards": False})["cards"])
        self.env["hostel.access.log"]._flush_pending()
        self.assertEqual(log.search_count([]), before)
        self.assertTrue(self.desk.get_data()["cards"])
        self.env["hostel.access.log"]._flush_pending()
        self.assertEqual(log.search_count([]), before + 1)

    def test_the_desk_asks_as_often_for_many_as_for_few(self):
        self._many(4)
        self.env.invalidate_all()
        self.desk.get_data()  # what is cached for ever
        self.env.invalidate_all()
        few = self._count_queries()
        self._many(20)
        self.assertLessEqual(self._count_queries(), few + 3)

    def _count_queries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.desk.get_data()
        return self.env.cr.sql_log_count - before

    def test_who_does_not_decide_sees_no_desk(self):
        self._wait()
        for role in ("supervisor", "floor_incharge", "guard", "finance", "student", "portal"):
            desk = self.env["hostel.approval.desk"].with_user(self.users[role])
            with self.subTest(role=role):
                self.assertRaises(AccessError, desk.get_data)
                self.assertRaises(AccessError, desk.get_cards, [])
                self.assertRaises(AccessError, desk.approve, [])
                self.assertRaises(AccessError, desk.withdraw, [])
                self.assertRaises(AccessError, desk.check_evidence, [])

    def test_a_warden_decides_about_the_own_hostel_only(self):
        foreign = self._wait(self.foreign.bed_ids[0])
        self.assertRaises(AccessError, self.desk.approve, foreign.ids)
        self.assertRaises(AccessError, self.desk.withdraw, foreign.ids)
        self.assertFalse(self.desk.get_cards(foreign.ids))
        with self.assertRaises(HostelError) as caught:
            self.env["hostel.booking.reject"].with_user(self.warden).create(
                {"allocation_ids": [(6, 0, foreign.ids)]}
            )
        self.assertEqual(caught.exception.code, "NOT_FOUND")
        self.assertEqual(foreign.state, "awaiting_approval")


@tagged("post_install", "-at_install")
class TestDecisions(DeskCase):
    def test_without_proof_it_asks_first(self):
        row, proven = self._wait(paid=False), self._wait(self.other_bed)
        ids = (row | proven).ids
        refusal = self.assertRefused("EVIDENCE_MISSING", self.desk.approve, ids)
        self.assertEqual(refusal.details["ids"], row.ids)
        self.assertIn(row.student_id.roll_number, refusal.details["lines"][0])
        self.assertEqual(self.desk.check_evidence(ids), refusal.details)
        self.assertEqual(self.desk.check_evidence(proven.ids), {})
        self.assertFalse(row.approval_due or proven.approval_due)
        with trap_jobs():
            done = self.desk.approve(ids, accept_missing=True)
        self.assertEqual((done["count"], done["due_in_ms"]), (2, 60_000))
        self.assertEqual(row.accepted_without, "No payment")
        self.assertFalse(proven.accepted_without)
        row.action_withdraw_approval()
        self.assertFalse(row.accepted_without, "the next approval may find the proof")

    def test_what_was_accepted_is_not_rewritten_by_hand(self):
        row = self._wait().with_user(self.warden)
        for vals in (
            {"accepted_without": ""},
            {"booking_source": "map"},
            {"reject_note": "x"},
            {"approval_batch_id": False},
        ):
            with self.subTest(vals=vals):
                self.assertRaises(AccessError, row.write, vals)

    def test_taken_back_within_the_minute(self):
        row = self._wait()
        with trap_jobs():
            self.desk.approve(row.ids)
        self.assertEqual(self._ids("approved"), {row.id})
        self.desk.withdraw(row.ids)
        self.assertEqual(self._ids("awaiting"), {row.id})

    def _reject(self, rows, **vals):
        wizard = (
            self.env["hostel.booking.reject"]
            .with_user(self.warden)
            .create({"allocation_ids": [(6, 0, rows.ids)], **vals})
        )
        wizard.action_reject()
        return wizard

    def test_a_rejected_student_reads_why(self):
        row = self._wait(paid=False, email="asha@example.com")
        self._reject(row, reason="papers", note="Bring the letter of your department.")
        self.assertEqual((row.state, row.reject_reason), ("cancelled", "papers"))
        message = self.env["mail.message"].search(
            [("model", "=", row._name), ("res_id", "=", row.id)], order="id desc", limit=1
        )
        self.assertEqual(message.notified_partner_ids, row.student_id.partner_id)
        self.assertIn("Bring the letter", message.body)
        self.assertIn(f"/my/hostel/{row.id}", message.body)
        # The bed is another's now.
        self.assertTrue(self._reserve(self.bed))

    def test_each_reason_has_a_sentence_that_can_be_changed(self):
        row = self._wait()
        wizard = (
            self.env["hostel.booking.reject"]
            .with_user(self.warden)
            .create({"allocation_ids": [(6, 0, row.ids)]})
        )
        sentences = set()
        for reason, _label in wizard._fields["reason"].selection:
            wizard.reason = reason
            sentences.add(wizard.note)
        self.assertEqual(len(sentences), len(wizard._fields["reason"].selection))
        self.assertRefused("REASON_MISSING", wizard.action_reject)  # "other" has none yet
        self.assertEqual(row.state, "awaiting_approval")

    def test_money_looks_for_an_equal_bed_but_not_for_the_same(self):
        row = self._wait()
        self._reject(row, note="Sorry")
        self.assertEqual(row.state, "reassigned")
        new = self.Allocation.search([("origin_id", "=", row.id)])
        self.assertNotEqual(new.bed_id, row.bed_id)
        self.assertEqual((new.state, new.paid_at), ("awaiting_approval", row.paid_at))
        self.assertEqual(new.booking_source, row.booking_source)

    def test_money_without_another_bed_goes_back(self):
        row = self._wait()
        for bed in self.home.bed_ids - self.bed:
            self._create_allocation("allocated", bed=bed)
        self._reject(row, note="Sorry")
        self.assertEqual(row.state, "refund_due")

    def test_the_warden_may_look_for_the_bed_or_refund(self):
        row, other = self._wait(), self._wait(self.other_bed)
        self._reject(row, note="Sorry", money="wait")
        self.assertEqual(row.state, "unplaced")
        self._reject(other, note="Sorry", money="refund")
        self.assertEqual(other.state, "refund_due")
        row.with_user(self.warden).action_give_other_bed()
        new = self.Allocation.search([("origin_id", "=", row.id)])
        self.assertNotEqual(new.bed_id, row.bed_id)

    def test_nothing_to_reject_is_said(self):
        row = self._wait()
        row._transition("allocated")
        with self.assertRaises(HostelError) as caught:
            self._reject(row, note="Sorry")
        self.assertEqual(caught.exception.code, "NOTHING_TO_REJECT")


@tagged("post_install", "-at_install")
class TestBatch(DeskCase):
    def setUp(self):
        super().setUp()
        self.env["ir.config_parameter"].set_param("hostel_base.approval_delay", "0")

    def _start(self, rows):
        with trap_jobs() as trap:
            rows.with_user(self.warden).action_approve()
        return trap, rows.approval_batch_id

    def test_few_are_approved_one_by_one(self):
        rows = self._many(LEAST - 1)
        trap, batch = self._start(rows)
        trap.assert_jobs_count(LEAST - 1)
        self.assertFalse(batch)

    def test_many_are_one_batch_and_one_job(self):
        rows = self._many(LEAST)
        trap, batch = self._start(rows)
        trap.assert_jobs_count(1)
        [job] = trap.enqueued_jobs
        self.assertEqual((job.method_name, job.eta), ("_apply_step", batch.due_at))
        self.assertEqual((batch.total, batch.state, batch.user_id), (LEAST, "waiting", self.warden))
        self.assertEqual(set(rows.mapped("state")), {"awaiting_approval"})

    def test_steps_do_the_rest_and_say_how_far_they_are(self):
        rows = self._many(STEP + 5)
        _trap, batch = self._start(rows)
        with trap_jobs() as trap:
            batch.sudo()._apply_step()
        # Others are of the bills.
        trap.assert_jobs_count(1, only=batch.sudo()._apply_step)
        self.assertEqual((batch.state, batch.done_count), ("running", STEP))
        self.assertEqual(rows.mapped("state").count("allocated"), STEP)
        self.env["bus.bus"].search([]).unlink()
        with trap_jobs() as trap:
            batch.sudo()._apply_step()
        trap.assert_jobs_count(0, only=batch.sudo()._apply_step)
        self.assertEqual((batch.state, batch.progress), ("done", 100))
        self.assertEqual(set(rows.mapped("state")), {"allocated"})
        self.env.cr.precommit.run()
        messages = self.env["bus.bus"].search([]).mapped("message")
        self.assertTrue(any("hostel.approval/progress" in message for message in messages))
        # Not a name, not a bed.
        self.assertFalse([m for m in messages if rows[0].student_id.name in m])

    def test_a_repeated_step_changes_nothing(self):
        rows = self._many(LEAST)
        _trap, batch = self._start(rows)
        batch.sudo()._apply_step()
        fences = rows.mapped("fence")
        self.assertEqual(batch.sudo()._apply_step(), "stopped")
        self.assertEqual(rows.mapped("fence"), fences)

    def test_withdrawn_rows_never_take_effect(self):
        rows = self._many(LEAST)
        _trap, batch = self._start(rows)
        some = rows[:3].with_user(self.warden)
        some.action_withdraw_approval()
        self.assertEqual((batch.total, batch.state), (LEAST - 3, "waiting"))
        batch.sudo()._apply_step()
        self.assertEqual(set(some.mapped("state")), {"awaiting_approval"})
        self.assertEqual(batch.done_count, LEAST - 3)

    def test_a_whole_batch_is_taken_back(self):
        rows = self._many(LEAST)
        _trap, batch = self._start(rows)
        batch.with_user(self.warden).action_withdraw()
        self.assertEqual(batch.state, "withdrawn")
        self.assertFalse(any(rows.mapped("approval_due")))
        self.assertEqual(batch.sudo()._apply_step(), "stopped")
        self.assertRefused("NOTHING_TO_WITHDRAW", batch.with_user(self.warden).action_withdraw)

    def test_a_rejected_row_leaves_its_batch(self):
        rows = self._many(LEAST)
        _trap, batch = self._start(rows)
        rows[0]._reject("other", "Sorry", "refund")
        self.assertEqual(batch.total, LEAST - 1)

    def test_busy_beds_come_again(self):
        rows = self._many(LEAST)
        _trap, batch = self._start(rows)
        with (
            patch.object(
                self.registry["hostel.bed"], "try_lock_for_update", lambda bed, **_kw: bed.browse()
            ),
            trap_jobs() as trap,
        ):
            batch.sudo()._apply_step()
        [job] = trap.enqueued_jobs  # nothing was billed
        self.assertEqual(job.eta, self.env.cr.now() + timedelta(seconds=2))
        self.assertEqual((batch.done_count, batch.failed_count), (0, 0))
        batch.sudo()._apply_step()
        self.assertEqual(batch.done_count, LEAST)

    def test_a_refused_row_waits_for_a_person_and_the_others_go_on(self):
        rows = self._many(LEAST)
        _trap, batch = self._start(rows)
        original = self.registry["hostel.allocation"]._transition

        def refuse(row, state, **vals):
            if row.id == rows[0].id:
                raise HostelError("INVALID_TRANSITION", "Not this one.")
            return original(row, state, **vals)

        with patch.object(self.registry["hostel.allocation"], "_transition", refuse):
            batch.sudo()._apply_step()
        self.assertEqual(
            (batch.state, batch.done_count, batch.failed_count), ("done", LEAST - 1, 1)
        )
        self.assertEqual(batch.failures[0]["code"], "INVALID_TRANSITION")
        self.assertFalse(rows[0].approval_due)
        self.assertEqual(rows[0].state, "awaiting_approval")

    def test_resumed_too_early_it_waits(self):
        self.env["ir.config_parameter"].set_param("hostel_base.approval_delay", "60")
        rows = self._many(LEAST)
        _trap, batch = self._start(rows)
        with trap_jobs() as trap:
            self.assertEqual(batch.sudo()._apply_step(), "too early")
        trap.assert_jobs_count(1)
        self.assertEqual(batch.done_count, 0)

    def test_a_stalled_batch_says_so(self):
        rows = self._many(LEAST)
        _trap, batch = self._start(rows)
        self.assertFalse(batch.is_stalled)
        long_ago = self.env.cr.now() - timedelta(minutes=4)
        batch.sudo().write({"due_at": long_ago, "moved_at": long_ago})
        self.assertTrue(batch.is_stalled)
        with trap_jobs() as trap:
            batch.with_user(self.warden).action_resume()
        trap.assert_jobs_count(1)

    def test_batches_are_the_wardens_own(self):
        rows = self._many(LEAST)
        _trap, batch = self._start(rows)
        other = self._create_user("other.warden", "hostel_base.group_hostel_warden")
        self._create_post(other, rows.hostel_id, "warden")
        self.assertFalse(batch.with_user(other).search([("id", "=", batch.id)]))
        self.assertRaises(AccessError, batch.with_user(other).action_withdraw)
        self.assertRaises(AccessError, batch.with_user(other).action_resume)
        self.assertRaises(AccessError, batch.with_user(self.warden).write, {"total": 1})
        described = self.desk.get_data()["batches"]
        self.assertEqual([one["id"] for one in described], batch.ids)
