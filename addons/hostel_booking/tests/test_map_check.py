from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import BookingCase


@tagged("post_install", "-at_install")
@mute_logger("odoo.addons.hostel_booking.models.hostel_booking_map_check")
class TestMapCheck(BookingCase):
    """What Redis shows is compared with what PostgreSQL knows."""

    def _damage(self, part, index, char):
        name = f"{self.locks._prefix(self.round.key)}{part}:{self.map.floor_id.id}"
        self.locks.client.setrange(name, index, char)

    def _reserve(self, student, number):
        bed = self.girls.floor_ids.bed_ids.sorted("map_index")[number]
        return self.env["hostel.allocation"]._reserve(bed, student, self.term, "awaiting_approval")

    def test_a_true_map_is_left_alone(self):
        self._reserve(self.bina, 3)
        self.drain()
        self.asha._load_eligibility(self.round)
        self.locks.hold(self.round.key, self.map.floor_id.id, 0, self.asha.id)
        before = self.locks.read_floor(self.round.key, self.map.floor_id.id)
        self.assertFalse(self.map._check_floor())
        self.assertEqual(self.locks.read_floor(self.round.key, self.map.floor_id.id), before)

    def test_a_wrong_state_is_mended_and_holds_live_on(self):
        self._reserve(self.bina, 3)
        self.drain()
        self.asha._load_eligibility(self.round)
        hold = self.locks.hold(self.round.key, self.map.floor_id.id, 0, self.asha.id)
        self._damage("fl", 3, "0")
        self._damage("fl", 5, "3")
        before = self.locks.read_floor(self.round.key, self.map.floor_id.id)
        self.assertTrue(self.map._check_floor())
        after = self.locks.read_floor(self.round.key, self.map.floor_id.id)
        self.assertEqual(after.states, "10030000")
        self.assertEqual(after.epoch, before.epoch)
        self.assertGreater(after.version, before.version)
        self.assertEqual(self.locks.get_hold(self.round.key, self.asha.id).token, hold.token)

    def test_a_yellow_bed_that_nobody_holds_is_freed(self):
        self._damage("fl", 2, "1")
        self.assertTrue(self.map._check_floor())
        self.assertEqual(self.states(), "00000000")

    def test_a_wrong_gender_is_mended(self):
        self._damage("fg", 2, "m")
        self.assertTrue(self.map._check_floor())
        self.asha._load_eligibility(self.round)
        self.locks.hold(self.round.key, self.map.floor_id.id, 2, self.asha.id)

    def test_decisions_on_their_way_are_no_difference(self):
        self._reserve(self.bina, 3)
        self.env.flush_all()
        self.assertFalse(self.map._check_floor())
        self.drain()
        self.assertEqual(self.states(), "00030000")

    def test_a_floor_that_changed_meanwhile_is_not_loaded(self):
        key, floor_id = self.round.key, self.map.floor_id.id
        seen = self.locks.sum_floor(key, floor_id)
        load = self.map._prepare_load()
        self.locks.mark(key, floor_id, 4, "3", 99, self.round.epoch)
        self.assertFalse(self.locks.load_floor(key, seen.epoch, load, only_at=seen.version))
        self.assertEqual(self.states(), "00003000")
        # The same with the guard off: the decision is lost.
        self.locks.load_floor(key, seen.epoch, load)
        self.assertEqual(self.states(), "00000000")

    def test_the_floors_take_turns(self):
        Map = self.env["hostel.booking.map"]
        maps = self.round.map_ids.sorted("id")
        first = Map._check_next(0)
        self.assertEqual([first, Map._check_next(first)], maps.ids)
        self.assertEqual(Map._check_next(maps.ids[-1]), maps.ids[0])

    def test_while_the_map_is_away_nothing_is_compared(self):
        self.locks.clear_epoch(self.round.key)
        self.assertFalse(self.map._check_floor())
