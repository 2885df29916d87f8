from odoo.tests import tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tests.common import give_consent

from ..models import hostel_booking_occupants
from ..tools.matching import QUESTIONS
from ..tools.rate_limit import Rate
from .common import BookingCase

ANSWERS = {
    "lifestyle_sleep": "2",
    "lifestyle_tidiness": "4",
    "lifestyle_noise": "2",
    "lifestyle_guests": "never",
    "lifestyle_study": "library",
    "lifestyle_food": "any",
    "lifestyle_smoking": "never",
    "lifestyle_alcohol": "never",
}


@tagged("post_install", "-at_install")
class TestOccupants(BookingCase):
    """Who lives in a room, as far as a student who might move in may know."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.programme = cls.env["hostel.programme"].create(
            {"name": "Test AI and ML", "code": "TAIML", "department": "TAIML"}
        )
        cls.meera, cls.meera_user = cls._create_student(
            "meera", "female", programme_id=cls.programme.id
        )
        cls.env["hostel.student"].create(
            [
                {
                    "name": f"Crowd {number}",
                    "roll_number": f"T-crowd-{number}",
                    "gender": "female",
                    "year_of_study": 2,
                    "programme_id": cls.programme.id,
                }
                for number in range(4)
            ]
        )
        cls.bed = cls.girls.bed_ids.filtered(lambda bed: bed.map_index == 0)
        cls.room = cls.bed.room_id
        cls.row = cls.env["hostel.allocation"]._reserve(
            cls.bed, cls.meera, cls.term, "awaiting_approval"
        )

    def _agree(self, *students):
        for student in students:
            give_consent(student, optional=["lifestyle"])

    def _answer(self, student, **changes):
        student._answer_lifestyle({**ANSWERS, **changes})

    def _look(self, user, room=None):
        Occupants = self.env["hostel.booking.occupants"].with_user(user)
        return Occupants._get_room(self.map.key, (room or self.room).id)

    def _see(self, user):
        [occupant] = self._look(user)["occupants"]
        return occupant

    def assertRefused(self, code, call, *args):
        with self.assertRaises(HostelError) as caught:
            call(*args)
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    # Masks ----------------------------------------------------------------

    def test_an_occupant_is_a_department_a_year_and_a_reference(self):
        seen = self._see(self.asha_user)
        self.assertEqual(seen["who"], "TAIML, 2nd year")
        self.assertRegex(seen["ref"], r"^\d{4}$")
        self.assertEqual((seen["i"], seen["label"]), (0, "A"))
        self.assertEqual(
            set(seen), {"i", "label", "ref", "who", "department", "year", "score", "reasons"}
        )
        self.assertNotIn("meera", str(self._look(self.asha_user)).lower())

    def test_the_reference_is_stable_for_a_viewer_and_different_for_another(self):
        mine = self._see(self.asha_user)["ref"]
        self.assertEqual(mine, self._see(self.asha_user)["ref"])
        others = {self._see(self.bina_user)["ref"]}
        for number in range(3):
            _student, user = self._create_student(f"viewer{number}", "female")
            others.add(self._see(user)["ref"])
        self.assertGreater(len(others | {mine}), 3)

    def test_the_same_person_in_another_room_has_another_reference(self):
        before = self._see(self.asha_user)["ref"]
        self.row._transition("cancelled")
        other = self.girls.bed_ids.filtered(lambda bed: bed.map_index == 4)
        self.env["hostel.allocation"]._reserve(other, self.meera, self.term, "awaiting_approval")
        [after] = self._look(self.asha_user, other.room_id)["occupants"]
        self.assertNotEqual(before, after["ref"])

    def test_a_student_who_would_stand_out_is_coarsened(self):
        lonely = self.env["hostel.programme"].create(
            {"name": "Test Rare", "code": "TRARE", "department": "TRARE"}
        )
        self.meera.programme_id = lonely
        self.assertIsNone(self._see(self.asha_user)["department"])

    def test_only_who_could_live_there_sees_who_lives_there(self):
        self.assertRefused("NOT_ELIGIBLE", self._look, self.chand_user)
        self.assertRefused("NOT_A_STUDENT", self._look, self.stranger)
        boys_room = self.boys.room_ids[0]
        self.assertRefused("NOT_FOUND", self._look, self.asha_user, boys_room)

    def test_the_own_bed_a_closed_one_and_one_being_paid_show_nobody(self):
        self.assertEqual(self._look(self.meera_user)["occupants"], [])
        self.env["hostel.allocation"]._reserve(
            self.room.bed_ids[1], self.bina, self.term, "paying", hold_seconds=60
        )
        self.assertEqual(len(self._look(self.asha_user)["occupants"]), 1)

    def test_a_reference_leads_back_for_its_viewer_only(self):
        ref = self._see(self.asha_user)["ref"]
        Occupants = self.env["hostel.booking.occupants"]
        found = Occupants.with_user(self.asha_user)._find_occupant(self.map.key, self.room.id, ref)
        self.assertEqual(found, self.row)
        wrong = "0000" if ref != "0000" else "0001"
        self.assertRefused(
            "NOT_FOUND",
            Occupants.with_user(self.asha_user)._find_occupant,
            self.map.key,
            self.room.id,
            wrong,
        )

    def test_who_copies_the_campus_is_stopped(self):
        self.patch(hostel_booking_occupants, "LOOKS", Rate(2, 60_000))
        self._look(self.bina_user)
        self._look(self.bina_user)
        refused = self.assertRefused("TOO_MANY_REQUESTS", self._look, self.bina_user)
        self.assertEqual(refused.http_status, 429)
        self.assertGreater(refused.details["retry_after"], 0)
        self._look(self.asha_user)

    # Scores ---------------------------------------------------------------

    def test_no_score_without_both_consents(self):
        self.assertEqual(self._look(self.asha_user)["matching"], "agree")
        self._agree(self.asha)
        self.assertEqual(self._look(self.asha_user)["matching"], "answer")
        self._answer(self.asha)
        self.assertIsNone(self._see(self.asha_user)["score"])
        self._agree(self.meera)
        self._answer(self.meera)
        self.assertEqual(self._look(self.asha_user)["matching"], "on")
        self.assertEqual(self._see(self.asha_user)["score"], 95)

    def test_reasons_only_when_both_say_what_fits(self):
        self._agree(self.asha, self.meera)
        self._answer(self.asha)
        self._answer(self.meera)
        self.meera.share_match_reasons = True
        self.assertEqual(self._see(self.asha_user)["reasons"], [])
        self.asha.share_match_reasons = True
        self.assertIn("Both go to bed early", self._see(self.asha_user)["reasons"])

    def test_few_answers_freeze_nothing(self):
        self._agree(self.asha, self.meera)
        self._answer(self.meera)
        self.asha._answer_lifestyle({"lifestyle_sleep": "2"})
        self.assertIsNone(self._see(self.asha_user)["score"])
        self._answer(self.asha)
        self.assertEqual(self._see(self.asha_user)["score"], 95)

    def _probe(self, question, frozen):
        """What an attacker sees who changes one answer and looks again."""
        seen = []
        for answer in QUESTIONS[question].scale:
            self._answer(self.asha, **{f"lifestyle_{question}": answer})
            if not frozen:
                self.asha.match_round_id = False
            seen.append(self._see(self.asha_user)["score"])
        return seen

    def test_changing_the_own_answers_reveals_nothing(self):
        self._agree(self.asha, self.meera)
        self._answer(self.meera, lifestyle_sleep="5", lifestyle_noise="5")
        self._answer(self.asha)
        self.assertEqual(len(set(self._probe("sleep", frozen=True))), 1)
        self.assertEqual(len(set(self._probe("noise", frozen=True))), 1)

    def test_without_the_freeze_the_probe_works(self):
        """The twin: with the guard off the highest score gives the other's answer away."""
        self._agree(self.asha, self.meera)
        self._answer(self.meera, lifestyle_sleep="5", lifestyle_noise="5")
        self._answer(self.asha)
        seen = self._probe("sleep", frozen=False)
        self.assertEqual(seen.index(max(seen)), len(seen) - 1)
        self.assertGreater(max(seen), min(seen))

    def test_withdrawing_and_agreeing_again_is_no_way_around(self):
        self._agree(self.asha, self.meera)
        self._answer(self.meera)
        self._answer(self.asha)
        self.assertEqual(self._see(self.asha_user)["score"], 95)
        self.asha._withdraw_consent(self.asha.partner_id)
        self.assertFalse(self.asha.match_answers)
        self.assertFalse(self.asha.lifestyle_sleep)
        self._agree(self.asha)
        self._answer(self.asha, lifestyle_sleep="5")
        self.assertEqual(self._look(self.asha_user)["matching"], "later")
        self.assertIsNone(self._see(self.asha_user)["score"])

    # Best beds --------------------------------------------------------------

    def _best(self, user, **filters):
        return self.env["hostel.booking.best"].with_user(user)._get_best(**filters)

    def test_the_best_beds_are_free_open_to_the_student_and_explained(self):
        self._agree(self.asha, self.meera)
        self._answer(self.meera)
        self._answer(self.asha)
        self.drain()
        beds = self._best(self.asha_user)["beds"]
        self.assertLessEqual(len(beds), 5)
        first = beds[0]
        self.assertEqual((first["room"], first["label"]), (self.room.name, "B"))
        self.assertIn("95% match with the person there", first["reasons"])
        self.assertEqual({bed["hostel_id"] for bed in beds}, {self.girls.id})
        self.assertEqual(
            {bed["hostel_id"] for bed in self._best(self.chand_user)["beds"]}, {self.boys.id}
        )

    def test_filters_hold_for_the_best_beds_too(self):
        self.assertEqual(self._best(self.asha_user, sharing=[3])["beds"], [])
        self.assertEqual(self._best(self.asha_user, max_price=1)["beds"], [])
        self.assertEqual(self._best(self.asha_user, hostel_id=self.boys.id)["beds"], [])
        self.assertTrue(self._best(self.asha_user, floors=[self.map.key])["beds"])
