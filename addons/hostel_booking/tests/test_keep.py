"""Residents keep their bed before the window opens, and ask roommates into the room."""

from datetime import timedelta

from odoo import http
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import SQL

from odoo.addons.hostel_base.errors import HostelError

from .common import BookingCase, CampusMixin
from .common_moving import get_letters


class KeepMixin:
    @classmethod
    def setUpKeep(cls):
        """Asha and Bina lived in 101 in the term before; the window opens in a week."""
        cls.env = cls.env(context={**cls.env.context, "queue_job__no_delay": True})
        year = cls.env["hostel.academic.year"].create(
            {"name": "Test 2029–30", "date_from": "2029-07-01", "date_to": "2030-07-01"}
        )
        cls.before = cls.env["hostel.term"].create(
            {
                "name": "The term before",
                "code": "T2030",
                "year_id": year.id,
                "date_from": "2030-01-05",
                "date_to": "2030-05-30",
            }
        )
        cls.room = cls.girls.floor_ids.room_ids.filtered(lambda room: room.name == "101")
        cls.bed_a, cls.bed_b = cls.room.bed_ids.sorted("label")
        # Who is cleared has nothing to pay, and no old debts, whether or not bills are kept here.
        cls.env["hostel.clearance"].create(
            [
                {"student_id": student.id, "term_id": term.id}
                for student in (cls.asha, cls.bina)
                for term in (cls.before, cls.term)
            ]
        )
        cls.stay = cls._live(cls.asha, cls.bed_a)
        now = cls.env.cr.now()
        cls.window.write(
            {
                "opens_at": now + timedelta(days=7),
                "closes_at": now + timedelta(days=14),
                "lets_keep": True,
                "keep_until": now + timedelta(days=3),
            }
        )
        cls.window = cls.window.with_env(cls.env)

    @classmethod
    def _live(cls, student, bed):
        row = cls.env["hostel.allocation"]._reserve(bed, student, cls.before, "awaiting_approval")
        row._transition("allocated", approval_due=False)
        row._transition("checked_in")
        return row

    def _row(self, student):
        return self.env["hostel.allocation"].search(
            [("student_id", "=", student.id), ("term_id", "=", self.term.id)]
        )

    def keep(self, user):
        return self.env["hostel.keep.desk"].with_user(user)

    def refused(self, code, call, *args):
        with self.assertRaises(HostelError) as caught:
            call(*args)
        self.assertEqual(caught.exception.code, code)
        return caught.exception


class KeepCase(KeepMixin, BookingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpKeep()


@tagged("post_install", "-at_install")
class TestKeep(KeepCase):
    def test_residents_are_offered_their_own_bed(self):
        self.window.action_offer_keeping()
        row = self._row(self.asha)
        self.assertEqual((row.bed_id, row.state, row.offer_kind), (self.bed_a, "offered", "keep"))
        self.assertEqual(row.hold_until, self.window.keep_until)
        self.assertFalse(self._row(self.bina))
        self.assertEqual(self.window.keep_offer_count, 1)

    def test_asking_twice_asks_nobody_twice(self):
        self.window.action_offer_keeping()
        self.keep(self.asha_user)._answer(False)
        self.window.action_offer_keeping()
        self.assertEqual(self._row(self.asha).mapped("state"), ["cancelled"])

    def test_whom_the_window_does_not_suit_is_not_asked(self):
        self.window.year_from = 3
        self.window.action_offer_keeping()
        self.assertFalse(self._row(self.asha))
        self.assertEqual(self.window.keep_left_out_count, 1)
        action = self.window.action_open_left_out()
        self.assertEqual(self.env["hostel.allocation"].search(action["domain"]), self.stay)
        self.assertIn("year 3 and above", self.stay.keep_refusal)

    def test_the_office_sees_whose_bed_could_not_be_offered_and_why(self):
        taken = self.env["hostel.allocation"]._block(
            self.bed_a, self.term.date_from, self.term.date_to, "A leak", "repair"
        )
        self.window.action_offer_keeping()
        self.assertFalse(self._row(self.asha))
        self.assertIn("closed", self.stay.keep_refusal)
        self.assertEqual(self.window.keep_left_out_count, 1)
        with self.assertRaises(AccessError):
            self.stay.with_user(
                new_test_user(self.env, "admin.keep.test", groups="hostel_base.group_hostel_admin")
            ).keep_refusal = "Nothing"
        taken._transition("cancelled")
        self.window.action_offer_keeping()
        self.assertEqual(self._row(self.asha).state, "offered")
        self.assertFalse(self.stay.keep_refusal)
        self.window.invalidate_recordset(["keep_left_out_count"])
        self.assertEqual(self.window.keep_left_out_count, 0)

    def test_a_kept_bed_waits_for_the_warden(self):
        self.window.action_offer_keeping()
        offer = self.keep(self.asha_user)._get_page()["offer"]
        self.assertEqual(offer["kind"], "keep")
        self.keep(self.asha_user)._answer(True)
        self.assertEqual(self._row(self.asha).state, "awaiting_approval")
        page = self.keep(self.asha_user)._get_page()
        self.assertEqual((page["offer"], page["kept"]["free"]), (None, 1))
        self.window.invalidate_recordset()
        self.assertEqual(self.window.keep_kept_count, 1)

    def test_a_bed_that_is_given_up_is_free_on_the_map(self):
        self.window.action_offer_keeping()
        self.drain()
        self.assertEqual(self.states()[self.bed_a.map_index], "2")
        self.keep(self.asha_user)._answer(False)
        self.drain()
        self.assertEqual(self.states()[self.bed_a.map_index], "0")
        self.refused("NO_OFFER", self.keep(self.asha_user)._answer, True)

    def test_an_offer_ends_by_postgresql_s_clock(self):
        self.window.action_offer_keeping()
        self._row(self.asha).sudo().hold_until = self.env.cr.now() - timedelta(seconds=1)
        self.refused("NO_OFFER", self.keep(self.asha_user)._answer, True)

    def test_offers_end_before_the_window_opens(self):
        with self.assertRaises(ValidationError):
            self.window.keep_until = self.window.opens_at + timedelta(seconds=1)
        with self.assertRaises(ValidationError):
            self.window.keep_until = False
        self.window.lets_keep = False
        self.refused("KEEP_CLOSED", self.window.action_offer_keeping)

    def _remind(self):
        if not self._registry_patched:
            # Once in a test, until its end.
            self.enterContext(self.enter_registry_test_mode())
        self.env.ref("hostel_booking.hostel_booking_cron_remind_offers").method_direct_trigger()

    def _until(self, row, **left):
        row.sudo().hold_until = self.env.cr.now().replace(microsecond=0) + timedelta(**left)

    def _asked(self, row, **ago):
        """The ORM never lets anybody change when a row was made."""
        row.flush_recordset()
        self.env.execute_query(
            SQL(
                "UPDATE hostel_allocation SET create_date = %s WHERE id = %s RETURNING id",
                self.env.cr.now() - timedelta(**ago),
                row.id,
            )
        )
        row.invalidate_recordset(["create_date"])

    def test_a_resident_reads_of_the_offer_by_mail_and_once(self):
        self.window.action_offer_keeping()
        letter = get_letters(self.asha)
        row = self._row(self.asha)
        self.assertEqual(letter.notification_ids.notification_type, "email")
        self.assertIn(row._format_moment(self.window.keep_until), letter.subject)
        self.assertIn(row._get_bed_label(), letter.body)
        self.assertIn('/my/keep"', letter.body)
        self.window.action_offer_keeping()
        self.assertEqual(get_letters(self.asha), letter)

    def test_who_is_left_out_reads_nothing(self):
        self.window.year_from = 3
        self.window.action_offer_keeping()
        self.assertFalse(get_letters(self.asha))

    def test_a_reminder_comes_once_on_the_last_day(self):
        self.window.action_offer_keeping()
        row = self._row(self.asha)
        self._asked(row, days=3)
        for left, count in (({"hours": 25}, 1), ({"hours": 23}, 2)):
            self._until(row, **left)
            self._remind()
            self._remind()
            self.assertEqual(len(get_letters(self.asha)), count, left)
        self.assertIn("given to others", get_letters(self.asha)[-1].body)
        # Who is given more time is reminded of the new end.
        self._until(row, hours=22)
        self._remind()
        self.assertEqual(len(get_letters(self.asha)), 3)

    def test_who_was_asked_just_now_or_has_answered_is_not_reminded(self):
        self.window.action_offer_keeping()
        row = self._row(self.asha)
        self._until(row, hours=23)
        self._remind()
        self.assertEqual(len(get_letters(self.asha)), 1, "a day is left of a day")
        self._asked(row, days=3)
        self.keep(self.asha_user)._answer(True)
        self._remind()
        self.assertEqual(len(get_letters(self.asha)), 1)

    def test_when_a_student_was_reminded_is_nobody_s_to_write(self):
        self.window.action_offer_keeping()
        admin = new_test_user(self.env, "admin.r.test", groups="hostel_base.group_hostel_admin")
        with self.assertRaises(AccessError):
            self._row(self.asha).with_user(admin).offer_reminded_for = self.env.cr.now()

    def test_only_the_administrator_offers(self):
        with self.assertRaises(AccessError):
            self.window.with_user(self.asha_user).action_offer_keeping()


@tagged("post_install", "-at_install")
class TestPullIn(KeepCase):
    def setUp(self):
        super().setUp()
        self.window.action_offer_keeping()

    def _kept(self):
        self.keep(self.asha_user)._answer(True)

    def test_a_friend_is_asked_and_comes(self):
        self._kept()
        self.keep(self.asha_user)._ask("t-bina")
        row = self._row(self.bina)
        self.assertEqual(
            (row.bed_id, row.state, row.asked_by_id), (self.bed_b, "offered", self.asha)
        )
        offer = self.keep(self.bina_user)._get_page()["offer"]
        self.assertEqual(offer["kind"], "pull_in")
        self.assertEqual(offer["asked_by"], self.asha.name.split(" ")[0])
        self.keep(self.bina_user)._answer(True)
        self.assertEqual(row.state, "awaiting_approval")

    def test_a_friend_reads_of_the_question_and_not_of_who_asks(self):
        self._kept()
        self.keep(self.asha_user)._ask("T-bina")
        letter = get_letters(self.bina)
        self.assertIn('/my/keep"', letter.body)
        self.assertIn(self._row(self.bina)._get_bed_label(), letter.body)
        for secret in (self.asha.name, self.asha.roll_number):
            self.assertNotIn(secret, f"{letter.subject} {letter.body} {letter.email_from}")
        self.assertNotEqual(letter.author_id, self.asha.partner_id)

    def test_who_can_not_be_asked_reads_nothing(self):
        self.env["hostel.bed"].create({"room_id": self.room.id, "label": "C"})
        self._kept()
        self.refused("ROOMMATE_NOT_POSSIBLE", self.keep(self.asha_user)._ask, "T-bina, T-nobody")
        self.assertFalse(get_letters(self.bina))

    def test_only_who_keeps_a_bed_asks(self):
        self.refused("NO_KEPT_BED", self.keep(self.asha_user)._ask, "T-bina")

    def test_all_of_them_are_asked_or_nobody(self):
        triple = self.env["hostel.bed"].create({"room_id": self.room.id, "label": "C"})
        self.assertTrue(triple)
        self._kept()
        self.refused("ROOMMATE_NOT_POSSIBLE", self.keep(self.asha_user)._ask, "T-bina, T-nobody")
        self.assertFalse(self._row(self.bina))

    def test_who_cannot_be_asked_looks_the_same_as_who_does_not_exist(self):
        self._kept()
        esha, _user = self._create_student("esha", "female")
        taken = self.girls.bed_ids - self.room.bed_ids
        self.env["hostel.allocation"]._reserve(taken[0], esha, self.term, "awaiting_approval")
        errors = {
            str(self.refused("ROOMMATE_NOT_POSSIBLE", self.keep(self.asha_user)._ask, number))
            for number in ("T-nobody", "T-esha", "T-chand", "T-asha", "%", "\\")
        }
        self.assertEqual(len(errors), 1)

    def test_no_more_than_there_are_beds(self):
        self._kept()
        self._create_student("esha", "female")
        self.refused("ROOM_FULL", self.keep(self.asha_user)._ask, "T-bina T-esha")

    def test_whoever_said_no_is_not_asked_again(self):
        self._kept()
        self.keep(self.asha_user)._ask("T-bina")
        self.keep(self.bina_user)._answer(False)
        self.refused("ROOMMATE_NOT_POSSIBLE", self.keep(self.asha_user)._ask, "T-bina")
        [asked] = self.keep(self.asha_user)._get_page()["kept"]["asked"]
        self.assertEqual(asked["state_label"], "does not come")

    def test_a_question_can_be_taken_back_by_who_asked(self):
        self._kept()
        self.keep(self.asha_user)._ask("T-bina")
        row = self._row(self.bina)
        self.refused("NOT_FOUND", self.keep(self.bina_user)._withdraw, row.id)
        self.keep(self.asha_user)._withdraw(row.id)
        self.assertEqual(row.state, "cancelled")

    def test_kept_beds_and_quotas_count_for_friends_too(self):
        self.bed_b.reserved_group_id = self.env.ref("hostel_booking.hostel_booking_group_pwd")
        self._kept()
        self.refused("ROOMMATE_NOT_POSSIBLE", self.keep(self.asha_user)._ask, "T-bina")


@tagged("post_install", "-at_install")
class TestKeepPage(KeepMixin, CampusMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpCampus()
        cls.setUpKeep()
        cls.window.action_offer_keeping()

    def _post(self, act, **values):
        return self.url_open(
            f"/my/keep/{act}", {"csrf_token": http.Request.csrf_token(self), **values}
        )

    def test_a_student_keeps_the_bed_and_asks_a_friend(self):
        self.authenticate("asha.test", "asha.test")
        page = self.url_open("/my/keep")
        self.assertIn("You may keep your bed", page.text)
        self.assertIn("The bed is kept for you", self._post("take").text)
        refused = self._post("ask", numbers="T-nobody")
        self.assertIn("ROOMMATE_NOT_POSSIBLE", refused.text)
        self.assertIn("They were asked", self._post("ask", numbers="T-bina").text)
        self.assertEqual(self._row(self.bina).state, "offered")
        self.assertEqual(self._post("nonsense").status_code, 404)

    def test_a_file_instead_of_a_text_is_refused_in_words(self):
        self.authenticate("asha.test", "asha.test")
        self._post("take")
        for act, field in (("ask", "numbers"), ("withdraw", "id")):
            with self.subTest(act=act):
                page = self.url_open(
                    f"/my/keep/{act}",
                    {"csrf_token": http.Request.csrf_token(self)},
                    files={field: ("text.txt", b"x", "text/plain")},
                )
                self.assertEqual(page.status_code, 200)
                self.assertIn("BAD_REQUEST", page.text)
                self.assertNotIn("FileStorage", page.text)

    def test_nothing_is_offered_to_others(self):
        self.authenticate("bina.test", "bina.test")
        self.assertIn("No bed is offered to you", self.url_open("/my/keep").text)
        self.assertIn("NO_OFFER", self._post("take").text)
        self.authenticate("stranger.portal", "stranger.portal")
        self.assertEqual(self.url_open("/my/keep").status_code, 404)
