from unittest.mock import Mock, patch

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from odoo.tests import BaseCase, tagged

from odoo.addons.bus.models import bus

from .. import outage


@tagged("post_install", "-at_install")
class TestOutage(BaseCase):
    def test_the_bus_listens_again_soon_and_lets_everybody_catch_up(self):
        stop, websocket = bus.threading.Event(), Mock()
        told = bus.threading.Event()
        websocket.trigger_notification_dispatching.side_effect = told.set
        dispatch = bus.ImDispatch()
        dispatch._channels_to_ws = {"one": {websocket}, "two": {websocket}}
        calls = []

        def loop():
            calls.append(1)
            if len(calls) == 1:
                raise OSError("the database is away")
            stop.set()

        with (
            patch.object(bus, "stop_event", stop),
            patch.object(outage, "LISTEN_AGAIN_S", 0.05),
            patch.object(outage, "is_database_there", side_effect=[False, True]) as asked,
            patch.object(dispatch, "loop", loop),
            self.assertLogs("odoo.addons.hostel_booking.outage", "WARNING"),
        ):
            outage.listen(dispatch)
            self.assertTrue(told.wait(5))
        self.assertEqual((len(calls), asked.call_count), (2, 2))
        # Once for each page, however much it listens to.
        websocket.trigger_notification_dispatching.assert_called_once()

    # ------------------------------------------------------------------
    # What pages say meanwhile
    # ------------------------------------------------------------------

    def _ask(self, method="GET", language=None, accept="text/html,*/*"):
        headers = {"Accept": accept}
        if language:
            headers["Cookie"] = f"frontend_lang={language}"
        environ = EnvironBuilder(path="/my", method=method, headers=headers).get_environ()
        return outage.outage_response(Request(environ))

    def test_every_page_of_ours_is_known_in_every_language(self):
        ours = [
            *("/hostel", "/hostel/map/3", "/my", "/my/fees", "/verify", "/verify/ABCD"),
            *("/hi/my", "/hi_IN/hostel/map/3", "/payment/camu/webhook"),
        ]
        others = [
            "/",
            "/web",
            "/mycology",
            "/web/my",
            "/odoo/my",
            "/payment/status",
            "/hi",
            "/hi/web",
        ]
        for path in ours:
            self.assertTrue(outage.is_ours(path), path)
        for path in others:
            self.assertFalse(outage.is_ours(path), path)

    def test_the_page_speaks_the_language_of_the_pages_before(self):
        for language, mark in (
            ("hi_IN", outage.WORDS["hi"]),
            ("en_IN", outage.WORDS["en"]),
            ("ta_IN", outage.WORDS["en"]),
            (None, outage.WORDS["en"]),
        ):
            answer = self._ask(language=language)
            self.assertEqual((answer.status_code, answer.mimetype), (503, "text/html"))
            self.assertIn(mark["safe"], answer.get_data(as_text=True))
            self.assertEqual(answer.headers["Retry-After"], "5")
            refused = self._ask(language=language, accept="*/*")
            self.assertEqual((refused.status_code, refused.mimetype), (503, "application/json"))
            self.assertEqual(refused.json["error"], mark["error"])
            self.assertEqual(refused.json["code"], "DATABASE_AWAY")

    def test_a_form_that_was_sent_is_not_asked_for_again_by_itself(self):
        looked, sent = (
            self._ask(method=method).get_data(as_text=True) for method in ("GET", "POST")
        )
        self.assertIn('http-equiv="refresh"', looked)
        self.assertNotIn('http-equiv="refresh"', sent)
        self.assertIn(outage.WORDS["en"]["unsent"], sent)

    def test_every_language_has_every_sentence(self):
        for language, words in outage.WORDS.items():
            self.assertEqual(words.keys(), outage.WORDS["en"].keys(), language)
            self.assertTrue(all(words.values()), language)
