"""The allotment letter: what it says, that anybody can check it, that it is mailed once."""

import hashlib
import io
import re
from unittest.mock import patch

from pypdf import PdfReader

from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.tests.common import HostelCase, HostelMixin

from .test_cancellation import CancelMixin


class LetterMixin(CancelMixin):
    def _text(self, pdf):
        pages = PdfReader(io.BytesIO(pdf)).pages
        return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))

    def _find(self, row):
        return self.env["hostel.verification"].search(
            [("res_model", "=", row._name), ("res_id", "=", row.id)], order="id"
        )

    def _force(self):
        """Odoo prints no PDF in tests unless it is told to."""
        self.env = self.env(context={**self.env.context, "force_report_rendering": True})
        self.Allocation = self.env["hostel.allocation"]


@tagged("post_install", "-at_install")
class TestLetter(LetterMixin, HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()

    def setUp(self):
        super().setUp()
        self._force()
        student = self._create_student(name="आशा राव", email="asha@example.com")
        self.row = self._book(student=student)

    def test_it_names_the_bed_and_its_code(self):
        name, pdf = self.row._get_letter()
        letter = self._find(self.row)
        self.assertEqual((letter.kind, letter.state), ("allotment_letter", "valid"))
        text = self._text(pdf)
        for word in (
            "Allotment of a hostel bed",
            self.env.company.name,
            "Home",
            self.row.room_id.name,
            self.row.student_id.roll_number,
            "Test term",
            "42,000",
            letter.printed_code,
            letter._get_url(),
        ):
            with self.subTest(word=word):
                self.assertIn(word, text)
        self.assertEqual(name, f"Allotment {self.row.name.replace('/', '-')}.pdf")
        self.assertEqual(len(PdfReader(io.BytesIO(pdf)).pages), 1)

    def test_its_labels_can_be_translated(self):
        self.env["res.lang"]._activate_lang("hi_IN")
        words = {"Hostel": "छात्रावास", "Room type": "कमरे का प्रकार", "Term": "सत्र"}
        view = self.env.ref("hostel_booking.report_allotment_letter")
        view.update_field_translations("arch_db", {"hi_IN": words})
        html, _kind = (
            self.env["ir.actions.report"]
            .with_context(lang="hi_IN")
            ._render_qweb_html("hostel_booking.hostel_allocation_report_letter", self.row.ids)
        )
        page = html.decode()
        for english, hindi in words.items():
            with self.subTest(english=english):
                self.assertIn(f">{hindi}<", page)
                self.assertNotIn(f">{english}<", page)

    def test_a_name_in_devanagari_is_printed_with_a_font_that_has_it(self):
        _name, pdf = self.row._get_letter()
        page = PdfReader(io.BytesIO(pdf)).pages[0]
        fonts = {
            str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()
        }
        self.assertTrue(any("Devanagari" in font for font in fonts), fonts)

    def test_every_copy_is_the_same(self):
        _name, first = self.row._get_letter()
        _name, again = self.row._get_letter()
        self.assertEqual(first, again)
        letter = self._find(self.row)
        self.assertEqual(letter.pdf_sha256, hashlib.sha256(first).hexdigest())

    def test_other_days_need_another_letter(self):
        self.row._get_letter_document()
        self.row._change(date_to=self.term.date_to.replace(month=3))
        self.row._get_letter_document()
        self.assertEqual(self._find(self.row).mapped("state"), ["superseded", "valid"])

    def test_a_cancelled_booking_revokes_it(self):
        self.row._get_letter_document()
        self.row._cancel_booking("office", "office")
        letter = self._find(self.row)
        self.assertEqual(letter.state, "revoked")
        self.assertRefused("LETTER_NOT_READY", self.row._get_letter)

    def test_who_moves_gets_a_new_one(self):
        self.row._get_letter_document()
        new = self.row._transfer(self.other_bed, self.term.date_from).sudo()
        self.assertEqual(self._find(self.row).state, "revoked")
        self.assertEqual(new.letter_state, "queued")
        self.assertTrue(new._get_letter_document())

    def test_before_the_approval_there_is_none(self):
        row = self._book("awaiting_approval", bed=self.other_bed)
        self.assertRefused("LETTER_NOT_READY", row._get_letter)
        self.assertRefused("LETTER_NOT_READY", row.action_print_letter)

    def test_a_strangers_checker_learns_little(self):
        letter = self.row._get_letter_document()
        self.assertEqual(
            set(letter.facts), {"holder", "roll", "hostel", "term", "date_from", "date_to"}
        )
        self.assertNotIn(self.row.student_id.name, str(letter.facts))

    def test_several_are_one_file(self):
        other = self._book(bed=self.other_bed)
        action = (self.row | other).with_user(self.users["warden"]).action_print_letter()
        self.assertEqual(action["report_name"], "hostel_booking.report_allotment_letter")
        pdf, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.users["warden"])
            ._render_qweb_pdf(action["report_name"], (self.row | other).ids)
        )
        self.assertEqual(len(PdfReader(io.BytesIO(pdf)).pages), 2)
        text = self._text(pdf)
        for row in (self.row, other):
            self.assertIn(self._find(row).printed_code, text)

    def test_only_who_sees_the_stay_prints_it(self):
        foreign = self._book(bed=self.foreign.bed_ids[0])
        report = self.env["report.hostel_booking.report_allotment_letter"]
        for role in ("warden", "supervisor", "guard", "internal", "portal"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                report.with_user(self.users[role])._get_report_values(foreign.ids)
            with self.subTest(role=role), self.assertRaises(AccessError):
                foreign.with_user(self.users[role]).action_print_letter()

    # Mail -----------------------------------------------------------------

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("hostel_booking.hostel_booking_cron_letters").method_direct_trigger()

    def _mails(self):
        return self.env["mail.message"].search(
            [
                ("model", "=", self.row._name),
                ("res_id", "=", self.row.id),
                ("attachment_ids", "!=", False),
            ]
        )

    def test_it_is_mailed_once(self):
        self.assertEqual(self.row.letter_state, "queued")
        self._run_cron()
        self.assertEqual(self.row.letter_state, "sent")
        message = self._mails()
        self.assertEqual(message.notified_partner_ids, self.row.student_id.partner_id)
        self.assertEqual(message.attachment_ids.raw, self.row._get_letter()[1])
        self._run_cron()
        self.assertEqual(self._mails(), message)

    def test_what_fails_is_tried_again_and_not_for_ever(self):
        logger = "odoo.addons.hostel_booking.models.hostel_allocation_letter"
        with (
            patch.object(
                self.registry["hostel.allocation"], "_tell_student", side_effect=ValueError("down")
            ),
            mute_logger(logger),
        ):
            for expected in ("queued", "queued", "failed", "failed"):
                self._run_cron()
                self.assertEqual(self.row.letter_state, expected)

    def test_a_booking_that_is_gone_gets_no_letter(self):
        self.row._cancel_booking("office", "office")
        self._run_cron()
        self.assertFalse(self._mails())

    def test_the_college_can_do_without(self):
        self.env["res.config.settings"].create({"hostel_mail_letters": False}).execute()
        row = self._book(bed=self.other_bed)
        self.assertFalse(row.letter_state)


@tagged("post_install", "-at_install")
class TestLetterPage(LetterMixin, HostelMixin, HttpCase):
    _reserve = HostelCase._reserve

    def test_the_student_fetches_the_own_letter(self):
        self.setUpHostels()
        self.setUpPeople()
        self.Allocation = self.env["hostel.allocation"]
        row = self._book("awaiting_approval", student=self.student)
        self.authenticate("student.base.test", "student.base.test")
        url = f"/my/hostel/{row.id}/letter"
        token = {"csrf_token": Request.csrf_token(self)}
        self.assertEqual(self.url_open(url, data=token).status_code, 404)
        row._transition("allocated")
        # To look at it issues none.
        self.assertEqual(self.url_open(f"{url}.pdf").status_code, 404)
        self.assertFalse(row.letter_key)
        with patch.object(
            self.registry["ir.actions.report"],
            "_render_qweb_pdf",
            lambda *_args, **_kw: (b"%PDF-test", "pdf"),
        ):
            answer = self.url_open(url, data=token)
        self.assertTrue(answer.url.endswith(f"{url}.pdf"))
        self.assertEqual(self.url_open(answer.url).content, answer.content)
        self.assertEqual(answer.content, b"%PDF-test")
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        self.assertIn("no-store", answer.headers["Cache-Control"])
        page = self.url_open(f"/my/hostel/{row.id}")
        self.assertIn(f'action="{url}"', page.text)
        self.assertIn(f"/my/hostel/{row.id}/cancel", page.text)
