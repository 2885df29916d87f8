from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tests.common import QUIET

from .common import BookingCase


class WaitlistCase(BookingCase):
    """All beds of the girls' hostel are taken by others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, **QUIET})
        cls.others = cls.env["hostel.allocation"]
        for number, bed in enumerate(cls.girls.bed_ids):
            student, _user = cls._create_student(f"other{number}", "female")
            cls.others |= cls.env["hostel.allocation"]._reserve(
                bed, student, cls.term, "awaiting_approval"
            )
        cls.warden = new_test_user(cls.env, "wl.warden", groups="hostel_base.group_hostel_warden")
        cls.env["hostel.staff"].create(
            {
                "user_id": cls.warden.id,
                "hostel_id": cls.girls.id,
                "role": "warden",
                "date_from": "2020-01-01",
            }
        )
        cls.admin = new_test_user(cls.env, "wl.admin", groups="hostel_base.group_hostel_admin")

    def line(self, user):
        return self.env["hostel.waitlist.desk"].with_user(user)

    def join(self, user, hostel=None, kind=None):
        hostel = self.girls if hostel is None else hostel
        kind = self.room_type if kind is None else kind
        entry = self.line(user)._join(hostel.id or None, kind.id or None)
        # Within one transaction the clock stands still.
        entry.joined_at = self.env.cr.now() + timedelta(seconds=entry.id)
        entry.flush_recordset()
        return entry.sudo()

    def tell(self):
        """Bring what happened to the subscribers, as after a commit."""
        self.env.flush_all()
        self.env["hostel.event"]._drain()
        self.env.invalidate_all()

    def free(self, row=None):
        row = row or self.others[0]
        row._transition("cancelled")
        self.tell()
        return row.bed_id

    def kept(self, entry):
        return entry.allocation_ids.filtered(lambda row: row.state in ("offered", "blocked"))

    def assertRefused(self, code, call, *args, **kwargs):
        with self.assertRaises(HostelError) as caught:
            call(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)


@tagged("post_install", "-at_install")
class TestWaitlist(WaitlistCase):
    # ------------------------------------------------------------------
    # Getting in line
    # ------------------------------------------------------------------

    def test_the_place_in_line_is_shown(self):
        first, second = self.join(self.asha_user), self.join(self.bina_user)
        self.assertEqual((first.position, second.position), (1, 2))
        [mine] = self.line(self.bina_user)._get_mine()["entries"]
        self.assertEqual(mine["label"], "Test twin in Test Kaveri")
        self.assertEqual((mine["position"], mine["ahead"]), (2, 1))
        self.assertIn("nobody can say", mine["estimate"])

    def test_the_estimate_counts_what_became_free(self):
        entry = self.join(self.asha_user)
        self.env.cr.execute("DELETE FROM hostel_event_delivery")
        self.others[0]._transition("cancelled")
        self.env.flush_all()
        self.assertEqual(entry.waitlist_id._count_freed(), 1)
        self.assertIn("14", entry.waitlist_id._get_estimate(1))
        self.assertIn("28", entry.waitlist_id._get_estimate(2))

    def test_nobody_joins_twice_or_where_a_bed_is_free(self):
        self.join(self.asha_user)
        self.assertRefused("ON_LIST", self.join, self.asha_user)
        self.others[0]._transition("cancelled")
        self.env["hostel.event.delivery"].search([]).unlink()
        self.assertRefused("BEDS_FREE", self.join, self.bina_user)

    def test_a_bed_that_is_held_is_not_free(self):
        self.others[0]._transition("cancelled")
        self.env["hostel.event.delivery"].search([]).unlink()
        self.drain()
        self.desk(self.asha_user)._hold(self.map.key, self.others[0].bed_id.map_index)
        self.assertEqual(self.join(self.bina_user).state, "waiting")

    def test_what_is_not_for_the_student_does_not_exist(self):
        self.assertRefused("NOT_FOUND", self.join, self.chand_user)
        self.assertRefused("NOT_FOUND", self.line(self.asha_user)._join, 10**9, None)
        self.assertRefused("NOT_A_STUDENT", self.line(self.stranger)._join, self.girls.id, None)
        entry = self.join(self.asha_user)
        for act in ("_leave", "_accept", "_decline"):
            self.assertRefused("NOT_FOUND", getattr(self.line(self.bina_user), act), entry.id)
        self.assertEqual(entry.state, "waiting")

    def test_who_has_a_bed_does_not_wait_and_nobody_on_too_many_lists(self):
        student = self.others[1].student_id
        user = student.partner_id.user_ids
        self.assertRefused("HAS_ALLOCATION", self.join, user)
        for kind in (self.room_type, self.env["hostel.room.type"]):
            self.join(self.asha_user, kind=kind)
        self.join(self.asha_user, self.env["hostel.hostel"], self.room_type)
        self.assertRefused(
            "TOO_MANY_LISTS",
            self.join,
            self.asha_user,
            self.env["hostel.hostel"],
            self.env["hostel.room.type"],
        )

    def test_before_the_window_opens_nobody_waits(self):
        self.window.opens_at = self.env.cr.now() + timedelta(hours=1)
        self.assertRefused("WINDOW_CLOSED", self.join, self.asha_user)
        self.assertEqual(self.line(self.asha_user)._get_classes(), [])

    # ------------------------------------------------------------------
    # Offers
    # ------------------------------------------------------------------

    def test_a_bed_that_becomes_free_is_offered_to_the_first(self):
        first, second = self.join(self.asha_user), self.join(self.bina_user)
        bed = self.free()
        self.assertEqual((first.state, second.state), ("offered", "waiting"))
        row = self.kept(first)
        self.assertEqual((row.bed_id, row.state, row.student_id), (bed, "offered", self.asha))
        self.assertEqual(row.hold_until, first.offer_until)
        self.assertEqual(second.position, 1)
        offer = self.line(self.asha_user)._get_mine()["entries"][0]["offer"]
        self.assertEqual(offer["beds"], [bed._get_full_label()])
        self.assertGreater(offer["expires_in_ms"], 23 * 3600 * 1000)

    def test_priority_comes_before_time(self):
        self.join(self.asha_user)
        second = self.join(self.bina_user)
        second.with_user(self.warden).priority = 1
        self.free()
        self.assertEqual(second.state, "offered")

    def test_the_offer_says_the_time_as_the_college_has_it(self):
        """Whoever makes the offer: mostly a job, whose user has no zone."""
        entry = self.join(self.asha_user)
        entry.student_id.partner_id.tz = False
        entry.offer_until = datetime(2030, 7, 5, 4, 30)
        template = self.env.ref("hostel_booking.mail_template_waitlist_offer").sudo()
        odoobot = template.with_user(SUPERUSER_ID).with_context(tz=False)
        body = odoobot._render_field("body_html", entry.ids)[entry.id]
        self.assertIn("5 Jul, 10:00", body)

    def test_an_offer_mails_and_says_no_name(self):
        self.join(self.asha_user)
        before = self.env["mail.mail"].sudo().search([])
        self.free()
        mail = self.env["mail.mail"].sudo().search([]) - before
        self.assertEqual(len(mail), 1)
        self.assertIn("Test twin in Test Kaveri", mail.subject)
        self.assertIn("/my/waitlist", mail.body_html)

    def test_any_hostel_and_any_kind_wait_for_the_same_bed(self):
        anywhere = self.join(
            self.asha_user, self.env["hostel.hostel"], self.env["hostel.room.type"]
        )
        here = self.join(self.bina_user)
        self.free()
        self.assertEqual((anywhere.state, here.state), ("offered", "waiting"))

    def test_who_may_not_any_more_is_passed_over_and_keeps_the_place(self):
        first, second = self.join(self.asha_user), self.join(self.bina_user)
        self.asha.status = (
            "suspended"
            if "suspended" in dict(self.asha._fields["status"].selection)
            else "inactive"
        )
        self.free()
        self.assertEqual((first.state, second.state), ("waiting", "offered"))
        self.asha.status = "active"
        self.free(self.others[1])
        self.assertEqual(first.state, "offered")

    def test_who_found_a_bed_elsewhere_leaves_the_line(self):
        entry, other = self.join(self.asha_user), self.join(self.bina_user)
        self.others[0]._transition("cancelled")
        self.env["hostel.event.delivery"].search([]).unlink()
        self.env["hostel.allocation"]._reserve(
            self.others[0].bed_id, self.asha, self.term, "awaiting_approval"
        )
        self.free(self.others[1])
        self.assertEqual((entry.state, other.state), ("removed", "offered"))
        self.assertTrue(entry.end_reason)

    def test_accepting_makes_it_a_booking(self):
        entry = self.join(self.asha_user)
        bed = self.free()
        answer = self.line(self.asha_user)._accept(entry.id)
        self.assertIn(answer["state"], ("paying", "awaiting_approval"))
        row = self.asha.allocation_ids
        self.assertEqual((len(row), row.bed_id), (1, bed))
        self.assertEqual(entry.state, "accepted")
        self.assertRefused("OFFER_OVER", self.line(self.asha_user)._accept, entry.id)

    def test_accepting_lets_the_unpaid_other_bed_go_in_the_same_transaction(self):
        self.others[0]._transition("cancelled")
        self.env["hostel.event.delivery"].search([]).unlink()
        old = self.env["hostel.allocation"]._reserve(
            self.others[0].bed_id, self.asha, self.term, "paying", hold_seconds=900
        )
        entry = self.join(self.asha_user)
        bed = self.free(self.others[1])
        self.assertEqual(entry.state, "offered")
        # One row a student: until she says yes, the bed is kept closed.
        self.assertEqual((self.kept(entry).state, self.kept(entry).bed_id), ("blocked", bed))
        self.assertEqual(old.state, "paying")
        mine = self.line(self.asha_user)._get_mine()["entries"][0]
        self.assertEqual(mine["offer"]["lets_go"], [old._get_bed_label()])
        self.line(self.asha_user)._accept(entry.id)
        self.assertEqual(old.state, "cancelled")
        live = self.asha.allocation_ids.filtered(
            lambda row: row.state in ("paying", "awaiting_approval")
        )
        self.assertEqual(live.bed_id, bed)
        self.assertEqual(entry.state, "accepted")

    def test_who_has_paid_meanwhile_keeps_what_was_paid(self):
        self.others[0]._transition("cancelled")
        self.env["hostel.event.delivery"].search([]).unlink()
        old = self.env["hostel.allocation"]._reserve(
            self.others[0].bed_id, self.asha, self.term, "paying", hold_seconds=900
        )
        entry = self.join(self.asha_user)
        self.free(self.others[1])
        old._transition("awaiting_approval", hold_until=False)
        self.assertRefused("ALREADY_PAID", self.line(self.asha_user)._accept, entry.id)
        self.assertEqual((old.state, entry.state), ("awaiting_approval", "offered"))

    def test_a_no_goes_to_the_next_and_keeps_the_place_once(self):
        first, second = self.join(self.asha_user), self.join(self.bina_user)
        bed = self.free()
        self.line(self.asha_user)._decline(first.id)
        self.assertEqual((first.state, first.position), ("waiting", 1))
        self.tell()
        # Not the same bed again: it goes on.
        self.assertEqual(second.state, "offered")
        self.assertEqual(self.kept(second).bed_id, bed)
        self.free(self.others[1])
        self.assertEqual(first.state, "offered")
        self.line(self.asha_user)._decline(first.id)
        self.assertEqual(first.state, "declined")

    def test_an_offer_that_nobody_answers_goes_on(self):
        first, second = self.join(self.asha_user), self.join(self.bina_user)
        self.free()
        first.offer_until = self.env.cr.now() - timedelta(seconds=1)
        self.assertRefused("OFFER_OVER", self.line(self.asha_user)._accept, first.id)
        self.env["hostel.waitlist"]._cron_advance()
        self.assertEqual(first.state, "waiting")
        self.tell()
        self.assertEqual(second.state, "offered")

    def test_the_rows_own_deadline_ends_the_offer_too(self):
        first, second = self.join(self.asha_user), self.join(self.bina_user)
        self.free()
        self.kept(first)._transition("expired", hold_until=False)
        self.assertEqual(first.state, "waiting")
        self.tell()
        self.assertEqual(second.state, "offered")

    def test_leaving_gives_an_offer_back(self):
        first, second = self.join(self.asha_user), self.join(self.bina_user)
        self.free()
        self.line(self.asha_user)._leave(first.id)
        self.assertEqual(first.state, "left")
        self.assertFalse(self.kept(first))
        self.tell()
        self.assertEqual(second.state, "offered")
        self.assertRefused("INVALID_TRANSITION", self.line(self.asha_user)._leave, first.id)

    def test_one_bed_makes_one_offer_however_often_it_is_told(self):
        self.join(self.asha_user)
        self.join(self.bina_user)
        bed = self.free()
        event = self.env["hostel.event"].search(
            [("name", "=", "allocation.cancelled")], order="id desc", limit=1
        )
        for _again in range(3):
            self.env["hostel.waitlist"]._on_event(event)
        entries = self.env["hostel.waitlist.entry"].search(
            [("state", "=", "offered"), ("student_id", "in", (self.asha | self.bina).ids)]
        )
        self.assertEqual(len(entries), 1)
        self.assertEqual(self.kept(entries).bed_id, bed)

    def test_many_beds_make_one_offer_each(self):
        first, second = self.join(self.asha_user), self.join(self.bina_user)
        for row in self.others[:4]:
            row._transition("cancelled")
        self.tell()
        self.assertEqual((first.state, second.state), ("offered", "offered"))
        self.assertEqual(len(self.kept(first)), 1)
        self.assertEqual(len(self.kept(second)), 1)

    def test_the_cron_finds_what_no_event_told(self):
        entry = self.join(self.asha_user)
        self.others[0]._transition("cancelled")
        self.env["hostel.event.delivery"].search([]).unlink()
        self.env["hostel.waitlist"]._cron_advance()
        self.assertEqual(entry.state, "offered")

    def test_a_bed_that_somebody_holds_is_not_offered(self):
        entry = self.join(self.asha_user)
        self.others[0]._transition("cancelled")
        self.env["hostel.event.delivery"].search([]).unlink()
        self.drain()
        self.desk(self.bina_user)._hold(self.map.key, self.others[0].bed_id.map_index)
        self.env["hostel.waitlist"]._cron_advance()
        self.assertEqual(entry.state, "waiting")

    # ------------------------------------------------------------------
    # Groups
    # ------------------------------------------------------------------

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

    # ------------------------------------------------------------------
    # The office
    # ------------------------------------------------------------------

    def test_a_warden_offers_by_hand_with_a_reason(self):
        self.join(self.asha_user)
        second = self.join(self.bina_user)
        self.others[0]._transition("cancelled")
        self.env["hostel.event.delivery"].search([]).unlink()
        bed = self.others[0].bed_id
        dialog = (
            self.env["hostel.waitlist.offer"]
            .with_user(self.warden)
            .create({"entry_id": second.id, "bed_ids": [(6, 0, bed.ids)], "reason": "Fracture"})
        )
        dialog.action_offer()
        self.assertEqual((second.state, second.offer_reason), ("offered", "Fracture"))
        self.assertIn("Fracture", "".join(second.message_ids.mapped("body")))

    def test_who_is_not_the_warden_changes_nothing(self):
        entry = self.join(self.asha_user)
        supervisor = new_test_user(self.env, "wl.sup", groups="hostel_base.group_hostel_supervisor")
        for user in (supervisor, self.asha_user, self.stranger):
            for act in ("action_remove", "action_withdraw_offer", "action_offer"):
                with self.subTest(user=user.login, act=act), self.assertRaises(AccessError):
                    getattr(entry.with_user(user), act)()
        with self.assertRaises(AccessError):
            entry.with_user(self.warden).state = "accepted"
        with self.assertRaises(AccessError):
            self.env["hostel.waitlist.entry"].with_user(self.warden).create(
                {"waitlist_id": entry.waitlist_id.id, "student_id": self.bina.id}
            )
        with self.assertRaises(AccessError):
            self.others[0].with_user(self.warden).waitlist_entry_id = entry

    def test_a_warden_sees_the_own_hostels_lists_only(self):
        entry = self.join(self.asha_user)
        stranger = new_test_user(self.env, "wl.far", groups="hostel_base.group_hostel_warden")
        Entry = self.env["hostel.waitlist.entry"]
        self.assertIn(entry, Entry.with_user(self.warden).search([]))
        self.assertNotIn(entry, Entry.with_user(stranger).search([]))
        self.assertIn(entry, Entry.with_user(self.admin).search([]))

    def test_who_waits_for_any_hostel_is_seen_where_there_may_be_a_bed(self):
        entry = self.join(self.asha_user, hostel=self.env["hostel.hostel"])
        self.assertFalse(entry.hostel_id)
        boys = new_test_user(self.env, "wl.boys", groups="hostel_base.group_hostel_warden")
        self.env["hostel.staff"].create(
            {
                "user_id": boys.id,
                "hostel_id": self.boys.id,
                "role": "warden",
                "date_from": "2020-01-01",
            }
        )
        Entry = self.env["hostel.waitlist.entry"]
        self.assertIn(entry, Entry.with_user(self.warden).search([]))
        self.assertNotIn(entry, Entry.with_user(boys).search([]))

    def test_the_office_takes_an_offer_back(self):
        entry = self.join(self.asha_user)
        self.free()
        entry.with_user(self.warden).action_withdraw_offer()
        self.assertEqual(entry.state, "waiting")
        self.assertFalse(self.kept(entry))
        entry.with_user(self.warden).action_remove()
        self.assertEqual(entry.state, "removed")

    @mute_logger("odoo.sql_db")
    def test_the_constraint_of_one_place_a_list_is_in_the_database(self):
        self.env.cr.execute(
            "SELECT 1 FROM pg_indexes WHERE indexname = 'hostel_waitlist_entry_once'"
        )
        self.assertTrue(self.env.cr.fetchone())
