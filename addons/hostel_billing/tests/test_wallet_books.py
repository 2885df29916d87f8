from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError

from .common import BillingCase


@tagged("post_install", "-at_install")
class TestWalletBooks(BillingCase):
    """Money that fills wallets, and what the books say of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wallet = cls.env["hostel.wallet"]._get(cls.student)
        cls.Line = cls.env["hostel.wallet.line"]
        cls.today = cls.Line._get_today(cls.company)
        cls.mess = cls.env["hostel.fee.head"]._get_by_code("MESS")
        cls.account, cls.journal = cls.company._get_hostel_wallet_books()
        # What others left unposted is not this test's.
        aside = cls.env["account.move"].create({"move_type": "entry"})
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE hostel_wallet_line SET move_id = %s WHERE move_id IS NULL", (aside.id,)
        )
        cls.env.cr.execute("UPDATE account_move SET hostel_wallet_day = NULL")
        cls.env.invalidate_all()

    def _sum(self, account):
        self.env.flush_all()
        lines = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        return self.company.currency_id.round(sum(lines.mapped("balance")))

    def _finance_dialog(self, **vals):
        return (
            self.env["hostel.wallet.adjust"]
            .with_user(self.finance)
            .create({"wallet_id": self.wallet.id, **vals})
        )

    # Camu

    def test_the_order_names_the_student_and_the_wallet(self):
        order = self.wallet._create_top_up(500, self.guardian_user.partner_id)
        said = order._get_camu_order()
        self.assertEqual(
            (said["student_ref"], said["fee_head"], said["term"], said["amount"]),
            ("TS001", "Hostel wallet", "", "500.00"),
        )
        self.assertEqual(order.partner_id, self.student.partner_id)
        self.assertEqual(order.landing_route, f"/my/wallet/{self.student.id}")

    def test_money_from_camu_fills_the_wallet_once(self):
        order = self.wallet._create_top_up(500, self.guardian_user.partner_id)
        message = self._message(order, feeHead="Hostel wallet")
        entry = self._receive(message)
        self.assertEqual(entry._process(), "processed")
        self.assertEqual(self.wallet.balance, 500)
        line = self.wallet.line_ids
        self.assertEqual((line.kind, line.payer_id), ("topup", self.guardian_user.partner_id))
        # Another copy, and a second post-processing.
        self._receive({**message, "eventId": "again"})._process()
        order._post_process()
        self.assertEqual(self.wallet.balance, 500)
        self.assertEqual(len(self.wallet.line_ids), 1)

    def test_a_payment_for_another_thing_does_not_fill_it(self):
        order = self.wallet._create_top_up(500, self.student.partner_id)
        entry = self._receive(self._message(order))
        entry._process()
        self.assertEqual((entry.state, entry.reason_code), ("quarantined", "WRONG_FEE_HEAD"))
        self.assertEqual(self.wallet.balance, 0)

    def test_a_failed_payment_fills_nothing(self):
        order = self.wallet._create_top_up(500, self.student.partner_id)
        self._receive(self._message(order, "FAILED", feeHead="Hostel wallet"))._process()
        self.assertEqual((order.state, self.wallet.balance), ("error", 0))

    def test_a_top_up_is_a_liability_at_once(self):
        before = self._sum(self.account)
        order = self.wallet._create_top_up(500, self.student.partner_id)
        self._receive(self._message(order, feeHead="Hostel wallet"))._process()
        self.assertEqual(self._sum(self.account), before - 500)
        receivable = order.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        # Nobody can set it against a bill as well.
        self.assertTrue(receivable.reconciled)
        self.assertEqual(self.wallet.line_ids.move_id.state, "posted")

    def test_top_ups_have_bounds(self):
        for amount in (99, 10_001, 0):
            with self.subTest(amount=amount), self.assertRaises(HostelError) as caught:
                self.wallet._create_top_up(amount, self.student.partner_id)
            self.assertEqual(caught.exception.code, "INVALID_PAYMENT_AMOUNT")

    def test_no_top_up_while_camu_is_off(self):
        self.provider.state = "disabled"
        with self.assertRaises(HostelError) as caught:
            self.wallet._create_top_up(500, self.student.partner_id)
        self.assertEqual(caught.exception.code, "PAYMENT_UNAVAILABLE")

    # The entry of a day

    def _spend_yesterday(self):
        """Movements that are a day old; only this test may turn the clock back."""
        self.wallet._credit(1000, "correction", "fill", "Fill")
        self.wallet._debit(60, "m1", "Lunch", head=self.mess)
        self.wallet._debit(40, "m2", "Dinner", head=self.mess)
        meal = self.wallet._debit(25.5, "f1", "Late return")
        meal._refund("Mistake")
        self.env.flush_all()
        self.env.cr.execute(
            "ALTER TABLE hostel_wallet_line DISABLE TRIGGER USER;"
            "UPDATE hostel_wallet_line SET day = day - 1 WHERE wallet_id = %s;"
            "ALTER TABLE hostel_wallet_line ENABLE TRIGGER USER;",
            (self.wallet.id,),
        )
        self.env.invalidate_all()
        return self.today - timedelta(days=1)

    def test_a_day_has_one_entry_and_again_it_is_the_same(self):
        day = self._spend_yesterday()
        before = self._sum(self.account)
        entry = self.Line._post_day(self.company, day)
        self.assertEqual((entry.state, entry.date, entry.hostel_wallet_day), ("posted", day, day))
        self.assertEqual(self.wallet.line_ids.move_id, entry)
        # 1000 came in, 100 was eaten, the fine came back.
        self.assertEqual(self._sum(self.account), before - 900)
        income = self.mess.product_id._get_product_accounts()["income"]
        eaten = entry.line_ids.filtered(
            lambda line: line.account_id == income and "Mess" in line.name
        )
        self.assertEqual(eaten.credit, 100)
        self.assertEqual(self.Line._post_day(self.company, day), entry)

    def test_the_day_book_has_what_the_wallets_paid(self):
        entry = self.Line._post_day(self.company, self._spend_yesterday())
        self.env.flush_all()
        line = (
            self.env["hostel.day.book.report"]
            .with_user(self.finance)
            .search([("move_id", "=", entry.id)])
        )
        self.assertEqual((line.kind, line.day, line.ref), ("wallet", entry.date, entry.ref))
        # Two meals and a fine; the fine came back, and a correction.
        self.assertEqual((line.billed, line.credited), (125.5, 1025.5))
        self.assertEqual((line.received, line.paid_out), (0, 0))

    def test_today_waits_and_the_job_posts_what_is_over(self):
        day = self._spend_yesterday()
        self.wallet._debit(10, "today", "Tea")
        with self.enter_registry_test_mode():
            self.env.ref("hostel_billing.hostel_wallet_line_cron_post").method_direct_trigger()
        self.env.invalidate_all()
        unposted = self.wallet.line_ids.filtered(lambda line: not line.move_id)
        self.assertEqual(unposted.mapped("key"), ["today"])
        self.assertTrue(self.env["account.move"]._find_hostel_wallet_entry(self.company, day))

    def test_a_movement_that_comes_late_waits_for_the_next_day(self):
        day = self._spend_yesterday()
        entry = self.Line._post_day(self.company, day)
        self.wallet._debit(10, "late", "Tea")
        self.env.cr.execute(
            "ALTER TABLE hostel_wallet_line DISABLE TRIGGER USER;"
            "UPDATE hostel_wallet_line SET day = %s WHERE wallet_id = %s AND key = 'late';"
            "ALTER TABLE hostel_wallet_line ENABLE TRIGGER USER;",
            (day, self.wallet.id),
        )
        self.env.invalidate_all()
        self.assertFalse(self.Line._get_next_day(self.company, self.today))
        tomorrow = self.today + timedelta(days=1)
        self.assertEqual(self.Line._get_next_day(self.company, tomorrow), self.today)
        self.assertNotEqual(self.Line._post_day(self.company, self.today), entry)
        self.assertFalse(self.wallet.line_ids.filtered(lambda line: not line.move_id))

    def _date_back(self, lines, days):
        self.env.flush_all()
        self.env.cr.execute(
            "ALTER TABLE hostel_wallet_line DISABLE TRIGGER USER;"
            "UPDATE hostel_wallet_line SET day = %s WHERE id = ANY(%s);"
            "ALTER TABLE hostel_wallet_line ENABLE TRIGGER USER;",
            (self.today - timedelta(days=days), lines.ids),
        )
        self.env.invalidate_all()

    def _spend_on_three_days(self):
        """A thousand three days ago, 500 in and out again by mistake, and a meal yesterday."""
        self._finance_dialog(kind="add", amount=1000, reason="Fill").action_apply()
        fill = self.wallet.line_ids
        for kind in ("add", "take"):
            self._finance_dialog(kind=kind, amount=500, reason="A mistake").action_apply()
        mistakes = self.wallet.line_ids - fill
        meal = self.wallet._debit(60, "m1", "Lunch", head=self.mess)
        for days, lines in enumerate((meal, mistakes, fill), 1):
            self._date_back(lines, days)
        return fill, mistakes, meal

    def _post_days(self):
        with self.enter_registry_test_mode():
            self.env.ref("hostel_billing.hostel_wallet_line_cron_post").method_direct_trigger()
        self.env.invalidate_all()

    def test_corrections_that_cancel_out_have_an_entry_and_hold_up_no_day(self):
        before = self._sum(self.account)
        _fill, mistakes, meal = self._spend_on_three_days()
        self._post_days()
        entry = mistakes.move_id
        self.assertEqual((len(entry), entry.state), (1, "posted"))
        self.assertEqual(sorted(entry.line_ids.mapped("balance")), [-500, 500])
        self.assertEqual(meal.move_id.hostel_wallet_day, meal.day)
        self.assertEqual(self._sum(self.account), before - 940)

    def test_a_day_that_the_books_refuse_holds_up_no_other(self):
        fill, mistakes, meal = self._spend_on_three_days()
        Line = self.env.registry["hostel.wallet.line"]
        prepare = Line._prepare_day_vals

        def refuse(lines, company, day):
            if mistakes & lines:
                raise UserError(self.env._("The period is locked"))
            return prepare(lines, company, day)

        quiet = mute_logger("odoo.addons.hostel_billing.models.hostel_wallet_line")
        with patch.object(Line, "_prepare_day_vals", refuse), quiet:
            self._post_days()
        self.assertFalse(mistakes.move_id)
        self.assertEqual(fill.move_id.hostel_wallet_day, fill.day)
        self.assertEqual(meal.move_id.hostel_wallet_day, meal.day)
        self._post_days()
        self.assertEqual(mistakes.move_id.hostel_wallet_day, mistakes[0].day)

    @mute_logger("odoo.sql_db")
    def test_the_books_owe_what_the_wallets_hold(self):
        order = self.wallet._create_top_up(500, self.student.partner_id)
        before = self._sum(self.account)
        self._receive(self._message(order, feeHead="Hostel wallet"))._process()
        day = self._spend_yesterday()
        self.Line._post_day(self.company, day)
        self._finance_dialog(kind="payout", amount=400).action_apply()
        self._finance_dialog(kind="topup", amount=300).action_apply()
        self.assertEqual(self.wallet.balance, 1300)
        self.assertEqual(before - self._sum(self.account), 1300)
        self.assertFalse(self.env["hostel.wallet"]._find_breaches() & self.wallet)

    # By hand

    def test_cash_over_the_counter(self):
        dialog = self._finance_dialog(kind="topup", amount=300)
        self.assertIn(dialog.journal_id.type, ("cash", "bank"))
        dialog.action_apply()
        dialog.action_apply()
        line = self.wallet.line_ids
        self.assertEqual(
            (line.kind, line.amount, line.res_model), ("topup", 300, "account.payment")
        )
        payment = self.env["account.payment"].search([("hostel_wallet_id", "=", self.wallet.id)])
        self.assertEqual(payment.amount, 300)
        self.assertIn(payment.state, ("in_process", "paid"))

    def test_a_student_without_a_wallet_is_topped_up(self):
        Wallet = self.env["hostel.wallet"].with_user(self.finance)
        action = Wallet.action_open_top_up()
        dialogs = self.env[action["res_model"]].with_user(self.finance)
        with Form(dialogs.with_context(**action["context"])) as form:
            form.student_id = self.other_student
            self.assertEqual((form.balance, form.company_id), (0, self.company))
            form.amount = 300
        self.assertFalse(
            Wallet.search([("student_id", "=", self.other_student.id)]), "not before it is booked"
        )
        form.record.action_apply()
        form.record.action_apply()
        wallet = Wallet.search([("student_id", "=", self.other_student.id)])
        self.assertEqual((wallet.balance, len(wallet.line_ids)), (300, 1))
        with Form(dialogs.with_context(**action["context"])) as form:
            form.student_id = self.other_student
            self.assertEqual((form.wallet_id, form.balance), (wallet, 300))
            form.student_id = self.student
            self.assertEqual((form.wallet_id, form.balance), (self.wallet, 0))
            form.amount = 10
        form.record.action_apply()
        self.assertEqual((self.wallet.balance, wallet.balance), (10, 300))

    def test_a_top_up_is_of_the_student_who_was_picked(self):
        dialogs = self.env["hostel.wallet.adjust"].with_user(self.finance)
        for vals in (
            {},
            {"student_id": self.other_student.id, "wallet_id": self.wallet.id},
        ):
            dialog = dialogs.create({"kind": "topup", "amount": 10, **vals})
            with self.assertRaises(HostelError) as caught:
                dialog.action_apply()
            self.assertEqual(caught.exception.code, "NOT_FOUND")
        with self.assertRaises(AccessError):
            dialogs.with_user(self.warden).create({"student_id": self.student.id, "amount": 10})

    def test_the_collection_report_says_how_it_was_paid(self):
        journals = self.env["account.journal"].search([("company_id", "=", self.company.id)])
        cash = self.env["account.journal"].create(
            {"name": "Box", "code": "TBOX", "type": "cash", "company_id": self.company.id}
        )
        bank = journals.filtered(lambda one: one.type == "bank")[:1]
        for journal in (cash, bank):
            self._finance_dialog(kind="topup", amount=300, journal_id=journal.id).action_apply()
        self._finance_dialog(kind="payout", amount=100, journal_id=bank.id).action_apply()
        self.env.flush_all()
        rows = self.env["hostel.collection.report"].search(
            [("student_id", "=", self.student.id), ("purpose", "=", "wallet")]
        )
        found = {(row.method, row.received, row.paid_out) for row in rows}
        self.assertEqual(found, {("cash", 300, 0), ("bank", 300, 0), ("bank", 0, 100)})

    def test_a_reversed_top_up_leaves_the_wallet(self):
        before = self._sum(self.account)
        self._finance_dialog(kind="topup", amount=300).action_apply()
        payment = self.env["account.payment"].search([("hostel_wallet_id", "=", self.wallet.id)])
        payment._hostel_reverse("Another student's money")
        line = self.wallet.line_ids[0]
        self.assertEqual((line.kind, line.amount, self.wallet.balance), ("correction", -300, 0))
        self.assertEqual(line.reason, "Another student's money")
        self.assertEqual(self._sum(self.account), before)
        moves = payment.move_id | payment.hostel_reversal_id | self.wallet.line_ids.move_id
        self.assertEqual(len(moves), 4)
        receivable = moves.line_ids.filtered(lambda one: one.account_type == "asset_receivable")
        self.assertTrue(all(receivable.mapped("reconciled")), "nothing is left over")
        with self.assertRaises(HostelError) as caught:
            payment._hostel_reverse("Again")
        self.assertEqual(caught.exception.code, "PAYMENT_REVERSED")

    def test_a_reversed_payment_of_camu_leaves_the_wallet_once(self):
        before = self._sum(self.account)
        order = self.wallet._create_top_up(500, self.student.partner_id)
        self._receive(self._message(order, feeHead="Hostel wallet"))._process()
        order.payment_id._hostel_reverse("Camu never had it")
        self.assertEqual((self.wallet.balance, self._sum(self.account)), (0, before))

    def test_what_was_spent_is_not_reversed(self):
        self._finance_dialog(kind="topup", amount=300).action_apply()
        self.wallet._debit(1, "tea", "Tea")
        payment = self.env["account.payment"].search([("hostel_wallet_id", "=", self.wallet.id)])
        with self.assertRaises(HostelError) as caught, self.env.cr.savepoint():
            payment._hostel_reverse("Too late")
        self.assertEqual(caught.exception.code, "INSUFFICIENT_BALANCE")
        self.assertFalse(payment.hostel_reversal_id)
        self.assertEqual(self.wallet.balance, 299)

    def test_a_reversed_payout_comes_back(self):
        self.wallet._credit(250, "correction", "fill", "Fill")
        before = self._sum(self.account)
        self._finance_dialog(kind="payout").action_apply()
        payment = self.env["account.payment"].search([("hostel_wallet_id", "=", self.wallet.id)])
        payment._hostel_reverse("The bank sent it back")
        self.assertEqual(self.wallet.balance, 250)
        self.assertEqual(self._sum(self.account), before)

    def test_paying_out_empties_it(self):
        self.wallet._credit(250, "correction", "fill", "Fill")
        dialog = self._finance_dialog(kind="payout")
        self.assertEqual(dialog.amount, 250)
        dialog.action_apply()
        self.assertEqual(self.wallet.balance, 0)
        payment = self.env["account.payment"].search([("hostel_wallet_id", "=", self.wallet.id)])
        self.assertEqual((payment.payment_type, payment.amount), ("outbound", 250))

    def test_no_more_is_paid_out_than_there_is(self):
        self.wallet._credit(250, "correction", "fill", "Fill")
        dialog = self._finance_dialog(kind="payout", amount=251)
        with self.assertRaises(HostelError) as caught, self.env.cr.savepoint():
            dialog.action_apply()
        self.assertEqual(caught.exception.code, "INSUFFICIENT_BALANCE")
        self.assertEqual(self.wallet.balance, 250)
        self.assertFalse(
            self.env["account.payment"].search([("hostel_wallet_id", "=", self.wallet.id)])
        )

    def test_corrections_need_a_reason(self):
        for kind in ("add", "take"):
            with self.assertRaises(HostelError) as caught:
                self._finance_dialog(kind=kind, amount=5).action_apply()
            self.assertEqual(caught.exception.code, "REASON_MISSING")
        self._finance_dialog(kind="add", amount=5, reason="Counted wrong").action_apply()
        self._finance_dialog(kind="take", amount=2, reason="Counted wrong").action_apply()
        self.assertEqual(self.wallet.balance, 3)

    def test_a_refund_at_the_desk_is_of_this_wallet(self):
        self.wallet._credit(250, "correction", "fill", "Fill")
        meal = self.wallet._debit(60, "meal", "Lunch")
        dialog = self._finance_dialog(kind="refund", line_id=meal.id, reason="Not served")
        self.assertEqual(dialog.amount, 60)
        dialog.action_apply()
        self.assertEqual(meal.refund_ids.amount, 60)
        other = self.env["hostel.wallet"]._get(self.other_student)
        other._credit(100, "correction", "fill", "Fill")
        foreign = other._debit(60, "meal", "Lunch")
        dialog = self._finance_dialog(kind="refund", line_id=foreign.id, amount=1, reason="x")
        with self.assertRaises(HostelError) as caught:
            dialog.action_apply()
        self.assertEqual(caught.exception.code, "NOT_FOUND")

    # The statement

    def test_the_statement_adds_up(self):
        day = self._spend_yesterday()
        self.wallet._debit(100, "today", "Guest")
        statement = self.wallet._get_statement(self.today, self.today)
        self.assertEqual((statement["opening"], statement["closing"]), (900, 800))
        self.assertEqual(statement["lines"].mapped("key"), ["today"])
        whole = self.wallet._get_statement(day, self.today)
        self.assertEqual(whole["opening"], 0)
        self.assertEqual(sum(whole["lines"].mapped("amount")), 800)
