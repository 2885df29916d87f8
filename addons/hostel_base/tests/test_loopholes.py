"""Ways around the rules that somebody might try, each closed."""

from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..errors import HostelError
from .common import HostelCase


@tagged("post_install", "-at_install")
class TestLoopholes(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.stay = cls._create_allocation("checked_in", student=cls.student)
        cls.stranger = cls._create_student(name="Olga Test", email="olga@example.com")
        cls.foreign_stay = cls._create_allocation(
            "checked_in", student=cls.stranger, bed=cls.foreign.bed_ids[0]
        )
        cls.warden = cls.users["warden"]
        cls.env.flush_all()
        cls.env.invalidate_all()

    # -- other people's accounts ------------------------------------------------------------------

    def test_a_warden_makes_no_guardian_of_a_contact_that_is_out_of_sight(self):
        vals = {"student_id": self.student.id, "partner_id": self.stranger.partner_id.id}
        with self.assertRaises(AccessError):
            self.env["hostel.guardian"].with_user(self.warden).create(vals)
        with self.assertRaises(AccessError):
            self.guardian.with_user(self.warden).partner_id = self.stranger.partner_id

    def test_a_warden_gives_no_student_another_contact(self):
        with self.assertRaises(AccessError):
            self.student.with_user(self.warden).partner_id = self.guardian.partner_id

    def test_a_warden_changes_no_address_that_opens_an_account(self):
        student = self.student.with_user(self.warden)
        with self.assertRaises(AccessError):
            student.email = "me@example.com"
        with self.assertRaises(AccessError):
            student.partner_id.email = "me@example.com"
        self.student.with_user(self.users["admin"]).email = "asha@example.com"
        self.assertEqual(self.student.email, "asha@example.com")

    def test_a_warden_mends_the_address_of_who_has_no_account(self):
        other = self._create_student()
        self._create_allocation("checked_in", student=other, bed=self.other_bed)
        other.with_user(self.warden).email = "right@example.com"
        self.assertEqual(other.email, "right@example.com")

    def test_a_guardian_takes_nobodys_address(self):
        partner = self.guardian.partner_id.with_user(self.users["guardian"]).sudo()
        with self.assertRaises(HostelError) as caught:
            partner.email = "Olga@Example.com"
        self.assertEqual(caught.exception.code, "MAIL_TAKEN")
        partner.email = "own@example.com"

    def test_an_account_that_was_switched_off_is_not_invited(self):
        student = self._create_student(email="off@example.com")
        user = new_test_user(
            self.env,
            "off.test",
            groups="hostel_base.group_hostel_student",
            partner_id=student.partner_id.id,
            email="off@example.com",
        )
        user.active = False
        [plan] = self.env["hostel.invitation"]._plan(student, False)
        self.assertEqual((plan["state"], plan["reason"]), ("refused", "switched_off"))

    def test_the_state_of_a_mailing_is_not_written_by_hand(self):
        batch = (
            self.env["hostel.invitation.batch"]
            .with_user(self.warden)
            .with_context(default_state="done")
            .create({"student_ids": self.student.ids})
        )
        self.assertEqual(batch.state, "draft")
        with self.assertRaises(AccessError):
            batch.state = "running"

    # -- what the log must see --------------------------------------------------------------------

    def _get_ways(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.cr.execute(
            "SELECT way, scope FROM hostel_access_log WHERE student_ref = %s AND user_ref = %s",
            (self.student.id, self.warden.id),
        )
        return set(self.env.cr.fetchall())

    def test_grouping_by_a_phone_is_reading_it(self):
        students = self.env["hostel.student"].with_user(self.warden)
        students.formatted_read_group([], ["gender"], ["__count"])
        self.assertFalse(self._get_ways())
        students.formatted_read_group([], ["aadhaar_last4"], ["__count"])
        self.assertEqual(self._get_ways(), {("rpc", "private")})

    def test_an_export_of_stays_is_one_of_their_students(self):
        self.warden.group_ids += self.env.ref("base.group_allow_export")
        self.stay.with_user(self.warden).export_data(["name", "student_id/phone"])
        self.assertIn(("export", "contact"), self._get_ways())

    # -- dialogs ----------------------------------------------------------------------------------

    def test_a_dialog_opens_no_stay_of_another_hostel(self):
        Dialog = self.env["hostel.bed.transfer"].with_user(self.warden)
        Proposed = Dialog.with_context(default_allocation_id=self.foreign_stay.id)
        vals = {"day": date.today(), "reason": "probe"}
        for call in (
            lambda: Proposed.create(vals),
            lambda: Dialog.create({**vals, "allocation_id": self.foreign_stay.id}),
            lambda: Proposed.onchange({}, [], {"allocation_id": {}, "student_id": {}}),
            lambda: Dialog.onchange(
                {"allocation_id": self.foreign_stay.id}, ["allocation_id"], {"student_id": {}}
            ),
        ):
            with self.assertRaises(HostelError) as caught:
                call()
            self.assertEqual(caught.exception.code, "NOT_FOUND")

    # -- records that only their buttons change ---------------------------------------------------

    def test_a_notice_has_its_writer_as_the_author_and_starts_as_a_draft(self):
        notice = (
            self.env["hostel.notice"]
            .with_user(self.warden)
            .with_context(default_author_id=self.users["admin"].id, default_state="published")
            .create(
                {
                    "name": "Probe",
                    "body": "<p>Probe</p>",
                    "audience": "hostel",
                    "hostel_ids": [(6, 0, self.home.ids)],
                }
            )
        )
        self.assertEqual((notice.author_id, notice.state), (self.warden, "draft"))

    def test_a_drawing_is_not_written_past_the_editor(self):
        floor = self.home.floor_ids[0].with_user(self.warden)
        for vals in ({"layout": {}}, {"layout_version": 7}):
            with self.assertRaises(AccessError):
                floor.write(vals)
        floor.action_generate_layout()
        self.assertTrue(floor.layout["rooms"])

    def test_what_was_decided_about_a_document_stays_with_its_student(self):
        document = self.env["hostel.identity.document"].search(
            [("state", "=", "verified")], limit=1
        )
        self.assertTrue(document, "The demonstration campus has one.")
        with self.assertRaises(AccessError):
            document.with_user(self.users["admin"]).student_id = self.student

    def test_settings_of_the_system_are_not_saved_by_a_hostel_administrator(self):
        admin = new_test_user(self.env, "only.hostel", groups="hostel_base.group_hostel_admin")
        settings = self.env["res.config.settings"].with_user(admin).create({})
        settings.hostel_payment_minutes = 21
        groups = self.env.ref("base.group_user").implied_ids
        settings.set_values()
        self.assertEqual(self.env.ref("base.group_user").implied_ids, groups)
        value = self.env["ir.config_parameter"].sudo().get_param("hostel_base.payment_minutes")
        self.assertEqual(value, "21")

    # -- the server posts where a browser tells it ------------------------------------------------

    def test_odoos_own_messages_go_to_browser_vendors_only(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("mail.web_push_vapid_private_key", "private")
        parameters.set_param("mail.web_push_vapid_public_key", "public")
        partner = self.student.partner_id
        self.env["mail.push.device"].create(
            [
                {"endpoint": endpoint, "keys": "{}", "partner_id": partner.id}
                for endpoint in (
                    "https://evil-fcm.googleapis.com.attacker.net/x",
                    "https://fcm.googleapis.com/fcm/send/probe",
                    "https://updates.push.services.mozilla.com/wpush/v2/probe",
                )
            ]
        )
        devices, *_keys = self.env["mail.thread"]._web_push_get_partners_parameters(partner.ids)
        self.assertEqual(
            {device.endpoint.split("/")[2] for device in devices},
            {"fcm.googleapis.com", "updates.push.services.mozilla.com"},
        )

    # -- what is forgotten ------------------------------------------------------------------------

    def test_nothing_of_the_family_is_left_for_the_staff_to_read(self):
        contact = self.guardian.partner_id
        contact.write({"phone": "+919876543210", "email": "p@example.com"})
        self.student.write({"phone": "+919876500000"})
        self.student._anonymise()
        for partner in (contact, self.student.partner_id):
            self.assertFalse(partner.phone or partner.email)
        self.assertFalse(self.users["guardian"].active or self.users["student"].active)

    def test_a_guardian_of_another_student_is_not_forgotten(self):
        contact = self.guardian.partner_id
        contact.phone = "+919876543210"
        self.env["hostel.guardian"].create(
            {"student_id": self.stranger.id, "partner_id": contact.id}
        )
        self.student._anonymise()
        self.assertTrue(contact.phone)
        self.assertTrue(self.users["guardian"].active)

    # -- consent ----------------------------------------------------------------------------------

    def test_a_child_who_agreed_alone_has_not_agreed(self):
        self.student.birthdate = "2001-01-01"
        self.assertTrue(self.student._has_consent())
        self.student.birthdate = date.today().replace(year=date.today().year - 16, day=1)
        self.assertFalse(self.student._has_consent())

    def test_withheld_messages_forget_the_phone(self):
        self.env["mail.push.device"].create(
            {
                "endpoint": "https://fcm.googleapis.com/fcm/send/probe",
                "keys": "{}",
                "partner_id": self.student.partner_id.id,
            }
        )
        self.student._withdraw_consent(self.student.partner_id)
        self.assertFalse(
            self.env["mail.push.device"].search([("partner_id", "=", self.student.partner_id.id)])
        )
