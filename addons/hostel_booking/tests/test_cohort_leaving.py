"""Leaving a group: after handing in, after the window closed, while beds are given."""

from datetime import timedelta

from odoo.tests import tagged

from .test_cohort import CohortCase


class LeavingCase(CohortCase):
    def letters(self, student, subject):
        """Letters of this subject to a student."""
        return self.env["mail.message"].search(
            [("subject", "=", subject), ("partner_ids", "in", student.partner_id.ids)]
        )

    def _member(self, cohort, student):
        return cohort._get_members().filtered(lambda row: row.student_id == student)

    def _close(self, window=None):
        (window or self.window).closes_at = self.env.cr.now() - timedelta(seconds=1)

    def _later_window(self, mode="live", **overrides):
        now = self.env.cr.now()
        return self.env["hostel.booking.window"].create(
            {
                "name": "The rest",
                "round_id": self.round.id,
                "hostel_ids": [(6, 0, (self.girls | self.boys).ids)],
                "mode": mode,
                "opens_at": now + timedelta(hours=1),
                "closes_at": now + timedelta(days=5),
                **overrides,
            }
        )

    def _allocation(self, state, **vals):
        run = self.env["hostel.allocation.run"].create({"round_id": self.round.id, **vals})
        run.sudo().state = state
        # PostgreSQL lets one allocation of a round give beds at a time.
        run.flush_recordset()
        return run


@tagged("post_install", "-at_install")
class TestLeaving(LeavingCase):
    def _page(self, user):
        return self.as_(user)._get_page()["cohort"]

    # Handed in ---------------------------------------------------------------

    def test_a_member_leaves_a_group_that_handed_in_and_all_are_told(self):
        cohort = self._submitted()
        self.assertTrue(self._page(self.bina_user)["can_leave"])
        self.as_(self.bina_user)._leave()
        self.assertEqual((cohort.state, cohort.member_count), ("forming", 1))
        self.assertFalse(cohort.submitted_at)
        self.assertEqual(cohort.wish_count, 1)
        [letter] = self.letters(self.asha, "Somebody left your group")
        self.assertIn("taken back", letter.body)
        self.assertNotIn("Bina", letter.body)
        self.assertFalse(self.letters(self.bina, "Somebody left your group"))

    def test_a_leader_leaves_or_ends_a_group_that_handed_in(self):
        cohort = self._submitted()
        self.as_(self.asha_user)._leave()
        self.assertEqual((cohort.state, cohort.leader_id), ("forming", self.bina))
        self.as_(self.bina_user)._leave()
        other = self._submitted()
        self.as_(self.asha_user)._disband()
        self.assertEqual(other.state, "cancelled")
        self.assertTrue(self.letters(self.bina, "Your group has ended"))
        self.assertFalse(self.letters(self.asha, "Your group has ended"))

    def test_a_letter_speaks_the_readers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.bina.partner_id.lang = "fr_FR"
        cohort = self._submitted()
        told = cohort._in_language_of(self.bina)
        self.assertEqual(told.env.lang, "fr_FR")

    # After the window closed -------------------------------------------------

    def test_after_the_window_closed_the_others_stay_handed_in(self):
        cohort = self._pair(3)
        self.as_(self.divya_user)._join(cohort.sudo().invite_token)
        self._wish(cohort, hostel_id=self.girls.id)
        self.as_(self.asha_user)._submit()
        self._clear(self.asha, self.divya)
        self._close()
        self.as_(self.bina_user)._leave()
        # The one who was missing is gone, so the others are cleared.
        self.assertEqual((cohort.state, cohort.size_max), ("cleared", 2))
        self.assertEqual(cohort._get_members().mapped("seat"), [1, 2])
        [letter] = self.letters(self.divya, "Somebody left your group")
        self.assertIn("stays", letter.body)
        self.as_(self.asha_user)._leave()
        self.assertEqual((cohort.state, cohort.is_solo), ("cleared", True))
        self.assertEqual(cohort.leader_id, self.divya)
        self.as_(self.divya_user)._leave()
        self.assertEqual(cohort.state, "cancelled")

    def test_after_the_window_closed_a_group_is_left_and_ended(self):
        cohort = self._pair()
        self._close()
        page = self._page(self.bina_user)
        self.assertEqual((page["can_change"], page["can_leave"]), (False, True))
        self.as_(self.bina_user)._leave()
        self.assertEqual(cohort.member_count, 1)
        self.as_(self.asha_user)._disband()
        self.assertEqual(cohort.state, "cancelled")

    # While beds are given ------------------------------------------------------

    def test_nobody_leaves_what_an_allocation_works_on(self):
        cohort = self._submitted()
        for state in ("solving", "applying"):
            run = self._allocation(state)
            with self.subTest(state=state):
                self.assertFalse(self._page(self.bina_user)["can_leave"])
                self.assertFalse(self._page(self.asha_user)["can_withdraw"])
                for call in (
                    self.as_(self.bina_user)._leave,
                    self.as_(self.asha_user)._disband,
                    self.as_(self.asha_user)._withdraw,
                ):
                    self.refused("BEING_PLACED", call)
            run.sudo().state = "done"
            run.flush_recordset()
        self._allocation("solving", is_simulation=True)
        other = self._later_window("ranked")
        self._allocation("applying", window_id=other.id)
        self.as_(self.bina_user)._leave()
        self.assertEqual(cohort.state, "forming")

    def test_what_is_not_handed_in_is_in_no_allocation(self):
        self._pair()
        self._allocation("applying")
        self.as_(self.bina_user)._leave()

    def test_who_has_a_bed_does_not_leave_the_group(self):
        cohort = self._pair()
        beds = self.girls.room_ids.filtered(lambda room: room.name == "101").bed_ids
        cohort._give_beds(list(zip(self.asha | self.bina, beds, strict=True)), "awaiting_approval")
        self.assertFalse(self._page(self.bina_user)["can_leave"])
        self.refused("COHORT_LOCKED", self.as_(self.bina_user)._leave)
        self.refused("COHORT_LOCKED", self.as_(self.asha_user)._disband)

    # A later window ------------------------------------------------------------

    def test_an_undecided_group_goes_on_in_a_later_window(self):
        self.window.mode = "ranked"
        later = self._later_window()
        cohort = self._pair()
        self.assertEqual(cohort.window_id, self.window)
        self._close()
        page = self.as_(self.bina_user)._get_page()
        self.assertEqual(page["window"]["name"], "The rest")
        self.assertTrue(page["window"]["picks_live"])
        self.assertTrue(page["cohort"]["can_change"])
        self.as_(self.asha_user)._set_strict(True)
        self.assertEqual(cohort.window_id, later)

    def test_a_group_picks_its_beds_in_a_later_window(self):
        self.window.mode = "ranked"
        later = self._later_window(opens_at=self.env.cr.now() - timedelta(hours=1))
        cohort = self._pair()
        self._close()
        self.load_maps()
        room = self.girls.room_ids.filtered(lambda room: room.name == "101")
        places = room.bed_ids.sorted("map_index").mapped("map_index")
        held = self.as_(self.asha_user)._hold_beds(self.map.key, places)
        self.as_(self.asha_user)._take_beds(held["token"])
        self.assertEqual(cohort.allocation_ids.window_id, later)

    def test_a_friend_joins_after_the_first_window_closed(self):
        self._later_window()
        cohort = self._pair(3)
        self._close()
        self.assertEqual(self.as_(self.divya_user)._preview(cohort.sudo().invite_token)["size"], 3)
        self.as_(self.divya_user)._join(cohort.sudo().invite_token)
        self.assertEqual(cohort.state, "complete")

    def test_who_got_nothing_takes_it_back_for_a_later_window(self):
        later = self._later_window()
        cohort = self._submitted()
        self._close()
        self.assertEqual(cohort._get_window(), self.window)
        self.assertTrue(self._page(self.asha_user)["can_withdraw"])
        self.as_(self.asha_user)._withdraw()
        self.assertEqual((cohort.state, cohort._get_window()), ("complete", later))

    def test_without_a_later_window_nothing_comes_back(self):
        self._later_window(year_to=1)
        self._submitted()
        self._close()
        self.assertFalse(self._page(self.asha_user)["can_withdraw"])
        self.refused("WINDOW_CLOSED", self.as_(self.asha_user)._withdraw)

    def test_whoever_left_is_free_for_a_new_group(self):
        later = self._later_window()
        self._pair()
        self._close()
        self.as_(self.bina_user)._leave()
        self.assertEqual(self.as_(self.bina_user)._create(2).window_id, later)

    def test_who_books_alone_after_the_window_closed_takes_nobodys_turn(self):
        cohort = self._submitted()
        self._close()
        self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[0], self.bina, self.term, "awaiting_approval"
        )
        self.assertEqual(cohort.state, "awaiting_financial_clearance")
        self.assertEqual(cohort._get_students(), self.asha)
