"""Clearances from the accounts office's file."""

import base64

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

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

    def test_a_list_confirms_what_was_provisional_or_would_run_out(self):
        first = self._clear(
            self.student, "ocr", certainty="provisional", receipt_number="RC1", reference="RC1"
        )
        second = self._clear(self.other_student, "manual", expiry_date="2040-12-01")
        dialog = self._dialog("Roll No,Balance,Receipt\nTS001,0,L7\nTS002,0,\n")
        self.assertEqual(self._counts(dialog), (0, 0, 0, 0))
        self.assertEqual(dialog.confirmed_count, 2)
        self.assertEqual(first.certainty, "provisional")
        dialog.action_import()
        self.assertEqual((first.certainty, first.source), ("confirmed", "csv"))
        self.assertEqual((second.expiry_date, second.reference), (False, "clear.csv"))
        again = self._dialog("Roll No,Balance\nTS001,0\nTS002,0\n")
        self.assertEqual(self._counts(again), (0, 2, 0, 0))
        self.assertRefused("NOTHING_TO_IMPORT", again.action_import)

    def test_a_list_that_ends_lets_end_what_it_confirms(self):
        first = self._clear(self.student, "ocr", certainty="provisional", receipt_number="RC1")
        second = self._clear(self.other_student, "manual", expiry_date="2040-12-01")
        dialog = self._dialog("Roll No,Balance\nTS001,0\nTS002,0\n")
        dialog.expiry_date = "2040-10-01"
        self.assertEqual(self._counts(dialog), (0, 1, 0, 0))
        dialog.action_import()
        self.assertEqual((first.certainty, str(first.expiry_date)), ("confirmed", "2040-10-01"))
        self.assertEqual((second.source, str(second.expiry_date)), ("manual", "2040-12-01"))

    def _clear(self, student, source, **vals):
        return self.env["hostel.clearance"]._clear(student, self.term, source, **vals)

    def test_a_list_of_balances_names_cleared_students_who_owe_something(self):
        clearance = self._clear(self.student, "csv")
        dialog = self._dialog('Roll No,Balance\nTS001,"1,500.00"\nTS002,500\n')
        self.assertEqual(self._counts(dialog), (0, 0, 2, 0))
        [line] = dialog.owing_ids
        self.assertEqual(line.clearance_id, clearance)
        self.assertEqual(
            (line.student_id, line.row_number, line.balance), (self.student, 2, "1,500.00")
        )
        self.assertTrue(line.may_withdraw)
        self.assertFalse(line.withdraw, "nobody loses a clearance without a tick")
        self.assertRefused("NOTHING_TO_IMPORT", dialog.action_import)
        self.assertTrue(clearance.active)
        dialog.action_check()
        self.assertEqual(len(dialog.owing_ids), 1, "a second look doesn't name anybody twice")

    def test_what_is_ticked_is_withdrawn(self):
        third = self._create_student("TS003", self.env["res.partner"].create({"name": "Meera"}))
        rows = [
            self._clear(self.student, "ocr", certainty="provisional", receipt_number="RC9"),
            self._clear(self.other_student, "csv"),
        ]
        dialog = self._dialog("Roll No,Balance\nTS001,20\nTS002,500\nTS003,0\n")
        self.assertEqual(self._counts(dialog), (1, 0, 2, 0))
        dialog.owing_ids.filtered(lambda line: line.student_id == self.student).withdraw = True
        action = dialog.action_import()
        self.assertEqual([row.active for row in rows], [False, True])
        self.assertFalse(self.student._is_cleared(self.term))
        self.assertTrue(third._is_cleared(self.term))
        self.assertIn("row 2, 20 is owed", " ".join(rows[0].message_ids.mapped("body")))
        shown = (
            self.env["hostel.clearance"].with_context(**action["context"]).search(action["domain"])
        )
        self.assertEqual(shown, rows[0] | third.clearance_ids)

    def test_all_are_ticked_at_once_and_only_withdrawals_are_a_reason_too(self):
        rows = self._clear(self.student, "csv") | self._clear(self.other_student, "csv")
        dialog = self._dialog("Roll No,Balance\nTS001,20\nTS002,500\n")
        dialog.action_check()
        with Form(dialog) as form:
            form.withdraw_all = True
        self.assertEqual(dialog.owing_ids.mapped("withdraw"), [True, True])
        dialog.action_import()
        self.assertFalse(any(rows.mapped("active")))

    def test_a_persons_word_and_camus_stay(self):
        rows = self._clear(self.student, "manual", reason="The dean's letter") | self._clear(
            self.other_student, "webhook", reference="RC7"
        )
        dialog = self._dialog("Roll No,Balance\nTS001,20\nTS002,500\n")
        dialog.action_check()
        self.assertEqual(dialog.owing_ids.clearance_id, rows)
        self.assertFalse(dialog.can_withdraw)
        dialog.withdraw_all = True
        self.assertFalse(any(dialog.owing_ids.mapped("withdraw")))
        # Not by writing to the rows of the dialog either.
        dialog.owing_ids.write({"withdraw": True, "may_withdraw": True})
        self.assertRefused("NOTHING_TO_IMPORT", dialog.action_import)
        self.assertEqual(rows.mapped("active"), [True, True])

    def test_what_camu_confirmed_between_the_look_and_the_click_stays(self):
        clearance = self._clear(self.student, "ocr", certainty="provisional", receipt_number="RC9")
        dialog = self._dialog("Roll No,Balance\nTS001,20\n")
        dialog.action_check()
        dialog.withdraw_all = True
        self._clear(self.student, "webhook", reference="RC9")
        self.assertRefused("NOTHING_TO_IMPORT", dialog.action_import)
        self.assertTrue(clearance.active)

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
