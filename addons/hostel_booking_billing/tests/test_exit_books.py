from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_billing.tests.fee_common import FeeMixin


@tagged("post_install", "-at_install")
class TestExitBooks(FeeMixin, TransactionCase):
    """What the moving-out desk finds is kept from the deposit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        item = cls.env["hostel.condition.item"].create(
            {
                "name": "Chair of the test",
                "scope": "own",
                "damage_amount": 450,
                "room_type_ids": [Command.set(cls.room_type.ids)],
            }
        )
        cls._create_structure({"RENT": 42000, "DEPOSIT": 8000}, frequency="one_time")
        cls.stay = cls._create_stay()
        bill = cls.stay._create_period_bill()
        for one in (bill | cls.stay.bill_ids).filtered("amount_residual"):
            cls._pay_bill(one)
        cls.stay._transition("checked_in")
        cls.form = cls.env["hostel.room.condition"]._open_for(cls.stay)
        cls.thing = cls.form.line_ids.filtered(lambda line: line.item_id == item)

    def _compare(self, amount):
        if self.form.state != "leaving":
            self.form.action_start_inspection()
        self.thing.write({"condition_out": "damaged", "damage_amount": amount})
        self.form.action_close_inspection()

    def _leave(self):
        """The term of the test lies in the future, so no desk lets anybody go yet."""
        self.stay._transition("vacated", vacated_on=self.stay.date_from)

    def _get_charges(self):
        return self.env["hostel.charge"].search([("student_id", "=", self.student.id)])

    def _clear(self):
        clearance = self.stay._start_move_out()
        for line in clearance.line_ids.filtered(lambda line: line.state != "clear"):
            line._answer("clear", False)
        return clearance

    def test_damage_is_charged_once_and_anew_after_another_look(self):
        self._compare(450)
        charge = self._get_charges()
        self.assertEqual((charge.amount, charge.head_id.code), (450, "DAMAGE"))
        self.assertIn("Chair of the test", charge.source)
        self.form._charge_damage()
        self.assertEqual(self._get_charges(), charge)
        self.form.action_reopen_inspection()
        self.assertEqual(charge.state, "cancelled")
        self._compare(200)
        new = self._get_charges() - charge
        self.assertEqual((new.amount, new.state), (200, "pending"))

    def test_a_lost_key_is_charged(self):
        key = self.env["hostel.key"].create(
            {
                "name": "T-214",
                "hostel_id": self.hostel.id,
                "room_id": self.bed.room_id.id,
                "kind": "room",
                "lost_amount": 300,
            }
        )
        key._hand_over(self.stay)
        key._move("lost", amount=key.lost_amount)
        charge = self._get_charges()
        self.assertEqual((charge.amount, charge.allocation_id), (300, self.stay))
        self.assertIn("T-214", charge.source)

    def test_moving_out_cleared_begins_the_settlement(self):
        self._compare(450)
        clearance = self._clear()
        self.assertFalse(self.stay.exit_ids)
        self._leave()
        clearance._refresh()
        self.assertEqual(clearance.state, "left")
        one = self.stay.exit_ids
        self.assertEqual((one.state, one.held_amount, one.back_amount), ("draft", 8000, 7550))
        one.with_user(self.finance).action_settle()
        self.assertEqual(one.refund_ids.amount, 7550)

    def test_the_deposit_waits_for_the_clearance(self):
        self.env["ir.config_parameter"].set_param("hostel_booking.require_no_dues", "True")
        clearance = self.stay._start_move_out()
        self._leave()
        one = self.env["hostel.exit"]._open_for(self.stay)
        with self.assertRaises(HostelError) as caught, self.env.cr.savepoint():
            one.with_user(self.finance).action_settle()
        self.assertEqual(caught.exception.code, "NO_DUES_MISSING")
        self._compare(450)
        for line in clearance.line_ids.filtered(lambda line: line.state != "clear"):
            line._answer("clear", False)
        self.assertEqual(clearance.state, "left")
        one.with_user(self.finance).action_settle()
        self.assertEqual((one.state, one.refund_ids.amount), ("settled", 7550))

    def test_who_lives_on_in_another_bed_gets_no_settlement(self):
        next_term = self.term.copy(
            {"code": "T41", "date_from": self.term.date_to, "date_to": "2041-07-01"}
        )
        self._create_allocation("allocated", term=next_term, bed=self.bed_b)
        self._leave()
        self.stay._deposit_refund_due()
        self.assertFalse(self.stay.exit_ids)
