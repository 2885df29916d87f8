"""Amounts in words, without a database."""

from decimal import Decimal
from unittest import TestCase

from odoo.addons.hostel_billing.tools.amount_words import amount_in_words, parse_amount_words


class TestAmountWords(TestCase):
    def test_each_amount_comes_back_from_its_words(self):
        for amount in (*range(1200), 7350, 38500, 99999, 100000, 118000, 9999999, 10000000):
            with self.subTest(amount=amount):
                self.assertEqual(parse_amount_words(amount_in_words(Decimal(amount))), amount)

    def test_what_receipts_write_around_it_does_no_harm(self):
        for text, amount in (
            ("Rupees Forty Two Thousand Only", "42000"),
            ("RUPEES ONE LAKH EIGHTEEN THOUSAND ONLY.", "118000"),
            ("Rs. Forty-Two Thousand Five Hundred and Seven only", "42507"),
            ("INR Seven Thousand and Fifty Paise Only", "7000.50"),
            ("Twelve Rupees and Paise Twenty Five", "12.25"),
            ("Rupees Two Hundred Fifty and Fifty Paise Only", "250.50"),
            ("One Hundred and Five Rupees Forty Two Paise", "105.42"),
            ("Nil", "0"),
        ):
            with self.subTest(text=text):
                self.assertEqual(parse_amount_words(text), Decimal(amount))

    def test_one_misread_letter_of_a_long_word_is_understood(self):
        self.assertEqual(parse_amount_words("Forty Two Thousard Only"), 42000)
        self.assertEqual(parse_amount_words("Eighteen Thouand Five Hundrcd"), 18500)

    def test_what_is_no_number_is_none(self):
        for text in (
            "", "only", "forty blue", "hundred", "two two", "forty fifty", "lakh",
            "thirty thirteen", "two thousand one lakh", "two thousand three thousand",
            "six hundred hundred", "42000",
            "ninety nine hundred thousand hundred", "fiv thousand", "paise",
        ):  # fmt: skip
            with self.subTest(text=text):
                self.assertIsNone(parse_amount_words(text))

    def test_what_can_not_be_said_is_refused(self):
        for amount in (-1, 10**10):
            with self.assertRaises(ValueError):
                amount_in_words(Decimal(amount))
