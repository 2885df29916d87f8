from odoo.tests import BaseCase, tagged

from ..tools.alternatives import next_best


def _room(room_id, number, x, price, beds, sharing=2, gender="female"):
    return {
        "id": room_id,
        "n": number,
        "x": x,
        "y": 0,
        "g": gender,
        "sharing": sharing,
        "beds": [{"i": i, "l": label, "price": price} for i, label in beds],
    }


LAYOUT = {
    "rooms": [
        _room(1, "101", 0, 42000, [(0, "A"), (1, "B")]),
        _room(2, "102", 100, 50000, [(2, "A")]),
        _room(3, "103", 200, 42000, [(3, "A")]),
        _room(4, "104", 300, 42000, [(4, "A")]),
        _room(5, "105", 50, 42000, [(5, "A")], gender="male"),
    ]
}


@tagged("post_install", "-at_install")
class TestNextBest(BaseCase):
    def _labels(self, states, wanted=0, **kwargs):
        return [
            bed["room"] + bed["label"]
            for bed in next_best(LAYOUT, states, wanted, "female", **kwargs)
        ]

    def test_the_same_room_comes_first_then_price_then_distance(self):
        self.assertEqual(self._labels("100000"), ["101B", "103A", "104A"])

    def test_taken_beds_and_other_gender_are_left_out(self):
        # 104 is taken; 105 is nearer than 102 but for others.
        self.assertEqual(self._labels("110030"), ["103A", "102A"])

    def test_beds_that_are_kept_for_others_are_left_out(self):
        self.assertEqual(self._labels("100000", kept={1, 3}), ["104A", "102A"])

    def test_nothing_free_gives_nothing(self):
        self.assertEqual(self._labels("333333"), [])

    def test_an_unknown_wish_still_gets_free_beds(self):
        self.assertEqual(self._labels("000000", wanted=99, limit=2), ["101A", "101B"])
