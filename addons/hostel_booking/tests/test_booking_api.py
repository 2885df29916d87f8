import re

from odoo.tests import tagged

from odoo.addons.hostel_base.tests.common import give_consent

from .common import BookingHttpCase


@tagged("post_install", "-at_install")
class TestBookingApi(BookingHttpCase):
    """The routes: bad input gets a coded answer, never a traceback."""

    def test_a_student_holds_and_releases(self):
        self.authenticate("asha.test", "asha.test")
        response = self._post("hold", {"key": self.map.key, "i": 0})
        self.assertEqual(response.status_code, 200, response.text)
        token = response.json()["hold"]["token"]
        self.assertEqual(self.states()[0], "1")
        self.assertTrue(self._post("release", {"token": token}).json()["success"])
        self.assertEqual(self.states()[0], "0")
        self.assertCoded(self._post("release", {"token": token}), 410, "HOLD_EXPIRED")

    def test_the_second_student_is_refused_with_alternatives(self):
        self.locks.client.ping()
        self.desk(self.asha_user)._hold(self.map.key, 0)
        self.authenticate("bina.test", "bina.test")
        answer = self.assertCoded(
            self._post("hold", {"key": self.map.key, "i": 0}), 409, "BED_TAKEN"
        )
        self.assertEqual(answer["details"]["next"][0]["label"], "B")

    def test_bad_bodies_are_refused(self):
        self.authenticate("asha.test", "asha.test")
        for body, status, code in (
            ("{", 400, "BAD_REQUEST"),
            ("[]", 400, "BAD_REQUEST"),
            ({}, 400, "BAD_REQUEST"),
            ({"key": self.map.key}, 400, "BAD_REQUEST"),
            ({"key": self.map.key, "i": "x"}, 400, "BAD_REQUEST"),
            ({"key": self.map.key, "i": True}, 400, "BAD_REQUEST"),
            ({"key": 5, "i": 0}, 400, "BAD_REQUEST"),
            ({"key": self.map.key, "i": 0, "student_id": 1}, 400, "BAD_REQUEST"),
            ({"key": "nope", "i": 0}, 404, "NOT_FOUND"),
            ({"key": self.map.key, "i": 99999}, 404, "NOT_FOUND"),
        ):
            with self.subTest(body=body):
                self.assertCoded(self._post("hold", body), status, code)
        self.assertNotIn("1", self.states())

    def test_an_offer_is_confirmed_by_whose_it_is(self):
        row = self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[0], self.bina, self.term, "offered", hold_seconds=900
        )
        self.authenticate("asha.test", "asha.test")
        for body, status, code in (
            ({}, 400, "BAD_REQUEST"),
            ({"id": "x"}, 400, "BAD_REQUEST"),
            ({"id": [row.id]}, 400, "BAD_REQUEST"),
            ({"id": 10**12}, 400, "BAD_REQUEST"),
            ({"id": 2**31 - 1}, 404, "NOT_FOUND"),
            ({"id": row.id}, 404, "NOT_FOUND"),
        ):
            with self.subTest(body=body):
                self.assertCoded(self._post("confirm", body), status, code)
        self.assertEqual(row.state, "offered")
        self.authenticate("bina.test", "bina.test")
        self.assertTrue(self._post("confirm", {"id": row.id}).json()["success"])
        self.assertIn(row.state, ("paying", "awaiting_approval"))

    def test_a_form_of_another_site_is_refused(self):
        self.authenticate("asha.test", "asha.test")
        response = self.url_open(
            "/hostel/booking/hold", data={"key": self.map.key, "i": 0}, method="POST"
        )
        self.assertCoded(response, 415, "UNSUPPORTED_MEDIA_TYPE")

    def test_strangers_get_what_a_missing_page_gives(self):
        self.authenticate("stranger.portal", "stranger.portal")
        for path in (
            f"/hostel/booking/boot?hostel_id={self.girls.id}",
            f"/hostel/layout/{self.map.key}/{self.map.layout_version}",
        ):
            self.assertCoded(self.url_open(path), 404, "NOT_FOUND")
        self.assertEqual(self.url_open("/hostel").status_code, 404)
        self.assertEqual(self.url_open(f"/hostel/map/{self.girls.id}").status_code, 404)
        self.assertCoded(self._post("hold", {"key": self.map.key, "i": 0}), 403, "NOT_A_STUDENT")

    def test_layout_of_another_version_is_missing(self):
        self.authenticate("asha.test", "asha.test")
        path = f"/hostel/layout/{self.map.key}"
        layout = self.url_open(f"{path}/{self.map.layout_version}")
        self.assertEqual(len(layout.json()["rooms"]), 4)
        self.assertIn("immutable", layout.headers["Cache-Control"])
        self.assertIn("private", layout.headers["Cache-Control"])
        self.assertCoded(self.url_open(f"{path}/99"), 404, "NOT_FOUND")

    def test_pages_open_for_a_student(self):
        self.authenticate("asha.test", "asha.test")
        for path in ("/hostel", f"/hostel/map/{self.girls.id}", "/hostel/booking"):
            with self.subTest(path=path):
                response = self.url_open(path)
                self.assertEqual(response.status_code, 200)
        self.assertEqual(self.url_open("/hostel/map/999999").status_code, 404)

    def test_occupants_best_beds_and_counter_refuse_bad_input_with_a_code(self):
        self.authenticate("asha.test", "asha.test")
        room = self.girls.room_ids[0].id
        key, others = self.map.key, self.boys_map.key
        for path, body, status, code in (
            ("room", {"key": key, "room": room}, 200, None),
            ("room", {"key": key}, 400, "BAD_REQUEST"),
            ("room", {"key": [key], "room": room}, 400, "BAD_REQUEST"),
            ("room", {"key": "nothing", "room": room}, 404, "NOT_FOUND"),
            ("room", {"key": key, "room": 2**31 - 1}, 404, "NOT_FOUND"),
            ("room", {"key": others, "room": self.boys.room_ids[0].id}, 403, "NOT_ELIGIBLE"),
            ("best", {}, 200, None),
            ("best", {"sharing": [2], "amenities": [], "floors": [key]}, 200, None),
            ("best", {"sharing": "2,3"}, 400, "BAD_REQUEST"),
            ("best", {"sharing": ["two"]}, 400, "BAD_REQUEST"),
            ("best", {"amenities": [{}]}, 400, "BAD_REQUEST"),
            ("best", {"floors": [key] * 51}, 400, "BAD_REQUEST"),
            ("best", {"max_price": "nan"}, 400, "BAD_REQUEST"),
            ("best", {"hostel_id": "x"}, 400, "BAD_REQUEST"),
        ):
            with self.subTest(path=path, body=body):
                response = self._post(path, body)
                if code:
                    self.assertCoded(response, status, code)
                else:
                    self.assertEqual(response.status_code, status, response.text)
        for path, status, code in (
            (f"counter/bed?key={self.map.key}&i=0", 404, "NOT_FOUND"),
            (f"counter/students?key={self.map.key}&i=0&q=T-", 404, "NOT_FOUND"),
        ):
            with self.subTest(path=path):
                response = self.url_open(f"/hostel/booking/{path}")
                self.assertCoded(response, status, code)
        body = {"key": self.map.key, "i": 0, "number": "T-bina", "reason": "x"}
        self.assertCoded(self._post("counter/allocate", body), 404, "NOT_FOUND")
        self.assertCoded(self._post("link", {"key": "nothing", "i": 0}), 404, "NOT_FOUND")
        self.assertCoded(self._post("link/revoke", {"id": 2**31 - 1}), 404, "NOT_FOUND")

    def test_a_student_lets_others_see_what_fits_and_takes_it_back(self):
        give_consent(self.asha, optional=["lifestyle"])
        self.authenticate("asha.test", "asha.test")
        for share in ("1", ""):
            page = self.url_open("/my/details/lifestyle?question=end")
            token = re.search(r'name="csrf_token"\s+value="([^"]+)"', page.text).group(1)
            self.url_open(
                "/my/details/lifestyle/reasons", data={"csrf_token": token, "share": share}
            )
            self.assertEqual(self.asha.share_match_reasons, bool(share))
