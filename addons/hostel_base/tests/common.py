"""A college for tests: two girls' hostels, one mixed one, and a person in every role."""

from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.tests import TransactionCase, new_test_user

from ..errors import HostelError

TERM_FROM, TERM_TO = date(2031, 1, 4), date(2031, 6, 1)
# No trace of what a test prepares, no invitation for the users it makes.
QUIET = {"tracking_disable": True, "no_reset_password": True}
STAFF_ROLES = ["warden", "supervisor", "floor_incharge", "guard", "mess_manager"]


ADULT_BIRTHDATE = "2000-01-01"


def give_consent(student, optional=()):
    """Let a student of age agree to the notice in force, as the portal does.

    Without it every personal page leads to the privacy notice.
    """
    student = student.sudo()
    if not student.birthdate:
        student.birthdate = ADULT_BIRTHDATE
    return student._give_consent(student.partner_id, "portal", optional=optional)


class HostelMixin:
    """Factories, and one named person per role.

    ``home`` is the hostel where the staff serve, ``foreign`` the one where they don't.
    Both have two floors of two rooms with two beds.
    """

    @classmethod
    def setUpHostels(cls):
        cls.env = cls.env(context={**cls.env.context, **QUIET})
        cls.year = cls.env["hostel.academic.year"].create(
            {"name": "Test 2030–31", "date_from": "2030-07-01", "date_to": "2031-07-01"}
        )
        cls.term = cls._create_term()
        cls.twin = cls.env["hostel.room.type"].create(
            {"name": "Test twin", "code": "TEST2", "sharing": 2, "base_fee": 42000}
        )
        cls.home = cls._create_hostel(name="Home", floors=2, rooms=2)
        cls.foreign = cls._create_hostel(name="Foreign", floors=2, rooms=2)
        cls.bed, cls.other_bed = cls.home.bed_ids[:2]

    @classmethod
    def setUpPeople(cls):
        """Users in every role; staff serve in ``home``, the floor in-charge on its first floor."""
        cls.student = cls._create_student(name="Asha Test")
        cls.guardian = cls.env["hostel.guardian"].create(
            {
                "student_id": cls.student.id,
                "partner_id": cls.env["res.partner"].create({"name": "Parent Test"}).id,
            }
        )
        groups = {
            role: f"hostel_base.group_hostel_{role}"
            for role in ("admin", "finance", *STAFF_ROLES, "student", "guardian")
        }
        groups |= {"internal": "base.group_user", "portal": "base.group_portal"}
        partners = {"student": cls.student.partner_id, "guardian": cls.guardian.partner_id}
        cls.users = cls._create_users(groups, partners)
        cls.env["hostel.staff"].create(
            [cls._get_post(cls.users[role], cls.home, role) for role in STAFF_ROLES]
        )
        cls.users["public"] = cls.env.ref("base.public_user")

    @classmethod
    def _next(cls):
        HostelMixin._counter = getattr(HostelMixin, "_counter", 0) + 1
        return HostelMixin._counter

    @classmethod
    def _create_users(cls, groups, partners):
        """One user for each role, all in one call: each call for itself takes six times as long.

        :param dict groups: external id by role
        :param dict partners: of those who have one already
        """
        users = cls.env["res.users"].create(
            [
                {
                    "login": f"{role}.base.test",
                    "name": f"{role}.base.test ({group})",
                    "password": f"{role}.base.test",
                    "email": f"{role[0]}.{role[0]}@example.com",
                    "group_ids": [Command.set(cls.env.ref(group).ids)],
                }
                | ({"partner_id": partners[role].id} if role in partners else {})
                for role, group in groups.items()
            ]
        )
        return dict(zip(groups, users, strict=True))

    @classmethod
    def _create_user(cls, role, groups, **overrides):
        return new_test_user(cls.env, f"{role}.base.test", groups=groups, **overrides)

    @classmethod
    def _create_post(cls, user, hostel, role, **overrides):
        return cls.env["hostel.staff"].create(cls._get_post(user, hostel, role, **overrides))

    @staticmethod
    def _get_post(user, hostel, role, **overrides):
        return {
            "user_id": user.id,
            "hostel_id": hostel.id,
            "role": role,
            "floor_ids": [Command.set(hostel.floor_ids[:1].ids)],
            "date_from": "2020-01-01",
            **overrides,
        }

    @classmethod
    def _create_term(cls, **overrides):
        return cls.env["hostel.term"].create(
            {
                "name": "Test term",
                "code": f"TEST{cls._next()}",
                "year_id": cls.year.id,
                "date_from": TERM_FROM,
                "date_to": TERM_TO,
                **overrides,
            }
        )

    @classmethod
    def _create_hostel(cls, floors=0, rooms=0, **overrides):
        """A hostel, with so many floors of so many twin rooms."""
        number = cls._next()
        hostel = cls.env["hostel.hostel"].create(
            {
                "name": f"Hostel {number}",
                "code": f"TEST{number}",
                "gender_type": "girls",
                **overrides,
            }
        )
        for storey in range(floors):
            floor = cls._create_floor(hostel, storey)
            for door in range(rooms):
                room = cls._create_room(floor, name=f"{storey}{door:02d}")
                for label in "AB":
                    cls._create_bed(room, label=label)
        cls.env.invalidate_all()
        return hostel

    @classmethod
    def _create_floor(cls, hostel, number=0, **overrides):
        return cls.env["hostel.floor"].create(
            {"name": str(number), "number": number, "hostel_id": hostel.id, **overrides}
        )

    @classmethod
    def _create_room(cls, floor, **overrides):
        return cls.env["hostel.room"].create(
            {
                "name": f"R{cls._next()}",
                "floor_id": floor.id,
                "room_type_id": cls.twin.id,
                **overrides,
            }
        )

    @classmethod
    def _create_bed(cls, room, **overrides):
        return cls.env["hostel.bed"].create({"room_id": room.id, "label": "A", **overrides})

    @classmethod
    def _create_student(cls, consent=True, **overrides):
        """A student of age who has agreed to the privacy notice, unless told otherwise."""
        number = cls._next()
        student = cls.env["hostel.student"].create(
            {
                "name": f"Student {number}",
                "roll_number": f"TEST-{number}",
                "gender": "female",
                **overrides,
            }
        )
        if consent:
            give_consent(student)
        return student

    @classmethod
    def _create_allocation(cls, state="paying", **overrides):
        """A row in any state, written straight into the table."""
        bed = overrides.pop("bed", cls.bed)
        student = overrides.pop("student", None)
        if student is None and state != "blocked":
            student = cls._create_student(gender=bed.room_id.gender)
        row = cls.env["hostel.allocation"].create(
            {
                "bed_id": bed.id,
                "student_id": student.id if student else False,
                "gender": student.gender if student else False,
                "is_block": not student,
                "term_id": cls.term.id,
                "date_from": cls.term.date_from,
                "date_to": cls.term.date_to,
                "state": state,
                "fence": cls.env["hostel.allocation"]._next_fence(),
                **overrides,
            }
        )
        row.flush_recordset()
        return row


class HostelCase(HostelMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpHostels()
        cls.Allocation = cls.env["hostel.allocation"]

    def assertRefused(self, code, call, *args, **kwargs):
        """Check that a call is refused with a code; returns the refusal."""
        with self.assertRaises(HostelError) as caught:
            call(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)
        self.assertTrue(str(caught.exception))
        return caught.exception

    def _reserve(self, bed=None, student=None, state="paying", **kwargs):
        return self.Allocation._reserve(
            bed or self.bed, student or self._create_student(), self.term, state, **kwargs
        )

    def _say(self, status):
        """Let the payer's side say something about every unpaid row."""
        patcher = patch.object(
            self.registry["hostel.allocation"], "_ask_payment_status", lambda row: status
        )
        patcher.start()
        self.addCleanup(patcher.stop)
