from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError


class HostelLateArrival(models.Model):
    """A student says: I come later, on this day. The warden keeps the bed, or doesn't."""

    _name = "hostel.late.arrival"
    _description = "Late Arrival"
    _inherit = ["hostel.personal.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "state, id desc"

    allocation_id = fields.Many2one(
        "hostel.allocation", string="Stay", required=True, readonly=True, ondelete="cascade"
    )
    student_id = fields.Many2one(related="allocation_id.student_id", store=True, index=True)
    hostel_id = fields.Many2one(related="allocation_id.hostel_id", store=True, index=True)
    bed_id = fields.Many2one(related="allocation_id.bed_id")
    date_from = fields.Date(related="allocation_id.date_from", string="Stay begins")
    arrives_on = fields.Date(string="Comes on", required=True, readonly=True, tracking=True)
    reason = fields.Char(readonly=True, required=True)
    state = fields.Selection(
        [
            ("requested", "Asked for"),
            ("approved", "Bed is kept"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
        ],
        required=True,
        readonly=True,
        default="requested",
        tracking=True,
    )
    answer = fields.Char(string="Answer to the student", tracking=True)
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True)
    decided_at = fields.Datetime(string="Decided on", readonly=True)

    _one_open = models.UniqueIndex(
        "(allocation_id) WHERE state = 'requested'", "There is an open request for this stay."
    )

    @api.depends("student_id", "arrives_on")
    def _compute_display_name(self):
        for request in self:
            name = request.sudo().student_id.display_name
            request.display_name = f"{name}: {request.arrives_on}"

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Students ask for this on their own pages."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and vals.keys() - {"answer", "activity_ids", "message_follower_ids"}:
            raise AccessError(self.env._("A request is decided by its buttons."))
        return super().write(vals)

    def action_approve(self):
        """Keep the bed until the day that was asked for."""
        self._decide("approved")

    def action_refuse(self):
        """Keep to the day on which the bed is given back; the student is told."""
        for request in self:
            if not request.answer:
                raise HostelError(
                    "REASON_MISSING", self.env._("Write an answer to the student first."), 422
                )
        self._decide("refused")

    def _decide(self, state):
        self.check_access("write")
        for request in self.sudo():
            if request.state != "requested" or request.allocation_id.state != "allocated":
                raise HostelError(
                    "ALREADY_DECIDED",
                    self.env._("This request was decided or withdrawn, or the student has come."),
                )
            request.write(
                {
                    "state": state,
                    "decided_by_id": self.env.uid,
                    "decided_at": self.env.cr.now(),
                }
            )
            request._tell_decision()

    def _tell_decision(self):
        row = self.allocation_id._in_student_language()
        day = row._format_day(self.arrives_on)
        if self.state == "approved":
            text = row.env._("Your bed is kept for you. Come on %(day)s.", day=day)
        else:
            text = row.env._("Your bed can't be kept until %(day)s.", day=day)
        last = row.no_show_on and row.env._(
            "If you have not come by then, the bed is given to somebody else on %(day)s.",
            day=row._format_day(row.no_show_on),
        )
        row._tell_student(
            row.env._("You wanted to come on %(day)s", day=day),
            *filter(None, [text, self.answer, last]),
        )
