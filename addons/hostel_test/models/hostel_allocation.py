from odoo import models

from ..tools.failpoints import reach


class HostelAllocation(models.Model):
    _inherit = "hostel.allocation"

    def _check_may_retire(self, beds):
        if not reach("guard.retire_off"):
            super()._check_may_retire(beds)

    def _insert_groups(self, groups, state):
        # The bed's row is locked, the hold was read, nothing is written yet.
        reach("reserve.before_insert")
        outcomes = super()._insert_groups(groups, state)
        reach("reserve.before_commit")
        return outcomes
