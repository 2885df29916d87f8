"""The check-in desk: arrivals, breaks, departures."""

from datetime import timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TERM_FROM, TERM_TO, HostelCase


class DeskCase(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.row = cls._create_allocation("allocated", student=cls.student, price=42000)

    def _as(self, role, row=None):
        return (row or self.row).with_user(self.users[role])


@tagged("post_install", "-at_install")
class TestCheckIn(DeskCase):
    @freeze_time(TERM_FROM)
    def test_a_supervisor_checks_a_student_in(self):
        self.assertEqual(self.row.stay_status, "not_arrived")
        fence = self.row.fence
        self._as("supervisor").action_check_in()
        self.assertEqual((self.row.state, self.row.stay_status), ("checked_in", "in_hostel"))
        self.assertGreater(self.row.fence, fence)
        record = self.row.check_ids
        self.assertEqual(record.check_in_at, self.env.cr.now())
        self.assertEqual(record.checked_in_by_id, self.users["supervisor"])
        self.assertEqual((record.student_id, record.hostel_id), (self.student, self.home))

    @freeze_time(TERM_FROM)
    def test_nobody_arrives_twice(self):
        self._as("supervisor").action_check_in()
        self.assertRefused("DUPLICATE_CHECKIN", self._as("supervisor").action_check_in)
        self.assertEqual(len(self.row.check_ids), 1)

    @freeze_time(TERM_FROM)
    def test_a_batch_arrives_as_a_whole(self):
        other = self._create_allocation("allocated", bed=self.other_bed)
        (self.row | other).with_user(self.users["warden"]).action_check_in()
        self.assertEqual((self.row | other).mapped("state"), ["checked_in"] * 2)

    @freeze_time(TERM_FROM)
    def test_only_an_allocated_bed_can_be_moved_into(self):
        for state in ("paying", "awaiting_approval", "vacated", "cancelled"):
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                row = self._create_allocation(state, bed=self.other_bed)
                self.assertRefused("INVALID_TRANSITION", self._as("warden", row).action_check_in)
                self.assertEqual(row.state, state)
                savepoint.rollback()

    @freeze_time(TERM_FROM - timedelta(days=2))
    def test_coming_early_is_a_setting(self):
        refusal = self.assertRefused("EARLY_CHECKIN", self._as("warden").action_check_in)
        self.assertEqual(refusal.details["early_days"], 0)
        self.env["ir.config_parameter"].set_param("hostel_base.early_arrival_days", "1")
        self.assertRefused("EARLY_CHECKIN", self._as("warden").action_check_in)
        self.env["ir.config_parameter"].set_param("hostel_base.early_arrival_days", "2")
        self._as("warden").action_check_in()
        self.assertEqual(self.row.state, "checked_in")
        # The bed is this student's from today on, and nobody else's.
        self.assertEqual(self.row.date_from, TERM_FROM - timedelta(days=2))

    @freeze_time(TERM_FROM - timedelta(days=2))
    def test_coming_early_needs_a_free_bed(self):
        self.env["ir.config_parameter"].set_param("hostel_base.early_arrival_days", "7")
        self._create_allocation("checked_in", date_from="2030-08-01", date_to=TERM_FROM)
        with mute_logger("odoo.sql_db"):
            self.assertRefused("BED_TAKEN", self._as("warden").action_check_in)
        self.assertEqual((self.row.state, self.row.date_from), ("allocated", TERM_FROM))

    @freeze_time(TERM_TO)
    def test_nobody_arrives_when_the_stay_is_over(self):
        self.assertRefused("INVALID_DATE_RANGE", self._as("warden").action_check_in)

    def test_a_record_is_made_by_the_desk_only(self):
        Record = self.env["hostel.check.in.out"]
        for role in ("admin", "warden", "supervisor", "student"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                Record.with_user(self.users[role]).create({"allocation_id": self.row.id})

    def test_a_stay_has_one_record(self):
        self.row._open_check_record()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.row._open_check_record()

    def test_the_papers_are_the_desks_and_the_times_nobodys(self):
        record = self.row._open_check_record()
        for role in ("supervisor", "warden"):
            mine = record.with_user(self.users[role])
            mine.write({"key_given": True, "key_number": "000-A"})
            with self.subTest(role=role), self.assertRaises(AccessError):
                mine.write({"check_in_at": "2030-01-01 10:00:00"})
        for role in ("floor_incharge", "student", "guardian"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                record.with_user(self.users[role]).write({"key_given": False})

    def test_records_are_seen_where_the_stay_is(self):
        mine = self.row._open_check_record()
        abroad = self._create_allocation("checked_in", bed=self.foreign.bed_ids[0])
        upstairs = self._create_allocation("checked_in", bed=self.home.bed_ids[-1])
        records = mine | abroad._open_check_record() | upstairs._open_check_record()
        expected = {
            "admin": records,
            "warden": records[0] | records[2],
            "supervisor": records[0] | records[2],
            "floor_incharge": mine,
            "student": mine,
            "guardian": mine,
        }
        self.env.flush_all()
        for role, seen in expected.items():
            Record = self.env["hostel.check.in.out"].with_user(self.users[role])
            with self.subTest(role=role):
                found = Record.search([("id", "in", records.ids)])
                self.assertEqual(set(found.ids), set(seen.ids))


@tagged("post_install", "-at_install")
class TestCheckOut(DeskCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.row.state = "checked_in"
        cls.record = cls.row._open_check_record(check_in_at="2026-01-04 05:00:00")

    @freeze_time(TERM_TO)
    def test_a_supervisor_checks_out_who_has_to_leave(self):
        self._as("supervisor").action_check_out()
        self.assertEqual((self.row.state, self.row.stay_status), ("vacated", "left"))
        self.assertEqual((self.row.vacate_reason, self.row.vacated_on), ("year_end", TERM_TO))
        self.assertEqual(self.record.check_out_at, self.env.cr.now())
        self.assertEqual(self.record.checked_out_by_id, self.users["supervisor"])

    @freeze_time(TERM_TO - timedelta(days=1))
    def test_leaving_earlier_is_the_wardens_decision(self):
        refusal = self.assertRefused("LEAVING_DAY_AHEAD", self._as("supervisor").action_check_out)
        self.assertEqual(refusal.details["date_to"], str(TERM_TO))
        with self.assertRaises(AccessError):
            self._as("supervisor").action_vacate()
        self.assertEqual(self.row.state, "checked_in")

    @freeze_time(TERM_TO)
    def test_who_never_came_does_not_leave(self):
        other = self._create_allocation("allocated", bed=self.other_bed)
        self.assertRefused("CHECKOUT_WITHOUT_CHECKIN", self._as("warden", other).action_check_out)
        self._as("warden").action_check_out()
        self.assertRefused("INVALID_TRANSITION", self._as("warden").action_check_out)

    def test_a_break_in_a_stay_from_before_the_records(self):
        self.record.unlink()
        with freeze_time(TERM_FROM + timedelta(days=50)):
            self._as("supervisor").action_leave_for_break()
            self.env.invalidate_all()
            self.assertFalse(self.row.check_ids.check_in_at)
            self.assertEqual(self.row.stay_status, "on_leave")
            self._as("supervisor").action_check_in()
            self.row.check_ids.last_check_out_at -= timedelta(days=20)
            self.env.invalidate_all()
            self.assertEqual(self.row.stay_status, "in_hostel")

    def test_a_break_between_two_terms(self):
        with freeze_time(TERM_FROM + timedelta(days=50)):
            self._as("supervisor").action_leave_for_break()
            self.env.invalidate_all()
            self.assertEqual((self.row.state, self.row.stay_status), ("checked_in", "on_leave"))
            self.assertEqual(self.record.last_check_out_at, self.env.cr.now())
            self.assertFalse(self.record.check_out_at)
            self.assertRefused(
                "CHECKOUT_WITHOUT_CHECKIN", self._as("supervisor").action_leave_for_break
            )
            self.record.last_check_out_at -= timedelta(days=20)
            self._as("supervisor").action_check_in()
            self.env.invalidate_all()
        self.assertEqual(self.row.stay_status, "in_hostel")
        self.assertEqual(self.record.last_check_in_at, self.env.cr.now())
        self.assertEqual(str(self.record.check_in_at), "2026-01-04 05:00:00")
        self.assertRefused("DUPLICATE_CHECKIN", self._as("supervisor").action_check_in)

    @freeze_time(TERM_TO + timedelta(days=3))
    def test_days_over_are_counted(self):
        self.assertEqual(self.row.late_days, 3)
        coming = self._create_allocation(
            "allocated",
            bed=self.other_bed,
            date_from=TERM_TO + timedelta(days=1),
            date_to=TERM_TO + timedelta(days=30),
        )
        self.assertEqual(coming.late_days, 2)
