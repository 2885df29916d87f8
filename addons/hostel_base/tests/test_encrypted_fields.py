"""Encrypted fields: what is in PostgreSQL, what is on the screen, and the change of keys."""

import os
import subprocess
import sys
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import SQL, config

from ..fields import EncryptedChar
from ..fields.encrypted import MASK, is_encrypted
from ..tools import field_crypto
from .common import HostelCase

NUMBER = "123456789012"


@tagged("post_install", "-at_install")
class TestEncryptedFields(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.Bank = cls.env["hostel.student.bank"]

    def setUp(self):
        super().setUp()
        self._use_keys(Fernet.generate_key().decode())

    def _use_keys(self, *keys):
        patcher = patch.dict(os.environ, {field_crypto.VARIABLE: ",".join(keys)})
        patcher.start()
        self.addCleanup(patcher.stop)

    def _create_account(self, **overrides):
        account = self.Bank.create(
            {
                "student_id": self.student.id,
                "holder": "Asha Test",
                "number": NUMBER,
                "ifsc": "SBIN0001234",
                **overrides,
            }
        )
        account.flush_recordset()
        account.invalidate_recordset()
        return account

    def _get_column(self, account, name="number"):
        [[value]] = self.env.execute_query(
            SQL(
                "SELECT %s FROM hostel_student_bank WHERE id = %s", SQL.identifier(name), account.id
            )
        )
        return value

    def test_column_holds_ciphertext_and_the_record_the_value(self):
        account = self._create_account()
        for name, plain in (("number", NUMBER), ("holder", "Asha Test")):
            token = self._get_column(account, name)
            self.assertTrue(token.startswith(field_crypto.get_cipher().prefix))
            self.assertNotIn(plain, token)
            self.assertEqual(account[name], plain)

    def test_writing_replaces_the_ciphertext(self):
        account = self._create_account()
        before = self._get_column(account)
        account.number = "9999 8888 7777"
        account.flush_recordset()
        self.assertNotEqual(self._get_column(account), before)
        account.invalidate_recordset()
        self.assertEqual(account.number, "999988887777")
        self.assertEqual(account.last_four, "7777")

    def test_a_copy_is_encrypted_anew(self):
        account = self._create_account()
        other = self._create_student()
        twin = account.copy({"student_id": other.id, "number": "111122223333"})
        twin.flush_recordset()
        self.assertEqual(twin.holder, "Asha Test")
        self.assertNotEqual(self._get_column(twin, "holder"), self._get_column(account, "holder"))

    def test_no_search_sort_or_group_looks_into_it(self):
        self._create_account()
        for call in (
            lambda: self.Bank.search([("number", "=", NUMBER)]),
            lambda: self.Bank.search([("number", "ilike", "1234")]),
            lambda: self.Bank.search([("number", "!=", NUMBER)]),
            lambda: self.env["hostel.student"].search([("bank_ids.number", "=", NUMBER)]),
            lambda: self.Bank.search([], order="number"),
            lambda: self.Bank._read_group([], ["number"]),
            lambda: self.Bank._read_group([], [], ["number:array_agg"]),
        ):
            self.assertRefused("NOT_SEARCHABLE", call)

    def test_whether_there_is_a_value_can_be_asked(self):
        account = self._create_account()
        self.assertIn(account, self.Bank.search([("number", "!=", False)]))
        self.assertNotIn(account, self.Bank.search([("number", "=", False)]))

    def test_web_client_is_not_offered_what_is_refused(self):
        described = self.Bank.fields_get(["number"])["number"]
        for attribute in ("sortable", "groupable", "searchable", "exportable"):
            self.assertFalse(described.get(attribute), attribute)

    def test_an_export_shows_the_mask(self):
        account = self._create_account()
        rows = account.export_data(["number", "ifsc"])["datas"]
        self.assertEqual(rows, [[MASK, "SBIN0001234"]])

    def test_with_the_wrong_key_the_page_opens_and_the_value_is_refused(self):
        account = self._create_account()
        self._use_keys(Fernet.generate_key().decode())
        account.invalidate_recordset()
        [values] = account.with_user(self.users["finance"]).web_read({"number": {}, "ifsc": {}})
        self.assertEqual((values["number"], values["ifsc"]), (MASK, "SBIN0001234"))
        self.assertRefused("DECRYPTION_FAILED", lambda: account.number)
        self.assertEqual(account.export_data(["number"])["datas"], [[MASK]])

    def test_a_tampered_value_is_refused_too(self):
        account = self._create_account()
        self.env.cr.execute(
            "UPDATE hostel_student_bank SET number = overlay(number placing 'AAAA' from 40)"
        )
        account.invalidate_recordset()
        self.assertRefused("DECRYPTION_FAILED", lambda: account.number)

    def test_other_fields_can_still_be_written_when_one_cannot_be_read(self):
        account = self._create_account()
        before = self._get_column(account)
        self._use_keys(Fernet.generate_key().decode())
        account.invalidate_recordset()
        account.web_read({"number": {}})
        account.ifsc = "HDFC0000001"
        account.flush_recordset()
        self.assertEqual(self._get_column(account), before)

    def test_without_a_key_nothing_is_written_in_clear(self):
        self._use_keys()
        self.assertRefused("ENCRYPTION_KEY_MISSING", self._create_account)

    # -- change of keys ---------------------------------------------------------------------------

    def test_reencryption_goes_in_batches_until_the_old_key_can_go(self):
        old, new = (Fernet.generate_key().decode() for _ in range(2))
        self._use_keys(old)
        accounts = self._create_account()
        for _ in range(4):
            accounts |= self._create_account(student_id=self._create_student().id)
        self._use_keys(new, old)
        before = self.Bank._count_outdated()
        self.assertGreaterEqual(before, 5)
        last, changed, failed = self.Bank._reencrypt_batch(after=min(accounts.ids) - 1, limit=2)
        self.assertEqual((changed, failed), (2, 0))
        self.assertEqual(self.Bank._count_outdated(), before - 2)
        while last is not None:
            last, _changed, _failed = self.Bank._reencrypt_batch(after=last, limit=2)
        self._use_keys(new)
        accounts.invalidate_recordset()
        self.assertEqual(set(accounts.mapped("number")), {NUMBER})

    def test_reencryption_leaves_what_it_cannot_open(self):
        account = self._create_account()
        before = self._get_column(account)
        self._use_keys(Fernet.generate_key().decode())
        _last, _changed, failed = self.Bank._reencrypt_batch()
        self.assertGreaterEqual(failed, 1)
        self.assertEqual(self._get_column(account), before)

    def test_reencryption_encrypts_what_was_stored_in_clear(self):
        account = self._create_account()
        self.env.cr.execute(
            "UPDATE hostel_student_bank SET number = %s WHERE id = %s", (NUMBER, account.id)
        )
        account.invalidate_recordset()
        self.Bank._reencrypt_batch()
        self.assertNotEqual(self._get_column(account), NUMBER)
        self.assertEqual(account.number, NUMBER)

    def test_the_cron_does_it_all(self):
        old, new = (Fernet.generate_key().decode() for _ in range(2))
        self._use_keys(old)
        account = self._create_account()
        self._use_keys(new, old)
        self.env.cr.execute("DELETE FROM hostel_student_bank WHERE id <> %s", (account.id,))
        with self.enter_registry_test_mode():
            self.env.ref("hostel_base.ir_cron_reencrypt").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.Bank._count_outdated(), 0)
        self.assertEqual(account.number, NUMBER)

    # -- rules of the house -----------------------------------------------------------------------

    def test_every_model_with_encrypted_fields_inherits_the_mixin_and_tracks_none(self):
        found = []
        for name, model in self.env.registry.items():
            for field in model._fields.values():
                if not is_encrypted(field) or not field.store or model._abstract:
                    continue
                found.append((name, field.name))
                self.assertTrue(hasattr(model, "_reencrypt_batch"), name)
                self.assertFalse(getattr(field, "tracking", None), field)
        self.assertIn(("hostel.student.bank", "number"), found)

    def test_an_encrypted_field_refuses_tracking_and_indexes(self):
        for refused in ({"tracking": True}, {"index": True}, {"translate": True}):
            field = EncryptedChar(**refused)
            with self.subTest(**refused), self.assertRaises(ValueError):
                field.__set_name__(type(self.Bank), "probe")
                field._setup_attrs__(type(self.Bank), "probe")
        self.assertTrue(issubclass(EncryptedChar, fields.Char))

    def test_accounts_are_for_the_student_finance_and_the_administrator(self):
        account = self._create_account()
        for role in ("admin", "finance", "student"):
            with self.subTest(role=role):
                self.assertEqual(account.with_user(self.users[role]).number, NUMBER)
        for role in ("warden", "supervisor", "guardian", "guard", "floor_incharge", "internal"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                account.with_user(self.users[role]).read(["number"])
        other = self._create_account(student_id=self._create_student().id)
        with self.assertRaises(AccessError):
            other.with_user(self.users["student"]).read(["number"])

    def test_wrong_ifsc_and_account_numbers_are_refused(self):
        for ifsc in ("SBIN1001234", "SBI0001234", "SBIN000123", "SBIN00012345", ""):
            with self.subTest(ifsc=ifsc):
                self.assertRefused("BAD_IFSC", self._create_account, ifsc=ifsc)
        for number in ("12345678", "1" * 19, "12345678x", ""):
            with self.subTest(number=number):
                self.assertRefused("BAD_ACCOUNT_NUMBER", self._create_account, number=number)
        self.assertEqual(self._create_account(ifsc=" sbin 0001234").ifsc, "SBIN0001234")

    def test_server_refuses_to_start_in_production_without_a_key(self):
        env = {**os.environ, "HOSTEL_ENV": "production"}
        env.pop(field_crypto.VARIABLE)
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "odoo",
                "server",
                "-c",
                config["config"],
                "--stop-after-init",
                "--load=base,web,hostel_base",
                "--database=",
                "--no-http",
            ],
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(
            done.stderr.strip().splitlines()[-1],
            "hostel_base: HOSTEL_ENV=production needs HOSTEL_FIELD_KEY: "
            "set it to the key that the data is encrypted with",
        )
