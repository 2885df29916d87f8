from datetime import timedelta

from lxml import html

from odoo.tests import HttpCase, tagged

from odoo.addons.hostel_billing.controllers.camu import CamuController
from odoo.addons.hostel_billing.tests.common import BillingMixin


@tagged("post_install", "-at_install")
class TestPayPage(BillingMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.row = cls._create_allocation()
        cls.row._checkout()
        cls.path = f"/hostel/pay/{cls.row.payment_ref}"

    def _open(self, path, user):
        self.authenticate(user and user.login, user and user.login)
        return self.url_open(path, allow_redirects=False)

    def test_student_gets_the_signed_order(self):
        response = self._open(self.path, self.student_user)
        self.assertEqual(response.status_code, 200)
        page = html.fromstring(response.text)
        [form] = page.xpath("//form[@id='o_camu_order']")
        fields = {field.get("name"): field.get("value") for field in form.iter("input")}
        self.assertEqual(form.get("action"), "https://camu.test/pay")
        self.assertEqual(fields["referenceNo"], self.row.payment_ref)
        self.assertEqual(fields["amount"], "42000.00")
        self.assertTrue(fields["signature"])
        self.assertTrue(page.xpath("//button[@form='o_camu_order'][@type='submit']"))

    def test_foreign_and_unknown_reference_look_the_same(self):
        foreign = self._open(self.path, self.other_user)
        unknown = self._open("/hostel/pay/HB-000000000000", self.other_user)
        self.assertEqual((foreign.status_code, unknown.status_code), (404, 404))
        guardian = self._open(self.path, self.guardian_user)
        self.assertEqual(guardian.status_code, 404)

    def test_stranger_signs_in_first(self):
        response = self._open(self.path, None)
        self.assertEqual(response.status_code, 303)
        self.assertIn("/web/login", response.headers["Location"])

    def test_nothing_to_pay_leads_to_the_booking(self):
        self.row.hold_until = self.env.cr.now() - timedelta(seconds=1)
        response = self._open(self.path, self.student_user)
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith("/hostel/booking"))

    def test_return_leads_to_the_booking(self):
        self._open(self.path, self.student_user)
        response = self.url_open(
            f"{CamuController._return_url}?status=SUCCESS", allow_redirects=False
        )
        self.assertTrue(response.headers["Location"].endswith("/hostel/booking"))
        self.assertEqual(self.row.state, "paying")
