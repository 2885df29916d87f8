"""Another bed, or two students who change places: both rows change, or none."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TERM_FROM, TERM_TO, HostelCase

DAY = TERM_FROM + timedelta(days=40)


class TransferCase(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.row = cls._create_allocation(
            "checked_in", student=cls.student, price=42000, paid_at=cls.env.cr.now()
        )
        cls.target = cls.home.bed_ids[2]

    def _state_of(self, *rows):
        return [(row.state, row.bed_id, row.date_from, row.date_to, row.fence) for row in rows]


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestTransfer(TransferCase):
    def test_the_student_lives_on_in_the_other_bed(self):
        fence = self.row.fence
        new = self.row._transfer(self.target, DAY, reason="Quieter", price=39000)
        self.assertEqual((self.row.state, self.row.date_to), ("transferred", DAY))
        self.assertEqual((new.state, new.bed_id), ("checked_in", self.target))
        self.assertEqual((new.date_from, new.date_to), (DAY, TERM_TO))
        self.assertEqual((new.origin_id, new.price, new.reason), (self.row, 39000, "Quieter"))
        self.assertEqual((new.student_id, new.term_id), (self.student, self.term))
        # Who takes the money back later must find it.
        self.assertEqual(new.paid_at, self.row.paid_at)
        self.assertTrue(fence < self.row.fence < new.fence)
        self.assertTrue(self._reserve(self.bed))

    def test_the_price_of_the_other_bed_unless_said_otherwise(self):
        self.target.room_id.fee = 50000
        self.assertEqual(self.row._transfer(self.target, DAY).price, 50000)

    def test_both_stays_have_their_check_in_record(self):
        record = self.row._open_check_record(check_in_at="2026-01-04 05:00:00", id_checked=True)
        new = self.row._transfer(self.target, DAY)
        self.assertTrue(record.check_out_at)
        self.assertTrue(new.check_ids.check_in_at)
        self.assertTrue(new.check_ids.id_checked)

    def test_who_has_not_arrived_takes_the_whole_stay_along(self):
        row = self._create_allocation("allocated", bed=self.other_bed)
        new = row._transfer(self.target, DAY)
        self.assertEqual((row.state, new.state), ("transferred", "allocated"))
        self.assertEqual((new.date_from, new.date_to), (TERM_FROM, TERM_TO))

    def test_a_move_on_a_day_to_come(self):
        day = DAY + timedelta(days=10)
        new = self.row._transfer(self.target, day)
        self.assertEqual((self.row.state, self.row.date_to), ("checked_in", day))
        self.assertEqual((new.state, new.date_from), ("allocated", day))
        self.assertEqual(self.row.planned_move_id, new)
        self.assertRefused("MOVE_PLANNED", self.row._vacate, "other", DAY)
        with freeze_time(day):
            new.with_user(self.users["supervisor"]).action_check_in()
        self.assertEqual((self.row.state, new.state), ("transferred", "checked_in"))
        self.assertFalse(self.row.planned_move_id)

    def test_a_planned_move_is_cancelled_before_another_is_planned(self):
        day = DAY + timedelta(days=10)
        new = self.row._transfer(self.target, day)
        other = self._create_allocation("checked_in", bed=self.home.bed_ids[4])
        before = self._state_of(self.row, new, other)
        for row in (self.row, new):
            for on in (DAY, day + timedelta(days=2)):
                self.assertRefused("MOVE_PLANNED", row._transfer, self.home.bed_ids[6], on)
            self.assertRefused("MOVE_PLANNED", row._swap, other, DAY)
            self.assertRefused("MOVE_PLANNED", other._swap, row, DAY)
            # Said before anybody fills in the dialog.
            self.assertRefused("MOVE_PLANNED", row.with_user(self.users["warden"]).action_transfer)
        self.assertEqual(self._state_of(self.row, new, other), before)
        self.row.action_cancel_move()
        self.assertTrue(self.row._transfer(self.home.bed_ids[6], DAY))

    def test_what_was_paid_for_a_planned_move_goes_back_with_it(self):
        self.row.paid_at = False
        new = self.row._transfer(self.target, DAY + timedelta(days=10))
        new._payment_received(self.env.cr.now())
        new.action_cancel()
        self.assertEqual((self.row.paid_at, new.paid_at), (self.env.cr.now(), False))

    def test_what_is_paid_before_a_planned_move_is_known_after_it(self):
        self.row.paid_at = False
        new = self.row._transfer(self.target, DAY + timedelta(days=10))
        self.row._payment_received(self.env.cr.now())
        self.assertEqual((self.row | new).mapped("paid_at"), [self.env.cr.now()] * 2)

    def test_a_move_to_come_can_be_cancelled_from_both_ends(self):
        day = DAY + timedelta(days=10)
        for end in ("old", "new"):
            with self.subTest(end=end), self.env.cr.savepoint() as savepoint:
                new = self.row._transfer(self.target, day)
                if end == "old":
                    self.row.action_cancel_move()
                else:
                    new.action_cancel()
                self.assertEqual((self.row.state, self.row.date_to), ("checked_in", TERM_TO))
                # The money stays with the stay that goes on.
                self.assertEqual((new.state, new.paid_at), ("cancelled", False))
                self.assertRefused("NO_MOVE", self.row.action_cancel_move)
                savepoint.rollback()

    def test_refusals_leave_everything_untouched(self):
        taken = self._create_allocation("allocated", bed=self.target)
        man = self._create_hostel(gender_type="boys", floors=1, rooms=1).bed_ids[0]
        retired = self.home.bed_ids[5]
        retired.active = False
        closed = self.home.bed_ids[6]
        self.Allocation._block(closed, TERM_FROM, TERM_TO, "Paint")
        before = self._state_of(self.row, taken)
        count = self.Allocation.search_count([])
        for code, bed, day in (
            ("BED_TAKEN", self.target, DAY),
            ("GENDER_MISMATCH", man, DAY),
            ("BED_RETIRED", retired, DAY),
            ("ROOM_NOT_AVAILABLE", closed, DAY),
            ("SAME_BED", self.bed, DAY),
            ("INVALID_DATE_RANGE", self.other_bed, TERM_FROM - timedelta(days=1)),
            ("INVALID_DATE_RANGE", self.other_bed, TERM_TO),
        ):
            with self.subTest(code=code), mute_logger("odoo.sql_db"):
                self.assertRefused(code, self.row._transfer, bed, day)
                self.assertEqual(self._state_of(self.row, taken), before)
        self.assertEqual(self.Allocation.search_count([]), count)

    def test_only_a_stay_moves(self):
        for state in ("paying", "awaiting_approval", "vacated", "cancelled", "blocked"):
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                row = self._create_allocation(state, bed=self.other_bed)
                self.assertRefused("INVALID_TRANSITION", row._transfer, self.target, DAY)
                savepoint.rollback()

    def test_nobody_moves_in_a_closed_year(self):
        self.year.action_close()
        self.assertRefused("YEAR_CLOSED", self.row._transfer, self.target, DAY)

    def test_a_busy_bed_is_said(self):
        lock = self.registry["hostel.bed"].try_lock_for_update

        def only_the_old(beds, **kwargs):
            return lock(beds, **kwargs) - self.target

        before = self._state_of(self.row)
        with patch.object(self.registry["hostel.bed"], "try_lock_for_update", only_the_old):
            self.assertRefused("BED_BUSY", self.row._transfer, self.target, DAY)
        self.assertEqual(self._state_of(self.row), before)

    def test_the_chain_of_beds_is_shown_without_foreign_ones(self):
        middle = self.row._transfer(self.target, DAY - timedelta(days=1))
        last = middle._transfer(self.foreign.bed_ids[0], DAY)
        for row in (self.row, middle, last):
            self.assertEqual(row.chain_ids, self.row | middle | last)
        mine = self.row.with_user(self.users["warden"])
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(set(mine.chain_ids.ids), {self.row.id, middle.id})


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestSwap(TransferCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_allocation("checked_in", bed=cls.target, price=45000)

    def test_two_students_change_places(self):
        mine, theirs = self.row._swap(self.other, DAY, reason="They agreed")
        self.assertEqual((self.row | self.other).mapped("state"), ["transferred"] * 2)
        self.assertEqual((mine.bed_id, theirs.bed_id), (self.target, self.bed))
        self.assertEqual(
            (mine.student_id, theirs.student_id), (self.student, self.other.student_id)
        )
        self.assertEqual((mine.price, theirs.price), (42000, 45000))
        self.assertEqual((mine | theirs).mapped("state"), ["checked_in"] * 2)
        self.assertEqual((mine.origin_id, theirs.origin_id), (self.row, self.other))

    def test_the_two_beds_of_one_room(self):
        mate = self._create_allocation("checked_in", bed=self.other_bed)
        mine, theirs = self.row._swap(mate, DAY)
        self.assertEqual((mine.bed_id, theirs.bed_id), (self.other_bed, self.bed))

    def test_one_who_lives_there_and_one_who_comes(self):
        coming = self._create_allocation("allocated", bed=self.other_bed, date_from=DAY)
        mine, theirs = self.row._swap(coming, DAY)
        self.assertEqual((mine.state, theirs.state), ("checked_in", "allocated"))
        self.assertEqual((mine.bed_id, theirs.bed_id), (self.other_bed, self.bed))

    def test_a_swap_on_a_day_to_come(self):
        day = DAY + timedelta(days=7)
        mine, theirs = self.row._swap(self.other, day)
        self.assertEqual((self.row | self.other).mapped("state"), ["checked_in"] * 2)
        self.assertEqual((mine | theirs).mapped("state"), ["allocated"] * 2)
        with freeze_time(day):
            for row in (mine, theirs):
                row.with_user(self.users["warden"]).action_check_in()
        self.assertEqual((self.row | self.other).mapped("state"), ["transferred"] * 2)

    def test_a_swap_to_come_is_cancelled_as_a_whole_from_every_end(self):
        day = DAY + timedelta(days=7)
        for end in range(6):
            with self.subTest(end=end), self.env.cr.savepoint() as savepoint:
                mine, theirs = self.row._swap(self.other, day)
                [
                    self.row.action_cancel_move,
                    self.other.action_cancel_move,
                    mine.action_cancel,
                    theirs.action_cancel,
                    (self.row | self.other).action_cancel_move,
                    (mine | theirs).with_user(self.users["warden"]).action_cancel,
                ][end]()
                self.assertEqual((mine | theirs).mapped("state"), ["cancelled"] * 2)
                for row, bed in ((self.row, self.bed), (self.other, self.target)):
                    self.assertEqual(
                        (row.state, row.bed_id, row.date_to), ("checked_in", bed, TERM_TO)
                    )
                self.assertRefused("NO_MOVE", self.row.action_cancel_move)
                savepoint.rollback()

    def test_a_swap_with_one_who_comes_later_is_cancelled_as_a_whole(self):
        day = DAY + timedelta(days=7)
        coming = self._create_allocation("allocated", bed=self.other_bed, date_from=day)
        mine, theirs = self.row._swap(coming, day)
        self.assertEqual(coming.state, "transferred")
        self.row.action_cancel_move()
        self.assertEqual((mine | theirs).mapped("state"), ["cancelled"] * 2)
        self.assertEqual((self.row.state, self.row.date_to), ("checked_in", TERM_TO))
        self.assertEqual((coming.state, coming.bed_id), ("allocated", self.other_bed))
        self.assertEqual((coming.date_from, coming.date_to), (day, TERM_TO))

    def test_a_swap_that_one_has_carried_out_is_not_cancelled(self):
        day = DAY + timedelta(days=7)
        mine, theirs = self.row._swap(self.other, day)
        with freeze_time(day), mute_logger("odoo.sql_db"):
            theirs.with_user(self.users["warden"]).action_check_in()
            before = self._state_of(self.row, self.other, mine, theirs)
            self.assertRefused("BED_TAKEN", self.row.action_cancel_move)
        self.env.invalidate_all()
        self.assertEqual(self._state_of(self.row, self.other, mine, theirs), before)

    def test_half_a_swap_in_a_foreign_hostel_is_not_cancelled_by_the_warden_of_the_other(self):
        abroad = self._create_allocation("checked_in", bed=self.foreign.bed_ids[0])
        mine, theirs = self.row._swap(abroad, DAY + timedelta(days=7))
        with self.assertRaises(AccessError):
            self.row.with_user(self.users["warden"]).action_cancel_move()
        self.assertEqual((mine | theirs).mapped("state"), ["allocated"] * 2)
        self.row.with_user(self.users["admin"]).action_cancel_move()
        self.assertEqual((self.row | abroad).mapped("date_to"), [TERM_TO] * 2)

    def test_nobody_moves_if_one_can_not(self):
        boys = self._create_hostel(gender_type="boys", floors=1, rooms=1)
        man = self._create_allocation("checked_in", bed=boys.bed_ids[0])
        # The other's longer stay meets a third student in the bed.
        longer = self._create_allocation(
            "checked_in", bed=self.home.bed_ids[4], date_to=TERM_TO + timedelta(days=20)
        )
        self._create_allocation(
            "allocated", date_from=TERM_TO, date_to=TERM_TO + timedelta(days=40)
        )
        before = self._state_of(self.row, self.other, man, longer)
        count = self.Allocation.search_count([])
        for code, other in (("GENDER_MISMATCH", man), ("BED_TAKEN", longer)):
            with self.subTest(code=code), mute_logger("odoo.sql_db"):
                self.assertRefused(code, self.row._swap, other, DAY)
                self.assertEqual(self._state_of(self.row, self.other, man, longer), before)
        self.assertEqual(self.Allocation.search_count([]), count)


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestTransferDialog(TransferCase):
    def _ask(self, user=None, **vals):
        return (
            self.env["hostel.bed.transfer"]
            .with_user(user or self.users["warden"])
            .create({"allocation_id": self.row.id, "day": DAY, "reason": "Quieter", **vals})
        )

    def test_the_dialog_offers_free_beds_with_what_matters(self):
        self._create_allocation("allocated", bed=self.other_bed)
        wizard = self._ask()
        self.assertEqual(wizard.hostel_id, self.home)
        self.assertEqual(set(wizard.free_bed_ids), set(self.home.bed_ids[2:]))
        [ground, first] = wizard.bed_choices
        self.assertEqual(len(ground["beds"]) + len(first["beds"]), 6)
        self.assertEqual(ground["beds"][0]["mates"], 0)
        self.assertIn("42,000", ground["beds"][0]["price"])

    def test_the_difference_of_the_fee_is_shown_and_logged(self):
        self.target.room_id.fee = 50000
        wizard = self._ask(bed_id=self.target.id, price_note="Paid in cash")
        self.assertEqual((wizard.price, wizard.difference), (50000, 8000))
        new = self.Allocation.browse(wizard.action_transfer()["res_id"])
        self.assertEqual(new.price, 50000)
        self.assertIn("Paid in cash", new.message_ids[0].body)

    def test_a_full_room_is_another_matter_than_a_taken_bed(self):
        self._create_allocation("allocated", bed=self.target)
        wizard = self._ask(bed_id=self.target.id)
        with mute_logger("odoo.sql_db"):
            self.assertRefused("BED_TAKEN", wizard.action_transfer)
            self._create_allocation("allocated", bed=self.home.bed_ids[3])
            self.assertRefused("ROOM_FULL", wizard.action_transfer)

    def test_something_must_be_chosen(self):
        self.assertRefused("BED_MISSING", self._ask().action_transfer)
        self.assertRefused("OTHER_MISSING", self._ask(kind="swap").action_transfer)

    def test_swapping_through_the_dialog(self):
        other = self._create_allocation("checked_in", bed=self.target)
        action = self._ask(kind="swap", other_id=other.id).action_transfer()
        self.assertEqual(self.Allocation.browse(action["res_id"]).bed_id, self.target)
        self.assertEqual(other.state, "transferred")

    def test_a_warden_moves_within_the_own_hostels_the_admin_everywhere(self):
        abroad = self.foreign.bed_ids[0]
        theirs = self._create_allocation("checked_in", bed=self.foreign.bed_ids[1])
        self.assertRefused("NOT_FOUND", self._ask, hostel_id=self.foreign.id, bed_id=abroad.id)
        self.assertRefused("NOT_FOUND", self._ask, kind="swap", other_id=theirs.id)
        self.assertRefused("NOT_FOUND", self._ask, allocation_id=theirs.id)
        for role in ("supervisor", "floor_incharge", "finance", "student"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._ask(self.users[role])
        self._ask(
            self.users["admin"], hostel_id=self.foreign.id, bed_id=abroad.id
        ).action_transfer()
        self.assertEqual(self.row.state, "transferred")
        both = self._create_user("both", "hostel_base.group_hostel_warden")
        for hostel in (self.home, self.foreign):
            self._create_post(both, hostel, "warden")
        back = self.Allocation.search([("origin_id", "=", self.row.id)])
        self._ask(
            both, allocation_id=back.id, hostel_id=self.home.id, bed_id=self.bed.id
        ).action_transfer()
        self.assertEqual(back.state, "transferred")
