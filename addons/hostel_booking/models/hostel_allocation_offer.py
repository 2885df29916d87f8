from odoo import fields, models
from odoo.exceptions import AccessError


class HostelAllocation(models.Model):
    """Beds that are offered: one's own of the term before, or one in a friend's room."""

    _inherit = "hostel.allocation"

    offer_kind = fields.Selection(
        [("keep", "May keep the bed"), ("pull_in", "Asked by a roommate")],
        string="Offered because",
        readonly=True,
        copy=False,
    )
    asked_by_id = fields.Many2one(
        "hostel.student",
        string="Asked by",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )

    keep_refusal = fields.Char(
        string="Not offered again because",
        readonly=True,
        copy=False,
        help="Why the resident was not asked to keep this bed for the next term.",
    )

    def write(self, vals):
        if vals.keys() & {"offer_kind", "asked_by_id", "keep_refusal"} and not self.env.su:
            raise AccessError(self.env._("An allocation changes through its buttons only."))
        return super().write(vals)
