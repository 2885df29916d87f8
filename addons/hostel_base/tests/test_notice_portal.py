"""Pages and routes of the notices, through HTTP as their users."""

import json
from datetime import timedelta

from odoo import Command
from odoo.tests import HttpCase, tagged

from .common import HostelMixin
from .test_notice import NoticeMixin


@tagged("post_install", "-at_install")
class TestNoticePages(NoticeMixin, HostelMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpHostels()
        cls.setUpPeople()
        cls.setUpNotices()
        # Another campus in the same database has notices for everybody.
        over = cls.env.cr.now() - timedelta(seconds=1)
        cls.env["hostel.notice"].search([("audience", "=", "everyone")]).date_to = over

    def _sign_in(self, role):
        login = self.users[role].login
        self.authenticate(login, login)

    def _get(self, path):
        return self.url_open(path, allow_redirects=False)

    def _post(self, path, body):
        return self.url_open(
            path, data=json.dumps(body), headers={"Content-Type": "application/json"}
        )

    def test_the_list_has_pinned_first_and_marks_what_is_new(self):
        old = self._publish(name="Painting of the stairs", is_pinned=True)
        new = self._publish(name="Hot water")
        hidden = self._publish(
            name="Only upstairs", audience="floor", floor_ids=[Command.set(self.upper.ids)]
        )
        old.sudo()._mark_read(self.student.partner_id)
        self._sign_in("student")
        page = self._get("/my/notices").text
        self.assertLess(page.index("Painting of the stairs"), page.index("Hot water"))
        self.assertNotIn("Only upstairs", page)
        self.assertEqual(page.count("badge text-bg-primary ms-auto"), 1)
        self.assertEqual(self._get(f"/my/notices/{hidden.id}").status_code, 404)
        self.assertEqual(self._get(f"/my/notices/{new.id}").status_code, 200)
        self.assertNotIn("badge text-bg-primary ms-auto", self._get("/my/notices").text)

    def test_opening_is_reading(self):
        notice = self._publish()
        self._sign_in("student")
        page = self._get(f"/my/notices/{notice.id}").text
        self.assertIn("From ten to noon", page)
        self.env.invalidate_all()
        self.assertEqual(notice.sudo().receipt_ids.filtered("read_at").student_id, self.student)

    def test_the_home_shows_the_card_with_the_number_of_new_ones(self):
        self._publish(name="Lift repair")
        self._publish(name="Fire drill", notice_type="emergency")
        self._sign_in("student")
        page = self._get("/my").text
        self.assertIn("o_hostel_notices_card", page)
        self.assertLess(page.index("Fire drill"), page.index("Lift repair"))
        self.assertRegex(page, r"2\s+new")

    def test_who_has_nothing_to_do_with_hostels_has_no_card(self):
        self._sign_in("portal")
        self.assertNotIn("o_hostel_notices_card", self._get("/my").text)

    def test_an_empty_list_says_so(self):
        self._sign_in("guardian")
        self.assertIn("No notices for you now", self._get("/my/notices").text)

    def test_foreign_missing_and_over_look_the_same(self):
        foreign = self._publish(to_students=False, to_guardians=True)
        over = self._publish()
        over.sudo().date_to = self.now - timedelta(seconds=1)
        self._sign_in("student")
        for number in (foreign.id, over.id, 0, 2**31, 10**12):
            with self.subTest(number=number):
                self.assertEqual(self._get(f"/my/notices/{number}").status_code, 404)

    def test_pages_beyond_the_end_and_beside_the_numbers(self):
        self._publish()
        self._sign_in("student")
        self.assertEqual(self._get("/my/notices/page/999").status_code, 200)
        self.assertEqual(self._get("/my/notices/page/x").status_code, 404)

    def test_a_stranger_is_sent_to_the_login(self):
        for path in ("/my/notices", "/my/notices/1", "/my/notices/1/file/1"):
            with self.subTest(path=path):
                answer = self._get(path)
                self.assertEqual(answer.status_code, 303)
                self.assertIn("/web/login", answer.headers["Location"])

    def test_files_are_served_to_the_audience_only(self):
        notice = self._create_notice()
        files = self.env["ir.attachment"].create(
            [
                {"name": "plan.pdf", "raw": b"%PDF-1.4 plan", "mimetype": "application/pdf"},
                {"name": "page.html", "raw": b"<script>1</script>", "mimetype": "text/html"},
            ]
        )
        notice.sudo().attachment_ids = files
        notice.action_publish()
        other = self.env["ir.attachment"].create({"name": "secret", "raw": b"secret"})
        path = f"/my/notices/{notice.id}/file"
        self._sign_in("student")
        plan = self._get(f"{path}/{files[0].id}")
        self.assertEqual((plan.status_code, plan.content), (200, b"%PDF-1.4 plan"))
        self.assertIn("no-store", plan.headers["Cache-Control"])
        page = self._get(f"{path}/{files[1].id}")
        self.assertIn("attachment", page.headers["Content-Disposition"])
        self.assertEqual(self._get(f"{path}/{other.id}").status_code, 404)
        self._sign_in("guardian")
        self.assertEqual(self._get(f"{path}/{files[0].id}").status_code, 404)

    def test_closing_an_emergency_is_reading_it(self):
        notice = self._publish(notice_type="emergency")
        path = f"/my/notices/{notice.id}/read"
        self._sign_in("guardian")
        answer = self._post(path, {})
        self.assertEqual(answer.status_code, 404)
        self._sign_in("student")
        self.assertTrue(self._post(path, {}).json()["success"])
        self.env.invalidate_all()
        self.assertEqual(len(notice.sudo().receipt_ids.filtered("read_at")), 1)
        self.assertEqual(self._post(path, {"x": 1}).json()["code"], "BAD_REQUEST")
        form = self.url_open(path, data={"a": "b"})
        self.assertEqual(form.json()["code"], "UNSUPPORTED_MEDIA_TYPE")

    def test_the_list_costs_the_same_for_more_notices(self):
        for number in range(3):
            self._publish(name=f"Notice {number}")
        self._sign_in("student")
        self._get("/my/notices")

        def count():
            # The first time fills caches that posting has emptied.
            self._get("/my/notices")
            before = self.env.cr.sql_log_count
            self._get("/my/notices")
            return self.env.cr.sql_log_count - before

        few = count()
        for number in range(12):
            self._publish(name=f"Further {number}")
        self.assertLessEqual(count(), few + 2)
