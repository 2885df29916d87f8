from odoo import api, models

from ..const import COHORT_SUBMITTED_STATES


class HostelClearance(models.Model):
    """A clearance that comes or goes opens or shuts doors, and moves cohorts on."""

    _inherit = "hostel.clearance"

    @api.model_create_multi
    def create(self, vals_list):
        clearances = super().create(vals_list)
        clearances.student_id._drop_eligibility()
        clearances._tell_cohorts(clearances._get_cleared_pairs())
        return clearances

    def write(self, vals):
        before, students = self._get_cleared_pairs(), self.student_id
        result = super().write(vals)
        if vals.keys() & {"active", "student_id", "term_id"}:
            (students | self.student_id)._drop_eligibility()
            self._tell_cohorts(before | self._get_cleared_pairs())
        return result

    def unlink(self):
        pairs, students = self._get_cleared_pairs(), self.student_id
        result = super().unlink()
        students._drop_eligibility()
        self._tell_cohorts(pairs)
        return result

    def _get_cleared_pairs(self):
        return {(row.student_id.id, row.term_id.id) for row in self.sudo()}

    @api.model
    def _tell_cohorts(self, pairs):
        """Let cohorts that wait, or were cleared, look at their members again.

        :param pairs: set of (student id, term id)
        """
        if not pairs:
            return
        members = (
            self.env["hostel.cohort.member"]
            .sudo()
            .search(
                [
                    ("state", "=", "joined"),
                    ("student_id", "in", [student_id for student_id, _term in pairs]),
                    ("cohort_id.term_id", "in", [term_id for _student, term_id in pairs]),
                    ("cohort_id.state", "in", COHORT_SUBMITTED_STATES),
                ]
            )
        )
        members.cohort_id.sorted("id")._clearance_changed()
