from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError

from .common import OLD_SECRET, SECRET, BillingMixin

NEW_SECRET = "a-new-secret-of-some-length"


@tagged("post_install", "-at_install")
class TestCamuSettings(BillingMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = new_test_user(
            cls.env, "t_system", groups="base.group_system,hostel_base.group_hostel_admin"
        )
        cls.env["ir.config_parameter"].set_param("web.base.url", cls.base_url())

    def _send_test(self):
        provider = self.provider.with_user(self.admin)
        # In life the settings are saved before the button is pressed.
        self.env.flush_all()
        with self.allow_requests(all_requests=True):
            return provider.action_camu_send_test()["params"]

    def test_test_message_goes_through_the_front_door_and_touches_no_money(self):
        payments = self.env["account.payment"].search_count([])
        answer = self._send_test()
        self.assertEqual(answer["type"], "success", answer["message"])
        entry = self.provider.camu_event_ids[:1]
        self.assertTrue(entry.is_test)
        self.assertEqual((entry.state, entry.amount, entry.source), ("processed", 1, "webhook"))
        self.assertFalse(entry.transaction_id)
        self.assertEqual(self.env["account.payment"].search_count([]), payments)
        jobs = [("identity_key", "=", f"hostel_billing.camu_event:{entry.id}")]
        self.assertFalse(self.env["queue.job"].search_count(jobs))

    def test_test_message_speaks_the_college_s_own_names(self):
        self.provider.camu_field_map = self.provider.camu_field_map.replace(
            '"amount": "amount"', '"amount": "payment.total"'
        ).replace('"academicTerm"', "null")
        self.assertEqual(self._send_test()["type"], "success")

    @mute_logger("odoo.addons.hostel_billing.models.payment_provider_camu_settings")
    def test_unreachable_address_is_told(self):
        self.env["ir.config_parameter"].set_param("web.base.url", "http://127.0.0.1:9")
        answer = self._send_test()
        self.assertEqual(answer["type"], "danger")
        self.assertIn("127.0.0.1:9", answer["message"])

    def test_another_server_at_the_address_is_told(self):
        answer = self.provider._read_camu_test_answer(200, b"<html>Welcome to nginx</html>")
        self.assertIn("Something else", answer)
        answer = self.provider._read_camu_test_answer(401, b'{"code": "BAD_SIGNATURE"}')
        self.assertIn("BAD_SIGNATURE", answer)

    def test_disabled_provider_sends_nothing(self):
        self.provider.state = "disabled"
        with self.assertRaises(HostelError) as refusal:
            self.provider.with_user(self.admin).action_camu_send_test()
        self.assertEqual(refusal.exception.code, "NOT_CONFIGURED")

    def test_rotation_keeps_the_old_secret_alive_until_it_is_retired(self):
        provider = self.provider.with_user(self.admin)
        dialog = self.env["hostel.camu.secret"].with_user(self.admin)
        dialog = dialog.create({"provider_id": provider.id, "secret": NEW_SECRET})
        with self.assertRaises(HostelError) as refusal:
            dialog.action_use()
        self.assertEqual(refusal.exception.code, "ROTATION_OPEN")
        provider.action_camu_retire_secret()
        self.assertEqual(provider._get_camu_secrets(), [SECRET])
        dialog.action_use()
        self.assertEqual(provider._get_camu_secrets(), [NEW_SECRET, SECRET])
        self.assertNotEqual(dialog.secret, NEW_SECRET, "it stays in one place only")

    def test_weak_secret_is_refused(self):
        self.provider.camu_secret_previous = False
        with self.assertRaises(HostelError) as refusal:
            self.provider.with_user(self.admin)._camu_rotate_secret("short")
        self.assertEqual(refusal.exception.code, "SECRET_WEAK")

    def test_messages_with_the_previous_secret_are_marked(self):
        tx = self._create_tx(self._create_allocation())
        body = b'{"eventId":"e1","referenceNo":"%s","amount":"1","currency":"INR",' % (
            tx.reference.encode()
        )
        body += b'"paymentStatus":"PENDING"}'
        for secret, old in ((OLD_SECRET, True), (SECRET, False)):
            text = body.replace(b"e1", secret.encode())
            headers = {
                "X-Camu-Signature": self._sign(text, secret),
                "Content-Type": "application/json",
            }
            self.url_open("/payment/camu/webhook", data=text, headers=headers)
            entry = self.env["hostel.camu.event"].search([("event_id", "=", secret)])
            self.assertEqual(entry.by_old_secret, old)
        self.assertTrue(self.provider.camu_old_secret_seen)

    def test_only_administrators_touch_the_connection(self):
        for user in (self.finance, self.warden, self.student_user):
            provider = self.provider.with_user(user)
            for call in (
                provider.action_camu_send_test,
                provider.action_camu_retire_secret,
                lambda: self.env["hostel.camu.secret"].with_user(user).create({}),  # noqa: B023
            ):
                with self.assertRaises(AccessError):
                    call()
