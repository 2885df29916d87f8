"""The students' page: wishes, beds for the whole group, and what others may know."""

from datetime import timedelta
from unittest.mock import patch

import redis

from odoo.tests import HttpCase, tagged

from odoo.addons.hostel_base.errors import HostelError

from ..tools.seat_lock import SeatLock
from .common import CampusMixin
from .test_cohort import CohortCase


@tagged("post_install", "-at_install")
class TestCohortWishes(CohortCase):
    def test_wishes_are_ranked_as_they_come_and_can_be_moved(self):
        cohort = self._pair()
        asha = self.as_(self.asha_user)
        first = asha._add_wish({"hostel_id": self.girls.id})
        second = asha._add_wish({"room_id": self.big_room.id})
        self.assertEqual(cohort.wish_ids.sorted("sequence"), first | second)
        asha._order_wishes([second.id, first.id])
        self.assertEqual((second.sequence, first.sequence), (1, 2))
        asha._remove_wish(second.id)
        self.assertEqual(cohort.wish_ids.mapped("sequence"), [1])

    def test_a_named_room_says_its_floor_and_hostel(self):
        self._pair()
        wish = self.as_(self.asha_user)._add_wish({"room_id": self.big_room.id})
        self.assertEqual(wish.hostel_id, self.girls)
        self.assertIn("301", wish._get_label())

    def test_nobody_wishes_twice_for_the_same(self):
        self._pair()
        asha = self.as_(self.asha_user)
        asha._add_wish({"hostel_id": self.girls.id})
        self.refused("INVALID_WISH", asha._add_wish, {"hostel_id": self.girls.id})

    def test_a_wish_that_no_room_fulfils_is_refused_in_words(self):
        self._pair()
        asha = self.as_(self.asha_user)
        self.refused("INVALID_WISH", asha._add_wish, {"hostel_id": self.boys.id})
        self.refused("NOT_FOUND", asha._add_wish, {"hostel_id": 2**30})

    def test_only_the_leader_ranks_and_only_until_the_submission(self):
        cohort = self._pair()
        wish = self.as_(self.asha_user)._add_wish({"hostel_id": self.girls.id})
        bina = self.as_(self.bina_user)
        for call, args in (
            (bina._add_wish, [{"hostel_id": self.girls.id}]),
            (bina._remove_wish, [wish.id]),
            (bina._order_wishes, [[wish.id]]),
        ):
            self.refused("NOT_LEADER", call, *args)
        self.as_(self.asha_user)._submit()
        asha = self.as_(self.asha_user)
        for call, args in (
            (asha._add_wish, [{}]),
            (asha._remove_wish, [wish.id]),
            (asha._order_wishes, [[wish.id]]),
        ):
            self.refused("COHORT_LOCKED", call, *args)
        self.assertEqual(cohort.wish_count, 1)

    def test_the_order_names_all_wishes_and_no_others(self):
        self._pair()
        asha = self.as_(self.asha_user)
        wish = asha._add_wish({"hostel_id": self.girls.id})
        other_cohort = self.as_(self.divya_user)._create(2)
        foreign = self._wish(other_cohort, hostel_id=self.girls.id)
        for ids in ([], [foreign.id], [wish.id, foreign.id], [wish.id, wish.id]):
            with self.subTest(ids=ids):
                self.refused("COHORT_CHANGED", asha._order_wishes, ids)
        self.refused("NOT_FOUND", asha._remove_wish, foreign.id)

    def test_the_page_says_how_many_rooms_a_wish_can_hope_for(self):
        self._pair()
        asha = self.as_(self.asha_user)
        asha._add_wish({"hostel_id": self.girls.id, "room_type_id": self.room_type.id})
        [wish] = asha._get_page()["cohort"]["wishes"]
        self.assertEqual((wish["rooms"], wish["free"]), (4, 4))
        self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[0], self.divya, self.term, "paying"
        )
        [wish] = asha._get_page()["cohort"]["wishes"]
        self.assertEqual((wish["rooms"], wish["free"]), (4, 3))

    def test_what_can_be_wished_for_fits_the_group(self):
        self._pair()
        choices = self.as_(self.asha_user)._get_choices()
        self.assertEqual([h["id"] for h in choices["hostels"]], [self.girls.id])
        self.assertEqual(len(choices["rooms"]), 5)
        self.refused("NO_COHORT", self.as_(self.divya_user)._get_choices)


@tagged("post_install", "-at_install")
class TestCohortPageText(CohortCase):
    def test_others_are_described_without_what_they_do_not_share(self):
        self._pair()
        page = self.as_(self.bina_user)._get_page()
        text = str(page)
        for secret in (self.asha.roll_number, self.asha.name, self.asha.email or "@"):
            self.assertNotIn(secret, text)
        self.asha._give_consent(self.asha.partner_id, "portal", optional=["roommates"])
        [leader] = [
            m for m in self.as_(self.bina_user)._get_page()["cohort"]["members"] if m["is_leader"]
        ]
        self.assertEqual(leader["name"], self.asha.name.split()[0])

    def test_the_link_is_shown_to_the_leader_only(self):
        self._pair(3)
        self.assertTrue(self.as_(self.asha_user)._get_page()["cohort"]["invite"])
        self.assertFalse(self.as_(self.bina_user)._get_page()["cohort"]["invite"])

    def test_who_is_missing_is_said_as_cleared_or_not_yet(self):
        self._submitted()
        self._clear(self.asha)
        members = self.as_(self.bina_user)._get_page()["cohort"]["members"]
        self.assertEqual([m["is_cleared"] for m in members], [True, False])

    def test_a_decline_looks_like_no_answer(self):
        cohort = self.as_(self.asha_user)._create(2)
        member = self.as_(self.asha_user)._invite(cohort, self.bina)
        before = self.as_(self.asha_user)._get_page()["cohort"]["invited"]
        self.as_(self.bina_user)._answer(member.id, False)
        self.assertEqual(self.as_(self.asha_user)._get_page()["cohort"]["invited"], before)
        self.assertEqual(len(before), 1)

    def test_who_can_not_take_part_is_told_why(self):
        self.window.closes_at = self.env.cr.now() - timedelta(seconds=1)
        page = self.as_(self.asha_user)._get_page()
        self.assertIsNone(page["cohort"])
        self.assertTrue(page["refusal"])


@tagged("post_install", "-at_install")
class TestCohortBeds(CohortCase):
    """Two rooms' worth of beds are held by one Lua call and taken in one transaction."""

    def setUp(self):
        super().setUp()
        self.cohort = self._pair()
        room = self.girls.room_ids.filtered(lambda room: room.name == "101")
        self.places = room.bed_ids.sorted("map_index").mapped("map_index")

    def _hold(self, places=None):
        return self.as_(self.asha_user)._hold_beds(self.map.key, places or self.places)

    def test_the_leader_holds_a_bed_for_everybody(self):
        held = self._hold()
        self.assertEqual([self.states()[i] for i in self.places], ["1", "1"])
        self.assertEqual(len(held["beds"]), 2)
        for student in self.asha | self.bina:
            hold = self.locks.get_hold(self.round.key, student.id)
            self.assertEqual(hold.token, held["token"])

    def test_all_or_none_on_the_map(self):
        self.desk(self.divya_user)._hold(self.map.key, self.places[1])
        self.refused("BED_TAKEN", self._hold)
        self.assertEqual(self.states()[self.places[0]], "0")
        self.assertIsNone(self.locks.get_hold(self.round.key, self.asha.id))

    def test_a_member_who_holds_another_bed_stops_all(self):
        self.desk(self.bina_user)._hold(self.map.key, self.places[1] + 1)
        refusal = self.refused("NOT_ELIGIBLE", self._hold)
        # What the other one holds is not said.
        self.assertFalse(refusal.details)
        self.assertEqual([self.states()[i] for i in self.places], ["0", "0"])

    def _refuse(self, student, code):
        """Something that stands in the way of one student only."""

        def refuse(_rows, one, _term):
            if one == student:
                raise HostelError(code, "A private matter.", 403, {"url": "/my/fees"})

        return patch.object(self.registry["hostel.allocation"], "_check_student_may_live", refuse)

    def test_what_stands_in_the_way_of_another_is_not_told_to_the_leader(self):
        answers = set()
        for code in ("OUTSTANDING_FEES", "VIOLATION_UNRESOLVED", "STUDENT_INACTIVE"):
            for student in self.asha | self.bina:
                student._drop_eligibility()
                self.locks.drop_eligibility(self.round.key, student.ids)
            with self.subTest(code=code), self._refuse(self.bina, code):
                refusal = self.refused("NOT_ELIGIBLE", self._hold)
                answers.add((str(refusal), refusal.http_status, str(refusal.details)))
        self.assertEqual(len(answers), 1)

    def test_what_stands_in_the_own_way_is_told_to_the_leader(self):
        self.asha._drop_eligibility()
        self.locks.drop_eligibility(self.round.key, self.asha.ids)
        with self._refuse(self.asha, "OUTSTANDING_FEES"):
            self.refused("OUTSTANDING_FEES", self._hold)

    def test_at_the_taking_neither_is_said_of_another(self):
        for student, code in ((self.bina, "NOT_ELIGIBLE"), (self.asha, "VIOLATION_UNRESOLVED")):
            held = self._hold()
            with self.subTest(code=code), self._refuse(student, "VIOLATION_UNRESOLVED"):
                refusal = self.refused(code, self.as_(self.asha_user)._take_beds, held["token"])
                self.assertEqual("private" in str(refusal), student == self.asha)
            self.assertFalse(self.cohort.allocation_ids)
            self.assertEqual([self.states()[i] for i in self.places], ["0", "0"])

    def test_offers_for_everybody_in_one_transaction(self):
        held = self._hold()
        self.as_(self.asha_user)._take_beds(held["token"])
        rows = self.cohort.allocation_ids
        self.assertEqual(rows.mapped("state"), ["offered", "offered"])
        self.assertEqual(len(set(rows.mapped("payment_ref"))), 2)
        day = timedelta(hours=24)
        for row in rows:
            self.assertAlmostEqual(
                row.hold_until, self.env.cr.now() + day, delta=timedelta(seconds=2)
            )
        # Pressed again, nothing happens twice.
        self.as_(self.asha_user)._take_beds(held["token"])
        self.assertEqual(len(self.cohort.allocation_ids), 2)
        self.drain()
        self.assertEqual([self.states()[i] for i in self.places], ["2", "2"])

    def test_if_postgresql_refuses_one_all_locks_are_released(self):
        held = self._hold()
        bed = self.girls.bed_ids.filtered(lambda bed: bed.map_index == self.places[1])
        self.env["hostel.allocation"]._reserve(bed, self.divya, self.term, "paying")
        self.refused("BED_TAKEN", self.as_(self.asha_user)._take_beds, held["token"])
        self.assertFalse(self.cohort.allocation_ids)
        for student in self.asha | self.bina:
            self.assertIsNone(self.locks.get_hold(self.round.key, student.id))

    def test_after_the_time_nothing_is_taken(self):
        held = self._hold()
        self.desk(self.bina_user)._release(held["token"])
        self.refused("HOLD_EXPIRED", self.as_(self.asha_user)._take_beds, held["token"])
        self.assertFalse(self.cohort.allocation_ids)
        self.assertEqual([self.states()[i] for i in self.places], ["0", "0"])

    def test_the_leader_lets_all_go(self):
        held = self._hold()
        self.as_(self.asha_user)._release_beds(held["token"])
        self.assertEqual([self.states()[i] for i in self.places], ["0", "0"])

    def test_one_member_does_not_take_a_bed_out_of_the_group(self):
        held = self._hold()
        self.refused("HELD_TOGETHER", self.desk(self.bina_user)._pay, held["token"])
        for user in (self.asha_user, self.bina_user):
            self.assertTrue(self.desk(user)._get_me()["hold"]["group"])

    def test_each_takes_the_own_offer(self):
        held = self._hold()
        self.as_(self.asha_user)._take_beds(held["token"])
        row = self.cohort.allocation_ids.filtered(lambda one: one.student_id == self.bina)
        self.assertEqual(self.desk(self.bina_user)._get_me()["booking"]["id"], row.id)
        answer = self.desk(self.bina_user)._confirm(row.id)
        self.assertEqual(answer["state"], row.state)
        # With billing it goes to the payment, and the day that was promised stays.
        self.assertIn(row.state, ("awaiting_approval", "paying"))
        if row.state == "paying":
            self.assertTrue(answer["redirect"])
            self.assertGreater(row.hold_until, self.env.cr.now() + timedelta(hours=23))
        self.assertEqual(self.desk(self.bina_user)._confirm(row.id)["state"], row.state)
        self.refused("NOT_FOUND", self.desk(self.asha_user)._confirm, row.id)

    def test_an_offer_that_is_over_is_not_taken(self):
        held = self._hold()
        self.as_(self.asha_user)._take_beds(held["token"])
        row = self.cohort.allocation_ids.filtered(lambda one: one.student_id == self.asha)
        row._transition("expired")
        self.refused("HOLD_EXPIRED", self.desk(self.asha_user)._confirm, row.id)

    def test_as_many_beds_as_people(self):
        for places in (
            [self.places[0]],
            [self.places[0]] * 2,
            [*self.places, 5],
            [*self.places, self.places[0]],
        ):
            with self.subTest(places=places):
                self.refused("COHORT_SIZE", self._hold, places)
        self.refused("NOT_FOUND", self._hold, [self.places[0], 999])

    def test_only_the_leader_of_a_complete_group_picks(self):
        bina = self.as_(self.bina_user)
        self.refused("NOT_LEADER", bina._hold_beds, self.map.key, self.places)
        self.refused("NO_COHORT", self.as_(self.divya_user)._hold_beds, self.map.key, self.places)
        self.as_(self.asha_user)._set_size(3)
        self.refused("COHORT_NOT_COMPLETE", self._hold)

    def test_without_redis_nothing_is_held_and_nobody_sees_a_traceback(self):
        with patch.object(SeatLock, "hold_many", side_effect=redis.ConnectionError):
            self.refused("MAP_OFFLINE", self._hold)

    def test_each_member_confirms_the_own_bed(self):
        held = self._hold()
        self.as_(self.asha_user)._take_beds(held["token"])
        self._clear(self.asha, self.bina)
        for user in (self.asha_user, self.bina_user):
            self.assertEqual(self.desk(user)._pay("x" * 20)["state"], "awaiting_approval")
        for row in self.cohort.allocation_ids:
            row._transition("allocated")
        self.assertEqual(self.cohort.state, "confirmed")


@tagged("post_install", "-at_install")
class TestCohortRoutes(CampusMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpCampus()
        cls.window.mode = "both"

    def _post(self, path, **body):
        return self.url_open(f"/hostel/cohort/{path}", json=body, method="POST")

    def test_a_group_from_the_first_click_to_the_submission(self):
        self.authenticate("asha.test", "asha.test")
        page = self._post("create", size=2).json()
        self.assertTrue(page["success"])
        path = page["cohort"]["invite"]["path"]
        self.authenticate("bina.test", "bina.test")
        preview = self.url_open(path)
        self.assertEqual(preview.status_code, 200)
        self.assertEqual(preview.headers["Referrer-Policy"], "no-referrer")
        self.assertNotIn(self.asha.roll_number, preview.text)
        joined = self._post("join", token=path.rpartition("/")[2]).json()
        self.assertEqual(joined["cohort"]["state"], "complete")
        self.authenticate("asha.test", "asha.test")
        self.assertEqual(self.url_open("/my/cohort").status_code, 200)
        self._post("wish", hostel_id=self.girls.id)
        page = self._post("submit").json()
        self.assertEqual(page["cohort"]["state"], "awaiting_financial_clearance")

    def test_bad_input_gets_a_code(self):
        self.authenticate("asha.test", "asha.test")
        for path, body, code in (
            ("create", {"size": "two"}, "BAD_REQUEST"),
            ("create", {"size": 2, "solo": "yes"}, "BAD_REQUEST"),
            ("create", {"size": 99}, "COHORT_SIZE"),
            ("create", {}, "BAD_REQUEST"),
            ("join", {"token": "x" * 65}, "BAD_REQUEST"),
            ("join", {"token": "x" * 20}, "NOT_FOUND"),
            ("leave", {}, "NO_COHORT"),
            ("answer", {"id": 1, "accept": 1}, "BAD_REQUEST"),
            ("wish/order", {"ids": "1,2"}, "BAD_REQUEST"),
            ("hold", {"key": "x", "beds": [1]}, "NOT_FOUND"),
        ):
            with self.subTest(path=path, body=body):
                response = self._post(path, **body)
                self.assertEqual(response.json()["code"], code)
                self.assertLess(response.status_code, 500)

    def test_a_dead_link_says_so_and_tells_nothing(self):
        self.authenticate("bina.test", "bina.test")
        page = self.url_open("/my/cohort/join/nothing-behind-this")
        self.assertIn("NOT_FOUND", page.text)

    def test_strangers_and_staff_find_no_such_page(self):
        self.authenticate("stranger.portal", "stranger.portal")
        self.assertEqual(self.url_open("/my/cohort").status_code, 404)
        self.assertEqual(self.url_open("/hostel/cohort/me").json()["code"], "NOT_A_STUDENT")
