"""Codes of documents and the patience of the page; no database."""

import unittest

from odoo.addons.hostel_base.tools.token_buckets import TokenBuckets
from odoo.addons.hostel_base.tools.verification_code import (
    ALPHABET,
    LENGTH,
    check_character,
    new_code,
    pretty,
    read_code,
)


class TestVerificationCode(unittest.TestCase):
    def test_a_code_is_read_as_people_type_it(self):
        code = new_code()
        self.assertEqual(len(code), LENGTH)
        for typed in (
            code,
            pretty(code),
            pretty(code).lower(),
            f"  {pretty(code)} ",
            " ".join(code),
        ):
            self.assertEqual(read_code(typed), code)

    def test_letters_that_look_like_numbers_are_read_as_numbers(self):
        body = "0110ABCDEFG"
        code = body + check_character(body)
        self.assertEqual(read_code("OIL0" + code[4:]), code)
        self.assertEqual(read_code("oil0" + code[4:].lower()), code)

    def test_no_wrong_character_passes(self):
        code = new_code()
        for place, letter in enumerate(code):
            for other in ALPHABET.replace(letter, ""):
                self.assertIsNone(read_code(code[:place] + other + code[place + 1 :]))

    def test_no_two_characters_that_changed_places_pass(self):
        code = "0123456789A" + check_character("0123456789A")
        tried = 0
        for first in range(LENGTH):
            for second in range(first + 1, LENGTH):
                if code[first] == code[second]:
                    continue
                letters = list(code)
                letters[first], letters[second] = letters[second], letters[first]
                tried += 1
                self.assertIsNone(read_code("".join(letters)))
        self.assertGreater(tried, 60)

    def test_what_can_be_no_code(self):
        for text in ("", "-", "ABC", "U" * 12, "क" * 12, "0" * 13, "0" * 500, "’; --"):
            self.assertIsNone(read_code(text))

    def test_codes_do_not_repeat(self):
        self.assertEqual(len({new_code() for _ in range(2000)}), 2000)


class TestTokenBuckets(unittest.TestCase):
    def setUp(self):
        super().setUp()
        self.now = 0.0
        self.buckets = TokenBuckets(3, 0.5, max_keys=2, clock=lambda: self.now)

    def test_a_burst_and_then_one_after_the_other(self):
        self.assertEqual([self.buckets.take("a") for _ in range(4)], [0, 0, 0, 2])
        self.assertEqual(self.buckets.take("b"), 0)
        self.now = 1.0
        self.assertEqual(self.buckets.take("a"), 1)
        self.now = 2.0
        self.assertEqual(self.buckets.take("a"), 0)
        self.assertGreater(self.buckets.take("a"), 0)

    def test_the_memory_is_bounded(self):
        for key in "abcdef":
            self.buckets.take(key)
        self.assertEqual(len(self.buckets._buckets), 2)
