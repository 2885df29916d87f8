from datetime import datetime, timedelta

from odoo.tests import BaseCase, tagged

from ..tools.eligibility import Facts, Rules
from ..tools.round_card import (
    HostelCard,
    KeptBed,
    MapCard,
    RoundCard,
    WindowCard,
    find_window_door,
    to_ms,
)
from .common import BookingCase

NOW = datetime(2030, 6, 1, 10, 0)
HOUR = timedelta(hours=1)


def window(**changes):
    facts = {
        "id": 1,
        "name": "Everyone",
        "hostels": frozenset({7}),
        "rules": Rules(),
        "opens_at": NOW - HOUR,
        "closes_at": NOW + HOUR,
        "hold_minutes": 10,
    }
    return WindowCard(**{**facts, **changes})


class TestRoundCard(BaseCase):
    """What everybody is told, and what is left to ask of the viewer."""

    def test_how_a_window_stands(self):
        for changes, slot_at, state in (
            ({}, None, "open"),
            ({"takes_holds": False}, None, "ranked"),
            ({"opens_at": NOW + HOUR / 2}, None, "soon"),
            ({"closes_at": NOW}, None, "closed"),
            ({"is_paused": True}, None, "paused"),
            ({"is_paused": True, "closes_at": NOW}, None, "closed"),
            ({"slots": "pending"}, NOW - HOUR, "pending"),
            ({"slots": "published", "last_slot_at": NOW + HOUR / 2}, None, "soon"),
            ({"slots": "published", "last_slot_at": NOW - HOUR / 2}, None, "open"),
            ({"slots": "published", "last_slot_at": NOW - HOUR / 2}, NOW + HOUR / 4, "soon"),
        ):
            with self.subTest(changes=changes, slot_at=slot_at):
                card = window(**changes)
                self.assertEqual(card.find_state(card.find_opening(slot_at), NOW), state)

    def test_a_door_says_when_the_window_itself_opened(self):
        card = window(slots="published")
        door = (to_ms(NOW), to_ms(NOW + HOUR), 600_000, to_ms(NOW - HOUR))
        self.assertEqual(card.find_door(NOW), door)
        self.assertEqual(card.find_door(NOW - HOUR), (door[3], door[1], door[2]))
        self.assertIsNone(card.find_door(None))
        self.assertIsNone(window(takes_holds=False).find_door(NOW))
        self.assertIsNone(find_window_door(None, NOW, NOW + HOUR, 10))

    def test_the_rules_are_those_of_the_window(self):
        card = window(rules=Rules(year_from=3))
        self.assertEqual(card.judge(Facts("female", 2)), ["NOT_YOUR_YEAR"])
        self.assertEqual(card.judge(Facts("female", 3)), [])

    def test_a_bed_is_kept_for_a_group_and_for_a_time(self):
        card = MapCard(
            *(1, 2, "key", "Ground", 0, 1),
            kept=(
                KeptBed(0, "pwd"),
                KeptBed(1, "year:1"),
                KeptBed(2, "pwd", NOW + HOUR),
                KeptBed(3, "pwd", NOW),
            ),
        )
        self.assertEqual(
            card.find_kept({"year:1", "gender:female"}, NOW), {0: 0, 2: to_ms(NOW + HOUR)}
        )
        self.assertEqual(card.find_kept({"pwd", "year:1"}, NOW), {})

    def test_a_round_finds_its_maps_and_windows(self):
        maps = (MapCard(1, 11, "k1", "1", 1, 1), MapCard(2, 12, "k2", "2", 2, 1))
        girls = HostelCard(7, "Kaveri", "girls", "Girls", "female", {}, maps)
        mixed = HostelCard(8, "Tapti", "mixed", "Mixed", "", {})
        card = RoundCard(1, "r", 3, {}, {7: girls, 8: mixed}, (window(),))
        self.assertEqual((card.find_key(12), card.find_key(99)), ("k2", None))
        self.assertEqual((card.first_key, card.floor_ids), ("k1", [11, 12]))
        self.assertEqual((len(card.find_windows(7)), card.find_windows(8)), (1, []))
        self.assertFalse(card.has_slots)
        self.assertEqual((girls.takes("male"), mixed.takes("male")), (False, True))
        empty = RoundCard(1, "r", 3, {}, {}, ())
        self.assertEqual((empty.first_key, empty.floor_ids), (None, []))


@tagged("post_install", "-at_install")
class TestCardOfWindow(BookingCase):
    """The card and the record of a window never say different things."""

    def test_state_and_door_are_those_of_the_record(self):
        now = self.env.cr.now().replace(microsecond=0)
        self.env["hostel.booking.slot"].sudo().create(
            {
                "window_id": self.window.id,
                "student_id": self.asha.id,
                "rank": 1,
                "opens_at": now + HOUR,
            }
        )
        slots = {"slot_by": "merit", "slot_state": "published", "last_slot_at": now + HOUR / 2}
        seen = set()
        for vals in (
            {},
            {"mode": "ranked"},
            {"mode": "both"},
            {"is_paused": True},
            {"opens_at": now + HOUR},
            {"closes_at": now - HOUR / 2},
            {"slot_by": "merit"},
            slots,
        ):
            with self.subTest(vals=vals), self.env.cr.savepoint() as savepoint:
                self.window.write(vals)
                self.window.flush_recordset()
                card = self.env["hostel.booking.card"]._get(self.round)
                [one] = card.windows
                for student in (self.asha, self.bina):
                    opening = one.find_opening(student._get_slot_times().get(one.id))
                    self.assertEqual(opening, self.window._get_opening(student))
                    state = one.find_state(opening, self.env.cr.now())
                    self.assertEqual(state, self.window._get_state(student))
                    self.assertEqual(one.find_door(opening), self.door(student))
                    seen.add(state)
                savepoint.rollback()
                self.env.invalidate_all()
        self.assertEqual(seen, {"open", "ranked", "paused", "soon", "closed", "pending"})
