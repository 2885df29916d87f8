"""Changes of personal data are audited, without what must not be in a log."""

from importlib import import_module

from odoo.tests import tagged
from odoo.tools import SQL

from ..fields.encrypted import MASK
from .common import HostelCase
from .test_access_matrix import WITHOUT_MODELS

# Personal data by hand: a model that is missing among the audited ones fails the test.
PERSONAL = {
    "hostel.student",
    "hostel.guardian",
    "hostel.identity.document",
    "hostel.student.bank",
    "hostel.undertaking",
    "hostel.clearance",
    "hostel.allocation",
    "hostel.consent",
    "hostel.student.roll.number",
}


@tagged("post_install", "-at_install")
class TestAudit(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()

    def _get_logs(self, record, method):
        return self.env["auditlog.log"].search(
            [
                ("model_model", "=", record._name),
                ("res_id", "=", record.id),
                ("method", "=", method),
            ]
        )

    def _get_unaudited(self):
        """What the hand-written tables of all addons say of models without a rule."""
        addons = {model._original_module for model in self.env.registry.values()}
        found = {}
        for addon in addons:
            if addon.startswith("hostel_") and addon not in WITHOUT_MODELS:
                table = import_module(f"odoo.addons.{addon}.tests.access_matrix")
                found |= getattr(table, "UNAUDITED", {})
        return found

    def test_every_model_about_a_student_has_a_rule(self):
        rules = self.env["auditlog.rule"].search([("state", "=", "confirmed")])
        ruled = set(rules.mapped("model_id.model"))
        self.assertLessEqual(PERSONAL, ruled)
        unaudited = self._get_unaudited()
        for name, model in self.env.registry.items():
            field = model._fields.get("student_id")
            about_a_student = (
                name.startswith("hostel.")
                and not model._abstract
                and not model._transient
                and model._auto
                and field is not None
                and field.store
                and not field.related
                and field.comodel_name == "hostel.student"
            )
            if about_a_student and name not in unaudited:
                with self.subTest(model=name):
                    self.assertIn(
                        name, ruled, "Set _hostel_audit = True or inherit hostel.personal.mixin."
                    )

    def test_rules_log_changes_and_leave_reads_to_the_access_log(self):
        names = self.env["auditlog.rule"]._get_hostel_models()
        rules = self.env["auditlog.rule"].search([("model_id.model", "in", names)])
        self.assertEqual(set(rules.mapped("model_id.model")), set(names))
        for rule in rules:
            self.assertTrue(rule.log_create and rule.log_write and rule.log_unlink)
            self.assertFalse(rule.log_read or rule.log_export_data)

    def test_a_change_says_who_what_and_about_whom(self):
        self.student.with_user(self.users["admin"]).write({"year_of_study": 4})
        log = self._get_logs(self.student, "write").filtered(
            lambda one: "year_of_study" in one.line_ids.mapped("field_name")
        )
        self.assertEqual(log.user_id, self.users["admin"])
        self.assertEqual(log.hostel_student_ref, self.student.id)
        line = log.line_ids.filtered(lambda one: one.field_name == "year_of_study")
        self.assertEqual((line.new_value, line.field_description), ("4", "Year"))

    def test_private_values_are_not_copied_into_the_log(self):
        self.student.write({"birthdate": "2007-03-04", "pwd_note": "ramp"})
        lines = self._get_logs(self.student, "write").line_ids
        values = {line.field_name: line.new_value_text for line in lines}
        self.assertEqual((values["birthdate"], values["pwd_note"]), (MASK, MASK))
        [[count]] = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM auditlog_log_line WHERE concat(old_value, new_value,"
                " old_value_text, new_value_text) LIKE '%%2007-03-04%%'"
            )
        )
        self.assertEqual(count, 0)

    def test_encrypted_values_are_in_no_log_and_not_in_the_chatter(self):
        account = self.env["hostel.student.bank"].create(
            {
                "student_id": self.student.id,
                "holder": "Asha Probe",
                "number": "445566778899",
                "ifsc": "SBIN0001234",
            }
        )
        account.write({"number": "998877665544"})
        self.env.flush_all()
        lines = (self._get_logs(account, "create") | self._get_logs(account, "write")).line_ids
        self.assertIn("ifsc", lines.mapped("field_name"))
        self.assertFalse({"number", "holder"} & set(lines.mapped("field_name")))
        for needle in ("445566778899", "998877665544", "Asha Probe"):
            self.env.cr.execute(
                "SELECT (SELECT count(*) FROM auditlog_log_line WHERE concat(old_value, new_value,"
                " old_value_text, new_value_text) LIKE %(like)s) + (SELECT count(*) FROM"
                " mail_message WHERE body LIKE %(like)s) + (SELECT count(*) FROM"
                " mail_tracking_value WHERE concat(old_value_char, new_value_char) LIKE %(like)s)",
                {"like": f"%{needle}%"},
            )
            self.assertEqual(self.env.cr.fetchone()[0], 0, needle)

    def test_a_deletion_still_says_about_whom(self):
        guardian_id, student_id = self.guardian.id, self.student.id
        self.guardian.with_user(self.users["admin"]).unlink()
        log = (
            self.env["auditlog.log"]
            .search([("model_model", "=", "hostel.guardian"), ("res_id", "=", guardian_id)])
            .filtered(lambda one: one.method == "unlink")
        )
        self.assertEqual((log.hostel_student_ref, log.user_id), (student_id, self.users["admin"]))

    def test_many_records_cost_no_more_statements_than_few(self):
        def count(number):
            vals = [
                {"name": f"Bulk {n}", "roll_number": f"BULK-{number}-{n}", "gender": "female"}
                for n in range(number)
            ]
            students = self.env["hostel.student"].create(vals)
            self.env.flush_all()
            changes = {student.id: {"year_of_study": 2} for student in students}
            before = self.cr.sql_log_count
            self.env["auditlog.rule"]._insert_hostel_logs(
                self.env.uid, "hostel.student", "write", changes
            )
            return self.cr.sql_log_count - before

        count(1)
        self.assertEqual(count(5), count(50))
