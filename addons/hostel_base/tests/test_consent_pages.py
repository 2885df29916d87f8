"""The pages on which people agree, as they meet them: adults, minors, guardians, strangers."""

import re
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from lxml import etree

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import HostelMixin, give_consent


class PagesMixin(HostelMixin):
    def _sign_in(self, name):
        self.authenticate(f"{name}.base.test", f"{name}.base.test")

    def _get_text(self, path, status=200):
        response = self.url_open(path)
        self.assertEqual(response.status_code, status, path)
        [main] = etree.HTML(response.text).xpath("//div[@id='wrap']")
        return " ".join("".join(main.itertext()).split())

    def _post(self, path, page="/my/privacy", files=None, **data):
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.url_open(page).text)[1]
        data = {"csrf_token": token, **data}
        return self.url_open(path, data=data, files=files, allow_redirects=False)


@tagged("post_install", "-at_install")
class TestConsentPages(PagesMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpHostels()
        today = fields.Date.context_today(cls.env.user)
        cls.minor = cls._create_student(
            consent=False, name="Mini Minor", birthdate=today - relativedelta(years=17)
        )
        cls.adult = cls._create_student(
            consent=False, name="Anita Adult", birthdate=today - relativedelta(years=20)
        )
        cls.parent = cls.env["res.partner"].create(
            {"name": "Meera Minor", "email": "meera@example.com"}
        )
        cls.env["hostel.guardian"].create(
            [
                {"student_id": cls.minor.id, "partner_id": cls.parent.id, "is_primary": True},
                {"student_id": cls.adult.id, "partner_id": cls.parent.id},
            ]
        )
        for name, partner, role in (
            ("minor", cls.minor.partner_id, "student"),
            ("adult", cls.adult.partner_id, "student"),
            ("parent", cls.parent, "guardian"),
        ):
            cls._create_user(name, f"hostel_base.group_hostel_{role}", partner_id=partner.id)
        # new_test_user gives the partners names and mail addresses of its own.
        cls.parent.write({"name": "Meera Minor", "email": "meera@example.com"})
        cls.minor.name, cls.adult.name = "Mini Minor", "Anita Adult"
        cls._create_user("stranger", "base.group_portal")

    def _issue(self):
        self.env["hostel.consent.request"]._issue(self.minor)
        mail = self.env["mail.mail"].search(
            [("body_html", "like", "/hostel/consent/")], order="id desc", limit=1
        )
        return re.search(r"/hostel/consent/[\w-]+", mail.body_html)[0]

    def test_a_minor_sees_whom_to_ask_and_then_waits(self):
        self._sign_in("minor")
        text = self._get_text("/my/hostel")
        self.assertIn("Your guardian has to agree", text)
        self.assertIn("me…@example.com", text)
        self.assertNotIn("meera@example.com", text)
        self.assertNotIn("I agree", text)
        self.assertEqual(self._post("/my/privacy/ask-guardian").status_code, 303)
        self.assertIn("Waiting for your guardian", self._get_text("/my/privacy"))
        again = self._post("/my/privacy/ask-guardian")
        self.assertIn("TOO_SOON", again.text)
        self.assertEqual(
            len(self.env["hostel.consent.request"].search([("student_id", "=", self.minor.id)])), 1
        )

    def test_a_minor_who_posts_the_form_anyway_is_refused(self):
        self._sign_in("minor")
        response = self._post("/my/privacy/agree")
        self.assertIn("GUARDIAN_NEEDED", response.text)
        self.assertFalse(self.minor.consent_ids)

    def test_the_link_opens_for_anybody_who_has_it_and_works_once(self):
        path = self._issue()
        self.authenticate(None, None)
        for _look in range(2):  # A mail filter looks too.
            page = self.url_open(path)
            self.assertEqual(page.status_code, 200)
        self.assertIn("Mini Minor", page.text)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")
        refused = self._post(path, page=path, declared_name="Meera Minor")
        self.assertIn("DECLARATION_NEEDED", refused.text)
        file = {"declared_name": ("x.txt", b"x")}
        refused = self._post(path, page=path, files=file, declaration="1")
        self.assertIn("DECLARATION_NEEDED", refused.text)
        self.assertFalse(self.minor.consent_ids)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
        data = {
            "csrf_token": token,
            "declaration": "1",
            "declared_name": "Meera\x00 Minor",
            "purpose_roommates": "1",
        }
        done = self.url_open(path, data=data)
        self.assertIn("Thank you", done.text)
        consent = self.minor.consent_ids
        self.assertEqual((consent.channel, consent.given_by_id), ("guardian_link", self.parent))
        second = self.url_open(path, data=data)
        self.assertEqual(second.status_code, 404)
        self.assertEqual(len(self.minor.consent_ids), 1)
        self._sign_in("minor")
        self.assertEqual(self.url_open("/my/hostel", allow_redirects=False).status_code, 200)

    def test_used_expired_and_unknown_links_look_the_same(self):
        path = self._issue()
        self.authenticate(None, None)
        request = self.env["hostel.consent.request"].search([], order="id desc", limit=1)
        texts = {self._get_text(f"/hostel/consent/{'x' * 43}", 404)}
        texts.add(self._get_text("/hostel/consent/short", 404))
        request.expires_at = fields.Datetime.now() - timedelta(minutes=1)
        texts.add(self._get_text(path, 404))
        request.write(
            {
                "expires_at": fields.Datetime.now() + timedelta(days=1),
                "used_at": fields.Datetime.now(),
            }
        )
        texts.add(self._get_text(path, 404))
        self.assertEqual(len(texts), 1)

    def test_a_guardian_agrees_on_the_own_portal_and_withdraws_there(self):
        self._sign_in("parent")
        self.assertIn("we need your consent", self._get_text("/my"))
        path = f"/my/privacy/ward/{self.minor.id}"
        self.assertIn("Mini Minor", self._get_text(path))
        self.assertIn("DECLARATION_NEEDED", self._post(f"{path}/agree", page=path).text)
        file = {"declared_name": ("x.txt", b"x")}
        refused = self._post(f"{path}/agree", page=path, files=file, declaration="1")
        self.assertIn("DECLARATION_NEEDED", refused.text)
        self._post(f"{path}/agree", page=path, declaration="1", declared_name="Meera")
        self.assertEqual(self.minor.consent_ids.channel, "guardian_portal")
        self.assertTrue(self.minor._has_consent())
        self._post(f"{path}/withdraw", page=path)
        self.assertFalse(self.minor._has_consent())
        self.assertEqual(self.minor.consent_ids.withdrawn_by_id, self.parent)

    def test_a_guardian_decides_for_own_minors_only(self):
        foreign = self._create_student(consent=False)
        self._sign_in("parent")
        for student_id in (self.adult.id, foreign.id, 999999999):
            for action in ("", "/agree", "/withdraw"):
                path = f"/my/privacy/ward/{student_id}{action}"
                with self.subTest(path=path):
                    if action:
                        page = f"/my/privacy/ward/{self.minor.id}"
                        data = {"declaration": "1", "declared_name": "M"}
                        status = self._post(path, page=page, **data).status_code
                    else:
                        status = self.url_open(path).status_code
                    self.assertEqual(status, 404)
        self.assertFalse((self.adult | foreign).consent_ids)

    def test_a_guardian_sees_nothing_of_a_ward_before_the_consent(self):
        self._create_allocation("allocated", student=self.adult)
        self._sign_in("parent")
        path = f"/my/hostel/ward/{self.adult.id}"
        self.assertNotIn(self.home.name, self._get_text(path))
        self.assertIn("Shown once your ward has agreed", self._get_text(path))
        give_consent(self.adult)
        self.assertIn(self.home.name, self._get_text(path))

    def test_a_student_opens_no_page_of_guardians_and_a_stranger_none_at_all(self):
        give_consent(self.adult)
        for name in ("adult", "stranger"):
            self._sign_in(name)
            path = f"/my/privacy/ward/{self.minor.id}"
            self.assertEqual(self.url_open(path).status_code, 404)
        for path in ("/my/privacy", "/my/privacy/data.json", "/my/details", "/my/hostel/house"):
            with self.subTest(path=path):
                self.assertEqual(self.url_open(path).status_code, 404)

    def test_withdrawing_is_one_form_on_the_same_page_and_says_what_stops(self):
        give_consent(self.adult, ["lifestyle"])
        self._sign_in("adult")
        text = self._get_text("/my/privacy")
        self.assertIn("This is what stops", text)
        self.assertIn("Your answers are deleted.", text)
        self.assertEqual(self._post("/my/privacy/withdraw").status_code, 303)
        self.assertFalse(self.adult._has_consent())
        response = self.url_open("/my/hostel", allow_redirects=False)
        self.assertIn("/my/privacy", response.headers["Location"])

    def test_the_download_holds_the_own_data(self):
        self._sign_in("adult")
        response = self.url_open("/my/privacy/data.json")
        self.assertIn("attachment", response.headers["Content-Disposition"])
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        data = response.json()
        self.assertEqual(data["student"]["Roll Number"], self.adult.roll_number)
        self.assertEqual(data["guardians"][0]["Guardian"], "Meera Minor")

    def test_erasure_is_asked_for_once(self):
        self._sign_in("adult")
        self._post("/my/privacy/erasure", note="Please")
        self.assertIn("You asked for erasure", self._get_text("/my/privacy"))
        self._post("/my/privacy/erasure", note="Please")
        self.assertEqual(len(self.adult.activity_ids), 1)

    def test_a_reason_that_is_no_text_is_none(self):
        self._sign_in("adult")
        page = self._post("/my/privacy/erasure", files={"note": ("x.txt", b"x")})
        self.assertEqual(page.status_code, 303)
        self.assertEqual(len(self.adult.activity_ids), 1)
        self.adult.activity_ids.unlink()
        self.assertEqual(self._post("/my/privacy/erasure", note="Go\x00ne").status_code, 303)
        self.assertIn("Gone", str(self.adult.activity_ids.note))
