import io
from datetime import date, timedelta

from openpyxl import load_workbook

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged

from odoo.addons.hostel_base.errors import HostelError

from .fee_common import FeeMixin

REPORTS = (
    "hostel.collection.report",
    "hostel.outstanding.report",
    "hostel.forecast.report",
    "hostel.deposit.report",
    "hostel.day.book.report",
)


@tagged("post_install", "-at_install")
class TestFinanceReports(FeeMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.programme = cls.env["hostel.programme"].create({"name": "B.Tech", "code": "TBT"})
        cls.student.programme_id = cls.programme
        cls._create_structure({"RENT": 6000, "DEPOSIT": 8000})
        cls.stay = cls._create_stay()
        cls.bill = cls.stay._create_period_bill()
        cls.deposit = cls.stay.bill_ids - cls.bill

    def _find(self, model, user=None, **domain):
        self.env.flush_all()
        Report = self.env[model].with_user(user or self.finance)
        Report.invalidate_model()
        return Report.search(
            [("student_id", "=", self.student.id), *((k, "=", v) for k, v in domain.items())]
        )

    def _find_all(self, model, field, records):
        """Also the lines of nobody."""
        self.env.flush_all()
        Report = self.env[model].with_user(self.finance)
        Report.invalidate_model()
        return Report.search([(field, "in", records.ids)])

    # Collection ----------------------------------------------------------

    def test_collection_by_day_method_hostel_and_programme(self):
        self._pay_bill(self.bill, 2500)
        self._pay_bill(self.deposit, 8000, "cheque")
        lines = self._find("hostel.collection.report")
        self.assertEqual(sorted(lines.mapped("received")), [2500, 8000])
        self.assertEqual(lines.hostel_id, self.hostel)
        self.assertEqual(lines.programme_id, self.programme)
        groups = (
            self.env["hostel.collection.report"]
            .with_user(self.finance)
            ._read_group(
                [("student_id", "=", self.student.id)], ["day:day", "method"], ["received:sum"]
            )
        )
        self.assertEqual(
            {(how, amount) for _day, how, amount in groups}, {("cash", 2500), ("cheque", 8000)}
        )

    def test_a_bounced_cheque_takes_its_line_back(self):
        payment = self._pay_bill(self.bill, 6000, "cheque")
        payment._hostel_reverse("bounced", bounced=True)
        lines = self._find("hostel.collection.report")
        self.assertEqual(sorted(lines.mapped("kind")), ["payment", "reversal"])
        self.assertEqual(sum(lines.mapped("amount")), 0)

    def test_a_refund_is_money_that_went_back(self):
        tx = self._create_tx(amount=900, hostel_student_id=self.student.id)
        tx._camu_apply_success({"receipt_no": "R9", "paid_at": False, "amount": "900.00"})
        tx._camu_post_process()
        refund = tx._hostel_owe_refund("x")
        refund.action_approve()
        refund._pay(reference="U")
        lines = self._find("hostel.collection.report")
        self.assertEqual(sorted(lines.mapped("amount")), [-900, 900])
        self.assertEqual(lines.filtered(lambda line: line.kind == "refund").paid_out, 900)

    def test_money_of_nobody_came_in_before_it_went_back(self):
        order = self._create_tx(amount=25000, hostel_student_id=self.student.id)
        message = self._message(order, referenceNo="STRANGER", studentId="NOBODY")
        entry = self._receive(message)
        entry._process()
        self.assertEqual(entry.state, "quarantined")
        tx = entry.with_user(self.finance).take_for_refund("Whose?")
        payment = tx.payment_id
        self.assertFalse(payment.hostel_student_id)
        for step in (payment.action_draft, payment.action_cancel, payment.unlink):
            with self.assertRaises(HostelError) as caught:
                step()
            self.assertEqual(caught.exception.code, "PAYMENT_IS_FINAL")
        refund = tx.hostel_refund_ids
        refund.action_approve()
        payout = refund._pay(reference="UTR 8")
        moves = payment.move_id | payout.move_id
        moves |= payout._hostel_reverse("The account was closed")
        moves |= payment._hostel_reverse("Camu took it back")
        collection = self._find_all("hostel.collection.report", "payment_id", payment | payout)
        self.assertEqual(sorted(collection.mapped("amount")), [-25000, -25000, 25000, 25000])
        self.assertEqual(
            collection.filtered(lambda line: line.payment_id == payment).mapped("method"),
            ["camu", "camu"],
        )
        book = self._find_all("hostel.day.book.report", "move_id", moves)
        self.assertEqual(sorted(book.mapped("kind")), ["payment", "refund", "reversal", "reversal"])
        self.assertEqual(sum(book.mapped("received")), sum(book.mapped("paid_out")))

    # Outstanding ---------------------------------------------------------

    def test_outstanding_by_age(self):
        today = self.company._get_college_day(self.env.cr.now())
        for days, age in (
            (-1, "0"),
            (0, "0"),
            (1, "1"),
            (30, "1"),
            (31, "2"),
            (60, "2"),
            (61, "3"),
            (90, "3"),
            (91, "4"),
        ):
            with self.subTest(days=days):
                line = self.bill.line_ids.filtered(
                    lambda line: line.account_type == "asset_receivable"
                )
                self.env.cr.execute(
                    "UPDATE account_move_line SET date_maturity = %s WHERE id = %s",
                    [today - timedelta(days=days), line.id],
                )
                self.env.invalidate_all()
                found = self._find("hostel.outstanding.report", move_id=self.bill.id)
                self.assertEqual((found.age, found.days_overdue), (age, max(days, 0)))
                self.assertEqual(found.overdue_amount, 6000 if days > 0 else 0)

    def test_what_is_paid_is_not_outstanding(self):
        self.assertEqual(sum(self._find("hostel.outstanding.report").mapped("amount")), 14000)
        self._pay_bill(self.bill, 2500)
        self.assertEqual(sum(self._find("hostel.outstanding.report").mapped("amount")), 11500)
        self._pay_bill(self.bill)
        self.assertEqual(self._find("hostel.outstanding.report").move_id, self.deposit)

    # Forecast ------------------------------------------------------------

    def test_the_forecast_is_what_is_open_and_what_is_not_billed(self):
        lines = self._find("hostel.forecast.report")
        planned = lines.filtered(lambda line: line.kind == "planned")
        self.assertAlmostEqual(sum(planned.mapped("amount")), self.stay.price - 6000, places=1)
        self.assertEqual(sum((lines - planned).mapped("amount")), 14000)
        months = sorted(planned.mapped("month"))
        self.assertEqual((months[0], months[-1]), (date(2040, 7, 1), date(2040, 12, 1)))
        self.assertEqual(len(set(lines.ids)), len(lines))

    def test_who_pays_elsewhere_is_not_expected_here(self):
        self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id, "reason": "College"}
        )
        lines = self._find("hostel.forecast.report")
        self.assertFalse(lines.filtered(lambda line: line.kind == "planned"))

    def _leave_the_first_bed(self, stay, day):
        """The day of a planned move has come; the clock of PostgreSQL does not turn."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE hostel_allocation SET state = 'transferred', vacated_on = %s WHERE id = %s",
            [day, stay.id],
        )
        self.env.invalidate_all()

    def test_who_changes_beds_is_expected_to_pay_the_rest(self):
        self.stay._create_period_bill(date(2040, 8, 1))
        self.stay._transition("checked_in")
        day = date(2040, 8, 15)
        new = self.stay._transfer(self.bed_b, day, price=self.stay.price)
        self.assertEqual((self.stay.state, new.state), ("checked_in", "allocated"))
        for _planned_and_done in range(2):
            planned = self._find("hostel.forecast.report", kind="planned")
            # July and August are billed.
            self.assertAlmostEqual(sum(planned.mapped("amount")), 24000, places=1)
            self.assertEqual(max(planned.mapped("month")), date(2040, 12, 1))
            self._leave_the_first_bed(self.stay, day)

    def test_before_the_move_each_bed_is_expected_to_bring_its_own_days(self):
        self.stay._transition("checked_in")
        new = self.stay._transfer(self.bed_b, date(2040, 10, 1), price=72000)
        planned = self._find("hostel.forecast.report", kind="planned")
        # 92 of 184 days here, of which July is billed, and 92 there.
        self.assertAlmostEqual(sum(planned.mapped("amount")), 18000 - 6000 + 36000, places=1)
        autumn = planned.filtered(lambda line: line.month >= new.date_from)
        self.assertAlmostEqual(sum(autumn.mapped("amount")), 36000, places=1)
        self.assertEqual(len(set(planned.ids)), len(planned))

    def test_who_moved_before_moving_in_is_expected_once(self):
        self.bill._reverse_moves([{}], cancel=True)
        new = self.stay._transfer(self.bed_b, self.stay.date_from, price=30000)
        self.assertEqual((self.stay.state, new.state), ("transferred", "allocated"))
        planned = self._find("hostel.forecast.report", kind="planned")
        self.assertAlmostEqual(sum(planned.mapped("amount")), 30000, places=1)

    def test_who_comes_late_is_expected_to_pay_from_then_on(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE hostel_allocation SET date_from = %s WHERE id = %s",
            [date(2040, 10, 1), self.stay.id],
        )
        self.env.invalidate_all()
        planned = self._find("hostel.forecast.report", kind="planned")
        self.assertAlmostEqual(sum(planned.mapped("amount")), 18000 - 6000, places=1)

    def test_a_whole_term_is_expected_once_whatever_happens_to_the_bed(self):
        self.bill._reverse_moves([{}], cancel=True)
        self.stay.sudo().fee_structure_id.frequency = "one_time"
        self.stay._transition("checked_in")
        day = date(2040, 8, 15)
        new = self.stay._transfer(self.bed_b, day, price=self.stay.price)
        for month in (7, 8):
            planned = self._find("hostel.forecast.report", kind="planned")
            self.assertEqual(planned.amount, 36000)
            self.assertEqual(planned.month, date(2040, month, 1))
            self._leave_the_first_bed(self.stay, day)
        new._create_period_bill()
        self.assertFalse(self._find("hostel.forecast.report", kind="planned"))

    def test_a_whole_term_is_expected_at_once(self):
        self.bill._reverse_moves([{}], cancel=True)
        self.stay.sudo().fee_structure_id.frequency = "one_time"
        planned = self._find("hostel.forecast.report", kind="planned")
        self.assertEqual(len(planned), 1)
        self.assertEqual(planned.amount, self.stay.price)

    # Deposits ------------------------------------------------------------

    def test_deposits_held(self):
        line = self._find("hostel.deposit.report")
        self.assertEqual((line.billed, line.paid, line.held), (8000, 0, 0))
        self._pay_bill(self.deposit, 5000)
        line = self._find("hostel.deposit.report")
        self.assertEqual((line.paid, line.returned, line.held), (5000, 0, 5000))
        self.stay._transition("checked_in")
        self.stay._transition("vacated", vacated_on=self.stay.date_from)
        self.env["hostel.exit"]._open_for(self.stay)._settle()
        line = self._find("hostel.deposit.report")
        self.assertEqual((line.paid, line.returned, line.held), (5000, 5000, 0))

    # Day book ------------------------------------------------------------

    def test_the_day_book_has_every_entry_once(self):
        payment = self._pay_bill(self.bill, 6000, "cheque")
        payment._hostel_reverse("bounced")
        self.bill._reverse_moves([{}], cancel=True)
        lines = self._find("hostel.day.book.report")
        self.assertEqual(
            sorted(lines.mapped("kind")), ["bill", "bill", "credit", "payment", "reversal"]
        )
        self.assertEqual(sum(lines.mapped("billed")), 14000)
        self.assertEqual(sum(lines.mapped("credited")), 6000)
        self.assertEqual(sum(lines.mapped("received")), sum(lines.mapped("paid_out")))
        self.assertEqual(lines.hostel_id, self.hostel)

    # GST -----------------------------------------------------------------

    def test_a_head_that_bears_tax(self):
        tax = self.env["account.tax"].create(
            {
                "name": "GST test 18%",
                "amount": 18,
                "type_tax_use": "sale",
                "company_id": self.company.id,
            }
        )
        self._head("GUEST").product_id.taxes_id = tax
        self.env["hostel.charge"].create(
            {
                "student_id": self.student.id,
                "allocation_id": self.stay.id,
                "head_id": self._head("GUEST").id,
                "amount": 1000,
            }
        )._bill()
        found = self._find("hostel.outstanding.report", kind="charge")
        self.assertEqual(found.amount, 1180)
        self.assertEqual(found.move_id.amount_tax, 180)
        self.assertEqual(found.move_id.invoice_line_ids.tax_ids, tax)
        book = self._find("hostel.day.book.report", move_id=found.move_id.id)
        self.assertEqual(book.billed, 1180)

    # Who, and on paper ---------------------------------------------------

    def test_wardens_read_their_own_hostels(self):
        self._pay_bill(self.bill, 2500)
        for model in REPORTS:
            with self.subTest(model=model):
                self.assertTrue(self._find(model))
                self.assertTrue(self._find(model, self.warden))
                self.assertFalse(self._find(model, self.other_warden))
                for user in (self.guard, self.student_user, self.guardian_user):
                    with self.assertRaises(AccessError):
                        self._find(model, user)

    def test_every_report_is_a_spreadsheet(self):
        self._pay_bill(self.bill, 2500)
        for model in REPORTS:
            with self.subTest(model=model):
                lines = self._find(model, self.warden)
                report = self.env["report.hostel_billing.finance_xlsx"].with_user(self.warden)
                data, kind = report.with_context(active_model=model).create_xlsx_report(
                    lines.ids, {}
                )
                self.assertEqual(kind, "xlsx")
                sheet = load_workbook(io.BytesIO(data)).active
                rows = list(sheet.iter_rows(values_only=True))
                table = lines._get_table()
                self.assertEqual(
                    list(rows[4])[: len(table["columns"])],
                    [column["label"] for column in table["columns"]],
                )
                self.assertGreaterEqual(len(rows), 5 + len(lines))
