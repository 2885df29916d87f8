from odoo import models

from odoo.addons.hostel_booking.locks import get_locks

from ..tools.failpoints import reach


class HostelAllocation(models.Model):
    _inherit = "hostel.allocation"

    def _check_may_retire(self, beds):
        if not reach("guard.retire_off"):
            super()._check_may_retire(beds)

    def _insert_groups(self, groups, state):
        if reach("guard.hold_kept_off"):
            self._let_holds_go(groups)
        # The bed's row is locked, the hold was read, nothing is written yet.
        reach("reserve.before_insert")
        outcomes = super()._insert_groups(groups, state)
        reach("reserve.before_commit")
        return outcomes

    def _after_transition(self, old_state):
        if reach("guard.one_commit_off"):
            # As if the row and what it tells were written one after the other.
            self.env.cr.commit()  # pylint: disable=invalid-commit
        return super()._after_transition(old_state)

    def _let_holds_go(self, groups):
        """As if paying gave the hold back before the row is there."""
        locks = get_locks(self.env.cr.dbname)
        for vals in (vals for group in groups for vals in group):
            rounds = self.env["hostel.booking.round"].sudo()
            for one in rounds.search([("term_id", "=", vals["term_id"]), ("state", "=", "open")]):
                hold = locks.get_hold(one.key, vals["student_id"])
                if hold:
                    locks.release(one.key, vals["student_id"], hold.token)
