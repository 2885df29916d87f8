import json
from datetime import timedelta

from odoo.tests import HttpCase, TransactionCase, new_test_user

from odoo.addons.hostel_base.tests.common import give_consent

from ..locks import get_locks
from ..tools.round_card import find_window_door

TERM_FROM, TERM_TO = "2031-01-05", "2031-05-30"


class CampusMixin:
    """A girls' and a boys' hostel with one floor each, open for booking."""

    @classmethod
    def setUpCampus(cls):
        # Nobody is invited by mail.
        env = cls.env = cls.env(context={**cls.env.context, "no_reset_password": True})
        # Rounds of the database's own would be the ones that students see first.
        env["hostel.booking.round"].search([]).state = "closed"
        year = env["hostel.academic.year"].create(
            {"name": "Test 2030–31", "date_from": "2030-07-01", "date_to": "2031-07-01"}
        )
        cls.term = env["hostel.term"].create(
            {
                "name": "Test term",
                "code": "T2031",
                "year_id": year.id,
                "date_from": TERM_FROM,
                "date_to": TERM_TO,
            }
        )
        cls.room_type = env["hostel.room.type"].create(
            {"name": "Test twin", "code": "TT2", "sharing": 2, "base_fee": 42000}
        )
        cls.girls = cls._create_hostel("Test Kaveri", "TKAV", "girls")
        cls.boys = cls._create_hostel("Test Godavari", "TGOD", "boys")
        cls.round = env["hostel.booking.round"].create({"term_id": cls.term.id})
        now = env.cr.now()
        cls.window = env["hostel.booking.window"].create(
            {
                "name": "Everyone",
                "round_id": cls.round.id,
                "hostel_ids": [(6, 0, (cls.girls | cls.boys).ids)],
                "opens_at": now - timedelta(hours=1),
                "closes_at": now + timedelta(days=1),
            }
        )
        cls.round.action_open()
        cls.map = cls.round.map_ids.filtered(lambda m: m.hostel_id == cls.girls)
        cls.boys_map = cls.round.map_ids.filtered(lambda m: m.hostel_id == cls.boys)
        cls.asha, cls.asha_user = cls._create_student("asha", "female")
        cls.bina, cls.bina_user = cls._create_student("bina", "female")
        cls.chand, cls.chand_user = cls._create_student("chand", "male")
        cls.stranger = new_test_user(env, "stranger.portal", groups="base.group_portal")

    @classmethod
    def _create_hostel(cls, name, code, gender_type, rooms=4):
        hostel = cls.env["hostel.hostel"].create(
            {"name": name, "code": code, "gender_type": gender_type}
        )
        floor = cls.env["hostel.floor"].create({"name": "1", "number": 1, "hostel_id": hostel.id})
        for number in range(101, 101 + rooms):
            room = cls.env["hostel.room"].create(
                {"name": str(number), "floor_id": floor.id, "room_type_id": cls.room_type.id}
            )
            cls.env["hostel.bed"].create(
                [{"room_id": room.id, "label": label} for label in ("A", "B")]
            )
        cls.env.invalidate_all()
        return hostel

    @classmethod
    def _create_student(cls, login, gender, **overrides):
        student = cls.env["hostel.student"].create(
            {
                "name": login.title(),
                "roll_number": f"T-{login}",
                "gender": gender,
                "year_of_study": 2,
                **overrides,
            }
        )
        user = new_test_user(
            cls.env,
            f"{login}.test",
            groups="hostel_base.group_hostel_student",
            partner_id=student.partner_id.id,
        )
        give_consent(student)
        return student, user

    # Redis ---------------------------------------------------------------

    @classmethod
    def setUpLocks(cls):
        cls.locks = get_locks(cls.env.cr.dbname)

    def load_maps(self):
        """Load the round into Redis, as the hook after a commit does."""
        self.env.flush_all()
        self.round._load(self.locks)

    def forget_maps(self):
        for pattern in (f"{{{self.round.key}}}:*", "mutex:*", "rate:*"):
            for name in self.locks.client.scan_iter(f"hostel:{self.env.cr.dbname}:{pattern}"):
                self.locks.client.delete(name)
        for key in self.round.map_ids.mapped("key"):
            self.locks.client.delete(self.locks._map_name(key))

    def states(self, floor_map=None):
        floor_map = floor_map or self.map
        return self.locks.read_floor(self.round.key, floor_map.floor_id.id).states

    def desk(self, user):
        return self.env["hostel.booking.desk"].with_user(user)

    def door(self, student, window=None):
        """The door of a student as the window's record has it; None if it takes no holds."""
        window = window or self.window
        opening = window._get_opening(student)
        if not window._takes_holds():
            return None
        return find_window_door(opening, window.opens_at, window.closes_at, window.hold_minutes)

    def drain(self):
        """Bring the outbox to the map, as the hook after a commit does."""
        self.env.flush_all()
        return self.env["hostel.booking.outbox"]._drain()


class BookingCase(CampusMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpCampus()
        cls.setUpLocks()

    def setUp(self):
        super().setUp()
        # The keeper and the outbox work in cursors of their own.
        self.registry_enter_test_mode()
        self.load_maps()
        self.addCleanup(self.forget_maps)


class BookingHttpCase(CampusMixin, HttpCase):
    """The routes of the live map, asked as a browser asks them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpCampus()
        cls.setUpLocks()

    def setUp(self):
        super().setUp()
        self.load_maps()
        self.addCleanup(self.forget_maps)

    def _post(self, path, body, **headers):
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        headers = {"Content-Type": "application/json", **headers}
        return self.url_open(f"/hostel/booking/{path}", data=data, headers=headers)

    def assertCoded(self, response, status, code):
        """:return: the answer, which is a refusal with this code"""
        self.assertEqual(response.status_code, status, response.text[:500])
        answer = response.json()
        self.assertEqual((answer["success"], answer["code"]), (False, code))
        self.assertTrue(answer["error"])
        self.assertNotIn("Traceback", response.text)
        return answer
