from odoo import models

from ..tools.failpoints import reach


class HostelAllocation(models.Model):
    _inherit = "hostel.allocation"

    def _insert_row(self, vals, state):
        # The bed's row is locked, the hold was read, nothing is written yet.
        reach("reserve.before_insert")
        row = super()._insert_row(vals, state)
        reach("reserve.before_commit")
        return row
