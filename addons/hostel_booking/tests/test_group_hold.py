import threading

from odoo.tests import tagged

from ..tools.seat_lock import SeatRefused
from .common import BookingCase

THREADS = 8
GROUP = 3


@tagged("post_install", "-at_install")
class TestGroupHold(BookingCase):
    """Several beds in one Lua call: all or none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.students = cls.env["hostel.student"].create(
            [
                {
                    "name": f"Member {number}",
                    "roll_number": f"T-GROUP-{number}",
                    "gender": "female",
                    "year_of_study": 2,
                }
                for number in range(THREADS * GROUP)
            ]
        )

    def setUp(self):
        super().setUp()
        self.key, self.floor_id = self.round.key, self.map.floor_id.id
        for student in self.students:
            student._load_eligibility(self.round)

    def _places(self, students, indexes):
        return [
            (student.id, self.floor_id, index)
            for student, index in zip(students, indexes, strict=True)
        ]

    def _hold(self, students, indexes):
        return self.locks.hold_many(self.key, self._places(students, indexes))

    def assertRefused(self, code, student, call, *args):
        with self.assertRaises(SeatRefused) as caught:
            call(*args)
        self.assertEqual((caught.exception.code, caught.exception.student_id), (code, student.id))

    def test_a_group_gets_its_beds_under_one_token(self):
        members = self.students[:3]
        holds = self._hold(members, [4, 0, 2])
        self.assertEqual([hold.index for hold in holds], [4, 0, 2])
        self.assertEqual(self.states(), "10101000")
        self.assertEqual(len({hold.token for hold in holds}), 1)
        for member, hold in zip(members, holds, strict=True):
            self.assertEqual(self.locks.get_hold(self.key, member.id).index, hold.index)

    def test_one_taken_bed_refuses_the_whole_group(self):
        self.locks.hold(self.key, self.floor_id, 2, self.students[9].id)
        members = self.students[:3]
        self.assertRefused("BED_TAKEN", members[2], self._hold, members, [0, 1, 2])
        self.assertEqual(self.states(), "00100000")
        self.assertIsNone(self.locks.get_hold(self.key, members[0].id))

    def test_each_member_is_checked(self):
        members = self.students[:2]
        self.chand._load_eligibility(self.round)
        self.assertRefused("NOT_ELIGIBLE", self.chand, self._hold, members | self.chand, [0, 1, 2])
        self.locks.hold(self.key, self.floor_id, 5, members[1].id)
        self.assertRefused("ALREADY_HOLDING", members[1], self._hold, members, [0, 1])
        self.assertEqual(self.states(), "00000100")

    def test_a_group_lets_go_together_but_only_of_its_own(self):
        members = self.students[:3]
        token = self._hold(members, [0, 1, 2])[0].token
        self.locks.hold(self.key, self.floor_id, 3, self.students[3].id)
        everybody = self.students[:4].ids
        self.assertEqual(self.locks.release_many(self.key, everybody, "guess"), 0)
        self.assertEqual(self.locks.release_many(self.key, everybody, token), 3)
        self.assertEqual(self.states(), "00010000")
        self.assertEqual(self.locks.release_many(self.key, everybody, token), 0)

    def test_the_shortest_time_counts_for_all(self):
        opens, closes = self.door(self.students[0])[:2]
        for student, hold in ((self.students[0], 600_000), (self.students[1], 60_000)):
            self.locks.set_eligibility(
                self.key,
                student.id,
                gender="f",
                doors={self.floor_id: [(opens, closes, hold)]},
                doors_version=self.round.doors_version,
            )
        holds = self._hold(self.students[:2], [0, 1])
        self.assertEqual({hold.ttl_ms for hold in holds}, {60_000})

    def test_a_student_or_a_bed_twice_is_a_mistake_of_the_caller(self):
        twice = self.students[0] | self.students[1]
        for places in (
            [],
            self._places(twice, [1, 1]),
            self._places(twice[0], [1]) + self._places(twice[0], [2]),
        ):
            with self.assertRaises(ValueError):
                self.locks.hold_many(self.key, places)

    def test_nothing_is_held_while_the_map_is_loaded_again(self):
        self.locks.clear_epoch(self.key)
        self.assertRefused(
            "MAP_REBUILDING", self.students[0], self._hold, self.students[:2], [0, 1]
        )

    def test_the_round_works_out_who_may_hold(self):
        self.locks.drop_eligibility(self.key, self.students.ids)
        beds = self.girls.floor_ids.bed_ids.sorted("map_index")[:2]
        holds = self.round._hold_many(list(zip(self.students[:2], beds, strict=True)))
        self.assertEqual([hold.index for hold in holds], beds.mapped("map_index"))

    # Racing --------------------------------------------------------------

    def _race(self, call):
        """Let every group try at once; returns who got which beds, and every state seen."""
        start = threading.Barrier(THREADS + 1)
        got, seen, done = {}, set(), threading.Event()

        def run(number):
            # Each group wants other beds in another order, and any two share one.
            wanted = [(number + step * 3) % 8 for step in range(GROUP)]
            members = self.student_ids[number * GROUP : (number + 1) * GROUP]
            start.wait()
            try:
                got[number] = call(members, wanted)
            except SeatRefused:
                got[number] = []

        def look():
            start.wait()
            while not done.is_set():
                seen.add(self.locks.read_floor(self.key, self.floor_id).states.count("1"))

        self.student_ids = self.students.ids
        threads = [threading.Thread(target=run, args=[number]) for number in range(THREADS)]
        watcher = threading.Thread(target=look)
        for thread in [*threads, watcher]:
            thread.start()
        for thread in threads:
            thread.join()
        done.set()
        watcher.join()
        return got, seen

    def _reset(self):
        self.forget_maps()
        self.load_maps()
        for student in self.students:
            student._load_eligibility(self.round)

    def test_of_racing_groups_each_gets_all_or_nothing(self):
        def together(members, wanted):
            places = [(m, self.floor_id, i) for m, i in zip(members, wanted, strict=True)]
            return [hold.index for hold in self.locks.hold_many(self.key, places)]

        for _time in range(20):
            got, seen = self._race(together)
            winners = [beds for beds in got.values() if beds]
            self.assertTrue(winners)
            self.assertEqual({len(beds) for beds in winners}, {GROUP})
            taken = [index for beds in winners for index in beds]
            self.assertEqual(len(taken), len(set(taken)))
            self.assertEqual(self.states().count("1"), len(taken))
            self.assertFalse([count for count in seen if count % GROUP])
            self._reset()

    def test_one_by_one_groups_get_parts(self):
        """The same race with the guard off."""

        def one_by_one(members, wanted):
            held = []
            for member, index in zip(members, wanted, strict=True):
                try:
                    held.append(self.locks.hold(self.key, self.floor_id, index, member).index)
                except SeatRefused:
                    continue
            return held

        got, _seen = self._race(one_by_one)
        self.assertTrue([beds for beds in got.values() if 0 < len(beds) < GROUP])
