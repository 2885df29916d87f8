"""The student's page of dues, and the routes around it."""

import re

from freezegun import freeze_time

from odoo.tests import HttpCase, new_test_user, tagged

from .common import BillingMixin
from .test_receipt import TODAY, ReceiptMixin


@tagged("post_install", "-at_install")
class TestDuesPortal(ReceiptMixin, BillingMixin, HttpCase):
    def _card(self, state):
        """How the page marks the term of this test."""
        return f'data-term="{self.term.id}" data-state="{state}"'

    def _sign_in(self, user):
        self.authenticate(user.login, user.login)

    def _page(self):
        page = self.url_open("/my/dues")
        self.assertEqual(page.status_code, 200)
        return page.text

    def _send(self, data, name="receipt.png", term=None):
        token = re.search(r'name="csrf_token" value="([^"]+)"', self._page())[1]
        return self.url_open(
            "/my/dues/receipt",
            data={"csrf_token": token, "term_id": str(term or self.term.id)},
            files={"file": (name, data, "image/png")},
        )

    def test_the_page_says_what_is_missing_and_how_to_mend_it(self):
        self._sign_in(self.student_user)
        page = self._page()
        self.assertIn(self._card("due"), page)
        self.assertIn(f'<option value="{self.term.id}"', page)
        self.assertIn('accept="image/jpeg,image/png,application/pdf"', page)
        self.env["hostel.clearance"]._clear(self.student, self.term, "manual")
        page = self._page()
        self.assertIn(self._card("cleared"), page)
        self.assertNotIn(f'<option value="{self.term.id}"', page)

    def test_open_bills_are_named(self):
        bill = self._create_allocation()._create_period_bill()
        self._sign_in(self.student_user)
        self.assertIn(f"/my/invoices/{bill.id}", self._page())

    def test_a_receipt_is_sent_followed_and_accepted(self):
        self._sign_in(self.student_user)
        answer = self._send(self._picture("balance_due"))
        self.assertEqual(answer.status_code, 200)
        receipt = self.student_receipt()
        self.assertIn(f'data-url="/my/dues/receipt/{receipt.id}"', answer.text)
        state = self.url_open(f"/my/dues/receipt/{receipt.id}").json()
        self.assertEqual(state["receipt"]["step"], "queue")
        receipt._read_upload()
        state = self.url_open(f"/my/dues/receipt/{receipt.id}").json()
        self.assertEqual(state["receipt"]["state"], "review")
        page = self._page()
        self.assertIn("The balance on the receipt is not zero.", page)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        url = f"/my/dues/receipt/{receipt.id}/withdraw"
        self.assertEqual(self.url_open(url).status_code, 405)
        self.url_open(url, data={"csrf_token": token})
        self.assertEqual(receipt.state, "withdrawn")

    def test_what_counts_no_more_is_said_with_its_reason(self):
        self._sign_in(self.student_user)
        receipt = self._submit()
        with freeze_time(TODAY):
            receipt._read_upload()
        page = self._page()
        self.assertIn(self._card("provisional"), page)
        self.assertIn("It counts at once", page)
        self.assertNotIn("The college knows", page)
        receipt.clearance_id.with_user(self.finance).action_withdraw("It is of last year.")
        page = self._page()
        self.assertIn(self._card("due"), page)
        self.assertIn("It is of last year.", page)
        self.assertIn("counts no more", page)
        self.assertNotIn("It counts at once", page)

    def test_an_upload_that_came_too_late_is_answered(self):
        self._sign_in(self.student_user)
        token = re.search(r'name="csrf_token" value="([^"]+)"', self._page())[1]
        for term in self.student._get_dues_terms():
            self.env["hostel.clearance"]._clear(self.student, term, "manual")
        answer = self.url_open(
            "/my/dues/receipt",
            data={"csrf_token": token, "term_id": str(self.term.id)},
            files={"file": ("receipt.png", self._picture(), "image/png")},
        )
        self.assertEqual(answer.status_code, 422)
        self.assertIn('data-code="CLEARED"', answer.text)

    def student_receipt(self):
        return self.env["hostel.receipt"].search([("student_id", "=", self.student.id)], limit=1)

    def test_refusals_have_a_code_and_keep_the_page(self):
        self._sign_in(self.student_user)
        heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100
        for data, term, code in (
            (heic, None, "HEIC"),
            (b"", None, "EMPTY"),
            (b"hello", None, "NOT_A_PICTURE"),
            (self._picture(), 999999, "NO_TERM"),
            (self._picture(), "x", "NO_TERM"),
        ):
            answer = self._send(data, term=term)
            with self.subTest(code=code):
                self.assertEqual(answer.status_code, 422)
                self.assertIn(f'data-code="{code}"', answer.text)
        self.assertFalse(self.student_receipt())

    def test_too_large_a_body_is_refused_before_it_is_read(self):
        self._sign_in(self.student_user)
        answer = self._send(b"x" * (11 * 1024 * 1024))
        self.assertEqual(answer.status_code, 413)

    def test_others_find_nothing(self):
        receipt = self._submit()
        administrator = new_test_user(
            self.env, "t_receipt_admin", groups="hostel_base.group_hostel_admin"
        )
        receipt._read_upload()
        self.assertTrue(receipt.has_image)
        for user in (
            self.other_user, self.guardian_user, self.guard, self.warden, administrator,
        ):  # fmt: skip
            self._sign_in(user)
            for path in (f"/my/dues/receipt/{receipt.id}", f"/hostel/receipt/{receipt.id}/picture"):
                with self.subTest(user=user.login, path=path):
                    self.assertEqual(self.url_open(path).status_code, 404)
        self._sign_in(self.student_user)
        self.assertEqual(self.url_open(f"/hostel/receipt/{receipt.id}/picture").status_code, 404)
        for number in (receipt.id + 1000, 2**40):
            self.assertEqual(self.url_open(f"/my/dues/receipt/{number}").status_code, 404)

    def test_finance_gets_the_picture_and_no_browser_keeps_it(self):
        receipt = self._submit(self._picture("balance_due"))
        receipt._read_upload()
        self._sign_in(self.finance)
        answer = self.url_open(f"/hostel/receipt/{receipt.id}/picture")
        self.assertEqual(answer.headers["Content-Type"], "image/jpeg")
        self.assertIn("no-store", answer.headers["Cache-Control"])
        self.assertTrue(answer.content.startswith(b"\xff\xd8"))
        self.assertEqual(self.url_open("/my/dues").status_code, 404)
