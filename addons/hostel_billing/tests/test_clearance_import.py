"""Clearances from the accounts office's file."""

import base64

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.hostel_base.errors import HostelError

from .common import BillingCase


@tagged("post_install", "-at_install")
class TestClearanceImport(BillingCase):
    def _dialog(self, text, name="clear.csv", user=None):
        return (
            self.env["hostel.clearance.import"]
            .with_user(user or self.finance)
            .create(
                {
                    "term_id": self.term.id,
                    "file": base64.b64encode(text.encode()),
                    "filename": name,
                }
            )
        )

    def _counts(self, dialog):
        dialog.action_check()
        return (
            dialog.new_count,
            dialog.known_count,
            dialog.owing_count,
            dialog.refused_count,
        )

    def assertRefused(self, code, method):
        with self.assertRaises(HostelError) as caught:
            method()
        self.assertEqual(caught.exception.code, code)

    def test_a_look_changes_nothing_and_the_import_clears(self):
        dialog = self._dialog(
            "Roll No,Name,Balance,Receipt No\nts001,Asha,0.00,RC1\nTS002,Ravi,500,RC2\nTS999,X,0,\n"
            "TS001,Asha,0,\nTS002,Ravi,none of your business,\n"
        )
        self.assertEqual(self._counts(dialog), (1, 0, 1, 3))
        self.assertIn("TS999", dialog.problems)
        self.assertFalse(self.student._is_cleared(self.term))
        dialog.action_import()
        clearance = self.student.clearance_ids
        self.assertEqual((clearance.source, clearance.reference), ("csv", "RC1"))
        self.assertFalse(self.other_student._is_cleared(self.term))

    def test_the_same_file_again_changes_nothing(self):
        text = "roll number\nTS001\nTS002\n"
        self._dialog(text).action_import()
        again = self._dialog(text)
        self.assertEqual(self._counts(again), (0, 2, 0, 0))
        self.assertRefused("NOTHING_TO_IMPORT", again.action_import)
        self.assertEqual(len(self.student.clearance_ids), 1)

    def test_files_that_are_none_are_refused_with_a_code(self):
        for text, name, code in (
            ("Name\nAsha\n", "a.csv", "NO_NUMBER_COLUMN"),
            ("Roll No\n1\n", "a.pdf", "FILE_TYPE_UNSUPPORTED"),
            ("Roll No\n1\n", "a.xlsx", "FILE_TYPE_MISMATCH"),
            ("\n", "a.csv", "FILE_EMPTY"),
        ):
            with self.subTest(code=code):
                self.assertRefused(code, self._dialog(text, name).action_check)

    def test_only_finance_imports(self):
        for user in (self.warden, self.guard, self.student_user):
            with self.assertRaises(AccessError):
                self._dialog("Roll No\nTS001\n", user=user)
