from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import BillingCase


@tagged("post_install", "-at_install")
class TestAccess(BillingCase):
    """Each rule with the one who may and the one who may not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        allocation = cls._create_allocation()
        cls.tx = cls._create_tx(allocation)
        cls.entry = cls._deliver(cls.tx, amount="1.00")
        cls.bill = allocation._create_period_bill()
        cls.env.flush_all()
        cls.env.invalidate_all()

    def _can_read(self, record, user):
        return record.with_user(user).has_access("read")

    def test_bill_is_read_by_those_whom_it_concerns(self):
        may = (self.finance, self.warden, self.student_user)
        # Guardians have their pages, which ask for consent and keep what a fine is for.
        may_not = (self.guardian_user, self.other_warden, self.other_user, self.guard)
        for user in may:
            self.assertTrue(self._can_read(self.bill, user), user.login)
            self.assertTrue(self._can_read(self.bill.invoice_line_ids, user), user.login)
        for user in may_not:
            self.assertFalse(self._can_read(self.bill, user), user.login)
            self.assertFalse(self._can_read(self.bill.invoice_line_ids, user), user.login)

    def test_warden_reads_the_bills_screen_and_nothing_else_of_the_books(self):
        specification = {
            "name": {},
            "partner_id": {"fields": {"display_name": {}}},
            "amount_total": {},
            "amount_residual": {},
            "payment_state": {},
            "invoice_line_ids": {"fields": {"name": {}, "price_total": {}}},
        }
        [values] = self.bill.with_user(self.warden).web_read(specification)
        self.assertEqual(values["amount_residual"], 42000)
        foreign = self.env["account.move"].create({"move_type": "entry"})
        self.assertFalse(self._can_read(foreign, self.warden))

    def test_only_finance_changes_bills(self):
        self.assertTrue(self.bill.with_user(self.finance).has_access("write"))
        for user in (self.warden, self.student_user, self.guardian_user):
            for operation in ("write", "create", "unlink"):
                self.assertFalse(self.bill.with_user(user).has_access(operation), user.login)

    def test_inbox_is_for_finance(self):
        self.assertTrue(self._can_read(self.entry, self.finance))
        self.assertTrue(self.entry.with_user(self.finance).raw_payload)
        for user in (self.warden, self.guard, self.student_user, self.guardian_user):
            self.assertFalse(self._can_read(self.entry, user), user.login)
            with self.assertRaises(AccessError):
                self.entry.with_user(user).action_retry()
            with self.assertRaises(AccessError):
                self.entry.with_user(user).action_open_resolve()
        for operation in ("create", "unlink"):
            self.assertFalse(self.entry.with_user(self.finance).has_access(operation))

    def test_administrator_reads_the_inbox_and_leaves_the_work_to_finance(self):
        admin = self._create_admin()
        self.assertTrue(self._can_read(self.entry, admin))
        with self.assertRaises(AccessError):
            self.entry.with_user(admin).action_retry()
        self.assertTrue(self._can_read(self.bill, admin))
        foreign = self.env["account.move"].create({"move_type": "entry"})
        self.assertFalse(self._can_read(foreign, admin))

    def _create_admin(self):
        groups = "hostel_base.group_hostel_admin"
        return self._create_portal_user("hostel_admin", groups)

    def test_resolving_needs_finance(self):
        Wizard = self.env["hostel.camu.event.resolve"]
        vals = {"entry_ids": [(6, 0, self.entry.ids)], "note": "x"}
        for user in (self.warden, self.student_user, self.guardian_user, self.guard):
            with self.assertRaises(AccessError):
                Wizard.with_user(user).create(vals)
        vals |= {"action": "ignore", "ignore_reason": "no_money"}
        wizard = Wizard.with_user(self.finance).create(vals)
        wizard.action_resolve()
        self.assertEqual(self.entry.state, "resolved")

    def test_transactions_are_hidden_from_wardens_and_portal(self):
        for user in (self.warden, self.student_user, self.guardian_user):
            self.assertFalse(self._can_read(self.tx, user), user.login)
        self.assertTrue(self._can_read(self.tx, self.finance))
