"""Identity documents: what is kept, who sees it, who decides, and the student's page."""

import base64
import io
import logging

from lxml import html
from PIL import Image

from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import Form, HttpCase, TransactionCase, tagged

from . import identity_corpus
from .common import HostelCase, HostelMixin

_logger = logging.getLogger("odoo.addons.hostel_base.probe")

EASY = {"turn": 0, "tilt": 0, "blur": 0, "noise": 0, "quality": 90, "scale": 1.0}
SAMPLE = identity_corpus.make_sample(42, **EASY)
NO_CARD = io.BytesIO()
Image.new("RGB", (800, 500), "white").save(NO_CARD, "PNG")
NO_CARD = NO_CARD.getvalue()


def create_document(env, student, **overrides):
    """A document with a picture of one pixel, for tests that don't look at it."""
    return env["hostel.identity.document"].create(
        {
            "student_id": student.id,
            "kind": "aadhaar",
            "last_four": "1234",
            "image": base64.b64encode(b"jpeg"),
            **overrides,
        }
    )


@tagged("post_install", "-at_install")
class TestIdentityDocuments(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls._create_allocation("checked_in", student=cls.student)
        cls.Document = cls.env["hostel.identity.document"]
        cls.document = create_document(cls.env, cls.student)
        cls.outsider = create_document(cls.env, cls._create_student())

    def _count_traces(self, needles):
        """In how many rows of the places where a photo could have been left it was left."""
        self.env.flush_all()
        count = 0
        for query in (
            "SELECT count(*) FROM auditlog_log_line l WHERE l::text LIKE %s",
            "SELECT count(*) FROM mail_message WHERE body LIKE %s",
            "SELECT count(*) FROM hostel_identity_document d WHERE d::text LIKE %s",
            "SELECT count(*) FROM ir_attachment WHERE coalesce(index_content, '') LIKE %s",
        ):
            for needle in needles:
                self.env.cr.execute(query, (f"%{needle}%",))
                count += self.env.cr.fetchone()[0]
        return count

    def test_only_the_masked_picture_and_four_digits_are_kept(self):
        attachments = self.env["ir.attachment"].search_count([])
        upload = base64.b64encode(SAMPLE.data).decode()
        with self.assertLogs("odoo.addons.hostel_base", "DEBUG") as logs:
            _logger.debug("so that there is a line")
            document = self.Document.with_user(self.users["warden"]).create(
                {"student_id": self.student.id, "kind": "aadhaar", "upload": upload}
            )
        self.assertEqual(document.last_four, SAMPLE.number[-4:])
        kept = base64.b64decode(document.sudo().image)
        self.assertNotEqual(kept, SAMPLE.data)
        self.assertTrue(kept.startswith(b"\xff\xd8"))
        self.assertEqual(self.env["ir.attachment"].search_count([]), attachments)
        grouped = f"{SAMPLE.number[:4]} {SAMPLE.number[4:8]}"
        self.assertEqual(self._count_traces([SAMPLE.number, grouped, upload[200:260]]), 0)
        self.assertNotIn(SAMPLE.number, "".join(logs.output))

    def test_a_refused_picture_leaves_nothing(self):
        before = self.Document.search_count([])
        refusal = self.assertRefused(
            "NUMBER_NOT_FOUND", self.Document._submit, self.student, NO_CARD, "aadhaar"
        )
        self.assertIn("nothing was kept", str(refusal))
        self.assertEqual(self.Document.search_count([]), before)

    def test_each_refusal_has_words(self):
        for code, text in self.Document._get_refusals().items():
            self.assertTrue(text, code)
        for code, data, kind in (
            ("EMPTY", b"", "pan"),
            ("UNKNOWN_KIND", SAMPLE.data, "ration_card"),
            ("PDF", b"%PDF-1.4 ...", "aadhaar"),
        ):
            with self.subTest(code=code):
                self.assertRefused(code, self.Document._submit, self.student, data, kind)

    def test_nobody_floods_the_warden(self):
        for _ in range(9):
            create_document(self.env, self.student)
        self.assertRefused("TOO_MANY", self.Document._submit, self.student, SAMPLE.data, "aadhaar")

    def test_a_picture_can_not_be_slipped_past_the_mask(self):
        raw = base64.b64encode(b"unmasked").decode()
        warden = self.Document.with_user(self.users["warden"])
        self.assertRefused(
            "EMPTY",
            warden.create,
            {"student_id": self.student.id, "kind": "aadhaar", "image": raw, "state": "verified"},
        )
        document = self.document.with_user(self.users["warden"])
        for vals in ({"image": raw}, {"upload": raw}, {"last_four": "9999"}):
            with self.subTest(vals=vals):
                self.assertRefused("DOCUMENT_IS_FINAL", document.write, vals)

    def test_a_warden_gives_no_document_for_a_foreign_student(self):
        upload = base64.b64encode(SAMPLE.data).decode()
        for role, student in (
            ("warden", self.outsider.student_id),
            ("student", self.student),
            ("supervisor", self.student),
        ):
            Document = self.Document.with_user(self.users[role])
            vals = {"student_id": student.id, "kind": "aadhaar", "upload": upload}
            with self.subTest(role=role), self.assertRaises(AccessError):
                Document.create(vals)

    def test_the_picture_is_read_by_no_remote_call(self):
        for role in ("admin", "warden", "student"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.document.with_user(self.users[role]).read(["image"])

    def test_who_sees_which_documents(self):
        both = self.document | self.outsider
        for role, expected in {
            "admin": both,
            "warden": self.document,
            "supervisor": self.document,
            "student": self.document,
        }.items():
            with self.subTest(role=role):
                visible = self.Document.with_user(self.users[role]).search([("id", "in", both.ids)])
                self.assertEqual(visible, expected)
        for role in ("finance", "guard", "floor_incharge", "mess_manager", "guardian", "internal"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.Document.with_user(self.users[role]).search([])

    def test_the_warden_verifies_and_the_last_four_go_to_the_student(self):
        self.document.with_user(self.users["warden"]).action_verify()
        self.assertEqual(self.document.state, "verified")
        self.assertEqual(self.document.decided_by_id, self.users["warden"])
        self.assertTrue(self.document.decided_at)
        self.assertEqual(self.student.aadhaar_last4, "1234")
        self.assertRefused(
            "ALREADY_CHECKED", self.document.with_user(self.users["warden"]).action_verify
        )

    def test_the_warden_rejects_with_a_reason(self):
        action = self.document.with_user(self.users["warden"]).action_open_reject()
        wizard = Form(
            self.env["hostel.identity.reject"]
            .with_user(self.users["warden"])
            .with_context(**action["context"])
        )
        wizard.preset = "unreadable"
        wizard.note = "Come closer."
        wizard.save().action_reject()
        self.assertEqual(self.document.state, "rejected")
        self.assertEqual(self.document.reason, "The picture is blurred or cut off. Come closer.")

    def test_others_decide_nothing(self):
        for role in ("supervisor", "student"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.document.with_user(self.users[role]).action_verify()
        with self.assertRaises(AccessError):
            self.outsider.with_user(self.users["warden"]).action_verify()
        with self.assertRaises(AccessError):
            self.document.with_user(self.users["warden"]).write({"state": "verified"})
        self.assertEqual((self.document | self.outsider).mapped("state"), ["submitted"] * 2)

    def test_police_verification_goes_step_by_step(self):
        student = self.student.with_user(self.users["warden"])
        self.assertRefused("WRONG_STEP", student.action_police_verified)
        student.action_police_submitted()
        self.assertRefused("WRONG_STEP", student.action_police_submitted)
        student.action_police_failed()
        student.action_police_submitted()
        student.action_police_verified()
        self.assertEqual(student.police_verification, "verified")
        for role in ("supervisor", "student"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.student.with_user(self.users[role]).action_police_submitted()


@tagged("post_install", "-at_install")
class TestDocumentPages(HostelMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpHostels()
        cls.setUpPeople()
        cls._create_allocation("checked_in", student=cls.student)
        for user in cls.users.values():
            if user.active:
                user.password = "secret.of.the.test"
        cls.document = create_document(cls.env, cls.student)
        cls.foreign_document = create_document(cls.env, cls._create_student())

    def _sign_in(self, role):
        self.authenticate(self.users[role].login, "secret.of.the.test")

    def _post(self, path, data=None, **kwargs):
        data = {"csrf_token": Request.csrf_token(self), **(data or {})}
        return self.url_open(path, data=data, allow_redirects=False, **kwargs)

    def _upload(self, data, kind="aadhaar", name="card.jpg", **values):
        return self._post(
            "/my/documents/upload",
            {"kind": kind, "expiry_date": "", **values},
            files={"file": (name, data)},
            timeout=120,
        )

    def _get_text(self, response):
        [main] = html.fromstring(response.text).xpath("//div[@id='wrap']")
        return " ".join("".join(main.itertext()).split())

    def test_a_student_gives_a_document_and_sees_it_masked(self):
        self._sign_in("student")
        response = self._upload(SAMPLE.data)
        self.assertEqual(response.status_code, 303)
        page = self.url_open(response.headers["Location"])
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        text = self._get_text(page)
        self.assertIn("Received.", text)
        self.assertIn(f"••••{SAMPLE.number[-4:]}", text)
        document = self.student.document_ids.sorted("id")[-1]
        picture = self.url_open(f"/hostel/document/{document.id}")
        self.assertEqual(picture.headers["Cache-Control"], "no-store, private")
        self.assertEqual(picture.headers["X-Content-Type-Options"], "nosniff")
        with Image.open(io.BytesIO(picture.content)) as image:
            self.assertEqual(image.format, "JPEG")

    def test_refusals_are_told_in_words_and_keep_what_was_chosen(self):
        self._sign_in("student")
        before = self.student.document_ids
        for code, data, name in (
            ("NUMBER_NOT_FOUND", NO_CARD, "white.png"),
            ("PDF", b"%PDF-1.4\n", "card.pdf"),
            ("NOT_A_PICTURE", b"MZ\x90\x00", "card.jpg"),
        ):
            with self.subTest(code=code):
                response = self._upload(data, kind="pan", name=name)
                self.assertEqual(response.status_code, 422)
                page = html.fromstring(response.text)
                self.assertEqual(page.xpath("//div[@data-code]/@data-code"), [code])
                self.assertEqual(page.xpath("//option[@selected]/@value"), ["pan"])
        self.env.invalidate_all()
        self.assertEqual(self.student.document_ids, before)

    def test_bad_input_is_no_traceback(self):
        self._sign_in("student")
        for data, code in (
            ({"kind": "aadhaar", "expiry_date": "31-31-31"}, "BAD_DATE"),
            ({"kind": "nonsense"}, "UNKNOWN_KIND"),
            ({}, "UNKNOWN_KIND"),
            ({"kind": "aadhaar", "file": "no file"}, "EMPTY"),
        ):
            with self.subTest(data=data):
                response = self._post("/my/documents/upload", data)
                self.assertEqual(response.status_code, 422)
                self.assertIn(f'data-code="{code}"', response.text)
        for files in ({"expiry_date": ("x.txt", b"x")}, {"kind": ("x.txt", b"x")}):
            with self.subTest(files=files):
                response = self._post("/my/documents/upload", {"kind": "aadhaar"}, files=files)
                self.assertEqual(response.status_code, 422)
        self.assertEqual(self.url_open("/my/documents?done=99999999999999").status_code, 200)
        self.assertEqual(self.url_open("/my/documents?done=%C2%B2").status_code, 200)

    def test_a_student_withdraws_what_nobody_verified(self):
        self._sign_in("student")
        path = f"/my/documents/{self.document.id}/withdraw"
        self.document.sudo().state = "verified"
        self.assertEqual(self._post(path).status_code, 404)
        self.document.sudo().state = "submitted"
        self.assertEqual(self._post(path).status_code, 303)
        self.assertFalse(self.document.exists())
        foreign = f"/my/documents/{self.foreign_document.id}/withdraw"
        self.assertEqual(self._post(foreign).status_code, 404)
        self.assertTrue(self.foreign_document.exists())

    def test_the_picture_is_served_to_those_who_may_see_the_document(self):
        for role, status in {
            "student": 200,
            "warden": 200,
            "supervisor": 200,
            "admin": 200,
            "guardian": 404,
            "finance": 404,
            "guard": 404,
            "floor_incharge": 404,
            "internal": 404,
        }.items():
            self._sign_in(role)
            with self.subTest(role=role):
                own = self.url_open(f"/hostel/document/{self.document.id}")
                self.assertEqual(own.status_code, status)
                if role not in ("admin",):
                    foreign = self.url_open(f"/hostel/document/{self.foreign_document.id}")
                    self.assertEqual(foreign.status_code, 404)
        self.assertEqual(self.url_open("/hostel/document/999999999").status_code, 404)
        self.authenticate(None, None)
        response = self.url_open(f"/hostel/document/{self.document.id}", allow_redirects=False)
        self.assertEqual(response.status_code, 303)

    def test_odoos_own_picture_route_does_not_serve_it(self):
        for role in ("warden", "student"):
            self._sign_in(role)
            path = f"/web/content/hostel.identity.document/{self.document.id}/image"
            self.assertNotEqual(self.url_open(path).content, b"jpeg")

    def test_a_look_at_the_picture_is_noted(self):
        self._sign_in("warden")
        self.url_open(f"/hostel/document/{self.document.id}")
        notes = self.env["hostel.access.log"].search([("student_ref", "=", self.student.id)])
        self.assertEqual(
            [(note.way, note.model, note.scope) for note in notes],
            [("attachment", "hostel.identity.document", "private")],
        )
        self.assertEqual(notes.user_ref, self.users["warden"].id)

    def test_the_account_for_refunds(self):
        self._sign_in("student")
        good = {"holder": "Asha Test", "number": "1234 5678 9012", "ifsc": "sbin0001234"}
        for wrong, code in (
            ({"ifsc": "SBIN9001234"}, "BAD_IFSC"),
            ({"number": "12"}, "BAD_ACCOUNT_NUMBER"),
            ({"holder": " "}, "NO_HOLDER"),
        ):
            response = self._post("/my/documents/bank", good | wrong)
            with self.subTest(code=code):
                self.assertEqual(response.status_code, 422)
                self.assertIn(f'data-code="{code}"', response.text)
                self.assertNotIn("5678", response.text)
        for name in good:
            with self.subTest(file=name):
                rest = {key: value for key, value in good.items() if key != name}
                response = self._post("/my/documents/bank", rest, files={name: ("x.txt", b"x")})
                self.assertEqual(response.status_code, 422)
        nul = {key: f"{value}\x00" for key, value in good.items()}
        self.assertEqual(self._post("/my/documents/bank", nul).status_code, 303)
        self.assertEqual(self._post("/my/documents/bank", good).status_code, 303)
        text = self._get_text(self.url_open("/my/documents"))
        self.assertIn("Asha Test · SBIN0001234 · ••••9012", text)
        self._post("/my/documents/bank", good | {"number": "999988887777"})
        self.env.invalidate_all()
        self.assertEqual(self.student.bank_ids.mapped("last_four"), ["7777"])

    def test_others_have_no_such_page(self):
        for role in ("guardian", "warden", "portal"):
            self._sign_in(role)
            with self.subTest(role=role):
                self.assertEqual(self.url_open("/my/documents").status_code, 404)
        self.authenticate(None, None)
        response = self.url_open("/my/documents", allow_redirects=False)
        self.assertEqual(response.status_code, 303)

    def test_the_home_leads_there(self):
        self._sign_in("student")
        self.assertIn("/my/documents", self.url_open("/my").text)
        self._sign_in("guardian")
        self.assertNotIn("/my/documents", self.url_open("/my").text)


@tagged("post_install", "-at_install")
class TestDocumentForm(HostelMixin, TransactionCase):
    def test_the_office_uploads_on_the_form(self):
        student = self._create_student()
        with Form(self.env["hostel.identity.document"]) as form:
            form.student_id = student
            form.kind = "aadhaar"
            form.upload = base64.b64encode(SAMPLE.data).decode()
        self.assertEqual(form.record.last_four, SAMPLE.number[-4:])
        self.assertEqual(form.record.image_url, f"/hostel/document/{form.record.id}")
