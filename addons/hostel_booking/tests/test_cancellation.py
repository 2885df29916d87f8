"""Cancelling a booking: who may, until when, and what goes back."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tests.common import HostelCase, HostelMixin


class CancelMixin:
    def _set_policy(self, *slabs, office_days=1):
        self.env["hostel.cancellation.policy"].search([]).active = False
        return self.env["hostel.cancellation.policy"].create(
            {
                "name": "Test policy",
                "office_days": office_days,
                "line_ids": [
                    (0, 0, {"days_before": days, "percent": percent}) for days, percent in slabs
                ],
            }
        )

    def _set_today(self, day):
        """Let it be a day at the college."""
        patcher = patch.object(
            self.registry["hostel.allocation"], "_get_college_today", lambda _rows: day
        )
        patcher.start()
        self.addCleanup(patcher.stop)

    def _book(self, state="allocated", *, paid=True, bed=None, student=None):
        row = self._reserve(bed or self.bed, student, "awaiting_approval")
        if paid:
            row.sudo().paid_at = self.env.cr.now()
        if state == "allocated":
            row._transition("allocated")
        return row.sudo()


@tagged("post_install", "-at_install")
class TestCancellation(CancelMixin, HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()

    def test_the_bed_is_free_at_once_and_the_money_is_owed(self):
        self._set_policy((10, 80))
        self._set_today(self.term.date_from - timedelta(days=12))
        for state, bed in (("allocated", self.bed), ("awaiting_approval", self.other_bed)):
            with self.subTest(state=state):
                row = self._book(state, bed=bed)
                cancellation = row._cancel_booking("student", "home")
                self.assertEqual(row.state, "refund_due")
                self.assertEqual(
                    (cancellation.percent, cancellation.refund_amount, cancellation.days_before),
                    (80, 33600, 12),
                )
                self.assertEqual(cancellation.old_state, state)
                self.assertTrue(self._reserve(bed))

    def test_nothing_goes_back_when_nothing_is_owed(self):
        self._set_policy((10, 80))
        self._set_today(self.term.date_from - timedelta(days=9))
        row = self._book()
        self.assertEqual(row._cancel_booking("student", "home").refund_amount, 0)
        self.assertEqual(row.state, "cancelled")
        unpaid = self._book(paid=False, bed=self.other_bed)
        self.assertEqual(unpaid._cancel_booking("student", "home").paid_amount, 0)
        self.assertEqual(unpaid.state, "cancelled")

    def test_an_approval_that_could_be_withdrawn_goes_too(self):
        row = self._book("awaiting_approval")
        row.write({"approval_due": self.env.cr.now() + timedelta(seconds=60)})
        row._cancel_booking("student", "home")
        self.assertFalse(row.approval_due)
        self.assertEqual(row._apply_approval(self.env.cr.now()), "withdrawn")

    def test_twice_is_once(self):
        row = self._book()
        row._cancel_booking("student", "home")
        self.assertRefused("ALREADY_CANCELLED", row._cancel_booking, "student", "home")
        self.assertEqual(len(row.cancellation_ids), 1)

    def test_who_lives_there_does_not_cancel(self):
        row = self._book()
        row._transition("checked_in")
        self.assertRefused("INVALID_TRANSITION", row._cancel_booking, "student", "home")
        self.assertRefused("INVALID_TRANSITION", row._check_student_can_cancel)

    def test_a_planned_move_is_taken_back_and_not_cancelled(self):
        today = self.Allocation._get_college_today()
        stay = self._book()
        stay._change(date_from=today - timedelta(days=9), date_to=today + timedelta(days=90))
        stay._transition("checked_in")
        until = stay.date_to
        move = stay._transfer(self.other_bed, today + timedelta(days=20)).sudo()
        for call, args in (
            (move._cancel_booking, ("office", "office")),
            (move.with_user(self.users["warden"]).action_open_cancel, ()),
            (move._check_student_can_cancel, ()),
        ):
            with self.subTest(call=call.__name__):
                self.assertRefused("MOVE_PLANNED", call, *args)
        self.assertEqual((move.state, stay.state), ("allocated", "checked_in"))
        stay.action_cancel_move()
        self.assertEqual((move.state, stay.date_to), ("cancelled", until))
        self.assertRefused("ALREADY_CANCELLED", move._check_student_can_cancel)

    def test_the_first_policy_that_fits_counts(self):
        general = self._set_policy((0, 50))
        own = general.copy({"name": "Of the house", "sequence": 1})
        own.hostel_ids = self.foreign
        row = self._book()
        Policy = self.env["hostel.cancellation.policy"]
        self.assertEqual(Policy._get_for(row), general)
        own.hostel_ids |= self.home
        self.assertEqual(Policy._get_for(row), own)
        general.active = own.active = False
        self.assertFalse(Policy._get_for(row))
        self._set_today(self.term.date_from - timedelta(days=1))
        self.assertEqual(row._get_refund_amount(), 42000)

    def test_after_the_last_day_only_the_office_cancels(self):
        self._set_policy((0, 50), office_days=3)
        row = self._book()
        last = self.term.date_from - timedelta(days=3)
        self._set_today(last)
        row._check_student_can_cancel()
        self._set_today(last + timedelta(days=1))
        refusal = self.assertRefused("CANCEL_AT_OFFICE", row._check_student_can_cancel)
        self.assertEqual(refusal.details["last_day"], str(last))
        self.assertTrue(row._cancel_booking("office", "office"))

    def test_the_day_is_that_of_the_college(self):
        wanted = "SELECT (transaction_timestamp() AT TIME ZONE 'Pacific/Kiritimati')::date"
        [[day]] = self.env.execute_query(SQL(wanted))
        self.env.company.partner_id.tz = "Pacific/Kiritimati"
        self.assertEqual(self.Allocation._get_college_today(), day)

    def test_student_and_wardens_are_told(self):
        student = self._create_student(email="asha@example.com")
        row = self._book(student=student)
        row._cancel_booking("student", "money", "Too far")
        messages = self.env["mail.message"].search(
            [("model", "=", row._name), ("res_id", "=", row.id)]
        )
        told = messages.notified_partner_ids
        self.assertIn(student.partner_id, told)
        self.assertIn(self.users["warden"].partner_id, told)
        self.assertTrue(any("goes back to you" in message.body for message in messages))
        self.assertTrue(any("Too far" in message.body for message in messages))

    def _dialog(self, row, role="warden", **vals):
        return (
            self.env["hostel.booking.cancel"]
            .with_user(self.users[role])
            .create({"allocation_id": row.id, **vals})
        )

    def test_the_office_gives_back_what_the_policy_says_or_says_why_not(self):
        self._set_policy((0, 50))
        self._set_today(self.term.date_from - timedelta(days=5))
        row = self._book()
        dialog = self._dialog(row)
        self.assertEqual((dialog.percent, dialog.refund_amount), (50, 21000))
        dialog.percent = 100
        self.assertRefused("REASON_MISSING", dialog.action_cancel)
        dialog.note = "Death in the family"
        dialog.action_cancel()
        self.assertEqual(row.cancellation_ids.refund_amount, 42000)
        self.assertEqual(row.cancellation_ids.cancelled_by_id, self.users["warden"])

    def test_a_share_is_a_share(self):
        dialog = self._dialog(self._book())
        dialog.write({"percent": 120, "note": "x"})
        self.assertRefused("BAD_REQUEST", dialog.action_cancel)

    def test_only_the_own_warden_cancels(self):
        foreign = self._book(bed=self.foreign.bed_ids[0])
        with self.assertRaises(HostelError) as caught:
            self._dialog(foreign)
        self.assertEqual(caught.exception.code, "NOT_FOUND")
        for role in ("supervisor", "floor_incharge", "finance", "student"):
            with self.subTest(role=role):
                call = foreign.with_user(self.users[role]).action_open_cancel
                self.assertRaises(AccessError, call)

    def test_a_cancellation_is_never_rewritten(self):
        row = self._book()
        cancellation = row._cancel_booking("office", "office")
        for role in ("admin", "warden", "finance"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                cancellation.with_user(self.users[role]).write({"percent": 100})
        other = self._book(bed=self.foreign.bed_ids[0])._cancel_booking("office", "office")
        seen = other.with_user(self.users["warden"]).search([])
        self.assertEqual(seen & (cancellation | other), cancellation)
        self.assertIn(other, other.with_user(self.users["finance"]).search([]))


@tagged("post_install", "-at_install")
class TestCancelPages(CancelMixin, HostelMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpHostels()
        cls.setUpPeople()
        cls.Allocation = cls.env["hostel.allocation"]

    _reserve = HostelCase._reserve

    def setUp(self):
        super().setUp()
        self.authenticate("student.base.test", "student.base.test")
        self._set_policy((10, 80))
        self._set_today(self.term.date_from - timedelta(days=12))
        self.row = self._book(student=self.student)
        self.url = f"/my/hostel/{self.row.id}/cancel"

    def _post(self, url, **values):
        return self.url_open(url, {"csrf_token": Request.csrf_token(self), **values})

    def test_the_page_says_what_goes_back_before_anything_happens(self):
        page = self.url_open(self.url)
        self.assertEqual(page.status_code, 200)
        self.assertIn("33,600", page.text)
        self.assertIn("80 %", page.text)
        self.assertIn("← today", page.text)
        self.assertEqual(self.row.state, "allocated")

    def test_the_student_cancels(self):
        page = self._post(self.url, reason="home", note="My aunt lives nearby")
        self.assertEqual(page.status_code, 200)
        self.assertIn("Your booking is cancelled", page.text)
        self.row.invalidate_recordset()
        self.assertEqual(self.row.state, "refund_due")
        self.assertEqual(self.row.cancellation_ids.note, "My aunt lives nearby")
        again = self._post(self.url, reason="home")
        self.assertEqual(again.status_code, 409)
        self.assertIn("ALREADY_CANCELLED", again.text)

    def test_a_reason_is_one_of_those_on_the_page(self):
        for reason in ("", "no_show", "office", "'; DROP"):
            with self.subTest(reason=reason):
                page = self._post(self.url, reason=reason)
                self.assertEqual(page.status_code, 422)
                self.assertIn("REASON_MISSING", page.text)
        self.assertEqual(self.row.state, "allocated")

    def test_too_late_the_page_names_the_office(self):
        self.home.phone = "044 1234567"
        self._set_today(self.term.date_from)
        page = self.url_open(self.url)
        self.assertIn("CANCEL_AT_OFFICE", page.text)
        self.assertIn("044 1234567", page.text)
        self.assertNotIn('type="submit" class="btn btn-danger', page.text)
        self.assertEqual(self._post(self.url, reason="home").status_code, 403)
        self.assertEqual(self.row.state, "allocated")

    def test_an_unpaid_bed_is_let_go(self):
        self.row._cancel_booking("office", "office")
        row = self._reserve(self.other_bed, self.student, hold_seconds=900)
        page = self.url_open(f"/my/hostel/{row.id}/cancel")
        self.assertIn("You have paid nothing", page.text)
        self._post(f"/my/hostel/{row.id}/cancel", reason="other_bed")
        row.invalidate_recordset()
        self.assertEqual(row.state, "cancelled")

    def test_money_that_arrives_at_that_moment_is_kept(self):
        self.row._cancel_booking("office", "office")
        row = self._reserve(self.other_bed, self.student, hold_seconds=900)
        with patch.object(self.registry["hostel.allocation"], "_let_go", lambda row: False):
            page = self._post(f"/my/hostel/{row.id}/cancel", reason="other_bed")
        self.assertEqual(page.status_code, 409)
        self.assertIn("ALREADY_PAID", page.text)

    def test_somebody_elses_booking_is_not_there(self):
        foreign = self._book(bed=self.other_bed)
        for path in ("cancel", "late", "letter.pdf"):
            with self.subTest(path=path):
                page = self.url_open(f"/my/hostel/{foreign.id}/{path}")
                self.assertEqual(page.status_code, 404)
        for path in ("cancel", "late", "late/withdraw", "letter"):
            with self.subTest(path=path):
                page = self._post(f"/my/hostel/{foreign.id}/{path}", reason="home")
                self.assertEqual(page.status_code, 404)
        self.assertEqual(foreign.state, "allocated")

    def test_without_the_forms_token_nothing_happens(self):
        page = self.url_open(self.url, {"reason": "home"})
        self.assertEqual(page.status_code, 400)
        self.assertEqual(self.row.state, "allocated")
