"""Cohorts: who may join, what locks when, and how clearance moves them."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError

from .common import BookingCase


class CohortCase(BookingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.triple = cls.env["hostel.room.type"].create(
            {"name": "Test triple", "code": "TT3", "sharing": 3, "base_fee": 36000}
        )
        floor = cls.girls.floor_ids
        cls.big_room = cls.env["hostel.room"].create(
            {"name": "301", "floor_id": floor.id, "room_type_id": cls.triple.id}
        )
        cls.env["hostel.bed"].create(
            [{"room_id": cls.big_room.id, "label": label} for label in "ABC"]
        )
        cls.divya, cls.divya_user = cls._create_student("divya", "female")
        cls.window.mode = "both"
        cls.env.invalidate_all()

    def as_(self, user):
        """The cohort desk as one of the students sees it."""
        return self.env["hostel.cohort.desk"].with_user(user)

    def refused(self, code, call, *args, **kwargs):
        with self.assertRaises(HostelError) as caught:
            call(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    def _pair(self, size=2):
        cohort = self.as_(self.asha_user)._create(size)
        self.as_(self.bina_user)._join(cohort.sudo().invite_token)
        return cohort

    def _submitted(self):
        cohort = self._pair()
        self._wish(cohort, hostel_id=self.girls.id)
        self.as_(self.asha_user)._submit()
        return cohort

    def _wish(self, cohort, **vals):
        return self.env["hostel.cohort.wish"].create({"cohort_id": cohort.id, **vals})

    def _clear(self, *students):
        return self.env["hostel.clearance"].create(
            [{"student_id": student.id, "term_id": self.term.id} for student in students]
        )


@tagged("post_install", "-at_install")
class TestCohort(CohortCase):
    # Joining --------------------------------------------------------------

    def test_whoever_starts_leads_and_has_the_first_place(self):
        cohort = self.as_(self.asha_user)._create(2)
        self.assertEqual((cohort.state, cohort.leader_id), ("forming", self.asha))
        self.assertEqual(cohort.member_ids.mapped("seat"), [1])

    def test_a_friend_joins_by_the_link_and_completes_the_group(self):
        cohort = self._pair()
        self.assertEqual(cohort.state, "complete")
        self.assertEqual(cohort._get_students(), self.asha | self.bina)

    def test_joining_twice_changes_nothing(self):
        cohort = self._pair(3)
        self.as_(self.bina_user)._join(cohort.sudo().invite_token)
        self.assertEqual(cohort.member_count, 2)

    def test_the_preview_tells_no_name_that_the_leader_does_not_share(self):
        cohort = self.as_(self.asha_user)._create(2)
        preview = self.as_(self.bina_user)._preview(cohort.sudo().invite_token)
        self.assertEqual(preview["leader"]["name"], "")
        self.asha._give_consent(self.asha.partner_id, "portal", optional=["roommates"])
        preview = self.as_(self.bina_user)._preview(cohort.sudo().invite_token)
        self.assertEqual(preview["leader"]["name"], self.asha.name.split()[0])
        self.assertNotIn(self.asha.roll_number, str(preview))

    def test_a_wrong_an_old_and_an_ended_link_look_the_same(self):
        cohort = self.as_(self.asha_user)._create(2)
        old = cohort.sudo().invite_token
        self.as_(self.asha_user)._renew_link()
        new = cohort.sudo().invite_token
        self.assertNotEqual(old, new)
        join = self.as_(self.bina_user)._join
        texts = {str(self.refused("NOT_FOUND", join, token)) for token in (old, "x" * 24, "")}
        cohort.invite_expires_at = self.env.cr.now() - timedelta(seconds=1)
        texts.add(str(self.refused("NOT_FOUND", join, new)))
        self.assertEqual(len(texts), 1)

    def test_a_full_group_takes_nobody(self):
        cohort = self._pair()
        self.refused("COHORT_FULL", self.as_(self.divya_user)._join, cohort.sudo().invite_token)

    def test_one_gender_a_room(self):
        cohort = self.as_(self.asha_user)._create(2)
        self.refused("GENDER_MISMATCH", self.as_(self.chand_user)._join, cohort.sudo().invite_token)
        with self.assertRaises(ValidationError):
            self.env["hostel.cohort.member"].create(
                {"cohort_id": cohort.id, "student_id": self.chand.id, "seat": 2}
            )

    def test_nobody_is_in_two_groups_of_a_round(self):
        self._pair()
        self.refused("ALREADY_IN_COHORT", self.as_(self.bina_user)._create, 2)
        other = self.as_(self.divya_user)._create(3)
        self.refused("ALREADY_IN_COHORT", self.as_(self.bina_user)._join, other.sudo().invite_token)

    @mute_logger("odoo.sql_db")
    def test_postgresql_judges_places_and_memberships(self):
        cohort = self.as_(self.asha_user)._create(3)
        Member = self.env["hostel.cohort.member"]
        for vals in (
            {"cohort_id": cohort.id, "student_id": self.divya.id, "seat": 1},
            {"cohort_id": cohort.id, "student_id": self.divya.id},
            {"cohort_id": cohort.id, "student_id": self.asha.id, "seat": 2},
        ):
            with self.subTest(vals=vals), self.assertRaises(IntegrityError):
                Member.create(vals).flush_recordset()

    def test_the_indexes_are_really_in_the_database(self):
        self.env.cr.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'hostel_cohort_member'"
        )
        names = {name for [name] in self.env.cr.fetchall()}
        self.assertLessEqual(
            {
                "hostel_cohort_member_one_live",
                "hostel_cohort_member_seat_once",
                "hostel_cohort_member_row_once",
            },
            names,
        )

    def test_who_has_a_bed_or_no_window_plans_nothing(self):
        self.window.year_to = 1
        self.refused("NOT_ELIGIBLE", self.as_(self.asha_user)._create, 2)
        self.window.year_to = 9
        self.asha.status = "inactive"
        self.refused("STUDENT_INACTIVE", self.as_(self.asha_user)._create, 2)
        self.refused("NOT_A_STUDENT", self.as_(self.stranger)._create, 2)
        self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[0], self.bina, self.term, "paying"
        )
        self.refused("HAS_ALLOCATION", self.as_(self.bina_user)._create, 2)

    def test_not_more_people_than_the_largest_room_takes(self):
        for size in (1, 4, 0, -1):
            with self.subTest(size=size):
                self.refused("COHORT_SIZE", self.as_(self.asha_user)._create, size)
        self.assertEqual(self.as_(self.asha_user)._create(3).size_max, 3)
        # The boys' rooms take two.
        self.refused("COHORT_SIZE", self.as_(self.chand_user)._create, 3)

    # Leaving ---------------------------------------------------------------

    def test_who_leaves_is_free_and_the_group_forms_again(self):
        cohort = self._pair()
        self.as_(self.bina_user)._leave()
        self.assertEqual((cohort.state, cohort.member_count), ("forming", 1))
        self.as_(self.bina_user)._create(2)

    def test_a_leader_who_leaves_hands_over(self):
        cohort = self._pair()
        self.as_(self.asha_user)._leave()
        self.assertEqual(cohort.leader_id, self.bina)
        self.as_(self.bina_user)._leave()
        self.assertEqual(cohort.state, "cancelled")

    def test_only_the_leader_leads(self):
        cohort = self._pair()
        other = cohort._get_members().filtered(lambda m: m.student_id == self.bina)
        bina = self.as_(self.bina_user)
        for call, args in (
            (bina._remove, [other.id]),
            (bina._hand_over, [other.id]),
            (bina._disband, []),
            (bina._renew_link, []),
            (bina._set_size, [3]),
            (bina._set_strict, [True]),
            (bina._submit, []),
            (bina._withdraw, []),
        ):
            with self.subTest(call=call.__name__):
                self.refused("NOT_LEADER", call, *args)
        self.as_(self.asha_user)._hand_over(other.id)
        self.assertEqual(cohort.leader_id, self.bina)
        self.refused("NOT_LEADER", self.as_(self.asha_user)._disband)

    def test_who_was_removed_does_not_come_back_by_the_old_link(self):
        cohort = self._pair()
        token = cohort.sudo().invite_token
        member = cohort._get_members().filtered(lambda m: m.student_id == self.bina)
        self.as_(self.asha_user)._remove(member.id)
        self.assertEqual(cohort.state, "forming")
        self.refused("NOT_FOUND", self.as_(self.bina_user)._join, token)

    def test_members_of_others_can_not_be_touched(self):
        self._pair()
        other = self.as_(self.divya_user)._create(2)
        member = other.member_ids
        self.refused("NOT_FOUND", self.as_(self.asha_user)._remove, member.id)
        self.refused("NOT_FOUND", self.as_(self.asha_user)._hand_over, member.id)
        mine = self.as_(self.divya_user)._find_cohort(self.asha, self.round)
        leader = mine._get_members()[:1]
        self.refused("NOT_YOURSELF", self.as_(self.asha_user)._remove, leader.id)

    def test_ending_a_group_frees_everybody(self):
        cohort = self._pair()
        token = cohort.sudo().invite_token
        self.as_(self.asha_user)._disband()
        self.assertEqual(cohort.state, "cancelled")
        self.assertEqual(set(cohort.member_ids.mapped("state")), {"left"})
        self.refused("NOT_FOUND", self.as_(self.divya_user)._join, token)
        self.refused("NO_COHORT", self.as_(self.bina_user)._leave)

    def test_closing_the_places_completes_the_group(self):
        cohort = self._pair(3)
        self.assertEqual(cohort.state, "forming")
        self.as_(self.asha_user)._set_size(2)
        self.assertEqual(cohort.state, "complete")
        self.refused("COHORT_SIZE", self.as_(self.asha_user)._set_size, 1)
        self.as_(self.asha_user)._set_size(3)
        self.assertEqual(cohort.state, "forming")

    def test_places_close_up_when_one_in_the_middle_left(self):
        cohort = self._pair(3)
        self.as_(self.divya_user)._join(cohort.sudo().invite_token)
        self.as_(self.bina_user)._leave()
        self.as_(self.asha_user)._set_size(2)
        self.assertEqual(cohort._get_members().mapped("seat"), [1, 2])

    # Invitations -------------------------------------------------------------

    def test_an_invitation_is_accepted_or_quietly_declined(self):
        cohort = self.as_(self.asha_user)._create(3)
        desk = self.as_(self.asha_user)
        member = desk._invite(cohort, self.bina)
        self.as_(self.bina_user)._answer(member.id, True)
        self.assertEqual(cohort.member_count, 2)
        silent = desk._invite(cohort, self.divya)
        self.refused("NOT_FOUND", self.as_(self.bina_user)._answer, silent.id, True)
        self.as_(self.divya_user)._answer(silent.id, False)
        self.assertEqual(silent.state, "declined")
        # Asked again, the same row: nobody is bothered twice.
        self.assertEqual(desk._invite(cohort, self.divya), silent)
        self.refused("NOT_FOUND", self.as_(self.divya_user)._answer, silent.id, True)

    def test_an_invitation_ends(self):
        cohort = self.as_(self.asha_user)._create(2)
        member = self.as_(self.asha_user)._invite(cohort, self.bina)
        member.expires_at = self.env.cr.now() - timedelta(seconds=1)
        self.refused("NOT_FOUND", self.as_(self.bina_user)._answer, member.id, True)

    # Submitting --------------------------------------------------------------

    def test_submitting_needs_everybody_and_a_wish(self):
        cohort = self._pair(3)
        self.refused("COHORT_NOT_COMPLETE", self.as_(self.asha_user)._submit)
        self.as_(self.asha_user)._set_size(2)
        self.refused("NO_WISHES", self.as_(self.asha_user)._submit)
        self._wish(cohort, hostel_id=self.girls.id)
        self.as_(self.asha_user)._submit()
        self.assertEqual(cohort.state, "awaiting_financial_clearance")

    def test_members_are_locked_after_the_submission_until_it_is_withdrawn(self):
        cohort = self._submitted()
        token = cohort.sudo().invite_token
        member = cohort._get_members()[1:]
        asha = self.as_(self.asha_user)
        for call, args in (
            (asha._remove, [member.id]),
            (asha._set_size, [3]),
            (asha._renew_link, []),
            (self.as_(self.divya_user)._join, [token]),
        ):
            with self.subTest(call=call.__name__):
                self.refused("COHORT_LOCKED", call, *args)
        asha._withdraw()
        self.assertEqual(cohort.state, "complete")
        self.as_(self.bina_user)._leave()

    def test_what_speaks_against_another_is_not_told_to_the_leader(self):
        cohort = self._pair()
        self._wish(cohort, hostel_id=self.girls.id)
        self.bina.status = "inactive"
        refused = self.refused("NOT_ELIGIBLE", self.as_(self.asha_user)._submit)
        self.assertIn("One of your group can't get a bed", str(refused))
        self.bina._give_consent(self.bina.partner_id, "portal", optional=["roommates"])
        refused = self.refused("NOT_ELIGIBLE", self.as_(self.asha_user)._submit)
        self.assertIn(f"{self.bina.name.split()[0]} can't get a bed", str(refused))
        self.asha.status = "inactive"
        self.refused("STUDENT_INACTIVE", self.as_(self.asha_user)._submit)

    def test_nothing_changes_after_the_deadline(self):
        cohort = self._submitted()
        self.window.closes_at = self.env.cr.now() - timedelta(seconds=1)
        self.refused("WINDOW_CLOSED", self.as_(self.asha_user)._withdraw)
        cohort.action_reopen()
        self.refused("WINDOW_CLOSED", self.as_(self.asha_user)._renew_link)
        self.refused("NOT_ELIGIBLE", self.as_(self.asha_user)._submit)

    def test_one_person_ranks_wishes_alone(self):
        cohort = self.as_(self.asha_user)._create(5, is_solo=True)
        self.assertEqual((cohort.state, cohort.size_max), ("complete", 1))
        self.assertFalse(cohort.sudo().invite_token)
        self._wish(cohort, hostel_id=self.girls.id)
        self.as_(self.asha_user)._submit()
        self._clear(self.asha)
        self.assertEqual(cohort.state, "cleared")

    # Clearance ---------------------------------------------------------------

    def test_cleared_once_everybody_is_and_back_when_one_is_withdrawn(self):
        cohort = self._submitted()
        self._clear(self.asha)
        self.assertEqual(cohort.state, "awaiting_financial_clearance")
        self.assertEqual(cohort._get_missing(), self.bina)
        clearance = self._clear(self.bina)
        self.assertEqual(cohort.state, "cleared")
        self.assertTrue(cohort.cleared_at)
        clearance.active = False
        self.assertEqual(cohort.state, "awaiting_financial_clearance")
        self.assertFalse(cohort.cleared_at)
        clearance.active = True
        self.assertEqual(cohort.state, "cleared")
        clearance.unlink()
        self.assertEqual(cohort.state, "awaiting_financial_clearance")

    def test_who_was_cleared_before_is_cleared_at_the_submission(self):
        self._clear(self.asha, self.bina)
        self.assertEqual(self._submitted().state, "cleared")

    def test_where_dues_must_be_cleared_a_group_forms_and_waits(self):
        self.window.needs_clearance = True
        cohort = self._submitted()
        self.assertEqual(cohort.state, "awaiting_financial_clearance")
        self._clear(self.asha, self.bina)
        self.assertEqual(cohort.state, "cleared")

    def test_a_clearance_for_another_term_counts_for_nothing(self):
        cohort = self._submitted()
        other = self.env["hostel.term"].create(
            {
                "name": "Other term",
                "code": "T2030",
                "year_id": self.term.year_id.id,
                "date_from": "2030-07-05",
                "date_to": "2030-12-20",
            }
        )
        self.env["hostel.clearance"].create(
            [{"student_id": s.id, "term_id": other.id} for s in self.asha | self.bina]
        )
        self.assertEqual(cohort.state, "awaiting_financial_clearance")

    def test_the_cron_finds_clearances_that_came_past_the_orm(self):
        cohort = self._submitted()
        self.env.flush_all()
        self.env.cr.execute(
            "INSERT INTO hostel_clearance (student_id, term_id, source, date, active)"
            " SELECT unnest(%s), %s, 'csv', now(), TRUE",
            [[self.asha.id, self.bina.id], self.term.id],
        )
        self.env["hostel.cohort"]._cron_check_clearance()
        self.assertEqual(cohort.state, "cleared")

    # Wishes ------------------------------------------------------------------

    def test_a_wish_must_fit_the_group(self):
        cohort = self._pair(3)
        self.as_(self.divya_user)._join(cohort.sudo().invite_token)
        floor, abroad = self.girls.floor_ids, self.boys.floor_ids
        small = self.girls.room_ids.filtered(lambda room: room.name == "101")
        for vals in (
            {"hostel_id": self.boys.id},
            {"hostel_id": self.girls.id, "floor_id": abroad.id},
            {"hostel_id": self.girls.id, "room_id": self.boys.room_ids[0].id},
            {"hostel_id": self.girls.id, "room_id": small.id},
            {"hostel_id": self.girls.id, "room_type_id": self.room_type.id},
            {"floor_id": floor.id},
        ):
            with self.subTest(vals=vals), self.assertRaises(ValidationError):
                self._wish(cohort, **vals)
        wish = self._wish(cohort, hostel_id=self.girls.id, room_type_id=self.triple.id)
        self.assertEqual(wish._get_rooms(), self.big_room)

    def test_wished_amenities_are_those_of_the_room_and_its_type(self):
        cohort = self._pair()
        amenity = self.env["hostel.amenity"].create({"name": "Test balcony", "code": "tbal"})
        with self.assertRaises(ValidationError):
            self._wish(cohort, amenity_ids=[(6, 0, amenity.ids)])
        self.triple.amenity_ids = amenity
        wish = self._wish(cohort, amenity_ids=[(6, 0, amenity.ids)])
        self.assertEqual(wish._get_rooms(), self.big_room)

    # Beds --------------------------------------------------------------------

    def _offer(self, strict=False):
        cohort = self._pair()
        cohort.is_strict = strict
        beds = self.girls.room_ids.filtered(lambda room: room.name == "101").bed_ids
        pairs = list(zip(self.asha | self.bina, beds, strict=True))
        return cohort, cohort._give_beds(pairs, "offered", hold_seconds=24 * 3600)

    def test_everybody_gets_a_bed_with_a_payment_reference_of_its_own(self):
        cohort, rows = self._offer()
        self.assertEqual(cohort.state, "allocated")
        self.assertEqual(rows.mapped("state"), ["offered", "offered"])
        self.assertEqual(len(set(rows.mapped("payment_ref"))), 2)

    def test_if_one_bed_is_taken_nobody_gets_one(self):
        cohort = self._pair()
        beds = self.girls.room_ids.filtered(lambda room: room.name == "101").bed_ids
        self.env["hostel.allocation"]._reserve(beds[1], self.divya, self.term, "paying")
        pairs = list(zip(self.asha | self.bina, beds, strict=True))
        self.refused("BED_TAKEN", cohort._give_beds, pairs, "offered")
        self.assertFalse(cohort.allocation_ids)
        self.assertEqual(cohort.state, "complete")

    def test_beds_are_for_all_members_and_for_nobody_else(self):
        cohort = self._pair()
        beds = self.girls.bed_ids
        for pairs in ([(self.asha, beds[0])], [(self.asha, beds[0]), (self.divya, beds[1])]):
            self.refused("COHORT_CHANGED", cohort._give_beds, pairs, "offered")

    def test_confirmed_once_the_warden_approved_everybody(self):
        cohort, rows = self._offer()
        for row in rows:
            row._transition("awaiting_approval", hold_until=False)
        self.assertEqual(cohort.state, "allocated")
        rows[0]._transition("allocated")
        self.assertEqual(cohort.state, "allocated")
        rows[1]._transition("allocated")
        self.assertEqual(cohort.state, "confirmed")

    def test_who_does_not_confirm_is_free_and_the_others_keep_their_beds(self):
        cohort, rows = self._offer()
        rows[1]._transition("awaiting_approval", hold_until=False)
        rows[0]._transition("expired", hold_until=False)
        self.assertEqual(rows[1].state, "awaiting_approval")
        rows[1]._transition("allocated")
        self.assertEqual(cohort.state, "confirmed")
        self.assertEqual(cohort._get_students(), self.bina)
        self.assertEqual(cohort.leader_id, self.bina)

    def test_of_a_strict_group_nobody_keeps_a_bed(self):
        cohort, rows = self._offer(strict=True)
        rows[1]._transition("awaiting_approval", hold_until=False)
        rows[1].paid_at = self.env.cr.now()
        rows[0]._transition("expired", hold_until=False)
        self.assertEqual(rows[1].state, "refund_due")
        self.assertEqual(cohort.state, "complete")

    def _messages(self, partner, row):
        return self.env["mail.message"].search(
            [
                ("model", "=", row._name),
                ("res_id", "=", row.id),
                ("partner_ids", "in", partner.ids),
            ]
        )

    def test_of_a_strict_group_each_is_told_why_and_what_goes_back(self):
        warden = new_test_user(self.env, "strict.warden", groups="hostel_base.group_hostel_warden")
        self.env["hostel.staff"].create(
            {
                "user_id": warden.id,
                "hostel_id": self.girls.id,
                "role": "warden",
                "date_from": "2020-01-01",
            }
        )
        for state in ("awaiting_approval", "allocated"):
            cohort, rows = self._offer(strict=True)
            lost, kept = rows
            kept._transition("awaiting_approval", hold_until=False)
            kept.paid_at = self.env.cr.now()
            if state == "allocated":
                kept._transition("allocated")
            with self.subTest(state=state):
                lost._transition("expired", hold_until=False)
                self.assertEqual(kept.state, "refund_due")
                [cancellation] = kept.cancellation_ids
                self.assertEqual((cancellation.kind, cancellation.percent), ("office", 100))
                self.assertEqual(cancellation.refund_amount, kept.price)
                letter = self._messages(kept.student_id.partner_id, kept)[:1]
                self.assertIn("for all or for none", letter.body)
                self.assertIn("goes back to you", letter.body)
                self.assertNotIn(lost.student_id.name, letter.body)
                notice = self._messages(warden.partner_id, kept)
                self.assertEqual(notice.subject, f"The group {cohort.name} lost its beds")
                self.assertIn(kept.student_id.name, notice.body)
            self.as_(self.asha_user)._disband()

    def test_who_paid_nothing_of_a_strict_group_is_let_go_and_told(self):
        _cohort, rows = self._offer(strict=True)
        rows[0]._transition("expired", hold_until=False)
        self.assertEqual(rows[1].state, "cancelled")
        self.assertFalse(rows[1].cancellation_ids)
        letter = self._messages(rows[1].student_id.partner_id, rows[1])
        self.assertIn("for all or for none", letter.body)

    def test_of_a_strict_group_all_beds_go_or_none(self):
        cohort, rows = self._offer(strict=True)
        rows[1]._transition("awaiting_approval", hold_until=False)
        Allocation = self.registry["hostel.allocation"]

        def lock(model, bed):
            if bed == rows[1].bed_id:
                raise HostelError("BED_BUSY", "Somebody works on it.")

        with (
            patch.object(Allocation, "_lock_bed", lock),
            self.assertRaises(HostelError),
            self.env.cr.savepoint(),
        ):
            rows[0]._transition("expired", hold_until=False)
        self.env.invalidate_all()
        self.assertEqual(rows.mapped("state"), ["offered", "awaiting_approval"])
        self.assertEqual(cohort.state, "allocated")

    def test_a_stay_that_ended_is_no_bed_that_was_lost(self):
        cohort, rows = self._offer()
        for row in rows:
            row._transition("awaiting_approval", hold_until=False)
            row._transition("allocated")
            row._transition("checked_in")
        for row in rows:
            row._transition("vacated")
        self.assertEqual((cohort.state, cohort.member_count), ("confirmed", 2))

    def test_after_a_handed_in_group_lost_its_beds_it_waits_again(self):
        cohort = self._submitted()
        self._clear(self.asha, self.bina)
        beds = self.girls.room_ids.filtered(lambda room: room.name == "101").bed_ids
        rows = cohort._give_beds(
            list(zip(self.asha | self.bina, beds, strict=True)), "awaiting_approval"
        )
        for row in rows:
            row._transition("cancelled")
        self.assertEqual(cohort.state, "cleared")

    def test_who_takes_a_bed_alone_leaves_and_the_others_go_on(self):
        cohort = self._submitted()
        self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[0], self.asha, self.term, "paying"
        )
        self.assertEqual((cohort.state, cohort.leader_id), ("forming", self.bina))
        self.assertFalse(cohort.submitted_at)
        self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[1], self.bina, self.term, "paying"
        )
        self.assertEqual(cohort.state, "cancelled")

    def test_a_bed_in_another_term_keeps_nobody_from_the_group(self):
        cohort = self._pair()
        other = self.env["hostel.term"].create(
            {
                "name": "Other term",
                "code": "T2030",
                "year_id": self.term.year_id.id,
                "date_from": "2030-07-05",
                "date_to": "2030-12-20",
            }
        )
        self.env["hostel.allocation"]._reserve(self.girls.bed_ids[0], self.asha, other, "paying")
        self.assertEqual(cohort.state, "complete")

    # The office --------------------------------------------------------------

    def test_cohorts_change_through_their_buttons_only(self):
        cohort = self._pair()
        admin = self.env.ref("base.user_admin")
        self.assertTrue(admin.has_group("hostel_base.group_hostel_admin"))
        own = cohort.with_user(admin)
        own.write({"is_strict": True, "note": "They asked for a quiet room"})
        for vals in ({"state": "cleared"}, {"leader_id": self.bina.id}, {"size_max": 3}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                own.write(vals)
        with self.assertRaises(AccessError):
            own.read(["invite_token"])
        own.action_cancel()
        self.assertEqual(cohort.state, "cancelled")
