from datetime import date

from freezegun import freeze_time

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.tests.common import trap_jobs

from .fee_common import FeeMixin


class BillRunMixin(FeeMixin):
    """Two stays that are billed by the month, and runs that bill them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.structure = cls._create_structure({"RENT": 7000, "MESS": 3000}, due_day=10)
        # Before the term begins.
        with freeze_time("2040-06-25 06:00:00"):
            cls.stay = cls._create_stay()
            cls.other = cls._create_stay(bed=cls.bed_b, student=cls.other_student)

    def _create_run(self, **overrides):
        return (
            self.env["hostel.bill.run"]
            .with_user(self.finance)
            .create({"month": date(2040, 7, 15), "hostel_ids": self.hostel.ids, **overrides})
        )

    @staticmethod
    def _work_off(run, method):
        """Press a button and do its jobs, one after the other."""
        with trap_jobs() as trap:
            getattr(run, method)()
            for _step in range(50):
                jobs, trap.enqueued_jobs = trap.enqueued_jobs, []
                if not jobs:
                    break
                for job in jobs:
                    job.perform()
        run.invalidate_recordset()

    def _assert_code(self, code, call, *args):
        with self.assertRaises(HostelError) as caught:
            call(*args)
        self.assertEqual(caught.exception.code, code)
