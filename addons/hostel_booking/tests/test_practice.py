from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.hostel_base.errors import HostelError

from .common import BookingCase, CampusMixin


class PracticeMixin:
    @classmethod
    def setUpPractice(cls):
        cls.practice = cls.env["hostel.booking.round"].create(
            {"term_id": cls.term.id, "is_practice": True, "practice_minutes": 5}
        )
        cls.window.copy(
            {
                "name": "Try it",
                "round_id": cls.practice.id,
                "opens_at": cls.window.opens_at,
                "closes_at": cls.window.closes_at,
            }
        )
        cls.practice.action_open()
        cls.practice_map = cls.practice.map_ids.filtered(lambda m: m.hostel_id == cls.girls)

    def load_maps(self):
        super().load_maps()
        self.practice._load(self.locks)
        self.addCleanup(self._forget_practice)

    def _forget_practice(self):
        pattern = f"hostel:{self.env.cr.dbname}:{{{self.practice.key}}}:*"
        for name in self.locks.client.scan_iter(pattern):
            self.locks.client.delete(name)


@tagged("post_install", "-at_install")
class TestPractice(PracticeMixin, BookingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPractice()

    def _states(self):
        return self.locks.read_floor(self.practice.key, self.practice_map.floor_id.id).states

    def _hold(self, index=0, user=None):
        return self.desk(user or self.asha_user)._hold(self.practice_map.key, index)

    def _me(self, user=None, booking_round=None):
        desk = self.desk(user or self.asha_user)
        return desk._in_round((booking_round or self.practice).id)._get_me()

    def test_a_term_has_one_real_round_and_its_own_practice(self):
        self.assertNotEqual(self.practice.key, self.round.key)
        self.assertIn("Practice", self.practice.name)
        self.assertEqual(self.desk(self.asha_user)._get_round(), self.round)

    def _refused(self, code, call, *args):
        with self.assertRaises(HostelError) as caught:
            call(*args)
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    def test_groups_and_places_in_line_are_for_real_beds(self):
        self.round.sudo().state = "closed"
        cohorts = self.env["hostel.cohort.desk"].with_user(self.asha_user)
        self.assertEqual(self.desk(self.asha_user)._get_round(), self.practice)
        for call, args in (
            (cohorts._create, [2]),
            (cohorts._get_page, []),
            (cohorts._hold_beds, [self.map.key, [0, 1]]),
            (cohorts._take_beds, ["x" * 20]),
            (self.env["hostel.suggestion.desk"].with_user(self.asha_user)._get_suggestions, []),
        ):
            with self.subTest(call=call.__name__):
                self.assertIn("practice", str(self._refused("NO_ROUND", call, *args)))
        line = self.env["hostel.waitlist.desk"].with_user(self.asha_user)
        self._refused("WINDOW_CLOSED", line._join)
        self.assertFalse(line._get_mine()["may_join"])
        self.assertFalse(line._get_classes())
        self.assertFalse(self.env["hostel.cohort"].search([("round_id", "=", self.practice.id)]))

    def test_a_group_of_the_real_round_holds_nothing_on_a_practice_map(self):
        self.window.mode = "both"
        cohorts = self.env["hostel.cohort.desk"]
        cohort = cohorts.with_user(self.asha_user)._create(2)
        cohorts.with_user(self.bina_user)._join(cohort.sudo().invite_token)
        self.assertEqual(cohort.round_id, self.round)
        self._refused(
            "PRACTICE",
            cohorts.with_user(self.asha_user)._hold_beds,
            self.practice_map.key,
            [0, 1],
        )
        self.assertEqual(self._states()[:2], "00")

    def test_a_practice_offers_and_gives_no_beds(self):
        window = self.practice.window_ids
        window.write({"lets_keep": True, "keep_until": window.opens_at})
        self._refused("PRACTICE", window.action_offer_keeping)
        waitlist = self.env["hostel.waitlist"]._get_or_create(window, self.girls, self.room_type)
        entry = self.env["hostel.waitlist.entry"].create(
            {"waitlist_id": waitlist.id, "student_id": self.asha.id}
        )
        self.env["hostel.waitlist"]._cron_advance()
        self.assertEqual((entry.state, entry._get_obstacle()), ("waiting", "WINDOW_CLOSED"))
        run = self.env["hostel.allocation.run"].create({"round_id": self.practice.id})
        run.sudo().state = "solved"
        self._refused("PRACTICE", run.action_apply)
        self.assertFalse(self.asha.allocation_ids)

    def test_nothing_is_booked_and_the_real_round_is_untouched(self):
        Allocation = self.env["hostel.allocation"]
        before = Allocation.search_count([])
        hold = self._hold()
        self.assertEqual(self.states(), "00000000")
        answer = self.desk(self.asha_user)._pay(hold["token"])
        self.assertEqual(answer, {"state": "allocated", "redirect": None})
        self.assertEqual(self._states()[0], "3")
        self.assertEqual(Allocation.search_count([]), before)
        self.assertEqual(self.states(), "00000000")
        self.assertEqual(self.drain(), 0)
        me = self._me()
        self.assertEqual((me["booking"]["room"], me["booking"]["id"]), ("101", 0))
        self.assertIn("practice", me["booking"]["approval_label"])
        self.assertIn("pretend", me["action_label"])
        self.assertIsNone(self._me(booking_round=self.round)["booking"])
        # For real the student is free.
        self.desk(self.asha_user)._hold(self.map.key, 1)
        self.assertEqual(self.states()[1], "1")

    def test_tokens_find_their_round(self):
        pretended = self._hold(0)
        real = self.desk(self.asha_user)._hold(self.map.key, 1)
        self.assertEqual(pretended["key"], self.practice_map.key)
        self.assertEqual(real["key"], self.map.key)
        desk = self.desk(self.asha_user)
        self.assertEqual(desk._extend(pretended["token"])["key"], self.practice_map.key)
        desk._release(pretended["token"])
        self.assertEqual((self._states()[0], self.states()[1]), ("0", "1"))
        self.assertEqual(desk._get_me()["hold"]["token"], real["token"])
        self.assertIsNone(self._me()["hold"])

    def test_who_practised_holds_no_other_bed_until_it_is_given_back(self):
        self.desk(self.asha_user)._pay(self._hold()["token"])
        with self.assertRaises(HostelError) as caught:
            self._hold(1)
        self.assertEqual(caught.exception.code, "HAS_ALLOCATION")
        self.assertEqual(self.desk(self.asha_user)._cancel(0), {"state": "cancelled"})
        self.assertEqual(self._states()[0], "0")
        self._hold(1)
        with self.assertRaises(HostelError):
            self.desk(self.bina_user)._cancel(0)

    def test_it_starts_again_by_itself_and_on_demand(self):
        self.assertTrue(self.locks.take_practice_turn(self.practice.key, 60_000))
        self.desk(self.asha_user)._pay(self._hold()["token"])
        self._hold(1, self.bina_user)
        self.env["hostel.booking.round"]._keep_maps()
        self.assertEqual(self._states()[:2], "31", "its time is not over")
        self.locks.client.delete(f"{self.locks._prefix(self.practice.key)}pt")
        self.env["hostel.booking.round"]._keep_maps()
        self.assertEqual(self._states()[:2], "00")
        self.assertIsNone(self._me()["booking"])
        self.assertIsNone(self._me(self.bina_user)["hold"])
        boot = self.desk(self.asha_user)._in_round(self.practice.id)._boot(self.girls.id)
        self.assertLessEqual(boot["round"]["practice"]["resets_in_ms"], 5 * 60_000)
        self.assertGreater(boot["round"]["practice"]["resets_in_ms"], 0)
        self._hold(0)
        self.env.cr.postcommit.clear()
        self.practice.action_reset_practice()
        self.env.flush_all()
        self.env.cr.postcommit.run()
        self.assertEqual(self._states()[0], "0")

    def test_real_bookings_do_not_reach_the_practice(self):
        before = self._states()
        self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[0], self.asha, self.term, "awaiting_approval"
        )
        self.drain()
        self.assertEqual(self._states(), before)
        # And they don't keep anybody from practising.
        self._hold(1)

    def test_whoever_compares_maps_with_postgresql_leaves_the_practice_alone(self):
        self.desk(self.asha_user)._pay(self._hold()["token"])
        Map = self.env["hostel.booking.map"]
        compared, after = set(), 0
        for _turn in range(10):
            after = Map._check_next(after)
            compared.add(after)
        self.assertFalse(compared & set(self.practice.map_ids.ids))
        self.assertEqual(self._states()[0], "3")

    def test_nothing_real_is_done_or_shown_from_a_practice_map(self):
        self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[0], self.asha, self.term, "awaiting_approval"
        )
        Occupants = self.env["hostel.booking.occupants"]
        rooms = self.girls.room_ids
        self.assertTrue(Occupants._get_rows(self.round, rooms))
        self.assertFalse(Occupants._get_rows(self.practice, rooms))
        counter = self.env["hostel.booking.counter"]
        self.assertEqual(counter._open(self.map.key, 0)[0], self.round)
        desk = self.env["hostel.booking.desk"]._in_round(self.practice.id)
        for call in (
            lambda: counter._open(self.practice_map.key, 0),
            lambda: self.env["hostel.bed.link"]._share(self.practice_map.key, 0),
        ):
            with self.assertRaises(HostelError) as caught:
                call()
            self.assertEqual(caught.exception.code, "NOT_FOUND")
        self.assertIsNone(desk._boot(self.girls.id)["counter"])

    def test_a_round_that_was_opened_stays_what_it_is(self):
        for booking_round, value in ((self.practice, False), (self.round, True)):
            with self.assertRaises(HostelError):
                booking_round.is_practice = value

    def test_only_the_office_starts_it_again(self):
        warden = new_test_user(
            self.env, "warden.practice.test", groups="hostel_base.group_hostel_warden"
        )
        with self.assertRaises(AccessError):
            self.practice.with_user(warden).action_reset_practice()


@tagged("post_install", "-at_install")
class TestRounds(PracticeMixin, CampusMixin, HttpCase):
    """Several open rounds: each page and call is about one of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpCampus()
        cls.setUpLocks()
        cls.setUpPractice()

    def setUp(self):
        super().setUp()
        self.load_maps()
        self.addCleanup(self.forget_maps)
        self.authenticate("asha.test", "asha.test")

    def _boot(self, **params):
        query = "&".join(f"{name}={value}" for name, value in params.items())
        return self.url_open(f"/hostel/booking/boot?hostel_id={self.girls.id}&{query}").json()

    def test_the_round_of_a_map_is_chosen(self):
        self.assertEqual(self._boot()["round"]["id"], self.round.id)
        self.assertIsNone(self._boot()["round"]["practice"])
        chosen = self._boot(round_id=self.practice.id)
        self.assertEqual(chosen["round"]["id"], self.practice.id)
        self.assertEqual(chosen["floors"][0]["key"], self.practice_map.key)
        self.assertTrue(chosen["round"]["practice"])
        self.assertEqual(self._boot(round_id=0)["round"]["id"], self.round.id)
        self.assertEqual(self._boot(round_id="x")["code"], "BAD_REQUEST")

    def test_the_campus_switches_between_rounds(self):
        page = self.url_open("/hostel").text
        self.assertIn(f"/hostel?round_id={self.practice.id}", page)
        page = self.url_open(f"/hostel?round_id={self.practice.id}").text
        self.assertIn(f"/hostel/map/{self.girls.id}?round_id={self.practice.id}", page)
        self.assertIn("PRACTICE", page)
        page = self.url_open(f"/hostel/map/{self.girls.id}?round_id={self.practice.id}")
        self.assertIn(f'"roundId": {self.practice.id}', page.text.replace("&#34;", '"'))
        self.assertEqual(self.url_open("/hostel?round_id=x").status_code, 200)
