from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .fee_common import FeeMixin

LOGGER = "odoo.addons.hostel_billing.models.hostel_ledger_check"


@tagged("post_install", "-at_install")
class TestLedgerCheck(FeeMixin, TransactionCase):
    """Each identity holds, and each is broken by hand and seen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A company of its own kind of books: whatever else the database has is looked at before.
        cls._create_structure({"RENT": 6000, "DEPOSIT": 8000})
        cls.stay = cls._create_stay()
        cls.bill = cls.stay._create_period_bill()
        cls.second = cls.stay._create_period_bill(cls.bill.period_to)
        cls.tx = cls._create_tx(
            amount=20000, invoice_ids=[Command.set(cls.bill.ids)], hostel_student_id=cls.student.id
        )
        cls.tx._camu_apply_success(
            {"receipt_no": "RC-LEDGER", "paid_at": False, "amount": "20000.00"}
        )
        cls.tx._camu_post_process()
        cls.wallet = cls.env["hostel.wallet"]._get(cls.student)
        cls.wallet._credit(500, "correction", "k", "x")
        cls.Check = cls.env["hostel.ledger.check"]
        cls.before = cls._look(cls)

    def _look(self):
        self.env.flush_all()
        self.env.invalidate_all()
        check = self.Check._check(self.company)
        return {line.identity: line for line in check.line_ids}

    @mute_logger(LOGGER)
    def _assert_breaks(self, identity, query, *params, names=()):
        """A change by SQL is seen in this identity, and in no other that held before."""
        self.assertFalse(self.before[identity].offenders)
        self.env.flush_all()
        self.env.cr.execute(query, params)
        self.assertTrue(self.env.cr.rowcount, "nothing was broken")
        self.env.invalidate_all()
        after = self._look()
        self.assertTrue(after[identity].is_breach)
        self.assertEqual({name for name, line in after.items() if line.is_breach}, {identity})
        for name in names:
            self.assertIn(name, after[identity].offenders)
        check = after[identity].check_id
        self.assertEqual((check.state, check.breach_count), ("breach", 1))
        officer = self.env["res.users"]._get_finance_officer(self.company)
        self.assertEqual(check.activity_ids.user_id, officer)
        return after[identity]

    def _get_line(self):
        return self.tx.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    def test_all_adds_up(self):
        for line in self.before.values():
            with self.subTest(identity=line.identity):
                self.assertFalse(line.is_breach, line.offenders)
        self.assertEqual(len(self.before), 5)

    def test_bills_are_counted_and_money_has_decimals(self):
        self.assertRegex(self.before["periods"].left_text, r"^[\d,]+$")
        self.assertRegex(self.before["wallets"].right_text, r"^-?[\d,]+\.\d\d$")

    def test_the_figures_are_those_of_the_parts(self):
        line = self.before["captured"]
        self.assertAlmostEqual(line.right_amount, sum(amount for _label, amount in line.parts))
        self.assertEqual(len(line.parts), 5)
        # This payment alone: 6,000 applied and 14,000 ahead.
        self.assertEqual(self._get_line().amount_residual, -14000)

    # captured ------------------------------------------------------------

    def test_a_payment_without_its_entry(self):
        self._assert_breaks(
            "captured",
            "UPDATE payment_transaction SET payment_id = NULL WHERE id = %s",
            self.tx.id,
            names=[self.tx.reference],
        )

    def test_a_payment_of_another_amount(self):
        self._assert_breaks(
            "captured",
            "UPDATE payment_transaction SET amount = amount + 1 WHERE id = %s",
            self.tx.id,
            names=[self.tx.reference],
        )

    def test_a_credit_that_was_made_smaller(self):
        self._assert_breaks(
            "captured",
            "UPDATE account_move_line SET amount_residual = amount_residual + 5 WHERE id = %s",
            self._get_line().id,
            names=[self.tx.reference],
        )

    def test_a_reconciliation_that_vanished(self):
        self._assert_breaks(
            "captured",
            "DELETE FROM account_partial_reconcile WHERE credit_move_id = %s",
            self._get_line().id,
            names=[self.tx.reference],
        )

    def test_two_mistakes_that_cancel_each_other_out(self):
        other = self._create_tx(reference="TX-TWO", amount=1000, hostel_student_id=self.student.id)
        other._camu_apply_success({"receipt_no": "RC-2", "paid_at": False, "amount": "1000.00"})
        other._camu_post_process()
        line = self._assert_breaks(
            "captured",
            "UPDATE payment_transaction SET amount = amount + CASE WHEN id = %s THEN 1 ELSE -1 END"
            " WHERE id IN (%s, %s)",
            self.tx.id,
            self.tx.id,
            other.id,
        )
        self.assertEqual(line.difference, 0)

    def test_more_is_due_than_is_open(self):
        refund = self.tx._hostel_owe_refund("x")
        self.before = self._look_quietly()
        self.assertIn(refund.name, self.before["captured"].offenders, "6,000 of it pay a bill")
        self.bill.line_ids.remove_move_reconcile()
        self.before = self._look()
        self.assertFalse(self.before["captured"].offenders)
        self._assert_breaks(
            "captured",
            "UPDATE hostel_refund SET amount = amount + 1 WHERE id = %s",
            refund.id,
            names=[refund.name],
        )

    @mute_logger(LOGGER)
    def _look_quietly(self):
        return self._look()

    def test_quarantined_money_counts_on_both_sides(self):
        entry = self._receive(self._message(self.tx, eventId="q", referenceNo="NOBODY-1"))
        entry._process()
        self.assertEqual(entry.state, "quarantined")
        after = self._look()
        before = self.before["captured"]
        self.assertEqual(after["captured"].left_amount - before.left_amount, 20000)
        self.assertFalse(after["captured"].is_breach)

    def test_a_refund_moves_from_due_to_refunded(self):
        self.bill.line_ids.remove_move_reconcile()
        refund = self.tx._hostel_owe_refund("x")
        due = dict(self._look()["captured"].parts)
        refund.action_approve()
        refund._pay(reference="UTR 3")
        paid = self._look()["captured"]
        self.assertFalse(paid.is_breach)
        parts = dict(paid.parts)
        self.assertEqual(due["Refund due"] - parts["Refund due"], 20000)
        self.assertEqual(parts["Refunded"] - due["Refunded"], 20000)

    # refunds -------------------------------------------------------------

    def test_a_refund_that_only_says_it_was_paid(self):
        self.bill.line_ids.remove_move_reconcile()
        refund = self.tx._hostel_owe_refund("x")
        refund.action_approve()
        refund._pay(reference="UTR 3")
        self.before = self._look()
        self._assert_breaks(
            "refunds",
            "UPDATE hostel_refund SET amount = amount - 1 WHERE id = %s",
            refund.id,
            names=[refund.name],
        )

    # wallets -------------------------------------------------------------

    def test_a_balance_by_hand(self):
        self._assert_breaks(
            "wallets",
            "UPDATE hostel_wallet SET balance = balance + 1 WHERE id = %s",
            self.wallet.id,
            names=["TS001"],
        )

    # deposits ------------------------------------------------------------

    def test_a_deposit_that_is_booked_elsewhere(self):
        deposit = self.stay.bill_ids.filtered(lambda bill: bill.hostel_kind == "deposit")
        line = deposit.invoice_line_ids
        income = self.bill.invoice_line_ids.account_id[:1]
        self._assert_breaks(
            "deposits",
            "UPDATE account_move_line SET account_id = %s WHERE id = %s",
            income.id,
            line.id,
            names=[deposit.name],
        )

    def test_a_deposit_line_without_its_head(self):
        deposit = self.stay.bill_ids.filtered(lambda bill: bill.hostel_kind == "deposit")
        self._assert_breaks(
            "deposits",
            "UPDATE account_move_line SET hostel_head_id = NULL WHERE id = %s",
            deposit.invoice_line_ids.id,
            names=[deposit.name],
        )

    # periods -------------------------------------------------------------

    def test_two_bills_for_the_same_days(self):
        line = self._assert_breaks(
            "periods",
            "UPDATE account_move SET period_from = period_from - 3 WHERE id = %s",
            self.second.id,
            names=[self.bill.name, self.second.name],
        )
        self.assertEqual(line.difference, 2)

    def test_a_bill_without_its_days(self):
        self._assert_breaks(
            "periods",
            "ALTER TABLE account_move DROP CONSTRAINT account_move_hostel_period_complete;"
            " UPDATE account_move SET period_to = NULL WHERE id = %s",
            self.second.id,
            names=[self.second.name],
        )

    # the screen ----------------------------------------------------------

    def test_what_was_found_is_not_rewritten(self):
        check = self.before["captured"].check_id.with_user(self.finance)
        for record, vals in (
            (check, {"checked_at": "2020-01-01"}),
            (check.line_ids[:1], {"left_amount": 0}),
        ):
            with self.assertRaises(AccessError):
                record.write(vals)
        with self.assertRaises(AccessError):
            check.with_user(self.warden).read(["state"])

    def test_finance_checks_now(self):
        action = self.Check.with_user(self.finance).action_check()
        check = self.Check.browse(action["res_id"])
        self.assertEqual(len(check.line_ids), 5)
        self.assertEqual(self.Check.with_user(self.finance).action_open_last(), action)
        with self.assertRaises(AccessError):
            self.Check.with_user(self.warden).action_check()

    @mute_logger(LOGGER)
    def test_a_new_check_ends_the_activity_of_the_last(self):
        self.env.cr.execute(
            "UPDATE hostel_wallet SET balance = balance + 1 WHERE id = %s", [self.wallet.id]
        )
        first = self._look()["wallets"].check_id
        self.assertTrue(first.activity_ids)
        second = self._look()["wallets"].check_id
        self.assertFalse(first.activity_ids)
        self.assertTrue(second.activity_ids)
