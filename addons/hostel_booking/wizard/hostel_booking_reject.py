from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError

from ..const import REJECT_REASONS


class HostelBookingReject(models.TransientModel):
    """A warden refuses beds: why, what the student reads, and where the money goes."""

    _name = "hostel.booking.reject"
    _description = "Reject Bookings"
    _inherit = ["hostel.strict.wizard"]
    _strict_fields = {"allocation_ids": "write"}

    allocation_ids = fields.Many2many("hostel.allocation", string="Bookings", required=True)
    reason = fields.Selection(REJECT_REASONS, required=True, default="papers")
    note = fields.Char(
        string="The student reads",
        compute="_compute_note",
        store=True,
        readonly=False,
        precompute=True,
        help="Change it as you like.",
    )
    money = fields.Selection(
        [
            ("other", "Give an equal bed if one is free, else refund"),
            ("wait", "I find another bed myself"),
            ("refund", "Refund"),
        ],
        string="What was paid",
        required=True,
        default="other",
    )
    count = fields.Integer(compute="_compute_count")
    paid_count = fields.Integer(compute="_compute_count", string="Of them paid")

    @api.depends("reason")
    def _compute_note(self):
        sentences = {
            "papers": self.env._(
                "Some of your papers are missing or could not be read. Bring them to the hostel"
                " office, and choose a bed again."
            ),
            "eligibility": self.env._(
                "This bed is kept for students of another group. Other beds are open to you."
            ),
            "needed": self.env._(
                "This bed is needed for a student with a medical need. We are sorry for the change."
            ),
            "twice": self.env._("You have applied twice; your other booking stands."),
            "other": "",
        }
        for wizard in self:
            wizard.note = sentences[wizard.reason or "other"]

    @api.depends("allocation_ids")
    def _compute_count(self):
        for wizard in self:
            wizard.count = len(wizard.allocation_ids)
            wizard.paid_count = len(wizard.allocation_ids.filtered("paid_at"))

    def action_reject(self):
        """Refuse every row that still waits; others are named and stay as they are."""
        self.ensure_one()
        if not (self.note or "").strip():
            raise HostelError(
                "REASON_MISSING", self.env._("Write what the student should read."), 422
            )
        self.allocation_ids.check_access("write")
        rows = self.allocation_ids.filtered(lambda row: row.state == "awaiting_approval")
        if not rows:
            raise HostelError(
                "NOTHING_TO_REJECT", self.env._("None of these rows waits for a decision."), 422
            )
        for row in rows:
            row._reject(self.reason, self.note.strip(), self.money)
        return self.env["hostel.allocation"]._notify(
            self.env._("%(count)s rejected", count=len(rows)),
            self.env._("The students are told why."),
        )
