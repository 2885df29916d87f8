"""What became of a booking day: counted once, of the own hostels, without names where possible."""

import io
from datetime import timedelta

import openpyxl
import pytz

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.hostel_base.tests.common import HostelCase


@tagged("post_install", "-at_install")
class TestBookingReports(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.round = cls.env["hostel.booking.round"].create({"term_id": cls.term.id})
        now = cls.env.cr.now()
        cls.window = cls.env["hostel.booking.window"].create(
            {
                "name": "Everyone",
                "round_id": cls.round.id,
                "hostel_ids": [(6, 0, (cls.home | cls.foreign).ids)],
                "opens_at": now - timedelta(days=2),
                "closes_at": now + timedelta(days=2),
            }
        )

    def setUp(self):
        super().setUp()
        self.Report = self.env["hostel.booking.report"]
        beds = self.home.bed_ids
        booking = self.Allocation.with_context(
            booking_source="map", booking_window_id=self.window.id
        )
        people = [self._create_student() for _n in range(4)]
        self.rows = [
            booking._reserve(bed, student, self.term, "paying")
            for bed, student in zip(beds, people, strict=False)
        ]
        self.gone, self.paid, self.approved, self.moved = self.rows
        self.gone._transition("expired")
        for row in self.rows[1:]:
            row._payment_received(self.env.cr.now() + timedelta(minutes=4))
        for row in self.rows[2:]:
            row._transition("allocated", approved_by_id=self.users["warden"].id)
        self.moved._transition("checked_in")
        self.foreigner = booking._reserve(
            self.foreign.bed_ids[0], self._create_student(), self.term, "paying"
        )

    def _of_round(self, model, role="admin"):
        return (
            self.env[model].with_user(self.users[role]).search([("round_id", "=", self.round.id)])
        )

    def _count_steps(self, role="admin"):
        Report = self.env["hostel.booking.funnel.report"].with_user(self.users[role])
        return dict(Report._read_group([("round_id", "=", self.round.id)], ["step"], ["count:sum"]))

    def test_each_student_is_one_line_with_the_steps_that_were_reached(self):
        lines = self._of_round("hostel.booking.report")
        self.assertEqual(len(lines), 5)
        line = lines.filtered(lambda one: one.allocation_id == self.moved)
        self.assertEqual(
            (line.paid_count, line.approved_count, line.checked_in_count, line.lost_count),
            (1, 1, 1, 0),
        )
        self.assertEqual((line.window_id, line.booking_source), (self.window, "map"))
        self.assertAlmostEqual(line.minutes_to_pay, 4, delta=0.1)
        lost = lines.filtered(lambda one: one.allocation_id == self.gone)
        self.assertEqual((lost.lost_count, lost.paid_count), (1, 0))

    def test_who_tries_again_or_moves_is_not_two(self):
        again = self.Allocation._reserve(
            self.home.bed_ids[4], self.gone.student_id, self.term, "paying"
        )
        new = self.approved._transfer(self.home.bed_ids[5], self.term.date_from)
        lines = self._of_round("hostel.booking.report")
        self.assertEqual(len(lines), 5)
        self.assertEqual(lines.filtered(lambda one: one.allocation_id == again).attempt_count, 2)
        moved = lines.filtered(lambda one: one.allocation_id == new)
        self.assertEqual((moved.attempt_count, moved.approved_count), (1, 1))

    def test_the_funnel_narrows(self):
        self.assertEqual(
            self._count_steps(), {"2_booked": 5, "3_paid": 3, "4_approved": 2, "5_moved_in": 1}
        )

    def test_everybody_sees_the_own_hostels(self):
        for role, lines in (("admin", 5), ("finance", 5), ("warden", 4), ("supervisor", 4)):
            with self.subTest(role=role):
                self.assertEqual(len(self._of_round("hostel.booking.report", role)), lines)
                self.assertEqual(self._count_steps(role)["2_booked"], lines)
                hostels = self._of_round("hostel.booking.fill.report", role).hostel_id
                expected = self.home | self.foreign if lines == 5 else self.home
                self.assertEqual(hostels, expected)

    def test_the_fill_rate_of_today(self):
        lines = self._of_round("hostel.booking.fill.report").filtered(
            lambda one: one.hostel_id == self.home
        )
        last = lines.sorted("day")[-1:]
        # The one that expired today was gone by the evening.
        self.assertEqual((last.bed_count, last.taken_count), (8, 3))
        self.assertAlmostEqual(last.share, 3 / 8)
        first = lines.sorted("day")[:1]
        self.assertEqual(first.taken_count, 0)

    def test_the_fill_rate_of_a_round_that_is_over_ends_with_its_windows(self):
        now = self.env.cr.now()
        zone = pytz.timezone(self.users["admin"].tz or "Asia/Kolkata")

        def day(days):
            moment = now - timedelta(days=days)
            return moment.replace(tzinfo=pytz.utc).astimezone(zone).date()

        self.window.write(
            {"opens_at": now - timedelta(days=9), "closes_at": now - timedelta(days=4)}
        )
        # The term begins: before the last window closed, after it, and not yet.
        for begins, last in ((6, 4), (2, 2), (-3, 0)):
            with self.subTest(begins=begins):
                self.env.flush_all()
                self.env.cr.execute(
                    "UPDATE hostel_booking_round SET date_from = %s WHERE id = %s",
                    (day(begins), self.round.id),
                )
                days = self._of_round("hostel.booking.fill.report").mapped("day")
                self.assertEqual((min(days), max(days)), (day(10), day(last)))

    # Holds ----------------------------------------------------------------

    def _hold(self, bed, minutes_ago, name="bed.held"):
        happened = self.env.cr.now() - timedelta(minutes=minutes_ago)
        payload = {"round_id": self.round.id, "bed_id": bed.id, "hostel_id": bed.hostel_id.id}
        self.env["hostel.event"].sudo()._emit_many(
            [
                (
                    name,
                    f"hostel.bed,{bed.id}",
                    payload,
                    happened,
                    f"test:{bed.id}:{minutes_ago}:{name}",
                )
            ]
        )

    def test_holds_are_counted_once_and_without_names(self):
        for minutes in (5, 6, 7):
            self._hold(self.bed, minutes)
        self._hold(self.foreign.bed_ids[0], 5)
        self._hold(self.bed, 4, "bed.released")
        self._hold(self.other_bed, 0)
        tally = self.env["hostel.booking.tally"].sudo()
        tally._cron_count()
        mine = tally.search([("round_id", "=", self.round.id), ("name", "=", "bed.held")])
        self.assertEqual(sum(mine.mapped("count")), 4)
        self.assertEqual(tally._cron_count(), 0)
        self.assertEqual(self._count_steps()["1_held"], 4)
        self.assertEqual(self._count_steps("warden")["1_held"], 3)
        self.assertFalse({"student_id", "partner_id"} & set(tally._fields))

    def test_what_is_not_settled_is_counted_later(self):
        self._hold(self.bed, 0)
        tally = self.env["hostel.booking.tally"].sudo()
        tally._cron_count()
        self.assertFalse(tally.search([("round_id", "=", self.round.id)]))

    def test_nobody_counts_by_hand(self):
        for role in ("admin", "warden", "finance"):
            tally = self.env["hostel.booking.tally"].with_user(self.users[role])
            with self.subTest(role=role), self.assertRaises(AccessError):
                tally.create({"name": "bed.held"})

    # The page and the workbook ----------------------------------------------

    def _figures(self, role="warden", **scope):
        figures = self.env["hostel.booking.figures"].with_user(self.users[role])
        return figures.get_figures(self.round.id, **scope)

    def test_the_page_adds_up(self):
        data = self._figures()
        self.assertEqual(data["round_id"], self.round.id)
        steps = {step["key"]: step["count"] for step in data["funnel"]}
        self.assertEqual(steps["2_booked"], 4)
        [fill] = data["fill"]
        self.assertEqual((fill["taken"], fill["beds"]), (3, 8))
        self.assertEqual(sum(map(sum, data["heat"]["rows"])), 4)
        self.assertEqual(sum(one["count"] for one in data["sources"]), 4)
        totals = data["totals"]
        self.assertEqual((totals["bookings"], totals["paid"], totals["lost"]), (4, 3, 1))

    def test_a_window_and_a_hostel_narrow_it(self):
        other = self.window.copy({"name": "Other"})
        data = self._figures("admin", window_id=other.id)
        self.assertEqual(data["totals"]["bookings"], 0)
        self.assertNotIn("1_held", [step["key"] for step in data["funnel"]])
        data = self._figures("admin", hostel_id=self.foreign.id)
        self.assertEqual(data["totals"]["bookings"], 1)

    def test_a_foreign_hostel_gives_a_warden_nothing(self):
        data = self._figures("warden", hostel_id=self.foreign.id)
        self.assertEqual((data["totals"]["bookings"], data["totals"]["beds"]), (0, 0))

    def test_students_have_no_figures(self):
        for role in ("student", "guardian", "portal", "internal", "guard", "floor_incharge"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._figures(role)

    def test_the_workbook_has_typed_cells(self):
        self.moved.student_id.name = "=1+1"
        report = self.env["ir.actions.report"].with_user(self.users["admin"])
        content, kind = report._render_xlsx("hostel_booking.round_xlsx", self.round.ids, {})
        self.assertEqual(kind, "xlsx")
        book = openpyxl.load_workbook(io.BytesIO(content))
        self.assertEqual(
            book.sheetnames, ["Bookings", "Fill by day", "Drop-out", "Wishes", "Hours"]
        )
        names = {row[1].value: row[1].data_type for row in book["Bookings"].iter_rows(min_row=2)}
        self.assertEqual(names["=1+1"], "s")
        steps = {row[0].value: row[1].value for row in book["Drop-out"].iter_rows(min_row=2)}
        self.assertEqual(steps["Went to pay"], 5)
