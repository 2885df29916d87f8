import json

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..const import MAX_WEBHOOK_BYTES
from ..controllers.camu import CamuController
from .common import OLD_SECRET, SECRET, BillingMixin

WEBHOOK_LOG = "odoo.addons.hostel_billing.controllers.camu"


@tagged("post_install", "-at_install")
class TestCamuWebhook(BillingMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tx = cls._create_tx(cls._create_allocation())
        cls.older = cls.env["hostel.camu.event"].search([])

    def _post(self, message, header=None, secret=SECRET, age=0, **headers):
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        headers["Content-Type"] = headers.pop("content_type", "application/json")
        if header is None:
            header = self._sign(body, secret, age)
        headers["X-Camu-Signature"] = header
        return self.url_open(CamuController._webhook_url, data=body, headers=headers, method="POST")

    def _assert_refused(self, response, status, code):
        self.assertEqual(response.status_code, status, response.text)
        answer = response.json()
        self.assertFalse(answer["success"])
        self.assertEqual(answer["code"], code)
        self.assertNotIn("Traceback", response.text)
        self.assertFalse(self._get_entries(), "a refused message must leave nothing")

    def _get_entries(self):
        return self.env["hostel.camu.event"].search([]) - self.older

    def test_authentic_message_is_stored_and_queued(self):
        response = self._post(self._message(self.tx))
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"success": True, "duplicate": False})
        entry = self._get_entries()
        self.assertEqual((entry.state, entry.status, entry.amount), ("received", "success", 42000))
        self.assertEqual(json.loads(entry.raw_payload), self._message(self.tx))
        job = self.env["queue.job"].search(
            [("identity_key", "=", f"hostel_billing.camu_event:{entry.id}")]
        )
        self.assertEqual((job.method_name, job.state), ("_process", "pending"))
        self.assertEqual(self.tx.state, "draft", "the job acts, not the request")

    def test_previous_secret_still_proves_a_message(self):
        self.assertEqual(self._post(self._message(self.tx), secret=OLD_SECRET).status_code, 200)

    def test_copy_is_answered_and_not_stored_again(self):
        self._post(self._message(self.tx))
        response = self._post(self._message(self.tx))
        self.assertEqual((response.status_code, response.json()["duplicate"]), (200, True))
        self.assertEqual(len(self._get_entries()), 1)

    @mute_logger(WEBHOOK_LOG)
    def test_forged_messages_are_refused(self):
        message = self._message(self.tx)
        self._assert_refused(self._post(message, secret="guess"), 401, "BAD_SIGNATURE")
        self._assert_refused(self._post(message, header=""), 401, "BAD_SIGNATURE")
        self._assert_refused(self._post(message, header="t=1,v1=é"), 401, "BAD_SIGNATURE")
        self._assert_refused(self._post(message, header="t=,v1="), 401, "BAD_SIGNATURE")
        signed = self._sign(json.dumps(message).encode())
        forged = json.dumps(message | {"amount": "1.00"}).encode()
        self._assert_refused(self._post(forged, header=signed), 401, "BAD_SIGNATURE")

    @mute_logger(WEBHOOK_LOG)
    def test_message_from_the_future_is_refused(self):
        response = self._post(self._message(self.tx), age=-400)
        self._assert_refused(response, 401, "FUTURE_SIGNATURE")

    @mute_logger(WEBHOOK_LOG)
    def test_unreadable_messages_are_refused(self):
        for body in (b"", b"{", b"[]", b"\xff\xfe", b'"text"', b"null", b"[" * 60_000):
            self._assert_refused(self._post(body), 400, "BAD_PAYLOAD")
        for change in ({"amount": None}, {"eventId": None}, {"paymentStatus": "?"}):
            response = self._post(self._message(self.tx, **change))
            self._assert_refused(response, 400, "BAD_PAYLOAD")
            self.assertTrue(response.json()["details"]["field"])

    @mute_logger(WEBHOOK_LOG)
    def test_oversized_message_is_refused(self):
        body = b" " * (MAX_WEBHOOK_BYTES + 1)
        self._assert_refused(self._post(body), 413, "TOO_LARGE")
        self._assert_refused(self._post(b"x" * 10_000_000), 413, "TOO_LARGE")

    @mute_logger(WEBHOOK_LOG)
    def test_form_instead_of_json_is_refused(self):
        response = self._post(b"a=1", content_type="application/x-www-form-urlencoded")
        self.assertIn(response.status_code, (400, 401))
        self.assertFalse(self._get_entries())

    @mute_logger(WEBHOOK_LOG)
    def test_without_a_secret_the_door_is_closed(self):
        self.provider.write({"state": "disabled"})
        others = self.env["payment.provider"]._get_live_camu_providers()
        others.write({"state": "disabled"})
        self._assert_refused(self._post(self._message(self.tx)), 503, "NOT_CONFIGURED")

    def test_only_post_is_answered(self):
        self.assertEqual(self.url_open(CamuController._webhook_url).status_code, 405)

    def test_stale_message_is_kept_but_not_believed(self):
        response = self._post(self._message(self.tx), age=400)
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json()["code"], "STALE_SIGNATURE")
        self.assertFalse(response.json()["success"])
        entry = self._get_entries()
        self.assertEqual((entry.state, entry.reason_code), ("quarantined", "STALE_SIGNATURE"))
        entry._process()
        self.assertEqual(self.tx.state, "draft")

    def test_fresh_copy_confirms_a_stale_message(self):
        self._post(self._message(self.tx), age=400)
        response = self._post(self._message(self.tx))
        self.assertTrue(response.json()["success"])
        entry = self._get_entries()
        self.assertEqual((len(entry), entry.state), (1, "received"))

    def test_return_route_believes_nothing(self):
        query = f"?reference={self.tx.reference}&status=SUCCESS&paymentStatus=SUCCESS"
        response = self.url_open(CamuController._return_url + query, allow_redirects=False)
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith("/my"))
        self.assertEqual(self.tx.state, "draft")
        self.assertFalse(self._get_entries())

    def test_return_by_post_becomes_a_get(self):
        response = self.url_open(
            CamuController._return_url, data={"status": "SUCCESS"}, allow_redirects=False
        )
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith(CamuController._return_url))
