from odoo import fields, models


class HostelPrintList(models.TransientModel):
    _inherit = "hostel.print.list"

    kind = fields.Selection(selection_add=[("keys", "Key list")], ondelete={"keys": "set default"})
