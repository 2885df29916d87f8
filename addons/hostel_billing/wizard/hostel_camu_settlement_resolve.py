from odoo import api, fields, models

from ..models.hostel_camu_settlement_line import ACTIONS


class HostelCamuSettlementResolve(models.TransientModel):
    """Asks what was done about differences of a settlement."""

    _name = "hostel.camu.settlement.resolve"
    _description = "Explain Differences"

    line_ids = fields.Many2many("hostel.camu.settlement.line", string="Differences", required=True)
    count = fields.Integer(compute="_compute_count")
    action = fields.Selection(
        selection="_selection_action",
        string="What was done?",
        compute="_compute_action",
        store=True,
        readonly=False,
    )
    reason = fields.Char(string="Why", required=True)
    hint = fields.Char(compute="_compute_hint")

    @api.model
    def _selection_action(self):
        field = self.env["hostel.camu.settlement.line"]._fields["action"]
        return field._description_selection(self.env)

    @api.depends("line_ids")
    def _compute_count(self):
        for dialog in self:
            dialog.count = len(dialog.line_ids)

    @api.depends("line_ids")
    def _compute_action(self):
        for dialog in self:
            ways = [ACTIONS.get(kind, ()) for kind in set(dialog.line_ids.mapped("kind"))]
            # The first way out that all of them have.
            fitting = [way for way in ways[0] if all(way in more for more in ways)] if ways else []
            dialog.action = fitting[0] if fitting else "claim"

    @api.depends("action")
    def _compute_hint(self):
        hints = {
            "book": self.env._(
                "The payment goes through the inbox like a message from Camu: it is booked on its"
                " order, or waits there for a person."
            ),
            "later": self.env._("It is looked for again in the files of the next days."),
        }
        for dialog in self:
            dialog.hint = hints.get(dialog.action, "")

    def action_resolve(self):
        """Write it down, and book what is to be booked."""
        self.ensure_one()
        self.line_ids.resolve(self.action, self.reason)
        return {"type": "ir.actions.act_window_close"}
