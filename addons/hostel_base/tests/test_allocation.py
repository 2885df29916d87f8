"""Taking a bed, and everything that a row can become."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.tests.common import trap_jobs

from ..const import LIVE_STATES, UNPAID_STATES
from ..errors import HostelError
from .common import HostelCase

# Written by hand, from the description of the product: the code's own table is not asked.
ALLOWED = {
    "offered": "paying awaiting_approval expired cancelled",
    "paying": "awaiting_approval expired cancelled",
    "awaiting_approval": "allocated cancelled",
    "allocated": "checked_in cancelled transferred",
    "checked_in": "vacated transferred",
    "blocked": "cancelled",
    "expired": "unplaced",
    "cancelled": "unplaced",
    "unplaced": "reassigned refund_due",
    "refund_due": "refunded",
    "vacated": "",
    "transferred": "",
    "reassigned": "",
    "refunded": "",
}


@tagged("post_install", "-at_install")
class TestTransitions(HostelCase):
    def test_the_table_names_every_state(self):
        states = dict(self.Allocation._fields["state"].selection)
        self.assertEqual(set(states), set(ALLOWED))

    def test_every_pair_of_states(self):
        for old, allowed in ALLOWED.items():
            for new in ALLOWED:
                with self.subTest(old=old, new=new), self.env.cr.savepoint() as savepoint:
                    row = self._create_allocation(old)
                    if new in allowed.split():
                        row._transition(new)
                        self.assertEqual(row.state, new)
                    else:
                        self.assertRefused("INVALID_TRANSITION", row._transition, new)
                        self.assertEqual(row.state, old)
                    savepoint.rollback()

    def test_each_transition_takes_a_larger_fence(self):
        row = self._reserve()
        fences = [row.fence]
        for state in ("awaiting_approval", "allocated", "checked_in", "vacated"):
            row._transition(state)
            fences.append(row.fence)
        fences.append(self._reserve().fence)
        self.assertEqual(fences, sorted(set(fences)))

    def test_a_bed_that_somebody_works_on_is_busy(self):
        row = self._reserve()
        fence = row.fence
        with patch.object(
            self.registry["hostel.bed"], "try_lock_for_update", lambda bed, **_kw: bed.browse()
        ):
            refusal = self.assertRefused("BED_BUSY", row._transition, "expired")
            self.assertEqual(refusal.details, {"retry_after": 1})
            self.assertRefused("BED_BUSY", self._reserve, self.other_bed)
        self.assertEqual((row.state, row.fence), ("paying", fence))

    def test_the_hook_is_told_the_old_state(self):
        told = []
        with patch.object(
            self.registry["hostel.allocation"],
            "_after_transition",
            lambda row, old: told.append((old, row.state)),
        ):
            row = self._reserve()
            row._transition("awaiting_approval")
        self.assertEqual(told, [(False, "paying"), ("paying", "awaiting_approval")])

    def test_a_dead_row_makes_room(self):
        row = self._reserve()
        row._transition("expired")
        self.assertEqual(self._reserve().bed_id, self.bed)

    def test_rows_are_made_by_no_hand(self):
        user = self._create_user("byhand", "hostel_base.group_hostel_admin")
        vals = {"bed_id": self.bed.id, "date_from": "2031-01-01", "date_to": "2031-02-01"}
        with self.assertRaises(AccessError):
            self.Allocation.with_user(user).create({**vals, "state": "blocked", "is_block": True})

    def test_rows_are_never_deleted(self):
        row = self._reserve()
        self.assertRefused("ALLOCATION_KEPT", row.unlink)


@tagged("post_install", "-at_install")
class TestReserve(HostelCase):
    def test_a_row_says_everything_about_the_stay(self):
        student = self._create_student()
        row = self._reserve(student=student, hold_seconds=900)
        self.assertEqual(row.state, "paying")
        self.assertEqual((row.bed_id, row.student_id), (self.bed, student))
        self.assertEqual((row.room_id, row.floor_id), (self.bed.room_id, self.bed.floor_id))
        self.assertEqual((row.hostel_id, row.gender), (self.home, "female"))
        self.assertEqual((row.date_from, row.date_to), (self.term.date_from, self.term.date_to))
        self.assertEqual(row.price, 42000)
        self.assertEqual(row.hold_until, self.env.cr.now() + timedelta(seconds=900))
        self.assertEqual(row.hold_started_at, self.env.cr.now())
        self.assertRegex(row.payment_ref, r"^HB-[0-9A-F]{12}$")
        self.assertEqual(row._get_bed_label(), f"Home · {self.bed.room_id.name} · A")

    def test_references_can_not_be_guessed_from_one_another(self):
        first, second = self._reserve(), self._reserve(self.other_bed)
        self.assertNotEqual(first.payment_ref, second.payment_ref)
        self.assertNotIn(str(first.id), first.payment_ref.removeprefix("HB-")[:-6])

    def test_the_price_is_frozen(self):
        row = self._reserve()
        held = self._reserve(self.other_bed, price=39000)
        self.twin.base_fee = 50000
        self.bed.room_id.fee = 60000
        self.assertEqual((row.price, held.price), (42000, 39000))

    def test_a_second_pay_returns_the_row(self):
        student = self._create_student()
        for state in UNPAID_STATES:
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                row = self._reserve(student=student, state=state)
                self.assertEqual(self._reserve(student=student), row)
                savepoint.rollback()

    def test_a_taken_bed(self):
        for state in LIVE_STATES[:-1]:
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                self._create_allocation(state)
                with mute_logger("odoo.sql_db"):
                    self.assertRefused("BED_TAKEN", self._reserve)
                savepoint.rollback()

    def test_the_same_bed_again(self):
        student = self._create_student()
        for state in ("awaiting_approval", "allocated", "checked_in"):
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                self._create_allocation(state, student=student)
                with mute_logger("odoo.sql_db"):
                    self.assertRefused("DUPLICATE_ENTRY", self._reserve, student=student)
                savepoint.rollback()

    def test_another_bed_for_the_same_student(self):
        student = self._create_student()
        self._reserve(student=student)
        with mute_logger("odoo.sql_db"):
            self.assertRefused("INVALID_ALLOCATION", self._reserve, self.other_bed, student)

    def test_a_refusal_leaves_the_transaction_usable(self):
        self._reserve()
        with mute_logger("odoo.sql_db"):
            self.assertRefused("BED_TAKEN", self._reserve)
        self.assertTrue(self._reserve(self.other_bed))

    def test_another_term_is_another_matter(self):
        student = self._create_student()
        self._reserve(student=student)
        earlier = self._create_term(date_from="2030-08-01", date_to="2031-01-04")
        self.assertTrue(self.Allocation._reserve(self.bed, student, earlier, "offered"))

    def test_gender_of_the_hostel(self):
        for gender in ("male", "other"):
            student = self._create_student(gender=gender)
            self.assertRefused("GENDER_MISMATCH", self._reserve, student=student)

    def test_gender_of_a_room_in_a_mixed_hostel(self):
        mixed = self._create_hostel(gender_type="mixed", floors=1, rooms=1)
        bed, other = mixed.bed_ids
        woman, man = self._create_student(), self._create_student(gender="male")
        # Nobody has said yet for whom the room is.
        self.assertRefused("GENDER_MISMATCH", self._reserve, bed, woman)
        bed.room_id.gender = "male"
        self.assertRefused("GENDER_MISMATCH", self._reserve, bed, woman)
        self.assertTrue(self._reserve(bed, man))
        # The room can be given to the others only when nobody lives in it.
        bed.room_id.gender = "female"
        with mute_logger("odoo.sql_db"):
            self.assertRefused("GENDER_MISMATCH", self._reserve, other, woman)

    def test_students_who_may_not_live_here(self):
        for vals in ({"status": "inactive"}, {"status": "alumni"}, {"active": False}):
            with self.subTest(vals=vals):
                student = self._create_student(**vals)
                refusal = self.assertRefused("STUDENT_INACTIVE", self._reserve, student=student)
                self.assertEqual(refusal.http_status, 403)

    def test_a_retired_bed(self):
        self.bed.active = False
        self.assertRefused("BED_RETIRED", self._reserve)
        self.other_bed.room_id.active = False
        self.assertRefused("BED_RETIRED", self._reserve, self.other_bed)

    def test_a_closed_room(self):
        self.bed.room_id._close(self.term.date_from, self.term.date_to, "Paint")
        with mute_logger("odoo.sql_db"):
            self.assertRefused("ROOM_CLOSED", self._reserve)
        self.bed.room_id.action_reopen()
        self.assertTrue(self._reserve())

    def test_a_room_with_people_is_not_closed(self):
        self._reserve(self.other_bed)
        with mute_logger("odoo.sql_db"), self.env.cr.savepoint() as savepoint:
            self.assertRefused(
                "BED_TAKEN",
                self.bed.room_id._close,
                self.term.date_from,
                self.term.date_to,
                "Paint",
            )
            savepoint.rollback()
        self.assertEqual(self.bed.room_id.bed_ids.allocation_ids.mapped("state"), ["paying"])

    def test_closing_needs_days(self):
        self.assertRefused(
            "INVALID_DATES",
            self.Allocation._block,
            self.bed,
            self.term.date_to,
            self.term.date_to,
            "Paint",
        )


@tagged("post_install", "-at_install")
class TestLateMoney(HostelCase):
    """Money for a row that is dead: the same bed, an equal one, or back."""

    def _expire(self, **kwargs):
        row = self._reserve(**kwargs)
        row._transition("expired")
        return row

    def _pay(self, row):
        row._payment_received(self.env.cr.now())
        return self.Allocation.search([("origin_id", "=", row.id)])

    def test_money_in_time(self):
        for state in UNPAID_STATES:
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                row = self._create_allocation(state, hold_until=self.env.cr.now())
                self.assertFalse(self._pay(row))
                self.assertEqual(row.state, "awaiting_approval")
                self.assertEqual((row.paid_at, row.hold_until), (self.env.cr.now(), False))
                savepoint.rollback()

    def test_the_same_bed_if_it_is_free(self):
        for state in ("expired", "cancelled"):
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                row = self._reserve()
                row._transition(state)
                new = self._pay(row)
                self.assertEqual(row.state, "reassigned")
                self.assertEqual((new.bed_id, new.state), (self.bed, "awaiting_approval"))
                self.assertEqual((new.student_id, new.price), (row.student_id, row.price))
                self.assertEqual((new.paid_at, new.term_id), (row.paid_at, row.term_id))
                savepoint.rollback()

    def test_an_equal_bed_if_it_is_taken(self):
        row = self._expire()
        self._reserve()
        new = self._pay(row)
        self.assertEqual((row.state, new.state), ("reassigned", "awaiting_approval"))
        self.assertNotEqual(new.bed_id, self.bed)
        self.assertEqual(new.bed_id.hostel_id, self.home)
        self.assertEqual(new.bed_id.room_type_id, self.twin)

    def test_the_nearest_floor_first(self):
        row = self._expire()
        for bed in self.bed.floor_id.bed_ids - self.other_bed:
            self._reserve(bed)
        self.assertEqual(self._pay(row).bed_id, self.other_bed)

    def test_money_back_if_no_bed_is_equal(self):
        row = self._expire()
        for bed in self.home.bed_ids - self.other_bed:
            self._reserve(bed)
        # It is free, but it is dearer.
        self.other_bed.room_id.fee = 43000
        self.assertFalse(self._pay(row))
        self.assertEqual(row.state, "refund_due")

    def test_a_bed_of_another_kind_is_not_equal(self):
        single = self.twin.copy({"code": "TEST1", "name": "Test single", "sharing": 1})
        row = self._expire()
        free = self.home.bed_ids[-1]
        for bed in self.home.bed_ids - free:
            self._reserve(bed)
        free.room_id.room_type_id = single
        self.assertEqual(free._get_price(self.term), row.price)
        self.assertFalse(self._pay(row))
        self.assertEqual(row.state, "refund_due")

    def test_money_back_if_the_student_has_another_bed(self):
        student = self._create_student()
        row = self._expire(student=student)
        kept = self._reserve(self.other_bed, student)
        self.assertFalse(self._pay(row))
        self.assertEqual((row.state, kept.state), ("refund_due", "paying"))

    def test_money_back_if_the_student_has_left(self):
        student = self._create_student()
        row = self._expire(student=student)
        student.status = "inactive"
        self.assertFalse(self._pay(row))
        self.assertEqual(row.state, "refund_due")

    def test_money_for_a_row_that_was_confirmed_without_is_recorded(self):
        row = self._reserve(state="awaiting_approval")
        row._payment_received(self.env.cr.now())
        self.assertEqual(row.state, "awaiting_approval")
        self.assertTrue(row.paid_at)
        row.action_reject()
        self.assertEqual(row.state, "unplaced", "a refusal must not lose the money")

    def test_a_repeated_message_changes_nothing(self):
        row = self._expire()
        new = self._pay(row)
        before = (row.state, row.fence, new.state, new.fence)
        self.assertEqual(self._pay(row), new)
        self.assertEqual((row.state, row.fence, new.state, new.fence), before)
        new._payment_received(self.env.cr.now())
        self.assertEqual(new.fence, before[3])

    def test_the_office_finds_a_bed_later(self):
        row = self._create_allocation("unplaced", paid_at=self.env.cr.now(), price=42000)
        row.action_give_other_bed()
        self.assertEqual(row.state, "reassigned")
        new = self.Allocation.search([("origin_id", "=", row.id)])
        self.assertEqual((new.bed_id, new.state), (self.bed, "awaiting_approval"))

    def test_the_office_finds_none(self):
        row = self._create_allocation("unplaced", paid_at=self.env.cr.now(), price=1)
        self._create_allocation("allocated")
        self.assertRefused("NO_EQUAL_BED", row.action_give_other_bed)
        row.action_refund_due()
        self.assertEqual(row.state, "refund_due")


@tagged("post_install", "-at_install")
class TestSettleUnpaid(HostelCase):
    """A row whose time to pay is over, by what the payer's side says of it."""

    def _overdue(self, started_minutes_ago=15):
        row = self._reserve(hold_seconds=900)
        now = self.env.cr.now()
        row.hold_started_at = now - timedelta(minutes=started_minutes_ago)
        row.hold_until = now - timedelta(seconds=1)
        return row

    def test_unpaid_frees_the_bed(self):
        for word in ("unpaid", "unknown"):
            with self.subTest(word=word), self.env.cr.savepoint() as savepoint:
                self._say(word)
                row = self._overdue()
                self.assertEqual(row._settle_unpaid(), "expired")
                self.assertFalse(row.hold_until)
                self.assertTrue(self._reserve())
                savepoint.rollback()

    def test_paid_goes_on(self):
        self._say("paid")
        row = self._overdue()
        self.assertEqual(row._settle_unpaid(), "awaiting_approval")
        self.assertTrue(row.paid_at)

    def test_a_bed_that_is_paid_elsewhere_is_never_given_away(self):
        self._say("confirmed")
        row = self._overdue(started_minutes_ago=90)
        self.assertEqual(row._settle_unpaid(), "paying")
        self.assertGreater(row.hold_until, self.env.cr.now())

    def test_one_row_that_fails_does_not_keep_the_others(self):
        broken, sound = self._overdue(), None
        self.other_bed.flush_recordset()
        sound = self._reserve(self.other_bed, hold_seconds=900)
        sound.hold_until = self.env.cr.now() - timedelta(seconds=1)
        broken.hold_until -= timedelta(minutes=1)

        def ask(row):
            if row == broken:
                raise RuntimeError("the payer's side talks nonsense")
            return "unpaid"

        with (
            patch.object(self.registry["hostel.allocation"], "_ask_payment_status", ask),
            mute_logger("odoo.addons.hostel_base.models.hostel_allocation"),
            self.enter_registry_test_mode(),
        ):
            self.env.ref("hostel_base.hostel_allocation_cron_settle").method_direct_trigger()
        self.assertEqual((broken.state, sound.state), ("paying", "expired"))

    def test_pending_waits_thirty_minutes_in_all(self):
        self._say("pending")
        row = self._overdue(started_minutes_ago=27)
        self.assertEqual(row._settle_unpaid(), "paying")
        self.assertEqual(row.hold_until, row.hold_started_at + timedelta(minutes=30))
        row.hold_started_at -= timedelta(minutes=5)
        self.assertEqual(row._settle_unpaid(), "expired")

    def test_unreachable_waits_twice(self):
        self._say("unreachable")
        row = self._overdue()
        states = []
        for _attempt in range(3):
            states.append(row._settle_unpaid())
        self.assertEqual(states, ["paying", "paying", "expired"])

    def test_the_sweeper_takes_only_what_is_over(self):
        self._say("unpaid")
        over = self._overdue()
        in_time = self._reserve(self.other_bed, hold_seconds=900)
        paid = self._create_allocation("awaiting_approval", bed=self.home.bed_ids[2])
        paid.hold_until = over.hold_until
        with self.enter_registry_test_mode():
            self.env.ref("hostel_base.hostel_allocation_cron_settle").method_direct_trigger()
        self.assertEqual(over.state, "expired")
        self.assertEqual((in_time.state, paid.state), ("paying", "awaiting_approval"))

    def test_a_busy_bed_does_not_stop_the_sweeper(self):
        self._say("unpaid")
        first, second = self._overdue(), self._reserve(self.other_bed, hold_seconds=900)
        second.hold_until = first.hold_until + timedelta(microseconds=1)
        settle = self.registry["hostel.allocation"]._settle_unpaid

        def refuse_first(row):
            if row == first:
                raise HostelError("BED_BUSY", "busy")
            return settle(row)

        with (
            patch.object(self.registry["hostel.allocation"], "_settle_unpaid", refuse_first),
            self.enter_registry_test_mode(),
        ):
            self.env.ref("hostel_base.hostel_allocation_cron_settle").method_direct_trigger()
        self.assertEqual((first.state, second.state), ("paying", "expired"))


@tagged("post_install", "-at_install")
class TestApproval(HostelCase):
    """Undo is a delay."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warden = cls._create_user("approver", "hostel_base.group_hostel_warden")
        cls._create_post(cls.warden, cls.home, "warden")

    def setUp(self):
        super().setUp()
        self.row = self._reserve(state="awaiting_approval").with_user(self.warden)

    def _approve(self, rows=None):
        with trap_jobs() as trap:
            (rows or self.row).action_approve()
        return trap

    def test_an_approval_waits(self):
        due = self.env.cr.now() + timedelta(seconds=60)
        trap = self._approve()
        self.assertEqual(self.row.state, "awaiting_approval")
        self.assertEqual((self.row.approval_due, self.row.approved_by_id), (due, self.warden))
        trap.assert_jobs_count(1)
        [job] = trap.enqueued_jobs
        self.assertEqual(job.method_name, "_apply_approval")
        self.assertEqual(job.args, (due,))

    def test_then_it_takes_effect(self):
        self._approve()
        self.assertEqual(self.row.sudo()._apply_approval(self.row.approval_due), "allocated")
        self.assertEqual((self.row.state, self.row.approval_due), ("allocated", False))
        self.assertEqual(self.row.approved_by_id, self.warden)

    def test_the_delay_is_a_setting(self):
        self.env["ir.config_parameter"].set_param("hostel_base.approval_delay", "5")
        self._approve()
        self.assertEqual(self.row.approval_due, self.env.cr.now() + timedelta(seconds=5))

    def test_a_withdrawn_approval_never_takes_effect(self):
        self._approve()
        due = self.row.approval_due
        self.row.action_withdraw_approval()
        self.assertFalse(self.row.approved_by_id)
        self.assertEqual(self.row.sudo()._apply_approval(due), "withdrawn")
        self.assertEqual(self.row.state, "awaiting_approval")

    def test_the_job_of_a_withdrawn_approval_does_not_apply_a_later_one(self):
        self._approve()
        first = self.row.approval_due
        self.row.action_withdraw_approval()
        self.row.sudo().write({"approval_due": first + timedelta(seconds=30)})
        self.assertEqual(self.row.sudo()._apply_approval(first), "withdrawn")
        self.assertEqual(
            self.row.sudo()._apply_approval(first + timedelta(seconds=30)), "allocated"
        )

    def test_a_job_that_runs_twice_applies_once(self):
        self._approve()
        due = self.row.approval_due
        self.row.sudo()._apply_approval(due)
        fence = self.row.fence
        self.assertEqual(self.row.sudo()._apply_approval(due), "withdrawn")
        self.assertEqual(self.row.fence, fence)

    def test_a_busy_bed_lets_the_job_come_back(self):
        self._approve()
        row = self.row.sudo()
        with (
            patch.object(
                self.registry["hostel.bed"], "try_lock_for_update", lambda bed, **_kw: bed.browse()
            ),
            self.assertRaises(RetryableJobError),
        ):
            row._apply_approval(row.approval_due)
        self.assertEqual(row.state, "awaiting_approval")

    def test_a_batch_takes_what_waits(self):
        other = self._reserve(self.other_bed, state="awaiting_approval")
        paying = self._reserve(self.home.bed_ids[2])
        rows = (self.row | other | paying).with_user(self.warden)
        self._approve(rows).assert_jobs_count(2)
        self.assertTrue(self.row.approval_due and other.approval_due)
        self.assertFalse(paying.approval_due)

    def test_nothing_to_do_is_said(self):
        self.assertRefused("NOTHING_TO_WITHDRAW", self.row.action_withdraw_approval)
        self._approve()
        self.assertRefused("NOTHING_TO_APPROVE", self.row.action_approve)
        self.row.sudo()._apply_approval(self.row.approval_due)
        self.assertRefused("NOTHING_TO_WITHDRAW", self.row.action_withdraw_approval)

    def test_a_rejected_bed_is_free_and_its_money_waits(self):
        self.row.sudo().paid_at = self.env.cr.now()
        self._approve()
        self.row.action_reject()
        self.assertEqual((self.row.state, self.row.approval_due), ("unplaced", False))
        self.assertTrue(self._reserve())

    def test_a_rejected_bed_without_money(self):
        self.row.action_reject()
        self.assertEqual(self.row.state, "cancelled")

    def test_cancelling_keeps_track_of_money(self):
        self.row.sudo().paid_at = self.env.cr.now()
        self.row.sudo()._transition("allocated")
        self.row.action_cancel()
        self.assertEqual(self.row.state, "unplaced")

    def test_moving_in_and_out(self):
        self.assertRefused("INVALID_TRANSITION", self.row.action_check_in)
        self.row.sudo()._transition("allocated")
        self.row.action_check_in()
        self.assertEqual(self.row.state, "checked_in")
        self.row.action_vacate()
        self.assertEqual(self.row.state, "vacated")


@tagged("post_install", "-at_install")
class TestStates(HostelCase):
    """States of beds and rooms are computed; searching must find the same."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        today = cls.env.cr.now().date()
        cls.term.write({"code": "TESTNOW"})
        cls.now = {"date_from": today - timedelta(days=5), "date_to": today + timedelta(days=5)}
        beds = list(cls.home.bed_ids)
        for bed, state in zip(
            beds, ("checked_in", "paying", "blocked", "blocked", "allocated"), strict=False
        ):
            cls._create_allocation(state, bed=bed, **cls.now)
        # Neither the past nor the future counts today.
        cls._create_allocation(
            "checked_in", bed=beds[6], date_from=today - timedelta(days=9), date_to=today
        )
        cls._create_allocation(
            "allocated",
            bed=beds[7],
            date_from=today + timedelta(days=1),
            date_to=today + timedelta(days=9),
        )
        cls._create_allocation("expired", bed=beds[5], **cls.now)
        cls.env.invalidate_all()

    def test_states_of_beds(self):
        self.assertEqual(
            self.home.bed_ids.mapped("state"),
            [
                "occupied",
                "reserved",
                "blocked",
                "blocked",
                "reserved",
                "vacant",
                "vacant",
                "vacant",
            ],
        )

    def test_states_of_rooms(self):
        self.assertEqual(
            self.home.room_ids.mapped("state"), ["full", "closed", "partial", "vacant"]
        )
        self.assertEqual(self.home.room_ids.mapped("free_count"), [0, 0, 1, 2])

    def test_searching_finds_what_is_shown(self):
        for records in (self.home.bed_ids, self.home.room_ids):
            for state, _label in records._fields["state"].selection:
                with self.subTest(model=records._name, state=state):
                    shown = records.filtered(lambda record: record.state == state)  # noqa: B023
                    inside = [("id", "in", records.ids)]
                    found = records.search([*inside, ("state", "=", state)])
                    self.assertEqual(found, shown)
                    rest = records.search([*inside, ("state", "!=", state)])
                    self.assertEqual(rest, records - shown)

    def test_counts_of_the_hostel(self):
        home = self.home
        self.assertEqual((home.capacity, home.room_count), (8, 4))
        self.assertEqual((home.occupied_count, home.booked_count), (1, 2))
        self.assertEqual((home.blocked_count, home.free_count), (2, 3))
        self.assertAlmostEqual(home.occupancy, 3 / 6)
        self.assertEqual(home.occupancy_band, "healthy")

    def test_a_retired_bed_is_not_counted(self):
        self.home.bed_ids[7].active = False
        self.env.invalidate_all()
        self.assertEqual(self.home.capacity, 7)

    def test_a_bed_keeps_its_place_on_the_map_for_ever(self):
        floor = self.home.floor_ids[0]
        last = max(floor.bed_ids.mapped("map_index"))
        floor.bed_ids[-1].active = False
        bed = self._create_bed(floor.room_ids[0], label="Z")
        self.assertEqual(bed.map_index, last + 1)

    def test_a_bed_can_not_move_to_another_floor(self):
        bed, floor = self.home.bed_ids[0], self._create_floor(self.home, 7)
        with self.assertRaises(ValidationError):
            bed.room_id = self._create_room(floor)
        with self.assertRaises(ValidationError):
            bed.room_id.floor_id = floor
        bed.active = False
        with self.assertRaises(ValidationError):
            bed.room_id.floor_id = floor
        bed.room_id = self._create_room(bed.floor_id)
        self._create_room(floor).floor_id = bed.floor_id

    def test_bounds_of_the_bands(self):
        single = self._create_hostel(floors=1, rooms=1)
        self.assertEqual((single.occupancy, single.occupancy_band), (0.0, "under_utilized"))
        for bed in single.bed_ids:
            self._create_allocation("checked_in", bed=bed, **self.now)
        self.env.invalidate_all()
        self.assertEqual((single.occupancy, single.occupancy_band), (1.0, "over_capacity"))
        empty = self._create_hostel()
        self.assertEqual((empty.occupancy, empty.occupancy_band), (0.0, "under_utilized"))
