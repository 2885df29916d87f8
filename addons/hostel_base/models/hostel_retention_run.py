from odoo import api, fields, models
from odoo.exceptions import AccessError


class HostelRetentionRun(models.Model):
    """One line a day and kind of data: how much was let go."""

    _name = "hostel.retention.run"
    _description = "Retention Run"
    _order = "date desc, id desc"
    _rec_name = "label"

    date = fields.Date(required=True, readonly=True)
    code = fields.Char(required=True, readonly=True)
    label = fields.Char(string="What", required=True, readonly=True)
    moment = fields.Datetime(string="Older than", required=True, readonly=True)
    count = fields.Integer(string="Removed", readonly=True, aggregator="sum")

    _day_uniq = models.Constraint("UNIQUE (date, code)", "One line a day and kind.")

    @api.model
    def _add(self, policy, moment, count):
        """Add a batch to today's line of a policy."""
        today = self.env.company._get_college_day()
        run = self.search([("date", "=", today), ("code", "=", policy.code)], limit=1)
        if run:
            run.count += count
        else:
            self.create(
                {
                    "date": today,
                    "code": policy.code,
                    "label": policy.label,
                    "moment": moment,
                    "count": count,
                }
            )

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("What was removed is not rewritten."))
        return super().write(vals)
