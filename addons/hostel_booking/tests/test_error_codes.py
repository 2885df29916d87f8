"""The refusals of the documents and of later addons, through the doors by which people come."""

import json
from datetime import timedelta
from unittest.mock import patch

from odoo import http
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError

from .common import BookingCase, BookingHttpCase, CampusMixin
from .test_keep import KeepMixin

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


@tagged("post_install", "-at_install")
class TestErrorCodesOfRoutes(BookingHttpCase):
    """Each code of the documents as a program gets it."""

    def setUp(self):
        super().setUp()
        self.authenticate("asha.test", "asha.test")

    def post(self, path, **body):
        return self._post(path, body)

    def hold(self, index=0):
        return self.post("hold", key=self.map.key, i=index)

    def held(self, index=0):
        """Token of a hold."""
        response = self.hold(index)
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()["hold"]["token"]

    def pay(self, token):
        with mute_logger("odoo.sql_db"):
            return self.post("pay", token=token)

    def assertCoded(self, response, status, code):
        return super().assertCoded(response, status, code)["details"]

    def reload(self):
        """The windows changed: Redis hears of it after the commit, which a test has not."""
        self.env.flush_all()
        self.locks.set_doors_version(self.round.key, self.round.doors_version)

    def give(self, student, place):
        bed = self.girls.bed_ids.sorted("map_index")[place]
        row = self.env["hostel.allocation"]._reserve(bed, student, self.term, "awaiting_approval")
        self.env.flush_all()
        return row

    def refuse(self, hook, code):
        def raise_it(_rows, *_args):
            raise HostelError(code, "Not yet.", 403, {"way_out": 1})

        return patch.object(self.registry["hostel.allocation"], hook, raise_it)

    def test_a_program_that_knows_no_id_begins_with_the_hostels(self):
        answer = self.url_open("/hostel/booking/hostels").json()
        self.assertEqual(answer["round"]["id"], self.round.id)
        found = {hostel["id"]: hostel for hostel in answer["hostels"]}
        self.assertEqual(found.keys(), {self.girls.id, self.boys.id})
        mine, other = found[self.girls.id], found[self.boys.id]
        self.assertEqual((mine["eligible"], mine["free"], mine["total"]), (True, 8, 8))
        self.assertFalse(other["eligible"])
        self.assertCoded(self.url_open("/hostel/booking/hostels?round_id=x"), 400, "BAD_REQUEST")
        self.round.state = "closed"
        self.env.flush_all()
        self.assertCoded(self.url_open("/hostel/booking/hostels"), 404, "NO_ROUND")
        self.authenticate("stranger.portal", "stranger.portal")
        self.assertCoded(self.url_open("/hostel/booking/hostels"), 404, "NOT_FOUND")

    def test_bed_taken_at_the_hold_and_at_pay(self):
        token = self.held()
        self.give(self.bina, 0)
        self.assertCoded(self.pay(token), 409, "BED_TAKEN")
        self.post("release", token=token)
        _esha, user = self._create_student("esha", "female")
        self.desk(user)._hold(self.map.key, 2)
        details = self.assertCoded(self.hold(2), 409, "BED_TAKEN")
        self.assertTrue(details["next"])

    def test_duplicate_entry_for_who_has_this_very_bed(self):
        token = self.held()
        self.give(self.asha, 0)
        self.assertCoded(self.pay(token), 409, "DUPLICATE_ENTRY")

    def test_invalid_allocation_for_who_has_another_bed(self):
        token = self.held()
        self.give(self.asha, 1)
        self.assertCoded(self.pay(token), 409, "INVALID_ALLOCATION")

    def test_room_not_available_for_a_closed_bed(self):
        bed = self.girls.bed_ids.sorted("map_index")[0]
        token = self.held()
        self.env["hostel.allocation"]._block(
            bed, self.term.date_from, self.term.date_to, "A leak", "repair"
        )
        self.env.flush_all()
        self.assertCoded(self.pay(token), 409, "ROOM_NOT_AVAILABLE")
        self.post("release", token=token)
        self.drain()
        self.assertCoded(self.hold(), 409, "ROOM_NOT_AVAILABLE")

    def test_what_later_addons_refuse(self):
        token = self.held()
        for hook, code in (
            ("_check_room_ready", "PRE_ALLOCATION_INSPECTION_PENDING"),
            ("_check_student_may_live", "VIOLATION_UNRESOLVED"),
            ("_check_student_may_live", "OUTSTANDING_FEES"),
        ):
            with self.subTest(code=code), self.refuse(hook, code):
                details = self.assertCoded(self.pay(token), 403, code)
                self.assertEqual(details, {"way_out": 1})
        self.post("release", token=token)
        for code in STUDENT_CODES:
            self.locks.drop_eligibility(self.round.key, self.asha.ids)
            with self.subTest(code=code), self.refuse("_check_student_may_live", code):
                self.assertCoded(self.hold(), 403, code)

    def test_outstanding_fees_where_the_window_asks_for_them(self):
        self.window.needs_clearance = True
        self.reload()
        details = self.assertCoded(self.hold(), 403, "OUTSTANDING_FEES")
        self.assertEqual(details["reasons"], ["OUTSTANDING_FEES"])

    def test_hold_expired(self):
        token = self.held()
        self.assertEqual(self.post("release", token=token).status_code, 200)
        for act in ("release", "extend", "pay"):
            with self.subTest(act=act):
                self.assertCoded(self.post(act, token=token), 410, "HOLD_EXPIRED")

    def test_window_closed_and_not_open(self):
        now = self.env.cr.now()
        self.window.write(
            {"opens_at": now - timedelta(days=2), "closes_at": now - timedelta(days=1)}
        )
        self.reload()
        self.assertCoded(self.hold(), 403, "WINDOW_CLOSED")
        self.window.write(
            {"opens_at": now + timedelta(days=1), "closes_at": now + timedelta(days=2)}
        )
        self.reload()
        response = self.hold()
        self.assertCoded(response, 403, "NOT_OPEN")
        self.assertGreater(response.json()["details"]["opens_in_ms"], 0)

    def test_not_your_slot(self):
        programme = self.env["hostel.programme"].create({"name": "Test codes", "code": "TCOD"})
        (self.asha | self.bina).programme_id = programme
        self.asha.merit_score, self.bina.merit_score = 5, 9
        self.window.write(
            {
                "programme_ids": [(6, 0, programme.ids)],
                "slot_by": "merit",
                "slot_size": 1,
                "slot_minutes": 120,
            }
        )
        self.window.with_context(queue_job__no_delay=True).action_make_slots()
        self.window.action_publish_slots()
        self.reload()
        details = self.assertCoded(self.hold(), 403, "NOT_YOUR_SLOT")
        self.assertGreater(details["opens_in_ms"], 0)

    def test_too_many_requests(self):
        codes = []
        for _call in range(15):
            response = self.hold(99)
            codes.append(response.json()["code"])
            if codes[-1] == "TOO_MANY_REQUESTS":
                break
        self.assertCoded(response, 429, "TOO_MANY_REQUESTS")
        self.assertGreaterEqual(int(response.headers["Retry-After"]), 1)

    def test_quota_full_at_the_hold_and_at_pay(self):
        token = self.held()
        quota = self.env["hostel.booking.quota"].create(
            {
                "round_id": self.round.id,
                "kind": "cap",
                "seats": 0,
                "group_id": self.env["hostel.booking.group"]
                .create({"kind": "year", "year_of_study": 2})
                .id,
            }
        )
        self.assertTrue(quota)
        self.env.flush_all()
        self.assertCoded(self.pay(token), 409, "QUOTA_FULL")
        self.post("release", token=token)
        self.env["hostel.booking.round"]._keep_maps()
        self.assertEqual(self.assertCoded(self.hold(), 409, "QUOTA_FULL"), {"next": []})

    def test_room_full_in_the_office(self):
        warden = new_test_user(
            self.env, "warden.codes", groups="hostel_base.group_hostel_warden", tz="Asia/Kolkata"
        )
        self.env["hostel.staff"].create(
            {"user_id": warden.id, "hostel_id": self.girls.id, "role": "warden"}
        )
        bed = self.girls.bed_ids.sorted("map_index")[0]
        dialog = (
            self.env["hostel.bed.assign"]
            .with_user(warden)
            .create(
                {
                    "number": self.asha.roll_number,
                    "term_id": self.term.id,
                    "hostel_id": self.girls.id,
                    "bed_id": bed.id,
                }
            )
        )
        self.give(self.bina, 0)
        other, _user = self._create_student("esha", "female")
        self.give(other, 1)
        self.authenticate("warden.codes", "warden.codes")
        with mute_logger("odoo.sql_db", "odoo.http"):
            answer = self.url_open(
                "/web/dataset/call_button/hostel.bed.assign/action_assign",
                data=json.dumps(
                    {
                        "params": {
                            "model": "hostel.bed.assign",
                            "method": "action_assign",
                            "args": [dialog.ids],
                            "kwargs": {},
                        }
                    }
                ),
                headers={"Content-Type": "application/json"},
            ).json()
        self.assertEqual(answer["error"]["data"]["context"]["code"], "ROOM_FULL")


@tagged("post_install", "-at_install")
class TestRoomFullOnThePage(KeepMixin, CampusMixin, HttpCase):
    def test_no_more_friends_than_beds(self):
        self.setUpCampus()
        self.setUpKeep()
        self._create_student("esha", "female")
        self.window.action_offer_keeping()
        self.keep(self.asha_user)._answer(True)
        self.env.flush_all()
        self.authenticate("asha.test", "asha.test")
        page = self.url_open(
            "/my/keep/ask",
            {"csrf_token": http.Request.csrf_token(self), "numbers": "T-bina T-esha"},
        )
        self.assertIn("ROOM_FULL", page.text)
        self.assertFalse(self._row(self.bina))
