import json
from unittest.mock import patch

import requests

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.payment_provider import PaymentProvider
from ..tools.camu_signature import Signed
from .common import BillingCase

PROVIDER_LOG = "odoo.addons.hostel_billing.models.payment_provider"


@tagged("post_install", "-at_install")
class TestCamuStatus(BillingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider.camu_status_url = "https://camu.test/status"
        cls.allocation = cls._create_allocation()
        cls.tx = cls._create_tx(cls.allocation)

    def _ask(self, answer, status=200):
        """Ask while Camu answers what the test says."""
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        with patch.object(PaymentProvider, "_camu_get_status", lambda *_a: (status, body)):
            return self.tx._camu_ask_status()

    def test_paid_is_booked_at_once(self):
        answer = {"status": "paid", "event": self._message(self.tx)}
        self.assertEqual(self._ask(answer), "paid")
        self.assertEqual(self.tx.state, "done")
        self.assertTrue(self.tx.payment_id)

    def test_webhook_after_the_answer_changes_nothing(self):
        self._ask({"status": "paid", "event": self._message(self.tx)})
        ledger = self._get_ledger(self.tx)
        entry = self._deliver(self.tx)
        self.assertEqual(entry.source, "status", "it is a copy")
        self.assertEqual(self._get_ledger(self.tx), ledger)

    def test_event_without_an_envelope_is_read_too(self):
        self.assertEqual(self._ask(self._message(self.tx)), "paid")

    def test_other_words(self):
        self.assertEqual(self._ask({"status": "unpaid", "event": None}), "unpaid")
        pending = {"status": "pending", "event": self._message(self.tx, "PENDING")}
        self.assertEqual(self._ask(pending), "pending")
        self.assertEqual(self.tx.state, "pending")
        failed = {"status": "unpaid", "event": self._message(self.tx, "FAILED")}
        self.assertEqual(self._ask(failed), "unpaid")

    @mute_logger(PROVIDER_LOG)
    def test_answers_that_prove_nothing(self):
        other = self._message(self.tx, referenceNo="HB-OTHER")
        for answer in (b"<html>", b"[]", {"status": "paid", "event": None}, {}, {"event": other}):
            self.assertEqual(self._ask(answer), "unknown", answer)
        self.assertEqual(self.tx.state, "draft")

    def test_wrong_amount_is_not_paid(self):
        answer = {"status": "paid", "event": self._message(self.tx, amount="1.00")}
        self.assertEqual(self._ask(answer), "unknown")
        entry = self.env["hostel.camu.event"].search([("reference", "=", self.tx.reference)])
        self.assertEqual(entry.reason_code, "WRONG_AMOUNT")

    @mute_logger(PROVIDER_LOG)
    def test_http_statuses(self):
        self.assertEqual(self._ask(b"", 404), "unpaid")
        self.assertEqual(self._ask(b"", 401), "unknown")
        self.assertEqual(self._ask(b"", 302), "unknown")
        for status in (500, 503, 429):
            self.assertEqual(self._ask(b"", status), "unreachable")

    @mute_logger(PROVIDER_LOG)
    def test_silence_is_unreachable(self):
        for error in (requests.ConnectionError, requests.Timeout):
            with patch.object(PaymentProvider, "_camu_get_status", side_effect=error):
                self.assertEqual(self.tx._camu_ask_status(), "unreachable")

    def test_no_address_means_unpaid(self):
        self.provider.camu_status_url = False
        self.assertEqual(self.tx._camu_ask_status(), "unpaid")

    def test_camu_confirms_a_stale_message(self):
        message = self._message(self.tx)
        entry = self._receive(message, signed=Signed(1_700_000_000, stale=True))
        answer = json.dumps({"status": "paid", "event": message}).encode()
        with patch.object(PaymentProvider, "_camu_get_status", lambda *_a: (200, answer)):
            self.assertEqual(entry._ask_about_stale(), "processed")
        self.assertEqual(self.tx.state, "done")

    def test_books_that_refuse_keep_the_bed(self):
        answer = {"status": "paid", "event": self._message(self.tx)}
        from odoo.exceptions import UserError

        with patch.object(type(self.tx), "_create_payment", side_effect=UserError("closed year")):
            self.assertEqual(self._ask(answer), "confirmed")
        entry = self.env["hostel.camu.event"].search([("reference", "=", self.tx.reference)])
        self.assertEqual((entry.state, self.tx.state), ("received", "draft"))
