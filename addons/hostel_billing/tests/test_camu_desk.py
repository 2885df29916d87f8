from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from odoo.addons.hostel_base.errors import HostelError

from .common import BillingCase


@tagged("post_install", "-at_install")
class TestCamuDesk(BillingCase):
    """What finance does with messages that need a person, and where the money is afterwards."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.allocation = cls._create_allocation()
        cls.tx = cls._create_tx(cls.allocation)

    def _quarantine(self, **changes):
        entry = self._deliver(self.tx, eventId=changes.pop("eventId", "evt-odd"), **changes)
        self.assertEqual(entry.state, "quarantined")
        return entry.with_user(self.finance)

    def _bill(self):
        if self.allocation.state == "paying":
            self.allocation._transition("awaiting_approval")
        self.allocation._transition("allocated")
        return self.allocation._create_period_bill()

    def _get_receivable(self, tx):
        return tx.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    def _assert_refused(self, code, call, *args):
        with self.assertRaises(HostelError) as refusal:
            call(*args)
        self.assertEqual(refusal.exception.code, code)

    # Matching to an order

    def test_money_with_a_wrong_reference_pays_the_order_it_was_meant_for(self):
        entry = self._quarantine(referenceNo="TYPED-WRONGLY")
        entry.match_to_order(self.tx, "The student showed the receipt.")
        self.assertEqual((self.tx.state, self.tx.provider_reference), ("done", "RC000001"))
        self.assertEqual(self.tx.payment_id.amount, 42000)
        self.assertEqual(
            (entry.state, entry.resolution, entry.transaction_id),
            ("resolved", "matched", self.tx),
        )
        self.assertEqual(entry.resolved_by_id, self.finance)

    def test_orders_of_guardians_and_wallets_are_offered(self):
        bill = self._bill()
        guardian = self.guardian_user.partner_id
        for_bill = bill._get_camu_order(bill.amount_residual, guardian)
        top_up = self.env["hostel.wallet"]._get(self.student)._create_top_up(500, guardian)
        foreign = self._create_tx(
            self._create_allocation(student=self.other_student, bed=self.bed_b),
            partner_id=self.other_student.partner_id.id,
        )
        entry = self._quarantine(referenceNo="TYPED-WRONGLY", amount="500.00")
        orders = entry._get_candidate_orders(self.student)
        self.assertEqual(orders[:1], top_up, "the amount fits")
        self.assertIn(for_bill, orders)
        self.assertNotIn(foreign, orders)

    def test_a_wildcard_is_no_student(self):
        entry = self._quarantine(referenceNo="TYPED-WRONGLY", studentId="TS%")
        self.assertFalse(entry._guess_student())

    def test_more_than_was_asked_for_stays_as_an_advance(self):
        entry = self._quarantine(amount="43000.00")
        entry.match_to_order(self.tx, "Paid too much.")
        bill = self._bill()
        self.assertEqual(bill.payment_state, "paid")
        self.assertEqual(self._get_receivable(self.tx).amount_residual, -1000)

    def test_less_than_was_asked_for_pays_no_order(self):
        entry = self._quarantine(amount="41999.00")
        self._assert_refused("INVALID_PAYMENT_AMOUNT", entry.match_to_order, self.tx, "x")
        self.assertEqual((self.tx.state, entry.state), ("draft", "quarantined"))

    def test_paid_order_takes_no_second_payment(self):
        self._deliver(self.tx)
        entry = self._quarantine(receiptNo="RC000002")
        self.assertEqual(entry.reason_code, "SECOND_PAYMENT")
        self._assert_refused("ORDER_NOT_OPEN", entry.match_to_order, self.tx, "x")

    def test_receipt_is_booked_once_whatever_the_reference(self):
        self._deliver(self.tx)
        entry = self._quarantine(referenceNo="TYPED-WRONGLY")
        for call in (entry.match_to_student, entry.take_for_refund):
            self._assert_refused("RECEIPT_USED", call, self.student, self.student)

    def test_what_is_no_money_is_not_booked(self):
        entry = self._deliver(self.tx, "FAILED", referenceNo="X-1").with_user(self.finance)
        self._assert_refused("NO_MONEY", entry.match_to_student, self.student, "x")
        foreign = self._quarantine(currency="USD")
        self._assert_refused("WRONG_CURRENCY", foreign.match_to_student, self.student, "x")

    # Matching to a student

    def test_money_on_an_account_pays_the_oldest_bill_and_stays(self):
        bill = self._bill()
        entry = self._quarantine(referenceNo="COUNTER-7", amount="50000.00")
        tx = entry.match_to_student(self.student, "Paid at the counter.")
        self.assertEqual(bill.payment_state, "paid")
        self.assertEqual(self._get_receivable(tx).amount_residual, -8000)
        self.assertEqual(tx.payment_id.partner_id, self.student.partner_id)
        self.assertEqual(entry.state, "resolved")

    def test_short_money_leaves_the_bill_partly_open(self):
        bill = self._bill()
        entry = self._quarantine(referenceNo="COUNTER-7", amount="40000.00")
        entry.match_to_student(self.student, "Paid at the counter.")
        self.assertEqual((bill.payment_state, bill.amount_residual), ("partial", 2000))

    def test_late_copy_of_a_matched_message_books_nothing_more(self):
        entry = self._quarantine(referenceNo="COUNTER-7")
        entry.match_to_student(self.student, "Paid at the counter.")
        before = self.env["account.payment"].search_count([])
        self._deliver(self.tx, eventId="evt-odd", referenceNo="COUNTER-7")
        again = self._deliver(self.tx, eventId="evt-other-id", referenceNo="COUNTER-7")
        self.assertEqual(self.env["account.payment"].search_count([]), before)
        self._assert_refused(
            "RECEIPT_USED", again.with_user(self.finance).match_to_student, self.student, "x"
        )

    # Refunds

    def test_money_of_nobody_is_in_the_books_until_it_went_back(self):
        entry = self._quarantine(referenceNo="STRANGER", studentId="")
        tx = entry.take_for_refund("Nobody knows the payer.")
        unknown = self.env.ref("hostel_billing.partner_unknown_payer")
        self.assertEqual(tx.payment_id.partner_id, unknown)
        self.assertEqual((tx.hostel_refund_state, entry.resolution), ("due", "refund"))
        refund = tx.hostel_refund_ids
        self.assertEqual((refund.state, refund.kind), ("due", "unasked"))
        Dialog = self.env["hostel.refund.book"].with_user(self.finance)
        dialog = Dialog.create({"refund_ids": refund.ids, "reference": "UTR 77"})
        self._assert_refused("INVALID_TRANSITION", dialog.action_book)
        refund.action_approve()
        self.assertEqual(dialog.amount, 42000)
        dialog.action_book()
        self.assertEqual(tx.hostel_refund_state, "done")
        self.assertEqual(tx.hostel_refund_payment_id.amount, 42000)
        self.assertTrue(self._get_receivable(tx).reconciled)
        self._assert_refused("REFUND_DONE", tx._hostel_book_refund)

    def test_money_that_pays_a_bill_does_not_go_back(self):
        self._deliver(self.tx)
        self._bill()
        self._assert_refused("MONEY_APPLIED", self.tx._hostel_book_refund)

    def test_what_camu_sent_back_ends_the_refund(self):
        self._deliver(self.tx)
        self.allocation._transition("cancelled")
        self.allocation._transition("unplaced")
        self.allocation._transition("refund_due")
        entry = self._deliver(self.tx, "REFUNDED", eventId="evt-back").with_user(self.finance)
        self.assertEqual(entry.reason_code, "REFUND_NOTICE")
        entry.book_returned("Camu returned it by itself.")
        self.assertEqual(self.tx.hostel_refund_state, "done")
        self.assertEqual(self.allocation.state, "refunded")

    def test_part_of_a_payment_that_came_back_is_left_to_a_person(self):
        self._deliver(self.tx)
        entry = self._deliver(self.tx, "REFUNDED", eventId="evt-back", amount="1000.00")
        entry = entry.with_user(self.finance)
        self._assert_refused("INVALID_PAYMENT_AMOUNT", entry.book_returned, "x")

    def _fill_wallet(self, amount):
        """A top-up that Camu then sends back.

        :return: (wallet, order, the message)
        """
        wallet = self.env["hostel.wallet"]._get(self.student)
        order = wallet._create_top_up(amount, self.guardian_user.partner_id)
        self._deliver(order, feeHead="Hostel wallet")
        self.assertEqual(wallet.balance, amount)
        entry = self._deliver(order, "REFUNDED", eventId="evt-back", feeHead="Hostel wallet")
        self.assertEqual(entry.reason_code, "REFUND_NOTICE")
        return wallet, order, entry.with_user(self.finance)

    def test_a_top_up_that_camu_sent_back_leaves_the_wallet(self):
        wallet, order, entry = self._fill_wallet(2000)
        entry.book_returned("Camu returned it by itself.")
        line = wallet.line_ids[0]
        self.assertEqual((line.kind, line.amount, wallet.balance), ("correction", -2000, 0))
        self.assertIn(order.reference, line.reason)
        account, _journal = self.company._get_hostel_wallet_books()
        books = wallet.line_ids.move_id.line_ids.filtered(lambda one: one.account_id == account)
        self.assertEqual(sum(books.mapped("balance")), 0)
        self.assertEqual((order.hostel_refund_state, entry.state), ("done", "resolved"))
        self.assertTrue(self._get_receivable(order).reconciled)
        self._assert_refused("REFUND_DONE", order._hostel_book_refund)
        self.assertFalse(order.payment_id._find_wallet_line(), "it left once")

    def test_a_top_up_that_was_spent_is_not_taken_back(self):
        wallet, order, entry = self._fill_wallet(2000)
        wallet._debit(1, "tea", "Tea")
        with self.assertRaises(HostelError) as refusal, self.env.cr.savepoint():
            entry.book_returned("Camu returned it by itself.")
        self.assertEqual(refusal.exception.code, "INSUFFICIENT_BALANCE")
        self.assertIn("1,999", str(refusal.exception))
        self.assertEqual((wallet.balance, entry.state), (1999, "quarantined"))
        self.assertFalse(order.hostel_refund_state)

    # The dialog

    def test_dialog_proposes_what_fits(self):
        entry = self._quarantine(referenceNo="TYPED-WRONGLY")
        Dialog = self.env["hostel.camu.event.resolve"].with_user(self.finance)
        with Form(Dialog.with_context(default_entry_ids=entry.ids)) as form:
            self.assertEqual((form.action, form.student_id), ("order", self.student))
            self.assertEqual(form.order_id, self.tx)
            self.assertIn("waits for the warden", form.preview)
            form.action = "student"
            self.assertIn("stay as an advance", form.preview)
            form.note = "The student showed the receipt."
        form.record.action_resolve()
        self.assertEqual(entry.state, "resolved")
        self.assertEqual(self.tx.state, "draft")

    def test_ignoring_needs_a_reason(self):
        entry = self._quarantine(amount="1.00")
        Dialog = self.env["hostel.camu.event.resolve"].with_user(self.finance)
        dialog = Dialog.create({"entry_ids": entry.ids, "action": "ignore"})
        self._assert_refused("INCOMPLETE", dialog.action_resolve)
        dialog.ignore_reason = "other"
        self._assert_refused("INCOMPLETE", dialog.action_resolve)
        dialog.note = "A test of the bank."
        dialog.action_resolve()
        self.assertEqual(entry.resolution, "ignored")
        self.assertIn("A test of the bank.", entry.note)
        self._assert_refused("NOT_QUARANTINED", entry.match_to_student, self.student, "x")

    def test_several_are_matched_one_at_a_time(self):
        entries = self._quarantine(amount="1.00") | self._quarantine(amount="2.00", eventId="e2")
        Dialog = self.env["hostel.camu.event.resolve"].with_user(self.finance)
        vals = {"entry_ids": entries.ids, "action": "student", "student_id": self.student.id}
        dialog = Dialog.create(vals | {"note": "x"})
        self._assert_refused("ONE_AT_A_TIME", dialog.action_resolve)

    def test_only_finance_decides(self):
        entry = self._quarantine(amount="1.00")
        for user in (self.warden, self.student_user):
            with self.assertRaises(AccessError):
                entry.with_user(user).match_to_student(self.student, "x")
            with self.assertRaises(AccessError):
                entry.with_user(user).action_replay()
            self.assertFalse(
                self.env["hostel.refund.book"].with_user(user).has_access("create"), user.login
            )

    # Replay

    def test_replay_changes_the_books_no_second_time(self):
        entry = self._deliver(self.tx)
        ledger = self._get_ledger(self.tx)
        entry.with_user(self.finance).action_replay()
        self.assertEqual(entry.state, "received")
        entry._process()
        self.assertEqual(entry.state, "processed")
        self.assertEqual(self._get_ledger(self.tx), ledger)

    def test_replay_mends_what_was_mended_here(self):
        entry = self._quarantine(academicTerm="T40-NEW")
        self.term.code = "T40-NEW"
        entry.action_replay()
        entry._process()
        self.assertEqual((entry.state, self.tx.state), ("processed", "done"))

    def test_resolved_messages_are_not_replayed(self):
        entry = self._quarantine(amount="1.00")
        entry.resolve("No money.")
        self._assert_refused("NOTHING_TO_REPLAY", entry.action_replay)

    # Telling finance

    def test_one_activity_stands_until_nothing_waits(self):
        self.env["hostel.camu.event"].search([("state", "=", "quarantined")]).sudo().resolve("x")
        first = self._quarantine(amount="1.00").sudo()
        second = self._quarantine(amount="2.00", eventId="evt-2").sudo()
        self._warn()
        self._warn()
        self.assertEqual((len(first.activity_ids), len(second.activity_ids)), (1, 0))
        group = self.env.ref("hostel_base.group_hostel_finance")
        self.assertIn(first.activity_ids.user_id, group.all_user_ids)
        first.resolve("No money.")
        self._warn()
        self.assertEqual((len(first.activity_ids), len(second.activity_ids)), (0, 1))
        second.resolve("No money.")
        self._warn()
        self.assertFalse(second.activity_ids)

    def test_warning_waits_in_a_job_of_its_own(self):
        """Two jobs that quarantine at once must not fail over whom to tell."""
        self.env["queue.job"].search([("method_name", "=", "_warn_finance")]).unlink()
        for number in range(3):
            self._quarantine(amount="1.00", eventId=f"evt-{number}")
        jobs = self.env["queue.job"].search([("method_name", "=", "_warn_finance")])
        self.assertEqual(len(jobs), 1)

    def _warn(self):
        self.env["hostel.camu.event"]._warn_finance(self.company)

    # Retention

    def test_old_messages_go_and_the_books_stay(self):
        entry = self._deliver(self.tx)
        waiting = self._quarantine(amount="1.00").sudo()
        self.env.cr.execute(
            "UPDATE hostel_camu_event SET create_date = now() - interval '20 months'"
            " WHERE id IN %s",
            [tuple((entry | waiting).ids)],
        )
        self.env.invalidate_all()
        Retention = self.env["hostel.retention"]
        policies = {policy.code: policy for policy in Retention._get_policies()}
        Retention._apply(policies["camu_raw"], 1000)
        self.assertFalse(entry.raw_payload)
        self.assertTrue(waiting.raw_payload, "what needs a person stays whole")
        self.env.cr.execute(
            "UPDATE hostel_camu_event SET create_date = now() - interval '40 months'"
            " WHERE id IN %s",
            [tuple((entry | waiting).ids)],
        )
        Retention._apply(policies["camu_events"], 1000)
        self.assertFalse(entry.exists())
        self.assertTrue(waiting.exists() and self.tx.payment_id)
        late = self._deliver(self.tx)
        self.assertEqual(late.state, "processed", "a copy of what went is no second payment")
        self.assertEqual(len(self._get_ledger(self.tx)["payments"]), 1)

    def test_zero_months_keep_everything(self):
        self.env["ir.config_parameter"].set_param("hostel_billing.keep_camu", "0")
        Retention = self.env["hostel.retention"]
        [policy] = [p for p in Retention._get_policies() if p.code == "camu_events"]
        self.assertIsNone(Retention._get_moment(policy))
