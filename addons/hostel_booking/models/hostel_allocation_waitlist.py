from odoo import fields, models
from odoo.exceptions import AccessError


class HostelAllocation(models.Model):
    """A bed that is kept for, or came from, an offer of the waitlist."""

    _inherit = "hostel.allocation"

    waitlist_entry_id = fields.Many2one(
        "hostel.waitlist.entry",
        string="Waitlist",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )

    gathered_for_id = fields.Many2one(
        "hostel.waitlist.entry",
        string="Kept together for",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="A group in line, until there are enough beds for it.",
    )

    def write(self, vals):
        if vals.keys() & {"waitlist_entry_id", "gathered_for_id"} and not self.env.su:
            raise AccessError(self.env._("An allocation changes through its buttons only."))
        return super().write(vals)

    def _after_transition(self, old_state):
        super()._after_transition(old_state)
        if not old_state or self.env.context.get("hostel_waitlist_releases"):
            return
        for row in self.sudo():
            if row.state in ("expired", "cancelled") and row.waitlist_entry_id:
                row.waitlist_entry_id._row_lost(row.sudo(self.env.su))
