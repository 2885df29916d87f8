from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.http import Request
from odoo.tests import HttpCase, TransactionCase, tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.tests.common import trap_jobs

from .common import BillingCase, BillingMixin
from .test_late_and_reminders import LateMixin


class ScoreMixin:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.env["hostel.credit.score"])
        cls.Score = cls.env["hostel.credit.score"]

    def _bill(self, due_in, paid_in=None, student=None, amount=1000, **overrides):
        """A posted bill that was due so many days from now, and paid so many days from now."""
        student = student or self.student
        due = self.today + timedelta(days=due_in)
        bill = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": student.partner_id.id,
                "invoice_date": min(due, self.today),
                "invoice_date_due": due,
                "hostel_kind": "charge",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.env.ref("hostel_billing.product_hostel_rent").id,
                            "price_unit": amount,
                        }
                    )
                ],
                **overrides,
            }
        )
        bill.action_post()
        if paid_in is not None:
            self._pay(bill, paid_in)
        return bill

    def _pay(self, bill, paid_in, amount=None):
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.ids
        )
        vals = {"payment_date": self.today + timedelta(days=paid_in)}
        register.create(vals | ({"amount": amount} if amount else {}))._create_payments()

    def _refresh(self, student=None):
        return self.Score._refresh(student or self.student)


@tagged("post_install", "-at_install")
class TestCreditScore(ScoreMixin, BillingCase):
    def test_everybody_starts_alike(self):
        score = self._refresh()
        self.assertEqual((score.score, score.event_ids), (700, score.event_ids.browse()))
        self.assertEqual(score.band_id, self.env.ref("hostel_billing.credit_band_good"))

    def test_a_score_is_made_once(self):
        both = self.student | self.other_student
        scores = self.Score._get(self.student)
        self.assertEqual(scores.score, 700)
        again = self.Score._get(both)
        self.assertEqual((again.student_id, len(again)), (both, 2))
        self.assertEqual(self.Score._get(both), again)

    def test_each_bill_gives_its_reason(self):
        self._bill(-60, -70)
        self._bill(-30, -30)
        self._bill(-20, -10)
        self._bill(-5)
        self._bill(5)
        score = self._refresh()
        found = score.event_ids.sorted("due_day").mapped(lambda e: (e.kind, e.days, e.points))
        self.assertEqual(
            found,
            [("early", 10, 15), ("on_time", 0, 10), ("late", 10, -30), ("open", 5, -30)],
        )
        self.assertEqual(score.score, 665)

    def test_counting_again_changes_nothing_and_paying_does(self):
        bill = self._bill(-5)
        score = self._refresh()
        events = score.event_ids
        self.assertEqual(self._refresh().event_ids, events)
        with trap_jobs() as trap:
            self._pay(bill, 0)
            trap.assert_jobs_count(1, only=self.Score._refresh)
            trap.perform_enqueued_jobs()
        self.assertEqual(score.event_ids.mapped("kind"), ["late"])
        self.assertEqual(score.score, 680)

    def test_the_last_part_decides(self):
        bill = self._bill(-10)
        self._pay(bill, -12, amount=400)
        self._pay(bill, -2)
        event = self._refresh().event_ids
        self.assertEqual((event.kind, event.days), ("late", 8))

    def _bill_in_three(self):
        """A bill whose instalments were due 60 and 30 days ago, and today."""
        plan = self.env["account.payment.term"].create(
            {
                "name": "Three parts",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": part, "nb_days": days})
                    for part, days in ((40, 0), (30, 30), (30, 60))
                ],
            }
        )
        return self._bill(-60, invoice_payment_term_id=plan.id)

    def _get_found(self):
        return self._refresh().event_ids.mapped(lambda e: (e.kind, e.days, e.points))

    def test_of_instalments_the_worst_counts(self):
        bill = self._bill_in_three()
        self._pay(bill, -5, amount=1000)
        self.assertEqual(self._get_found(), [("late", 55, -80)])
        event = self._refresh().event_ids
        self.assertEqual(event.due_day, self.today - timedelta(days=60))

    def test_instalments_paid_in_time_are_on_time(self):
        bill = self._bill_in_three()
        self._pay(bill, -62, amount=400)
        self.assertEqual(self._get_found(), [("open", 30, -80)])
        self._pay(bill, -30, amount=300)
        self.assertFalse(self._get_found())
        self._pay(bill, -10, amount=300)
        self.assertEqual(self._get_found(), [("on_time", 0, 10)])

    def test_the_objection_to_an_open_instalment_goes_on_when_it_is_paid(self):
        bill = self._bill_in_three()
        event = self._refresh().event_ids
        self.assertEqual((event.kind, event.days), ("open", 60))
        event._object("The bank was closed")
        self._pay(bill, -50, amount=400)
        found = {one.kind: one for one in self._refresh().event_ids}
        self.assertEqual({kind: one.days for kind, one in found.items()}, {"late": 10, "open": 30})
        self.assertEqual(found["late"], event, "it was about the first instalment")
        self._pay(bill, -5, amount=600)
        self.assertEqual(self._get_found(), [("late", 25, -60)])

    def test_an_instalment_that_was_credited_is_nobodys_delay(self):
        bill = self._bill_in_three()
        self._credit(bill, 400)
        self._pay(bill, -31, amount=600)
        self.assertEqual(self._get_found(), [("on_time", 1, 10)])

    def _credit(self, bill, amount):
        """A credit note of today that is set against a bill."""
        note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": bill.partner_id.id,
                "invoice_date": self.today,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.env.ref("hostel_billing.product_hostel_rent").id,
                            "price_unit": amount,
                        }
                    )
                ],
            }
        )
        note.action_post()
        (note | bill).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()

    def test_a_concession_of_later_makes_no_payment_late(self):
        bill = self._bill(-40)
        self._pay(bill, -45, amount=900)
        self._credit(bill, 100)
        self.assertIn(bill.payment_state, ("paid", "in_payment"))
        event = self._refresh().event_ids
        self.assertEqual((event.kind, event.days), ("early", 5))

    def test_a_bill_that_nobody_had_to_pay_gives_no_reason(self):
        bill = self._bill(-40)
        self._credit(bill, 1000)
        # As where the books do not know it as taken back.
        bill.payment_state = "paid"
        self.assertFalse(self._refresh().event_ids)

    def test_a_reversed_bill_is_forgotten(self):
        bill = self._bill(-5)
        self.assertTrue(self._refresh().event_ids)
        self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=bill.ids
        ).create({"journal_id": bill.journal_id.id}).refund_moves()
        note = self.env["account.move"].search([("reversed_entry_id", "=", bill.id)])
        note.action_post()
        (note | bill).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).filtered(lambda line: not line.reconciled).reconcile()
        self.assertEqual(bill.payment_state, "reversed")
        self.assertFalse(self._refresh().event_ids)

    def test_other_invoices_play_no_part(self):
        self._bill(-5).hostel_kind = False
        self.assertFalse(self._refresh().event_ids)

    # Returned cheques

    def _pay_by_cheque(self, bill, number, method="cheque"):
        return (
            self.env["hostel.bill.pay"]
            .with_user(self.finance)
            .create(
                {
                    "student_id": self.student.id,
                    "move_ids": [Command.set(bill.ids)],
                    "method": method,
                    "reference": number,
                }
            )
            ._pay()
        )

    def _reverse(self, payment, bounced=True):
        """As finance does it; the jobs run."""
        dialog = self.env["hostel.payment.reverse"].with_user(self.finance)
        with trap_jobs() as trap:
            dialog.create(
                {"payment_id": payment.id, "reason": "No funds", "bounced": bounced}
            ).action_reverse()
            trap.assert_jobs_count(1, only=self.Score._refresh)
            trap.perform_enqueued_jobs()

    def test_a_returned_cheque_takes_points_off_each_bill_it_had_paid(self):
        early, overdue = self._bill(20), self._bill(-5)
        (early | overdue).write({"hostel_student_id": self.student.id})
        payment = self._pay_by_cheque(early | overdue, "004711")
        score = self._refresh()
        self.assertEqual(set(score.event_ids.mapped("kind")), {"late", "early"})
        self._reverse(payment)
        self.assertEqual(payment.state, "rejected")
        self.assertEqual(payment.hostel_reversed_bill_ids, early | overdue)
        found = {
            (event.move_id, event.kind): (event.day, event.points) for event in score.event_ids
        }
        self.assertEqual(
            found,
            {
                (early, "bounced"): (self.today, -50),
                (overdue, "bounced"): (self.today, -50),
                (overdue, "open"): (self.today - timedelta(days=5), -30),
            },
        )
        self.assertEqual(score.score, 570)

    def test_a_second_returned_cheque_counts_too_and_paying_at_last_leaves_both(self):
        bill = self._bill(10)
        bill.hostel_student_id = self.student
        for number in ("1", "2"):
            self._reverse(self._pay_by_cheque(bill, number))
        event = self._refresh().event_ids
        self.assertEqual((event.kind, event.days, event.points), ("bounced", 2, -100))
        self.assertIn("2 cheques", event.sentence)
        self._pay_by_cheque(bill, False, "cash")
        score = self._refresh()
        self.assertEqual(set(score.event_ids.mapped("kind")), {"bounced", "early"})

    def test_a_mistake_of_the_office_is_not_held_against_the_student(self):
        bill = self._bill(10)
        bill.hostel_student_id = self.student
        self._reverse(self._pay_by_cheque(bill, "1"), bounced=False)
        # Cash doesn't bounce, whatever a call says.
        self._reverse(self._pay_by_cheque(bill, False, "cash"), bounced=True)
        self.assertFalse(self._refresh().event_ids)

    # Bands

    def test_a_band_names_the_score_and_gives_its_discount(self):
        self.env.ref("hostel_billing.credit_band_good").discount_percent = 2.5
        self.assertEqual(self.Score._get_discount_percent(self.student), 0)
        score = self._refresh()
        self.assertEqual(self.Score._get_discount_percent(self.student), 2.5)
        for due in range(-90, -10, 10):
            self._bill(due)
        self._refresh()
        self.assertEqual(score.score, 300)
        self.assertEqual(score.band_id, self.env.ref("hostel_billing.credit_band_poor"))
        self.assertEqual(self.Score._get_discount_percent(self.student), 0)

    # Objections

    def _object(self, text="The bank was closed"):
        self._bill(-20, -10)
        score = self._refresh()
        score.event_ids.filtered(lambda one: one.points < 0)._object(text)
        return score

    def _refused(self, call, *args):
        with self.assertRaises(HostelError) as caught:
            call(*args)
        return caught.exception.code

    def test_an_objection_is_a_task_for_finance(self):
        score = self._object()
        self.assertIn("The bank was closed", score.message_ids[0].body)
        self.assertEqual(score.message_ids[0].author_id, self.student.partner_id)
        self.assertTrue(score.activity_ids.user_id.has_group("hostel_base.group_hostel_finance"))
        self.assertEqual(score.objection_count, 1)
        self.assertEqual(self._refused(score.event_ids._object, "Again"), "ALREADY_APPEALED")

    def test_a_granted_objection_no_longer_counts(self):
        score = self._object()
        self.assertEqual(score.score, 670)
        score.event_ids.with_user(self.finance).action_grant()
        self.assertEqual((score.score, score.event_ids.state), (700, "waived"))
        self.assertFalse(score.activity_ids)
        self._refresh()
        self.assertEqual((score.score, score.event_ids.state), (700, "waived"))

    def test_what_was_granted_while_it_was_open_holds_when_it_is_paid(self):
        bill = self._bill(-5)
        event = self._refresh().event_ids
        event._object("The bank was closed")
        event.with_user(self.finance).action_grant()
        with trap_jobs():
            self._pay(bill, 0)
        score = self._refresh()
        self.assertEqual((score.event_ids, score.score), (event, 700))
        self.assertEqual((event.kind, event.state), ("late", "waived"))
        self.assertEqual(event.appeal_state, "granted")

    def test_an_objection_waits_on_when_the_bill_is_paid(self):
        bill = self._bill(-5)
        event = self._refresh().event_ids
        event._object("The bank was closed")
        with trap_jobs():
            self._pay(bill, 0)
        score = self._refresh()
        self.assertEqual((score.event_ids, event.appeal_state), (event, "open"))
        self.assertEqual((event.kind, score.objection_count), ("late", 1))

    def test_a_refused_objection_stays(self):
        score = self._object()
        score.event_ids.with_user(self.finance).action_refuse()
        self.assertEqual((score.score, score.event_ids.appeal_state), (670, "refused"))
        self.assertEqual(
            self._refused(score.event_ids.with_user(self.finance).action_grant), "ANSWERED"
        )
        self.assertEqual(self._refused(score.event_ids._object, "Again"), "ALREADY_APPEALED")

    def test_nobody_objects_to_praise_or_without_words(self):
        self._bill(-20, -20)
        event = self._refresh().event_ids
        self.assertEqual(self._refused(event._object, "Too much"), "NOT_TO_YOUR_HARM")
        score = self._object()
        late = score.event_ids.filtered(lambda one: not one.appeal_state and one.points < 0)
        self.assertFalse(late)
        self.assertEqual(self._refused(event._object, "  \x00 "), "INVALID")

    # Who may see it

    def test_only_finance_and_admin_see_scores(self):
        score = self._object()
        for user, allowed in [
            (self.finance, True),
            (self.warden, False),
            (self.guard, False),
            (self.student_user, False),
            (self.guardian_user, False),
        ]:
            for record in (score, score.event_ids):
                with self.subTest(user=user.login, model=record._name):
                    self.assertEqual(record.with_user(user).has_access("read"), allowed)
        with self.assertRaises(AccessError):
            score.event_ids.with_user(self.finance).write({"points": 100})
        with self.assertRaises(AccessError):
            score.event_ids.with_user(self.warden).action_grant()


@tagged("post_install", "-at_install")
class TestCreditScorePage(ScoreMixin, BillingMixin, HttpCase):
    def _post(self, url, **data):
        token = Request.csrf_token(self)
        return self.url_open(url, data={"csrf_token": token, **data}, allow_redirects=False)

    def test_the_student_sees_why_and_objects(self):
        bill = self._bill(-20, -10)
        self._refresh()
        self.authenticate("t_asha", "t_asha")
        page = self.url_open("/my/credit-score")
        self.assertEqual(page.status_code, 200)
        for text in ("670", "10 days late", bill.name, "at most"):
            self.assertIn(text, page.text)
        event = self.Score._get(self.student).event_ids
        url = f"/my/credit-score/{event.id}/object"
        self.assertEqual(self._post(url, reason=" ").status_code, 422)
        self.assertEqual(self._post(url, reason="The bank was closed").status_code, 303)
        self.assertEqual(event.appeal, "The bank was closed")
        self.assertIn("You objected", self.url_open("/my/credit-score").text)

    def test_looking_at_the_page_writes_nothing(self):
        self.authenticate("t_ravi", "t_ravi")
        page = self.url_open("/my/credit-score")
        self.assertEqual(page.status_code, 200)
        self.assertIn("700", page.text)
        self.assertFalse(self.Score.search([("student_id", "=", self.other_student.id)]))

    def test_nobody_objects_for_others(self):
        self._bill(-20, -10)
        event = self._refresh().event_ids
        self.authenticate("t_ravi", "t_ravi")
        response = self._post(f"/my/credit-score/{event.id}/object", reason="x")
        self.assertEqual(response.status_code, 404)
        self.assertFalse(event.appeal)
        self.authenticate("t_mother", "t_mother")
        self.assertEqual(self.url_open("/my/credit-score").status_code, 404)


@tagged("post_install", "-at_install")
class TestClearedScore(LateMixin, TransactionCase):
    """Fees that a clearance settles are not overdue."""

    def _refresh(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move SET invoice_date_due = %s WHERE id = %s",
            (date(2040, 7, 10), self.bill.id),
        )
        with self._on("08-29"):
            return self.env["hostel.credit.score"]._refresh(self.student)

    def test_a_cleared_bill_is_not_overdue_until_that_is_withdrawn(self):
        self.assertEqual(self._refresh().event_ids.mapped("days"), [50])
        clearance = self._clear()
        self.assertFalse(self._refresh().event_ids)
        clearance.action_archive()
        self.assertEqual(self._refresh().event_ids.mapped("kind"), ["open"])

    def test_a_clearance_counts_the_score_anew(self):
        refresh = self.env["hostel.credit.score"]._refresh
        with trap_jobs() as trap:
            clearance = self._clear()
            trap.assert_jobs_count(1, only=refresh)
        for method in ("action_archive", "action_unarchive", "unlink"):
            with self.subTest(method), trap_jobs() as trap:
                getattr(clearance, method)()
                trap.assert_jobs_count(1, only=refresh)

    def test_a_clearance_of_who_has_no_bill_counts_nothing(self):
        with trap_jobs() as trap:
            self.env["hostel.clearance"].create(
                {"student_id": self.other_student.id, "term_id": self.term.id, "reference": "Dues"}
            )
            trap.assert_jobs_count(0, only=self.env["hostel.credit.score"]._refresh)
