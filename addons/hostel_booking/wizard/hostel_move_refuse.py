from odoo import fields, models


class HostelMoveRefuse(models.TransientModel):
    """Say no to move requests, with a reason that the students read."""

    _name = "hostel.move.refuse"
    _inherit = "hostel.strict.wizard"
    _description = "Refuse a Move"
    _strict_fields = {"request_ids": "write"}

    request_ids = fields.Many2many("hostel.move.request", required=True)
    preset = fields.Selection(
        [
            ("needed", "The bed is needed for somebody else"),
            ("repair", "The room is repaired soon"),
            ("late", "The term ends soon"),
            ("other", "Another reason"),
        ],
        string="Reason",
        required=True,
        default="needed",
    )
    note = fields.Char(string="In your words", help="The student reads this.")

    def action_refuse(self):
        self.ensure_one()
        self.request_ids._check_wardens_business()
        reason = dict(self._fields["preset"]._description_selection(self.env))[self.preset]
        if self.preset == "other":
            reason = self.note or reason
        elif self.note:
            reason = f"{reason}. {self.note}"
        self.request_ids._refuse(reason)
        return {"type": "ir.actions.act_window_close"}
