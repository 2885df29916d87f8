from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.tests.common import HostelCase

from .common_moving import MovingMixin


@tagged("post_install", "-at_install")
class TestKey(MovingMixin, HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpMoving()

    def test_a_key_goes_out_and_comes_back(self):
        self._move_in()
        self.key._hand_over(self.stay, "With a ring")
        self.assertEqual((self.key.state, self.key.holder_id), ("handed_over", self.student))
        record = self.stay.check_ids
        self.assertEqual((record.key_given, record.key_number), (True, self.key.name))
        self._as("supervisor", self.key).action_take_back()
        self.assertEqual((self.key.state, self.key.holder_id.id), ("office", False))
        self.assertTrue(record.key_returned)
        movements = self.key.movement_ids.sorted("number")
        self.assertEqual(movements.mapped("kind"), ["handed_over", "returned"])
        self.assertEqual(movements.mapped("student_id"), self.student)
        self.assertEqual(movements[1].by_id, self.users["supervisor"])

    def test_one_hand_at_a_time(self):
        self.key._hand_over(self.stay)
        mate = self._create_stay(bed=self.bed.room_id.bed_ids - self.bed)
        refusal = self.assertRefused("KEY_STATE", self.key._hand_over, mate)
        self.assertIn("Asha Test", str(refusal))

    @mute_logger("odoo.sql_db")
    def test_two_who_move_a_key_at_the_same_moment(self):
        """Both saw the same last movement; the second of them is refused by the table."""
        self.key._hand_over(self.stay)
        vals = self.key.movement_ids.copy_data()[0]
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["hostel.key.movement"].create(vals | {"number": 1}).flush_recordset()
        self.env["hostel.key.movement"].create(vals | {"number": 2}).flush_recordset()

    def test_a_lost_key_is_charged_to_whoever_had_it(self):
        self.key._hand_over(self.stay)
        self.key.action_report_lost()
        movement = self.key.movement_ids.sorted("number")[-1]
        self.assertEqual((movement.amount, movement.student_id), (250, self.student))
        self.assertRefused("KEY_STATE", self.key._hand_over, self.stay)
        self.key.action_found()
        self.assertEqual(self.key.state, "office")

    def test_a_key_lost_in_the_office_is_nobodys_charge(self):
        self.key.action_report_lost()
        self.assertFalse(self.key.movement_ids.amount)

    def test_a_key_of_another_hostel_or_for_no_stay(self):
        foreign = self._create_stay(bed=self.foreign.bed_ids[0])
        self.assertRefused("KEY_WRONG_HOSTEL", self.key._hand_over, foreign)
        over = self._create_allocation("cancelled", bed=self.other_bed)
        self.assertRefused("INVALID_TRANSITION", self.key._hand_over, over)

    def test_keys_not_back_after_moving_out_are_found(self):
        Key = self.env["hostel.key"]
        self._move_in()
        self.key._hand_over(self.stay)
        overdue = [("is_overdue", "=", True), ("hostel_id", "=", self.home.id)]
        self.assertFalse(Key.search(overdue))
        self.stay._vacate("other", self.today)
        self.assertEqual(Key.search(overdue), self.key)
        self.assertTrue(self.key.is_overdue)

    def test_what_happened_is_not_rewritten(self):
        self.key._hand_over(self.stay)
        movement = self.key.movement_ids
        for records in (movement, self._as("admin", movement)):
            with self.assertRaises(AccessError):
                records.write({"note": "Another"})
            with self.assertRaises(AccessError):
                records.unlink()
        with self.assertRaises(AccessError):
            self._as("admin", self.key).write({"state": "office"})
        self.assertRefused("KEY_KEPT", self.key.unlink)

    def test_who_sees_and_moves_keys(self):
        foreign = self.key.copy(
            {"name": "F1", "hostel_id": self.foreign.id, "room_id": False, "bed_id": False}
        )
        for role in ("warden", "supervisor", "floor_incharge"):
            seen = self._as(role, self.key | foreign)._filtered_access("read")
            self.assertEqual(seen.ids, self.key.ids)
        for role in ("guard", "student", "guardian", "portal", "floor_incharge"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._as(role, self.key).action_report_lost()
        with self.assertRaises(AccessError):
            self._as("supervisor", foreign).action_report_lost()

    def _hand_over_by_dialog(self, role, key, stay):
        dialog = self._as(role, self.env["hostel.key.hand.over"]).create(
            {"key_id": key.id, "allocation_id": stay.id}
        )
        dialog.action_hand_over()

    def test_the_dialog(self):
        self._hand_over_by_dialog("supervisor", self.key, self.stay)
        self.assertEqual(self.key.holder_id, self.student)
        with self.assertRaises(AccessError):
            self._hand_over_by_dialog("guard", self.room_key, self.stay)

    def test_the_printed_list(self):
        self.key._hand_over(self.stay)
        dialog = self._as("warden", self.env["hostel.print.list"]).create({"kind": "keys"})
        table = dialog._get_table()
        rows = [row for row in table["rows"] if self.key.name in row]
        self.assertEqual(len(rows), 1)
        self.assertIn("Asha Test", rows[0])
        self.assertEqual(len(rows[0]), len(table["columns"]))
