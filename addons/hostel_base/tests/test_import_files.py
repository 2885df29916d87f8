"""The files that go in and out of an import over HTTP, and who gets them."""

import io
import json

from openpyxl import load_workbook

from odoo.http import Request
from odoo.tests import HttpCase, tagged

from .common import HostelMixin
from .test_import_tools import AADHAAR


@tagged("post_install", "-at_install")
class TestImportFiles(HostelMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpHostels()
        cls.setUpPeople()
        cls.job = cls.env["hostel.import"].with_user(cls.users["admin"]).create({})

    def _sign_in(self, role):
        login = f"{role}.base.test"
        self.authenticate(login, login)

    def _send(self, data, name="list.csv", import_id=None):
        response = self.url_open(
            f"/hostel/import/{import_id or self.job.id}/file",
            data={"csrf_token": Request.csrf_token(self)},
            files={"file": (name, data)},
        )
        return response.status_code, json.loads(response.text)

    def test_upload_is_read_and_its_columns_are_guessed(self):
        self._sign_in("admin")
        status, answer = self._send(b"Roll No,Name,Gender\nN1,Asha,F\n")
        self.assertEqual((status, answer), (200, {"success": True, "rows": 1}))
        self.assertEqual(self.job.column_ids.mapped("target"), ["roll_number", "name", "gender"])

    def test_bad_uploads_get_a_code_and_a_sentence(self):
        self._sign_in("admin")
        for name, data, expected in (
            ("a.csv", b"x" * (50 * 1024 * 1024), (413, "FILE_TOO_LARGE")),
            ("a.csv", b"x" * (10 * 1024 * 1024 + 1), (413, "FILE_TOO_LARGE")),
            ("a.xlsx", b"MZ\x90\x00 this is a program", (422, "FILE_TYPE_MISMATCH")),
            ("a.csv", b"", (422, "FILE_EMPTY")),
            ("a.csv", b"a\n" + b"1\n" * 1_000_000, (413, "TOO_MANY_ROWS")),
        ):
            with self.subTest(expected=expected):
                status, answer = self._send(data, name)
                self.assertEqual((status, answer["code"]), expected)
                self.assertTrue(answer["error"])
        self.assertEqual(self.job.state, "draft")

    def test_upload_without_a_file(self):
        self._sign_in("admin")
        response = self.url_open(
            f"/hostel/import/{self.job.id}/file", data={"csrf_token": Request.csrf_token(self)}
        )
        self.assertEqual((response.status_code, response.json()["code"]), (400, "FILE_MISSING"))

    def test_forged_upload_is_refused(self):
        self._sign_in("admin")
        response = self.url_open(
            f"/hostel/import/{self.job.id}/file", files={"file": ("a.csv", b"a\n1\n")}
        )
        self.assertEqual(response.status_code, 400)
        self.assertEqual(self.job.state, "draft")

    def test_nobody_else_reaches_the_files(self):
        for role in ("warden", "finance", "student", "portal"):
            self._sign_in(role)
            with self.subTest(role=role):
                self.assertEqual(self._send(b"a\n1\n")[0], 404)
                for path in (
                    f"/hostel/import/{self.job.id}/refused.xlsx",
                    "/hostel/import/template/students.csv",
                ):
                    self.assertEqual(self.url_open(path).status_code, 404)
        self.assertEqual(self.job.state, "draft")

    def test_missing_import_is_not_found(self):
        self._sign_in("admin")
        self.assertEqual(self._send(b"a\n1\n", import_id=2**31 - 1)[0], 404)
        for path in ("/hostel/import/2147483647/refused.xlsx",
                     "/hostel/import/template/beds.csv",
                     "/hostel/import/template/students.pdf"):  # fmt: skip
            self.assertEqual(self.url_open(path).status_code, 404, path)

    def test_templates_are_understood_by_the_import(self):
        self._sign_in("admin")
        for kind in ("students", "rooms"):
            for extension in ("csv", "xlsx"):
                with self.subTest(kind=kind, extension=extension):
                    response = self.url_open(f"/hostel/import/template/{kind}.{extension}")
                    self.assertEqual(response.status_code, 200)
                    job = self.job.create({"kind": kind})
                    job._receive_file(f"t.{extension}", response.content)
                    self.assertEqual(job.row_count, 1)
                    self.assertTrue(all(job.column_ids.mapped("target")))

    def test_refused_rows_come_back_harmless_and_can_be_mended(self):
        self._sign_in("admin")
        text = (
            "Roll No,Name,Gender,Phone,Aadhaar\n"
            f"N1,\"=cmd|'/C calc'!A0\",F,+91 98765 43210,{AADHAAR}\n"
            "N2,Good,F,,\nN3,,M,,\n"
        )
        self._send(text.encode())
        self.job.action_check()
        response = self.url_open(f"/hostel/import/{self.job.id}/refused.xlsx")
        sheet = load_workbook(io.BytesIO(response.content)).active
        rows = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
        self.assertEqual(len(rows), 3)
        self.assertEqual(rows[1][:3], ["N1", "'=cmd|'/C calc'!A0", "F"])
        self.assertEqual(rows[1][3:5], ["+91 98765 43210", "XXXX-XXXX-2346"])
        self.assertIn("[FORMULA]", rows[1][5])
        self.assertNotIn("f", {cell.data_type for row in sheet.iter_rows() for cell in row})
        again = self.job.create({"kind": "students"})
        again._receive_file("refused.xlsx", response.content)
        again.action_check()
        self.assertEqual(set(again.refused_line_ids.mapped("code")), {"FORMULA", "VALUE_MISSING"})

    def test_whole_wizard_in_the_browser(self):
        self.start_tour("/odoo/hostel-import/new", "hostel_import_tour", login="admin.base.test")
        student = self.env["hostel.student"].search([("roll_number", "=like", "TOUR-_")])
        self.assertEqual(student.mapped("name"), ["Asha Tour"])
        job = self.env["hostel.import"].search([], limit=1)
        self.assertEqual((job.state, job.refused_count, job.content), ("done", 2, False))
