"""What the office prints says what is true, and only to whom it concerns."""

import io
import re
from datetime import date, timedelta

import openpyxl
from pypdf import PdfReader

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import HostelCase

HEADER = 5  # row of the column titles, counted from 1
MM = 72 / 25.4
EVIL = '=HYPERLINK("http://evil.example","Click")'


class ReportCase(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        today = fields.Date.today()
        cls.dates = {
            "date_from": today - timedelta(days=30),
            "date_to": today + timedelta(days=60),
        }
        cls.student.write({"name": "Asha Test", "phone": "+91 98765 43210", "blood_group": "O-"})
        cls.guardian.partner_id.name = "Parent Test"
        cls.row = cls._create_allocation(
            "checked_in", bed=cls.bed, student=cls.student, **cls.dates
        )
        cls.guardian.partner_id.phone = "98111 22334"
        cls.stranger = cls._create_student(name="Stranger Test")
        cls._create_allocation(
            "checked_in", bed=cls.foreign.bed_ids[0], student=cls.stranger, **cls.dates
        )

    def _pdf(self, name, records, role="warden"):
        """Pages of a report as the role gets it, made by wkhtmltopdf."""
        self.env.flush_all()
        report = self.env["ir.actions.report"].with_user(self.users[role])
        content, _type = report.with_context(force_report_rendering=True)._render_qweb_pdf(
            f"hostel_base.{name}", records.ids
        )
        return PdfReader(io.BytesIO(content))

    def _text(self, *args, **kwargs):
        pages = self._pdf(*args, **kwargs).pages
        return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))

    def _sheet(self, name, records, role="warden"):
        report = self.env["ir.actions.report"].with_user(self.users[role])
        content, kind = report._render_xlsx(f"hostel_base.{name}", records.ids, {})
        self.assertEqual(kind, "xlsx")
        return openpyxl.load_workbook(io.BytesIO(content)).active

    def _rows(self, sheet):
        """Cells below the column titles."""
        return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=HEADER + 1)]

    def _print(self, role="warden", **vals):
        return self.env["hostel.print.list"].with_user(self.users[role]).create(vals)


@tagged("post_install", "-at_install")
class TestLists(ReportCase):
    def test_student_list_names_bed_phone_and_guardian(self):
        text = self._text("report_student_list", self.student)
        for word in (
            self.env.company.name,
            "Student list",
            self.student.roll_number,
            "Asha Test",
            "Home",
            "+91 98765 43210",
            "Parent Test",
            "98111 22334",
        ):
            with self.subTest(word=word):
                self.assertIn(word, text)

    def test_spreadsheet_has_typed_cells_header_filter_and_frozen_panes(self):
        sheet = self._sheet("student_list_xlsx", self.student)
        self.assertEqual(
            [cell.value for cell in sheet[HEADER]][:4], ["Roll number", "Name", "Programme", "Year"]
        )
        self.assertTrue(all(cell.font.bold for cell in sheet[HEADER]))
        self.assertEqual(sheet.freeze_panes, f"A{HEADER + 1}")
        self.assertEqual(sheet.auto_filter.ref, f"A{HEADER}:J{HEADER + 1}")
        [row] = self._rows(sheet)
        self.assertEqual(row[0], self.student.roll_number)
        self.assertEqual(row[3], 1)
        # A phone is no number, or its plus and zeros are lost.
        self.assertEqual(row[7], "+91 98765 43210")

    def test_text_that_looks_like_a_formula_stays_a_text(self):
        self.student.name = EVIL
        self.student.phone = "+1+1"
        self.row.bed_id.room_id.name = "@SUM(A1)"
        [cells] = self._sheet("student_list_xlsx", self.student).iter_rows(min_row=HEADER + 1)
        for cell, value in ((cells[1], EVIL), (cells[5], "@SUM(A1)"), (cells[7], "+1+1")):
            self.assertEqual((cell.value, cell.data_type, cell.hyperlink), (value, "s", None))

    def test_room_list_has_every_bed_and_dates_are_dates(self):
        sheet = self._sheet("room_list_xlsx", self.bed.room_id)
        rows = self._rows(sheet)
        self.assertEqual([row[3] for row in rows], ["A", "B"])
        self.assertEqual([row[5] for row in rows], ["Occupied", "Vacant"])
        self.assertEqual(rows[0][7], "Asha Test")
        self.assertEqual(rows[0][8].date(), self.dates["date_to"])
        text = self._text("report_room_list", self.bed.room_id)
        self.assertIn("Asha Test", text)
        self.assertIn("Vacant", text)

    def test_occupancy_adds_up(self):
        wizard = self._print(kind="occupancy", file_format="xlsx")
        rows = self._rows(self._sheet("print_list_xlsx", wizard))
        self.assertEqual(
            rows[:2],
            [["Home", "0", 2, 4, 1, 0, 0, 3, 0.25], ["Home", "1", 2, 4, 0, 0, 0, 4, 0]],
        )
        self.assertEqual(rows[2][2:8], [4, 8, 1, 0, 0, 7])
        text = self._text("report_print_list", wizard)
        self.assertIn("Occupancy", text)
        self.assertIn("25 %", text)
        self.assertNotIn("Foreign", text)

    def test_vacancies_say_until_when_and_at_what_fee(self):
        later = fields.Date.today() + timedelta(days=20)
        self._create_allocation(
            "allocated",
            bed=self.other_bed,
            date_from=later,
            date_to=later + timedelta(days=20),
        )
        wizard = self._print(kind="vacancies", file_format="xlsx")
        rows = self._rows(self._sheet("print_list_xlsx", wizard))
        self.assertEqual(len(rows), 7)
        first = rows[0]
        self.assertEqual(first[:4], ["Home", "0", self.other_bed.room_id.name, "B"])
        self.assertEqual((first[5], first[7]), ("Female", 42000))
        self.assertEqual(first[8].date(), later)
        self.assertIsNone(rows[1][8])

    def test_list_is_about_its_day(self):
        wizard = self._print(kind="students", date=date(2020, 1, 1))
        self.assertEqual(wizard._get_table()["rows"], [])
        wizard.date = fields.Date.today()
        self.assertEqual(len(wizard._get_table()["rows"]), 1)

    def test_each_list_prints_as_each_file(self):
        for kind in ("occupancy", "rooms", "students", "vacancies"):
            for file_format in ("pdf", "xlsx"):
                with self.subTest(kind=kind, file_format=file_format):
                    with Form(
                        self.env["hostel.print.list"].with_user(self.users["warden"])
                    ) as form:
                        form.kind = kind
                        form.file_format = file_format
                    action = form.record.action_print()
                    self.assertEqual(action["type"], "ir.actions.report")
                    if file_format == "xlsx":
                        self.assertTrue(self._rows(self._sheet("print_list_xlsx", form.record)))
                    else:
                        self.assertTrue(self._pdf("report_print_list", form.record).pages)

    def test_warden_prints_nobody_of_another_hostel(self):
        with self.assertRaises(AccessError):
            self._print(kind="students", hostel_ids=[self.foreign.id])
        lists = self.env["hostel.list"].with_user(self.users["warden"])
        both = (self.home | self.foreign).with_user(self.users["warden"])
        for kind in ("students", "rooms", "occupancy", "vacancies"):
            text = str(lists._get_table(kind, both, fields.Date.today())["rows"])
            with self.subTest(kind=kind):
                self.assertIn("Home", text)
                self.assertNotIn("Foreign", text)
                self.assertNotIn("Stranger", text)
        sheet = self._sheet("student_list_xlsx", self.student | self.stranger)
        self.assertEqual([row[1] for row in self._rows(sheet)], ["Asha Test"])

    def test_students_guards_and_strangers_print_nothing(self):
        for role in ("student", "guardian", "guard", "mess_manager", "internal", "portal"):
            for name in ("student_list_xlsx", "room_list_xlsx"):
                records = self.student if "student" in name else self.bed.room_id
                with self.subTest(role=role, name=name), self.assertRaises(AccessError):
                    self._sheet(name, records, role)

    def test_name_in_devanagari_is_printed_with_its_letters(self):
        self.student.name = "आशा टेस्ट"
        reader = self._pdf("report_student_list", self.student)
        fonts = {
            font["/BaseFont"]
            for page in reader.pages
            for font in (ref.get_object() for ref in page["/Resources"]["/Font"].values())
        }
        self.assertTrue(any("Devanagari" in font for font in fonts), fonts)


@tagged("post_install", "-at_install")
class TestIdCards(ReportCase):
    def test_card_names_student_room_and_validity(self):
        text = self._text("report_id_card", self.student)
        room = self.bed.room_id.name
        for word in (
            "Asha Test",
            self.student.roll_number,
            "Home",
            f"{room}, bed A",
            "Valid until",
        ):
            with self.subTest(word=word):
                self.assertIn(word, text)

    def test_blood_group_is_printed_only_if_the_college_wants_it(self):
        self.assertNotIn("Blood group", self._text("report_id_card", self.student))
        self.env["ir.config_parameter"].set_param("hostel_base.id_card_blood_group", "True")
        self.assertIn("Blood group O-", self._text("report_id_card", self.student))

    def test_eight_cards_fill_a_sheet(self):
        students = self.student
        for bed in self.home.bed_ids[1:]:
            students |= self._create_allocation("checked_in", bed=bed, **self.dates).student_id
        self.assertEqual(len(students), 8)
        self.assertEqual(len(self._pdf("report_id_card", students).pages), 1)

    def test_code_on_the_card_is_eighteen_millimetres_wide(self):
        """As the whole card is scaled as one, its own 85.6 × 54 mm are right as well."""
        sizes = []

        def visit(operator, _operands, matrix, _text_matrix):
            if operator == b"Do":
                sizes.append((abs(matrix[0]), abs(matrix[3])))

        [page] = self._pdf("report_id_card", self.student).pages
        page.extract_text(visitor_operand_before=visit)
        self.assertTrue(sizes)
        for width, height in sizes:
            self.assertAlmostEqual(width / MM, 18, delta=0.6)
            self.assertAlmostEqual(height / MM, 18, delta=0.6)

    def test_code_is_the_roll_number(self):
        values = self.env["report.hostel_base.report_id_card"]._get_report_values(self.student.ids)
        [[card]] = values["sheets"]
        self.assertTrue(card["qr"].startswith("data:image/png;base64,"))
        cards = self.env["report.hostel_base.report_id_card"]
        self.assertEqual(card["qr"], cards._get_qr(self.student.roll_number))
        self.assertNotEqual(card["qr"], cards._get_qr("another"))

    def test_only_a_warden_prints_cards_and_only_of_the_own_hostel(self):
        for role in ("supervisor", "floor_incharge", "finance", "guard", "student", "guardian"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._pdf("report_id_card", self.student, role)
        with self.assertRaises(AccessError):
            self._pdf("report_id_card", self.stranger)
