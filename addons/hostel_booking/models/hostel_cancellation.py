from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..const import CANCEL_REASONS


class HostelCancellation(models.Model):
    """That a booking was cancelled: by whom, why, and how much goes back. Never changed."""

    _name = "hostel.cancellation"
    _description = "Cancelled Booking"
    _order = "id desc"
    _rec_name = "allocation_id"

    allocation_id = fields.Many2one(
        "hostel.allocation", string="Booking", required=True, readonly=True, ondelete="restrict"
    )
    student_id = fields.Many2one(related="allocation_id.student_id", store=True, index=True)
    hostel_id = fields.Many2one(related="allocation_id.hostel_id", store=True, index=True)
    room_type_id = fields.Many2one(related="allocation_id.room_type_id", store=True)
    term_id = fields.Many2one(related="allocation_id.term_id", store=True)
    company_id = fields.Many2one(related="allocation_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(
        [("student", "By the student"), ("office", "By the office"), ("no_show", "Did not come")],
        string="How",
        required=True,
        readonly=True,
    )
    reason = fields.Selection(CANCEL_REASONS, required=True, readonly=True)
    note = fields.Char(readonly=True)
    old_state = fields.Char(string="State before", readonly=True)
    days_before = fields.Integer(
        string="Days before the first day", readonly=True, aggregator="avg"
    )
    policy_id = fields.Many2one("hostel.cancellation.policy", readonly=True, ondelete="restrict")
    percent = fields.Float(string="Goes back, %", readonly=True, aggregator="avg")
    paid_amount = fields.Monetary(string="Paid", readonly=True)
    refund_amount = fields.Monetary(string="Goes back", readonly=True)
    cancelled_at = fields.Datetime(string="Cancelled on", required=True, readonly=True)
    cancelled_by_id = fields.Many2one("res.users", string="Cancelled by", readonly=True)

    _allocation_uniq = models.Constraint(
        "UNIQUE (allocation_id)", "A booking is cancelled only once."
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("A cancellation is written by cancelling a booking."))
        return super().create(vals_list)
