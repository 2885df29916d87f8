"""Leaving a bed: today, earlier, or on a day to come."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..const import VACATE_REASONS
from .common import TERM_FROM, TERM_TO, HostelCase

DAY = TERM_FROM + timedelta(days=40)


@tagged("post_install", "-at_install")
class TestVacate(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.row = cls._create_allocation("checked_in", student=cls.student, price=42000)
        cls.stranger = cls._create_user("elsewhere", "hostel_base.group_hostel_warden")
        cls._create_post(cls.stranger, cls.foreign, "warden")

    def _ask(self, rows, user=None, **vals):
        return (
            self.env["hostel.bed.vacate"]
            .with_user(user or self.users["warden"])
            .create(
                {
                    "allocation_ids": [Command.set(rows.ids)],
                    "reason": "opted_out",
                    "leaving_day": DAY,
                    **vals,
                }
            )
        )

    @freeze_time(DAY)
    def test_every_reason_is_kept(self):
        for reason, _label in VACATE_REASONS:
            with self.subTest(reason=reason), self.env.cr.savepoint() as savepoint:
                self._ask(self.row, reason=reason, note="Said so").action_vacate()
                self.assertEqual((self.row.state, self.row.vacate_reason), ("vacated", reason))
                self.assertEqual(self.row.vacate_note, "Said so")
                savepoint.rollback()

    @freeze_time(DAY)
    def test_the_stay_ends_on_the_leaving_day(self):
        record = self.row._open_check_record(check_in_at="2026-01-04 05:00:00")
        fence = self.row.fence
        self._ask(self.row, key_returned=True, condition_out="Clean").action_vacate()
        self.assertEqual((self.row.date_to, self.row.vacated_on), (DAY, DAY))
        self.assertEqual((self.row.planned_date_to, self.row.notice_date), (TERM_TO, False))
        self.assertGreater(self.row.fence, fence)
        self.assertEqual((record.key_returned, record.condition_out), (True, "Clean"))
        self.assertTrue(record.check_out_at)
        self.assertTrue(self._reserve())

    @freeze_time(DAY)
    def test_leaving_on_the_first_day(self):
        self._ask(self.row, leaving_day=TERM_FROM).action_vacate()
        self.assertEqual(self.row.vacated_on, TERM_FROM)
        self.assertEqual(self.row.date_to, TERM_FROM + timedelta(days=1))

    @freeze_time(DAY)
    def test_a_notice_frees_the_bed_from_its_day_on(self):
        leaving = DAY + timedelta(days=30)
        later = self._create_term(date_from=leaving, date_to=TERM_TO)
        student = self._create_student()
        with mute_logger("odoo.sql_db"):
            self.assertRefused(
                "BED_TAKEN", self.Allocation._reserve, self.bed, student, later, "paying"
            )
        self._ask(self.row, leaving_day=leaving).action_vacate()
        self.assertEqual((self.row.state, self.row.date_to), ("checked_in", leaving))
        self.assertEqual((self.row.notice_date, self.row.vacated_on), (DAY, False))
        self.assertTrue(self.Allocation._reserve(self.bed, student, later, "paying"))
        with mute_logger("odoo.sql_db"):
            self.assertRefused(
                "BED_TAKEN", self.row.with_user(self.users["warden"]).action_withdraw_notice
            )
        self.assertEqual(self.row.date_to, leaving)

    @freeze_time(DAY)
    def test_a_notice_can_be_withdrawn(self):
        self._ask(self.row, leaving_day=DAY + timedelta(days=30)).action_vacate()
        row = self.row.with_user(self.users["warden"])
        row.action_withdraw_notice()
        self.assertEqual((row.date_to, row.notice_date), (TERM_TO, False))
        self.assertFalse(row.vacate_reason or row.planned_date_to)
        self.assertRefused("NO_NOTICE", row.action_withdraw_notice)

    @freeze_time(DAY)
    def test_a_notice_then_the_departure(self):
        self._ask(self.row, leaving_day=DAY + timedelta(days=30)).action_vacate()
        with freeze_time(DAY + timedelta(days=30)):
            self.row.with_user(self.users["supervisor"]).action_check_out()
        self.assertEqual((self.row.state, self.row.vacate_reason), ("vacated", "opted_out"))
        self.assertEqual(self.row.notice_date, DAY)

    @freeze_time(DAY)
    def test_days_outside_the_stay(self):
        for day in (TERM_FROM - timedelta(days=1), TERM_TO + timedelta(days=1)):
            with self.subTest(day=day):
                self.assertRefused(
                    "INVALID_DATE_RANGE", self._ask(self.row, leaving_day=day).action_vacate
                )
        self.assertEqual(self.row.date_to, TERM_TO)

    @freeze_time(TERM_TO + timedelta(days=5))
    def test_who_stayed_too_long_left_when_it_was(self):
        day = TERM_TO + timedelta(days=4)
        self._ask(self.row, leaving_day=day).action_vacate()
        self.assertEqual((self.row.vacated_on, self.row.date_to), (day, TERM_TO))

    @freeze_time(DAY)
    def test_a_batch_leaves_as_a_whole_or_not_at_all(self):
        other = self._create_allocation("checked_in", bed=self.other_bed)
        third = self._create_allocation("allocated", bed=self.home.bed_ids[2])
        with self.env.cr.savepoint() as savepoint:
            self.assertRefused(
                "CHECKOUT_WITHOUT_CHECKIN", self._ask(self.row | other | third).action_vacate
            )
            savepoint.rollback()
        self.assertEqual((self.row | other).mapped("state"), ["checked_in"] * 2)
        self._ask(self.row | other).action_vacate()
        self.assertEqual((self.row | other).mapped("state"), ["vacated"] * 2)
        self.assertRefused("INVALID_TRANSITION", self._ask(self.row).action_vacate)

    def test_foreign_and_unknown_rows_get_the_same_answer(self):
        abroad = self._create_allocation("checked_in", bed=self.foreign.bed_ids[0])
        foreign = self.assertRefused("NOT_FOUND", self._ask, self.row | abroad)
        unknown = self.assertRefused("NOT_FOUND", self._ask, self.row.browse(999999999))
        self.assertEqual(str(foreign), str(unknown))
        self.assertRefused("NOT_FOUND", self._ask, self.row, self.stranger)

    def test_only_wardens_decide(self):
        for role in ("supervisor", "floor_incharge", "finance", "guard", "student", "guardian"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._ask(self.row, self.users[role])

    @freeze_time(DAY)
    def test_nobody_writes_the_reason_by_hand(self):
        row = self.row.with_user(self.users["warden"])
        for vals in ({"vacate_reason": "other"}, {"notice_date": DAY}, {"vacated_on": DAY}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                row.write(vals)
