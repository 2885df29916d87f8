"""Drawings of floors without a database: checked, made by a rule, read from SVG files."""

import math
from copy import deepcopy

from odoo.tests import BaseCase

from ..tools.floor_check import (
    LayoutError,
    check_layout,
    complete_layout,
    find_warnings,
    lost_beds,
)
from ..tools.floor_geometry import bounds, corners, overlap
from ..tools.floor_layout import generate_layout, place_beds
from ..tools.floor_picture import draw_picture
from ..tools.floor_rule import Rule, draw_by_rule, number_rooms, split_rooms
from ..tools.floor_svg import MAX_FILE_BYTES, Room, SvgError, parse_svg, read_svg
from ..tools.svg_shapes import parse_transform, path_points

ROOMS = {7: {0, 1}, 8: {2, 3}}


def drawing():
    return generate_layout([(room_id, sorted(beds)) for room_id, beds in ROOMS.items()])


class TestFloorCheck(BaseCase):
    def assertInvalid(self, why, change):
        layout = deepcopy(drawing())
        change(layout)
        with self.assertRaises(LayoutError) as caught:
            check_layout(layout, ROOMS)
        self.assertEqual(caught.exception.why, why)
        return caught.exception.path

    def test_a_good_drawing_passes_and_is_a_copy(self):
        layout = drawing()
        checked = check_layout(layout, ROOMS)
        self.assertEqual(checked, layout)
        checked["rooms"][0]["x"] = 999
        self.assertNotEqual(layout["rooms"][0]["x"], 999)

    def test_turns_are_brought_within_a_circle_and_numbers_to_hundredths(self):
        layout = drawing()
        layout["rooms"][0].update(rot=-90, x=10.123456)
        checked = check_layout(layout, ROOMS)
        self.assertEqual((checked["rooms"][0]["rot"], checked["rooms"][0]["x"]), (270, 10.12))

    def test_what_is_no_drawing_is_refused(self):
        for bad in (None, [], "x", 1, {}, {"w": 1}, {**drawing(), "onload": "x"}):
            with self.subTest(bad=bad), self.assertRaises(LayoutError):
                check_layout(bad, ROOMS)

    def test_numbers_must_be_finite_and_near(self):
        for value in (math.nan, math.inf, -math.inf, "10", None, True, [1]):
            with self.subTest(value=value):
                path = self.assertInvalid("number", lambda d, v=value: d["rooms"][1].update(x=v))
                self.assertEqual(path, "rooms[1].x")
        for value in (1e9, -1e9, 20_001):
            with self.subTest(value=value):
                self.assertInvalid("bounds", lambda d, v=value: d["rooms"][0].update(y=v))
        self.assertInvalid("bounds", lambda d: d.update(w=0))
        self.assertInvalid("bounds", lambda d: d["rooms"][0].update(w=3))
        self.assertInvalid("bounds", lambda d: d["rooms"][0].update(rot=3600))

    def test_ids_must_belong_to_the_floor(self):
        self.assertInvalid("room_unknown", lambda d: d["rooms"][0].update(id=99))
        self.assertInvalid("number", lambda d: d["rooms"][0].update(id="7"))
        self.assertInvalid("bed_unknown", lambda d: d["rooms"][0]["beds"][0].update(i=77))

    def test_a_bed_is_drawn_in_its_own_room_only(self):
        self.assertInvalid("bed_unknown", lambda d: d["rooms"][0]["beds"][0].update(i=2))

    def test_nothing_is_drawn_twice(self):
        self.assertInvalid("room_twice", lambda d: d["rooms"].append(d["rooms"][0]))
        self.assertInvalid("bed_twice", lambda d: d["rooms"][0]["beds"][0].update(i=1))

    def test_shapes_and_labels_are_plain(self):
        self.assertInvalid("shape_type", lambda d: d["shapes"][0].update(type="script"))
        self.assertInvalid("label", lambda d: d["shapes"][0].update(label="x" * 61))
        self.assertInvalid("label", lambda d: d["shapes"][0].update(label="a\nb"))
        self.assertInvalid("label", lambda d: d["shapes"][0].update(label=None))
        self.assertInvalid("members", lambda d: d["shapes"][0].update(href="x"))

    def test_a_huge_drawing_is_refused(self):
        shape = drawing()["shapes"][0]
        self.assertInvalid("too_large", lambda d: d.update(shapes=[shape] * 501))
        self.assertInvalid("too_large", lambda d: d["shapes"][0].update(label="x" * 500_000))

    def test_lost_beds_are_named(self):
        layout = drawing()
        del layout["rooms"][0]["beds"][1], layout["rooms"][1]
        self.assertEqual(lost_beds(check_layout(layout, ROOMS), ROOMS), {1, 2, 3})

    def test_overlapping_and_outlying_rooms_are_found(self):
        layout = drawing()
        self.assertEqual(find_warnings(layout), ([], []))
        layout["rooms"][0]["x"] = layout["rooms"][1]["x"]
        layout["rooms"][0]["y"] = layout["rooms"][1]["y"] + 20
        layout["rooms"][1]["x"] = -30
        layout["rooms"][0]["x"] = -10
        self.assertEqual(find_warnings(layout), ([(7, 8)], [7, 8]))

    def test_a_turned_room_overlaps_where_it_is_drawn(self):
        wide = {"x": 0, "y": 0, "w": 100, "h": 20}
        beside = {"x": 110, "y": -40, "w": 20, "h": 100}
        below = {"x": 40, "y": 30, "w": 20, "h": 20}
        self.assertFalse(overlap(wide, beside) or overlap(wide, below))
        self.assertTrue(overlap({**wide, "rot": 90}, below))
        # The upright boxes around these two meet, the rooms themselves don't.
        slanted = {"x": 0, "y": 0, "w": 100, "h": 10, "rot": 45}
        corner = {"x": 70, "y": -30, "w": 20, "h": 20}
        self.assertFalse(overlap(slanted, corner))
        self.assertTrue(overlap(slanted, {**corner, "x": 40, "y": -10}))

    def test_corners_turn_clockwise(self):
        left, top, right, bottom = bounds(corners({"x": 0, "y": 0, "w": 100, "h": 20, "rot": 90}))
        self.assertEqual([round(n) for n in (left, top, right, bottom)], [40, -40, 60, 60])

    def test_completing_puts_in_what_is_new_and_takes_out_what_is_gone(self):
        layout = drawing()
        now = {7: [0, 1, 4], 9: [5]}
        done = complete_layout(layout, now)
        self.assertEqual(sorted(done.added), [7, 9])
        self.assertEqual(done.removed, 1)
        checked = check_layout(done.layout, {room: set(beds) for room, beds in now.items()})
        self.assertFalse(lost_beds(checked, {room: set(beds) for room, beds in now.items()}))
        self.assertEqual(find_warnings(checked), ([], []))
        self.assertEqual(complete_layout(checked, now).added, [])

    def test_many_new_rooms_are_put_on_a_page_without_overlap(self):
        now = {n: list(range(4 * n, 4 * n + n % 5)) for n in range(1, 31)}
        done = complete_layout({"w": 400, "h": 100, "shapes": [], "rooms": []}, now)
        self.assertEqual(find_warnings(done.layout), ([], []))

    def test_beds_fit_into_rooms_of_any_size(self):
        for width, height in ((20, 20), (40, 40), (60, 300), (116, 70), (300, 50), (400, 400)):
            for count in (1, 2, 3, 5, 8):
                room = {"id": 1, "x": 5, "y": 7, "w": width, "h": height, "rot": 0, "beds": []}
                beds = place_beds(room, list(range(count)))
                with self.subTest(width=width, height=height, count=count):
                    for n, bed in enumerate(beds):
                        self.assertGreaterEqual(bed["x"], 5)
                        self.assertLessEqual(bed["x"] + bed["w"], 5 + width + 0.1)
                        self.assertLessEqual(bed["y"] + bed["h"], 7 + height + 0.1)
                        self.assertFalse(any(overlap(bed, other) for other in beds[n + 1 :]))

    def test_names_in_a_picture_are_escaped(self):
        picture = draw_picture(drawing(), {7: "<script>"})
        self.assertNotIn("<script>", picture)
        self.assertIn("&lt;script&gt;", picture)


class TestFloorRule(BaseCase):
    def test_numbers_follow_the_pattern(self):
        self.assertEqual(
            number_rooms("101", 3, 3, "odd_even"), (["101", "103", "105"], ["102", "104", "106"])
        )
        self.assertEqual(
            number_rooms("101", 2, 2, "left_then_right"), (["101", "102"], ["103", "104"])
        )
        self.assertEqual(number_rooms("101", 2, 2, "around"), (["101", "102"], ["104", "103"]))
        # With one side only nothing is left out.
        self.assertEqual(number_rooms("101", 3, 0, "odd_even"), (["101", "102", "103"], []))

    def test_zeros_in_front_and_prefixes_are_kept(self):
        left, _right = number_rooms("08", 3, 0, "around", prefix="G")
        self.assertEqual(left, ["G08", "G09", "G10"])

    def test_a_first_number_is_digits(self):
        for first in ("", "A1", "1.5", "-3", "१०१", "1234567"):
            with self.subTest(first=first), self.assertRaises(ValueError):
                number_rooms(first, 1, 1, "around")

    def test_no_rule_draws_rooms_on_top_of_each_other_or_of_the_corridor(self):
        for shape in ("straight", "l", "u"):
            for left, right, beds in ((1, 0, 1), (3, 8, 2), (9, 9, 3), (20, 1, 6), (100, 100, 2)):
                rooms = [(n, list(range(n * 10, n * 10 + beds))) for n in range(left + right)]
                rule = Rule(shape, stairs=True, washroom=True)
                layout = draw_by_rule(rule, rooms[:left], rooms[left:])
                with self.subTest(shape=shape, left=left, right=right):
                    self.assertEqual(find_warnings(layout), ([], []))
                    self.assertEqual(len(layout["rooms"]), left + right)
                    blocked = [
                        (room["id"], area["type"])
                        for room in layout["rooms"]
                        for area in layout["shapes"]
                        if overlap(room, area)
                    ]
                    self.assertEqual(blocked, [])
                    check_layout(layout, {room_id: set(indexes) for room_id, indexes in rooms})

    def test_left_and_right_are_what_one_sees_who_walks_in(self):
        layout = draw_by_rule(Rule(), [(1, [0])], [(2, [1])])
        left, right = layout["rooms"]
        self.assertLess(left["y"], right["y"])

    def test_rooms_that_exist_are_split_by_their_numbers(self):
        rooms = [(str(n), n, [n]) for n in (101, 102, 103, 104)]
        left, right = split_rooms(rooms)
        self.assertEqual([n for n, _beds in left], [101, 103])
        self.assertEqual([n for n, _beds in right], [102, 104])
        halves = split_rooms([(str(n), n, [n]) for n in (1, 3, 5, 7)])
        self.assertEqual([[n for n, _beds in half] for half in halves], [[1, 3], [5, 7]])


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300">%s</svg>'


class TestFloorSvg(BaseCase):
    def setUp(self):
        super().setUp()
        self.rooms = [Room(7, "101", {"A": 0, "B": 1}), Room(8, "102", {"A": 2, "B": 3})]
        self.indexes = {room.id: set(room.beds.values()) for room in self.rooms}

    # A reader of a file, not a method of a model.
    # pylint: disable-next=method-required-super
    def read(self, body, wrap=SVG):
        found = read_svg((wrap % body).encode(), self.rooms)
        check_layout(found.layout, self.indexes)
        return found

    def assertRefused(self, why, data):
        with self.assertRaises(SvgError) as caught:
            read_svg(data if isinstance(data, bytes) else data.encode(), self.rooms)
        self.assertEqual(caught.exception.why, why)

    def test_rooms_are_found_by_number_or_by_prefix_whatever_the_capitals(self):
        found = self.read(
            '<rect id="ROOM-101" width="50" height="40"/>'
            '<rect id="102" x="100" width="50" height="40"/>'
        )
        self.assertEqual(found.rooms, {7: "ROOM-101", 8: "102"})
        self.assertEqual((found.unmatched, found.unknown), (set(), []))
        one, other = found.layout["rooms"]
        self.assertAlmostEqual((other["x"] - one["x"]) / one["w"], 2, delta=0.01)
        self.assertAlmostEqual(one["w"] / one["h"], 50 / 40, delta=0.01)

    def test_beds_are_found_by_id_and_by_attribute(self):
        found = self.read(
            '<g id="room-101"><rect width="60" height="40"/>'
            '<rect data-bed="b" x="40" y="20" width="12" height="8"/></g>'
            '<rect id="room_102" x="100" width="60" height="40"/>'
            '<rect id="Bed-102-A" x="105" y="20" width="12" height="8"/>'
            '<path data-bed="102 B" d="M130 20h12v8h-12z"/>'
        )
        self.assertEqual(found.beds, {1: "b", 2: "Bed-102-A", 3: "102 B"})
        self.assertEqual(found.unmatched, set())
        first, second = found.layout["rooms"]
        scale = first["w"] / 60
        [drawn] = [bed for bed in first["beds"] if bed["i"] == 1]
        self.assertAlmostEqual((drawn["x"] - first["x"]) / scale, 40, delta=0.1)
        [path] = [bed for bed in second["beds"] if bed["i"] == 3]
        self.assertAlmostEqual((path["x"] - second["x"]) / scale, 30, delta=0.1)
        # The bed without an element lies in its room, and on nobody else.
        self.assertFalse(overlap(*first["beds"]))

    def test_transforms_and_the_view_box_are_followed(self):
        wrap = SVG.replace("0 0 400 300", "-50 -20 400 300")
        found = self.read(
            '<g transform="translate(10,20) scale(2)"><rect id="101" width="30" height="20"/></g>'
            '<rect id="102" transform="translate(200 100) rotate(90)" width="60" height="40"/>',
            wrap,
        )
        plain, turned = found.layout["rooms"]
        scale = plain["w"] / 60
        self.assertAlmostEqual(plain["x"] / scale, 60, delta=0.1)
        self.assertAlmostEqual(plain["y"] / scale, 40, delta=0.1)
        self.assertEqual((plain["rot"], turned["rot"]), (0, 90))
        left, top, right, bottom = bounds(corners(turned))
        self.assertAlmostEqual(left / scale, 250 - 40, delta=0.2)
        self.assertAlmostEqual(right / scale, 250, delta=0.2)
        self.assertAlmostEqual(top / scale, 120, delta=0.2)
        self.assertAlmostEqual(bottom / scale, 180, delta=0.2)

    def test_beds_of_a_turned_room_keep_the_room_s_frame(self):
        found = self.read(
            '<g id="101" transform="translate(200 100) rotate(90)"><rect width="60" height="40"/>'
            '<rect id="bed-101-a" x="5" y="20" width="12" height="8"/></g>'
        )
        [room] = found.layout["rooms"]
        [bed] = [bed for bed in room["beds"] if bed["i"] == 0]
        scale = room["w"] / 60
        self.assertAlmostEqual((bed["x"] - room["x"]) / scale, 5, delta=0.1)
        self.assertAlmostEqual((bed["y"] - room["y"]) / scale, 20, delta=0.1)
        self.assertAlmostEqual(bed["w"] / scale, 12, delta=0.1)

    def test_what_is_missing_and_what_is_unknown_is_listed(self):
        found = self.read(
            '<rect id="room-101" width="50" height="40"/><rect id="room-999" width="5" height="5"/>'
            '<rect id="rect12" x="90" width="5" height="5"/>'
            '<rect id="bed-101-Z" width="5" height="5"/>'
            '<rect id="101" x="60" width="50" height="40"/>'
        )
        self.assertEqual(found.unmatched, {2, 3})
        self.assertEqual(found.unknown, ["room-999", "bed-101-Z", "101"])

    def test_corridors_walls_and_labels_become_shapes(self):
        found = self.read(
            '<rect width="400" height="300"/><rect id="room-101" x="10" width="50" height="40"/>'
            '<rect id="main-corridor" y="60" width="300" height="20"/>'
            '<rect id="Toilet" y="100" width="50" height="20"/>'
            '<line x1="0" y1="200" x2="100" y2="200"/>'
            '<text x="100" y="250">Garden</text><text x="15" y="10">101</text>'
        )
        shapes = [(shape["type"], shape["label"]) for shape in found.layout["shapes"]]
        self.assertEqual(
            shapes, [("corridor", ""), ("bath", ""), ("wall", ""), ("label", "Garden")]
        )

    def test_what_is_no_svg_is_refused(self):
        for data in (
            b"",
            b"\x89PNG\r\n\x1a\n\x00\x00\x00",
            b"%PDF-1.7",
            b"\x1f\x8b\x08\x00svgz",
            b"<html><body/></html>",
            b"plain text",
            "<svg/>".encode("utf-16"),
            b"\xff\xfe\xff",
        ):
            with self.subTest(data=data[:12]):
                self.assertRefused("not_svg", data)

    def test_entities_and_document_types_with_declarations_are_refused(self):
        laughs = "".join(
            f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' if n else '<!ENTITY lol0 "lol">'
            for n in range(10)
        )
        for head in (
            f"<!DOCTYPE svg [{laughs}]>",
            '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
            '<!doctype svg PUBLIC "a" "b" [ ]>',
        ):
            with self.subTest(head=head[:40]):
                self.assertRefused("unsafe", head + SVG % "<text>&lol9;&x;</text>")

    def test_a_file_full_of_document_types_is_refused_without_reading_it_again_and_again(self):
        many = "<!DOCTYPE " * (MAX_FILE_BYTES // 10)
        self.assertRefused("unsafe", many)
        # One that never ends is looked at no further than the usual ones reach.
        self.assertRefused("unsafe", "<!DOCTYPE svg " + "x" * (MAX_FILE_BYTES - 100) + "><svg/>")
        self.assertRefused("unsafe", "<!DOCTYPE svg><!doctype svg>" + SVG % "<g/>")

    def test_the_usual_document_type_is_ignored_and_nothing_is_fetched(self):
        head = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://localhost:1/svg11.dtd">'
        root = parse_svg((head + SVG % "<g/>").encode())
        self.assertEqual(len(root), 1)

    def test_scripts_are_refused(self):
        for body in (
            "<script>alert(1)</script>",
            '<g onload="alert(1)"/>',
            "<foreignObject><p/></foreignObject>",
            '<a href="javascript:alert(1)"/>',
            '<a xmlns:x="http://www.w3.org/1999/xlink" x:href=" JavaScript:alert(1)"/>',
        ):
            with self.subTest(body=body):
                self.assertRefused("unsafe", SVG % body)

    def test_size_and_damage_are_refused(self):
        self.assertRefused("too_large", b"<svg>" + b" " * 2_000_001)
        self.assertRefused("too_large", SVG % ("<g/>" * 20_001))
        self.assertRefused("too_large", SVG % ("<g>" * 150 + "</g>" * 150))
        self.assertRefused("broken", "<svg><g></svg>")
        self.assertRefused("broken", '<?xml version="1.0" encoding="latin1"?>' + SVG % "")
        self.assertRefused("empty", SVG % "<rect id='x' width='5' height='5'/>")

    def test_absurd_numbers_do_no_harm(self):
        with self.assertRaises(LayoutError):
            self.read('<rect id="101" x="1e300" width="1e308" height="1e308"/>')
        found = self.read('<rect id="101" width="50" height="40" transform="scale(nan) rotate()"/>')
        self.assertEqual(len(found.layout["rooms"]), 1)

    def test_paths_are_read_with_curves_arcs_and_relative_steps(self):
        square = path_points("m10 10 h20 v20 h-20z m5,5 l1-1")
        self.assertEqual(bounds(square), (10, 10, 30, 30))
        circle = bounds(path_points("M0 50a50 50 0 1 1 100 0a50 50 0 1 1-100 0"))
        for got, want in zip(circle, (0, 0, 100, 100), strict=True):
            self.assertAlmostEqual(got, want, delta=0.5)
        # Flags without anything between them, as optimisers write.
        packed = bounds(path_points("M0 50a50 50 0 11100 0"))
        self.assertAlmostEqual(packed[1], 0, delta=0.5)
        curve = bounds(path_points("M0 0C0 100 100 100 100 0"))
        self.assertAlmostEqual(curve[3], 75, delta=0.5)
        smooth = bounds(path_points("M0 0Q50 100 100 0T200 0"))
        self.assertAlmostEqual(smooth[1], -50, delta=0.5)
        self.assertEqual(path_points("nonsense 12"), [])

    def test_transforms_are_applied_from_the_right(self):
        a, b, c, d, e, f = parse_transform("translate(10 0) scale(2)")
        self.assertEqual((a, b, c, d, e, f), (2, 0, 0, 2, 10, 0))
        turned = parse_transform("rotate(90 5 5)")
        self.assertAlmostEqual(turned[4], 10)
        self.assertAlmostEqual(turned[5], 0)
