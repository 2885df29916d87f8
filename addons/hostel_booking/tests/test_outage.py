from unittest.mock import Mock, patch

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
