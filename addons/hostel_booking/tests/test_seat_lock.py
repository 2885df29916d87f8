import time

from odoo.tests import tagged

from ..keeper import FIRST_CHOICE, Keeper
from ..tools.seat_lock import BUCKET_SIZE, SeatRefused
from .common import BookingCase


@tagged("post_install", "-at_install")
class TestSeatLock(BookingCase):
    """The Lua scripts, on a real Redis."""

    def setUp(self):
        super().setUp()
        self.key, self.floor_id = self.round.key, self.map.floor_id.id
        for student in (self.asha, self.bina, self.chand):
            student._load_eligibility(self.round)

    def _hold(self, student, index):
        return self.locks.hold(self.key, self.floor_id, index, student.id)

    def _expire(self, index):
        """Let the time of a hold run out without waiting for it."""
        prefix = self.locks._prefix(self.key)
        self.locks.client.delete(f"{prefix}lk:{self.floor_id}:{index}")
        for member in self.locks.client.zrange(f"{prefix}exp", 0, -1):
            self.locks.client.zadd(f"{prefix}exp", {member: 1})

    def assertRefused(self, code, call, *args):
        with self.assertRaises(SeatRefused) as caught:
            call(*args)
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    def test_a_hold_turns_the_bed_yellow_and_frozen_price_is_kept(self):
        hold = self._hold(self.asha, 2)
        self.assertEqual(self.states(), "00100000")
        self.assertEqual((hold.price, hold.extended, hold.hold_ms), (42000.0, False, 600_000))
        self.assertEqual(self.locks.get_hold(self.key, self.asha.id).token, hold.token)

    def test_the_second_student_is_refused(self):
        self._hold(self.asha, 2)
        self.assertRefused("BED_TAKEN", self._hold, self.bina, 2)

    def test_one_student_holds_one_bed(self):
        hold = self._hold(self.asha, 2)
        refused = self.assertRefused("ALREADY_HOLDING", self._hold, self.asha, 3)
        self.assertIn(hold.token, refused.extra)

    def test_release_needs_the_token(self):
        hold = self._hold(self.asha, 2)
        self.assertRefused("HOLD_EXPIRED", self.locks.release, self.key, self.asha.id, "guess")
        self.assertRefused("HOLD_EXPIRED", self.locks.release, self.key, self.bina.id, hold.token)
        self.assertEqual(self.states(), "00100000")
        self.locks.release(self.key, self.asha.id, hold.token)
        self.assertEqual(self.states(), "00000000")
        self._hold(self.bina, 2)

    def test_time_is_added_once(self):
        hold = self._hold(self.asha, 2)
        self.assertTrue(self.locks.extend(self.key, self.asha.id, hold.token).extended)
        self.assertRefused(
            "ALREADY_EXTENDED", self.locks.extend, self.key, self.asha.id, hold.token
        )

    def _open_at(self, opens, *more):
        """Give the student one door on the floor, in ms from Redis's now."""
        seconds, micros = self.locks.client.time()
        now = seconds * 1000 + micros // 1000
        door = (now + opens, now + 3_600_000, 600_000, *(now + first for first in more))
        self.locks.set_eligibility(
            self.key,
            self.asha.id,
            gender="f",
            doors={self.floor_id: [door]},
            doors_version=self.round.doors_version,
        )

    def test_a_window_ahead_and_a_slot_ahead_are_told_apart(self):
        self._open_at(5000)
        self.assertRefused("NOT_OPEN", self._hold, self.asha, 2)
        self._open_at(5000, 2000)
        self.assertRefused("NOT_OPEN", self._hold, self.asha, 2)
        self._open_at(5000, -2000)
        refused = self.assertRefused("NOT_YOUR_SLOT", self._hold, self.asha, 2)
        self.assertLessEqual(int(float(refused.extra[0])), 5000)
        self._open_at(-1, -2000)
        self._hold(self.asha, 2)

    def test_a_slot_that_comes_opens_without_another_look(self):
        self._open_at(1500, -2000)
        self.assertRefused("NOT_YOUR_SLOT", self._hold, self.asha, 2)
        time.sleep(1.55)
        self._hold(self.asha, 2)

    def test_an_expired_hold_frees_the_bed_on_the_next_look(self):
        self._hold(self.asha, 2)
        before = self.locks.read_floor(self.key, self.floor_id)
        self._expire(2)
        after = self.locks.read_floor(self.key, self.floor_id)
        self.assertEqual(after.states, "00000000")
        self.assertGreater(after.version, before.version)
        self._hold(self.bina, 2)

    def test_an_extended_hold_is_not_swept_at_its_first_deadline(self):
        hold = self._hold(self.asha, 2)
        self.locks.extend(self.key, self.asha.id, hold.token)
        self.locks.sweep(self.key)
        self.assertEqual(self.states(), "00100000")

    def test_nobody_enters_before_the_door_opens_or_after_it_closed(self):
        now_ms = int(time.time() * 1000)
        for doors, code in (
            ([(now_ms + 60_000, now_ms + 120_000, 1000)], "NOT_OPEN"),
            ([(now_ms - 120_000, now_ms - 60_000, 1000)], "WINDOW_CLOSED"),
        ):
            self.locks.set_eligibility(
                self.key,
                self.asha.id,
                gender="f",
                doors={self.floor_id: doors},
                doors_version=self.round.doors_version,
            )
            self.assertRefused(code, self._hold, self.asha, 2)
        self.assertEqual(self.states(), "00000000")

    def test_other_gender_has_no_door_and_no_room(self):
        self.assertRefused("NOT_ELIGIBLE", self._hold, self.chand, 2)
        self.locks.set_eligibility(
            self.key,
            self.chand.id,
            gender="m",
            doors={self.floor_id: [self.door(self.chand)]},
            doors_version=self.round.doors_version,
        )
        self.assertRefused("GENDER_MISMATCH", self._hold, self.chand, 2)

    def test_a_changed_window_makes_old_eligibility_void(self):
        self.locks.set_doors_version(self.key, self.round.doors_version + 1)
        self.assertRefused("NO_ELIGIBILITY", self._hold, self.asha, 2)

    def test_unknown_places_are_not_found(self):
        for index in (-1, 8, 10_000):
            self.assertRefused("NOT_FOUND", self._hold, self.asha, index)

    def test_closed_and_retired_beds_say_so(self):
        for index, state in ((2, "4"), (3, "5")):
            self.locks.mark(self.key, self.floor_id, index, state, 20, self.round.epoch)
        self.assertRefused("ROOM_NOT_AVAILABLE", self._hold, self.asha, 2)
        self.assertRefused("NOT_FOUND", self._hold, self.asha, 3)

    def test_too_many_calls_are_slowed_down(self):
        self._hold(self.asha, 2)
        for _attempt in range(BUCKET_SIZE):
            self.assertRefused("BED_TAKEN", self._hold, self.bina, 2)
        refused = self.assertRefused("TOO_MANY_REQUESTS", self._hold, self.bina, 2)
        self.assertGreater(float(refused.extra[0]), 0)

    def test_an_older_fence_is_refused(self):
        mark = self.locks.mark
        epoch = self.round.epoch
        self.assertEqual(mark(self.key, self.floor_id, 2, "3", 20, epoch), "OK")
        self.assertEqual(mark(self.key, self.floor_id, 2, "0", 19, epoch), "OLD")
        self.assertEqual(self.states(), "00300000")

    def test_an_old_epoch_is_refused(self):
        reply = self.locks.mark(self.key, self.floor_id, 2, "3", 20, self.round.epoch - 1)
        self.assertEqual(reply, "EPOCH")
        self.assertEqual(self.states(), "00000000")

    def test_a_decision_ends_the_courtesy_of_the_lock(self):
        self._hold(self.asha, 2)
        self.locks.mark(self.key, self.floor_id, 2, "2", 20, self.round.epoch)
        self.assertEqual(self.states(), "00200000")
        self.assertIsNone(self.locks.get_hold(self.key, self.asha.id))
        self.locks.sweep(self.key)
        self.assertEqual(self.states(), "00200000")

    def test_nothing_is_held_while_the_map_is_loaded_again(self):
        self.locks.clear_epoch(self.key)
        self.assertRefused("MAP_REBUILDING", self._hold, self.asha, 2)
        self.assertRefused("MAP_REBUILDING", self.locks.read_floor, self.key, self.floor_id)

    def test_a_rebuild_keeps_the_holds_of_students(self):
        hold = self._hold(self.asha, 2)
        self.round._load(self.locks)
        self.assertEqual(self.states(), "00100000")
        self.assertEqual(self.locks.get_hold(self.key, self.asha.id).token, hold.token)

    def test_every_change_is_told_to_the_viewers(self):
        with self.locks.client.pubsub(ignore_subscribe_messages=True) as pubsub:
            pubsub.subscribe(self.locks.channel)
            pubsub.get_message(timeout=1)
            hold = self._hold(self.asha, 2)
            self.locks.release(self.key, self.asha.id, hold.token)
            told = []
            for _attempt in range(20):
                message = pubsub.get_message(timeout=0.2)
                if message:
                    told.append(message["data"].split("|"))
                if len(told) == 2:
                    break
        self.assertEqual([(line[4], line[5]) for line in told], [("2", "1"), ("2", "0")])
        self.assertEqual(int(told[1][2]), int(told[0][2]) + 1)

    def test_one_owner_keeps_a_mutex(self):
        self.assertTrue(self.locks.take_mutex("test", "a", 5000))
        self.assertTrue(self.locks.take_mutex("test", "a", 5000))
        self.assertFalse(self.locks.take_mutex("test", "b", 5000))
        self.locks.free_mutex("test", "b")
        self.assertFalse(self.locks.take_mutex("test", "b", 5000))
        self.locks.free_mutex("test", "a")
        self.assertTrue(self.locks.take_mutex("test", "b", 5000))

    def test_a_keeper_that_stands_by_works_only_without_another(self):
        first, second = Keeper(self.env.cr.dbname), Keeper(self.env.cr.dbname)
        spare = Keeper(self.env.cr.dbname, stands_by=True)
        self.assertTrue(spare.may_work(self.locks))
        self.assertFalse(first.may_work(self.locks), "the spare one finishes what it began")
        self.assertFalse(spare.may_work(self.locks), "and leaves it to the other")
        self.locks.free_mutex("keeper", spare.owner)  # its time runs out
        self.assertTrue(first.may_work(self.locks))
        self.assertFalse(second.may_work(self.locks))
        for keeper in (first, second):
            for name in ("keeper", FIRST_CHOICE):
                self.locks.free_mutex(name, keeper.owner)
        self.assertTrue(spare.may_work(self.locks))
        self.locks.free_mutex("keeper", spare.owner)

    def test_doors_are_known_for_a_version_and_unless_they_refuse(self):
        version = self.round.doors_version
        self.assertTrue(self.locks.knows_doors(self.key, self.asha.id, version))
        self.assertFalse(self.locks.knows_doors(self.key, self.asha.id, version + 1))
        self.assertFalse(self.locks.knows_doors(self.key, 2**31 - 1, version))
        self.locks.set_eligibility(
            *(self.key, self.asha.id),
            gender="f",
            doors={},
            refusal="HAS_ALLOCATION",
            doors_version=version,
        )
        self.assertFalse(self.locks.knows_doors(self.key, self.asha.id, version))

    def test_states_and_whether_they_count_come_in_one_call(self):
        self.assertEqual(
            self.locks.peek_floors(self.key, [self.floor_id, 2**31 - 1]),
            {self.floor_id: "00000000", 2**31 - 1: None},
        )
        self.locks.clear_epoch(self.key)
        self.assertEqual(self.locks.peek_floors(self.key, [self.floor_id]), {self.floor_id: None})
        self.assertEqual(self.locks.peek_floors(self.key, []), {})
