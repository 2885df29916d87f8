from odoo.tests import TransactionCase, tagged

from .common import BillingMixin


@tagged("post_install", "-at_install")
class TestDashboardMoney(BillingMixin, TransactionCase):
    def _todo(self, user):
        self.env.invalidate_all()
        data = self.env["hostel.dashboard"].with_user(user).get_data()
        return {item["key"]: item for item in data["todo"]}

    def test_finance_finds_what_waits(self):
        before = self._todo(self.finance).get("quarantined", {"count": 0})["count"]
        entry = self._deliver(self._create_tx(self._create_allocation()), amount="1.00")
        self.assertEqual(entry.state, "quarantined")
        item = self._todo(self.finance)["quarantined"]
        self.assertEqual(item["count"], before + 1)
        action = self.env.ref(item["action"])
        self.assertEqual(action.res_model, "hostel.camu.event")
        self.assertIn(entry, self.env[action.res_model].search(item["domain"]))

    def test_what_was_mended_needs_nobody(self):
        before = self._todo(self.finance).get("money_watch", {"count": 0})["count"]
        found = self.env["hostel.money.watch"].create(
            {"kind": "no_money", "company_id": self.company.id}
        )
        self.assertEqual(found.state, "open")
        self.assertEqual(self._todo(self.finance)["money_watch"]["count"], before + 1)
        found.gone_at = self.env.cr.now()
        self.assertEqual(found.state, "gone")
        after = self._todo(self.finance).get("money_watch", {"count": 0})["count"]
        self.assertEqual(after, before)

    def test_each_item_opens_a_list_of_its_model(self):
        items = self.env["hostel.dashboard"].with_user(self.finance)._get_money_items()
        self.assertGreater(len(items), 4)
        for item in items:
            with self.subTest(key=item["key"]):
                self.assertEqual(self.env.ref(item["action"]).res_model, item["model"])
                self.env[item["model"]].with_user(self.finance).search(item["domain"], limit=1)

    def test_wardens_are_told_of_no_money(self):
        self._deliver(self._create_tx(self._create_allocation()), amount="1.00")
        items = self.env["hostel.dashboard"].with_user(self.finance)._get_money_items()
        self.assertFalse({item["key"] for item in items} & self._todo(self.warden).keys())
