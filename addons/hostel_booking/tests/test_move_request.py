from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tests.common import QUIET
from odoo.addons.queue_job.tests.common import trap_jobs

from ..tools.masking import references
from .common import BookingCase
from .common_moving import get_letters


class MoveCase(BookingCase):
    """Asha and Bina have a paid bed each in the girls' hostel."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, **QUIET})
        cls.beds = cls.girls.bed_ids
        cls.row = cls._create_stay(cls.asha, cls.beds[0])
        cls.other = cls._create_stay(cls.bina, cls.beds[3])
        cls.warden = new_test_user(cls.env, "mv.warden", groups="hostel_base.group_hostel_warden")
        cls._create_post(cls.warden, cls.girls)
        cls.Request = cls.env["hostel.move.request"]

    @classmethod
    def _create_post(cls, user, hostel):
        cls.env["hostel.staff"].create(
            {
                "user_id": user.id,
                "hostel_id": hostel.id,
                "role": "warden",
                "date_from": "2020-01-01",
            }
        )

    @classmethod
    def _create_stay(cls, student, bed, paid=True):
        row = cls.env["hostel.allocation"]._reserve(bed, student, cls.term, "awaiting_approval")
        if paid:
            row.paid_at = cls.env.cr.now()
        row._transition("allocated")
        return row

    def moves(self, user):
        return self.env["hostel.move.desk"].with_user(user)

    def ask(self, number=None, user=None):
        return self.moves(user or self.asha_user)._ask_swap(number or self.bina.roll_number).sudo()

    def assertRefused(self, code, call, *args, **kwargs):
        with self.assertRaises(HostelError) as caught:
            call(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)

    def live(self, student):
        return student.allocation_ids.filtered(lambda row: row.state in ("allocated", "checked_in"))


@tagged("post_install", "-at_install")
class TestSwap(MoveCase):
    def test_both_agree_the_warden_approves_and_both_move_at_once(self):
        request = self.ask()
        self.assertEqual(request.state, "asked")
        self.moves(self.bina_user)._answer(request.id, True)
        self.assertEqual(request.state, "to_approve")
        self.assertTrue(request.activity_ids.filtered(lambda one: one.user_id == self.warden))
        request.with_user(self.warden).action_approve()
        self.assertEqual(request.state, "done")
        self.assertEqual(self.live(self.asha).bed_id, self.beds[3])
        self.assertEqual(self.live(self.bina).bed_id, self.beds[0])
        self.assertEqual(self.row.state, "transferred")
        self.assertEqual(request.result_ids, self.live(self.asha) | self.live(self.bina))
        self.assertFalse(request.activity_ids)

    def test_an_unknown_student_and_a_silent_one_look_the_same(self):
        known = self.ask()
        seen = self.moves(self.asha_user)._get_page()["requests"][0]
        self.moves(self.asha_user)._withdraw(known.id)
        unknown = self.ask("NOBODY-999")
        other = self.moves(self.asha_user)._get_page()["requests"][0]
        self.assertFalse(unknown.partner_student_id)
        for key in ("state", "state_label", "to", "with", "is_open", "kind"):
            self.assertEqual(seen[key], other[key], key)
        self.assertNotIn(self.bina.name, repr(seen))
        self.assertNotIn(self.bina.roll_number, repr(seen))

    def test_a_no_looks_like_silence(self):
        request = self.ask()
        before = self.moves(self.asha_user)._get_page()
        self.moves(self.bina_user)._answer(request.id, False)
        self.assertEqual(request.state, "declined")
        self.assertEqual(self.moves(self.asha_user)._get_page(), before)
        request.expires_at = self.env.cr.now() - timedelta(seconds=1)
        after = self.moves(self.asha_user)._get_page()["requests"][0]
        self.assertEqual(after["state"], "expired")

    def test_who_is_asked_learns_nothing_before_agreeing(self):
        self.ask()
        page = self.moves(self.bina_user)._get_page()
        [question] = page["questions"]
        text = repr(question)
        for secret in (self.asha.name, self.asha.roll_number, self.row._get_bed_label()):
            self.assertNotIn(secret, text)
        self.assertEqual(question["hostel"], "Test Kaveri")
        self.moves(self.bina_user)._answer(question["id"], True)
        self.assertEqual(
            self.moves(self.bina_user)._get_page()["answered"][0]["with"], self.asha.name
        )
        self.assertEqual(
            self.moves(self.asha_user)._get_page()["requests"][0]["with"], self.bina.name
        )

    def test_wildcards_find_nobody(self):
        for number in ("T-bin%", "T_bina", "%"):
            request = self.ask(number)
            self.assertFalse(request.partner_student_id, number)
            self.moves(self.asha_user)._withdraw(request.id)

    def test_the_reference_on_the_own_map_names_somebody_too(self):
        Occupants = self.env["hostel.booking.occupants"].sudo()
        refs = references(Occupants._get_secret(), self.asha.id, self.other.ids)
        room = self.other.room_id.name
        request = self.ask(f"{room} #{refs[self.other.id]}")
        self.assertEqual(request.partner_student_id, self.bina)
        self.moves(self.asha_user)._withdraw(request.id)
        # Another's reference for the same stay, and the right one in a wrong room, name nobody.
        foreign = references(Occupants._get_secret(), self.chand.id, self.other.ids)
        for number in (f"{room} #{foreign[self.other.id]}", f"999 #{refs[self.other.id]}"):
            request = self.ask(number)
            self.assertFalse(request.partner_student_id, number)
            self.moves(self.asha_user)._withdraw(request.id)

    def test_a_practice_round_hides_nobody_from_a_reference(self):
        self.round.copy({"is_practice": True, "name": "Practice"}).state = "closed"
        Occupants = self.env["hostel.booking.occupants"].sudo()
        refs = references(Occupants._get_secret(), self.asha.id, self.other.ids)
        request = self.ask(f"{self.other.room_id.name} #{refs[self.other.id]}")
        self.assertEqual(request.partner_student_id, self.bina)

    def test_another_gender_is_never_asked(self):
        self._create_stay(self.chand, self.boys.bed_ids[0])
        request = self.ask(self.chand.roll_number)
        self.assertFalse(request.partner_student_id)

    def test_the_rule_lets_equal_beds_swap_without_the_warden(self):
        self.env["ir.config_parameter"].sudo().set_param("hostel_booking.swap_automatic", "True")
        request = self.ask()
        self.moves(self.bina_user)._answer(request.id, True)
        self.assertEqual((request.state, request.is_automatic), ("done", True))
        self.assertEqual(self.live(self.asha).bed_id, self.beds[3])

    def test_the_rule_leaves_unequal_beds_to_the_warden(self):
        self.env["ir.config_parameter"].sudo().set_param("hostel_booking.swap_automatic", "True")
        self.other.price = 50000
        request = self.ask()
        self.moves(self.bina_user)._answer(request.id, True)
        self.assertEqual(request.state, "to_approve")

    def test_everything_is_checked_again_and_then_nobody_moves(self):
        request = self.ask()
        self.moves(self.bina_user)._answer(request.id, True)
        self.other.paid_at = False
        self.assertIn("fee", request.obstacle)
        self.assertRefused("OUTSTANDING_FEES", request.with_user(self.warden).action_approve)
        self.assertEqual(request.state, "to_approve")
        self.assertEqual((self.row.state, self.other.state), ("allocated", "allocated"))
        self.other.paid_at = self.env.cr.now()
        self.bina.gender = "male"
        self.assertRefused("GENDER_MISMATCH", request.with_user(self.warden).action_approve)
        self.assertEqual((self.row.state, self.other.state), ("allocated", "allocated"))

    def test_a_bed_that_changed_hands_meanwhile_moves_nobody(self):
        request = self.ask()
        self.moves(self.bina_user)._answer(request.id, True)
        self.other._transition("cancelled")
        self.assertRefused("INVALID_TRANSITION", request.with_user(self.warden).action_approve)
        self.assertEqual(self.row.state, "allocated")

    def test_one_open_request_and_so_many_a_term(self):
        self.ask()
        self.assertRefused("REQUEST_OPEN", self.ask)
        params = self.env["ir.config_parameter"].sudo()
        params.set_param("hostel_booking.asks_per_term", "1")
        self.Request.search([("student_id", "=", self.asha.id)]).state = "expired"
        self.assertRefused("TOO_MANY_MOVES", self.ask)

    def test_the_office_sets_how_often_somebody_may_ask(self):
        self.env["res.config.settings"].create({"hostel_asks_per_term": 1}).execute()
        self.moves(self.asha_user)._withdraw(self.ask("NOBODY-1").id)
        self.assertRefused("TOO_MANY_MOVES", self.ask)
        self.assertEqual(self.env["res.config.settings"].create({}).hostel_asks_per_term, 1)
        self.env["res.config.settings"].create({"hostel_asks_per_term": 2}).execute()
        self.assertEqual(self.ask().state, "asked")

    def test_requests_run_out(self):
        request = self.ask()
        request.expires_at = self.env.cr.now() - timedelta(seconds=1)
        self.assertFalse(self.moves(self.bina_user)._get_page()["questions"])
        self.assertRefused("REQUEST_OVER", self.moves(self.bina_user)._answer, request.id, True)
        self.Request._cron_expire()
        self.assertEqual(request.state, "expired")

    def test_only_who_is_asked_answers_and_only_who_asked_takes_back(self):
        request = self.ask()
        _dora, dora_user = self._create_student("dora", "female")
        for user in (dora_user, self.asha_user):
            self.assertRefused("NOT_FOUND", self.moves(user)._answer, request.id, True)
        self.assertRefused("NOT_FOUND", self.moves(self.bina_user)._withdraw, request.id)
        self.assertRefused("NOT_FOUND", self.moves(dora_user)._answer, 10**9, True)
        self.assertEqual(request.state, "asked")

    def test_a_warden_decides_only_where_both_beds_are_own(self):
        tapti = self._create_hostel("Test Tapti", "TTAP", "girls")
        dora, dora_user = self._create_student("dora", "female")
        self._create_stay(dora, tapti.bed_ids[0])
        request = self.ask(dora.roll_number)
        self.moves(dora_user)._answer(request.id, True)
        with self.assertRaises(AccessError):
            request.with_user(self.warden).action_approve()
        self._create_post(self.warden, tapti)
        request.with_user(self.warden).action_approve()
        self.assertEqual(self.live(self.asha).hostel_id, tapti)

    def test_refused_roles(self):
        request = self.ask()
        self.moves(self.bina_user)._answer(request.id, True)
        supervisor = new_test_user(self.env, "mv.sup", groups="hostel_base.group_hostel_supervisor")
        far = new_test_user(self.env, "mv.far", groups="hostel_base.group_hostel_warden")
        for user in (supervisor, far, self.asha_user, self.bina_user, self.stranger):
            for act in ("action_approve", "action_refuse"):
                with self.subTest(user=user.login, act=act), self.assertRaises(AccessError):
                    getattr(request.with_user(user), act)()
        with self.assertRaises(AccessError):
            request.with_user(self.warden).state = "done"
        with self.assertRaises(AccessError):
            self.Request.with_user(self.warden).create({"kind": "swap"})

    def test_a_refusal_says_why(self):
        request = self.ask()
        self.moves(self.bina_user)._answer(request.id, True)
        dialog = (
            self.env["hostel.move.refuse"]
            .with_user(self.warden)
            .create({"request_ids": [(6, 0, request.ids)], "preset": "other", "note": "Exams"})
        )
        dialog.action_refuse()
        self.assertEqual((request.state, request.refusal), ("refused", "Exams"))
        self.assertEqual(self.moves(self.asha_user)._get_page()["requests"][0]["refusal"], "Exams")

    def test_a_student_without_a_bed_asks_for_nothing(self):
        _dora, dora_user = self._create_student("dora", "female")
        self.assertRefused("NO_BED", self.ask, None, dora_user)
        self.assertRefused("NOT_A_STUDENT", self.ask, None, self.stranger)
        self.assertIsNone(self.moves(dora_user)._get_page()["stay"])


@tagged("post_install", "-at_install")
class TestTheNextTerm(MoveCase):
    """Asha lives here until the term for which she has booked begins."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        year = cls.env["hostel.academic.year"].create(
            {"name": "Test 2029–30", "date_from": "2029-07-01", "date_to": "2030-07-01"}
        )
        before = cls.env["hostel.term"].create(
            {
                "name": "The term before",
                "code": "T2030",
                "year_id": year.id,
                "date_from": "2030-01-05",
                "date_to": "2030-05-30",
            }
        )
        Allocation = cls.env["hostel.allocation"]
        cls.now = Allocation._reserve(cls.beds[2], cls.asha, before, "awaiting_approval")
        cls.now._transition("allocated")
        cls.now._transition("checked_in")

    def test_the_page_is_about_the_bed_that_is_chosen(self):
        page = self.moves(self.asha_user)._get_page()
        self.assertEqual([one["id"] for one in page["stays"]], [self.now.id, self.row.id])
        self.assertEqual(page["stay"]["id"], self.now.id)
        page = self.moves(self.asha_user)._get_page(self.row.id)
        self.assertEqual((page["stay"]["id"], page["stay"]["term"]), (self.row.id, self.term.name))
        self.assertRefused("NOT_FOUND", self.moves(self.asha_user)._get_page, self.other.id)

    def test_next_terms_bed_is_moved_while_she_lives_in_another(self):
        moves = self.moves(self.asha_user)
        request = moves._ask_transfer(self.beds[4].id, stay_id=self.row.id).sudo()
        self.assertEqual(request.allocation_id, self.row)
        request.with_user(self.warden).action_approve()
        self.assertEqual(self.row.state, "transferred")
        self.assertEqual(self.now.state, "checked_in")

    def test_somebody_elses_bed_is_none_of_hers(self):
        moves = self.moves(self.asha_user)
        self.assertRefused("NO_BED", moves._ask_transfer, self.beds[4].id, "", self.other.id)
        self.assertRefused("NO_BED", moves._ask_swap, self.bina.roll_number, "", self.other.id)

    def test_she_is_asked_about_the_bed_of_the_same_term(self):
        request = self.ask(self.asha.roll_number, self.bina_user)
        self.assertEqual(request.partner_allocation_id, self.row)
        moves = self.moves(self.asha_user)
        own = moves._ask_swap(self.bina.roll_number, "", self.row.id).sudo()
        self.assertEqual((own.allocation_id, own.partner_allocation_id), (self.row, self.other))

    def test_a_planned_move_is_no_second_stay(self):
        self.other._transition("checked_in")
        self.other._transfer(self.beds[5], self.term.date_from + timedelta(days=30))
        page = self.moves(self.bina_user)._get_page()
        self.assertEqual([one["id"] for one in page["stays"]], [self.other.id])


@tagged("post_install", "-at_install")
class TestMoveLetters(MoveCase):
    """What both read by mail."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "queue_job__no_delay": True})
        cls.before = get_letters(cls.asha) | get_letters(cls.bina)

    def new(self, student):
        """The letters of a student since the class was set up, as one text each."""
        letters = get_letters(student) - self.before
        return [
            f"{letter.subject} {letter.body} {letter.email_from} {letter.author_id.name}"
            for letter in letters
        ]

    def _over(self, request):
        request.expires_at = self.env.cr.now() - timedelta(seconds=1)
        self.Request._cron_expire()
        self.Request._cron_expire()

    def test_who_is_asked_reads_of_it_and_not_of_who_asks(self):
        self.ask()
        [letter] = self.new(self.bina)
        self.assertIn('/my/moves"', letter)
        for secret in (self.asha.name, self.asha.roll_number, self.row._get_bed_label()):
            self.assertNotIn(secret, letter)
        self.assertFalse(self.new(self.asha))

    def test_a_job_is_made_whether_there_is_such_a_student_or_not(self):
        desk = self.moves(self.asha_user).with_context(queue_job__no_delay=False)
        for number in (self.bina.roll_number, "NOBODY-999"):
            with trap_jobs() as jobs:
                request = desk._ask_swap(number)
                jobs.assert_enqueued_job(request.sudo()._tell_question)
                jobs.perform_enqueued_jobs()
            self.moves(self.asha_user)._withdraw(request.id)
        self.assertEqual(len(self.new(self.bina)), 1)

    def test_a_question_that_was_taken_back_is_not_told(self):
        request = self.ask()
        self.moves(self.asha_user)._withdraw(request.id)
        request._tell_question()
        self.assertEqual(len(self.new(self.bina)), 1)

    def test_silence_a_no_and_an_unknown_number_read_the_same(self):
        seen = []
        for number in (self.bina.roll_number, "NOBODY-999"):
            request = self.ask(number)
            self._over(request)
            seen.append(self.new(self.asha)[-1])
        request = self.ask()
        self.moves(self.bina_user)._answer(request.id, False)
        self.assertEqual(len(self.new(self.asha)), 2, "a no is not told when it is said")
        self._over(request)
        seen.append(self.new(self.asha)[-1])
        self.assertEqual(len(self.new(self.asha)), 3, "each end once")
        self.assertEqual(len(set(seen)), 1)
        # Of the questions only; how they ended is nothing to the one who never agreed.
        self.assertEqual(len(self.new(self.bina)), 2)

    def test_both_read_that_they_have_moved(self):
        request = self.ask()
        self.moves(self.bina_user)._answer(request.id, True)
        [agreed] = self.new(self.asha)
        self.assertIn("warden decides next", agreed)
        self.assertNotIn("You keep", agreed)
        request.with_user(self.warden).action_approve()
        for student in (self.asha, self.bina):
            row = self.live(student)
            self.assertIn(row._get_bed_label(), self.new(student)[-1])
            self.assertIn(f"/my/hostel/{row.id}", self.new(student)[-1])
            self.assertEqual(len(self.new(student)), 2)

    def test_both_read_that_the_warden_refused_and_why(self):
        request = self.ask()
        self.moves(self.bina_user)._answer(request.id, True)
        request.with_user(self.warden)._refuse("Exams are on")
        for student, row in ((self.asha, self.row), (self.bina, self.other)):
            self.assertIn("Exams are on", self.new(student)[-1])
            self.assertIn(f"You keep bed {row._get_bed_label()}", self.new(student)[-1])

    def test_both_read_that_nobody_decided(self):
        request = self.ask()
        self.moves(self.bina_user)._answer(request.id, True)
        self._over(request)
        for student in (self.asha, self.bina):
            self.assertIn("Nobody decided", self.new(student)[-1])
            self.assertEqual(len(self.new(student)), 2)

    def test_who_agreed_reads_that_the_other_took_it_back(self):
        request = self.ask()
        self.moves(self.bina_user)._answer(request.id, True)
        self.moves(self.asha_user)._withdraw(request.id)
        self.assertIn("no longer wants", self.new(self.bina)[-1])
        self.assertEqual(len(self.new(self.asha)), 1)

    def test_a_transfer_is_told_when_it_is_decided(self):
        request = self.moves(self.asha_user)._ask_transfer(self.beds[5].id).sudo()
        self.assertFalse(self.new(self.asha))
        request.with_user(self.warden).action_approve()
        [letter] = self.new(self.asha)
        self.assertIn(self.beds[5]._get_full_label(), letter)


@tagged("post_install", "-at_install")
class TestTransfer(MoveCase):
    def transfer(self, bed, user=None):
        return self.moves(user or self.asha_user)._ask_transfer(bed.id).sudo()

    def test_a_free_bed_is_asked_for_and_given(self):
        request = self.transfer(self.beds[5])
        self.assertEqual((request.kind, request.state), ("transfer", "to_approve"))
        request.with_user(self.warden).action_approve()
        self.assertEqual(self.live(self.asha).bed_id, self.beds[5])
        self.assertEqual(self.live(self.asha).move_request_id, request)
        self.assertEqual(self.row.state, "transferred")

    def test_an_upgrade_freezes_the_difference(self):
        self.patch_unpaid(False)
        self.beds[5].room_id.fee = 60000
        request = self.transfer(self.beds[5])
        self.assertEqual(request.kind, "upgrade")
        self.assertEqual(request.price_difference, 60000 - self.row.price)
        # Prices change while the warden thinks.
        self.beds[5].room_id.fee = 90000
        request.with_user(self.warden).action_approve()
        self.assertEqual(self.live(self.asha).price, 60000)

    def test_a_cheaper_bed_is_a_credit(self):
        self.beds[5].room_id.fee = 30000
        request = self.transfer(self.beds[5])
        self.assertEqual((request.kind, request.price_difference), ("transfer", -12000))

    def _approve_unpaid(self):
        """An upgrade that the warden agreed to, where the student has to pay first."""
        self.beds[5].room_id.fee = 60000
        request = self.transfer(self.beds[5])
        self.patch_unpaid(True)
        request.with_user(self.warden).action_approve()
        return request

    def patch_unpaid(self, unpaid):
        self.patch(
            self.registry["hostel.move.request"], "_is_difference_settled", lambda _self: not unpaid
        )

    def test_the_bed_of_an_upgrade_is_kept_until_it_is_paid(self):
        request = self._approve_unpaid()
        block = request.kept_block_id
        self.assertEqual((request.state, request.decided_by_id), ("to_pay", self.warden))
        self.assertEqual((block.state, block.bed_id), ("blocked", self.beds[5]))
        self.assertFalse(request.obstacle)
        self.assertFalse(request.activity_ids)
        self.assertRefused("DIFFERENCE_UNPAID", request._execute)
        self.assertRefused("INVALID_TRANSITION", request.with_user(self.warden).action_approve)
        self.assertEqual((self.row.state, block.state), ("allocated", "blocked"))
        # Nobody else gets it meanwhile, and the student asks for nothing else.
        self.assertRefused("REQUEST_OPEN", self.transfer, self.beds[6])
        self.assertRefused("ROOM_NOT_AVAILABLE", self.transfer, self.beds[5], self.bina_user)
        [seen] = self.moves(self.asha_user)._get_page()["requests"]
        self.assertEqual((seen["state"], seen["is_open"]), ("to_pay", True))
        decided = request.decided_at
        self.patch_unpaid(False)
        request._execute()
        self.assertEqual((request.state, block.state), ("done", "cancelled"))
        self.assertEqual((request.decided_by_id, request.decided_at), (self.warden, decided))
        self.assertEqual(self.live(self.asha).bed_id, self.beds[5])

    def test_a_bed_that_nobody_pays_for_is_free_again(self):
        ends = {
            "cancelled": lambda request: self.moves(self.asha_user)._withdraw(request.id),
            "refused": lambda request: request.with_user(self.warden)._refuse("Exams"),
            "expired": lambda request: self._run_out(request),
        }
        for state, end in ends.items():
            with self.subTest(state=state):
                request = self._approve_unpaid()
                end(request)
                self.assertEqual((request.state, request.kept_block_id.state), (state, "cancelled"))
                self.assertEqual(self.row.state, "allocated")
                self.patch_unpaid(False)

    def _run_out(self, request):
        request.expires_at = self.env.cr.now() - timedelta(seconds=1)
        self.Request._cron_expire()

    def test_a_bank_that_decides_is_waited_for(self):
        request = self._approve_unpaid()
        self.patch(self.registry["hostel.move.request"], "_may_run_out", lambda _self: False)
        self._run_out(request)
        self.assertEqual((request.state, request.kept_block_id.state), ("to_pay", "blocked"))

    def test_a_bed_that_was_taken_meanwhile_moves_nobody(self):
        request = self.transfer(self.beds[5])
        dora, _user = self._create_student("dora", "female")
        self._create_stay(dora, self.beds[5])
        self.assertTrue(request.obstacle)
        self.assertRefused("BED_TAKEN", request.with_user(self.warden).action_approve)
        self.assertEqual((self.row.state, request.state), ("allocated", "to_approve"))

    def test_beds_that_are_not_for_the_student_are_refused(self):
        self.assertRefused("SAME_BED", self.transfer, self.beds[0])
        self.assertRefused("BED_TAKEN", self.transfer, self.beds[3])
        self.assertRefused("NOT_FOUND", self.transfer, self.boys.bed_ids[0])
        self.assertRefused("NOT_FOUND", self.moves(self.asha_user)._ask_transfer, 10**9)
        self.assertFalse(self.Request.search([("student_id", "=", self.asha.id)]))

    def test_the_page_lists_free_beds_with_the_difference(self):
        self.beds[5].room_id.fee = 60000
        page = self.moves(self.asha_user)._get_page()
        differences = {kind["difference"]: kind["count"] for kind in page["classes"]}
        self.assertEqual(differences[18000], 2)
        listed = {bed["id"] for kind in page["classes"] for bed in kind["beds"]}
        self.assertFalse(listed & {self.beds[0].id, self.beds[3].id})
        self.assertFalse(listed & set(self.boys.bed_ids.ids))

    def test_moves_of_a_term_are_counted(self):
        self.env["ir.config_parameter"].sudo().set_param("hostel_booking.moves_per_term", "1")
        self.transfer(self.beds[5]).with_user(self.warden).action_approve()
        self.assertRefused("TOO_MANY_MOVES", self.transfer, self.beds[6])
