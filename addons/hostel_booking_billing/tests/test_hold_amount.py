from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from odoo.addons.hostel_booking.tests.common import BookingCase
from odoo.addons.hostel_booking.tools.quick_hold import price_name


@tagged("post_install", "-at_install")
class TestHoldAmount(BookingCase):
    """The button of a held bed names what the order for it asks."""

    def _price(self, amounts, **vals):
        """Let the beds of the girls cost something else, and publish it."""
        structure = self.env["hostel.fee.structure"].create(
            {
                "name": "Test Kaveri",
                "hostel_id": self.girls.id,
                "frequency": "one_time",
                "line_ids": [
                    Command.create(
                        {
                            "head_id": self.env["hostel.fee.head"]._get_by_code(code).id,
                            "amount": amount,
                        }
                    )
                    for code, amount in amounts.items()
                ],
                **vals,
            }
        )
        self._publish()
        return structure

    def _publish(self):
        self.env.invalidate_all()
        self.map._publish()
        self.load_maps()

    def _hold(self, place=0):
        """The label of the button after a hold, and the row that paying makes."""
        desk = self.desk(self.asha_user)
        hold = desk._hold(self.map.key, place)
        label = desk._get_action(hold)["action_label"]
        self.assertEqual(desk._get_me()["action_label"], label)
        row = self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids.filtered(lambda bed: bed.map_index == place),
            self.asha,
            self.term,
            "paying",
            price=hold["price"],
        )
        return label, row, hold["price"]

    def _get_quick_labels(self):
        desk = self.desk(self.asha_user)
        hostel = desk._get_card(self.round).hostels[self.girls.id]
        actions = desk._get_quick_actions(self.round, hostel, self.asha)
        return {name: action["action_label"] for name, action in actions.items()}

    def assertNamed(self, amount, price, place=0):
        """The button names the sum, after either kind of hold, and so does the order."""
        money = self.env["hostel.booking.desk"]._format_money(amount)
        quick = self._get_quick_labels()[price_name(price)]
        label, row, held_price = self._hold(place)
        self.assertEqual(held_price, price)
        self.assertEqual(row._get_amount_at_booking(), amount)
        self.assertIn(f" {money} ", f" {label} ")
        self.assertEqual(quick, label)

    def test_without_a_structure_it_is_the_price(self):
        self.assertNamed(42000, 42000)

    def test_in_a_term_that_runs_it_is_what_is_left_of_the_month(self):
        structure = self._price({"RENT": 5600, "DEPOSIT": 8000}, frequency="monthly")
        bed = self.girls.bed_ids[0]
        price = structure._get_term_price(self.girls, bed.room_type_id, self.term)
        with freeze_time("2031-02-27 06:00:00"):
            self.assertNamed(8000 + 400, price)
            booking = self.desk(self.asha_user)._get_me()["booking"]
        # Until 29 May.
        asked = round(400 + 2 * 5600 + 5600 * 29 / 31, 2)
        self.assertEqual((booking["price"], booking["price_from"]), (asked, "27 Feb 2031"))

    def test_the_deposit_comes_on_top(self):
        self._price({"RENT": 42000, "DEPOSIT": 8000})
        self.assertNamed(50000, 42000)

    def test_of_a_monthly_fee_the_first_month_is_paid(self):
        self._price({"RENT": 3100}, frequency="monthly")
        price = self.girls.bed_ids[0]._get_price(self.term)
        # From 5 January on.
        self.assertNamed(3100 * 27 / 31, price)

    def test_a_concession_is_taken_off(self):
        self._price({"RENT": 42000, "DEPOSIT": 8000})
        self.env["hostel.concession"].create(
            {
                "student_id": self.asha.id,
                "term_id": self.term.id,
                "percent": 50,
                "reason": "Letter 7",
                "state": "approved",
            }
        )
        self.assertNamed(29000, 42000)

    def test_what_a_lender_gives_is_not_asked(self):
        self._price({"RENT": 42000, "DEPOSIT": 8000})
        lender = self.env["res.partner"].create({"name": "Lender", "is_company": True})
        self.env["hostel.deposit.loan"].create(
            {
                "student_id": self.asha.id,
                "term_id": self.term.id,
                "lender_id": lender.id,
                "amount": 5000,
            }
        )
        self.assertNamed(45000, 42000)

    def test_a_fee_that_changes_is_named_at_once(self):
        structure = self._price({"RENT": 42000, "DEPOSIT": 8000})
        self.assertIn("50,000", self._get_quick_labels()[price_name(42000)])
        structure.line_ids.filtered("head_id.refundable").amount = 9000
        self.assertNamed(51000, 42000)

    def test_where_beds_of_a_price_differ_no_sum_is_named(self):
        """Another kind of room for the same price, without a deposit."""
        other = self.room_type.copy({"name": "Test other twin", "code": "TT3"})
        room = self.girls.room_ids.sorted("name")[-1]
        room.room_type_id = other
        self._price({"RENT": 42000, "DEPOSIT": 8000}, room_type_id=self.room_type.id)
        self.assertEqual(self._get_quick_labels(), {price_name(42000): "Pay with Camu"})
        label, _row, _price = self._hold()
        self.assertEqual(label, "Pay with Camu")

    def test_who_is_cleared_confirms(self):
        self.env["hostel.clearance"].create({"student_id": self.asha.id, "term_id": self.term.id})
        self.assertEqual(self._get_quick_labels(), {price_name(42000): "Confirm"})

    def test_opening_the_map_asks_three_questions_more_whatever_the_prices(self):
        self._price({"RENT": 42000, "DEPOSIT": 8000})
        self._get_quick_labels()
        self.env.flush_all()
        desk = self.desk(self.asha_user)._in_round(self.round.id)
        desk._get_round().mapped("term_id.name")
        hostel = desk._get_card(self.round).hostels[self.girls.id]
        student = self.asha.with_user(self.asha_user).sudo()._know_clearance(self.term)
        with self.assertQueryCount(3):
            desk._get_quick_actions(self.round, hostel, student)
