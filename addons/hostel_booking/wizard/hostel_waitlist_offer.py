from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError


class HostelWaitlistOffer(models.TransientModel):
    """Offer a bed by hand; the reason stays in the history of the entry."""

    _name = "hostel.waitlist.offer"
    _inherit = "hostel.strict.wizard"
    _description = "Offer a Bed out of Turn"
    _strict_fields = {"entry_id": "write", "bed_ids": "read"}

    entry_id = fields.Many2one("hostel.waitlist.entry", required=True, readonly=True)
    size = fields.Integer(related="entry_id.size")
    free_bed_ids = fields.Many2many("hostel.bed", compute="_compute_free_bed_ids")
    bed_ids = fields.Many2many(
        "hostel.bed", string="Beds", required=True, domain="[('id', 'in', free_bed_ids)]"
    )
    reason = fields.Char(
        required=True, help="Why this entry comes before those that wait longer; it is logged."
    )

    @api.depends("entry_id")
    def _compute_free_bed_ids(self):
        for dialog in self:
            entry = dialog.entry_id.sudo()
            free = self.env["hostel.waitlist"]._find_free(
                entry.window_id, entry.hostel_id, entry.room_type_id, entry._get_students()[:1]
            )
            # Whoever offers sees the beds of the own hostels only.
            dialog.free_bed_ids = free.with_env(self.env)._filtered_access("read")

    def action_offer(self):
        self.ensure_one()
        entry = self.entry_id
        entry.check_access("write")
        if len(self.bed_ids) != entry.size:
            raise HostelError(
                "WRONG_NUMBER",
                self.env._("Choose %(count)s: one bed for each person.", count=entry.size),
                422,
            )
        gone = self.bed_ids - self.free_bed_ids
        if gone:
            raise HostelError(
                "BED_TAKEN", self.env._("Someone took bed %(bed)s.", bed=gone[0].display_name)
            )
        if not entry._offer(self.bed_ids, reason=self.reason):
            raise HostelError(
                "NOT_ELIGIBLE",
                self.env._("This entry can't be offered a bed now: look at its state and window."),
            )
        entry.message_post(body=self.env._("Offered by hand: %(reason)s", reason=self.reason))
        return {"type": "ir.actions.act_window_close"}
