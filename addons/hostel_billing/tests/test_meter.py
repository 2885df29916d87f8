import base64
from datetime import timedelta
from decimal import Decimal

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from odoo.addons.hostel_base.errors import HostelError

from .common import BillingCase


class MeterMixin:
    """A meter in room 214 that is read every day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.room = cls.bed.room_id
        cls.meter = cls.env["hostel.meter"].create({"serial": "M-214", "room_id": cls.room.id})
        cls.Reading = cls.env["hostel.meter.reading"]
        cls.start = cls.env.cr.now().replace(microsecond=0) - timedelta(days=10)

    @classmethod
    def _read(cls, value, day=0, meter=None, source="manual", **kwargs):
        reading, _new = cls.Reading._record(
            meter or cls.meter,
            Decimal(str(value)),
            cls.start + timedelta(days=day),
            source,
            **kwargs,
        )
        return reading


@tagged("post_install", "-at_install")
class TestMeter(MeterMixin, BillingCase):
    def _refused(self, call, *args, **kwargs):
        with self.assertRaises(HostelError) as caught, self.env.cr.savepoint():
            call(*args, **kwargs)
        return caught.exception.code

    def test_units_are_what_lies_between_two_readings(self):
        self._read(100)
        reading = self._read("104.5", 1)
        self.assertEqual((reading.used, reading.per_day, reading.state), (4.5, 4.5, "ok"))
        self.assertEqual(self.meter.last_value, 104.5)
        self.assertEqual(self.meter.place, "Kaveri · 214")

    def test_the_same_reading_again_changes_nothing(self):
        reading = self._read(100)
        self.assertEqual(self._read(100), reading)
        self.assertEqual(self._refused(self._read, 101), "READING_CONFLICT")

    def test_a_late_reading_takes_its_place(self):
        self._read(100)
        last = self._read(110, 4)
        middle = self._read(103, 1)
        self.assertEqual((middle.used, last.used), (3, 7))
        self.assertEqual(self.meter.last_reading_id, last)

    def test_an_odd_reading_waits_for_a_person(self):
        self._read(100)
        self._read(104, 1)
        odd = self._read(90, 2)
        self.assertEqual((odd.state, odd.anomaly, odd.used), ("flagged", "backwards", 0))
        self.assertEqual(self.meter.last_value, 104)
        self.assertEqual(self.meter.flagged_count, 1)
        self.assertEqual(len(self.meter.activity_ids), 1)
        spike = self._read(190, 3)
        self.assertEqual((spike.state, spike.anomaly), ("flagged", "spike"))
        self.assertEqual(len(self.meter.activity_ids), 1)

    def test_what_was_accepted_counts_and_what_was_rejected_does_not(self):
        self._read(100)
        self._read(104, 1)
        odd = self._read(190, 2)
        odd.with_user(self.finance).action_accept()
        self.assertEqual((odd.state, odd.used, odd.decided_by_id), ("accepted", 86, self.finance))
        self.assertFalse(self.meter.activity_ids)
        after = self._read(194, 3)
        self.assertEqual(after.used, 4)
        odd.with_user(self.finance).action_reject()
        self.assertEqual((odd.used, after.used), (0, 90))
        self.assertEqual(self._refused(odd.action_reject), "DECIDED")

    def test_readings_of_the_future_and_of_long_ago_are_refused(self):
        self.assertEqual(self._refused(self._read, 1, 11), "READING_IN_FUTURE")
        self.assertEqual(self._refused(self._read, 1, -395), "READING_TOO_OLD")

    def test_readings_are_never_changed(self):
        reading = self._read(100).with_user(self.finance)
        with self.assertRaises(AccessError) as caught:
            reading.write({"value": 1})
        self.assertIn("A reading is not changed", caught.exception.args[0])
        vals = {
            "meter_id": self.meter.id,
            "value": 101,
            "taken_at": self.start + timedelta(days=1),
            "source": "manual",
            "state": "ok",
        }
        with self.assertRaises(AccessError) as caught:
            self.Reading.with_user(self.finance).create(vals)
        self.assertIn("through a round or a file", caught.exception.args[0])
        self.assertTrue(self.Reading.create(vals), "a program may")
        self.assertEqual(self._refused(self._read(100).unlink), "READING_KEPT")
        with self.assertRaises(AccessError):
            reading.with_user(self.warden).action_reject()
        reading.action_reject()
        self.assertEqual(reading.state, "rejected")

    def test_a_meter_of_a_bed_is_in_its_room(self):
        other = self.other_hostel.bed_ids[:1]
        with self.assertRaisesRegex(Exception, "another room"):
            self.meter.bed_id = other

    # A floor

    def test_a_floor_is_read_in_one_go(self):
        self._read(100)
        second = self.env["hostel.meter"].create(
            {"serial": "M-214A", "room_id": self.room.id, "bed_id": self.bed.id}
        )
        form = Form(self.env["hostel.meter.round"].with_user(self.warden))
        form.hostel_id = self.hostel
        form.floor_id = self.room.floor_id
        self.assertEqual(len(form.line_ids), 2)
        walk = form.save()
        walk.line_ids.filtered(lambda one: one.meter_id == self.meter).value = "1,104.5"
        line = walk.line_ids.filtered(lambda one: one.meter_id == self.meter)
        self.assertEqual(line.used, 1004.5)
        action = walk.action_save()
        readings = self.Reading.search(action["domain"])
        self.assertEqual((readings.meter_id, readings.value), (self.meter, 1104.5))
        self.assertFalse(second.reading_ids)

    def test_typing_errors_keep_nothing(self):
        self.env["hostel.meter"].create({"serial": "M-215", "room_id": self.room.id})
        form = Form(self.env["hostel.meter.round"].with_user(self.warden))
        form.hostel_id = self.hostel
        walk = form.save()
        self.assertEqual(self._refused(walk.action_save), "NOTHING_ENTERED")
        walk.line_ids[0].value = "104"
        walk.line_ids[1].value = "1O4"
        self.assertTrue(walk.line_ids[1].note)
        self.assertEqual(self._refused(walk.action_save), "READING_INVALID")
        self.assertFalse(self.Reading.search([("hostel_id", "=", self.hostel.id)]))

    def test_no_one_reads_in_another_hostel(self):
        with self.assertRaises(HostelError) as caught:
            self.env["hostel.meter.round"].with_user(self.other_warden).create(
                {"hostel_id": self.hostel.id}
            )
        self.assertEqual(caught.exception.code, "NOT_FOUND")
        for user, allowed in [
            (self.finance, True),
            (self.warden, True),
            (self.other_warden, False),
        ]:
            self.assertEqual(self.meter.with_user(user).has_access("read"), allowed)
            self.assertEqual(self._read(100).with_user(user).has_access("read"), allowed)

    # A file

    def _import(self, text, name="readings.csv"):
        return (
            self.env["hostel.meter.import"]
            .with_user(self.finance)
            .create({"file": base64.b64encode(text.encode()), "file_name": name})
        )

    def test_a_file_is_tried_and_then_kept(self):
        day = self.start.strftime("%d-%m-%Y")
        dialog = self._import(
            "Meter readings of July\n"
            "Serial No,Reading date,Meter reading\n"
            f'M-214,{day} 08:00,"1,104.5"\n'
            f"M-214,{day} 09:00,1105\n"
            f"M-999,{day},5\n"
            "M-214,yesterday,5\n"
            f"M-214,{day} 10:00,none\n"
            f"M-214,{day} 11:00,900\n"
        )
        dialog.action_check()
        counts = ("new_count", "known_count", "odd_count", "refused_count")
        self.assertEqual([dialog[name] for name in counts], [3, 0, 1, 3])
        self.assertEqual(dialog.state, "checked")
        self.assertFalse(self.meter.reading_ids)
        dialog.action_import()
        self.assertEqual([dialog[name] for name in counts], [3, 0, 1, 3])
        self.assertEqual(self.meter.last_value, 1105)
        self.assertEqual(set(self.meter.reading_ids.mapped("source")), {"file"})
        # 08:00 of the college is 02:30 of the world.
        first = self.meter.reading_ids.sorted("taken_at")[:1]
        self.assertEqual(first.taken_at.strftime("%H:%M"), "02:30")
        for text in ("M-999", "date", "number"):
            self.assertIn(text, dialog.refused_text)
        dialog.action_import()
        self.assertEqual([dialog[name] for name in counts], [0, 3, 0, 3])

    def test_a_file_without_the_columns_is_refused(self):
        self.assertEqual(self._refused(self._import("a,b\n1,2\n").action_check), "COLUMNS_MISSING")
        self.assertEqual(
            self._refused(self._import("%PDF-1.4", "x.csv").action_check), "FILE_TYPE_MISMATCH"
        )

    # Keys

    def test_a_key_opens_one_meter_and_is_kept_as_a_hash(self):
        key = self.meter._make_key()
        self.assertEqual(self.env["hostel.meter"]._find_device("M-214", key), self.meter)
        self.assertNotIn(key, self.meter.key_hash)
        for serial, wrong in [("M-214", key + "x"), ("M-215", key), ("M-214", "")]:
            self.assertEqual(
                self._refused(self.env["hostel.meter"]._find_device, serial, wrong),
                "UNKNOWN_DEVICE",
            )
        self.meter.action_drop_key()
        self.assertEqual(
            self._refused(self.env["hostel.meter"]._find_device, "M-214", key), "UNKNOWN_DEVICE"
        )

    def test_the_key_is_shown_to_the_office_only(self):
        action = self.meter.with_user(self.finance).action_new_key()
        dialog = self.env["hostel.meter.key"].browse(action["res_id"])
        self.assertIn(dialog.device_key, dialog.example)
        self.assertEqual(
            self.env["hostel.meter"]._find_device("M-214", dialog.device_key), self.meter
        )
        with self.assertRaises(AccessError):
            self.meter.with_user(self.warden).action_new_key()
        with self.assertRaises(AccessError):
            self.meter.with_user(self.warden).read(["key_hash"])

    def test_a_device_that_fell_silent_is_found(self):
        self.meter._make_key()
        self.assertTrue(self.meter.is_silent)
        self.assertIn(self.meter, self.env["hostel.meter"].search([("is_silent", "=", True)]))
        self.meter._note_seen()
        self.assertFalse(self.meter.is_silent)
        self.assertNotIn(self.meter, self.env["hostel.meter"].search([("is_silent", "=", True)]))
