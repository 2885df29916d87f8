"""A full quota is said on the map and at the hold; the seats still judge at Pay."""

from datetime import timedelta

from odoo.tests import tagged

from ..tools.quota_places import Source, is_full, write_choices
from ..tools.round_card import to_ms
from .test_quota import QuotaCase


@tagged("post_install", "-at_install")
class TestQuotaOnTheMap(QuotaCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.devi, cls.devi_user = cls._create_student("devi", "female", year_of_study=3)

    def tick(self):
        """What the keeper does each second."""
        self.env.flush_all()
        self.env["hostel.booking.round"]._keep_maps()

    def hold(self, user, place=0):
        return self.desk(user)._hold(self.map.key, place)

    def full(self, user):
        [floor] = self.desk(user)._boot(self.girls.id)["floors"]
        self.assertEqual(
            floor["full"], self.desk(user)._get_doors(self.girls.id)["floors"][0]["full"]
        )
        return floor["full"]

    def places(self, beds):
        return sorted(beds.mapped("map_index"))

    def test_a_hold_is_refused_before_the_way_to_pay(self):
        self._quota(self.second_years, 1, "cap")
        self.tick()
        self.assertEqual(self.full(self.bina_user), [])
        self._reserve(self.asha)
        self.tick()
        self.assertEqual(self.full(self.bina_user), self.places(self.girls.bed_ids))
        refusal = self.refused("QUOTA_FULL", self.hold, self.bina_user, 3)
        self.assertEqual(refusal.http_status, 409)
        # Every bed of the floor is like that; none is offered instead.
        self.assertEqual(refusal.details, {"next": []})
        self.assertEqual(self.states()[3], "0")
        # Whom the limit does not concern sees and holds it.
        self.assertEqual(self.full(self.devi_user), [])
        self.assertTrue(self.hold(self.devi_user, 3))

    def test_a_seat_that_becomes_free_is_seen_a_second_later(self):
        self._quota(self.second_years, 1, "cap")
        row = self._reserve(self.asha)
        self.tick()
        self.refused("QUOTA_FULL", self.hold, self.bina_user, 1)
        row._transition("cancelled")
        self.tick()
        self.assertEqual(self.full(self.bina_user), [])
        self.assertTrue(self.hold(self.bina_user, 1))

    def test_what_filled_since_then_is_refused_at_pay(self):
        self._quota(self.second_years, 1, "cap")
        self.tick()
        hold = self.hold(self.bina_user, 1)
        self._reserve(self.asha)
        self.refused("QUOTA_FULL", self.desk(self.bina_user)._pay, hold["token"])

    def test_others_are_told_when_the_open_seats_are_gone(self):
        self._quota(self.sc, len(self.girls.bed_ids) - 1)
        self._reserve(self.devi)
        self.tick()
        self.refused("QUOTA_FULL", self.hold, self.bina_user, 1)
        # Asha is of the group for which the rest is kept.
        self.assertEqual(self.full(self.asha_user), [])
        self.assertTrue(self.hold(self.asha_user, 1))

    def test_only_the_beds_of_the_place_are_full(self):
        single = self.env["hostel.room.type"].create(
            {"name": "Test single", "code": "TS1", "sharing": 1, "base_fee": 60000}
        )
        rooms = self.girls.floor_ids.room_ids.sorted("name")
        rooms[0].room_type_id = single
        self.round.action_publish_maps()
        self.load_maps()
        self._quota(self.second_years, 1, "cap", room_type_id=single.id)
        bed = rooms[0].bed_ids[0]
        self.env["hostel.allocation"]._reserve(bed, self.asha, self.term, "awaiting_approval")
        self.tick()
        self.drain()
        other = rooms[0].bed_ids[1]
        self.assertEqual(self.full(self.bina_user), self.places(rooms[0].bed_ids))
        refusal = self.refused("QUOTA_FULL", self.hold, self.bina_user, other.map_index)
        self.assertEqual(len(refusal.details["next"]), 3)
        self.assertFalse(
            {bed["i"] for bed in refusal.details["next"]} & set(self.places(rooms[0].bed_ids))
        )
        best = self.env["hostel.booking.best"].with_user(self.bina_user)._get_best()["beds"]
        self.assertTrue(best)
        self.assertNotIn(other.map_index, [bed["i"] for bed in best])
        self.assertTrue(self.hold(self.bina_user, rooms[1].bed_ids[0].map_index))

    def test_seats_open_to_all_on_their_day_by_redis_s_clock(self):
        soon = self.env.cr.now() + timedelta(days=1)
        quota = self._quota(self.sc, len(self.girls.bed_ids), released_at=soon)
        self.tick()
        self.refused("QUOTA_FULL", self.hold, self.bina_user, 1)
        [needs] = self.Quota._get_needs_on_map(self.bina, self.round).values()
        [pool] = quota._get_open().ids
        self.assertEqual(needs, f"{pool}.{quota.id}@{to_ms(soon)}")
        quota.released_at = self.env.cr.now() - timedelta(seconds=1)
        self.tick()
        self.assertTrue(self.hold(self.bina_user, 1))

    def test_other_quotas_are_worked_out_again(self):
        quota = self._quota(self.second_years, 0, "cap")
        self.tick()
        self.refused("QUOTA_FULL", self.hold, self.bina_user, 1)
        before = self.round.doors_version
        quota.seats = 5
        self.assertGreater(self.round.doors_version, before)
        self.tick()
        self.assertTrue(self.hold(self.bina_user, 1))
        self.desk(self.bina_user)._release(self.hold_of(self.bina).token)
        quota.seats = 0
        self.tick()
        self.refused("QUOTA_FULL", self.hold, self.bina_user, 1)
        quota.unlink()
        self.tick()
        self.assertTrue(self.hold(self.bina_user, 1))

    def hold_of(self, student):
        return self.locks.get_hold(self.round.key, student.id)

    def test_a_group_is_refused_as_one(self):
        self._quota(self.second_years, 0, "cap")
        self.tick()
        with self.assertRaises(Exception) as caught:
            self.round._hold_many(
                [(self.devi, self.girls.bed_ids[0]), (self.bina, self.girls.bed_ids[1])]
            )
        self.assertEqual(
            (caught.exception.code, caught.exception.student_id), ("QUOTA_FULL", self.bina.id)
        )
        self.assertEqual(set(self.states()), {"0"})

    def test_redis_that_lost_everything_refuses_nobody(self):
        self._quota(self.second_years, 0, "cap")
        self.tick()
        self.forget_maps()
        self.load_maps()
        self.assertTrue(self.hold(self.bina_user, 1))
        self.desk(self.bina_user)._release(self.hold_of(self.bina).token)
        self.tick()
        self.refused("QUOTA_FULL", self.hold, self.bina_user, 1)

    def test_a_practice_has_no_quotas(self):
        self._quota(self.second_years, 0, "cap")
        practice = self.env["hostel.booking.round"].create(
            {"term_id": self.term.id, "is_practice": True}
        )
        self.assertEqual(self.Quota._get_needs_on_map(self.bina, practice), {})

    def test_the_queries_do_not_grow_with_the_quotas(self):
        def count(quotas):
            self.env.flush_all()
            self.env.invalidate_all()
            quotas.fetch(["kind", "seats", "hostel_id", "floor_id", "room_type_id", "round_id"])
            before = self.env.cr.sql_log_count
            self.assertFalse(quotas._get_full())
            return self.env.cr.sql_log_count - before

        self._quota(self.sc, 1)
        every = [("round_id", "=", self.round.id)]
        few = count(self.Quota.search(every))
        self._quota(self.pwd, 1)
        self._quota(self.sc, 1, floor_id=self.map.floor_id.id)
        self._quota(self.sc, 1, hostel_id=self.boys.id)
        many = self.Quota.search(every)
        self.assertGreater(len(many), 5)
        self.assertEqual(count(many), few)

    def test_counts_are_those_of_the_form(self):
        self._quota(self.sc, 2)
        self._quota(self.pwd, 1, hostel_id=False)
        self._quota(self.second_years, 3, "cap", floor_id=self.map.floor_id.id)
        quotas = self.Quota.search([("round_id", "=", self.round.id)])
        self.assertEqual(quotas._count_seats(), {one: one.seat_count for one in quotas})

    def test_redis_and_python_read_the_needs_alike(self):
        now = to_ms(self.env.cr.now())
        later, earlier = now + 3_600_000, now - 3_600_000
        cases = [
            ([], {1}, False),
            ([[Source(1)]], set(), False),
            ([[Source(1)]], {1}, True),
            ([[Source(1), Source(2)]], {1}, False),
            ([[Source(1), Source(2)]], {1, 2}, True),
            ([[Source(1)], [Source(2)]], {2}, True),
            ([[Source(1), Source(2, later)]], {1}, True),
            ([[Source(1), Source(2, earlier)]], {1}, False),
            ([[Source(1), Source(2, earlier)]], {1, 2}, True),
            ([[Source(11)]], {1}, False),
        ]
        floor_id = self.map.floor_id.id
        self.locks.set_quota_places(self.round.key, {floor_id: {2: "7-8"}}, "test")
        for choices, full, expected in cases:
            needs = write_choices(choices)
            with self.subTest(needs=needs, full=full):
                self.locks.set_eligibility(
                    self.round.key,
                    self.bina.id,
                    gender="f",
                    doors={floor_id: [self.door(self.bina)]},
                    doors_version=self.round.doors_version,
                    places={"7-8": needs},
                )
                self.locks.set_full_quotas(self.round.key, full)
                self.assertEqual(is_full(needs, full, now), expected)
                found = self.locks.read_full(self.round.key, [floor_id], self.bina.id)
                self.assertEqual(found, {floor_id: frozenset({2})} if expected else {})
                if expected:
                    self.refused("QUOTA_FULL", self.hold, self.bina_user, 2)
                else:
                    token = self.hold(self.bina_user, 2)["token"]
                    self.desk(self.bina_user)._release(token)
                self.locks.client.delete(f"{self.locks._prefix(self.round.key)}rl:{self.bina.id}")
