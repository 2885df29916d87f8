"""Who is meant by what somebody types, and what strangers learn from the answer."""

import re
from unittest.mock import patch

from odoo.exceptions import AccessDenied
from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.queue_job.tests.common import trap_jobs

from .common import HostelMixin


class LoginMixin(HostelMixin):
    @classmethod
    def setUpPersons(cls):
        cls.asha, cls.asha_user = cls._create_login(
            "asha-portal", roll_number="26TST901", application_number="AT2699001",
            email="Asha.Rao@Example.com",
        )  # fmt: skip
        cls.bina, cls.bina_user = cls._create_login(
            "bina-portal", roll_number="26TST902", email="bina@example.com"
        )

    @classmethod
    def _create_login(cls, login, **vals):
        student = cls._create_student(**vals)
        user = new_test_user(
            cls.env,
            login,
            password="the right password",
            groups="hostel_base.group_hostel_student",
            partner_id=student.partner_id.id,
            email=student.email,
        )
        return student, user


@tagged("post_install", "-at_install")
class TestLogin(LoginMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPersons()
        cls.Users = cls.env["res.users"]

    def _sign_in(self, login, password="the right password"):
        credential = {"login": login, "password": password, "type": "password"}
        return self.Users.authenticate(credential, {"interactive": True})["uid"]

    def assertRefused(self, login, password="the right password"):
        with self.assertRaises(AccessDenied), mute_logger("odoo.addons.base.models.res_users"):
            self._sign_in(login, password)

    def test_all_names_lead_to_the_same_account(self):
        for typed in (
            "26TST901", "26tst901", " 26TST901 ", "AT2699001", "at2699001",
            "asha.rao@example.com", "ASHA.RAO@EXAMPLE.COM", "asha-portal",
        ):  # fmt: skip
            with self.subTest(typed=typed):
                self.assertEqual(self._sign_in(typed), self.asha_user.id)
                self.assertRefused(typed, "a wrong password")

    def test_unknown_odd_and_wildcard_names_lead_nowhere(self):
        for typed in ("26TST999", "26TST90%", "26TST90_", "%", "", " ", "x" * 300, "a\x00b", "@"):
            with self.subTest(typed=typed):
                self.assertRefused(typed)

    def test_what_fits_two_students_fits_none(self):
        self.bina.application_number = "26tst901"
        self.assertRefused("26TST901")
        self.assertEqual(self._sign_in("AT2699001"), self.asha_user.id)
        self.bina.email = "asha.rao@example.com"
        self.assertRefused("asha.rao@example.com")

    def test_an_old_roll_number_stops_working(self):
        self.asha_user.login = "26TST901"
        self.asha.roll_number = "25BCS077"
        self.assertRefused("26TST901")
        self.assertEqual(self._sign_in("25bcs077"), self.asha_user.id)
        self.assertEqual(self.asha_user.login, "25BCS077")

    def test_a_new_roll_number_that_is_somebodys_login_is_no_obstacle(self):
        new_test_user(self.env, "25BCS078", groups="base.group_portal")
        self.asha_user.login = "26TST901"
        self.asha.roll_number = "25BCS078"
        self.assertEqual(self.asha_user.login, f"student-{self.asha.id}")

    def test_staff_sign_in_as_before(self):
        clerk = new_test_user(
            self.env, "clerk@example.com", password="the right password",
            groups="hostel_base.group_hostel_admin",
        )  # fmt: skip
        clerk.email = "desk@example.com"
        self.assertEqual(self._sign_in("clerk@example.com"), clerk.id)
        self.assertRefused("desk@example.com")
        # A student can't take a colleague's name away.
        self.asha.application_number = "clerk@example.com"
        self.assertEqual(self._sign_in("clerk@example.com"), clerk.id)

    def test_a_student_who_works_here_signs_in_as_staff(self):
        student = self._create_student(roll_number="26PHD001")
        user = new_test_user(
            self.env, "phd", password="the right password", groups="base.group_user",
            partner_id=student.partner_id.id,
        )  # fmt: skip
        self.assertEqual(self._sign_in("phd"), user.id)
        self.assertRefused("26PHD001")

    def test_a_guardian_signs_in_by_mail_whatever_the_case(self):
        parent = self.env["res.partner"].create({"name": "P", "email": "parent@example.com"})
        self.env["hostel.guardian"].create({"student_id": self.asha.id, "partner_id": parent.id})
        user = new_test_user(
            self.env, "g1", password="the right password", partner_id=parent.id,
            groups="hostel_base.group_hostel_guardian", email="parent@example.com",
        )  # fmt: skip
        self.assertEqual(self._sign_in("Parent@Example.com"), user.id)

    def test_a_disabled_account_is_nobody(self):
        self.asha_user.active = False
        for typed in ("26TST901", "asha-portal", "asha.rao@example.com"):
            self.assertRefused(typed)

    def test_an_unknown_name_costs_a_password_check_too(self):
        """The hash is what takes time; each failed attempt computes exactly one."""
        invited = new_test_user(self.env, "never-set", groups="base.group_portal")
        self.env.cr.execute("UPDATE res_users SET password = NULL WHERE id = %s", [invited.id])
        spare = self.Users._get_spare_hash()
        used = []
        real = type(self.Users)._get_spare_hash
        with patch.object(
            type(self.Users),
            "_get_spare_hash",
            lambda users: used.append(real(users)) or used[-1],
        ):
            for typed, count in (("26TST999", 1), ("never-set", 1), ("26TST901", 0)):
                used.clear()
                with self.subTest(typed=typed):
                    self.assertRefused(typed, "a wrong password")
                    self.assertEqual(used, [spare] * count)

    def test_reset_answers_the_same_for_everybody(self):
        results = {}
        for typed in ("26tst901", "AT2699001", "26TST999", "nobody@example.com", "", "%"):
            with trap_jobs() as trap:
                self.assertIsNone(self.Users.reset_password(typed), typed)
                trap.assert_jobs_count(1)
                results[typed] = trap.enqueued_jobs[0].args
        self.assertEqual(results["26tst901"], (self.asha_user.id,))
        self.assertEqual(results["AT2699001"], (self.asha_user.id,))
        self.assertEqual({results["26TST999"], results["%"], results[""]}, {(0,)})

    def test_the_job_mails_the_link_to_the_account_only(self):
        self.assertEqual(self.Users._send_password_reset(0), "nobody")
        self.assertNotEqual(self.asha.partner_id.signup_type, "reset")
        self.assertEqual(self.Users._send_password_reset(self.asha_user.id), "sent")
        self.assertEqual(self.asha.partner_id.signup_type, "reset")
        self.assertNotEqual(self.bina.partner_id.signup_type, "reset")
        self.asha_user.active = False
        self.assertEqual(self.Users._send_password_reset(self.asha_user.id), "nobody")


@tagged("post_install", "-at_install")
class TestLoginPages(LoginMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPersons()

    def setUp(self):
        super().setUp()
        self.registry._login_failures = None
        self.addCleanup(setattr, self.registry, "_login_failures", None)

    def _post(self, path, **data):
        page = self.url_open(path).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        return self.url_open(path, data={"csrf_token": token, **data})

    def _sign_in(self, login, password):
        self.registry.clear_cache()
        return self._post("/web/login", login=login, password=password, type="password")

    def _get_error(self, response):
        match = re.search(r"alert alert-danger[^>]*>\s*(.*?)\s*</p>", response.text, re.DOTALL)
        return re.sub(r"<[^>]+>", "", match[1]).strip() if match else ""

    def test_the_page_says_what_to_type(self):
        for path in ("/web/login", "/web/reset_password"):
            with self.subTest(path=path):
                text = self.url_open(path).text
                self.assertIn("Roll number, application number or mail", text)

    @mute_logger("odoo.addons.base.models.res_users")
    def test_a_student_signs_in_by_roll_number(self):
        self.assertIn("/my", self._sign_in("26tst901", "the right password").url)

    @mute_logger("odoo.addons.base.models.res_users")
    def test_known_and_unknown_names_read_the_same(self):
        known = self._get_error(self._sign_in("26TST901", "wrong"))
        unknown = self._get_error(self._sign_in("26TST999", "wrong"))
        self.assertTrue(known)
        self.assertEqual(known, unknown)

    @mute_logger("odoo.addons.base.models.res_users")
    def test_too_many_attempts_wait_even_with_the_right_password(self):
        self.env["ir.config_parameter"].set_param("base.login_cooldown_after", "3")
        for _attempt in range(3):
            self._sign_in("26TST901", "wrong")
        response = self._sign_in("26TST901", "the right password")
        self.assertIn("/web/login", response.url)
        self.assertIn("Too many login failures", response.text)

    def test_reset_reads_the_same_for_known_and_unknown(self):
        texts = set()
        for typed in ("26TST901", "26TST999"):
            with trap_jobs():
                response = self._post("/web/reset_password", login=typed)
            texts.add(
                re.search(r"alert alert-success[^>]*>\s*(.*?)\s*</p>", response.text, re.S)[1]
            )
        [text] = texts
        self.assertIn("If there is an account", text)

    def test_a_mail_address_does_not_give_away_the_login(self):
        self.asha_user.with_user(self.asha_user).sudo()._update_last_login()
        for token in ("", "&token=nonsense"):
            url = f"/web/reset_password?signup_email=asha.rao@example.com{token}"
            response = self.url_open(url, allow_redirects=False)
            self.assertEqual(response.status_code, 200)
            self.assertNotIn("asha-portal", response.text)

    def test_a_disabled_account_loses_its_session(self):
        self.authenticate("asha-portal", "the right password")
        self.assertEqual(self.url_open("/my/hostel", allow_redirects=False).status_code, 200)
        self.asha_user.active = False
        self.env.flush_all()
        response = self.url_open("/my/hostel", allow_redirects=False)
        self.assertEqual(response.status_code, 303)
        self.assertIn("/web/login", response.headers["Location"])
