from odoo.tests import new_test_user, tagged

from odoo.addons.hostel_base.errors import HostelError

from .common import BookingCase


@tagged("post_install", "-at_install")
class TestCounter(BookingCase):
    """A warden at the map gives, closes and opens beds."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: new_test_user(
                cls.env, f"{role}.counter", groups=f"hostel_base.group_hostel_{role}"
            )
            for role in ("warden", "supervisor", "floor_incharge", "finance", "admin")
        }
        for role in ("warden", "supervisor", "floor_incharge"):
            cls.env["hostel.staff"].create(
                {
                    "user_id": cls.users[role].id,
                    "hostel_id": cls.girls.id,
                    "role": role,
                    "date_from": "2020-01-01",
                    "floor_ids": [(6, 0, cls.girls.floor_ids.ids)],
                }
            )

    def counter(self, role="warden"):
        return self.env["hostel.booking.counter"].with_user(self.users.get(role) or role)

    def assertRefused(self, code, call, *args):
        with self.assertRaises(HostelError) as caught:
            call(*args)
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    def _allocate(self, index=0, number="T-asha", role="warden"):
        return self.counter(role)._allocate(self.map.key, index, number, "Walk-in")

    def test_rights_are_told_to_the_map(self):
        def rights(role, hostel):
            return self.counter(role)._get_rights(hostel)

        self.assertEqual(rights("warden", self.girls), {"allocate": True, "close": True})
        self.assertIsNone(rights("warden", self.boys))
        self.assertEqual(rights("admin", self.boys), {"allocate": True, "close": True})
        for role in ("supervisor", "floor_incharge", "finance", self.asha_user):
            self.assertIsNone(rights(role, self.girls), role)

    def test_a_walk_in_gets_a_free_bed_and_the_map_shows_it(self):
        result = self._allocate()
        row = self.env["hostel.allocation"].browse(result["id"])
        self.assertEqual((row.student_id, row.state), (self.asha, "awaiting_approval"))
        self.assertEqual((row.term_id, row.reason), (self.term, "Walk-in"))
        self.drain()
        self.assertEqual(self.states()[0], "3")

    def test_others_can_not_use_the_counter(self):
        for role in ("supervisor", "floor_incharge", "finance", self.asha_user, self.stranger):
            self.assertRefused("NOT_FOUND", self._allocate, 0, "T-bina", role)
            self.assertRefused("NOT_FOUND", self.counter(role)._get_bed, self.map.key, 0)
            self.assertRefused(
                "NOT_FOUND", self.counter(role)._find_students, self.map.key, 0, "T-bina"
            )
            self.assertRefused("NOT_FOUND", self.counter(role)._reopen, self.map.key, 0)

    def test_another_wardens_bed_looks_missing(self):
        foreign = self.counter()
        self.assertRefused("NOT_FOUND", foreign._get_bed, self.boys_map.key, 0)
        self.assertRefused(
            "NOT_FOUND", foreign._allocate, self.boys_map.key, 0, "T-chand", "Walk-in"
        )
        day = self.term.date_from
        self.assertRefused(
            "NOT_FOUND", foreign._close, self.boys_map.key, 0, day, self.term.date_to, "repair", "x"
        )

    def test_a_bed_that_a_student_holds_stays_theirs(self):
        self.desk(self.bina_user)._hold(self.map.key, 0)
        refused = self.assertRefused("BED_HELD", self._allocate)
        self.assertGreater(refused.details["hold_ms_left"], 0)
        self.assertGreater(self.counter()._get_bed(self.map.key, 0)["hold_ms_left"], 0)
        # Whoever holds it and walks in gets it.
        self._allocate(number="T-bina")
        self.drain()
        self.assertEqual(self.states()[0], "3")
        self.assertIsNone(self.locks.get_hold(self.round.key, self.bina.id))

    def test_refusals_are_told_before_the_button_is_pressed(self):
        [found] = self.counter()._find_students(self.map.key, 0, "T-chand")
        self.assertIn("others", found["refusal"])
        [found] = self.counter()._find_students(self.map.key, 0, "T-asha")
        self.assertEqual((found["number"], found["refusal"]), ("T-asha", ""))
        self.assertFalse(found["cleared"])
        self._allocate()
        [found] = self.counter()._find_students(self.map.key, 1, "T-asha")
        self.assertIn("101", found["refusal"])
        self.assertRefused("GENDER_MISMATCH", self._allocate, 1, "T-chand")
        self.assertRefused("STUDENT_NOT_FOUND", self._allocate, 1, "T-nobody")
        self.assertRefused("BED_TAKEN", self._allocate, 0, "T-bina")

    def test_a_number_that_nobody_has_finds_nobody(self):
        self.assertEqual(self.counter()._find_students(self.map.key, 0, "T-nobody"), [])
        self.assertEqual(self.counter()._find_students(self.map.key, 0, "T"), [])

    def test_a_bed_is_closed_and_opened(self):
        day, until = self.term.date_from, self.term.date_to
        self.counter()._close(self.map.key, 0, day, until, "repair", "Broken frame")
        self.drain()
        self.assertEqual(self.states()[0], "4")
        seen = self.counter()._get_bed(self.map.key, 0)
        self.assertEqual((seen["reason"], seen["can_open"]), ("Broken frame", True))
        self.assertEqual(seen["when"], "5 Jan 2031 – 30 May 2031")
        self.assertRefused("ROOM_NOT_AVAILABLE", self._allocate)
        self.counter()._reopen(self.map.key, 0)
        self.drain()
        self.assertEqual(self.states()[0], "0")
        self.assertRefused("NOT_CLOSED", self.counter()._reopen, self.map.key, 0)

    def test_a_held_bed_is_not_closed(self):
        self.desk(self.bina_user)._hold(self.map.key, 0)
        self.assertRefused(
            "BED_HELD",
            self.counter()._close,
            self.map.key,
            0,
            self.term.date_from,
            self.term.date_to,
            "repair",
            "x",
        )
