import json
from datetime import timedelta
from unittest.mock import patch

import requests

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_billing.models.payment_provider import PaymentProvider
from odoo.addons.hostel_billing.tests.common import BillingCase


@tagged("post_install", "-at_install")
class TestUnpaid(BillingCase):
    """Camu is asked before a bed is given away."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider.camu_status_url = "https://camu.test/status"
        cls.row = cls._create_allocation()
        cls.row._checkout()
        cls.order = cls.row._get_order()
        cls._run_out(cls.row)

    @classmethod
    def _run_out(cls, row):
        row.hold_until = cls.env.cr.now() - timedelta(seconds=1)

    def _settle(self, answer, status=200):
        body = json.dumps(answer).encode()
        with patch.object(PaymentProvider, "_camu_get_status", lambda *_a: (status, body)):
            return self.row._settle_unpaid()

    def test_paid_meanwhile_counts_from_when_it_was_paid(self):
        answer = {"status": "paid", "event": self._message(self.order)}
        self.assertEqual(self._settle(answer), "awaiting_approval")
        self.assertEqual(str(self.row.paid_at), "2026-06-30 18:10:00")
        self.assertTrue(self.order.payment_id)

    def test_unpaid_frees_the_bed(self):
        self.assertEqual(self._settle({"status": "unpaid", "event": None}), "expired")

    def test_without_status_address_it_frees_the_bed(self):
        self.provider.camu_status_url = False
        self.assertEqual(self.row._settle_unpaid(), "expired")

    def test_pending_gets_more_time(self):
        answer = {"status": "pending", "event": self._message(self.order, "PENDING")}
        self.assertEqual(self._settle(answer), "paying")
        self.assertGreater(self.row.hold_until, self.env.cr.now())
        self.assertEqual(self.row.hold_extensions, 0, "only silence is counted")

    @mute_logger("odoo.addons.hostel_billing.models.payment_provider")
    def test_silence_is_waited_out_twice(self):
        states = []
        for _try in range(3):
            self._run_out(self.row)
            with patch.object(PaymentProvider, "_camu_get_status", side_effect=requests.Timeout):
                states.append(self.row._settle_unpaid())
        self.assertEqual(states, ["paying", "paying", "expired"])

    def test_pending_message_counts_where_camu_cannot_be_asked(self):
        self.provider.camu_status_url = False
        self._deliver(self.order, "PENDING")
        self.assertEqual(self.row._settle_unpaid(), "paying")
        limit = self.row.hold_started_at + timedelta(minutes=30)
        self.assertLessEqual(self.row.hold_until, limit)
        self.row.hold_started_at = self.env.cr.now() - timedelta(minutes=31)
        self._run_out(self.row)
        self.assertEqual(self.row._settle_unpaid(), "expired", "but not for ever")

    def test_letting_go_of_a_paid_bed_keeps_it(self):
        answer = json.dumps({"status": "paid", "event": self._message(self.order)}).encode()
        with patch.object(PaymentProvider, "_camu_get_status", lambda *_a: (200, answer)):
            self.assertFalse(self.row._let_go())
        self.assertEqual(self.row.state, "awaiting_approval")

    def test_letting_go_of_an_unpaid_bed(self):
        answer = json.dumps({"status": "unpaid", "event": None}).encode()
        with patch.object(PaymentProvider, "_camu_get_status", lambda *_a: (200, answer)):
            self.assertTrue(self.row._let_go())
        self.assertEqual(self.row.state, "cancelled")
