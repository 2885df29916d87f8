from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, TransactionCase, tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_billing.tests.fee_common import FeeMixin
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.tests.common import trap_jobs

DEAR, CHEAP = 60000, 30000


class MoveBooksMixin(FeeMixin):
    """Asha has paid 42000 and the deposit for a term that is one bill."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_structure({"RENT": 42000, "DEPOSIT": 8000}, frequency="one_time")
        cls.dear = cls._create_bed("301", DEAR)
        cls.cheap = cls._create_bed("101", CHEAP)
        cls._book()
        cls.administrator = cls.env.ref("base.user_admin")

    @classmethod
    def _book(cls):
        cls.row = cls._create_allocation(price=None)
        cls.order = cls.row._get_order()
        cls._deliver(cls.order)
        with trap_jobs():
            cls.row._transition("allocated")
        cls.bill = cls.row._create_period_bill()

    @classmethod
    def _create_bed(cls, name, fee):
        room = cls.env["hostel.room"].create(
            {
                "name": name,
                "floor_id": cls.hostel.floor_ids[:1].id,
                "room_type_id": cls.room_type.id,
                "fee": fee,
                "bed_ids": [Command.create({"label": "A"})],
            }
        )
        return room.bed_ids

    @classmethod
    def _ask(cls, bed):
        desk = cls.env["hostel.move.desk"].with_user(cls.student_user)
        return desk._ask_transfer(bed.id).sudo()

    @classmethod
    def _approve(cls, request):
        """The warden's approval, and the jobs of the payment if there is one."""
        with trap_jobs():
            request.with_user(cls.warden).action_approve()

    @classmethod
    def _pay(cls, bill):
        """At the counter; performs the job that the payment leaves."""
        with trap_jobs() as trap:
            cls._pay_bill(bill)
        jobs = [job for job in trap.enqueued_jobs if job.method_name == "_move_when_paid"]
        for job in jobs:
            with trap_jobs():
                job.perform()
        return jobs

    def _get_new(self):
        rows = self.student.allocation_ids
        return rows.filtered(lambda row: row.state in ("allocated", "checked_in")).sudo()

    def _pay_out(self, refund):
        refund.with_user(self.administrator).action_approve()
        refund._pay(reference="UTR 1")

    def _cancel(self, percent):
        with trap_jobs() as trap:
            cancellation = self._get_new()._cancel_booking("office", "office", "x", percent)
        [job] = [one for one in trap.enqueued_jobs if one.method_name == "_settle_books"]
        with trap_jobs():
            job.perform()
        return cancellation


@tagged("post_install", "-at_install")
class TestDearerBed(MoveBooksMixin, TransactionCase):
    def setUp(self):
        super().setUp()
        self.request = self._ask(self.dear)

    def _agree(self):
        self._approve(self.request)
        return self.request.difference_bill_id

    def test_the_approval_bills_the_difference_and_the_payment_moves(self):
        bill = self._agree()
        self.assertEqual((self.request.state, self.row.state), ("to_pay", "allocated"))
        self.assertEqual((bill.amount_total, bill.payment_state), (18000, "not_paid"))
        self.assertEqual(bill.invoice_line_ids.hostel_head_id.code, "RENT")
        day = self.env.company._get_college_day(self.request.expires_at)
        self.assertEqual(bill.invoice_date_due, day)
        jobs = self._pay(bill)
        self.assertEqual(len(jobs), 1)
        new = self._get_new()
        self.assertEqual((self.request.state, new.bed_id, new.price), ("done", self.dear, DEAR))
        self.assertEqual(self.request.decided_by_id, self.warden)
        # The whole term costs what the new bed costs, and nothing is billed a second time.
        self.assertEqual(new._create_period_bill(), self.bill)
        self.assertEqual(self.bill.amount_total + bill.amount_total, DEAR)
        self.assertFalse(self.request._move_when_paid(), "repeating changes nothing")

    def test_without_the_payment_nobody_moves(self):
        """The refused twin: neither the warden nor the job moves who has not paid."""
        bill = self._agree()
        with self.assertRaises(HostelError) as caught:
            self.request._execute()
        self.assertEqual(caught.exception.code, "DIFFERENCE_UNPAID")
        self.assertFalse(self.request._move_when_paid())
        with trap_jobs() as trap:
            self.env["hostel.bill.pay"].create(
                {
                    "student_id": self.student.id,
                    "move_ids": [Command.set(bill.ids)],
                    "method": "cash",
                    "amount": 17999,
                }
            )._pay()
        self.assertFalse([one for one in trap.enqueued_jobs if "_move" in one.method_name])
        self.assertFalse(self.request._move_when_paid())
        self.assertEqual((self.request.state, self._get_new()), ("to_pay", self.row))

    def test_a_payment_through_camu_moves_too(self):
        bill = self._agree()
        order = bill._get_fees_order(self.student_user.partner_id, "/my/fees")
        self.assertEqual(order.amount, 18000)
        with trap_jobs() as trap:
            self._deliver(order, academicTerm=self.term.code, receiptNo="RC000002")
        [job] = [one for one in trap.enqueued_jobs if one.method_name == "_move_when_paid"]
        with trap_jobs():
            job.perform()
        self.assertEqual(self._get_new().bed_id, self.dear)

    def _get_letters(self):
        domain = [("model", "=", "hostel.allocation"), ("res_id", "=", self.row.id)]
        return self.env["mail.message"].search([*domain, ("partner_ids", "!=", False)])

    def test_the_student_is_told_to_pay(self):
        partner = self.student.partner_id
        partner.email = "asha@college.test"
        before = self._get_letters()
        self._agree()
        message = self._get_letters() - before
        self.assertIn("Pay for your new bed", message.subject)
        self.assertEqual(message.partner_ids, partner)
        self.assertIn("18,000", message.body)
        [seen] = self.env["hostel.move.desk"].with_user(self.student_user)._get_page()["requests"]
        self.assertEqual((seen["bill"]["amount"], seen["bill"]["pending"]), (18000, False))

    def test_what_is_not_wanted_any_more_is_credited(self):
        bill = self._agree()
        self.env["hostel.move.desk"].with_user(self.student_user)._withdraw(self.request.id)
        self.assertEqual((self.request.state, bill.payment_state), ("cancelled", "reversed"))
        self.assertFalse(self.row.refund_ids)
        self.assertEqual(self._get_open_credit(), 0)
        # And can be asked for again.
        again = self._ask(self.dear)
        self._approve(again)
        self.assertEqual(again.difference_bill_id.amount_residual, 18000)

    def test_the_request_runs_out_unless_the_bank_decides(self):
        bill = self._agree()
        order = bill._get_fees_order(self.student_user.partner_id, "/my/fees")
        self._deliver(order, "PENDING", academicTerm=self.term.code)
        self.assertEqual(order.state, "pending")
        self.request.expires_at = self.env.cr.now() - timedelta(seconds=1)
        self.request._cron_expire()
        self.assertEqual(self.request.state, "to_pay")
        order._set_canceled()
        self.request._cron_expire()
        self.assertEqual((self.request.state, bill.payment_state), ("expired", "reversed"))

    def test_a_bed_that_can_not_be_had_any_more_gives_the_money_back(self):
        bill = self._agree()
        # Somebody of the office opened the bed by hand and gave it away.
        self.request.kept_block_id._transition("cancelled")
        self._create_allocation("allocated", bed=self.dear, student=self.other_student)
        before = self._get_letters()
        self._pay(bill)
        letter = self._get_letters() - before
        self.assertEqual(len(letter), 1, "one letter, and not the warden's no beside it")
        self.assertIn("What you paid for the other goes back to you", letter.body)
        self.assertEqual((self.request.state, self._get_new()), ("refused", self.row))
        self.assertIn("has the wanted bed", self.request.refusal)
        [refund] = self.row.refund_ids
        self.assertEqual((refund.amount, refund.state), (18000, "due"))
        self._pay_out(refund)
        self.assertEqual(self._get_open_credit(), 0)

    def test_a_busy_bed_is_tried_again(self):
        bill = self._agree()
        self.patch(self.registry["hostel.move.request"], "_lock", self._refuse_as_busy)
        with self.assertRaises(RetryableJobError):
            self._pay(bill)
        self.assertEqual(self.request.state, "to_pay")

    @staticmethod
    def _refuse_as_busy(_request):
        raise HostelError("REQUEST_BUSY", "busy")

    def test_a_booking_cancelled_afterwards_gives_both_payments_back(self):
        self._pay(self._agree())
        cancellation = self._cancel(75)
        # The deposit and three quarters of 60000.
        self.assertEqual(
            (cancellation.paid_amount, cancellation.refund_amount), (68000, 8000 + 45000)
        )
        refunds = cancellation.allocation_id.refund_ids
        self.assertEqual(sorted(refunds.mapped("amount")), [3000, 50000])
        self.assertEqual(self._get_open_credit(), 53000)
        cancellation._settle_books()
        self.assertEqual((self._get_open_credit(), len(refunds)), (53000, 2))
        for refund in refunds:
            self._pay_out(refund)
        self.assertEqual(self._get_open_credit(), 0)
        self.assertEqual(cancellation.allocation_id.state, "refunded")

    def test_a_concession_of_the_rent_is_one_of_the_difference_too(self):
        self._concede(25)
        self._concede(0, method="amount", amount=1000, kind="hardship")
        [seen] = self.env["hostel.move.desk"].with_user(self.student_user)._get_page()["requests"]
        self.assertEqual(seen["difference"], 13500)
        bill = self._agree()
        self.assertEqual(bill.amount_total, 13500)
        self.assertIn("25 %", bill.invoice_line_ids.name)
        self.assertEqual(self.request.difference_after_concessions, 13500)
        self._pay(bill)
        self.assertEqual((self.request.state, self._get_new().bed_id), ("done", self.dear))

    def test_what_was_asked_is_paid_though_a_concession_comes_later(self):
        bill = self._agree()
        self._concede(100)
        [seen] = self.env["hostel.move.desk"].with_user(self.student_user)._get_page()["requests"]
        self.assertEqual((seen["difference"], seen["bill"]["amount"]), (18000, 18000))
        self.assertFalse(self.request._move_when_paid())
        self._pay(bill)
        self.assertEqual(self.request.state, "done")

    def test_a_bed_is_not_kept_for_ever_when_its_bill_is_taken_back(self):
        self._agree()
        self._concede(100)
        self.request._find_difference()._cancel("conceded")
        self.request.expires_at = self.env.cr.now() - timedelta(seconds=1)
        self.request._cron_expire()
        self.assertEqual(self.request.state, "expired")
        self.assertEqual(self.request.kept_block_id.state, "cancelled")

    def test_the_choice_of_beds_shows_what_will_be_asked(self):
        def differences():
            page = self.env["hostel.move.desk"].with_user(self.student_user)._get_page()
            shown = {one["price"]: one["difference"] for one in page["classes"]}
            return shown[42000], shown[DEAR], shown[CHEAP]

        self.env["hostel.move.desk"].with_user(self.student_user)._withdraw(self.request.id)
        self.assertEqual(differences(), (0, 18000, -12000))
        self._concede(25)
        self.assertEqual(differences(), (0, 13500, -9000))

    def test_who_has_all_of_the_rent_conceded_moves_at_once(self):
        self._concede(100)
        self.assertFalse(self._agree())
        self.assertEqual((self.request.state, self._get_new().bed_id), ("done", self.dear))

    def test_all_or_nothing_goes_back(self):
        for percent, back in ((100, 68000), (0, 8000)):
            with self.subTest(percent=percent), self.env.cr.savepoint() as savepoint:
                self._pay(self._agree())
                cancellation = self._cancel(percent)
                refunds = cancellation.allocation_id.refund_ids
                self.assertEqual(sum(refunds.mapped("amount")), back)
                self.assertEqual(self._get_open_credit(), back)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_cleared_student_pays_in_the_college_s_own_books(self):
        self.patch(self.registry["hostel.allocation"], "_needs_period_bill", lambda _row: False)
        self._approve(self.request)
        self.assertEqual((self.request.state, self._get_new().bed_id), ("done", self.dear))
        self.assertFalse(self.request.difference_bill_id)

    def test_the_bill_of_the_term_comes_first(self):
        """Else the new bed would be billed as a whole, and its difference too."""
        self.bill._reverse_moves(cancel=True)
        difference = self._agree()
        first = self.row._get_period_bill()
        self.assertEqual((first.amount_total, first.payment_state), (42000, "paid"))
        self._pay(difference)
        self.assertEqual(self._get_new()._create_period_bill(), first)

    def test_only_the_program_writes_the_credit_note(self):
        for name in ("credit_note_id", "kept_block_id"):
            with self.assertRaises(AccessError):
                self.request.with_user(self.warden).write({name: False})


@tagged("post_install", "-at_install")
class TestCheaperBed(MoveBooksMixin, TransactionCase):
    def _move(self):
        request = self._ask(self.cheap)
        self._approve(request)
        return request

    def test_the_difference_of_a_paid_term_goes_back(self):
        request = self._move()
        new = self._get_new()
        self.assertEqual((request.state, new.bed_id, new.price), ("done", self.cheap, CHEAP))
        note = request.credit_note_id
        self.assertEqual((note.amount_total, note.move_type), (12000, "out_refund"))
        self.assertEqual(note.reversed_entry_id, self.bill)
        [refund] = new.refund_ids
        self.assertEqual((refund.amount, refund.kind, refund.state), (12000, "other", "due"))
        self._pay_out(refund)
        self.assertEqual((self._get_open_credit(), new.state), (0, "allocated"))
        self.assertEqual(new._create_period_bill(), self.bill)

    def test_the_bill_of_the_term_comes_first(self):
        """Its job had not come yet: the difference goes back all the same."""
        self.bill._reverse_moves(cancel=True)
        request = self._move()
        new = self._get_new()
        self.assertEqual(
            (self.row.state, request.credit_note_id.amount_total), ("transferred", 12000)
        )
        self.assertEqual(new.refund_ids.amount, 12000)
        bill = self.row._get_period_bill()
        self.assertEqual((bill.amount_total, bill.payment_state), (42000, "paid"))
        self.assertEqual((new._create_period_bill(), self.row._create_period_bill()), (bill, bill))

    def test_moved_by_the_office_before_the_bill_pays_the_new_bed_only(self):
        self.bill._reverse_moves(cancel=True)
        with trap_jobs():
            new = self.row._transfer(self.cheap, self.row.date_from)
        self.assertFalse(self.row._create_period_bill())
        bill = new._create_period_bill()
        self.assertEqual((bill.amount_total, bill.payment_state), (CHEAP, "paid"))
        self.assertEqual(self.row._create_period_bill(), bill)

    def test_the_note_of_the_move_stays_when_the_bill_is_credited_by_hand(self):
        self.bill.line_ids.remove_move_reconcile()
        note = self._move().credit_note_id
        whole = self.bill._reverse_moves()
        whole.action_post()
        self.assertEqual(self.bill.payment_state, "reversed")
        self.assertEqual((note.state, note.reversal_move_ids.ids), ("posted", []))

    def test_an_unpaid_bill_gets_smaller_and_nothing_goes_back(self):
        """The twin: what was not paid is not given back."""
        self.bill.line_ids.remove_move_reconcile()
        self.order.payment_id.move_id.line_ids.remove_move_reconcile()
        request = self._move()
        self.assertEqual((request.state, self.bill.amount_residual), ("done", 30000))
        self.assertFalse(self._get_new().refund_ids)

    def test_a_booking_cancelled_afterwards_gives_back_what_is_left(self):
        for paid_out in (False, True):
            with self.subTest(paid_out=paid_out), self.env.cr.savepoint() as savepoint:
                self._move()
                first = self._get_new().refund_ids
                if paid_out:
                    self._pay_out(first)
                cancellation = self._cancel(50)
                # The deposit and a half of 30000.
                self.assertEqual(
                    (cancellation.paid_amount, cancellation.refund_amount), (38000, 8000 + 15000)
                )
                refunds = cancellation.allocation_id.refund_ids - first
                self.assertEqual(refunds.mapped("amount"), [23000])
                cancellation._settle_books()
                for refund in cancellation.allocation_id.refund_ids:
                    if refund.state != "paid":
                        self._pay_out(refund)
                self.assertEqual(self._get_open_credit(), 0)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_of_a_conceded_rent_less_goes_back(self):
        self._concede(25)
        before = self._get_open_credit()
        request = self._move()
        note = request.credit_note_id
        self.assertEqual(note.amount_total, 9000)
        self.assertEqual(note.invoice_line_ids.mapped("price_subtotal"), [12000, -3000])
        self.assertEqual(self._get_open_credit() - before, 9000)
        self._cancel(0)
        # Three quarters of 30000 are kept.
        self.assertEqual(50000 - self._get_open_credit(), 22500)

    def test_a_concession_before_or_after_the_move_comes_to_the_same(self):
        self._move()
        self._concede(25)
        self.assertEqual(self._get_open_credit(), 42000 - 22500)
        self._concede(10, kind="hardship")
        self.assertEqual(self._get_open_credit(), 42000 - 22500 + 3000)

    def test_what_the_bill_conceded_counts_though_it_was_withdrawn(self):
        concession = self._concede(25)
        concession.with_user(self.administrator).action_withdraw()
        self.assertEqual(self._move().credit_note_id.amount_total, 9000)

    def test_no_more_goes_back_than_was_asked(self):
        self._concede(0, method="amount", amount=40000)
        before = self._get_open_credit()
        self.assertEqual(self._move().credit_note_id.amount_total, 2000)
        self.assertEqual(self._get_open_credit() - before, 2000)

    def test_a_monthly_stay_has_no_difference(self):
        """Its bills ask for each bed's days."""
        self.row.fee_structure_id.frequency = "monthly"
        request = self._move()
        self.assertEqual(request.state, "done")
        self.assertFalse(request.credit_note_id)
        self.assertFalse(self._get_new().refund_ids)


@tagged("post_install", "-at_install")
class TestMovePage(MoveBooksMixin, HttpCase):
    def test_the_page_has_a_button_that_pays(self):
        request = self._ask(self.dear)
        self.authenticate(self.student_user.login, self.student_user.login)
        self.assertNotIn('action="/my/fees/pay"', self.url_open("/my/moves").text)
        self._approve(request)
        page = self.url_open("/my/moves").text
        self.assertIn('action="/my/fees/pay"', page)
        self.assertIn("18,000", page)
        self.assertIn("The warden agreed", page)
        bill = request.difference_bill_id
        order = bill._get_fees_order(self.student_user.partner_id, "/my/fees")
        order._set_pending()
        page = self.url_open("/my/moves").text
        self.assertNotIn('action="/my/fees/pay"', page)
        self.assertIn("The bank decides", page)


@tagged("post_install", "-at_install")
class TestMovesOfTheCounter(MoveBooksMixin, TransactionCase):
    """Asha got her bed at the counter and paid there: no payment belongs to the booking."""

    @classmethod
    def _book(cls):
        with trap_jobs():
            cls.row = cls._create_stay()
        cls.bill = cls.row._create_period_bill()
        for bill in cls.row.bill_ids:
            cls._pay(bill)

    def _end(self, percent, paid, back):
        """Cancel the booking; all of what goes back is asked for, and can be paid out."""
        cancellation = self._cancel(percent)
        self.assertEqual((cancellation.paid_amount, cancellation.refund_amount), (paid, back))
        refunds = cancellation.allocation_id.refund_ids.filtered(lambda one: one.state == "due")
        cancellation._settle_books()
        for refund in refunds:
            self._pay_out(refund)
        self.assertEqual(self._get_open_credit(), 0)
        return refunds

    def test_a_dearer_bed_and_then_none(self):
        request = self._ask(self.dear)
        self._approve(request)
        self._pay(request.difference_bill_id)
        self.assertEqual(request.state, "done")
        refunds = self._end(75, 68000, 8000 + 45000)
        self.assertEqual(sum(refunds.mapped("amount")), 53000)
        self.assertEqual(refunds.allocation_id.state, "refunded")

    def test_a_cheaper_bed_and_then_none(self):
        for paid_out in (False, True):
            with self.subTest(paid_out=paid_out), self.env.cr.savepoint() as savepoint:
                self._approve(self._ask(self.cheap))
                first = self._get_new().refund_ids
                self.assertEqual(first.amount, 12000)
                if paid_out:
                    self._pay_out(first)
                refunds = self._end(50, 38000, 8000 + 15000) - first
                self.assertEqual(sum(refunds.mapped("amount")), 23000)
                savepoint.rollback()
                self.env.invalidate_all()
