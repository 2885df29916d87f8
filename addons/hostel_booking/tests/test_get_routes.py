import re

from odoo.http import _generate_routing_rules
from odoo.tests import HttpCase, tagged

from odoo.addons.hostel_base.tests.common import give_consent
from odoo.addons.http_routing.tests.common import MockRequest

from .common import CampusMixin
from .test_occupants import ANSWERS

WRITE = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?((?:hostel_|ir_attachment)\w*)")
# Who looked at which person is noted: that is what these write, and nothing else.
LOOKS_ARE_NOTED = {"/hostel/booking/counter/bed", "/hostel/booking/counter/students"}


@tagged("post_install", "-at_install")
class TestGetRoutes(CampusMixin, HttpCase):
    """A browser fetches what it likes, as often as it likes: what is got changes nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpCampus()
        cls.setUpLocks()
        cls.row = cls.env["hostel.allocation"]._reserve(
            cls.girls.bed_ids[5], cls.asha, cls.term, "awaiting_approval"
        )
        cls.row._transition("allocated")
        give_consent(cls.asha, optional=["lifestyle"])
        cls.asha._answer_lifestyle(ANSWERS)
        cls.room = cls.girls.room_ids[0]
        key, hostel, row = cls.map.key, cls.girls.id, cls.row.id
        # Written by hand: a new route without a line here fails.
        cls.addresses = {
            "/hostel": "/hostel",
            "/hostel/map/<int:hostel_id>": f"/hostel/map/{hostel}",
            "/hostel/booking": "/hostel/booking",
            "/hostel/booking/hostels": "/hostel/booking/hostels",
            "/hostel/booking/boot": f"/hostel/booking/boot?hostel_id={hostel}",
            "/hostel/booking/window": f"/hostel/booking/window?hostel_id={hostel}",
            "/hostel/booking/me": "/hostel/booking/me",
            "/hostel/layout/<string:key>/<int:version>": (
                f"/hostel/layout/{key}/{cls.map.layout_version}"
            ),
            "/hostel/links": "/hostel/links",
            "/hostel/bed/<string:token>": "/hostel/bed/no-such-bed",
            "/hostel/bed/<string:token>/open": "/hostel/bed/no-such-bed/open",
            "/hostel/lottery/<string:token>": "/hostel/lottery/none",
            "/hostel/lottery/<string:token>/list.txt": "/hostel/lottery/none/list.txt",
            "/hostel/cohort/me": "/hostel/cohort/me",
            "/hostel/cohort/choices": "/hostel/cohort/choices",
            "/hostel/waitlist/me": "/hostel/waitlist/me",
            "/hostel/waitlist/classes": "/hostel/waitlist/classes",
            "/hostel/pings": "/hostel/pings",
            "/hostel/pings/phrases": "/hostel/pings/phrases",
            "/hostel/agreement/<string:token>": "/hostel/agreement/none",
            "/my": "/my",
            "/my/home": "/my/home",
            "/my/cohort": "/my/cohort",
            "/my/cohort/join/<string:token>": "/my/cohort/join/none",
            "/my/roommates": "/my/roommates",
            "/my/waitlist": "/my/waitlist",
            "/my/moves": "/my/moves",
            "/my/keep": "/my/keep",
            "/my/hostel/<int:allocation_id>/cancel": f"/my/hostel/{row}/cancel",
            "/my/hostel/<int:allocation_id>/late": f"/my/hostel/{row}/late",
            "/my/hostel/<int:allocation_id>/letter.pdf": f"/my/hostel/{row}/letter.pdf",
            "/my/hostel/agreement": "/my/hostel/agreement",
            "/my/hostel/agreement/<int:agreement_id>/pdf": "/my/hostel/agreement/1/pdf",
            "/my/hostel/pass": "/my/hostel/pass",
            "/my/hostel/pass/code": "/my/hostel/pass/code",
            "/my/hostel/condition": "/my/hostel/condition",
            "/my/hostel/condition/photo/<int:photo_id>": "/my/hostel/condition/photo/1",
            "/my/hostel/condition/pdf": "/my/hostel/condition/pdf",
            "/my/hostel/notice": "/my/hostel/notice",
            "/my/hostel/notice/certificate": "/my/hostel/notice/certificate",
        }

    def setUp(self):
        super().setUp()
        self.load_maps()
        self.addCleanup(self.forget_maps)
        self.authenticate("asha.test", "asha.test")

    def _find_writes(self, call):
        """The answer, and the tables that were written to."""
        with self.assertLogs("odoo.sql_db", "DEBUG") as logs:
            response = call()
        return response, {name for line in logs.output for name in WRITE.findall(line)}

    def test_each_route_that_can_be_got_stands_in_the_table(self):
        with MockRequest(self.env):
            routes = {
                url: endpoint.routing
                for url, endpoint in _generate_routing_rules(
                    sorted(self.env.registry._init_modules), nodb_only=False
                )
                if endpoint.func.__module__.startswith("odoo.addons.hostel_booking.controllers")
            }
        found = {
            url
            for url, routing in routes.items()
            if not routing.get("methods") or "GET" in routing["methods"]
        }
        self.assertEqual(found - LOOKS_ARE_NOTED, set(self.addresses))
        json_routes = {url for url in found - LOOKS_ARE_NOTED if routes[url].get("hostel_json")}
        self.assertGreater(len(json_routes), 8)
        for url in json_routes:
            with self.subTest(url):
                self.assertTrue(routes[url]["readonly"])

    def test_nothing_is_written_by_a_get(self):
        good = 0
        for rule, address in self.addresses.items():
            with self.subTest(rule):
                response, tables = self._find_writes(lambda url=address: self.url_open(url))
                self.assertIn(response.status_code, (200, 404), response.text[:300])
                self.assertEqual(tables, set())
                good += response.status_code == 200
        self.assertGreater(good, 20)
        self.assertFalse(self.asha.match_round_id)
        self.assertFalse(self.row.letter_key)

    def test_what_writes_is_posted(self):
        """The twin: the same look sees the writes of a call that freezes the own answers."""
        room = {"key": self.map.key, "room": self.room.id}
        for path, body in (("best", {}), ("room", room)):
            with self.subTest(path):
                self.asha.match_round_id = False
                self.env.flush_all()
                response, tables = self._find_writes(
                    lambda path=path, body=body: self.url_open(
                        f"/hostel/booking/{path}", json=body, method="POST"
                    )
                )
                self.assertEqual(response.status_code, 200, response.text)
                self.assertIn("hostel_student", tables)
                self.assertEqual(self.asha.match_round_id, self.round)
                self.assertEqual(self.url_open(f"/hostel/booking/{path}").status_code, 405)
