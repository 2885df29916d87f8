from odoo import fields, models


class HostelCamuEventResolve(models.TransientModel):
    """Asks how quarantined messages were resolved."""

    _name = "hostel.camu.event.resolve"
    _description = "Resolve Camu Messages"

    entry_ids = fields.Many2many("hostel.camu.event", string="Messages", required=True)
    note = fields.Text(
        string="How was it resolved?",
        required=True,
        help="Kept for the auditor: what was found, and where the money went.",
    )

    def action_resolve(self):
        self.ensure_one()
        self.entry_ids.resolve(self.note)
        return {"type": "ir.actions.act_window_close"}
