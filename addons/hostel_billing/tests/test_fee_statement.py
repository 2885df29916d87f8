"""Statements of account: figures from the books, one paper that never changes."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import HttpCase, tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_billing.controllers.fees import PAPER_BUCKETS

from .test_fees_portal import FeesPortalMixin


@tagged("post_install", "-at_install")
class TestFeeStatement(FeesPortalMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Statement = cls.env["hostel.fee.statement"]
        cls.first = cls.today - timedelta(days=30)
        cls.old = cls._bill(4000, due=-40)
        cls.bill = cls._bill(9000, due=-2)
        cls.payment = cls._pay(cls.bill, 6000)

    def _issue(self, **overrides):
        vals = {"day_from": self.first, "day_to": self.today, "lang": "en_US"} | overrides
        return self.Statement._issue(self.student, **vals)

    def _figures(self):
        return self.Statement._get_figures(self.student, self.company, self.first, self.today)

    def test_it_says_what_the_books_say(self):
        figures = self._figures()
        self.assertEqual(
            (figures["opening"], figures["billed"], figures["paid"], figures["closing"]),
            (4000, 9000, 6000, 7000),
        )
        self.assertEqual([row["balance"] for row in figures["rows"]], [13000, 7000])
        # The twin of the closing balance: what the bills themselves have open.
        self.assertEqual(figures["closing"], sum((self.old | self.bill).mapped("amount_residual")))

    def test_the_first_and_the_last_day_are_in_it(self):
        day = self.bill.date
        alone = self.Statement._get_figures(self.student, self.company, day, day)
        self.assertIn(self.bill.name, [row["number"] for row in alone["rows"]])
        after = self.Statement._get_figures(
            self.student, self.company, day + timedelta(days=1), self.today
        )
        self.assertNotIn(self.bill.name, [row["number"] for row in after["rows"]])

    def test_a_credit_note_takes_from_what_was_billed_and_money_back_from_what_was_paid(self):
        note = self.bill._hostel_post_credit_note(
            [
                (
                    0,
                    0,
                    self.env["account.move"]._prepare_hostel_line_vals(
                        self._head("RENT"), 1000, self.company
                    ),
                )
            ],
            "Too much",
        )
        self.assertEqual(note.amount_total, 1000)
        figures = self._figures()
        self.assertEqual((figures["billed"], figures["closing"]), (8000, 6000))

    def test_the_wallets_money_is_not_in_it(self):
        wallet = self.env["hostel.wallet"]._get(self.student)
        order = wallet._create_top_up(500, self.student.partner_id)
        self._receive(self._message(order, feeHead="Hostel wallet"))._process()
        self.assertEqual(wallet.balance, 500)
        self.assertEqual(self._figures()["paid"], 6000)

    def test_the_same_again_is_the_same_paper_and_new_facts_make_a_new_one(self):
        first = self._issue()
        self.assertEqual(self._issue(), first)
        self._bill(100, due=0)
        second = self._issue()
        self.assertNotEqual(second, first)
        # A bank may hold the first one: it stays valid, for it says what was true.
        self.assertEqual(
            (first._get_document() | second._get_document()).mapped("state"), ["valid", "valid"]
        )

    def test_its_code_tells_a_stranger_the_least(self):
        document = self._issue()._get_document()
        self.assertEqual(document.kind, "statement")
        page = self.url_open(f"/verify/{document.printed_code}").text
        self.assertIn("6,000", page)
        self.assertNotIn(self.student.name, page)
        self.assertNotIn("7,000", page)

    def test_the_file_is_made_once(self):
        statement = self._issue()
        name, content = statement.with_context(force_report_rendering=True)._get_pdf()
        self.assertTrue(name.endswith(".pdf"))
        self.assertTrue(content.startswith(b"%PDF"))
        self.assertTrue(statement._get_document().pdf_sha256)
        self.assertEqual(statement._get_pdf()[1], content)

    def test_it_can_be_had_in_hindi(self):
        self.env["res.lang"]._activate_lang("hi_IN")
        statement = self._issue(lang="hi_IN")
        self.assertEqual(statement.lang, "hi_IN")
        self.assertNotEqual(statement, self._issue())

    def test_impossible_days_are_refused(self):
        tomorrow = self.today + timedelta(days=1)
        for days in (
            {"day_from": None},
            {"day_to": None},
            {"day_from": tomorrow, "day_to": tomorrow},
            {"day_from": self.today, "day_to": self.first},
            {"day_from": self.today.replace(year=1)},
            {"day_from": self.today - timedelta(days=1200)},
        ):
            with self.subTest(days), self.assertRaises(HostelError) as refused:
                self._issue(**days)
            self.assertEqual(refused.exception.code, "INVALID_PERIOD")

    def test_nobody_writes_or_removes_one(self):
        statement = self._issue()
        with self.assertRaises(AccessError):
            statement.sudo(False).with_user(self.finance).write({"billed": 1})
        with self.assertRaises(AccessError):
            statement.write({"billed": 1})
        with self.assertRaises(HostelError):
            statement.unlink()
        with self.assertRaises(AccessError):
            self.Statement.with_user(self.student_user).search([])

    # ------------------------------------------------------------------
    # From the page
    # ------------------------------------------------------------------

    def test_student_and_guardian_download_it(self):
        days = {"date_from": str(self.first), "date_to": str(self.today), "lang": "en_US"}
        self._sign_in(self.student_user)
        response = self._post("/my/fees/statement", **days)
        self.assertEqual(response.status_code, 200, response.text[-1000:])
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        [statement] = self.Statement.search([("student_id", "=", self.student.id)])
        self.assertEqual((statement.billed, statement.paid), (9000, 6000))
        self._sign_in(self.guardian_user)
        response = self._post(f"/my/fees/{self.student.id}/statement", **days)
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self.Statement.search([("student_id", "=", self.student.id)]), statement)

    def test_bad_days_are_answered_on_the_page(self):
        self._sign_in(self.student_user)
        good = {"date_from": str(self.first), "date_to": str(self.today)}
        for name in good:
            for text in ("", "x", "\x00", "0001-01-01", "9999-12-31", "2026-02-30", "1" * 500):
                response = self._post("/my/fees/statement", **good | {name: text})
                with self.subTest(name, text=text):
                    self.assertIn(response.status_code, (422, 429), response.text[-1500:])
            PAPER_BUCKETS.clear()
        data = {"csrf_token": self._get_token(), "date_to": str(self.today)}
        response = self.url_open(
            "/my/fees/statement", data=data, files={"date_from": ("x.txt", b"2026-01-01")}
        )
        self.assertEqual(response.status_code, 422)
        self.assertIn("INVALID_PERIOD", response.text)
        response = self._post("/my/fees/statement", **good, lang="xx\x00")
        self.assertEqual(response.status_code, 200)
        [statement] = self.Statement.search([("student_id", "=", self.student.id)])
        self.assertIn(statement.lang.partition("_")[0], ("en", "hi"))

    def _get_token(self):
        return Request.csrf_token(self)

    def test_too_many_papers_have_to_wait(self):
        self._sign_in(self.student_user)
        PAPER_BUCKETS._buckets[str(self.student_user.id)] = (0.0, PAPER_BUCKETS.clock())
        response = self._post(
            "/my/fees/statement", date_from=str(self.first), date_to=str(self.today)
        )
        self.assertEqual(response.status_code, 429)
        self.assertIn("TOO_MANY_REQUESTS", response.text)
        self.assertFalse(self.Statement.search([("student_id", "=", self.student.id)]))
