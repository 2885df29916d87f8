"""Notices: whom they address, who reads them, how they are delivered."""

import json
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import HostelCase

STAFF = ("admin", "warden", "supervisor", "floor_incharge", "guard", "mess_manager")


class NoticeMixin:
    """Asha lives on the ground floor of ``home``, Uma upstairs, Olga in ``foreign``.

    Asha and Olga have a guardian; all stays are of today. The warden is of ``home``.
    """

    @classmethod
    def setUpNotices(cls):
        # Whatever the database already had to say is taken back.
        cls.env["hostel.notice"].search([]).write({"state": "withdrawn"})
        cls.now = cls.env.cr.now().replace(microsecond=0)
        cls.today = fields.Date.context_today(cls.env.user)
        cls.ground, cls.upper = cls.home.floor_ids
        cls.programme = cls.env["hostel.programme"].create({"name": "B.Tech Test", "code": "TST"})
        cls.uma = cls._create_student(name="Uma Test", programme_id=cls.programme.id)
        cls.olga = cls._create_student(name="Olga Test", programme_id=cls.programme.id)
        cls.parent = cls.env["res.partner"].create({"name": "Olga's parent"})
        cls.env["hostel.guardian"].create({"student_id": cls.olga.id, "partner_id": cls.parent.id})
        cls.stays = {
            student: cls._live(student, bed)
            for student, bed in (
                (cls.student, cls.ground.bed_ids[0]),
                (cls.uma, cls.upper.bed_ids[0]),
                (cls.olga, cls.foreign.bed_ids[0]),
            )
        }

    @classmethod
    def _live(cls, student, bed, state="checked_in", **overrides):
        return cls._create_allocation(
            state,
            student=student,
            bed=bed,
            **{
                "date_from": cls.today - timedelta(days=30),
                "date_to": cls.today + timedelta(days=60),
                **overrides,
            },
        )

    def _create_notice(self, user=None, **overrides):
        vals = {
            "name": "Water is off",
            "body": "<p>From ten to noon.</p>",
            "audience": "hostel",
            "hostel_ids": [Command.set(self.home.ids)],
            "date_from": self.now - timedelta(minutes=1),
            "date_to": self.now + timedelta(days=2),
            **overrides,
        }
        return self.env["hostel.notice"].with_user(user or self.users["warden"]).create(vals)

    def _publish(self, user=None, **overrides):
        notice = self._create_notice(user, **overrides)
        notice.action_publish()
        return notice

    def _people(self, notice):
        return notice.sudo().receipt_ids.partner_id

    def _reads(self, user, notice):
        self.env.invalidate_all()
        found = self.env["hostel.notice"].with_user(user).search([("id", "=", notice.id)])
        readable = notice.with_user(user).has_access("read")
        self.assertEqual(bool(found), readable, "search and read must agree")
        return readable


class NoticeCase(NoticeMixin, HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.setUpNotices()


@tagged("post_install", "-at_install")
class TestAudience(NoticeCase):
    def test_a_hostel_reaches_its_students_and_no_others(self):
        notice = self._publish()
        self.assertEqual(self._people(notice), (self.student + self.uma).partner_id)

    def test_a_floor_reaches_its_students(self):
        notice = self._publish(audience="floor", floor_ids=[Command.set(self.upper.ids)])
        self.assertEqual(self._people(notice), self.uma.partner_id)

    def test_a_room_reaches_its_students(self):
        room = self.ground.room_ids[0]
        notice = self._publish(audience="room", room_ids=[Command.set(room.ids)])
        self.assertEqual(self._people(notice), self.student.partner_id)

    def test_a_programme_reaches_its_students_in_the_chosen_hostels(self):
        programme = {"audience": "programme", "programme_ids": [Command.set(self.programme.ids)]}
        notice = self._publish(**programme)
        self.assertEqual(self._people(notice), self.uma.partner_id)
        everywhere = self._publish(self.users["admin"], hostel_ids=False, **programme)
        self.assertEqual(self._people(everywhere), (self.uma + self.olga).partner_id)

    def test_everyone_is_for_all_hostels(self):
        notice = self._publish(self.users["admin"], audience="everyone", to_guardians=True)
        people = self._people(notice)
        mine = (self.student + self.uma + self.olga).partner_id
        self.assertLessEqual(mine + self.parent + self.guardian.partner_id, people)

    def test_guardians_alone_or_with_their_students(self):
        alone = self._publish(to_students=False, to_guardians=True)
        self.assertEqual(self._people(alone), self.guardian.partner_id)
        both = self._publish(to_guardians=True)
        self.assertEqual(
            self._people(both), (self.student + self.uma).partner_id + self.guardian.partner_id
        )

    def test_a_guardian_of_two_is_told_once(self):
        self.env["hostel.guardian"].create(
            {"student_id": self.uma.id, "partner_id": self.guardian.partner_id.id}
        )
        notice = self._publish(to_guardians=True)
        self.assertEqual(len(notice.sudo().receipt_ids), 3)
        self.assertEqual(notice.sudo()._count_audience(), {"student": 2, "guardian": 1, "staff": 0})

    def test_staff_of_the_place_with_a_post_of_today(self):
        self.home.staff_ids.filtered(lambda post: post.role == "guard").date_to = self.today
        notice = self._publish(to_students=False, to_staff=True)
        roles = ("warden", "supervisor", "floor_incharge", "mess_manager")
        staff = self.env["res.partner"].union(*(self.users[role].partner_id for role in roles))
        self.assertEqual(self._people(notice), staff)

    def test_who_moved_out_or_has_not_come_is_not_addressed(self):
        beds = self.ground.bed_ids[1:]
        self._live(self._create_student(), beds[0], state="vacated")
        self._live(self._create_student(), beds[1], date_to=self.today)
        self._live(self._create_student(), beds[2], date_from=self.today + timedelta(days=1))
        self._live(self._create_student(), self.upper.bed_ids[1], state="paying")
        coming = self._create_student()
        self._live(coming, self.upper.bed_ids[2], state="allocated", date_from=self.today)
        notice = self._publish()
        self.assertEqual(self._people(notice), (self.student + self.uma + coming).partner_id)

    def test_who_moves_out_sees_it_no_more_and_who_moves_in_sees_it(self):
        notice = self._publish()
        self.assertTrue(self._reads(self.users["student"], notice))
        self.stays[self.student]._transition("vacated")
        self.assertFalse(self._reads(self.users["student"], notice))
        self._live(self.student, self.upper.bed_ids[3])
        self.assertTrue(self._reads(self.users["student"], notice))

    def test_the_preview_counts_what_publishing_reaches_before_it_is_saved(self):
        notice = self.env["hostel.notice"].new(
            {
                "name": "Draft",
                "audience": "floor",
                "floor_ids": [Command.set((self.ground + self.upper).ids)],
                "to_students": True,
                "to_guardians": True,
            }
        )
        self.assertEqual(notice.audience_summary, "2 students and 1 guardians")
        self.assertEqual(notice.audience_label, "Home: floors 0, 1")
        saved = self._publish(
            audience="floor",
            floor_ids=[Command.set((self.ground + self.upper).ids)],
            to_guardians=True,
        )
        self.assertEqual(len(self._people(saved)), 3)

    def test_the_preview_says_when_nobody_is_chosen(self):
        notice = self.env["hostel.notice"].new({"audience": "everyone", "to_students": False})
        self.assertIn("Nobody", notice.audience_summary)

    def test_a_job_without_a_time_zone_takes_the_day_of_the_college(self):
        robot = self.env.ref("base.user_root")
        robot.tz = False
        notices = self.env["hostel.notice"].with_user(robot).with_context(tz=False)
        days = []
        # 26 hours apart, so never on the same day.
        for zone in ("Etc/GMT+12", "Pacific/Kiritimati"):
            self.env.company.partner_id.tz = zone
            days.append(notices._get_today())
        self.assertLess(*days)

    def test_another_company_is_not_reached(self):
        company = self.env["res.company"].create({"name": "Other college"})
        self.foreign.company_id = company
        notice = self._publish(self.users["admin"], audience="everyone")
        self.assertNotIn(self.olga.partner_id, self._people(notice))


@tagged("post_install", "-at_install")
class TestValidity(NoticeCase):
    """Judged by the clock of the query, whatever the job has done."""

    def _reads_with(self, **overrides):
        notice = self._create_notice(**overrides)
        # As published earlier; the job that changes states has not run.
        notice.sudo().state = "published"
        return self._reads(self.users["student"], notice)

    def test_the_first_moment_counts_and_the_last_does_not(self):
        # The transaction's clock stands still, with microseconds that a field has not.
        self.assertTrue(self._reads_with(date_from=self.now))
        self.assertFalse(self._reads_with(date_from=self.now + timedelta(seconds=1)))
        before = {"date_from": self.now - timedelta(hours=1)}
        self.assertFalse(self._reads_with(**before, date_to=self.now))
        self.assertTrue(self._reads_with(**before, date_to=self.now + timedelta(seconds=1)))

    def test_without_an_end_it_stays(self):
        self.assertTrue(self._reads_with(date_from=self.now - timedelta(days=900), date_to=False))

    def test_a_scheduled_notice_shows_at_its_time_before_the_job_comes(self):
        notice = self._publish(date_from=self.now + timedelta(hours=1))
        self.assertEqual(notice.state, "scheduled")
        self.assertFalse(notice.sudo().receipt_ids)
        self.assertFalse(self._reads(self.users["student"], notice))
        notice.sudo().date_from = self.now - timedelta(seconds=1)
        self.assertTrue(self._reads(self.users["student"], notice))

    def test_the_job_delivers_what_is_due_and_puts_away_what_is_over(self):
        due = self._publish(date_from=self.now + timedelta(hours=1))
        waiting = self._publish(date_from=self.now + timedelta(hours=1))
        over = self._publish()
        due.sudo().date_from = self.now
        over.sudo().date_to = self.now
        with self.enter_registry_test_mode():
            self.env.ref("hostel_base.hostel_notice_cron_clock").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(
            [notice.state for notice in (due, waiting, over)],
            ["published", "scheduled", "expired"],
        )
        self.assertEqual(len(due.sudo().receipt_ids), 2)
        self.assertFalse(waiting.sudo().receipt_ids)

    def test_the_job_wakes_at_the_notice_time(self):
        cron = self.env.ref("hostel_base.hostel_notice_cron_clock")
        at = self.now + timedelta(hours=3)
        self._publish(date_from=at, date_to=at + timedelta(days=1))
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertIn(at, triggers.mapped("call_at"))

    def test_a_withdrawn_notice_is_gone_at_once(self):
        notice = self._publish()
        notice.action_withdraw()
        self.assertFalse(self._reads(self.users["student"], notice))
        self.assertRefused("NOTICE_STATE", notice.action_withdraw)

    def test_a_draft_is_for_its_author_only(self):
        draft = self._create_notice()
        for role in ("student", "guardian", "guard", "floor_incharge"):
            with self.subTest(role=role):
                self.assertFalse(self._reads(self.users[role], draft))
        self.assertTrue(self._reads(self.users["warden"], draft))


@tagged("post_install", "-at_install")
class TestNoticeRefusals(NoticeCase):
    def test_nobody_lives_there(self):
        empty = self._create_hostel(floors=1, rooms=1)
        self._create_post(self.users["warden"], empty, "warden")
        notice = self._create_notice(hostel_ids=[Command.set(empty.ids)])
        self.assertRefused("NO_RECIPIENTS", notice.action_publish)

    def test_nobody_was_chosen(self):
        notice = self._create_notice(to_students=False)
        self.assertRefused("NO_RECIPIENTS", notice.action_publish)
        notice = self._create_notice(hostel_ids=False)
        self.assertRefused("NO_RECIPIENTS", notice.action_publish)

    def test_a_notice_without_words(self):
        self.assertRefused("NOTICE_EMPTY", self._create_notice(body="<p><br/></p>").action_publish)

    def test_a_time_that_is_over(self):
        notice = self._create_notice(
            date_from=self.now - timedelta(days=2), date_to=self.now - timedelta(days=1)
        )
        self.assertRefused("NOTICE_DATES", notice.action_publish)

    @mute_logger("odoo.sql_db")
    def test_an_end_before_the_beginning(self):
        with self.assertRaises(IntegrityError):
            self._create_notice(date_to=self.now - timedelta(days=1)).flush_recordset()

    def test_published_twice(self):
        self.assertRefused("NOTICE_STATE", self._publish().action_publish)

    def test_what_people_were_told_is_not_changed_nor_deleted(self):
        notice = self._publish()
        self.assertRefused("NOTICE_LOCKED", notice.write, {"to_guardians": True})
        self.assertRefused("NOTICE_LOCKED", notice.write, {"hostel_ids": [Command.clear()]})
        self.assertRefused("NOTICE_KEPT", notice.unlink)
        notice.write({"body": "<p>From eleven.</p>", "is_pinned": True})
        self._create_notice().unlink()

    def test_a_state_is_not_written_by_hand(self):
        notice = self._create_notice()
        for vals in ({"state": "published"}, {"author_id": self.users["guard"].id}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                notice.write(vals)
        with self.assertRaises(AccessError):
            self._create_notice(state="published")
        with self.assertRaises(AccessError):
            self._create_notice(author_id=self.users["admin"].id)

    def test_scripts_do_not_survive(self):
        notice = self._create_notice(
            body='<p onclick="x()">Hi<script>alert(1)</script><img src=x onerror="y()"></p>'
        )
        self.assertNotIn("script", notice.body)
        self.assertNotIn("onerror", notice.body)
        self.assertNotIn("onclick", notice.body)

    def test_a_warden_addresses_the_own_hostels_only(self):
        warden = self.users["warden"]
        foreign_floor = self.foreign.floor_ids[0]
        tried = (
            {"hostel_ids": [Command.set((self.home + self.foreign).ids)]},
            {"audience": "everyone"},
            {
                "audience": "programme",
                "programme_ids": [Command.set(self.programme.ids)],
                "hostel_ids": False,
            },
            {"audience": "floor", "floor_ids": [Command.set(foreign_floor.ids)]},
            {"audience": "room", "room_ids": [Command.set(foreign_floor.room_ids.ids)]},
        )
        for vals in tried:
            with self.subTest(vals=vals):
                self.assertRefused("AUDIENCE_FOREIGN", self._create_notice, warden, **vals)
        draft = self._create_notice()
        self.assertRefused("AUDIENCE_FOREIGN", draft.write, {"audience": "everyone"})

    def test_a_warden_whose_post_ended_publishes_nothing(self):
        notice = self._create_notice()
        self.home.staff_ids.filtered(lambda post: post.role == "warden").date_to = self.today
        self.env.invalidate_all()
        self.assertRefused("AUDIENCE_FOREIGN", notice.action_publish)

    def test_a_floor_incharge_addresses_the_own_floors_only(self):
        user = self.users["floor_incharge"]
        notice = self._publish(
            user, audience="floor", floor_ids=[Command.set(self.ground.ids)], hostel_ids=False
        )
        self.assertEqual(self._people(notice), self.student.partner_id)
        self.assertRefused("AUDIENCE_FOREIGN", self._create_notice, user)
        self.assertRefused(
            "AUDIENCE_FOREIGN",
            self._create_notice,
            user,
            audience="floor",
            floor_ids=[Command.set(self.upper.ids)],
        )

    def test_those_who_only_read_can_not_post(self):
        for role in ("supervisor", "guard", "mess_manager", "finance", "student", "guardian"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._create_notice(self.users[role])

    def test_a_foreign_warden_can_not_touch_it(self):
        stranger = self._create_user("stranger.notice", "hostel_base.group_hostel_warden")
        self._create_post(stranger, self.foreign, "warden")
        notice = self._publish().with_user(stranger)
        for call in (notice.action_withdraw, notice.action_pin, notice.action_publish):
            with self.subTest(call=call.__name__), self.assertRaises(AccessError):
                call()
        # Neither one that is for both, which the administrator posted.
        shared = self._publish(
            self.users["admin"], hostel_ids=[Command.set((self.home + self.foreign).ids)]
        ).with_user(stranger)
        self.assertTrue(shared.has_access("read"))
        self.assertFalse(shared.has_access("write"))

    def test_a_file_of_somebody_else_can_not_be_attached(self):
        secret = self.env["ir.attachment"].create(
            {"name": "secret.txt", "raw": b"x", "res_model": "res.users", "res_id": 1}
        )
        for user in (self.users["warden"], self.users["admin"]):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                self._create_notice(user, attachment_ids=[Command.set(secret.ids)])
        self.assertEqual(secret.res_model, "res.users")


@tagged("post_install", "-at_install")
class TestNoticeRules(NoticeCase):
    def test_each_role_reads_what_concerns_it(self):
        stranger = self._create_user("stranger.rules", "hostel_base.group_hostel_warden")
        self._create_post(stranger, self.foreign, "warden")
        users = {**self.users, "stranger": stranger}
        floors = {"audience": "floor", "hostel_ids": False}
        notices = {
            "home": self._publish(),
            "ground": self._publish(floor_ids=[Command.set(self.ground.ids)], **floors),
            "upper": self._publish(floor_ids=[Command.set(self.upper.ids)], **floors),
            "parents": self._publish(to_students=False, to_guardians=True),
            "staff": self._publish(to_students=False, to_staff=True),
            "foreign": self._publish(stranger, hostel_ids=[Command.set(self.foreign.ids)]),
            "all": self._publish(self.users["admin"], audience="everyone", hostel_ids=False),
        }
        home = {"home", "ground", "upper", "parents", "staff", "all"}
        expected = {
            "admin": set(notices),
            "warden": home,
            "supervisor": home,
            "floor_incharge": home - {"all"},
            "guard": {"staff"},
            "mess_manager": {"staff"},
            "student": {"home", "ground", "all"},
            "guardian": {"parents"},
            "stranger": {"foreign", "all"},
        }
        for role, names in expected.items():
            seen = {name for name, notice in notices.items() if self._reads(users[role], notice)}
            with self.subTest(role=role):
                self.assertEqual(seen, names)

    def test_receipts_are_private(self):
        notice = self._publish(to_guardians=True)
        receipts = notice.sudo().receipt_ids
        seen = {
            role: receipts.with_user(self.users[role])._filtered_access("read").partner_id
            for role in (*STAFF, "student", "guardian")
        }
        everyone = receipts.partner_id
        expected = {
            "admin": everyone,
            "warden": everyone,
            "supervisor": everyone,
            "student": self.student.partner_id,
            "guardian": self.guardian.partner_id,
        }
        for role, partners in seen.items():
            with self.subTest(role=role):
                self.assertEqual(partners, expected.get(role, partners.browse()))

    def test_a_floor_incharge_sees_the_readers_of_the_own_notice(self):
        user = self.users["floor_incharge"]
        notice = self._publish(
            user, audience="floor", floor_ids=[Command.set(self.ground.ids)], hostel_ids=False
        )
        self.assertEqual(notice.with_user(user).recipient_count, 1)
        other = self._publish()
        self.assertEqual(other.with_user(user).recipient_count, 0)

    def test_nobody_writes_receipts(self):
        receipt = self._publish().sudo().receipt_ids[0]
        for role in (*STAFF, "student"):
            mine = receipt.with_user(self.users[role])
            with self.subTest(role=role), self.assertRaises(AccessError):
                mine.write({"read_at": self.now})

    def test_students_can_not_count_the_readers(self):
        notice = self._publish().with_user(self.users["student"])
        with self.assertRaises(AccessError):
            notice.read(["recipient_count"])
        self.assertEqual(notice.receipt_ids.partner_id, self.student.partner_id)

    def test_files_are_for_the_audience(self):
        notice = self._create_notice()
        file = (
            self.env["ir.attachment"]
            .with_user(self.users["warden"])
            .create(
                {"name": "plan.pdf", "raw": b"%PDF-", "res_model": "hostel.notice", "res_id": 0}
            )
        )
        notice.attachment_ids = file
        self.assertEqual(file.sudo().res_id, notice.id)
        notice.to_staff = True
        for role in ("guard", "mess_manager"):
            self.assertFalse(file.with_user(self.users[role]).has_access("read"), role)
        notice.action_publish()
        self.env.invalidate_all()
        for role in ("guard", "mess_manager"):
            self.assertTrue(file.with_user(self.users[role]).has_access("read"), role)
        # Portal users get files through the page of their notice only.
        for role in ("finance", "internal", "student", "guardian", "portal"):
            self.assertFalse(file.with_user(self.users[role]).has_access("read"), role)


@tagged("post_install", "-at_install")
class TestReceipts(NoticeCase):
    def test_reading_counts_once_and_the_warden_sees_who_has_not(self):
        notice = self._publish()
        self.assertEqual((notice.read_count, notice.recipient_count), (0, 2))
        notice.with_user(self.users["student"]).action_mark_read()
        self.env.invalidate_all()
        receipt = notice.sudo().receipt_ids.filtered("read_at")
        first = receipt.read_at
        notice.with_user(self.users["student"]).action_mark_read()
        self.assertEqual(receipt.read_at, first)
        self.assertEqual((notice.read_count, notice.unread_count), (1, 1))
        action = notice.action_open_unread()
        unread = self.env[action["res_model"]].search([*action["domain"], ("read_at", "=", False)])
        self.assertEqual(unread.student_id, self.uma)

    def test_who_moves_in_later_gets_a_receipt_by_reading(self):
        notice = self._publish()
        late = self._create_student()
        user = self._create_user(
            "late", "hostel_base.group_hostel_student", partner_id=late.partner_id.id
        )
        self._live(late, self.upper.bed_ids[2])
        notice.with_user(user).action_mark_read()
        self.assertEqual(len(notice.sudo().receipt_ids), 3)
        self.assertTrue(
            notice.sudo().receipt_ids.filtered(lambda r: r.partner_id == late.partner_id).read_at
        )

    def test_who_is_not_addressed_leaves_no_receipt(self):
        notice = self._publish()
        with self.assertRaises(AccessError):
            notice.with_user(self.users["guardian"]).action_mark_read()
        # The administrator reads it, but it was not sent to them.
        notice.with_user(self.users["admin"]).action_mark_read()
        self.assertEqual(len(notice.sudo().receipt_ids), 2)

    def test_a_person_has_one_receipt(self):
        notice = self._publish()
        notice.sudo()._create_receipts()
        notice.sudo()._create_receipts()
        self.assertEqual(len(notice.sudo().receipt_ids), 2)
        self.env.cr.execute(
            "SELECT 1 FROM pg_constraint WHERE conname = 'hostel_notice_receipt_once'"
        )
        self.assertTrue(self.env.cr.fetchone())


@tagged("post_install", "-at_install")
class TestBus(NoticeCase):
    def _sent(self, message_type):
        """Partners on whose private channel a message lies, with its payload."""
        self.env.cr.precommit.run()
        sent = {}
        for row in self.env["bus.bus"].sudo().search([]):
            message = json.loads(row.message)
            if message["type"] == message_type:
                _db, model, res_id = json.loads(row.channel)
                self.assertEqual(model, "res.partner")
                sent[res_id] = message["payload"]
        return sent

    def test_open_pages_of_the_audience_are_told_and_no_others(self):
        self.env["bus.bus"].sudo().search([]).unlink()
        notice = self._publish(notice_type="emergency")
        sent = self._sent("hostel.notice/published")
        # Uma has no login, the guardian is not addressed.
        self.assertEqual(set(sent), {self.student.partner_id.id})
        payload = sent[self.student.partner_id.id]
        self.assertEqual(payload["type"], "emergency")
        self.assertEqual(payload["title"], "Water is off")
        self.assertEqual(set(payload), {"id", "title", "text", "type", "until"})
        notice.action_withdraw()
        gone = self._sent("hostel.notice/withdrawn")
        self.assertEqual(gone, {self.student.partner_id.id: {"id": notice.id}})

    def test_a_scheduled_notice_tells_nobody_before_its_time(self):
        self.env["bus.bus"].sudo().search([]).unlink()
        self._publish(date_from=self.now + timedelta(hours=1))
        self.assertFalse(self._sent("hostel.notice/published"))


@tagged("post_install", "-at_install")
class TestMail(NoticeCase):
    def setUp(self):
        super().setUp()
        self.student.email = "asha@college.example"
        self.uma.email = "uma@college.example"
        self.mia = self._create_student(name="Mia Test", email=False)
        self._live(self.mia, self.upper.bed_ids[1])

    def _jobs(self, method):
        return self.env["queue.job"].search(
            [("model_name", "=", "hostel.notice"), ("method_name", "=", method)]
        )

    def _mails(self, notice):
        return self.env["mail.mail"].search(
            [("model", "=", "hostel.notice"), ("res_id", "=", notice.id)]
        )

    def test_a_notice_is_not_mailed_unless_asked(self):
        before = len(self._jobs("_mail_batch"))
        notice = self._publish()
        self.assertEqual(len(self._jobs("_mail_batch")), before)
        self.assertEqual(set(notice.sudo().receipt_ids.mapped("mail_state")), {"none"})

    def test_batches_reach_each_address_once(self):
        notice = self._publish(send_mail=True).sudo()
        self.assertEqual((notice.mail_done, notice.mail_total), (0, 2))
        jobs = len(self._jobs("_mail_batch"))
        notice._mail_batch(limit=1)
        self.env.invalidate_all()
        self.assertEqual((notice.mail_done, notice.mail_total), (1, 2))
        self.assertEqual(notice.mail_percent, 50)
        # The rest is a job of its own, so a crash loses nothing.
        self.assertEqual(len(self._jobs("_mail_batch")), jobs + 1)
        notice._mail_batch(limit=1)
        notice._mail_batch(limit=1)
        notice._mail_batch(limit=1)
        people = self._mails(notice).recipient_ids
        self.assertEqual(people, (self.student + self.uma).partner_id)
        self.assertEqual(len(self._mails(notice)), 2)
        self.env.invalidate_all()
        self.assertIn("2 of 2", notice.delivery_summary)
        self.assertIn("1 without an address", notice.delivery_summary)

    def test_a_batch_that_fails_leaves_everybody_for_the_next_run(self):
        notice = self._publish(send_mail=True).sudo()
        with self.assertRaises(RuntimeError), self.env.cr.savepoint():
            notice._mail_batch()
            raise RuntimeError("the worker dies before it commits")
        self.env.invalidate_all()
        self.assertFalse(self._mails(notice))
        self.assertEqual(notice.mail_done, 0)
        notice._mail_batch()
        self.assertEqual(self._mails(notice).recipient_ids, (self.student + self.uma).partner_id)

    def test_a_withdrawn_notice_is_mailed_to_nobody_more(self):
        notice = self._publish(send_mail=True)
        notice.action_withdraw()
        notice.sudo()._mail_batch()
        self.assertFalse(self._mails(notice))

    def test_the_mail_leads_to_the_portal(self):
        notice = self._publish(send_mail=True).sudo()
        notice._mail_batch()
        body = self._mails(notice)[0].body_html
        self.assertIn(f"/my/notices/{notice.id}", body)
        self.assertIn("From ten to noon", body)
        self.assertNotIn("/mail/view", body)


@tagged("post_install", "-at_install")
class TestNotificationLog(NoticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.student.write({"email": "asha@college.example", "name": "Asha Test"})
        cls.olga.email = "olga@college.example"
        cls.Log = cls.env["hostel.notification.log"]

    def _failed_mail(self, student):
        notice = self._publish(
            self.users["admin"],
            name=f"For {student.name}",
            send_mail=True,
            hostel_ids=[Command.set(student.allocation_ids.hostel_id.ids)],
        ).sudo()
        notice._mail_batch()
        receipt = notice.receipt_ids.filtered(lambda r: r.student_id == student)
        notification = receipt.mail_notification_id
        self.assertTrue(notification)
        notification.mail_mail_id.state = "exception"
        notification.write(
            {"notification_status": "exception", "failure_reason": "Mailbox is full"}
        )
        return notification

    def _log(self, user, **where):
        self.env.flush_all()
        domain = [(name, "=", value) for name, value in where.items()]
        return self.Log.with_user(user).search(domain)

    def test_a_failed_mail_stands_there_with_its_reason_and_without_its_text(self):
        self._failed_mail(self.student)
        row = self._log(self.users["warden"], channel="mail", partner_id=self.student.partner_id.id)
        self.assertEqual(
            (row.state, row.failure_reason, row.category, row.subject),
            ("failed", "Mailbox is full", "notice", "For Asha Test"),
        )
        self.assertNotIn("body", row._fields)

    def test_a_warden_sees_the_own_students_only(self):
        self._failed_mail(self.student)
        self._failed_mail(self.olga)
        mine = self._log(self.users["warden"], channel="mail", state="failed")
        self.assertEqual(mine.partner_id, self.student.partner_id)
        every = self._log(self.users["admin"], channel="mail", state="failed").partner_id
        self.assertLessEqual((self.student + self.olga).partner_id, every)

    def test_ids_of_the_sources_do_not_meet(self):
        self._failed_mail(self.student)
        rows = self._log(self.users["admin"])
        self.assertEqual(len(rows.ids), len(set(rows.ids)))
        self.assertLessEqual({"mail", "in_app"}, set(rows.mapped("channel")))

    def test_only_the_administrator_sends_again(self):
        notification = self._failed_mail(self.student)
        row = self._log(self.users["admin"], channel="mail", state="failed").filtered(
            lambda one: one.partner_id == self.student.partner_id
        )
        with self.assertRaises(AccessError):
            row.with_user(self.users["warden"]).action_retry()
        row.with_user(self.users["admin"]).action_retry()
        self.assertEqual(notification.mail_mail_id.state, "outgoing")
        self.env.invalidate_all()
        self.assertEqual(row.state, "queued")
        self.assertRefused("NOTHING_TO_RETRY", row.with_user(self.users["admin"]).action_retry)

    def test_reading_shows_in_the_log(self):
        notice = self._publish()
        notice.with_user(self.users["student"]).action_mark_read()
        row = self._log(
            self.users["warden"], channel="in_app", partner_id=self.student.partner_id.id
        )
        self.assertTrue(row.read_at)
