from odoo.tests import BaseCase, tagged

from ..tools.eligibility import (
    CATEGORY,
    DUES,
    GENDER,
    INACTIVE,
    PROGRAMME,
    UNDERTAKING,
    YEAR,
    Facts,
    Rules,
    judge,
)


@tagged("post_install", "-at_install")
class TestEligibilityRules(BaseCase):
    def test_a_window_without_rules_is_for_every_active_student(self):
        self.assertEqual(judge(Rules(), Facts("other", 9)), [])
        self.assertEqual(judge(Rules(), Facts("female", 1, is_active=False)), [INACTIVE])

    def test_each_rule_speaks_for_itself(self):
        facts = Facts("female", 2, programme=7, category="obc")
        for rules, expected in (
            (Rules(gender="male"), GENDER),
            (Rules(year_from=3), YEAR),
            (Rules(year_to=1), YEAR),
            (Rules(programmes=frozenset({8})), PROGRAMME),
            (Rules(categories=frozenset({"sc", "st"})), CATEGORY),
            (Rules(needs_clearance=True), DUES),
            (Rules(needs_undertaking=True), UNDERTAKING),
        ):
            with self.subTest(rules=rules):
                self.assertEqual(judge(rules, facts), [expected])

    def test_what_nobody_knows_fits_no_rule(self):
        nobody = Facts("female", 2)
        self.assertEqual(judge(Rules(programmes=frozenset({8})), nobody), [PROGRAMME])
        self.assertEqual(judge(Rules(categories=frozenset({"general"})), nobody), [CATEGORY])

    def test_what_can_be_mended_comes_last(self):
        rules = Rules(year_from=3, needs_clearance=True, needs_undertaking=True)
        self.assertEqual(judge(rules, Facts("female", 2)), [YEAR, UNDERTAKING, DUES])
