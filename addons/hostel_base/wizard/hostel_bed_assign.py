from odoo import fields, models


class HostelBedAssign(models.TransientModel):
    _name = "hostel.bed.assign"
    _description = "Allocate a Bed"

    student_id = fields.Many2one("hostel.student", required=True)
    term_id = fields.Many2one("hostel.term", required=True)
    hostel_id = fields.Many2one("hostel.hostel", required=True)
    bed_id = fields.Many2one(
        "hostel.bed", required=True, domain="[('hostel_id', '=', hostel_id)]"
    )
    reason = fields.Char(help="Why this bed was given by hand.")

    def action_assign(self):
        """Reserve the bed for the student; it then waits for an approval."""
        self.ensure_one()
        self.bed_id.check_access("write")
        row = self.env["hostel.allocation"]._reserve(
            self.bed_id, self.student_id, self.term_id, "awaiting_approval"
        )
        if self.reason:
            row.reason = self.reason
        return {
            "type": "ir.actions.act_window",
            "res_model": "hostel.allocation",
            "res_id": row.id,
            "view_mode": "form",
        }
