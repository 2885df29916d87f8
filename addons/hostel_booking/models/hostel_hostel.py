from odoo import fields, models

from ..const import ALLOCATION_CRITERIA


class HostelHostel(models.Model):
    _inherit = "hostel.hostel"

    allocation_priority = fields.Selection(
        ALLOCATION_CRITERIA,
        string="Who comes first here",
        help="Goes before the order of the allocation, where it uses deferred acceptance.",
    )
