from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import HostelCase


@tagged("post_install", "-at_install")
class TestGuardianContacts(HostelCase):
    """Guardians are contacts, and Odoo shows all contacts to all staff."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.parent = cls.guardian.partner_id
        cls.Partner = cls.env["res.partner"]

    def _sees(self, role):
        found = self.Partner.with_user(self.users[role]).search([("id", "=", self.parent.id)])
        return bool(found)

    def test_only_those_who_look_after_the_ward_see_the_guardian(self):
        self._create_allocation("checked_in", student=self.student)
        seen = {role for role in self.users if self._sees(role)}
        self.assertEqual(
            seen,
            {"admin", "finance", "warden", "supervisor", "floor_incharge", "guardian"},
        )

    def test_a_warden_of_another_hostel_sees_no_guardian(self):
        self._create_allocation("checked_in", student=self.student, bed=self.foreign.bed_ids[:1])
        self.assertFalse(self._sees("warden"))
        with self.assertRaises(AccessError):
            self.parent.with_user(self.users["warden"]).write({"email": "x@y.example"})

    def test_an_attempt_that_came_to_nothing_opens_nothing(self):
        self._create_allocation("expired", student=self.student)
        self.assertFalse(self._sees("warden"))
        found = self.env["hostel.student"].with_user(self.users["warden"])
        self.assertFalse(found.search([("id", "=", self.student.id)]))

    def test_a_colleague_stays_a_colleague(self):
        colleague = self.users["internal"].partner_id
        self.env["hostel.guardian"].create(
            {"student_id": self.student.id, "partner_id": colleague.id}
        )
        for role in ("guard", "warden"):
            self.assertTrue(colleague.with_user(self.users[role]).has_access("read"), role)

    def test_allocate_a_bed_is_no_way_to_foreign_students(self):
        self._create_allocation("checked_in", student=self.student, bed=self.foreign.bed_ids[:1])
        later = self._create_term(date_from="2031-06-02", date_to="2031-06-20")
        wizard = (
            self.env["hostel.bed.assign"]
            .with_user(self.users["warden"])
            .create(
                {
                    "student_id": self.student.id,
                    "term_id": later.id,
                    "hostel_id": self.home.id,
                    "bed_id": self.bed.id,
                }
            )
        )
        # The same answer as for a student who does not exist.
        self.assertRefused("STUDENT_NOT_FOUND", wizard.action_assign)
