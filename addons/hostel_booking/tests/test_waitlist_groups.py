from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.hostel_base.errors import HostelError

from .test_waitlist import WaitlistCase


@tagged("post_install", "-at_install")
class TestWaitlistOfGroups(WaitlistCase):
    """A group waits as one: beds for all of it, for those who are in it now."""

    def _create_cohort(self, *students):
        cohort = self.env["hostel.cohort"].create(
            {
                "round_id": self.round.id,
                "window_id": self.window.id,
                "leader_id": students[0].id,
                "gender": "female",
                "size_max": len(students),
            }
        )
        self.env["hostel.cohort.member"].create(
            [
                {"cohort_id": cohort.id, "student_id": one.id, "state": "joined", "seat": seat}
                for seat, one in enumerate(students, 1)
            ]
        )
        return cohort

    def test_a_group_gets_all_its_beds_or_none(self):
        self._create_cohort(self.asha, self.bina)
        entry = self.line(self.asha_user)._join_with_cohort(self.girls.id, self.room_type.id)
        self.assertEqual(entry.size, 2)
        self.free(self.others[0])
        self.assertEqual(entry.state, "waiting")
        self.free(self.others[1])
        self.assertEqual(entry.state, "offered")
        self.assertEqual(self.kept(entry).student_id, self.asha | self.bina)
        self.line(self.asha_user)._accept(entry.id)
        self.assertIn(self.asha.allocation_ids.state, ("paying", "awaiting_approval"))
        # The leader's yes does not start the others' time to pay.
        theirs = self.bina.allocation_ids
        self.assertEqual(
            theirs.state, "offered" if theirs._needs_payment() else "awaiting_approval"
        )

    def test_each_of_a_group_reads_the_offer_in_the_own_language(self):
        self.env["res.lang"]._activate_lang("hi_IN")
        self.bina.partner_id.lang = "hi_IN"
        template = self.env.ref("hostel_booking.mail_template_waitlist_offer")
        template.with_context(lang="hi_IN").subject = "बेड: {{ object.waitlist_id.id }}"
        self._create_cohort(self.asha, self.bina)
        self.line(self.asha_user)._join_with_cohort(self.girls.id, self.room_type.id)
        before = self.env["mail.mail"].sudo().search([])
        self.free(self.others[0])
        self.free(self.others[1])
        mails = self.env["mail.mail"].sudo().search([]) - before
        subjects = {mail.recipient_ids: mail.subject for mail in mails}
        self.assertEqual(set(subjects), {self.asha.partner_id, self.bina.partner_id})
        self.assertIn("A bed is kept", subjects[self.asha.partner_id])
        self.assertIn("बेड", subjects[self.bina.partner_id])

    def test_what_keeps_another_out_of_the_line_is_not_told_to_the_leader(self):
        self._create_cohort(self.asha, self.bina)
        join = self.line(self.asha_user)._join_with_cohort
        texts = set()

        def refused():
            with self.assertRaises(HostelError) as caught:
                join(self.girls.id, self.room_type.id)
            self.assertEqual(caught.exception.code, "NOT_ELIGIBLE")
            texts.add((str(caught.exception), caught.exception.http_status))

        self.bina.status = "inactive"
        refused()
        self.bina.status = "active"
        self.env["ir.config_parameter"].set_param("hostel_booking.waitlist_lists", "1")
        self.join(self.bina_user)
        refused()
        self.env["ir.config_parameter"].set_param("hostel_booking.waitlist_lists", "3")
        self.others[0].with_context(hostel_cohort_gives=True)._transition("cancelled")
        self.env["hostel.event.delivery"].search([]).unlink()
        self.env["hostel.allocation"].with_context(hostel_cohort_gives=True)._reserve(
            self.others[0].bed_id, self.bina, self.term, "awaiting_approval"
        )
        refused()
        self.assertEqual(len(texts), 1)

    def test_which_bed_another_would_let_go_is_theirs_to_tell(self):
        self.others[2].with_context(hostel_cohort_gives=True)._transition("cancelled")
        self.env["hostel.event.delivery"].search([]).unlink()
        unpaid = self.env["hostel.allocation"].with_context(hostel_cohort_gives=True)
        unpaid = unpaid._reserve(
            self.others[2].bed_id, self.bina, self.term, "paying", hold_seconds=900
        )
        self._create_cohort(self.asha, self.bina)
        entry = self.line(self.asha_user)._join_with_cohort(self.girls.id, self.room_type.id)
        self.free(self.others[0])
        self.free(self.others[1])
        self.assertEqual(entry.state, "offered")
        [mine] = self.line(self.asha_user)._get_mine()["entries"]
        self.assertEqual(mine["offer"]["lets_go"], ["an unpaid bed of another of you"])
        self.assertNotIn(unpaid._get_bed_label(), str(mine))

    def test_what_another_has_paid_is_not_told_to_the_leader(self):
        self._create_cohort(self.asha, self.bina)
        entry = self.line(self.asha_user)._join_with_cohort(self.girls.id, self.room_type.id)
        self.free(self.others[0])
        self.free(self.others[1])
        self.assertEqual(entry.state, "offered")
        self.kept(entry).filtered(lambda row: row.student_id == self.bina).waitlist_entry_id = False
        paid = self.bina.allocation_ids.with_context(hostel_cohort_gives=True)
        paid._transition("awaiting_approval", hold_until=False)
        self.assertRefused("NOT_ELIGIBLE", self.line(self.asha_user)._accept, entry.id)

    def _line_of_a_group_and_a_single(self):
        self._create_cohort(self.asha, self.bina)
        group = self.line(self.asha_user)._join_with_cohort(self.girls.id, self.room_type.id)
        _dora, dora_user = self._create_student("dora", "female")
        return group, self.join(dora_user)

    def _without_gathering(self):
        self.env["ir.config_parameter"].set_param("hostel_booking.waitlist_gather_hours", "0")

    def test_beds_are_kept_together_for_the_group_whose_turn_it_is(self):
        group, single = self._line_of_a_group_and_a_single()
        bed = self.free()
        self.assertEqual((group.state, single.state), ("waiting", "waiting"))
        self.assertEqual(group._get_gathered().bed_id, bed)
        self.assertGreater(group.gather_until, self.env.cr.now() + timedelta(hours=23))
        [mine] = self.line(self.asha_user)._get_mine()["entries"]
        self.assertEqual(mine["gathered"], {"count": 1, "until": group.gather_until})
        second = self.free(self.others[1])
        self.assertEqual((group.state, single.state), ("offered", "waiting"))
        self.assertEqual(self.kept(group).bed_id, bed | second)
        self.assertFalse(group._get_gathered())
        # A third one is the single's.
        self.free(self.others[2])
        self.assertEqual(single.state, "offered")

    def test_a_single_is_not_held_up_for_ever_by_a_group_that_needs_more(self):
        group, single = self._line_of_a_group_and_a_single()
        bed = self.free()
        group.gather_until = self.env.cr.now() - timedelta(seconds=1)
        self.env["hostel.waitlist"]._cron_advance()
        self.tell()
        self.assertEqual((group.state, single.state), ("waiting", "offered"))
        self.assertEqual(self.kept(single).bed_id, bed)
        self.assertEqual((group.position, group.gathered_count), (1, 0))
        # The time comes once; what is free at the same time is still the group's.
        _esha, user = self._create_student("esha", "female")
        third = self.join(user)
        self.free(self.others[1])
        self.assertEqual((group.state, third.state), ("waiting", "offered"))
        self.assertIn("Too few beds", group.passed_over)

    def test_a_college_may_do_without_keeping_beds_together(self):
        self._without_gathering()
        group, single = self._line_of_a_group_and_a_single()
        self.free()
        self.assertEqual((group.state, single.state), ("waiting", "offered"))
        self.assertFalse(group.gathered_ids)

    def test_a_single_before_the_group_gets_the_bed(self):
        _dora, dora_user = self._create_student("dora", "female")
        single = self.join(dora_user)
        self._create_cohort(self.asha, self.bina)
        group = self.line(self.asha_user)._join_with_cohort(self.girls.id, self.room_type.id)
        group.joined_at = single.joined_at + timedelta(seconds=1)
        group.flush_recordset()
        self.free()
        self.assertEqual((single.state, group.gathered_count), ("offered", 0))

    def assertKeptBedsGoOn(self, act):
        """What a group has no use for is the single's."""
        group, single = self._line_of_a_group_and_a_single()
        bed = self.free()
        self.assertEqual(group._get_gathered().bed_id, bed)
        act(group)
        self.assertFalse(group._get_gathered())
        self.tell()
        self.assertEqual(self.kept(single).bed_id, bed)

    def test_kept_beds_go_on_when_the_group_leaves_the_line(self):
        self.assertKeptBedsGoOn(lambda group: self.line(self.asha_user)._leave(group.id))

    def test_kept_beds_go_on_when_the_office_removes_the_group(self):
        self.assertKeptBedsGoOn(lambda group: group.with_user(self.warden).action_remove())

    def test_kept_beds_go_on_when_the_group_changes(self):
        def change(group):
            group.cohort_id.member_ids.filtered(
                lambda one: one.student_id == self.bina
            ).state = "left"
            self.env.flush_all()
            self.env["hostel.waitlist"]._cron_advance()
            self.assertFalse(group._get_gathered())
            # The one who is left comes first, and takes it or not.
            self.assertEqual((group.size, group.state), (1, "offered"))
            self.line(self.asha_user)._decline(group.id)

        self.assertKeptBedsGoOn(change)

    def _desk_of(self, user):
        return self.env["hostel.cohort.desk"].with_user(user)

    def _letters(self, student, subject):
        return self.env["mail.message"].search(
            [("subject", "=", subject), ("partner_ids", "in", student.partner_id.ids)]
        )

    def _three_in_line(self):
        divya, divya_user = self._create_student("divya", "female")
        self._create_cohort(self.asha, self.bina, divya)
        entry = self.line(self.asha_user)._join_with_cohort(self.girls.id, self.room_type.id)
        self.assertEqual(entry.size, 3)
        return entry, divya, divya_user

    def test_a_group_that_one_left_is_served_for_those_who_are_left(self):
        entry, _divya, divya_user = self._three_in_line()
        self._desk_of(divya_user)._leave()
        self.assertEqual((entry.size, entry.state), (2, "waiting"))
        self.free(self.others[0])
        self.free(self.others[1])
        self.assertEqual(entry.state, "offered")
        self.assertEqual(self.kept(entry).student_id, self.asha | self.bina)

    def test_who_books_alone_is_not_waited_for(self):
        entry, divya, _user = self._three_in_line()
        self.others[0]._transition("cancelled")
        self.env["hostel.event.delivery"].search([]).unlink()
        self.env["hostel.allocation"]._reserve(
            self.others[0].bed_id, divya, self.term, "awaiting_approval"
        )
        self.assertEqual((entry.size, entry.state, entry._get_obstacle()), (2, "waiting", ""))

    def test_the_leader_of_now_answers_for_the_group(self):
        entry, _divya, _user = self._three_in_line()
        self._desk_of(self.asha_user)._leave()
        self.assertEqual((entry.size, entry.student_id), (2, self.bina))
        self.assertRefused("NOT_FOUND", self.line(self.asha_user)._leave, entry.id)
        self.assertFalse(self.line(self.asha_user)._get_mine()["entries"])
        [mine] = self.line(self.bina_user)._get_mine()["entries"]
        self.assertTrue(mine["is_mine"])
        self.line(self.bina_user)._leave(entry.id)
        self.assertEqual(entry.state, "left")

    def test_one_who_is_left_waits_alone_and_is_told(self):
        self._create_cohort(self.asha, self.bina)
        entry = self.line(self.asha_user)._join_with_cohort(self.girls.id, self.room_type.id)
        joined_at = entry.joined_at
        self._desk_of(self.asha_user)._leave()
        self.assertEqual((entry.student_id, entry.size, entry.state), (self.bina, 1, "waiting"))
        self.assertFalse(entry.cohort_id)
        self.assertEqual(entry.joined_at, joined_at)
        self.assertTrue(self._letters(self.bina, "You are in line alone now"))
        self.free()
        self.assertEqual(self.kept(entry).student_id, self.bina)

    def test_one_who_is_left_and_waits_alone_already_is_told_that_the_group_does_not(self):
        self._create_cohort(self.asha, self.bina)
        entry = self.line(self.asha_user)._join_with_cohort(self.girls.id, self.room_type.id)
        alone = self.join(self.bina_user)
        self._desk_of(self.asha_user)._leave()
        self.assertEqual((entry.state, alone.state), ("left", "waiting"))
        self.assertTrue(self._letters(self.bina, "Your group is not in line any more"))

    def test_an_offer_stays_for_those_who_are_left(self):
        entry, divya, _user = self._three_in_line()
        for row in self.others[:3]:
            self.free(row)
        self.assertEqual((entry.state, len(self.kept(entry))), ("offered", 3))
        # The office takes one out: who is offered a bed can't leave by booking another.
        entry.cohort_id.member_ids.filtered(lambda row: row.student_id == divya).state = "left"
        self.assertEqual((entry.state, entry.size), ("offered", 2))
        self.assertEqual(self.kept(entry).student_id, self.asha | self.bina)
        self.assertFalse(divya.allocation_ids.filtered(lambda row: row.state == "offered"))
        self.line(self.asha_user)._accept(entry.id)
        self.assertEqual(entry.state, "accepted")

    def test_a_place_that_a_group_gave_up_long_ago_is_found_by_the_cron(self):
        entry, divya, _user = self._three_in_line()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE hostel_cohort_member SET state = 'left' WHERE student_id = %s", [divya.id]
        )
        self.env.invalidate_all()
        self.assertEqual(entry._get_obstacle(), "COHORT_CHANGED")
        self.env["hostel.waitlist"]._cron_advance()
        self.assertEqual(entry.size, 2)

    def test_who_is_passed_over_is_told_to_the_office(self):
        first, second = self.join(self.asha_user), self.join(self.bina_user)
        self.asha.status = "inactive"
        self.free()
        self.assertEqual((first.state, second.state), ("waiting", "offered"))
        self.assertEqual(first.passed_over, "Not an active student at the moment.")
        self.assertTrue(first.passed_over_at)
        self.asha.status = "active"

        def refuse(_rows, *_args):
            raise HostelError("VIOLATION_UNRESOLVED", "A report is not settled.", 403)

        with patch.object(self.registry["hostel.allocation"], "_check_student_may_live", refuse):
            self.free(self.others[1])
        self.assertEqual((first.state, first.passed_over), ("waiting", "A report is not settled."))
        self.env["hostel.waitlist"]._cron_advance()
        self.assertEqual((first.state, first.passed_over), ("offered", False))

    def test_a_group_that_may_not_any_more_is_told_why(self):
        group, single = self._line_of_a_group_and_a_single()
        self.bina.status = "inactive"
        self.free()
        self.assertEqual((group.state, single.state), ("waiting", "offered"))
        self.assertEqual(group.passed_over, "Not an active student at the moment.")

    def test_only_the_leader_answers_for_the_group_and_all_see_it(self):
        self._create_cohort(self.asha, self.bina)
        self.assertRefused("NOT_THE_LEADER", self.line(self.bina_user)._join_with_cohort)
        entry = self.line(self.asha_user)._join_with_cohort(self.girls.id, self.room_type.id)
        [seen] = self.line(self.bina_user)._get_mine()["entries"]
        self.assertEqual((seen["id"], seen["is_mine"]), (entry.id, False))
        self.assertRefused("NOT_FOUND", self.line(self.bina_user)._leave, entry.id)
