"""What is no longer needed goes, and nothing else."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import HostelCase


@tagged("post_install", "-at_install")
class TestRetention(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.Retention = cls.env["hostel.retention"]
        cls.policies = {policy.code: policy for policy in cls.Retention._get_policies()}
        cls._set_months(documents=3, private=12, access_log=24, audit_log=36)
        cls.gone = cls._create_leaver(months=13, birthdate="2004-02-03", pwd_note="ramp")
        cls.recent = cls._create_leaver(months=1, birthdate="2004-02-03")
        cls.held = cls._create_leaver(months=40, birthdate="2004-02-03", retention_hold=True)

    @classmethod
    def _set_months(cls, **months):
        for name, count in months.items():
            cls.env["ir.config_parameter"].set_param(f"hostel_base.keep_{name}", str(count))

    @classmethod
    def _today(cls):
        return fields.Date.context_today(cls.env.user)

    @classmethod
    def _create_leaver(cls, months, **overrides):
        student = cls._create_student(**overrides)
        student.status = "alumni"
        student.left_on = cls._today() - relativedelta(months=months)
        cls._create_document(student)
        return student

    @classmethod
    def _create_document(cls, student):
        return cls.env["hostel.identity.document"].create(
            {"student_id": student.id, "kind": "other", "image": b"aGVsbG8=", "last_four": "1234"}
        )

    def _note(self, student, months):
        self.env.cr.execute(
            "INSERT INTO hostel_access_log (date, user_ref, student_ref, model, way, scope)"
            " VALUES (%s, %s, %s, 'hostel.student', 'form', 'contact')",
            (fields.Datetime.now() - relativedelta(months=months), self.env.uid, student.id),
        )

    def _count_notes(self, student):
        return self.env["hostel.access.log"].search_count([("student_ref", "=", student.id)])

    def test_leaving_starts_the_clock_and_coming_back_stops_it(self):
        student = self._create_student()
        student.status = "alumni"
        self.assertEqual(student.left_on, self._today())
        student.status = "active"
        self.assertFalse(student.left_on)

    def test_those_who_left_before_the_clock_are_counted_from_today(self):
        student = self._create_student(status="inactive")
        self.Retention._start_clocks()
        self.assertEqual(student.left_on, self._today())

    def test_documents_go_after_their_period(self):
        while self.Retention._apply(self.policies["documents"], 10):
            pass
        self.assertFalse(self.gone.document_ids)
        self.assertTrue(self.recent.document_ids)
        self.assertTrue(self.held.document_ids)

    def test_private_fields_go_and_name_and_stays_remain(self):
        name = self.gone.name
        self.gone.guardian_ids.create(
            {
                "student_id": self.gone.id,
                "partner_id": self.env["res.partner"].create({"name": "Parent"}).id,
            }
        )
        while self.Retention._apply(self.policies["students"], 10):
            pass
        for field in self.gone._get_private_fields():
            self.assertFalse(self.gone[field], field)
        self.assertIn("birthdate", self.gone._get_private_fields())
        self.assertFalse(self.gone.guardian_ids)
        self.assertEqual((self.gone.name, self.gone.anonymised_on), (name, self._today()))
        self.assertTrue(self.recent.birthdate)
        self.assertTrue(self.held.birthdate)
        self.assertEqual(self.Retention._count(self.policies["students"]), 0)

    def test_the_access_log_goes_by_age_except_on_hold(self):
        for student in (self.gone, self.held):
            self._note(student, 25)
            self._note(student, 23)
        policy = self.policies["access_log"]
        self.assertGreaterEqual(self.Retention._count(policy), 1)
        while self.Retention._apply(policy, 100):
            pass
        self.assertEqual((self._count_notes(self.gone), self._count_notes(self.held)), (1, 2))

    def test_the_audit_log_goes_by_age_except_on_hold(self):
        Log = self.env["auditlog.log"]
        self.env.flush_all()
        domain = [("model_model", "=", "hostel.student"), ("method", "=", "create")]
        ids = (self.gone | self.held | self.recent).ids
        logs = Log.search([*domain, ("res_id", "in", ids)])
        old = logs.filtered(lambda log: log.res_id != self.recent.id)
        self.env.cr.execute(
            "UPDATE auditlog_log SET create_date = create_date - interval '40 months'"
            " WHERE id = ANY(%s)",
            (old.ids,),
        )
        Log.invalidate_model()
        while self.Retention._apply(self.policies["audit_log"], 100):
            pass
        left = Log.search([*domain, ("res_id", "in", ids)]).mapped("res_id")
        self.assertEqual(set(left), {self.held.id, self.recent.id})

    def test_zero_months_keep_for_ever(self):
        self._set_months(documents=0)
        policy = self.policies["documents"]
        self.assertEqual((self.Retention._count(policy), self.Retention._apply(policy, 10)), (0, 0))
        self.assertTrue(self.gone.document_ids)

    def test_the_preview_counts_and_removes_nothing(self):
        action = self.env["hostel.retention.preview"].with_user(self.users["admin"])
        action = action.action_preview()
        lines = self.env["hostel.retention.preview"].search(action["domain"])
        counts = dict(zip(lines.mapped("label"), lines.mapped("count"), strict=True))
        self.assertGreaterEqual(counts["Identity documents"], 1)
        self.assertGreaterEqual(counts["Private fields"], 1)
        self.assertTrue(self.gone.document_ids)
        self.assertTrue(self.gone.birthdate)

    def test_the_cron_applies_everything_and_leaves_one_line_a_kind(self):
        self._note(self.gone, 25)
        with self.enter_registry_test_mode():
            self.env.ref("hostel_base.ir_cron_retention").method_direct_trigger()
        self.env.invalidate_all()
        runs = self.env["hostel.retention.run"].search([("date", "=", self._today())])
        counts = {run.code: run.count for run in runs}
        self.assertEqual(len(runs), len(counts))
        self.assertGreaterEqual(counts["documents"], 1)
        self.assertGreaterEqual(counts["students"], 1)
        self.assertGreaterEqual(counts["access_log"], 1)
        self.assertFalse(self.gone.birthdate)

    def test_batches_add_up_in_one_line(self):
        others = [self._create_leaver(months=20) for _ in range(3)]
        policy = self.policies["documents"]
        self.Retention._apply(policy, 2)
        self.Retention._apply(policy, 2)
        run = self.env["hostel.retention.run"].search([("code", "=", "documents")])
        self.assertEqual(run.count, 4)
        self.assertFalse(any(one.document_ids for one in others))

    def test_only_the_administrator_puts_a_student_on_hold(self):
        self._create_allocation("checked_in", student=self.student)
        with self.assertRaises(AccessError):
            self.student.with_user(self.users["warden"]).retention_hold = True
        self.student.with_user(self.users["admin"]).retention_hold = True

    def test_nobody_rewrites_what_was_removed(self):
        self.Retention._apply(self.policies["documents"], 10)
        run = self.env["hostel.retention.run"].search([], limit=1)
        with self.assertRaises(AccessError):
            run.with_user(self.users["admin"]).count = 0
        self.assertGreater(run.moment, fields.Datetime.now() - timedelta(days=120))
