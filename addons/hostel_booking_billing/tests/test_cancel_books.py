from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_billing.tests.fee_common import FeeMixin
from odoo.addons.queue_job.tests.common import trap_jobs


@tagged("post_install", "-at_install")
class TestCancelBooks(FeeMixin, TransactionCase):
    """What a cancellation means for bills and payments."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_structure({"RENT": 42000, "DEPOSIT": 8000}, frequency="one_time")
        cls.row = cls._create_allocation(price=None)
        cls.order = cls.row._get_order()

    def _pay_and_approve(self):
        self._deliver(self.order)
        with trap_jobs():
            self.row._transition("allocated")
        return self.row._create_period_bill()

    def _cancel(self, percent):
        with trap_jobs() as trap:
            cancellation = self.row._cancel_booking("office", "office", "x", percent)
        [job] = [one for one in trap.enqueued_jobs if one.method_name == "_settle_books"]
        job.perform()
        return cancellation

    def _get_open_credit(self):
        lines = self.order.payment_id.move_id.line_ids
        return -sum(
            lines.filtered(lambda line: line.account_type == "asset_receivable").mapped(
                "amount_residual"
            )
        )

    def test_the_order_asks_for_fees_and_deposit(self):
        self.assertEqual(self.order.amount, 50000)
        self.assertTrue(self.row._needs_payment())

    def test_the_deposit_goes_back_whole(self):
        bill = self._pay_and_approve()
        deposit = self.row.bill_ids - bill
        self.assertEqual((bill.payment_state, deposit.payment_state), ("paid", "paid"))
        cancellation = self._cancel(75)
        self.assertEqual(cancellation.refund_amount, 8000 + 31500)
        self.assertEqual({one.hostel_status for one in bill | deposit}, {"reversed"})
        kept = self.row.bill_ids.filtered(lambda one: one.hostel_kind == "charge")
        self.assertEqual((kept.amount_total, kept.payment_state), (10500, "paid"))
        self.assertEqual(kept.invoice_line_ids.hostel_head_id.code, "CANCELLATION")
        self.assertEqual(self._get_open_credit(), 39500, "the refund that is due")
        self.assertEqual(self.row.state, "refund_due")
        self.assertEqual(cancellation._settle_books(), kept, "repeating changes nothing")
        self.assertEqual(self._get_open_credit(), 39500)
        refund = self.row.refund_ids
        self.assertEqual((refund.amount, refund.kind, refund.state), (39500, "cancellation", "due"))
        refund.action_approve()
        refund._pay(reference="UTR 4")
        self.assertEqual(self._get_open_credit(), 0)
        self.assertEqual(self.row.state, "refunded")
        # What is kept was captured and stays: the payment went back in part.
        self.assertEqual(self.order.hostel_refund_state, "part")
        self.assertEqual(self.order._hostel_get_kept(), 10500)

    def test_the_bills_of_the_bed_of_before_the_move_are_credited(self):
        bill = self._pay_and_approve()
        first = self.row
        deposit = first.bill_ids - bill
        self.row = first._transfer(self.bed_b, first.date_from).sudo()
        self.assertEqual((first.state, self.row.bill_ids.ids), ("transferred", []))
        cancellation = self._cancel(75)
        self.assertEqual(cancellation.refund_amount, 8000 + 31500)
        self.assertEqual({one.hostel_status for one in bill | deposit}, {"reversed"})
        self.assertEqual(self._get_open_credit(), 39500, "the refund that is due")

    def test_before_the_bill_the_payment_is_credit(self):
        self._deliver(self.order)
        cancellation = self._cancel(0)
        self.assertEqual((cancellation.paid_amount, cancellation.refund_amount), (50000, 8000))
        self.assertEqual(self._get_open_credit(), 8000)

    def test_all_goes_back_and_nothing_is_billed(self):
        self._pay_and_approve()
        self._cancel(100)
        self.assertEqual(self._get_open_credit(), 50000)
        kinds = self.row.bill_ids.filtered(lambda one: one.hostel_status != "reversed")
        self.assertFalse(kinds.filtered(lambda one: one.move_type == "out_invoice"))

    def test_a_bill_job_after_the_cancellation_posts_nothing(self):
        self._deliver(self.order)
        with trap_jobs():
            self.row._transition("allocated")
        cancellation = self._cancel(75)
        self.assertFalse(self.row._create_period_bill())
        self.assertFalse(self.row._create_deposit_bills())
        self.assertEqual(self._get_open_credit(), cancellation.refund_amount)


@tagged("post_install", "-at_install")
class TestCancelBooksOfTheCounter(FeeMixin, TransactionCase):
    """What was paid on bills and not with the booking goes back in the same way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.structure = cls._create_structure(
            {"RENT": 42000, "DEPOSIT": 8000}, frequency="one_time"
        )

    def _allocate(self):
        """A walk-in's bed: no order, only bills."""
        with trap_jobs():
            self.row = self._create_stay()
        self.bill = self.row._create_period_bill()
        self.deposit = self.row.bill_ids - self.bill

    def _book_in_halves(self):
        """Half of the rent and the deposit are paid with the booking."""
        halves = [
            Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
            for days in (0, 60)
        ]
        self.structure.payment_term_id = self.env["account.payment.term"].create(
            {"name": "Two halves", "line_ids": halves}
        )
        self.row = self._create_allocation(price=None)
        self.order = self.row._get_order()
        self.assertEqual(self.order.amount, 21000 + 8000)
        self._deliver(self.order)
        with trap_jobs():
            self.row._transition("allocated")
        self.bill = self.row._create_period_bill()
        self.assertEqual(self.bill.amount_residual, 21000)

    def _get_open_bills(self):
        return self.row._get_own_bills().filtered("amount_residual").sorted("amount_total")

    def _pay_cash(self, amount):
        with trap_jobs():
            return self._pay_bill(self._get_open_bills(), amount)

    def _cancel(self, percent):
        with trap_jobs() as trap:
            cancellation = self.row._cancel_booking("office", "office", "x", percent)
        [job] = [one for one in trap.enqueued_jobs if one.method_name == "_settle_books"]
        job.perform()
        self.assertEqual(cancellation._settle_books().amount_total, self.get_kept().amount_total)
        return cancellation

    def get_kept(self):
        bills = self.row.bill_ids.filtered(lambda one: one.move_type == "out_invoice")
        return bills.filtered(
            lambda one: "CANCELLATION" in one.invoice_line_ids.hostel_head_id.mapped("code")
        )

    def pay_out(self, refunds):
        for refund in refunds:
            refund.action_approve()
            refund._pay(reference=f"UTR {refund.id}")

    def test_cash_goes_back_by_the_slab_and_the_deposit_whole(self):
        self._allocate()
        payment = self._pay_cash(50000)
        self.assertEqual({self.bill.payment_state, self.deposit.payment_state}, {"paid"})
        cancellation = self._cancel(75)
        self.assertEqual((cancellation.paid_amount, cancellation.refund_amount), (50000, 39500))
        self.assertEqual((self.row.state, self.get_kept().amount_total), ("refund_due", 10500))
        self.assertEqual(self.get_kept().payment_state, "paid")
        refund = self.row.refund_ids
        self.assertEqual((refund.amount, refund.kind, refund.state), (39500, "cancellation", "due"))
        self.assertEqual(refund.source_move_ids, payment.move_id)
        self.assertEqual(self._get_open_credit(), 39500)
        self.pay_out(refund)
        self.assertEqual((self._get_open_credit(), self.row.state), (0, "refunded"))

    def test_two_payments_at_the_counter(self):
        self._allocate()
        self._pay_cash(8000)
        self._pay_cash(42000)
        self._cancel(75)
        self.assertEqual(sum(self.row.refund_ids.mapped("amount")), 39500)
        self.pay_out(self.row.refund_ids)
        self.assertEqual((self._get_open_credit(), self.row.state), (0, "refunded"))

    def test_nothing_paid_nothing_kept(self):
        self._allocate()
        cancellation = self._cancel(0)
        self.assertEqual((cancellation.paid_amount, cancellation.refund_amount), (0, 0))
        self.assertFalse(self.get_kept())
        self.assertFalse(self.row.refund_ids)
        self.assertEqual((self._get_open_credit(), self.row.state), (0, "cancelled"))

    def test_what_is_kept_of_cash_leaves_nothing_open(self):
        self._allocate()
        self._pay_cash(10000)
        cancellation = self._cancel(0)
        # The deposit's bill is the one that is due first: its money is no fee.
        back = cancellation.refund_amount
        self.assertEqual(
            (cancellation.paid_amount, self.get_kept().amount_total), (10000, 10000 - back)
        )
        self.pay_out(self.row.refund_ids)
        self.assertEqual(self._get_open_credit(), 0)

    def test_a_second_instalment_in_cash(self):
        self._book_in_halves()
        self._pay_cash(21000)
        cancellation = self._cancel(75)
        self.assertEqual((cancellation.paid_amount, cancellation.refund_amount), (50000, 39500))
        refunds = self.row.refund_ids.sorted("id")
        self.assertEqual(refunds.transaction_id, self.order)
        self.assertEqual(refunds.mapped("amount"), [29000, 10500])
        self.pay_out(refunds)
        self.assertEqual((self._get_open_credit(), self.row.state), (0, "refunded"))
        self.assertEqual(self.get_kept().payment_state, "paid")

    def test_a_second_instalment_on_the_page_of_fees(self):
        self._book_in_halves()
        order = self._order(self.bill)
        self._deliver(order, academicTerm=self.term.code)
        self.assertEqual(self.bill.amount_residual, 0)
        cancellation = self._cancel(100)
        self.assertEqual((cancellation.paid_amount, cancellation.refund_amount), (50000, 50000))
        refunds = self.row.refund_ids.sorted("id")
        self.assertEqual(refunds.transaction_id, self.order | order)
        self.assertEqual(refunds.mapped("amount"), [29000, 21000])
        self.pay_out(refunds)
        self.assertEqual((self._get_open_credit(), self.row.state), (0, "refunded"))
        self.assertEqual({self.order.hostel_refund_state, order.hostel_refund_state}, {"done"})

    def _order(self, bills):
        """The order of the page of fees."""
        amount = sum(bills.mapped("amount_residual"))
        return bills._get_camu_order(amount, self.student.partner_id).sudo()

    def test_what_was_conceded_before_the_payment_is_not_given_again(self):
        self._allocate()
        self._concede(50)
        self._pay_cash(21000 + 8000)
        self.assertFalse(self.row.refund_ids, "there was nothing to give back")
        cancellation = self._cancel(75)
        self.assertEqual((cancellation.paid_amount, cancellation.refund_amount), (29000, 23750))
        self.assertEqual(self._get_open_credit(), 23750)
        self.pay_out(self.row.refund_ids)
        self.assertEqual((self._get_open_credit(), self.row.state), (0, "refunded"))

    def test_what_was_conceded_after_the_payment_goes_back_once_and_whole(self):
        for paid_out in (False, True):
            with self.subTest(paid_out=paid_out), self.env.cr.savepoint() as savepoint:
                self._allocate()
                self._pay_cash(50000)
                self._concede(50)
                first = self.row.refund_ids
                self.assertEqual((first.amount, first.kind), (21000, "other"))
                if paid_out:
                    self.pay_out(first)
                cancellation = self._cancel(75)
                back = 23750 if paid_out else 21000 + 23750
                paid = 29000 if paid_out else 50000
                self.assertEqual(
                    (cancellation.paid_amount, cancellation.refund_amount), (paid, back)
                )
                self.assertEqual(first.state, "paid" if paid_out else "refused")
                refunds = self.row.refund_ids.filtered(lambda one: one.state == "due")
                self.assertEqual(sum(refunds.mapped("amount")), back)
                self.pay_out(refunds)
                self.assertEqual((self._get_open_credit(), self.row.state), (0, "refunded"))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_bill_that_was_conceded_in_part_is_refunded_by_what_was_paid(self):
        self._allocate()
        self._concede(50)
        ask = self.env["hostel.refund"].create
        vals = {"student_id": self.student.id, "bill_id": self.bill.id, "reason": "Never came"}
        with self.assertRaises(HostelError) as caught:
            ask({**vals, "amount": 100})
        self.assertEqual(caught.exception.code, "REFUND_TOO_LARGE")
        self._pay_cash(8000)
        self._pay_cash(21000)
        refund = ask({**vals, "amount": 21000})
        self.pay_out(refund)
        self.assertEqual(self._get_open_credit(), 0)

    def test_a_payment_after_the_cancellation_goes_back(self):
        """The bank had not decided yet."""
        self._allocate()
        order = self._order(self.bill)
        self._cancel(0)
        self._deliver(order, academicTerm=self.term.code)
        self.assertEqual(order.hostel_refund_ids.mapped("amount"), [42000])
        self.pay_out(order.hostel_refund_ids)
        self.assertEqual(self._get_open_credit(), 0)

    def test_one_of_two_bills_was_taken_back_before_the_payment(self):
        self._allocate()
        other = self._create_charge_bill(1500)
        order = self._order(self.bill | other)
        self._cancel(0)
        self._deliver(order, academicTerm=self.term.code)
        self.assertEqual(other.payment_state, "paid")
        self.assertEqual(order.hostel_refund_ids.mapped("amount"), [42000])

    def _create_charge_bill(self, amount):
        charge = self.env["hostel.charge"].create(
            {
                "student_id": self.student.id,
                "company_id": self.env.company.id,
                "head_id": self._head("FINE").id,
                "amount": amount,
            }
        )
        return charge._bill()

    def test_what_a_lender_paid_goes_back_to_the_lender(self):
        lender = self.env["res.partner"].create({"name": "Sahayata", "is_company": True})
        loan = self.env["hostel.deposit.loan"].create(
            {
                "student_id": self.student.id,
                "term_id": self.term.id,
                "lender_id": lender.id,
                "amount": 8000,
                "reference": "LN-1",
            }
        )
        loan.action_approve()
        self._allocate()
        self.assertEqual(self.deposit.partner_id, lender)
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.deposit.ids
        )
        register.create({})._create_payments()
        self._pay_cash(42000)
        cancellation = self._cancel(50)
        self.assertEqual((cancellation.paid_amount, cancellation.refund_amount), (42000, 21000))
        refunds = self.row.refund_ids.grouped("partner_id")
        self.assertEqual(refunds[lender].mapped("amount"), [8000])
        self.assertEqual(refunds[self.student.partner_id].mapped("amount"), [21000])
        self.pay_out(self.row.refund_ids)
        self.assertEqual((self._get_open_credit(), self.row.state), (0, "refunded"))
