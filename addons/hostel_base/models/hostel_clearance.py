from odoo import fields, models

from ..tools.college_day import college_today


class HostelClearance(models.Model):
    _name = "hostel.clearance"
    _description = "Dues Clearance"
    _inherit = ["hostel.personal.mixin", "mail.thread"]
    _order = "date desc, id desc"

    student_id = fields.Many2one("hostel.student", required=True, ondelete="cascade", index=True)
    term_id = fields.Many2one("hostel.term", required=True, ondelete="restrict", index=True)
    source = fields.Selection(
        [("manual", "By hand"), ("csv", "From a file")], required=True, default="manual"
    )
    reference = fields.Char(help="Receipt or letter that proves it.", tracking=True)
    date = fields.Date(required=True, default=college_today)
    active = fields.Boolean(default=True, tracking=True, help="Archive it to withdraw it.")

    _one_per_term = models.UniqueIndex(
        "(student_id, term_id) WHERE active IS TRUE",
        "The student is cleared for this term already.",
    )

    def _compute_display_name(self):
        for clearance in self:
            clearance.display_name = f"{clearance.student_id.name} · {clearance.term_id.name}"
