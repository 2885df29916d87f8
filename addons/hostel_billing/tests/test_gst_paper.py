from datetime import date

from odoo.tests import tagged

from .common import BillingCase

GSTIN = "33AAATA0001A1Z5"
DAY = date(2040, 8, 15)


@tagged("post_install", "-at_install")
class TestGstPaper(BillingCase):
    """Bills of what is taxed, with the Indian chart's taxes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.state_id = cls.env.ref("base.state_in_tn")
        cls.gst = cls.env["account.chart.template"].with_company(cls.company).ref("sgst_sale_18")
        # The chart brings it, and its halves, archived: choosing it is enough.
        cls.gst.active = False
        guest = cls.env["hostel.fee.head"]._get_by_code("GUEST")
        # As the form has it, which sees no archived taxes.
        cls.guest = guest.with_context(active_test=True).with_company(cls.company)
        cls.guest.write({"tax_ids": cls.gst.ids, "sac_code": "996322"})
        cls.stay = cls._create_allocation("awaiting_approval")
        cls.stay._transition("allocated")
        cls.source = cls.env["account.move"].create({"move_type": "entry"})

    def _charge(self, amount, head):
        return self.source._charge(self.student, head, amount, day=DAY, note="Two nights")

    def _print(self, bill):
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "hostel_billing.hostel_bill_report", bill.ids
        )
        return " ".join(html.decode().replace("\xa0", " ").split())

    def test_a_taxed_bill_has_cgst_and_sgst_apart(self):
        bill = self._charge(1000, "GUEST")._bill()
        self.assertEqual(bill.amount_total, 1180)
        self.assertEqual(
            {tax["name"]: (tax["base"], tax["amount"]) for tax in bill._get_hostel_taxes()},
            {"CGST": (1000, 90), "SGST/UTGST": (1000, 90)},
        )
        page = self._print(bill)
        for text in (
            "CGST",
            "SGST/UTGST",
            "90.00",
            "Before taxes",
            "996322",
            "GST 18%",
            "1,180.00",
        ):
            with self.subTest(text=text):
                self.assertIn(text, page)
        self.assertNotIn(">Taxes<", page)

    def test_a_bill_with_a_part_that_is_exempt_says_what_the_tax_is_of(self):
        bill = (self._charge(1000, "GUEST") | self._charge(500, "FINE"))._bill()
        self.assertEqual({tax["base"] for tax in bill._get_hostel_taxes()}, {1000})
        self.assertEqual((bill.amount_untaxed, bill.amount_total), (1500, 1680))
        self.assertRegex(self._print(bill), r"SGST/UTGST <span[^>]*> on ₹ <[^/]*1,000\.00")

    def test_a_credit_note_gives_the_taxes_back_and_names_its_bill(self):
        charge = self._charge(1000, "GUEST")
        bill = charge._bill()
        note = charge._cancel("They did not come")
        self.assertEqual(
            {tax["name"]: tax["amount"] for tax in note._get_hostel_taxes()},
            {"CGST": 90, "SGST/UTGST": 90},
        )
        page = self._print(note)
        for text in ("Credit note", bill.name, "CGST", "996322", "1,180.00"):
            with self.subTest(text=text):
                self.assertIn(text, page)
        self.assertNotIn("Tax invoice", page)

    def test_an_exempt_bill_shows_no_taxes(self):
        bill = self.stay._create_period_bill()
        self.assertEqual(bill._get_hostel_taxes(), [])
        page = self._print(bill)
        for text in ("CGST", "Before taxes", "SAC", "Tax invoice"):
            with self.subTest(text=text):
                self.assertNotIn(text, page)

    def test_the_letterhead_has_the_gstin_of_the_bills_own_college(self):
        bill = self._charge(1000, "GUEST")._bill()
        self.company.vat = False
        self.assertNotIn("GSTIN", self._print(bill))
        self.company.vat = GSTIN
        page = self._print(bill)
        self.assertIn("GSTIN", page)
        self.assertIn(GSTIN, page)
        self.assertIn("Tax invoice", page)
        other = self.env["res.company"].create({"name": "Another college"})
        self.env.user.company_ids |= other
        html, _kind = (
            self.env["ir.actions.report"]
            .with_context(allowed_company_ids=[other.id, self.company.id])
            ._render_qweb_html("hostel_billing.hostel_bill_report", bill.ids)
        )
        self.assertIn(GSTIN, html.decode())
        self.assertNotIn("Another college", html.decode())
