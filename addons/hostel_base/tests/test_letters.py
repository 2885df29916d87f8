from markupsafe import Markup

from odoo.tests import TransactionCase, tagged

from odoo.addons.hostel_base.tools.letters import LAYOUT, letter_body


@tagged("post_install", "-at_install")
class TestLetters(TransactionCase):
    """What is written to students and guardians, as it leaves Odoo."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reader = cls.env["res.partner"].create({"name": "Asha", "email": "asha@college.test"})
        cls.about = cls.env["res.partner"].create({"name": "A record"})

    def _send(self, body):
        message = self.about.with_context(mail_notify_force_send=False).message_notify(
            partner_ids=self.reader.ids,
            subject="Your bed & you",
            body=body,
            email_layout_xmlid=LAYOUT,
        )
        return self.env["mail.mail"].search([("mail_message_id", "=", message.id)]).body_html

    def test_the_subject_is_the_headline_and_no_model_is_named(self):
        self.env.company.write({"phone": "080 1234", "email": "hostel@college.test"})
        html = self._send(letter_body("Until noon it is kept."))
        self.assertIn("Your bed &amp; you</p>", html)
        self.assertIn("<p>Until noon it is kept.</p>", html)
        for footer in (self.env.company.name, "080 1234", "mailto:hostel@college.test"):
            self.assertIn(footer, html)
        for word in ("Contact", "A record", "Powered by", "Internal"):
            self.assertNotIn(word, html)

    def test_the_button_is_seen_after_odoo_has_cleaned_the_text(self):
        html = self._send(letter_body("x", url="https://h.test/my/moves?a=1&b=2", label="Pay"))
        button = html[html.index("https://h.test/") :]
        self.assertTrue(button.startswith("https://h.test/my/moves?a=1&amp;b=2"))
        self.assertIn("background-color:#2b5797", button)
        self.assertIn(">Pay</a>", button)

    def test_what_people_wrote_is_text_and_what_the_office_formatted_is_not(self):
        body = letter_body(
            "<b>me</b>", Markup("<b>rules</b>"), url='https://h.test/"x', label="<i>"
        )
        self.assertIn("<p>&lt;b&gt;me&lt;/b&gt;</p><b>rules</b>", body)
        self.assertIn('href="https://h.test/&#34;x"', body)
        self.assertIn("&lt;i&gt;</a>", body)
        self.assertNotIn("<a", letter_body("without"))
