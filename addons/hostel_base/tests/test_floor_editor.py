"""Saving a floor plan: who may, what is checked, what is kept; and the two dialogs that draw."""

import base64
from copy import deepcopy

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..tools.floor_check import find_warnings
from .common import HostelCase


class FloorCase(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.floor = cls.home.floor_ids[0]
        cls.floor.action_generate_layout()
        cls.foreign.floor_ids.action_generate_layout()

    def as_role(self, role, floor=None):
        return (floor or self.floor).with_user(self.users[role])

    def drawing(self, floor=None):
        return deepcopy((floor or self.floor).layout)

    def moved(self, dx=20):
        layout = self.drawing()
        room = layout["rooms"][0]
        room["x"] += dx
        for bed in room["beds"]:
            bed["x"] += dx
        return layout


@tagged("post_install", "-at_install")
class TestFloorEditor(FloorCase):
    def test_warden_moves_a_room_and_saves_a_new_version(self):
        floor = self.as_role("warden")
        layout = self.moved()
        answer = floor.save_editor_layout(layout, floor.layout_version, "To the lake")
        self.assertEqual(answer, {"version": 2})
        self.assertEqual(floor.layout, layout)
        newest = floor.layout_ids[0]
        self.assertEqual(
            (newest.version, newest.user_id, newest.note, newest.source, newest.bed_count),
            (2, self.users["warden"], "To the lake", "editor", 4),
        )

    def test_saving_what_is_there_already_makes_no_version(self):
        floor = self.as_role("warden")
        floor.save_editor_layout(self.drawing(), 1)
        self.assertEqual((floor.layout_version, len(floor.layout_ids)), (1, 1))

    def test_staff_who_only_look_can_look_and_not_save(self):
        for role in ("supervisor", "floor_incharge"):
            floor = self.as_role(role)
            with self.subTest(role=role):
                self.assertFalse(floor.get_editor_data()["can_write"])
                with self.assertRaises(AccessError):
                    floor.save_editor_layout(self.moved(), 1)

    def test_nobody_else_reaches_the_editor(self):
        for role in ("guard", "mess_manager", "student", "guardian", "internal", "portal"):
            floor = self.as_role(role)
            for call in (
                floor.get_editor_data,
                floor.get_layout_history,
                lambda floor=floor: floor.get_layout_version(1),
                lambda floor=floor: floor.save_editor_layout(self.moved(), 1),
                floor.action_open_editor,
            ):
                with self.subTest(role=role), self.assertRaises(AccessError):
                    call()

    def test_warden_of_one_hostel_is_refused_in_another(self):
        floor = self.as_role("warden", self.foreign.floor_ids[0])
        with self.assertRaises(AccessError):
            floor.get_editor_data()
        with self.assertRaises(AccessError):
            floor.save_editor_layout({}, 1)

    def test_floor_in_charge_sees_the_own_floor_only(self):
        self.assertTrue(self.as_role("floor_incharge").get_editor_data()["layout"])
        with self.assertRaises(AccessError):
            self.as_role("floor_incharge", self.home.floor_ids[1]).get_editor_data()

    def test_a_drawing_that_is_malformed_is_refused_with_the_place(self):
        layout = self.drawing()
        layout["rooms"][1]["w"] = "wide"
        refusal = self.assertRefused(
            "LAYOUT_INVALID", self.as_role("warden").save_editor_layout, layout, 1
        )
        self.assertEqual(refusal.details, {"path": "rooms[1].w", "why": "number"})
        self.assertEqual(self.floor.layout_version, 1)

    def test_rooms_of_another_floor_are_refused(self):
        layout = self.drawing(self.home.floor_ids[1].with_env(self.env)) or {}
        other = self.foreign.floor_ids[0].layout
        for bad in (other, {**self.drawing(), "rooms": other["rooms"]}, layout, None, "x"):
            with self.subTest(bad=str(bad)[:30]):
                self.assertRefused(
                    "LAYOUT_INVALID", self.as_role("warden").save_editor_layout, bad, 1
                )

    def test_a_lost_bed_is_named(self):
        layout = self.drawing()
        lost = layout["rooms"][0]["beds"].pop()
        refusal = self.assertRefused(
            "LAYOUT_LOSES_BEDS", self.as_role("warden").save_editor_layout, layout, 1
        )
        bed = self.floor.bed_ids.filtered(lambda bed: bed.map_index == lost["i"])
        self.assertIn(bed.display_name, str(refusal))
        self.assertEqual(refusal.details["beds"], bed.ids)

    def test_who_saves_second_is_told_who_was_first_and_can_save_on_top(self):
        warden, admin = self.as_role("warden"), self.as_role("admin")
        admin.save_editor_layout(self.moved(40), 1)
        refusal = self.assertRefused(
            "LAYOUT_CONFLICT", warden.save_editor_layout, self.moved(80), 1
        )
        self.assertIn(self.users["admin"].name, str(refusal))
        self.assertEqual((refusal.http_status, refusal.details["version"]), (409, 2))
        warden.save_editor_layout(self.moved(80), 2)
        self.assertEqual(warden.get_editor_data()["version"], 3)

    def test_history_lists_versions_and_brings_an_old_one_back(self):
        floor = self.as_role("warden")
        first = self.drawing()
        floor.save_editor_layout(self.moved(), 1)
        newest, oldest = floor.get_layout_history()
        self.assertEqual((newest["version"], newest["current"]), (2, True))
        self.assertEqual(newest["user"], self.users["warden"].name)
        self.assertEqual(floor.get_layout_version(oldest["id"])["layout"], first)
        self.env["hostel.floor.layout"].with_user(self.users["warden"]).browse(
            oldest["id"]
        ).action_restore()
        self.assertEqual((floor.layout, floor.layout_version), (first, 3))
        self.assertEqual(floor.layout_ids[0].source, "restored")

    def test_an_old_version_comes_back_with_the_beds_of_today(self):
        floor = self.as_role("warden")
        floor.save_editor_layout(self.moved(), 1)
        self._create_bed(floor.room_ids[0].with_env(self.env), label="C")
        old = floor.layout_ids[-1]
        shown = floor.get_layout_version(old.id)
        self.assertEqual(shown["placed"], floor.room_ids[0].ids)
        old.action_restore()
        drawn = {bed["i"] for room in floor.layout["rooms"] for bed in room["beds"]}
        self.assertEqual(drawn, set(floor.bed_ids.mapped("map_index")))

    def test_supervisor_can_not_restore(self):
        row = self.floor.layout_ids[0].with_user(self.users["supervisor"])
        self.assertTrue(row.picture)
        with self.assertRaises(AccessError):
            row.action_restore()

    def test_versions_of_another_hostel_or_floor_are_hidden(self):
        foreign = self.foreign.floor_ids[0].layout_ids
        Layout = self.env["hostel.floor.layout"]
        for role in ("warden", "supervisor", "floor_incharge"):
            mine = Layout.with_user(self.users[role]).search([])
            with self.subTest(role=role):
                self.assertIn(self.floor.layout_ids, mine)
                self.assertNotIn(foreign, mine)
        self.home.floor_ids[1].action_generate_layout()
        in_charge = Layout.with_user(self.users["floor_incharge"]).search([])
        self.assertEqual(in_charge.floor_id, self.floor)
        self.assertIn(foreign, Layout.with_user(self.users["admin"]).search([]))
        self.assertRefused("NOT_FOUND", self.as_role("warden").get_layout_version, foreign.id)

    def test_a_version_is_unique_on_its_floor(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env["hostel.floor.layout"]._keep(self.floor, "editor")

    def test_a_drawing_from_before_the_history_is_kept_when_the_next_one_comes(self):
        self.floor.layout_ids.unlink()
        self.as_role("warden").save_editor_layout(self.moved(), 1)
        self.assertEqual(self.floor.layout_ids.mapped("version"), [2, 1])
        self.assertFalse(self.floor.layout_ids[-1].user_id)

    def test_new_rooms_are_put_in_for_the_warden_to_place(self):
        room = self._create_room(self.floor, name="199")
        self._create_bed(room)
        data = self.as_role("warden").get_editor_data()
        self.assertEqual(data["placed"], room.ids)
        self.assertEqual(find_warnings(data["layout"]), ([], []))
        self.as_role("warden").save_editor_layout(data["layout"], 1)

    def test_a_floor_without_rooms_has_no_drawing(self):
        floor = self._create_floor(self.home, 9)
        data = self.as_role("warden", floor).get_editor_data()
        self.assertEqual((data["layout"], data["rooms"], data["can_write"]), (None, [], True))

    def test_the_editor_asks_no_more_for_more_rooms(self):
        self.floor.invalidate_recordset()
        floor = self.as_role("warden")
        floor.get_editor_data()
        counts = []
        for _round in range(2):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            floor.get_editor_data()
            counts.append(self.env.cr.sql_log_count - before)
            for _n in range(5):
                self._create_bed(self._create_room(self.floor))
            self.env.flush_all()
        self.assertLessEqual(counts[1], counts[0] + 1)

    def test_the_editor_opens_on_its_floor(self):
        action = self.as_role("warden").action_open_editor()
        self.assertEqual(action["tag"], "hostel_base.floor_editor")
        self.assertEqual(action["context"], {"active_id": self.floor.id})


@tagged("post_install", "-at_install")
class TestFloorGenerate(FloorCase):
    def dialog(self, floor=None, user="warden", **values):
        vals = {
            "floor_id": (floor or self.empty).id,
            "left_count": 3,
            "right_count": 2,
            "first_number": "901",
            "room_type_id": self.twin.id,
            **values,
        }
        return self.env["hostel.floor.generate"].with_user(self.users[user]).create(vals)

    def setUp(self):
        super().setUp()
        self.empty = self._create_floor(self.home, 9)

    def test_an_empty_floor_gets_rooms_and_beds_and_a_drawing(self):
        action = self.dialog().action_generate()
        self.assertEqual(action["tag"], "hostel_base.floor_editor")
        rooms = self.empty.room_ids
        self.assertEqual(set(rooms.mapped("name")), {"901", "902", "903", "904", "905"})
        self.assertEqual(set(rooms.mapped("gender")), {"female"})
        self.assertEqual(rooms[0].bed_ids.mapped("label"), ["A", "B"])
        self.assertEqual(self.empty.layout_ids.source, "rule")
        by_id = {box["id"]: box for box in self.empty.layout["rooms"]}
        left = by_id[rooms.filtered(lambda room: room.name == "903").id]
        right = by_id[rooms.filtered(lambda room: room.name == "902").id]
        self.assertLess(left["y"], right["y"])

    def test_more_rooms_go_below_the_drawing_so_far(self):
        before = self.drawing()
        self.dialog(self.floor).action_generate()
        after = self.floor.layout
        self.assertEqual(after["rooms"][: len(before["rooms"])], before["rooms"])
        self.assertEqual(find_warnings(after), ([], []))
        self.assertEqual(len(after["rooms"]), len(before["rooms"]) + 5)

    def test_rooms_there_are_can_be_drawn_by_another_rule(self):
        rooms = self.floor.room_ids
        self.dialog(self.floor, mode="redraw", shape="u").action_generate()
        self.assertEqual(self.floor.room_ids, rooms)
        self.assertEqual({box["id"] for box in self.floor.layout["rooms"]}, set(rooms.ids))
        self.assertGreater(len(self.floor.layout["shapes"]), 2)

    def test_numbers_that_exist_are_named(self):
        self._create_room(self.home.floor_ids[1], name="903", active=False)
        dialog = self.dialog()
        self.assertIn("903", dialog.problem)
        refusal = self.assertRefused("ROOM_EXISTS", dialog.action_generate)
        self.assertEqual(refusal.details["rooms"], ["903"])
        self.assertFalse(self.empty.room_ids)

    def test_numbers_that_make_no_floor_are_refused(self):
        for code, values in (
            ("RULE_NO_ROOMS", {"left_count": 0, "right_count": 0}),
            ("RULE_NO_ROOMS", {"left_count": -1}),
            ("RULE_TOO_MANY_ROOMS", {"left_count": 150, "right_count": 51}),
            ("RULE_FIRST_NUMBER", {"first_number": "A1"}),
            ("RULE_FIRST_NUMBER", {"first_number": ""}),
            ("RULE_INCOMPLETE", {"room_type_id": False}),
            ("FLOOR_EMPTY", {"mode": "redraw"}),
        ):
            with self.subTest(code=code, values=values):
                self.assertRefused(code, self.dialog(**values).action_generate)

    def test_a_mixed_hostel_asks_for_whom_the_rooms_are(self):
        mixed = self._create_hostel(gender_type="mixed")
        self._create_post(self.users["warden"], mixed, "warden")
        floor = self._create_floor(mixed)
        self.assertRefused("RULE_INCOMPLETE", self.dialog(floor).action_generate)
        self.dialog(floor, gender="male").action_generate()
        self.assertEqual(set(floor.room_ids.mapped("gender")), {"male"})

    def test_the_preview_shows_the_rooms_and_makes_none(self):
        form = Form(
            self.env["hostel.floor.generate"]
            .with_user(self.users["warden"])
            .with_context(default_floor_id=self.empty.id)
        )
        form.room_type_id = self.twin
        form.first_number = "971"
        self.assertIn(">971<", form.preview)
        self.assertEqual(form.summary, "12 rooms, 24 beds")
        form.first_number = "x"
        self.assertTrue(form.problem)
        self.assertFalse(self.empty.room_ids)

    def test_only_wardens_of_the_hostel_draw(self):
        with self.assertRaises(AccessError):
            self.dialog(user="supervisor")
        foreign = self.foreign.floor_ids[0]
        with self.assertRaises(AccessError):
            self.dialog(foreign).action_generate()

    def test_from_the_open_editor_it_only_closes(self):
        dialog = self.dialog().with_context(hostel_floor_editor=True)
        self.assertEqual(dialog.action_generate()["type"], "ir.actions.act_window_close")


@tagged("post_install", "-at_install")
class TestFloorSvgUpload(FloorCase):
    def upload(self, body, user="warden", floor=None):
        text = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300">{body}</svg>'
        data = body if isinstance(body, bytes) else text.encode()
        return (
            self.env["hostel.floor.svg"]
            .with_user(self.users[user])
            .create(
                {
                    "floor_id": (floor or self.floor).id,
                    "file": base64.b64encode(data),
                    "filename": "plan.svg",
                }
            )
        )

    def rooms_svg(self, rooms):
        return "".join(
            f'<rect id="room-{room.name}" x="{n * 90}" width="80" height="70"/>'
            for n, room in enumerate(rooms)
        )

    def test_a_warden_looks_at_the_match_and_uses_the_drawing(self):
        dialog = self.upload(self.rooms_svg(self.floor.room_ids))
        action = dialog.action_check()
        self.assertEqual((action["res_id"], dialog.state), (dialog.id, "check"))
        self.assertEqual((dialog.bed_found_count, dialog.unmatched_count), (4, 0))
        self.assertEqual(dialog.line_ids.mapped("kind").count("bed"), 4)
        self.assertIn("<svg", dialog.preview)
        dialog.action_publish()
        self.assertEqual(self.floor.layout_version, 2)
        newest = self.floor.layout_ids[0]
        self.assertEqual((newest.source, newest.note), ("svg", "plan.svg"))
        # The file is not kept.
        self.assertFalse(dialog.file)

    def test_beds_without_a_place_are_listed_and_refused(self):
        dialog = self.upload(
            self.rooms_svg(self.floor.room_ids[:1]) + '<rect id="room-999" width="9" height="9"/>'
        )
        dialog.action_check()
        self.assertEqual((dialog.unmatched_count, dialog.unknown_count), (2, 1))
        self.assertEqual(dialog.line_ids[0].state, "unmatched")
        self.assertIn("room-999", dialog.line_ids.mapped("name"))
        refusal = self.assertRefused("SVG_BEDS_UNMATCHED", dialog.action_publish)
        for bed in self.floor.room_ids[1].bed_ids:
            self.assertIn(bed.display_name, str(refusal))
        self.assertEqual(self.floor.layout_version, 1)

    def test_bad_files_are_refused_with_their_code(self):
        for code, body in (
            ("FILE_TYPE_MISMATCH", b"\x89PNG\r\n\x1a\n"),
            ("FILE_TYPE_MISMATCH", b"<html/>"),
            ("FILE_UNSAFE", "<script>1</script>"),
            ("FILE_UNSAFE", b'<!DOCTYPE svg [<!ENTITY a "b">]><svg/>'),
            ("FILE_TOO_LARGE", b"<svg>" + b" " * 2_000_001),
            ("FILE_BROKEN", b"<svg><g></svg>"),
            ("SVG_NOTHING_FOUND", '<rect width="9" height="9"/>'),
        ):
            with self.subTest(code=code, body=body[:20]):
                self.assertRefused(code, self.upload(body).action_check)
        empty = self.env["hostel.floor.svg"].create({"floor_id": self.floor.id})
        self.assertRefused("FILE_MISSING", empty.action_check)
        floor = self._create_floor(self.home, 9)
        self.assertRefused("FLOOR_EMPTY", self.upload("<g/>", floor=floor).action_check)

    def test_a_drawing_out_of_bounds_is_refused(self):
        names = self.floor.room_ids.mapped("name")
        body = "".join(f'<rect id="{name}" x="1e9" width="80" height="70"/>' for name in names)
        self.assertRefused("LAYOUT_INVALID", self.upload(body).action_publish)

    def test_an_upload_is_its_owner_s_alone(self):
        dialog = self.upload(self.rooms_svg(self.floor.room_ids))
        dialog.action_check()
        other = self._create_user("other_warden", "hostel_base.group_hostel_warden")
        self._create_post(other, self.home, "warden")
        with self.assertRaises(AccessError):
            dialog.with_user(other).read(["file"])
        with self.assertRaises(AccessError):
            dialog.line_ids.with_user(other).read(["name"])
        plan = self.env["hostel.floor.generate"].with_user(self.users["warden"])
        plan = plan.create({"floor_id": self.floor.id})
        with self.assertRaises(AccessError):
            plan.with_user(other).read(["first_number"])

    def test_only_wardens_of_the_hostel_upload(self):
        with self.assertRaises(AccessError):
            self.upload("<g/>", user="supervisor")
        dialog = self.upload("<g/>", floor=self.foreign.floor_ids[0])
        with self.assertRaises(AccessError):
            dialog.action_check()
        with self.assertRaises(AccessError):
            dialog.action_publish()
