from odoo.tests import tagged

from .common import BookingCase
from .test_practice import PracticeMixin

# What PostgreSQL is asked for each opening: the round and its stamp, who the student is (three
# tables), whether they are cleared, and what they have booked.
OPENING = 6


@tagged("post_install", "-at_install")
class TestBoot(BookingCase):
    """Opening the map costs little, and a change of what it says to everybody shows at once."""

    def setUp(self):
        super().setUp()
        self.env["res.lang"]._activate_lang("hi_IN")

    def _boot(self, user=None, hostel=None, lang="en_US"):
        # A call over HTTP always knows the language.
        desk = self.desk(user or self.asha_user).with_context(lang=lang)
        return desk._boot((hostel or self.girls).id)

    def _count(self, user=None):
        """Queries of an opening that is not the first."""
        self._boot(user)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._boot(user)
        return self.env.cr.sql_log_count - before

    def _mine(self, boot, hostel=None):
        return next(one for one in boot["hostels"] if one["id"] == (hostel or self.girls).id)

    # What it costs ----------------------------------------------------------

    def test_an_opening_costs_a_handful_of_queries(self):
        self.assertLessEqual(self._count(), OPENING)

    def test_it_costs_the_same_on_a_large_campus(self):
        small = self._count()
        self.assertLessEqual(small, OPENING)
        hostels = self.girls | self.boys
        for number in range(3):
            hostels |= self._create_hostel(f"Test more {number}", f"TMORE{number}", "girls")
        for number in range(2, 8):
            floor = self.env["hostel.floor"].create(
                {"name": str(number), "number": number, "hostel_id": self.girls.id}
            )
            rooms = self.env["hostel.room"].create(
                [
                    {
                        "name": f"{number}{room:02}",
                        "floor_id": floor.id,
                        "room_type_id": self.room_type.id,
                    }
                    for room in range(5)
                ]
            )
            self.env["hostel.bed"].create(
                [{"room_id": room.id, "label": label} for room in rooms for label in "AB"]
            )
        self.window.hostel_ids = [(6, 0, hostels.ids)]
        self.window.copy({"name": "Seniors", "year_from": 3, "needs_undertaking": False})
        for number in range(20):
            self._create_student(f"crowd{number}", "female")
        self.round._publish_maps()
        self.load_maps()
        boot = self._boot()
        self.assertEqual((len(boot["floors"]), len(boot["hostels"])), (7, 5))
        self.assertEqual(self._count(), small)

    def test_what_the_windows_ask_is_asked_once(self):
        plain = self._count()
        self.window.write({"needs_clearance": True, "needs_undertaking": True})
        self.window.copy({"name": "Another", "year_from": 3})
        self.env["hostel.clearance"].create({"student_id": self.asha.id, "term_id": self.term.id})
        self.load_maps()
        # The undertaking; the clearance was asked for already.
        self.assertLessEqual(self._count(), plain + 2)

    def test_who_is_refused_is_looked_at_again(self):
        """What refused a student may be over without anybody having told Redis."""
        self._boot()
        self.locks.set_eligibility(
            self.round.key,
            self.asha.id,
            gender="f",
            doors={},
            refusal="OUTSTANDING_FEES",
            doors_version=self.round.doors_version,
        )
        self._boot()
        self.assertTrue(self.desk(self.asha_user)._hold(self.map.key, 0)["token"])

    def test_what_redis_knows_is_not_worked_out_again(self):
        self._boot()
        name = f"{self.locks._prefix(self.round.key)}el:{self.asha.id}"
        self.locks.client.hset(name, "mark", "kept")
        self._boot()
        self.assertEqual(self.locks.client.hget(name, "mark"), "kept")
        self.window.year_to = 8
        self._boot()
        self.assertIsNone(self.locks.client.hget(name, "mark"))

    # What changes shows -------------------------------------------------------

    def test_a_price_and_a_drawing_show_at_the_next_opening(self):
        before = self._boot()
        self.assertEqual(self._mine(before)["price_from"], 42000)
        self.girls.room_ids.fee = 41000
        self.round.action_publish_maps()
        after = self._boot()
        self.assertEqual(self._mine(after)["price_from"], 41000)
        self.assertEqual(
            after["floors"][0]["layout_version"], before["floors"][0]["layout_version"] + 1
        )

    def test_a_window_shows_at_the_next_opening(self):
        self.assertEqual(self._boot()["window"]["state"], "open")
        self.window._pause("The payment site is slow.")
        window = self._boot()["window"]
        self.assertEqual(
            (window["state"], window["message"]), ("paused", "The payment site is slow.")
        )
        self.window._resume("It goes on.")
        self.window.write({"year_from": 3, "year_to": 5})
        [floor] = self._boot()["floors"]
        self.assertEqual((floor["eligible"], floor["code"]), (False, "NOT_YOUR_YEAR"))
        self.window.active = False
        self.assertEqual(self._boot()["floors"][0]["code"], "NOT_ELIGIBLE")

    def test_names_and_kinds_show_at_the_next_opening(self):
        self._boot()
        self.girls.name = "Test Narmada"
        self.map.floor_id.name = "Ground"
        self.term.name = "Another term"
        boot = self._boot()
        self.assertEqual(boot["hostel"]["name"], "Test Narmada")
        self.assertEqual(boot["floors"][0]["name"], "Ground")
        self.assertEqual(boot["term"]["name"], "Another term")
        self.girls.gender_type = "boys"
        boot = self._boot()
        self.assertEqual(boot["floors"][0]["code"], "NOT_ELIGIBLE")
        self.assertFalse(self._mine(boot)["eligible"])
        self.assertTrue(self._boot(self.chand_user)["floors"][0]["eligible"])

    def test_words_of_the_rules_show_at_the_next_opening(self):
        programme = self.env["hostel.programme"].create({"name": "Test Law", "code": "TLAW"})
        self.window.programme_ids = programme
        self.assertIn("Test Law", self._boot()["floors"][0]["reason"])
        programme.name = "Test Laws"
        self.assertIn("Test Laws", self._boot()["floors"][0]["reason"])
        self.window.write({"programme_ids": [(5, 0)], "needs_undertaking": True})
        self.assertIn("2030–31", self._boot()["floors"][0]["reason"])
        self.term.year_id.name = "Test 2030–32"
        self.assertIn("2030–32", self._boot()["floors"][0]["reason"])

    def test_each_language_has_its_own_words(self):
        self.assertEqual(self._boot()["term"]["name"], "Test term")
        self.assertEqual(self._boot(lang="hi_IN")["term"]["name"], "Test term")
        self.term.update_field_translations("name", {"hi_IN": "परीक्षण सत्र"})
        self.assertEqual(self._boot(lang="hi_IN")["term"]["name"], "परीक्षण सत्र")
        self.assertEqual(self._boot()["term"]["name"], "Test term")
        self.window.write({"needs_clearance": True, "dues_place": "counter 3"})
        self.assertIn("counter 3", self._boot()["floors"][0]["reason"])
        self._boot(lang="hi_IN")
        self.window.update_field_translations("dues_place", {"hi_IN": "खिड़की 3"})
        self.assertIn("खिड़की 3", self._boot(lang="hi_IN")["floors"][0]["reason"])

    def test_the_currency_shows_at_the_next_opening(self):
        company = self.env["res.company"].create(
            {"name": "Test college", "currency_id": self.env.company.currency_id.id}
        )
        self.girls.company_id = company
        desk = self.env["hostel.booking.desk"].with_company(company)
        self.assertEqual(self._boot()["currency"]["symbol"], company.currency_id.symbol)
        company.currency_id.symbol = "₨"
        self.assertEqual(self._boot()["currency"]["symbol"], "₨")
        self.assertIn("₨", desk._format_money(42000))
        other = self.env.ref("base.CHF")
        other.active = True
        company.currency_id = other
        self.assertEqual(self._boot()["currency"]["code"], "CHF")
        self.assertIn(other.symbol, desk._format_money(42000))

    def test_a_new_floor_can_be_held_at_once(self):
        self._boot()
        floor = self.env["hostel.floor"].create(
            {"name": "2", "number": 2, "hostel_id": self.girls.id}
        )
        room = self.env["hostel.room"].create(
            {"name": "201", "floor_id": floor.id, "room_type_id": self.room_type.id}
        )
        self.env["hostel.bed"].create({"room_id": room.id, "label": "A"})
        self.round.action_publish_maps()
        self.load_maps()
        added = self.round.map_ids.filtered(lambda one: one.floor_id == floor)
        self.assertIn(added.key, [one["key"] for one in self._boot()["floors"]])
        self.assertTrue(self.desk(self.asha_user)._hold(added.key, 0)["token"])

    def test_kept_beds_are_the_viewers_own(self):
        group = self.env["hostel.booking.group"].create({"kind": "year", "year_of_study": 2})
        self.bina.year_of_study = 3
        bed = self.map.floor_id.bed_ids.filtered(lambda one: one.map_index == 1)

        def kept(user):
            return self._boot(user)["floors"][0]["kept"]

        self.assertEqual((kept(self.asha_user), kept(self.bina_user)), ([], []))
        bed.reserved_group_id = group
        self.assertEqual((kept(self.asha_user), kept(self.bina_user)), ([], [1]))
        # Who the group is changes, then who the student is, then until when.
        group.year_of_study = 3
        self.assertEqual((kept(self.asha_user), kept(self.bina_user)), ([1], []))
        self.asha.year_of_study = 3
        self.assertEqual(kept(self.asha_user), [])
        self.asha.year_of_study = 2
        bed.reserved_until = self.env.cr.now().replace(microsecond=0)
        self.assertEqual(kept(self.asha_user), [])
        bed.reserved_until = False
        bed.active = False
        self.assertEqual(kept(self.asha_user), [])

    def test_what_was_rolled_back_leaves_nothing(self):
        """The stamp is never used twice, so nobody meets a card of a change that never was."""
        with self.env.cr.savepoint() as savepoint:
            self.girls.name = "Never"
            self.assertEqual(self._boot()["hostel"]["name"], "Never")
            savepoint.rollback()
        self.env.invalidate_all()
        self.assertEqual(self._boot()["hostel"]["name"], "Test Kaveri")
        self.window.hold_minutes = 7
        boot = self._boot()
        self.assertEqual(
            (boot["hostel"]["name"], boot["window"]["hold_minutes"]), ("Test Kaveri", 7)
        )

    def test_a_stamp_is_renewed_by_whoever_changes_the_round(self):
        """Another process knows nothing but the round's row, and needs no more."""
        stamps = {self.round.stamp}
        for change in (
            lambda: self.window.write({"closes_at": self.window.closes_at}),
            lambda: self.window.copy(),
            lambda: self.round.action_publish_maps(),
            lambda: self.girls.write({"name": "Test Narmada"}),
            lambda: self.girls.floor_ids.write({"name": "Ground"}),
            lambda: self.term.write({"name": "Another term"}),
            lambda: self.round.write({"name": "Round"}),
        ):
            change()
            self.assertNotIn(self.round.stamp, stamps)
            stamps.add(self.round.stamp)


@tagged("post_install", "-at_install")
class TestBootOfPractice(PracticeMixin, BookingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPractice()

    def test_the_page_of_each_round_says_its_own(self):
        desk = self.desk(self.asha_user)
        real = desk._boot(self.girls.id)
        practice = desk._in_round(self.practice.id)._boot(self.girls.id)
        self.assertEqual((real["round"]["id"], real["round"]["practice"]), (self.round.id, None))
        self.assertEqual(practice["round"]["id"], self.practice.id)
        self.assertTrue(practice["round"]["practice"])
        self.assertEqual(practice["floors"][0]["key"], self.practice_map.key)
        self.assertNotEqual(real["floors"][0]["key"], practice["floors"][0]["key"])

    def test_a_round_that_is_gone_is_none(self):
        desk = self.desk(self.asha_user)
        self.assertEqual(desk._in_round(2**31 - 1)._get_round(), self.round)
        self.practice.action_close()
        self.assertEqual(desk._in_round(self.practice.id)._get_round(), self.round)
