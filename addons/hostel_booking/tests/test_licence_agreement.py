import hashlib
import re
from base64 import b64decode
from datetime import timedelta

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.hostel_base.tests.common import HostelCase

from .common_moving import MovingMixin, get_letters
from .test_moving_tools import signature


@tagged("post_install", "-at_install")
class TestLicenceAgreement(MovingMixin, HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpMoving()
        cls.terms = cls._publish_terms()
        cls.agreement = cls.stay.agreement_ids

    def test_everybody_with_a_bed_is_asked_when_terms_come_into_force(self):
        self.assertEqual((self.agreement.state, self.agreement.terms_id), ("to_sign", self.terms))

    def test_whoever_gets_a_bed_later_is_asked_then(self):
        row = self._create_stay("awaiting_approval", bed=self.other_bed)
        self.assertFalse(row.agreement_ids)
        row._transition("allocated")
        self.assertEqual(row.agreement_ids.terms_id, self.terms)

    def _tell(self):
        with self.enter_registry_test_mode():
            self.env.ref(
                "hostel_booking.hostel_licence_agreement_cron_tell"
            ).method_direct_trigger()

    def test_who_has_to_sign_is_told_once(self):
        self.assertFalse(get_letters(self.student), "whoever gives a bed waits for no mail")
        self._tell()
        letter = get_letters(self.student)
        self.assertEqual(letter.notification_ids.notification_type, "email")
        self.assertIn('/my/hostel/agreement"', letter.body)
        self.assertNotIn("can't move in", letter.body)
        self.assertTrue(self.agreement.told_at)
        self._tell()
        self.stay._check_in()
        self._tell()
        self.assertEqual(get_letters(self.student), letter)

    def test_who_can_not_move_in_without_a_signature_reads_so(self):
        self.env["ir.config_parameter"].set_param("hostel_booking.require_agreement", "True")
        self._tell()
        self.assertIn("can't move in", get_letters(self.student).body)

    def test_who_has_signed_or_lost_the_bed_is_not_asked(self):
        self._sign(self.agreement)
        other = self._create_student(email="other@example.com")
        row = self._create_stay(student=other, bed=self.other_bed)
        row._transition("cancelled")
        self._tell()
        self.assertFalse(get_letters(self.student).filtered(lambda one: "sign" in one.subject))
        self.assertFalse(get_letters(other).filtered(lambda one: "sign" in one.subject))

    def test_another_version_is_told_again(self):
        self._tell()
        self._publish_terms(body="<p>{student} promises more.</p>")
        self._tell()
        self.assertEqual(len(get_letters(self.student)), 2)

    def test_a_hostel_with_its_own_terms_does_not_use_the_common_ones(self):
        common = self._publish_terms(hostel_id=False)
        Terms = self.env["hostel.licence.terms"]
        self.assertEqual(Terms._get_current(self.home), self.terms)
        self.assertEqual(Terms._get_current(self.foreign), common)

    def test_the_words_are_filled_in(self):
        text = str(self.agreement._get_text())
        for word in ("Asha Test", self.student.roll_number, self.bed.room_id.name, "Home"):
            self.assertIn(word, text)

    def test_nothing_to_fill_in_for_a_place_that_is_unknown(self):
        refusal = self.assertRefused("UNKNOWN_PLACE", self._publish_terms, body="<p>{rooom}</p>")
        self.assertIn("{rooom}", str(refusal))

    def test_a_student_of_age_signs_and_the_document_can_be_checked(self):
        self._sign(self.agreement)
        self.assertEqual(self.agreement.state, "signed")
        document = self.agreement.verification_id
        self.assertEqual((document.kind, document.state), ("licence_agreement", "valid"))
        pdf = b64decode(self.agreement.pdf)
        self.assertEqual(document.pdf_sha256, hashlib.sha256(pdf).hexdigest())
        self.assertNotIn("Test", document.facts_text.replace("Test term", ""))
        self.assertRefused("NOT_TO_SIGN", self._sign, self.agreement)

    def test_a_document_that_waits_is_made_when_it_is_asked_for_and_once(self):
        waiting = self.agreement.with_context(hostel_print_on_demand=True)
        self._sign(waiting)
        self.assertEqual((self.agreement.state, self.agreement.pdf), ("signed", False))
        self.assertFalse(self.agreement.verification_id.pdf_sha256)
        self.assertEqual(self.agreement._get_pdf(), b"", "to look makes none")
        self.assertFalse(self.agreement.pdf)
        action = self._as("warden", self.agreement).action_open_pdf()
        self.assertIn(f"/{self.agreement.id}/pdf/", action["url"])
        pdf = b64decode(self.agreement.pdf)
        self.assertEqual(self.agreement.verification_id.pdf_sha256, hashlib.sha256(pdf).hexdigest())
        self.assertEqual(self.agreement._get_pdf(), pdf)

    def test_there_is_no_document_before_the_signature(self):
        self.assertRefused("NOT_SIGNED", self._as("warden", self.agreement).action_open_pdf)
        with self.assertRaises(AccessError):
            self._as("guard", self.agreement).action_open_pdf()

    def test_the_signed_words_stay_when_the_room_gets_another_name(self):
        self._sign(self.agreement)
        old = self.bed.room_id.name
        self.bed.room_id.name = "Renamed"
        self.assertIn(old, str(self.agreement._get_text()))

    def test_a_signature_and_a_name_are_needed(self):
        sign = self.agreement._sign
        self.assertRefused("NAME_NEEDED", sign, "  ", signature(), "")
        self.assertRefused("SIGNATURE_NEEDED", sign, "Asha", signature(ink=False), "")
        self.assertRefused("SIGNATURE_NEEDED", sign, "Asha", "x", "")
        self.assertEqual(self.agreement.state, "to_sign")

    def test_the_address_is_for_the_administrator(self):
        self._sign(self.agreement)
        self.assertEqual(self._as("admin", self.agreement).signed_ip, "203.0.113.7")
        for role in ("warden", "supervisor", "student"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._as(role, self.agreement).read(["signed_ip"])

    # A minor -------------------------------------------------------------

    def _become_minor(self, mail="parent@example.com"):
        self.student.birthdate = self.today - timedelta(days=17 * 365)
        self.guardian.partner_id.email = mail

    def _get_link(self):
        mails = self.env["mail.mail"].search([], order="id desc", limit=1)
        return re.search(r"/hostel/agreement/([A-Za-z0-9_-]+)", mails.body_html)[1]

    def test_a_minors_guardian_signs_by_a_link_that_works_once(self):
        self._become_minor()
        self._sign(self.agreement)
        self.assertEqual(self.agreement.state, "guardian")
        self.assertFalse(self.agreement.pdf)
        token = self._get_link()
        self.assertEqual(self.agreement._find_by_link(token), self.agreement)
        self.agreement._countersign("Parent Test", signature(), "203.0.113.8")
        self.assertEqual(self.agreement.state, "signed")
        self.assertTrue(self.agreement.pdf)
        self.assertFalse(self.agreement._find_by_link(token))

    def test_a_link_ends_after_a_week_and_with_the_next_one(self):
        self._become_minor()
        self._sign(self.agreement)
        first = self._get_link()
        self._as("warden", self.agreement).action_send_link()
        second = self._get_link()
        self.assertNotEqual(first, second)
        self.assertFalse(self.agreement._find_by_link(first))
        self.assertTrue(self.agreement._find_by_link(second))
        self.agreement.link_expires_at = self.env.cr.now()
        self.assertFalse(self.agreement._find_by_link(second))

    def test_no_link_is_stored(self):
        self._become_minor()
        self._sign(self.agreement)
        self.env.cr.execute(
            "SELECT link_hash FROM hostel_licence_agreement WHERE id = %s", [self.agreement.id]
        )
        self.assertNotEqual(self.env.cr.fetchone()[0], self._get_link())

    def test_a_guardian_without_mail_is_the_offices_task(self):
        self._become_minor(mail=False)
        self._sign(self.agreement)
        self.assertEqual(self.agreement.activity_ids.user_id, self.users["warden"])

    # New terms -----------------------------------------------------------

    def test_new_terms_are_signed_again_and_replace_the_old_code(self):
        self._sign(self.agreement)
        terms = self._publish_terms()
        self.assertEqual((self.terms.state, terms.version), ("replaced", self.terms.version + 1))
        new = self.stay.agreement_ids - self.agreement
        self.assertEqual((self.agreement.state, new.state), ("signed", "to_sign"))
        self._sign(new)
        self.assertEqual(self.agreement.state, "void")
        self.assertEqual(self.agreement.verification_id.state, "superseded")
        self.assertEqual(new.verification_id.state, "valid")

    def test_what_was_not_signed_in_time_is_asked_no_more(self):
        self._publish_terms()
        self.assertEqual(self.agreement.state, "void")

    def test_who_has_left_is_not_asked_any_more(self):
        self.stay._transition("checked_in")
        self.stay._transition("vacated", vacated_on=self.stay.date_from)
        self.assertEqual(self.agreement.state, "void")
        self.assertRefused("NOT_TO_SIGN", self._sign, self.agreement)
        # A year-end that is taken back.
        self.stay._change(state="checked_in", vacated_on=False)
        self.assertEqual(self.agreement.state, "to_sign")

    def test_who_has_signed_keeps_the_document_after_the_stay(self):
        self._sign(self.agreement)
        self.stay._transition("checked_in")
        self.stay._transition("vacated", vacated_on=self.stay.date_from)
        self.assertEqual(self.agreement.state, "signed")

    def test_terms_that_were_shown_do_not_change(self):
        self.assertRefused("TERMS_SHOWN", self.terms.write, {"body": "<p>Other</p>"})
        self.assertRefused("TERMS_SHOWN", self.terms.unlink)
        self.assertRefused("TERMS_SHOWN", self.terms.action_publish)
        draft = self.env["hostel.licence.terms"].browse(self.terms.action_new_version()["res_id"])
        draft.body = "<p>Other</p>"
        self.assertEqual(draft.state, "draft")

    def test_a_cancelled_stay_takes_the_document_back(self):
        self._sign(self.agreement)
        self.stay._transition("cancelled")
        self.assertEqual(self.agreement.state, "void")
        self.assertEqual(self.agreement.verification_id.state, "revoked")
        pdf = self.agreement.pdf
        self.assertIn("/pdf/", self._as("warden", self.agreement).action_open_pdf()["url"])
        self.assertEqual(self.agreement.pdf, pdf)

    def test_the_office_opens_an_agreement_that_is_void(self):
        self._sign(self.agreement.with_context(hostel_print_on_demand=True))
        self.stay._transition("cancelled")
        self._as("warden", self.agreement).action_open_pdf()
        self.assertEqual(self.agreement.state, "void")
        self.assertTrue(self.agreement.pdf)
        view = self.env.ref("hostel_booking.hostel_licence_agreement_view_form").arch
        [button] = etree.fromstring(view).xpath("//button[@name='action_open_pdf']")
        self.assertEqual(button.get("invisible"), "not verification_id")

    # The door ------------------------------------------------------------

    def test_nobody_moves_in_unsigned_where_the_college_wants_that(self):
        self.env["ir.config_parameter"].set_param("hostel_booking.require_agreement", "True")
        self.assertRefused("AGREEMENT_MISSING", self.stay._check_in)
        self._sign(self.agreement)
        self.stay._check_in()
        self.assertEqual(self.stay.state, "checked_in")

    def test_elsewhere_the_agreement_may_come_later(self):
        self.stay._check_in()
        self.assertEqual(self.stay.state, "checked_in")

    def test_each_role_sees_its_own(self):
        self._publish_terms(hostel_id=False)
        foreign = self._create_stay("awaiting_approval", bed=self.foreign.bed_ids[0])
        foreign._transition("allocated")
        both = self.agreement | foreign.agreement_ids
        self.assertEqual(len(both), 2)
        for role in ("warden", "supervisor", "student", "guardian"):
            with self.subTest(role=role):
                seen = self._as(role, both)._filtered_access("read")
                self.assertEqual(seen.ids, self.agreement.ids)
        for role in ("warden", "student"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._as(role, self.agreement).write({"state": "signed"})
        with self.assertRaises(AccessError):
            self._as("supervisor", self.agreement).action_send_link()
        self.assertRefused("AGREEMENT_KEPT", self.agreement.unlink)
