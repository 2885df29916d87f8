from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import BillingCase


@tagged("post_install", "-at_install")
class TestMoneyWatch(BillingCase):
    """The list is empty as long as every payment and every bed has its place."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.allocation = cls._create_allocation()
        cls.tx = cls._create_tx(cls.allocation)
        # What the campus has happened to is not this test's.
        cls.env["hostel.money.watch"]._look()

    def _age(self, *records, seconds=61):
        """Let records be older than they are."""
        self.env.flush_all()
        columns = {
            "payment.transaction": "last_state_change",
            "hostel.allocation": "write_date",
            "hostel.camu.event": "create_date",
        }
        for record in records:
            self.env.cr.execute(
                f"UPDATE {record._table} SET {columns[record._name]} ="
                " (now() AT TIME ZONE 'UTC') - make_interval(secs => %s) WHERE id = %s",
                [seconds, record.id],
            )
        self.env.invalidate_all()

    def _look(self):
        self._age(self.tx, self.allocation)
        return self.env["hostel.money.watch"]._look()

    def _pay(self):
        self._deliver(self.tx)
        if self.allocation.state == "paying":
            # The booking is told by the glue, where that is installed.
            self.allocation._payment_received(self.tx.camu_paid_at)

    def test_ordinary_course_leaves_it_empty(self):
        self.assertFalse(self._look(), "waiting for the payment")
        self._pay()
        self.assertFalse(self._look(), "waiting for the warden")
        self.allocation._transition("allocated")
        self.allocation._create_period_bill()
        self.assertFalse(self._look(), "billed")

    def test_payment_without_entry_in_the_books(self):
        self.tx._set_done()
        [breach] = self._look()
        self.assertEqual((breach.kind, breach.amount), ("unbooked", 42000))
        self.assertEqual(breach.student_id, self.student)
        breach.with_user(self.finance).action_mend()
        self.assertTrue(self.tx.payment_id)
        self.assertEqual(breach.state, "gone")

    def test_payment_that_its_booking_does_not_know(self):
        self.tx.hostel_allocation_id = False
        self._deliver(self.tx, academicTerm="", studentId="TS001")
        self.assertEqual(self.tx.state, "done")
        self.assertFalse(self._look(), "an advance on the student's account is a place")
        self.tx.hostel_allocation_id = self.allocation
        [breach] = self._look()
        self.assertEqual((breach.kind, breach.allocation_id), ("no_bed", self.allocation))
        breach.with_user(self.finance).action_mend()
        self.assertEqual(self.allocation.state, "awaiting_approval")
        self.assertEqual(breach.state, "gone")

    def test_bed_that_nobody_paid_for(self):
        self.allocation._transition("awaiting_approval")
        [breach] = self._look()
        self.assertEqual((breach.kind, breach.allocation_id), ("no_money", self.allocation))
        self.assertFalse(self._look(), "found once")
        self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id}
        )
        self._look()
        self.assertEqual(breach.state, "gone", "cleared in the college's own books")

    def test_approved_bed_is_mended_by_its_bill(self):
        self.allocation._transition("awaiting_approval")
        self.allocation._transition("allocated")
        self._age(self.allocation)
        breach = self.env["hostel.money.watch"]._look()
        self.assertEqual(breach.kind, "no_money")
        breach.with_user(self.finance).action_mend()
        self.assertEqual(breach.state, "gone")
        self.assertTrue(self.allocation._get_period_bill())

    def test_stay_that_goes_on_elsewhere_is_paid_by_the_first(self):
        self._pay()
        self.allocation._transition("allocated")
        self.allocation._transition("transferred", date_to=self.allocation.date_to)
        new = self.env["hostel.allocation"]._reserve(
            self.bed_b, self.student, self.term, "awaiting_approval",
            price=42000, origin=self.allocation,
        )  # fmt: skip
        self._age(new)
        self.assertFalse(self._look())

    def test_free_bed_needs_no_money(self):
        free = self._create_allocation(student=self.other_student, bed=self.bed_b, price=0)
        free._transition("awaiting_approval")
        self._age(free)
        self.assertFalse(self._look())

    def test_younger_than_a_minute_is_no_breach(self):
        self.tx._set_done()
        self.assertFalse(self.env["hostel.money.watch"]._look())
        self._age(self.tx, seconds=59)
        self.assertFalse(self.env["hostel.money.watch"]._look())
        self._age(self.tx, seconds=61)
        self.assertTrue(self.env["hostel.money.watch"]._look())

    def test_message_that_no_job_has_read(self):
        entry = self._receive(self._message(self.tx))
        self.assertFalse(self._look())
        self._age(entry, seconds=301)
        [breach] = self._look()
        self.assertEqual((breach.kind, breach.event_id), ("waiting", entry))
        breach.with_user(self.finance).action_mend()
        self.assertEqual((entry.state, breach.state), ("processed", "gone"))

    def test_finance_is_told_once(self):
        self.tx._set_done()
        [breach] = self._look()
        group = self.env.ref("hostel_base.group_hostel_finance")
        self.assertIn(breach.activity_ids.user_id, group.all_user_ids)
        self._look()
        self.assertEqual(len(breach.activity_ids), 1)
        self.tx._post_process()
        self._look()
        self.assertFalse(breach.activity_ids, "nothing is left to do")

    def test_job_does_the_same(self):
        self.tx._set_done()
        self._age(self.tx)
        self.env["hostel.money.watch"]._cron_watch()
        found = self.env["hostel.money.watch"].search([("transaction_id", "=", self.tx.id)])
        self.assertEqual(found.state, "open")

    def test_watch_is_for_finance(self):
        self.tx._set_done()
        [breach] = self._look()
        self.assertTrue(breach.with_user(self.finance).has_access("read"))
        for user in (self.warden, self.guard, self.student_user):
            self.assertFalse(breach.with_user(user).has_access("read"), user.login)
            for call in ("action_mend", "action_look"):
                with self.assertRaises(AccessError):
                    getattr(breach.with_user(user), call)()
        with self.assertRaises(AccessError):
            breach.with_user(self.finance).write({"gone_at": self.env.cr.now()})
