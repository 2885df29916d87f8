from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import HostelCase

PRIVATE_FIELDS = (
    "birthdate",
    "category",
    "is_pwd",
    "blood_group",
    "emergency_contact_phone",
    "aadhaar_last4",
    "police_verification",
    "lifestyle_sleep",
    "lifestyle_smoking",
)


@tagged("post_install", "-at_install")
class TestNouns(HostelCase):
    """What the records of the campus and its people refuse, and what they work out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()

    def test_wardens_and_supervisors_follow_from_the_posts(self):
        self.assertEqual(self.home.warden_ids, self.users["warden"])
        self.assertEqual(self.home.supervisor_ids, self.users["supervisor"])
        self.home.staff_ids.filtered(lambda post: post.role == "warden").date_to = "2021-01-01"
        self.env.invalidate_all()
        self.assertFalse(self.home.warden_ids)

    def test_a_post_brings_the_group_of_its_role(self):
        user = new_test_user(self.env, "new.warden", groups="base.group_user")
        self._create_post(user, self.home, "warden")
        self.assertTrue(user.has_group("hostel_base.group_hostel_warden"))
        self.assertFalse(user.has_group("hostel_base.group_hostel_admin"))

    def test_a_post_never_makes_a_portal_user_staff(self):
        self._create_post(self.users["portal"], self.home, "warden")
        self.assertFalse(self.users["portal"].has_group("hostel_base.group_hostel_warden"))

    def test_posts_of_today_are_found(self):
        posts = self.home.staff_ids
        posts[0].date_to = "2021-01-01"
        posts[1].date_from = fields.Date.today() + timedelta(days=3)
        found = posts.search([("id", "in", posts.ids), ("is_current", "=", True)])
        self.assertEqual(found, posts[2:])
        self.assertEqual(found, posts.filtered("is_current"))
        rest = posts.search([("id", "in", posts.ids), ("is_current", "=", False)])
        self.assertEqual(rest, posts[:2])

    def test_hours_outside_a_day_are_refused(self):
        for vals in (
            {"curfew_hour": 24},
            {"check_in_hour": -1},
            {"visitor_hour_from": 18, "visitor_hour_to": 10},
        ):
            with self.subTest(vals=vals), self.assertRaises(ValidationError):
                self.home.write(vals)

    @mute_logger("odoo.sql_db")
    def test_more_than_four_digits_of_an_aadhaar_number_are_refused(self):
        for digits in ("123", "12a4"):
            with self.subTest(digits=digits), self.assertRaises(IntegrityError):
                self.student.aadhaar_last4 = digits
                self.student.flush_recordset()

    def test_nobody_is_born_tomorrow(self):
        with self.assertRaises(ValidationError):
            self.student.birthdate = fields.Date.today() + timedelta(days=1)

    def test_a_student_of_unknown_age_counts_as_a_minor(self):
        today = fields.Date.today()
        ages = [(False, True), (today - timedelta(days=30 * 365), False)]
        ages.append((today - timedelta(days=17 * 365), True))
        for birthdate, minor in ages:
            self.student.birthdate = birthdate
            self.assertEqual(self.student.is_minor, minor, birthdate)

    def test_guardians_finance_and_floors_do_not_read_private_fields(self):
        self._create_allocation("checked_in", student=self.student)
        for role in ("guardian", "finance", "floor_incharge", "student"):
            student = self.student.with_user(self.users[role])
            self.assertTrue(student.read(["name", "roll_number"]))
            for name in PRIVATE_FIELDS:
                with self.subTest(role=role, field=name), self.assertRaises(AccessError):
                    student.read([name])
        for role in ("admin", "warden", "supervisor"):
            self.assertTrue(
                self.student.with_user(self.users[role]).read(list(PRIVATE_FIELDS)), role
            )

    def test_no_bed_is_given_in_a_closed_year(self):
        self.year.with_user(self.users["admin"]).action_close()
        self.assertRefused("YEAR_CLOSED", self._reserve)
        for change in ({"date_to": "2031-05-01"}, {"code": "OTHER"}):
            self.assertRefused("YEAR_CLOSED", self.term.write, change)
        self.assertRefused("YEAR_CLOSED", self._create_term)
        self.assertRefused("YEAR_CLOSED", self.term.unlink)
        self.assertRefused("YEAR_CLOSED", self.year.write, {"date_to": "2031-08-01"})
        self.year.with_user(self.users["admin"]).action_reopen()
        self.assertTrue(self._reserve())

    def test_only_the_administrator_closes_a_year(self):
        with self.assertRaises(AccessError):
            self.year.with_user(self.users["warden"]).action_close()

    def test_an_undertaking_counts_when_both_have_signed(self):
        undertaking = self.env["hostel.undertaking"].create(
            {
                "student_id": self.student.id,
                "year_id": self.year.id,
                "reference": "UGC-TEST-1",
                "student_date": "2030-07-02",
            }
        )
        self.assertFalse(self.student._has_undertaking(self.year))
        undertaking.guardian_date = "2030-07-03"
        self.assertTrue(self.student._has_undertaking(self.year))

    @mute_logger("odoo.sql_db")
    def test_one_undertaking_a_year_and_no_reference_twice(self):
        vals = {
            "student_id": self.student.id,
            "year_id": self.year.id,
            "reference": "UGC-TEST-2",
            "student_date": "2030-07-02",
        }
        self.env["hostel.undertaking"].create(vals)
        other = self._create_student()
        for change in ({"reference": "UGC-TEST-3"}, {"student_id": other.id}):
            with self.subTest(change=change), self.assertRaises(IntegrityError):
                self.env["hostel.undertaking"].create(vals | change).flush_recordset()

    def test_students_and_guardians_see_their_own_undertakings(self):
        other = self._create_student()
        undertakings = self.env["hostel.undertaking"].create(
            [
                {
                    "student_id": student.id,
                    "year_id": self.year.id,
                    "reference": f"UGC-TEST-{student.id}",
                    "student_date": "2030-07-02",
                }
                for student in (self.student, other)
            ]
        )
        inside = [("id", "in", undertakings.ids)]
        for role in ("student", "guardian"):
            seen = undertakings.with_user(self.users[role]).search(inside)
            self.assertEqual(seen.sudo(), undertakings[0], role)
        self.assertFalse(undertakings.with_user(self.users["warden"]).search(inside))
        self._create_allocation("checked_in", student=self.student)
        seen = undertakings.with_user(self.users["warden"]).search(inside)
        self.assertEqual(seen.sudo(), undertakings[0])
