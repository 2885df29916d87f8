from odoo.tests import TransactionCase, tagged

from odoo.addons.queue_job.job import Job

OWN = {"id", "uuid", "date_created"}


@tagged("post_install", "-at_install")
class TestQueueJob(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create({"name": "Somebody"})

    def _enqueue(self, env=None):
        partner = self.partner if env is None else self.partner.with_env(env)
        partner.env["queue.job"]._enqueue_new(
            partner._compute_display_name,
            description="Look at somebody",
            identity_key="hostel_base.test",
            company_id=self.env.company.id,
        )

    def _get_rows(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT * FROM queue_job WHERE identity_key = 'hostel_base.test' ORDER BY id"
        )
        return self.env.cr.dictfetchall()

    def test_the_row_is_the_one_that_with_delay_makes(self):
        self._enqueue()
        [quick] = self._get_rows()
        self.env["queue.job"].search([("uuid", "=", quick["uuid"])]).unlink()
        self.partner.with_delay(
            description="Look at somebody", identity_key="hostel_base.test"
        )._compute_display_name()
        [usual] = self._get_rows()
        self.assertEqual(quick["state"], "pending")
        self.assertEqual(
            {name: value for name, value in quick.items() if name not in OWN},
            {name: value for name, value in usual.items() if name not in OWN},
        )

    def test_with_delay_finds_it(self):
        self._enqueue()
        self.partner.with_delay(identity_key="hostel_base.test")._compute_display_name()
        self.assertEqual(len(self._get_rows()), 1)

    def test_it_is_loaded_and_run_as_any_other(self):
        self._enqueue()
        [row] = self._get_rows()
        job = Job.load(self.env, row["uuid"])
        self.assertEqual((job.recordset, job.method_name), (self.partner, "_compute_display_name"))
        job.perform()
        job.set_done()
        job.store()
        self.assertEqual(self._get_rows()[0]["state"], "done")

    def test_without_delay_it_is_done_at_once(self):
        told = []
        self.patch(
            type(self.partner), "_compute_display_name", lambda partner: told.append(partner.id)
        )
        self._enqueue(self.env(context={"queue_job__no_delay": True}))
        self.assertEqual((told, self._get_rows()), ([self.partner.id], []))
