"""Web push: which addresses are taken, what is sent, and what happens to devices that are gone.

A real HTTPS server on this machine stands where a browser's push service would be; what it gets is
decrypted with the browser's keys.
"""

import base64
import http.server
import ipaddress
import json
import os
import ssl
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from odoo.exceptions import AccessError
from odoo.tests import BaseCase, HttpCase, tagged
from odoo.tools import mute_logger

from ..errors import HostelError
from ..tools.push_session import PushRefusedError, PushSession, check_endpoint, is_public
from .common import HostelMixin, give_consent
from .test_notice import NoticeCase, NoticeMixin

GOOD = (
    "https://fcm.googleapis.com/fcm/send/dXyZ:APA91b",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAAAA",
    "https://web.push.apple.com/QABC",
    "https://wns2-pn1p.notify.windows.com/w/?token=BQYAAAD",
    "https://push.college.ac.in:443/x",
)
BAD = (
    "",
    None,
    7,
    "http://fcm.googleapis.com/fcm/send/x",
    "ftp://fcm.googleapis.com/x",
    "https://localhost/x",
    "https://LOCALHOST./x",
    "https://127.0.0.1/x",
    "https://127.1/x",
    "https://2130706433/x",
    "https://0x7f.0.0.1/x",
    "https://017700000001/x",
    "https://[::1]/x",
    "https://[::ffff:10.0.0.1]/x",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.5/x",
    "https://redis/x",
    "https://printer.local/x",
    "https://db.internal/x",
    "https://metadata.google.internal/x",
    "https://router.lan/x",
    "https://fcm.googleapis.com:6379/x",
    "https://fcm.googleapis.com:99999/x",
    "https://user:secret@fcm.googleapis.com/x",
    "https://fcm.googleapis.com\\@localhost/x",
    "https://fcm.googleapis.com/x\r\nHost: localhost",
    "https://föcm.example.com/x",
    "https:///x",
    "//fcm.googleapis.com/x",
    "javascript:alert(1)",
    "https://fcm.googleapis.com/" + "x" * 2000,
)


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """The keys of a subscription, and the decryption that a browser does (RFC 8291)."""

    def __init__(self):
        self.private_key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        self.point = self.private_key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )

    @property
    def keys(self):
        return {"p256dh": b64(self.point), "auth": b64(self.auth)}

    def decrypt(self, body):
        salt, length = body[:16], body[20]
        sender_point = body[21 : 21 + length]
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender_point)
        shared = self.private_key.exchange(ec.ECDH(), sender)
        secret = self._hkdf(shared, self.auth, 32, b"WebPush: info\x00" + self.point + sender_point)
        key = self._hkdf(secret, salt, 16, b"Content-Encoding: aes128gcm\x00")
        nonce = self._hkdf(secret, salt, 12, b"Content-Encoding: nonce\x00")
        return AESGCM(key).decrypt(nonce, body[21 + length :], None).rstrip(b"\x02")

    @staticmethod
    def _hkdf(secret, salt, length, info):
        return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


class PushService:
    """An HTTPS server of a push service, with a certificate of its own."""

    def __init__(self):
        self.calls = []
        self.status = 201
        self.place = tempfile.TemporaryDirectory()
        self.certificate = Path(self.place.name) / "certificate.pem"
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.calls.append((self.path, dict(self.headers), body))
                self.send_response(service.status)
                if service.status == 302:
                    self.send_header("Location", "https://localhost/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args):
                """Nothing: the test looks at the calls."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._make_certificate())
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.server.server_address[1]}"

    def _make_certificate(self):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "push test")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
                critical=False,
            )
            .sign(key, hashes.SHA256())
        )
        self.certificate.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return self.certificate

    def new_session(self, **kwargs):
        """A session that may talk to this machine, and trusts the certificate."""
        session = PushSession(ttl=60, **{"allows": lambda address: True, **kwargs})
        session.verify = str(self.certificate)
        return session

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.place.cleanup()


@tagged("post_install", "-at_install")
class TestEndpoint(BaseCase):
    def test_push_services_are_taken(self):
        for endpoint in GOOD:
            with self.subTest(endpoint=endpoint):
                self.assertEqual(check_endpoint(endpoint), endpoint)

    def test_everything_else_is_refused(self):
        for endpoint in BAD:
            with self.subTest(endpoint=endpoint), self.assertRaises(PushRefusedError):
                check_endpoint(endpoint)

    def test_which_addresses_are_public(self):
        for address in ("8.8.8.8", "2606:4700::1111"):
            self.assertTrue(is_public(address), address)
        for address in (
            "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0",
            "100.64.0.1", "224.0.0.1", "::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1",
            "2002:7f00:1::",
        ):  # fmt: skip
            self.assertFalse(is_public(address), address)


@tagged("post_install", "-at_install")
class TestSession(BaseCase):
    def setUp(self):
        super().setUp()
        self.service = PushService()
        self.addCleanup(self.service.close)

    def test_the_guard_stops_the_call_before_a_byte_is_sent(self):
        with self.assertRaises(PushRefusedError):
            PushSession(ttl=60).post(self.service.url, data=b"x", timeout=5)
        self.assertFalse(self.service.calls)

    def test_without_the_guard_the_same_call_arrives(self):
        answer = self.service.new_session().post(self.service.url, data=b"x", timeout=5)
        self.assertEqual(answer.status_code, 201)
        self.assertEqual(len(self.service.calls), 1)

    def test_a_redirect_is_not_followed(self):
        self.service.status = 302
        session = self.service.new_session()
        session.post(self.service.url, data=b"x", timeout=5)
        self.assertEqual(session.last_status, 302)
        self.assertEqual(len(self.service.calls), 1)

    def test_only_https(self):
        with self.assertRaises(requests.exceptions.InvalidSchema):
            PushSession(ttl=60).post("http://127.0.0.1:1/", data=b"x", timeout=1)

    def test_a_proxy_of_the_environment_is_not_used(self):
        self.assertFalse(PushSession(ttl=60).trust_env)

    def test_ttl_and_urgency_are_those_of_the_notice(self):
        self.service.new_session(urgency="high").post(
            self.service.url, data=b"x", headers={"TTL": "60"}, timeout=5
        )
        _path, headers, _body = self.service.calls[0]
        self.assertEqual((headers["TTL"], headers["Urgency"]), ("60", "high"))


@tagged("post_install", "-at_install")
class TestPushDelivery(NoticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Device = cls.env["mail.push.device"]
        cls.Device.get_web_push_vapid_public_key()

    def setUp(self):
        super().setUp()
        self.service = PushService()
        self.addCleanup(self.service.close)
        self.patch(
            type(self.env["hostel.notice"]),
            "_new_push_session",
            lambda notice, urgent=False: self.service.new_session(
                urgency="high" if urgent else "normal"
            ),
        )

    def _add_device(self, partner, path="/phone"):
        """A device at the test's service, whose address no client could register."""
        browser = Browser()
        device = self.Device.create(
            {
                "partner_id": partner.id,
                "endpoint": f"https://push.college.ac.in{path}",
                "keys": json.dumps(browser.keys),
            }
        )
        device.flush_recordset()
        self.env.cr.execute(
            "UPDATE mail_push_device SET endpoint = %s WHERE id = %s",
            [f"{self.service.url}{path}", device.id],
        )
        device.invalidate_recordset()
        return device, browser

    def test_a_phone_gets_the_notice_encrypted_for_it_alone(self):
        _device, browser = self._add_device(self.student.partner_id)
        self._add_device(self.olga.partner_id, "/foreign")
        notice = self._publish(notice_type="emergency").sudo()
        receipts = {r.student_id: r for r in notice.receipt_ids}
        self.assertEqual(receipts[self.student].push_state, "queued")
        self.assertEqual(receipts[self.uma].push_state, "none")
        notice._push_batch()
        [(path, headers, body)] = self.service.calls
        self.assertEqual(path, "/phone")
        self.assertEqual(headers["Content-Encoding"], "aes128gcm")
        self.assertTrue(headers["Authorization"].startswith("vapid t="))
        self.assertEqual(headers["Urgency"], "high")
        self.assertNotIn(b"Water", body)
        message = json.loads(browser.decrypt(body))
        self.assertEqual(message["title"], "Water is off")
        self.assertEqual(message["options"]["data"]["url"], f"/my/notices/{notice.id}")
        self.assertTrue(message["options"]["requireInteraction"])
        self.assertEqual(receipts[self.student].push_state, "sent")
        # Run again, the job sends nothing twice.
        notice._push_batch()
        self.assertEqual(len(self.service.calls), 1)

    def test_batches_follow_each_other(self):
        self._add_device(self.student.partner_id)
        self._add_device(self.uma.partner_id, "/uma")
        notice = self._publish().sudo()
        notice._push_batch(limit=1)
        self.assertEqual(len(self.service.calls), 1)
        notice._push_batch(limit=1)
        self.assertEqual(len(self.service.calls), 2)
        self.assertEqual({path for path, _headers, _body in self.service.calls}, {"/phone", "/uma"})

    def test_a_device_that_is_gone_is_forgotten(self):
        for status in (404, 410):
            device, _browser = self._add_device(self.student.partner_id)
            self.service.status = status
            notice = self._publish().sudo()
            with mute_logger("odoo.addons.mail.tools.web_push"):
                notice._push_batch()
            receipt = notice.receipt_ids.filtered(lambda r: r.student_id == self.student)
            with self.subTest(status=status):
                self.assertFalse(device.exists())
                self.assertEqual(receipt.push_state, "failed")

    @mute_logger("odoo.addons.mail.tools.web_push")
    def test_a_service_that_is_ill_keeps_the_device_and_can_be_tried_again(self):
        device, _browser = self._add_device(self.student.partner_id)
        self.service.status = 503
        notice = self._publish().sudo()
        notice._push_batch()
        receipt = notice.receipt_ids.filtered(lambda r: r.student_id == self.student)
        self.assertEqual((receipt.push_state, receipt.push_error), ("failed", "HTTP 503"))
        self.assertTrue(device.exists())
        self.service.status = 201
        self.env.flush_all()
        row = (
            self.env["hostel.notification.log"]
            .with_user(self.users["admin"])
            .search(
                [
                    ("channel", "=", "push"),
                    ("state", "=", "failed"),
                    ("partner_id", "=", self.student.partner_id.id),
                ]
            )
        )
        row.action_retry()
        notice._push_batch()
        self.assertEqual(receipt.push_state, "sent")

    @mute_logger("odoo.addons.hostel_base.models.hostel_notice_delivery")
    def test_an_address_that_turns_inward_is_refused_and_forgotten(self):
        device, _browser = self._add_device(self.student.partner_id)
        self.patch(
            type(self.env["hostel.notice"]),
            "_new_push_session",
            lambda notice, urgent=False: PushSession(ttl=60),
        )
        notice = self._publish().sudo()
        notice._push_batch()
        self.assertFalse(self.service.calls)
        self.assertFalse(device.exists())

    def test_a_withdrawn_notice_is_not_pushed(self):
        self._add_device(self.student.partner_id)
        notice = self._publish()
        notice.action_withdraw()
        notice.sudo()._push_batch()
        self.assertFalse(self.service.calls)

    def test_no_way_into_the_table_takes_a_private_address(self):
        keys = Browser().keys
        student = self.Device.with_user(self.users["student"])
        key = student.get_web_push_vapid_public_key()
        endpoint = "https://169.254.169.254/latest"
        with self.assertRaises(HostelError):
            # Odoo's own method, which every portal user can call.
            student.register_devices(endpoint=endpoint, keys=keys, vapid_public_key=key)
        with self.assertRaises(HostelError):
            student._subscribe(endpoint, keys)
        with self.assertRaises(AccessError):
            student.create({"endpoint": endpoint, "keys": "{}"})


@tagged("post_install", "-at_install")
class TestPushRoutes(NoticeMixin, HostelMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpHostels()
        cls.setUpPeople()
        give_consent(cls.student, optional=["push"])
        cls.Device = cls.env["mail.push.device"]

    def setUp(self):
        super().setUp()
        self.browser_keys = Browser()
        self._sign_in("student")

    def _sign_in(self, role):
        login = self.users[role].login
        self.authenticate(login, login)

    def _subscribe(self, **overrides):
        body = {"endpoint": GOOD[0], "keys": self.browser_keys.keys, **overrides}
        return self.url_open("/my/push/subscribe", json=body)

    def _devices(self, role="student"):
        return self.Device.search([("partner_id", "=", self.users[role].partner_id.id)])

    def test_the_key_is_the_point_that_browsers_want(self):
        key = self.url_open("/my/push/key").json()["key"]
        raw = unb64(key)
        self.assertEqual((len(raw), raw[0]), (65, 4))

    def test_a_browser_subscribes_once_and_leaves(self):
        self.assertTrue(self._subscribe(expirationTime=None).json()["success"])
        self._subscribe()
        self.assertEqual(self._devices().endpoint, GOOD[0])
        self._sign_in("guardian")
        # Somebody else's device stays where it is…
        self.url_open("/my/push/unsubscribe", json={"endpoint": GOOD[0]})
        self.assertTrue(self._devices())
        # … but a browser belongs to who is signed in on it.
        self._subscribe()
        self.assertFalse(self._devices())
        self.assertTrue(self._devices("guardian"))
        self.url_open("/my/push/unsubscribe", json={"endpoint": GOOD[0]})
        self.assertFalse(self._devices("guardian"))

    def test_addresses_that_are_not_public_get_a_code(self):
        for endpoint in BAD:
            answer = self._subscribe(endpoint=endpoint)
            with self.subTest(endpoint=endpoint):
                self.assertIn(answer.status_code, (400, 422))
                self.assertIn(answer.json()["code"], ("PUSH_ENDPOINT", "BAD_REQUEST"))
        self.assertFalse(self._devices())

    def test_keys_that_are_none_get_a_code(self):
        good = self.browser_keys.keys
        for keys in (
            None, [], "x", {}, {"p256dh": good["p256dh"]}, {**good, "auth": "AA"},
            {**good, "p256dh": b64(b"\x02" * 65)}, {**good, "auth": 7}, {**good, "auth": "é"},
        ):  # fmt: skip
            answer = self._subscribe(keys=keys)
            with self.subTest(keys=keys):
                self.assertEqual((answer.status_code, answer.json()["code"]), (422, "PUSH_KEYS"))
        self.assertFalse(self._devices())

    def test_who_withheld_messages_is_not_subscribed(self):
        give_consent(self.student)
        with self.assertRaises(HostelError) as caught:
            self.Device.with_user(self.users["student"])._subscribe(
                "https://fcm.googleapis.com/fcm/send/probe", self.browser_keys.keys
            )
        self.assertEqual(caught.exception.code, "CONSENT_REQUIRED")

    def test_nobody_fills_the_table(self):
        for number in range(14):
            self._subscribe(endpoint=f"{GOOD[0]}{number}")
        self.assertEqual(len(self._devices()), 10)
        self.assertIn(f"{GOOD[0]}13", self._devices().mapped("endpoint"))

    def test_a_stranger_has_no_devices(self):
        self.authenticate(None, None)
        answer = self.url_open(
            "/my/push/subscribe",
            json={"endpoint": GOOD[0], "keys": self.browser_keys.keys},
            allow_redirects=False,
        )
        self.assertNotEqual(answer.status_code, 200)
        self.assertFalse(self.Device.search([("endpoint", "=", GOOD[0])]))
