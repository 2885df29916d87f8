import hashlib
import json
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.hostel_billing.const import DEFAULT_FIELD_MAP, DEFAULT_STATUS_MAP
from odoo.addons.hostel_billing.tools import camu_payload
from odoo.addons.hostel_billing.tools.camu_payload import PayloadError

MESSAGE = {
    "eventId": "evt_1",
    "referenceNo": "HB-0A1B2C3D4E5F",
    "studentId": "CS22B014",
    "academicTerm": "2026-ODD",
    "feeHead": "Hostel fee",
    "amount": "42000.00",
    "currency": "INR",
    "paymentStatus": "SUCCESS",
    "paidOn": "2026-07-01T10:15:00+05:30",
    "receiptNo": "RC000001",
}


class TestCamuPayload(BaseCase):
    def _parse(self, message, field_map=DEFAULT_FIELD_MAP):
        raw = message if isinstance(message, bytes) else json.dumps(message).encode()
        return camu_payload.parse(raw, field_map, DEFAULT_STATUS_MAP)

    def _wrong_field(self, message, **kwargs):
        with self.assertRaises(PayloadError) as caught:
            self._parse(message, **kwargs)
        return caught.exception.field

    def test_message_becomes_the_internal_schema(self):
        event = self._parse(MESSAGE)
        self.assertEqual(event.status, "success")
        self.assertEqual(event.amount, Decimal("42000.00"))
        self.assertEqual(event.paid_at, datetime(2026, 7, 1, 4, 45, tzinfo=UTC))
        self.assertEqual((event.student_ref, event.term), ("CS22B014", "2026-ODD"))

    def test_required_fields_are_missed_by_name(self):
        for internal in ("event_id", "reference", "amount", "currency", "status"):
            for gone in ("", None, "   "):
                message = MESSAGE | {DEFAULT_FIELD_MAP[internal]: gone}
                self.assertEqual(self._wrong_field(message), internal)

    def test_success_needs_the_time_of_payment_and_failure_does_not(self):
        self.assertEqual(self._wrong_field(MESSAGE | {"paidOn": None}), "paid_at")
        failed = self._parse(MESSAGE | {"paidOn": None, "paymentStatus": "failed"})
        self.assertIsNone(failed.paid_at)

    def test_amounts_are_exact_or_refused(self):
        for written, amount in (("42000", "42000"), (42000, "42000"), (41999.99, "41999.99")):
            self.assertEqual(self._parse(MESSAGE | {"amount": written}).amount, Decimal(amount))
        for written in (
            "-1",
            "1e3",
            "NaN",
            "42,000",
            "1_000",
            "४२",
            "0x10",
            "1.005",
            True,
            [1],
            {},
        ):
            self.assertEqual(self._wrong_field(MESSAGE | {"amount": written}), "amount", written)
        for written in (b"NaN", b"Infinity", b"1e400", b"-0.01", b"1e999999999999999999999"):
            raw = json.dumps(MESSAGE).encode().replace(b'"42000.00"', written)
            self.assertIn(self._wrong_field(raw), ("amount", ""), written)

    def test_time_without_a_zone_means_nothing(self):
        for written in ("2026-07-01T10:15:00", "2026-07-01", "yesterday", True, 10**20, "1"):
            self.assertEqual(self._wrong_field(MESSAGE | {"paidOn": written}), "paid_at", written)
        event = self._parse(MESSAGE | {"paidOn": 1782881100})
        self.assertEqual(event.paid_at, datetime(2026, 7, 1, 4, 45, tzinfo=UTC))

    def test_texts_are_short_and_printable(self):
        for written in ("x" * 201, "a\x00b", "a\nb", ["x"], {"x": 1}, True, "\ud800"):
            self.assertEqual(self._wrong_field(MESSAGE | {"referenceNo": written}), "reference")

    def test_unknown_status_is_refused(self):
        self.assertEqual(self._wrong_field(MESSAGE | {"paymentStatus": "MAYBE"}), "status")

    def test_what_is_no_json_object_is_refused(self):
        for raw in (
            b"",
            b"[]",
            b"null",
            b"{",
            b"\xff\xfe{\x00}\x00",
            json.dumps(MESSAGE).encode("utf-16"),
            b'{"eventId": "a", "eventId": "b"}',
            b"[" * 100_000,
            b'{"a": %s}' % (b"9" * 5000),
        ):
            self.assertEqual(self._wrong_field(raw), "")

    def test_names_may_step_into_objects(self):
        field_map = DEFAULT_FIELD_MAP | {
            "amount": "payment.amount",
            "receipt_no": "payment.receipt",
        }
        message = {name: value for name, value in MESSAGE.items() if name != "amount"}
        event = self._parse(message | {"payment": {"amount": 5, "receipt": "R1"}}, field_map)
        self.assertEqual((event.amount, event.receipt_no), (Decimal(5), "R1"))
        self.assertEqual(self._wrong_field(message | {"payment": 5}, field_map=field_map), "amount")

    def test_field_that_this_camu_never_sends_is_not_checked(self):
        event = self._parse(MESSAGE, DEFAULT_FIELD_MAP | {"term": None})
        self.assertIsNone(event.term)
        self.assertEqual(self._parse(MESSAGE | {"academicTerm": ""}).term, "")

    def test_the_balance_is_an_amount_or_nothing(self):
        names = DEFAULT_FIELD_MAP | {"balance": "left"}
        for written, balance in (("0.00", 0), (0, 0), ("850.50", Decimal("850.50"))):
            self.assertEqual(self._parse(MESSAGE | {"left": written}, names).balance, balance)
        for written in (None, ""):
            self.assertIsNone(self._parse(MESSAGE | {"left": written}, names).balance)
        self.assertIsNone(self._parse(MESSAGE | {"left": "0"}).balance, "isn't mapped")
        for written in ("-1", "none", True):
            self.assertEqual(
                self._wrong_field(MESSAGE | {"left": written}, field_map=names), "balance"
            )

    def test_a_balance_is_in_the_fingerprint_and_its_lack_changes_none(self):
        names = DEFAULT_FIELD_MAP | {"balance": "left"}
        # Of a message that was stored before balances were known.
        facts = asdict(self._parse(MESSAGE)) | {"amount": "4.2E+4"}
        del facts["balance"]
        stored = json.dumps(facts, default=str, sort_keys=True).encode()
        self.assertEqual(
            self._parse(MESSAGE, names).fingerprint(), hashlib.sha256(stored).hexdigest()
        )
        one, same, other = (
            self._parse(MESSAGE | {"left": left}, names).fingerprint() for left in ("0", 0, "1")
        )
        self.assertEqual(one, same)
        self.assertNotEqual(one, other)
        self.assertNotEqual(one, self._parse(MESSAGE, names).fingerprint())

    def test_copies_share_a_fingerprint_and_others_do_not(self):
        one = self._parse(MESSAGE).fingerprint()
        copy = MESSAGE | {"amount": 42000, "paidOn": "2026-07-01T04:45:00Z"}
        self.assertEqual(self._parse(copy).fingerprint(), one)
        for change in ({"amount": "42001"}, {"paymentStatus": "FAILED"}, {"studentId": "X"}):
            self.assertNotEqual(self._parse(MESSAGE | change).fingerprint(), one)

    def test_maps_written_by_a_person_are_checked(self):
        self.assertEqual(camu_payload.check_field_map(DEFAULT_FIELD_MAP), DEFAULT_FIELD_MAP)
        for wrong in (
            [],
            {},
            DEFAULT_FIELD_MAP | {"colour": "c"},
            DEFAULT_FIELD_MAP | {"amount": None},
            DEFAULT_FIELD_MAP | {"amount": "a..b"},
            DEFAULT_FIELD_MAP | {"amount": 5},
            DEFAULT_FIELD_MAP | {"term": "feeHead"},
        ):
            with self.assertRaises(ValueError):
                camu_payload.check_field_map(wrong)
        self.assertEqual(camu_payload.check_status_map({"ok": "success"}), {"OK": "success"})
        for wrong in ({}, None, {"OK": "done"}, {"NO": "failed"}, {" ": "success"}):
            with self.assertRaises(ValueError):
                camu_payload.check_status_map(wrong)
