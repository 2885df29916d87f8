from contextlib import suppress
from unittest.mock import patch

from odoo.tests import tagged

from .common import BookingCase


@tagged("post_install", "-at_install")
class TestHoldEvents(BookingCase):
    """What is held and let go in Redis becomes events in PostgreSQL, each once."""

    def hold(self, index=0, user=None):
        return self.desk(user or self.asha_user)._hold(self.map.key, index)

    def take(self):
        return self.env["hostel.event"]._take_holds()

    def events(self):
        self.env.invalidate_all()
        beds = [f"hostel.bed,{bed.id}" for bed in self.girls.bed_ids]
        return self.env["hostel.event"].search(
            [("name", "=like", "bed.%"), ("aggregate", "in", beds)], order="id"
        )

    def test_a_hold_and_its_end_are_told(self):
        hold = self.hold()
        self.desk(self.asha_user)._release(hold["token"])
        # The hold itself wrote nothing: that is the keeper's work.
        self.assertFalse(self.events())
        self.assertEqual(self.take(), 2)
        held, released = self.events()
        self.assertEqual((held.name, released.name), ("bed.held", "bed.released"))
        bed = self.map.floor_id.bed_ids.filtered(lambda bed: bed.map_index == 0)
        self.assertEqual(held.aggregate, f"hostel.bed,{bed.id}")
        self.assertEqual(held.payload["student_id"], self.asha.id)
        self.assertEqual(released.payload["reason"], "let_go")
        self.assertEqual(self.take(), 0)

    def test_a_hold_that_ran_out_is_told(self):
        self.hold()
        prefix = self.locks._prefix(self.round.key)
        floor = self.map.floor_id.id
        # Its time is over.
        self.locks.client.delete(f"{prefix}lk:{floor}:0", f"{prefix}st:{self.asha.id}")
        for member in self.locks.client.zrange(f"{prefix}exp", 0, -1):
            self.locks.client.zadd(f"{prefix}exp", {member: 1})
        self.locks.sweep(self.round.key)
        self.take()
        self.assertEqual(self.events()[-1].payload["reason"], "expired")

    def test_a_hold_that_becomes_a_booking_is_not_let_go(self):
        hold = self.hold()
        self.desk(self.asha_user)._pay(hold["token"])
        self.drain()
        self.take()
        self.assertEqual(self.events().mapped("name"), ["bed.held"])

    def test_a_keeper_that_dies_before_it_tidies_up_writes_nothing_twice(self):
        self.hold()
        # Not assertRaises: Odoo's rolls back what was committed before the death.
        with (
            patch.object(type(self.locks), "drop_events", side_effect=KeyboardInterrupt),
            suppress(KeyboardInterrupt),
        ):
            self.take()
        self.assertEqual(len(self.events()), 1)
        self.assertEqual(self.take(), 1)
        self.assertEqual(len(self.events()), 1)

    def test_redis_that_lost_everything_loses_only_what_was_not_taken(self):
        self.hold()
        self.take()
        self.forget_maps()
        self.load_maps()
        self.assertEqual(self.take(), 0)
        self.assertEqual(len(self.events()), 1)
        self.hold(1, self.bina_user)
        self.take()
        self.assertEqual(len(self.events()), 2)

    def test_a_bed_that_was_retired_since_is_told_too_and_a_place_without_one_is_not(self):
        Event, bed = self.env["hostel.event"], self.map.floor_id.bed_ids[0]
        bed.active = False
        place = (bed.floor_id.id, bed.map_index)
        self.env.flush_all()
        with self.assertQueryCount(1):
            found = Event._find_beds({place, (bed.floor_id.id, 4711)})
        self.assertEqual(found, {place: [bed.id, bed.room_id.id, bed.hostel_id.id]})
