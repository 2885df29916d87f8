from odoo import api, fields, models

from ..tools.credit_score import HIGHEST, LOWEST


class HostelCreditBand(models.Model):
    """What a range of scores is called, and what it is worth."""

    _name = "hostel.credit.band"
    _description = "Band of Credit Scores"
    _order = "score_from desc"

    name = fields.Char(required=True, translate=True)
    score_from = fields.Integer(string="From", required=True)
    discount_percent = fields.Float(
        string="Discount in %",
        digits=(5, 2),
        help="What finance may ask for with “Ask for concessions”, off the rent of a term.",
    )
    color = fields.Integer()
    active = fields.Boolean(default=True)

    _from_once = models.Constraint("UNIQUE (score_from)", "Another band starts there.")
    _from_in_range = models.Constraint(
        f"CHECK (score_from BETWEEN 0 AND {HIGHEST})",
        f"Scores go from {LOWEST} to {HIGHEST}.",
    )
    _percent_in_range = models.Constraint(
        "CHECK (discount_percent BETWEEN 0 AND 100)", "A discount is between 0 and 100 %."
    )

    @api.model
    def _get_for(self, score):
        """The band of a score; empty if the college has none so low."""
        return self.sudo().search([("score_from", "<=", score)], limit=1, order="score_from desc")
