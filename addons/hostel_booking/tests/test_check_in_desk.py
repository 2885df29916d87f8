from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.hostel_base.tests.common import HostelCase

from .common_moving import MovingMixin


@tagged("post_install", "-at_install")
class TestCheckInDesk(MovingMixin, HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpMoving()
        cls.Pass = cls.env["hostel.check.in.pass.use"]
        cls.desk = cls.env["hostel.check.in.desk"].with_user(cls.users["supervisor"])

    def _show(self, stay=None):
        return self.Pass._make(stay or self.stay)[0]

    def test_a_pass_opens_the_card_once(self):
        text = self._show()
        card = self.desk.scan(text)
        self.assertEqual((card["id"], card["name"]), (self.stay.id, "Asha Test"))
        self.assertEqual((card["state"], card["problem"]), ("allocated", ""))
        self.assertRefused("PASS_USED", self.desk.scan, text)
        self.assertEqual(self.desk.scan(self._show())["id"], self.stay.id)

    def test_a_pass_that_is_too_old_or_not_ours(self):
        text = self._show()
        self.assertRefused("PASS_INVALID", self.desk.scan, text[:-1] + "A" * (text[-1] != "A"))
        self.env["ir.config_parameter"].sudo().set_param("database.secret", "another")
        self.assertRefused("PASS_INVALID", self.desk.scan, text)

    def test_a_roll_number_works_too(self):
        self.assertEqual(self.desk.scan(self.student.roll_number.lower())["id"], self.stay.id)
        for text in ("", "%", "_" * len(self.student.roll_number), "nobody"):
            with self.subTest(text=text):
                self.assertRefused("NOT_EXPECTED", self.desk.scan, text)

    def test_students_of_another_hostel_are_not_expected_here(self):
        foreign = self._create_stay(bed=self.foreign.bed_ids[0])
        self.assertRefused("NOT_EXPECTED", self.desk.scan, self._show(foreign))
        self.assertRefused("NOT_EXPECTED", self.desk.scan, foreign.student_id.roll_number)
        with self.assertRaises(AccessError):
            self.desk.get_card(foreign.id)
        with self.assertRaises(AccessError):
            self.desk.check_in(foreign.id, [])

    def test_one_button_checks_in_hands_the_key_over_and_opens_the_form(self):
        card = self.desk.scan(self._show())
        self.assertEqual([key["id"] for key in card["keys"] if key["is_own"]], self.key.ids)
        card = self.desk.check_in(self.stay.id, self.key.ids)
        self.assertEqual(self.stay.state, "checked_in")
        self.assertEqual(card["keys_in_hand"], [self.key.display_name])
        self.assertEqual(card["condition_id"], self.stay.condition_ids.id)
        self.assertTrue(self.stay.check_ids.id_checked)
        self.assertEqual(self.key.movement_ids.by_id, self.users["supervisor"])
        self.assertRefused("DUPLICATE_CHECKIN", self.desk.check_in, self.stay.id, [])
        card = self.desk.hand_over(self.stay.id, self.room_key.ids)
        self.assertEqual(len(card["keys_in_hand"]), 2)

    def test_a_key_that_is_gone_stops_everything(self):
        self.key._hand_over(self._create_stay(bed=self.other_bed))
        self.assertRefused("KEY_STATE", self.desk.check_in, self.stay.id, self.key.ids)
        self.assertEqual(self.stay.state, "allocated")

    def test_the_card_says_what_is_missing(self):
        steps = {step["code"]: step for step in self.desk.scan(self._show())["steps"]}
        self.assertFalse(steps["undertaking"]["is_ok"])
        self.assertFalse(steps["undertaking"]["is_blocking"])
        self.assertFalse(steps["agreement"]["is_blocking"])
        self._publish_terms()
        self.env["ir.config_parameter"].sudo().set_param("hostel_booking.require_agreement", "True")
        card = self.desk.get_card(self.stay.id)
        steps = {step["code"]: step for step in card["steps"]}
        self.assertTrue(steps["agreement"]["is_blocking"])
        self.assertIn("Licence agreement", card["problem"])
        self.env["hostel.clearance"].create(
            {"student_id": self.student.id, "term_id": self.term.id}
        )
        card = self.desk.get_card(self.stay.id)
        self.assertTrue({s["code"]: s for s in card["steps"]}["dues"]["is_ok"])

    def test_whoever_comes_too_early_is_told_so_on_the_card(self):
        later = self._create_allocation("allocated", bed=self.other_bed)
        self.assertTrue(self.desk.get_card(later.id)["problem"])

    def test_the_desk_is_the_supervisors_and_the_wardens(self):
        for role in ("floor_incharge", "guard", "finance", "student", "portal"):
            desk = self._as(role, self.env["hostel.check.in.desk"])
            for call in (
                lambda desk=desk: desk.scan("x"),
                lambda desk=desk: desk.get_card(self.stay.id),
                lambda desk=desk: desk.check_in(self.stay.id, []),
                lambda desk=desk: desk.hand_over(self.stay.id, []),
            ):
                with self.subTest(role=role), self.assertRaises(AccessError):
                    call()
