import io
import zipfile
from unittest.mock import patch

from odoo.http import Request
from odoo.tests import HttpCase, tagged

from .common import BillingMixin


@tagged("post_install", "-at_install")
class TestWalletPortal(BillingMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wallet = cls.env["hostel.wallet"]._get(cls.student)
        cls.wallet._credit(750, "correction", "fill", "Welcome gift")
        cls.wallet._debit(60, "meal", "Lunch of Monday")

    def _get(self, url):
        return self.url_open(url, allow_redirects=False)

    def _post(self, url, **data):
        token = Request.csrf_token(self)
        return self.url_open(url, data={"csrf_token": token, **data}, allow_redirects=False)

    def test_the_student_sees_balance_and_movements(self):
        self.authenticate("t_asha", "t_asha")
        page = self._get("/my/wallet")
        self.assertEqual(page.status_code, 200)
        for text in ("690", "Welcome gift", "Lunch of Monday"):
            self.assertIn(text, page.text)
        self.assertEqual(page.headers["Cache-Control"], "no-store")

    def test_the_home_shows_the_balance(self):
        self.authenticate("t_asha", "t_asha")
        self.assertIn("690", self._get("/my").text)

    def test_the_guardian_sees_and_fills_the_wards(self):
        self.authenticate("t_mother", "t_mother")
        self.assertIn("690", self._get(f"/my/wallet/{self.student.id}").text)
        response = self._post(f"/my/wallet/{self.student.id}/top-up", amount="500")
        self.assertEqual(response.status_code, 303)
        order = self.env["payment.transaction"].search([("hostel_wallet_id", "=", self.wallet.id)])
        self.assertEqual((order.amount, order.state), (500, "draft"))
        self.assertEqual(order.hostel_wallet_payer_id, self.guardian_user.partner_id)
        pay = self._get(response.headers["Location"])
        self.assertEqual(pay.status_code, 200)
        self.assertIn("https://camu.test/pay", pay.text)
        self.assertIn("Hostel wallet", pay.text)

    def test_a_top_up_that_waits_for_a_person_stands_on_the_page_of_fees(self):
        order = self.wallet._create_top_up(500, self.student.partner_id)
        message = self._message(order, feeHead=order.camu_fee_head, amount="499.00")
        entry = self._receive(message)
        entry._process()
        self.assertEqual((entry.state, entry.reason_code), ("quarantined", "WRONG_AMOUNT"))
        [review] = self.student._get_fee_reviews()
        self.assertEqual((review["amount"], review["reference"]), (499, "RC000001"))
        self.authenticate("t_asha", "t_asha")
        self.assertIn("the accounts office looks at it", self._get("/my/fees").text)

    def test_going_to_camu_writes_nothing(self):
        order = self.wallet._create_top_up(500, self.student.partner_id)
        self.assertEqual(order.camu_fee_head, "Hostel wallet")
        self.authenticate("t_asha", "t_asha")
        Transaction = self.env.registry["payment.transaction"]
        with patch.object(Transaction, "write", side_effect=AssertionError("written")):
            self.assertEqual(self._get(f"/my/wallet/pay/{order.reference}").status_code, 200)
        self.assertEqual(order.camu_fee_head, "Hostel wallet")

    def test_nobody_elses_wallet_is_found(self):
        self.authenticate("t_mother", "t_mother")
        foreign = self.other_student.id
        for url in ("/my/wallet", f"/my/wallet/{foreign}", f"/my/wallet/{foreign}/statement.pdf"):
            self.assertEqual(self._get(url).status_code, 404, url)
        self.assertEqual(self._post(f"/my/wallet/{foreign}/top-up", amount="500").status_code, 404)
        self.authenticate("t_ravi", "t_ravi")
        self.assertEqual(self._get(f"/my/wallet/{self.student.id}").status_code, 404)
        order = self.wallet._create_top_up(500, self.student.partner_id)
        self.assertEqual(self._get(f"/my/wallet/pay/{order.reference}").status_code, 404)

    def test_a_ward_without_consent_stays_closed(self):
        silent = self.env["hostel.student"].create(
            {"name": "Silent", "roll_number": "TS-SILENT", "gender": "male"}
        )
        self.env["hostel.guardian"].create(
            {
                "student_id": silent.id,
                "partner_id": self.guardian_user.partner_id.id,
                "relation": "mother",
            }
        )
        self.authenticate("t_mother", "t_mother")
        self.assertEqual(self._get(f"/my/wallet/{silent.id}").status_code, 404)

    def test_bad_amounts_are_answered_on_the_page(self):
        self.authenticate("t_asha", "t_asha")
        for amount in ("", "abc", "-5", "1e5", "50", "99999", "१००", "9" * 30):
            response = self._post("/my/wallet/top-up", amount=amount)
            with self.subTest(amount=amount):
                self.assertEqual(response.status_code, 422)
                self.assertIn("alert-warning", response.text)
        self.assertFalse(
            self.env["payment.transaction"].search([("hostel_wallet_id", "=", self.wallet.id)])
        )

    def test_the_notice_is_the_students_choice(self):
        self.authenticate("t_asha", "t_asha")
        self.assertEqual(self._post("/my/wallet/notice", low_balance="350").status_code, 303)
        self.assertEqual(self.wallet.low_balance, 350)
        self.assertEqual(self._post("/my/wallet/notice", low_balance="x").status_code, 422)
        self.assertEqual(self.wallet.low_balance, 350)

    def test_the_statement_comes_as_pdf_and_xlsx(self):
        self.authenticate("t_asha", "t_asha")
        pdf = self._get("/my/wallet/statement.pdf?date_from=bad&date_to=")
        self.assertEqual(pdf.status_code, 200, pdf.text[-2000:])
        self.assertEqual(pdf.headers["Content-Type"], "application/pdf")
        # Odoo's tests print no PDF unless they are asked to.
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        content, _kind = report._render_qweb_pdf(
            "hostel_billing.hostel_wallet_statement_pdf", self.wallet.ids
        )
        self.assertTrue(content.startswith(b"%PDF"))
        book = self._get("/my/wallet/statement.xlsx")
        texts = zipfile.ZipFile(io.BytesIO(book.content)).read("xl/sharedStrings.xml").decode()
        self.assertIn("Lunch of Monday", texts)
        self.assertEqual(self._get("/my/wallet/statement.exe").status_code, 404)

    def test_a_statement_of_odd_days_is_of_the_usual_ones(self):
        self.authenticate("t_asha", "t_asha")
        for day in ("0001-01-02", "1066-10-14", "9999-12-31", "2026-02-30"):
            for name in ("date_from", "date_to"):
                with self.subTest(day=day, name=name):
                    book = self._get(f"/my/wallet/statement.xlsx?{name}={day}")
                    self.assertEqual(book.status_code, 200)

    def test_a_reference_that_no_database_stores_is_not_found(self):
        self.authenticate("t_asha", "t_asha")
        self.assertEqual(self._get("/my/wallet/pay/%00").status_code, 404)

    def test_looking_at_the_page_makes_no_wallet(self):
        self.authenticate("t_ravi", "t_ravi")
        mine = [("student_id", "=", self.other_student.id)]
        page = self._get("/my/wallet")
        self.assertEqual(page.status_code, 200)
        self.assertIn('₹<span class="oe_currency_value">0</span>', page.text)
        self.assertNotIn("statement.pdf", page.text)
        self.assertEqual(self._get("/my/wallet/statement.xlsx").status_code, 404)
        self.assertFalse(self.env["hostel.wallet"].search(mine))
        self.assertEqual(self._post("/my/wallet/notice", low_balance="350").status_code, 303)
        self.assertEqual(self.env["hostel.wallet"].search(mine).low_balance, 350)

    def test_only_posts_write(self):
        self.authenticate("t_asha", "t_asha")
        for url in ("/my/wallet/top-up", "/my/wallet/notice"):
            self.assertIn(self._get(url).status_code, (404, 405))

    def test_pages_of_movements(self):
        for number in range(30):
            self.wallet._debit(1, f"tea:{number}", f"Tea number {number}")
        self.authenticate("t_asha", "t_asha")
        self.assertNotIn("Welcome gift", self._get("/my/wallet").text)
        self.assertIn("Welcome gift", self._get("/my/wallet?page=2").text)
        self.assertEqual(self._get("/my/wallet?page=abc").status_code, 200)
