from odoo import api, fields, models

from ..tools.refund_slabs import Slab, calendar_steps, refund_percent


class HostelCancellationPolicy(models.Model):
    """How much of a payment goes back, by the day on which a booking is cancelled."""

    _name = "hostel.cancellation.policy"
    _description = "Cancellation Policy"
    _inherit = ["mail.thread"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    hostel_ids = fields.Many2many("hostel.hostel", string="Hostels", help="Empty: all.")
    round_ids = fields.Many2many("hostel.booking.round", string="Rounds", help="Empty: all.")
    line_ids = fields.One2many(
        "hostel.cancellation.policy.line", "policy_id", string="Slabs", copy=True
    )
    office_days = fields.Integer(
        string="Students cancel until",
        default=1,
        help="So many days before the first day, and no later; then the office cancels. Negative"
        " are days after the first one.",
    )
    note = fields.Text(
        string="Said to the student", translate=True, help="Below the table of the refunds."
    )
    active = fields.Boolean(default=True)

    @api.model
    def _get_for(self, row):
        """The first policy that is meant for a booking, or an empty recordset.

        :param row: one ``hostel.allocation``
        """
        row = row.sudo()
        booking_round = (
            self.env["hostel.booking.round"]
            .sudo()
            .search([("term_id", "=", row.term_id.id), ("is_practice", "=", False)], limit=1)
        )
        # A college has a few.
        # pylint: disable-next=no-search-all
        for policy in self.sudo().search([]):
            of_hostel = not policy.hostel_ids or row.hostel_id in policy.hostel_ids
            of_round = not policy.round_ids or booking_round in policy.round_ids
            if of_hostel and of_round:
                return policy
        return self.sudo().browse()

    def _get_slabs(self):
        return [Slab(line.days_before, line.percent) for line in self.line_ids]

    def _get_percent(self, days_before):
        return refund_percent(self._get_slabs(), days_before)

    def _get_steps(self, first_day):
        return calendar_steps(self._get_slabs(), first_day)
