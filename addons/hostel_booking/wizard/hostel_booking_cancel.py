from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError

from ..const import CANCEL_REASONS


class HostelBookingCancel(models.TransientModel):
    """The office cancels a booking; who gives back more or less than the policy says why."""

    _name = "hostel.booking.cancel"
    _description = "Cancel a Booking"
    _inherit = ["hostel.strict.wizard"]
    _strict_fields = {"allocation_id": "write"}

    allocation_id = fields.Many2one("hostel.allocation", required=True)
    student_id = fields.Many2one(related="allocation_id.student_id")
    bed_id = fields.Many2one(related="allocation_id.bed_id")
    currency_id = fields.Many2one(related="allocation_id.currency_id")
    reason = fields.Selection(CANCEL_REASONS, required=True, default="office")
    note = fields.Char(string="The student reads")
    paid_amount = fields.Monetary(string="Paid", compute="_compute_amounts")
    policy_percent = fields.Float(string="By the policy, %", compute="_compute_amounts")
    percent = fields.Float(
        string="Goes back, %",
        compute="_compute_percent",
        store=True,
        readonly=False,
        precompute=True,
    )
    refund_amount = fields.Monetary(string="Goes back", compute="_compute_amounts")
    is_other = fields.Boolean(compute="_compute_amounts")

    @api.depends("allocation_id")
    def _compute_percent(self):
        for wizard in self:
            row = wizard.allocation_id
            wizard.percent = row._get_cancellation_terms()["percent"] if row else 0.0

    @api.depends("allocation_id", "percent")
    def _compute_amounts(self):
        for wizard in self:
            row = wizard.allocation_id
            wizard.paid_amount = row._get_paid_amount() if row else 0.0
            wizard.policy_percent = row._get_cancellation_terms()["percent"] if row else 0.0
            wizard.refund_amount = row._get_refund_amount(wizard.percent) if row else 0.0
            wizard.is_other = bool(row) and wizard.percent != wizard.policy_percent

    def action_cancel(self):
        self.ensure_one()
        row = self.allocation_id
        row.check_access("write")
        if not 0 <= self.percent <= 100:
            raise HostelError(
                "BAD_REQUEST", self.env._("A share lies between 0 and 100 percent."), 422
            )
        if self.is_other and self.paid_amount and not self.note:
            raise HostelError(
                "REASON_MISSING",
                self.env._("Write why the refund is another than the policy says."),
                422,
            )
        if row.state in ("offered", "paying"):
            # Camu is asked first: money may be on its way.
            if not row.sudo()._let_go():
                raise HostelError(
                    "ALREADY_PAID",
                    self.env._("The payment has just arrived. Look again before you cancel."),
                )
            return {"type": "ir.actions.act_window_close"}
        row._cancel_booking("office", self.reason, self.note, self.percent)
        return {"type": "ir.actions.act_window_close"}
