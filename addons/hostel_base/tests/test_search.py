"""Whoever stands at the desk is found by what they say: number, name, room, phone."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import BaseCase, tagged

from ..tools.phone import phone_digits
from .common import HostelCase

CEILING = 45


class TestPhoneDigits(BaseCase):
    def test_the_same_number_however_it_is_written(self):
        for text in (
            "9876543210",
            "98765 43210",
            "+91 98765 43210",
            "+91-98765-43210",
            "0091 9876543210",
            "09876543210",
            "(+91) 98765.43210",
        ):
            with self.subTest(text=text):
                self.assertEqual(phone_digits(text), "9876543210")

    def test_part_of_a_number_is_looked_for_as_it_is(self):
        self.assertEqual(phone_digits("43210"), "43210")
        self.assertEqual(phone_digits("00000 10001"), "0000010001")

    def test_names_rooms_and_roll_numbers_are_no_phone(self):
        for text in ("214", "Asha", "23BAI001", "Kaveri 214", "", None, "+91"):
            with self.subTest(text=text):
                self.assertEqual(phone_digits(text), "")


@tagged("post_install", "-at_install")
class TestSearch(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        today = fields.Date.today()
        cls.stay = {
            "date_from": today - timedelta(days=30),
            "date_to": today + timedelta(days=60),
        }
        cls.home.room_ids[0].name = "Q214"
        cls.asha = cls._create_student(
            name="Asha Quintal", roll_number="QX-0001", phone="+91 98765 43210"
        )
        cls.mother = cls.env["res.partner"].create(
            {"name": "Meera Quintal", "phone": "098111-22334"}
        )
        cls.env["hostel.guardian"].create(
            {"student_id": cls.asha.id, "partner_id": cls.mother.id, "relation": "mother"}
        )
        cls.bina = cls._create_student(
            name="Bina Quintal", roll_number="QX-0002", phone="9000000002"
        )
        cls._create_allocation("checked_in", bed=cls.bed, student=cls.asha, **cls.stay)
        cls._create_allocation(
            "checked_in", bed=cls.foreign.bed_ids[0], student=cls.bina, **cls.stay
        )

    def _search(self, text, role="warden"):
        self.env.invalidate_all()
        return self.env["hostel.search"].with_user(self.users[role]).search_campus(text)

    def test_an_earlier_roll_number_finds_the_student(self):
        self.env["hostel.student.roll.number"].create(
            {"student_id": self.asha.id, "roll_number": "ADM-0815"}
        )
        self.assertEqual([row["id"] for row in self._search("adm-0815")], [self.asha.id])
        self.assertFalse(self._search("adm-08"), "Of an old number all of it is typed.")

    def _students(self, text, role="warden"):
        hits = self._search(text, role)
        return self.env["hostel.student"].browse(
            [hit["id"] for hit in hits if hit["kind"] == "student"]
        )

    def test_student_is_found_by_roll_number_name_room_phone_and_guardian(self):
        for text in (
            "QX-0001",
            "qx-0001",
            "asha",
            "Asha Quintal",
            "q214",
            "asha q214",
            "Home Q214",
            "9876543210",
            "98765 43210",
            "+91 98765-43210",
            "43210",
            "98111 22334",
            "+919811122334",
        ):
            with self.subTest(text=text):
                self.assertEqual(self._students(text), self.asha)

    def test_words_that_do_not_belong_together_find_nobody(self):
        for text in ("asha foreign", "bina q214", "9876543211"):
            with self.subTest(text=text):
                self.assertFalse(self._students(text, "admin"))

    def test_hit_shows_bed_phone_and_state(self):
        [hit] = self._search("QX-0001")
        self.assertEqual(hit["title"], "QX-0001 Asha Quintal")
        self.assertEqual(hit["place"], "Home · Q214 · A")
        self.assertEqual(hit["phone"], "+91 98765 43210")
        self.assertEqual((hit["state"], hit["state_name"]), ("checked_in", "Checked in"))

    def test_rooms_beds_and_hostels_are_found(self):
        kinds = {(hit["kind"], hit["id"]) for hit in self._search("q214")}
        self.assertIn(("room", self.bed.room_id.id), kinds)
        kinds = {(hit["kind"], hit["id"]) for hit in self._search("q214 A")}
        self.assertIn(("bed", self.bed.id), kinds)
        self.assertNotIn(("bed", self.other_bed.id), kinds)
        [hostel] = [hit for hit in self._search("Home") if hit["kind"] == "hostel"]
        self.assertEqual(hostel["id"], self.home.id)

    def test_warden_finds_nobody_of_another_hostel(self):
        for text in ("QX-0002", "bina", "9000000002"):
            with self.subTest(text=text):
                self.assertFalse(self._students(text))
                self.assertEqual(self._students(text, "admin"), self.bina)

    def test_guard_finds_hostels_and_no_person(self):
        self.assertEqual({hit["kind"] for hit in self._search("home", "guard")}, {"hostel"})
        self.assertFalse(self._search("QX-0001", "guard"))
        self.assertFalse(self._search("9876543210", "guard"))

    def test_students_and_guardians_are_refused(self):
        for role in ("student", "guardian", "portal"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._search("Asha", role)

    def test_too_little_or_strange_text_finds_nothing_and_breaks_nothing(self):
        for text in ("", " ", "a", None, "%", "__", "%%%", "'; --", "\\", "x" * 5000):
            with self.subTest(text=text):
                self.assertFalse(self._students(text, "admin") & (self.asha | self.bina))

    def test_list_of_students_finds_a_phone_too(self):
        Student = self.env["hostel.student"].with_user(self.users["warden"])
        for text in ("98765 43210", "+919876543210", "098111 22334"):
            with self.subTest(text=text):
                self.assertEqual(Student.search([("any_phone", "ilike", text)]), self.asha)
        self.assertFalse(Student.search([("any_phone", "ilike", "9000000002")]))
        self.assertFalse(Student.search([("any_phone", "=", "12345")]))

    def test_phone_has_an_index_that_a_whole_number_uses(self):
        self.env.cr.execute("SELECT 1 FROM pg_indexes WHERE indexname = %s", [PHONE_INDEX])
        self.assertTrue(self.env.cr.fetchone())

    def test_query_count_does_not_grow_with_the_hits(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            hits = (
                self.env["hostel.search"].with_user(self.users["warden"]).search_campus("Quintal")
            )
            return len(hits), self.env.cr.sql_log_count - before

        count()
        few, cheap = count()
        for bed in self.home.bed_ids - self.bed:
            student = self._create_student(name=f"Quintal {bed.id}")
            self._create_allocation("checked_in", bed=bed, student=student, **self.stay)
        many, dear = count()
        self.assertGreater(many, few)
        self.assertEqual(dear, cheap)
        self.assertLessEqual(dear, CEILING)


PHONE_INDEX = "res_partner_hostel_phone_idx"


@tagged("post_install", "-at_install")
class TestFindByNumber(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Student = cls.env["hostel.student"]
        cls.asha = cls._create_student(roll_number="QN-0001", application_number="QN-APP_1")
        cls.bina = cls._create_student(roll_number="QN-0002")

    def test_by_any_number_in_any_case(self):
        self.asha.roll_number = "QN-0003"
        for number in ("qn-0003", " QN-0003 ", "qn-app_1", "QN-0001"):
            self.assertEqual(self.Student._find_by_number(number), self.asha, number)
            self.assertIn(number.strip().upper(), self.asha._get_numbers())

    def test_who_has_a_number_now_comes_before_who_had_it(self):
        self.asha.roll_number = "QN-0003"
        self.bina.roll_number = "QN-0001"
        self.assertEqual(self.Student._find_by_number("QN-0001"), self.bina)
        self.asha.application_number = "qn-0001"
        both = self.Student._find_by_number("QN-0001")
        self.assertEqual((both[0], len(both)), (self.bina, 2))

    def test_what_is_no_number_finds_nobody(self):
        for text in ("", "  ", "%", "QN-000_", "QN-APPX1", None, False, 5):
            self.assertFalse(self.Student._find_by_number(text), text)


@tagged("post_install", "-at_install")
class TestOfficers(HostelCase):
    def test_somebody_of_the_group_and_the_company(self):
        group = self.env.ref("hostel_base.group_hostel_finance")
        group.user_ids = False
        Users, company = self.env["res.users"], self.env["res.company"].create({"name": "Trust"})
        self.assertFalse(Users._get_finance_officer(company))
        self._create_user("stranger", "hostel_base.group_hostel_finance")
        self.assertFalse(Users._get_finance_officer(company))
        bursar = self.env["res.groups"].create({"name": "Bursar", "implied_ids": group.ids})
        officer = self._create_user("bursar", "base.group_user")
        officer.write({"group_ids": [(4, bursar.id)], "company_ids": [(4, company.id)]})
        self.assertEqual(Users._get_finance_officer(company), officer)
        officer.active = False
        self.assertFalse(Users._get_finance_officer(company))

    def test_an_administrator_other_than_the_one_who_asked(self):
        Users, company = self.env["res.users"], self.env["res.company"].create({"name": "Trust"})
        self.assertFalse(Users._get_administrator(company))
        first, second = (
            self._create_user(login, "hostel_base.group_hostel_admin")
            for login in ("registrar", "dean")
        )
        first.company_ids += company
        self.assertEqual(Users._get_administrator(company), first)
        self.assertFalse(Users._get_administrator(company, first))
        second.company_ids += company
        self.assertEqual(Users._get_administrator(company, first), second)


@tagged("post_install", "-at_install")
class TestStudentAtAGlance(HostelCase):
    """What the top of the student's form says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        today = fields.Date.today()
        cls.dates = {
            "date_from": today - timedelta(days=30),
            "date_to": today + timedelta(days=60),
        }
        cls.row = cls._create_allocation(
            "checked_in", bed=cls.bed, student=cls.student, **cls.dates
        )

    def test_stay_is_told_in_one_line(self):
        student = self.student.with_user(self.users["warden"])
        self.assertEqual(student.stay_label, f"Home · {self.bed.room_id.name} · A")
        self.assertEqual(student.stay_from, self.dates["date_from"])
        self.assertEqual(student.stay_to, self.dates["date_to"])

    def test_first_to_call_is_the_primary_guardian(self):
        self.assertEqual(self.student.primary_guardian_id, self.guardian)
        mother = self.env["hostel.guardian"].create(
            {
                "student_id": self.student.id,
                "partner_id": self.env["res.partner"]
                .create({"name": "Mother", "phone": "9811122334"})
                .id,
                "relation": "mother",
                "is_primary": True,
            }
        )
        self.assertEqual(self.student.primary_guardian_id, mother)
        self.assertEqual(self.student.primary_guardian_phone, "9811122334")
        self.assertEqual(self.student.primary_guardian_relation, "mother")

    def test_dues_are_those_of_the_term_of_the_stay(self):
        student = self.student.with_user(self.users["warden"])
        self.assertEqual(student.clearance_state, "due")
        clearance = self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id}
        )
        student.invalidate_recordset()
        self.assertEqual(student.clearance_state, "cleared")
        clearance.active = False
        student.invalidate_recordset()
        self.assertEqual(student.clearance_state, "due")

    def test_undertaking_is_complete_when_both_signed(self):
        today = fields.Date.today()
        self.env["hostel.academic.year"].search([]).active = False
        student = self.student.with_user(self.users["supervisor"])
        self.assertEqual(student.undertaking_state, "none")
        year = self.env["hostel.academic.year"].create(
            {
                "name": "This year",
                "date_from": today - timedelta(days=9),
                "date_to": today + timedelta(days=99),
            }
        )
        student.invalidate_recordset()
        self.assertEqual(student.undertaking_state, "missing")
        paper = self.env["hostel.undertaking"].create(
            {
                "student_id": self.student.id,
                "year_id": year.id,
                "reference": "UGC-7",
                "student_date": today,
            }
        )
        student.invalidate_recordset()
        self.assertEqual(student.undertaking_state, "partial")
        paper.guardian_date = today
        student.invalidate_recordset()
        self.assertEqual(student.undertaking_state, "complete")

    def test_undertaking_is_not_for_the_floor(self):
        with self.assertRaises(AccessError):
            self.student.with_user(self.users["floor_incharge"]).read(["undertaking_state"])

    def test_list_of_students_costs_the_same_for_more_students(self):
        names = ["roll_number", "name", "stay_label", "current_state", "phone"]
        names += ["primary_guardian_id", "primary_guardian_phone", "clearance_state"]
        names += ["undertaking_state", "police_verification"]
        specification = {name: {} for name in names}
        Student = self.env["hostel.student"].with_user(self.users["warden"])

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = Student.web_search_read([], specification, limit=80)["length"]
            return found, self.env.cr.sql_log_count - before

        self._add_papers(self.student)
        count()
        few, cheap = count()
        for bed in self.home.bed_ids - self.bed:
            row = self._create_allocation("checked_in", bed=bed, **self.dates)
            self.env["hostel.guardian"].create(
                {
                    "student_id": row.student_id.id,
                    "partner_id": self.env["res.partner"].create({"name": "Parent"}).id,
                }
            )
            self._add_papers(row.student_id)
        many, dear = count()
        self.assertEqual((few, many), (1, 8))
        self.assertEqual(dear, cheap)

    def _add_papers(self, student):
        self.env["hostel.clearance"].create({"student_id": student.id, "term_id": self.term.id})
        self.env["hostel.undertaking"].create(
            {
                "student_id": student.id,
                "year_id": self.year.id,
                "reference": f"UGC-{student.id}",
                "student_date": "2031-01-01",
            }
        )
