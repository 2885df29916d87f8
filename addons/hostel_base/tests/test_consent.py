"""Consents as a proof: who may give one, how long it stands, and that nobody changes it."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import HostelCase, give_consent


@tagged("post_install", "-at_install")
class TestConsent(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.notice = cls.env["hostel.privacy.notice"]._get_current()
        cls.adult = cls._create_student(consent=False, birthdate="2001-01-01")
        today = fields.Date.context_today(cls.env.user)
        cls.minor = cls._create_student(
            consent=False, birthdate=today - relativedelta(years=18) + timedelta(days=1)
        )
        cls.parent = cls.env["res.partner"].create(
            {"name": "Meera Minor", "email": "meera.minor@example.com"}
        )
        cls.line = cls.env["hostel.guardian"].create(
            {"student_id": cls.minor.id, "partner_id": cls.parent.id, "is_primary": True}
        )
        cls.Request = cls.env["hostel.consent.request"]

    def _issue(self):
        """Ask the guardian; returns the request and the token in the mail."""
        request = self.Request._issue(self.minor)
        mail = self._get_mail()
        return request, mail.body_html.partition("/hostel/consent/")[2].partition('"')[0]

    def _get_mail(self):
        domain = [("body_html", "like", "/hostel/consent/")]
        return self.env["mail.mail"].search(domain, order="id desc", limit=1)

    # Who may agree ------------------------------------------------------

    def test_an_adult_agrees_alone(self):
        self.assertFalse(self.adult._has_consent())
        consent = give_consent(self.adult, ["roommates", "allocation", "nonsense"])
        self.assertTrue(self.adult._has_consent())
        given = set(consent.purpose_ids.mapped("code"))
        self.assertEqual(given, {"allocation", "safety", "fees", "roommates"})
        self.assertEqual(consent.purpose_ids | consent.withheld_ids, self.notice.purpose_ids)
        self.assertTrue(self.adult.share_with_roommates)
        self.assertEqual(self.adult._get_agreed(), {self.adult.id: given})

    def test_a_minor_does_not_agree_alone(self):
        self.assertRefused(
            "GUARDIAN_NEEDED", self.minor._give_consent, self.minor.partner_id, "portal"
        )
        self.assertFalse(self.minor.consent_ids)

    def test_unknown_age_needs_a_guardian(self):
        nobody_knows = self._create_student(consent=False)
        self.assertRefused(
            "GUARDIAN_NEEDED", nobody_knows._give_consent, nobody_knows.partner_id, "portal"
        )

    def test_a_stranger_agrees_for_nobody(self):
        stranger = self.guardian.partner_id
        self.assertRefused("GUARDIAN_NEEDED", self.minor._give_consent, stranger, "guardian_link")
        self.assertRefused("NOT_YOURS", self.adult._give_consent, stranger, "guardian_link")

    def test_a_guardians_consent_ends_with_the_eighteenth_birthday(self):
        self.minor._give_consent(self.parent, "guardian_portal")
        self.assertTrue(self.minor._has_consent())
        with freeze_time(fields.Datetime.now() + timedelta(days=2)):
            self.minor.invalidate_recordset()
            self.assertFalse(self.minor._has_consent())
            # PostgreSQL's clock is still before the birthday.
            self.minor._give_consent(
                self.minor.partner_id, "portal", given_at=fields.Datetime.now()
            )
            self.assertTrue(self.minor._has_consent())

    # The proof ----------------------------------------------------------

    def test_nobody_changes_or_deletes_a_consent(self):
        consent = give_consent(self.adult)
        with self.assertRaises(UserError):
            consent.channel = "paper"
        with self.assertRaises(UserError):
            consent.unlink()
        for role in ("admin", "warden", "student", "guardian"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                consent.with_user(self.users[role]).write({"withdrawn_at": fields.Datetime.now()})
        self.adult._withdraw_consent(self.adult.partner_id)
        with self.assertRaises(UserError):
            consent.withdrawn_at = False

    def test_withdrawal_stops_what_depends_on_it_and_tells_the_office(self):
        give_consent(self.adult, ["lifestyle", "roommates"])
        self.adult._answer_lifestyle({"lifestyle_sleep": "2"})
        self.assertEqual(self.adult.lifestyle_sleep, "2")
        self.adult._withdraw_consent(self.adult.partner_id)
        self.assertFalse(self.adult._has_consent())
        self.assertFalse(self.adult.lifestyle_sleep)
        self.assertFalse(self.adult.share_with_roommates)
        self.assertEqual(self.adult.consent_state, "withdrawn")
        [task] = self.adult.activity_ids
        self.assertIn("withdrawn", task.summary)
        self.assertTrue(task.user_id.has_group("hostel_base.group_hostel_admin"))
        # Whoever agrees again is let in again.
        give_consent(self.adult)
        self.assertEqual(self.adult.consent_state, "given")

    def test_a_choice_that_is_taken_back_deletes_the_answers(self):
        give_consent(self.adult, ["lifestyle"])
        self.adult._answer_lifestyle({"lifestyle_food": "any"})
        give_consent(self.adult)
        self.assertTrue(self.adult._has_consent())
        self.assertFalse(self.adult.lifestyle_food)

    def test_answers_need_the_consent_and_the_vocabulary(self):
        give_consent(self.adult)
        self.assertRefused(
            "CONSENT_REQUIRED", self.adult._answer_lifestyle, {"lifestyle_food": "any"}
        )
        give_consent(self.adult, ["lifestyle"])
        for answers in ({"lifestyle_food": "snacks"}, {"birthdate": "2001-01-01"}, {None: "1"}):
            with self.subTest(answers=answers):
                self.assertRefused("INVALID", self.adult._answer_lifestyle, answers)

    # The notice ---------------------------------------------------------

    def test_a_new_version_asks_everybody_again(self):
        give_consent(self.adult)
        draft = self.notice.copy({"state": "draft"})
        self.assertEqual(draft.version, self.notice.version + 1)
        self.assertEqual(len(draft.purpose_ids), len(self.notice.purpose_ids))
        draft.title = "Second notice"
        draft.action_publish()
        self.assertEqual(self.env["hostel.privacy.notice"]._get_current(), draft)
        self.assertEqual(self.notice.state, "replaced")
        self.assertFalse(self.adult._has_consent())
        self.assertEqual(self.adult.consent_ids.state, "outdated")
        give_consent(self.adult)
        self.assertTrue(self.adult._has_consent())

    def test_a_text_that_was_shown_stays(self):
        for change in (
            lambda: self.notice.write({"introduction": "<p>Another</p>"}),
            lambda: self.notice.purpose_ids[0].write({"data": "Everything"}),
            lambda: self.notice.purpose_ids[0].copy({"code": "push"}),
            self.notice.unlink,
            self.notice.action_publish,
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                change()

    def test_only_the_administrator_writes_notices(self):
        draft = self.notice.copy({"state": "draft"})
        for role in ("warden", "supervisor"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                draft.with_user(self.users[role]).action_publish()
        draft.with_user(self.users["admin"]).action_publish()

    # The guardian's link ------------------------------------------------

    def test_the_link_is_mailed_and_only_its_hash_is_kept(self):
        request, token = self._issue()
        self.assertGreater(len(token), 30)
        self.assertNotIn(token, request.token_hash)
        self.assertEqual(self.Request._find(token), request)
        self.assertEqual(self.minor.consent_state, "waiting")
        self.assertEqual(self._get_mail().recipient_ids, self.parent)

    def test_neither_the_minor_nor_the_warden_reads_the_mail_with_the_link(self):
        user = self._create_user(
            "mini", "hostel_base.group_hostel_student", partner_id=self.minor.partner_id.id
        )
        self._create_allocation("allocated", student=self.minor)
        self.Request.with_user(user)._issue(self.minor.with_user(user))
        message = self._get_mail().mail_message_id
        self.assertIn("/hostel/consent/", message.body)
        for reader in (user, self.users["warden"]):
            with self.subTest(reader=reader.login), self.assertRaises(AccessError):
                message.with_user(reader).read(["body"])

    def test_the_link_works_once(self):
        request, token = self._issue()
        consent = request._use("Meera Minor", ["roommates"])
        self.assertEqual(
            (consent.given_as, consent.channel, consent.declared_name, consent.given_by_id),
            ("guardian", "guardian_link", "Meera Minor", self.parent),
        )
        self.assertTrue(self.minor._has_consent())
        self.assertFalse(self.Request._find(token))

    def test_a_link_that_is_expired_replaced_foreign_or_unknown_opens_nothing(self):
        _request, token = self._issue()
        _second, newer = self._issue_later()
        self.assertFalse(self.Request._find(token), "A newer link replaces it.")
        self.assertTrue(self.Request._find(newer))
        self.env["hostel.consent.request"].search([]).expires_at = "2020-01-01 00:00:00"
        self.assertFalse(self.Request._find(newer))
        self.assertFalse(self.Request._find("x" * 43))
        self.assertFalse(self.Request._find(""))

    def _issue_later(self):
        self.Request.search([]).sent_at = fields.Datetime.now() - timedelta(minutes=11)
        return self._issue()

    def test_a_link_for_the_older_notice_opens_nothing(self):
        _request, token = self._issue()
        self.notice.copy({"state": "draft"}).action_publish()
        self.assertFalse(self.Request._find(token))

    def test_a_link_for_somebody_of_age_opens_nothing(self):
        _request, token = self._issue()
        self.minor.birthdate = "2000-01-01"
        self.assertFalse(self.Request._find(token))

    def test_links_are_rationed(self):
        self._issue()
        refusal = self.assertRefused("TOO_SOON", self.Request._issue, self.minor)
        self.assertEqual(refusal.http_status, 429)
        self.assertGreater(refusal.details["retry_after"], 0)
        for _again in range(4):
            self._issue_later()
        self.Request.search([]).sent_at = fields.Datetime.now() - timedelta(minutes=11)
        self.assertRefused("TOO_MANY", self.Request._issue, self.minor)

    def test_nobody_to_ask_is_said(self):
        self.parent.email = False
        self.assertRefused("NO_GUARDIAN", self.Request._issue, self.minor)
        self.assertRefused("CONSENT_NOT_NEEDED", self.Request._issue, self.adult)

    # The office ---------------------------------------------------------

    def test_the_office_finds_who_has_not_agreed(self):
        give_consent(self.adult)
        Student = self.env["hostel.student"].with_user(self.users["admin"])
        both = Student.browse((self.adult | self.minor).ids)
        self.assertEqual(both.mapped("consent_state"), ["given", "missing"])
        domain = [("id", "in", both.ids)]
        self.assertEqual(
            Student.search([*domain, ("consent_state", "!=", "given")]).ids, self.minor.ids
        )
        self.assertEqual(
            Student.search([*domain, ("consent_state", "=", "given")]).ids, self.adult.ids
        )

    def test_one_query_tells_the_state_of_many(self):
        students = self.env["hostel.student"].browse(
            [self._create_student().id for _number in range(10)]
        )
        students.read(["name"])
        with self.assertQueryCount(3):
            students._get_agreed()

    def test_warden_records_a_paper(self):
        self._create_allocation("allocated", student=self.minor)
        Wizard = self.env["hostel.consent.paper"].with_user(self.users["warden"])
        with Form(Wizard.with_context(default_student_id=self.minor.id)) as form:
            form.guardian_id = self.line
            form.reference = "File 3"
            form.roommates = True
        form.record.action_record()
        consent = self.minor.consent_ids
        self.assertEqual((consent.channel, consent.reference), ("paper", "File 3"))
        self.assertEqual(consent.recorded_by_id, self.users["warden"])
        self.assertTrue(self.minor.share_with_roommates)

    def test_warden_records_no_paper_of_another_hostel(self):
        self._create_allocation("allocated", student=self.adult, bed=self.foreign.bed_ids[0])
        wizard = (
            self.env["hostel.consent.paper"]
            .with_user(self.users["warden"])
            .create({"student_id": self.adult.id, "reference": "x"})
        )
        with self.assertRaises(AccessError):
            wizard.action_record()

    # Rules --------------------------------------------------------------

    def test_each_role_sees_the_consents_of_its_people(self):
        self._create_allocation("allocated", student=self.student)
        outsider = self._create_student()
        self._create_allocation("allocated", student=outsider, bed=self.foreign.bed_ids[0])
        both = self.student.consent_ids | outsider.consent_ids
        expected = {
            "admin": both,
            "warden": self.student.consent_ids,
            "supervisor": self.student.consent_ids,
            "student": self.student.consent_ids,
            "guardian": self.student.consent_ids,
        }
        for role, rows in expected.items():
            Consent = self.env["hostel.consent"].with_user(self.users[role])
            with self.subTest(role=role):
                self.assertEqual(set(Consent.search([("id", "in", both.ids)]).ids), set(rows.ids))
                if rows != both:
                    with self.assertRaises(AccessError):
                        Consent.browse(outsider.consent_ids.ids).read(["channel"])

    def test_a_warden_sees_the_links_of_the_own_hostels_only(self):
        request, _token = self._issue()
        Request = self.Request.with_user(self.users["warden"])
        self.assertFalse(Request.search([("id", "=", request.id)]))
        self._create_allocation("allocated", student=self.minor)
        self.assertTrue(Request.search([("id", "=", request.id)]))
        with self.assertRaises(AccessError):
            Request.browse(request.id).read(["token_hash"])

    # Access, correction, erasure ----------------------------------------

    def test_own_data_are_complete_and_nobody_elses(self):
        give_consent(self.adult)
        self._create_allocation("allocated", student=self.adult)
        self.adult.blood_group = "O+"
        data = self.adult._get_personal_data()
        self.assertEqual(data["student"]["Roll Number"], self.adult.roll_number)
        self.assertEqual(data["student"]["Blood Group"], "O+")
        self.assertEqual(data["student"]["Birthdate"], "2001-01-01")
        self.assertEqual(len(data["stays"]), 1)
        self.assertEqual(data["consents"][0]["How"], "Portal")
        self.assertNotIn(self.student.name, str(data))

    def test_requests_reach_the_office_once(self):
        self._create_allocation("allocated", student=self.adult, date_from="2020-01-01")
        self.adult._request_correction("Name", "Asha <b>Rao</b>", "Passport")
        [task] = self.adult.activity_ids
        self.assertEqual(task.user_id, self.users["warden"])
        self.assertIn("&lt;b&gt;Rao", task.note)
        first = self.adult._request_erasure("All of it")
        self.assertEqual(self.adult._request_erasure("again"), first)
        self.assertNotEqual(first.user_id, self.users["warden"])
        for number in range(9):
            self.adult._request_correction("Name", str(number), "")
        self.assertRefused("TOO_MANY", self.adult._request_correction, "Name", "x", "")
