"""Decisions of a warden."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.tests.common import trap_jobs

from .common import HostelCase


@tagged("post_install", "-at_install")
class TestApproval(HostelCase):
    """Undo is a delay."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warden = cls._create_user("approver", "hostel_base.group_hostel_warden")
        cls._create_post(cls.warden, cls.home, "warden")

    def setUp(self):
        super().setUp()
        self.row = self._reserve(state="awaiting_approval").with_user(self.warden)

    def _approve(self, rows=None):
        with trap_jobs() as trap:
            (rows or self.row).action_approve()
        return trap

    def test_an_approval_waits(self):
        due = self.env.cr.now() + timedelta(seconds=60)
        trap = self._approve()
        self.assertEqual(self.row.state, "awaiting_approval")
        self.assertEqual((self.row.approval_due, self.row.approved_by_id), (due, self.warden))
        trap.assert_jobs_count(1)
        [job] = trap.enqueued_jobs
        self.assertEqual(job.method_name, "_apply_approval")
        self.assertEqual(job.args, (due,))

    def test_then_it_takes_effect(self):
        self._approve()
        self.assertEqual(self.row.sudo()._apply_approval(self.row.approval_due), "allocated")
        self.assertEqual((self.row.state, self.row.approval_due), ("allocated", False))
        self.assertEqual(self.row.approved_by_id, self.warden)

    def test_the_delay_is_a_setting(self):
        self.env["ir.config_parameter"].set_param("hostel_base.approval_delay", "5")
        self._approve()
        self.assertEqual(self.row.approval_due, self.env.cr.now() + timedelta(seconds=5))

    def test_a_withdrawn_approval_never_takes_effect(self):
        self._approve()
        due = self.row.approval_due
        self.row.action_withdraw_approval()
        self.assertFalse(self.row.approved_by_id)
        self.assertEqual(self.row.sudo()._apply_approval(due), "withdrawn")
        self.assertEqual(self.row.state, "awaiting_approval")

    def test_the_job_of_a_withdrawn_approval_does_not_apply_a_later_one(self):
        self._approve()
        first = self.row.approval_due
        self.row.action_withdraw_approval()
        self.row.sudo().write({"approval_due": first + timedelta(seconds=30)})
        self.assertEqual(self.row.sudo()._apply_approval(first), "withdrawn")
        self.assertEqual(
            self.row.sudo()._apply_approval(first + timedelta(seconds=30)), "allocated"
        )

    def test_a_job_that_runs_twice_applies_once(self):
        self._approve()
        due = self.row.approval_due
        self.row.sudo()._apply_approval(due)
        fence = self.row.fence
        self.assertEqual(self.row.sudo()._apply_approval(due), "withdrawn")
        self.assertEqual(self.row.fence, fence)

    def test_a_busy_bed_lets_the_job_come_back(self):
        self._approve()
        row = self.row.sudo()
        with (
            patch.object(
                self.registry["hostel.bed"], "try_lock_for_update", lambda bed, **_kw: bed.browse()
            ),
            self.assertRaises(RetryableJobError),
        ):
            row._apply_approval(row.approval_due)
        self.assertEqual(row.state, "awaiting_approval")

    def test_a_batch_takes_what_waits(self):
        other = self._reserve(self.other_bed, state="awaiting_approval")
        paying = self._reserve(self.home.bed_ids[2])
        rows = (self.row | other | paying).with_user(self.warden)
        self._approve(rows).assert_jobs_count(2)
        self.assertTrue(self.row.approval_due and other.approval_due)
        self.assertFalse(paying.approval_due)

    def test_nothing_to_do_is_said(self):
        self.assertRefused("NOTHING_TO_WITHDRAW", self.row.action_withdraw_approval)
        self._approve()
        self.assertRefused("NOTHING_TO_APPROVE", self.row.action_approve)
        self.row.sudo()._apply_approval(self.row.approval_due)
        self.assertRefused("NOTHING_TO_WITHDRAW", self.row.action_withdraw_approval)

    def test_a_rejected_bed_is_free_and_its_money_waits(self):
        self.row.sudo().paid_at = self.env.cr.now()
        self._approve()
        self.row.action_reject()
        self.assertEqual((self.row.state, self.row.approval_due), ("unplaced", False))
        self.assertTrue(self._reserve())

    def test_a_rejected_bed_without_money(self):
        self.row.action_reject()
        self.assertEqual(self.row.state, "cancelled")

    def test_cancelling_keeps_track_of_money(self):
        self.row.sudo().paid_at = self.env.cr.now()
        self.row.sudo()._transition("allocated")
        self.row.action_cancel()
        self.assertEqual(self.row.state, "unplaced")

    def test_a_delay_of_nothing_takes_effect_at_once(self):
        self.env["res.config.settings"].create({"hostel_approval_delay": 0}).execute()
        self._approve()
        self.assertEqual(self.row.approval_due, self.env.cr.now())

    def test_a_delay_that_nobody_set_is_a_minute(self):
        parameters = self.env["ir.config_parameter"]
        parameters.search([("key", "=", "hostel_base.approval_delay")]).unlink()
        self.assertEqual(self.Allocation._get_minutes("hostel_base.approval_delay", 60), 60)
