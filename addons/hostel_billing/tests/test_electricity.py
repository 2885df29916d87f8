from datetime import date, datetime, timedelta
from decimal import Decimal

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.tests.common import trap_jobs

from .common import BillingCase


@tagged("post_install", "-at_install")
class TestElectricity(BillingCase):
    """Last month in two rooms of Kaveri."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        today = fields.Date.context_today(cls.env["hostel.meter"])
        # Not the month that ended just now: its first day may not be over yet.
        cls.month_end = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
        cls.month = (cls.month_end - timedelta(days=1)).replace(day=1)
        cls.length = (cls.month_end - cls.month).days
        year = cls.env["hostel.academic.year"].create(
            {
                "name": "Year of the meters",
                "date_from": cls.month - timedelta(days=200),
                "date_to": cls.month + timedelta(days=160),
            }
        )
        cls.meter_term = cls.env["hostel.term"].create(
            {
                "name": "Semester of the meters",
                "code": "T-METER",
                "year_id": year.id,
                "date_from": cls.month - timedelta(days=30),
                "date_to": cls.month + timedelta(days=150),
            }
        )
        cls.tariff = cls.env["hostel.tariff"].create(
            {
                "name": "Test tariff",
                "date_from": cls.month - timedelta(days=300),
                "hostel_ids": [Command.set(cls.hostel.ids)],
                "slab_ids": [
                    Command.create({"upto": 50, "rate": 0}),
                    Command.create({"upto": 0, "rate": 7.35}),
                ],
            }
        )
        cls.meter = cls.env["hostel.meter"].create(
            {"serial": "E-214", "room_id": cls.bed.room_id.id}
        )
        cls.month_run = (
            cls.env["hostel.electricity.run"]
            .with_user(cls.finance)
            .create({"hostel_id": cls.hostel.id, "month": cls.month + timedelta(days=9)})
        )
        cls.Reading = cls.env["hostel.meter.reading"]

    def _live(self, bed, student, day_from=None, day_to=None):
        """Somebody who lived there, through the transitions."""
        stay = self._book(bed, student, day_from)
        stay._transition("checked_in")
        if day_to:
            stay._transition("vacated", date_to=day_to)
        return stay

    def _book(self, bed, student, day_from=None):
        """Somebody who has a bed from a day of the term on, by default all of it."""
        stay = self.env["hostel.allocation"]._reserve(
            bed,
            student,
            self.meter_term,
            "awaiting_approval",
            price=1000,
            date_from=day_from or self.meter_term.date_from,
        )
        stay._transition("allocated")
        return stay

    def _read(self, value, day, meter=None, hour=8):
        moment = self.month_run._get_midnight(day) + timedelta(hours=hour)
        reading, _new = self.Reading._record(
            meter or self.meter, Decimal(str(value)), moment, "manual"
        )
        return reading

    def _read_month(self, units=100):
        self._read(1000, self.month)
        self._read(1000 + units, self.month_end)

    def _refused(self, call):
        with self.assertRaises(HostelError) as caught, self.env.cr.savepoint():
            call()
        return caught.exception.code

    def _charges(self):
        return self.env["hostel.charge"].search(
            [
                ("res_model", "=", "hostel.electricity.line"),
                ("res_id", "in", self.month_run.line_ids.ids),
            ]
        )

    def test_the_month_starts_on_its_first_day(self):
        self.assertEqual(
            (self.month_run.month, self.month_run.date_to), (self.month, self.month_end)
        )

    def test_two_who_lived_there_pay_half_each(self):
        self._live(self.bed, self.student)
        self._live(self.bed_b, self.other_student)
        self._read_month(101)
        self.month_run.action_prepare()
        line = self.month_run.line_ids
        # 51 units above the free ones.
        self.assertEqual((line.state, line.units, line.amount), ("ready", 101, 374.85))
        self.assertEqual(line.share_ids.mapped("days"), [self.length] * 2)
        self.assertEqual(sorted(line.share_ids.mapped("amount")), [187.42, 187.43])
        self.assertEqual(line.explanation, "50 × ₹0 + 51 × ₹7.35")

    def test_who_came_later_than_the_bed_was_given_pays_from_that_day_on(self):
        self._live(self.bed, self.student)
        late = self._live(self.bed_b, self.other_student)
        for stay, day in ((self.bed.allocation_ids, self.month), (late, self.month_end)):
            moment = self.month_run._get_midnight(day - timedelta(days=10)) + timedelta(hours=9)
            stay._open_check_record(check_in_at=moment)
        self._read_month(101)
        self.month_run.action_prepare()
        shares = self.month_run.line_ids.share_ids
        days = {share.allocation_id: share.days for share in shares}
        self.assertEqual((days.pop(late), *days.values()), (10, self.length))

    def test_no_call_rewrites_the_run(self):
        self._live(self.bed, self.student)
        self._read_month(101)
        self.month_run.action_prepare()
        line = self.month_run.line_ids
        for record, change in (
            (line, {"amount": 1}),
            (line, {"state": "posted"}),
            (line, {"units": 5}),
            (self.month_run, {"state": "posted"}),
            (self.month_run, {"line_ids": [Command.update(line.id, {"amount": 1})]}),
        ):
            with self.subTest(change=change), self.assertRaises(AccessError) as caught:
                record.with_user(self.finance).write(change)
            self.assertEqual(caught.exception.args[0], "A run changes through its buttons.")
        with self.assertRaises(AccessError) as caught:
            self.month_run.create(
                {"hostel_id": self.other_hostel.id, "month": self.month, "state": "posted"}
            )
        self.assertEqual(caught.exception.args[0], "A run begins as a new one.")
        self.assertEqual((line.state, line.amount), ("ready", 374.85))

    def test_days_decide_and_the_leaving_day_is_not_one(self):
        tenth = self.month + timedelta(days=10)
        self._live(self.bed, self.student, day_to=tenth)
        self._live(self.bed_b, self.other_student, day_from=tenth)
        self._read_month(150)
        self.month_run.action_prepare()
        shares = {share.student_id: share for share in self.month_run.share_ids}
        self.assertEqual(shares[self.student].days, 10)
        self.assertEqual(shares[self.other_student].days, self.length - 10)
        self.assertAlmostEqual(sum(self.month_run.share_ids.mapped("amount")), 735)

    def test_a_meter_of_one_bed_is_paid_by_who_has_it(self):
        self.meter.bed_id = self.bed_b
        self._live(self.bed, self.student)
        self._live(self.bed_b, self.other_student)
        self._read_month()
        self.month_run.action_prepare()
        self.assertEqual(self.month_run.share_ids.student_id, self.other_student)
        self.assertEqual(self.month_run.share_ids.amount, 367.5)

    def test_an_empty_room_is_the_colleges(self):
        self._read_month()
        self.month_run.action_prepare()
        self.assertEqual(self.month_run.line_ids.state, "empty")
        self.assertEqual((self.month_run.amount, self.month_run.shared_amount), (367.5, 0))
        self.assertEqual(self._refused(self.month_run.action_post), "NOTHING_TO_POST")

    def test_who_only_booked_pays_nothing(self):
        stay = self._live(self.bed, self.student)
        self._book(self.bed_b, self.other_student)
        self._read_month()
        self.month_run.action_prepare()
        self.assertEqual(self.month_run.share_ids.allocation_id, stay)

    def test_who_moved_before_moving_in_pays_in_the_new_room_only(self):
        stay = self._live(self.bed, self.student)
        booked = self._book(self.bed_b, self.other_student)
        new = booked._transfer(self.other_hostel.bed_ids[0], self.month)
        self.assertEqual((booked.state, new.state), ("transferred", "allocated"))
        self._read_month()
        self.month_run.action_prepare()
        self.assertEqual(self.month_run.share_ids.allocation_id, stay)

    def test_who_moved_in_the_middle_pays_until_then(self):
        today = fields.Date.context_today(self.meter)
        stay = self._live(self.bed, self.student)
        moved = self._live(self.bed_b, self.other_student)
        moved._transfer(self.other_hostel.bed_ids[0], today)
        self.assertEqual(moved.state, "transferred")
        self._read_month()
        self.month_run.action_prepare()
        self.assertEqual(self.month_run.share_ids.allocation_id, stay | moved)

    def test_missing_and_odd_readings_are_left_out(self):
        self._live(self.bed, self.student)
        self._read(1000, self.month)
        self.month_run.action_prepare()
        self.assertEqual((self.month_run.line_ids.state, self.month_run.open_count), ("missing", 1))
        self._read(1004, self.month + timedelta(days=1))
        odd = self._read(900, self.month_end)
        self.month_run.action_prepare()
        self.assertEqual(self.month_run.line_ids.state, "odd")
        odd.with_user(self.finance).action_reject()
        self._read(1100, self.month_end, hour=9)
        self.month_run.action_prepare()
        self.assertEqual(self.month_run.line_ids.state, "ready")

    def test_the_next_month_opens_where_this_one_closed(self):
        self._live(self.bed, self.student)
        before = (self.month - timedelta(days=1)).replace(day=1)
        self._read(900, before)
        # Nobody came on the first: the month before was closed with what was read on the 28th.
        closing = self._read(990, before + timedelta(days=24))
        self._read(1100, self.month_end)
        earlier = self.month_run.create({"hostel_id": self.hostel.id, "month": before})
        earlier.action_prepare()
        earlier.line_ids.sudo()._post()
        self.month_run.action_prepare()
        line = self.month_run.line_ids
        self.assertEqual((line.opening_reading_id, line.units), (closing, 110))

    def _prepare_month_before(self):
        """The month before is counted again, as for a reading that came late."""
        before = (self.month - timedelta(days=1)).replace(day=1)
        earlier = self.month_run.search(
            [("hostel_id", "=", self.hostel.id), ("month", "=", before)]
        ) or self.month_run.create({"hostel_id": self.hostel.id, "month": before})
        earlier.action_prepare()
        return earlier

    def test_a_late_reading_bills_no_unit_twice(self):
        self._live(self.bed, self.student)
        before = (self.month - timedelta(days=1)).replace(day=1)
        self._read(100, before)
        self._read(300, self.month_end)
        earlier = self._prepare_month_before()
        self.assertEqual(earlier.line_ids.state, "missing")
        self.month_run.action_prepare()
        self.month_run.line_ids.sudo()._post()
        self.assertEqual(self.month_run.line_ids.units, 200)
        # What should have closed the month before comes now.
        self._read(200, self.month)
        self._prepare_month_before()
        line = earlier.line_ids
        self.assertEqual((line.state, line.units, earlier.open_count), ("elsewhere", 0, 1))
        self.assertIn(self.month_run.month.strftime("%B"), line.explanation)
        self.assertFalse(line.share_ids)
        self.assertEqual(self._refused(earlier.action_post), "NOTHING_TO_POST")
        self.month_run.line_ids.action_take_back()
        self._prepare_month_before()
        self.assertEqual((line.exists(), earlier.line_ids.state), (line.browse(), "ready"))
        earlier.line_ids.sudo()._post()
        # What was taken back is not charged as it was: half of it is in the other bill now.
        self.month_run.line_ids.sudo()._post()
        self.assertEqual(self.month_run.line_ids.state, "elsewhere")
        self.assertEqual(self._charges().mapped("state"), ["cancelled"])
        self.month_run.action_prepare()
        self.assertEqual((self.month_run.line_ids.state, self.month_run.units), ("ready", 100))
        self.month_run.line_ids.sudo()._post()
        self.assertEqual(earlier.units + self.month_run.units, 200)

    def test_a_later_month_that_opens_where_this_one_closes_is_no_hindrance(self):
        self._live(self.bed, self.student)
        before = (self.month - timedelta(days=1)).replace(day=1)
        self._read(900, before)
        self._read_month()
        self.month_run.action_prepare()
        self.month_run.line_ids.sudo()._post()
        self.assertEqual(self._prepare_month_before().line_ids.state, "ready")

    def test_a_meter_that_was_replaced_loses_no_unit(self):
        self._live(self.bed, self.student)
        self._read(12000, self.month)
        middle = self.month + timedelta(days=14)
        self._read(12180, middle)
        self._read(0, middle, hour=9).with_user(self.finance).action_accept()
        self._read(130, self.month_end)
        self.month_run.action_prepare()
        line = self.month_run.line_ids
        self.assertEqual((line.state, line.units), ("ready", 310))
        line.sudo()._post()
        self.assertIn("12000 to 130, the meter was replaced = 310", self._charges().note)

    def test_a_young_meter_that_was_replaced_loses_no_unit(self):
        self._live(self.bed, self.student)
        self._read(50, self.month)
        middle = self.month + timedelta(days=14)
        self._read(350, middle)
        new = self._read(0, middle, hour=9)
        odd = self._read(90, self.month_end)
        new.with_user(self.finance).action_accept()
        odd.with_user(self.finance).action_accept()
        self.month_run.action_prepare()
        line = self.month_run.line_ids
        self.assertEqual((line.state, line.units), ("ready", 390))

    def test_preparing_again_counts_anew(self):
        self._live(self.bed, self.student)
        self._read_month()
        self.month_run.action_prepare()
        self.month_run.action_prepare()
        self.assertEqual(len(self.month_run.line_ids), 1)
        self.assertEqual(len(self.month_run.share_ids), 1)
        self.assertFalse(self._charges())

    def test_posting_charges_each_student_once(self):
        self._live(self.bed, self.student)
        self._live(self.bed_b, self.other_student)
        self._read_month(101)
        self.month_run.action_prepare()
        with trap_jobs() as trap:
            self.month_run.action_post()
            self.assertEqual(self.month_run.state, "posting")
            trap.perform_enqueued_jobs()
        self.assertEqual((self.month_run.state, self.month_run.progress), ("posted", 100))
        charges = self._charges()
        self.assertEqual(charges.student_id, self.student | self.other_student)
        self.assertAlmostEqual(sum(charges.mapped("amount")), 374.85)
        self.assertEqual(set(charges.mapped("head_id.code")), {"ELECTRICITY"})
        self.assertIn("E-214", charges[0].source)
        self.assertIn("101", charges[0].note)
        self.month_run.line_ids.sudo()._post()
        self.assertEqual(self._charges(), charges)

    def test_posting_goes_on_where_it_stopped(self):
        self._live(self.bed, self.student)
        self._read_month()
        self.month_run.action_prepare()
        self.month_run.sudo().state = "posting"
        line = self.month_run.line_ids.sudo()
        # The worker died between the charges and the note that they are made.
        line._post()
        line.state = "ready"
        made = self._charges()
        with trap_jobs() as trap:
            self.month_run.action_post()
            trap.perform_enqueued_jobs()
        self.assertEqual(self._charges(), made)
        self.assertEqual(self.month_run.state, "posted")

    def test_a_lost_job_is_made_again(self):
        self._live(self.bed, self.student)
        self._read_month()
        self.month_run.action_prepare()
        self.month_run.sudo().state = "posting"
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE hostel_electricity_run SET write_date = write_date - interval '1 hour'"
            " WHERE id = %s",
            (self.month_run.id,),
        )
        self.month_run.invalidate_recordset()
        with trap_jobs() as trap:
            self.env["hostel.electricity.run"]._cron_resume()
            trap.assert_jobs_count(1, only=self.month_run._post_batch)

    def test_what_was_posted_is_taken_back_and_posted_again(self):
        self._live(self.bed, self.student)
        self._read_month()
        self.month_run.action_prepare()
        self.month_run.line_ids.sudo()._post()
        closing = self.month_run.line_ids.closing_reading_id
        self.assertEqual(
            self._refused(closing.with_user(self.finance).action_reject), "READING_BILLED"
        )
        self.month_run.line_ids.action_take_back()
        self.assertEqual(self._charges().mapped("state"), ["cancelled"])
        self.month_run.line_ids.sudo()._post()
        self.assertEqual(sorted(self._charges().mapped("state")), ["cancelled", "pending"])
        self.assertEqual(
            self._refused(
                self.month_run.create(
                    {"hostel_id": self.hostel.id, "month": "2140-01-01"}
                ).action_prepare
            ),
            "MONTH_NOT_OVER",
        )

    def test_a_posted_month_is_not_deleted(self):
        self._live(self.bed, self.student)
        self._read_month()
        self.month_run.action_prepare()
        self.month_run.line_ids.sudo()._post()
        self.assertEqual(self._refused(self.month_run.unlink), "RUN_POSTED")

    def test_no_tariff_and_no_meters_are_told(self):
        self.tariff.active = False
        others = self.env["hostel.tariff"].search([])
        others.active = False
        self.assertEqual(self._refused(self.month_run.action_prepare), "NO_TARIFF")
        self.tariff.active = True
        self.meter.active = False
        self.assertEqual(self._refused(self.month_run.action_prepare), "NO_METERS")

    def test_the_own_tariff_goes_before_the_general_one(self):
        general = self.tariff.copy({"hostel_ids": [Command.clear()], "date_from": self.month})
        find = self.env["hostel.tariff"]._get_for
        self.assertEqual(find(self.hostel, self.month), self.tariff)
        self.assertEqual(find(self.other_hostel, self.month_end), general)
        self.assertFalse(find(self.hostel, date(2001, 1, 1)))

    def test_a_tariff_with_a_hole_is_refused(self):
        with self.assertRaises(ValidationError):
            self.tariff.slab_ids = [Command.delete(self.tariff.slab_ids.filtered("is_last").id)]

    def test_each_sees_what_concerns_the_own_hostel(self):
        self._live(self.bed, self.student)
        self._read_month()
        self.month_run.action_prepare()
        records = [self.month_run, self.month_run.line_ids, self.month_run.share_ids]
        for user, allowed in [
            (self.finance, True),
            (self.warden, True),
            (self.other_warden, False),
            (self.guard, False),
            (self.student_user, False),
        ]:
            for record in records:
                with self.subTest(user=user.login, model=record._name):
                    self.assertEqual(record.with_user(user).has_access("read"), allowed)
        for call in ("action_prepare", "action_post"):
            with self.assertRaises(AccessError):
                getattr(self.month_run.with_user(self.warden), call)()

    @freeze_time("2040-08-15")
    def test_midnight_is_the_colleges(self):
        self.company.partner_id.tz = "Asia/Kolkata"
        self.assertEqual(
            self.month_run._get_midnight(date(2040, 8, 1)), datetime(2040, 7, 31, 18, 30)
        )
