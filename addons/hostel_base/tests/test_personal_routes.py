"""No personal page without a consent: every route of every installed hostel addon."""

import re
from importlib import import_module

from odoo.http import _generate_routing_rules
from odoo.tests import HttpCase, tagged

from odoo.addons.http_routing.tests.common import MockRequest

from .common import HostelMixin
from .personal_routes import GATED


@tagged("post_install", "-at_install")
class TestPersonalRoutes(HostelMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpHostels()
        cls.student = cls._create_student(consent=False, birthdate="2001-01-01")
        cls._create_user(
            "silent", "hostel_base.group_hostel_student", partner_id=cls.student.partner_id.id
        )
        modules = sorted(cls.env.registry._init_modules)
        # Looking at the controllers evaluates their properties, which want a request.
        with MockRequest(cls.env):
            cls.setUpRoutes(modules)

    @classmethod
    def setUpRoutes(cls, modules):
        cls.rules = {
            url: endpoint
            for url, endpoint in _generate_routing_rules(modules, nodb_only=False)
            if endpoint.routing["auth"] == "user" and cls._get_addon(endpoint)
        }
        cls.table = {}
        for addon in {cls._get_addon(endpoint) for endpoint in cls.rules.values()}:
            # An addon with such a route and without a table fails here.
            cls.table |= import_module(f"odoo.addons.{addon}.tests.personal_routes").ROUTES
        cls.table |= import_module("odoo.addons.hostel_base.tests.personal_routes").ROUTES

    @classmethod
    def _get_addon(cls, endpoint):
        addon, kind = endpoint.func.__module__.split(".")[2:4]
        # Routes that only tests declare are theirs.
        return addon if addon.startswith("hostel_") and kind != "tests" else None

    def test_each_route_stands_in_the_table(self):
        self.assertGreater(len(self.rules), 15)
        self.assertEqual(set(self.rules), set(self.table))

    def test_a_free_route_says_so_and_why(self):
        for path, endpoint in self.rules.items():
            with self.subTest(route=path):
                free = self.table[path] != GATED
                self.assertEqual(not endpoint.routing.get("hostel_consent", True), free)
                self.assertGreater(len(self.table[path]), 10 if free else 4)

    def _request(self, path, endpoint):
        url = re.sub(r"<int:\w+>", "1", path)
        url = re.sub(r"<\w+:\w+>", "x", url)
        methods = endpoint.routing["methods"]
        post = methods and "GET" not in methods
        return self.url_open(url, data=b"{}" if post else None, allow_redirects=False)

    def test_a_student_without_consent_gets_nowhere(self):
        self.authenticate("silent.base.test", "silent.base.test")
        for path, endpoint in self.rules.items():
            if self.table[path] != GATED:
                continue
            response = self._request(path, endpoint)
            with self.subTest(route=path):
                if endpoint.routing.get("hostel_json"):
                    self.assertEqual(response.status_code, 403)
                    self.assertEqual(response.json()["code"], "CONSENT_REQUIRED")
                    self.assertEqual(response.json()["details"]["url"], "/my/privacy")
                else:
                    self.assertEqual(response.status_code, 303)
                    self.assertIn("/my/privacy?next=", response.headers["Location"])

    def test_the_free_pages_open_without_consent(self):
        self.authenticate("silent.base.test", "silent.base.test")
        for path in ("/my/privacy", "/my/privacy/data.json"):
            with self.subTest(route=path):
                self.assertEqual(self.url_open(path, allow_redirects=False).status_code, 200)

    def test_the_college_can_switch_the_question_off(self):
        self.env["ir.config_parameter"].set_param("hostel_base.require_consent", "False")
        self.authenticate("silent.base.test", "silent.base.test")
        self.assertEqual(self.url_open("/my/hostel", allow_redirects=False).status_code, 200)

    def test_it_is_on_where_nobody_decided(self):
        self.env["ir.config_parameter"].search(
            [("key", "=", "hostel_base.require_consent")]
        ).unlink()
        self.assertTrue(self.env["hostel.student"]._is_consent_required())
        settings = self.env["res.config.settings"].create({})
        self.assertTrue(settings.hostel_require_consent)
        settings.hostel_require_consent = False
        settings.set_values()
        self.assertFalse(self.env["hostel.student"]._is_consent_required())

    def test_staff_and_guests_are_not_asked(self):
        self._create_user("clerk", "hostel_base.group_hostel_admin")
        self.authenticate("clerk.base.test", "clerk.base.test")
        self.assertEqual(self.url_open("/my", allow_redirects=False).status_code, 200)

    def test_after_agreeing_the_wanted_page_opens(self):
        self.authenticate("silent.base.test", "silent.base.test")
        page = self.url_open("/my/details")
        self.assertIn("/my/privacy", page.url)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
        data = {"csrf_token": token, "next": "/my/details", "purpose_roommates": "1"}
        response = self.url_open("/my/privacy/agree", data=data, allow_redirects=False)
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith("/my/details"))
        self.assertEqual(self.url_open("/my/details", allow_redirects=False).status_code, 200)
        consent = self.student.consent_ids
        self.assertEqual((consent.channel, consent.given_as), ("portal", "self"))
        self.assertIn("roommates", consent.purpose_ids.mapped("code"))
        self.assertEqual(
            set(consent.withheld_ids.mapped("code")), {"lifestyle", "guard_photo", "push"}
        )

    def test_the_way_back_stays_on_this_server(self):
        self.authenticate("silent.base.test", "silent.base.test")
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.url_open("/my/privacy").text)[
            1
        ]
        for evil in ("//evil.example", "https://evil.example", "/\\evil.example"):
            data = {"csrf_token": token, "next": evil}
            response = self.url_open("/my/privacy/agree", data=data, allow_redirects=False)
            with self.subTest(next=evil):
                self.assertNotIn("evil", response.headers["Location"])
