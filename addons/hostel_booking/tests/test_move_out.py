from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.hostel_base.tests.common import HostelCase

from .common_moving import MovingMixin


@tagged("post_install", "-at_install")
class TestMoveOut(MovingMixin, HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpMoving()
        cls.stay._check_in()
        cls.form = cls.stay.condition_ids
        cls.later = cls.today + timedelta(days=20)

    # The notice ----------------------------------------------------------

    def test_a_notice_shortens_the_stay_and_begins_the_clearance(self):
        self.stay._give_notice(self.later, "opted_out", "Internship")
        self.assertEqual((self.stay.date_to, self.stay.notice_date), (self.later, self.today))
        self.assertEqual(self.stay.state, "checked_in")
        self.assertEqual(self.stay.no_dues_ids.state, "open")
        self.assertEqual(self.stay.no_dues_ids.leaving_day, self.later)

    def test_a_notice_is_given_some_days_ahead(self):
        self.env["ir.config_parameter"].set_param("hostel_booking.notice_days", "10")
        soon = self.today + timedelta(days=9)
        refusal = self.assertRefused("NOTICE_TOO_SHORT", self.stay._give_notice, soon, "other")
        self.assertEqual(refusal.details["first_day"], str(self.today + timedelta(days=10)))
        self.stay._give_notice(self.today + timedelta(days=10), "other")

    def test_whoever_leaves_on_the_planned_day_needs_no_notice(self):
        self.env["ir.config_parameter"].set_param("hostel_booking.notice_days", "365")
        self.stay._give_notice(self.stay.date_to, "year_end")
        self.assertTrue(self.stay.notice_date)

    def test_a_student_gives_a_students_reason_after_moving_in(self):
        self.assertRefused("INVALID", self.stay._give_notice, self.later, "expulsion")
        new = self._create_stay(bed=self.other_bed)
        self.assertRefused("CHECKOUT_WITHOUT_CHECKIN", new._give_notice, self.later, "other")
        after = self.stay.date_to + timedelta(days=1)
        self.assertRefused("INVALID_DATE_RANGE", self.stay._give_notice, after, "other")

    def test_a_notice_can_be_taken_back_while_the_bed_is_free(self):
        planned = self.stay.date_to
        self.stay._give_notice(self.later, "other")
        self.stay._withdraw_own_notice()
        self.assertEqual((self.stay.date_to, self.stay.notice_date), (planned, False))
        self.assertEqual(self.stay.no_dues_ids.state, "withdrawn")
        self.stay._give_notice(self.later, "other")
        self.assertEqual(self.stay.no_dues_ids.state, "open")
        self._create_allocation(
            "allocated", bed=self.bed, date_from=self.later, date_to=planned + timedelta(days=9)
        )
        self.assertRefused("BED_TAKEN", self.stay._withdraw_own_notice)

    # The clearance -------------------------------------------------------

    def _start(self):
        self._as("supervisor", self.stay).action_start_move_out()
        return self.stay.no_dues_ids

    def _line(self, clearance, code):
        return clearance.line_ids.filtered(lambda line: line.station_id.code == code)

    def _clear_people(self, clearance):
        for code, role in (("mess", "mess_manager"), ("library", "warden"), ("finance", "finance")):
            self._as(role, self._line(clearance, code)).action_sign()

    def test_keys_and_room_answer_by_themselves(self):
        self.key._hand_over(self.stay)
        clearance = self._start()
        keys, room = self._line(clearance, "keys"), self._line(clearance, "room")
        self.assertEqual((keys.state, room.state), ("held", "held"))
        self.assertIn(self.key.name, keys.note)
        self.key.action_take_back()
        self.assertEqual(keys.state, "clear")
        self.form.action_start_inspection()
        self.form.action_close_inspection()
        self.assertEqual(room.state, "clear")
        self.form.action_reopen_inspection()
        self.assertEqual(room.state, "held")

    def test_each_station_signs_for_itself(self):
        clearance = self._start()
        mess = self._line(clearance, "mess")
        for role in ("finance", "supervisor", "warden", "admin", "student", "guard"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._as(role, mess).action_sign()
        self._as("mess_manager", mess).action_sign()
        self.assertEqual((mess.state, mess.signed_by_id), ("clear", self.users["mess_manager"]))
        keys = self._line(clearance, "keys")
        self.assertRefused("NOT_TO_SIGN", self._as("supervisor", keys).action_sign)
        with self.assertRaises(AccessError):
            self._as("mess_manager", mess).write({"state": "held"})

    def test_a_station_holds_and_says_what_is_owed(self):
        clearance = self._start()
        line = self._line(clearance, "finance")
        dialog = self._as("finance", self.env["hostel.no.dues.hold"]).create(
            {"line_ids": [(6, 0, line.ids)], "note": "Two bills"}
        )
        dialog.action_hold()
        self.assertEqual((line.state, line.note), ("held", "Two bills"))
        foreign = self._as("mess_manager", self.env["hostel.no.dues.hold"]).create(
            {"line_ids": [(6, 0, self._line(clearance, "mess").ids)], "note": "A plate"}
        )
        with self.assertRaises(AccessError):
            # What the own dialog names is looked at with the own rights.
            foreign.line_ids = line
            foreign.action_hold()
        self.assertEqual(line.note, "Two bills")

    def test_another_addon_answers_for_its_station(self):
        clearance = self._start()
        Line = self.registry["hostel.no.dues.line"]
        answer = Line._get_automatic_answer

        def answers(line):
            if line.station_id.code == "finance":
                return False, "₹500 open"
            return answer(line)

        with patch.object(Line, "_get_automatic_answer", answers):
            clearance._refresh()
        line = self._line(clearance, "finance")
        self.assertEqual((line.state, line.note, line.is_automatic), ("held", "₹500 open", True))
        clearance._refresh()
        self.assertEqual((line.state, line.is_automatic), ("pending", False))

    def test_nobody_leaves_before_all_are_clear(self):
        clearance = self._start()
        move_out = self._as("supervisor", clearance).action_move_out
        refusal = self.assertRefused("NO_DUES_MISSING", move_out)
        self.assertIn("Library", refusal.details["stations"])
        self._clear_people(clearance)
        self.assertRefused("NO_DUES_MISSING", move_out)
        self.form.action_start_inspection()
        self.form.action_close_inspection()
        self.assertEqual(clearance.state, "cleared")
        with patch.object(
            self.registry["hostel.allocation"], "_deposit_refund_due", autospec=True
        ) as refund:
            move_out()
        self.assertEqual([call.args[0] for call in refund.call_args_list], [self.stay])
        self.assertEqual((self.stay.state, self.stay.vacated_on), ("vacated", self.today))
        self.assertEqual(clearance.state, "left")
        self.assertTrue(clearance.pdf)
        document = clearance.verification_id
        self.assertEqual((document.kind, document.state), ("no_dues", "valid"))
        self.assertIn(self.users["finance"].group_ids, clearance.activity_ids.user_id.group_ids)
        self.assertTrue(self.stay.check_ids.check_out_at)

    def test_a_key_that_goes_out_again_takes_the_clearance_back(self):
        clearance = self._start()
        self._clear_all(clearance)
        self.key._hand_over(self.stay)
        self.assertEqual(clearance.state, "open")

    def test_the_check_out_button_wants_the_clearance_where_the_college_does(self):
        self.stay._change(date_to=self.today + timedelta(days=1))
        leave = self._as("supervisor", self.stay).action_check_out
        with self.env.cr.savepoint(flush=False) as savepoint:
            self.stay._change(date_from=self.today - timedelta(days=1), date_to=self.today)
            leave()
            self.assertEqual(self.stay.state, "vacated")
            savepoint.rollback()
        self.env.invalidate_all()
        self.env["ir.config_parameter"].set_param("hostel_booking.require_no_dues", "True")
        self.assertRefused("NO_DUES_MISSING", leave)

    # The dialog of the office --------------------------------------------

    def _require_clearance(self):
        self.env["ir.config_parameter"].set_param("hostel_booking.require_no_dues", "True")

    def _dialog(self, role, **vals):
        return self._as(role, self.env["hostel.bed.vacate"]).create(
            {
                "allocation_ids": [(6, 0, self.stay.ids)],
                "reason": "opted_out",
                "leaving_day": self.today,
                **vals,
            }
        )

    def _clear_all(self, clearance, state="cleared"):
        self._clear_people(clearance)
        self.form.action_start_inspection()
        self.form.action_close_inspection()
        self.assertEqual(clearance.state, state)

    def test_the_dialog_of_the_office_lets_nobody_go_who_is_not_cleared(self):
        self._require_clearance()
        dialog = self._dialog("warden")
        for words in ("Asha Test", "the clearance has not begun"):
            self.assertIn(words, dialog.not_cleared)
        self.assertRefused("NO_DUES_MISSING", dialog.action_vacate)
        clearance = self._start()
        dialog.invalidate_recordset()
        self.assertIn("Library", dialog.not_cleared)
        refusal = self.assertRefused("NO_DUES_MISSING", dialog.action_vacate)
        self.assertIn("Library", refusal.details["stations"])
        self.assertEqual(self.stay.state, "checked_in")
        self._clear_all(clearance)
        dialog.invalidate_recordset()
        self.assertFalse(dialog.not_cleared)
        dialog.action_vacate()
        self.assertEqual((self.stay.state, clearance.state), ("vacated", "left"))
        self.assertTrue(clearance.pdf)

    def test_without_the_setting_the_dialog_asks_for_no_clearance(self):
        dialog = self._dialog("warden")
        self.assertFalse(dialog.not_cleared)
        dialog.action_vacate()
        self.assertEqual(self.stay.state, "vacated")

    def test_the_administrator_lets_somebody_go_with_a_reason(self):
        self._require_clearance()
        clearance = self._start()
        for role in ("warden", "supervisor"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._dialog(role, without_clearance=True, note="Police case")
        dialog = self._dialog("admin", without_clearance=True)
        for note in (False, "  "):
            dialog.note = note
            self.assertRefused("REASON_MISSING", dialog.action_vacate)
        self.assertEqual(self.stay.state, "checked_in")
        dialog.note = "Taken home by the parents after an accident"
        dialog.action_vacate()
        self.assertEqual(self.stay.state, "vacated")
        # What is owed stays owed, and the stay says who decided.
        self.assertEqual((clearance.state, bool(clearance.pdf)), ("open", False))
        last = self.stay.message_ids.sorted("id")[-1]
        for words in ("without the clearance", "Library", "after an accident"):
            self.assertIn(words, last.body)
        self.assertEqual(last.author_id, self.users["admin"].partner_id)

    def test_who_left_uncleared_gets_the_certificate_once_all_is_clear(self):
        self._require_clearance()
        clearance = self._start()
        self.stay._vacate("other", self.today, uncleared=True)
        self.assertEqual((self.stay.state, clearance.state), ("vacated", "open"))
        with patch.object(
            self.registry["hostel.allocation"], "_deposit_refund_due", autospec=True
        ) as refund:
            self._clear_all(clearance, "left")
            clearance._refresh()
        self.assertEqual(clearance.state, "left")
        self.assertTrue(clearance.pdf)
        self.assertEqual(len(refund.call_args_list), 1, "once, however often it is looked at")

    def test_a_clearance_can_begin_after_the_student_has_left(self):
        self.stay._vacate("other", self.today, uncleared=True)
        clearance = self._start()
        self.assertEqual(clearance.state, "open")
        self._clear_all(clearance, "left")
        self.assertEqual(clearance.state, "left")

    def test_a_year_end_that_can_be_undone_gives_no_certificate_yet(self):
        clearance = self._start()
        self._clear_all(clearance)
        self.assertEqual(clearance.state, "cleared")
        year = self.stay.term_id.year_id
        rollover = self.env["hostel.rollover"].create({"year_id": year.id})
        self.env["hostel.rollover.line"].sudo().create(
            {
                "rollover_id": rollover.id,
                "student_id": self.stay.student_id.id,
                "allocation_id": self.stay.id,
                "decision": "none",
            }
        )
        rollover._set_state("done")
        self.stay._vacate("year_end", self.today, uncleared=True)
        clearance._refresh()
        self.stay._finish_clearances()
        self.assertEqual((clearance.state, bool(clearance.pdf)), ("cleared", False))
        rollover.close_year = False
        rollover.action_confirm()
        self.assertEqual(clearance.state, "left")
        self.assertTrue(clearance.pdf)

    def test_a_notice_of_the_office_begins_the_clearance(self):
        self._require_clearance()
        self._dialog("warden", leaving_day=self.later).action_vacate()
        self.assertEqual((self.stay.state, self.stay.date_to), ("checked_in", self.later))
        self.assertEqual(self.stay.no_dues_ids.state, "open")

    def test_a_notice_of_the_office_ends_no_clearance_of_who_lives_here(self):
        self._require_clearance()
        clearance = self._start()
        self._clear_all(clearance)
        with patch.object(
            self.registry["hostel.allocation"], "_deposit_refund_due", autospec=True
        ) as refund:
            self._dialog("warden", leaving_day=self.later).action_vacate()
        self.assertEqual((self.stay.state, self.stay.date_to), ("checked_in", self.later))
        self.assertEqual((clearance.state, bool(clearance.pdf)), ("cleared", False))
        self.assertFalse(refund.call_args_list)

    def test_no_other_way_out_passes_the_clearance(self):
        self._require_clearance()
        self.assertRefused("NO_DUES_MISSING", self.stay._vacate, "other", self.today)
        self.assertEqual(self.stay.state, "checked_in")
        # The twin, and what the year-end does: whoever decides says so.
        self.stay._vacate("year_end", self.today, uncleared=True)
        self.assertEqual(self.stay.state, "vacated")

    def test_who_sees_clearances(self):
        own = self._start()
        foreign = self._create_stay("checked_in", bed=self.foreign.bed_ids[0])
        other = foreign._start_move_out()
        both = own | other
        for role in ("warden", "supervisor", "mess_manager", "student"):
            with self.subTest(role=role):
                seen = self._as(role, both)._filtered_access("read")
                self.assertEqual(seen.ids, own.ids)
        self.assertEqual(self._as("finance", both)._filtered_access("read").ids, both.ids)
        lines = self._as("finance", both.line_ids)._filtered_access("read")
        self.assertEqual(set(lines.mapped("station_id.code")), {"finance"})
        mess = self._as("mess_manager", both.line_ids)._filtered_access("read")
        self.assertEqual(mess.ids, self._line(own, "mess").ids)
        with self.assertRaises(AccessError):
            self._as("finance", own).action_move_out()
        self.assertRefused("CLEARANCE_KEPT", own.unlink)
