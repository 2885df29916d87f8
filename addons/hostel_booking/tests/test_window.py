import itertools
import json
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.hostel_base.errors import HostelError

from .common import BookingCase


@tagged("post_install", "-at_install")
class TestWindow(BookingCase):
    """Who may book what: each rule with its code and its words."""

    def setUp(self):
        super().setUp()
        self.programme = self.env["hostel.programme"].create(
            {"name": "Test B.Tech AIML", "code": "TBAI"}
        )
        self.asha.sudo().write({"programme_id": self.programme.id, "category": "obc"})

    def assertRefused(self, code, call, *args):
        with self.assertRaises(HostelError) as caught:
            call(*args)
        self.assertEqual(caught.exception.code, code, str(caught.exception))
        return caught.exception

    def _hold(self, user, index=0):
        return self.desk(user)._hold(self.map.key, index)

    def _reload(self):
        """What the hooks after the commit do."""
        self.env.flush_all()
        self.env.cr.postcommit.run()

    def _clear(self, student):
        return self.env["hostel.clearance"].create(
            {"student_id": student.id, "term_id": self.term.id}
        )

    def test_each_rule_refuses_with_its_code_and_its_words(self):
        other = self.programme.copy({"name": "Test BBA", "code": "TBBA"})
        for vals, code, words in (
            ({"gender": "male"}, "GENDER_MISMATCH", "for others"),
            ({"year_from": 3}, "NOT_YOUR_YEAR", "year 3 and above"),
            ({"programme_ids": [(6, 0, other.ids)]}, "NOT_YOUR_PROGRAMME", "Test BBA"),
            ({"for_sc": True, "for_st": True}, "NOT_YOUR_CATEGORY", "other admission categories"),
            ({"needs_clearance": True, "dues_place": "counter 3"}, "OUTSTANDING_FEES", "counter 3"),
            ({"needs_undertaking": True}, "UNDERTAKING_MISSING", "antiragging"),
        ):
            with self.subTest(code=code), self.env.cr.savepoint() as savepoint:
                self.window.write(vals)
                self._reload()
                refused = self.assertRefused(code, self._hold, self.asha_user)
                self.assertIn(words, str(refused))
                self.assertEqual(refused.http_status, 403)
                [floor] = self.desk(self.asha_user)._boot(self.girls.id)["floors"]
                self.assertEqual((floor["eligible"], floor["code"]), (False, code))
                self.assertIn(words, floor["reason"])
                campus = self.desk(self.asha_user)._get_campus(self.round, self.asha)
                card = next(row for row in campus if row["id"] == self.girls.id)
                self.assertIn(words, card["reason"])
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_category_is_never_named(self):
        self.window.write({"for_sc": True})
        text = str(self.desk(self.asha_user)._boot(self.girls.id))
        for word in ("'sc'", "SC", "obc", "OBC"):
            self.assertNotIn(word, text)

    def test_a_clearance_opens_the_door_and_its_withdrawal_shuts_it(self):
        self.window.needs_clearance = True
        self._reload()
        self.assertRefused("OUTSTANDING_FEES", self._hold, self.asha_user)
        clearance = self._clear(self.asha)
        self._reload()
        hold = self._hold(self.asha_user)
        self.desk(self.asha_user)._release(hold["token"])
        clearance.active = False
        self._reload()
        self.assertRefused("OUTSTANDING_FEES", self._hold, self.asha_user)

    def test_an_undertaking_opens_the_door(self):
        self.window.needs_undertaking = True
        self._reload()
        self.assertRefused("UNDERTAKING_MISSING", self._hold, self.asha_user)
        undertaking = self.env["hostel.undertaking"].create(
            {
                "student_id": self.asha.id,
                "year_id": self.term.year_id.id,
                "reference": "T-1",
                "student_date": "2030-07-01",
            }
        )
        self._reload()
        self.assertRefused("UNDERTAKING_MISSING", self._hold, self.asha_user)
        undertaking.guardian_date = "2030-07-02"
        self._reload()
        self._hold(self.asha_user)

    def test_another_programme_or_category_is_seen_at_once(self):
        self.window.write({"programme_ids": [(6, 0, self.programme.ids)], "for_obc": True})
        self._reload()
        hold = self._hold(self.asha_user)
        self.desk(self.asha_user)._release(hold["token"])
        self.asha.sudo().category = "general"
        self._reload()
        self.assertRefused("NOT_YOUR_CATEGORY", self._hold, self.asha_user)
        self.asha.sudo().write({"category": "obc", "programme_id": False})
        self._reload()
        self.assertRefused("NOT_YOUR_PROGRAMME", self._hold, self.asha_user)

    def test_a_ranked_window_shows_the_map_and_takes_no_holds(self):
        self.window.mode = "ranked"
        self._reload()
        refused = self.assertRefused("WINDOW_RANKED", self._hold, self.asha_user)
        self.assertEqual(refused.details["url"], "/my/cohort")
        boot = self.desk(self.asha_user)._boot(self.girls.id)
        self.assertEqual(boot["window"]["state"], "ranked")
        self.assertEqual(boot["window"]["wishes_url"], "/my/cohort")
        self.assertTrue(boot["floors"][0]["eligible"])
        self.window.mode = "both"
        self._reload()
        self._hold(self.asha_user)

    def test_the_domain_and_the_verdict_agree(self):
        students = self.asha | self.bina | self.chand
        self.bina.write({"year_of_study": 4, "status": "inactive"})
        self._clear(self.asha)
        rules = (
            ("gender", (False, "female")),
            ("year_from", (1, 3)),
            ("programme_ids", ([(5,)], [(6, 0, self.programme.ids)])),
            ("for_obc", (False, True)),
            ("needs_clearance", (False, True)),
            ("needs_undertaking", (False, True)),
        )
        for values in itertools.product(*(options for _name, options in rules)):
            self.window.write(dict(zip((name for name, _ in rules), values, strict=True)))
            found = self.env["hostel.student"].search(
                [("id", "in", students.ids), *self.window._get_student_domain()]
            )
            self.assertEqual(found, students.filtered(self.window._suits), values)

    def test_the_number_of_students_costs_one_query(self):
        self.window.write({"for_obc": True, "needs_clearance": True, "needs_undertaking": True})
        self.env.flush_all()
        self.window.invalidate_recordset(["eligible_count"])
        self.window._get_student_domain()
        with self.assertQueryCount(1):
            self.assertEqual(self.window.eligible_count, 0)

    def test_the_nearest_window_tells_what_is_missing(self):
        self.window.write({"year_from": 3, "needs_clearance": True})
        self.window.copy({"name": "Freshers", "year_from": 1, "year_to": 2})
        refusal = self.desk(self.asha_user)._get_refusal(self.girls, self.round, self.asha)
        self.assertEqual(refusal["code"], "OUTSTANDING_FEES")

    # Pause and the like ----------------------------------------------------

    def _news(self):
        """Messages about windows that open maps get."""
        pubsub = self.locks.client.pubsub(ignore_subscribe_messages=True)
        pubsub.subscribe(self.locks.channel)
        pubsub.get_message(timeout=1)
        self.addCleanup(pubsub.close)

        def read():
            found = []
            while message := pubsub.get_message(timeout=0.3):
                if message["data"].startswith("doors|"):
                    found.append(json.loads(message["data"].partition("|")[2]))
            return found

        return read

    def test_while_paused_nobody_holds_and_what_is_held_is_paid(self):
        read = self._news()
        hold = self._hold(self.asha_user)
        self.window._pause("The payment site is slow.")
        self._reload()
        refused = self.assertRefused("WINDOW_PAUSED", self._hold, self.bina_user, 1)
        self.assertIn("paused", str(refused))
        boot = self.desk(self.bina_user)._boot(self.girls.id)
        self.assertEqual(boot["window"]["state"], "paused")
        self.assertEqual(boot["window"]["message"], "The payment site is slow.")
        self.assertTrue(boot["floors"][0]["eligible"])
        self.desk(self.asha_user)._pay(hold["token"])
        [news] = [row for row in read() if row["w"]]
        self.assertEqual(set(news["k"]), set(self.round.map_ids.mapped("key")))
        [told] = news["w"]
        self.assertEqual((told["id"], told["p"]), (self.window.id, True))
        self.assertEqual(told["m"], "The payment site is slow.")
        self.window._resume("It is back.")
        self._reload()
        self._hold(self.bina_user, 1)

    def test_a_pause_gives_the_lost_time_back(self):
        end = self.window.closes_at
        self.window._pause("Fire drill")
        self.window.paused_at = self.env.cr.now() - timedelta(minutes=20)
        self.window._resume("It is over")
        self.assertEqual(self.window.closes_at, end + timedelta(minutes=20))
        self.window._pause("Again")
        self.window.paused_at = self.env.cr.now() - timedelta(minutes=20)
        self.window._resume("It is over", shift=False)
        self.assertEqual(self.window.closes_at, end + timedelta(minutes=20))

    def test_a_window_can_be_extended_and_closed_early(self):
        end = self.window.closes_at
        self.assertRefused("INVALID_DATE_RANGE", self.window._extend, end, "Later")
        self.window._extend(end + timedelta(hours=2), "Later")
        self.assertEqual(self.window.closes_at, end + timedelta(hours=2))
        self.window._close_early("All beds are given.")
        self._reload()
        self.assertRefused("WINDOW_CLOSED", self._hold, self.asha_user)
        self.assertIn("All beds are given.", "".join(self.window.message_ids.mapped("body")))
        self.assertRefused("WINDOW_CLOSED", self.window._close_early, "Twice")

    def test_dialogs_do_what_the_buttons_say_and_only_for_the_office(self):
        for kind, check in (
            ("pause", lambda: self.window.is_paused),
            ("resume", lambda: not self.window.is_paused),
            ("close", lambda: self.window.closes_at <= self.env.cr.now()),
        ):
            action = self.window._open_change(kind)
            form = Form(self.env[action["res_model"]].with_context(**action["context"]))
            form.reason = "Because"
            form.save().action_apply()
            self.assertTrue(check(), kind)
        warden = new_test_user(
            self.env, "warden.window.test", groups="hostel_base.group_hostel_warden"
        )
        with self.assertRaises(AccessError):
            self.window.with_user(warden).action_pause()
        with self.assertRaises(AccessError):
            self.env["hostel.booking.window.change"].with_user(warden).create(
                {"window_id": self.window.id, "kind": "pause", "reason": "x"}
            )

    # The warden's question -------------------------------------------------

    def test_the_dialog_tells_each_window_s_verdict(self):
        self.window.write({"name": "Third years", "year_from": 3, "needs_clearance": True})
        self.window.copy({"name": "Everybody", "year_from": 1, "needs_clearance": False})
        dialog = self.env["hostel.booking.check"].create(
            {"student_id": self.asha.id, "round_id": self.round.id}
        )
        for words in ("Third years", "NOT_YOUR_YEAR", "OUTSTANDING_FEES", "Everybody", "Open to"):
            self.assertIn(words, dialog.verdict)

    def test_wardens_ask_about_their_own_students_only(self):
        warden = new_test_user(
            self.env, "warden.check.test", groups="hostel_base.group_hostel_warden"
        )
        Check = self.env["hostel.booking.check"].with_user(warden)
        vals = {"student_id": self.asha.id, "round_id": self.round.id}
        self.assertRefused("NOT_FOUND", Check.create, vals)
        self.env["hostel.staff"].create(
            {"user_id": warden.id, "role": "warden", "hostel_id": self.girls.id}
        )
        self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[3], self.asha, self.term, "awaiting_approval"
        )
        self.assertIn("HAS_ALLOCATION", Check.create(vals).verdict)
