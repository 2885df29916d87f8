"""Cohorts in the office: each warden sees those that concern the own hostels, and no others."""

from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import Form, new_test_user, tagged

from .test_cohort import CohortCase

MODELS = ("hostel.cohort", "hostel.cohort.member", "hostel.cohort.wish")


@tagged("post_install", "-at_install")
class TestCohortAccess(CohortCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: new_test_user(
                cls.env, f"{role}.cohort.test", groups=f"hostel_base.group_hostel_{role}"
            )
            for role in ("admin", "warden", "supervisor", "finance", "guard", "guardian")
        } | {"student": cls.asha_user}
        cls.other_warden = new_test_user(
            cls.env, "other.cohort.test", groups="hostel_base.group_hostel_warden"
        )
        for user, role, hostel in (
            (cls.users["warden"], "warden", cls.girls),
            (cls.users["supervisor"], "supervisor", cls.girls),
            (cls.other_warden, "warden", cls.boys),
        ):
            cls.env["hostel.staff"].create(
                {
                    "user_id": user.id,
                    "hostel_id": hostel.id,
                    "role": role,
                    "date_from": "2020-01-01",
                }
            )
        # Asha's parent, who reads the ward's stay and bills, not with whom she wants to live.
        cls.env["hostel.guardian"].create(
            {"student_id": cls.asha.id, "partner_id": cls.users["guardian"].partner_id.id}
        )

    def _sees(self, user, cohort):
        return bool(self.env["hostel.cohort"].with_user(user).search([("id", "=", cohort.id)]))

    def test_a_wish_shows_the_group_to_that_hostel_only(self):
        cohort = self._pair()
        self.assertFalse(self._sees(self.users["warden"], cohort))
        self._wish(cohort, hostel_id=self.girls.id)
        for role in ("warden", "supervisor", "admin"):
            with self.subTest(role=role):
                self.assertTrue(self._sees(self.users[role], cohort))
        self.assertFalse(self._sees(self.other_warden, cohort))
        for name in ("member_ids", "wish_ids"):
            rows = cohort[name].with_user(self.other_warden)
            with self.subTest(name=name), self.assertRaises(AccessError):
                rows.read(["cohort_id"])
            self.assertTrue(cohort[name].with_user(self.users["warden"]).read(["cohort_id"]))

    def test_a_wish_for_any_hostel_shows_the_group_where_its_gender_lives(self):
        cohort = self._pair()
        self._wish(cohort)
        for user, sees in ((self.users["warden"], True), (self.other_warden, False)):
            with self.subTest(user=user.login):
                self.assertEqual(self._sees(user, cohort), sees)
                for name in ("member_ids", "wish_ids"):
                    found = cohort[name].with_user(user)._filtered_access("read")
                    self.assertEqual(bool(found), sees)
        self.boys.gender_type = "mixed"
        self.assertTrue(self._sees(self.other_warden, cohort))

    def test_a_bed_shows_the_group_as_well(self):
        cohort = self._pair()
        beds = self.girls.room_ids.filtered(lambda room: room.name == "101").bed_ids
        cohort._give_beds(list(zip(self.asha | self.bina, beds, strict=True)), "offered")
        self.assertTrue(self._sees(self.users["warden"], cohort))
        self.assertFalse(self._sees(self.other_warden, cohort))

    def test_others_have_no_business_with_groups(self):
        self._submitted()
        for role in ("student", "guardian", "finance", "guard"):
            for model in MODELS:
                with self.subTest(role=role, model=model), self.assertRaises(AccessError):
                    self.env[model].with_user(self.users[role]).search([])

    def test_a_guardian_finds_no_page_about_it(self):
        guardian = self.as_(self.users["guardian"])
        self.refused("NOT_A_STUDENT", guardian._get_page)

    def test_only_the_administrator_ends_or_reopens(self):
        cohort = self._submitted()
        for role in ("warden", "supervisor", "student", "guardian"):
            for method in ("action_cancel", "action_reopen"):
                with self.subTest(role=role, method=method), self.assertRaises(AccessError):
                    call_kw(cohort.with_user(self.users[role]).browse(), method, [cohort.ids], {})
        call_kw(
            self.env["hostel.cohort"].with_user(self.users["admin"]),
            "action_reopen",
            [cohort.ids],
            {},
        )
        self.assertEqual(cohort.state, "complete")

    def test_members_and_wishes_are_nobodys_to_write(self):
        cohort = self._submitted()
        for record, vals in (
            (cohort.member_ids[:1], {"state": "left"}),
            (cohort.wish_ids[:1], {"sequence": 9}),
        ):
            with self.subTest(model=record._name):
                own = record.with_user(self.users["admin"])
                self.assertRaises(AccessError, own.write, vals)
                self.assertRaises(AccessError, own.unlink)

    def test_the_form_opens_for_the_warden_and_takes_a_note_of_the_administrator(self):
        cohort = self._submitted()
        Form(cohort.with_user(self.users["warden"]))
        with Form(cohort.with_user(self.users["admin"])) as form:
            form.note = "Asked for a quiet floor"
        self.assertEqual(cohort.note, "Asked for a quiet floor")

    def test_the_warden_reads_how_many_are_missing(self):
        cohort = self._submitted()
        [row] = cohort.with_user(self.users["warden"]).read(["missing_count", "bed_count"])
        self.assertEqual((row["missing_count"], row["bed_count"]), (2, 0))
