"""Reading files and cells for an import; nothing here touches the database."""

import io
import zipfile
from datetime import date, datetime

from openpyxl import Workbook

from odoo.tests import BaseCase, tagged

from ..const import LIFESTYLE
from ..tools import import_masks, import_rows, import_values, tabular
from ..tools.import_targets import (
    ROOMS,
    STUDENTS,
    amenity_code,
    guess_targets,
    missing_targets,
    score_header,
)
from ..tools.import_values import ValueProblem
from ..tools.tabular import TableError, read_table

# Made up; it only has the right check digit.
AADHAAR = "234123412346"


def make_xlsx(*rows, **sheets):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for row in lines:
            sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def make_zip(**parts):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return data.getvalue()


@tagged("post_install", "-at_install")
class TestTabular(BaseCase):
    def assertRefused(self, code, name, data, **kwargs):
        with self.assertRaises(TableError) as caught:
            read_table(name, data, **kwargs)
        self.assertEqual(caught.exception.code, code)

    def test_each_encoding_gives_the_same_table(self):
        text = "roll;name\r\n1;Zoë Ñandú\r\n"
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
            with self.subTest(encoding=encoding):
                table = read_table("a.csv", text.encode(encoding))
                self.assertEqual(table.rows, [["1", "Zoë Ñandú"]])
        self.assertEqual(read_table("a.csv", text.encode("utf-16-le")).rows[0][1], "Zoë Ñandú")

    def test_only_windows_text_is_noticed(self):
        text = "roll,name\n1,Zoë\n"
        self.assertEqual(read_table("a.csv", text.encode("cp1252")).notices, ["ENCODING_WINDOWS"])
        self.assertEqual(read_table("a.csv", text.encode()).notices, [])

    def test_hindi_names_survive(self):
        table = read_table("a.csv", "roll,name\n1,आशा राव\n".encode())
        self.assertEqual(table.rows, [["1", "आशा राव"]])

    def test_garbage_is_no_text(self):
        for data in (bytes(range(256)) * 4, b"a,b\n\x81\x8d,\x8f\n", "a,b\n".encode("utf-16")[:-1]):
            with self.subTest(data=data[:8]):
                self.assertRefused("ENCODING_UNKNOWN", "a.csv", data)

    def test_separator_is_found_and_quotes_are_kept_together(self):
        for mark in ",;\t|":
            table = read_table("a.csv", f'roll{mark}name\n1{mark}"Rao{mark} Asha"\n'.encode())
            self.assertEqual(table.rows, [["1", f"Rao{mark} Asha"]])
        self.assertEqual(read_table("a.csv", b"sep=;\na;b\n1;2\n").header, ["a", "b"])

    def test_row_numbers_are_those_of_the_spreadsheet(self):
        table = read_table("a.csv", b'a,b\n1,"x\ny"\n\n2,z\n')
        self.assertEqual(table.numbers, [2, 4])

    def test_title_above_the_header_does_no_harm(self):
        data = b"List of the year 2026,,\n,,\nRoll No,Name,Gender\n1,Asha,F\n"
        table = read_table("a.csv", data, lambda cells: score_header(STUDENTS, cells))
        self.assertEqual(table.header, ["Roll No", "Name", "Gender"])
        self.assertEqual(table.numbers, [4])

    def test_file_is_what_its_bytes_say(self):
        workbook, text = make_xlsx(["a"], ["1"]), b"a,b\n1,2\n"
        self.assertRefused("FILE_TYPE_MISMATCH", "a.xlsx", text)
        self.assertRefused("FILE_TYPE_MISMATCH", "a.csv", workbook)
        self.assertRefused("FILE_TYPE_MISMATCH", "a.xlsx", make_zip(readme="x"))
        for data in (b"MZ\x90\x00" * 9, b"%PDF-1.7 x", b"\x7fELF123", b"<html><body>"):
            for name in ("a.csv", "a.xlsx"):
                self.assertRefused("FILE_TYPE_MISMATCH", name, data)
        self.assertRefused("FILE_PROTECTED", "a.xlsx", tabular.OLE + b"\0" * 90)
        for name in ("a.xls", "a.ods", "a", "csv", "a.csv.exe"):
            self.assertRefused("FILE_TYPE_UNSUPPORTED", name, text)

    def test_sizes_are_limited(self):
        self.assertRefused("FILE_TOO_LARGE", "a.csv", b"a" * (tabular.MAX_BYTES + 1))
        self.assertRefused("TOO_MANY_ROWS", "a.csv", b"a\n" + b"1\n" * (tabular.MAX_ROWS + 1))
        self.assertRefused("TOO_MANY_ROWS", "a.csv", b"a\n" + b"1\n" * 1_000_000)
        self.assertRefused("TOO_MANY_ROWS", "a.csv", b"a\n" + b"\n" * 2_000_000 + b"1\n")
        wide = ",".join(str(n) for n in range(tabular.MAX_COLUMNS + 1)).encode()
        self.assertRefused("TOO_MANY_COLUMNS", "a.csv", wide + b"\n1\n")
        full = read_table("a.csv", b"a\n" + b"1\n" * tabular.MAX_ROWS)
        self.assertEqual(len(full.rows), tabular.MAX_ROWS)

    def test_empty_files_say_so(self):
        for data in (b"", b"\xef\xbb\xbf", b"\n\n", b" ,,\n,,\n"):
            self.assertRefused("FILE_EMPTY", "a.csv", data)
        self.assertRefused("NO_ROWS", "a.csv", b"roll,name\n")
        self.assertRefused("FILE_EMPTY", "a.xlsx", make_xlsx())

    def test_broken_quotes_name_the_line(self):
        with self.assertRaises(TableError) as caught:
            read_table("a.csv", b'a,b\n1,2\n3,"open\n')
        self.assertEqual(caught.exception.code, "FILE_MALFORMED")
        self.assertGreaterEqual(caught.exception.params["line"], 3)

    def test_bomb_is_not_unpacked(self):
        parts = {"[Content_Types].xml": "<a/>", "xl/workbook.xml": "<a/>"}
        bomb = make_zip(**parts, big=b"\0" * (tabular.MAX_PART + 1))
        self.assertLess(len(bomb), tabular.MAX_BYTES)
        self.assertRefused("ARCHIVE_BOMB", "a.xlsx", bomb)

    def test_entities_are_refused(self):
        evil = '<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>'
        parts = {"[Content_Types].xml": "<a/>", "xl/workbook.xml": evil}
        self.assertRefused("FILE_MALFORMED", "a.xlsx", make_zip(**parts))

    def test_damaged_workbook_is_refused(self):
        good = make_xlsx(["a", "b"], ["1", "2"])
        self.assertRefused("FILE_TYPE_MISMATCH", "a.xlsx", good[: len(good) // 2])
        parts = {"[Content_Types].xml": "<a/>", "xl/workbook.xml": "<nothing/>"}
        self.assertRefused("FILE_MALFORMED", "a.xlsx", make_zip(**parts))

    def test_cells_of_a_workbook_become_plain_texts(self):
        data = make_xlsx(
            ["roll", "phone", "dob", "flag", "fee"],
            [101, 9876543210, datetime(2005, 1, 31), True, 42000.5],
        )
        table = read_table("a.xlsx", data)
        self.assertEqual(table.rows, [["101", "9876543210", "2005-01-31", "yes", "42000.5"]])

    def test_formulas_of_a_workbook_are_not_read(self):
        data = make_xlsx(["roll", "name"], ["1", '=HYPERLINK("http://x","y")'])
        self.assertEqual(read_table("a.xlsx", data).rows, [["1", ""]])

    def test_first_visible_sheet_counts(self):
        data = make_xlsx(["a"], ["1"], Second=[["b"], ["2"]])
        table = read_table("a.xlsx", data)
        self.assertEqual((table.header, table.notices), (["a"], ["FIRST_SHEET_ONLY"]))

    def test_formulas_are_neutralised_and_numbers_are_not(self):
        for text in ("=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(A1)", "\tx", "\r=1"):
            self.assertEqual(tabular.neutralise(text), f"'{text}")
        for text in ("-5", "+91 98765-43210", "-1,200.50", "Rao = 1", ""):
            self.assertEqual(tabular.neutralise(text), text)


@tagged("post_install", "-at_install")
class TestImportMasks(BaseCase):
    def test_check_digit_is_verhoeff(self):
        self.assertTrue(import_masks.is_aadhaar(AADHAAR))
        for last in "0123457890":
            self.assertFalse(import_masks.is_aadhaar(AADHAAR[:-1] + last))
        self.assertFalse(import_masks.is_aadhaar("1" + AADHAAR[1:]))

    def test_column_that_says_aadhaar_keeps_four_digits(self):
        header, rows = ["Roll", "Aadhar No."], [["1", "2341 2341 2346"], ["2", "999"], ["3", ""]]
        self.assertEqual(import_masks.mask_rows(header, rows), [1])
        self.assertEqual([row[1] for row in rows], ["XXXX-XXXX-2346", "999", ""])

    def test_column_of_nothing_but_aadhaar_numbers_is_found(self):
        rows = [["1", AADHAAR], ["2", AADHAAR], ["3", AADHAAR]]
        self.assertEqual(import_masks.mask_rows(["Roll", "Ident"], rows), [1])
        self.assertNotIn(AADHAAR, str(rows))

    def test_numbers_inside_of_texts_are_masked(self):
        for text in (f"Aadhaar: {AADHAAR}", "see 2341 2341 2346.", "2341-2341-2346"):
            self.assertNotIn("2341", import_masks.mask_text(text).replace("2346", ""))
        for text in ("919876543210", "202600012345", "2341 2341 2347"):
            self.assertEqual(import_masks.mask_text(text), text)


@tagged("post_install", "-at_install")
class TestImportValues(BaseCase):
    def assertProblem(self, code, reader, *texts):
        for text in texts:
            with self.subTest(text=text), self.assertRaises(ValueProblem) as caught:
                reader(text)
            self.assertEqual(caught.exception.code, code)

    def assertReads(self, reader, **expected):
        for value, texts in expected.items():
            for text in texts:
                self.assertEqual(str(reader(text)), value, text)

    def test_genders(self):
        self.assertReads(
            import_values.read_gender,
            male=["M", "male", "Boy", " BOYS "],
            female=["F", "Female", "girl", "W" + "oman"],
            other=["Other", "transgender"],
        )
        self.assertProblem("VALUE_UNKNOWN", import_values.read_gender, "x", "1", "मेल")

    def test_years_of_study(self):
        for year, texts in {
            1: ["1", "1st_year", "I", "First Year", "FY", "1st yr", "Y1", "Year 1"],
            3: ["3", "3rd", "III", "third", "TY"],
        }.items():
            for text in texts:
                self.assertEqual(import_values.read_year_of_study(text), year, text)
        self.assertProblem("OUT_OF_RANGE", import_values.read_year_of_study, "0", "99")
        self.assertProblem("VALUE_UNKNOWN", import_values.read_year_of_study, "-1", "soon", "2026")

    def test_dates_put_the_day_before_the_month(self):
        for text in ("2005-04-03", "03/04/2005", "3-4-2005", "3.4.2005", "3 Apr 2005",
                     "2005-04-03 00:00:00"):  # fmt: skip
            self.assertEqual(import_values.read_date(text), date(2005, 4, 3), text)
        self.assertProblem(
            "DATE_INVALID", import_values.read_date, "03/04/05", "31/02/2005", "38445", "0001-01-01"
        )
        self.assertProblem("DATE_IN_FUTURE", import_values.read_birthdate, "2099-01-01")

    def test_phones_are_indian_unless_they_say_otherwise(self):
        for text in ("9876543210", "+91 98765 43210", "098765-43210", "+919876543210"):
            self.assertEqual(import_values.read_phone(text), "+91 98765 43210")
        self.assertEqual(import_values.read_phone("+1 212 555 0100"), "+1 212-555-0100")
        self.assertEqual(import_values.read_phone("+91 00000 70001"), "+91 00000 70001")
        self.assertEqual(import_values.read_phone("'+919876543210"), "+91 98765 43210")
        self.assertProblem(
            "PHONE_INVALID", import_values.read_phone, "12", "9.87654E+09", "call me", "=9876543210"
        )

    def test_texts_that_a_spreadsheet_would_run_are_refused(self):
        for reader in (import_values.read_text, import_values.read_key):
            self.assertProblem("FORMULA", reader, "=1+1", "@x", "+x", "-x", "'=1+1")
        self.assertProblem("FORMULA", import_values.read_key, "-5", "+5")
        self.assertProblem("EMAIL_INVALID", import_values.read_email, "=a@b.in", "+a@b.in", "a@b")
        self.assertEqual(import_values.read_text("O'Neil - D=2"), "O'Neil - D=2")

    def test_amounts_and_numbers(self):
        self.assertEqual(import_values.read_amount("₹42,000.50"), 42000.5)
        self.assertEqual(import_values.read_amount("Rs. 1,20,000/-"), 120000)
        self.assertProblem("OUT_OF_RANGE", import_values.read_amount, "-5")
        self.assertProblem("NOT_A_NUMBER", import_values.read_amount, "free", "1e5", "nan")
        reader = import_values.read_integer(1, 60)
        self.assertEqual(reader("2.0"), 2)
        self.assertProblem("OUT_OF_RANGE", reader, "0", "61", "-2")
        self.assertProblem("NOT_A_NUMBER", reader, "two", "2.5", "1" * 30, "²")

    def test_lifestyle_takes_the_scale_or_the_words(self):
        reader = import_values.choose_label(LIFESTYLE["lifestyle_sleep"])
        self.assertEqual([reader(text) for text in ("1", "5.0", "before 10 pm")], ["1", "5", "1"])
        self.assertProblem("VALUE_UNKNOWN", reader, "0", "6", "early")

    def test_blood_groups(self):
        self.assertReads(
            import_values.read_blood_group,
            **{"A+": ["A+", "a +ve", "A Positive"], "O-": ["O-", "O negative", "0-ve"]},
        )
        self.assertProblem("VALUE_UNKNOWN", import_values.read_blood_group, "C+", "A")


@tagged("post_install", "-at_install")
class TestImportColumns(BaseCase):
    def test_headers_of_real_lists_are_understood(self):
        header = ["student_id", "name", "sleep", "clean", "noise", "wants_ac"]
        self.assertEqual(
            guess_targets(STUDENTS, header),
            ["roll_number", "name", "lifestyle_sleep", "lifestyle_tidiness", "lifestyle_noise", ""],
        )
        header = ["Admission No.", "Full Name", "Sex", "year_group", "DOB", "Aadhar card number"]
        self.assertEqual(
            guess_targets(STUDENTS, header),
            ["application_number", "name", "gender", "year_of_study", "birthdate", "aadhaar_last4"],
        )
        header = ["room_id", "room_name", "capacity", "has_ac", "has_private_bath"]
        self.assertEqual(
            guess_targets(ROOMS, header),
            ["", "room", "capacity", "amenity_flag", "amenity_flag"],
        )

    def test_what_people_chose_before_wins(self):
        guess = guess_targets(STUDENTS, ["id", "name"], {"id": "application_number"})
        self.assertEqual(guess, ["application_number", "name"])
        self.assertEqual(guess_targets(STUDENTS, ["name"], {"name": ""}), [""])

    def test_what_every_row_needs(self):
        self.assertEqual(
            missing_targets(STUDENTS, {"name"}, set()),
            [["roll_number", "application_number"], ["gender"]],
        )
        self.assertFalse(missing_targets(STUDENTS, {"name", "application_number"}, {"gender"}))
        self.assertFalse(missing_targets(ROOMS, {"room", "room_type"}, {"hostel"}))

    def test_amenities_by_their_columns(self):
        self.assertEqual(amenity_code("has_private_bath"), "attached_bath")
        self.assertEqual(amenity_code("Wi-Fi"), "wifi")
        self.assertEqual(amenity_code("has_Pool Table"), "pool_table")

    def test_floors_by_name_and_by_room_number(self):
        for name, storey in {"Ground": 0, "G": 0, "2": 2, "2nd Floor": 2, "Annexe": None}.items():
            self.assertEqual(import_rows.storey_of(name), storey, name)
        for room, storey in {"204": 2, "B-204": 2, "1203": 12, "G05": 0, "Attic": 0}.items():
            self.assertEqual(import_rows.floor_of_room(room), storey, room)

    def test_beds_are_lettered(self):
        self.assertEqual(import_rows.bed_labels(3), ["A", "B", "C"])
        self.assertEqual(import_rows.bed_labels(28)[-3:], ["Z", "AA", "AB"])
