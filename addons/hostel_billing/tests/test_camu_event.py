import random
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.exception import RetryableJobError

from ..tools.camu_signature import Signed
from .common import BillingCase


@tagged("post_install", "-at_install")
class TestCamuEvent(BillingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.allocation = cls._create_allocation()
        cls.tx = cls._create_tx(cls.allocation)

    def _assert_quarantined(self, entry, reason):
        self.assertEqual((entry.state, entry.reason_code), ("quarantined", reason))
        self.assertEqual(self.tx.state, "draft")
        self.assertFalse(self.tx.payment_id)

    # Success

    def test_success_posts_the_payment_as_an_advance(self):
        entry = self._deliver(self.tx)
        self.assertEqual(entry.state, "processed")
        self.assertEqual((self.tx.state, self.tx.provider_reference), ("done", "RC000001"))
        payment = self.tx.payment_id
        self.assertEqual(payment.amount, 42000)
        self.assertEqual(payment.partner_id, self.student.partner_id)
        receivable = payment.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.assertEqual(receivable.amount_residual, -42000, "it waits for the bill")

    def test_payment_is_dated_on_the_indian_day(self):
        self._deliver(self.tx, paidOn="2026-06-30T20:00:00Z")
        self.assertEqual(str(self.tx.payment_id.date), "2026-07-01")

    def test_processing_again_changes_nothing(self):
        entry = self._deliver(self.tx)
        ledger = self._get_ledger(self.tx)
        entry._process()
        self.tx._post_process()
        self._deliver(self.tx)
        self.assertEqual(self._get_ledger(self.tx), ledger)

    def test_messages_in_any_order_end_in_one_ledger(self):
        """20 messages, copies and all, shuffled: the books are the same each time."""
        ledgers = []
        for seed in range(5):
            with self.env.cr.savepoint() as savepoint:
                self._shuffled_history(random.Random(seed))
                ledgers.append(self._get_ledger(self.tx))
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual(ledgers[0]["state"], "done")
        self.assertEqual(len(ledgers[0]["payments"]), 1)
        for ledger in ledgers[1:]:
            self.assertEqual(ledger, ledgers[0])

    def _shuffled_history(self, chance):
        statuses = ["PENDING", "FAILED", "CANCELLED", "SUCCESS"]
        messages = [self._message(self.tx, status) for status in statuses] * 5
        chance.shuffle(messages)
        for message in messages:
            self._receive(message)._process()

    # What stays behind

    def test_failure_after_success_is_ignored(self):
        self._deliver(self.tx)
        entry = self._deliver(self.tx, "FAILED")
        self.assertEqual((entry.state, self.tx.state), ("processed", "done"))

    def test_success_after_cancellation_counts(self):
        self._deliver(self.tx, "CANCELLED")
        self.assertEqual(self.tx.state, "cancel")
        self._deliver(self.tx)
        self.assertEqual(self.tx.state, "done")

    # Quarantine

    def test_wrong_facts_are_quarantined(self):
        wrong = [
            ("WRONG_AMOUNT", {"amount": "41999.00"}),
            ("WRONG_AMOUNT", {"amount": "42000.01"}),
            ("WRONG_CURRENCY", {"currency": "USD"}),
            ("WRONG_TERM", {"academicTerm": "T40-EVEN"}),
            ("WRONG_TERM", {"academicTerm": ""}),
            ("WRONG_FEE_HEAD", {"feeHead": "Tuition"}),
            ("WRONG_STUDENT", {"studentId": "TS002"}),
            ("UNKNOWN_STUDENT", {"studentId": "NOBODY"}),
            ("UNKNOWN_STUDENT", {"studentId": ""}),
            ("UNKNOWN_REFERENCE", {"referenceNo": "HB-NOT-THERE"}),
            ("FUTURE_PAYMENT", {"paidOn": "2999-01-01T00:00:00Z"}),
            ("REFUND_NOTICE", {"paymentStatus": "REFUNDED"}),
        ]
        for number, (reason, change) in enumerate(wrong):
            entry = self._deliver(self.tx, eventId=f"wrong-{number}", **change)
            self._assert_quarantined(entry, reason)

    def test_student_number_and_term_are_compared_without_case(self):
        entry = self._deliver(self.tx, studentId="ts001", academicTerm="t40-odd")
        self.assertEqual(entry.state, "processed")

    def test_without_receipts_another_time_of_payment_is_a_second_payment(self):
        self._deliver(self.tx, receiptNo="")
        copy = self._deliver(self.tx, eventId="evt-copy", receiptNo="")
        self.assertEqual(copy.state, "processed")
        later = {"eventId": "evt-later", "receiptNo": "", "paidOn": "2026-06-30T19:40:00Z"}
        again = self._deliver(self.tx, **later)
        self.assertEqual((again.state, again.reason_code), ("quarantined", "SECOND_PAYMENT"))

    def test_second_receipt_for_one_order_is_quarantined(self):
        self._deliver(self.tx)
        again = self._deliver(self.tx, eventId="evt-again", receiptNo="RC000002")
        self.assertEqual((again.state, again.reason_code), ("quarantined", "SECOND_PAYMENT"))
        self.assertEqual(self.tx.provider_reference, "RC000001")

    def test_used_id_with_other_facts_is_kept_for_a_person(self):
        self._deliver(self.tx, "PENDING", eventId="evt-1")
        entry = self._receive(self._message(self.tx, eventId="evt-1"))
        self.assertEqual((entry.state, entry.reason_code), ("quarantined", "EVENT_CONFLICT"))
        copy = self._receive(self._message(self.tx, eventId="evt-1"))
        self.assertEqual(copy, entry, "its copies are not stored again")

    def test_unsent_field_is_not_compared(self):
        self.provider.camu_field_map = self.provider.camu_field_map.replace(
            '"academicTerm"', "null"
        )
        self.assertEqual(self._deliver(self.tx, academicTerm=None).state, "processed")

    # Concurrency

    def test_row_in_other_hands_is_tried_later(self):
        entry = self._receive(self._message(self.tx))
        with (
            patch.object(type(entry), "try_lock_for_update", lambda self, **_kw: self.browse()),
            self.assertRaises(RetryableJobError),
        ):
            entry._process()
        self.assertEqual(entry.state, "received")

    def test_lost_job_is_made_again(self):
        entry = self._receive(self._message(self.tx))
        domain = [("identity_key", "=", f"hostel_billing.camu_event:{entry.id}")]
        self.env["queue.job"].search(domain).unlink()
        self.env["hostel.camu.event"]._cron_process_forgotten()
        self.assertFalse(self.env["queue.job"].search_count(domain), "not before its time")
        old = self.env.cr.now() - timedelta(minutes=6)
        self.env.cr.execute(
            "UPDATE hostel_camu_event SET create_date = %s WHERE id = %s", [old, entry.id]
        )
        for _again in range(2):
            self.env["hostel.camu.event"]._cron_process_forgotten()
        self.assertEqual(self.env["queue.job"].search_count(domain), 1)

    def test_unique_index_is_really_there(self):
        self.env.cr.execute(
            "SELECT 1 FROM pg_constraint WHERE conname = 'hostel_camu_event_event_once'"
        )
        self.assertTrue(self.env.cr.fetchone())

    # People

    def test_finance_checks_again_after_mending(self):
        entry = self._deliver(self.tx, academicTerm="T40-EVEN")
        self.term.code = "T40-EVEN"
        entry.with_user(self.finance).action_retry()
        self.assertEqual(entry.state, "received")
        entry._process()
        self.assertEqual((entry.state, self.tx.state), ("processed", "done"))

    def test_finance_resolves_with_a_note(self):
        entry = self._deliver(self.tx, amount="1.00")
        action = entry.with_user(self.finance).action_open_resolve()
        wizard = (
            self.env["hostel.camu.event.resolve"]
            .with_user(self.finance)
            .with_context(**action["context"])
            .create({"action": "ignore", "ignore_reason": "by_hand", "note": "Entry 17."})
        )
        wizard.action_resolve()
        self.assertEqual(entry.state, "resolved")
        self.assertEqual(entry.note, "Booked by hand in Invoicing: Entry 17.")
        self.assertEqual(entry.resolved_by_id, self.finance)

    def test_settled_messages_are_left_alone(self):
        entry = self._deliver(self.tx)
        for call in (entry.action_retry, entry.action_open_resolve, lambda: entry.resolve("x")):
            with self.assertRaises(HostelError) as caught:
                call()
            self.assertEqual(caught.exception.code, "NOT_QUARANTINED")

    def test_nobody_edits_a_message(self):
        entry = self._deliver(self.tx, amount="1.00")
        for vals in ({"amount": 42000}, {"state": "processed"}, {"note": "x"}):
            with self.assertRaises(AccessError):
                entry.with_user(self.finance).write(vals)

    def test_stale_message_without_status_address_waits(self):
        entry = self._receive(self._message(self.tx), signed=Signed(1_700_000_000, stale=True))
        self.assertEqual(entry._ask_about_stale(), "quarantined")
        self._assert_quarantined(entry, "STALE_SIGNATURE")

    @mute_logger("odoo.sql_db")
    def test_failing_books_leave_the_message_for_later(self):
        entry = self._receive(self._message(self.tx))
        with (
            patch.object(type(self.tx), "_create_payment", side_effect=ValueError("books closed")),
            self.assertRaises(ValueError),
            self.env.cr.savepoint(),
        ):
            entry._process()
        self.assertEqual((entry.state, self.tx.state), ("received", "draft"))
