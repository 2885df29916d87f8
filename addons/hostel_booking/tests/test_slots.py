import time
from datetime import datetime, timedelta

import vobject

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.tests.common import trap_jobs

from ..models import hostel_booking_window_slots
from ..tools import lottery as rules
from .common import BookingCase, BookingHttpCase

SOURCE = "Closing value of the NIFTY 50"


class SlotMixin:
    def _prepare(self, slot_by="merit", **vals):
        now = self.env.cr.now().replace(microsecond=0)
        self.window.write(
            {
                "opens_at": now - timedelta(minutes=1),
                "closes_at": now + timedelta(days=2),
                "gender": "female",
                "slot_by": slot_by,
                "slot_size": 2,
                "slot_minutes": 10,
                **vals,
            }
        )
        self.girls_of_the_test = self.asha | self.bina
        # Whoever else is in the database must not come into the list.
        self.programme = self.env["hostel.programme"].create({"name": "Test Slots", "code": "TSLO"})
        for number in range(5):
            self.girls_of_the_test |= self.env["hostel.student"].create(
                {
                    "name": f"Girl {number}",
                    "roll_number": f"T-SLOT-{number}",
                    "gender": "female",
                    "year_of_study": number % 3 + 1,
                    "merit_score": 5 + number,
                    "email": f"girl{number}@slots.example",
                }
            )
        self.girls_of_the_test.programme_id = self.programme
        self.asha.email = "asha@slots.example"
        self.window.programme_ids = self.programme

    def _publish(self, slot_by="merit", **vals):
        self._prepare(slot_by, **vals)
        window = self.window.with_context(queue_job__no_delay=True)
        window.action_make_slots()
        window.action_publish_slots()

    def _slot(self, student):
        return self.window.slot_ids.filtered(lambda slot: slot.student_id == student)


@tagged("post_install", "-at_install")
class TestSlots(SlotMixin, BookingCase):
    def assertRefused(self, code, call, *args):
        with self.assertRaises(HostelError) as caught:
            call(*args)
        self.assertEqual(caught.exception.code, code, str(caught.exception))
        return caught.exception

    def _reload(self):
        self.env.flush_all()
        self.env.cr.postcommit.run()

    # The list --------------------------------------------------------------

    def test_merit_orders_and_groups_follow_every_so_many_minutes(self):
        self.asha.merit_score = 9.9
        self._publish()
        slots = self.window.slot_ids.sorted("rank")
        self.assertEqual(slots.mapped("rank"), list(range(1, 8)))
        self.assertEqual(slots[0].student_id, self.asha)
        merits = slots.sudo().student_id.mapped("merit_score")
        self.assertEqual(merits, sorted(merits, reverse=True))
        minutes = [(slot.opens_at - self.window.opens_at).seconds // 60 for slot in slots]
        self.assertEqual(minutes, [0, 0, 10, 10, 20, 20, 30])
        self.assertEqual(self.window.last_slot_at, slots[-1].opens_at)

    def test_seniors_come_first(self):
        self._publish("year")
        years = self.window.slot_ids.sorted("rank").student_id.mapped("year_of_study")
        self.assertEqual(years, sorted(years, reverse=True))

    def test_the_list_is_made_in_jobs_that_can_be_resumed(self):
        self._prepare()
        self.patch(hostel_booking_window_slots, "BATCH", 3)
        with trap_jobs() as trap:
            self.window.action_make_slots()
            trap.assert_jobs_count(1, only=self.window._list_next)
        self.window._list_next()
        self.assertEqual((self.window.slot_count, self.window.slot_state), (3, "listing"))
        self.assertAlmostEqual(self.window.slot_progress, 300 / 7, 1)
        # It is killed here, and somebody presses the button again.
        self.window.with_context(queue_job__no_delay=True).action_make_slots()
        self.assertEqual((self.window.slot_count, self.window.slot_state), (7, "drawn"))
        self.assertEqual(self.window._list_next(), 0)
        self.assertEqual(len(self.window.slot_ids.student_id), 7)

    def test_ranking_costs_the_same_for_more_students(self):
        self._prepare()
        self.window.with_context(queue_job__no_delay=True).action_make_slots()

        def count():
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.window._rank_slots(hostel_booking_window_slots.ORDER["merit"])
            return self.env.cr.sql_log_count - before

        few = count()
        students = self.env["hostel.student"].create(
            [
                {
                    "name": f"More {number}",
                    "roll_number": f"T-MORE-{number}",
                    "gender": "female",
                    "programme_id": self.programme.id,
                }
                for number in range(60)
            ]
        )
        self.env["hostel.booking.slot"].create(
            [{"window_id": self.window.id, "student_id": one.id} for one in students]
        )
        self.assertEqual(count(), few)

    def test_nothing_is_published_before_and_nothing_changes_after(self):
        self._prepare()
        self.window.with_context(queue_job__no_delay=True).action_make_slots()
        self._reload()
        refused = self.assertRefused(
            "SLOTS_PENDING", self.desk(self.asha_user)._hold, self.map.key, 0
        )
        self.assertIn("prepared", str(refused))
        self.assertEqual(
            self.desk(self.asha_user)._boot(self.girls.id)["window"]["state"], "pending"
        )
        self.assertRefused("SLOTS_FROZEN", self.window.write, {"slot_size": 5})
        self.window.action_discard_slots()
        self.assertFalse(self.window.slot_ids)
        self.window.slot_size = 3
        window = self.window.with_context(queue_job__no_delay=True)
        window.action_make_slots()
        window.action_publish_slots()
        slot = self.window.slot_ids[0]
        for vals in ({"rank": 99}, {"student_id": self.chand.id}, {"reference": "x"}):
            with self.assertRaises(AccessError):
                slot.sudo().write(vals)
        with self.assertRaises(AccessError):
            slot.sudo().unlink()
        self.assertRefused("INVALID_TRANSITION", self.window.action_discard_slots)
        self.assertRefused("SLOTS_FROZEN", self.window.write, {"slot_minutes": 5})
        self.assertRefused(
            "SLOTS_FROZEN",
            self.window.write,
            {"opens_at": self.window.opens_at + timedelta(hours=1)},
        )

    def test_slots_must_fit_into_the_window(self):
        self._prepare(closes_at=self.env.cr.now() + timedelta(minutes=25))
        window = self.window.with_context(queue_job__no_delay=True)
        window.action_make_slots()
        self.assertRefused("SLOTS_TOO_LONG", window.action_publish_slots)

    def test_a_list_of_nobody_is_refused(self):
        self._prepare()
        self.window.year_from = self.window.year_to = 8
        self.assertRefused("NOBODY_ELIGIBLE", self.window.action_make_slots)

    # The door --------------------------------------------------------------

    def test_the_door_opens_at_the_slot(self):
        self.asha.merit_score = 9.9
        self._publish()
        self._reload()
        self.desk(self.asha_user)._hold(self.map.key, 0)
        refused = self.assertRefused(
            "NOT_YOUR_SLOT", self.desk(self.bina_user)._hold, self.map.key, 1
        )
        self.assertGreater(refused.details["opens_in_ms"], 0)
        window = self.desk(self.bina_user)._boot(self.girls.id)["window"]
        self.assertEqual(window["state"], "soon")
        slot = self._slot(self.bina)
        self.assertEqual((window["slot"]["rank"], window["slot"]["total"]), (slot.rank, 7))
        self.assertTrue(window["slot"]["opens_label"])

    def test_latecomers_get_the_last_slot(self):
        self._publish()
        chitra, user = self._create_student("chitra", "female", programme_id=self.programme.id)
        self._reload()
        self.assertEqual(self.window._get_opening(chitra), self.window.last_slot_at)
        self.assertRefused("NOT_YOUR_SLOT", self.desk(user)._hold, self.map.key, 1)
        shown = self.desk(user)._boot(self.girls.id)["window"]["slot"]
        self.assertTrue(shown["is_late"])
        self.window._add_latecomers()
        slot = self._slot(chitra)
        self.assertEqual((slot.rank, slot.opens_at), (8, self.window.last_slot_at))
        self.assertTrue(slot.is_late)
        self.window._add_latecomers()
        self.assertEqual(self.window.slot_count, 8)

    def test_a_pause_moves_the_slots_that_had_not_come(self):
        self._publish()
        first, last = (
            self.window.slot_ids.sorted("rank")[0],
            self.window.slot_ids.sorted("rank")[-1],
        )
        times = first.opens_at, last.opens_at
        self.window._pause("Fire drill")
        self.window.paused_at = self.window.opens_at
        self.window._resume("Over")
        lost = timedelta(minutes=1)
        self.assertEqual((first.opens_at, last.opens_at), (times[0], times[1] + lost))
        self.assertEqual(self.window.last_slot_at, last.opens_at)
        self.assertEqual((first.moves, last.moves), (0, 1))
        self.window._extend(
            self.window.closes_at + timedelta(hours=1), "More time", timedelta(minutes=30)
        )
        self.assertEqual(last.opens_at, times[1] + lost + timedelta(minutes=30))

    # Mails -----------------------------------------------------------------

    def _mails(self):
        return self.env["mail.mail"].search([("subject", "like", "Your slot:")])

    def test_each_student_is_told_once_with_a_calendar_file(self):
        before = self._mails()
        self._publish()
        mails = self._mails() - before
        told = self.girls_of_the_test.filtered("email")
        # The first group's slot has begun: they see it on the map, a mail would be late.
        expected = (
            told
            - self.window.slot_ids.filtered(
                lambda slot: slot.opens_at <= self.env.cr.now()
            ).student_id
        )
        self.assertEqual(mails.recipient_ids, expected.partner_id)
        self.assertEqual(len(mails), len(expected))
        self.window._announce_next()
        # Students of this test are latecomers in windows of the database's own.
        self.window.search([("id", "!=", self.window.id)]).active = False
        with trap_jobs() as trap:
            self.window._cron_slots()
            trap.assert_jobs_count(0)
        self.assertEqual(len(self._mails() - before), len(expected))
        [file] = mails[0].attachment_ids
        event = vobject.readOne(file.raw.decode()).vevent
        slot = self._slot(
            self.girls_of_the_test.filtered(lambda s: s.partner_id == mails[0].recipient_ids)
        )
        self.assertEqual(event.dtstart.value.replace(tzinfo=None), slot.opens_at)
        self.assertIn(f"number {slot.rank} of 7", event.description.value)

    def test_a_moved_slot_is_told_again_with_the_same_uid(self):
        before = self._mails()
        self._publish(remind_hours=0)
        slot = self.window.slot_ids.sorted("rank")[-1]
        first = slot._get_ics()
        told = len(self._mails() - before)
        self.window.with_context(queue_job__no_delay=True)._extend(
            self.window.closes_at + timedelta(hours=1), "More time", timedelta(minutes=30)
        )
        self.assertEqual(len(self._mails() - before), 2 * told)
        self.assertIn("has moved", self._mails()[0].body_html)
        old, new = (vobject.readOne(ics.decode()).vevent for ics in (first, slot._get_ics()))
        self.assertEqual(old.uid.value, new.uid.value)
        self.assertLess(int(old.sequence.value), int(new.sequence.value))

    def test_reminders_come_once_in_the_hours_before(self):
        now = self.env.cr.now()
        self._publish(opens_at=now + timedelta(hours=20), remind_hours=12)
        before = self._mails()
        self.window._remind_next(now)
        self.assertFalse(self._mails() - before, "it is too early")
        self.window._remind_next(now + timedelta(hours=12))
        told = self.girls_of_the_test.filtered("email")
        self.assertEqual((self._mails() - before).recipient_ids, told.partner_id)
        self.window._remind_next(now + timedelta(hours=12))
        self.assertEqual(len(self._mails() - before), len(told))

    def test_news_within_the_hours_before_is_the_reminder(self):
        self._publish(remind_hours=12)
        before = self._mails()
        self.window._remind_next(self.env.cr.now())
        self.assertFalse(self._mails() - before)

    def test_nobody_is_reminded_of_a_time_that_may_not_come(self):
        now = self.env.cr.now()
        self._publish(opens_at=now + timedelta(hours=8), remind_hours=12)
        before = self._mails()
        self.window._pause("Server trouble")
        self.window.slot_ids.reminded_for = False
        self.window._remind_next()
        self.window._cron_slots()
        self.assertFalse(self._mails() - before)
        self.window.write({"is_paused": False, "closes_at": now})
        self.window._remind_next()
        self.assertFalse(self._mails() - before, "it closed early")

    # Lottery ---------------------------------------------------------------

    def _freeze(self):
        now = self.env.cr.now()
        self._prepare(
            "lottery", lottery_source=SOURCE, lottery_source_at=now + timedelta(minutes=1)
        )
        self.window.with_context(queue_job__no_delay=True).action_make_slots()
        self.assertEqual(self.window.slot_state, "listed")
        self.window.action_freeze_list()
        return self.window.lottery_ids

    def test_the_lottery_runs_from_the_list_to_the_slots(self):
        lottery = self._freeze()
        references = self.window.slot_ids.mapped("reference")
        self.assertEqual(lottery.list_text, rules.list_text(references))
        self.assertFalse(any(self.window.slot_ids.mapped("rank")))
        self.window.lottery_number = "24,123.45"
        self.assertRefused("LOTTERY_TOO_EARLY", self.window.action_draw)
        later = self.env.cr.now() + timedelta(minutes=2)
        self.window.lottery_number = "about twenty"
        self.assertRefused("LOTTERY_BAD_NUMBER", self.window._draw_lottery, later)
        self.window.lottery_number = "24,123.45"
        self.window._draw_lottery(later)
        seed = rules.make_seed(lottery.list_hash, "24123.45")
        self.assertEqual((lottery.number, lottery.seed), ("24123.45", seed))
        expected = rules.draw(references, seed)
        self.assertEqual(self.window.slot_ids.sorted("rank").mapped("reference"), expected)
        self.assertEqual(lottery.order_text.split(), expected)
        self.window.action_publish_slots()
        notes = "".join(self.window.message_ids.mapped("body"))
        for fact in (lottery.list_hash, SOURCE, "24123.45", seed):
            self.assertIn(fact, notes)

    def test_each_student_sees_their_own_reference_before_the_draw(self):
        lottery = self._freeze()
        [shown] = self.desk(self.asha_user)._get_slots(self.round, self.asha)
        self.assertEqual(shown["reference"], self._slot(self.asha).reference)
        self.assertEqual(shown["lottery_url"], lottery._get_url())
        self.assertFalse(shown["opens_label"])
        self.window.lottery_number = "1"
        self.window._draw_lottery(lottery.source_at)
        self.window.action_publish_slots()
        [shown] = self.desk(self.asha_user)._get_slots(self.round, self.asha)
        self.assertTrue(shown["rank"] and shown["opens_label"])

    def test_what_is_published_never_changes(self):
        lottery = self._freeze()
        for vals in (
            {"list_text": "x\n"},
            {"list_hash": "0"},
            {"source": "Another"},
            {"source_at": self.env.cr.now()},
            {"token": "x"},
        ):
            with self.assertRaises(AccessError):
                lottery.sudo().write(vals)
        self.assertRefused("SLOTS_FROZEN", self.window.write, {"lottery_source": "Another"})
        self.assertRefused("INVALID_TRANSITION", self.window.action_discard_slots)
        self.window.lottery_number = "1"
        self.window._draw_lottery(lottery.source_at)
        for vals in ({"number": "2"}, {"seed": "0"}, {"order_text": "x\n"}):
            with self.assertRaises(AccessError):
                lottery.sudo().write(vals)
        self.assertRefused("LOTTERY_DRAWN", lottery._draw, "2")
        self.assertRefused("SLOTS_FROZEN", self.window.action_discard_slots)
        with self.assertRaises(AccessError):
            lottery.sudo().unlink()

    def test_the_number_is_named_before_it_exists(self):
        now = self.env.cr.now()
        self._prepare("lottery")
        self.window.with_context(queue_job__no_delay=True).action_make_slots()
        self.assertRefused("LOTTERY_SOURCE_MISSING", self.window.action_freeze_list)
        self.window.write({"lottery_source": SOURCE, "lottery_source_at": now})
        self.assertRefused("LOTTERY_SOURCE_PAST", self.window.action_freeze_list)
        self.assertFalse(self.window.lottery_ids)

    def test_references_say_nothing_about_students(self):
        lottery = self._freeze()
        for student in self.girls_of_the_test:
            for word in (student.name, student.roll_number, student.email or "x@"):
                self.assertNotIn(word, str(lottery._describe()))

    # Access ----------------------------------------------------------------

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_wardens_see_the_slots_of_their_own_students_only(self):
        self._publish()
        warden = new_test_user(
            self.env, "warden.slots.test", groups="hostel_base.group_hostel_warden"
        )
        slots = self.window.slot_ids.with_user(warden)
        self.assertFalse(slots.search([("window_id", "=", self.window.id)]))
        with self.assertRaises(AccessError):
            slots.read(["rank"])
        self.env["hostel.staff"].create(
            {"user_id": warden.id, "role": "warden", "hostel_id": self.girls.id}
        )
        self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[3], self.asha, self.term, "awaiting_approval"
        )
        found = slots.search([("window_id", "=", self.window.id)])
        self.assertEqual(found.student_id, self.asha.with_user(warden))
        admin = new_test_user(self.env, "admin.slots.test", groups="hostel_base.group_hostel_admin")
        for vals in ({"rank": 1}, {"opens_at": datetime(2030, 1, 1)}):
            with self.assertRaises(AccessError):
                self._slot(self.asha).with_user(admin).write(vals)


@tagged("post_install", "-at_install")
class TestSlotPages(SlotMixin, BookingHttpCase):
    def _hold(self, index):
        return self._post("hold", {"key": self.map.key, "i": index})

    def _redis_ms(self):
        seconds, micros = self.locks.client.time()
        return seconds * 1000 + micros // 1000

    def test_a_call_one_second_early_is_refused_whatever_the_client_does(self):
        """By Redis's own clock, over HTTP; the same call is let in when the second has passed."""
        self._publish()
        self.env.flush_all()
        self.locks.set_doors_version(self.round.key, self.round.doors_version)
        self.authenticate("asha.test", "asha.test")
        # The first request of a server is slow, and the second must be a whole second early.
        self.url_open("/hostel/booking/me")
        self.asha._load_eligibility(self.round)
        opens_ms = self._redis_ms() + 4000
        door = (opens_ms, opens_ms + 3_600_000, 600_000, opens_ms - 60_000)
        self.locks.set_eligibility(
            self.round.key,
            self.asha.id,
            gender="f",
            doors={self.map.floor_id.id: [door]},
            doors_version=self.round.doors_version,
        )
        refused = self._hold(0)
        self.assertEqual(refused.status_code, 403, refused.text)
        answer = refused.json()
        self.assertEqual(answer["code"], "NOT_YOUR_SLOT")
        self.assertGreater(answer["details"]["opens_in_ms"], 0)
        self.assertLessEqual(answer["details"]["opens_in_ms"], 4000)
        self.assertEqual(self.states()[0], "0")
        while self._redis_ms() < opens_ms:
            time.sleep(0.02)
        self.assertEqual(self._hold(0).status_code, 200)
        self.assertEqual(self.states()[0], "1")

    def test_the_lottery_page_needs_no_sign_in_and_shows_no_person(self):
        now = self.env.cr.now()
        self._prepare(
            "lottery", lottery_source=SOURCE, lottery_source_at=now + timedelta(minutes=1)
        )
        self.window.with_context(queue_job__no_delay=True).action_make_slots()
        self.window.action_freeze_list()
        lottery = self.window.lottery_ids
        self.authenticate(None, None)
        page = self.url_open(lottery._get_url())
        self.assertEqual(page.status_code, 200)
        for words in (lottery.list_hash, SOURCE, "has not been entered yet"):
            self.assertIn(words, page.text)
        self.assertIn("noindex", page.headers["X-Robots-Tag"])
        self.window.lottery_number = "24,123.45"
        self.window._draw_lottery(lottery.source_at)
        self.env.flush_all()
        page = self.url_open(lottery._get_url())
        for words in (lottery.seed, "24123.45", lottery.order_text.split()[0]):
            self.assertIn(words, page.text)
        for student in self.girls_of_the_test:
            self.assertNotIn(student.roll_number, page.text)
        listed = self.url_open(f"{lottery._get_url()}/list.txt")
        self.assertEqual(rules.sha256(listed.content.decode()), lottery.list_hash)
        for path in ("/hostel/lottery/nothing", "/hostel/lottery/nothing/list.txt"):
            self.assertEqual(self.url_open(path).status_code, 404)
