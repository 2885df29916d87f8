from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from ..controllers import verify
from ..errors import HostelError
from ..tools.verification_code import read_code
from .common import HostelCase, HostelMixin


class VerificationMixin(HostelMixin):
    @classmethod
    def setUpDocuments(cls):
        cls.programme = cls.env["hostel.programme"].create(
            {"name": "B.Tech. Mining", "code": "BTM"}
        )
        cls.asha = cls._create_student(
            name="Asha Rani Kulkarni", roll_number="22ME1021", programme_id=cls.programme.id
        )
        cls.stay = cls._create_allocation("allocated", student=cls.asha)
        cls.Verification = cls.env["hostel.verification"]
        cls.facts = cls.Verification._prepare_stay_facts(cls.stay)

    def _issue(self, record=None, kind="other", **facts):
        return self.Verification._issue(record or self.stay, kind, {**self.facts, **facts})


@tagged("post_install", "-at_install")
class TestVerification(VerificationMixin, HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpDocuments()
        cls.setUpPeople()

    def test_a_stranger_learns_a_first_name_an_initial_and_the_end_of_a_number(self):
        text = self._issue().facts_text
        self.assertIn("Asha K.", text)
        self.assertIn("…021", text)
        self.assertIn("4 Jan 2031", text)
        for secret in ("Rani", "Kulkarni", "22ME1021", self.stay.room_id.name):
            self.assertNotIn(secret, text)

    def test_what_is_not_for_strangers_is_no_fact(self):
        with self.assertRaises(ValueError):
            self._issue(room="214")

    def test_facts_stay_as_they_were_at_the_issue(self):
        document = self._issue()
        self.asha.name = "Asha Rani Sharma"
        self.assertIn("Asha K.", document.facts_text)
        with self.assertRaises(HostelError):
            document.facts = {"holder": "Somebody else"}

    def test_a_newer_document_replaces_the_older_one_of_its_kind(self):
        first, letter = self._issue(), self._issue(kind="allotment_letter")
        second = self._issue()
        self.assertEqual((first.state, first.superseded_by_id), ("superseded", second))
        self.assertEqual((second.state, letter.state), ("valid", "valid"))
        self.assertEqual(self.Verification._get_valid(self.stay, "other"), second)

    def test_a_document_is_sealed_once(self):
        document = self._issue()
        document._seal(b"%PDF first")
        self.assertEqual(len(document.pdf_sha256), 64)
        self.assertRefused("DOCUMENT_IS_FINAL", document._seal, b"%PDF second")

    def test_a_code_is_found_however_it_is_typed(self):
        document = self._issue()
        self.assertEqual(self.Verification._find(document.printed_code.lower()), document)
        self.assertFalse(self.Verification._find("0000-0000-0000"))
        self.assertFalse(self.Verification._find("nonsense"))
        self.assertIn(document.printed_code, document._get_url())

    def _revoke(self, role, document):
        dialog = (
            self.env["hostel.verification.revoke"]
            .with_user(self.users[role])
            .create({"document_ids": [(6, 0, document.ids)], "reason": "Wrong date"})
        )
        dialog.action_revoke()

    def test_the_warden_of_the_hostel_revokes(self):
        document = self._issue()
        self._revoke("warden", document)
        self.assertEqual(
            (document.state, document.revoked_by_id), ("revoked", self.users["warden"])
        )
        self.assertRefused("ALREADY_ENDED", document._revoke, "again")

    def test_others_do_not_revoke(self):
        document = self._issue()
        for role in ("supervisor", "guard", "student", "finance"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._revoke(role, document)
        foreign = self._create_allocation("allocated", bed=self.foreign.bed_ids[0])
        with self.assertRaises(AccessError):
            self._revoke("warden", self._issue(foreign))

    def test_nobody_writes_makes_or_deletes_one(self):
        document = self._issue()
        for role in ("admin", "warden"):
            mine = document.with_user(self.users[role])
            with self.subTest(role=role):
                with self.assertRaises(AccessError):
                    mine.state = "revoked"
                with self.assertRaises(AccessError):
                    mine.create({"code": "0", "kind": "other", "facts": {}})
                with self.assertRaises(AccessError):
                    mine.unlink()
        with self.assertRaises(HostelError):
            document.unlink()

    def test_each_role_sees_its_own(self):
        own = self._issue()
        foreign = self._issue(self._create_allocation("allocated", bed=self.foreign.bed_ids[0]))
        seen = {
            role: set((own | foreign).with_user(self.users[role])._filtered_access("read").ids)
            for role in ("admin", "warden", "supervisor", "guard", "finance", "student", "portal")
        }
        both, nothing = {own.id, foreign.id}, set()
        self.assertEqual(
            seen,
            {
                "admin": both,
                "warden": {own.id},
                "supervisor": {own.id},
                "guard": nothing,
                "finance": nothing,
                "student": nothing,
                "portal": nothing,
            },
        )


@tagged("post_install", "-at_install")
class TestVerifyPage(VerificationMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpHostels()
        cls.setUpDocuments()

    def setUp(self):
        super().setUp()
        verify.BUCKETS.clear()
        self.addCleanup(verify.BUCKETS.clear)

    def _open(self, code):
        response = self.url_open(f"/verify/{code}")
        self.assertIn("noindex", response.headers["X-Robots-Tag"])
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        return response

    def test_a_valid_document(self):
        document = self._issue(signed_on=date(2031, 1, 2))
        document._seal(b"%PDF")
        page = self._open(document.printed_code)
        self.assertEqual(page.status_code, 200)
        for text in ("o_hostel_verdict_good", "Asha K.", "2 Jan 2031", document.pdf_sha256):
            self.assertIn(text, page.text)
        self.assertNotIn("Kulkarni", page.text)

    def test_documents_that_no_longer_hold(self):
        first, second = self._issue(), self._issue()
        second._revoke("A secret reason")
        self.assertIn("o_hostel_verdict_old", self._open(first.printed_code).text)
        page = self._open(second.code.lower()).text
        self.assertIn("o_hostel_verdict_bad", page)
        self.assertNotIn("A secret reason", page)

    def test_a_code_that_can_be_none_looks_like_one_that_nobody_has(self):
        document = self._issue()
        other = "0" if document.code[-1] != "0" else "1"
        codes = [f"{document.code[:-1]}{other}", "0000-0000-0000", "x", "%F0%9F%94%91"]
        pages = [self._open(code) for code in codes]
        self.assertIsNotNone(read_code("0000-0000-0000"))
        for page in pages:
            self.assertEqual(page.status_code, 404)
            self.assertIn("o_hostel_verdict_bad", page.text)
            self.assertEqual(
                page.text.count("o_hostel_verdict"), pages[0].text.count("o_hostel_verdict")
            )

    def test_the_form_works_without_a_script(self):
        document = self._issue()
        page = self.url_open(f"/verify?code={document.printed_code.lower()}")
        self.assertIn("o_hostel_verdict_good", page.text)
        self.assertEqual(self.url_open("/verify").status_code, 200)
        self.assertEqual(self.url_open("/verify?code=//evil.example").status_code, 404)

    def test_whoever_guesses_has_to_wait(self):
        codes = [self._open("0000-0000-0000").status_code for _ in range(verify.BUCKETS.burst)]
        self.assertEqual(set(codes), {404})
        # On a slow machine a try or two came back meanwhile.
        while codes[-1] != 429 and len(codes) < 4 * verify.BUCKETS.burst:
            codes.append(self._open("0000-0000-0000").status_code)
        page = self._open(self._issue().printed_code)
        self.assertEqual(page.status_code, 429)
        self.assertGreater(int(page.headers["Retry-After"]), 0)
        self.assertNotIn("Asha", page.text)
