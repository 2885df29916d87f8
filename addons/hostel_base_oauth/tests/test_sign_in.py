import json

from odoo.exceptions import AccessDenied
from odoo.tests import new_test_user, tagged

from odoo.addons.hostel_base.tests.common import HostelCase

MAIL = "asha.oauth@college.example"


@tagged("post_install", "-at_install")
class TestSignIn(HostelCase):
    """What the college's account opens, and to whom."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls.env["auth.oauth.provider"].create(
            {
                "name": "College",
                "body": "Sign in with the college account",
                "client_id": "hostel-client",
                "auth_endpoint": "https://id.college.example/auth",
                "validation_endpoint": "https://id.college.example/userinfo",
                "hostel_sign_in": True,
                "hostel_mail_domains": "college.example, students.college.example",
            }
        )
        cls.student = cls._create_student(email=MAIL)

    def _sign_in(self, subject="s-1", **claims):
        validation = {
            "user_id": subject,
            "email": MAIL,
            "email_verified": True,
            "aud": "hostel-client",
            **claims,
        }
        params = {"access_token": f"token-{subject}", "state": json.dumps({})}
        login = self.env["res.users"]._auth_oauth_signin(self.provider.id, validation, params)
        return self.env["res.users"].search([("login", "=", login)])

    def test_a_student_gets_a_portal_account_in_the_role(self):
        user = self._sign_in()
        self.assertEqual(user.partner_id, self.student.partner_id)
        self.assertTrue(user.has_group("hostel_base.group_hostel_student"))
        self.assertFalse(user._is_internal())

    def test_the_second_time_it_is_the_same_account(self):
        self.assertEqual(self._sign_in(), self._sign_in(email="changed@college.example"))

    def test_an_account_that_exists_is_linked_and_keeps_its_login(self):
        user = new_test_user(
            self.env,
            "roll-77",
            groups="hostel_base.group_hostel_student",
            partner_id=self.student.partner_id.id,
            email=MAIL,
        )
        self.assertEqual(self._sign_in(), user)
        self.assertEqual(user.login, "roll-77")

    def test_a_guardian_gets_the_guardians_portal(self):
        partner = self.env["res.partner"].create({"name": "Parent", "email": "p@college.example"})
        self.env["hostel.guardian"].create(
            {"student_id": self.student.id, "partner_id": partner.id}
        )
        user = self._sign_in("g-1", email="p@college.example")
        self.assertTrue(user.has_group("hostel_base.group_hostel_guardian"))
        self.assertFalse(user.has_group("hostel_base.group_hostel_student"))

    def test_staff_come_in_with_the_groups_they_have(self):
        warden = new_test_user(
            self.env,
            "w.oauth",
            groups="hostel_base.group_hostel_warden",
            email="w@college.example",
        )
        self.assertEqual(self._sign_in("w-1", email="W@College.example"), warden)

    def test_who_is_not_known_gets_no_account(self):
        before = self.env["res.users"].search_count([])
        stranger = self.env["res.partner"].create({"name": "X", "email": "x@college.example"})
        for mail in (stranger.email, "nobody@college.example", "", None):
            with self.subTest(mail=mail), self.assertRaises(AccessDenied):
                self._sign_in("x-1", email=mail)
        self.assertEqual(self.env["res.users"].search_count([]), before)

    def test_an_address_of_two_people_opens_nothing(self):
        self._create_student(email=MAIL)
        with self.assertRaises(AccessDenied):
            self._sign_in()

    def test_an_unverified_address_opens_nothing_unless_the_college_vouches(self):
        for claim in (False, None, "false"):
            with self.subTest(claim=claim), self.assertRaises(AccessDenied):
                self._sign_in(email_verified=claim)
        self.provider.hostel_mails_verified = True
        self.assertTrue(self._sign_in(email_verified=None))

    def test_an_address_of_another_domain_opens_nothing(self):
        self.student.email = "asha@elsewhere.example"
        with self.assertRaises(AccessDenied):
            self._sign_in(email="asha@elsewhere.example")

    def test_a_token_for_another_application_opens_nothing(self):
        for claims in (
            {"aud": "other-client"},
            {"aud": None, "azp": "other"},
            {"aud": ["a", "b"]},
        ):
            with self.subTest(claims=claims), self.assertRaises(AccessDenied):
                self._sign_in(**claims)
        self.assertTrue(self._sign_in(aud=["hostel-client", "b"]))

    def test_a_token_for_nobody_in_particular_opens_nothing_unless_allowed(self):
        for claims in ({"aud": None}, {"aud": "", "azp": ""}, {"aud": []}):
            with self.subTest(claims=claims), self.assertRaises(AccessDenied):
                self._sign_in(**claims)
        self.provider.hostel_audience_unknown = True
        with self.assertRaises(AccessDenied):
            self._sign_in(aud="other-client")
        self.assertTrue(self._sign_in(aud=None))

    def test_without_a_client_id_no_audience_fits(self):
        self.provider.client_id = False
        with self.assertRaises(AccessDenied):
            self._sign_in()

    def test_an_account_that_was_switched_off_stays_off(self):
        user = self._sign_in()
        user.active = False
        with self.assertRaises(AccessDenied):
            self._sign_in()
        user.write({"oauth_uid": False})
        with self.assertRaises(AccessDenied):
            self._sign_in("s-2")

    def test_a_second_college_account_does_not_take_over_the_first(self):
        self._sign_in("s-1")
        with self.assertRaises(AccessDenied):
            self._sign_in("s-2")

    def test_students_who_left_do_not_come_in(self):
        self.student.status = "alumni"
        with self.assertRaises(AccessDenied):
            self._sign_in()

    def test_other_providers_work_as_odoo_has_them(self):
        self.provider.hostel_sign_in = False
        login = (
            self.env["res.users"]
            .with_context(no_user_creation=True)
            ._auth_oauth_signin(
                self.provider.id,
                {"user_id": "s-9", "email": MAIL, "email_verified": True},
                {"access_token": "t", "state": "{}"},
            )
        )
        self.assertIsNone(login)
