"""Who hears of the domain events: the desks at once, and whatever a later addon adds."""

import json
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.tools.event_types import Subscriber

from ..models import hostel_booking_board
from ..tools.board import DeskNews, DeskPulse
from .common import BookingCase


@tagged("post_install", "-at_install")
class TestDesksHear(BookingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warden = new_test_user(cls.env, "desk.warden", groups="hostel_base.group_hostel_warden")
        cls.env["hostel.staff"].create(
            {"user_id": cls.warden.id, "hostel_id": cls.girls.id, "role": "warden"}
        )

    def setUp(self):
        super().setUp()
        self.patch(hostel_booking_board, "_pulses", {})
        self.clock = 100.0
        self.startPatcher(patch.object(hostel_booking_board, "monotonic", lambda: self.clock))
        # What happened before is on the desks.
        self.assertEqual(self.tell(), [])

    def tell(self, seconds=5):
        """The keeper's next look."""
        self.env.flush_all()
        self.clock += seconds
        return self.env["hostel.booking.board"]._tell_desks()

    def reserve(self, place=0, student=None):
        return self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[place], student or self.asha, self.term, "awaiting_approval"
        )

    def test_what_happens_to_a_stay_or_a_bed_is_told_once(self):
        row = self.reserve()
        self.assertEqual(self.tell(), self.girls.ids)
        self.assertEqual(self.tell(), [])
        row._transition("allocated", approval_due=False)
        self.assertEqual(self.tell(), self.girls.ids)
        self.boys.bed_ids[0].active = False
        self.assertEqual(self.tell(), self.boys.ids)
        # Out of the season too.
        self.round.state = "closed"
        row._transition("checked_in")
        self.assertEqual(self.tell(), self.girls.ids)

    def test_a_move_is_told_in_both_hostels(self):
        other = self._create_hostel("Test Tunga", "TTUN", "girls")
        row = self.reserve()
        row._transition("allocated", approval_due=False)
        self.tell()
        row._transfer(other.bed_ids[0], self.term.date_from)
        self.assertEqual(self.tell(), sorted((self.girls | other).ids))

    def test_a_swarm_of_holds_hides_nothing(self):
        self.patch(hostel_booking_board, "NEWEST_EVENTS", 3)
        self.reserve(7, self.bina)
        for _turn in range(2):
            hold = self.desk(self.asha_user)._hold(self.map.key, 0)
            self.desk(self.asha_user)._release(hold["token"])
        self.assertEqual(self.env["hostel.event"]._take_holds(), 4)
        self.env.cr.execute("SELECT name FROM hostel_event ORDER BY id DESC LIMIT 3")
        self.assertEqual({name for [name] in self.env.cr.fetchall()}, {"bed.held", "bed.released"})
        self.assertEqual(self.tell(), self.girls.ids)
        self.assertEqual(self.tell(), [])

    def test_the_message_goes_through_the_relay_and_names_nobody(self):
        self.reserve()
        told = []
        with patch.object(
            type(self.locks.client), "publish", lambda _self, _channel, text: told.append(text)
        ):
            self.tell()
        news = DeskNews.parse(told[0])
        self.assertEqual((news.hostel_id, news.key), (self.girls.id, f"board:desk{self.girls.id}"))
        message = json.loads(news.encode())
        self.assertEqual(message, {"type": "hostel.desk/changed", "payload": {"h": self.girls.id}})

    def test_only_the_own_hostels_can_be_listened_to(self):
        Board = self.env["hostel.booking.board"]
        self.assertEqual(
            Board.with_user(self.warden).get_desk_channels(),
            [f"hostel.board:desk{self.girls.id}"],
        )
        asked = {f"desk{self.girls.id}", f"desk{self.boys.id}", "desk", "deskx"}
        Websocket = self.env["ir.websocket"]
        self.assertEqual(
            Websocket.with_user(self.warden)._get_allowed_boards(asked),
            {f"board:desk{self.girls.id}"},
        )
        for user in (self.asha_user, self.stranger):
            self.assertRaises(AccessError, Board.with_user(user).get_desk_channels)
            self.assertEqual(Websocket.with_user(user)._get_allowed_boards(asked), set())

    def test_a_swarm_is_told_once_in_a_while_and_nothing_is_forgotten(self):
        pulse = DeskPulse(2.0)
        self.assertEqual(pulse.take([(1, 7)], 0.0), [])
        self.assertEqual(pulse.take([(1, 7), (2, 7), (3, 8)], 1.0), [7, 8])
        self.assertEqual(pulse.take([(2, 7), (3, 8), (5, 7)], 2.0), [])
        # One that was committed late, with a lower number.
        self.assertEqual(pulse.take([(3, 8), (4, 9), (5, 7)], 2.5), [9])
        self.assertEqual(pulse.take([(4, 9), (5, 7)], 3.0), [7])
        self.assertEqual(pulse.take([(5, 7)], 9.0), [])


@tagged("post_install", "-at_install")
class TestALaterAddon(BookingCase):
    """An addon that sends everything to another program needs no more than a subscriber."""

    def setUp(self):
        super().setUp()
        self.env["hostel.event.delivery"].search([]).unlink()
        self.sent, self.away = [], False
        known = self.registry["hostel.event"]._get_subscribers

        def subscribers(model):
            webhook = Subscriber(
                "hostel.event", "_send_webhook", ("allocation.*", "bed.*", "inventory.changed")
            )
            return {**known(model), "webhook": webhook}

        def send(_model, event):
            if self.away:
                raise ConnectionError("the other program is away")
            self.sent.append((event.uid, event.name, event.payload))

        Event = self.registry["hostel.event"]
        self.startPatcher(patch.object(Event, "_get_subscribers", subscribers))
        self.startPatcher(patch.object(Event, "_send_webhook", send, create=True))

    def deliver(self):
        self.env.flush_all()
        self.env["hostel.event"]._take_holds()
        self.env["hostel.event"]._drain()
        self.env.invalidate_all()

    def names(self):
        return [name for _uid, name, _payload in self.sent]

    def test_it_hears_of_holds_bookings_moves_cancellations_and_the_inventory(self):
        hold = self.desk(self.asha_user)._hold(self.map.key, 0)
        self.desk(self.asha_user)._release(hold["token"])
        self.deliver()
        self.assertEqual(self.names(), ["bed.held", "bed.released"])
        row = self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[0], self.bina, self.term, "awaiting_approval"
        )
        row._transition("allocated", approval_due=False)
        moved = row._transfer(self.girls.bed_ids[1], self.term.date_from)
        moved._transition("cancelled")
        self.girls.bed_ids[3].active = False
        self.deliver()
        heard = set(self.names())
        self.assertLessEqual(
            {
                "allocation.created",
                "allocation.approved",
                "allocation.moved",
                "allocation.cancelled",
                "inventory.changed",
            },
            heard,
        )
        created = next(payload for _uid, name, payload in self.sent if name == "allocation.created")
        self.assertEqual(
            (created["bed_id"], created["hostel_id"], created["student_id"]),
            (self.girls.bed_ids[0].id, self.girls.id, self.bina.id),
        )
        # Everything once, and nobody's name.
        self.assertEqual(len({uid for uid, _name, _payload in self.sent}), len(self.sent))
        self.assertNotIn("Bina", json.dumps([payload for _uid, _name, payload in self.sent]))

    def test_what_it_could_not_take_comes_again_in_order_with_the_same_key(self):
        self.away = True
        with mute_logger("odoo.addons.hostel_base.models.hostel_event_delivery"):
            row = self.env["hostel.allocation"]._reserve(
                self.girls.bed_ids[0], self.bina, self.term, "awaiting_approval"
            )
            row._transition("allocated", approval_due=False)
            self.deliver()
        waiting = self.env["hostel.event.delivery"].search(
            [("subscriber", "=", "webhook"), ("state", "=", "pending")], order="id"
        )
        self.assertEqual(waiting.mapped("attempts"), [1, 0])
        keys = waiting.event_id.sorted("id").mapped("uid")
        self.away = False
        waiting.next_try_at = self.env.cr.now()
        self.deliver()
        self.assertEqual([uid for uid, _name, _payload in self.sent], keys)
        self.assertEqual(self.names(), ["allocation.created", "allocation.approved"])
