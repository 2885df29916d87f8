"""Invitations to the portal: who can get one, that it comes once, and what it opens."""

import re
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.queue_job.tests.common import trap_jobs

from ..models import hostel_invitation_batch
from .common import HostelCase, HostelMixin


class InvitationMixin(HostelMixin):
    def _start(self, students, guardians=False):
        batch = self.env["hostel.invitation.batch"].create(
            {"student_ids": [(6, 0, students.ids)], "with_guardians": guardians}
        )
        return batch

    def _send(self, batch):
        """Press Send and let the jobs run to their end; returns how many there were."""
        with trap_jobs() as trap:
            batch.action_send()
            trap.perform_enqueued_jobs()
            count = 1
            while batch.state == "running" and count < 20:
                with trap_jobs():
                    batch._send_next()
                count += 1
        return count

    def _mails(self, partners):
        return self.env["mail.mail"].search(
            [
                ("body_html", "like", "/web/reset_password?token="),
                ("recipient_ids", "in", partners.ids),
            ]
        )


@tagged("post_install", "-at_install")
class TestInvitation(InvitationMixin, HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.students = cls.env["hostel.student"].browse(
            [cls._create_student(email=f"s{number}@example.com").id for number in range(5)]
        )

    def _reasons(self, batch):
        return {row.partner_id: row.reason for row in batch.invitation_ids}

    def test_the_list_says_who_can_be_invited_and_why_others_not(self):
        no_mail = self._create_student()
        twin, other_twin = (self._create_student(email="Twin@example.com") for _n in range(2))
        gone = self._create_student(email="gone@example.com", status="alumni")
        active = self._create_student(email="active@example.com")
        user = new_test_user(
            self.env, "active.i", groups="base.group_portal", partner_id=active.partner_id.id
        )
        user.with_user(user).sudo()._update_last_login()
        self.env.invalidate_all()
        staff = self._create_student(email="staff@example.com")
        new_test_user(self.env, "staff.i", groups="base.group_user", partner_id=staff.partner_id.id)
        people = no_mail | twin | gone | active | staff | self.students[0]
        batch = self._start(people)
        self.assertEqual(
            self._reasons(batch),
            {
                no_mail.partner_id: "no_mail",
                twin.partner_id: "duplicate_mail",
                gone.partner_id: "inactive",
                active.partner_id: "has_account",
                staff.partner_id: "staff",
                self.students[0].partner_id: False,
            },
        )
        self.assertTrue(other_twin)
        self.assertEqual((batch.ready_count, batch.refused_count), (1, 5))

    def test_everybody_gets_one_account_and_one_mail(self):
        batch = self._start(self.students)
        self._send(batch)
        self.assertEqual((batch.state, batch.sent_count, batch.progress), ("done", 5, 100))
        users = self.students.partner_id.user_ids
        self.assertEqual(len(users), 5)
        self.assertEqual(set(users.mapped("login")), set(self.students.mapped("roll_number")))
        group = self.env.ref("hostel_base.group_hostel_student")
        self.assertTrue(all(group in user.group_ids and user.share for user in users))
        self.assertEqual(len(self._mails(self.students.partner_id)), 5)
        # A second mailing finds nobody.
        again = self._start(self.students)
        self.assertEqual(set(self._reasons(again).values()), {"invited"})
        self.assertRefused("NOBODY_TO_INVITE", again.action_send)
        self.assertRefused("ALREADY_SENT", batch.action_send)
        self.assertEqual(len(self._mails(self.students.partner_id)), 5)

    def test_the_table_itself_refuses_a_second_invitation(self):
        batch = self._start(self.students[0])
        self._send(batch)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            batch.invitation_ids.copy({"state": "queued"}).flush_recordset()

    def test_jobs_take_portions_and_go_on_after_an_interruption(self):
        batch = self._start(self.students)
        with patch.object(hostel_invitation_batch, "BATCH_SIZE", 2):
            with trap_jobs() as trap:
                batch.action_send()
                trap.assert_jobs_count(1)
            with trap_jobs() as trap:
                self.assertEqual(batch._send_next(), 2)
                trap.assert_jobs_count(1)
            self.assertEqual((batch.state, batch.queued_count, batch.progress), ("running", 3, 40))
            # The next job is lost; somebody presses Go on.
            with trap_jobs() as trap:
                batch.action_continue()
                trap.assert_jobs_count(1)
            with trap_jobs():
                self.assertEqual(batch._send_next(), 2)
                self.assertEqual(batch._send_next(), 1)
                self.assertEqual(batch._send_next(), 0)
        self.assertEqual(batch.state, "done")
        self.assertEqual(len(self._mails(self.students.partner_id)), 5)
        self.assertRefused("NOTHING_TO_SEND", batch.action_continue)

    def test_one_who_fails_does_not_stop_the_others_and_can_be_tried_again(self):
        batch = self._start(self.students)
        real = type(batch.invitation_ids)._send_mail

        def fail_for_one(invitation):
            if invitation.student_id == self.students[2]:
                raise ValueError("No such mailbox")
            real(invitation)

        with patch.object(type(batch.invitation_ids), "_send_mail", fail_for_one):
            self._send(batch)
        self.assertEqual((batch.sent_count, batch.failed_count), (4, 1))
        failed = batch.invitation_ids.filtered(lambda row: row.state == "failed")
        self.assertIn("No such mailbox", failed.error)
        self.assertFalse(self.students[2].partner_id.user_ids, "Neither an account nor a mail.")
        with trap_jobs() as trap:
            batch.action_continue()
            trap.perform_enqueued_jobs()
        self.assertEqual((batch.sent_count, batch.state), (5, "done"))
        self.assertEqual(len(self._mails(self.students.partner_id)), 5)

    def test_a_guardian_of_several_wards_gets_one_account(self):
        parent = self.env["res.partner"].create({"name": "Two wards", "email": "two@example.com"})
        for student in self.students[:2]:
            self.env["hostel.guardian"].create({"student_id": student.id, "partner_id": parent.id})
        batch = self._start(self.students[:2])
        self.assertEqual(len(batch.invitation_ids), 2)
        batch.with_guardians = True
        self.assertEqual(len(batch.invitation_ids), 3)
        self._send(batch)
        self.assertEqual(parent.user_ids.login, "two@example.com")
        self.assertTrue(parent.user_ids.has_group("hostel_base.group_hostel_guardian"))
        self.assertFalse(parent.user_ids.has_group("hostel_base.group_hostel_student"))

    def test_resend_reaches_those_who_never_signed_in_and_not_too_often(self):
        batch = self._start(self.students[:2])
        self._send(batch)
        rows = batch.invitation_ids
        self.assertEqual(set(rows.mapped("progress")), {"invited"})
        self.assertRefused("NOTHING_TO_SEND", rows.action_resend)
        rows.sent_at = "2026-01-01 00:00:00"
        user = rows[0].user_id
        user.with_user(user).sudo()._update_last_login()
        self.env.invalidate_all()
        self.assertEqual(rows.mapped("progress"), ["accepted", "invited"])
        rows.action_resend()
        self.assertEqual(rows.mapped("sent_count"), [1, 2])
        Invitation = self.env["hostel.invitation"]
        for progress, row in (("accepted", rows[0]), ("invited", rows[1])):
            found = Invitation.search([("progress", "=", progress), ("id", "in", rows.ids)])
            self.assertEqual(found, row)

    def test_a_warden_invites_the_own_students_only(self):
        self._create_allocation("allocated", student=self.students[0])
        own = self.students[0].with_user(self.users["warden"])
        action = own.action_invite_to_portal()
        batch = self.env["hostel.invitation.batch"].browse(action["res_id"])
        self._send(batch.with_user(self.users["warden"]))
        self.assertTrue(self.students[0].partner_id.user_ids)
        foreign = self.students[1].with_user(self.users["warden"])
        with self.assertRaises(AccessError):
            foreign.action_invite_to_portal()
        for role in ("supervisor", "finance", "student"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.students[0].with_user(self.users[role]).action_invite_to_portal()

    def test_a_warden_sees_the_own_mailings_and_people(self):
        batch = self._start(self.students[:1])
        Batch = self.env["hostel.invitation.batch"].with_user(self.users["warden"])
        self.assertFalse(Batch.search([("id", "=", batch.id)]))
        with self.assertRaises(AccessError):
            Batch.browse(batch.id).action_send()
        Invitation = self.env["hostel.invitation"].with_user(self.users["warden"])
        self.assertFalse(Invitation.search([("batch_id", "=", batch.id)]))
        self._create_allocation("allocated", student=self.students[0])
        self.assertTrue(Invitation.search([("batch_id", "=", batch.id)]))

    def test_nobody_else_reads_the_mail_with_the_link(self):
        self._create_allocation("allocated", student=self.students[0])
        warden = self.users["warden"]
        action = self.students[0].with_user(warden).action_invite_to_portal()
        self._send(self.env["hostel.invitation.batch"].with_user(warden).browse(action["res_id"]))
        mail = self._mails(self.students.partner_id)
        self.assertEqual(len(mail), 1)
        self.assertTrue(mail.mail_message_id)
        with self.assertRaises(AccessError):
            mail.mail_message_id.with_user(warden).read(["body"])

    def test_the_list_of_a_mailing_that_began_stays(self):
        batch = self._start(self.students[:1])
        self._send(batch)
        with self.assertRaises(UserError):
            batch.with_guardians = True


@tagged("post_install", "-at_install")
class TestInvitationLink(InvitationMixin, HttpCase):
    def test_the_link_in_the_mail_sets_the_password_and_then_the_roll_number_signs_in(self):
        student = self._create_student(name="Invited Person", email="invited@example.com")
        batch = self._start(student)
        self._send(batch)
        mail = self._mails(student.partner_id)
        self.assertIn(student.roll_number, mail.body_html)
        url = re.search(r'href="([^"]*/web/reset_password[^"]*)"', mail.body_html)[1]
        path = "/web/" + url.replace("&amp;", "&").partition("/web/")[2]
        page = self.url_open(path)
        self.assertIn("Welcome, Invited Person", page.text)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
        password = "chosen by the student"
        self.url_open(
            path,
            data={"csrf_token": token, "password": password, "confirm_password": password},
        )
        uid = self.env["res.users"].authenticate(
            {"login": student.roll_number.lower(), "password": password, "type": "password"},
            {"interactive": True},
        )["uid"]
        self.assertEqual(uid, student.partner_id.user_ids.id)
        self.assertEqual(batch.invitation_ids.progress, "accepted")
        self.assertNotIn("Welcome, Invited", self.url_open(path).text, "The link is spent.")
