from odoo import fields, models

from ..const import ALLOCATION_CRITERIA


class HostelHostel(models.Model):
    _inherit = "hostel.hostel"

    allocation_priority = fields.Selection(
        ALLOCATION_CRITERIA,
        string="Who comes first here",
        help="Goes before the order of the allocation, where it uses deferred acceptance.",
    )
    no_show_days = fields.Integer(
        string="A bed waits",
        help="Days after the first day of the stay for a student who does not come. 0: as the"
        " booking round says.",
    )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"name", "gender_type", "company_id", "active", "sequence"}:
            self.env["hostel.booking.card"]._touch(self)
        return result

    _no_show_positive = models.Constraint("CHECK (no_show_days >= 0)", "Days can't be negative.")
