from odoo import fields, models

from odoo.addons.hostel_base.errors import HostelError

from ..const import COHORT_TRANSITIONS


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

    def _keep_beds(self, beds, seconds):
        # The beds are the group's: nobody leaves it because of them.
        entry = self.with_context(hostel_cohort_gives=bool(self.sudo().cohort_id))
        return super(HostelWaitlistEntry, entry)._keep_beds(beds, seconds)

    def _turn_into_booking(self, block, student):
        block = block.with_context(hostel_cohort_gives=bool(self.sudo().cohort_id))
        return super()._turn_into_booking(block, student)

    def _get_paid_refusal(self, student):
        if student == self.sudo().student_id:
            return super()._get_paid_refusal(student)
        # What another one has paid for is not the leader's business.
        return HostelError(
            "NOT_ELIGIBLE",
            self.env._("One of your group can't take a bed at the moment, so nobody does."),
            403,
        )

    def _accept(self):
        rows = super()._accept()
        cohort = self.sudo().cohort_id
        if cohort:
            rows.write({"cohort_id": cohort.id})
            if "allocated" in COHORT_TRANSITIONS[cohort.state]:
                cohort._move("allocated")
        return rows
