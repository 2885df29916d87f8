from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.hostel_base.errors import HostelError

from .common import BookingCase


@tagged("post_install", "-at_install")
class TestDesk(BookingCase):
    """What a student can do, as the routes call it."""

    def assertRefused(self, code, call, *args):
        with self.assertRaises(HostelError) as caught:
            call(*args)
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    def _hold(self, user, index, key=None):
        return self.desk(user)._hold(key or self.map.key, index)

    def test_hold_pay_and_see_it_booked(self):
        hold = self._hold(self.asha_user, 0)
        self.assertEqual((hold["room"], hold["label"], hold["price"]), ("101", "A", 42000.0))
        row = self.env["hostel.allocation"]
        self.desk(self.asha_user)._pay(hold["token"])
        row = row.search([("student_id", "=", self.asha.id)])
        self.assertEqual(row.price, 42000.0)
        self.assertIn(row.state, ("paying", "awaiting_approval"))
        self.assertTrue(row.payment_ref)
        self.drain()
        self.assertIn(self.states()[0], "23")
        self.assertIsNone(self.locks.get_hold(self.round.key, self.asha.id))

    def test_paying_twice_goes_on_with_the_same_row(self):
        hold = self._hold(self.asha_user, 0)
        self.desk(self.asha_user)._pay(hold["token"])
        row = self.env["hostel.allocation"].search([("student_id", "=", self.asha.id)])
        if row.state == "paying":
            self.desk(self.asha_user)._pay(hold["token"])
        else:
            self.assertRefused("HOLD_EXPIRED", self.desk(self.asha_user)._pay, "another")
        self.assertEqual(
            self.env["hostel.allocation"].search_count([("student_id", "=", self.asha.id)]), 1
        )

    def test_price_is_frozen_at_the_hold(self):
        hold = self._hold(self.asha_user, 0)
        self.girls.room_ids.fee = 99000
        self.desk(self.asha_user)._pay(hold["token"])
        row = self.env["hostel.allocation"].search([("student_id", "=", self.asha.id)])
        self.assertEqual(row.price, 42000.0)

    def test_a_taken_bed_comes_with_the_next_best(self):
        self._hold(self.asha_user, 0)
        refused = self.assertRefused("BED_TAKEN", self._hold, self.bina_user, 0)
        self.assertEqual(refused.http_status, 409)
        first = refused.details["next"][0]
        self.assertEqual((first["room"], first["label"]), ("101", "B"))
        self._hold(self.bina_user, first["i"])

    def test_a_bed_that_is_kept_for_others_is_not_offered(self):
        group = self.env.ref("hostel_booking.hostel_booking_group_pwd")
        bed = self.map.floor_id.bed_ids.filtered(lambda one: one.map_index == 1)
        bed.reserved_group_id = group
        self.load_maps()
        self._hold(self.asha_user, 0)
        refused = self.assertRefused("BED_TAKEN", self._hold, self.bina_user, 0)
        self.assertNotIn(1, [bed["i"] for bed in refused.details["next"]])
        self.assertTrue(refused.details["next"])
        self.assertRefused("BED_RESERVED", self._hold, self.bina_user, 1)

    def test_a_second_device_sees_the_same_hold(self):
        hold = self._hold(self.asha_user, 0)
        refused = self.assertRefused("ALREADY_HOLDING", self._hold, self.asha_user, 1)
        self.assertEqual(refused.details["hold"]["token"], hold["token"])
        self.assertEqual(self.desk(self.asha_user)._get_me()["hold"]["token"], hold["token"])

    def test_nobody_releases_for_another(self):
        hold = self._hold(self.asha_user, 0)
        self.assertRefused("HOLD_EXPIRED", self.desk(self.bina_user)._release, hold["token"])
        self.assertRefused("HOLD_EXPIRED", self.desk(self.bina_user)._pay, hold["token"])
        self.assertEqual(self.states()[0], "1")

    def test_other_gender_is_refused(self):
        self.assertRefused("NOT_ELIGIBLE", self._hold, self.chand_user, 0)
        self._hold(self.chand_user, 0, self.boys_map.key)

    def test_an_inactive_student_is_refused(self):
        self.asha.status = "inactive"
        self.assertRefused("STUDENT_INACTIVE", self._hold, self.asha_user, 0)

    def test_who_has_a_bed_holds_no_other(self):
        self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[3], self.asha, self.term, "awaiting_approval"
        )
        self.assertRefused("HAS_ALLOCATION", self._hold, self.asha_user, 0)

    def test_a_door_that_is_not_open_yet_says_how_long(self):
        now = self.env.cr.now()
        self.window.write(
            {
                "opens_at": now + timedelta(days=365),
                "closes_at": now + timedelta(days=730),
            }
        )
        self.env.flush_all()
        self.round._keep_maps()
        refused = self.assertRefused("NOT_OPEN", self._hold, self.asha_user, 0)
        self.assertGreater(refused.details["opens_in_ms"], 0)
        self.assertEqual(self.states()[0], "0")

    def test_a_booking_of_any_open_round_is_the_own_booking(self):
        term = self.env["hostel.term"].create(
            {
                "name": "The term after",
                "code": "T2031B",
                "year_id": self.term.year_id.id,
                "date_from": self.term.date_to,
                "date_to": self.term.year_id.date_to,
            }
        )
        later = self.round.copy({"term_id": term.id})
        self.window.copy({"round_id": later.id})
        later.action_open()
        row = self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[0], self.asha, term, "paying", hold_seconds=900
        )
        desk = self.desk(self.asha_user)
        booking = desk._get_me()["booking"]
        self.assertEqual((booking["id"], booking["round_id"]), (row.id, later.id))
        self.assertTrue(booking["key"])
        self.assertIsNone(desk._in_round(self.round.id)._get_me()["booking"])
        # What runs out of time comes before what is settled.
        settled = self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[1], self.asha, self.term, "awaiting_approval"
        )
        self.assertEqual(desk._get_me()["booking"]["id"], row.id)
        self.assertEqual(desk._in_round(self.round.id)._get_me()["booking"]["id"], settled.id)

    def test_a_closed_round_says_so(self):
        self.round.action_close()
        self.locks.clear_epoch(self.round.key)
        self.assertRefused("WINDOW_CLOSED", self._hold, self.asha_user, 0)

    def test_strangers_see_nothing(self):
        for user in (self.stranger, self.env.ref("base.public_user")):
            self.assertRefused("NOT_FOUND", self.desk(user)._boot, self.girls.id)
            self.assertRefused("NOT_A_STUDENT", self._hold, user, 0)
            self.assertRefused(
                "NOT_FOUND", self.desk(user)._get_layout, self.map.key, self.map.layout_version
            )

    def test_unknown_places_look_like_missing_ones(self):
        self.assertRefused("NOT_FOUND", self._hold, self.asha_user, 10_000)
        self.assertRefused("NOT_FOUND", self._hold, self.asha_user, 0, "nosuchkey")
        self.assertRefused("NOT_FOUND", self.desk(self.asha_user)._boot, 0)
        self.assertRefused("NOT_FOUND", self.desk(self.asha_user)._cancel, 0)

    def test_nobody_cancels_for_another(self):
        row = self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[3], self.asha, self.term, "paying", hold_seconds=900
        )
        self.assertRefused("NOT_FOUND", self.desk(self.bina_user)._cancel, row.id)
        self.assertEqual(row.state, "paying")

    def test_the_boot_knows_hostel_window_and_floors(self):
        boot = self.desk(self.asha_user)._boot(self.girls.id)
        self.assertEqual(boot["hostel"]["name"], "Test Kaveri")
        self.assertEqual(boot["window"]["state"], "open")
        self.assertEqual([floor["key"] for floor in boot["floors"]], [self.map.key])
        self.assertTrue(boot["floors"][0]["eligible"])
        self.assertFalse(self.desk(self.asha_user)._boot(self.boys.id)["floors"][0]["eligible"])
        mine = next(h for h in boot["hostels"] if h["id"] == self.girls.id)
        self.assertEqual((mine["free"], mine["total"]), (8, 8))

    def test_the_boot_costs_the_same_with_more_beds(self):
        self.desk(self.asha_user)._boot(self.girls.id)

        def count():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.desk(self.asha_user)._boot(self.girls.id)
            return self.env.cr.sql_log_count - before

        small = count()
        floor = self.girls.floor_ids
        for number in range(201, 221):
            room = self.env["hostel.room"].create(
                {"name": str(number), "floor_id": floor.id, "room_type_id": self.room_type.id}
            )
            self.env["hostel.bed"].create(
                [{"room_id": room.id, "label": label} for label in ("A", "B")]
            )
        self.env.invalidate_all()
        floor.action_generate_layout()
        self.load_maps()
        # The prices of a new drawing are read once.
        self.desk(self.asha_user)._boot(self.girls.id)
        self.assertLessEqual(count(), small)
