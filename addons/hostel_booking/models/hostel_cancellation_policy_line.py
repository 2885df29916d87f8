from odoo import api, fields, models


class HostelCancellationPolicyLine(models.Model):
    _name = "hostel.cancellation.policy.line"
    _description = "Slab of a Cancellation Policy"
    _order = "policy_id, days_before desc"

    policy_id = fields.Many2one("hostel.cancellation.policy", required=True, ondelete="cascade")
    days_before = fields.Integer(
        string="Days before the first day",
        required=True,
        help="At least so many. Negative are days after the first day.",
    )
    percent = fields.Float(string="Goes back, %", required=True, digits=(5, 2))
    sentence = fields.Char(string="In words", compute="_compute_sentence")

    _days_uniq = models.Constraint(
        "UNIQUE (policy_id, days_before)", "There is a slab for this number of days already."
    )
    _percent_range = models.Constraint(
        "CHECK (percent BETWEEN 0 AND 100)", "A share lies between 0 and 100 percent."
    )

    @api.depends("days_before", "percent")
    def _compute_sentence(self):
        for line in self:
            days, percent = line.days_before, f"{line.percent:g}"
            if days > 0:
                text = self.env._(
                    "%(days)s days or more before: %(percent)s %%", days=days, percent=percent
                )
            elif days == 0:
                text = self.env._("until the first day: %(percent)s %%", percent=percent)
            else:
                text = self.env._(
                    "until %(days)s days after: %(percent)s %%", days=-days, percent=percent
                )
            line.sentence = text
