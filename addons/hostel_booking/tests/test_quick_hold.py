import json
from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from ..hooks import post_load
from ..quick import get_passes
from .common import CampusMixin


@tagged("post_install", "-at_install")
class TestQuickHold(CampusMixin, HttpCase):
    """A hold in a known session is answered in front of Odoo, with the same words."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # pytest imports the addon before Odoo could call it.
        post_load()
        cls.setUpCampus()
        cls.setUpLocks()

    def setUp(self):
        super().setUp()
        self.load_maps()
        self.addCleanup(self.forget_maps)
        self.desk_class = type(self.env["hostel.booking.desk"])
        self.addCleanup(get_passes().drop, (self.asha_user | self.bina_user).ids)

    def _open_map(self, login):
        self.authenticate(f"{login}.test", f"{login}.test")
        response = self.url_open(f"/hostel/booking/boot?hostel_id={self.girls.id}")
        self.assertEqual(response.status_code, 200, response.text[:300])

    def _post(self, body, **headers):
        return self.url_open(
            "/hostel/booking/hold",
            data=body if isinstance(body, str) else json.dumps(body),
            headers={"Content-Type": "application/json", **headers},
        )

    def _hold(self, index, **headers):
        return self._post({"key": self.map.key, "i": index}, **headers)

    def _without_route(self):
        """Whoever reaches the ordinary route fails."""
        return patch.object(self.desk_class, "_hold", side_effect=AssertionError("slow"))

    def assertSlow(self, call):
        """The ordinary route answered."""
        ordinary, calls = self.desk_class._hold, []

        def hold(desk, *args):
            calls.append(args)
            return ordinary(desk, *args)

        with patch.object(self.desk_class, "_hold", hold):
            response = call()
        self.assertTrue(calls, "the quick hold answered")
        return response

    def test_the_answer_is_that_of_the_ordinary_route(self):
        self.authenticate("asha.test", "asha.test")
        ordinary = self.assertSlow(lambda: self._hold(0)).json()
        self.locks.release(self.round.key, self.asha.id, ordinary["hold"]["token"])
        self._open_map("asha")
        with self._without_route():
            quick = self._hold(0)
        self.assertEqual(quick.headers["Cache-Control"], "no-store")
        quick = quick.json()
        for hold in (ordinary["hold"], quick["hold"]):
            del hold["token"], hold["expires_in_ms"]
        self.assertEqual(quick, ordinary)
        self.assertEqual(self.states()[0], "1")

    def test_who_comes_too_late_is_offered_others(self):
        self.desk(self.bina_user)._hold(self.map.key, 0)
        self._open_map("asha")
        ordinary = self.desk(self.asha_user)._refusal_text("BED_TAKEN")[1]
        with self._without_route():
            response = self._hold(0)
        answer = response.json()
        self.assertEqual((response.status_code, answer["code"]), (409, "BED_TAKEN"))
        self.assertEqual(answer["error"], ordinary)
        self.assertEqual(answer["details"]["next"][0]["label"], "B")

    def test_who_is_too_fast_is_told_when_to_come_back(self):
        self.desk(self.bina_user)._hold(self.map.key, 0)
        self._open_map("asha")
        with self._without_route():
            for _attempt in range(11):
                response = self._hold(0)
        self.assertEqual(
            (response.status_code, response.json()["code"]), (429, "TOO_MANY_REQUESTS")
        )
        self.assertEqual(response.headers["Retry-After"], "1")

    def test_a_hold_needs_the_session_that_opened_the_map(self):
        self._open_map("asha")
        self.url_open("/web/session/logout")
        response = self._hold(0)
        self.assertNotIn('"success": true', response.text)
        self.assertEqual(self.states()[0], "0")

    def test_another_session_has_no_pass(self):
        self._open_map("asha")
        self.authenticate("asha.test", "asha.test")
        self.assertSlow(lambda: self._hold(0))

    def test_rights_that_may_have_changed_are_asked_for_again(self):
        changes = {
            "password": lambda: self.asha_user.write({"password": "asha.test"}),
            "groups": lambda: self.asha_user.write(
                {"group_ids": [(6, 0, self.asha_user.group_ids.ids)]}
            ),
            "consent": lambda: self.asha.consent_ids.write({"withdrawn_at": self.env.cr.now()}),
        }
        for name, change in changes.items():
            with self.subTest(name):
                self._open_map("asha")
                passes = get_passes()
                self.assertTrue(self.locks.client.exists(passes._name(self.asha_user.id)))
                change()
                self.env.flush_all()
                self.env.cr.postcommit.run()
                self.assertFalse(self.locks.client.exists(passes._name(self.asha_user.id)))

    def test_another_language_is_spoken_by_the_ordinary_route(self):
        self._open_map("asha")
        self.opener.cookies["frontend_lang"] = "hi_IN"
        self.assertSlow(lambda: self._hold(0))

    def test_what_is_not_a_plain_hold_is_left_to_the_ordinary_route(self):
        self._open_map("asha")
        for body, status in (
            ("{", 400),
            ({"key": self.map.key}, 400),
            ({"key": self.map.key, "i": True}, 400),
            ({"key": "nope", "i": 0}, 404),
            ({"key": self.map.key, "i": 99999}, 404),
        ):
            with self.subTest(body=body):
                self.assertEqual(self._post(body).status_code, status)
        self.assertNotIn("1", self.states())

    def test_what_needs_the_orm_goes_on_with_the_outcome_and_holds_once(self):
        self._open_map("asha")
        self.locks.drop_eligibility(self.round.key, self.asha.ids)
        response = self.assertSlow(lambda: self._hold(0))
        self.assertTrue(response.json()["success"], response.text)
        self._open_map("bina")
        with patch.object(self.desk_class, "_get_quick_actions", return_value={}):
            self._open_map("bina")
        response = self.assertSlow(lambda: self._hold(1))
        self.assertEqual(response.json()["hold"]["i"], 1)
        [name] = self.locks.client.keys(f"*{{{self.round.key}}}:rl:{self.bina.id}")
        self.assertEqual(float(self.locks.client.hget(name, "n")), 9)

    def test_a_queue_is_told_by_the_ordinary_route(self):
        self._open_map("asha")
        self.round.queue_mode = "on"
        self.round.queue_rate = 0
        self.locks.set_waiting_room(self.round.key, self.round._get_waiting_room())
        response = self.assertSlow(lambda: self._hold(0))
        self.assertEqual((response.status_code, response.json()["code"]), (429, "QUEUE"))
        self.assertEqual(response.json()["details"]["position"], 1)
