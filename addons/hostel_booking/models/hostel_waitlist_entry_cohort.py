from odoo import fields, models


class HostelWaitlistEntry(models.Model):
    """A cohort in line: all its members get beds in one offer, or none."""

    _inherit = "hostel.waitlist.entry"

    cohort_id = fields.Many2one(
        "hostel.cohort", readonly=True, ondelete="cascade", index="btree_not_null"
    )

    def _get_students(self):
        cohort = self.sudo().cohort_id
        return cohort._get_students() if cohort else super()._get_students()

    def _get_obstacle(self):
        cohort = self.sudo().cohort_id
        if cohort and (cohort.state == "cancelled" or len(cohort._get_students()) != self.size):
            return "COHORT_CHANGED"
        return super()._get_obstacle()

    def _accept(self):
        rows = super()._accept()
        cohort = self.sudo().cohort_id
        if cohort:
            rows.write({"cohort_id": cohort.id})
        return rows
