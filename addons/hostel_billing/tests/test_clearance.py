"""Where clearances come from, how certain they are, and how they end."""

import itertools
import json
from datetime import date, timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.tests.common import trap_jobs

from ..models.payment_provider import PaymentProvider
from ..tools.camu_signature import Signed
from .common import BillingCase


@tagged("post_install", "-at_install")
class TestClearance(BillingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Clearance = cls.env["hostel.clearance"]
        cls.env["ir.config_parameter"].set_param(
            "hostel_billing.clearance_fee_heads", "Tuition fee, Annual fee"
        )

    def assertRefused(self, code, method, *args, **kwargs):
        with self.assertRaises(HostelError) as caught:
            method(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)

    def _provisional(self, number="RC1", **vals):
        return self.Clearance._clear(
            self.student, self.term, "ocr", certainty="provisional", receipt_number=number, **vals
        )

    def _make_overdue(self, clearance):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE hostel_clearance SET create_date = now() - interval '73 hours' WHERE id = %s",
            [clearance.id],
        )
        clearance.invalidate_recordset()

    # By hand ------------------------------------------------------------

    def test_finance_clears_by_hand_with_a_reason(self):
        Clearance = self.Clearance.with_user(self.finance)
        vals = {"student_id": self.student.id, "term_id": self.term.id}
        self.assertRefused("REASON_REQUIRED", Clearance.create, vals)
        clearance = Clearance.create(vals | {"reason": "The bank pays in August"})
        self.assertEqual((clearance.source, clearance.certainty), ("manual", "confirmed"))

    def test_nobody_claims_another_origin(self):
        Clearance = self.Clearance.with_user(self.finance)
        vals = {"student_id": self.student.id, "term_id": self.term.id, "reason": "x"}
        for claim in ({"source": "ocr"}, {"source": "webhook"}, {"certainty": "provisional"}):
            self.assertRefused("SOURCE_NOT_YOURS", Clearance.create, vals | claim)
        clearance = Clearance.create(vals)
        for claim in ({"source": "webhook"}, {"certainty": "confirmed"}, {"receipt_number": "1"}):
            self.assertRefused("SOURCE_NOT_YOURS", clearance.write, claim)

    def test_finance_confirms_and_withdraws_and_wardens_do_not(self):
        self._create_allocation()
        clearance = self._provisional()
        for method in ("action_confirm", "action_withdraw"):
            arguments = ["x"] if method == "action_withdraw" else []
            self.assertRefused(
                "NOT_FINANCE", getattr(clearance.with_user(self.warden), method), *arguments
            )
        clearance.with_user(self.finance).action_confirm()
        self.assertEqual(clearance.certainty, "confirmed")
        self.assertEqual(clearance.confirmed_by, self.finance.name)
        for reason in ("", "  ", None, 7):
            self.assertRefused(
                "REASON_REQUIRED", clearance.with_user(self.finance).action_withdraw, reason
            )
        dialog = clearance.with_user(self.finance).action_open_withdraw()
        self.env["hostel.clearance.withdraw"].with_user(self.finance).with_context(
            **dialog["context"]
        ).create({"reason": "The cheque came back."}).action_withdraw()
        self.assertFalse(self.student._is_cleared(self.term))
        self.assertEqual(clearance.withdraw_reason, "The cheque came back.")
        told = self.env["mail.message"].search(
            [("partner_ids", "in", self.student.partner_id.ids)], limit=1, order="id desc"
        )
        self.assertIn("The cheque came back.", told.body)

    def test_wardens_clear_by_hand_and_change_nothing_of_it(self):
        self._create_allocation()
        vals = {"student_id": self.student.id, "term_id": self.term.id, "reason": "Loan"}
        clearance = self.Clearance.with_user(self.warden).create(vals)
        for change in (
            {"active": False},
            {"expiry_date": "2040-12-01"},
            {"student_id": self.other_student.id},
            {"term_id": self.term.id},
            {"source": "csv"},
        ):
            self.assertRefused("NOT_FINANCE", clearance.write, change)
        clearance.reference = "Letter 12"
        clearance.with_user(self.finance).write({"active": False})
        self.assertFalse(self.student._is_cleared(self.term))

    def test_nobody_writes_what_a_machine_knows(self):
        clearance = self._provisional().with_user(self.finance)
        for claim in (
            {"confirmed_at": fields.Datetime.now()},
            {"confirmed_by": "Camu"},
            {"reminded_at": fields.Datetime.now()},
            {"source": "manual"},
            {"withdraw_reason": "x"},
        ):
            self.assertRefused("SOURCE_NOT_YOURS", clearance.write, claim)

    # Camu ---------------------------------------------------------------

    def _dues(self, status="SUCCESS", **changes):
        message = {
            "eventId": f"dues-{status}", "referenceNo": "COLLEGE-77",
            "studentId": self.student.roll_number, "academicTerm": self.term.code,
            "feeHead": "tuition fee", "amount": "91000.00", "currency": "INR",
            "paymentStatus": status, "paidOn": "2026-06-30T23:40:00+05:30", "receiptNo": "RC77",
        } | changes  # fmt: skip
        entry = self._receive(message)
        entry._process()
        return entry

    def test_a_fee_that_the_college_named_clears(self):
        entry = self._dues()
        self.assertEqual(entry.state, "processed")
        clearance = self.student.clearance_ids
        self.assertEqual((clearance.source, clearance.certainty), ("webhook", "confirmed"))
        self.assertEqual((clearance.term_id, clearance.reference), (self.term, "RC77"))
        self._dues(eventId="again")
        self.assertEqual(len(self.student.clearance_ids), 1)

    def test_money_that_goes_back_takes_the_clearance_along(self):
        self._dues()
        self._dues("REFUNDED")
        self.assertFalse(self.student._is_cleared(self.term))

    def test_the_order_of_messages_changes_nothing(self):
        """Each story of messages in every order; the last value: whether it clears."""
        for name, story, clears in (
            ("gone", [("SUCCESS", "A"), ("REFUNDED", "A")], False),
            ("twice", [("SUCCESS", "A"), ("SUCCESS", "B"), ("REFUNDED", "A")], True),
            ("all gone", [(s, r) for s in ("SUCCESS", "REFUNDED") for r in "AB"], False),
            ("foreign", [("SUCCESS", "A"), ("REFUNDED", "B"), ("CANCELLED", "C")], True),
            ("dropped", [("SUCCESS", "A"), ("CANCELLED", "A")], True),
        ):
            for turn, messages in enumerate(itertools.permutations(story)):
                with self.subTest(story=name, messages=messages), self.cr.savepoint() as point:
                    for status, reference in messages:
                        self._dues(
                            status,
                            eventId=f"{name}-{turn}-{status}-{reference}",
                            referenceNo=reference,
                            receiptNo=f"RC-{reference}",
                        )
                    self.assertEqual(self.student._is_cleared(self.term), clears)
                    if name == "twice":
                        self.assertEqual(self.student.clearance_ids.reference, "RC-B")
                    point.rollback()
                    self.env.invalidate_all()

    def test_another_fee_of_the_college_stands_by_itself(self):
        self._dues(eventId="annual", referenceNo="B", feeHead="Annual fee")
        self._dues()
        self._dues("REFUNDED")
        self.assertTrue(self.student._is_cleared(self.term))

    def test_the_return_of_another_student_s_money_takes_nothing(self):
        self._dues()
        self._dues("REFUNDED", studentId=self.other_student.roll_number)
        self.assertTrue(self.student._is_cleared(self.term))

    def test_an_earlier_roll_number_is_the_student_s_too(self):
        old = self.student.roll_number
        self.student.roll_number = "TS-NEW-1"
        self._dues(studentId=old)
        self.assertTrue(self.student._is_cleared(self.term))
        self._dues("REFUNDED")
        self.assertFalse(self.student._is_cleared(self.term))

    def test_a_failed_payment_clears_nobody(self):
        for status in ("FAILED", "PENDING"):
            self._dues(status)
            self.assertFalse(self.student._is_cleared(self.term))

    def test_other_fees_and_unknown_students_wait_for_a_person(self):
        for changes, reason in (
            ({"feeHead": "Library fee"}, "UNKNOWN_REFERENCE"),
            ({"studentId": "NOBODY"}, "UNKNOWN_STUDENT"),
            ({"academicTerm": "T99"}, "WRONG_TERM"),
        ):
            entry = self._dues(eventId=f"dues-{reason}", **changes)
            with self.subTest(reason=reason):
                self.assertEqual((entry.state, entry.reason_code), ("quarantined", reason))
        self.assertFalse(self.student._is_cleared(self.term))

    def test_money_that_can_not_be_right_clears_nobody(self):
        for changes, reason in (
            ({"currency": "USD"}, "WRONG_CURRENCY"),
            ({"amount": "0.00"}, "WRONG_AMOUNT"),
            ({"paidOn": "2999-01-01T00:00:00+05:30"}, "FUTURE_PAYMENT"),
        ):
            entry = self._dues(eventId=f"dues-{reason}", **changes)
            with self.subTest(reason=reason):
                self.assertEqual((entry.state, entry.reason_code), ("quarantined", reason))
        self.assertFalse(self.student._is_cleared(self.term))

    def test_finance_is_told_of_dues_that_need_a_person(self):
        company = self.provider.company_id
        Event = self.env["hostel.camu.event"]
        Event.search(Event._get_waiting_domain(company)).sudo().write({"state": "processed"})
        with trap_jobs() as trap:
            self._dues(studentId="NOBODY")
            trap.assert_jobs_count(1, only=Event._warn_finance)

    def test_a_second_story_under_one_id_is_told(self):
        Event = self.env["hostel.camu.event"]
        self._dues()
        with trap_jobs() as trap:
            entry = self._receive(
                {
                    "eventId": "dues-SUCCESS", "referenceNo": "COLLEGE-77", "studentId": "X",
                    "academicTerm": self.term.code, "feeHead": "tuition fee", "amount": "1.00",
                    "currency": "INR", "paymentStatus": "SUCCESS",
                    "paidOn": "2026-06-30T23:40:00+05:30", "receiptNo": "RC77",
                }
            )  # fmt: skip
            trap.assert_jobs_count(1, only=Event._warn_finance)
        self.assertEqual(entry.reason_code, "EVENT_CONFLICT")

    def test_camu_is_asked_about_dues_that_came_too_late(self):
        message = {
            "eventId": "late", "referenceNo": "COLLEGE-77",
            "studentId": self.student.roll_number, "academicTerm": self.term.code,
            "feeHead": "tuition fee", "amount": "91000.00", "currency": "INR",
            "paymentStatus": "SUCCESS", "paidOn": "2026-06-30T23:40:00+05:30", "receiptNo": "RC77",
        }  # fmt: skip
        entry = self._receive(message, signed=Signed(1_700_000_000, stale=True))
        self.assertEqual((entry.state, entry.reason_code), ("quarantined", "STALE_SIGNATURE"))
        self.provider.camu_status_url = "https://camu.test/status"
        for said in (b"", json.dumps({"status": "unpaid", "event": None}).encode()):
            self.patch(PaymentProvider, "_camu_get_status", lambda *_a, said=said: (200, said))
            with trap_jobs() as trap:
                self.assertEqual(entry._ask_about_stale(), "quarantined")
                trap.assert_jobs_count(1, only=entry.browse()._warn_finance)
        answer = json.dumps({"status": "paid", "event": message}).encode()
        self.patch(PaymentProvider, "_camu_get_status", lambda *_a: (200, answer))
        self.assertEqual(entry._ask_about_stale(), "processed")
        self.assertTrue(self.student._is_cleared(self.term))

    def _tell_balances(self):
        """From now on Camu sends what is left to pay."""
        names = json.loads(self.provider.camu_field_map) | {"balance": "balance"}
        self.provider.camu_field_map = json.dumps(names)

    def test_where_camu_tells_the_balance_only_nothing_left_clears(self):
        self._tell_balances()
        part = self._dues(amount="1.00", balance="90999.00")
        self.assertEqual((part.state, part.owes, part.balance), ("processed", "something", 90999))
        self.assertFalse(self.student._is_cleared(self.term))
        rest = self._dues(eventId="rest", referenceNo="B", receiptNo="RC78", balance="0.00")
        self.assertEqual((rest.state, rest.owes), ("processed", "nothing"))
        self.assertEqual(self.student.clearance_ids.reference, "RC78")

    def test_a_message_that_lacks_the_balance_waits_for_a_person(self):
        self._tell_balances()
        entry = self._dues()
        self.assertEqual(
            (entry.state, entry.reason_code, entry.owes), ("quarantined", "NO_BALANCE", "unsaid")
        )
        self.assertFalse(self.student._is_cleared(self.term))

    def test_where_no_balance_is_told_paying_is_enough(self):
        entry = self._dues(amount="1.00", balance="90999.00")
        self.assertFalse(entry.owes)
        self.assertTrue(self.student._is_cleared(self.term))

    def test_of_an_order_of_ours_no_balance_is_asked(self):
        self._tell_balances()
        tx = self._create_tx(self._create_allocation())
        self.assertEqual(self._deliver(tx).state, "processed")
        self.assertEqual(tx.state, "done")

    def test_with_balances_too_the_order_of_messages_changes_nothing(self):
        """Messages as (status, reference, balance, hour); the last value: whether it clears."""
        self._tell_balances()
        for name, story, clears in (
            ("parts", [("SUCCESS", "A", 500, 10), ("SUCCESS", "B", 0, 11)], True),
            ("gone", [("SUCCESS", "A", 0, 10), ("REFUNDED", "A", 91000, 11)], False),
            # The money of the first part opens the whole again.
            (
                "part gone",
                [("SUCCESS", "A", 500, 10), ("SUCCESS", "B", 0, 11), ("REFUNDED", "A", 90500, 12)],
                False,
            ),
            (
                "paid again",
                [("SUCCESS", "A", 0, 10), ("REFUNDED", "A", 91000, 11), ("SUCCESS", "B", 0, 12)],
                True,
            ),
            # Paid too much: what goes back was not owed.
            ("too much", [("SUCCESS", "A", 0, 10), ("REFUNDED", "A", 0, 11)], True),
            ("unsaid", [("SUCCESS", "A", 0, 10), ("REFUNDED", "B", None, 11)], False),
        ):
            for turn, messages in enumerate(itertools.permutations(story)):
                with self.subTest(story=name, messages=messages), self.cr.savepoint() as point:
                    for status, reference, balance, hour in messages:
                        self._dues(
                            status,
                            eventId=f"{name}-{turn}-{status}-{reference}",
                            referenceNo=reference,
                            receiptNo=f"RC-{reference}",
                            balance=balance if balance is None else f"{balance}.00",
                            paidOn=f"2026-06-30T{hour}:00:00+05:30",
                        )
                    self.assertEqual(self.student._is_cleared(self.term), clears)
                    point.rollback()
                    self.env.invalidate_all()

    def test_a_payment_of_ours_confirms_a_receipt_with_its_number(self):
        tx = self._create_tx(self._create_allocation())
        clearance = self._provisional("RC000001")
        self._deliver(tx)
        self.assertEqual(clearance.certainty, "confirmed")
        self.assertTrue(clearance.confirmed_at)

    def test_a_message_that_says_that_something_is_owed_confirms_no_receipt(self):
        """Whether it comes before the receipt or after; finance is told at once."""
        self._tell_balances()
        for comes_first in (True, False):
            with self.subTest(first=comes_first), self.cr.savepoint() as point:
                if comes_first:
                    self._dues(amount="1.00", balance="90999.00")
                clearance = self._provisional("RC77")
                if comes_first:
                    self.assertFalse(clearance._confirm_from_inbox())
                else:
                    self._dues(amount="1.00", balance="90999.00")
                self.assertEqual(clearance.certainty, "provisional")
                self.assertIn("still owed", clearance.activity_ids.note)
                self._make_overdue(clearance)
                with self.enter_registry_test_mode():
                    cron = self.env.ref("hostel_billing.hostel_clearance_cron_remind")
                    cron.method_direct_trigger()
                self.assertEqual(clearance.certainty, "provisional")
                self.assertEqual(len(clearance.activity_ids), 1)
                self._dues(eventId="rest", referenceNo="B", receiptNo="RC78", balance="0.00")
                self.assertEqual(clearance.certainty, "confirmed", "the rest was paid")
                point.rollback()
                self.env.invalidate_all()

    def test_money_that_went_back_and_other_terms_confirm_nothing(self):
        self._dues(feeHead="Annual fee", receiptNo="RC77", academicTerm="T40-EVEN")
        self._dues(eventId="b", referenceNo="B", receiptNo="RC78")
        self._dues("REFUNDED", eventId="c", referenceNo="B", receiptNo="RC78")
        for number in ("RC77", "RC78"):
            with self.subTest(number=number), self.cr.savepoint() as point:
                self.assertFalse(self._provisional(number)._confirm_from_inbox())
                point.rollback()
                self.env.invalidate_all()

    def test_a_settlement_confirms_by_number_and_student(self):
        clearance = self._provisional("RC5")
        found = self.Clearance._confirm_by_receipt("rc-5", self.other_student)
        self.assertFalse(found)
        self.assertEqual(clearance.certainty, "provisional")
        for number in ("", None, "RC6"):
            self.assertFalse(self.Clearance._confirm_by_receipt(number))
        self.assertEqual(self.Clearance._confirm_by_receipt("rc-5", self.student), clearance)
        self.assertEqual(clearance.certainty, "confirmed")

    def test_a_confirmed_clearance_is_never_made_provisional(self):
        first = self.Clearance._clear(self.student, self.term, "manual")
        self.assertEqual(self._provisional(), first)
        self.assertEqual(first.certainty, "confirmed")

    def test_what_is_confirmed_takes_the_place_of_what_would_run_out(self):
        today = fields.Date.context_today(self.Clearance)
        for vals in ({"source": "manual"}, {"source": "ocr", "certainty": "provisional"}):
            with self.subTest(**vals), self.cr.savepoint() as point:
                clearance = self.Clearance._clear(
                    self.student, self.term, expiry_date=today, reference="Letter 12", **vals
                )
                self._dues()
                self.assertEqual(self.student.clearance_ids, clearance)
                self.assertFalse(clearance.expiry_date)
                self.assertEqual(
                    (clearance.source, clearance.reference, clearance.certainty),
                    ("webhook", "RC77", "confirmed"),
                )
                self._dues("REFUNDED")
                self.assertFalse(self.student._is_cleared(self.term))
                point.rollback()
                self.env.invalidate_all()

    def test_what_is_certain_and_does_not_end_stays_as_it_is(self):
        clearance = self.Clearance._clear(self.student, self.term, "manual", reference="Letter 12")
        self._dues()
        self.assertEqual((clearance.source, clearance.reference), ("manual", "Letter 12"))

    # Time ---------------------------------------------------------------

    def test_finance_is_told_once_of_what_stays_unconfirmed(self):
        early, late = self._provisional(), self.Clearance._clear(
            self.other_student, self.term, "ocr", certainty="provisional", receipt_number="RC2"
        )  # fmt: skip
        self._make_overdue(early)
        self.assertTrue(early.is_overdue)
        self.assertFalse(late.is_overdue)
        self.assertIn(early, self.Clearance.search([("is_overdue", "=", True)]))
        with self.enter_registry_test_mode():
            cron = self.env.ref("hostel_billing.hostel_clearance_cron_remind")
            cron.method_direct_trigger()
            cron.method_direct_trigger()
        self.assertEqual(len(early.activity_ids), 1)
        self.assertTrue(early.reminded_at)
        self.assertFalse(late.activity_ids)
        early._confirm("Settlement of 3 July")
        self.assertFalse(early.activity_ids)

    def test_only_what_was_told_counts_as_told(self):
        tx = self._create_tx(self._create_allocation())
        self._deliver(tx)
        found = self._provisional("RC000001")
        open_one = self.Clearance._clear(
            self.other_student, self.term, "ocr", certainty="provisional", receipt_number="RC2"
        )
        for clearance in (found, open_one):
            self._make_overdue(clearance)
        group = self.env.ref("hostel_base.group_hostel_finance")
        officers, cron = group.user_ids, self.env.ref("hostel_billing.hostel_clearance_cron_remind")
        with self.enter_registry_test_mode():
            group.user_ids = False
            cron.method_direct_trigger()
            self.assertFalse(open_one.reminded_at, "nobody was there")
            group.user_ids = officers
            cron.method_direct_trigger()
        self.assertEqual(found.certainty, "confirmed")
        self.assertFalse(found.reminded_at)
        self.assertTrue(open_one.reminded_at)
        self.assertEqual(len(open_one.activity_ids), 1)

    def test_a_message_that_came_before_the_receipt_confirms_it(self):
        tx = self._create_tx(self._create_allocation())
        self._deliver(tx)
        clearance = self._provisional("RC000001")
        self.assertTrue(clearance._confirm_from_inbox())
        self.assertEqual(clearance.certainty, "confirmed")

    def test_a_quarantined_message_confirms_nothing(self):
        tx = self._create_tx(self._create_allocation())
        self._deliver(tx, amount="1.00")
        self.assertFalse(self._provisional("RC000001")._confirm_from_inbox())

    def test_what_has_run_out_counts_no_more(self):
        today = fields.Date.context_today(self.Clearance)
        clearance = self.Clearance._clear(self.student, self.term, "manual", expiry_date=today)
        with self.enter_registry_test_mode():
            cron = self.env.ref("hostel_billing.hostel_clearance_cron_expire")
            cron.method_direct_trigger()
            self.assertTrue(clearance.active)
            clearance.expiry_date = today - timedelta(days=1)
            cron.method_direct_trigger()
        self.assertFalse(clearance.active)
        self.assertFalse(self.student._is_cleared(self.term))
        told = " ".join(clearance.message_ids.mapped("body"))
        self.assertIn(fields.Date.to_string(clearance.expiry_date), told)

    def test_an_old_date_is_no_expiry(self):
        clearance = self.Clearance._clear(self.student, self.term, "manual", date=date(2020, 1, 1))
        with self.enter_registry_test_mode():
            self.env.ref("hostel_billing.hostel_clearance_cron_expire").method_direct_trigger()
        self.assertTrue(clearance.active)
