"""Transitions of a row, and the states of beds and rooms that follow from rows."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import HostelCase

# Written by hand, from the description of the product: the code's own table is not asked.
ALLOWED = {
    "offered": "paying awaiting_approval expired cancelled",
    "paying": "awaiting_approval expired cancelled",
    "awaiting_approval": "allocated cancelled",
    "allocated": "checked_in cancelled transferred",
    "checked_in": "vacated transferred",
    "blocked": "cancelled",
    "expired": "unplaced",
    "cancelled": "unplaced",
    "unplaced": "reassigned refund_due",
    "refund_due": "refunded",
    "vacated": "",
    "transferred": "",
    "reassigned": "",
    "refunded": "",
}


@tagged("post_install", "-at_install")
class TestTransitions(HostelCase):
    def test_the_table_names_every_state(self):
        states = dict(self.Allocation._fields["state"].selection)
        self.assertEqual(set(states), set(ALLOWED))

    def test_every_pair_of_states(self):
        for old, allowed in ALLOWED.items():
            for new in ALLOWED:
                with self.subTest(old=old, new=new), self.env.cr.savepoint() as savepoint:
                    row = self._create_allocation(old)
                    if new in allowed.split():
                        row._transition(new)
                        self.assertEqual(row.state, new)
                    else:
                        self.assertRefused("INVALID_TRANSITION", row._transition, new)
                        self.assertEqual(row.state, old)
                    savepoint.rollback()

    def test_each_transition_takes_a_larger_fence(self):
        row = self._reserve()
        fences = [row.fence]
        for state in ("awaiting_approval", "allocated", "checked_in", "vacated"):
            row._transition(state)
            fences.append(row.fence)
        fences.append(self._reserve().fence)
        self.assertEqual(fences, sorted(set(fences)))

    def test_a_bed_that_somebody_works_on_is_busy(self):
        row = self._reserve()
        fence = row.fence
        with patch.object(
            self.registry["hostel.bed"], "try_lock_for_update", lambda bed, **_kw: bed.browse()
        ):
            refusal = self.assertRefused("BED_BUSY", row._transition, "expired")
            self.assertEqual(refusal.details, {"retry_after": 1})
            self.assertRefused("BED_BUSY", self._reserve, self.other_bed)
        self.assertEqual((row.state, row.fence), ("paying", fence))

    def test_the_hook_is_told_the_old_state(self):
        told = []
        with patch.object(
            self.registry["hostel.allocation"],
            "_after_transition",
            lambda row, old: told.append((old, row.state)),
        ):
            row = self._reserve()
            row._transition("awaiting_approval")
        self.assertEqual(told, [(False, "paying"), ("paying", "awaiting_approval")])

    def test_a_dead_row_makes_room(self):
        row = self._reserve()
        row._transition("expired")
        self.assertEqual(self._reserve().bed_id, self.bed)

    def test_rows_are_made_by_no_hand(self):
        user = self._create_user("byhand", "hostel_base.group_hostel_admin")
        vals = {"bed_id": self.bed.id, "date_from": "2031-01-01", "date_to": "2031-02-01"}
        with self.assertRaises(AccessError):
            self.Allocation.with_user(user).create({**vals, "state": "blocked", "is_block": True})

    def test_rows_are_never_deleted(self):
        row = self._reserve()
        self.assertRefused("ALLOCATION_KEPT", row.unlink)


@tagged("post_install", "-at_install")
class TestStates(HostelCase):
    """States of beds and rooms are computed; searching must find the same."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        today = fields.Date.context_today(cls.env.user)
        cls.term.write({"code": "TESTNOW"})
        cls.now = {"date_from": today - timedelta(days=5), "date_to": today + timedelta(days=5)}
        beds = list(cls.home.bed_ids)
        for bed, state in zip(
            beds, ("checked_in", "paying", "blocked", "blocked", "allocated"), strict=False
        ):
            cls._create_allocation(state, bed=bed, **cls.now)
        # Neither the past nor the future counts today.
        cls._create_allocation(
            "checked_in", bed=beds[6], date_from=today - timedelta(days=9), date_to=today
        )
        cls._create_allocation(
            "allocated",
            bed=beds[7],
            date_from=today + timedelta(days=1),
            date_to=today + timedelta(days=9),
        )
        cls._create_allocation("expired", bed=beds[5], **cls.now)
        cls.env.invalidate_all()

    def test_states_of_beds(self):
        self.assertEqual(
            self.home.bed_ids.mapped("state"),
            [
                "occupied",
                "reserved",
                "blocked",
                "blocked",
                "reserved",
                "vacant",
                "vacant",
                "vacant",
            ],
        )

    def test_states_of_rooms(self):
        self.assertEqual(
            self.home.room_ids.mapped("state"), ["full", "closed", "partial", "vacant"]
        )
        self.assertEqual(self.home.room_ids.mapped("free_count"), [0, 0, 1, 2])

    def test_searching_finds_what_is_shown(self):
        for records in (self.home.bed_ids, self.home.room_ids):
            for state, _label in records._fields["state"].selection:
                with self.subTest(model=records._name, state=state):
                    shown = records.filtered(lambda record: record.state == state)  # noqa: B023
                    inside = [("id", "in", records.ids)]
                    found = records.search([*inside, ("state", "=", state)])
                    self.assertEqual(found, shown)
                    rest = records.search([*inside, ("state", "!=", state)])
                    self.assertEqual(rest, records - shown)

    def test_counts_of_the_hostel(self):
        home = self.home
        self.assertEqual((home.capacity, home.room_count), (8, 4))
        self.assertEqual((home.occupied_count, home.booked_count), (1, 2))
        self.assertEqual((home.blocked_count, home.free_count), (2, 3))
        self.assertAlmostEqual(home.occupancy, 3 / 6)
        self.assertEqual(home.occupancy_band, "healthy")

    def test_a_retired_bed_is_not_counted(self):
        self.home.bed_ids.filtered(lambda bed: bed.state == "vacant")[0].active = False
        self.env.invalidate_all()
        self.assertEqual(self.home.capacity, 7)

    def test_a_bed_keeps_its_place_on_the_map_for_ever(self):
        floor = self.home.floor_ids[0]
        last = max(floor.bed_ids.mapped("map_index"))
        floor.bed_ids[-1].active = False
        bed = self._create_bed(floor.room_ids[0], label="Z")
        self.assertEqual(bed.map_index, last + 1)

    def test_a_bed_can_not_move_to_another_floor(self):
        bed = self.home.bed_ids.filtered(lambda bed: bed.state == "vacant")[0]
        floor = self._create_floor(self.home, 7)
        with self.assertRaises(ValidationError):
            bed.room_id = self._create_room(floor)
        with self.assertRaises(ValidationError):
            bed.room_id.floor_id = floor
        bed.active = False
        with self.assertRaises(ValidationError):
            bed.room_id.floor_id = floor
        bed.room_id = self._create_room(bed.floor_id)
        self._create_room(floor).floor_id = bed.floor_id

    def test_bounds_of_the_bands(self):
        single = self._create_hostel(floors=1, rooms=1)
        self.assertEqual((single.occupancy, single.occupancy_band), (0.0, "under_utilized"))
        for bed in single.bed_ids:
            self._create_allocation("checked_in", bed=bed, **self.now)
        self.env.invalidate_all()
        self.assertEqual((single.occupancy, single.occupancy_band), (1.0, "over_capacity"))
        empty = self._create_hostel()
        self.assertEqual((empty.occupancy, empty.occupancy_band), (0.0, "under_utilized"))
