"""The refusals of later addons, through the doors by which people come."""

from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.hostel_base.errors import HostelError

from .common import BookingCase

STUDENT_CODES = ("OUTSTANDING_FEES", "VIOLATION_UNRESOLVED")
ROOM_CODES = ("PRE_ALLOCATION_INSPECTION_PENDING", "ROOM_NOT_AVAILABLE")


@tagged("post_install", "-at_install")
class TestErrorCodes(BookingCase):
    def _refuse(self, hook, code):
        def refuse(_rows, *_args):
            raise HostelError(code, "Not yet.", 403, {"way_out": 1})

        return patch.object(self.registry["hostel.allocation"], hook, refuse)

    def assertRefused(self, code, call, *args):
        with self.assertRaises(HostelError) as caught:
            call(*args)
        self.assertEqual(caught.exception.code, code)
        self.assertTrue(str(caught.exception))
        return caught.exception

    def test_a_student_in_the_way_is_told_at_the_hold(self):
        for code in STUDENT_CODES:
            self.asha._drop_eligibility()
            self.locks.drop_eligibility(self.round.key, self.asha.ids)
            with self.subTest(code=code), self._refuse("_check_student_may_live", code):
                refusal = self.assertRefused(code, self.desk(self.asha_user)._hold, self.map.key, 0)
                self.assertEqual(refusal.http_status, 403)
        self.assertEqual(self.states()[0], "0")

    def test_a_refusal_that_comes_after_the_hold_is_told_at_pay(self):
        hold = self.desk(self.asha_user)._hold(self.map.key, 0)
        for hook, codes in (
            ("_check_student_may_live", STUDENT_CODES),
            ("_check_room_ready", ROOM_CODES),
        ):
            for code in codes:
                with self.subTest(code=code), self._refuse(hook, code):
                    refusal = self.assertRefused(
                        code, self.desk(self.asha_user)._pay, hold["token"]
                    )
                    self.assertEqual(refusal.details, {"way_out": 1})
        self.assertTrue(self.desk(self.asha_user)._pay(hold["token"]))

    def test_the_office_is_told_in_its_dialog(self):
        bed = self.girls.bed_ids[0]
        dialog = self.env["hostel.bed.assign"].create(
            {
                "student_id": self.asha.id,
                "term_id": self.term.id,
                "hostel_id": self.girls.id,
                "bed_id": bed.id,
            }
        )
        for hook, codes in (
            ("_check_student_may_live", STUDENT_CODES),
            ("_check_room_ready", ROOM_CODES),
        ):
            for code in codes:
                with self.subTest(code=code), self._refuse(hook, code):
                    self.assertRefused(code, dialog.action_assign)
        self.assertTrue(dialog.action_assign())
