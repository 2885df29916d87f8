from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError

from .common import BillingCase

DAY = date(2040, 8, 15)


@tagged("post_install", "-at_install")
class TestCharge(BillingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stay = cls._create_allocation("awaiting_approval")
        cls.stay._transition("allocated")
        # Bills make charges too: their late fees.
        cls.source = cls.env["account.move"].create({"move_type": "entry"})

    def _charge(self, amount=250, head="DAMAGE", **extra):
        values = {"day": DAY, "note": "Window", **extra}
        return self.source._charge(self.student, head, amount, **values)

    def test_a_charge_finds_the_stay_of_its_day(self):
        charge = self._charge()
        self.assertEqual((charge.amount, charge.state), (250, "pending"))
        self.assertEqual(charge.allocation_id, self.stay)
        self.assertEqual((charge.hostel_id, charge.term_id), (self.hostel, self.term))
        self.assertEqual(charge.name, "Damage · Window")

    def test_a_source_charges_once_for_a_key(self):
        first = self._charge()
        self.assertEqual(self._charge(900), first)
        self.assertEqual(first.amount, 250)
        self.assertNotEqual(self._charge(900, key="second pane"), first)
        self.assertNotEqual(self._charge(head="FINE"), first)

    @mute_logger("odoo.sql_db")
    def test_postgresql_refuses_the_second_of_a_race(self):
        charge = self._charge()
        vals = {
            name: charge[name]
            for name in ("amount", "day", "res_model", "res_id", "key", "quantity")
        }
        with self.assertRaises(IntegrityError):
            self.env["hostel.charge"].create(
                {**vals, "student_id": self.student.id, "head_id": charge.head_id.id}
            )

    def test_refused_amounts_and_heads(self):
        for amount, head, code in (
            (0, "DAMAGE", "INVALID_CHARGE_AMOUNT"),
            (0.001, "DAMAGE", "INVALID_CHARGE_AMOUNT"),
            (10, "NO-SUCH", "UNKNOWN_FEE_HEAD"),
        ):
            with self.subTest(amount=amount), self.assertRaises(HostelError) as caught:
                self._charge(amount, head)
            self.assertEqual(caught.exception.code, code)

    def test_pending_charges_become_one_posted_bill(self):
        charges = self._charge() | self._charge(120, "ELECTRICITY", quantity=12, note="")
        bill = charges._bill()
        self.assertEqual((bill.state, bill.hostel_kind), ("posted", "charge"))
        self.assertEqual((bill.amount_total, bill.partner_id), (370, self.student.partner_id))
        self.assertEqual(bill.hostel_student_id, self.student)
        self.assertEqual(charges.mapped("state"), ["billed", "billed"])
        lines = bill.invoice_line_ids
        self.assertEqual(lines.hostel_head_id.mapped("code"), ["DAMAGE", "ELECTRICITY"])
        self.assertIn("Quantity 12", " ".join(lines.mapped("hostel_why")))
        for charge, why in zip(charges, lines.mapped("hostel_why"), strict=True):
            self.assertIn(charge.source, why)
        self.assertFalse(charges._bill(), "billed once")

    def test_a_bill_of_charges_leaves_time_to_pay(self):
        today = self.company._get_college_day()
        set_param = self.env["ir.config_parameter"].set_param
        for text, days in ((False, 7), ("10", 10), ("x", 7), ("1", 1)):
            with self.subTest(text=text):
                set_param("hostel_billing.charge_due_days", text)
                bill = self._charge(250, key=f"Days: {text}")._bill()
                self.assertEqual((bill.invoice_date_due - today).days, days)
                self.assertEqual(bill.hostel_status, "pending")

    def test_a_rebate_waits_for_a_larger_bill(self):
        rebate = self._charge(-100, "MESS", note="On leave")
        self.assertFalse(rebate._bill())
        self.assertEqual(rebate.state, "pending")
        bill = (rebate | self._charge(250))._bill()
        self.assertEqual(bill.amount_total, 150)

    def test_a_pending_charge_is_taken_back(self):
        charge = self._charge()
        self.assertFalse(self.source._uncharge())
        self.assertEqual(charge.state, "cancelled")
        self.assertNotEqual(self._charge(), charge, "the source may charge anew")

    def test_a_billed_charge_is_credited(self):
        charge, other = self._charge(), self._charge(100, "FINE")
        bill = (charge | other)._bill()
        note = charge._cancel("The window was old")
        self.assertEqual((note.move_type, note.state), ("out_refund", "posted"))
        self.assertEqual((note.amount_total, note.reversed_entry_id), (250, bill))
        self.assertEqual((bill.amount_residual, bill.payment_state), (100, "partial"))
        self.assertEqual((charge.state, other.state), ("cancelled", "billed"))

    def test_what_was_billed_does_not_change(self):
        charge = self._charge()
        charge._bill()
        for change in ({"amount": 1}, {"student_id": self.other_student.id}):
            with self.assertRaises(HostelError) as caught:
                charge.write(change)
            self.assertEqual(caught.exception.code, "CHARGE_IS_FINAL")
        for kept in (charge, self._charge(key="waits")):
            with self.assertRaises(HostelError) as caught:
                kept.unlink()
            self.assertEqual(caught.exception.code, "CHARGE_IS_FINAL")

    def test_finance_charges_by_hand_but_not_in_the_name_of_a_source(self):
        Charge = self.env["hostel.charge"].with_user(self.finance)
        head = self.env["hostel.fee.head"]._get_by_code("FINE")
        vals = {"student_id": self.student.id, "head_id": head.id, "amount": 500, "day": DAY}
        charge = Charge.create(vals)
        charge.amount = 400
        action = charge.action_bill()
        bill = self.env["account.move"].search(action["domain"])
        self.assertEqual((bill.amount_total, bill.hostel_student_id), (400, self.student))
        with self.assertRaises(AccessError):
            Charge.create({**vals, "res_model": "hostel.hostel", "res_id": 1})
        with self.assertRaises(AccessError):
            self._charge().with_user(self.finance).amount = 1

    def test_no_call_rewrites_what_became_of_a_charge(self):
        Charge = self.env["hostel.charge"].with_user(self.finance)
        head = self.env["hostel.fee.head"]._get_by_code("FINE")
        vals = {"student_id": self.student.id, "head_id": head.id, "amount": 500, "day": DAY}
        by_hand = Charge.create(vals)
        bill = self._charge()._bill()
        billed = bill.invoice_line_ids.hostel_charge_id.with_user(self.finance)
        for charge, change in (
            (billed, {"state": "pending"}),
            (billed, {"state": "cancelled", "move_id": False}),
            (billed, {"source": "Another window"}),
            (by_hand, {"state": "cancelled"}),
            (by_hand, {"state": "billed", "move_id": bill.id}),
            (by_hand, {"res_model": "hostel.hostel", "res_id": self.hostel.id}),
        ):
            with self.subTest(change=change), self.assertRaises(AccessError) as caught:
                charge.write(change)
            self.assertEqual(caught.exception.args[0], "A charge changes through its buttons.")
        with self.assertRaises(AccessError):
            Charge.create({**vals, "state": "billed", "move_id": bill.id})
        with self.assertRaises(AccessError):
            Charge.with_context(default_state="cancelled").create(vals)
        by_hand.note = "At the gate"
        by_hand.action_cancel()
        self.assertEqual(by_hand.state, "cancelled")

    def test_billing_nothing_is_refused(self):
        charge = self._charge()
        charge._bill()
        with self.assertRaises(HostelError) as caught:
            charge.with_user(self.finance).action_bill()
        self.assertEqual(caught.exception.code, "NOTHING_TO_BILL")

    def test_wardens_read_those_of_their_hostel_only(self):
        charge = self._charge()
        for user, may in (
            (self.finance, True),
            (self.warden, True),
            (self.other_warden, False),
            (self.guard, False),
            (self.student_user, False),
            (self.guardian_user, False),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(charge.with_user(user).has_access("read"), may)
        for user in (self.warden, self.student_user):
            for method in ("action_bill", "action_cancel"):
                with self.assertRaises(AccessError):
                    getattr(charge.with_user(user), method)()

    def test_refundable_money_is_a_liability(self):
        deposit = self.env["hostel.fee.head"]._get_by_code("DEPOSIT")
        account = deposit._get_account(self.company)
        self.assertEqual(account.account_type, "liability_current")
        self.assertEqual(deposit._get_account(self.company), account, "made once")
        self.assertFalse(
            self.env["hostel.fee.head"]._get_by_code("FINE")._get_account(self.company)
        )
        bill = self._charge(5000, "DEPOSIT")._bill()
        self.assertEqual(bill.invoice_line_ids.account_id, account)

    def test_taxes_come_from_the_product(self):
        tax = self.env["account.tax"].create({"name": "GST 18 test", "amount": 18})
        head = self.env["hostel.fee.head"]._get_by_code("GUEST")
        self.assertEqual(head._get_gross(100, self.company), 100)
        head.product_id.taxes_id = tax
        self.assertEqual(head._get_gross(100, self.company), 118)
        self.assertEqual(self._charge(100, "GUEST")._bill().amount_total, 118)
