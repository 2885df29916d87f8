from odoo import api, fields, models

from .hostel_waitlist_entry import OPEN_STATES


class HostelCohort(models.Model):
    _inherit = "hostel.cohort"

    waitlist_entry_ids = fields.One2many(
        "hostel.waitlist.entry", "cohort_id", string="Places in line"
    )

    def write(self, vals):
        result = super().write(vals)
        if "leader_id" in vals:
            self._line_follows()
        return result

    def _cancel(self):
        """A cohort that ends gives its places in line back."""
        for entry in self._get_places_in_line():
            entry._leave()
        return super()._cancel()

    def _get_places_in_line(self):
        return self.sudo().waitlist_entry_ids.filtered(lambda entry: entry.state in OPEN_STATES)

    def _line_follows(self):
        """Places in line are for those who are in the group now."""
        for entry in self._get_places_in_line():
            entry._follow_cohort()


class HostelCohortMember(models.Model):
    _inherit = "hostel.cohort.member"

    @api.model_create_multi
    def create(self, vals_list):
        members = super().create(vals_list)
        members.filtered(lambda row: row.state == "joined").cohort_id._line_follows()
        return members

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            self.cohort_id._line_follows()
        return result
