from datetime import datetime

from odoo.exceptions import AccessError
from odoo.tests import Form, HttpCase, TransactionCase, new_test_user, tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.tests.common import trap_jobs

from .fee_common import FeeMixin


class ExitMixin(FeeMixin):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_structure({"RENT": 42000, "DEPOSIT": 8000}, frequency="one_time")
        cls.stay = cls._create_stay()
        cls.rent = cls.stay._create_period_bill()
        cls.deposit = cls.stay.bill_ids - cls.rent
        cls.admin = new_test_user(cls.env, "t_boss", groups="hostel_base.group_hostel_admin")

    @classmethod
    def _charge_student(cls, amount, head="DAMAGE", note="Chair"):
        return cls.env["hostel.charge"].create(
            {
                "student_id": cls.student.id,
                "allocation_id": cls.stay.id,
                "head_id": cls._head(head).id,
                "amount": amount,
                "note": note,
            }
        )

    @classmethod
    def _leave(cls):
        """The student lived here and has left; no desk is asked."""
        cls.stay._transition("checked_in")
        cls.stay._transition("vacated", vacated_on=cls.stay.date_from)
        return cls.env["hostel.exit"]._open_for(cls.stay)

    @classmethod
    def _get_held(cls):
        """What the liability account says."""
        account = cls._head("DEPOSIT")._get_account(cls.company)
        lines = cls.env["account.move.line"].search(
            [
                ("account_id", "=", account.id),
                ("parent_state", "=", "posted"),
                ("move_id.hostel_student_id", "=", cls.student.id),
            ]
        )
        return -sum(lines.mapped("balance"))


@tagged("post_install", "-at_install")
class TestExit(ExitMixin, TransactionCase):
    """The deposit comes back, less what is owed; the books say the same as the paper."""

    def _assert_refused(self, code, method, *args):
        with self.assertRaises(HostelError) as caught, self.env.cr.savepoint():
            method(*args)
        self.assertEqual(caught.exception.code, code)

    def _settle(self, one):
        one.with_user(self.finance).action_settle()
        return one

    def test_all_comes_back_to_who_owes_nothing(self):
        self._pay_bill(self.rent)
        self._pay_bill(self.deposit)
        self.assertEqual(self._get_held(), 8000)
        one = self._leave()
        self.assertEqual((one.state, one.held_amount, one.back_amount), ("draft", 8000, 8000))
        self._settle(one)
        refund = one.refund_ids
        self.assertEqual((refund.kind, refund.state, refund.amount), ("deposit", "due", 8000))
        self.assertEqual(self._get_held(), 0)
        self.assertEqual(self.deposit.payment_state, "paid", "what was paid stays paid")
        self.assertEqual(one.credit_note_ids.reversed_entry_id, self.deposit)
        self.assertFalse(one.refunded_on)
        refund.with_user(self.admin).action_approve()
        refund._pay(reference="UTR 8")
        self.assertEqual(one.refunded_on, refund.paid_on)
        self.assertTrue(
            all(
                one.credit_note_ids.line_ids.filtered(
                    lambda line: line.account_type == "asset_receivable"
                ).mapped("reconciled")
            )
        )

    def test_damage_and_open_bills_are_kept_and_named(self):
        self._pay_bill(self.rent, 41000)
        self._pay_bill(self.deposit)
        charge = self._charge_student(350)
        one = self._leave()
        self.assertEqual((one.owed_amount, one.kept_amount, one.back_amount), (1350, 1350, 6650))
        self._settle(one)
        self.assertEqual((charge.state, charge.move_id.payment_state), ("billed", "paid"))
        self.assertEqual(self.rent.payment_state, "paid")
        self.assertEqual((one.kept_amount, one.back_amount), (1350, 6650))
        self.assertEqual(one.refund_ids.amount, 6650)
        self.assertEqual(one.refund_ids.available, 6650, "the books say the same")
        # Paid by the deposit, not reversed: the period is not billed again.
        self.assertEqual(self.stay._get_period_bill(), self.rent)
        names = " ".join(one.line_ids.mapped("name"))
        for words in ("Chair", self.rent.name, self.deposit.name):
            self.assertIn(words, names)

    def test_a_rebate_that_no_bill_took_goes_back(self):
        self._pay_bill(self.rent)
        self._pay_bill(self.deposit)
        rebate = self._charge_student(-600, "MESS", "On leave")
        charge = self._charge_student(250)
        one = self._leave()
        self.assertEqual((one.held_amount, one.owed_amount, one.back_amount), (8350, 0, 8350))
        self._settle(one)
        note = rebate.move_id
        self.assertEqual((rebate.state, charge.state), ("billed", "billed"))
        self.assertEqual((note.move_type, note.amount_total), ("out_refund", 350))
        self.assertEqual(note.hostel_student_id, self.student)
        self.assertEqual((one.held_amount, one.back_amount), (8350, 8350))
        self.assertEqual((one.refund_ids.amount, one.refund_ids.available), (8350, 8350))

    def test_a_rebate_pays_what_is_open(self):
        self._pay_bill(self.rent, 41000)
        self._charge_student(-600, "MESS", "On leave")
        one = self._leave()
        self.assertEqual((one.held_amount, one.owed_amount, one.left_amount), (600, 1000, 400))
        self._settle(one)
        self.assertEqual((one.kept_amount, one.left_amount), (600, 400))
        self.assertEqual((self.rent.amount_residual, self.rent.payment_state), (400, "partial"))
        self.assertFalse(one.refund_ids)

    def test_a_rebate_alone_begins_a_settlement(self):
        self._pay_bill(self.rent)
        self.deposit._reverse_moves(cancel=True)
        self._charge_student(-600, "MESS", "On leave")
        one = self._settle(self._leave())
        self.assertEqual((one.back_amount, one.refund_ids.amount), (600, 600))

    def _clear(self):
        return self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.stay.term_id.id, "reference": "Dues 1"}
        )

    def test_fees_that_a_clearance_settles_are_not_kept(self):
        """The student paid the college's own fee head after the bill was posted."""
        self._pay_bill(self.deposit)
        self._charge_student(350)
        clearance = self._clear()
        one = self._leave()
        self.assertEqual((one.owed_amount, one.back_amount), (350, 7650))
        clearance.action_archive()
        one.action_refresh()
        self.assertEqual((one.owed_amount, one.back_amount), (42350, 0))
        clearance.action_unarchive()
        self._settle(one)
        self.assertEqual((one.kept_amount, one.back_amount), (350, 7650))
        self.assertEqual(one.refund_ids.available, 7650, "the books say the same")
        self.assertEqual(self.rent.amount_residual, 42000, "the college's own books have it")

    def test_charges_on_the_bill_of_a_cleared_term_are_kept(self):
        self.rent._reverse_moves(cancel=True)
        charge = self._charge_student(350)
        self.rent = self.stay._post_period_bills([(self.stay, None)])[self.stay]
        self.assertEqual(charge.move_id, self.rent)
        other = self._charge_student(500)._bill()
        self._pay_bill(self.deposit)
        self._clear()
        one = self._leave()
        self.assertEqual((one.owed_amount, one.back_amount), (850, 7150))
        [line] = one.line_ids.filtered(lambda line: line.move_id == self.rent)
        self.assertIn("Chair", line.name)
        self._settle(one)
        self.assertEqual((self.rent.amount_residual, other.payment_state), (42000, "paid"))
        self.assertEqual(one.refund_ids.available, 7150)
        self.assertEqual(self.rent._hostel_get_owed()[self.rent], 0)

    def test_a_taxed_head_is_kept_with_its_tax(self):
        tax = self.env["account.tax"].search(
            [
                ("company_id", "=", self.company.id),
                ("type_tax_use", "=", "sale"),
                ("amount_type", "=", "group"),
                ("name", "ilike", "18%"),
            ],
            limit=1,
        ) or self.env["account.tax"].create(
            {"name": "GST 18%", "amount": 18, "type_tax_use": "sale", "company_id": self.company.id}
        )
        self._head("DAMAGE").product_id.taxes_id = tax
        self._pay_bill(self.rent)
        self._pay_bill(self.deposit)
        charge = self._charge_student(1000)
        one = self._leave()
        self.assertEqual((one.owed_amount, one.back_amount), (1180, 6820))
        self._settle(one)
        bill = charge.move_id
        self.assertEqual((bill.amount_untaxed, bill.amount_tax), (1000, 180))
        self.assertEqual((bill.payment_state, one.refund_ids.amount), ("paid", 6820))
        self.assertFalse(one.credit_note_ids.amount_tax, "a deposit bears no tax")

    def test_a_deposit_that_does_not_reach_leaves_a_debt(self):
        self._pay_bill(self.deposit)
        one = self._settle(self._leave())
        self.assertEqual((one.back_amount, one.left_amount), (0, 34000))
        self.assertFalse(one.refund_ids)
        self.assertEqual(self.rent.amount_residual, 34000)
        self.assertEqual(self._get_held(), 0)

    def test_a_deposit_that_was_never_paid_is_no_credit(self):
        self._pay_bill(self.rent)
        self._pay_bill(self.deposit, 3000)
        one = self._leave()
        self.assertEqual((one.held_amount, one.owed_amount), (3000, 0))
        self._settle(one)
        self.assertEqual(one.refund_ids.amount, 3000)
        self.assertEqual(self.deposit.amount_residual, 0, "closed by its credit note")
        self.assertEqual(self._get_held(), 0)

    def test_a_deposit_of_which_nothing_was_paid_is_closed(self):
        self._pay_bill(self.rent)
        one = self._settle(self._leave())
        self.assertEqual((one.held_amount, one.back_amount, one.left_amount), (0, 0, 0))
        self.assertEqual((self.deposit.amount_residual, self._get_held()), (0, 0))

    def test_what_was_paid_ahead_comes_back_too(self):
        self._pay_bill(self.rent)
        self._pay_bill(self.deposit)
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.student.partner_id.id,
                "amount": 700,
                "hostel_student_id": self.student.id,
            }
        )
        payment.action_post()
        one = self._settle(self._leave())
        self.assertEqual((one.held_amount, one.back_amount), (8700, 8700))
        self.assertEqual(one.refund_ids.available, 8700)

    def test_a_lenders_deposit_goes_to_the_lender(self):
        lender = self.env["res.partner"].create({"name": "Lender", "is_company": True})
        self._pay_bill(self.rent, 41500)
        self.deposit._reverse_moves([{}], cancel=True)
        bill = self.deposit.copy({"partner_id": lender.id})
        bill.write(
            {
                "hostel_kind": "deposit",
                "hostel_allocation_id": self.stay.id,
                "hostel_student_id": self.student.id,
                "invoice_date": self.deposit.invoice_date,
            }
        )
        bill.invoice_line_ids.hostel_head_id = self._head("DEPOSIT")
        bill.action_post()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.ids
        ).create({})._create_payments()
        one = self._leave()
        self.assertEqual((one.lender_amount, one.back_amount, one.left_amount), (8000, 0, 500))
        self._settle(one)
        self.assertEqual(one.refund_ids.partner_id, lender)
        self.assertEqual((one.refund_ids.amount, self.rent.amount_residual), (8000, 500))

    def test_it_is_settled_once(self):
        self._pay_bill(self.deposit)
        one = self._settle(self._leave())
        notes = one.credit_note_ids
        self._assert_refused("INVALID_TRANSITION", self._settle, one)
        self.assertEqual(self.env["hostel.exit"]._open_for(self.stay), one)
        self.assertEqual(one.credit_note_ids, notes)
        self._assert_refused("EXIT_IS_FINAL", one.unlink)
        with self.assertRaises(AccessError):
            one.with_user(self.finance).back_amount = 1
        with self.assertRaises(AccessError):
            one.line_ids[:1].with_user(self.finance).amount = 1

    def test_only_finance_settles(self):
        self._pay_bill(self.deposit)
        one = self._leave()
        for user in (self.warden, self.admin, self.other_warden):
            with self.assertRaises(AccessError):
                one.with_user(user).action_settle()
        self.assertEqual(one.state, "draft")

    def test_who_lives_here_or_goes_on_elsewhere_keeps_the_deposit_here(self):
        self._assert_refused("STAY_NOT_OVER", self.stay.with_user(self.finance).action_open_exit)
        self._pay_bill(self.rent)
        self._pay_bill(self.deposit)
        one = self._leave()
        next_term = self.term.copy(
            {"code": "T41", "date_from": self.term.date_to, "date_to": "2041-07-01"}
        )
        self._create_allocation("allocated", term=next_term, bed=self.bed_b)
        self._assert_refused("STAY_NOT_OVER", self._settle, one)
        self.assertEqual(one.state, "draft")

    def test_it_begins_when_the_next_booking_comes_to_nothing(self):
        self._pay_bill(self.rent)
        self._pay_bill(self.deposit)
        for end in ("cancelled", "expired"):
            with self.subTest(end=end), self.env.cr.savepoint() as savepoint:
                other = self.term.copy(
                    {"code": "T41", "date_from": self.term.date_to, "date_to": "2041-07-01"}
                )
                following = self._create_allocation(term=other, bed=self.bed_b)
                self.assertFalse(self._leave(), "the deposit is for the next bed")
                with trap_jobs() as trap:
                    following._transition(end, hold_until=False)
                jobs = [job for job in trap.enqueued_jobs if job.method_name == "_open_exit"]
                self.assertEqual(len(jobs), 1)
                one = jobs[0].perform()
                self.assertEqual((one.allocation_id, one.state), (self.stay, "draft"))
                self.assertEqual(one.back_amount, 8000)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_finance_opens_it_from_the_stay(self):
        self._pay_bill(self.deposit)
        one = self._leave()
        action = self.stay.with_user(self.finance).action_open_exit()
        self.assertEqual((action["res_model"], action["res_id"]), ("hostel.exit", one.id))

    def test_the_next_stay_asks_for_a_new_deposit(self):
        self._pay_bill(self.rent)
        self._pay_bill(self.deposit)
        self._settle(self._leave())
        billed = self.env["hostel.deposit.loan"]._get_deposit_billed(self.student)
        self.assertEqual(billed, 0)

    def test_where_nothing_was_held_finance_is_not_bothered(self):
        self.deposit._reverse_moves([{}], cancel=True)
        self._pay_bill(self.rent)
        self.assertFalse(self._leave())
        action = self.stay.with_user(self.finance).action_open_exit()
        one = self.env["hostel.exit"].browse(action["res_id"])
        self.assertEqual((one.back_amount, len(one.line_ids)), (0, 0))

    def test_each_role_opens_the_screen(self):
        self._pay_bill(self.deposit)
        one = self._settle(self._leave())
        for user in (self.finance, self.admin, self.warden):
            with self.subTest(user=user.login):
                self.assertEqual(Form(one.with_user(user)).state, "settled")

    def test_the_statement_says_what_is_kept_and_why(self):
        self._pay_bill(self.rent)
        self._pay_bill(self.deposit)
        self._charge_student(350)
        one = self._settle(self._leave())
        self.assertEqual(one.verification_id.kind, "exit")
        html, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.finance)
            ._render_qweb_html("hostel_billing.hostel_exit_report", one.ids)
        )
        text = html.decode()
        for words in ("What was held", "What is kept, and why", "Chair", "7,650.00", one.code):
            self.assertIn(words, text)

    def test_the_statement_is_of_the_college_s_day(self):
        self._pay_bill(self.deposit)
        one = self._settle(self._leave())
        # Half past midnight where the college is.
        one.sudo().settled_at = datetime(2040, 7, 31, 19, 0)
        one.sudo()._issue_statement()
        self.assertEqual(one.verification_id.facts["signed_on"], "2040-08-01")


@tagged("post_install", "-at_install")
class TestExitPortal(ExitMixin, HttpCase):
    def setUp(self):
        super().setUp()
        self._pay_bill(self.rent)
        self._pay_bill(self.deposit)
        self._charge_student(350)
        self.one = self._leave()

    def _open(self, path, login="t_asha"):
        self.authenticate(login, login)
        return self.url_open(path)

    def test_the_student_sees_what_comes_back(self):
        page = self._open(f"/my/hostel/{self.stay.id}")
        self.assertIn("settles your deposit", page.text)
        self.one._settle()
        page = self._open(f"/my/hostel/{self.stay.id}")
        for words in ("Chair", "7,650", "Waits for its approval"):
            self.assertIn(words, page.text)
        self.one.refund_ids.with_user(self.admin).action_approve()
        self.one.refund_ids._pay(reference="UTR 31")
        page = self._open(f"/my/hostel/{self.stay.id}")
        self.assertIn("UTR 31", page.text)

    def test_the_statement_is_the_students_alone(self):
        path = f"/my/hostel/exit/{self.one.id}/statement"
        self.assertEqual(self._open(path).status_code, 404, "not before it is settled")
        self.one._settle()
        answer = self._open(path)
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        # Printed as HTML while tests run.
        self.assertIn("What is kept, and why", answer.text)
        for login in ("t_ravi", "t_mother"):
            self.assertEqual(self._open(path, login).status_code, 404, login)
        self.assertEqual(self._open("/my/hostel/exit/2147483647/statement").status_code, 404)
