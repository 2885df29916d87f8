"""The cipher itself; no database."""

import unittest

from cryptography.fernet import Fernet

from odoo.addons.hostel_base.tools.field_crypto import (
    VARIABLE,
    DecryptionFailed,
    FieldCipher,
    KeyMalformed,
    KeyMissing,
    fingerprint,
    split_keys,
    startup_problem,
)

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


class TestFieldCipher(unittest.TestCase):
    def test_a_text_comes_back_and_its_token_does_not_show_it(self):
        cipher = FieldCipher([NEW])
        token = cipher.encrypt("खाता 1234")
        self.assertNotIn("1234", token)
        self.assertEqual(cipher.decrypt(token), "खाता 1234")
        self.assertNotEqual(cipher.encrypt("खाता 1234"), token)

    def test_after_a_rotation_the_old_key_still_opens_and_the_new_one_closes(self):
        token = FieldCipher([OLD]).encrypt("secret")
        rotated = FieldCipher([NEW, OLD])
        self.assertEqual(rotated.decrypt(token), "secret")
        self.assertFalse(rotated.is_current(token))
        renewed = rotated.encrypt("secret")
        self.assertTrue(rotated.is_current(renewed))
        self.assertEqual(FieldCipher([NEW]).decrypt(renewed), "secret")

    def test_an_unknown_key_and_a_changed_token_are_refused(self):
        token = FieldCipher([OLD]).encrypt("secret")
        changed = token[:-4] + ("aaaa" if token[-4:] != "aaaa" else "bbbb")
        for cipher, given in (
            (FieldCipher([NEW]), token),
            (FieldCipher([OLD]), changed),
            (FieldCipher([OLD]), "secret"),
            (FieldCipher([OLD]), token.partition(":")[2]),
        ):
            with self.subTest(given=given[:12]), self.assertRaises(DecryptionFailed):
                cipher.decrypt(given)

    def test_no_key_and_a_wrong_key_are_told_apart(self):
        with self.assertRaises(KeyMissing):
            FieldCipher(split_keys(" , "))
        for wrong in ("short", NEW[:-4], "ü" * 44):
            with self.subTest(key=wrong[:6]), self.assertRaises(KeyMalformed):
                FieldCipher([NEW, wrong])

    def test_a_fingerprint_tells_keys_apart_and_is_not_the_key(self):
        self.assertNotEqual(fingerprint(OLD), fingerprint(NEW))
        self.assertNotIn(fingerprint(OLD), OLD)

    def test_production_does_not_start_without_a_key(self):
        problem = startup_problem({"HOSTEL_ENV": "production"})
        self.assertIn(VARIABLE, problem)
        self.assertNotIn("\n", problem)
        self.assertIsNone(startup_problem({}))
        self.assertIsNone(startup_problem({"HOSTEL_ENV": "production", VARIABLE: f"{NEW},{OLD}"}))

    def test_nothing_starts_with_a_malformed_key(self):
        for mode in ("development", "production"):
            problem = startup_problem({"HOSTEL_ENV": mode, VARIABLE: f"{NEW},nonsense"})
            self.assertIn("key 2 of 2", problem)
            self.assertNotIn("nonsense", problem)
