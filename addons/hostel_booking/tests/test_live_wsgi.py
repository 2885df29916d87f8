import json

import redis

from odoo.tests import tagged

from ..tools.live_wsgi import read_state, wrap
from ..tools.seat_lock import SeatLock
from .common import BookingCase


@tagged("post_install", "-at_install")
class TestLiveState(BookingCase):
    def _get(self, path, method="GET", **environ):
        """Call the wrapped application and return (status, headers, body)."""
        answer = {}

        def odoo(_app, _environ, start_response):
            start_response("200 OK", [("X-Answered-By", "odoo")])
            return [b"odoo"]

        def start_response(status, headers):
            answer.update(status=status, headers=dict(headers))

        app = wrap(odoo, lambda: self.locks)
        body = app(None, {"PATH_INFO": path, "REQUEST_METHOD": method, **environ}, start_response)
        return answer["status"], answer["headers"], b"".join(body)

    def test_state_of_a_floor_without_any_sql(self):
        with self.assertQueryCount(0):
            status, headers, body = self._get(f"/hostel/live/{self.map.key}")
        self.assertEqual(status, "200 OK")
        self.assertEqual(headers["Cache-Control"], "public, max-age=1")
        state = json.loads(body)
        self.assertEqual((state["e"], state["s"]), (self.round.epoch, "00000000"))
        self.assertEqual(state["lv"], self.map.layout_version)

    def test_an_unchanged_state_is_not_sent_again(self):
        _status, headers, _body = self._get(f"/hostel/live/{self.map.key}")
        status, _headers, body = self._get(
            f"/hostel/live/{self.map.key}", HTTP_IF_NONE_MATCH=headers["ETag"]
        )
        self.assertEqual((status, body), ("304 Not Modified", b""))

    def test_unknown_and_malformed_keys_are_not_found(self):
        for key in ("unknownkey12", "x", "../../etc/passwd", "", "k" * 500):
            status, _headers, body = self._get(f"/hostel/live/{key}")
            self.assertEqual(status, "404 Not Found", key)
            self.assertEqual(json.loads(body)["code"], "NOT_FOUND")

    def test_a_map_that_is_loaded_says_when_to_come_back(self):
        self.locks.clear_epoch(self.round.key)
        status, headers, body = self._get(f"/hostel/live/{self.map.key}")
        self.assertEqual(status, "503 Service Unavailable")
        self.assertEqual(headers["Retry-After"], "1")
        self.assertEqual(json.loads(body)["code"], "MAP_REBUILDING")

    def test_without_redis_the_answer_is_coded(self):
        nowhere = SeatLock(redis.Redis(port=1, decode_responses=True), "nowhere")
        status, headers, body = read_state(nowhere, self.map.key)
        self.assertEqual(status, "503 Service Unavailable")
        self.assertEqual(dict(headers)["Retry-After"], "2")
        self.assertEqual(json.loads(body)["code"], "MAP_OFFLINE")

    def test_everything_else_is_left_to_odoo(self):
        for path, method in (("/hostel", "GET"), (f"/hostel/live/{self.map.key}", "POST")):
            _status, headers, _body = self._get(path, method)
            self.assertEqual(headers["X-Answered-By"], "odoo")
