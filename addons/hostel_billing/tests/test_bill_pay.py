from lxml import html

from odoo.tests import HttpCase, tagged
from odoo.tests.common import JsonRpcException

from odoo.addons.hostel_base.errors import HostelError

from .common import BillingMixin


@tagged("post_install", "-at_install")
class TestBillPay(BillingMixin, HttpCase):
    """From an open bill to Camu and back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        allocation = cls._create_allocation()
        allocation._transition("awaiting_approval")
        allocation._transition("allocated")
        cls.bill = allocation._create_period_bill()
        cls.parameters = cls.env["ir.config_parameter"].sudo()
        for user in (cls.student_user, cls.other_user, cls.guardian_user):
            user.password = user.login

    def _sign_in(self, user):
        self.authenticate(user.login, user.login)

    def _open(self):
        return self.url_open(f"/hostel/bill/{self.bill.id}/pay")

    def _press(self, **form):
        page = html.fromstring(self._open().text)
        [token] = page.xpath(
            "//form[contains(@action, '/hostel/bill/')]//input[@name='csrf_token']"
        )
        form["csrf_token"] = token.get("value")
        return self.url_open(f"/hostel/bill/{self.bill.id}/pay", data=form)

    def _get_orders(self):
        return self.env["payment.transaction"].search([("invoice_ids", "in", self.bill.ids)])

    def test_student_pays_a_bill_and_comes_back_to_it(self):
        self._sign_in(self.student_user)
        portal = self.url_open(self.bill.get_portal_url())
        self.assertIn(f"/hostel/bill/{self.bill.id}/pay", portal.text)
        self.assertIn("42,000", self._open().text)
        page = html.fromstring(self._press().text)
        [form] = page.xpath("//form[@id='o_camu_order']")
        fields = {field.get("name"): field.get("value") for field in form.iter("input")}
        [order] = self._get_orders()
        self.assertEqual(fields["referenceNo"], order.reference)
        self.assertEqual((fields["amount"], fields["feeHead"]), ("42000.00", "Hostel fee"))
        self.assertEqual((fields["studentId"], fields["academicTerm"]), ("TS001", "T40-ODD"))
        back = self.url_open("/payment/camu/return?status=SUCCESS", allow_redirects=False)
        self.assertTrue(back.headers["Location"].endswith("/payment/status"))
        message = self._message(order, academicTerm="T40-ODD")
        entry = self._receive(message)
        entry._process()
        self.assertEqual((entry.state, self.bill.payment_state), ("processed", "paid"))
        self.assertIn("Nothing is left to pay", self._open().text)

    def test_guardian_pays_on_the_student_s_account(self):
        self._sign_in(self.guardian_user)
        self._press()
        [order] = self._get_orders()
        self.assertEqual(order.partner_id, self.guardian_user.partner_id)
        self._receive(self._message(order, academicTerm="T40-ODD"))._process()
        self.assertEqual(order.payment_id.partner_id, self.student.partner_id)
        self.assertEqual(self.bill.payment_state, "paid")

    def test_someone_else_s_bill_does_not_exist(self):
        self._sign_in(self.other_user)
        self.assertEqual(self._open().status_code, 404)
        missing = self.url_open("/hostel/bill/999999999/pay")
        self.assertEqual(missing.status_code, 404)

    def test_whole_bill_unless_parts_are_allowed(self):
        self._sign_in(self.student_user)
        answer = self._press(amount="1000")
        self.assertEqual(answer.status_code, 422)
        self.assertFalse(self._get_orders())
        self.parameters.set_param("hostel_billing.partial_payments", "True")
        self._press(amount="1000")
        [order] = self._get_orders()
        self.assertEqual(order.amount, 1000)
        self._receive(self._message(order, academicTerm="T40-ODD"))._process()
        self.assertEqual((self.bill.payment_state, self.bill.amount_residual), ("partial", 41000))
        self.assertIn("41,000", self._open().text)

    def test_odd_amounts_are_refused_with_a_sentence(self):
        self.parameters.set_param("hostel_billing.partial_payments", "True")
        self._sign_in(self.student_user)
        for amount in (
            "0",
            "-5",
            "499.99",
            "42000.01",
            "nan",
            "inf",
            "1e99",
            "0.001",
            "abc",
            "1,000x",
        ):
            answer = self._press(amount=amount)
            self.assertEqual(answer.status_code, 422, amount)
            self.assertIn("Pay between", answer.text)
        self.assertFalse(self._get_orders())

    def test_second_try_uses_the_same_order(self):
        self._sign_in(self.student_user)
        self._press()
        [order] = self._get_orders()
        self._receive(self._message(order, "FAILED", academicTerm="T40-ODD"))._process()
        self.assertEqual(order.state, "error")
        self._press()
        self.assertEqual(self._get_orders(), order)

    def test_nobody_pays_while_the_bank_decides(self):
        self._sign_in(self.student_user)
        self._press()
        [order] = self._get_orders()
        self._receive(self._message(order, "PENDING", academicTerm="T40-ODD"))._process()
        answer = self._press()
        self.assertEqual(answer.status_code, 409)
        self.assertIn("pay twice", answer.text)

    def test_odoo_s_own_form_takes_no_other_amount(self):
        for amount, code in ((1, "INVALID_PAYMENT_AMOUNT"), (50000, "INVALID_PAYMENT_AMOUNT")):
            with self.assertRaises(HostelError) as refusal:
                self.bill._check_camu_payment(amount)
            self.assertEqual(refusal.exception.code, code)
        self._sign_in(self.student_user)
        for amount in (1, "nan", "inf", "-inf", "1e308", "some"):
            error = self._refuse_transaction(self.bill._portal_ensure_token(), amount)
            self.assertIn("HostelError", error, amount)
        self.assertFalse(self._get_orders())

    def _refuse_transaction(self, token, amount):
        with self.assertRaises(JsonRpcException) as error:
            self.make_jsonrpc_request(
                f"/invoice/transaction/{self.bill.id}",
                {
                    "access_token": token,
                    "provider_id": self.provider.id,
                    "payment_method_id": self.provider.payment_method_ids.id,
                    "token_id": None,
                    "amount": amount,
                    "flow": "redirect",
                    "tokenization_requested": False,
                    "landing_route": "/my",
                },
            )
        return str(error.exception)

    def test_odoo_s_own_form_tells_strangers_nothing(self):
        self.bill._portal_ensure_token()
        for token in ("wrong", "é", None, 5):
            for amount in (1, 42000):
                error = self._refuse_transaction(token, amount)
                self.assertIn("ValidationError", error, token)

    def test_a_token_of_any_letters_is_a_wrong_one(self):
        self.bill._portal_ensure_token()
        self._sign_in(self.other_user)
        for address in (f"/hostel/bill/{self.bill.id}/pay", f"/my/invoices/{self.bill.id}"):
            answer = self.url_open(f"{address}?access_token=é", allow_redirects=False)
            self.assertIn(answer.status_code, (303, 404), address)

    def test_paid_bill_is_told_so(self):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.bill.ids
        ).create({})._create_payments()
        with self.assertRaises(HostelError) as refusal:
            self.bill._check_camu_payment(42000)
        self.assertEqual(refusal.exception.code, "BILL_ALREADY_PAID")

    def test_fee_head_is_what_is_billed(self):
        product = self.env["product.product"].create({"name": "Electricity", "type": "service"})
        charge = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.student.partner_id.id,
                "hostel_kind": "charge",
                "invoice_line_ids": [(0, 0, {"product_id": product.id, "price_unit": 120})],
            }
        )
        self.assertEqual(charge._get_camu_fee_head(), "Electricity")
        self.assertEqual((charge | self.bill)._get_camu_fee_head(), "Hostel fee")
        charge.action_post()
        order = charge._get_camu_order(charge.amount_residual, self.student.partner_id)
        order._get_processing_values()
        product.name = "Power"
        self.assertEqual(order._get_camu_order()["fee_head"], "Electricity")
