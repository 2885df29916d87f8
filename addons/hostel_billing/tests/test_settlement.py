from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase, tagged

from ..tools import settlement
from ..tools.settlement import Booked, Row, RowError

INDIA = ZoneInfo("Asia/Kolkata")
DAY = date(2026, 11, 21)


def row(number=2, receipt="R1", reference="HB-1", paise=4200000, day=DAY):
    return Row(number, receipt, reference, "TS001", paise, day)


def booked(number=1, receipt="R1", reference="HB-1", paise=4200000, day=DAY):
    return Booked(number, reference, receipt, paise, day)


@tagged("post_install", "-at_install")
class TestSettlement(BaseCase):
    """The comparison itself, without a database."""

    def _kinds(self, rows, payments, **seen):
        return [match.kind for match in settlement.compare(rows, payments, **seen)]

    def test_columns_are_known_by_many_names(self):
        header = ["S.No", "Receipt No.", "Roll Number", "Amount (INR)", "Txn Date", "Order ID"]
        self.assertEqual(
            settlement.guess_columns(header),
            {
                "receipt": "Receipt No.",
                "student": "Roll Number",
                "amount": "Amount (INR)",
                "paid_on": "Txn Date",
                "reference": "Order ID",
            },
        )

    def test_chosen_columns_come_first(self):
        header = ["amount", "net", "date"]
        guessed = settlement.guess_columns(header, {"amount": "net", "paid_on": "gone"})
        self.assertEqual(guessed, {"amount": "net", "paid_on": "date"})

    def test_amounts_are_exact(self):
        for text, paise in (
            ("42000", 4200000),
            ("42,000.50", 4200050),
            ("₹ 1,42,000.5", 14200050),
            ("Rs. 10", 1000),
            ("0.01", 1),
        ):
            self.assertEqual(settlement.read_paise(text), paise, text)
        for text in ("", "-5", "0", "1.234", "1e5", "NaN", "12 000", "4²", "9" * 20):
            with self.assertRaises(RowError, msg=text):
                settlement.read_paise(text)

    def test_days_are_the_college_s(self):
        moment = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)
        for text, told in (
            ("2026-11-21", None),
            ("21/11/2026", None),
            ("21-11-2026 00:10", moment),
            ("2026-11-21T00:10:00+05:30", moment),
            ("2026-11-20T18:40:00Z", moment),
            ("2026-11-21 00:10:00", moment),
        ):
            self.assertEqual(settlement.read_day(text, INDIA), (DAY, told), text)
        for text in ("", "11/21/2026", "yesterday", "2026-13-01", "31/02/2026"):
            with self.assertRaises(RowError, msg=text):
                settlement.read_day(text, INDIA)

    def test_row_names_what_is_wrong_with_it(self):
        good = {"receipt": "R1", "amount": "1", "paid_on": "2026-11-21", "currency": "inr"}
        self.assertEqual(settlement.read_row(7, good, INDIA).paise, 100)
        for change, field in (
            ({"receipt": " "}, "reference"),
            ({"amount": "x"}, "amount"),
            ({"paid_on": ""}, "paid_on"),
            ({"currency": "USD"}, "currency"),
        ):
            with self.assertRaises(RowError) as error:
                settlement.read_row(7, good | change, INDIA)
            self.assertEqual(error.exception.field, field)

    def test_kinds(self):
        self.assertEqual(self._kinds([row()], [booked()]), ["matched"])
        self.assertEqual(self._kinds([row(paise=1)], [booked()]), ["amount"])
        self.assertEqual(self._kinds([row(day=date(2026, 11, 22))], [booked()]), ["date"])
        self.assertEqual(self._kinds([row()], []), ["missing_here"])

    def test_second_receipt_of_an_order_is_missing_here(self):
        rows = [row(), row(3, receipt="R2")]
        self.assertEqual(self._kinds(rows, [booked()]), ["matched", "missing_here"])

    def test_without_receipts_the_reference_decides(self):
        self.assertEqual(self._kinds([row(receipt="")], [booked()]), ["matched"])
        self.assertEqual(self._kinds([row()], [booked(receipt="")]), ["matched"])

    def test_receipt_that_stands_twice_is_told(self):
        self.assertEqual(self._kinds([row(), row(3)], [booked()]), ["matched", "twice"])
        self.assertEqual(self._kinds([row(), row(3)], []), ["missing_here", "twice"])

    def test_batches_know_of_each_other(self):
        self.assertEqual(self._kinds([row()], [booked()], seen_payments=[1]), ["twice"])
        self.assertEqual(self._kinds([row()], [], seen_receipts=["R1"]), ["twice"])
