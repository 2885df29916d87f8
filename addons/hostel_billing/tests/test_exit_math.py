from decimal import Decimal

from odoo.tests import BaseCase, tagged

from odoo.addons.hostel_billing.tools.exit_math import settle


@tagged("post_install", "-at_install")
class TestExitMath(BaseCase):
    def _settle(self, *lines):
        found = settle((kind, Decimal(amount)) for kind, amount in lines)
        self.assertEqual(found.held, found.kept + found.back)
        self.assertEqual(found.owed, found.kept + found.left)
        return found

    def test_what_is_owed_is_kept(self):
        found = self._settle(("deposit", 8000), ("bill", -500), ("charge", -150))
        self.assertEqual((found.kept, found.back, found.left), (650, 7350, 0))

    def test_a_deposit_reaches_only_so_far(self):
        found = self._settle(("deposit", 8000), ("bill", -9000))
        self.assertEqual((found.kept, found.back, found.left), (8000, 0, 1000))

    def test_a_rebate_is_nothing_that_was_held(self):
        found = self._settle(("deposit", 100), ("charge", -50), ("charge", 80))
        self.assertEqual((found.owed, found.back), (0, 100))

    def test_a_lenders_deposit_pays_for_nothing(self):
        found = self._settle(("lender", 8000), ("bill", -500), ("advance", 200))
        self.assertEqual((found.kept, found.back, found.left, found.lender), (200, 0, 300, 8000))

    def test_unknown_kinds_are_no_money(self):
        with self.assertRaises(ValueError):
            settle([("gift", Decimal(1))])

    def test_nothing_is_nothing(self):
        found = self._settle()
        self.assertEqual((found.held, found.back, found.left), (0, 0, 0))
