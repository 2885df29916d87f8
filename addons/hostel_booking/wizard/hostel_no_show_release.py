from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError


class HostelNoShowRelease(models.TransientModel):
    """A warden gives the beds of those who did not come to others."""

    _name = "hostel.no.show.release"
    _description = "Give Beds of Absent Students Back"
    _inherit = ["hostel.strict.wizard"]
    _strict_fields = {"allocation_ids": "write"}

    allocation_ids = fields.Many2many("hostel.allocation", string="Stays", required=True)
    note = fields.Char(string="Reason", required=True)
    count = fields.Integer(compute="_compute_counts", string="Beds")
    asked_count = fields.Integer(compute="_compute_counts", string="Of them asked to come later")

    @api.depends("allocation_ids")
    def _compute_counts(self):
        for wizard in self:
            rows = wizard.allocation_ids
            wizard.count = len(rows)
            asked = rows.sudo().late_arrival_ids.filtered(lambda one: one.state == "requested")
            wizard.asked_count = len(asked.allocation_id)

    def action_release(self):
        """Give back every bed whose day is over; the others are named and stay."""
        self.ensure_one()
        self.allocation_ids.check_access("write")
        done, kept = 0, []
        for row in self.allocation_ids:
            try:
                with self.env.cr.savepoint():
                    row._release_no_show(self.note)
                done += 1
            except HostelError as exc:
                kept.append(str(exc))
        if not done:
            raise HostelError("NOT_OVERDUE", "\n".join(kept[:10]))
        return self.env["hostel.allocation"]._notify(
            self.env._("%(count)s beds are free again", count=done), "\n".join(kept[:10])
        )
