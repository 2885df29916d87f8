"""Days with payments of Camu that nobody has compared with its file."""

from ast import literal_eval
from datetime import date, datetime

from lxml import etree

from odoo.tests import freeze_time, tagged

from .common import BillingCase

TODO = "mail.mail_activity_data_todo"
# Years before and after this one belong to the campus.
FIRST, SECOND = date(2039, 3, 1), date(2039, 3, 2)


@tagged("post_install", "-at_install")
@freeze_time("2039-03-04 06:00:00")
class TestCamuSettlementDays(BillingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Settlement = cls.env["hostel.camu.settlement"]
        # What the campus left open is not this test's.
        campus = cls.Settlement.search([])
        campus.activity_ids.unlink()
        campus.filtered(lambda day: day.state != "closed").write({"state": "closed"})
        cls.tx = cls._create_tx(cls._create_allocation())
        cls.other = cls._create_tx(
            cls._create_allocation(student=cls.other_student, bed=cls.bed_b),
            partner_id=cls.other_student.partner_id.id,
        )
        cls._deliver(cls.tx, paidOn="2026-07-01T10:00:00+05:30")
        cls._deliver(cls.other, paidOn="2026-07-01T10:00:00+05:30", receiptNo="RC000002")
        cls.tx.camu_paid_at = datetime(2039, 3, 1, 5)
        # Half past midnight of the second day, where the college is.
        cls.other.camu_paid_at = datetime(2039, 3, 1, 19)

    def _run(self):
        """Run the job; the days that it opened."""
        before = self.Settlement.search([])
        self.Settlement._cron_open_days()
        return self.Settlement.search([], order="day") - before

    def _get_tasks(self):
        """``[(day, summary, whose)]`` of the open tasks."""
        tasks = self.Settlement.search([]).activity_search([TODO])
        return [
            (self.Settlement.browse(task.res_id).day, task.summary, task.user_id) for task in tasks
        ]

    def test_days_with_payments_open_by_themselves(self):
        days = self._run()
        self.assertEqual(days.mapped("day"), [FIRST, SECOND])
        self.assertEqual(set(days.mapped("state")), {"draft"})
        self.assertEqual(days.provider_id, self.provider)
        self.assertFalse(self._run(), "the job that comes again opens none twice")

    def test_a_day_that_a_person_has_opened_stays_the_only_one(self):
        own = self.Settlement.with_user(self.finance).create({"day": FIRST})
        self.assertEqual(self._run().mapped("day"), [SECOND])
        self.assertEqual(self.Settlement.search([("day", "=", FIRST)]), own.sudo())

    def test_only_payments_that_came_on_days_that_are_over(self):
        self.tx.camu_paid_at = datetime(2039, 3, 3, 19)
        self.assertEqual(self._run().mapped("day"), [SECOND], "the other was paid today")
        with freeze_time("2039-03-05 06:00:00"):
            self.assertEqual(self._run().mapped("day"), [date(2039, 3, 4)])
        self.other.camu_paid_at = datetime(2038, 1, 3)
        self.assertFalse(self._run(), "long ago")

    def test_a_payment_in_another_days_file_is_reconciled_there(self):
        other_day = self.Settlement.create({"provider_id": self.provider.id, "day": SECOND})
        other_day.line_ids.create(
            {
                "settlement_id": other_day.id,
                "kind": "date",
                "transaction_id": self.tx.id,
                "reference": self.tx.reference,
            }
        )
        self.assertFalse(self._run())

    def test_a_payment_that_did_not_come_opens_nothing(self):
        for tx in self.tx | self.other:
            tx.state = "cancel"
        self.assertFalse(self._run())
        self.assertFalse(self._get_tasks())

    def test_finance_has_one_task_until_every_day_is_closed(self):
        first, second = self._run()
        officer = self.env["res.users"]._get_finance_officer(self.company)
        self.assertEqual(self._get_tasks(), [(FIRST, "Days of Camu to close: 2", officer)])
        self._run()
        self.assertEqual(len(self._get_tasks()), 1, "not one a morning")
        first = first.with_user(self.finance)
        first.action_close()
        self.assertEqual(first.state, "compared", "the payment has to be explained")
        self.assertEqual(self._get_tasks()[0][0], FIRST)
        first.difference_ids.resolve("later", "Camu's file comes tomorrow.")
        first.action_close()
        self.assertEqual(self._get_tasks(), [(SECOND, "Days of Camu to close: 1", officer)])
        second = second.with_user(self.finance)
        second.action_close()
        second.difference_ids.resolve("claim", "Camu looks for it.")
        second.action_close()
        self.assertFalse(self._get_tasks())
        self._run()
        self.assertFalse(self._get_tasks(), "nothing is left to do")

    def test_the_filter_has_what_is_to_be_closed(self):
        days = self._run()
        today = self.Settlement.create({"provider_id": self.provider.id, "day": date(2039, 3, 4)})
        view = self.env.ref("hostel_billing.hostel_camu_settlement_view_search")
        [to_close] = etree.fromstring(view.arch).xpath("//filter[@name='to_close']")
        found = self.Settlement.search(literal_eval(to_close.get("domain")))
        self.assertEqual(found, days.sorted("day", reverse=True))
        self.assertNotIn(today, found)
