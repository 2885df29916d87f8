from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..tools.board import MARK, WHOLE, BoardNews, add_up, count_states, pace
from .common import BookingCase


@tagged("post_install", "-at_install")
class TestBoard(BookingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warden = new_test_user(
            cls.env, "board.warden", groups="hostel_base.group_hostel_warden"
        )
        cls.env["hostel.staff"].create(
            {
                "user_id": cls.warden.id,
                "hostel_id": cls.girls.id,
                "role": "warden",
                "date_from": "2020-01-01",
            }
        )
        cls.admin = new_test_user(cls.env, "board.admin", groups="hostel_base.group_hostel_admin")

    def board(self, user=None):
        self.env.flush_all()
        return self.env["hostel.booking.board"].with_user(user or self.admin).get_board()

    def of(self, hostel, user=None):
        return next(row for row in self.board(user)["hostels"] if row["h"] == hostel.id)

    def test_holds_and_bookings_are_counted_by_floor(self):
        self.assertEqual(self.of(self.girls)["free"], 8)
        hold = self.desk(self.asha_user)._hold(self.map.key, 0)
        row = self.of(self.girls)
        self.assertEqual((row["free"], row["held"]), (7, 1))
        self.desk(self.asha_user)._pay(hold["token"])
        booking = self.asha.allocation_ids
        if booking.state == "paying":
            booking._transition("awaiting_approval", hold_until=False)
        self.drain()
        row = self.of(self.girls)
        self.assertEqual((row["free"], row["held"]), (7, 0))
        self.assertEqual(row["waiting"], 1)
        self.assertEqual(sum(row["pace"]), 1)
        [floor] = row["floors"]
        self.assertEqual(floor["free"], 7)

    def test_a_warden_sees_the_own_hostels_and_an_admin_all(self):
        self.assertEqual({row["h"] for row in self.board(self.warden)["hostels"]}, {self.girls.id})
        self.assertLessEqual(
            {self.girls.id, self.boys.id}, {row["h"] for row in self.board()["hostels"]}
        )
        self.assertEqual(
            self.board(self.warden)["channels"],
            ["hostel.board:0", f"hostel.board:{self.girls.id}"],
        )

    def test_students_and_strangers_see_no_board(self):
        for user in (self.asha_user, self.stranger, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                self.board(user)
            allowed = (
                self.env["ir.websocket"]
                .with_user(user)
                ._get_allowed_boards({"0", str(self.girls.id)})
            )
            self.assertEqual(allowed, set())

    def test_a_socket_gets_the_own_boards_only(self):
        asked = {"0", str(self.girls.id), str(self.boys.id), "x", "-1"}
        allowed = self.env["ir.websocket"].with_user(self.warden)._get_allowed_boards(asked)
        self.assertEqual(allowed, {"board:0", f"board:{self.girls.id}"})

    def test_windows_and_no_person(self):
        self.desk(self.asha_user)._hold(self.map.key, 0)
        board = self.board()
        [window] = board["whole"]["windows"]
        self.assertLess(window["opens_in_ms"], 0)
        self.assertGreater(window["closes_in_ms"], 0)
        self.assertNotIn("Asha", repr(board))
        self.assertNotIn(self.asha.roll_number, repr(board))

    def test_only_what_changed_is_told(self):
        Board = self.env["hostel.booking.board"]
        self.env.flush_all()
        Board._publish_boards()
        self.assertEqual(Board._publish_boards(), 0)
        self.desk(self.asha_user)._hold(self.map.key, 0)
        told = []
        with patch.object(
            type(self.locks.client), "publish", lambda _self, _channel, text: told.append(text)
        ):
            self.assertEqual(Board._publish_boards(), 1)
        news = BoardNews.parse(told[0])
        self.assertTrue(told[0].startswith(MARK))
        self.assertEqual(news.hostel_id, self.girls.id)
        self.assertEqual(news.content["held"], 1)

    def test_without_a_round_there_is_nothing(self):
        self.round.state = "closed"
        board = self.board()
        self.assertIsNone(board["whole"])
        self.assertEqual(board["hostels"], [])

    def test_a_lost_map_is_said(self):
        self.forget_maps()
        self.assertFalse(self.of(self.girls)["live"])

    def test_the_work_does_not_grow_with_the_hostels(self):
        self.env.flush_all()
        self.env["hostel.booking.board"]._collect()
        self.env.flush_all()
        with self.assertQueryCount(4):
            self.env["hostel.booking.board"]._collect()


@tagged("post_install", "-at_install")
class TestBoardTools(BookingCase):
    def test_retired_beds_are_not_counted(self):
        self.assertEqual(
            count_states("0011234 5".replace(" ", "")),
            {"free": 2, "held": 2, "paying": 1, "booked": 1, "closed": 1},
        )

    def test_floors_add_up(self):
        total = add_up([count_states("01"), count_states("03")])
        self.assertEqual((total["free"], total["held"], total["booked"]), (2, 1, 1))

    def test_the_pace_ends_with_the_present_minute(self):
        self.assertEqual(pace([(100, 2), (97, 5), (90, 9)], 100, minutes=5), [0, 5, 0, 0, 2])

    def test_the_newest_board_replaces_what_waits(self):
        old, new = BoardNews(7, {"free": 1}), BoardNews(7, {"free": 2})
        self.assertEqual(old.merge(new), new)
        self.assertEqual(BoardNews.parse(new.publish()), new)
        self.assertEqual(new.key, "board:7")
        self.assertEqual(BoardNews(WHOLE, {}).encode(), '{"type":"hostel.board/news","payload":{}}')
