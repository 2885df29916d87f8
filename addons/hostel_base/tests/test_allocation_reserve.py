"""Taking a bed, and what refuses it."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..const import LIVE_STATES, UNPAID_STATES
from ..errors import HostelError
from .common import HostelCase


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

    def test_a_term_that_runs_begins_when_the_bed_is_given(self):
        first, last = self.term.date_from, self.term.date_to
        day = first + timedelta(days=40)
        for now, given in (
            (first - timedelta(days=1), first),
            # In India it is the next day already.
            (f"{first} 19:00:00", first + timedelta(days=1)),
            (day, day),
            (last - timedelta(days=1), last - timedelta(days=1)),
            # Somebody writes down what was.
            (last, first),
        ):
            with (
                self.subTest(now=now),
                freeze_time(now),
                self.env.cr.savepoint() as savepoint,
            ):
                row = self._reserve()
                self.assertEqual((row.date_from, row.date_to), (given, last))
                savepoint.rollback()

    def test_an_agreed_first_day(self):
        first, last = self.term.date_from, self.term.date_to
        for day in (first, first + timedelta(days=40), last - timedelta(days=1)):
            with self.subTest(day=day), self.env.cr.savepoint() as savepoint:
                self.assertEqual(self._reserve(date_from=day).date_from, day)
                savepoint.rollback()
        for day in (first - timedelta(days=1), last):
            with self.subTest(day=day):
                self.assertRefused("INVALID_DATE_RANGE", self._reserve, date_from=day)

    def test_days_of_waiting_are_not_the_students(self):
        first = self.term.date_from + timedelta(days=40)

        def go(later, *states, **kwargs):
            with self.env.cr.savepoint() as savepoint:
                with freeze_time(first):
                    row = self._reserve(state=states[0], **kwargs)
                with freeze_time(first + timedelta(days=later)):
                    for state in states[1:]:
                        row._transition(state)
                days = (row.date_from - first).days
                savepoint.rollback()
            return days

        self.assertEqual(go(5, "awaiting_approval", "allocated"), 5)
        self.assertEqual(go(3, "offered", "paying"), 3)
        self.assertEqual(go(3, "offered", "awaiting_approval"), 3)
        self.assertEqual(go(0, "awaiting_approval", "allocated"), 0)
        # What was paid for is known by then; the approval decides.
        self.assertEqual(go(2, "paying", "awaiting_approval"), 0)
        self.assertEqual(go(2, "paying", "awaiting_approval", "allocated"), 2)
        # What ran out, or waited until the term was over, stays as it is.
        self.assertEqual(go(2, "offered", "expired"), 0)
        self.assertEqual(go(300, "awaiting_approval", "allocated"), 0)
        self.assertEqual(go(5, "awaiting_approval", "allocated", date_from=first), 0)

    def test_what_replaces_another_row_keeps_its_first_day(self):
        day = self.term.date_from + timedelta(days=40)
        with freeze_time(day):
            row = self._reserve()
            row._transition("expired")
        with freeze_time(day + timedelta(days=3)):
            self.assertEqual(self._reserve(origin=row).date_from, day)
            row.term_id = self._create_term(
                date_from=self.term.date_from - timedelta(days=100), date_to=self.term.date_from
            )
            self.assertEqual(
                self._reserve(self.other_bed, origin=row).date_from, day + timedelta(days=3)
            )

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
            self.assertRefused("ROOM_NOT_AVAILABLE", self._reserve)
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
            "INVALID_DATE_RANGE",
            self.Allocation._block,
            self.bed,
            self.term.date_to,
            self.term.date_to,
            "Paint",
        )


@tagged("post_install", "-at_install")
class TestHooks(HostelCase):
    """What later addons refuse, through the two places where they are asked."""

    def _refuse(self, hook, code):
        def refuse(_rows, *_args):
            raise HostelError(code, "Not yet.")

        patcher = patch.object(self.registry["hostel.allocation"], hook, refuse)
        patcher.start()
        self.addCleanup(patcher.stop)

    def test_a_student_who_may_not_live_here_yet(self):
        row = self._reserve(self.other_bed, state="awaiting_approval")
        self._refuse("_check_student_may_live", "VIOLATION_UNRESOLVED")
        self.assertRefused("VIOLATION_UNRESOLVED", self._reserve)
        # Who has a bed keeps it, and may be moved for the sake of all.
        row._transition("allocated")
        self.assertTrue(row._transfer(self.bed, self.term.date_from, reason="Noise"))

    def test_a_room_that_is_not_ready(self):
        row = self._reserve(self.other_bed, state="awaiting_approval")
        row._transition("allocated")
        self._refuse("_check_room_ready", "PRE_ALLOCATION_INSPECTION_PENDING")
        code = "PRE_ALLOCATION_INSPECTION_PENDING"
        self.assertRefused(code, self._reserve)
        self.assertRefused(code, row._transfer, self.bed, self.term.date_from)
        self.assertEqual(row.state, "allocated")

    def test_a_room_with_too_few_beds(self):
        room, days = self.bed.room_id, (self.term.date_from, self.term.date_to)
        room._check_not_full(*days, places=2)
        refusal = self.assertRefused("ROOM_FULL", room._check_not_full, *days, places=3)
        self.assertEqual(refusal.details, {"free": 2})
        self._reserve()
        self.assertEqual(room._get_free_beds(*days), self.other_bed)
        self._reserve(self.other_bed)
        refusal = self.assertRefused("ROOM_FULL", room._check_not_full, *days)
        self.assertEqual(refusal.details, {"free": 0})
        earlier = (self.year.date_from, self.term.date_from)
        self.assertEqual(room._get_free_beds(*earlier), room.bed_ids)


@tagged("post_install", "-at_install")
class TestUndertaking(HostelCase):
    """The anti-ragging undertaking, where the college asks for it."""

    def _sign(self, student, year, **overrides):
        return self.env["hostel.undertaking"].create(
            {
                "student_id": student.id,
                "year_id": year.id,
                "reference": f"AR-{student.id}-{year.id}",
                "student_date": "2030-07-01",
                "guardian_date": "2030-07-02",
                **overrides,
            }
        )

    def test_nobody_asks_for_it_by_default(self):
        self.assertTrue(self._reserve())

    def test_it_is_asked_for_where_the_college_wants_it(self):
        student = self._create_student()
        settings = self.env["res.config.settings"].create({"hostel_require_undertaking": True})
        settings.execute()
        refusal = self.assertRefused("UNDERTAKING_MISSING", self._reserve, student=student)
        self.assertEqual(refusal.http_status, 403)
        other = self.env["hostel.academic.year"].create(
            {"name": "Test 2031–32", "date_from": "2031-07-01", "date_to": "2032-07-01"}
        )
        self._sign(student, other)
        self.assertRefused("UNDERTAKING_MISSING", self._reserve, student=student)
        paper = self._sign(student, self.year, guardian_date=False)
        self.assertRefused("UNDERTAKING_MISSING", self._reserve, student=student)
        paper.guardian_date = "2030-07-02"
        self.assertTrue(self._reserve(student=student))
