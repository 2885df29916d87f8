import random

from odoo.tests import BaseCase

from ..tools.floor_layout import MAX_ROOMS_PER_SIDE, generate_layout


def overlap(one, other):
    """Whether two boxes share some area."""
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )


def inside(box, outer):
    return (
        outer["x"] <= box["x"]
        and outer["y"] <= box["y"]
        and box["x"] + box["w"] <= outer["x"] + outer["w"]
        and box["y"] + box["h"] <= outer["y"] + outer["h"]
    )


def draw_rooms(rng, count):
    """Rooms of one to eight beds, whose indexes have holes: retired beds keep theirs."""
    indexes = iter(rng.sample(range(20 * count + 1), 8 * count))
    return [
        (1000 + number, sorted(next(indexes) for _bed in range(rng.randint(1, 8))))
        for number in range(count)
    ]


class TestFloorLayout(BaseCase):
    def assertGoodDrawing(self, rooms):
        layout = generate_layout(rooms)
        paper = {"x": 0, "y": 0, "w": layout["w"], "h": layout["h"]}
        boxes = layout["rooms"]
        self.assertEqual([box["id"] for box in boxes], [room_id for room_id, _beds in rooms])
        for box, (_room_id, indexes) in zip(boxes, rooms, strict=True):
            self.assertEqual([bed["i"] for bed in box["beds"]], indexes)
            self.assertTrue(inside(box, paper), box)
            for bed in box["beds"]:
                self.assertTrue(inside(bed, box), (bed, box))
            self.assertNoOverlap(box["beds"])
        for shape in layout["shapes"]:
            self.assertTrue(inside(shape, paper), shape)
        self.assertNoOverlap([*boxes, *layout["shapes"]])
        return layout

    def assertNoOverlap(self, boxes):
        for number, box in enumerate(boxes):
            for other in boxes[number + 1 :]:
                self.assertFalse(overlap(box, other), (box, other))

    def test_every_floor_is_drawn_whole(self):
        rng = random.Random(7)
        for count in range(1, 3 * 2 * MAX_ROOMS_PER_SIDE + 2):
            with self.subTest(rooms=count):
                self.assertGoodDrawing(draw_rooms(rng, count))

    def test_each_bed_is_drawn_exactly_once(self):
        rng = random.Random(8)
        for count in (1, 2, 16, 17, 40):
            rooms = draw_rooms(rng, count)
            drawn = [bed["i"] for box in generate_layout(rooms)["rooms"] for bed in box["beds"]]
            self.assertEqual(sorted(drawn), sorted(i for _id, beds in rooms for i in beds))

    def test_empty_floors_and_rooms_can_be_drawn(self):
        layout = self.assertGoodDrawing([])
        self.assertEqual(layout["rooms"], [])
        self.assertGreater(layout["w"], 0)
        self.assertGreater(layout["h"], 0)
        self.assertGoodDrawing([(1, []), (2, [0])])

    def test_a_corridor_is_not_longer_than_people_can_follow(self):
        layout = generate_layout([(number, [number]) for number in range(64)])
        rows = {}
        for box in layout["rooms"]:
            rows.setdefault(box["y"], []).append(box)
        self.assertLessEqual(max(map(len, rows.values())), MAX_ROOMS_PER_SIDE)
        self.assertEqual(len(layout["shapes"]), 4)

    def test_the_same_rooms_give_the_same_drawing(self):
        rooms = draw_rooms(random.Random(9), 20)
        self.assertEqual(generate_layout(rooms), generate_layout(rooms))
