from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.modules.migration import load_script
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import file_path, mute_logger

from odoo.addons.hostel_base.errors import HostelError

from .common import BillingCase

MIGRATION = file_path("hostel_billing/migrations/19.0.1.3.0")


@tagged("post_install", "-at_install")
class TestRefund(BillingCase):
    """Money goes back once, never more than came, and never by one person alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.allocation = cls._create_allocation()
        cls.tx = cls._create_tx(cls.allocation)
        cls.admin = new_test_user(cls.env, "t_boss", groups="hostel_base.group_hostel_admin")
        cls.second_admin = new_test_user(
            cls.env, "t_boss2", groups="hostel_base.group_hostel_admin"
        )

    def _assert_refused(self, code, method, *args, **kwargs):
        with self.assertRaises(HostelError) as caught, self.env.cr.savepoint():
            method(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    def _lose_the_bed(self):
        """The money arrived and the bed is gone."""
        self._deliver(self.tx)
        self.allocation._transition("cancelled")
        self.allocation._transition("unplaced")
        self.allocation._transition("refund_due")
        return self.allocation.refund_ids

    def _give_the_bed(self):
        if self.allocation.state == "paying":
            self.allocation._transition("awaiting_approval")
        self.allocation._transition("allocated")

    def _approve(self, refund, user=None):
        refund.with_user(user or self.admin).action_approve()
        return refund

    def _dialog(self, refunds, **vals):
        return (
            self.env["hostel.refund.book"]
            .with_user(self.finance)
            .create({"refund_ids": refunds.ids, "reference": "UTR 1", **vals})
        )

    # Born ----------------------------------------------------------------

    def test_a_stay_that_is_refund_due_asks_for_its_refund(self):
        refund = self._lose_the_bed()
        self.assertEqual((refund.state, refund.kind), ("due", "late"))
        self.assertEqual((refund.amount, refund.student_id), (42000, self.student))
        self.assertEqual(refund.transaction_id, self.tx)
        self.assertEqual(self.tx.hostel_refund_state, "due")
        self.assertIn(
            self.env.ref("hostel_base.group_hostel_admin"),
            refund.activity_ids.user_id.all_group_ids,
        )
        self.allocation._ask_refund()
        self.assertEqual(self.allocation.refund_ids, refund, "repeating changes nothing")

    def test_without_money_there_is_nothing_to_give_back(self):
        self.allocation._transition("cancelled")
        self.allocation._transition("unplaced")
        self.allocation._transition("refund_due")
        self.assertFalse(self.allocation.refund_ids)

    def test_finance_asks_for_what_a_student_paid_ahead(self):
        entry = self._receive(self._message(self.tx, referenceNo="COUNTER-1"))
        entry._process()
        entry.with_user(self.finance).match_to_student(self.student, "Paid twice")
        Refund = self.env["hostel.refund"].with_user(self.finance)
        vals = {"student_id": self.student.id, "amount": 42000, "reason": "Paid twice"}
        refund = Refund.create(vals)
        self.assertEqual(refund.requested_by_id, self.finance)
        self.assertEqual(refund.partner_id, self.student.partner_id)
        self._assert_refused("REFUND_TOO_LARGE", Refund.create, vals | {"amount": 1})
        self._approve(refund)
        self._dialog(refund).action_book()
        self.assertEqual((refund.state, refund.payment_id.amount), ("paid", 42000))

    def test_finance_can_not_ask_for_more_than_was_paid(self):
        Refund = self.env["hostel.refund"].with_user(self.finance)
        vals = {"student_id": self.student.id, "amount": 1, "reason": "x"}
        refusal = self._assert_refused("REFUND_TOO_LARGE", Refund.create, vals)
        self.assertEqual(refusal.details["left"], "0.00")
        self._assert_refused("STUDENT_MISSING", Refund.create, {"amount": 1, "reason": "x"})

    def test_nobody_begins_in_the_middle(self):
        self._deliver(self.tx)
        Refund = self.env["hostel.refund"].with_user(self.finance)
        vals = {"student_id": self.student.id, "amount": 1, "reason": "x"}
        for more in (
            {"state": "approved"},
            {"transaction_id": self.tx.id},
            {"requested_by_id": self.admin.id},
            {"kind": "deposit"},
        ):
            with self.subTest(more=more), self.assertRaises(AccessError):
                Refund.create(vals | more)

    # Four eyes -----------------------------------------------------------

    def test_the_administrator_approves_and_finance_pays(self):
        refund = self._lose_the_bed()
        for user in (self.finance, self.warden):
            with self.assertRaises(AccessError):
                refund.with_user(user).action_approve()
        self._assert_refused("INVALID_TRANSITION", refund.with_user(self.finance).action_open_book)
        self._assert_refused("INVALID_TRANSITION", refund._pay)
        self._approve(refund)
        self.assertEqual((refund.state, refund.approved_by_id), ("approved", self.admin))
        self._assert_refused("INVALID_TRANSITION", self._approve, refund)
        self._dialog(refund, method="cheque", reference=" 004411 ").action_book()
        self.assertEqual(
            (refund.state, refund.method, refund.reference), ("paid", "cheque", "004411")
        )
        self.assertEqual(self.allocation.state, "refunded")
        self.assertEqual(self.tx.hostel_refund_state, "done")

    def test_who_asked_does_not_approve(self):
        refund = self._lose_the_bed()
        refund.requested_by_id = self.admin
        self._assert_refused("OWN_REQUEST", self._approve, refund)
        self._approve(refund, self.second_admin)
        self.assertEqual(refund.state, "approved")

    def test_a_batch_is_approved_at_once_or_not_at_all(self):
        refund = self._lose_the_bed()
        entry = self._receive(
            self._message(self.tx, eventId="e9", referenceNo="ODD", receiptNo="RC9")
        )
        entry._process()
        other = entry.with_user(self.finance).take_for_refund("Odd").hostel_refund_ids
        other.sudo().requested_by_id = self.admin
        self._assert_refused("OWN_REQUEST", self._approve, refund | other)
        self.assertEqual(refund.state, "due")
        self._approve(refund | other, self.second_admin)
        self.assertEqual(set((refund | other).mapped("state")), {"approved"})
        self._dialog(refund | other).action_book()
        self.assertEqual(set((refund | other).mapped("state")), {"paid"})

    def test_a_refusal_needs_a_reason_and_can_be_asked_again(self):
        refund = self._lose_the_bed()
        self._assert_refused("REASON_MISSING", refund.with_user(self.admin)._refuse, "  ")
        dialog = self.env["hostel.refund.refuse"].with_user(self.admin)
        dialog.create(
            {"refund_ids": refund.ids, "reason": "Paid from another account"}
        ).action_refuse()
        self.assertEqual(
            (refund.state, refund.refuse_reason), ("refused", "Paid from another account")
        )
        self.assertFalse(self.tx.hostel_refund_state)
        self.assertEqual(self.allocation.state, "refund_due", "nothing went back")
        refund.with_user(self.finance).action_ask_again()
        self.assertEqual((refund.state, refund.requested_by_id), ("due", self.finance))
        self.assertEqual(self.tx.hostel_refund_state, "due")

    # Paying --------------------------------------------------------------

    def test_the_payout_is_in_the_books_and_final(self):
        refund = self._approve(self._lose_the_bed())
        payment = refund._pay(reference="UTR 5")
        self.assertEqual((payment.payment_type, payment.amount), ("outbound", 42000))
        self.assertEqual(payment.hostel_student_id, self.student)
        line = self.tx.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.assertTrue(line.reconciled)
        for step in (payment.action_draft, payment.action_cancel, payment.unlink):
            self._assert_refused("PAYMENT_IS_FINAL", step)
        # Nobody was given a receipt for money that was paid out.
        self._assert_refused("RECEIPT_NOT_READY", payment._get_receipt)
        self.assertFalse(
            self.env["hostel.verification"].search(
                [("res_model", "=", payment._name), ("res_id", "=", payment.id)]
            )
        )
        self._assert_refused("REFUND_DONE", refund._pay)
        self._assert_refused("REFUND_IS_FINAL", refund.unlink)
        with self.assertRaises(AccessError):
            refund.with_user(self.finance).amount = 1

    def test_a_payout_of_money_of_nobody_is_final_too(self):
        entry = self._receive(self._message(self.tx, referenceNo="X", studentId=""))
        entry._process()
        refund = entry.with_user(self.finance).take_for_refund("Whose?").hostel_refund_ids
        payment = self._approve(refund)._pay(reference="UTR 6")
        self.assertFalse(payment.hostel_student_id)
        self._assert_refused("PAYMENT_IS_FINAL", payment.action_draft)

    def test_what_the_bank_sends_back_is_paid_out_anew(self):
        refund = self._approve(self._lose_the_bed())
        payment = refund._pay(reference="UTR 5")
        payment._hostel_reverse("Account closed")
        self.assertEqual((refund.state, bool(refund.payment_id)), ("approved", False))
        self.assertEqual(self.tx.hostel_refund_state, "due")
        again = refund._pay(reference="UTR 6")
        self.assertEqual(refund.payment_id, again)

    def test_money_that_pays_a_bill_stays_there(self):
        self._deliver(self.tx)
        self._give_the_bed()
        self.allocation._create_period_bill()
        self.allocation._transition("cancelled")
        self.allocation._transition("unplaced")
        self.allocation._transition("refund_due")
        refund = self._approve(self.allocation.refund_ids)
        self._assert_refused("MONEY_APPLIED", refund._pay)
        self.assertEqual(refund.state, "approved")

    def test_nothing_goes_back_while_the_bed_is_the_students(self):
        self._deliver(self.tx)
        self._give_the_bed()
        entry = self._deliver(self.tx, "REFUNDED", eventId="evt-back").with_user(self.finance)
        self._assert_refused("BED_STILL_HELD", entry.book_returned, "Camu says so")
        self.assertEqual(entry.state, "quarantined")
        self.assertFalse(self.tx.hostel_refund_ids)
        # The twin: the bed is given up first.
        self.allocation._transition("cancelled")
        entry.book_returned("Camu says so")
        self.assertEqual(self.tx.hostel_refund_state, "done")

    def test_a_move_does_not_hide_the_bed(self):
        self._deliver(self.tx)
        self._give_the_bed()
        new = self.allocation._transfer(self.bed_b, self.allocation.date_from)
        self.assertEqual((self.allocation.state, new.state), ("transferred", "allocated"))
        self._assert_refused("BED_STILL_HELD", self.tx._hostel_check_not_lived_on)

    def test_what_was_refunded_pays_for_nothing(self):
        self._approve(self._lose_the_bed())._pay()
        self.assertFalse(self.allocation._get_paid_transactions())

    def test_a_bed_whose_money_went_back_is_on_the_money_watch(self):
        self._deliver(self.tx)
        self._give_the_bed()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE hostel_allocation SET write_date = write_date - interval '1 hour'"
            " WHERE id = %s",
            [self.allocation.id],
        )
        Watch = self.env["hostel.money.watch"]

        def watched():
            self.env.invalidate_all()
            found = Watch._find_unpaid_beds(self.env.cr.now())
            return self.allocation.id in [vals["allocation_id"] for vals in found]

        self.assertFalse(watched())
        self.tx.hostel_refund_state = "done"
        self.tx.flush_recordset()
        self.assertTrue(watched())

    # Bills ---------------------------------------------------------------

    def test_a_bill_that_should_not_have_been_gets_its_credit_note(self):
        self._deliver(self.tx)
        self._give_the_bed()
        bill = self.allocation._create_period_bill()
        Refund = self.env["hostel.refund"].with_user(self.finance)
        vals = {"student_id": self.student.id, "bill_id": bill.id, "reason": "Wrong room"}
        self._assert_refused("REFUND_TOO_LARGE", Refund.create, vals | {"amount": 42001})
        refund = Refund.create(vals | {"amount": 42000})
        self._assert_refused("REFUND_TOO_LARGE", Refund.create, vals | {"amount": 1})
        self.assertEqual(bill.payment_state, "paid", "asking changes nothing")
        self._approve(refund)
        self.assertEqual(bill.payment_state, "reversed")
        note = bill.reversal_move_ids
        self.assertEqual((note.move_type, note.amount_total), ("out_refund", 42000))
        self._dialog(refund).action_book()
        self.assertEqual(refund.state, "paid")
        self.assertEqual(refund.payment_id.amount, 42000)

    # The database --------------------------------------------------------

    @mute_logger("odoo.sql_db")
    def test_one_payment_goes_back_once(self):
        refund = self._lose_the_bed()
        self.assertEqual(self.tx._hostel_owe_refund("again"), refund)
        with self.assertRaises(Exception) as caught, self.env.cr.savepoint():
            self.env.cr.execute(
                "INSERT INTO hostel_refund (name, partner_id, company_id, amount, kind, reason,"
                " state, transaction_id) SELECT 'X', partner_id, company_id, amount, kind, reason,"
                " 'approved', transaction_id FROM hostel_refund WHERE id = %s",
                [refund.id],
            )
        self.assertEqual(caught.exception.diag.constraint_name, "hostel_refund_one_open_a_payment")

    # Before there were refunds -------------------------------------------

    def test_an_update_gives_old_refunds_their_records(self):
        due = self._lose_the_bed()
        old = self._create_tx(reference="OLD", amount=700, hostel_student_id=self.student.id)
        old._camu_apply_success({"receipt_no": "RC-O", "paid_at": False, "amount": "700.00"})
        old._camu_post_process()
        refund = self._approve(old._hostel_owe_refund("Paid twice"))
        payout = refund._pay(reference="UTR 1")
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM hostel_refund WHERE id IN %s", [(due | refund)._ids])
        self.env.invalidate_all()
        migrate = load_script(f"{MIGRATION}/end-migrate.py", "hostel_billing_end_migrate").migrate
        migrate(self.env.cr, "19.0.1.2.0")
        self.assertEqual(self.allocation.refund_ids.mapped("state"), ["due"])
        self.assertEqual(self.allocation.refund_ids.amount, 42000)
        new = old.hostel_refund_ids
        self.assertEqual((new.state, new.payment_id, new.amount), ("paid", payout, 700))
        self.assertEqual(payout.hostel_refund_id, new)
        self.assertFalse(new.activity_ids)
        migrate(self.env.cr, "19.0.1.2.0")
        self.assertEqual(old.hostel_refund_ids, new, "twice is once")

    # Screens -------------------------------------------------------------

    def test_each_role_opens_the_screens(self):
        refund = self._approve(self._lose_the_bed())
        for user in (self.finance, self.admin, self.warden):
            with self.subTest(user=user.login):
                form = Form(refund.with_user(user))
                self.assertEqual((form.amount, form.state), (42000, "approved"))

    def test_the_form_asks_for_a_refund(self):
        entry = self._receive(self._message(self.tx, referenceNo="COUNTER-1"))
        entry._process()
        entry.with_user(self.finance).match_to_student(self.student, "Paid twice")
        with Form(self.env["hostel.refund"].with_user(self.finance)) as form:
            form.student_id = self.student
            self.assertEqual(form.available, 42000)
            form.amount = 2000
            form.reason = "Paid too much"
        refund = form.record
        self.assertEqual((refund.state, refund.amount, refund.kind), ("due", 2000, "other"))
        self.assertTrue(refund.name.startswith("RF/"))

    def test_the_data_of_a_student_has_the_refunds(self):
        self._lose_the_bed()
        data = self.student._get_personal_data()
        [row] = data["refunds"]
        self.assertIn("Paid, but no bed", row.values())

    def test_the_letter_says_what_and_how(self):
        refund = self._approve(self._lose_the_bed())
        refund._pay(reference="UTR 99")
        lines = dict(refund.with_user(self.finance)._get_letter_lines())
        self.assertEqual(lines["Number of the transfer"], "UTR 99")
        self.assertEqual(lines["Roll number"], "TS001")
        html, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.finance)
            ._render_qweb_html("hostel_billing.hostel_refund_report", refund.ids)
        )
        for words in (b"was paid out", b"UTR 99", refund.name.encode()):
            self.assertIn(words, html)

    def test_the_student_is_told(self):
        refund = self._approve(self._lose_the_bed())
        refund._pay(reference="UTR 99")
        told = self.env["mail.message"].search(
            [
                ("model", "=", "hostel.refund"),
                ("res_id", "=", refund.id),
                ("partner_ids", "in", self.student.partner_id.ids),
            ]
        )
        self.assertIn("UTR 99", told.body)


@tagged("post_install", "-at_install")
class TestBouncedAfterRefund(BillingCase):
    """A cheque of 50,000; the booking is cancelled, 10,500 are kept, and 39,500 go back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = new_test_user(cls.env, "t_boss", groups="hostel_base.group_hostel_admin")
        cls.stay = cls._create_allocation("awaiting_approval", price=50000)
        cls.stay._transition("allocated")
        bill = cls.stay._create_period_bill()
        cls.cheque = cls._take(bill)
        cls.stay._transition("cancelled")
        bill._reverse_moves(cancel=True)
        cls.kept = cls._charge_kept()
        cls.kept._hostel_reconcile_with(cls.cheque.move_id)
        cls.refund = cls.env["hostel.refund"]._open(
            39500,
            "cancellation",
            "Cancelled",
            student_id=cls.student.id,
            partner_id=cls.student.partner_id.id,
            allocation_id=cls.stay.id,
            source_move_ids=[Command.set(cls.cheque.move_id.ids)],
        )
        cls.refund.with_user(cls.admin).action_approve()

    @classmethod
    def _take(cls, bill, method="cheque"):
        return (
            cls.env["hostel.bill.pay"]
            .create(
                {
                    "student_id": cls.student.id,
                    "move_ids": [Command.set(bill.ids)],
                    "method": method,
                    "reference": "123456",
                    "amount": bill.amount_residual,
                }
            )
            ._pay()
        )

    @classmethod
    def _charge_kept(cls):
        charge = cls.env["hostel.charge"].create(
            {
                "student_id": cls.student.id,
                "allocation_id": cls.stay.id,
                "head_id": cls.env["hostel.fee.head"]._get_by_code("CANCELLATION").id,
                "amount": 10500,
            }
        )
        return charge._bill()

    def _get_open(self):
        """What of the student's account is open on which entries: ``{entry: amount}``"""
        lines = self.env["account.move.line"].search(
            [
                ("partner_id", "=", self.student.partner_id.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
            ]
        )
        return {line.move_id: line.amount_residual for line in lines}

    def _look(self):
        """Identities of the ledger that do not hold."""
        self.env.flush_all()
        self.env.invalidate_all()
        check = self.env["hostel.ledger.check"]._check(self.company)
        return set(check.line_ids.filtered("is_breach").mapped("identity"))

    def _bounce(self):
        self.env["hostel.payment.reverse"].with_user(self.finance).create(
            {"payment_id": self.cheque.id, "reason": "No funds", "bounced": True}
        ).action_reverse()

    def test_what_was_paid_out_is_billed(self):
        breaches = self._look()
        payout = self.refund._pay(reference="UTR 1")
        self.assertFalse(self._get_open())
        self._bounce()
        self.assertEqual((self.refund.state, self.refund.payment_id), ("paid", payout))
        bill = self.student._get_open_fee_bills() - self.kept
        self.assertEqual((bill.hostel_kind, bill.amount_total), ("charge", 39500))
        self.assertEqual(bill.invoice_line_ids.hostel_head_id.code, "REFUND_BACK")
        self.assertIn("123456", bill.invoice_line_ids.name)
        self.assertEqual(bill.hostel_allocation_id, self.stay)
        self.assertEqual(self._get_open(), {self.kept: 10500, bill: 39500})
        # What the head earned was never anybody's income.
        earned = self.env["account.move.line"].search(
            [
                ("account_id", "=", bill.invoice_line_ids.account_id.id),
                ("move_id", "in", (bill | self._get_back_entry(payout)).ids),
            ]
        )
        self.assertEqual(sum(earned.mapped("balance")), 0)
        self.assertEqual(self._look(), breaches)
        self._take(bill, "cash")
        self.assertEqual(self._get_open(), {self.kept: 10500})

    def _get_back_entry(self, payout):
        return payout.move_id.line_ids.matched_credit_ids.credit_move_id.move_id

    def test_what_waits_to_be_paid_out_is_refused(self):
        self._bounce()
        self.assertEqual(self.refund.state, "refused")
        self.assertIn("No funds", self.refund.refuse_reason)
        self.assertFalse(self.refund.activity_ids, "nothing is left to do")
        self.assertEqual(self._get_open(), {self.kept: 10500})

    def test_a_refund_from_other_money_goes_on(self):
        """The refused twin: another cheque bounces."""
        other = self._take(self._charge_kept())
        other._hostel_reverse("No funds", bounced=True)
        self.assertEqual(self.refund.state, "approved")
        self.refund._pay(reference="UTR 1")
        self.assertEqual(self.refund.state, "paid")

    def test_a_payout_that_comes_back_later_is_not_asked_back(self):
        payout = self.refund._pay(reference="UTR 1")
        self._bounce()
        bill = self.student._get_open_fee_bills() - self.kept
        payout._hostel_reverse("Account closed")
        self.assertEqual((self.refund.state, bill.amount_residual), ("refused", 0))
        self.assertEqual(self._get_open(), {self.kept: 10500})

    def test_money_of_nobody_is_a_task_for_finance(self):
        self.refund._pay(reference="UTR 1")
        self.refund.student_id = False
        self._bounce()
        officer = self.env["res.users"]._get_finance_officer(self.company)
        self.assertEqual(self.refund.activity_ids.user_id, officer)
