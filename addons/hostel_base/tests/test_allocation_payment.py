"""Money that comes late, and money that does not come."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..const import UNPAID_STATES
from ..errors import HostelError
from .common import HostelCase


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

    def test_money_for_a_bed_that_was_changed_meanwhile_follows_the_student(self):
        row = self._create_allocation("allocated", price=42000)
        second = row._transfer(self.home.bed_ids[2], self.term.date_from)
        third = second._transfer(self.home.bed_ids[4], self.term.date_from)
        row._payment_received(self.env.cr.now())
        self.assertEqual(third.paid_at, self.env.cr.now())
        self.assertEqual((third.state, row.state), ("allocated", "transferred"))
        third.action_cancel()
        self.assertEqual(third.state, "unplaced", "a refusal must not lose the money")
        row._payment_received(self.env.cr.now())
        self.assertEqual(third.state, "unplaced", "and a repeated message changes nothing")

    def test_money_for_a_changed_bed_that_was_cancelled_finds_another(self):
        row = self._create_allocation("allocated", price=42000)
        second = row._transfer(self.other_bed, self.term.date_from, price=42000)
        second.action_cancel()
        row._payment_received(self.env.cr.now())
        self.assertEqual(second.state, "reassigned")
        self.assertTrue(second.continued_ids.paid_at)

    def test_money_for_a_stay_that_is_over_is_recorded(self):
        row = self._create_allocation("vacated")
        row._payment_received(self.env.cr.now())
        self.assertEqual((row.state, row.paid_at), ("vacated", self.env.cr.now()))

    def test_money_that_nobody_knows_what_to_do_with_is_logged(self):
        row = self._create_allocation("refund_due")
        with self.assertLogs("odoo.addons.hostel_base", "WARNING") as logs:
            row._payment_received(self.env.cr.now())
        self.assertIn(f"allocation {row.id}, which is refund_due", logs.output[0])

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
            mute_logger("odoo.addons.hostel_base.models.hostel_allocation_payment"),
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
