from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.event_types import (
    EVENT_TYPES,
    MAX_ATTEMPTS,
    Subscriber,
    check_payload,
    event_type,
    wait_after,
)
from .common import HostelCase

LOGGER = "odoo.addons.hostel_base.models.hostel_event_delivery"
TOLD = "hostel_base.test_told"


class EventCase(HostelCase):
    """A subscriber whose effect is a setting, so that it lives and dies with the transaction."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()

    def setUp(self):
        super().setUp()
        self.registry_enter_test_mode()
        # What waits to be told of the campus would be told by these tests.
        self.env["hostel.event.delivery"].search([("state", "=", "pending")]).unlink()
        self.broken = set()
        self.listen("hostel.term", "listener", "allocation.*", "inventory.changed")

    def listen(self, model, code, *names):
        """Let a model write down what it is told, until the test ends."""
        case = self

        def on_event(self, event):
            if code in case.broken or event.aggregate in case.broken:
                raise ValueError("someone's name is in this text")
            params = self.env["ir.config_parameter"].sudo()
            told = params.get_param(f"{TOLD}_{code}") or ""
            params.set_param(f"{TOLD}_{code}", f"{told}{event.name}:{event.aggregate};")

        known = self.registry["hostel.event"]._get_subscribers

        def subscribers(self):
            return {**known(self), code: Subscriber(model, f"_on_{code}", names)}

        for target, name, value, extra in (
            (self.registry[model], f"_on_{code}", on_event, {"create": True}),
            (self.registry["hostel.event"], "_get_subscribers", subscribers, {}),
        ):
            patcher = patch.object(target, name, value, **extra)
            patcher.start()
            self.addCleanup(patcher.stop)

    def told(self, code="listener"):
        text = self.env["ir.config_parameter"].sudo().get_param(f"{TOLD}_{code}") or ""
        return [item for item in text.split(";") if item]

    def names(self, code="listener"):
        return [item.split(":")[0] for item in self.told(code)]

    def drain(self):
        self.env.flush_all()
        count = self.env["hostel.event"]._drain()
        self.env.invalidate_all()
        return count

    def _events_of(self, records):
        """Events about these records; a campus has others."""
        about = [f"{record._name},{record.id}" for record in records]
        return self.env["hostel.event"].search([("aggregate", "in", about)])

    def later(self):
        """The time of the next try has come."""
        self.env.cr.execute("UPDATE hostel_event_delivery SET next_try_at = '2000-01-01'")
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestEvent(EventCase):
    def test_a_booking_is_told_step_by_step(self):
        row = self._reserve()
        row._transition("awaiting_approval")
        row._transition("allocated")
        row._transition("checked_in")
        row._transition("vacated", vacated_on=self.term.date_from)
        self.drain()
        self.assertEqual(
            self.names(),
            [
                "allocation.created",
                "allocation.submitted",
                "allocation.approved",
                "allocation.checked_in",
                "allocation.vacated",
            ],
        )
        event = self._events_of(row).filtered(lambda event: event.name == "allocation.approved")
        self.assertEqual(event.payload["bed_id"], self.bed.id)
        self.assertEqual(event.payload["old_state"], "awaiting_approval")
        self.assertEqual(event.version, 1)

    def test_a_move_is_told_once_with_both_beds(self):
        row = self._reserve(state="awaiting_approval")
        row._transition("allocated")
        new = row._transfer(self.other_bed, self.term.date_from)
        told = self._events_of(row | new)
        event = told.filtered(lambda event: event.name == "allocation.moved")
        self.assertEqual(len(event), 1)
        self.assertEqual(event.payload["allocation_id"], new.id)
        self.assertEqual(event.payload["from_bed_id"], self.bed.id)
        self.assertEqual(event.payload["bed_id"], self.other_bed.id)

    def test_closed_and_retired_beds_are_inventory(self):
        row = self.Allocation._block(self.bed, self.term.date_from, self.term.date_to, "paint")
        row._transition("cancelled")
        self.other_bed.active = False
        events = self._events_of(self.home)
        kinds = [event.payload["kind"] for event in events.sorted("id")]
        self.assertEqual(kinds[-3:], ["bed_closed", "bed_opened", "bed_retired"])
        self.assertEqual(events.sorted("id")[-1].payload["bed_ids"], self.other_bed.ids)

    def test_what_is_rolled_back_is_told_to_nobody(self):
        with self.assertRaises(RuntimeError), self.env.cr.savepoint():
            self._reserve()
            self.env.flush_all()
            raise RuntimeError
        self.assertEqual(self.drain(), 0)
        self.assertEqual(self.told(), [])
        # The twin: the same without the rollback is told.
        self._reserve()
        self.drain()
        self.assertEqual(self.names(), ["allocation.created"])

    def test_what_was_told_is_not_told_again(self):
        self._reserve()
        self.assertEqual(self.drain(), 1)
        self.assertEqual(self.drain(), 0)
        self.assertEqual(self.names(), ["allocation.created"])

    def test_each_subscriber_is_told_for_itself(self):
        self.listen("hostel.term", "second", "allocation.cancelled")
        row = self._reserve()
        row._transition("cancelled")
        self.broken = {"listener"}
        with mute_logger(LOGGER):
            self.drain()
        self.assertEqual(self.told(), [])
        self.assertEqual(self.names("second"), ["allocation.cancelled"])

    def test_a_failure_holds_back_later_events_of_the_same_record_only(self):
        first = self._reserve()
        second = self._reserve(bed=self.other_bed)
        first._transition("cancelled")
        self.broken = {f"hostel.allocation,{first.id}"}
        with mute_logger(LOGGER):
            self.drain()
        self.assertEqual(self.told(), [f"allocation.created:hostel.allocation,{second.id}"])
        self.broken = set()
        # Its time has not come: nothing overtakes it.
        self.drain()
        self.assertEqual(len(self.told()), 1)
        self.later()
        self.drain()
        self.assertEqual(self.names()[1:], ["allocation.created", "allocation.cancelled"])

    def test_a_failure_leaves_no_half_effect(self):
        case = self

        def half(self, event):
            self.env["ir.config_parameter"].sudo().set_param(f"{TOLD}_half", "half;")
            if case.broken:
                raise ValueError

        patcher = patch.object(self.registry["hostel.term"], "_on_listener", half)
        patcher.start()
        self.addCleanup(patcher.stop)
        self.broken = {"all"}
        self._reserve()
        with mute_logger(LOGGER):
            self.drain()
        self.assertEqual(self.told("half"), [])
        self.broken = set()
        self.later()
        self.drain()
        self.assertEqual(self.told("half"), ["half"])

    def test_after_many_failures_it_waits_for_the_administrator(self):
        row = self._reserve()
        self.broken = {"listener"}
        delivery = self.env["hostel.event.delivery"].search(
            [("aggregate", "=", f"hostel.allocation,{row.id}")]
        )
        with mute_logger(LOGGER):
            for _attempt in range(MAX_ATTEMPTS):
                self.assertEqual(delivery.state, "pending")
                self.later()
                self.drain()
        self.assertEqual(delivery.state, "dead")
        self.assertIn("ValueError", delivery.error)
        self.assertNotIn("someone", delivery.error)
        self.broken = set()
        for role in ("warden", "finance", "student"):
            with self.assertRaises(AccessError):
                delivery.with_user(self.users[role]).action_retry()
            with self.assertRaises(AccessError):
                delivery.with_user(self.users[role]).action_discard()
        delivery.with_user(self.users["admin"]).action_retry()
        self.drain()
        self.assertEqual(self.names(), ["allocation.created"])

    def test_what_is_discarded_is_never_told(self):
        row = self._reserve()
        delivery = self.env["hostel.event.delivery"].search(
            [("aggregate", "=", f"hostel.allocation,{row.id}")]
        )
        delivery.with_user(self.users["admin"]).action_discard()
        self.drain()
        self.assertEqual(self.told(), [])

    def test_an_event_from_outside_is_taken_once(self):
        payload = {"kind": "bed_added", "hostel_id": self.home.id, "count": 0, "bed_ids": []}
        event = ("inventory.changed", f"hostel.hostel,{self.home.id}", payload, None, "stream:1-0")
        Event = self.env["hostel.event"]
        self.assertEqual(len(Event._emit_many([event])), 1)
        self.assertEqual(Event._emit_many([event]), [])
        self.drain()
        self.assertEqual(self.names(), ["inventory.changed"])

    def test_an_unknown_event_and_a_name_in_a_payload_are_refused(self):
        Event = self.env["hostel.event"]
        with self.assertRaises(ValueError):
            Event._emit("bed.sold", self.bed, {})
        with self.assertRaises(ValueError):
            Event._emit("inventory.changed", self.home, {"kind": "Asha Test"})
        with self.assertRaises(ValueError):
            Event._emit("inventory.changed", self.home, {"colour": "red"})

    def test_what_everybody_was_told_goes_after_a_while(self):
        told, waiting = self._reserve(), self._reserve(bed=self.other_bed)
        self.broken = {f"hostel.allocation,{waiting.id}"}
        with mute_logger(LOGGER):
            self.drain()
        Event = self.env["hostel.event"]

        def left():
            return {
                row
                for row in (told, waiting)
                if Event.search_count([("aggregate", "=", f"hostel.allocation,{row.id}")])
            }

        Event._gc_events()
        self.assertEqual(left(), {told, waiting})
        self.env.cr.execute("UPDATE hostel_event SET happened_at = now() - interval '40 days'")
        Event._gc_events()
        self.env.invalidate_all()
        self.assertEqual(left(), {waiting})
        self.env.cr.execute("UPDATE hostel_event SET happened_at = now() - interval '70 days'")
        Event._gc_events()
        self.env.invalidate_all()
        self.assertEqual(left(), set())

    def test_telling_costs_two_statements(self):
        self.env.flush_all()
        payload = {"kind": "bed_added", "hostel_id": self.home.id}
        self.env["hostel.event"]._emit("inventory.changed", self.home, payload)
        with self.assertQueryCount(2):
            self.env["hostel.event"]._emit("inventory.changed", self.home, payload)


@tagged("post_install", "-at_install")
class TestEventTypes(HostelCase):
    def test_a_subscriber_wants_names_or_families(self):
        subscriber = Subscriber("m", "f", ("allocation.*", "bed.held"))
        self.assertTrue(subscriber.wants("allocation.created"))
        self.assertTrue(subscriber.wants("bed.held"))
        self.assertFalse(subscriber.wants("bed.released"))
        self.assertFalse(subscriber.wants("allocationx.created"))

    def test_waits_grow_up_to_an_hour(self):
        self.assertEqual([wait_after(n) for n in (1, 2, 3, 30)], [2, 4, 8, 3600])

    def test_payloads_say_ids_and_codes_only(self):
        types = {"x.y": event_type(3, "id", "code", "ids")}
        self.assertEqual(
            check_payload("x.y", {"id": 1, "code": "a-b", "ids": [1, 2]}, types).version, 3
        )
        for bad in ({"code": "Asha Rao"}, {"code": "a@b.in"}, {"id": {}}, {"other": 1}):
            with self.assertRaises(ValueError):
                check_payload("x.y", bad, types)

    def test_no_event_has_a_key_for_a_person_in_words(self):
        for name, kind in EVENT_TYPES.items():
            for key in kind.keys:
                self.assertNotRegex(key, "name|email|phone|roll|birth", name)
