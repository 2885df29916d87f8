"""The short list of best beds, without a database."""

from dataclasses import replace

from odoo.tests import BaseCase

from ..tools.best_beds import Floor, Wish, best_beds, is_quiet


def make_room(number, x, *, price=42000, sharing=2, ac=(), gender="", beds=2):
    return {
        "id": number,
        "n": str(number),
        "x": x,
        "y": 0,
        "w": 100,
        "h": 80,
        "sharing": sharing,
        "ac": list(ac),
        "g": gender,
        "beds": [
            {"i": number * 10 + n, "l": "ABC"[n], "note": "", "price": price} for n in range(beds)
        ],
    }


def make_floor(rooms, states, matches=None, key="f1", shapes=(), hostel=1):
    size = max(bed["i"] for room in rooms for bed in room["beds"]) + 1
    chars = ["0"] * size
    for i, state in states.items():
        chars[i] = state
    layout = {"rooms": rooms, "shapes": list(shapes)}
    return Floor(key, hostel, layout, "".join(chars), matches or {})


class TestBestBeds(BaseCase):
    def _names(self, choices):
        return [(choice.key, choice.room["n"], choice.bed["l"]) for choice in choices]

    def test_one_free_bed_a_room_and_never_a_taken_one(self):
        floor = make_floor([make_room(1, 0), make_room(2, 100)], {10: "3", 20: "1", 21: "2"})
        self.assertEqual(self._names(best_beds([floor], Wish(), "female")), [("f1", "1", "B")])

    def test_beds_that_are_kept_for_others_are_left_out(self):
        floor = replace(make_floor([make_room(1, 0), make_room(2, 100)], {}), kept={10, 20, 21})
        self.assertEqual(self._names(best_beds([floor], Wish(), "female")), [("f1", "1", "B")])

    def test_the_better_match_comes_first_and_says_so(self):
        rooms = [make_room(1, 0), make_room(2, 100)]
        floor = make_floor(rooms, {10: "3", 20: "3"}, {1: [45], 2: [85]})
        first, second = best_beds([floor], Wish(), "female")
        self.assertEqual(first.room["n"], "2")
        self.assertIn(("match", 85), first.reasons)
        # A weak match is weighed and not boasted of.
        self.assertEqual(second.reasons, ())

    def test_the_least_of_several_matches_counts(self):
        rooms = [make_room(1, 0, beds=3, sharing=3), make_room(2, 100, beds=3, sharing=3)]
        taken = {10: "3", 11: "3", 20: "3", 21: "3"}
        floor = make_floor(rooms, taken, {1: [95, 20], 2: [75, 75]})
        first = best_beds([floor], Wish(), "female")[0]
        self.assertEqual((first.room["n"], first.reasons[0]), ("2", ("match_all", 75)))

    def test_the_price_of_the_last_room_counts(self):
        rooms = [make_room(1, 0, price=60000), make_room(2, 0, price=42000)]
        first, second = best_beds([make_floor(rooms, {})], Wish(last_price=42500), "female")
        self.assertEqual(first.room["n"], "2")
        self.assertIn(("same_price", 0), first.reasons)
        self.assertGreater(first.points, second.points)
        cheaper = best_beds([make_floor(rooms[1:], {})], Wish(last_price=52000), "female")[0]
        self.assertIn(("cheaper", 10000), cheaper.reasons)

    def test_filters_and_gender_leave_beds_out(self):
        rooms = [
            make_room(1, 0, ac=["ac"], gender="male"),
            make_room(2, 100, ac=["ac"], price=50000),
            make_room(3, 200, price=30000),
        ]
        floors = [make_floor(rooms, {}), make_floor(rooms, {}, key="f2")]

        def found(**wish):
            return self._names(best_beds(floors, Wish(**wish), "female"))

        self.assertEqual(len(found()), 4)
        self.assertEqual({name[1] for name in found(amenities=frozenset({"ac"}))}, {"2"})
        self.assertEqual({name[1] for name in found(max_price=30000)}, {"3"})
        self.assertEqual({name[0] for name in found(floors=frozenset({"f2"}))}, {"f2"})
        self.assertEqual(found(sharing=frozenset({3})), [])

    def test_equal_rooms_come_from_different_floors(self):
        rooms = [make_room(number, 0) for number in (1, 2, 3)]
        floors = [make_floor(rooms, {}, key=key) for key in ("f1", "f2", "f3")]
        found = self._names(best_beds(floors, Wish(), "female", limit=4))
        self.assertEqual({key for key, _room, _bed in found[:3]}, {"f1", "f2", "f3"})

    def test_quiet_is_measured_on_the_drawing(self):
        stairs = {"type": "stairs", "x": 0, "y": 0, "w": 40, "h": 80}
        near, far = make_room(1, 100), make_room(2, 600)
        floor = make_floor([near, far], {}, shapes=[stairs])
        self.assertEqual([is_quiet(floor.layout, room) for room in (near, far)], [False, True])
        first = best_beds([floor], Wish(likes_quiet=True), "female")[0]
        self.assertEqual(first.room["n"], "2")
        self.assertIn(("quiet_corner", 0), first.reasons)
        # Where nothing is drawn nobody claims that it is quiet.
        self.assertFalse(is_quiet({"shapes": [], "rooms": []}, far))
