from datetime import date, timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import fields
from odoo.tests import tagged
from odoo.tools import format_date, mute_logger

from .common import HostelCase


@tagged("post_install", "-at_install")
class TestBedRetire(HostelCase):
    """A bed goes out of use only when nobody has it, today or later.

    What two transactions do to each other is tried in ``tests/faults/test_retired_beds.py``.
    """

    def setUp(self):
        super().setUp()
        self.room, self.floor = self.bed.room_id, self.bed.floor_id

    def _places(self):
        return self.bed, self.room, self.floor, self.home

    def _archive(self, record):
        with self.env.cr.savepoint():
            record.action_archive()

    def test_a_bed_that_somebody_has_and_all_above_it(self):
        row = self._create_allocation("allocated")
        for place in self._places():
            with self.subTest(place=place._name):
                refusal = self.assertRefused("BED_IN_USE", self._archive, place)
                self.assertTrue(place.active)
                self.assertEqual(refusal.http_status, 409)
                self.assertEqual(
                    refusal.details,
                    {"students": 1, "until": "2031-06-01", "bed_ids": self.bed.ids},
                )
                self.assertIn("One student has", str(refusal))
                self.assertIn(format_date(self.env, row.date_to), str(refusal))
        row._transition("cancelled")
        for place in self._places():
            self._archive(place)
            self.assertFalse(place.active)

    def test_every_live_state_counts(self):
        for state in ("offered", "paying", "awaiting_approval", "allocated", "checked_in"):
            with self.subTest(state=state):
                bed = self._create_bed(self.room, label=state)
                self._create_allocation(state, bed=bed)
                self.assertRefused("BED_IN_USE", self._archive, bed)

    def test_how_many_and_until_when(self):
        self._create_allocation("allocated")
        self._create_allocation("paying", bed=self.other_bed, date_to=date(2031, 5, 1))
        refusal = self.assertRefused("BED_IN_USE", self._archive, self.room)
        self.assertEqual((refusal.details["students"], refusal.details["until"]), (2, "2031-06-01"))
        self.assertIn("2 students have", str(refusal))

    def test_what_is_over_or_dead_does_not_count(self):
        today = fields.Date.context_today(self.bed)
        self._create_allocation("checked_in", date_from=today - timedelta(9), date_to=today)
        for state in ("cancelled", "expired", "vacated", "transferred", "refunded"):
            self._create_allocation(state)
        self._archive(self.bed)
        self.assertFalse(self.bed.active)

    def test_the_last_night_counts(self):
        today = fields.Date.context_today(self.bed)
        self._create_allocation(
            "checked_in", date_from=today - timedelta(9), date_to=today + timedelta(1)
        )
        self.assertRefused("BED_IN_USE", self._archive, self.bed)

    def test_closures_alone_do_not_count(self):
        today = fields.Date.context_today(self.bed)
        for first, last in ((-3, 3), (3, 5), (40, 60)):
            self._create_allocation(
                "blocked", date_from=today + timedelta(first), date_to=today + timedelta(last)
            )
        self.assertEqual(
            [gap[1:] for gap in self._gaps(today)],
            [
                (today + timedelta(5), today + timedelta(40)),
                (today + timedelta(60), date(9999, 12, 31)),
            ],
        )
        self._archive(self.room)
        self.assertFalse(self.room.active)

    def _gaps(self, today):
        closures = self.Allocation.search([("bed_id", "=", self.bed.id)], order="date_from")
        return self.Allocation._get_days_without(self.bed, closures, today)

    def test_the_constraint_sees_what_the_search_does_not(self):
        """As if the row had been committed after the snapshot."""
        row = self._create_allocation("allocated")
        found = self.Allocation.browse()
        with patch.object(self.registry["hostel.allocation"], "search", lambda *a, **kw: found):
            refusal = self.assertRefused("BED_IN_USE", self._archive, self.room)
        self.assertEqual(
            refusal.details, {"until": fields.Date.to_string(row.date_to), "bed_ids": self.bed.ids}
        )
        self.assertIn("a moment ago", str(refusal))
        self.assertTrue(self.room.active)

    def test_the_probe_leaves_nothing(self):
        before = self.Allocation.search_count([])
        self._archive(self.home)
        self.assertEqual(self.Allocation.search_count([]), before)

    def test_only_a_taken_bed_is_told_as_one(self):
        """What else the database refuses is a fault of the probe."""
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(flush=False),
        ):
            self.Allocation._probe_free(
                self.env["hostel.bed"].browse(2**30), self.Allocation.browse(), date(2031, 1, 1)
            )

    def test_the_cost_does_not_grow_with_the_beds(self):
        many = self._create_hostel(floors=3, rooms=9)
        self.env.flush_all()

        def count(beds):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Allocation._check_may_retire(beds)
            return self.env.cr.sql_log_count - before

        count(self.bed)
        self.assertEqual(count(many.bed_ids), count(self.bed))

    def test_a_bed_does_not_follow_into_a_room_that_is_not_used(self):
        gone = self._create_room(self.floor, active=False)
        self._create_allocation("allocated")
        self.assertRefused("BED_IN_USE", self.bed.write, {"room_id": gone.id})
        self.other_bed.write({"room_id": gone.id, "label": "Z"})

    def test_nobody_gets_a_bed_on_a_floor_that_is_not_used(self):
        self._archive(self.floor)
        self.assertRefused("BED_RETIRED", self._reserve)
        self.floor.active = True
        self._archive(self.home)
        self.assertRefused("BED_RETIRED", self._reserve)
        self.home.active = True
        self.assertTrue(self._reserve())

    def test_a_stay_does_not_come_back_to_a_retired_bed(self):
        row = self._create_allocation("vacated")
        self._archive(self.bed)
        self.assertRefused("BED_RETIRED", row._change, state="checked_in")
        self.bed.active = True
        row._change(state="checked_in")
        self.assertEqual(row.state, "checked_in")

    def test_a_warden_is_told_so_too(self):
        self.setUpPeople()
        self._create_allocation("allocated")
        for place in (self.bed, self.room):
            place = place.with_user(self.users["warden"])
            self.assertRefused("BED_IN_USE", self._archive, place)
        self._archive(self.other_bed.with_user(self.users["warden"]))
        self.assertFalse(self.other_bed.active)
