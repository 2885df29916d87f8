import base64
from datetime import timedelta

from odoo.http import Request
from odoo.tests import HttpCase, tagged

from odoo.addons.hostel_base.controllers import verify

from .common_moving import MovingMixin, photo
from .test_moving_tools import signature


@tagged("post_install", "-at_install")
class TestMovingPages(MovingMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpHostels()
        cls.setUpMoving()
        cls.other_stay = cls._create_stay(bed=cls.other_bed)

    def setUp(self):
        super().setUp()
        verify.BUCKETS.clear()
        self.authenticate("student.base.test", "student.base.test")

    def _post(self, path, files=None, **data):
        data["csrf_token"] = Request.csrf_token(self)
        return self.url_open(path, data=data, files=files)

    def _sign(self, agreement, **body):
        return self.url_open(
            f"/my/hostel/agreement/{agreement.id}/sign",
            json={"name": "Asha Test", "signature": signature(), **body},
        )

    def test_the_home_says_what_waits(self):
        self._publish_terms()
        page = self.url_open("/my").text
        self.assertIn("/my/hostel/agreement", page)
        self.assertIn("/my/hostel/pass", page)
        self.assertNotIn("/my/hostel/condition", page)
        self.stay._check_in()
        page = self.url_open("/my").text
        self.assertIn("/my/hostel/condition", page)
        self.assertIn("/my/hostel/notice", page)
        self.assertNotIn("/my/hostel/pass", page)

    def test_signing_and_checking(self):
        self._publish_terms()
        agreement = self.stay.agreement_ids
        self.assertIn("Asha Test", self.url_open("/my/hostel/agreement").text)
        answer = self._sign(agreement, signature="")
        self.assertEqual((answer.status_code, answer.json()["code"]), (422, "SIGNATURE_NEEDED"))
        answer = self._sign(agreement)
        self.assertEqual(answer.json(), {"success": True, "url": "/my/hostel/agreement"})
        self.assertEqual(agreement.state, "signed")
        pdf = self.url_open(f"/my/hostel/agreement/{agreement.id}/pdf")
        self.assertEqual(pdf.content, base64.b64decode(agreement.pdf))
        page = self.url_open(f"/verify/{agreement.code}").text
        self.assertIn("o_hostel_verdict_good", page)
        self.assertIn(agreement.verification_id.pdf_sha256, page)

    def test_a_look_prints_nothing_and_asking_prints_once(self):
        self._publish_terms()
        agreement = self.stay.agreement_ids
        agreement.with_context(hostel_print_on_demand=True)._sign("Asha Test", signature(), "")
        address = f"/my/hostel/agreement/{agreement.id}"
        self.assertIn(f"{address}/print", self.url_open("/my/hostel/agreement").text)
        self.assertEqual(self.url_open(f"{address}/pdf").status_code, 404)
        self.assertFalse(agreement.pdf)
        self.assertEqual(self.url_open(f"{address}/print").status_code, 405)
        made = self._post(f"{address}/print")
        self.assertEqual(made.content, base64.b64decode(agreement.pdf))
        self.assertEqual(self._post(f"{address}/print").content, made.content)
        other = self.other_stay.agreement_ids
        other.with_context(hostel_print_on_demand=True)._sign("Bina", signature(), "")
        refused = self._post(f"/my/hostel/agreement/{other.id}/print")
        self.assertEqual((refused.status_code, other.pdf), (404, False))

    def test_nobody_signs_for_another(self):
        self._publish_terms()
        other = self.other_stay.agreement_ids
        answer = self._sign(other)
        self.assertEqual((answer.status_code, answer.json()["code"]), (404, "NOT_FOUND"))
        self.assertEqual(other.state, "to_sign")
        other._sign("Bina", signature(), "")
        self.assertEqual(self.url_open(f"/my/hostel/agreement/{other.id}/pdf").status_code, 404)

    def test_a_guardians_link(self):
        self._publish_terms()
        agreement = self.stay.agreement_ids
        self.student.birthdate = self.today - timedelta(days=17 * 365)
        self.guardian.partner_id.email = "parent@example.com"
        agreement._sign("Asha Test", signature(), "")
        agreement.link_hash = agreement._hash("t" * 40)
        self.authenticate(None, None)
        url = f"/hostel/agreement/{'t' * 40}"
        page = self.url_open(url)
        self.assertEqual(page.status_code, 200)
        self.assertEqual(page.headers["X-Robots-Tag"], "noindex")
        answer = self.url_open(
            f"{url}/sign", json={"name": "Parent", "signature": signature()}
        ).json()
        self.assertTrue(answer["success"])
        self.assertEqual(agreement.state, "signed")
        self.assertEqual(self.url_open(url).status_code, 404)
        self.assertEqual(self.url_open(answer["url"]).status_code, 200)

    def test_the_pass_is_fresh_each_time(self):
        self.assertEqual(self.url_open("/my/hostel/pass").status_code, 200)
        one, two = (self.url_open("/my/hostel/pass/code").json() for _ in range(2))
        self.assertNotEqual(one["code"], two["code"])
        self.assertTrue(one["qr"].startswith("data:image/png"))
        card = (
            self.env["hostel.check.in.desk"].with_user(self.users["supervisor"]).scan(one["code"])
        )
        self.assertEqual(card["id"], self.stay.id)

    def test_the_student_fills_the_form(self):
        self.stay._check_in()
        form = self.stay.condition_ids
        self.assertEqual(self.url_open("/my/hostel/condition").status_code, 200)
        answers = {f"condition_{line.id}": "ok" for line in form.line_ids}
        first = form.line_ids[0]
        answers |= {f"condition_{first.id}": "damaged", f"note_{first.id}": "One leg"}
        page = self._post("/my/hostel/condition/answer", answer="submit", name="", **answers)
        self.assertEqual(page.status_code, 422)
        self.assertIn("NAME_NEEDED", page.text)
        self.assertEqual((form.state, first.condition_in), ("draft", "ok"))
        self._post("/my/hostel/condition/answer", answer="submit", name="Asha", **answers)
        self.assertEqual((form.state, first.condition_in), ("to_confirm", "damaged"))

    def test_the_student_agrees_or_not(self):
        self.stay._check_in()
        form = self.stay.condition_ids
        form.action_send()
        page = self._post("/my/hostel/condition/answer", answer="dispute", note="")
        self.assertIn("NOTE_NEEDED", page.text)
        self._post("/my/hostel/condition/answer", answer="dispute", note="A chair")
        self.assertEqual((form.state, form.dispute_note), ("disputed", "A chair"))
        form.action_send()
        self._post("/my/hostel/condition/answer", answer="accept", name="Asha Test")
        self.assertEqual(form.state, "agreed")
        self.assertIn("Asha Test", self.url_open("/my/hostel/condition").text)
        # The card of the home says so in words, and the form can be kept on paper.
        self.assertIn("Agreed", self.url_open("/my").text)
        form.action_start_inspection()
        form.line_ids[0].write({"condition_out": "damaged", "damage_amount": 900})
        paper = self.url_open("/my/hostel/condition/pdf")
        self.assertEqual(paper.status_code, 200)
        self.assertEqual(paper.headers["Content-Type"], "application/pdf")

    def test_photos(self):
        self.stay._check_in()
        line = self.stay.condition_ids.line_ids[0]
        send = {"photo": ("p.jpg", photo(), "image/jpeg")}
        self._post("/my/hostel/condition/photo", files=send, line_id=str(line.id))
        self.assertEqual(len(line.photo_ids), 1)
        picture = self.url_open(f"/my/hostel/condition/photo/{line.photo_ids.id}")
        self.assertEqual(picture.headers["Content-Type"], "image/jpeg")
        self.assertNotIn(b"Secret Camera", picture.content)
        page = self._post(
            "/my/hostel/condition/photo",
            files={"photo": ("p.jpg", b"no", "image/jpeg")},
            line_id=str(line.id),
        )
        self.assertIn("NOT_A_PHOTO", page.text)
        self.other_stay._check_in()
        other = self.other_stay.condition_ids.line_ids[0]
        page = self._post("/my/hostel/condition/photo", files=send, line_id=str(other.id))
        self.assertEqual(page.status_code, 404)
        theirs = self.env["hostel.room.condition.photo"].create(
            {"line_id": other.id, "image": self._photo()}
        )
        page = self.url_open(f"/my/hostel/condition/photo/{theirs.id}")
        self.assertEqual(page.status_code, 404)

    def test_notice_and_second_thoughts(self):
        self.stay._check_in()
        give = "/my/hostel/notice/give"
        self.assertEqual(self.url_open("/my/hostel/notice").status_code, 200)
        page = self._post(give, leaving_day="31-12", reason="other")
        self.assertIn("BAD_DATE", page.text)
        page = self._post(give, files={"leaving_day": ("x.txt", b"x")}, reason="other")
        self.assertIn("BAD_DATE", page.text)
        page = self._post(give, leaving_day=str(self.today), reason="other")
        self.assertIn("NOTICE_TOO_SHORT", page.text)
        day = self.today + timedelta(days=30)
        page = self._post(give, leaving_day=str(day), reason="opted_out", note="Home")
        self.assertIn("Mess", page.text)
        self.assertEqual(self.stay.date_to, day)
        self._post("/my/hostel/notice/withdraw")
        self.assertFalse(self.stay.notice_date)
        page = self._post("/my/hostel/notice/withdraw")
        self.assertIn("NO_NOTICE", page.text)

    def test_pages_of_what_is_not_there(self):
        self.stay._transition("cancelled")
        for path in ("agreement", "pass", "condition", "notice", "notice/certificate"):
            with self.subTest(path=path):
                self.assertEqual(self.url_open(f"/my/hostel/{path}").status_code, 404)
        self.assertEqual(self.url_open("/my/hostel/pass/code").json()["code"], "NOT_FOUND")
