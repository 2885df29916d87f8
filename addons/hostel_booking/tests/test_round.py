from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import BookingCase


@tagged("post_install", "-at_install")
class TestRound(BookingCase):
    def _reserve(self, student, index, state="paying"):
        bed = self.girls.bed_ids.filtered(lambda bed: bed.map_index == index)
        return self.env["hostel.allocation"]._reserve(
            bed, student, self.term, state, hold_seconds=900
        )

    # Maps ----------------------------------------------------------------

    def test_a_map_holds_every_bed_once(self):
        drawn = [bed["i"] for room in self.map.layout["rooms"] for bed in room["beds"]]
        self.assertEqual(sorted(drawn), sorted(self.girls.bed_ids.mapped("map_index")))

    def test_a_map_shows_no_person(self):
        self._reserve(self.asha, 0)
        self.map._publish()
        self.assertNotIn("asha", str(self.map.layout).lower())

    def test_a_changed_price_makes_a_new_version(self):
        version = self.map.layout_version
        self.map._publish()
        self.assertEqual(self.map.layout_version, version)
        self.girls.room_ids[0].fee = 50000
        self.map._publish()
        self.assertEqual(self.map.layout_version, version + 1)

    def test_a_round_without_hostels_does_not_open(self):
        term = self.term.copy({"code": "T2", "date_from": "2030-08-01", "date_to": "2030-12-01"})
        empty = self.env["hostel.booking.round"].create({"term_id": term.id})
        with self.assertRaises(ValidationError):
            empty.action_open()

    def test_a_closed_round_takes_no_holds(self):
        self.env.cr.postcommit.clear()
        self.round.action_close()
        self.env.cr.postcommit.run()
        self.assertIsNone(self.locks.get_epoch(self.round.key))

    # From PostgreSQL to the map -------------------------------------------

    def test_each_transition_reaches_the_map(self):
        row = self._reserve(self.asha, 1)
        self.drain()
        self.assertEqual(self.states(), "02000000")
        row._payment_received(self.env.cr.now())
        self.drain()
        self.assertEqual(self.states(), "03000000")
        row._transition("cancelled")
        self.drain()
        self.assertEqual(self.states(), "00000000")

    def test_a_stay_that_ends_earlier_leaves_the_map(self):
        row = self._reserve(self.asha, 1)
        for state in ("awaiting_approval", "allocated", "checked_in"):
            row._transition(state)
        self.drain()
        self.assertEqual(self.states(), "03000000")
        first, last = self.round.date_from, self.round.date_to
        row._change(date_from=first - timedelta(days=30), date_to=first)
        self.drain()
        self.assertEqual(self.states(), "00000000")
        row._change(date_to=last)
        self.drain()
        self.assertEqual(self.states(), "03000000")

    def test_a_vacated_bed_is_free_in_the_rounds_that_it_had_reached(self):
        row = self._reserve(self.asha, 1)
        for state in ("awaiting_approval", "allocated", "checked_in"):
            row._transition(state)
        first = self.round.date_from
        row._change(date_from=first - timedelta(days=30))
        self.drain()
        with freeze_time(first - timedelta(days=10)):
            row._vacate("opted_out", first - timedelta(days=10))
        self.drain()
        self.assertEqual(self.states(), "00000000")

    def test_a_closed_room_is_closed_on_the_map(self):
        room = self.girls.room_ids.sorted("name")[1]
        room._close(self.term.date_from, self.term.date_to, "Paint")
        self.drain()
        self.assertEqual(self.states(), "00440000")
        room.action_reopen()
        self.drain()
        self.assertEqual(self.states(), "00000000")

    def test_decisions_wait_while_the_map_is_loaded(self):
        self.drain()
        self._reserve(self.asha, 1)
        self.env.flush_all()
        self.locks.clear_epoch(self.round.key)
        self.assertEqual(self.drain(), 0)
        self.assertEqual(self.env["hostel.booking.outbox"].search_count([]), 1)
        self.round._load(self.locks)
        self.assertEqual(self.states(), "02000000")
        self.drain()
        self.assertEqual(self.env["hostel.booking.outbox"].search_count([]), 0)
        self.assertEqual(self.states(), "02000000")

    def test_old_decisions_arriving_late_change_nothing(self):
        row = self._reserve(self.asha, 1)
        old = self.env["hostel.booking.outbox"].search([], order="id desc", limit=1)
        vals = old.read(["map_index", "state", "fence"])[0]
        row._transition("cancelled")
        self.drain()
        reply = self.locks.mark(
            self.round.key,
            self.map.floor_id.id,
            vals["map_index"],
            vals["state"],
            vals["fence"],
            self.round.epoch,
        )
        self.assertEqual(reply, "OLD")
        self.assertEqual(self.states(), "00000000")

    def test_what_becomes_of_a_dead_row_does_not_repaint_its_bed(self):
        row = self._reserve(self.asha, 1)
        row._transition("expired")
        self._reserve(self.bina, 1)
        self.drain()
        row._transition("unplaced")
        row._transition("refund_due")
        self.assertEqual(self.drain(), 0)
        self.assertEqual(self.states(), "02000000")

    def test_a_bed_that_is_archived_leaves_open_maps(self):
        bed = self.girls.bed_ids.filtered(lambda bed: bed.map_index == 1)
        bed.active = False
        self.drain()
        self.assertEqual(self.states(), "05000000")
        bed.active = True
        self.drain()
        self.assertEqual(self.states(), "00000000")

    def test_a_round_that_closed_while_redis_was_away_is_closed_later(self):
        self.round.state = "closed"
        self.assertIsNotNone(self.locks.get_epoch(self.round.key))
        self.round._keep_maps()
        self.assertIsNone(self.locks.get_epoch(self.round.key))

    def test_a_lost_redis_is_rebuilt_under_a_new_epoch(self):
        self._reserve(self.asha, 1)
        self.drain()
        epoch = self.round.epoch
        self.forget_maps()
        self.round._keep_maps()
        self.env.invalidate_all()
        self.assertEqual(self.round.epoch, epoch + 1)
        self.assertEqual(self.locks.get_epoch(self.round.key), epoch + 1)
        self.assertEqual(self.states(), "02000000")

    def test_a_retired_bed_leaves_the_map_and_keeps_its_place(self):
        self.girls.bed_ids.filtered(lambda bed: bed.map_index == 7).active = False
        self.girls.bed_ids.filtered(lambda bed: bed.map_index == 2).active = False
        self.env.invalidate_all()
        self.round._load(self.locks)
        self.assertEqual(self.states(), "00500005")

    # Who is meant --------------------------------------------------------

    def test_windows_are_meant_for_years_and_genders(self):
        self.window.write({"year_from": 3, "year_to": 4})
        self.assertFalse(self.asha._get_windows(self.round))
        self.window.write({"year_from": 1, "year_to": 2, "gender": "male"})
        self.assertFalse(self.asha._get_windows(self.round))
        self.window.gender = "female"
        self.assertEqual(self.asha._get_windows(self.round), self.window)
        self.window._pause("Fire drill")
        self.assertFalse(self.asha._get_windows(self.round))

    def test_a_change_of_windows_reaches_redis(self):
        version = self.round.doors_version
        self.window._pause("Fire drill")
        self.assertEqual(self.round.doors_version, version + 1)
        self.round._keep_maps()
        prefix = self.locks._prefix(self.round.key)
        self.assertEqual(self.locks.client.get(f"{prefix}dv"), str(version + 1))
