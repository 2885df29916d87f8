"""One way to write money on the pages of students and guardians."""

from odoo.tests import TransactionCase, tagged

from odoo.addons.hostel_base.tools.rupees import drop_paise, is_whole, join_symbol
from odoo.addons.http_routing.tests.common import MockRequest

from ..models.res_currency import writes_plain_rupees


@tagged("post_install", "-at_install")
class TestMoneyWords(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rupee = cls.env.ref("base.INR")
        cls.website = cls.env["website"].search([], limit=1)

    def _show(self, amount, **context):
        field = self.env["ir.qweb.field.monetary"].with_context(**context)
        html = field.value_to_html(amount, {"display_currency": self.rupee})
        return html.replace('<span class="oe_currency_value">', "").replace("</span>", "")

    def test_pages_write_rupees_like_the_map(self):
        with MockRequest(self.env, website=self.website):
            self.assertEqual(self._show(42000.0), "₹42,000")
            self.assertEqual(self._show(99.5), "₹99.50")
            self.assertEqual(self.rupee.format(42000), "₹42,000")
            self.assertEqual(self.rupee.format(1234.56), "₹1,234.56")

    def test_papers_and_the_office_keep_both_decimals(self):
        with MockRequest(self.env, website=self.website):
            self.assertEqual(
                self._show(42000.0, hostel_self_contained=True), "₹\N{NO-BREAK SPACE}42,000.00"
            )
        self.assertEqual(self._show(42000.0), "₹\N{NO-BREAK SPACE}42,000.00")
        self.assertEqual(self.rupee.format(42000), "₹\N{NO-BREAK SPACE}42,000.00")

    def test_other_currencies_are_left_alone(self):
        with MockRequest(self.env, website=self.website):
            self.assertFalse(writes_plain_rupees(self.env, self.env.ref("base.EUR")))
            self.assertTrue(writes_plain_rupees(self.env, self.rupee))

    def test_the_words(self):
        self.assertEqual(drop_paise("₹ 1,20,000.00"), "₹ 1,20,000")
        self.assertEqual(drop_paise("₹ 100.05"), "₹ 100.05")
        self.assertEqual(join_symbol("₹ 500", "₹"), "₹500")
        self.assertTrue(is_whole(0.0))
        self.assertFalse(is_whole(0.01))
