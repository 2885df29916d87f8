"""Guardians read bills on their pages only, which ask whether the ward agreed."""

from odoo import SUPERUSER_ID, api

RULES = ("account_move_rule_guardian", "account_move_line_rule_guardian")


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    for name in RULES:
        rule = env.ref(f"hostel_billing.{name}", raise_if_not_found=False)
        if rule:
            rule.unlink()
