from decimal import Decimal
from unittest.mock import patch

from psycopg2 import IntegrityError
from psycopg2.errors import RaiseException

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.tests.common import trap_jobs

from .common import BillingCase


@tagged("post_install", "-at_install")
class TestWallet(BillingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wallet = cls.env["hostel.wallet"]._get(cls.student)
        cls.mess = cls.env["hostel.fee.head"]._get_by_code("MESS")

    def _fill(self, amount=500, key="fill"):
        return self.wallet._credit(amount, "correction", key, "Filled by this test")

    def _refused(self, call, *args, **kwargs):
        with self.assertRaises(HostelError) as caught:
            call(*args, **kwargs)
        return caught.exception.code

    def test_a_student_has_one_wallet(self):
        self.assertEqual(self.env["hostel.wallet"]._get(self.student), self.wallet)
        other = self.env["hostel.wallet"]._get(self.other_student)
        self.assertNotEqual(other, self.wallet)
        self.assertEqual(other.balance, 0)

    def test_a_debit_takes_out_and_says_what_is_left(self):
        self._fill()
        line = self.wallet._debit(60, "meal:1", "Lunch", self.student, head=self.mess)
        self.assertEqual((line.amount, line.balance_after, line.kind), (-60, 440, "debit"))
        self.assertEqual((line.res_model, line.res_id), ("hostel.student", self.student.id))
        self.assertEqual(line.head_id, self.mess)
        self.assertEqual(self.wallet.balance, 440)

    def test_a_repeated_key_changes_nothing(self):
        self._fill()
        line = self.wallet._debit(60, "meal:1", "Lunch")
        self.assertEqual(self.wallet._debit(60, "meal:1", "Lunch"), line)
        self.assertEqual(self.wallet.balance, 440)
        self.assertEqual(
            self._refused(self.wallet._debit, 70, "meal:1", "Lunch"), "DUPLICATE_ENTRY"
        )

    def test_it_never_goes_below_zero(self):
        self._fill(100)
        code = self._refused(self.wallet._debit, 100.01, "meal:1", "Lunch")
        self.assertEqual(code, "INSUFFICIENT_BALANCE")
        self.assertEqual(self.wallet.balance, 100)
        self.wallet._debit(100, "meal:2", "Lunch")
        self.assertEqual(self.wallet.balance, 0)
        # A refused key is free again.
        self._fill(200, "again")
        self.assertEqual(self.wallet._debit(100.01, "meal:1", "Lunch").balance_after, 99.99)

    @mute_logger("odoo.sql_db")
    def test_postgresql_refuses_a_balance_below_zero(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE hostel_wallet SET balance = -0.01 WHERE id = %s", (self.wallet.id,)
            )

    def test_amounts_that_are_none_are_refused(self):
        for amount in (0, -5, "0.001", float("nan"), float("inf")):
            with self.subTest(amount=amount):
                code = self._refused(self.wallet._debit, amount, "odd", "Odd")
                self.assertEqual(code, "INVALID_PAYMENT_AMOUNT")

    def test_many_wallets_move_in_one_statement(self):
        other = self.env["hostel.wallet"]._get(self.other_student)
        self._fill(100)
        moves = [
            self.wallet._prepare_move(Decimal(-60), "debit", "lunch", "Lunch"),
            other._prepare_move(Decimal(-60), "debit", "lunch", "Lunch"),
            self.wallet._prepare_move(Decimal(-40), "debit", "dinner", "Dinner"),
            self.wallet._prepare_move(Decimal(-60), "debit", "lunch", "Lunch"),
        ]
        outcomes = self.env["hostel.wallet"]._apply(moves)
        self.assertEqual([word for word, _line in outcomes], ["done", "short", "done", "repeated"])
        self.assertEqual([line.balance_after for _word, line in outcomes], [40, 0, 0, 40])
        self.assertFalse(outcomes[1][1])
        self.assertEqual((self.wallet.balance, other.balance), (0, 0))

    def test_a_hall_full_of_meals_costs_few_queries(self):
        students = self.env["hostel.student"].create(
            [
                {"name": f"Eater {n}", "roll_number": f"EATER-{n}", "gender": "male"}
                for n in range(40)
            ]
        )
        wallets = self.env["hostel.wallet"].concat(
            *(self.env["hostel.wallet"]._get(one) for one in students)
        )
        Wallet = self.env["hostel.wallet"]
        Wallet._apply(
            [one._prepare_move(Decimal(1000), "correction", "fill", "Fill") for one in wallets]
        )
        wallets.mapped("low_balance")
        moves = [one._prepare_move(Decimal(-60), "debit", "meal", "Lunch") for one in wallets]
        with self.assertQueryCount(6):
            outcomes = Wallet._apply(moves)
        self.assertEqual({word for word, _line in outcomes}, {"done"})
        self.assertEqual(set(wallets.mapped("balance")), {940})

    # Append-only

    def test_nobody_writes_or_deletes_a_movement(self):
        line = self._fill()
        for call in (
            lambda: line.write({"amount": 1}),
            line.unlink,
            lambda: line.copy(),
            lambda: self.wallet.write({"balance": 10_000}),
            lambda: self.wallet.write({"student_id": self.other_student.id}),
        ):
            with self.assertRaises(AccessError):
                call()

    @mute_logger("odoo.sql_db")
    def test_postgresql_refuses_too(self):
        line = self._fill()
        for query in (
            "UPDATE hostel_wallet_line SET amount = 1 WHERE id = %s",
            "UPDATE hostel_wallet_line SET reason = 'x' WHERE id = %s",
            "DELETE FROM hostel_wallet_line WHERE id = %s",
            "TRUNCATE hostel_wallet_line CASCADE -- %s",
        ):
            with (
                self.subTest(query=query),
                self.assertRaisesRegex(RaiseException, "append-only"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(query, (line.id,))

    @mute_logger("odoo.sql_db")
    def test_an_entry_is_noted_once(self):
        line = self._fill()
        move = self.env["account.move"].create({"move_type": "entry"})
        line._note_entry(move)
        self.assertEqual(line.move_id, move)
        with self.assertRaises(RaiseException), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE hostel_wallet_line SET move_id = NULL WHERE id = %s", (line.id,)
            )

    def test_what_guards_it_is_in_the_database(self):
        self.env.cr.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid IN"
            " ('hostel_wallet'::regclass, 'hostel_wallet_line'::regclass)"
        )
        names = {name for [name] in self.env.cr.fetchall()}
        self.assertLessEqual(
            {
                "hostel_wallet_student_once",
                "hostel_wallet_never_below_zero",
                "hostel_wallet_line_key_once",
                "hostel_wallet_line_never_below_zero",
                "hostel_wallet_line_sign_of_kind",
            },
            names,
        )

    # Refunds

    def test_a_debit_is_given_back_as_a_new_row(self):
        self._fill()
        meal = self.wallet._debit(60, "meal", "Lunch", head=self.mess)
        back = meal._refund("The mess was closed")
        self.assertEqual((back.kind, back.amount, back.origin_id), ("refund", 60, meal))
        self.assertEqual(back.head_id, self.mess)
        self.assertEqual(self.wallet.balance, 500)
        self.assertEqual(meal._refund("Again"), back)
        self.assertEqual(self.wallet.balance, 500)

    def test_no_more_is_given_back_than_was_spent(self):
        self._fill()
        meal = self.wallet._debit(60, "meal", "Lunch")
        meal._refund("Half", 30, "half")
        self.assertEqual(self._refused(meal._refund, "More", 30.01, "more"), "REFUND_TOO_LARGE")
        meal._refund("The rest", key="rest")
        self.assertEqual(self._refused(meal._refund, "More", key="more"), "REFUND_TOO_LARGE")
        self.assertEqual(self.wallet.balance, 500)
        self.assertEqual(self._refused(self._fill(1, "x")._refund, "No"), "NOT_REFUNDABLE")

    # The notice

    def test_falling_below_the_limit_is_told_once(self):
        self._fill(500)
        with trap_jobs() as trap:
            self.wallet._debit(250, "a", "Dinner")
            trap.assert_jobs_count(0)
            self.wallet._debit(100, "b", "Dinner")
            trap.assert_jobs_count(1, only=self.wallet._tell_low_balance)
            self.wallet._debit(10, "c", "Tea")
            trap.assert_jobs_count(1)

    def test_student_and_guardian_hear_of_it(self):
        self._fill(150)
        before = self.env["mail.message"].search([], order="id desc", limit=1).id
        self.assertTrue(self.wallet._tell_low_balance())
        told = self.env["mail.message"].search([("id", ">", before)])
        self.assertEqual(
            told.notified_partner_ids | told.partner_ids,
            self.student.partner_id | self.guardian_user.partner_id,
        )
        self.assertIn("150", told[0].body)

    def test_a_topped_up_wallet_is_not_told(self):
        self._fill(900)
        self.assertFalse(self.wallet._tell_low_balance())
        self.wallet.low_balance = 0
        self.assertFalse(self.wallet.is_low)

    def test_low_wallets_are_found(self):
        self.assertIn(self.wallet, self.env["hostel.wallet"].search([("is_low", "=", True)]))
        self._fill(900)
        self.assertNotIn(self.wallet, self.env["hostel.wallet"].search([("is_low", "=", True)]))

    # The check of the night

    def test_a_wallet_that_does_not_add_up_is_told_to_finance(self):
        self._fill()
        self.assertNotIn(self.wallet, self.env["hostel.wallet"]._find_breaches())
        self.env.cr.execute(
            "UPDATE hostel_wallet SET balance = balance + 1 WHERE id = %s", (self.wallet.id,)
        )
        self.wallet.invalidate_recordset()
        with mute_logger("odoo.addons.hostel_billing.models.hostel_wallet"):
            self.assertIn(self.wallet, self.env["hostel.wallet"]._cron_check_balances())
            self.env["hostel.wallet"]._cron_check_balances()
        self.assertEqual(len(self.wallet.activity_ids), 1)
        self.assertTrue(
            self.wallet.activity_ids.user_id.has_group("hostel_base.group_hostel_finance")
        )

    # Who may see it

    def test_finance_and_the_own_warden_see_it(self):
        stay = self._create_allocation("awaiting_approval")
        stay._transition("allocated")
        line = self._fill()
        for user, allowed in [
            (self.finance, True),
            (self.warden, True),
            (self.other_warden, False),
            (self.guard, False),
            (self.student_user, False),
            (self.guardian_user, False),
        ]:
            for record in (self.wallet, line):
                with self.subTest(user=user.login, model=record._name):
                    self.assertEqual(record.with_user(user).has_access("read"), allowed)

    def test_a_stranger_moves_nothing_by_hand(self):
        dialog = self.env["hostel.wallet.adjust"].create(
            {"wallet_id": self.wallet.id, "kind": "add", "amount": 10, "reason": "x"}
        )
        for user in (self.warden, self.guard, self.student_user):
            with self.assertRaises(AccessError):
                dialog.with_user(user).action_apply()
        self.assertEqual(self.wallet.balance, 0)

    def test_a_debit_that_is_refused_queues_no_notice(self):
        with patch.object(
            self.registry["hostel.wallet"], "_delay_low_notice", autospec=True
        ) as told:
            self._refused(self.wallet._debit, 1, "a", "Tea")
        self.assertFalse(any(call.args[0] for call in told.call_args_list))
