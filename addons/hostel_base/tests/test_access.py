"""Record rules, each with its refused twin, and what nobody may write over RPC."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .access_matrix import ACCESS, ROLES
from .common import HostelCase
from .record_rules import RecordRulesMixin, WorldMixin

# Who sees which of the named records, by hand. Roles that are missing can't read the model.
HOME_ROWS = {"asha", "upstairs"}
ALL_ROWS = {"asha", "upstairs", "outsider", "nowhere"}
VISIBLE = {
    "hostel.hostel": {
        "admin": {"home", "foreign"},
        "warden": {"home"},
        "supervisor": {"home"},
        "floor_incharge": {"home"},
        "guard": {"home"},
        "mess_manager": {"home"},
        "finance": {"home", "foreign"},
        "student": {"home", "foreign"},
        "guardian": {"home", "foreign"},
    },
    **{
        model: {
            "admin": {"ground", "first", "abroad"},
            "warden": {"ground", "first"},
            "supervisor": {"ground", "first"},
            "floor_incharge": {"ground"},
            "finance": {"ground", "first", "abroad"},
        }
        for model in ("hostel.floor", "hostel.room", "hostel.bed")
    },
    "hostel.student": {
        "admin": ALL_ROWS,
        "warden": HOME_ROWS,
        "supervisor": HOME_ROWS,
        "floor_incharge": {"asha"},
        "finance": ALL_ROWS,
        "student": {"asha"},
        "guardian": {"asha"},
    },
    "hostel.guardian": {
        "admin": ALL_ROWS,
        "warden": HOME_ROWS,
        "supervisor": HOME_ROWS,
        "floor_incharge": {"asha"},
        "finance": ALL_ROWS,
        "student": {"asha"},
        "guardian": {"asha"},
    },
    "hostel.clearance": {
        "admin": ALL_ROWS,
        "warden": HOME_ROWS,
        "supervisor": HOME_ROWS,
        "finance": ALL_ROWS,
        "student": {"asha"},
    },
    "hostel.staff": {
        "admin": {"warden", "supervisor", "floor_incharge", "guard", "mess_manager", "stranger"},
        "warden": {"warden", "supervisor", "floor_incharge", "guard", "mess_manager"},
        "supervisor": {"warden", "supervisor", "floor_incharge", "guard", "mess_manager"},
        "floor_incharge": {"floor_incharge"},
        "guard": {"guard"},
        "mess_manager": {"mess_manager"},
    },
    "hostel.allocation": {
        "admin": ALL_ROWS - {"nowhere"},
        "warden": HOME_ROWS,
        "supervisor": HOME_ROWS,
        "floor_incharge": {"asha"},
        "finance": ALL_ROWS - {"nowhere"},
        "student": {"asha"},
        "guardian": {"asha"},
    },
    # Students are contacts: hidden from all but those who look after them.
    "res.partner": {
        "admin": {*ALL_ROWS, "archived", "company"},
        "warden": {*HOME_ROWS, "company"},
        "supervisor": {*HOME_ROWS, "company"},
        "floor_incharge": {"asha", "company"},
        "guard": {"company"},
        "mess_manager": {"company"},
        "finance": {*ALL_ROWS, "archived", "company"},
        "student": {"asha"},
        "guardian": {"asha"},
        "internal": {"company"},
        "portal": set(),
        "public": set(),
    },
}


class AccessCase(WorldMixin, HostelCase):
    """Asha lives on the ground floor of ``home``, where the floor in-charge serves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        ground, first = cls.home.floor_ids
        abroad = cls.foreign.floor_ids[0]
        floors = {"ground": ground, "first": first, "abroad": abroad}
        students = {
            "asha": cls.student,
            "upstairs": cls._create_student(),
            "outsider": cls._create_student(),
            "nowhere": cls._create_student(),
        }
        archived = cls._create_student(active=False)
        rows = {
            name: cls._create_allocation("allocated", student=students[name], bed=floor.bed_ids[0])
            for name, floor in zip(students, floors.values(), strict=False)
        }
        guardians = {"asha": cls.guardian}
        for name in ("upstairs", "outsider", "nowhere"):
            guardians[name] = cls.env["hostel.guardian"].create(
                {
                    "student_id": students[name].id,
                    "partner_id": cls.env["res.partner"].create({"name": f"Parent {name}"}).id,
                }
            )
        clearances = {
            name: cls.env["hostel.clearance"].create(
                {"student_id": student.id, "term_id": cls.term.id}
            )
            for name, student in students.items()
        }
        posts = {post.role: post for post in cls.home.staff_ids}
        cls.stranger = cls._create_user("stranger", "hostel_base.group_hostel_warden")
        posts["stranger"] = cls._create_post(cls.stranger, cls.foreign, "warden")
        cls.world = {
            "hostel.hostel": {"home": cls.home, "foreign": cls.foreign},
            "hostel.floor": floors,
            "hostel.room": {name: floor.room_ids[0] for name, floor in floors.items()},
            "hostel.bed": {name: floor.bed_ids[0] for name, floor in floors.items()},
            "hostel.student": students,
            "hostel.guardian": guardians,
            "hostel.clearance": clearances,
            "hostel.staff": posts,
            "hostel.allocation": rows,
            "res.partner": {
                **{name: student.partner_id for name, student in students.items()},
                "archived": archived.partner_id,
                "company": cls.env["res.partner"].create({"name": "Grocer Test"}),
            },
        }
        cls.env.flush_all()
        cls.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestRecordRules(RecordRulesMixin, AccessCase):
    visible = VISIBLE
    access = ACCESS

    def test_a_student_who_left_the_list_stays_hidden(self):
        partner = self.world["res.partner"]["archived"]
        for role in ("warden", "guard", "internal", "portal"):
            with self.subTest(role=role):
                self.assertFalse(partner.with_user(self.users[role]).has_access("read"))

    def test_phones_do_not_leak_through_a_search(self):
        for student in self.world["hostel.student"].values():
            student.phone = "+91 00000 00042"
        Partner = self.env["res.partner"]
        for role in ("guard", "mess_manager", "internal"):
            with self.subTest(role=role):
                found = Partner.with_user(self.users[role]).search([("phone", "=like", "%00042")])
                self.assertFalse(found)
        found = Partner.with_user(self.users["warden"]).search([("phone", "=like", "%00042")])
        self.assertEqual(len(found), 2)


@tagged("post_install", "-at_install")
class TestPosts(AccessCase):
    """A post opens a hostel from its first day to its last, and only for its role."""

    def _sees_home(self, person, **vals):
        self.world["hostel.staff"][person].write(vals)
        self.env.flush_all()
        return bool(self._see("hostel.allocation", self.users[person]))

    def test_a_post_that_ended(self):
        self.assertTrue(self._sees_home("warden"))
        self.assertFalse(self._sees_home("warden", date_to=self.env.cr.now().date()))

    def test_a_post_that_has_not_begun(self):
        today = self.env.cr.now().date()
        self.assertFalse(self._sees_home("supervisor", date_from=today + timedelta(days=365)))

    def test_a_post_of_another_role_opens_nothing(self):
        self.assertFalse(self._sees_home("warden", role="guard"))

    def test_another_floor(self):
        self.assertEqual(self._see("hostel.student", self.users["floor_incharge"]), {"asha"})
        upper = self.home.floor_ids[1]
        self.world["hostel.staff"]["floor_incharge"].floor_ids = upper
        self.env.flush_all()
        self.assertEqual(self._see("hostel.student", self.users["floor_incharge"]), {"upstairs"})

    def test_the_warden_of_the_other_hostel(self):
        self.assertEqual(self._see("hostel.student", self.stranger), {"outsider"})
        self.assertEqual(self._see("res.partner", self.stranger), {"outsider", "company"})


@tagged("post_install", "-at_install")
class TestRpc(AccessCase):
    """What the server takes from a client, whatever the screens show."""

    # Fields of an allocation that a warden may write: all others change by transitions only.
    WRITABLE = {"reason"}
    MAIL = ("message_", "activity_", "my_activity_", "website_message_", "has_message")

    def _call(self, user, records, method, *args, **kwargs):
        return call_kw(records.with_user(user).browse(), method, [records.ids, *args], kwargs)

    def test_a_warden_writes_no_field_of_a_transition(self):
        row = self.world["hostel.allocation"]["asha"]
        warden = self.users["warden"]
        tried = 0
        for name, field in row._fields.items():
            if not field.store or name in self.WRITABLE or name.startswith(self.MAIL):
                continue
            if name in ("id", "create_uid", "create_date", "write_uid", "write_date"):
                continue
            value = field.convert_to_write(row[name], row)
            if field.type in ("one2many", "many2many"):
                continue
            tried += 1
            with self.subTest(field=name), self.assertRaises(AccessError):
                self._call(warden, row, "write", {name: value})
        self.assertGreater(tried, 20)

    def test_a_warden_writes_the_reason(self):
        row = self.world["hostel.allocation"]["asha"]
        self._call(self.users["warden"], row, "write", {"reason": "Wheelchair"})
        self.assertEqual(row.reason, "Wheelchair")

    def test_nobody_creates_or_deletes_an_allocation(self):
        row = self.world["hostel.allocation"]["asha"]
        vals = {
            "bed_id": self.home.bed_ids[-1].id,
            "student_id": self.world["hostel.student"]["nowhere"].id,
            "date_from": "2031-02-01",
            "date_to": "2031-03-01",
            "state": "allocated",
        }
        for role in ROLES:
            user = self.users[role]
            with self.subTest(role=role):
                with self.assertRaises(AccessError):
                    call_kw(row.with_user(user).browse(), "create", [vals], {})
                with self.assertRaises(UserError):
                    self._call(user, row, "unlink")
        self.assertTrue(row.exists())

    def test_private_methods_are_not_for_clients(self):
        row = self.world["hostel.allocation"]["asha"]
        for method in ("_transition", "_reserve", "_payment_received", "_apply_approval"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self._call(self.users["admin"], row, method, "cancelled")

    def test_buttons_are_for_those_who_may_write(self):
        row = self.world["hostel.allocation"]["asha"]
        before = (row.state, row.fence)
        actions = [name for name in dir(type(row)) if name.startswith("action_")]
        changing = [
            "action_approve",
            "action_withdraw_approval",
            "action_reject",
            "action_give_other_bed",
            "action_refund_due",
            "action_vacate",
            "action_withdraw_notice",
            "action_transfer",
            "action_cancel_move",
            "action_reopen",
            "action_cancel",
        ]
        at_the_desk = ["action_check_in", "action_check_out", "action_leave_for_break"]
        self.assertLessEqual(set(changing), set(actions))
        readers = [role for role in ROLES if "w" not in ACCESS["hostel.allocation"][role]]
        users = {role: self.users[role] for role in readers} | {"stranger": self.stranger}
        for method in changing:
            for role, user in users.items():
                with self.subTest(method=method, role=role), self.assertRaises(AccessError):
                    self._call(user, row, method)
        for method in at_the_desk:
            for role, user in users.items():
                if role == "supervisor":
                    continue
                with self.subTest(method=method, role=role), self.assertRaises(AccessError):
                    self._call(user, row, method)
        self.assertEqual((row.state, row.fence), before)

    def test_the_desk_is_the_supervisors_and_the_wardens(self):
        for role in ("supervisor", "warden", "admin"):
            row = self.world["hostel.allocation"]["asha"]
            with (
                self.subTest(role=role),
                freeze_time(row.date_from),
                self.env.cr.savepoint() as savepoint,
            ):
                self._call(self.users[role], row, "action_check_in")
                self.assertEqual(row.state, "checked_in")
                self.assertEqual(row.check_ids.checked_in_by_id, self.users[role])
                savepoint.rollback()

    def _close(self, user, rooms):
        wizard = self.env["hostel.room.close"].with_user(user)
        return wizard.create(
            {
                "room_ids": [Command.set(rooms.ids)],
                "date_from": "2031-02-01",
                "date_to": "2031-03-01",
                "reason": "Paint",
            }
        ).action_close()

    def test_rooms_are_closed_and_opened_by_wardens(self):
        room = self.home.room_ids[1]
        for user in (self.users["supervisor"], self.users["finance"]):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._close(user, room)
        self.assertRefused("NOT_FOUND", self._close, self.stranger, room)
        self.assertFalse(room.bed_ids.allocation_ids)
        self._close(self.users["warden"], room)
        blocks = room.bed_ids.allocation_ids
        self.assertEqual(blocks.mapped("state"), ["blocked", "blocked"])
        users = [self.users[role] for role in ("supervisor", "floor_incharge", "finance")]
        for user in (self.stranger, *users):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._call(user, room, "action_reopen")
        self.assertEqual(blocks.mapped("state"), ["blocked", "blocked"])
        self._call(self.users["warden"], room, "action_reopen")
        self.assertEqual(blocks.mapped("state"), ["cancelled", "cancelled"])

    def test_beds_are_given_by_the_warden_of_the_hostel(self):
        foreign = self.foreign.bed_ids[-1]
        wizard = self.env["hostel.bed.assign"].with_user(self.users["warden"])
        vals = {
            "student_id": self.world["hostel.student"]["nowhere"].id,
            "term_id": self.term.id,
        }
        self.assertRefused(
            "NOT_FOUND", wizard.create, {**vals, "hostel_id": self.foreign.id, "bed_id": foreign.id}
        )
        own = self.home.bed_ids[-1]
        action = wizard.create(
            {**vals, "hostel_id": self.home.id, "bed_id": own.id}
        ).action_assign()
        row = self.env["hostel.allocation"].browse(action["res_id"])
        self.assertEqual((row.bed_id, row.state), (own, "awaiting_approval"))
