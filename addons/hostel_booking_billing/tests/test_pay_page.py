import re
from datetime import timedelta

from lxml import html

from odoo.tests import HttpCase, tagged

from odoo.addons.hostel_billing.controllers.camu import CamuController
from odoo.addons.hostel_billing.tests.fee_common import FeeMixin


class PayPageMixin(FeeMixin):
    def _open(self, path, user):
        self.authenticate(user and user.login, user and user.login)
        return self.url_open(path, allow_redirects=False)

    def _read_amounts(self, path, user):
        """What the page says is to be paid, and what the order asks: numbers."""
        page = html.fromstring(self._open(path, user).text)
        [shown] = page.cssselect(".o_hostel_pay .display-5")
        [asked] = page.xpath("//form[@id='o_camu_order']//input[@name='amount']")
        return float(re.sub(r"[^\d.]", "", shown.text_content())), float(asked.get("value"))


@tagged("post_install", "-at_install")
class TestPayPage(PayPageMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.row = cls._create_allocation()
        cls.row._checkout()
        cls.path = f"/hostel/pay/{cls.row.payment_ref}"
        cls.fees = f"/my/fees/{cls.student.id}"

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

    def test_a_guardian_pays_from_the_wards_fees_and_comes_back_there(self):
        page = html.fromstring(self._open(self.fees, self.guardian_user).text)
        [link] = page.cssselect(".o_hostel_fees_hold a.btn-primary")
        self.assertEqual(link.get("href"), self.path)
        self.assertTrue(page.cssselect(".o_hostel_fees[data-watch][data-underway]"))
        page = html.fromstring(self.url_open(self.path, allow_redirects=False).text)
        [form] = page.xpath("//form[@id='o_camu_order']")
        self.assertEqual(form.get("action"), "https://camu.test/pay")
        self.assertIn(self.student.name, page.cssselect(".o_hostel_pay h1")[0].text_content())
        self.assertTrue(page.cssselect(f".o_hostel_pay a[href='{self.fees}']"))
        back = self.url_open(f"{CamuController._return_url}", allow_redirects=False)
        self.assertTrue(back.headers["Location"].endswith(self.fees))
        # The same order; the student who also left with it comes back to the booking.
        self.assertEqual(self.row._get_order().partner_id, self.student.partner_id)
        self.test_return_leads_to_the_booking()

    def test_what_a_guardian_pays_takes_the_hold_off_the_page(self):
        before = self.student._get_fee_version()
        self._open(self.path, self.guardian_user)
        self._deliver(self.row._get_order())
        self.assertEqual(self.row.state, "awaiting_approval")
        self.assertNotEqual(self.student._get_fee_version(), before)
        page = html.fromstring(self._open(self.fees, self.guardian_user).text)
        self.assertFalse(page.cssselect(".o_hostel_fees_hold"))
        again = self.url_open(self.path, allow_redirects=False)
        self.assertTrue(again.headers["Location"].endswith(self.fees))

    def test_a_guardian_who_may_not_know_finds_nothing(self):
        self.student._withdraw_consent(self.student.partner_id)
        response = self._open(self.path, self.guardian_user)
        self.assertEqual(response.status_code, 404)

    def test_a_guardian_of_somebody_else_finds_nothing(self):
        self.student.guardian_ids.student_id = self.other_student
        response = self._open(self.path, self.guardian_user)
        self.assertEqual(response.status_code, 404)

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


@tagged("post_install", "-at_install")
class TestPayPageAmount(PayPageMixin, HttpCase):
    """The page names what the order asks, which is not the price of the bed."""

    def _check_out(self):
        row = self._create_allocation(price=None)
        row._checkout()
        return row, f"/hostel/pay/{row.payment_ref}"

    def test_the_deposit_is_in_the_sum(self):
        self._create_structure({"RENT": 42000, "DEPOSIT": 8000}, frequency="one_time")
        row, path = self._check_out()
        self.assertEqual(row.price, 42000)
        for user in (self.student_user, self.guardian_user):
            self.assertEqual(self._read_amounts(path, user), (50000, 50000))

    def test_of_a_monthly_plan_it_is_the_first_month(self):
        self._create_structure({"RENT": 6000, "DEPOSIT": 5000})
        row, path = self._check_out()
        self.assertEqual(row.price, 36000)
        self.assertEqual(self._read_amounts(path, self.student_user), (11000, 11000))
