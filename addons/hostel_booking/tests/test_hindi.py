"""A student or guardian who reads Hindi meets it on pages, in components and in refusals."""

import io
import json

import polib
from lxml import html

from odoo.tests import HttpCase, tagged
from odoo.tools import file_open
from odoo.tools.translate import trans_export

from .common import CampusMixin

ADDONS = ("hostel_base", "hostel_billing", "hostel_booking", "hostel_booking_billing")
HINDI = "hi_IN"


@tagged("post_install", "-at_install")
class TestHindi(CampusMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        hindi = cls.env["res.lang"]._activate_lang(HINDI)
        cls.prefix = f"/{hindi.url_code}"
        modules = cls.env["ir.module.module"].search([("name", "in", ADDONS)])
        modules._update_translations([HINDI])
        english = cls.env["res.lang"]._activate_lang("en_IN")
        cls.env["website"].search([]).language_ids |= hindi | english
        cls.setUpCampus()
        cls.setUpLocks()

    def setUp(self):
        super().setUp()
        self.load_maps()
        self.addCleanup(self.forget_maps)

    def test_pages_are_in_hindi(self):
        self.authenticate("asha.test", "asha.test")
        for path, hindi, english in (
            ("/my", "बेड बुक करें", "Book a bed"),
            ("/hostel", "अपना हॉस्टल चुनें", "Choose your hostel"),
            ("/hostel", "बेड खाली", "beds free"),
            ("/hostel/booking", "मेरी बुकिंग", "My booking"),
        ):
            with self.subTest(path=path):
                response = self.url_open(self.prefix + path)
                self.assertEqual(response.status_code, 200)
                # Without the head: a share's title there is the template's own name.
                text = html.fromstring(response.text).find("body").text_content()
                self.assertIn(hindi, text)
                self.assertNotIn(english, text)

    def test_the_privacy_notice_is_in_hindi(self):
        self.authenticate("asha.test", "asha.test")
        response = self.url_open(f"{self.prefix}/my/privacy")
        self.assertEqual(response.status_code, 200)
        text = html.fromstring(response.text).find("body").text_content()
        for hindi, english in (
            # The page, the notice's text and its purposes come from different files.
            ("आपके अधिकार", "Your rights"),
            ("भारतीय डेटा संरक्षण बोर्ड", "If the officer can't help"),
            ("निर्णय आपका है", "You decide"),
            ("अपना डेटा मिटाने का अनुरोध करना।", "Ask for your data to be erased."),
            ("आपको बेड देना और उसे आपके लिए रखना", "Giving you a bed"),
            ("सहमति वापस लें", "Withdraw the consent"),
        ):
            with self.subTest(english=english):
                self.assertIn(hindi, text)
                self.assertNotIn(english, text)

    def test_letters_are_in_hindi(self):
        for name, hindi, english in (
            ("guardian_consent", "आपकी सहमति चाहिए", "The law asks"),
            ("portal_invitation", "पासवर्ड चुनें", "Choose a password"),
        ):
            with self.subTest(template=name):
                template = self.env.ref(f"hostel_base.mail_template_{name}")
                body = template.with_context(lang=HINDI).body_html
                self.assertIn(hindi, body)
                self.assertNotIn(english, body)

    def test_components_get_their_texts_in_hindi(self):
        self.authenticate("asha.test", "asha.test")
        answer = self.url_open(f"/website/translations?lang={HINDI}").json()
        messages = {
            message["id"]: message["string"]
            for message in answer["modules"]["hostel_booking"]["messages"]
        }
        self.assertEqual(messages["Let it go"], "छोड़ दें")
        self.assertEqual(messages["Bed %(bed)s"], "बेड %(bed)s")

    def _refusal(self, user_language, page_language):
        self.asha_user.lang = user_language
        self.authenticate("asha.test", "asha.test")
        self.opener.cookies.set("frontend_lang", page_language)
        response = self.url_open(
            "/hostel/booking/release",
            data=json.dumps({"token": "nobody"}),
            headers={"Content-Type": "application/json"},
        )
        answer = response.json()
        self.assertEqual((response.status_code, answer["code"]), (410, "HOLD_EXPIRED"))
        return answer["error"]

    def test_refusals_speak_the_language_of_the_page(self):
        english = "Your time for this bed ran out."
        hindi = "इस बेड के लिए आपका समय ख़त्म हो गया।"
        self.assertEqual(self._refusal("en_US", HINDI), hindi)
        self.assertEqual(self._refusal(HINDI, "en_IN"), english)

    def test_refusals_to_an_unknown_language_speak_the_users_own(self):
        for nonsense in ("xx_YY", "'--", ""):
            with self.subTest(cookie=nonsense):
                self.assertEqual(self._refusal(HINDI, nonsense), "इस बेड के लिए आपका समय ख़त्म हो गया।")

    def test_the_committed_templates_have_the_terms_of_the_code(self):
        for addon in ADDONS:
            with self.subTest(addon=addon):
                exported = io.BytesIO()
                trans_export(None, [addon], exported, "po", self.env)
                with file_open(f"{addon}/i18n/{addon}.pot") as committed:
                    known = {entry.msgid for entry in polib.pofile(committed.read())}
                now = {entry.msgid for entry in polib.pofile(exported.getvalue().decode())}
                self.assertEqual(now, known, f"run scripts/i18n: {addon}'s terms have changed")
