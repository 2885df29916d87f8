from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged

from odoo.addons.hostel_base.errors import HostelError

from .fee_common import FeeMixin


@tagged("post_install", "-at_install")
class TestCounterPayment(FeeMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_structure({"RENT": 7000})
        cls.stay = cls._create_stay()
        cls.first = cls.stay._create_period_bill()
        cls.second = cls.stay._create_period_bill(cls.first.period_to)

    def _open(self, **overrides):
        return (
            self.env["hostel.bill.pay"]
            .with_user(self.finance)
            .create({"student_id": self.student.id, **overrides})
        )

    def _assert_refused(self, code, dialog):
        with self.assertRaises(HostelError) as caught:
            dialog.action_pay()
        self.assertEqual(caught.exception.code, code)

    def test_the_dialog_knows_what_is_open(self):
        dialog = self._open()
        self.assertEqual(dialog.move_ids, self.first | self.second)
        self.assertEqual((dialog.open_amount, dialog.amount), (14000, 14000))
        dialog.amount = 9000
        self.assertEqual(dialog.left_amount, 5000)

    def test_what_is_due_first_is_paid_first(self):
        dialog = self._open(amount=9000)
        action = dialog.action_pay()
        payment = self.env["account.payment"].browse(action["res_id"])
        self.assertEqual((payment.amount, payment.hostel_method), (9000, "cash"))
        self.assertEqual(payment.journal_id.type, "cash")
        again = self._open()
        self.assertEqual(again.journal_id, payment.journal_id, "made once")
        self.assertEqual(payment.hostel_student_id, self.student)
        self.assertEqual(
            [bill.hostel_status for bill in (self.first, self.second)], ["paid", "partial"]
        )
        self.assertEqual(self.second.amount_residual, 5000)

    def test_refused_amounts(self):
        for amount in (0, -5, 14000.01, 1e12):
            self._assert_refused("INVALID_PAYMENT_AMOUNT", self._open(amount=amount))
        self.assertFalse(
            self.env["account.payment"].search([("hostel_student_id", "=", self.student.id)])
        )

    def test_a_second_click_is_told_that_it_is_paid(self):
        dialog = self._open()
        dialog.action_pay()
        self._assert_refused("BILL_ALREADY_PAID", dialog)

    def test_a_second_click_takes_a_part_once(self):
        dialog = self._open(amount=4000)
        first = dialog.action_pay()
        self.assertEqual(dialog.action_pay()["res_id"], first["res_id"])
        payments = self.env["account.payment"].search([("hostel_student_id", "=", self.student.id)])
        self.assertEqual(payments.mapped("amount"), [4000])
        self.assertEqual(sum((self.first | self.second).mapped("amount_residual")), 10000)
        self._open(amount=4000).action_pay()
        self.assertEqual(sum((self.first | self.second).mapped("amount_residual")), 6000)

    def test_bills_of_nobody_and_of_another_are_refused(self):
        self._assert_refused("BILLING_NOT_FOUND", self._open(student_id=self.other_student.id))
        dialog = self._open(student_id=self.other_student.id, move_ids=[(6, 0, self.first.ids)])
        dialog.move_ids = self.first
        self._assert_refused("BILLING_NOT_FOUND", dialog)

    def test_a_cheque_has_a_number(self):
        self._assert_refused("REFERENCE_MISSING", self._open(method="cheque"))
        dialog = self._open(method="cheque", reference="004711")
        self.assertEqual(dialog.journal_id.type, "bank")
        payment = dialog._pay()
        self.assertEqual((payment.hostel_reference, payment.journal_id.type), ("004711", "bank"))

    def test_only_finance_takes_money(self):
        for user in (self.warden, self.student_user, self.guardian_user):
            with self.assertRaises(AccessError):
                self.env["hostel.bill.pay"].with_user(user).create(
                    {"student_id": self.student.id, "amount": 1}
                )

    def test_a_payment_is_never_rubbed_out(self):
        payment = self._open()._pay()
        for change in (
            payment.action_draft,
            payment.action_cancel,
            payment.unlink,
            payment.move_id.button_draft,
            lambda: payment.write({"amount": 1}),
            lambda: payment.write({"partner_id": self.other_student.partner_id.id}),
        ):
            with self.assertRaises(HostelError) as caught:
                change()
            self.assertEqual(caught.exception.code, "PAYMENT_IS_FINAL")
        payment.write({"memo": "May be told better"})

    def test_a_posted_bill_is_credited_and_not_rubbed_out(self):
        with self.assertRaises(HostelError) as caught:
            self.first.with_user(self.finance).button_draft()
        self.assertEqual(caught.exception.code, "BILL_IS_FINAL")

    def test_a_reversed_payment_opens_its_bills_and_ends_its_receipt(self):
        payment = self._open(method="cheque", reference="1")._pay()
        receipt = payment._get_receipt_document()
        dialog = (
            self.env["hostel.payment.reverse"]
            .with_user(self.finance)
            .create({"payment_id": payment.id, "reason": "No funds", "bounced": True})
        )
        dialog.action_reverse()
        self.assertEqual(payment.hostel_reversal_id.state, "posted")
        self.assertEqual(sum(payment.hostel_reversal_id.line_ids.mapped("balance")), 0)
        self.assertEqual(
            [bill.payment_state for bill in (self.first, self.second)], ["not_paid", "not_paid"]
        )
        self.assertEqual((receipt.state, receipt.revoke_reason), ("revoked", "No funds"))
        for call, code in (
            (lambda: payment._hostel_reverse("again"), "PAYMENT_REVERSED"),
            (payment._get_receipt, "RECEIPT_NOT_READY"),
        ):
            with self.assertRaises(HostelError) as caught:
                call()
            self.assertEqual(caught.exception.code, code)
        lines = (payment.move_id | payment.hostel_reversal_id).line_ids
        receivable = lines.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertTrue(all(receivable.mapped("reconciled")), "each other's, nothing is left over")

    def test_wardens_reverse_nothing(self):
        payment = self._open()._pay()
        with self.assertRaises(AccessError):
            self.env["hostel.payment.reverse"].with_user(self.warden).create(
                {"payment_id": payment.id, "reason": "x"}
            )

    def test_receipt_and_bill_carry_a_code(self):
        payment = self._open(amount=9000)._pay()
        name, pdf = payment.with_context(force_report_rendering=True)._get_receipt()
        self.assertTrue(pdf.startswith(b"%PDF"))
        self.assertTrue(name.startswith("Receipt "))
        document = payment._get_receipt_document()
        self.assertTrue(document.pdf_sha256)
        self.assertEqual(payment._get_receipt()[1], pdf, "every copy is the same")
        facts = dict(document._get_facts())
        self.assertIn("9,000", facts["Amount"])
        self.assertNotIn("TS001", str(facts))
        bill = self.first._get_hostel_document()
        self.assertEqual((bill.kind, self.first._get_hostel_document()), ("bill", bill))
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "hostel_billing.hostel_bill_report", self.first.ids
        )
        page = html.decode()
        for text in (bill.printed_code, "7,000.00", self.first.name, "Kaveri, double"):
            self.assertIn(text, page)

    def test_the_receipt_speaks_its_readers_language(self):
        payment = self._open()._pay()
        self.env["res.lang"]._activate_lang("hi_IN")
        words = {"Number": "क्रमांक", "Received for": "किसके लिए", "Paid by": "भुगतान का तरीका"}
        view = self.env.ref("hostel_billing.report_receipt")
        view.update_field_translations("arch_db", {"hi_IN": words})
        Report = self.env["ir.actions.report"].with_context(lang="hi_IN")
        html, _kind = Report._render_qweb_html("hostel_billing.hostel_receipt_report", payment.ids)
        page = html.decode()
        for english, hindi in words.items():
            with self.subTest(english=english):
                self.assertIn(f">{hindi}<", page)
                self.assertNotIn(f">{english}<", page)
        self.assertIn(self.student.roll_number, page)
        self.assertNotIn("transfer number", page, "it was paid in cash")

    def test_a_credit_note_frees_the_period_and_its_charges(self):
        source = self.env["account.move"].create({"move_type": "entry"})
        charge = source._charge(self.student, "FINE", 100, day=self.second.invoice_date)
        third = self.second.period_to
        bill = self.env["hostel.allocation"]._post_period_bills([(self.stay, third)])[self.stay]
        self.assertEqual((bill.amount_total, charge.state), (7100, "billed"))
        note = bill._reverse_moves(cancel=True)
        self.assertEqual((bill.hostel_status, charge.state), ("reversed", "pending"))
        self.assertEqual((note.hostel_kind, note.hostel_student_id), ("period", self.student))
        self.assertTrue(self.stay._create_period_bill(third))

    def _reverse_by_hand(self, bill):
        """Odoo's own button: the draft of a credit note."""
        dialog = (
            self.env["account.move.reversal"]
            .with_user(self.finance)
            .with_context(active_model="account.move", active_ids=bill.ids)
            .create({"journal_id": bill.journal_id.id})
        )
        dialog.refund_moves()
        return dialog.new_move_ids

    def test_a_credit_note_by_hand_frees_the_charges_once_it_is_posted(self):
        source = self.env["account.move"].create({"move_type": "entry"})
        charge = source._charge(self.student, "FINE", 100, day=self.second.invoice_date)
        bill = charge._bill()
        note = self._reverse_by_hand(bill)
        self.assertEqual((note.state, charge.state), ("draft", "billed"))
        note.action_post()
        self.assertEqual((bill.hostel_status, charge.state), ("reversed", "pending"))
        self.assertFalse(charge.move_id)
        self.assertTrue(charge._bill())

    def test_a_credit_note_over_a_part_frees_nothing(self):
        source = self.env["account.move"].create({"move_type": "entry"})
        window = source._charge(self.student, "DAMAGE", 250, day=self.second.invoice_date)
        fine = source._charge(self.student, "FINE", 100, day=self.second.invoice_date)
        rebate = source._charge(self.student, "MESS", -100, day=self.second.invoice_date)
        bill = (window | fine | rebate)._bill()
        window._cancel("It was old")
        self.assertEqual((bill.amount_total, bill.hostel_status), (250, "reversed"))
        self.assertEqual((window.state, fine.state), ("cancelled", "billed"))
        self.assertEqual((rebate.state, rebate.move_id), ("billed", bill))
