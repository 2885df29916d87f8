"""The portal as an app: manifest, service worker, offline page."""

import io
import re

from PIL import Image

from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestPwa(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        new_test_user(cls.env, "pwa.test", groups="base.group_portal")

    def _manifest(self):
        answer = self.url_open("/hostel/manifest.webmanifest")
        self.assertEqual(answer.headers["Content-Type"], "application/manifest+json")
        return answer.json()

    def test_the_manifest_has_what_an_app_needs(self):
        website = self.env["website"].search([], limit=1)
        website.name = "Test College"
        manifest = self._manifest()
        self.assertEqual(manifest["name"], "Test College")
        self.assertTrue(manifest["start_url"].startswith(manifest["id"]))
        self.assertTrue(manifest["start_url"].startswith(manifest["scope"]))
        self.assertEqual(manifest["display"], "standalone")
        self.assertRegex(manifest["theme_color"], r"^#[0-9a-fA-F]{6}$")

    def test_each_icon_is_a_picture_of_its_size(self):
        icons = self._manifest()["icons"]
        self.assertEqual({icon["purpose"] for icon in icons}, {"any", "maskable"})
        self.assertLessEqual({"192x192", "512x512"}, {icon["sizes"] for icon in icons})
        for icon in icons:
            answer = self.url_open(icon["src"])
            picture = Image.open(io.BytesIO(answer.content))
            with self.subTest(icon=icon["src"]):
                self.assertEqual("x".join(map(str, picture.size)), icon["sizes"])
                self.assertEqual(picture.format, "PNG")

    def test_the_worker_may_serve_the_whole_site_and_is_asked_for_anew(self):
        answer = self.url_open("/hostel/service-worker.js")
        self.assertEqual(answer.headers["Service-Worker-Allowed"], "/")
        self.assertIn("javascript", answer.headers["Content-Type"])
        self.assertIn("no-cache", answer.headers["Cache-Control"])
        self.assertIn("notificationclick", answer.text)

    def test_the_offline_page_is_the_same_for_everyone_and_needs_nothing_else(self):
        anonymous = self.url_open("/hostel/offline").text
        self.authenticate("pwa.test", "pwa.test")
        signed_in = self.url_open("/hostel/offline").text
        self.assertEqual(anonymous, signed_in)
        self.assertIn("You are offline", anonymous)
        self.assertTrue(anonymous.lstrip().lower().startswith("<!doctype html>"))
        self.assertNotIn("<script", anonymous)
        self.assertNotIn("csrf", anonymous)
        sources = re.findall(r'(?:src|href)="([^"]+)"', anonymous)
        allowed = {"/hostel_base/static/img/pwa/icon-192.png", "/my"}
        self.assertLessEqual({url for url in sources if not url.startswith("tel:")}, allowed)

    def test_each_page_of_the_site_names_the_manifest(self):
        page = self.url_open("/web/login").text
        self.assertIn('rel="manifest" href="/hostel/manifest.webmanifest"', page)
        self.assertIn("apple-touch-icon", page)
