"""A room as the warden handles it: beds by its type, who lives there, who lived there."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import HostelCase


@tagged("post_install", "-at_install")
class TestRoomDesk(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.triple = cls.env["hostel.room.type"].create(
            {"name": "Test triple", "code": "TEST3", "sharing": 3}
        )
        cls.room = cls._create_room(cls.home.floor_ids[0], room_type_id=cls.triple.id)

    def test_beds_are_added_as_the_type_asks(self):
        room = self.room.with_user(self.users["warden"])
        self.assertEqual(room.missing_bed_count, 3)
        room.action_add_beds()
        self.assertEqual(room.bed_ids.mapped("label"), ["A", "B", "C"])
        self.assertEqual(room.missing_bed_count, 0)
        self.assertEqual(len(set(room.floor_id.bed_ids.mapped("map_index"))), 4 + 3)

    def test_only_the_missing_ones_are_added_and_a_retired_label_is_not_used_again(self):
        self._create_bed(self.room, label="b")
        self._create_bed(self.room, label="A", active=False)
        self.room.action_add_beds()
        self.assertEqual(sorted(self.room.bed_ids.mapped("label")), ["C", "D", "b"])

    def test_several_rooms_get_their_beds_at_once(self):
        other = self._create_room(self.home.floor_ids[0])
        (self.room | other).action_add_beds()
        self.assertEqual((len(self.room.bed_ids), len(other.bed_ids)), (3, 2))

    def test_room_that_has_its_beds_gets_no_more(self):
        self.room.action_add_beds()
        self.assertRefused("NO_BED_MISSING", self.room.action_add_beds)
        self.assertEqual(len(self.room.bed_ids), 3)

    def test_supervisor_adds_no_beds(self):
        for role in ("supervisor", "floor_incharge", "finance"):
            room = self.room.with_user(self.users[role])
            with self.subTest(role=role), self.assertRaises(AccessError):
                room.action_add_beds()

    def test_card_names_who_lives_where(self):
        today = fields.Date.today()
        dates = {
            "date_from": today - timedelta(days=3),
            "date_to": today + timedelta(days=3),
        }
        row = self._create_allocation("checked_in", bed=self.bed, **dates)
        room = self.bed.room_id.with_user(self.users["warden"])
        self.assertEqual(
            [(bed["label"], bed["state"], bed["who"]) for bed in room.bed_summary],
            [("A", "occupied", row.student_id.name), ("B", "vacant", "")],
        )
        action = room.action_open_history()
        self.assertEqual(self.Allocation.search(action["domain"]), row)

    def test_cards_cost_the_same_for_more_rooms(self):
        rooms = self.home.room_ids - self.room

        def count(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.with_user(self.users["warden"]).read(["name", "bed_summary", "state"])
            return self.env.cr.sql_log_count - before

        count(rooms)
        self.assertEqual(count(rooms[:1]), count(rooms))
