from datetime import datetime
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.hostel_billing.tools.meter_file import find_columns, read_moment, read_row


class TestMeterFile(BaseCase):
    def test_columns_are_found_by_what_colleges_call_them(self):
        for header, found in [
            (["Serial No.", "Reading date", "kWh"], (0, 1, 2)),
            (["Sl", "METER NUMBER", "Remark", "Date/Time", "Meter Reading"], (1, 3, 4)),
        ]:
            columns = find_columns(header)
            with self.subTest(header=header):
                wanted = tuple(columns[name] for name in ("serial", "taken_at", "value"))
                self.assertEqual(wanted, found)
        self.assertEqual(find_columns(["Room", "Rent"]), {})

    def test_the_day_comes_first_unless_the_year_does(self):
        for text, moment in [
            ("03-07-2026", datetime(2026, 7, 3, 9)),
            ("03/07/2026 18:05", datetime(2026, 7, 3, 18, 5)),
            ("3.7.2026", datetime(2026, 7, 3, 9)),
            ("2026-07-03", datetime(2026, 7, 3, 9)),
            ("2026-07-03T18:05:10", datetime(2026, 7, 3, 18, 5, 10)),
            ("2026-07-03 00:00:00", datetime(2026, 7, 3)),
        ]:
            with self.subTest(text=text):
                self.assertEqual(read_moment(text), moment)

    def test_what_is_no_date_is_refused(self):
        for text in ("", "yesterday", "31-02-2026", "07-2026", "45000"):
            with self.subTest(text=text), self.assertRaises(ValueError) as caught:
                read_moment(text)
            self.assertEqual(str(caught.exception), "NO_DATE")

    def test_a_row_says_what_is_wrong_with_it(self):
        columns = {"serial": 0, "taken_at": 1, "value": 2}
        for cells, problem in [
            (["", "03-07-2026", "5"], "NO_SERIAL"),
            (["M1", "x", "5"], "NO_DATE"),
            (["M1", "03-07-2026", "x"], "NOT_A_NUMBER"),
            (["M1", "03-07-2026", "-5"], "NEGATIVE"),
            (["M1", "03-07-2026", "1e3"], "NOT_A_NUMBER"),
        ]:
            self.assertEqual(read_row(2, cells, columns).problem, problem)
        good = read_row(3, [" M1 ", "03-07-2026", "1,234.5"], columns)
        self.assertEqual((good.serial, good.value, good.problem), ("M1", Decimal("1234.5"), ""))
