"""Roommate pings: nothing of anybody before a yes, and a no that looks like silence."""

from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError

from ..models.hostel_roommate_ping import SUSPEND_DAYS
from .common import BookingCase, CampusMixin


class PingMixin:
    """Bina lives in room 101 and Asha asks about it."""

    @classmethod
    def setUpPings(cls):
        cls.room = cls.girls.room_ids.filtered(lambda room: room.name == "101")
        cls.stay = cls.env["hostel.allocation"]._reserve(
            cls.room.bed_ids[0], cls.bina, cls.term, "awaiting_approval"
        )
        cls.env.invalidate_all()

    def _ref(self, user, room=None):
        answer = (
            self.env["hostel.booking.occupants"]
            .with_user(user)
            ._get_room(self.map.key, (room or self.room).id)
        )
        [occupant] = answer["occupants"]
        return occupant["ref"]

    def pings(self, user):
        return self.env["hostel.ping.desk"].with_user(user)

    def _send(self, user=None, phrase="hello", room=None, **kwargs):
        user, room = user or self.asha_user, room or self.room
        return self.pings(user)._send(
            self.map.key, room.id, self._ref(user, room), phrase=phrase, **kwargs
        )

    def refused(self, code, call, *args, **kwargs):
        with self.assertRaises(HostelError) as caught:
            call(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    def _sent(self, user=None):
        return self.pings(user or self.asha_user)._get_page()["sent"]

    def _received(self, user=None):
        return self.pings(user or self.bina_user)._get_page()["received"]


@tagged("post_install", "-at_install")
class TestPing(PingMixin, BookingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPings()
        cls.bina.email, cls.bina.phone = "bina@example.com", "9000000001"
        cls.asha.email, cls.asha.phone = "asha@example.com", "9000000002"

    def secrets(self, student):
        return {student.name, student.roll_number, student.email, student.phone}

    def assertNothingOf(self, student, text):
        for secret in self.secrets(student):
            self.assertNotIn(secret, text)

    # Asking ---------------------------------------------------------------

    def test_neither_learns_who_the_other_is(self):
        self._send(message="Is it quiet?", mail=True, phone=True)
        [received], [sent] = self._received(), self._sent()
        self.assertEqual(received["message"], "Is it quiet?")
        self.assertNothingOf(self.asha, str(received))
        self.assertNothingOf(self.bina, str(sent))
        self.assertIsNone(received["contact"])

    def test_the_mail_names_nobody(self):
        self._send(message="Is it quiet?")
        message = self.env["mail.message"].search(
            [("partner_ids", "in", self.bina.partner_id.ids)], order="id desc", limit=1
        )
        self.assertTrue(message)
        self.assertNothingOf(self.asha, f"{message.subject} {message.body}")
        # Nor does it come from the other's address.
        self.assertNothingOf(self.asha, message.email_from)
        self.assertNotEqual(message.author_id, self.asha.partner_id)
        self.assertNotIn("Is it quiet?", message.body)

    def test_the_bus_says_nothing_but_that_there_is_something(self):
        self.env["bus.bus"].search([]).unlink()
        self._send(message="Is it quiet?")
        self.env.cr.precommit.run()
        messages = " ".join(self.env["bus.bus"].search([]).mapped("message"))
        self.assertIn("hostel.ping/me", messages)
        self.assertNotIn("quiet", messages)

    def test_only_once_to_the_same_person(self):
        self._send()
        self.refused("ALREADY_PINGED", self._send)

    def test_a_wrong_reference_finds_nobody(self):
        ref = self._ref(self.asha_user)
        wrong = f"{(int(ref) + 1) % 10000:04d}"
        self.refused(
            "NOT_FOUND",
            self.pings(self.asha_user)._send,
            self.map.key,
            self.room.id,
            wrong,
            phrase="hello",
        )

    def test_phrases_are_fixed_and_messages_are_short(self):
        self.refused("INVALID", self._send, phrase="anything")
        self.refused("INVALID", self._send, message="x" * 201)

    def test_only_students_ask(self):
        self.refused(
            "NOT_A_STUDENT",
            self.pings(self.stranger)._send,
            self.map.key,
            self.room.id,
            "1",
            phrase="hello",
        )

    def test_not_more_than_so_many_a_day(self):
        self.env["ir.config_parameter"].set_param("hostel_booking.pings_a_day", "1")
        self._send()
        other_room = self.girls.room_ids.filtered(lambda room: room.name == "102")
        divya, _user = self._create_student("divya", "female")
        self.env["hostel.allocation"]._reserve(
            other_room.bed_ids[0], divya, self.term, "awaiting_approval"
        )
        self.refused("PING_LIMIT", self._send, room=other_room)

    @mute_logger("odoo.sql_db")
    def test_postgresql_counts_the_messages_of_a_day(self):
        ping = self._send()
        divya, _user = self._create_student("divya", "female")
        with self.assertRaises(IntegrityError):
            ping.copy({"recipient_id": divya.id, "sent_at": ping.sent_at})

    # Answering --------------------------------------------------------------

    def test_a_yes_shows_both_what_each_chose_to_share(self):
        ping = self._send(mail=True)
        self.pings(self.bina_user)._accept(ping.id, phone=True)
        [received], [sent] = self._received(), self._sent()
        self.assertEqual(sent["contact"]["name"], self.bina.name)
        self.assertEqual(sent["contact"]["phone"], self.bina.phone)
        self.assertEqual(sent["contact"]["mail"], "")
        self.assertEqual(received["contact"]["mail"], self.asha.email)
        self.assertEqual(received["contact"]["phone"], "")

    def test_a_yes_opens_a_chat_of_the_two(self):
        ping = self._send()
        self.pings(self.bina_user)._accept(ping.id)
        channel = ping.channel_id
        self.assertEqual(channel.channel_member_ids.partner_id, (self.asha | self.bina).partner_id)
        for user in (self.asha_user, self.bina_user):
            self.assertTrue(channel.with_user(user).has_access("read"))
        for user in (self.chand_user, self.stranger):
            self.assertFalse(channel.with_user(user).has_access("read"))

    def test_a_no_can_not_be_told_from_silence(self):
        ping = self._send()
        before = self._sent()
        self.env["bus.bus"].search([]).unlink()
        self.pings(self.bina_user)._decline(ping.id)
        self.env.cr.precommit.run()
        self.assertEqual(self._sent(), before)
        mine = [
            row
            for row in self.env["bus.bus"].search([])
            if f'"res.partner",{self.asha.partner_id.id}]' in row.channel
        ]
        self.assertFalse(mine)
        self.assertEqual(self._received()[0]["state"], "declined")
        # And when the time is over, both look the same again.
        ping.expires_at = self.env.cr.now() - timedelta(seconds=1)
        self.assertEqual(self._sent()[0]["state"], "expired")
        ping.state = "waiting"
        self.assertEqual(self._sent()[0]["state"], "expired")

    def test_too_late_is_too_late_whether_the_cron_ran_or_not(self):
        ping = self._send()
        ping.expires_at = self.env.cr.now() - timedelta(seconds=1)
        self.refused("PING_EXPIRED", self.pings(self.bina_user)._accept, ping.id)
        self.env["hostel.roommate.ping"]._cron_expire()
        self.assertEqual(ping.state, "expired")
        self.refused("PING_EXPIRED", self.pings(self.bina_user)._accept, ping.id)

    def test_nobody_answers_twice_or_for_others(self):
        ping = self._send()
        for user in (self.asha_user, self.chand_user):
            for method in ("_accept", "_decline", "_block"):
                with self.subTest(user=user.login, method=method):
                    self.refused("NOT_FOUND", getattr(self.pings(user), method), ping.id)
            self.refused("NOT_FOUND", self.pings(user)._report, ping.id, "x")
        self.pings(self.bina_user)._decline(ping.id)
        self.refused("INVALID_TRANSITION", self.pings(self.bina_user)._accept, ping.id)

    # Not being bothered -------------------------------------------------------

    def test_who_takes_none_gets_none_and_the_sender_sees_no_difference(self):
        self.pings(self.bina_user)._set_takes_pings(False)
        self._send()
        self.assertFalse(self._received())
        self.assertEqual(self._sent()[0]["state"], "waiting")

    def test_a_blocked_sender_notices_nothing(self):
        ping = self._send()
        self.pings(self.bina_user)._block(ping.id)
        self.assertEqual(self._sent()[0]["state"], "waiting")
        # In the next round the block still stands.
        ping.round_id = self.env["hostel.booking.round"].create(
            {"term_id": self._create_next_term().id}
        )
        again = self._send()
        self.assertFalse(again.is_delivered)
        self.assertEqual(len(self._received()), 1)
        self.pings(self.bina_user)._unblock_all()
        self.assertEqual(self.pings(self.bina_user)._get_page()["blocked"], 0)

    def _create_next_term(self):
        return self.env["hostel.term"].create(
            {
                "name": "Earlier term",
                "code": "T2030",
                "year_id": self.term.year_id.id,
                "date_from": "2030-07-05",
                "date_to": "2030-12-20",
            }
        )

    # Reports --------------------------------------------------------------------

    def _create_warden(self, login, hostel):
        user = new_test_user(self.env, login, groups="hostel_base.group_hostel_warden")
        self.env["hostel.staff"].create(
            {
                "user_id": user.id,
                "hostel_id": hostel.id,
                "role": "warden",
                "date_from": "2020-01-01",
            }
        )
        return user

    def test_a_report_goes_to_the_wardens_of_the_hostel_and_to_nobody_else(self):
        warden = self._create_warden("ping.warden", self.girls)
        other = self._create_warden("ping.other", self.boys)
        ping = self._send(message="rude")
        Ping = self.env["hostel.roommate.ping"]
        for user in (warden, other):
            self.assertFalse(Ping.with_user(user).search([("id", "=", ping.id)]))
        self.pings(self.bina_user)._report(ping.id, "That is not nice")
        self.assertEqual(Ping.with_user(warden).search([("id", "=", ping.id)]), ping)
        self.assertFalse(Ping.with_user(other).search([("id", "=", ping.id)]))
        self.assertEqual(ping.activity_ids.user_id, warden)
        students = (self.asha | self.bina).partner_id
        self.assertFalse(ping.message_partner_ids & students)
        self.refused("ALREADY_REPORTED", self.pings(self.bina_user)._report, ping.id, "again")
        with self.assertRaises(AccessError):
            call_kw(Ping.with_user(other), "action_suspend", [ping.ids], {})
        with self.assertRaises(AccessError):
            ping.with_user(warden).write({"report_state": "dismissed"})
        ping.with_user(warden).write({"resolution": "Talked to both"})

    def test_a_suspended_student_writes_to_nobody(self):
        warden = self._create_warden("ping.warden", self.girls)
        ping = self._send()
        self.pings(self.bina_user)._report(ping.id, "That is not nice")
        call_kw(
            self.env["hostel.roommate.ping"].with_user(warden), "action_suspend", [ping.ids], {}
        )
        self.assertEqual((ping.report_state, ping.handled_by_id), ("acted", warden))
        self.assertFalse(ping.activity_ids)
        self.refused("PINGS_SUSPENDED", self._send)
        self.asha.pings_suspended_until = self.env.cr.now() - timedelta(seconds=1)
        self.refused("ALREADY_PINGED", self._send)

    def _suspend(self):
        """Asha's messages are stopped by a warden of Bina's hostel."""
        warden = self._create_warden("ping.warden", self.girls)
        ping = self._send()
        self.pings(self.bina_user)._report(ping.id, "That is not nice")
        ping.with_user(warden).action_suspend()
        return ping.with_user(warden)

    def test_the_office_sees_who_is_suspended_and_until_when(self):
        ping = self._suspend()
        self.assertTrue(ping.is_sender_suspended)
        self.assertAlmostEqual(
            ping.sender_suspended_until,
            self.env.cr.now() + timedelta(days=SUSPEND_DAYS),
            delta=timedelta(seconds=1),
        )
        admin = new_test_user(self.env, "ping.admin", groups="hostel_base.group_hostel_admin")
        stopped = [("pings_suspended_until", ">", "now"), ("id", "=", self.asha.id)]
        self.assertEqual(self.env["hostel.student"].with_user(admin).search(stopped), self.asha)
        form = self.env["hostel.student"].with_user(admin).get_view(view_type="form")["arch"]
        self.assertIn("action_allow_pings", form)
        self.asha.pings_suspended_until = self.env.cr.now() - timedelta(seconds=1)
        self.assertFalse(ping.is_sender_suspended)

    def test_who_stopped_the_messages_allows_them_again(self):
        ping = self._suspend()
        ping.action_allow_again()
        self.assertFalse(self.asha.pings_suspended_until)
        self.assertIn("may write to others again", ping.message_ids[0].body)
        self.assertEqual(ping.message_ids[0].author_id, ping.env.user.partner_id)
        self.refused("ALREADY_PINGED", self._send)
        self.refused("INVALID_TRANSITION", ping.action_allow_again)

    def test_the_students_form_allows_messages_again(self):
        ping = self._suspend()
        admin = new_test_user(self.env, "ping.admin", groups="hostel_base.group_hostel_admin")
        self.asha.with_user(admin).action_allow_pings()
        self.assertFalse(ping.is_sender_suspended)
        self.assertEqual(ping.message_ids[0].author_id, admin.partner_id)

    def test_others_neither_stop_messages_nor_allow_them(self):
        ping = self._suspend()
        other = self._create_warden("ping.other", self.boys)
        supervisor = new_test_user(
            self.env, "ping.sup", groups="hostel_base.group_hostel_supervisor"
        )
        for user in (other, supervisor, self.asha_user, self.bina_user):
            for record, method in (
                (ping, "action_allow_again"),
                (self.asha, "action_allow_pings"),
            ):
                with (
                    self.subTest(user=user.login, method=method),
                    self.assertRaises(AccessError),
                ):
                    getattr(record.with_user(user), method)()
        with self.assertRaises(AccessError):
            self.asha.with_user(ping.env.user).pings_suspended_until = False
        self.assertTrue(ping.is_sender_suspended)

    def test_not_even_the_administrator_reads_what_was_not_reported(self):
        ping = self._send(message="Is it quiet?")
        admin = self.env.ref("base.user_admin")
        with self.assertRaises(AccessError):
            ping.with_user(admin).read(["message"])
        self.pings(self.bina_user)._report(ping.id, "x")
        self.assertEqual(ping.with_user(admin).message, "Is it quiet?")

    def test_old_messages_go_and_open_reports_stay(self):
        ping = self._send()
        Retention = self.env["hostel.retention"]
        [policy] = [one for one in Retention._get_policies() if one.code == "pings"]
        ping.sent_at = self.env.cr.now() - timedelta(days=150)
        self.assertEqual(Retention._apply(policy, 10), 0)
        ping.sent_at = self.env.cr.now() - timedelta(days=400)
        self.pings(self.bina_user)._report(ping.id, "That is not nice")
        self.assertEqual(Retention._apply(policy, 10), 0)
        ping.action_dismiss()
        self.assertEqual(Retention._apply(policy, 10), 1)
        self.assertFalse(ping.exists())

    def test_what_was_written_is_part_of_the_own_data(self):
        self._send(message="Is it quiet?")
        self.assertIn("Is it quiet?", str(self.asha._get_personal_data()["messages_sent"]))
        received = self.bina._get_personal_data()["messages_received"]
        self.assertNothingOf(self.asha, str(received))


@tagged("post_install", "-at_install")
class TestPingRoutes(CampusMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpCampus()

    def test_bad_input_gets_a_code(self):
        self.authenticate("asha.test", "asha.test")
        for path, body, code in (
            ("pings/send", {"key": "x", "room": 1, "ref": "1", "phrase": "hello"}, "NOT_FOUND"),
            ("pings/send", {"key": "x"}, "BAD_REQUEST"),
            ("pings/send", {"key": "x", "room": 1, "ref": "1" * 9, "phrase": "x"}, "BAD_REQUEST"),
            ("pings/accept", {"id": 1}, "NOT_FOUND"),
            ("pings/accept", {"id": 1, "mail": 1}, "BAD_REQUEST"),
            ("pings/report", {"id": 1, "text": ""}, "BAD_REQUEST"),
            ("pings/takes", {"takes": "no"}, "BAD_REQUEST"),
            ("suggestions/invite", {"handle": "x"}, "NO_COHORT"),
            ("suggestions/look", {"looks": True}, "CONSENT_REQUIRED"),
        ):
            with self.subTest(path=path, body=body):
                response = self.url_open(f"/hostel/{path}", json=body, method="POST")
                self.assertEqual(response.json()["code"], code)
                self.assertLess(response.status_code, 500)

    def test_the_page_opens_for_students_only(self):
        self.authenticate("asha.test", "asha.test")
        self.assertEqual(self.url_open("/my/roommates").status_code, 200)
        self.assertTrue(self.url_open("/hostel/pings").json()["success"])
        self.assertTrue(self.url_open("/hostel/pings/phrases").json()["phrases"])
        self.authenticate("stranger.portal", "stranger.portal")
        self.assertEqual(self.url_open("/my/roommates").status_code, 404)
