"""Rounds, windows and maps belong to the office; students meet them through the desk only."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import CampusMixin

STAFF = ("warden", "supervisor", "floor_incharge", "guard", "mess_manager", "finance")


@tagged("post_install", "-at_install")
class TestAccess(CampusMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpCampus()
        cls.users = {
            role: new_test_user(
                cls.env, f"{role}.booking.test", groups=f"hostel_base.group_hostel_{role}"
            )
            for role in ("admin", *STAFF)
        } | {"student": cls.asha_user, "portal": cls.stranger}
        for role in ("warden", "supervisor", "floor_incharge"):
            cls.env["hostel.staff"].create(
                {
                    "user_id": cls.users[role].id,
                    "hostel_id": cls.girls.id,
                    "role": role,
                    "floor_ids": [(6, 0, cls.girls.floor_ids.ids)],
                }
            )

    def _call(self, role, records, method, *args):
        records = records.with_user(self.users[role])
        return call_kw(records.browse(), method, [records.ids, *args], {})

    def test_only_the_administrator_opens_and_closes(self):
        for role in (*STAFF, "student", "portal"):
            for method in ("action_open", "action_close", "action_publish_maps"):
                with self.subTest(role=role, method=method), self.assertRaises(AccessError):
                    self._call(role, self.round, method)
            for method in ("action_pause", "action_resume", "action_extend", "action_close_early"):
                with self.subTest(role=role, method=method), self.assertRaises(AccessError):
                    self._call(role, self.window, method)
        self.assertEqual((self.round.state, self.window.is_paused), ("open", False))
        dialog = self._call("admin", self.window, "action_pause")
        self.assertEqual(dialog["res_model"], "hostel.booking.window.change")
        self._call("admin", self.round, "action_close")
        self.assertEqual(self.round.state, "closed")

    def test_who_has_the_menu_reads_the_numbers_of_a_round(self):
        beds = len(self.girls.bed_ids)
        for role in ("warden", "supervisor", "finance"):
            with self.subTest(role=role):
                [row] = self._call(role, self.round, "read", ["bed_count", "booked_count"])
                self.assertGreaterEqual(row["bed_count"], beds)

    def test_nobody_moves_a_door(self):
        later = self.window.closes_at + timedelta(days=30)
        for role in (*STAFF, "student", "portal"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._call(role, self.window, "write", {"closes_at": later})

    def test_keys_of_maps_are_handed_out_by_the_desk_only(self):
        for role in (*STAFF, "student", "portal"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._call(role, self.map, "read", ["key"])

    def test_not_even_the_administrator_writes_maps_and_decisions(self):
        row = self.env["hostel.booking.outbox"].create(
            {
                "round_id": self.round.id,
                "floor_id": self.map.floor_id.id,
                "map_index": 0,
                "state": "3",
                "fence": 1,
            }
        )
        for record, vals in ((self.map, {"layout_version": 9}), (row, {"state": "0"})):
            with self.subTest(model=record._name):
                self.assertRaises(AccessError, self._call, "admin", record, "write", vals)
                self.assertRaises(AccessError, self._call, "admin", record, "unlink")

    def test_the_desk_has_no_method_for_clients(self):
        desk = self.env["hostel.booking.desk"]
        public = {
            name
            for model in type(desk).mro()
            if model.__module__.startswith("odoo.addons.hostel_")
            for name in vars(model)
            if not name.startswith("_")
        } - {"pool"}
        self.assertFalse(public)
        for method in ("_hold", "_pay", "_cancel", "_boot"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self._call("student", desk, method, self.map.key)

    def test_staff_look_at_maps_and_strangers_do_not(self):
        Map = self.env["hostel.booking.map"]
        for role, expected in (
            ("admin", True),
            ("warden", True),
            ("supervisor", True),
            ("floor_incharge", True),
            ("finance", True),
            ("student", True),
            ("guard", False),
            ("mess_manager", False),
            ("portal", False),
        ):
            with self.subTest(role=role):
                self.assertEqual(Map.with_user(self.users[role])._may_look(), expected)
        self.assertFalse(Map.with_user(self.env.ref("base.public_user"))._may_look())
