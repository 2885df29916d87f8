from odoo import fields, models

from .hostel_waitlist_entry import OPEN_STATES


class HostelCohort(models.Model):
    _inherit = "hostel.cohort"

    waitlist_entry_ids = fields.One2many(
        "hostel.waitlist.entry", "cohort_id", string="Places in line"
    )

    def _cancel(self):
        """A cohort that ends gives its places in line back."""
        for entry in self.sudo().waitlist_entry_ids:
            if entry.state in OPEN_STATES:
                entry._leave()
        return super()._cancel()
