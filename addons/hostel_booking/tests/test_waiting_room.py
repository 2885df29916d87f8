import json
import time
from dataclasses import replace

from odoo.tests import tagged

from odoo.addons.hostel_base.errors import HostelError

from ..tools.live_wsgi import read_place
from ..tools.seat_lock import SeatRefused
from .common import BookingCase

STUDENTS = 12


@tagged("post_install", "-at_install")
class TestWaitingRoom(BookingCase):
    """It gates holding, not looking, when more come than are let in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.students = cls.env["hostel.student"].create(
            [
                {
                    "name": f"Waiter {number}",
                    "roll_number": f"T-WAIT-{number}",
                    "gender": "female",
                    "year_of_study": 2,
                }
                for number in range(STUDENTS)
            ]
        )

    def setUp(self):
        super().setUp()
        self.key, self.floor_id = self.round.key, self.map.floor_id.id
        for student in self.students | self.asha | self.bina:
            student._load_eligibility(self.round)

    def _set(self, **changes):
        """Change the waiting room as the office does."""
        room = replace(self.round._get_waiting_room(), **changes)
        self.locks.set_waiting_room(self.key, room)

    def _let_in_one(self):
        """Room for one; it is taken by the first student."""
        self._set(mode="on", max_active=1)
        self._hold(self.students[0], 0)

    def _hold(self, student, index):
        return self.locks.hold(self.key, self.floor_id, index, student.id)

    def _join(self, student, ticket=""):
        return self.locks.join_queue(self.key, student.id, ticket)

    def _look(self, place):
        return self.locks.look_queue(self.key, place.ticket)

    def _open_in(self, students, ms, closes_in=3_600_000):
        now = int(time.time() * 1000)
        for student in students:
            self.locks.set_eligibility(
                self.key,
                student.id,
                gender="f",
                doors={self.floor_id: [(now + ms, now + closes_in, 600_000)]},
                doors_version=self.round.doors_version,
            )

    def _lose_everything(self):
        """FLUSHALL, and what the keeper does a second later."""
        self.forget_maps()
        self.round.epoch += 1
        self.load_maps()

    def assertRefused(self, code, call, *args):
        with self.assertRaises(SeatRefused) as caught:
            call(*args)
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    # When it begins ------------------------------------------------------

    def test_nobody_waits_while_there_is_room(self):
        self.assertEqual(self.round.queue_mode, "auto")
        self.assertEqual(self._join(self.students[0]).state, "none")
        for index, student in enumerate(self.students[:4]):
            self._hold(student, index)
        self.assertEqual(self.locks.tick_queue(self.key).active, 4)

    def test_it_begins_by_itself_when_there_is_no_more_room(self):
        self._set(max_active=2)
        self._hold(self.students[0], 0)
        self._hold(self.students[1], 1)
        refused = self.assertRefused("QUEUE", self._hold, self.students[2], 2)
        self.assertEqual(refused.extra[:3], ("waiting", "1", "1"))
        self.assertEqual(self._join(self.students[3]).position, 2)
        self.assertEqual(self.states(), "11000000")

    def test_switched_off_it_stops_nobody(self):
        self._set(mode="off", max_active=1)
        for index, student in enumerate(self.students[:3]):
            self._hold(student, index)
        self.assertEqual(self._join(self.students[5]).state, "none")

    def test_no_more_are_let_in_than_the_rate_says(self):
        # Ten seconds' worth of 18 a minute.
        self._set(mode="on", rate=18)
        places = [self._join(student) for student in self.students]
        self.assertEqual([place.state for place in places[:3]], ["in"] * 3)
        self.assertEqual({place.state for place in places[3:]}, {"waiting"})
        figures = self.locks.tick_queue(self.key)
        self.assertEqual((figures.waiting, figures.active, figures.admitted), (9, 3, 3))
        # The next seven take about 7/18 of a minute.
        self.assertAlmostEqual(self._look(places[9]).wait_ms, 7 * 60_000 / 18, delta=3000)

    def test_a_rate_of_nothing_lets_in_nobody_and_promises_nothing(self):
        self._set(mode="on", rate=0)
        place = self._join(self.asha)
        self.assertEqual((place.state, place.position, place.wait_ms), ("waiting", 1, None))
        self.assertRefused("QUEUE", self._hold, self.asha, 0)

    # Fairness ------------------------------------------------------------

    def test_first_come_first_served_and_one_place_each(self):
        self._let_in_one()
        places = [self._join(student) for student in self.students[1:5]]
        again = [self._join(student) for student in self.students[4:0:-1]]
        self.assertEqual([place.position for place in places], [1, 2, 3, 4])
        self.assertEqual([place.position for place in again], [4, 3, 2, 1])
        self.assertEqual(places[0].waiting, 1)
        self.assertEqual(again[0].waiting, 4)

    def test_before_the_opening_places_are_drawn_and_later_comers_follow(self):
        self._set(mode="on", max_active=1)
        early, late = self.students[:10], self.students[10]
        self._open_in(early | late, 2000)
        before = [self._join(student) for student in early]
        self.assertEqual({place.state for place in before}, {"early"})
        self.assertRefused("NOT_OPEN", self._hold, early[0], 0)
        time.sleep(2)
        order = []
        last = self._join(late)
        places = dict(zip(early, before, strict=True))
        for _turn in early:
            states = {student: self._look(place) for student, place in places.items()}
            [chosen] = [student for student, place in states.items() if place.state == "in"]
            order.append(chosen.id)
            self.locks.leave_queue(self.key, chosen.id)
            del places[chosen]
            self.locks.tick_queue(self.key)
        self.assertEqual(sorted(order), sorted(early.ids))
        self.assertNotEqual(order, early.ids, "the draw is the order of arrival")
        self.assertEqual(self._look(last).state, "in")

    def test_coming_again_before_the_opening_draws_no_better_place(self):
        self._set(mode="on")
        self._open_in(self.students, 60_000)
        name = f"{self.locks._prefix(self.key)}wq"
        for student in self.students:
            self._join(student)
        before = self.locks.client.zrange(name, 0, -1)
        for student in self.students[::-1]:
            self.locks.leave_queue(self.key, student.id)
            self._join(student)
        self.assertEqual(self.locks.client.zrange(name, 0, -1), before)

    def test_the_draw_is_another_in_another_round(self):
        self._set(mode="on")
        self._open_in(self.students, 60_000)
        orders = set()
        for secret in ("one", "two", "three"):
            self._set(mode="on", secret=secret)
            for student in self.students:
                self.locks.leave_queue(self.key, student.id)
                self._join(student)
            name = f"{self.locks._prefix(self.key)}wq"
            orders.add(tuple(self.locks.client.zrange(name, 0, -1)))
        self.assertEqual(len(orders), 3)

    # Places and passes ---------------------------------------------------

    def test_whoever_is_let_in_may_hold(self):
        self._let_in_one()
        place = self._join(self.asha)
        self.assertEqual(place.state, "waiting")
        self.locks.leave_queue(self.key, self.students[0].id)
        self.assertEqual(self._look(place).state, "in")
        self._hold(self.asha, 3)

    def test_a_ticket_of_ones_own_making_is_worth_nothing(self):
        self._let_in_one()
        place = self._join(self.asha)
        student, score, rest = place.ticket.split(".", 2)
        for ticket in (
            f"{student}.{int(score) - 10**9}.{rest}",
            f"{self.bina.id}.{score}.{rest}",
            place.ticket[:-1],
            "",
            "a.b.c",
            "1.2.3.4.5",
        ):
            self.assertRefused("QUEUE_PLACE_LOST", self.locks.look_queue, self.key, ticket)

    def test_a_place_survives_a_short_absence_and_no_long_one(self):
        self._let_in_one()
        self._set(mode="on", max_active=1, grace_ms=300)
        gone, here = self._join(self.asha), self._join(self.bina)
        for _time in range(4):
            time.sleep(0.1)
            self._look(here)
        self.locks.tick_queue(self.key)
        self.assertRefused("QUEUE_PLACE_LOST", self._look, gone)
        self.assertEqual(self._look(here).position, 1)

    def test_who_leaves_is_in_no_queue_on_any_device(self):
        self._let_in_one()
        self._set(mode="on", max_active=1)
        phone = self._join(self.asha)
        laptop = self._look(phone)
        self.assertEqual(laptop.state, "waiting")
        self.locks.leave_queue(self.key, self.asha.id)
        for place in (phone, laptop):
            self.assertEqual(self._look(place).state, "none", "and so nobody joins by itself")
        again = self._join(self.asha)
        self.assertEqual((again.state, self._look(again).state), ("waiting", "waiting"))
        self.assertEqual(self._look(phone).state, "waiting", "the old tab is in line as well")

    def test_the_absent_are_passed_over(self):
        self._let_in_one()
        self._set(mode="on", max_active=1, grace_ms=200)
        self._join(self.asha)
        time.sleep(0.25)
        here = self._join(self.bina)
        self.locks.leave_queue(self.key, self.students[0].id)
        self.assertEqual(self._look(here).state, "in")

    def test_a_pass_ends_when_its_owner_is_gone_and_lives_on_while_here(self):
        self._set(mode="on", max_active=1, pass_ms=1500)
        mine = self._join(self.asha)
        self.assertEqual(mine.state, "in")
        next_one = self._join(self.bina)
        for _time in range(4):
            time.sleep(0.5)
            self.assertEqual(self._look(mine).state, "in")
        time.sleep(1.6)
        self.assertEqual(self._look(next_one).state, "in")
        self.assertRefused("QUEUE_PLACE_LOST", self._look, mine)

    def test_nobody_is_thrown_out_while_holding(self):
        self._set(mode="on", max_active=1, pass_ms=1000)
        hold = self._hold(self.asha, 0)
        time.sleep(1.1)
        self.assertRefused("QUEUE", self._hold, self.bina, 1)
        self.locks.extend(self.key, self.asha.id, hold.token)
        self.locks.release(self.key, self.asha.id, hold.token)
        self._hold(self.asha, 2)

    def test_whoever_has_booked_makes_room(self):
        self._let_in_one()
        self.assertRefused("QUEUE", self._hold, self.asha, 1)
        self.locks.mark(self.key, self.floor_id, 0, "3", 20, self.round.epoch, self.students[0].id)
        self._hold(self.asha, 1)

    def test_of_a_group_the_one_who_acts_waits(self):
        self._let_in_one()
        places = [(self.asha.id, self.floor_id, 4), (self.bina.id, self.floor_id, 5)]
        refused = self.assertRefused("QUEUE", self.locks.hold_many, self.key, places)
        self.assertEqual(refused.student_id, self.asha.id)
        self.locks.leave_queue(self.key, self.students[0].id)
        self.assertEqual(len(self.locks.hold_many(self.key, places)), 2)

    def test_looking_needs_no_pass(self):
        self._let_in_one()
        self._join(self.asha)
        self.assertEqual(self.states(), "10000000")
        boot = self.desk(self.asha_user)._boot(self.girls.id)
        self.assertEqual((boot["queue"]["state"], boot["queue"]["position"]), ("waiting", 1))

    def test_whoever_may_not_book_has_no_place(self):
        self._set(mode="on")
        self._open_in(self.asha, -1000, closes_in=-500)
        self.assertRefused("WINDOW_CLOSED", self._join, self.asha)

    # Redis forgets -------------------------------------------------------

    def test_when_redis_forgets_everybody_gets_the_old_place_back(self):
        self._let_in_one()
        tickets = {student: self._join(student).ticket for student in self.students[1:6]}
        self._lose_everything()
        self._set(mode="on", rate=0)
        # Somebody new is the first to come.
        self.asha._load_eligibility(self.round)
        self.assertEqual(self._join(self.asha).position, 1)
        back = {}
        for student in self.students[5:0:-1]:
            back[student] = self.locks.look_queue(self.key, tickets[student])
        order = [self._look(back[student]).position for student in self.students[1:6]]
        self.assertEqual(order, [1, 2, 3, 4, 5])
        self.assertEqual(self._join(self.asha).position, 6)

    def test_without_a_loss_an_old_ticket_is_no_way_to_the_front(self):
        self._let_in_one()
        first = self._join(self.asha)
        self._join(self.bina)
        self.locks.leave_queue(self.key, self.asha.id)
        self.assertEqual(self._look(first).state, "none")
        self.assertEqual(self._join(self.asha, first.ticket).position, 2)

    def test_after_a_loss_a_ticket_of_long_ago_is_no_way_to_the_front(self):
        self._let_in_one()
        self._set(mode="on", max_active=1, grace_ms=100)
        first = self._join(self.asha)
        self._lose_everything()
        self._set(mode="on", rate=0, grace_ms=100)
        time.sleep(0.15)
        self.assertRefused("QUEUE_PLACE_LOST", self._look, first)

    def test_while_the_map_is_loaded_again_the_queue_says_so(self):
        self._let_in_one()
        place = self._join(self.asha)
        self.locks.clear_epoch(self.key)
        self.assertRefused("MAP_REBUILDING", self._look, place)
        self.assertRefused("MAP_REBUILDING", self._join, self.asha)

    # What people see -----------------------------------------------------

    def test_a_place_is_read_without_any_sql(self):
        self._let_in_one()
        place = self._join(self.asha)
        with self.assertQueryCount(0):
            status, headers, body = read_place(self.locks, self.map.key, place.ticket)
        self.assertEqual((status, dict(headers)["Cache-Control"]), ("200 OK", "no-store"))
        queue = json.loads(body)["queue"]
        self.assertEqual((queue["state"], queue["position"]), ("waiting", 1))
        self.assertGreaterEqual(queue["poll_ms"], 2000)
        status, _headers, body = read_place(self.locks, self.map.key, "nonsense")
        self.assertEqual((status, json.loads(body)["code"]), ("410 Gone", "QUEUE_PLACE_LOST"))
        status, _headers, _body = read_place(self.locks, "unknownkey12", place.ticket)
        self.assertEqual(status, "404 Not Found")

    def test_a_hold_without_a_pass_is_refused_in_words(self):
        self._let_in_one()
        with self.assertRaises(HostelError) as caught:
            self.desk(self.asha_user)._hold(self.map.key, 3)
        refused = caught.exception
        self.assertEqual((refused.code, refused.http_status), ("QUEUE", 429))
        self.assertEqual(refused.details["position"], 1)
        self.assertGreaterEqual(refused.details["retry_after"], 1)
        self.assertEqual(refused.details["queue"]["state"], "waiting")
        self.assertIn("number 1", str(refused))

    def test_the_office_sees_figures_and_sets_the_rate(self):
        self._let_in_one()
        self._join(self.asha)
        figures = self.round.get_queue_figures()
        self.assertEqual((figures["waiting"], figures["active"], figures["admitted"]), (1, 1, 1))
        self.round.action_queue_start()
        self.round.queue_rate = 42
        self.env.cr.postcommit.run()
        fields = self.locks.client.hgetall(f"{self.locks._prefix(self.key)}wr")
        self.assertEqual((fields["mode"], fields["rate"]), ("on", "42"))
        self.round.action_queue_stop()
        self.assertEqual(self.round.queue_mode, "auto")
