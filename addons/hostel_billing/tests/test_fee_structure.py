from datetime import date

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .fee_common import FeeMixin


@tagged("post_install", "-at_install")
class TestFeeStructure(FeeMixin, TransactionCase):
    def test_without_a_structure_the_base_fee_counts(self):
        self.assertEqual(self.bed._get_price(self.term), 42000)

    def test_the_most_specific_structure_counts(self):
        wide = self._create_structure({"RENT": 1000}, hostel_id=False)
        kind = self._create_structure(
            {"RENT": 2000}, hostel_id=False, room_type_id=self.room_type.id
        )
        house = self._create_structure({"RENT": 3000})
        both = self._create_structure({"RENT": 4000}, room_type_id=self.room_type.id)
        term = self._create_structure({"RENT": 5000}, term_id=self.term.id)
        Structure = self.env["hostel.fee.structure"]
        found = Structure._get_for(self.hostel, self.room_type, self.term)
        self.assertEqual(found, both, "hostel and room type before hostel and term")
        for gone, expected in ((both, term), (term, house), (house, kind), (kind, wide)):
            gone.action_archive()
            self.assertEqual(Structure._get_for(self.hostel, self.room_type, self.term), expected)
        self.assertEqual(self.bed._get_price(self.term), 6000)

    def test_a_term_costs_its_months_and_what_is_asked_once(self):
        structure = self._create_structure({"RENT": 7000, "MESS": 3000, "AMENITY": 500})
        structure.line_ids.filtered(lambda line: line.head_id.code == "AMENITY").once = True
        self.assertEqual(self.bed._get_price(self.term), 6 * 10000 + 500)
        self.assertEqual((structure.period_amount, structure.once_amount), (10000, 500))
        self._create_structure({"RENT": 30000}, frequency="quarterly", term_id=self.term.id)
        self.assertEqual(self.bed._get_price(self.term), 60000)

    def test_a_deposit_is_no_part_of_the_price(self):
        structure = self._create_structure({"RENT": 7000, "DEPOSIT": 10000})
        self.assertEqual(self.bed._get_price(self.term), 42000)
        self.assertEqual(structure.deposit_amount, 10000)

    def test_a_room_with_a_fee_of_its_own_keeps_it(self):
        self._create_structure({"RENT": 7000})
        self.bed.room_id.fee = 55000
        self.assertEqual(self.bed._get_price(self.term), 55000)

    def test_the_price_follows_a_change_in_the_same_transaction(self):
        structure = self._create_structure({"RENT": 7000})
        self.assertEqual(self.bed._get_price(self.term), 42000)
        structure.line_ids.amount = 8000
        self.assertEqual(self.bed._get_price(self.term), 48000)

    def test_a_season_makes_its_days_dearer(self):
        self._create_structure({"RENT": 6000, "MESS": 3000})
        self._create_season(percent=10)
        self.assertEqual(self.bed._get_price(self.term), 6 * 9000 + 200)
        self._create_season(
            name="Elsewhere", percent=50, hostel_ids=[Command.set(self.other_hostel.ids)]
        )
        self.assertEqual(self.bed._get_price(self.term), 6 * 9000 + 200)

    def _create_season(self, **overrides):
        return self.env["hostel.rate.season"].create(
            {
                "name": "Exams",
                "date_from": date(2040, 9, 1),
                "date_to": date(2040, 9, 11),
                "percent": 0,
                **overrides,
            }
        )

    def test_a_full_house_is_dearer(self):
        self._create_structure({"RENT": 6000})
        self._create_season(
            trigger="occupancy", occupancy_from=50, percent=5, date_from=False, date_to=False
        )
        self.assertEqual(self.bed._get_price(self.term), 36000)
        self._create_allocation()
        self.env["hostel.fee.structure"]._forget()
        self.assertEqual(self.bed_b._get_price(self.term), 37800)

    def test_the_rate_of_a_day_says_why(self):
        self._create_structure({"RENT": 6000})
        self._create_season(percent=10)
        check = (
            self.env["hostel.rate.check"]
            .with_user(self.finance)
            .create(
                {
                    "hostel_id": self.hostel.id,
                    "room_type_id": self.room_type.id,
                    "term_id": self.term.id,
                    "day": date(2040, 9, 10),
                }
            )
        )
        self.assertEqual((check.base_amount, check.current_amount), (6000, 6600))
        self.assertEqual((check.why, check.day_amount), ("Exams", 220))
        self.assertEqual(str(check.calendar).count("<tr>"), 1 + 3)
        check.day = date(2040, 9, 11)
        self.assertEqual((check.current_amount, check.day_amount), (6000, 200))

    def test_a_booking_keeps_price_and_structure(self):
        structure = self._create_structure({"RENT": 7000})
        stay = self._create_stay()
        self.assertEqual((stay.price, stay.fee_structure_id), (42000, structure))
        structure.line_ids.amount = 9000
        plan = stay._get_billing_plan()
        self.assertEqual(sum(part[1] for _period, parts in plan for part in parts), 42000)
        self.assertEqual(len(plan), 6)

    def test_the_bills_of_a_term_sum_to_the_frozen_price(self):
        self._create_structure({"RENT": 6000, "MESS": 1000})
        season = self._create_season(percent=10)
        stay = self._create_stay()
        self.assertEqual(stay.price, 42200)
        bills = stay._create_period_bill()
        # Weights of the months that nobody agreed on.
        season.write({"percent": 90, "date_from": date(2040, 8, 1), "date_to": date(2040, 11, 1)})
        bills |= stay._create_period_bill(date(2040, 8, 1))
        stay._transition("checked_in")
        new = stay._transfer(self.bed_b, date(2040, 9, 1), price=stay.price)
        for month in range(9, 13):
            bills |= new._create_period_bill(date(2040, month, 1))
        self.assertEqual(
            bills.mapped("amount_total"), [7000, 7000, 7200, 7000, 7000, 7000], "as it was booked"
        )
        self.assertEqual(sum(bills.mapped("amount_total")), stay.price)

    def test_an_agreed_price_is_spread_as_it_was_agreed(self):
        self._create_structure({"RENT": 6000})
        season = self._create_season(percent=100)
        stay = self._create_allocation(price=30000)
        first = stay._get_billing_plan()
        season.unlink()
        again = stay._get_billing_plan()
        for before, after in zip(first, again, strict=True):
            self.assertEqual(before[0], after[0])
            self.assertEqual([part[:2] for part in before[1]], [part[:2] for part in after[1]])
        self.assertEqual(sum(part[1] for _period, parts in again for part in parts), 30000)

    def test_a_plan_of_other_days_or_another_price_is_made_anew(self):
        structure = self._create_structure({"RENT": 6000})
        stay = self._create_allocation(price=None)
        stay.sudo().write({"fee_plan": {**stay.fee_plan, "frequency": "quarterly"}})
        structure.line_ids.amount = 7000
        plan = stay._get_billing_plan()
        self.assertEqual((len(plan), plan[0][1][0][1]), (6, 6000))
        with self.assertRaises(AccessError):
            stay.with_user(self.warden).write({"fee_plan": False})

    @mute_logger("odoo.sql_db")
    def test_two_structures_for_the_same_beds_are_refused(self):
        self._create_structure({"RENT": 7000})
        with self.assertRaisesRegex(Exception, "one_a_place"), self.env.cr.savepoint():
            self._create_structure({"RENT": 8000})

    def test_what_is_paid_at_booking(self):
        structure = self._create_structure({"RENT": 7000, "DEPOSIT": 10000})
        stay = self._create_stay()
        self.assertEqual(stay._get_amount_at_booking(), 17000)
        structure.payment_term_id = self.env["account.payment.term"].create(
            {
                "name": "Half now",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 30}),
                ],
            }
        )
        self.assertEqual(stay._get_amount_at_booking(), 13500)
        other = self._create_allocation(bed=self.bed_b, student=self.other_student, price=9000)
        self.assertEqual(other._get_amount_at_booking(), 750 + 10000)
