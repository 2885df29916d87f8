from odoo import api, fields, models


class HostelElectricityShare(models.Model):
    """The part of one student in the cost of one meter and month."""

    _name = "hostel.electricity.share"
    _description = "Student's Share of Electricity"
    _inherit = "hostel.personal.mixin"
    _hostel_audit = False
    _order = "month desc, line_id, id"

    line_id = fields.Many2one(
        "hostel.electricity.line", required=True, readonly=True, ondelete="cascade", index=True
    )
    run_id = fields.Many2one(related="line_id.run_id", store=True, index=True)
    month = fields.Date(related="line_id.month", store=True)
    hostel_id = fields.Many2one(related="line_id.hostel_id", store=True, index=True)
    company_id = fields.Many2one(related="line_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    meter_id = fields.Many2one(related="line_id.meter_id", store=True)
    room_id = fields.Many2one(related="line_id.room_id", store=True)
    student_id = fields.Many2one(
        "hostel.student", required=True, readonly=True, ondelete="restrict", index=True
    )
    allocation_id = fields.Many2one(
        "hostel.allocation", string="Stay", required=True, readonly=True, ondelete="restrict"
    )
    days = fields.Integer(readonly=True)
    all_days = fields.Integer(
        string="Days of all", readonly=True, aggregator=None, help="Of everybody at this meter."
    )
    units = fields.Float(digits=(14, 3), readonly=True)
    amount = fields.Monetary(readonly=True)
    state = fields.Selection(related="line_id.state", store=True)
    charge_id = fields.Many2one("hostel.charge", readonly=True, ondelete="set null")

    _stay_once = models.Constraint(
        "UNIQUE (line_id, allocation_id)", "A stay has one share of a meter."
    )
    _days_positive = models.Constraint("CHECK (days > 0)", "A share is for at least one day.")

    @api.depends("student_id", "line_id")
    def _compute_display_name(self):
        for share in self:
            share.display_name = f"{share.student_id.display_name} · {share.line_id.display_name}"

    def _get_note(self):
        """Why the student pays so much, for the bill."""
        self.ensure_one()
        line = self.line_id
        words = {
            "opening": f"{line.opening_value:.10g}",
            "closing": f"{line.closing_value:.10g}",
            "units": f"{line.units:.10g}",
            "days": self.days,
            "all": self.all_days,
        }
        if line._is_meter_replaced():
            return self.env._(
                "%(opening)s to %(closing)s, the meter was replaced = %(units)s units; your"
                " %(days)s of %(all)s days",
                **words,
            )
        return self.env._(
            "%(opening)s to %(closing)s = %(units)s units; your %(days)s of %(all)s days", **words
        )
