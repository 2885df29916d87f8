"""The page “Fees”: what students and guardians see of money, and what they do about it."""

import logging
import re
from datetime import date, timedelta

from lxml import html

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.http import Request, _generate_routing_rules
from odoo.tests import HttpCase, tagged
from odoo.tests.common import JsonRpcException

from odoo.addons.hostel_base.tests.common import give_consent
from odoo.addons.hostel_billing.controllers.fees import PAPER_BUCKETS
from odoo.addons.http_routing.tests.common import MockRequest

from .fee_common import FeeMixin

WRITE = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)")
# Who looked at which ward is noted; Odoo keeps its own books of visitors and sessions.
NOTED = {"hostel_access_log"}


class FeesPortalMixin(FeeMixin):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.structure = cls._create_structure({"RENT": 6000, "MESS": 3000})
        cls.stay = cls._create_stay()
        cls.today = fields.Date.context_today(cls.stay)
        for user in (cls.student_user, cls.other_user, cls.guardian_user):
            user.password = user.login
        PAPER_BUCKETS.clear()

    @classmethod
    def _bill(cls, amount=9000, due=7, student=None, head="RENT", note="Room 214", **overrides):
        """A posted bill that is due in so many days."""
        student = student or cls.student
        day = cls.today + timedelta(days=due)
        head = cls._head(head)
        bill = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": student.partner_id.id,
                "invoice_date": min(cls.today, day),
                "invoice_date_due": day,
                "invoice_payment_term_id": False,
                "hostel_kind": "charge",
                "hostel_student_id": student.id,
                "invoice_line_ids": [
                    Command.create(
                        cls.env["account.move"]._prepare_hostel_line_vals(
                            head,
                            amount,
                            cls.company,
                            name=f"{head.name}: {note}",
                            why=f"Why {note}",
                        )
                    )
                ],
                **overrides,
            }
        )
        bill.action_post()
        return bill

    @classmethod
    def _pay(cls, bill, amount=None):
        """What a counter does."""
        journal = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )
        payment = cls.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": bill.partner_id.id,
                "amount": amount or bill.amount_residual,
                "date": cls.today,
                "journal_id": journal.id,
            }
        )
        payment.action_post()
        bill._hostel_reconcile_with(payment.move_id)
        return payment

    def setUp(self):
        super().setUp()
        PAPER_BUCKETS.clear()

    def _sign_in(self, user):
        self.authenticate(user.login, user.login)

    def _get(self, url):
        return self.url_open(url, allow_redirects=False)

    def _post(self, url, **data):
        token = Request.csrf_token(self)
        return self.url_open(url, data={"csrf_token": token, **data}, allow_redirects=False)

    def _open(self, url="/my/fees"):
        response = self._get(url)
        self.assertEqual(response.status_code, 200, response.text[-3000:])
        return html.fromstring(response.text)

    def _hero(self, url="/my/fees"):
        [hero] = self._open(url).cssselect(".o_hostel_fees_hero")
        return hero.get("data-state"), " ".join(hero.text_content().split())

    def _orders(self, bills):
        return self.env["payment.transaction"].search([("invoice_ids", "in", bills.ids)])


@tagged("post_install", "-at_install")
class TestFeesPortal(FeesPortalMixin, HttpCase):
    # ------------------------------------------------------------------
    # States
    # ------------------------------------------------------------------

    def test_a_student_without_bills_is_told_how_they_come(self):
        self._sign_in(self.student_user)
        state, text = self._hero()
        self.assertEqual(state, "none")
        self.assertIn("No bills yet", text)
        self.assertFalse(self._open().cssselect(".o_hostel_fees_pay"))
        self.assertIn("No bills yet", self._get("/my").text)

    def test_what_is_due_says_how_much_and_by_when(self):
        self._bill(9000, due=7)
        self._bill(1500, due=30)
        self._sign_in(self.student_user)
        state, text = self._hero()
        self.assertEqual(state, "due")
        self.assertRegex(text, r"9,000")
        self.assertRegex(text, r"10,500")
        self.assertIn(f"{(self.today + timedelta(days=7)):%Y}", text)
        home = " ".join(html.fromstring(self._get("/my").text).text_content().split())
        self.assertRegex(home, r"9,000(\.00)? to pay")

    def _ask_loan(self, **overrides):
        return self.env["hostel.deposit.loan"].create(
            {
                "student_id": self.student.id,
                "term_id": self.term.id,
                "lender_id": self.env["res.partner"]
                .create({"name": "Sahayata Finance", "is_company": True})
                .id,
                "amount": 10000,
                "reference": "LN-1",
                **overrides,
            }
        )

    def _get_loan_lines(self, url="/my/fees"):
        """``[(state, text)]`` of the lines about lenders."""
        return [
            (line.get("data-state"), " ".join(line.text_content().split()))
            for line in self._open(url).cssselect(".o_hostel_fees_loan")
        ]

    def test_a_deposit_through_a_lender_is_followed_to_its_end(self):
        self.structure.line_ids = [
            Command.create({"head_id": self._head("DEPOSIT").id, "amount": 10000})
        ]
        self._sign_in(self.student_user)
        self.assertFalse(self._get_loan_lines())
        loan = self._ask_loan()
        [(state, text)] = self._get_loan_lines()
        self.assertEqual(state, "requested")
        for said in ("Sahayata Finance", "10,000", "Being decided", self.term.name):
            self.assertIn(said, text)
        self.stay._create_period_bill()
        loan.with_user(self.finance).action_approve()
        self.assertEqual(self._get_loan_lines()[0][0], "approved")
        self.assertNotIn("Deposit held", self._get("/my/fees").text)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=loan.move_id.ids
        ).create({})._create_payments()
        [(state, text)] = self._get_loan_lines()
        self.assertEqual(state, "paid")
        self.assertIn("goes back to it after the stay", text)
        page = self._get("/my/fees").text
        self.assertIn("Deposit held", page)
        self.assertNotIn("less what is owed then", page, "the lender gets it back whole")

    def test_a_lenders_no_is_told_and_what_is_given_up_is_not(self):
        self._ask_loan().with_user(self.finance).action_cancel()
        self._sign_in(self.student_user)
        self.assertFalse(self._get_loan_lines())
        self._ask_loan().with_user(self.finance).action_refuse()
        [(state, text)] = self._get_loan_lines()
        self.assertEqual(state, "refused")
        self.assertIn("comes as a bill", text)
        # It is of no interest once the term is over.
        self.term.year_id.date_from = self.term.date_from = self.today - timedelta(days=180)
        self.term.date_to = self.today
        self.assertFalse(self._get_loan_lines())

    def test_a_guardian_reads_of_the_lender_and_a_stranger_does_not(self):
        self._ask_loan()
        self._sign_in(self.guardian_user)
        self.assertEqual(
            [state for state, _text in self._get_loan_lines(f"/my/fees/{self.student.id}")],
            ["requested"],
        )
        self._sign_in(self.other_user)
        self.assertFalse(self._get_loan_lines())
        with self.assertRaises(AccessError):
            self.student.with_user(self.warden).deposit_loan_ids.mapped("amount")

    def test_overdue_is_said_with_its_day_and_the_late_fee_is_explained(self):
        policy = self.env["hostel.late.fee.policy"].create(
            {"name": "Late", "daily_amount": 50, "grace_days": 5, "cap_amount": 1000}
        )
        self.structure.late_policy_id = policy
        bill = self._bill(
            9000,
            due=-12,
            hostel_kind="period",
            hostel_allocation_id=self.stay.id,
            hostel_term_id=self.term.id,
            period_from=date(2040, 7, 1),
            period_to=date(2040, 8, 1),
        )
        bill._charge_late_fee(bill._get_late_charges()[bill.id])
        self._sign_in(self.student_user)
        state, text = self._hero()
        self.assertEqual(state, "overdue")
        self.assertIn("Overdue since", text)
        page = " ".join(self._open().text_content().split())
        self.assertRegex(page, r"Late fee so far: ₹.?350(\.00)? for 12 days")
        self.assertRegex(page, r"each day costs ₹.?50(\.00)?, but never more than ₹.?1,000")
        self.assertRegex(page, r"Comes with the next bill .*350")

    def test_what_a_clearance_settles_is_not_asked_for(self):
        bill = self._bill(
            9000,
            due=-12,
            hostel_kind="period",
            hostel_allocation_id=self.stay.id,
            hostel_term_id=self.term.id,
            period_from=date(2040, 7, 1),
            period_to=date(2040, 8, 1),
        )
        version = self.student._get_fee_version()
        clearance = self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id, "reference": "Dues 1"}
        )
        self.assertNotEqual(self.student._get_fee_version(), version, "the open page is repainted")
        self._sign_in(self.student_user)
        self.assertEqual(self._hero()[0], "paid")
        [card] = self._open().cssselect(".o_hostel_fee_bill")
        self.assertEqual((card.get("id"), card.get("data-state")), (f"bill-{bill.id}", "cleared"))
        self.assertIn("Settled by the clearance", card.text_content())
        self.assertFalse(card.cssselect("input[name=bill]"))
        self.assertEqual(self._post("/my/fees/pay", bill=bill.id).status_code, 409)
        clearance.action_archive()
        self.assertEqual(self._hero()[0], "overdue")

    def test_paid_up_shows_the_receipt(self):
        payment = self._pay(self._bill())
        self._sign_in(self.student_user)
        state, text = self._hero()
        self.assertEqual(state, "paid")
        self.assertIn("Nothing to pay", text)
        [row] = self._open().cssselect(".o_hostel_fee_payment")
        self.assertIn(payment.name, row.text_content())

    def test_why_instalments_deposit_concession_refund_and_charges_are_there(self):
        half = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 60}),
                ],
            }
        )
        self._bill(8000, invoice_payment_term_id=half.id)
        deposit = self._bill(5000, head="DEPOSIT", hostel_kind="deposit")
        self._pay(deposit)
        concession = self.env["hostel.concession"].create(
            {
                "student_id": self.student.id,
                "term_id": self.term.id,
                "kind": "hardship",
                "method": "percent",
                "percent": 10,
            }
        )
        concession.action_request()
        self.env["hostel.charge"].create(
            {
                "student_id": self.student.id,
                "head_id": self._head("DAMAGE").id,
                "amount": 640,
                "note": "Broken pane",
            }
        )
        order = self._create_tx(reference="TWICE", amount=730, hostel_student_id=self.student.id)
        order._camu_apply_success({"receipt_no": "RC-T", "paid_at": False, "amount": "730.00"})
        order._camu_post_process()
        refund = order._hostel_owe_refund("Paid twice")
        self._sign_in(self.student_user)
        page = " ".join(self._open().text_content().split())
        for text in ("Why Room 214", "Deposit held", "5,000", "Hardship", "10 %", "Being decided"):
            self.assertIn(text, page)
        for text in ("Broken pane", "640", "Paid twice", "730", "Wallet", "No dues for"):
            self.assertIn(text, page)
        self.assertEqual(page.count("Being decided"), 2, "the concession and the refund")
        refund._refuse("He is known to the auditor")
        page = " ".join(self._open().text_content().split())
        self.assertIn("Refused", page)
        self.assertNotIn("auditor", page)
        self.assertEqual(len(self._open().cssselect("ul[aria-label=Instalments] li")), 2)

    # ------------------------------------------------------------------
    # Paying
    # ------------------------------------------------------------------

    def test_one_order_pays_several_bills(self):
        first, second, later = self._bill(9000), self._bill(640, due=7), self._bill(500, due=40)
        self._sign_in(self.student_user)
        page = self._open()
        boxes = page.cssselect("input[type=checkbox][name=bill]")
        ticked = {int(box.get("value")) for box in boxes if box.get("checked")}
        self.assertEqual(ticked, {first.id, second.id})
        self.assertEqual(len(boxes), 3)
        response = self._post("/my/fees/pay", bill=[str(first.id), str(second.id)])
        self.assertEqual(response.status_code, 200, response.text[-2000:])
        [form] = html.fromstring(response.text).xpath("//form[@id='o_camu_order']")
        sent = {field.get("name"): field.get("value") for field in form.iter("input")}
        [order] = self._orders(first)
        self.assertEqual(sent["amount"], "9640.00")
        self.assertEqual(order.invoice_ids, first | second)
        self.assertEqual(order.landing_route, "/my/fees")
        # Pressed again, it is the same order.
        self._post("/my/fees/pay", bill=[str(first.id), str(second.id)])
        self.assertEqual(self._orders(first), order)
        before = self._get("/my/fees/state").json()["version"]
        entry = self._receive(self._message(order, feeHead=sent["feeHead"]))
        entry._process()
        self.assertEqual(entry.state, "processed", entry.reason_code)
        self.assertEqual((first | second).mapped("payment_state"), ["paid", "paid"])
        self.assertEqual(later.payment_state, "not_paid")
        self.assertNotEqual(self._get("/my/fees/state").json()["version"], before)

    def test_of_a_bill_in_instalments_the_next_one_is_paid(self):
        half = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 60}),
                ],
            }
        )
        bill = self._bill(8000, invoice_payment_term_id=half.id)
        self._sign_in(self.student_user)
        self._post("/my/fees/pay", bill=str(bill.id))
        [order] = self._orders(bill)
        self.assertEqual(order.amount, 4000)
        entry = self._receive(self._message(order, feeHead=order.camu_fee_head))
        entry._process()
        self.assertEqual((bill.payment_state, bill.amount_residual), ("partial", 4000))

    def test_a_failed_payment_is_said_and_tried_again_with_the_same_order(self):
        bill = self._bill()
        self._sign_in(self.student_user)
        self._post("/my/fees/pay", bill=str(bill.id))
        [order] = self._orders(bill)
        for _try in range(2):
            order._apply_updates({"status": "failed"})
            page = " ".join(self._open().text_content().split())
            self.assertIn("did not go through", page)
            # At the bank again: that it failed is of the try before.
            self._post("/my/fees/pay", bill=str(bill.id))
            self.assertEqual(self._orders(bill), order)
            page = " ".join(self._open().text_content().split())
            self.assertNotIn("did not go through", page)
        order.camu_tried_at -= timedelta(hours=1)
        page = " ".join(self._open().text_content().split())
        self.assertIn("did not go through", page)

    def test_money_that_waits_for_a_person_is_not_lost_from_sight(self):
        bill = self._bill()
        self._sign_in(self.student_user)
        self._post("/my/fees/pay", bill=str(bill.id))
        [order] = self._orders(bill)
        version = self.student._get_fee_version()
        message = self._message(order, feeHead=order.camu_fee_head, amount="8999.00")
        entry = self._receive(message)
        entry._process()
        self.assertEqual(entry.state, "quarantined")
        self.assertNotEqual(self.student._get_fee_version(), version)
        page = " ".join(self._open().text_content().split())
        self.assertIn("Your money has arrived; the accounts office looks at it", page)
        self.assertIn("8,999", page)
        # Money without an order, by the student's number; another student reads nothing of it.
        lone = {**message, "referenceNo": "HB-NOBODY", "eventId": "evt-lone", "amount": "77.00"}
        self._receive(lone)._process()
        self.assertEqual([one["amount"] for one in self.student._get_fee_reviews()], [77, 8999])
        self.assertEqual(self.other_student._get_fee_reviews(), [])
        entry.with_user(self.finance).resolve("Tried again")
        self.assertEqual([one["amount"] for one in self.student._get_fee_reviews()], [77])

    def test_while_the_bank_decides_nobody_pays_twice(self):
        bills = self._bill(), self._bill(640)
        self._sign_in(self.student_user)
        ids = [str(bill.id) for bill in bills]
        self._post("/my/fees/pay", bill=ids)
        self._orders(bills[0])._set_pending()
        self.assertIn("has not decided", self._get("/my/fees").text)
        for chosen in (ids, ids[:1]):
            response = self._post("/my/fees/pay", bill=chosen)
            self.assertEqual(response.status_code, 409)
            self.assertIn("PAYMENT_PENDING", response.text)
        self.assertEqual(len(self._orders(bills[0])), 1)

    def test_bad_choices_are_refused_with_a_code(self):
        bill = self._bill()
        foreign = self._bill(student=self.other_student)
        paid = self._bill(100)
        self._pay(paid)
        self._sign_in(self.student_user)
        for text in ("", "x", "-1", "1e5", "\x00", "१", f"{bill.id}\x00"):
            response = self._post("/my/fees/pay", bill=text)
            with self.subTest(bill=text):
                self.assertEqual(response.status_code, 422)
                self.assertIn("NO_BILL", response.text)
        self.assertEqual(self._post("/my/fees/pay").status_code, 422)
        data = {"csrf_token": Request.csrf_token(self)}
        response = self.url_open("/my/fees/pay", data=data, files={"bill": ("x.txt", b"1")})
        self.assertEqual(response.status_code, 422)
        for number in (str(foreign.id), "0", str(2**31), "9" * 41, "9" * 5000):
            with self.subTest(bill=number):
                self.assertEqual(self._post("/my/fees/pay", bill=number).status_code, 404)
        response = self._post("/my/fees/pay", bill=str(paid.id))
        self.assertEqual(response.status_code, 409)
        self.assertIn("BILL_ALREADY_PAID", response.text)
        self.assertFalse(self._orders(bill | foreign | paid))

    def test_odoos_page_of_overdue_invoices_takes_no_amount_for_hostel_bills(self):
        bill = self._bill(due=-10)
        self._sign_in(self.student_user)
        self.assertEqual(self._get("/my/invoices/overdue").status_code, 303)
        self.assertNotIn("/my/invoices/overdue", self._get("/my/invoices").text)
        sent = {
            "payment_reference": "X",
            "provider_id": self.provider.id,
            "payment_method_id": self.provider.payment_method_ids[:1].id,
            "token_id": None,
            "amount": 1,
            "flow": "redirect",
            "tokenization_requested": False,
            "landing_route": "/my",
        }
        with self.assertRaisesRegex(JsonRpcException, "ValidationError"):
            self.make_jsonrpc_request("/invoice/transaction/overdue", sent)
        self.assertFalse(self._orders(bill))

    # ------------------------------------------------------------------
    # Guardians
    # ------------------------------------------------------------------

    def _make_ward(self, student):
        self.env["hostel.guardian"].create(
            {
                "student_id": student.id,
                "partner_id": self.guardian_user.partner_id.id,
                "relation": "mother",
            }
        )

    def test_a_guardian_sees_and_pays_the_wards_bills(self):
        bill = self._bill()
        self._sign_in(self.guardian_user)
        base = f"/my/fees/{self.student.id}"
        self.assertTrue(self._get("/my/fees").headers["Location"].endswith(base))
        self.assertEqual(self._hero(base)[0], "due")
        self.assertRegex(self._get("/my").text, r"9,000")
        self.assertEqual(self._post(f"{base}/pay", bill=str(bill.id)).status_code, 200)
        [order] = self._orders(bill)
        self.assertEqual(order.partner_id, self.guardian_user.partner_id)
        self.assertEqual(order.landing_route, base)
        self._receive(self._message(order, feeHead=order.camu_fee_head))._process()
        self.assertEqual(bill.payment_state, "paid")
        [payment] = self.env["account.payment"].search([("payment_transaction_id", "=", order.id)])
        self.assertEqual(payment.hostel_student_id, self.student)
        receipt = self._post(f"/my/fees/receipt/{payment.id}")
        self.assertEqual(receipt.headers["Content-Type"], "application/pdf")

    def test_a_guardians_look_is_noted_but_not_what_the_open_page_asks(self):
        self._sign_in(self.guardian_user)
        domain = [("student_ref", "=", self.student.id)]
        Log = self.env["hostel.access.log"]
        before = Log.search_count(domain)
        self._get(f"/my/fees/{self.student.id}/state")
        self.assertEqual(Log.search_count(domain), before)
        self._get(f"/my/fees/{self.student.id}")
        self.assertGreater(Log.search_count(domain), before)

    def test_with_several_wards_there_is_a_switch(self):
        self._sign_in(self.guardian_user)
        base = f"/my/fees/{self.student.id}"
        self.assertFalse(self._open(base).cssselect("nav[aria-label='Whose fees']"))
        self._make_ward(self.other_student)
        self._bill(1200, student=self.other_student)
        links = self._open(base).cssselect("nav[aria-label='Whose fees'] a")
        self.assertEqual(
            {link.get("href") for link in links}, {base, f"/my/fees/{self.other_student.id}"}
        )
        self.assertEqual(self._hero(base)[0], "none")
        self.assertEqual(self._hero(f"/my/fees/{self.other_student.id}")[0], "due")

    def test_what_a_fine_is_for_is_not_told_to_guardians(self):
        bill = self._bill(300, head="FINE", note="Smoked in the room")
        charge = self.env["hostel.charge"].create(
            {
                "student_id": self.student.id,
                "head_id": self._head("FINE").id,
                "amount": 150,
                "note": "Came in late",
            }
        )
        self._sign_in(self.student_user)
        own = self._get("/my/fees").text
        for text in ("Smoked in the room", "Came in late"):
            self.assertIn(text, own)
        self._sign_in(self.guardian_user)
        page = self._get(f"/my/fees/{self.student.id}").text
        for text in ("Smoked", "Came in late"):
            self.assertNotIn(text, page)
        self.assertIn(charge.head_id.name, page)
        pay = self._get(f"/hostel/bill/{bill.id}/pay").text
        self.assertIn(charge.head_id.name, pay)
        self.assertNotIn("Smoked", pay)
        away = self._get(f"/my/invoices/{bill.id}")
        self.assertIn(f"/my/fees/{self.student.id}", away.headers["Location"])
        report = self.env["ir.actions.report"].sudo()
        paper = "hostel_billing.hostel_bill_report"
        for guardian, told in ((False, True), (True, False)):
            content, _kind = report.with_context(hostel_for_guardian=guardian)._render_qweb_html(
                paper, bill.ids
            )
            self.assertEqual("Smoked in the room" in content.decode(), told)

    def test_a_ward_without_consent_stays_closed(self):
        silent = self.env["hostel.student"].create(
            {"name": "Silent", "roll_number": "TS-SILENT", "gender": "male"}
        )
        self._make_ward(silent)
        self._sign_in(self.guardian_user)
        for url in ("", "/state"):
            self.assertEqual(self._get(f"/my/fees/{silent.id}{url}").status_code, 404)
        for url in ("pay", "statement"):
            self.assertEqual(self._post(f"/my/fees/{silent.id}/{url}").status_code, 404)
        give_consent(silent)
        self.assertEqual(self._get(f"/my/fees/{silent.id}").status_code, 200)

    def test_a_guardian_finds_bills_on_the_own_page_only(self):
        self._bill(300, head="FINE", note="Smoked in the room")
        bill = self._bill()
        self._sign_in(self.guardian_user)
        self.assertNotIn(bill.name, self._get("/my/invoices").text)
        for model in ("account.move", "account.move.line"):
            records = self.make_jsonrpc_request(
                f"/web/dataset/call_kw/{model}/search_read",
                {"model": model, "method": "search_read", "args": [[], ["name"]], "kwargs": {}},
            )
            self.assertFalse(records, model)
        self.assertEqual(self._get(f"/hostel/bill/{bill.id}/pay").status_code, 200)
        silent = self.env["hostel.student"].create(
            {"name": "Silent", "roll_number": "TS-SILENT", "gender": "male"}
        )
        self._make_ward(silent)
        url = f"/hostel/bill/{self._bill(student=silent).id}/pay"
        self.assertEqual(self._get(url).status_code, 404)
        give_consent(silent)
        self.assertEqual(self._get(url).status_code, 200)

    # ------------------------------------------------------------------
    # Strangers, and what a GET does
    # ------------------------------------------------------------------

    def test_nothing_of_anybody_else_is_found(self):
        bill = self._bill()
        payment = self._pay(bill)
        self._sign_in(self.other_user)
        for number in (self.student.id, 0, 2**31, 10**30):
            for url in ("", "/state"):
                response = self._get(f"/my/fees/{number}{url}")
                self.assertEqual(response.status_code, 404, response.text[-300:])
            for url in ("pay", "statement"):
                self.assertEqual(self._post(f"/my/fees/{number}/{url}").status_code, 404)
        for url in (f"receipt/{payment.id}", f"bill/{bill.id}"):
            self.assertEqual(self._post(f"/my/fees/{url}").status_code, 404)
        for kind in ("receipt", "bill"):
            for number in (0, 2**31, 10**30):
                self.assertEqual(self._post(f"/my/fees/{kind}/{number}").status_code, 404)
        self.assertFalse(payment.hostel_receipt_id)
        # The twin: whom it concerns gets it.
        self._sign_in(self.student_user)
        for url in (f"receipt/{payment.id}", f"bill/{bill.id}"):
            self.assertEqual(self._post(f"/my/fees/{url}").status_code, 200)

    def test_each_own_address_of_the_page_that_can_be_got_writes_nothing(self):
        bill = self._bill()
        self._pay(self._bill(100))
        student, base = self.student.id, "/my/fees"
        # Written by hand: a new route of the page without a line here fails.
        addresses = {
            base: base,
            f"{base}/state": f"{base}/state",
            f"{base}/<int:student_id>": f"{base}/{student}",
            f"{base}/<int:student_id>/state": f"{base}/{student}/state",
        }
        with MockRequest(self.env):
            found = {
                url
                for url, endpoint in _generate_routing_rules(
                    sorted(self.env.registry._init_modules), nodb_only=False
                )
                if url.startswith("/my/fees") and "GET" in endpoint.routing["methods"]
            }
        self.assertEqual(found, set(addresses))
        for user in (self.student_user, self.guardian_user):
            self._sign_in(user)
            answers = set()
            for rule, address in addresses.items():
                with self.subTest(rule, user=user.login):
                    response, tables = self._find_writes(address)
                    answers.add(response.status_code)
                    self.assertIn(response.status_code, (200, 303, 404))
                    self.assertEqual(tables, set())
            self.assertIn(200, answers)
        # The twin: paying is seen to write.
        self._sign_in(self.student_user)
        with self.assertLogs("odoo.sql_db", "DEBUG") as logs:
            self._post(f"{base}/pay", bill=str(bill.id))
        self.assertIn("payment_transaction", self._tables(logs))

    @staticmethod
    def _tables(logs):
        return {name for line in logs.output for name in WRITE.findall(line)}

    def _find_writes(self, address):
        with self.assertLogs("odoo.sql_db", "DEBUG") as logs:
            # What is refused at the door asks nothing.
            logging.getLogger("odoo.sql_db").debug("start")
            response = self._get(address)
        ours = ("hostel_", "account_", "payment_", "ir_attachment")
        return response, {name for name in self._tables(logs) - NOTED if name.startswith(ours)}

    def test_more_bills_make_no_more_queries(self):
        self._sign_in(self.student_user)

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            student = self.student.sudo()
            student._get_fee_overview()
            return self.env.cr.sql_log_count - before

        for number in range(3):
            self._pay(self._bill(100 + number))
            self._bill(200 + number)
        self._get("/my/fees")
        few = count()
        for number in range(9):
            self._pay(self._bill(300 + number))
            self._bill(400 + number)
        self.assertLessEqual(count(), few)
