"""What papers and pages say of the fee of a stay that begins in the middle of a term."""

import re

from freezegun import freeze_time

from odoo.tests import HttpCase, tagged
from odoo.tools import html2plaintext

from odoo.addons.hostel_billing.tests.fee_common import FeeMixin
from odoo.addons.queue_job.tests.common import trap_jobs


@tagged("post_install", "-at_install")
class TestStayPrice(FeeMixin, HttpCase):
    def _book(self, frequency, day="2040-10-20 06:00:00"):
        self._create_structure({"RENT": 6200}, frequency=frequency)
        with freeze_time(day), trap_jobs():
            return self._create_stay()

    def _read_letter(self, stay):
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "hostel_booking.hostel_allocation_report_letter", stay.ids
        )
        return re.sub(r"\s+", " ", html2plaintext(html.decode()))

    def _read_page(self, stay):
        self.authenticate("t_asha", "t_asha")
        page = self.url_open(f"/my/hostel/{stay.id}")
        self.assertEqual(page.status_code, 200)
        return re.sub(r"\s+", " ", html2plaintext(page.text))

    def test_billed_by_the_month_it_is_the_fee_of_its_days(self):
        stay = self._book("monthly")
        letter, page = self._read_letter(stay), self._read_page(stay)
        self.assertRegex(letter, r"Fee for these days\W+14,800")
        self.assertNotIn("Booking paid on", letter)
        self.assertRegex(page, r"Fee for these days\W+14,800")

    def test_a_whole_term_has_its_price(self):
        stay = self._book("monthly", "2040-06-25 06:00:00")
        self.assertRegex(self._read_letter(stay), r"Fee for the term\W+37,200")
        self.assertRegex(self._read_page(stay), r"Fee for the term\W+37,200")

    def test_one_bill_is_the_price_however_late(self):
        stay = self._book("one_time")
        self.assertRegex(self._read_letter(stay), r"Fee for the term\W+6,200")

    def test_when_it_was_paid_is_a_line_of_its_own(self):
        stay = self._book("monthly")
        stay.sudo().paid_at = "2040-10-20 20:00:00"
        self.assertRegex(self._read_letter(stay), r"Booking paid on\W+2[01] October 2040")
