"""What clears and what doesn't, on readings made by hand; without Tesseract and a database."""

from dataclasses import replace
from datetime import date
from unittest import TestCase

from PIL import Image

from odoo.addons.hostel_base.tools.identity_masking import Word
from odoo.addons.hostel_billing.tools import receipt_checks as checks
from odoo.addons.hostel_billing.tools.receipt_parser import (
    Found,
    Parsed,
    Template,
    make_found,
)
from odoo.addons.hostel_billing.tools.receipt_reader import DECIDING, Reading

TEMPLATE = Template(colleges=("Sahyadri Institute of Technology",))
GOOD = {
    "student_no": "24CS0117",
    "receipt_no": "RC2600417",
    "date": "12-06-2026",
    "amount": "42,000.00",
    "amount_words": "Rupees Forty Two Thousand Only",
    "balance": "0.00",
    "year": "2026-27",
}
EXPECTED = checks.Expected(
    numbers=frozenset({"24CS0117", "APP26001"}),
    first_day=date(2026, 4, 1),
    last_day=date(2026, 7, 5),
    year="2026-27",
    is_number_used=lambda number: number == "RC0000001",
    nearest_picture=lambda fingerprint: 0.1 if fingerprint == "seen" else 0.9,
)


def found(name, text, confidence=90.0):
    return make_found(name, [Word(text, (0, 0, 100, 20), (0, 0, 0), confidence)])


class TestReceiptChecks(TestCase):
    def _reading(self, void=(), traces=None, fingerprint="", college=True, again=None, **texts):
        values = {}
        for name, text in (GOOD | texts).items():
            several = [text] if isinstance(text, str) else text
            values[name] = [found(name, one) for one in several or ()]
        values = {name: several for name, several in values.items() if several}
        name = Found("college", "Sahyadri", (0, 0, 9, 9), 90.0, "Sahyadri")
        return Reading(
            image=Image.new("RGB", (9, 9)),
            parsed=Parsed(values=values, void=list(void)),
            college=name if college else None,
            fingerprint=fingerprint,
            words=[],
            again={one: values[one] for one in DECIDING if one in values} | (again or {}),
            traces=traces or {},
        )

    def _codes(self, template=TEMPLATE, expected=EXPECTED, **changes):
        verdicts = checks.check_receipt(self._reading(**changes), expected, template)
        codes = {(one.check, one.code) for one in verdicts if one.state != checks.OK}
        self.assertEqual(checks.is_approved(verdicts), not codes)
        return codes

    def test_what_is_right_in_every_point_is_approved(self):
        self.assertEqual(self._codes(), set())
        self.assertEqual(self._codes(student_no="app-26001"), set())
        self.assertEqual(self._codes(year=None), set())
        self.assertEqual(self._codes(balance=["0.00", "Nil", "0/-"]), set())

    def test_each_point_alone_keeps_the_machine_from_approving(self):
        for check, code, changes in (
            ("college", "OTHER_COLLEGE", {"college": False}),
            ("student", "OTHER_STUDENT", {"student_no": "24CS0118"}),
            ("student", "TWO_STUDENTS", {"student_no": ["24CS0117", "24CS0118"]}),
            ("student", "NOT_FOUND", {"student_no": None}),
            ("student", "NOT_UNDERSTOOD", {"student_no": "24C$0117"}),
            ("receipt_no", "USED_NUMBER", {"receipt_no": "RC0000001"}),
            ("receipt_no", "TWO_NUMBERS", {"receipt_no": ["RC2600417", "RC2600418"]}),
            ("receipt_no", "OTHER_FORM", {"receipt_no": "PAID"}),
            ("date", "OLD_DATE", {"date": "31-03-2026"}),
            ("date", "FUTURE_DATE", {"date": "06-07-2026"}),
            ("date", "OLD_DATE", {"date": ["12-06-2026", "12-06-2025"]}),
            ("date", "NOT_UNDERSTOOD", {"date": "12-06"}),
            ("year", "OTHER_YEAR", {"year": "2025-26"}),
            ("year", "NOT_UNDERSTOOD", {"year": "MMXXVI"}),
            ("balance", "BALANCE_DUE", {"balance": "8,000.00"}),
            ("balance", "BALANCE_DUE", {"balance": ["0.00", "0.50"]}),
            ("balance", "NOT_UNDERSTOOD", {"balance": ["0.00", "8.000.00", "8.000.00"]}),
            ("balance", "NOT_FOUND", {"balance": None}),
            ("balance", "NOT_UNDERSTOOD", {"balance": "O.OO"}),
            ("words", "WORDS_DIFFER", {"amount": "45,000.00"}),
            ("words", "NO_WORDS", {"amount_words": None}),
            ("words", "NOT_UNDERSTOOD", {"amount_words": "Forty Blue"}),
            ("void", "VOID_PAPER", {"void": [Word("VOID", (0, 0, 1, 1), (0, 0, 0))]}),
            ("traces", "LOOKS_EDITED", {"traces": {"balance": {"font"}}}),
            ("traces", "UNCLEAR", {"traces": {"date": {"unclear"}}}),
            ("picture", "USED_PICTURE", {"fingerprint": "seen"}),
        ):
            with self.subTest(code=code, changes=changes):
                self.assertEqual(self._codes(**changes), {(check, code)})

    def test_the_term_s_own_code_may_stand_in_the_year_s_place(self):
        expected = replace(EXPECTED, term="2026ODD")
        doubt = {("year", "NOT_UNDERSTOOD")}
        self.assertEqual(self._codes(year="2026-ODD"), doubt)
        self.assertEqual(self._codes(expected=expected, year="2026-ODD"), set())
        for year in ("2026-EVEN", "2025-ODD", "2026-0DD", "2026-2T", "ODD"):
            with self.subTest(year=year):
                self.assertEqual(self._codes(expected=expected, year=year), doubt)
        self.assertEqual(self._codes(expected=expected, year="2025-26"), {("year", "OTHER_YEAR")})

    def test_every_year_on_the_paper_counts(self):
        expected = replace(EXPECTED, term="2026ODD")
        for several, codes in (
            (["2026-ODD", "2026-27"], set()),
            (["2026-ODD", "2025-26"], {("year", "OTHER_YEAR")}),
            (["2026-27", "2025-26"], {("year", "OTHER_YEAR")}),
            (["2026-27", "2026-EVEN"], {("year", "NOT_UNDERSTOOD")}),
        ):
            with self.subTest(several=several):
                self.assertEqual(self._codes(expected=expected, year=several), codes)

    def _choose(self, *changes):
        judged = [checks.check_receipt(self._reading(**one), EXPECTED, TEMPLATE) for one in changes]
        place, verdicts = checks.choose(judged)
        return place, {(one.check, one.code) for one in verdicts if one.state != checks.OK}

    def test_of_several_templates_the_one_with_the_fewest_doubts_counts(self):
        other_kind = {"receipt_no": None, "amount_words": None}
        self.assertEqual(self._choose({}), (0, set()))
        self.assertEqual(self._choose(other_kind, {}), (1, set()))
        self.assertEqual(self._choose({}, other_kind), (0, set()))
        self.assertEqual(self._choose({}, {}), (0, set()))
        place, codes = self._choose({"college": False, **other_kind}, other_kind)
        self.assertEqual((place, codes), (1, {("receipt_no", "NOT_FOUND"), ("words", "NO_WORDS")}))

    def test_what_one_template_finds_wrong_another_does_not_make_good(self):
        for check, code, found_by_one in (
            ("balance", "BALANCE_DUE", {"balance": ["0.00", "8,000.00"]}),
            ("balance", "NOT_UNDERSTOOD", {"balance": ["0.00", "B.OO"]}),
            ("student", "TWO_STUDENTS", {"student_no": ["24CS0117", "24CS0118"]}),
            ("year", "OTHER_YEAR", {"year": "2025-26"}),
            ("traces", "LOOKS_EDITED", {"traces": {"balance": {"font"}}}),
        ):
            with self.subTest(code=code):
                self.assertEqual(self._choose(found_by_one, {}), (1, {(check, code)}))
                self.assertEqual(self._choose({}, found_by_one), (0, {(check, code)}))

    def test_two_readings_must_agree_and_one_must_be_sure(self):
        other = found("balance", "8.00")
        self.assertEqual(self._codes(again={"balance": [other]}), {("balance", "READ_TWO_WAYS")})
        weak = self._reading()
        weak.parsed.values["balance"] = [found("balance", "0.00", 20.0)]
        for confidence, state in ((20.0, "doubtful"), (80.0, "ok")):
            weak.again["balance"] = [found("balance", "0.00", confidence)]
            [verdict] = [
                one
                for one in checks.check_receipt(weak, EXPECTED, TEMPLATE)
                if one.check == "balance"
            ]
            self.assertEqual(verdict.state, state)

    def test_every_value_of_a_field_must_be_read_twice_and_surely(self):
        for name in DECIDING:
            first = found(name, GOOD[name])
            for code, later, again in (
                ("UNSURE", found(name, GOOD[name], 20.0), found(name, GOOD[name], 20.0)),
                ("READ_TWO_WAYS", first, None),
                ("READ_TWO_WAYS", first, found(name, "7")),
                ("NOT_UNDERSTOOD", found(name, "8.00$.00"), first),
            ):
                reading = self._reading(again={name: [first, again]})
                reading.parsed.values[name] = [first, later]
                verdicts = checks.check_receipt(reading, EXPECTED, TEMPLATE)
                with self.subTest(name=name, code=code):
                    self.assertEqual(
                        [one.code for one in verdicts if one.state != checks.OK], [code]
                    )
                reading.again[name] = [first]
                self.assertFalse(
                    checks.is_approved(checks.check_receipt(reading, EXPECTED, TEMPLATE))
                )

    def test_a_person_is_shown_the_value_that_is_in_doubt(self):
        for texts, shown in (
            (["0.00", "Nil"], "0.00"),
            (["0.00", "8.000.00", "0.00"], "8.000.00"),
            (["0.00", "8,000.00"], "8,000.00"),
        ):
            with self.subTest(texts=texts):
                reading = self._reading(balance=texts)
                self.assertEqual(checks.find_doubtful(reading, "balance")[0].text, shown)
        first = found("amount", "42,000.00")
        reading = self._reading(amount=["42,000.00", "500.00"], again={"amount": [first, None]})
        shown, again = checks.find_doubtful(reading, "amount")
        self.assertEqual((shown.text, again), ("500.00", None))
        self.assertEqual(checks.find_doubtful(reading, "unknown"), (None, None))

    def test_a_college_may_say_what_its_numbers_look_like(self):
        strict = replace(TEMPLATE, number_mask="##EE####", receipt_mask="XX*******")
        self.assertEqual(
            self._codes(template=strict), {("student", "OTHER_FORM"), ("receipt_no", "OTHER_FORM")}
        )

    def test_a_college_without_words_says_so(self):
        plain = replace(TEMPLATE, needs_words=False)
        self.assertEqual(self._codes(template=plain, amount_words=None), set())
        self.assertEqual(
            self._codes(template=plain, amount_words="Rupees Ten Only"), {("words", "WORDS_DIFFER")}
        )

    def test_without_a_verdict_nothing_is_approved(self):
        self.assertFalse(checks.is_approved([]))
