"""A warden gives a bed by hand, also to somebody whom no hostel knows yet."""

from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import HostelCase


@tagged("post_install", "-at_install")
class TestBedAssign(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        programme = cls.env["hostel.programme"].create({"name": "Test B.Sc", "code": "TBS"})
        cls.newcomer = cls._create_student(
            name="Nila New",
            roll_number="TEST_NEW%1",
            application_number="AP-NEW-1",
            programme_id=programme.id,
            phone="+91 00000 00077",
        )

    def _ask(self, user=None, **vals):
        return (
            self.env["hostel.bed.assign"]
            .with_user(user or self.users["warden"])
            .create({"term_id": self.term.id, "hostel_id": self.home.id, **vals})
        )

    def test_a_newcomer_is_found_by_the_whole_number_only(self):
        for number in ("TEST_NEW%1", "test_new%1", " AP-NEW-1 "):
            with self.subTest(number=number):
                wizard = self._ask(number=number)
                self.assertEqual(wizard.newcomer_name, "Nila New")
                self.assertEqual(wizard.newcomer_programme, "Test B.Sc")
                self.assertEqual(wizard.newcomer_gender, "Female")
                self.assertFalse(wizard.not_found)
        for number in ("TEST_NEW", "TEST%", "%", "TESTXNEW%1", "AP-NEW-_"):
            with self.subTest(number=number):
                wizard = self._ask(number=number)
                self.assertFalse(wizard.newcomer_name)
                self.assertTrue(wizard.not_found)

    def test_nothing_else_of_the_newcomer_is_shown(self):
        wizard = self._ask(number="AP-NEW-1")
        self.assertFalse(wizard.student_id)
        self.assertNotIn("00077", str(wizard.read()))
        self.env.invalidate_all()
        self.assertFalse(self.newcomer.with_user(self.users["warden"]).has_access("read"))

    def test_the_newcomer_gets_a_bed(self):
        action = self._ask(
            number="AP-NEW-1", bed_id=self.bed.id, reason="Late list"
        ).action_assign()
        row = self.Allocation.browse(action["res_id"])
        self.assertEqual((row.student_id, row.bed_id), (self.newcomer, self.bed))
        self.assertEqual((row.state, row.reason), ("awaiting_approval", "Late list"))
        self.env.invalidate_all()
        self.assertTrue(self.newcomer.with_user(self.users["warden"]).has_access("read"))

    def test_unknown_and_foreign_students_get_the_same_answer(self):
        elsewhere = self._create_student(application_number="AP-ELSE")
        self._create_allocation("checked_in", bed=self.foreign.bed_ids[0], student=elsewhere)
        vals = {"bed_id": self.bed.id}
        answers = {
            str(self.assertRefused("STUDENT_NOT_FOUND", wizard.action_assign))
            for wizard in (
                self._ask(number="AP-ELSE", **vals),
                self._ask(number="AP-NOBODY", **vals),
                self._ask(student_id=elsewhere.id, **vals),
                self._ask(**vals),
            )
        }
        self.assertEqual(len(answers), 1)
        self.assertFalse(self._ask(number="AP-ELSE").newcomer_name)
        # The administrator looks after everybody.
        admin = self._ask(self.users["admin"], number="AP-ELSE")
        self.assertEqual(admin.newcomer_name, elsewhere.name)

    def test_free_beds_by_floor_and_type(self):
        self._create_allocation("allocated", bed=self.other_bed)
        wizard = self._ask(number="AP-NEW-1")
        self.assertEqual(set(wizard.free_bed_ids), set(self.home.bed_ids - self.other_bed))
        [ground, first] = wizard.bed_choices
        self.assertEqual((len(ground["beds"]), len(first["beds"])), (3, 4))
        self.assertEqual(ground["beds"][0]["mates"], 1)
        wizard.floor_id = self.home.floor_ids[1]
        self.assertEqual(len(wizard.bed_choices), 1)
        wizard.room_type_id = self.twin.copy({"code": "TX", "name": "Test other"})
        self.assertFalse(wizard.bed_choices)

    def test_the_first_day_is_today_unless_the_warden_says_otherwise(self):
        day = self.term.date_from + timedelta(days=40)
        block = self._create_allocation("blocked", bed=self.other_bed, date_to=day)
        with freeze_time(day):
            wizard = self._ask(number="AP-NEW-1", bed_id=self.other_bed.id)
            self.assertEqual(wizard.date_from, day)
            # The bed was closed until now only.
            self.assertIn(self.other_bed, wizard.free_bed_ids)
            wizard.date_from = day - timedelta(days=3)
            self.assertNotIn(self.other_bed, wizard.free_bed_ids)
            with mute_logger("odoo.sql_db"):
                self.assertRefused("ROOM_NOT_AVAILABLE", wizard.action_assign)
            wizard.date_from = self.term.date_to
            self.assertFalse(wizard.free_bed_ids)
            self.assertRefused("INVALID_DATE_RANGE", wizard.action_assign)
            wizard.date_from = day + timedelta(days=5)
            row = self.Allocation.browse(wizard.action_assign()["res_id"])
        self.assertEqual((row.date_from, row.is_first_day_agreed), (day + timedelta(days=5), True))
        with freeze_time(day):
            usual = self._ask(student_id=self.student.id, bed_id=self.bed.id)
            row = self.Allocation.browse(usual.action_assign()["res_id"])
        self.assertEqual((row.date_from, row.is_first_day_agreed), (day, False))
        with freeze_time(day + timedelta(days=2)):
            row._transition("allocated")
        self.assertEqual(row.date_from, day + timedelta(days=2))
        self.assertEqual(block.state, "blocked")

    def test_the_dialog_costs_the_same_for_many_beds(self):
        big = self._create_hostel(floors=1, rooms=12)
        counts = []
        for hostel in (self.home, big):
            wizard = self._ask(self.users["admin"], number="AP-NEW-1", hostel_id=hostel.id)
            self.assertTrue(wizard.bed_choices, "warms what is cached for all")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertTrue(wizard.bed_choices)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])

    def test_the_room_is_full_or_only_the_bed_is_taken(self):
        wizard = self._ask(number="AP-NEW-1", bed_id=self.bed.id)
        self._create_allocation("allocated")
        with mute_logger("odoo.sql_db"):
            self.assertRefused("BED_TAKEN", wizard.action_assign)
            self._create_allocation("allocated", bed=self.other_bed)
            self.assertRefused("ROOM_FULL", wizard.action_assign)
        self.assertRefused("BED_MISSING", self._ask(number="AP-NEW-1").action_assign)

    def test_wardens_only(self):
        for role in ("supervisor", "floor_incharge", "finance", "guard", "student"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._ask(self.users[role], number="AP-NEW-1")

    def test_the_form_answers_while_typing(self):
        with Form(self.env["hostel.bed.assign"].with_user(self.users["warden"])) as form:
            form.term_id = self.term
            form.number = "AP-NEW-1"
            self.assertEqual(form.newcomer_name, "Nila New")
            self.assertEqual(form.hostel_id, self.home)
            form.bed_id = self.bed
        self.assertEqual(form.record.bed_id, self.bed)
