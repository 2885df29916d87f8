import json
from datetime import UTC, timedelta

from odoo.tests import HttpCase, tagged

from odoo.addons.hostel_billing.controllers.meter import (
    DEVICE_BUCKETS,
    STRANGER_BUCKETS,
    MeterPush,
)

from .common import BillingMixin
from .test_meter import MeterMixin


@tagged("post_install", "-at_install")
class TestMeterPush(MeterMixin, BillingMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = cls.meter._make_key()

    def setUp(self):
        super().setUp()
        DEVICE_BUCKETS.clear()
        STRANGER_BUCKETS.clear()
        self.addCleanup(DEVICE_BUCKETS.clear)
        self.addCleanup(STRANGER_BUCKETS.clear)

    def _moment(self, day=0):
        return (self.start + timedelta(days=day)).replace(tzinfo=UTC).isoformat()

    def _push(self, body=None, serial="M-214", key=None, **changes):
        message = {"id": "1", "taken_at": self._moment(), "reading": "1234.5"} | changes
        return self.url_open(
            MeterPush.READING_ROUTE,
            data=json.dumps(message) if body is None else body,
            headers={
                "Content-Type": "application/json",
                "X-Meter-Serial": serial,
                "Authorization": f"Bearer {self.key if key is None else key}",
            },
        )

    def test_a_meter_sends_its_counter(self):
        response = self._push()
        self.assertEqual(response.status_code, 200, response.text)
        answer = response.json()
        self.assertEqual((answer["duplicate"], answer["state"]), (False, "ok"))
        reading = self.meter.reading_ids
        self.assertEqual((reading.value, reading.source, reading.message), (1234.5, "device", "1"))
        self.assertTrue(self.meter.seen_at)
        self.assertNotIn("Set-Cookie", response.headers)

    def test_a_repeated_message_is_answered_like_the_first(self):
        first = self._push().json()
        again = self._push().json()
        self.assertEqual((again["reading"], again["duplicate"]), (first["reading"], True))
        self.assertEqual(len(self.meter.reading_ids), 1)

    def test_numbers_may_be_numbers(self):
        self.assertEqual(self._push(reading=1234.5, id=7).status_code, 200)
        self.assertEqual(self.meter.reading_ids.message, "7")

    def test_the_same_id_with_another_counter_is_a_conflict(self):
        self._push()
        response = self._push(reading="1300")
        self.assertEqual((response.status_code, response.json()["code"]), (409, "READING_CONFLICT"))
        self.assertEqual(self.meter.reading_ids.value, 1234.5)

    def test_strangers_are_refused_alike(self):
        answers = [
            self._push(key="wrong"),
            self._push(serial="M-999"),
            self._push(serial=""),
            self._push(key=""),
        ]
        self.assertEqual({one.status_code for one in answers}, {401})
        self.assertEqual({one.text for one in answers}, {answers[0].text})
        self.assertEqual(answers[0].json()["code"], "UNKNOWN_DEVICE")
        self.assertFalse(self.meter.reading_ids)

    def test_what_is_no_reading_is_refused_with_a_code(self):
        for changes, status, code in [
            ({"reading": "12x"}, 422, "READING_INVALID"),
            ({"reading": -1}, 422, "READING_INVALID"),
            ({"reading": None}, 422, "READING_INVALID"),
            ({"reading": True}, 422, "READING_INVALID"),
            ({"reading": {"a": 1}}, 422, "READING_INVALID"),
            ({"taken_at": "2026-07-01T00:00:00"}, 400, "BAD_REQUEST"),
            ({"taken_at": 5}, 400, "BAD_REQUEST"),
            ({"taken_at": "0001-01-01T00:00:00+14:00"}, 400, "BAD_REQUEST"),
            ({"taken_at": "2999-01-01T00:00:00+00:00"}, 422, "READING_IN_FUTURE"),
            ({"taken_at": "2001-01-01T00:00:00+00:00"}, 422, "READING_TOO_OLD"),
            ({"id": ""}, 400, "BAD_REQUEST"),
            ({"id": "x\x00y"}, 400, "BAD_REQUEST"),
            ({"id": "x" * 101}, 400, "BAD_REQUEST"),
            ({"more": 1}, 400, "BAD_REQUEST"),
        ]:
            response = self._push(**changes)
            with self.subTest(changes=changes):
                self.assertEqual((response.status_code, response.json()["code"]), (status, code))
        for body in ("{", "[]", '"x"', "\xff"):
            self.assertEqual(self._push(body=body).status_code, 400)
        self.assertFalse(self.meter.reading_ids)

    def test_a_chatty_device_is_told_when_to_come_back(self):
        DEVICE_BUCKETS._buckets[str(self.meter.id)] = (0.0, DEVICE_BUCKETS.clock())
        response = self._push()
        self.assertEqual(
            (response.status_code, response.json()["code"]), (429, "TOO_MANY_REQUESTS")
        )
        self.assertGreater(int(response.headers["Retry-After"]), 0)
        self.assertFalse(self.meter.reading_ids)

    def test_who_tries_keys_is_slowed_down(self):
        STRANGER_BUCKETS._buckets["127.0.0.1"] = (0.0, STRANGER_BUCKETS.clock())
        self.assertEqual(self._push(key="wrong").status_code, 429)
        self.assertEqual(self._push().status_code, 200)
