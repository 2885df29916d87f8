"""Which rooms fulfil a wish; pure, but run with the others."""

from odoo.tests import BaseCase

from ..tools.wishes import RoomFacts, WishFacts, outlook


def room(number, **overrides):
    facts = {
        "hostel": 1,
        "floor": 1,
        "room_type": 1,
        "amenities": frozenset({1, 2}),
        "beds": 2,
        "free": 2,
        "price": 100.0 * number,
    }
    return RoomFacts(id=number, **{**facts, **overrides})


ROOMS = [room(1), room(2, hostel=2), room(3, floor=3, free=1), room(4, amenities=frozenset())]


class TestWishes(BaseCase):
    def test_an_empty_wish_fits_every_room(self):
        self.assertEqual(outlook(WishFacts(), ROOMS, 1).rooms, 4)

    def test_each_part_narrows_it(self):
        for wish, rooms in (
            (WishFacts(hostel=2), 1),
            (WishFacts(floor=3), 1),
            (WishFacts(amenities=frozenset({1})), 3),
            (WishFacts(room_type=9), 0),
            (WishFacts(hostel=1, floor=1), 2),
        ):
            with self.subTest(wish=wish):
                self.assertEqual(outlook(wish, ROOMS, 1).rooms, rooms)

    def test_a_named_room_is_that_room_whatever_else_is_said(self):
        self.assertEqual(outlook(WishFacts(room=2, hostel=1), ROOMS, 1).rooms, 1)

    def test_free_means_enough_beds_for_everybody(self):
        hope = outlook(WishFacts(hostel=1), ROOMS, 2)
        self.assertEqual((hope.rooms, hope.free), (3, 2))
        self.assertEqual(outlook(WishFacts(), ROOMS, 3).rooms, 0)

    def test_prices_are_those_of_the_rooms_that_fit(self):
        hope = outlook(WishFacts(hostel=1), ROOMS, 2)
        self.assertEqual((hope.price_from, hope.price_to), (100, 400))
        nothing = outlook(WishFacts(hostel=7), ROOMS, 2)
        self.assertEqual((nothing.price_from, nothing.price_to), (0, 0))
