"""The parser on words with places, without Tesseract and without a database."""

from datetime import date
from decimal import Decimal
from unittest import TestCase

from odoo.addons.hostel_base.tools.identity_masking import Word
from odoo.addons.hostel_billing.tools import receipt_parser as parser

COLLEGE = "Sahyadri Institute of Technology"
TEMPLATE = parser.Template(colleges=(COLLEGE,))


def page(*lines, height=20):
    """Words of a page; a line is a text, or (text, left) pairs for its columns."""
    words = []
    for number, line in enumerate(lines):
        columns = [(line, 0)] if isinstance(line, str) else line
        for text, left in columns:
            for word in text.split():
                width = 12 * len(word)
                top = 40 * number
                words.append(
                    Word(word, (left, top, left + width, top + height), (0, 0, number), 90)
                )
                left += width + 10
    return words


class TestReceiptParser(TestCase):
    def _values(self, name, *lines, template=TEMPLATE):
        parsed = parser.parse(page(*lines), template)
        return [found.value for found in parsed.values.get(name, [])]

    def test_label_and_value_on_one_line(self):
        for line in (
            "Receipt No : RC-2600417",
            "Receipt No:RC2600417",
            "RECEIPT NUMBER RC/2600417",
        ):
            with self.subTest(line=line):
                self.assertEqual(self._values("receipt_no", line), ["RC2600417"])

    def test_a_value_ends_where_the_next_label_or_column_begins(self):
        line = [("Roll No: 24CS0117", 0), ("Date: 12-06-2026", 500), ("far away", 900)]
        self.assertEqual(self._values("student_no", line), ["24CS0117"])
        self.assertEqual(self._values("date", line), [date(2026, 6, 12)])

    def test_a_value_below_its_label(self):
        lines = [[("Registration No", 0), ("Paid On", 400)], [("24CS0117", 0), ("3 Jun 2026", 400)]]
        self.assertEqual(self._values("student_no", *lines), ["24CS0117"])
        self.assertEqual(self._values("date", *lines), [date(2026, 6, 3)])

    def test_every_row_of_a_column_of_balances_counts(self):
        lines = [
            [("Particulars", 0), ("Paid", 300), ("Balance", 500)],
            [("Hostel", 0), ("30,000.00", 300), ("0.00", 500)],
            [("Mess", 0), ("12,000.00", 300), ("8,000.00", 500)],
            [("Total", 0), ("42,000.00", 300), ("0.00", 500)],
        ]
        self.assertEqual(self._values("balance", *lines), [0, 8000, 0])

    def test_an_amount_that_is_not_understood_is_not_left_out(self):
        """Else a row with dues is hidden by a comma that is read as a point."""
        for mess, values in (
            ("8.000.00", [0, None]),
            ("O.OO", [0, None]),
            ("gOOOO", [0, None]),
            ("-", [0, None]),
        ):
            lines = [
                [("Particulars", 0), ("Paid", 300), ("Balance", 500)],
                [("Hostel", 0), ("30,000.00", 300), ("0.00", 500)],
                [("Mess", 0), ("12,000.00", 300), (mess, 500)],
                [("Total", 0), ("42,000.00", 300), (mess, 500)],
            ]
            with self.subTest(mess=mess):
                self.assertEqual(self._values("balance", *lines), values)
        for others in ([], ["Balance 0.00"], [[("0.00", 100)]]):
            with self.subTest(others=others):
                several = self._values("balance", "Total Outstanding : 8.000.00", *others)
                self.assertIsNone(several[0])
                self.assertEqual(any(several), False)

    def test_a_table_goes_on_below_a_cell_that_was_not_read(self):
        lines = [
            [("Particulars", 0), ("Paid", 300), ("Balance", 500)],
            [("Hostel", 0), ("30,000.00", 300), ("0.00", 500)],
            *[[("Mess", 0), ("4,000.00", 300)]] * 3,
        ]
        for total, value in (("8,000.00", 8000), ("a>", None)):
            last = [("Total", 0), ("42,000.00", 300), (total, 500)]
            with self.subTest(total=total):
                self.assertEqual(self._values("balance", *lines, last), [0, value])

    def test_a_total_without_a_balance_is_not_left_out(self):
        lines = [
            [("Particulars", 0), ("Paid", 300), ("Balance", 500)],
            [("Hostel", 0), ("30,000.00", 300), ("0.00", 500)],
        ]
        self.assertEqual(
            self._values("balance", *lines, [("Total", 0), ("42,000.00", 300)]), [0, None]
        )
        for below in (
            [("Total", 0)],
            [("Cash", 0), ("42,000.00", 300)],
            [("Total Amount Paid", 0), ("42,000.00", 300)],
        ):
            with self.subTest(below=below):
                self.assertEqual(self._values("balance", *lines, below), [0])

    def test_what_stands_below_a_column_of_balances_is_none(self):
        lines = [
            [("Particulars", 0), ("Balance", 500)],
            [("Hostel", 0), ("0.00", 500)],
        ]
        for below in ("for the college", "Page 1 of 1", "12-06-2026"):
            with self.subTest(below=below):
                self.assertEqual(self._values("balance", *lines, [(below, 500)]), [0])
        for sentence in (
            "Balance as agreed",
            "Balance fee once paid is not refunded after 30 days",
            "Outstanding dues to be paid before 31.07.2026",
        ):
            with self.subTest(sentence=sentence):
                self.assertEqual(self._values("balance", sentence), [])
        for amount in (
            "8,000.00 Dr",
            "-500.00",
            "X8,000.00",
            "B.000.00",
            "Rs.8.000.00",
            "of 8,000",
        ):
            with self.subTest(amount=amount):
                self.assertEqual(self._values("balance", f"Balance : {amount}"), [None])

    def test_a_template_brings_labels_of_its_own(self):
        template = parser.Template((COLLEGE,), labels={"balance": ("net dues left",)})
        self.assertEqual(self._values("balance", "Net Dues Left 0.00"), [None])
        self.assertEqual(self._values("balance", "Net Dues Left 0.00", template=template), [0])

    def test_one_misread_letter_in_a_long_label(self):
        self.assertEqual(self._values("balance", "Outstandlng Amount : 0.00"), [0])

    def test_an_amount_in_words_goes_on_in_the_next_line(self):
        long = ("In words Rupees Seventy Five Thousand", "Two Hundred and Fifty Paise Only")
        self.assertEqual(self._values("amount_words", *long), [Decimal("75200.50")])
        for following in ("Seventy Five is the number of our office", "Thank you", "42,000.00"):
            with self.subTest(following=following):
                self.assertEqual(self._values("amount_words", long[0], following), [75000])
        # After "Only" nothing comes, and what stands far below is something else.
        self.assertEqual(self._values("amount_words", f"{long[0]} Only", "Five Hundred"), [75000])
        self.assertEqual(
            self._values("amount_words", long[0], "", "", "", "Five Hundred Only"), [75000]
        )

    def test_amounts(self):
        for text, amount in (
            ("42,000.00", "42000"), ("1,18,000/-", "118000"), ("Rs. 500", "500"), ("₹0.00", "0"),
            ("Nil", "0"), ("NIL.", "0"), ("0/-", "0"),
        ):  # fmt: skip
            with self.subTest(text=text):
                self.assertEqual(parser.read_amount(text), Decimal(amount))
        for text in (
            "",
            "-",
            "O.00",
            "0.0O",
            "-500.00",
            "42,000.00 Cr",
            "4 2 a",
            "0.001",
            "(0.00)",
        ):
            with self.subTest(text=text):
                self.assertIsNone(parser.read_amount(text))

    def test_days_come_before_months(self):
        for text in ("03-04-2026", "3/4/2026", "03.04.26", "3rd April 2026", "03-Apr-2026",
                     "April 3, 2026", "2026-04-03"):  # fmt: skip
            with self.subTest(text=text):
                self.assertEqual(parser.read_date(text), date(2026, 4, 3))
        for text in ("31-02-2026", "12-13-2026", "tomorrow", "3 Foo 2026", "12/06"):
            with self.subTest(text=text):
                self.assertIsNone(parser.read_date(text))

    def test_academic_years(self):
        self.assertEqual(parser.read_year("2026-27"), "2026-27")
        self.assertEqual(parser.read_year("2026 - 2027"), "2026-27")
        self.assertIsNone(parser.read_year("2026-29"))

    def test_masks(self):
        self.assertTrue(parser.fits_mask("24CS0117", "##@@####"))
        self.assertTrue(parser.fits_mask("RC2600417", "RC-#######"))
        self.assertTrue(parser.fits_mask("anything", ""))
        self.assertFalse(parser.fits_mask("24CS017", "##@@####"))
        self.assertFalse(parser.fits_mask("XC2600417", "RC#######"))

    def test_a_number_with_a_strange_sign_in_it_is_not_understood(self):
        self.assertEqual(parser.read_number("§24CS0117"), "24CS0117")
        self.assertEqual(parser.read_number("24/CS/0117"), "24CS0117")
        self.assertIsNone(parser.read_number("24C$0117"))

    def _college(self, *lines):
        return parser.find_college(parser.parse(page(*lines), TEMPLATE), TEMPLATE)

    def test_the_college_alone_or_with_its_town(self):
        for line in (COLLEGE, COLLEGE.upper(), f"The {COLLEGE}", f"{COLLEGE}, Pune 411001"):
            with self.subTest(line=line):
                self.assertIsNotNone(self._college(line))

    def test_a_longer_name_is_another_college(self):
        for line in (f"{COLLEGE} and Science", f"New {COLLEGE}", "Sahyadri Institute", ""):
            with self.subTest(line=line):
                self.assertIsNone(self._college(line))

    def test_void_paper(self):
        for line in ("CANCELLED", "Duplicate copy", "this is a SPECIMEN", "CANCELED receipt"):
            with self.subTest(line=line):
                self.assertTrue(parser.parse(page(line), TEMPLATE).void)
        self.assertFalse(parser.parse(page("Pending Amount 0.00", "Fee Receipt"), TEMPLATE).void)
