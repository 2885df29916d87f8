from datetime import datetime, timedelta

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
