from datetime import timedelta

from odoo import api, models

ACTIVITY = "mail.mail_activity_data_todo"
# A first run doesn't dig out the payments of years.
LOOK_BACK = timedelta(days=31)


class HostelCamuSettlement(models.Model):
    """No day with payments of Camu stays unreconciled because nobody thought of it."""

    # One subject a file.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.camu.settlement"

    @api.model
    def _cron_open_days(self):
        """Job of each day: open the days that are over and have payments, and tell finance."""
        providers = self.env["payment.provider"].search([("code", "=", "camu")])
        for provider in providers:
            self._open_days(provider)
        for company in providers.company_id:
            self._ask_to_close(company)

    @api.model
    def _open_days(self, provider):
        """Make the drafts of days on which payments came that no settlement has.

        :return: the drafts; a repeated call makes none
        """
        company = provider.company_id
        today = company._get_college_day()
        orders = self._get_unsettled(provider, today - LOOK_BACK, today)
        days = {company._get_college_day(paid_at) for paid_at in orders.mapped("camu_paid_at")}
        yesterday = today - timedelta(days=1)
        if self._get_late(provider, yesterday):
            # No day of theirs is open any more.
            days.add(yesterday)
        known = self.search([("provider_id", "=", provider.id), ("day", "in", list(days))])
        return self.create(
            [
                {"provider_id": provider.id, "day": day}
                for day in sorted(days - set(known.mapped("day")))
            ]
        )

    @api.model
    def _get_late(self, provider, day):
        """Payments of closed days that no file has had yet: those that were expected in a later
        one, and those of which the message came after their day was closed.

        :param date day: of the settlement that looks for them; only earlier ones count
        :return: ``payment.transaction``
        """
        orders = self._get_unsettled(provider, day - LOOK_BACK, day)
        closed = self.search(
            [
                ("provider_id", "=", provider.id),
                ("state", "=", "closed"),
                ("day", ">=", day - LOOK_BACK),
                ("day", "<", day),
            ]
        )
        closed_days = set(closed.mapped("day"))

        def is_late(tx):
            last = tx.camu_settlement_line_ids.sorted("id")[-1:]
            if last:
                return last.action == "later" and last.settlement_state == "closed"
            return provider.company_id._get_college_day(tx.camu_paid_at) in closed_days

        return orders.filtered(is_late)

    @api.model
    def _ask_to_close(self, company):
        """See to it that one activity stands as long as a day that is over isn't closed.

        It stands on the oldest of them, and not one a day: who comes back from a holiday has one
        thing to do.
        """
        waiting = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "!=", "closed"),
                ("day", "<", company._get_college_day()),
            ],
            order="day, id",
        )
        if not waiting:
            return
        summary = self.env._("Days of Camu to close: %(count)s", count=len(waiting))
        if standing := waiting.activity_search([ACTIVITY]):
            standing.summary = summary
            return
        officer = self.env["res.users"]._get_finance_officer(company)
        if officer:
            waiting[0].activity_schedule(ACTIVITY, summary=summary, user_id=officer.id)

    def action_close(self):
        """Close the day; the task that stood on it goes on to the next one."""
        res = super().action_close()
        standing = self.sudo().activity_search([ACTIVITY])
        if self.state == "closed" and standing:
            standing.action_feedback()
            self.sudo()._ask_to_close(self.company_id)
        return res
