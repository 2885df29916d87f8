from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError

from .fee_common import FeeMixin


@tagged("post_install", "-at_install")
class TestDeposit(FeeMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_structure({"RENT": 7000, "DEPOSIT": 10000})
        cls.lender = cls.env["res.partner"].create({"name": "Lender", "is_company": True})

    def _ask_loan(self, **overrides):
        return (
            self.env["hostel.deposit.loan"]
            .with_user(self.finance)
            .create(
                {
                    "student_id": self.student.id,
                    "term_id": self.term.id,
                    "lender_id": self.lender.id,
                    "amount": 10000,
                    **overrides,
                }
            )
        )

    def _get_deposits(self, stay):
        return stay.bill_ids.filtered(lambda bill: bill.hostel_kind == "deposit")

    def test_the_first_payment_settles_rent_and_deposit(self):
        stay = self._create_allocation(price=None)
        tx = self._create_tx(stay, amount=stay._get_amount_at_booking())
        self.assertEqual(tx.amount, 17000)
        self._deliver(tx)
        bill = stay._create_period_bill()
        deposit = self._get_deposits(stay)
        self.assertEqual((bill.amount_total, deposit.amount_total), (7000, 10000))
        self.assertEqual((bill.payment_state, deposit.payment_state), ("paid", "paid"))
        account = deposit.invoice_line_ids.account_id
        self.assertEqual(account.account_type, "liability_current")
        self.assertFalse(stay._create_deposit_bills(), "asked once")
        self.assertFalse(stay._get_deposit_due())

    def test_a_deposit_that_the_college_holds_is_not_asked_again(self):
        stay = self._create_stay()
        stay._create_period_bill()
        stay._transition("cancelled")
        again = self._create_allocation(bed=self.bed_b, price=None)
        self.assertEqual(again._get_amount_at_booking(), 7000)

    def test_a_lender_gives_it_once_it_has_agreed(self):
        loan = self._ask_loan()
        stay = self._create_stay()
        self.assertEqual(stay._get_amount_at_booking(), 7000)
        stay._create_period_bill()
        self.assertFalse(self._get_deposits(stay), "the lender has not decided")
        with self.assertRaises(HostelError) as caught:
            loan.action_approve()
        self.assertEqual(caught.exception.code, "LOAN_WITHOUT_NUMBER")
        loan.reference = "LN-1"
        loan.action_approve()
        bill = self._get_deposits(stay)
        self.assertEqual((bill.partner_id, bill.amount_total), (self.lender, 10000))
        self.assertEqual((loan.move_id, loan.state), (bill, "approved"))
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.ids
        ).create({})._create_payments()
        self.assertEqual(loan.state, "paid")
        self.assertFalse(bill.with_user(self.student_user).has_access("read"))

    def test_a_refused_loan_bills_the_student(self):
        loan = self._ask_loan()
        stay = self._create_stay()
        stay._create_period_bill()
        loan.action_refuse()
        bill = self._get_deposits(stay)
        self.assertEqual((bill.partner_id, bill.amount_total), (self.student.partner_id, 10000))
        for method in ("action_approve", "action_refuse", "action_cancel"):
            with self.assertRaises(HostelError) as caught:
                getattr(loan, method)()
            self.assertEqual(caught.exception.code, "INVALID_TRANSITION")

    def test_the_student_gives_what_the_loan_leaves_over(self):
        loan = self._ask_loan(amount=6000, reference="LN-2")
        loan.action_approve()
        stay = self._create_stay()
        self.assertEqual(stay._get_amount_at_booking(), 11000)
        stay._create_period_bill()
        amounts = {bill.partner_id: bill.amount_total for bill in self._get_deposits(stay)}
        self.assertEqual(amounts, {self.lender: 6000, self.student.partner_id: 4000})

    def test_a_loan_over_a_part_is_refused_after_the_rest_was_billed(self):
        loan = self._ask_loan(amount=6000, reference="LN-4")
        stay = self._create_stay()
        stay._create_period_bill()
        self.assertEqual(self._get_deposits(stay).mapped("amount_total"), [4000])
        loan.action_refuse()
        bills = self._get_deposits(stay)
        self.assertEqual(sorted(bills.mapped("amount_total")), [4000, 6000])
        self.assertEqual(bills.partner_id, self.student.partner_id)
        self.assertFalse(stay._create_deposit_bills(), "asked once")

    def _credit(self, bill):
        bill._hostel_void("A mistake")
        self.assertEqual(bill.payment_state, "reversed")

    def _assert_code(self, code, call):
        with self.assertRaises(HostelError) as caught:
            call()
        self.assertEqual(caught.exception.code, code)

    def test_a_deposit_that_was_credited_is_billed_again(self):
        stay = self._create_stay()
        stay._create_period_bill()
        wrong = self._get_deposits(stay)
        mine = stay.with_user(self.finance)
        self.assertFalse(mine.has_deposit_to_bill)
        self._assert_code("NOTHING_TO_BILL", mine.action_bill_deposit)
        self._credit(wrong)
        mine.invalidate_recordset()
        self.assertTrue(mine.has_deposit_to_bill)
        for user in (self.warden, self.student_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                stay.with_user(user).action_bill_deposit()
        action = mine.action_bill_deposit()
        bill = self.env["account.move"].search(action["domain"])
        self.assertEqual((bill.partner_id, bill.amount_total), (self.student.partner_id, 10000))
        self.assertFalse(stay._get_deposit_due())
        self._assert_code("NOTHING_TO_BILL", mine.action_bill_deposit)

    def test_a_deposit_that_was_credited_in_part_is_not_billed_beside_it(self):
        stay = self._create_stay()
        stay._create_period_bill()
        bill = self._get_deposits(stay)
        line = self.env["account.move"]._prepare_hostel_line_vals(
            self._head("DEPOSIT"), 4000, self.company
        )
        bill._hostel_post_credit_note([Command.create(line)], "Too much")
        with mute_logger("odoo.sql_db"):
            self._assert_code(
                "DEPOSIT_PARTLY_CREDITED", stay.with_user(self.finance).action_bill_deposit
            )

    def test_while_a_lender_decides_there_is_nothing_to_bill(self):
        self._ask_loan()
        stay = self._create_stay()
        stay._create_period_bill()
        mine = stay.with_user(self.finance)
        self.assertFalse(mine.has_deposit_to_bill)
        self._assert_code("NOTHING_TO_BILL", mine.action_bill_deposit)

    def test_finance_alone_has_the_button(self):
        for user, there in ((self.finance, True), (self.warden, False)):
            arch = self.env["hostel.allocation"].with_user(user).get_view(view_type="form")["arch"]
            with self.subTest(user=user.login):
                self.assertEqual('name="action_bill_deposit"' in arch, there)

    def test_a_late_loan_takes_the_place_of_the_students_unpaid_bill(self):
        stay = self._create_stay()
        stay._create_period_bill()
        own = self._get_deposits(stay)
        loan = self._ask_loan(amount=6000, reference="LN-5")
        loan.action_approve()
        self.assertEqual(own.payment_state, "reversed")
        self.assertFalse(own.amount_residual)
        standing = stay._get_standing_bills(("deposit",))
        amounts = {bill.partner_id: bill.amount_total for bill in standing}
        self.assertEqual(amounts, {self.lender: 6000, self.student.partner_id: 4000})
        self.assertEqual(loan.move_id.partner_id, self.lender)
        self.assertFalse(stay._get_deposit_due())

    def test_a_late_loan_is_refused_where_the_student_has_paid(self):
        stay = self._create_stay()
        stay._create_period_bill()
        own = self._get_deposits(stay)
        payment = self._pay_bill(own, 1000)
        loan = self._ask_loan(reference="LN-6")
        with self.assertRaises(HostelError) as caught, self.env.cr.savepoint():
            loan.action_approve()
        self.assertEqual(caught.exception.code, "DEPOSIT_ALREADY_PAID")
        self.assertEqual(caught.exception.details, {"bills": own.mapped("name")})
        self.assertTrue(payment)
        self.assertEqual((loan.state, own.payment_state), ("requested", "partial"))

    def test_a_late_loan_waits_for_the_bank(self):
        stay = self._create_stay()
        stay._create_period_bill()
        own = self._get_deposits(stay)
        order = own._get_camu_order(own.amount_residual, self.student.partner_id)
        order._set_pending()
        loan = self._ask_loan(reference="LN-7")
        self._assert_code("PAYMENT_PENDING", loan.action_approve)
        self.assertEqual(own.payment_state, "not_paid")

    def test_decided_loans_do_not_change_and_others_see_none(self):
        loan = self._ask_loan(reference="LN-3")
        for user in (self.warden, self.student_user, self.guardian_user):
            self.assertFalse(loan.with_user(user).has_access("read"))
            with self.assertRaises(AccessError):
                loan.with_user(user).action_approve()
        with self.assertRaises(AccessError):
            loan.state = "paid"
        loan.action_approve()
        with self.assertRaises(HostelError) as caught:
            loan.amount = 1
        self.assertEqual(caught.exception.code, "LOAN_IS_FINAL")

    def test_index_of_deposits_is_really_there(self):
        self.env.cr.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'account_move'"
            " AND indexname LIKE 'account_move_hostel_%'"
        )
        names = {name for [name] in self.env.cr.fetchall()}
        self.assertLessEqual(
            {"account_move_hostel_period_once", "account_move_hostel_deposit_once"}, names
        )
