import io
import zipfile
from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError

from .common import BillingCase, BillingMixin

DAY = date(2040, 8, 15)


class ChargeWalletMixin:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stay = cls._create_allocation("awaiting_approval")
        cls.stay._transition("allocated")
        cls.source = cls.env["account.move"].create({"move_type": "entry"})
        cls.wallet = cls.env["hostel.wallet"]._get(cls.student)
        cls.wallet._credit(500, "correction", "fill", "Filled by this test")

    def _charge(self, amount=100, head="FINE", note="Late at the gate", student=None, **extra):
        student = student or self.student
        return self.source._charge(student, head, amount, day=DAY, note=note, **extra)

    def _take(self, charges):
        return charges.with_user(self.finance).action_take_from_wallet()


@tagged("post_install", "-at_install")
class TestChargeWallet(ChargeWalletMixin, BillingCase):
    def _refused(self, call, *args):
        with self.assertRaises(HostelError) as caught:
            call(*args)
        return caught.exception.code

    def test_a_fine_comes_out_of_the_wallet(self):
        charge = self._charge()
        told = self._take(charge)
        self.assertEqual(told["params"]["type"], "success")
        line = charge.wallet_line_id
        self.assertEqual((charge.state, self.wallet.balance), ("settled", 400))
        self.assertEqual((line.amount, line.kind, line.head_id.code), (-100, "debit", "FINE"))
        self.assertEqual(line.reason, "Fine · Late at the gate")
        self.assertEqual((line.res_model, line.res_id), ("hostel.charge", charge.id))
        self.assertFalse(charge._bill(), "no bill asks for it any more")
        self.assertFalse(self.student._get_fee_charges())
        self.assertEqual(self._refused(self._take, charge), "NOTHING_TO_TAKE")
        self.assertEqual(self._charge(), charge, "its source charges once")

    def test_what_the_wallet_does_not_have_waits(self):
        charges = self._charge(400) | self._charge(200, key="again")
        told = self._take(charges.sorted("amount", reverse=True))
        self.assertEqual(charges.mapped("state"), ["settled", "pending"])
        self.assertEqual((told["params"]["type"], self.wallet.balance), ("warning", 100))
        self.assertIn("Still waiting: 1. [TS001]", told["params"]["message"])
        self.assertEqual(self._refused(self._take, charges[1]), "INSUFFICIENT_BALANCE")
        self.assertEqual((charges[1].state, self.wallet.balance), ("pending", 100))
        self.assertEqual(charges[1]._bill().amount_total, 200)

    def test_who_never_had_a_wallet_is_billed(self):
        charge = self._charge(student=self.other_student, allocation=self.stay.browse())
        self.assertEqual(self._refused(self._take, charge), "INSUFFICIENT_BALANCE")

    def test_taxed_charges_and_rebates_need_a_bill(self):
        rebate = self._charge(-50, "MESS")
        self.assertEqual(self._refused(self._take, rebate), "NEEDS_A_BILL")
        guest = self._charge(100, "GUEST")
        guest.head_id.product_id.taxes_id = self.env["account.tax"].create(
            {"name": "GST 18 test", "amount": 18}
        )
        self.assertEqual(self._refused(self._take, guest), "NEEDS_A_BILL")
        self.assertEqual(self.wallet.balance, 500)

    def test_another_companys_wallet_is_not_touched(self):
        charge = self._charge()
        charge.company_id = self.env["res.company"].create({"name": "Another college"})
        self.finance.company_ids += charge.company_id
        self.assertEqual(self._refused(self._take, charge.sudo()), "NEEDS_A_BILL")
        self.assertEqual(self.wallet.balance, 500)

    def test_a_cancelled_charge_gives_the_money_back_once(self):
        charge, partly, returned = (
            self._charge(amount, key=f"{amount}") for amount in (100, 60, 40)
        )
        self._take(charge | partly | returned)
        partly.wallet_line_id._refund("Half of it", 30, "half")
        returned.wallet_line_id._refund("All of it")
        self.assertEqual(self.wallet.balance, 370)
        (charge | partly | returned).with_user(self.finance).action_cancel()
        self.assertEqual(set((charge | partly | returned).mapped("state")), {"cancelled"})
        self.assertEqual(self.wallet.balance, 500)
        self.assertNotEqual(self._charge(key="100"), charge, "the source may charge anew")

    def test_a_source_that_takes_back_gives_back(self):
        charge = self._charge()
        self._take(charge)
        self.assertFalse(self.source._uncharge(), "there is no bill to credit")
        self.assertEqual((charge.state, self.wallet.balance), ("cancelled", 500))

    @mute_logger("odoo.sql_db")
    def test_postgresql_wants_to_know_the_movement(self):
        charge = self._charge()
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            charge.state = "settled"
            charge.flush_recordset()

    def test_nobody_else_takes_money(self):
        charge = self._charge()
        for user in (self.warden, self.student_user, self.guardian_user):
            with self.assertRaises(AccessError):
                charge.with_user(user).action_take_from_wallet()
        with self.assertRaises(AccessError):
            charge.with_user(self.finance).wallet_line_id = self.wallet.line_ids
        self.assertEqual((charge.state, self.wallet.balance), ("pending", 500))

    # By hand, without a charge

    def _spend(self, **vals):
        return (
            self.env["hostel.wallet.adjust"]
            .with_user(self.finance)
            .create({"wallet_id": self.wallet.id, "kind": "spend", "amount": 80, **vals})
        )

    def test_finance_spends_on_something(self):
        guest = self.env["hostel.fee.head"]._get_by_code("GUEST")
        dialog = self._spend(head_id=guest.id, reason="A guest for dinner")
        dialog.action_apply()
        dialog.action_apply()
        line = self.wallet.line_ids[0]
        self.assertEqual((line.kind, line.amount, line.head_id), ("debit", -80, guest))
        self.assertEqual((line.reason, self.wallet.balance), ("A guest for dinner", 420))

    def test_spending_says_on_what_and_why(self):
        head = self.env["hostel.fee.head"]._get_by_code
        guest, deposit = head("GUEST"), head("DEPOSIT")
        for code, vals in (
            ("REASON_MISSING", {"head_id": guest.id}),
            ("UNKNOWN_FEE_HEAD", {"reason": "x"}),
            ("UNKNOWN_FEE_HEAD", {"reason": "x", "head_id": deposit.id}),
            ("INSUFFICIENT_BALANCE", {"reason": "x", "head_id": guest.id, "amount": 501}),
            ("INVALID_PAYMENT_AMOUNT", {"reason": "x", "head_id": guest.id, "amount": 0}),
        ):
            with self.subTest(vals=vals):
                self.assertEqual(self._refused(self._spend(**vals).action_apply), code)
        guest.product_id.taxes_id = self.env["account.tax"].create({"name": "GST", "amount": 18})
        dialog = self._spend(reason="x", head_id=guest.id)
        self.assertEqual(self._refused(dialog.action_apply), "NEEDS_A_BILL")
        self.assertEqual(self.wallet.balance, 500)


@tagged("post_install", "-at_install")
class TestFineOnTheWalletPage(ChargeWalletMixin, BillingMixin, HttpCase):
    def _read(self, base):
        page = self.url_open(base).text
        book = self.url_open(f"{base}/statement.xlsx").content
        sheet = zipfile.ZipFile(io.BytesIO(book)).read("xl/sharedStrings.xml").decode()
        return page, sheet

    def test_what_a_fine_is_for_is_between_the_student_and_the_hostel(self):
        self._take(self._charge())
        self._take(self._charge(60, "DAMAGE", note="A chair"))
        self.authenticate("t_asha", "t_asha")
        for text in self._read("/my/wallet"):
            self.assertIn("Late at the gate", text)
        self.authenticate("t_mother", "t_mother")
        for text in self._read(f"/my/wallet/{self.student.id}"):
            self.assertIn("Fine", text)
            self.assertIn("A chair", text)
            self.assertNotIn("Late at the gate", text)
