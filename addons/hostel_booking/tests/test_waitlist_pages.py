import json

from odoo.tests import HttpCase, tagged

from .common import CampusMixin


@tagged("post_install", "-at_install")
class TestWaitlistPages(CampusMixin, HttpCase):
    """The pages of waitlist and moves, as a browser asks for them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpCampus()
        cls.setUpLocks()
        for number, bed in enumerate(cls.girls.bed_ids):
            student, _user = cls._create_student(f"page{number}", "female")
            row = cls.env["hostel.allocation"]._reserve(bed, student, cls.term, "awaiting_approval")
            row.paid_at = cls.env.cr.now()
            row._transition("allocated")
        cls.stay = row

    def setUp(self):
        super().setUp()
        self.load_maps()
        self.addCleanup(self.forget_maps)

    def sign_in(self, user):
        self.authenticate(user.login, user.login)

    def post_json(self, path, **body):
        answer = self.url_open(
            path, data=json.dumps(body), headers={"Content-Type": "application/json"}
        )
        return answer.status_code, answer.json()

    def post_form(self, path, **fields):
        return self.url_open(path, data={"csrf_token": self.csrf_token(), **fields})

    def csrf_token(self):
        page = self.url_open("/my/waitlist").text
        return page.split('name="csrf_token" value="')[1].split('"')[0]

    def test_a_student_joins_sees_the_place_and_leaves_by_json(self):
        self.sign_in(self.asha_user)
        status, answer = self.post_json("/hostel/waitlist/join", hostel_id=self.girls.id)
        self.assertEqual((status, answer["entry"]["position"]), (200, 1))
        mine = self.url_open("/hostel/waitlist/me").json()
        self.assertEqual(mine["entries"][0]["label"], "Any room in Test Kaveri")
        status, _answer = self.post_json("/hostel/waitlist/leave", id=answer["entry"]["id"])
        self.assertEqual(status, 200)

    def test_bad_input_has_codes(self):
        self.sign_in(self.asha_user)
        for path, body, status, code in (
            ("/hostel/waitlist/join", {"hostel_id": "x"}, 400, "BAD_REQUEST"),
            ("/hostel/waitlist/join", {"hostel_id": 10**9}, 404, "NOT_FOUND"),
            ("/hostel/waitlist/join", {"hostel_id": self.boys.id}, 404, "NOT_FOUND"),
            ("/hostel/waitlist/join", {"nonsense": 1}, 400, "BAD_REQUEST"),
            ("/hostel/waitlist/join", {"with_cohort": True}, 404, "NO_COHORT"),
            ("/hostel/waitlist/accept", {"id": 10**9}, 404, "NOT_FOUND"),
            ("/hostel/waitlist/decline", {"id": None}, 400, "BAD_REQUEST"),
        ):
            with self.subTest(path=path, body=body):
                found, answer = self.post_json(path, **body)
                self.assertEqual((found, answer["code"]), (status, code))

    def test_the_page_joins_and_shows_the_place(self):
        self.sign_in(self.asha_user)
        page = self.url_open("/my/waitlist").text
        self.assertIn("You wait for nothing", page)
        self.assertIn("Get in line", page)
        page = self.post_form("/my/waitlist/join", kind=f"{self.girls.id}-{self.room_type.id}").text
        self.assertIn("You are in line", page)
        self.assertIn("You are next", page)
        self.assertIn("Test twin in Test Kaveri", page)
        page = self.post_form("/my/waitlist/join", kind=f"{self.girls.id}-{self.room_type.id}").text
        self.assertIn("You are on this list already", page)
        self.assertIn("1. for Test twin in Test Kaveri", self.url_open("/my").text)

    def test_strangers_and_unknown_acts_find_nothing(self):
        self.sign_in(self.stranger)
        self.assertEqual(self.url_open("/my/waitlist").status_code, 404)
        self.assertEqual(self.url_open("/my/moves").status_code, 404)
        self.sign_in(self.asha_user)
        self.assertEqual(self.post_form("/my/waitlist/explode").status_code, 404)
        self.assertEqual(self.post_form("/my/moves/explode").status_code, 404)
        self.assertEqual(self.post_form("/my/moves/agree", id=10**9).status_code, 404)

    def test_a_student_with_a_bed_asks_for_a_swap(self):
        user = self.stay.student_id.partner_id.user_ids
        self.sign_in(user)
        page = self.url_open("/my/moves").text
        self.assertIn(self.stay._get_bed_label(), page)
        self.assertIn("Change places", page)
        page = self.post_form("/my/moves/swap", number="NOBODY").text
        self.assertIn("If there is such a student", page)
        page = self.post_form("/my/moves/swap", number="NOBODY").text
        self.assertIn("You have an open request", page)
        self.assertIn("/my/moves", self.url_open("/my").text)

    def test_the_page_of_moves_is_about_own_stays_only(self):
        self.sign_in(self.stay.student_id.partner_id.user_ids)
        foreign = self.env["hostel.allocation"].search([("id", "!=", self.stay.id)], limit=1)
        for stay in ("x", "-1", "", "9" * 30, foreign.id):
            with self.subTest(stay=stay):
                status = self.url_open(f"/my/moves?stay={stay}").status_code
                self.assertEqual(status, 404 if stay else 200)
        page = self.url_open(f"/my/moves?stay={self.stay.id}").text
        self.assertIn(self.stay._get_bed_label(), page)
        for stay, words in (("x", "stay must be a whole number"), (foreign.id, "no confirmed bed")):
            with self.subTest(posted=stay):
                page = self.post_form("/my/moves/swap", number="NOBODY", stay=stay)
                self.assertEqual(page.status_code, 200)
                self.assertIn(words, page.text)
        self.assertFalse(
            self.env["hostel.move.request"].search([("student_id", "=", self.stay.student_id.id)])
        )

    def test_a_file_instead_of_a_text_is_refused_in_words(self):
        self.sign_in(self.stay.student_id.partner_id.user_ids)
        for path, field, words in (
            ("/my/moves/swap", "number", "Write the roll number of the other student"),
            ("/my/moves/transfer", "bed_id", "bed_id must be a whole number"),
            ("/my/moves/withdraw", "id", "id must be a whole number"),
            ("/my/waitlist/join", "kind", "hostel_id must be a whole number"),
            ("/my/waitlist/leave", "id", "id must be a whole number"),
        ):
            with self.subTest(path=path, field=field):
                page = self.post_file(path, field)
                self.assertEqual(page.status_code, 200)
                self.assertIn(words, page.text)
                self.assertNotIn("FileStorage", page.text)
        # The reason may be missing, so a file in its place is none.
        page = self.post_file("/my/moves/swap", "reason", number="NOBODY")
        self.assertIn("If there is such a student", page.text)
        requests = self.env["hostel.move.request"].search(
            [("student_id", "=", self.stay.student_id.id)]
        )
        self.assertEqual(len(requests), 1)
        self.assertFalse(requests.reason)

    def post_file(self, path, field, **fields):
        return self.url_open(
            path,
            data={"csrf_token": self.csrf_token(), **fields},
            files={field: ("text.txt", b"x", "text/plain")},
        )

    def test_a_student_without_a_bed_is_shown_the_way(self):
        self.sign_in(self.asha_user)
        self.assertIn("You have no confirmed bed yet", self.url_open("/my/moves").text)
