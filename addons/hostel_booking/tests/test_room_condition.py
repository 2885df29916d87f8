import base64
import io
from datetime import datetime, timedelta

from PIL import Image
from pypdf import PdfReader

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.hostel_base.tests.common import HostelCase

from .common_moving import MovingMixin, get_letters


@tagged("post_install", "-at_install")
class TestRoomCondition(MovingMixin, HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpMoving()

    def test_a_form_comes_with_the_move_in(self):
        form = self._move_in()
        self.assertEqual((form.state, form.student_id), ("draft", self.student))
        self.assertGreaterEqual(len(form.line_ids), 10)
        self.assertEqual(set(form.line_ids.mapped("scope")), {"own", "shared"})

    def test_things_of_another_room_type_are_not_asked(self):
        other = self.twin.copy({"name": "Other", "code": "OTHER9"})
        item = self.env["hostel.condition.item"].create(
            {"name": "Bath tub", "room_type_ids": [(6, 0, other.ids)]}
        )
        self.assertNotIn(item, self._move_in().line_ids.item_id)

    def test_both_agree_and_then_nothing_of_the_arrival_changes(self):
        form = self._move_in()
        self._as("supervisor", form.line_ids[0]).condition_in = "worn"
        self._as("supervisor", form).action_send()
        self.assertEqual(form.state, "sent")
        form._accept("Asha Test")
        self.assertEqual((form.state, form.accepted_name), ("agreed", "Asha Test"))
        for lines in (self._as("warden", form.line_ids), form.line_ids):
            self.assertRefused("FORM_LOCKED", lines[0].write, {"condition_in": "damaged"})
            self.assertRefused("FORM_LOCKED", lines[0].write, {"note_in": "Scratched"})
        self.assertRefused("FORM_STATE", form._accept, "Again")
        self.assertRefused("FORM_STATE", form._dispute, "No")

    def test_the_student_fills_and_the_office_agrees(self):
        form = self._move_in()
        form.line_ids[0].write({"condition_in": "damaged", "note_in": "One leg"})
        form._submit_by_student("Asha Test")
        self.assertEqual(form.state, "to_confirm")
        self.assertEqual(form.activity_ids.user_id, self.users["warden"])
        self._as("warden", form).action_confirm()
        self.assertEqual(form.state, "agreed")
        self.assertFalse(form.activity_ids)

    def test_the_student_disagrees_and_the_warden_is_told(self):
        form = self._move_in()
        form.action_send()
        self.assertRefused("NOTE_NEEDED", form._dispute, "  ")
        form._dispute("The chair is broken")
        self.assertEqual(form.state, "disputed")
        self.assertIn("chair", form.activity_ids.note)
        form.line_ids[3].condition_in = "damaged"
        form.action_send()
        form._accept("Asha Test")
        self.assertEqual(form.state, "agreed")

    def test_a_name_stands_under_nothing_but_what_was_read(self):
        form = self._move_in()
        form.line_ids[0].write({"condition_in": "damaged", "note_in": "One leg"})
        form._submit_by_student("Asha Test")
        self._as("supervisor", form.line_ids[0]).condition_in = "ok"
        self.assertEqual((form.state, form.accepted_name), ("draft", False))
        self.assertRefused("FORM_STATE", self._as("warden", form).action_confirm)
        self._as("supervisor", form).action_send()
        self._as("supervisor", form.line_ids[1]).note_in = "Old"
        self.assertEqual(form.state, "draft")
        self.assertRefused("FORM_STATE", form._accept, "Asha Test")
        form.accept_by = self.env.cr.now() - timedelta(seconds=1)
        self.env["hostel.room.condition"]._accept_silence()
        self.assertEqual(form.state, "draft")

    def test_nobody_agrees_without_a_name(self):
        form = self._move_in()
        form.action_send()
        self.assertRefused("NAME_NEEDED", form._accept, " ")

    def test_silence_until_the_deadline_agrees(self):
        form = self._move_in()
        form.action_send()
        self.assertEqual(form.accept_by, self.env.cr.now() + timedelta(days=3))
        form._accept_silence()
        self.assertEqual(form.state, "sent")
        form.accept_by = self.env.cr.now()
        form._accept_silence()
        self.assertEqual((form.state, form.is_silent), ("agreed", True))

    def test_the_student_is_told_once_what_silence_means(self):
        form = self._move_in()
        self.assertFalse(get_letters(self.student))
        self._as("supervisor", form).action_send()
        letter = get_letters(self.student)
        self.assertEqual(letter.notification_ids.notification_type, "email")
        until = self.stay._format_moment(form.accept_by)
        self.assertIn(until, letter.subject)
        self.assertIn("counts as agreed", letter.body)
        self.assertIn('/my/hostel/condition"', letter.body)
        self.assertRefused("FORM_STATE", self._as("supervisor", form).action_send)
        form._accept_silence()
        self.assertEqual(get_letters(self.student), letter)

    def test_who_said_no_is_asked_again(self):
        form = self._move_in()
        form.action_send()
        form._dispute("The chair is broken")
        self._as("supervisor", form).action_send()
        self.assertEqual(len(get_letters(self.student)), 2)

    def test_a_letter_shows_the_students_own_clock(self):
        self.student.tz = "UTC"
        noon = datetime(2030, 1, 5, 12, 0)
        self.assertIn("12:00", self.stay._format_moment(noon))
        self.student.tz = False
        self.assertIn("17:30", self.stay._format_moment(noon))

    def test_a_letter_speaks_the_students_language(self):
        self.env["res.lang"]._activate_lang("hi_IN")
        self.student.lang = "hi_IN"
        office = self.stay.with_context(lang="en_US")
        self.assertEqual(office._in_student_language().env.lang, "hi_IN")
        # Another calendar of months and days is what shows that the language is used.
        moment = datetime(2030, 1, 5, 12, 0)
        self.assertNotEqual(
            office._in_student_language()._format_moment(moment), office._format_moment(moment)
        )

    def test_things_of_the_room_are_known_from_a_roommate(self):
        form = self._move_in()
        door = form.line_ids.filtered(lambda line: line.scope == "shared")[0]
        chair = form.line_ids.filtered(lambda line: line.scope == "own")[0]
        (door | chair).write({"condition_in": "worn", "note_in": "Old"})
        form.action_send()
        form._accept("Asha Test")
        mate = self._create_stay(bed=self.bed.room_id.bed_ids - self.bed)
        theirs = {line.item_id: line for line in self._move_in(mate).line_ids}
        self.assertEqual(theirs[door.item_id].condition_in, "worn")
        self.assertEqual(theirs[chair.item_id].condition_in, "ok")

    def test_at_departure_only_what_got_worse_is_changed_and_charged(self):
        form = self._move_in()
        old, new, same = form.line_ids[:3]
        old.condition_in = "damaged"
        form.action_send()
        form._accept("Asha Test")
        self._as("supervisor", form).action_start_inspection()
        self.assertEqual(old.condition_out, "damaged")
        new.write({"condition_out": "missing", "damage_amount": 900})
        self.assertEqual((old.is_changed, new.is_changed, same.is_changed), (False, True, False))
        form.action_close_inspection()
        self.assertEqual((form.state, form.damage_total, form.changed_count), ("closed", 900, 1))
        self.assertRefused("FORM_LOCKED", new.write, {"damage_amount": 1})
        self._as("warden", form).action_reopen_inspection()
        self.assertEqual(form.state, "leaving")

    def test_the_usual_charge_is_proposed_for_what_was_broken(self):
        form = self._move_in()
        form.action_start_inspection()
        line = form.line_ids[0]
        line.condition_out = "damaged"
        line._onchange_condition_out()
        self.assertEqual(line.damage_amount, line.item_id.damage_amount)
        line.condition_out = "worn"
        line._onchange_condition_out()
        self.assertFalse(line.damage_amount)

    def _add_photo(self, lines, image=None):
        return lines.env["hostel.room.condition.photo"].create(
            {"line_id": lines[0].id, "image": image or self._photo()}
        )

    def test_a_photo_loses_what_is_hidden_in_it(self):
        photo = self._add_photo(self._as("supervisor", self._move_in().line_ids))
        image = Image.open(io.BytesIO(base64.b64decode(photo.image)))
        self.assertEqual((image.format, image.size), ("JPEG", (1024, 768)))
        self.assertFalse(dict(image.getexif()))

    def test_what_is_no_photo_is_refused(self):
        lines = self._move_in().line_ids
        self.assertRefused("NOT_A_PHOTO", self._add_photo, lines, base64.b64encode(b"<svg/>"))
        big = base64.b64encode(b"0" * (6 * 1024 * 1024 + 1))
        self.assertRefused("TOO_LARGE", self._add_photo, lines, big)
        for _ in range(4):
            self._add_photo(lines)
        self.assertRefused("TOO_MANY", self._add_photo, lines)

    def test_nobody_takes_anothers_photo_away(self):
        form = self._move_in()
        own = self._add_photo(form.line_ids[0].with_user(self.users["supervisor"]))
        foreign = self._add_photo(form.line_ids[0].with_user(self.users["warden"]))
        self.assertRefused("NOT_YOURS", foreign.with_user(self.users["supervisor"]).unlink)
        own.with_user(self.users["supervisor"]).unlink()
        self.assertTrue(foreign.exists())

    def test_photos_of_an_agreed_form_stay(self):
        form = self._move_in()
        photo = self._add_photo(form.line_ids)
        form.action_send()
        form._accept("Asha Test")
        self.assertRefused("FORM_LOCKED", self._add_photo, form.line_ids)
        self.assertRefused("FORM_LOCKED", photo.unlink)
        with self.assertRaises(AccessError):
            photo.write({"image": self._photo()})

    def test_several_forms_are_printed_as_one_file(self):
        forms = self._move_in()
        other = self._create_stay(bed=self.other_bed, student=self._create_student())
        other._check_in()
        forms |= other.condition_ids
        self.assertEqual(len(forms), 2)
        pdf, _kind = (
            self.env["ir.actions.report"]
            .with_context(hostel_self_contained=True, force_report_rendering=True)
            ._render_qweb_pdf("hostel_booking.hostel_room_condition_report", forms.ids)
        )
        pages = PdfReader(io.BytesIO(pdf)).pages
        self.assertEqual(len(pages), 2)
        for form, page in zip(forms, pages, strict=True):
            self.assertIn(form.roll_number, page.extract_text())

    def test_each_role_sees_its_own(self):
        own = self._move_in()
        self._add_photo(own.line_ids)
        foreign = self._move_in(self._create_stay(bed=self.foreign.bed_ids[0]))
        self._add_photo(foreign.line_ids)
        for role in ("warden", "supervisor", "floor_incharge", "student"):
            for mine, other in (
                (own, foreign),
                (own.line_ids, foreign.line_ids),
                (own.line_ids.photo_ids, foreign.line_ids.photo_ids),
            ):
                with self.subTest(role=role, model=own._name):
                    seen = self._as(role, mine | other)._filtered_access("read")
                    self.assertEqual(set(seen.ids), set(mine.ids))
        mate = self._move_in(self._create_stay(bed=self.bed.room_id.bed_ids - self.bed))
        with self.assertRaises(AccessError):
            self._as("student", mate).read(["state"])

    def test_others_do_not_move_a_form_on(self):
        form = self._move_in()
        for role in ("floor_incharge", "student", "guard", "portal"):
            for method in ("action_send", "action_start_inspection"):
                with self.subTest(role=role, method=method), self.assertRaises(AccessError):
                    getattr(self._as(role, form), method)()
        with self.assertRaises(AccessError):
            self._as("warden", form).write({"state": "agreed"})
        with self.assertRaises(AccessError):
            self._as("student", form.line_ids[0]).write({"condition_in": "worn"})
        self.assertRefused("FORM_KEPT", form.unlink)
