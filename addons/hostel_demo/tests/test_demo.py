import itertools
import json
from collections import Counter
from datetime import timedelta

from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools import file_open

from odoo.addons.hostel_base.const import LIVE_STATES
from odoo.addons.hostel_booking.tools.lottery import draw, make_seed, read_list, sha256

from ..campus import build
from ..campus.buildings import BUILDINGS, ROOM_TYPES
from ..campus.imports import ROLL_NUMBERS
from ..campus.people import GENDERS, STUDENT_LOGINS
from ..hooks import post_init_hook


class CampusMixin:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hostels = cls.env["hostel.hostel"]
        for building in BUILDINGS:
            cls.hostels |= cls.env.ref(f"hostel_demo.hostel_{building.key}")
        cls.round = cls.env["hostel.booking.round"].search(
            [
                ("window_ids.hostel_ids", "in", cls.hostels.ids),
                ("is_practice", "=", False),
                ("state", "=", "open"),
            ]
        )
        cls.students = cls.env["hostel.student"].search([("email", "=like", "%@aranyak.example")])


@tagged("post_install", "-at_install")
class TestCampus(CampusMixin, TransactionCase):
    def test_the_campus_is_complete(self):
        kinds = Counter(self.hostels.mapped("gender_type"))
        self.assertEqual(kinds, {"boys": 2, "girls": 2, "mixed": 1})
        self.assertTrue(all(len(hostel.floor_ids) > 1 for hostel in self.hostels))
        beds = sum(
            ROOM_TYPES[code][1] * building.floors
            for building in BUILDINGS
            for code in building.rooms
        )
        self.assertEqual(len(self.hostels.bed_ids), beds)
        self.assertTrue(290 <= beds <= 310)
        self.assertEqual(len(self.students), len(GENDERS) + len(ROLL_NUMBERS))
        self.assertTrue(all(student.guardian_ids for student in self.students))
        self.assertEqual(self.env.company.currency_id.name, "INR")

    def test_a_list_of_applicants_came_in_and_got_its_roll_numbers(self):
        jobs = self.env["hostel.import"].search([], order="id")
        self.assertEqual(jobs.mapped("state"), ["done", "done"])
        self.assertEqual(jobs[0].refused_line_ids.code, "UNKNOWN_PROGRAMME")
        self.assertEqual(jobs[1].changed_count, len(ROLL_NUMBERS))
        student = self.students.search([("roll_number", "=", "26BCS901")])
        self.assertEqual(student.roll_number_ids.roll_number, "ADM26001")

    def test_every_bed_can_be_booked_by_somebody(self):
        beds = self.hostels.bed_ids
        self.assertFalse(beds.filtered(lambda bed: not bed.room_id.gender))
        self.assertFalse(beds.filtered(lambda bed: not bed._get_price(self.round.term_id)))
        self.assertFalse(beds.filtered(lambda bed: not bed.position_note))

    def test_every_bed_is_drawn_once(self):
        for floor in self.hostels.floor_ids:
            drawn = [bed["i"] for room in floor.layout["rooms"] for bed in room["beds"]]
            self.assertEqual(sorted(drawn), sorted(floor.bed_ids.mapped("map_index")))

    def test_no_student_and_no_bed_is_taken_twice(self):
        rows = self.env["hostel.allocation"].search([("hostel_id", "in", self.hostels.ids)])
        live = rows.filtered(lambda row: row.state in LIVE_STATES)
        for name in ("student_id", "bed_id"):
            for record, stays in live.filtered(name).grouped(name).items():
                ordered = stays.sorted("date_from")
                for one, other in itertools.pairwise(ordered):
                    self.assertLessEqual(one.date_to, other.date_from, record.display_name)

    def test_each_resident_has_one_bed_of_the_right_kind(self):
        rows = self.env["hostel.allocation"].search(
            [("hostel_id", "in", self.hostels.ids), ("state", "=", "checked_in")]
        )
        self.assertGreater(len(rows), 150)
        self.assertEqual(len(rows.student_id), len(rows))
        self.assertFalse(rows.filtered(lambda row: row.bed_id.room_id.gender != row.gender))

    def test_paid_bookings_wait_for_both_wardens(self):
        rows = self.env["hostel.allocation"].search(
            [("term_id", "=", self.round.term_id.id), ("state", "=", "awaiting_approval")]
        )
        for login in ("warden.girls", "warden.boys"):
            user = self.env["res.users"].search([("login", "=", login)])
            self.assertTrue(rows.with_user(user)._filtered_access("write"), login)
        by_wishes = rows.filtered(lambda row: row.booking_source == "engine")
        self.assertTrue(by_wishes)
        # Who keeps a bed has paid the dues of the term elsewhere.
        kept = rows.filtered("offer_kind")
        self.assertTrue(all(row.paid_at for row in rows - by_wishes - kept))
        self.assertFalse(rows._get_missing_evidence())

    def test_stays_have_moved_ended_and_begun(self):
        rows = self.env["hostel.allocation"].search([("hostel_id", "in", self.hostels.ids)])
        moved = rows.filtered(lambda row: row.state == "transferred")
        self.assertGreaterEqual(len(moved), 4)
        self.assertEqual(moved.continued_ids.origin_id, moved)
        left = rows.filtered(lambda row: row.state == "vacated")
        self.assertEqual(set(left.mapped("vacate_reason")), {"opted_out", "transfer", "expulsion"})
        here = rows.filtered(lambda row: row.state == "checked_in")
        self.assertEqual(len(here.check_ids), len(here))
        self.assertIn("on_leave", here.mapped("stay_status"))
        coming = rows.filtered(lambda row: row.state == "allocated")
        today = self.env.cr.now().date()
        self.assertTrue(coming.filtered(lambda row: row.date_from <= today + timedelta(days=60)))

    def test_the_present_term_was_booked_in_a_round_that_is_over(self):
        last = self.env["hostel.booking.round"].search(
            [("state", "=", "closed"), ("window_ids.hostel_ids", "in", self.hostels.ids)]
        )
        bookings = self.env["hostel.booking.report"].search([("round_id", "=", last.id)])
        self.assertGreater(sum(bookings.mapped("checked_in_count")), 150)
        self.assertGreaterEqual(len(bookings.filtered("lost_count")), 3)
        self.assertGreaterEqual({*bookings.mapped("booking_source")}, {"map", "office", "engine"})
        self.assertGreaterEqual({*bookings.mapped("wish_label")}, {"1", "2", "3"})
        days = {moment.date() for moment in bookings.mapped("booked_at")}
        self.assertGreater(len(days), 4)
        self.assertLess(max(days), last.date_from)
        Funnel = self.env["hostel.booking.funnel.report"]
        steps = dict(
            Funnel._read_group([("round_id", "=", last.id)], ["step"], ["count:sum"], order="step")
        )
        counts = list(steps.values())
        self.assertEqual(len(counts), 5)
        self.assertEqual(counts, sorted(counts, reverse=True))

    def test_most_have_signed_their_agreement_and_some_have_not(self):
        agreements = self.env["hostel.licence.agreement"].search(
            [("allocation_id.state", "=", "checked_in"), ("state", "!=", "void")]
        )
        signed = agreements.filtered(lambda one: one.state == "signed")
        self.assertGreater(len(signed), 0.85 * len(agreements))
        self.assertTrue(signed < agreements)
        self.assertTrue(all(one.verification_id and one.signature for one in signed))

    def test_every_student_has_signed_for_the_year(self):
        active = self.students.filtered(lambda student: student.status == "active")
        for student in active:
            self.assertTrue(student._has_undertaking(self.round.term_id.year_id))

    def test_the_year_end_is_a_preview(self):
        rollover = self.env["hostel.rollover"].search([("year_id", "!=", False)], limit=1)
        self.assertEqual(rollover.state, "preview")
        self.assertGreater(rollover.promoted_count, 100)
        self.assertTrue(rollover.graduate_count and rollover.detained_count)
        self.assertTrue(rollover.blocked_count)
        active = self.students.filtered(lambda student: student.status == "active")
        self.assertGreater(len(active), 190, "a preview changes nobody")

    def test_some_rooms_are_closed_with_a_reason(self):
        blocks = self.env["hostel.allocation"].search(
            [("hostel_id", "in", self.hostels.ids), ("state", "=", "blocked")]
        )
        self.assertTrue(blocks)
        self.assertTrue(all(block.reason for block in blocks))

    def test_the_round_is_open_and_its_windows_differ(self):
        self.assertEqual(self.round.state, "open")
        self.assertEqual(self.round.map_ids.floor_id, self.hostels.floor_ids)
        now = self.env.cr.now()
        self.assertGreater(self.round.date_from, self.students.allocation_ids[-1:].date_from)
        windows = self.round.window_ids
        running = windows.filtered(lambda window: window.opens_at < now < window.closes_at)
        self.assertEqual(len(running), 1)
        self.assertEqual(running.hostel_ids, self.hostels)
        self.assertEqual(set(windows.mapped("slot_by")), {"none", "merit", "lottery"})
        freshers = windows.filtered(lambda window: window.slot_by == "merit")
        self.assertEqual(freshers.slot_state, "published")
        self.assertEqual(freshers.slot_count, freshers.eligible_count)

    def test_the_lottery_of_the_scholars_can_be_recomputed(self):
        lottery = self.round.window_ids.lottery_ids
        self.assertEqual(sha256(lottery.list_text), lottery.list_hash)
        seed = make_seed(lottery.list_hash, lottery.number)
        self.assertEqual(draw(read_list(lottery.list_text), seed), lottery.order_text.split())
        self.assertLess(lottery.frozen_at, lottery.source_at)
        self.assertLess(lottery.source_at, lottery.number_at)

    def test_practice_is_open_beside_the_real_round(self):
        practice = self.env["hostel.booking.round"].search(
            [("is_practice", "=", True), ("term_id", "=", self.round.term_id.id)]
        )
        self.assertEqual(practice.state, "open")
        self.assertEqual(practice.map_ids.floor_id, self.hostels.floor_ids)

    def test_students_who_sign_in_are_free_to_book(self):
        students = self.env["res.users"].browse()
        for row in STUDENT_LOGINS:
            students |= self.env["res.users"].search([("login", "=", row.login)])
        for user in students:
            student = self.env["hostel.student"].with_user(user)._get_current()
            self.assertFalse(student._get_booking_refusal(self.round), user.login)
            self.assertTrue(student._get_windows(self.round), user.login)
            self.assertEqual(student.current_state, "checked_in", user.login)
        cleared = self.env["hostel.student"].with_user(students[-1])._get_current()
        self.assertTrue(cleared._is_cleared(self.round.term_id))

    def test_people_wait_for_a_kind_that_is_full_and_the_first_has_an_offer(self):
        entries = self.env["hostel.waitlist.entry"].search([])
        states = entries.sorted("joined_at").mapped("state")
        self.assertEqual(states[0], "offered")
        self.assertGreaterEqual(states.count("waiting"), 3)
        kept = entries[0].allocation_ids
        self.assertEqual((kept.state, kept.hostel_id), ("offered", entries[0].hostel_id))

    def test_moves_wait_for_the_warden_and_for_an_answer(self):
        requests = self.env["hostel.move.request"].search([])
        self.assertLessEqual({"asked", "to_approve"}, set(requests.mapped("state")))
        self.assertEqual({"swap", "transfer", "upgrade"}, set(requests.mapped("kind")))
        ready = requests.filtered(lambda one: one.state == "to_approve")
        # A dearer bed may wait for its money.
        self.assertFalse(ready.filtered(lambda one: one.kind != "upgrade" and one.obstacle))
        better = requests.filtered(lambda one: one.kind == "upgrade")
        self.assertGreater(better.price_difference, 0)

    def test_residents_were_asked_whether_they_keep_their_bed(self):
        window = self.round.window_ids.filtered("lets_keep")
        self.assertTrue(window.keep_offered_at)
        counts = (window.keep_offer_count, window.keep_kept_count, window.keep_given_up_count)
        self.assertEqual(counts, (1, 1, 1))
        self.assertTrue(window.keep_left_out_count)
        user = self.env["res.users"].search([("login", "=", "student11")])
        offer = self.env["hostel.keep.desk"].with_user(user)._get_page()["offer"]
        self.assertEqual(offer["kind"], "keep")
        friend = self.env["hostel.allocation"].search([("offer_kind", "=", "pull_in")])
        self.assertEqual(friend.state, "offered")
        self.assertEqual(friend.asked_by_id.allocation_ids.room_id & friend.room_id, friend.room_id)

    def test_a_group_waits_in_line(self):
        entry = self.env["hostel.waitlist.entry"].search([("cohort_id", "!=", False)])
        self.assertEqual((entry.state, entry.size), ("waiting", 2))

    def test_wardens_approved_many_at_once(self):
        batches = self.env["hostel.approval.batch"].search([])
        self.assertEqual(set(batches.mapped("state")), {"done"})
        self.assertFalse(batches.filtered("failures"))
        self.assertTrue(all(batch.done_count == batch.total >= 10 for batch in batches))
        self.assertLess(max(batches.mapped("due_at")), self.env.cr.now() - timedelta(days=1))
        delay = self.env["ir.config_parameter"].get_param("hostel_base.approval_delay")
        self.assertNotEqual(delay, "0")

    def test_who_has_not_come_was_reminded(self):
        notices = self.env["hostel.no.show.notice"].search([])
        self.assertEqual(set(notices.allocation_id.mapped("state")), {"allocated"})

    def test_deposits_came_back_and_the_books_add_up(self):
        exits = self.env["hostel.exit"].search([("student_id", "in", self.students.ids)])
        self.assertEqual(set(exits.mapped("state")), {"draft", "settled"})
        settled = exits.filtered(lambda one: one.state == "settled")
        self.assertTrue(settled.refunded_on)
        self.assertGreater(settled.kept_amount, 0)
        self.assertEqual(settled.refund_ids.mapped("state"), ["paid"])
        check = self.env["hostel.ledger.check"].search([], order="id", limit=1)
        self.assertEqual(
            check.state, "ok", check.line_ids.filtered("is_breach").mapped("offenders")
        )

    def test_no_mail_goes_out(self):
        mails = self.env["mail.mail"].search([("email_to", "like", "aranyak.example")])
        self.assertFalse(mails)
        self.assertFalse(
            self.env["mail.notification"].search(
                [
                    ("res_partner_id", "in", self.students.partner_id.ids),
                    ("notification_type", "=", "email"),
                ]
            )
        )

    def test_the_page_of_fees_has_each_state(self):
        # What was due on the day of the installation is late from the next on.
        wanted = {"student1": {"due", "overdue"}, "student3": {"overdue"}, "student4": {"paid"}}
        for login, states in wanted.items():
            user = self.env["res.users"].search([("login", "=", login)])
            student = self.students.filtered(
                lambda one, partner=user.partner_id: one.partner_id == partner
            )
            with self.subTest(login):
                self.assertIn(student._get_fee_summary()["state"], states)
        statement = self.env["hostel.fee.statement"].search([], limit=1)
        self.assertTrue(statement.attachment_id)

    def test_a_second_installation_adds_nothing(self):
        count = self.env["hostel.hostel"].search_count([])
        post_init_hook(self.env)
        self.assertEqual(self.env["hostel.hostel"].search_count([]), count)
        self.assertTrue(self.env.ref(build.MARK))


@tagged("post_install", "-at_install")
class TestLogins(HttpCase):
    def test_each_login_signs_in(self):
        with file_open("hostel_demo/logins.json") as file:
            logins = json.load(file)
        roles = {row["role"] for row in logins}
        self.assertEqual(len(roles), len(logins))
        self.assertLessEqual({"admin", "warden", "student", "guardian"}, roles)
        for row in logins:
            with self.subTest(role=row["role"]):
                self.authenticate(row["login"], row["password"])
                response = self.url_open(row["url"])
                self.assertEqual(response.status_code, 200)
                self.assertNotIn("/web/login", response.url)
