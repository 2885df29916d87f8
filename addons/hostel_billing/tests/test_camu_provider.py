import json
from unittest.mock import patch

from lxml import html

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import file_open

from odoo.addons.hostel_billing import const

from ..tools import camu_signature
from .common import OLD_SECRET, SECRET, BillingCase


@tagged("post_install", "-at_install")
class TestCamuProvider(BillingCase):
    def test_order_form_carries_the_signed_order_in_camus_names(self):
        allocation = self._create_allocation()
        tx = self._create_tx(allocation)
        markup = tx._get_processing_values()["redirect_form_html"]
        form = html.fromstring(markup)
        fields = {field.get("name"): field.get("value") for field in form.iter("input")}
        self.assertEqual(form.get("action"), "https://camu.test/pay")
        self.assertEqual(
            {name: fields[name] for name in ("referenceNo", "studentId", "academicTerm", "amount")},
            {
                "referenceNo": allocation.payment_ref,
                "studentId": "TS001",
                "academicTerm": "T40-ODD",
                "amount": "42000.00",
            },
        )
        signature = fields.pop(const.SIGNATURE_FIELD)
        self.assertEqual(signature, camu_signature.sign_fields(SECRET, fields))
        self.assertTrue(fields[const.RETURN_FIELD].endswith("/payment/camu/return"))
        self.assertNotIn(self.student.name, markup)

    def test_it_takes_rupees_only(self):
        self.assertEqual(self.provider.available_currency_ids.mapped("name"), ["INR"])

    def test_credentials_are_for_administrators(self):
        for user in (self.finance, self.warden, self.student_user):
            with self.assertRaises(AccessError):
                self.provider.with_user(user).camu_secret  # noqa: B018

    def test_wrong_names_are_refused(self):
        wrong = [
            {"camu_field_map": "{"},
            {"camu_field_map": "null"},
            {"camu_field_map": json.dumps(const.DEFAULT_FIELD_MAP | {"colour": "c"})},
            {"camu_status_map": json.dumps({"OK": "done"})},
            {"camu_pay_url": "javascript:alert(1)"},
            {"camu_status_url": "ftp://camu.test"},
        ]
        for vals in wrong:
            with self.assertRaises(ValidationError):
                self.provider.write(vals)

    def test_enabled_provider_needs_address_and_secret(self):
        for name in ("camu_pay_url", "camu_secret"):
            with self.assertRaises(ValidationError):
                self.provider.write({name: False})

    def test_environment_switches_it_on_twice_alike(self):
        self.provider.write({"state": "disabled", "is_published": False})
        env = {"CAMU_URL": "http://localhost:8090", "CAMU_WEBHOOK_SECRET": "s3cret"}
        with patch.dict("os.environ", env):
            provider = self.env["payment.provider"]._hostel_enable_camu_from_environment()
            again = self.env["payment.provider"]._hostel_enable_camu_from_environment()
        self.assertEqual(provider, again)
        self.assertEqual(provider, self.provider)
        self.assertEqual(provider.camu_pay_url, "http://localhost:8090/pay")
        self.assertEqual(provider.camu_status_url, "http://localhost:8090/status")
        self.assertEqual((provider.state, provider.is_published), ("test", True))
        self.assertTrue(provider.journal_id)
        self.assertTrue(self.env.ref("hostel_billing.payment_method_camu").active)

    def test_environment_without_camu_changes_nothing(self):
        with patch.dict("os.environ", clear=True):
            provider = self.env["payment.provider"]._hostel_enable_camu_from_environment()
        self.assertFalse(provider)

    def test_copied_database_forgets_the_secrets(self):
        self.provider.flush_recordset()
        with file_open("hostel_billing/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        # A copied database meets new processes.
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.assertFalse(self.provider.camu_secret or self.provider.camu_secret_previous)
        self.assertEqual(self.provider.state, "disabled")
        self.assertFalse(self.env["payment.provider"]._get_live_camu_providers() & self.provider)

    def test_what_is_kept_for_messages_follows_the_settings(self):
        Provider = self.env["payment.provider"]
        self.assertIn(self.provider, Provider._get_live_camu_providers())
        self.assertEqual(self.provider._get_camu_door().secrets, (SECRET, OLD_SECRET))
        names = json.loads(self.provider.camu_field_map) | {"reference": "order.no"}
        self.provider.write({"camu_secret_previous": False, "camu_field_map": json.dumps(names)})
        door = self.provider._get_camu_door()
        self.assertEqual(door.secrets, (SECRET,))
        self.assertEqual(door.field_map["reference"], "order.no")
        other = self.provider.copy({"name": "Second", "camu_secret": "another", "state": "test"})
        self.assertEqual(Provider._get_live_camu_providers(), (self.provider + other).sorted())
        other.unlink()
        self.provider.state = "disabled"
        self.assertFalse(Provider._get_live_camu_providers() & (self.provider + other))
