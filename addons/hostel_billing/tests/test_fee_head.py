from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from .common import BillingCase


@tagged("post_install", "-at_install")
class TestFeeHead(BillingCase):
    """Finance keeps fee heads, their taxes and the instalment plans by itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax = cls._create_tax("GST 18 test")
        cls.Head = cls.env["hostel.fee.head"].with_user(cls.finance)

    @classmethod
    def _create_tax(cls, name, **vals):
        return cls.env["account.tax"].create({"name": name, "amount": 18, **vals})

    def test_finance_makes_a_head_and_it_makes_its_product(self):
        form = Form(self.Head)
        form.name, form.code = "Laundry", "T-LAUNDRY"
        form.tax_ids.add(self.tax)
        head = form.save()
        product = head.sudo().product_id
        self.assertEqual((product.name, product.default_code), ("Laundry", "HOSTEL-T-LAUNDRY"))
        self.assertEqual((product.type, product.purchase_ok), ("service", False))
        self.assertEqual(product.taxes_id, self.tax)
        self.assertEqual(head._get_gross(100, self.company), 118)
        self.assertFalse(self.finance.has_group("product.group_product_manager"))

    def test_a_head_has_no_tax_unless_told(self):
        self.company.account_sale_tax_id = self.tax
        head = self.Head.create({"name": "Laundry", "code": "T-LAUNDRY"})
        self.assertFalse(head.tax_ids)
        self.assertFalse(head.sudo().product_id.supplier_taxes_id)

    def test_a_head_keeps_the_product_that_it_is_given(self):
        product = self.env["product.product"].create({"name": "Washing", "type": "service"})
        head = self.Head.create({"name": "Laundry", "code": "T-LAUNDRY", "product_id": product.id})
        self.assertEqual(head.product_id, product)

    def test_taxes_of_another_company_stay(self):
        other = self.env["res.company"].create(
            {"name": "Another college", "country_id": self.env.ref("base.in").id}
        )
        group = self.env["account.tax.group"].create({"name": "Theirs", "company_id": other.id})
        theirs = self._create_tax("Theirs", company_id=other.id, tax_group_id=group.id)
        head = self.Head.create({"name": "Laundry", "code": "T-LAUNDRY"})
        head.sudo().product_id.taxes_id = theirs
        head.tax_ids = self.tax
        self.assertEqual(head.sudo().product_id.taxes_id, self.tax | theirs)
        head.tax_ids = False
        self.assertEqual(head.sudo().product_id.taxes_id, theirs)

    def test_taxes_that_do_not_fit_are_refused(self):
        head = self.Head.create({"name": "Laundry", "code": "T-LAUNDRY"})
        with self.assertRaises(ValidationError):
            head.tax_ids = self._create_tax("On purchases", type_tax_use="purchase")
        deposit = self.Head.create({"name": "Key", "code": "T-KEY", "refundable": True})
        with self.assertRaises(ValidationError):
            deposit.tax_ids = self.tax
        self.assertFalse(deposit.tax_ids)

    def test_the_code_of_the_service_is_printed_from_the_head(self):
        head = self.Head.create({"name": "Laundry", "code": "T-LAUNDRY"})
        self.assertTrue(head.has_sac_code)
        head.sac_code = "999712"
        self.assertEqual(head.sudo().product_id.l10n_in_hsn_code, "999712")
        stay = self._create_allocation("awaiting_approval")
        stay._transition("allocated")
        source = self.env["account.move"].create({"move_type": "entry"})
        bill = source._charge(self.student, "T-LAUNDRY", 80, day=self.term.date_from)._bill()
        self.assertEqual(bill.invoice_line_ids._get_sac(), "999712")

    def test_wardens_change_no_head(self):
        head = self.Head.create({"name": "Laundry", "code": "T-LAUNDRY"})
        self.assertFalse(head.with_user(self.warden).tax_ids, "they may look")
        for call in (
            lambda: self.Head.with_user(self.warden).create({"name": "X", "code": "T-X"}),
            lambda: head.with_user(self.warden).write({"tax_ids": [Command.set(self.tax.ids)]}),
            lambda: head.with_user(self.warden).write({"sac_code": "999712"}),
        ):
            with self.assertRaises(AccessError):
                call()
        self.assertFalse(head.tax_ids)

    def test_finance_makes_and_changes_an_instalment_plan(self):
        Plan = self.env["account.payment.term"].with_user(self.finance)
        form = Form(Plan)
        form.name = "Two halves"
        with form.line_ids.edit(0) as line:
            line.value_amount = 50
        with form.line_ids.new() as line:
            line.value_amount = 50
            line.nb_days = 60
        plan = form.save()
        self.assertEqual(plan.line_ids.mapped("value_amount"), [50, 50])
        plan.line_ids[1].nb_days = 90
        plan.line_ids = [
            Command.update(plan.line_ids[0].id, {"value_amount": 100}),
            Command.delete(plan.line_ids[1].id),
        ]
        self.assertEqual(len(plan.line_ids), 1)
        structure = (
            self.env["hostel.fee.structure"]
            .with_user(self.finance)
            .create({"name": "In parts", "hostel_id": self.hostel.id, "payment_term_id": plan.id})
        )
        self.assertEqual(structure.payment_term_id, plan)
        with self.assertRaises(AccessError):
            plan.with_user(self.warden).name = "Mine"
        with self.assertRaises(AccessError):
            plan.unlink()
