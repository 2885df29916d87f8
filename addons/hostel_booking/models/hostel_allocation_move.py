from odoo import fields, models
from odoo.exceptions import AccessError


class HostelAllocation(models.Model):
    """A bed that a student got by asking for it."""

    _inherit = "hostel.allocation"

    move_request_id = fields.Many2one(
        "hostel.move.request",
        string="Asked for in",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )

    def write(self, vals):
        if "move_request_id" in vals and not self.env.su:
            raise AccessError(self.env._("An allocation changes through its buttons only."))
        return super().write(vals)
