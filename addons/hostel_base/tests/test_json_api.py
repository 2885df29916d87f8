"""JSON routes: whatever comes in, a coded answer goes out, and never a traceback."""

import json

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.http import request
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..controllers.json_api import MAX_BODY_BYTES, as_int, as_text, json_route
from ..errors import HostelError

REFUSALS = {
    "hostel": HostelError("ROOM_FULL", "The room is full.", 409, {"free": 0, "retry_after": 3}),
    "access": AccessError("You are not allowed to see Asha's record 42."),
    "missing": MissingError("Record 42 was deleted."),
    "invalid": ValidationError("The first day comes after the last."),
    "user": UserError("Please choose a bed."),
    "crash": ZeroDivisionError("secret of the house"),
}


class JsonApiProbe(http.Controller):
    """Routes that exist in tests only."""

    @json_route("/hostel/test/echo", methods=["POST"])
    def echo(self, name, number=1):
        return {"name": as_text(name, "name"), "number": as_int(number, "number")}

    @json_route("/hostel/test/place/<int:place>", methods=["POST"])
    def place(self, place):
        return {"place": place}

    @json_route("/hostel/test/look")
    def look(self, name, number="1"):
        return {"name": name, "number": as_int(number, "number")}

    @json_route("/hostel/test/refuse/<string:how>")
    def refuse(self, how):
        raise REFUSALS[how]

    @json_route("/hostel/test/write", methods=["POST"], writes=True)
    def write_and_fail(self, fail):
        request.env["ir.config_parameter"].sudo().set_param("hostel_base.probe", "written")
        if fail:
            raise HostelError("ROOM_FULL", "The room is full.")


@tagged("post_install", "-at_install")
class TestJsonApi(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The routes above were not there when the map of routes was made.
        cls.env.registry.clear_cache("routing")
        new_test_user(cls.env, "json.test", groups="base.group_portal")

    def setUp(self):
        super().setUp()
        self.authenticate("json.test", "json.test")

    def _post(self, path, body, content_type="application/json"):
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.url_open(
            f"/hostel/test/{path}", data=data, headers={"Content-Type": content_type}, method="POST"
        )

    def _get(self, path):
        return self.url_open(f"/hostel/test/{path}")

    def assertCoded(self, response, status, code):
        self.assertEqual(response.status_code, status, response.text[:300])
        answer = response.json()
        self.assertEqual(set(answer), {"success", "error", "code", "details"})
        self.assertEqual((answer["success"], answer["code"]), (False, code))
        self.assertTrue(answer["error"])
        self.assertNotIn("Traceback", response.text)
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        return answer

    # What comes in ----------------------------------------------------------

    def test_a_good_call(self):
        response = self._post("echo", {"name": "Asha", "number": "7"})
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"success": True, "name": "Asha", "number": 7})
        self.assertEqual(response.headers["Cache-Control"], "no-store")

    def test_bodies_that_are_no_json_object(self):
        bodies = ["{", "[]", '"text"', "7", "null", b"\xff\xfe{}", "{'name': 'x'}", "[" * 20000]
        for body in bodies:
            with self.subTest(body=body[:10]):
                self.assertCoded(self._post("echo", body), 400, "BAD_REQUEST")

    def test_an_empty_body_has_no_parameters(self):
        self.assertCoded(self._post("echo", ""), 400, "BAD_REQUEST")
        self.assertEqual(self._post("place/7", "").json()["place"], 7)

    def test_parameters_that_are_missing_or_unknown(self):
        for body in ({}, {"number": 1}, {"name": "x", "user_id": 1}, {"name": "x", "self": 1}):
            with self.subTest(body=body):
                self.assertCoded(self._post("echo", body), 400, "BAD_REQUEST")
        for path in ("look", "look?number=1", "look?number=1&user_id=1"):
            with self.subTest(path=path):
                self.assertCoded(self._get(path), 400, "BAD_REQUEST")

    def test_parameters_of_another_type(self):
        numbers = (True, None, "x", "1.5", 1.5, [], {}, 10**30, -(10**30), 1e400, "9" * 5000)
        for number in numbers:
            body = json.dumps({"name": "x", "number": number})
            with self.subTest(number=str(number)[:20]):
                self.assertCoded(self._post("echo", body), 400, "BAD_REQUEST")
        for name in (None, 7, "", [], {}, "x" * 201, "a\x00b", "\ud800"):
            with self.subTest(name=repr(name)[:20]):
                self.assertCoded(self._post("echo", {"name": name}), 400, "BAD_REQUEST")
        self.assertCoded(self._get("look?name=x&number=x"), 400, "BAD_REQUEST")

    def test_a_path_wins_over_the_body(self):
        self.assertEqual(self._post("place/7", {"place": 8}).json()["place"], 7)

    def test_what_another_site_can_send_is_refused(self):
        body = json.dumps({"name": "x"})
        for content_type in ("text/plain", "application/x-www-form-urlencoded", ""):
            with self.subTest(content_type=content_type):
                response = self._post("echo", body, content_type)
                self.assertCoded(response, 415, "UNSUPPORTED_MEDIA_TYPE")
        response = self._post("echo", body, "application/json; charset=utf-8")
        self.assertEqual(response.status_code, 200)

    def test_too_much_data(self):
        body = {"name": "x" * MAX_BODY_BYTES}
        self.assertCoded(self._post("echo", body), 413, "TOO_LARGE")

    # What goes out ----------------------------------------------------------

    def test_a_refusal_has_its_status_code_and_details(self):
        response = self._get("refuse/hostel")
        answer = self.assertCoded(response, 409, "ROOM_FULL")
        self.assertEqual(answer["error"], "The room is full.")
        self.assertEqual(answer["details"], {"free": 0, "retry_after": 3})
        self.assertEqual(response.headers["Retry-After"], "3")

    def test_foreign_and_missing_look_the_same(self):
        answers = [
            self.assertCoded(self._get(f"refuse/{how}"), 404, "NOT_FOUND")
            for how in ("access", "missing")
        ]
        self.assertEqual(answers[0], answers[1])
        self.assertNotIn("42", str(answers))

    def test_what_a_person_can_mend(self):
        answer = self.assertCoded(self._get("refuse/invalid"), 422, "INVALID")
        self.assertEqual(answer["error"], "The first day comes after the last.")
        self.assertCoded(self._get("refuse/user"), 422, "REFUSED")

    def test_our_own_mistakes_tell_nothing(self):
        with (
            mute_logger("odoo.addons.hostel_base.controllers.json_api"),
            self.assertLogs("odoo.addons.hostel_base.controllers.json_api", "ERROR"),
        ):
            response = self._get("refuse/crash")
        self.assertCoded(response, 500, "INTERNAL")
        self.assertNotIn("secret", response.text)
        self.assertNotIn("ZeroDivision", response.text)

    def test_a_refusal_leaves_nothing_written(self):
        Parameter = self.env["ir.config_parameter"]
        self.assertCoded(self._post("write", {"fail": True}), 409, "ROOM_FULL")
        self.assertFalse(Parameter.get_param("hostel_base.probe"))
        self.assertEqual(self._post("write", {"fail": False}).status_code, 200)
        self.assertEqual(Parameter.get_param("hostel_base.probe"), "written")

    def test_whoever_is_not_signed_in_gets_no_answer(self):
        self.logout(keep_db=True)
        response = self.url_open("/hostel/test/look?name=x", allow_redirects=False)
        self.assertIn(response.status_code, (303, 401, 403))
        self.assertNotIn('"success": true', response.text)
