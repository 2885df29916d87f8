from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import Form, TransactionCase, tagged

from .fee_common import FeeMixin


class LateMixin(FeeMixin):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        policy = cls.env["hostel.late.fee.policy"].create(
            {"name": "Late", "daily_amount": 50, "grace_days": 5, "cap_amount": 600}
        )
        cls._create_structure({"RENT": 7000}, due_day=10, late_policy_id=policy.id)
        cls.stay = cls._create_stay()
        cls.bill = cls.stay._create_period_bill()
        # Billed in the present, due in the term: the clock of a test moves, PostgreSQL's does not.
        line = cls.bill.line_ids.filtered(lambda one: one.account_type == "asset_receivable")
        line.date_maturity = date(2040, 7, 10)

    def _on(self, day):
        self.env.invalidate_all()
        return freeze_time(f"2040-{day} 06:00:00")

    def _run_cron(self, name):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(f"hostel_billing.{name}").method_direct_trigger()
        self.env.invalidate_all()

    def _clear(self):
        """The student pays the college's own fee head after the bill was posted."""
        return self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id, "reference": "Dues 1"}
        )

    def _pay(self, amount=None):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.bill.ids
        )
        wizard.create({"amount": amount} if amount else {})._create_payments()


@tagged("post_install", "-at_install")
class TestStatus(LateMixin, TransactionCase):
    def _assert_status(self, status):
        self.assertEqual(self.bill.hostel_status, status)
        Move = self.env["account.move"]
        for value, _label in Move._fields["hostel_status"].selection:
            found = Move.search([("hostel_status", "=", value), ("id", "=", self.bill.id)])
            self.assertEqual(bool(found), value == status, value)

    def test_each_status_is_told_and_found(self):
        with self._on("07-10"):
            self._assert_status("pending")
            self._pay(1000)
            self._assert_status("partial")
        with self._on("07-11"):
            self._assert_status("overdue")
            self.assertEqual(self.bill.hostel_overdue_amount, 6000)
            self.assertEqual(self.bill.hostel_overdue_since, date(2040, 7, 10))
            self._pay()
            self._assert_status("paid")

    def test_drafts_and_reversed_bills(self):
        self.bill._reverse_moves(cancel=True)
        self._assert_status("reversed")
        self.bill = self.env["account.move"].create(self.stay._prepare_period_bill_vals())
        self._assert_status("draft")
        self.bill.button_cancel()
        self._assert_status("cancelled")


@tagged("post_install", "-at_install")
class TestLateFee(LateMixin, TransactionCase):
    def _run(self):
        self._run_cron("account_move_cron_late_fees")
        return self.bill.charge_ids

    def test_it_grows_by_the_day_up_to_its_cap(self):
        for day, amount in (("07-15", 0), ("07-16", 50), ("07-20", 250), ("09-20", 600)):
            with self._on(day):
                self.assertEqual(sum(self._run().mapped("amount")), amount, day)
                self.assertEqual(sum(self._run().mapped("amount")), amount, "twice a day")
        charge = self.bill.charge_ids
        self.assertEqual((len(charge), charge.head_id.code), (1, "LATE"))
        self.assertIn(self.bill.name, charge.source)
        self.assertEqual(charge.allocation_id, self.stay)

    def test_it_grows_at_the_colleges_midnight(self):
        """Whoever runs the crons has no time zone; the evening in Greenwich is India's morning."""
        self.env.user.tz = self.company.partner_id.tz = False
        for moment, amount in (("07-15 18:00:00", 0), ("07-15 19:00:00", 50)):
            with freeze_time(f"2040-{moment}"):
                self.env.invalidate_all()
                self.assertEqual(sum(self._run().mapped("amount")), amount, moment)
        self.assertEqual(self.bill.charge_ids.day, date(2040, 7, 16))

    def test_many_bills_are_looked_at_together(self):
        day, counts = self.bill.period_to, []
        others = self.env["account.move"].union(
            *(self.stay._create_period_bill(day.replace(month=month)) for month in (8, 9))
        )
        with self._on("10-20"):
            charges = self._run()
            self.assertEqual(charges.amount, 600)
            self.assertEqual(others.charge_ids.mapped("amount"), [600, 600])
            for paid in (others.browse(), others):
                if paid:
                    self.env["account.payment.register"].with_context(
                        active_model="account.move", active_ids=paid.ids
                    ).create({"group_payment": True})._create_payments()
                # The first time also asks for what Odoo remembers.
                for _time in range(2):
                    self.env.flush_all()
                    self.env.invalidate_all()
                    before = self.env.cr.sql_log_count
                    self.env["account.move"]._cron_charge_late_fees()
                    count = self.env.cr.sql_log_count - before
                counts.append(count)
        self.assertEqual(counts[0], counts[1], "three overdue bills take no more queries than one")

    def test_what_was_billed_stays_and_the_rest_follows(self):
        with self._on("07-17"):
            first = self._run()
            first._bill()
        with self._on("07-20"):
            charges = self._run()
        self.assertEqual(sorted(charges.mapped("amount")), [100, 150])
        self.assertEqual(first.state, "billed")

    def test_a_clearance_ends_it_until_it_is_withdrawn(self):
        with self._on("07-17"):
            self.assertEqual(self._run().amount, 100)
        clearance = self._clear()
        with self._on("07-20"):
            self.assertEqual(self._run().amount, 100)
        clearance.action_archive()
        with self._on("07-20"):
            self.assertEqual(self._run().amount, 250)

    def test_a_cancelled_late_fee_is_waived(self):
        with self._on("07-20"):
            self._run()._cancel("Bank holiday")
        with self._on("07-25"):
            self.assertEqual(self._run().mapped("state"), ["cancelled"])

    def test_a_bill_that_was_taken_back_was_never_late(self):
        with self._on("07-20"):
            charge = self._run()
            self.bill._reverse_moves(cancel=True)
            self.assertEqual(charge.state, "cancelled")
            self.assertFalse(self._run() - charge)

    def test_the_billed_late_fee_of_a_bill_taken_back_is_credited(self):
        with self._on("07-17"):
            first = self._run()
            fee = first._bill()
        with self._on("07-20"):
            second = self._run() - first
            self.bill._hostel_void("Another bed")
        self.assertEqual((first | second).mapped("state"), ["cancelled", "cancelled"])
        self.assertEqual((fee.amount_total, fee.amount_residual), (100, 0))

    def test_the_late_fee_of_a_bill_credited_in_part_stays(self):
        with self._on("07-20"):
            charge = self._run()
            head = self._head("RENT")
            vals = self.bill._prepare_hostel_line_vals(head, 1000, self.company)
            note = self.bill._hostel_post_credit_note([Command.create(vals)], "A week less")
            self.bill._hostel_reconcile_with(note)
            self.assertEqual(charge.state, "pending")

    def _split(self, cap=600):
        """The bill in two instalments, due on 10 July and 10 September."""
        self.stay.fee_structure_id.late_policy_id.cap_amount = cap
        term = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 30}),
                ],
            }
        )
        self.stay.fee_structure_id.payment_term_id = term
        self.bill = self.stay._create_period_bill(date(2040, 8, 1))
        lines = self.bill.line_ids.filtered(lambda one: one.account_type == "asset_receivable")
        for line, day in zip(lines, (date(2040, 7, 10), date(2040, 9, 10)), strict=True):
            line.date_maturity = day

    def test_each_instalment_has_its_own_late_fee(self):
        self._split(cap=0)
        with self._on("07-20"):
            [first] = self._run()
            self.assertEqual(first.amount, 250)
            self._pay(3500)
        first._bill()
        with self._on("09-10"):
            self.assertEqual(self._run(), first, "what is paid costs nothing more")
        with self._on("09-20"):
            second = self._run() - first
            self.assertEqual(second.amount, 250)
            self.assertEqual(self._run(), first | second, "twice a day")
        with self._on("09-21"):
            self.assertEqual(sorted(self._run().mapped("amount")), [250, 300])

    def test_the_cap_is_for_the_bill(self):
        self._split(cap=400)
        with self._on("07-20"):
            self._run()
            self._pay(3500)
        for day, amount in (("09-17", 100), ("09-20", 150), ("10-20", 150)):
            with self._on(day):
                self.assertEqual(sorted(self._run().mapped("amount")), sorted([250, amount]), day)

    def test_two_late_instalments_cost_both_up_to_the_cap(self):
        self._split(cap=4000)
        with self._on("09-20"):
            # 67 and 5 days that cost something.
            self.assertEqual(sorted(self._run().mapped("amount")), [250, 3350])
        with self._on("09-28"):
            self.assertEqual(sum(self._run().mapped("amount")), 4000)

    def test_a_late_fee_from_before_counts_for_the_first_instalment(self):
        """Its key did not say for which instalment it was."""
        with self._on("07-20"):
            self._run().key = "late-1"
        with self._on("07-21"):
            self.assertEqual(self._run().mapped("amount"), [300])

    def test_who_paid_owes_no_more_of_it(self):
        with self._on("07-17"):
            self._run()
            self._pay()
        with self._on("07-25"):
            self.assertEqual(self._run().mapped("amount"), [100])


@tagged("post_install", "-at_install")
class TestReminder(LateMixin, TransactionCase):
    def _remind(self, day):
        """Partners who were written to on a day."""
        last = self.env["mail.message"].search([], order="id desc", limit=1).id
        with self._on(day):
            self._run_cron("account_move_cron_remind")
        messages = self.env["mail.message"].search(
            [("id", ">", last), ("model", "=", "account.move"), ("res_id", "=", self.bill.id)]
        )
        return messages

    def test_before_and_after_the_due_day_each_once(self):
        self.assertFalse(self._remind("07-06"), "too early")
        before = self._remind("07-07")
        self.assertEqual(before.partner_ids, self.student.partner_id)
        self.assertIn("7,000", before.subject)
        self.assertIn("is due on", before.subject)
        self.assertFalse(self._remind("07-08"), "sent already")
        after = self._remind("07-11")
        self.assertEqual(after.partner_ids, self.student.partner_id | self.guardian_user.partner_id)
        self.assertIn("overdue", after[0].subject)
        self.assertFalse(self._remind("07-11"))
        self.assertEqual(sorted(self.bill.hostel_reminder_ids.mapped("stage")), [-3, 1])

    def test_a_guardian_is_not_told_before_the_student_of_age_agreed(self):
        """As on the portal, where the guardian sees nothing yet."""
        self.env["ir.config_parameter"].set_param("hostel_base.require_consent", "True")
        self.assertTrue(self.env["hostel.privacy.notice"]._get_current())
        self.student.birthdate = "2001-05-05"
        self.student.consent_ids.sudo().withdrawn_at = self.env.cr.now()
        self.assertEqual(self._remind("07-11").partner_ids, self.student.partner_id)
        self.student._give_consent(self.student.partner_id, "portal")
        both = self.student.partner_id | self.guardian_user.partner_id
        self.assertEqual(self._remind("07-17").partner_ids, both)

    def test_a_missed_day_is_made_up_and_an_old_one_is_not(self):
        self.assertTrue(self._remind("07-19"), "a week after, two days late")
        self.assertFalse(self._remind("08-20"), "three weeks after is long gone")

    def test_paid_bills_are_left_in_peace(self):
        self._pay()
        self.assertFalse(self._remind("07-11"))

    def test_who_is_cleared_is_left_in_peace_until_that_is_withdrawn(self):
        clearance = self._clear()
        self.assertFalse(self._remind("07-11"))
        clearance.action_archive()
        self.assertTrue(self._remind("07-12"))

    def test_of_a_cleared_term_charges_are_still_asked_for(self):
        self.env["hostel.charge"].create(
            {"student_id": self.student.id, "head_id": self._head("DAMAGE").id, "amount": 350}
        )
        month = date(2040, 8, 1)
        self.bill = self.stay._post_period_bills([(self.stay, month)])[self.stay]
        line = self.bill.line_ids.filtered(lambda one: one.account_type == "asset_receivable")
        line.date_maturity = date(2040, 8, 10)
        self.assertEqual(self.bill.amount_residual, 7350)
        self._clear()
        subject = self._remind("08-11")[0].subject
        self.assertIn("350", subject)
        self.assertNotIn("7,350", subject)
        self._pay(350)
        self.assertFalse(self._remind("08-17"))

    def test_the_settings_say_when(self):
        set_param = self.env["ir.config_parameter"].set_param
        set_param("hostel_billing.reminder_days", "2, x; -1,")
        self.assertEqual(self.env["account.move"]._get_reminder_days(), [-1, 2])
        self.assertTrue(self._remind("07-12"))
        set_param("hostel_billing.reminder_days", " ")
        self.assertFalse(self._remind("07-17"))

    def _get_texts(self):
        """What waits for the gateway about the bill."""
        return (
            self.env["sms.sms"]
            .search([("mail_message_id.res_id", "=", self.bill.id)])
            .filtered(lambda sms: sms.mail_message_id.model == "account.move")
        )

    def test_a_text_goes_into_the_gateways_queue_once_it_is_wanted(self):
        self.student.partner_id.phone = "+919845012345"
        self._remind("07-07")
        self.assertFalse(self._get_texts(), "it costs credits: only where the settings say so")
        with Form(self.env["res.config.settings"]) as settings:
            self.assertTrue(settings.hostel_has_sms)
            settings.hostel_remind_by_sms = True
        settings.record.execute()
        self._remind("07-11")
        text = self._get_texts()
        self.assertEqual(text.partner_id, self.student.partner_id, "the guardian has no phone")
        self.assertEqual((text.number, text.state), ("+919845012345", "outgoing"))
        self.assertIn("7,000.00", text.body)
        self.assertIn("is overdue since", text.body)
        self.assertIn(f"/my/invoices/{self.bill.id}", text.body)
        self._remind("07-12")
        self.assertEqual(self._get_texts(), text, "each reminder once")

    def test_reminders_follow_their_bill(self):
        self._remind("07-11")
        reminder = self.bill.hostel_reminder_ids
        for user, may in (
            (self.finance, True),
            (self.warden, True),
            (self.other_warden, False),
            (self.student_user, False),
        ):
            self.assertEqual(reminder.with_user(user).has_access("read"), may)
