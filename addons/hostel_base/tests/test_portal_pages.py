"""Details, room and house on the portal: what is shown to whom, and what bad input gets."""

import base64
import io

from PIL import Image

from odoo.tests import HttpCase, tagged

from .common import give_consent
from .test_consent_pages import PagesMixin
from .test_photo import picture


@tagged("post_install", "-at_install")
class TestPortalOwnPages(PagesMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpHostels()
        cls.setUpPeople()
        today = "2020-01-01"
        cls.student.name = "Asha Rao"
        cls.student.blood_group = "B+"
        cls.stay = cls._create_allocation("checked_in", student=cls.student, date_from=today)
        programme = cls.env["hostel.programme"].create(
            {
                "name": "B.Tech of the pages",
                "code": "TCSE",
                "department": "Computing",
                "duration": 4,
            }
        )
        cls.mate = cls._create_student(
            name="Bina Kulkarni", phone="+91 98450 99999", programme_id=programme.id
        )
        cls.other_bed = cls.stay.room_id.bed_ids - cls.stay.bed_id
        cls._create_allocation("checked_in", student=cls.mate, bed=cls.other_bed, date_from=today)
        cls.home.rules = "<p>Quiet after ten.</p>"
        cls.users["warden"].partner_id.phone = "+91 80 1234 5678"

    def setUp(self):
        super().setUp()
        self._sign_in("student")

    def test_home_is_cards_with_their_state(self):
        text = self._get_text("/my")
        for words in (
            "Checked in",
            "My room",
            "House rules and hours",
            "Missing: emergency",
            "Agreed on",
        ):
            self.assertIn(words, text)
        self.assertNotIn("Bina", text)
        self.assertNotIn("Addresses", text)

    def test_a_roommate_is_a_department_and_a_year_until_agreed(self):
        for path in ("/my", "/my/hostel/room"):
            text = self._get_text(path)
            with self.subTest(path=path):
                self.assertIn("A student of Computing, year 1", text)
                for hidden in ("Bina", "Kulkarni", "99999", self.mate.roll_number, "B.Tech"):
                    self.assertNotIn(hidden, text)
        give_consent(self.mate, ["roommates"])
        text = self._get_text("/my/hostel/room")
        self.assertIn("Bina · B.Tech of the pages, year 1", text)
        self.assertNotIn("Kulkarni", text)
        self.mate._withdraw_consent(self.mate.partner_id)
        self.assertNotIn("Bina", self._get_text("/my/hostel/room"))

    def test_who_lived_there_before_is_not_a_roommate(self):
        self.env["hostel.allocation"].search([("student_id", "=", self.mate.id)])._transition(
            "vacated"
        )
        self.assertIn("Nobody shares your room", self._get_text("/my/hostel/room"))

    def test_the_house_page_has_hours_rules_and_people(self):
        text = self._get_text("/my/hostel/house")
        for words in (
            "21:30",
            "10:00 – 18:00",
            "Quiet after ten.",
            self.users["warden"].name,
            "112",
        ):
            self.assertIn(words, text)
        self.assertIn("tel:+918012345678", self.url_open("/my/hostel/house").text)

    def test_without_a_bed_there_is_no_room_and_no_house(self):
        lonely = self._create_student()
        self._create_user(
            "lonely", "hostel_base.group_hostel_student", partner_id=lonely.partner_id.id
        )
        self._sign_in("lonely")
        for path in ("/my/hostel/room", "/my/hostel/house"):
            self.assertEqual(self.url_open(path).status_code, 404)
        self.assertIn("You have no bed yet", self._get_text("/my"))

    def test_a_guardian_reads_where_the_ward_lives_and_nothing_private(self):
        self.student.sudo().write({"lifestyle_food": "egg", "emergency_contact_name": "Uncle Om"})
        self._sign_in("guardian")
        path = f"/my/hostel/ward/{self.student.id}"
        text = self._get_text(path)
        for words in ("Asha Rao", "Home", "Quiet after ten.", self.users["warden"].name):
            self.assertIn(words, text)
        for hidden in ("Eggs", "Uncle Om", "B+", "Bina", self.student.roll_number):
            self.assertNotIn(hidden, text)
        for student_id in (self.mate.id, 999999999):
            self.assertEqual(self.url_open(f"/my/hostel/ward/{student_id}").status_code, 404)
        for page in ("/my/details", "/my/hostel/room", "/my/details/lifestyle"):
            self.assertEqual(self.url_open(page).status_code, 404)

    def test_a_student_opens_no_ward(self):
        self.assertEqual(self.url_open(f"/my/hostel/ward/{self.student.id}").status_code, 404)

    # Details ------------------------------------------------------------

    def _save(self, **data):
        return self._post("/my/details", page="/my/details", **data)

    def test_a_student_keeps_the_own_details(self):
        response = self._save(
            phone="98450 12345",
            emergency_contact_name="Om Rao",
            emergency_contact_phone="+91 98450 54321",
            blood_group="O-",
            street="12, Temple Street",
            city="Mysuru",
            zip="570001",
            # What is the office's is not taken from here.
            name="Somebody Else",
            roll_number="HACKED",
            birthdate="1990-01-01",
            email="other@example.com",
        )
        self.assertEqual(response.status_code, 303)
        student = self.student.sudo()
        self.assertEqual(student.emergency_contact_name, "Om Rao")
        self.assertEqual((student.blood_group, student.city), ("O-", "Mysuru"))
        self.assertEqual(student.name, "Asha Rao")
        self.assertNotEqual(student.roll_number, "HACKED")
        self.assertNotEqual(student.email, "other@example.com")
        self.assertNotIn("Missing", self._get_text("/my"))

    def test_bad_details_come_back_with_what_was_typed(self):
        before = self.student.phone
        for data, words in (
            ({"phone": "call me"}, "Write digits only"),
            ({"emergency_contact_name": "Om"}, "Give both a name and a phone"),
            ({"blood_group": "Z"}, "Choose one of the groups"),
            ({"city": "x" * 200}, "This is too long"),
            ({"city": "a\x00b"}, "This is too long"),
        ):
            response = self._save(**data)
            with self.subTest(data=data):
                self.assertEqual(response.status_code, 200)
                self.assertIn(words, response.text)
        self.assertIn("call me", self._save(phone="call me").text)
        self.assertEqual(self.student.phone, before)

    def test_a_file_instead_of_a_text_changes_nothing(self):
        self.student.sudo().city = "Pune"
        token = {"csrf_token": self._csrf("/my/details")}
        file = ("text.txt", b"x", "text/plain")
        page = self.url_open("/my/details", data=token, files={"city": file})
        self.assertEqual(page.status_code, 200)
        self.assertIn("This is too long", page.text)
        self.assertEqual(self.student.city, "Pune")
        for data, files in (
            ({"field": "name"}, {"wanted": file}),
            ({"wanted": "Asha"}, {"field": file}),
        ):
            page = self.url_open("/my/details/correction", data={**token, **data}, files=files)
            self.assertIn("Choose what is wrong", page.text)
        self.assertFalse(self.student.activity_ids)
        data = {"field": "name", "wanted": "Asha R. Rao"}
        page = self.url_open("/my/details/correction", data={**token, **data}, files={"note": file})
        self.assertEqual(page.status_code, 200)
        self.assertEqual(len(self.student.activity_ids), 1)

    def test_the_forms_of_odoo_that_change_name_and_mail_are_closed(self):
        for path in ("/my/account", "/my/addresses", "/my/address"):
            response = self.url_open(path, allow_redirects=False)
            with self.subTest(path=path):
                self.assertEqual(response.status_code, 303)
                self.assertTrue(response.headers["Location"].endswith("/my/details"))
        response = self._post(
            "/my/address/submit",
            page="/my/details",
            name="Somebody",
            email="x@example.com",
            partner_id=str(self.student.partner_id.id),
        )
        self.assertEqual(response.status_code, 404)
        self.assertEqual(self.student.name, "Asha Rao")

    def test_a_guardian_still_has_odoos_form(self):
        self._sign_in("guardian")
        self.assertEqual(self.url_open("/my/account", allow_redirects=False).status_code, 200)

    def _upload(self, data):
        token = self._csrf("/my/details")
        return self.url_open(
            "/my/details/photo",
            data={"csrf_token": token},
            files={"photo": ("me.jpg", data, "image/jpeg")},
            allow_redirects=False,
        )

    def _csrf(self, page):
        return self.url_open(page).text.partition('name="csrf_token" value="')[2].partition('"')[0]

    def test_a_photo_is_encoded_anew(self):
        self.assertEqual(self._upload(picture("PNG", (60, 60))).status_code, 303)
        stored = base64.b64decode(self.student.sudo().image_1920)
        with Image.open(io.BytesIO(stored)) as image:
            self.assertEqual(image.format, "JPEG")

    def test_what_is_no_photo_is_refused_with_a_sentence(self):
        response = self._upload(b"<svg onload='alert(1)'/>")
        self.assertEqual(response.status_code, 200)
        self.assertIn("This is not a photo", response.text)
        self.assertFalse(self.student.sudo().image_1920)
        empty = self._post("/my/details/photo", page="/my/details")
        self.assertIn("This is not a photo", empty.text)

    def test_a_correction_becomes_a_task_of_the_warden(self):
        data = {"field": "name", "wanted": "Asha R. Rao", "note": "Passport"}
        response = self._post("/my/details/correction", page="/my/details", **data)
        self.assertEqual(response.status_code, 303)
        [task] = self.student.activity_ids
        self.assertEqual(task.user_id, self.users["warden"])
        self.assertIn("Asha R. Rao", task.note)
        self.assertIn("Correct: Name", self._get_text("/my/details"))
        self.assertEqual(self.student.name, "Asha Rao")
        for bad in ({"field": "password", "wanted": "x"}, {"field": "name"}, {"wanted": "x"}):
            with self.subTest(data=bad):
                page = self._post("/my/details/correction", page="/my/details", **bad)
                self.assertIn("Choose what is wrong", page.text)
        self.assertEqual(len(self.student.activity_ids), 1)

    # Lifestyle ----------------------------------------------------------

    def test_questions_are_closed_until_agreed_to(self):
        self.assertIn("you have not agreed", self._get_text("/my/details/lifestyle"))
        self._post(
            "/my/details/lifestyle", page="/my/details", question="lifestyle_food", answer="egg"
        )
        self.assertFalse(self.student.sudo().lifestyle_food)

    def test_one_question_after_the_other_to_the_end(self):
        give_consent(self.student, ["lifestyle"])
        path = "/my/details/lifestyle"
        names = [name for name, _a in self.student._get_lifestyle_questions()]
        for name, answers in self.student._get_lifestyle_questions():
            page = f"{path}?question={name}"
            response = self._post(path, page=page, question=name, answer=answers[0][0])
            self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith("question=end"))
        self.assertTrue(all(self.student.sudo()[name] for name in names))
        self.assertIn("Thank you", self._get_text(path))
        self.assertIn("8 of 8 questions", self._get_text("/my"))
        self._post(path, page=f"{path}?question={names[0]}", question=names[0], answer="")
        self.assertFalse(self.student.sudo()[names[0]])

    def test_answers_and_questions_that_do_not_exist_change_nothing(self):
        give_consent(self.student, ["lifestyle"])
        path = "/my/details/lifestyle"
        page = f"{path}?question=lifestyle_food"
        for question, answer in (("lifestyle_food", "snacks"), ("status", "alumni"), ("", "")):
            with self.subTest(question=question):
                response = self._post(path, page=page, question=question, answer=answer)
                self.assertIn("Choose one of the answers", response.text)
        self.assertEqual(self.student.status, "active")

    def test_the_pages_cost_the_same_with_many_roommates(self):
        """One query for the rows and one for the consents, however many share the room."""
        room = self.stay.room_id
        for label in "CDEF":
            bed = self._create_bed(room, label=label)
            self._create_allocation(
                "checked_in", student=self._create_student(), bed=bed, date_from="2020-01-01"
            )
        self.env.flush_all()
        self.env.invalidate_all()
        student, stay = self.student.sudo(), self.stay.sudo()
        self.assertTrue(stay.room_id and student.name)
        with self.assertQueryCount(12):
            self.assertEqual(len(student._get_roommates(stay)), 5)
