"""Closing rooms, or a part of their beds, and opening them again."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TERM_FROM, TERM_TO, HostelCase


@tagged("post_install", "-at_install")
class TestRoomClose(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.room = cls.bed.room_id

    def _ask(self, rooms=None, user=None, **vals):
        return (
            self.env["hostel.room.close"]
            .with_user(user or self.users["warden"])
            .create(
                {
                    "room_ids": [Command.set((rooms or self.room).ids)],
                    "date_from": TERM_FROM,
                    "date_to": TERM_TO,
                    "reason": "Walls",
                    "kind": "painting",
                    **vals,
                }
            )
        )

    def test_all_beds_are_closed_with_kind_and_reason(self):
        self._ask().action_close()
        rows = self.room.bed_ids.allocation_ids
        self.assertEqual(rows.mapped("state"), ["blocked"] * 2)
        self.assertEqual(set(rows.mapped("block_kind")), {"painting"})
        self.assertEqual(set(rows.mapped("reason")), {"Walls"})

    @freeze_time(TERM_FROM)
    def test_a_part_of_the_beds(self):
        self._ask(all_beds=False, bed_ids=[Command.set(self.bed.ids)]).action_close()
        self.assertEqual(self.bed.allocation_ids.state, "blocked")
        self.assertFalse(self.other_bed.allocation_ids)
        self.assertEqual((self.room.closed_count, self.room.state), (1, "vacant"))
        # Although the room as such is not closed, its bed can be opened.
        self.room.with_user(self.users["warden"]).action_reopen()
        self.assertEqual(self.bed.allocation_ids.state, "cancelled")

    def test_nothing_chosen_is_said(self):
        wizard = self._ask(all_beds=False, bed_ids=[Command.set(self.home.bed_ids[4].ids)])
        self.assertRefused("NOTHING_TO_CLOSE", wizard.action_close)

    def test_who_lives_there_and_when(self):
        row = self._create_allocation("checked_in", date_to=TERM_FROM + timedelta(days=9))
        wizard = self._ask()
        self.assertEqual((wizard.conflict_ids, wizard.conflict_count), (row, 1))
        with mute_logger("odoo.sql_db"):
            self.assertRefused("BED_TAKEN", wizard.action_close)
        wizard.date_from = row.date_to
        self.assertFalse(wizard.conflict_ids)
        wizard.action_close()

    def test_the_last_day_comes_after_the_first(self):
        self.assertRefused("INVALID_DATE_RANGE", self._ask(date_to=TERM_FROM).action_close)

    def test_foreign_rooms_are_refused_and_not_left_out(self):
        abroad = self.foreign.room_ids[0]
        foreign = self.assertRefused("NOT_FOUND", self._ask, self.room | abroad)
        unknown = self.assertRefused("NOT_FOUND", self._ask, self.room.browse(999999999))
        self.assertEqual(str(foreign), str(unknown))
        beds = [Command.set(abroad.bed_ids.ids)]
        self.assertRefused("NOT_FOUND", self._ask, all_beds=False, bed_ids=beds)
        wizard = self._ask()
        self.assertRefused("NOT_FOUND", wizard.write, {"room_ids": [Command.link(abroad.id)]})

    def test_a_room_that_became_foreign_is_refused_at_the_button(self):
        wizard = self._ask(self.room)
        self.home.staff_ids.filtered(lambda post: post.role == "warden").unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            wizard.action_close()
        self.assertFalse(self.room.bed_ids.allocation_ids)

    @freeze_time(TERM_FROM + timedelta(days=10))
    def test_opening_again_keeps_the_days_that_were_closed(self):
        self._ask().action_close()
        row = self.bed.allocation_ids.with_user(self.users["warden"])
        row.action_reopen()
        self.assertEqual((row.state, row.date_from), ("cancelled", TERM_FROM))
        self.assertEqual(row.date_to, TERM_FROM + timedelta(days=10))
        stay = self._create_allocation("checked_in").with_user(self.users["warden"])
        with self.assertRaises(AccessError):
            stay.action_reopen()
