"""A bed waits for a student who does not come: until when, with which reminders."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.tests.common import HostelCase, HostelMixin

from .test_cancellation import CancelMixin


class NoShowMixin(CancelMixin):
    @classmethod
    def setUpRound(cls):
        cls.round = cls.env["hostel.booking.round"].create(
            {"term_id": cls.term.id, "no_show_days": 7, "no_show_warning_days": 3}
        )

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("hostel_booking.hostel_booking_cron_no_shows").method_direct_trigger()

    def _after(self, days):
        return self.term.date_from + timedelta(days=days)


@tagged("post_install", "-at_install")
class TestNoShow(NoShowMixin, HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.setUpRound()

    def setUp(self):
        super().setUp()
        self._set_policy((-15, 80))
        self.row = self._book(student=self._create_student(email="asha@example.com"))

    def _messages(self, row=None):
        row = row or self.row
        return self.env["mail.message"].search(
            [("model", "=", row._name), ("res_id", "=", row.id)], order="id"
        )

    def test_the_hostel_knows_better_than_the_round(self):
        self.assertEqual(self.row.no_show_on, self._after(7))
        self.home.no_show_days = 2
        self.row.invalidate_recordset()
        self.assertEqual(self.row.no_show_on, self._after(2))

    def test_without_a_number_a_bed_waits_for_ever(self):
        self.round.no_show_days = 0
        self.row.invalidate_recordset()
        self.assertFalse(self.row.no_show_on)
        self._set_today(self.term.date_to)
        self.assertFalse(self.row.search([("is_no_show", "=", True), ("id", "=", self.row.id)]))

    def test_the_list_has_those_whose_day_is_over(self):
        arrived = self._book(bed=self.other_bed)
        arrived._transition("checked_in")
        both = self.row | arrived
        for days, expected in ((6, self.row.browse()), (7, self.row), (30, self.row)):
            with self.subTest(days=days):
                self._set_today(self._after(days))
                both.invalidate_recordset()
                found = self.row.search([("is_no_show", "=", True), ("id", "in", both.ids)])
                self.assertEqual(found, expected)
                self.assertEqual(both.filtered("is_no_show"), expected)
        others = self.row.search([("is_no_show", "=", False), ("id", "in", both.ids)])
        self.assertEqual(others, arrived)

    def test_each_reminder_goes_out_once(self):
        for days, count in ((3, 0), (4, 1), (4, 1), (5, 1), (6, 2), (6, 2)):
            with self.subTest(days=days):
                self._set_today(self._after(days))
                self._run_cron()
                self.assertEqual(len(self._messages()), count)
        self.assertIn("is given to somebody else", self._messages()[-1].body)

    def test_a_cron_that_comes_late_still_reminds(self):
        self._set_today(self._after(6))
        self._run_cron()
        notices = self.env["hostel.no.show.notice"].search([("allocation_id", "=", self.row.id)])
        self.assertEqual(notices.mapped("kind"), ["last"])

    def test_two_crons_remind_once_because_of_the_constraint(self):
        notices = self.env["hostel.no.show.notice"]
        self.assertTrue(notices._take(self.row, "last", self._after(7)))
        self.assertFalse(notices._take(self.row, "last", self._after(7)))
        # The twin: without the guard both would be written.
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            notices.sudo().create(
                {
                    "allocation_id": self.row.id,
                    "kind": "last",
                    "deadline": self._after(7),
                    "sent_at": self.env.cr.now(),
                }
            )

    def test_the_warden_decides_unless_the_round_does(self):
        self._set_today(self._after(7))
        self._run_cron()
        self.assertEqual(self.row.state, "allocated")
        self.assertFalse(self._messages())
        self.round.no_show_auto = True
        self._set_today(self._after(6))
        self._run_cron()
        self._set_today(self._after(7))
        self._run_cron()
        self.assertEqual(self.row.state, "refund_due")
        self.assertEqual(self.row.cancellation_ids.kind, "no_show")
        self.assertEqual(self.row.cancellation_ids.percent, 80)
        self.assertTrue(self._reserve())

    def test_nobody_loses_a_bed_unwarned(self):
        """A cron that was away, or a switch that was turned on late."""
        self.round.no_show_auto = True
        before = self._messages()
        self._set_today(self._after(9))
        self._run_cron()
        self._run_cron()
        self.assertEqual(self.row.state, "allocated")
        [message] = self._messages() - before
        last = self.row._format_day(self._after(10))
        self.assertIn(f"On {last} the bed is given", message.body)
        self._set_today(self._after(10))
        self._run_cron()
        self.assertEqual(self.row.state, "refund_due")

    def test_a_bed_that_is_given_late_waits_as_many_days(self):
        self.row.allotted_on = self._after(20)
        self.assertEqual(self.row.no_show_on, self._after(27))
        self.round.no_show_auto = True
        self._set_today(self._after(21))
        self._run_cron()
        self.assertFalse(self.row.is_no_show)
        self.assertEqual(self.row.state, "allocated")

    def test_the_day_of_the_allotment_is_written_down(self):
        today = self.env.company._get_college_day()
        self.assertEqual(self.row.allotted_on, today)
        row = self._reserve(self.other_bed, None, "allocated").sudo()
        self.assertFalse(row.allotted_on, "given at once")
        begun = {"date_from": today - timedelta(days=30), "date_to": today + timedelta(days=90)}
        year = self.env["hostel.academic.year"].create({"name": "This year", **begun})
        term = self._create_term(name="Now", code="NOW", year_id=year.id, **begun)
        self.round.copy({"term_id": term.id})
        row = self.Allocation._reserve(self.bed, self._create_student(), term, "allocated")
        self.assertEqual(row.sudo().no_show_on, today + timedelta(days=7))

    def test_one_failure_keeps_nobody_waiting(self):
        other = self._book(bed=self.other_bed)
        self.round.no_show_auto = True
        self._set_today(self._after(6))
        self._run_cron()
        self._set_today(self._after(7))
        original = self.registry["hostel.allocation"]._release_no_show

        def fail(row, note=False):
            if row.id == self.row.id:
                raise ValueError("a defect")
            return original(row, note)

        with (
            patch.object(self.registry["hostel.allocation"], "_release_no_show", fail),
            mute_logger("odoo.addons.hostel_booking.models.hostel_allocation_no_show"),
        ):
            self._run_cron()
        self.assertEqual((self.row.state, other.state), ("allocated", "refund_due"))

    def _release(self, rows, role="warden"):
        dialog = (
            self.env["hostel.no.show.release"]
            .with_user(self.users[role])
            .create({"allocation_ids": [(6, 0, rows.ids)], "note": "Could not be reached"})
        )
        return dialog.action_release()

    def test_the_warden_gives_back_what_is_over_and_keeps_the_rest(self):
        self._set_today(self._after(7))
        later = self._book(bed=self.other_bed)
        self._allow_later(later, self._after(20))
        action = self._release(self.row | later)
        self.assertEqual((self.row.state, later.state), ("refund_due", "allocated"))
        self.assertIn("still waits", action["params"]["message"])
        self.assertEqual(self.row.cancellation_ids.note, "Could not be reached")
        self.assertRefused("NOT_OVERDUE", self._release, later)

    def test_only_wardens_give_beds_back(self):
        self._set_today(self._after(7))
        for role in ("supervisor", "finance", "student"):
            with self.subTest(role=role):
                self.assertRaises(AccessError, self._release, self.row, role)
                self.assertRaises(
                    AccessError, self.row.with_user(self.users[role]).action_open_release
                )
        foreign = self._book(bed=self.foreign.bed_ids[0])
        self.assertRefused("NOT_FOUND", self._release, foreign)

    # Coming later ---------------------------------------------------------

    def _allow_later(self, row, day):
        request = row._ask_late_arrival(day, "An examination")
        request.with_user(self.users["warden"]).action_approve()
        return request

    def test_a_later_arrival_moves_the_day(self):
        self._set_today(self._after(2))
        self._allow_later(self.row, self._after(12))
        self.row.invalidate_recordset()
        self.assertEqual(self.row.no_show_on, self._after(13))
        # A day within the usual time takes nothing away.
        other = self._book(bed=self.other_bed)
        self._allow_later(other, self._after(3))
        other.invalidate_recordset()
        self.assertEqual(other.no_show_on, self._after(7))

    def test_a_moved_day_is_reminded_of_again(self):
        self._set_today(self._after(4))
        self._run_cron()
        self._allow_later(self.row, self._after(12))
        before = len(self._messages())
        self._set_today(self._after(10))
        self._run_cron()
        self.assertEqual(len(self._messages()), before + 1)

    def test_what_is_refused_says_why(self):
        self._set_today(self._after(2))
        request = self.row._ask_late_arrival(self._after(40), "A wedding")
        as_warden = request.with_user(self.users["warden"])
        self.assertRefused("REASON_MISSING", as_warden.action_refuse)
        as_warden.answer = "Others wait for this bed."
        as_warden.action_refuse()
        self.assertEqual((request.state, request.decided_by_id), ("refused", self.users["warden"]))
        self.assertIn("Others wait", self._messages()[-1].body)
        self.assertEqual(self.row.no_show_on, self._after(7))
        self.assertRefused("ALREADY_DECIDED", as_warden.action_approve)

    def test_a_day_that_makes_no_sense(self):
        self._set_today(self._after(2))
        for day in (self._after(2), self._after(0), self.term.date_to):
            self.assertRefused("INVALID_DATE_RANGE", self.row._ask_late_arrival, day, "x")
        self.assertRefused("REASON_MISSING", self.row._ask_late_arrival, self._after(9), "")
        self.row._ask_late_arrival(self._after(9), "x")
        self.assertRefused("ALREADY_ASKED", self.row._ask_late_arrival, self._after(10), "x")
        self.row._withdraw_late_arrival()
        self.assertRefused("ALREADY_DECIDED", self.row._withdraw_late_arrival)
        self.row._transition("checked_in")
        self.assertRefused("INVALID_TRANSITION", self.row._ask_late_arrival, self._after(9), "x")

    def test_requests_are_of_the_own_hostel(self):
        self._set_today(self._after(2))
        request = self._book(bed=self.foreign.bed_ids[0])._ask_late_arrival(self._after(9), "x")
        self.assertRaises(AccessError, request.with_user(self.users["warden"]).action_approve)
        own = self.row._ask_late_arrival(self._after(9), "x")
        self.assertRaises(AccessError, own.with_user(self.users["supervisor"]).action_approve)
        self.assertRaises(
            AccessError, own.with_user(self.users["warden"]).write, {"state": "approved"}
        )
        self.assertRaises(AccessError, own.with_user(self.users["warden"]).create, [{}])


@tagged("post_install", "-at_install")
class TestLatePage(NoShowMixin, HostelMixin, HttpCase):
    _reserve = HostelCase._reserve

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpHostels()
        cls.setUpPeople()
        cls.setUpRound()
        cls.Allocation = cls.env["hostel.allocation"]

    def setUp(self):
        super().setUp()
        self.authenticate("student.base.test", "student.base.test")
        self._set_today(self._after(-5))
        self.row = self._book(student=self.student)
        self.url = f"/my/hostel/{self.row.id}/late"

    def _post(self, path="", **values):
        return self.url_open(self.url + path, {"csrf_token": Request.csrf_token(self), **values})

    def test_the_student_asks_and_withdraws(self):
        page = self.url_open(self.url)
        self.assertIn("I come on", page.text)
        day = self._after(10)
        page = self._post(arrives_on=str(day), reason="An examination")
        self.assertIn("Asked for", page.text)
        self.assertEqual(self.row.late_arrival_ids.arrives_on, day)
        page = self._post("/withdraw")
        self.assertIn("Withdrawn", page.text)

    def test_nonsense_is_refused_with_a_code(self):
        for values, code in (
            ({"arrives_on": "tomorrow", "reason": "x"}, "BAD_REQUEST"),
            ({"reason": "x"}, "BAD_REQUEST"),
            ({"arrives_on": "2099-01-01", "reason": "x"}, "INVALID_DATE_RANGE"),
            ({"arrives_on": str(self._after(9))}, "REASON_MISSING"),
        ):
            with self.subTest(values=values):
                self.assertIn(code, self._post(**values).text)
        file = {"arrives_on": ("x.txt", b"x")}
        token = {"csrf_token": Request.csrf_token(self), "reason": "x"}
        self.assertIn("BAD_REQUEST", self.url_open(self.url, token, files=file).text)
        self.assertFalse(self.row.late_arrival_ids)
