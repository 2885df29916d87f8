from odoo import api, models


class HostelDashboard(models.AbstractModel):
    """What waits for finance."""

    _inherit = "hostel.dashboard"

    @api.model
    def _get_todo_items(self, hostels):
        items = super()._get_todo_items(hostels)
        if self.env.user.has_group("hostel_base.group_hostel_finance"):
            items += self._get_money_items()
        return items

    @api.model
    def _get_money_items(self):
        today = self.env.company._get_college_day()

        def item(key, level, icon, model, domain, label, hint, action=None):
            action = action or f"{model.replace('.', '_')}_action"
            found = self._item(key, level, icon, model, action, domain, label, hint)
            return found | {"action": f"hostel_billing.{action}"}

        return [
            item(
                "money_watch",
                "urgent",
                "fa-exclamation-triangle",
                "hostel.money.watch",
                [("state", "=", "open")],
                self.env._("Money without a bed, beds without money"),
                self.env._("Should be empty. Each says what can be done."),
            ),
            item(
                "quarantined",
                "urgent",
                "fa-inbox",
                "hostel.camu.event",
                [("state", "=", "quarantined")],
                self.env._("Messages from Camu that need a person"),
                self.env._("Money that fits no order, or not as it came."),
            ),
            item(
                "receipts",
                "action",
                "fa-file-image-o",
                "hostel.receipt",
                [("state", "=", "review")],
                self.env._("Receipts to look at"),
                self.env._("What the machine read is beside what the student sent."),
            ),
            item(
                "settlements",
                "action",
                "fa-calendar-check-o",
                "hostel.camu.settlement",
                [("state", "!=", "closed"), ("day", "<", today)],
                self.env._("Days of Camu to close"),
                self.env._("Upload Camu's file, explain the differences, close the day."),
            ),
            item(
                "refunds_to_pay",
                "action",
                "fa-undo",
                "hostel.refund",
                [("state", "=", "approved")],
                self.env._("Refunds to pay out"),
                self.env._("They are approved; book each when the money has left."),
            ),
            item(
                "exits",
                "routine",
                "fa-sign-out",
                "hostel.exit",
                [("state", "=", "draft")],
                self.env._("Exits to settle"),
                self.env._("What is owed is kept; the rest of the deposit goes back."),
            ),
        ]
